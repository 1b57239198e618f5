//! `trust`, `status` and `untrust` on a client, with the real engine as the judge.

use crate::lab::{Engine, Gitlab, HOST, Pair, REGISTRY, Validity};

const UNKNOWN_AUTHORITY: &str = "x509: certificate signed by unknown authority";

#[test]
fn docker_login_works_at_once_and_no_more_after_untrust() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    let gitlab = Gitlab::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    machine.write("/root/ca.crt", &pair.root);
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    machine.sh("update-ca-certificates").succeeded();
    let before = machine.manifest();

    let fingerprint = machine.sh("openssl x509 -in /root/ca.crt -noout -fingerprint -sha256").stdout;
    let trust = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--fingerprint", fingerprint.trim()];
    machine.run(trust).succeeded().says("the engine accepts mygitlab.example.com:4567");
    engine.login().succeeded();
    machine.run(["labtrust", "status"]).succeeded();

    machine.run(["labtrust", "untrust"]).succeeded();
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    machine.sh("rm -r /root/.docker").succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

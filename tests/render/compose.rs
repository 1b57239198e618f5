//! The folders of the rendering `compose`: programs and a Docker daemon read them as containers do that mount them.

use super::*;
use crate::lab::Engine;

#[test]
fn programs_and_a_daemon_trust_both_authorities_by_the_folders() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    let gitlab = Gitlab::start(&machine);
    let old = client(&machine);
    let new = Pair::constrained(&machine, &[HOST]);
    machine.write("/root/new.crt", &new.root);
    render(&machine, "compose", "--also /root/new.crt").succeeded();
    let folders = "SSL_CERT_DIR=/root/rendered/labtrust:/etc/ssl/certs";
    for pair in [&old, &new] {
        machine.write("/root/leaf.crt", &pair.leaf);
        machine.sh("openssl verify /root/leaf.crt").exited(2);
        machine.sh(&format!("{folders} openssl verify /root/leaf.crt")).succeeded();
        gitlab.serve(pair);
        let curl = format!("curl --silent --show-error --capath /root/rendered/labtrust https://{HOST}/");
        machine.sh(&curl).succeeded();
        // The folder of a service is mounted over the daemon's own.
        machine.sh("rm -rf /etc/docker/certs.d").succeeded();
        engine.login().exited(1).says("x509");
        machine.sh("cp -r /root/rendered/certs.d /etc/docker/certs.d").succeeded();
        engine.login().succeeded();
        let runner = format!("openssl verify -CAfile /root/rendered/runner/{HOST}.crt /root/leaf.crt");
        machine.sh(&runner).succeeded();
    }
}

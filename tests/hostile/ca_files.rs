//! The files of a CA that somebody else could have written are not believed, whatever reads them: not what a client's
//! line is made of, not the command that a renewal runs, and no key.

use std::time::Duration;

use super::{VICTIMS, witness};
use crate::lab::HOST;

const LIMIT: Duration = Duration::from_secs(30);

/// How a file of the CA is somebody else's: `$state` is the state folder.
const WAYS: [(&str, &str); 6] = [
    ("the root is alice's", "chown alice: $state/authority/root.crt"),
    ("the CA's folder is alice's", "chown alice: $state/authority"),
    ("everybody may write to the CA's folder", "chmod 777 $state/authority"),
    ("an access list lets alice write to the CA's folder", "$list access $state/authority"),
    ("everybody may write what setup was asked for", "chmod 666 $state/authority/setup.json"),
    (
        "which CA is in use is said by alice",
        "echo '{\"schema\":1,\"current\":\"authority\"}' >$state/rotation.json; chown alice: $state/rotation.json",
    ),
];

#[test]
fn a_ca_whose_files_somebody_else_can_write_is_not_used() {
    let machine = machine!("server");
    machine.ensure_user("alice");
    machine.sh(VICTIMS).succeeded();
    machine.write("/root/list.py", super::state::LIST);
    let setup = ["labtrust", "setup", HOST, "--out", "/srv/out", "--no-trust", "--state", "/srv/state"];
    machine.sh("chmod 755 /srv").succeeded();
    machine.run(setup).succeeded();
    machine.sh("cp -a /srv/state /root/state").succeeded();
    let before = witness(&machine);
    for (way, script) in WAYS {
        let script = format!(
            "rm -rf /srv/state; cp -a /root/state /srv/state; state=/srv/state; list='python3 /root/list.py'; {script}"
        );
        machine.sh(&script).succeeded();
        for verb in [
            "export",
            "trust --store system",
            "sign other.mygitlab.example.com -o /srv/leaf",
            "renew",
            "rotate",
        ] {
            let line: Vec<_> =
                ["labtrust", "--state", "/srv/state"].into_iter().chain(verb.split(' ')).collect();
            let output = machine.command(line).limit(LIMIT).run();
            assert_eq!(output.code(), 3, "{way}: {output}");
            assert!(output.stderr.contains("not using "), "{way}: {output}");
        }
    }
    assert_eq!(witness(&machine), before);
    machine.sh("! ls /usr/local/share/ca-certificates/labtrust-* /srv/leaf 2>/dev/null").succeeded();
}

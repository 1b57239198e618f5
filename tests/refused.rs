//! What clients would refuse is known before anything is done: no root is trusted of which nothing would be of
//! use, and no certificate is put in place that nobody takes.

use crate::{
    lab::{Behaviour, Gitlab, HOST, Pair, Recipe},
    trust::fingerprint,
};

/// A root that is trusted by its fingerprint, and why its chain would be refused all the same.
const ROOTS: &[(Recipe<'_>, &str)] = &[
    (Recipe::TOO_DEEP, "may not have 1 CAs below it"),
    (Recipe::UNKNOWN_IN_ROOT, "critical extension that no client knows"),
    (Recipe::ROOT_FOR_CLIENTS, "cannot sign for servers"),
];

const PORT: u16 = 8443;

#[test]
fn a_root_is_not_trusted_by_fingerprint_where_clients_refuse_its_chain() {
    let machine = machine!("client");
    let target = format!("{HOST}:{PORT}");
    for (recipe, why) in ROOTS {
        let pair = Pair::by(&machine, recipe);
        machine.listen_tls(PORT, &pair, Behaviour::HTTP);
        machine.write("/root/root.crt", &pair.root);
        let sha256 = fingerprint(&machine, &pair.root);
        let before = machine.settled();
        let trust = ["labtrust", "trust", &target, "--fingerprint", &sha256];
        machine.run(trust).exited(3).says(why).says("--refused");
        assert_eq!(machine.changes_since(&before), [""; 0], "{why}");
        machine.run([&trust[..], &["--refused"]].concat()).succeeded();
        machine.run(["labtrust", "untrust", &sha256]).succeeded();
    }
    // What can be seen in the root alone is seen in its file, too.
    let pair = Pair::by(&machine, &Recipe::UNKNOWN_IN_ROOT);
    machine.write("/root/root.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let trust = ["labtrust", "trust", "/root/root.crt", "--for", HOST, "--fingerprint", &sha256];
    machine.run(trust).exited(3).says("no client knows").says("--refused");
    machine.run(["labtrust", "inspect", &target]).succeeded().says("cannot sign for servers");
}

/// Roots that companies have, with names of their own.
const GOOD_ROOTS: &[Recipe<'_>] = &[
    Recipe { root_extensions: "subjectAltName=email:ca@corp.example", ..Recipe::CURRENT },
    Recipe { root_extensions: "subjectAltName=DNS:My Corp Root CA", ..Recipe::CURRENT },
    Recipe { root_extensions: "subjectAltName=DNS:ca.corp.example", ..Recipe::CURRENT },
];

#[test]
fn a_root_with_names_of_its_own_is_trusted_from_its_file() {
    let machine = machine!("client");
    for recipe in GOOD_ROOTS {
        let pair = Pair::by(&machine, recipe);
        machine.write("/root/root.crt", &pair.root);
        let sha256 = fingerprint(&machine, &pair.root);
        let trust = ["labtrust", "trust", "/root/root.crt", "--for", HOST, "--fingerprint", &sha256];
        machine.run(trust).succeeded();
        machine.listen_tls(PORT, &pair, Behaviour::HTTP);
        machine.run(["curl", "-sS", &format!("https://{HOST}:{PORT}/")]).succeeded();
        machine.run(["labtrust", "untrust", &sha256]).succeeded();
    }
}

const IMPORT: [&str; 6] = ["labtrust", "import", "--cert", "/root/chain.pem", "--key", "/root/key.pem"];

#[test]
fn a_pair_that_clients_refuse_is_not_imported() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    for (recipe, why) in [
        (Recipe::UNKNOWN_IN_LEAF, "every client rejects"),
        (Recipe::NO_SERVER_AUTH, "every client rejects"),
        (Recipe::TOO_DEEP, "may not have 1 CAs below it"),
        (Recipe::SHA1, "SHA-1"),
    ] {
        let pair = Pair::by(&machine, &recipe);
        machine.write("/root/chain.pem", pair.chain());
        machine.write("/root/key.pem", &pair.key);
        let before = machine.settled();
        machine.run(IMPORT).exited(3).says(why);
        assert_eq!(machine.changes_since(&before), [""; 0], "{why}");
    }
}

#[test]
fn a_certificate_that_server_software_cannot_load_is_not_imported() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.write("/root/odd.py", include_str!("refused/odd.py"));
    let made = format!(
        "cd /root; openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out plain.pem -days 90 -subj /CN={HOST} \
         -addext subjectAltName=DNS:{HOST} 2>&1"
    );
    machine.sh(&made).succeeded();
    for (kind, why) in [("san", "twice"), ("serial", "needless bytes"), ("date", "seconds and Z")] {
        machine.sh(&format!("cd /root; python3 odd.py {kind} plain.pem key.pem >chain.pem")).succeeded();
        let before = machine.settled();
        machine.run(IMPORT).exited(3).says("server software cannot load").says(why);
        assert_eq!(machine.changes_since(&before), [""; 0], "{kind}");
    }
}

#[test]
fn an_intermediate_that_is_not_sent_is_said() {
    let machine = machine!("client");
    let pair = Pair::by(&machine, &Recipe::DEEP);
    machine.write("/root/cut.pem", format!("{}{}", pair.leaf, pair.root));
    machine.write("/root/leaf.pem", &pair.leaf);
    let cut = machine.run(["labtrust", "inspect", "/root/cut.pem"]).succeeded();
    assert!(!cut.says("is not sent").stdout.contains("✓"), "no client takes it");
    let leaf = machine.run(["labtrust", "inspect", "/root/leaf.pem"]).succeeded();
    assert!(!leaf.says("Foreign intermediate 2").says("was not sent").stdout.contains("✓"));
}

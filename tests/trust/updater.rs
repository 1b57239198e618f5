//! What the distribution's own updater makes is held against what the files in place give, and what is said of it is
//! what happened.

use super::*;

const UPDATER: &str = "/usr/sbin/update-ca-certificates";
const LOCAL: &str = "/usr/local/share/ca-certificates";
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A client with a CA to trust, whose updater's runs are counted.
struct Client {
    machine: Machine,
    root: String,
}

impl Client {
    fn new(machine: Machine) -> Self {
        machine.without_hooks();
        let hook = "#!/bin/sh\ncat >/dev/null\necho run >>/tmp/runs\n";
        machine.write_with_mode("/etc/ca-certificates/update.d/count", "755", hook);
        let pair = Pair::constrained(&machine, &[HOST]);
        machine.write("/root/ca.crt", &pair.root);
        machine.run(["update-ca-certificates"]).succeeded();
        Self { machine, root: pair.root }
    }

    /// Trusts the CA in the system's store: what was said of it, and how often the updater ran.
    fn trust(&self) -> (String, usize) {
        self.machine.sh("rm -f /tmp/runs").succeeded();
        let line = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--yes", "--store", "system"];
        let output = self.machine.run(line).succeeded();
        (format!("{}{}", output.stdout, output.stderr), self.machine.read("/tmp/runs").lines().count())
    }

    fn untrust(&self) {
        self.machine.run(["labtrust", "untrust"]).succeeded();
        assert!(!self.machine.read(BUNDLE).contains(self.root.trim()));
    }
}

#[test]
fn a_cause_that_did_not_happen_is_not_named() {
    let client = Client::new(machine!("client"));
    let machine = &client.machine;
    let strangers: Vec<String> =
        (0..3).map(|_| Pair::made(machine, &[HOST], Validity::Current).root).collect();
    for (number, root) in strangers.iter().enumerate() {
        machine.write(&format!("{LOCAL}/stranger{number}.crt"), root);
    }
    machine.run([UPDATER]).succeeded();
    let vendors = "/usr/share/ca-certificates";
    let chosen = machine.sh("grep -v '^[#!]' /etc/ca-certificates.conf | grep .").succeeded().stdout;
    let vendors_files: Vec<String> = chosen.lines().take(2).map(|line| format!("{vendors}/{line}")).collect();
    for (what, script, gone) in [
        ("an anchor was taken away", format!("rm {LOCAL}/stranger0.crt"), 1),
        ("two were", format!("rm {LOCAL}/stranger1.crt {LOCAL}/stranger2.crt"), 2),
        (
            "one was put there, twice",
            format!(
                "cp /root/other.crt {LOCAL}/a.crt; cp /root/other.crt {LOCAL}/b.crt; cp /root/other.crt {LOCAL}/c.crt"
            ),
            0,
        ),
        (
            "one of the vendor's was deselected",
            "sed -i '0,/^mozilla/s/^mozilla/!mozilla/' /etc/ca-certificates.conf".into(),
            1,
        ),
        ("the vendor's package was upgraded", format!("rm {}", vendors_files[1]), 1),
        ("an updater was killed", format!("head -n 50 {BUNDLE} >{BUNDLE}.new"), 0),
    ] {
        machine
            .write("/root/other.crt", &Pair::made(machine, &["other.example.com"], Validity::Current).root);
        machine.sh(&script).succeeded();
        let (said, runs) = client.trust();
        assert!(!said.contains("two updaters"), "{what}: {said}");
        assert_eq!(runs, 1, "{what}: {said}");
        let told = match gone {
            0 => "✓",
            1 => "one certificate is gone from /etc/ssl/certs/ca-certificates.crt",
            _ => "2 certificates are gone from /etc/ssl/certs/ca-certificates.crt",
        };
        assert!(said.contains(told) && (gone > 0) == said.contains("gone from"), "{what}: {said}");
        client.untrust();
    }
}

#[test]
fn what_another_updater_destroyed_is_made_again_and_said() {
    let client = Client::new(machine!("client"));
    let machine = &client.machine;
    // Once, after the updater has written: half of it, cut between two certificates; twice of it; cut within one.
    for (script, said) in [
        ("awk '/BEGIN/ { n++ } n <= 2' $B >/tmp/b", "certificates are not in"),
        ("cat $B $B >/tmp/b", "contains a certificate too many times"),
        ("head -c -300 $B >/tmp/b", "is truncated"),
        (": >/tmp/b", "certificates are not in"),
    ] {
        let hook = format!(
            "#!/bin/sh\ncat >/dev/null\nB={BUNDLE}\n[ -e /tmp/done ] || {{ {script}; cat /tmp/b >$B; touch /tmp/done; }}\n"
        );
        machine.write_with_mode("/etc/ca-certificates/update.d/other", "755", hook);
        machine.sh("rm -f /tmp/done").succeeded();
        let (told, runs) = client.trust();
        assert!(told.contains(said) && told.contains("two updaters"), "{script}: {told}");
        assert_eq!(runs, 2, "{script}: {told}");
        machine.run(["openssl", "verify", "-CAfile", BUNDLE, "/root/ca.crt"]).succeeded();
        machine.sh("rm /etc/ca-certificates/update.d/other").succeeded();
        client.untrust();
    }
}

#[test]
fn what_somebody_else_trusts_since_stays_in_the_store_and_in_javas() {
    let machine = machine!("client");
    let pair = Pair::constrained(&machine, &[HOST]);
    machine.write("/root/ca.crt", &pair.root);
    machine.run(["update-ca-certificates"]).succeeded();
    machine.run(["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--yes"]).succeeded();
    machine.write(&format!("{LOCAL}/by-hand.crt"), &pair.root);
    machine.run([UPDATER]).succeeded();
    assert!(java_trusts(&machine, &pair.root));

    machine.run(["labtrust", "untrust"]).exited(1).says("still trusted, without a receipt");
    assert!(machine.read(BUNDLE).contains(pair.root.trim()));
    assert!(java_trusts(&machine, &pair.root));
    machine.sh("readlink -e /etc/ssl/certs/by-hand.pem").succeeded();
    machine.sh("find /etc/ssl/certs -xtype l | grep . && exit 1 || exit 0").succeeded();
}

#[test]
fn a_bundle_that_programs_cannot_load_trusts_nothing_until_it_is_made_again() {
    let client = Client::new(machine!("client"));
    let machine = &client.machine;
    client.trust();
    let loads = |expected| {
        let line = ["openssl", "verify", "-CAfile", BUNDLE, "/root/ca.crt"];
        assert_eq!(machine.run(line).code() == 0, expected);
    };
    loads(true);
    // Ours stands before the damage.
    machine
        .sh(&format!(
            "{{ cat /root/ca.crt {BUNDLE}; head -c 200 /root/ca.crt; }} >/tmp/b; cat /tmp/b >{BUNDLE}"
        ))
        .succeeded();
    loads(false);
    machine.run(["labtrust", "status"]).exited(1).says("which is damaged");
    client.trust();
    loads(true);
    machine.run(["labtrust", "status"]).says("✓  system");
    client.untrust();
}

/// An updater in place of openSUSE's: it makes a folder of certificates, and then the bundle unless it is stuck.
const SUSE: &str = "#!/bin/sh
folder=/var/lib/ca-certificates/pem
rm -f $folder/*
cp /etc/pki/trust/anchors/*.pem $folder 2>/dev/null
[ ! -e /tmp/stuck ] || exit 0
cat /srv/vendor.pem $folder/* >/var/lib/ca-certificates/ca-bundle.pem 2>/dev/null || :
";

#[test]
fn what_an_updater_makes_beside_the_bundle_does_not_keep_a_ca_that_was_not_added() {
    let machine = machine!("suse");
    let (vendor, pair) = (Pair::constrained(&machine, &[HOST]), Pair::constrained(&machine, &[HOST]));
    machine.write("/root/ca.crt", &pair.root);
    machine.write("/srv/vendor.pem", &vendor.root);
    machine
        .sh("rm -f /etc/os-release; echo 'ID=opensuse-leap\nID_LIKE=\"suse opensuse\"' >/etc/os-release")
        .succeeded();
    machine.sh("mkdir -p /etc/pki/trust/anchors /var/lib/ca-certificates/pem").succeeded();
    machine.write_with_mode(UPDATER, "755", SUSE);
    let before = machine.settled();
    let line = ["labtrust", "trust", "/root/ca.crt", "--for", REGISTRY, "--yes", "--store", "system"];
    machine.write("/tmp/stuck", "");
    machine.run(line).exited(3).says("not in /var/lib/ca-certificates/ca-bundle.pem");
    assert_eq!(machine.changes_since(&before), [""; 0]);

    machine.run(["rm", "/tmp/stuck"]).succeeded();
    machine.run(line).succeeded();
    machine.sh("ls /var/lib/ca-certificates/pem/labtrust-*.pem").succeeded();
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

//! A verb on a machine where it can be tried again and again: what is done before it, what takes
//! it back, and what must be true whatever happened in between.

use crate::{
    lab::{HOST, Machine, Manifest, Output, Pair, Validity},
    trust::fingerprint,
};

/// A verb, and what belongs to trying it. `{sha256}` stands for the fingerprint of the foreign root.
pub struct Verb {
    pub name: &'static str,
    /// What is done before it, each time.
    prepare: &'static [&'static str],
    /// The verb itself.
    line: &'static str,
    /// What gives the machine back.
    undo: &'static [&'static str],
    /// The certificate and the key that it places.
    pub pair: Option<[&'static str; 2]>,
    /// Whether it adds an anchor to the system's bundle, or takes one away.
    adds: bool,
}

const TRUST: &str = "labtrust trust /root/ca.crt --for mygitlab.example.com:4567 --fingerprint {sha256}";

pub const SETUP: Verb = Verb {
    name: "setup",
    prepare: &[],
    line: "labtrust setup mygitlab.example.com --prepare /srv/gitlab",
    undo: &["labtrust setup --undo"],
    pair: Some([
        "/srv/gitlab/config/ssl/mygitlab.example.com.crt",
        "/srv/gitlab/config/ssl/mygitlab.example.com.key",
    ]),
    adds: true,
};

/// In place of another pair, which must come back.
pub const IMPORT: Verb = Verb {
    name: "import",
    prepare: &[],
    line: "labtrust import --cert /root/leaf.crt --key /root/leaf.key --chain /root/ca.crt --out /srv/proxy --replace --reload true",
    undo: &["labtrust setup --undo", "labtrust untrust"],
    pair: Some(["/srv/proxy/mygitlab.example.com.crt", "/srv/proxy/mygitlab.example.com.key"]),
    adds: true,
};

pub const TRUSTING: Verb =
    Verb { name: "trust", prepare: &[], line: TRUST, undo: &["labtrust untrust"], pair: None, adds: true };

pub const UNTRUSTING: Verb = Verb {
    name: "untrust",
    prepare: &[TRUST],
    line: "labtrust untrust",
    undo: &["labtrust untrust"],
    pair: None,
    adds: false,
};

/// All of them.
pub const VERBS: [&Verb; 4] = [&SETUP, &IMPORT, &TRUSTING, &UNTRUSTING];

pub const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Few anchors, so that the updater is quick, and no Java, whose hook takes a second: neither is what
/// is tried here.
const SMALL: &str = "
sed -i '8,$d' /etc/ca-certificates.conf
rm -f /etc/ca-certificates/update.d/*
update-ca-certificates --fresh";

/// A machine on which a verb is tried.
pub struct Scene {
    pub verb: &'static Verb,
    pub machine: Machine,
    before: Manifest,
    anchors: usize,
    sha256: String,
}

impl Scene {
    /// A new machine, as it is before each try.
    pub fn set(verb: &'static Verb) -> Self {
        Self::set_with(verb, SMALL)
    }

    /// The same, made by another script.
    pub fn set_with(verb: &'static Verb, script: &str) -> Self {
        let machine = Machine::new("faults").unwrap();
        machine.sh(script).succeeded();
        let pair = Pair::constrained(&machine, &[HOST]);
        machine.write("/root/ca.crt", &pair.root);
        machine.write("/root/leaf.crt", &pair.leaf);
        machine.write_with_mode("/root/leaf.key", "600", &pair.key);
        let sha256 = fingerprint(&machine, &pair.root);
        if verb.name == IMPORT.name {
            let old = Pair::made(&machine, &[HOST], Validity::Current);
            let [certificate, key] = IMPORT.pair.unwrap();
            machine.write(certificate, old.chain());
            machine.write_with_mode(key, "600", &old.key);
        }
        let before = machine.settled();
        let anchors = anchors(&machine);
        assert!(anchors > 1, "{anchors}");
        Self { verb, machine, before, anchors, sha256 }
    }

    /// Does what comes before the verb.
    pub fn prepare(&self) {
        self.verb.prepare.iter().for_each(|line| drop(self.run(line).succeeded()));
    }

    fn words(&self, line: &str) -> Vec<String> {
        line.split(' ').map(|word| word.replace("{sha256}", &self.sha256)).collect()
    }

    /// Runs `line`.
    pub fn run(&self, line: &str) -> Output {
        self.machine.run(self.words(line))
    }

    /// Runs the verb as an argument of another program.
    pub fn run_under<S: AsRef<str>>(&self, under: &[S]) -> Output {
        let under = under.iter().map(|word| word.as_ref().to_owned());
        self.machine.command(self.words(self.verb.line)).under(under).run()
    }

    /// What must be true at any time: the bundle loads, with the anchor or without it, and the pair
    /// that is in place is one.
    pub fn check(&self) {
        let loaded = anchors(&self.machine);
        assert!([self.anchors, self.anchors + 1].contains(&loaded), "the bundle holds {loaded} anchors");
    }

    /// The next run converges, and undoing gives the machine back.
    pub fn check_recovery(&self) {
        self.run(self.verb.line).succeeded();
        let expected = self.anchors + usize::from(self.verb.adds);
        assert_eq!(anchors(&self.machine), expected, "anchors in the bundle after the next run");
        self.check_pair();
        self.undo();
    }

    pub fn undo(&self) {
        self.verb.undo.iter().for_each(|line| drop(self.run(line).succeeded()));
        assert_eq!(self.machine.changes_since(&self.before), [""; 0], "after undoing");
    }

    fn check_pair(&self) {
        if let Some([certificate, key]) = self.verb.pair {
            let script =
                r#"[ "$(openssl x509 -noout -pubkey -in "$1")" = "$(openssl pkey -pubout -in "$2")" ]"#;
            self.machine.run(["sh", "-c", script, "pair", certificate, key]).succeeded();
        }
    }
}

/// How many anchors programs load from the bundle; OpenSSL is asked.
fn anchors(machine: &Machine) -> usize {
    let script = format!(
        "openssl crl2pkcs7 -nocrl -certfile {BUNDLE} | openssl pkcs7 -print_certs -noout | grep -c ^subject"
    );
    machine.sh(&script).stdout.trim().parse().unwrap_or(0)
}

//! A verb on a machine where it can be tried again and again: what is done before it, what takes
//! it back, and what must be true whatever happened in between.

use crate::{
    lab::{Command, HOST, Machine, Manifest, Output, Pair, Validity},
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
    pub adds: bool,
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

/// Keeps a key.
pub const REQUEST: Verb = Verb {
    name: "request",
    prepare: &[],
    line: "labtrust request mygitlab.example.com",
    undo: &["labtrust request --undo"],
    pair: None,
    adds: false,
};

/// With the key that was kept, in place of that of an earlier answer.
pub const ANSWERED: Verb = Verb {
    name: "answered",
    prepare: &[
        "labtrust request mygitlab.example.com --key /root/old.key",
        "labtrust import --cert /root/old.crt --chain /root/old-ca.crt --out /srv/proxy --replace --no-trust",
        "labtrust request mygitlab.example.com --key /root/leaf.key",
    ],
    line: "labtrust import --cert /root/leaf.crt --chain /root/ca.crt --out /srv/proxy --replace --no-trust",
    undo: &["labtrust setup --undo", "labtrust request --undo"],
    pair: IMPORT.pair,
    adds: false,
};

const CA: &str = "labtrust setup mygitlab.example.com --out /srv/proxy2 --no-trust";
const TO_AGE: &str = "labtrust backup /root/ca.age --replace --recipient age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

pub const BACKUP: Verb = Verb {
    name: "backup",
    prepare: &[CA],
    line: TO_AGE,
    undo: &["labtrust setup --undo", "rm -f /root/ca.age"],
    pair: None,
    adds: false,
};

/// On a machine that has lost all that it had.
pub const RESTORE: Verb = Verb {
    name: "restore",
    prepare: &[CA, TO_AGE, "labtrust setup --undo"],
    line: "labtrust restore /root/ca.age --identity /root/age.key",
    undo: &["labtrust setup --undo", "rm -f /root/ca.age"],
    pair: None,
    adds: false,
};

/// All of them that have others work for them.
pub const VERBS: [&Verb; 4] = [&SETUP, &IMPORT, &TRUSTING, &UNTRUSTING];

/// Those that change files and nothing else.
pub const ALONE: [&Verb; 4] = [&REQUEST, &ANSWERED, &BACKUP, &RESTORE];

/// What says when it was written.
const BY_TIME: [&str; 2] = ["/var/lib/labtrust/", "/etc/ssl/certs/java/"];

/// What a dpkg that was killed leaves for the next to mend; Java's hook runs it.
const DPKG: [&str; 2] = ["/var/lib/dpkg/", "/var/lib/ca-certificates-java/"];

const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Few anchors, so that the updater is quick: how many there are is not what is tried here.
const SMALL: &str = "sed -i '28,$d' /etc/ca-certificates.conf";

/// A machine on which a verb is tried.
pub struct Scene {
    pub verb: &'static Verb,
    pub machine: Machine,
    before: Manifest,
    done: Manifest,
    anchors: usize,
    sha256: String,
    /// A folder on a file system of its own, which the manifests leave out, and what was in it.
    apart: Option<(&'static str, String)>,
}

impl Scene {
    /// A new machine, as it is before each try.
    pub fn set(verb: &'static Verb) -> Self {
        Self::set_with(verb, false, None)
    }

    /// The same, with Java's keystore and the hook that fills it.
    pub fn with_java(verb: &'static Verb) -> Self {
        Self::set_with(verb, true, None)
    }

    /// The same, with `folder` on a small file system of its own.
    pub fn apart(verb: &'static Verb, folder: &'static str) -> Self {
        Self::set_with(verb, false, Some(folder))
    }

    fn set_with(verb: &'static Verb, java: bool, apart: Option<&'static str>) -> Self {
        let machine = Machine::new("faults").unwrap();
        if !java {
            machine.without_hooks();
        }
        machine.sh(&format!("{SMALL}; update-ca-certificates --fresh")).succeeded();
        if let Some(folder) = apart {
            let script = format!(
                "mkdir -p {folder}; cp -a {folder} /tmp/apart; mount -t tmpfs -o size=2m,mode=755 apart {folder}; \
                 cp -a /tmp/apart/. {folder}"
            );
            machine.sh(&script).succeeded();
        }
        let pair = Pair::constrained(&machine, &[HOST]);
        machine.write("/root/ca.crt", &pair.root);
        machine.write("/root/leaf.crt", &pair.leaf);
        machine.write_with_mode("/root/leaf.key", "600", &pair.key);
        machine.write_with_mode("/root/age.key", "600", crate::backup::IDENTITY);
        let sha256 = fingerprint(&machine, &pair.root);
        if let Some([certificate, key]) = verb.pair.filter(|_| verb.name != SETUP.name) {
            let old = Pair::made(&machine, &[HOST], Validity::Current);
            machine.write("/root/old.crt", &old.leaf);
            machine.write("/root/old-ca.crt", &old.root);
            machine.write_with_mode("/root/old.key", "600", &old.key);
            machine.write(certificate, old.chain());
            machine.write_with_mode(key, "600", &old.key);
        }
        let before = machine.settled();
        let anchors = anchors(&machine);
        assert!(anchors > 1, "{anchors}");
        let apart = apart.map(|folder| (folder, digest(&machine, folder)));
        let mut scene = Self { verb, machine, done: before.clone(), before, anchors, sha256, apart };
        scene.prepare();
        scene.run(verb.line).succeeded();
        scene.done = scene.machine.manifest();
        scene.undo();
        scene
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

    /// The verb, to be run.
    pub fn command(&self) -> Command<'_> {
        self.machine.command(self.words(self.verb.line))
    }

    /// Runs the verb as an argument of another program.
    pub fn run_under<S: AsRef<str>>(&self, under: &[S]) -> Output {
        let under = under.iter().map(|word| word.as_ref().to_owned());
        self.command().under(under).run()
    }

    /// What must be true at any time: the bundle loads, with the anchor or without it.
    pub fn check_bundle(&self) {
        let loaded = anchors(&self.machine);
        assert!([self.anchors, self.anchors + 1].contains(&loaded), "the bundle holds {loaded} anchors");
    }

    /// The same after labtrust has ended by itself, and was not killed: the certificate and the key that are
    /// in place belong together, or one is not there. Two files cannot be replaced in one instant, so whoever is
    /// killed between the two leaves one of each.
    pub fn check(&self) {
        self.check_bundle();
        if let Some([certificate, key]) = self.verb.pair
            && self.machine.has(certificate)
            && self.machine.has(key)
        {
            self.check_pair();
        }
    }

    /// All that the verb does is done, as if nothing had happened.
    pub fn check_done(&self) {
        // The keys that these make are others each time.
        if ![SETUP.name, REQUEST.name, BACKUP.name, RESTORE.name].contains(&self.verb.name) {
            let mut changes = self.machine.changes_since(&self.done);
            changes.retain(|line| !BY_TIME.iter().chain(&DPKG).any(|path| line.starts_with(path)));
            assert_eq!(changes, [""; 0], "all is not done");
        }
    }

    /// The next run converges, and undoing gives the machine back.
    pub fn check_recovery(&self) {
        self.run(self.verb.line).succeeded();
        self.check_anchors();
        self.check_done();
        self.check_pair();
        self.undo();
    }

    /// The bundle holds what it should after the verb.
    pub fn check_anchors(&self) {
        let expected = self.anchors + usize::from(self.verb.adds);
        assert_eq!(anchors(&self.machine), expected, "anchors in the bundle");
    }

    pub fn undo(&self) {
        self.verb.undo.iter().for_each(|line| drop(self.run(line).succeeded()));
        let mut changes = self.machine.changes_since(&self.before);
        changes.retain(|line| !DPKG.iter().any(|path| line.starts_with(path)));
        assert_eq!(changes, [""; 0], "after undoing");
        if let Some((folder, before)) = &self.apart {
            assert_eq!(digest(&self.machine, folder), *before, "{folder} after undoing");
        }
    }

    fn check_pair(&self) {
        if let Some([certificate, key]) = self.verb.pair {
            let script =
                r#"[ "$(openssl x509 -noout -pubkey -in "$1")" = "$(openssl pkey -pubout -in "$2")" ]"#;
            self.machine.run(["sh", "-c", script, "pair", certificate, key]).succeeded();
        }
    }
}

fn digest(machine: &Machine, folder: &str) -> String {
    let tar = format!("tar -C {folder} --sort=name --mtime=@0 -c . | sha256sum");
    machine.sh(&tar).succeeded().stdout
}

/// How many anchors programs load from the bundle; OpenSSL is asked.
fn anchors(machine: &Machine) -> usize {
    let script = format!(
        "openssl crl2pkcs7 -nocrl -certfile {BUNDLE} | openssl pkcs7 -print_certs -noout | grep -c ^subject"
    );
    machine.sh(&script).stdout.trim().parse().unwrap_or(0)
}

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
    /// Whether these two belong together at every instant: a pair stood there before.
    pub replaces: bool,
    /// Whether it adds an anchor to the system's bundle, or takes one away.
    pub adds: bool,
    /// A step of a rotation.
    pub turn: Option<Turn>,
}

/// What is known of a step of a rotation, which cannot be done twice. The CA in use is in the bundle anyway, and what
/// is served keeps its key.
pub struct Turn {
    /// The script that succeeds when it is done.
    ends: &'static str,
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
    replaces: false,
    adds: true,
    turn: None,
};

/// In place of another pair, which must come back.
pub const IMPORT: Verb = Verb {
    name: "import",
    prepare: &[],
    line: "labtrust import --cert /root/leaf.crt --key /root/leaf.key --chain /root/ca.crt --out /srv/proxy --replace --reload true",
    undo: &["labtrust setup --undo", "labtrust untrust"],
    pair: Some(PROXY),
    replaces: true,
    adds: true,
    turn: None,
};

const PROXY: [&str; 2] = ["/srv/proxy/mygitlab.example.com.crt", "/srv/proxy/mygitlab.example.com.key"];

const PROXY_SETUP: &str = "labtrust setup mygitlab.example.com --out /srv/proxy --reload true --no-trust";

/// With the key that is there: one file is replaced.
pub const RENEW: Verb = Verb {
    name: "renew",
    prepare: &[PROXY_SETUP],
    line: "labtrust renew",
    undo: &["labtrust setup --undo"],
    pair: Some(PROXY),
    replaces: true,
    adds: false,
    turn: None,
};

/// With a new key, which an earlier run has given a folder of its own.
pub const REKEY: Verb = Verb {
    name: "renew --new-key",
    prepare: &[PROXY_SETUP, "labtrust renew --new-key"],
    line: "labtrust renew --new-key",
    undo: &["labtrust setup --undo"],
    pair: Some(PROXY),
    replaces: true,
    adds: false,
    turn: None,
};

/// The same where plain files stand.
pub const FIRST_REKEY: Verb = Verb { name: "first --new-key", prepare: &[PROXY_SETUP], ..REKEY };

pub const TRUSTING: Verb = Verb {
    name: "trust",
    prepare: &[],
    line: TRUST,
    undo: &["labtrust untrust"],
    pair: None,
    replaces: false,
    adds: true,
    turn: None,
};

pub const UNTRUSTING: Verb = Verb {
    name: "untrust",
    prepare: &[TRUST],
    line: "labtrust untrust",
    undo: &["labtrust untrust"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
};

/// Keeps a key.
pub const REQUEST: Verb = Verb {
    name: "request",
    prepare: &[],
    line: "labtrust request mygitlab.example.com",
    undo: &["labtrust request --undo"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
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
    replaces: true,
    adds: false,
    turn: None,
};

const CA: &str = "labtrust setup mygitlab.example.com --out /srv/proxy2 --no-trust";
const TO_AGE: &str = "labtrust backup /root/ca.age --replace --recipient age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

pub const BACKUP: Verb = Verb {
    name: "backup",
    prepare: &[CA],
    line: TO_AGE,
    undo: &["labtrust setup --undo", "rm -f /root/ca.age"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
};

/// On a machine that has lost all that it had.
pub const RESTORE: Verb = Verb {
    name: "restore",
    prepare: &[CA, TO_AGE, "labtrust setup --undo"],
    line: "labtrust restore /root/ca.age --identity /root/age.key",
    undo: &["labtrust setup --undo", "rm -f /root/ca.age"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
};

const SETUP_OUT: &str = "labtrust setup mygitlab.example.com --out /srv/proxy --reload true --replace";
const ROTATE: &str = "labtrust rotate start";
const SWITCH: &str = "labtrust rotate switch --clients-ready";

/// A step of a rotation after those in `prepare`.
const fn turn(
    name: &'static str,
    prepare: &'static [&'static str],
    line: &'static str,
    adds: bool,
    ends: &'static str,
) -> Verb {
    let turn = Some(Turn { ends });
    Verb {
        name,
        prepare,
        line,
        undo: &["labtrust setup --undo"],
        pair: IMPORT.pair,
        replaces: true,
        adds,
        turn,
    }
}

/// The steps of a rotation.
pub const TURNS: [&Verb; 5] = [
    &turn(
        "start",
        &[SETUP_OUT],
        ROTATE,
        true,
        r#"grep -q '"next": "authority-' rotation.json && [ $(grep -c BEGIN /srv/proxy/*.crt) = 5 ]"#,
    ),
    &turn("switch", &[SETUP_OUT, ROTATE], SWITCH, true, r#"grep -q '"current": "authority-' rotation.json"#),
    &turn(
        "retire",
        &[SETUP_OUT, ROTATE, SWITCH],
        "labtrust rotate retire",
        false,
        r#"grep -q '"previous": null' rotation.json && [ ! -e authority ]"#,
    ),
    &turn(
        "abort",
        &[SETUP_OUT, ROTATE],
        "labtrust rotate abort",
        false,
        "grep -q '\"next\": null' rotation.json && [ $(ls -d authority* | wc -l) = 1 ]",
    ),
    &turn(
        "back",
        &[SETUP_OUT, ROTATE, SWITCH],
        "labtrust rotate abort",
        true,
        r#"grep -q '"current": "authority"' rotation.json"#,
    ),
];

/// All of them that have others work for them.
pub const VERBS: [&Verb; 4] = [&SETUP, &IMPORT, &TRUSTING, &UNTRUSTING];

/// Those that change files and nothing else.
pub const ALONE: [&Verb; 7] = [&REQUEST, &ANSWERED, &RENEW, &FIRST_REKEY, &REKEY, &BACKUP, &RESTORE];

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
        let least = self.least();
        assert!([least, least + 1].contains(&loaded), "the bundle holds {loaded} anchors");
    }

    /// The same, and where a pair stood before the certificate and the key that are in place belong together.
    pub fn check_killed(&self) {
        self.check_bundle();
        if self.verb.replaces {
            self.check_pair();
        }
    }

    /// The same after labtrust has ended by itself, and was not killed: the certificate and the key that are
    /// in place belong together, or one is not there.
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
        if self.verb.turn.is_some() {
            assert!(
                self.has_turned(),
                "all is not done:\n{}",
                self.machine.sh("head /var/lib/labtrust/*.json")
            );
        } else if [&IMPORT, &TRUSTING, &UNTRUSTING, &ANSWERED].iter().any(|verb| verb.name == self.verb.name)
        {
            let mut changes = self.machine.changes_since(&self.done);
            changes.retain(|line| !BY_TIME.iter().chain(&DPKG).any(|path| line.starts_with(path)));
            assert_eq!(changes, [""; 0], "all is not done");
        }
    }

    /// The next run converges, and undoing gives the machine back.
    pub fn check_recovery(&self) {
        if !self.has_turned() {
            self.run(self.verb.line).succeeded();
        }
        self.check_anchors();
        self.check_done();
        self.check_pair();
        self.undo();
    }

    /// So many anchors are in the bundle at any time.
    fn least(&self) -> usize {
        self.anchors + usize::from(self.verb.turn.is_some())
    }

    /// So many are when the verb is done.
    fn expected(&self) -> usize {
        self.least() + usize::from(self.verb.adds)
    }

    /// Whether this was a step of a rotation that came to its end.
    fn has_turned(&self) -> bool {
        self.verb.turn.as_ref().is_some_and(|turn| {
            let script = format!("cd /var/lib/labtrust && {}", turn.ends);
            self.machine.sh(&script).code() == 0 && anchors(&self.machine) == self.expected()
        })
    }

    /// The bundle holds what it should after the verb.
    pub fn check_anchors(&self) {
        assert_eq!(anchors(&self.machine), self.expected(), "anchors in the bundle");
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

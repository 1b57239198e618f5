//! A machine on which a verb can be tried again and again, and what must be true there whatever happened in
//! between.

use super::verbs::{ANSWERED, IMPORT, MENDING, TRUSTING, UNTRUSTING, Verb};
use crate::{
    lab::{Command, HOST, Machine, Manifest, Output, Pair, Validity},
    trust::fingerprint,
};

/// What says when it was written.
const BY_TIME: [&str; 2] = ["/var/lib/labtrust/", "/etc/ssl/certs/java/"];

/// What a dpkg that was killed leaves for the next to mend; Java's hook runs it.
const DPKG: [&str; 2] = ["/var/lib/dpkg/", "/var/lib/ca-certificates-java/"];

const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A machine on which a verb is tried.
pub(super) struct Scene {
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
    pub(super) fn set(verb: &'static Verb) -> Self {
        Self::set_with(verb, false, None)
    }

    /// The same, with Java's keystore and the hook that fills it.
    pub(super) fn with_java(verb: &'static Verb) -> Self {
        Self::set_with(verb, true, None)
    }

    /// The same, with `folder` on a small file system of its own.
    pub(super) fn apart(verb: &'static Verb, folder: &'static str) -> Self {
        Self::set_with(verb, false, Some(folder))
    }

    fn set_with(verb: &'static Verb, java: bool, apart: Option<&'static str>) -> Self {
        let machine = Machine::new("faults").unwrap();
        if !java {
            machine.without_hooks();
        }
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
        if let Some(beside) = &verb.beside {
            (beside.lay)(&machine, &pair);
        }
        // What setup places, and what comes after it, finds nobody's pair there.
        let begins = |line: &&str| line.starts_with("labtrust setup");
        let is_first = verb.prepare.iter().chain([&verb.line]).any(begins);
        if let Some([certificate, key]) = verb.pair.filter(|_| !is_first) {
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
        scene.ends(scene.run(verb.line));
        assert!(verb.beside.as_ref().is_none_or(|beside| scene.machine.has(beside.makes)));
        scene.done = scene.machine.manifest();
        scene.undo();
        scene
    }

    /// Does what comes before the verb.
    pub(super) fn prepare(&self) {
        self.verb.prepare.iter().for_each(|line| self.ends(self.run(line)));
    }

    fn words(&self, line: &str) -> Vec<String> {
        line.split(' ').map(|word| word.replace("{sha256}", &self.sha256)).collect()
    }

    /// Runs `line`.
    pub(super) fn run(&self, line: &str) -> Output {
        self.machine.run(self.words(line))
    }

    /// The verb, to be run.
    pub(super) fn command(&self) -> Command<'_> {
        self.machine.command(self.words(self.verb.line))
    }

    /// Runs the verb as an argument of another program.
    pub(super) fn run_under<S: AsRef<str>>(&self, under: &[S]) -> Output {
        let under = under.iter().map(|word| word.as_ref().to_owned());
        self.command().under(under).run()
    }

    /// It has done what it was to do; where an engine stands, that may wait for its restart.
    #[track_caller]
    pub(super) fn ends(&self, output: Output) {
        let waits = self.verb.beside.is_some() && output.code() == 4;
        if !waits {
            output.succeeded();
        }
    }

    /// What must be true at any time: the bundle loads, with the anchor or without it.
    pub(super) fn check_bundle(&self) {
        let loaded = anchors(&self.machine);
        let least = self.least();
        assert!([least, least + 1].contains(&loaded), "the bundle holds {loaded} anchors");
    }

    /// The same, and where a pair stood before the certificate and the key that are in place belong together.
    pub(super) fn check_killed(&self) {
        self.check_bundle();
        if self.verb.replaces {
            self.check_pair();
        }
    }

    /// The same after labtrust has ended by itself, and was not killed: the certificate and the key that are
    /// in place belong together, or one is not there.
    pub(super) fn check(&self) {
        self.check_bundle();
        if let Some([certificate, key]) = self.verb.pair
            && self.machine.has(certificate)
            && self.machine.has(key)
        {
            self.check_pair();
        }
    }

    /// All that the verb does is done, as if nothing had happened.
    pub(super) fn check_done(&self) {
        // The keys that these make are others each time.
        if self.verb.turn.is_some() {
            assert!(
                self.has_turned(),
                "all is not done:\n{}",
                self.machine.sh("head /var/lib/labtrust/*.json")
            );
        } else if [&IMPORT, &TRUSTING, &UNTRUSTING, &ANSWERED, &MENDING]
            .iter()
            .any(|verb| verb.name == self.verb.name)
        {
            let mut changes = self.machine.changes_since(&self.done);
            changes.retain(|line| !BY_TIME.iter().chain(&DPKG).any(|path| line.starts_with(path)));
            assert_eq!(changes, [""; 0], "all is not done");
        }
    }

    /// The next run converges, and undoing gives the machine back.
    pub(super) fn check_recovery(&self) {
        if !self.has_turned() {
            self.ends(self.run(self.verb.line));
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
    pub(super) fn check_anchors(&self) {
        assert_eq!(anchors(&self.machine), self.expected(), "anchors in the bundle");
    }

    pub(super) fn undo(&self) {
        self.verb.undo.iter().for_each(|line| self.ends(self.run(line)));
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

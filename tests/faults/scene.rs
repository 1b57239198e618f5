//! A machine on which a verb is tried again and again, and the checks that must hold after every fault.

use super::verbs::{ANSWERED, ENTERING, IMPORT, LEAVING, MENDING, TRUSTING, UNTRUSTING, Verb};
use crate::{
    lab::{Command, HOST, Machine, Manifest, Output, Pair, Validity},
    trust::fingerprint,
};

/// Files that contain the time of their writing.
const BY_TIME: [&str; 3] = ["/var/lib/labtrust/", "/etc/ssl/certs/java/", "/opt/jdk/lib/security/cacerts"];

/// Files that a killed dpkg leaves for the next run of dpkg to repair; Java's hook runs dpkg.
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
    /// A folder on a file system of its own, which the manifests leave out, and the digest of its contents before.
    apart: Option<(&'static str, String)>,
}

impl Scene {
    /// A new machine in its state before each try.
    pub(super) fn set(verb: &'static Verb) -> Self {
        Self::set_with(verb, false, None)
    }

    /// A new machine with Java's keystore and the hook that fills it.
    pub(super) fn with_java(verb: &'static Verb) -> Self {
        Self::set_with(verb, true, None)
    }

    /// A new machine with `folder` on a small file system of its own.
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
        // A verb that begins with setup finds no other certificate and key.
        let begins = |line: &&str| line.contains("labtrust setup");
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

    /// Runs the lines that precede the verb.
    pub(super) fn prepare(&self) {
        self.verb.prepare.iter().for_each(|line| self.ends(self.run(line)));
    }

    fn words(&self, line: &str) -> Vec<String> {
        line.split(' ').map(|word| word.replace("{sha256}", &self.sha256)).collect()
    }

    /// Runs `line`.
    pub(super) fn run(&self, line: &str) -> Output {
        self.command_of(line).run()
    }

    /// The command of the verb.
    pub(super) fn command(&self) -> Command<'_> {
        self.command_of(self.verb.line)
    }

    /// The command `line`, with the environment that its first words set; `AS` is the user.
    fn command_of(&self, line: &str) -> Command<'_> {
        let words = self.words(line);
        let is_setting = |word: &&String| word.contains('=') && !word.starts_with('-');
        let (settings, command) = words.split_at(words.iter().take_while(is_setting).count());
        settings.iter().fold(self.machine.command(command), |command, setting| {
            match setting.split_once('=').unwrap() {
                ("AS", user) => command.user(user),
                (name, value) => command.env(name, value),
            }
        })
    }

    /// Runs the verb as an argument of another program.
    pub(super) fn run_under<S: AsRef<str>>(&self, under: &[S]) -> Output {
        let under = under.iter().map(|word| word.as_ref().to_owned());
        self.command().under(under).run()
    }

    /// Fails unless the run succeeded, or leaves something as is expected.
    #[track_caller]
    pub(super) fn ends(&self, output: Output) {
        let waits = self.verb.beside.as_ref().is_some_and(|beside| output.code() == beside.leaves);
        if !waits {
            output.succeeded();
        }
    }

    /// Checks that the bundle loads, with or without the anchor. This must hold at any time.
    pub(super) fn check_bundle(&self) {
        let loaded = anchors(&self.machine);
        let least = self.least();
        assert!([least, least + 1].contains(&loaded), "the bundle holds {loaded} anchors");
    }

    /// Checks the bundle, and that certificate and key belong together if there was a pair before. This must hold after a kill.
    pub(super) fn check_killed(&self) {
        self.check_bundle();
        if self.verb.replaces {
            self.check_pair();
        }
    }

    /// Checks the bundle, and that certificate and key belong together or one of them is missing. This must hold after labtrust
    /// has ended by itself.
    pub(super) fn check(&self) {
        self.check_bundle();
        if let Some([certificate, key]) = self.verb.pair
            && self.machine.has(certificate)
            && self.machine.has(key)
        {
            self.check_pair();
        }
    }

    /// Checks that the verb is completely done, as without a fault.
    pub(super) fn check_done(&self) {
        if let Some(beside) = &self.verb.beside {
            self.machine.sh(beside.works).succeeded();
        }
        // These verbs make new keys each time.
        if self.verb.turn.is_some() {
            assert!(
                self.has_turned(),
                "not everything is done:\n{}",
                self.machine.sh("head /var/lib/labtrust/*.json")
            );
        } else if [&IMPORT, &TRUSTING, &UNTRUSTING, &ANSWERED, &MENDING, &ENTERING, &LEAVING]
            .iter()
            .any(|verb| verb.name == self.verb.name)
        {
            let mut changes = self.machine.changes_since(&self.done);
            changes.retain(|line| !BY_TIME.iter().chain(&DPKG).any(|path| line.starts_with(path)));
            assert_eq!(changes, [""; 0], "not everything is done");
        }
    }

    /// Checks that the next run converges, and that undoing restores the machine.
    pub(super) fn check_recovery(&self) {
        if !self.has_turned() {
            self.ends(self.run(self.verb.line));
        }
        self.check_anchors();
        self.check_done();
        self.check_pair();
        self.undo();
    }

    /// The number of anchors in the bundle at any time.
    fn least(&self) -> usize {
        self.anchors + usize::from(self.verb.turn.is_some())
    }

    /// The number of anchors in the bundle after the verb.
    fn expected(&self) -> usize {
        self.least() + usize::from(self.verb.adds)
    }

    /// Whether this is a step of a rotation that is done.
    fn has_turned(&self) -> bool {
        self.verb.turn.as_ref().is_some_and(|turn| {
            let script = format!("cd /var/lib/labtrust && {}", turn.ends);
            self.machine.sh(&script).code() == 0 && anchors(&self.machine) == self.expected()
        })
    }

    /// Checks the number of anchors in the bundle after the verb.
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

/// The number of anchors that OpenSSL loads from the bundle.
fn anchors(machine: &Machine) -> usize {
    let script = format!(
        "openssl crl2pkcs7 -nocrl -certfile {BUNDLE} | openssl pkcs7 -print_certs -noout | grep -c ^subject"
    );
    machine.sh(&script).stdout.trim().parse().unwrap_or(0)
}

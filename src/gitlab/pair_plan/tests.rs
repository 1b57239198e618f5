#![allow(clippy::disallowed_methods, reason = "tests set the stage")]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use labtrust_machine::{Outcome, OutcomeState, Session, Silent, Worlds, apply, receipt::Receipts, undo};
use labtrust_plan::{Actor, Certificate, Command, Endpoint, Facts, Reload};
use zeroize::Zeroizing;

use super::*;
use crate::gitlab::{config::Config, guard, prepare::Prepared};

/// The plan where nothing stands.
fn plan(installation: &Installation, layout: &Layout, pair: &Pair) -> Vec<Change> {
    changes(installation, layout, &LinkState::default(), pair)
}

fn pair(number: u8) -> Pair {
    let certificate = |kind: u8| Certificate::new([0x30, 2, number, kind]);
    let key = Zeroizing::new(format!("key {number}").into_bytes());
    Pair::new(&[certificate(0), certificate(1), certificate(2)], &[], key).expect("a chain")
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

fn layout(installation: &Installation, registry: &str) -> Layout {
    let gitlab = endpoint("git.example.com:443");
    Layout::of(&World::here(), installation, &Config::default(), &gitlab, &endpoint(registry))
        .expect("a layout")
}

fn reload(program: impl Into<PathBuf>) -> Reload {
    let commands = vec![Command::new(program, ["hup", "nginx"])];
    Reload { applied: commands.clone(), undone: commands, ..Reload::default() }
}

/// What a change does, a step a line.
fn lines(change: &Change) -> Vec<String> {
    labtrust_plan::explain(change)
}

#[test]
fn the_certificate_comes_before_its_key_and_both_before_the_reload() {
    let mut installation = Installation::prepared(Path::new("/srv/config"));
    installation.reload = reload("/opt/gitlab/bin/gitlab-ctl");
    let mut layout = layout(&installation, "registry.example.com:443");
    layout.served = vec![endpoint("git.example.com:443"), endpoint("git.example.com:4567")];
    let pair = pair(1);
    let changes = plan(&installation, &layout, &pair);
    let root = pair.root.short();
    assert_eq!(
        lines(&changes[0]),
        [format!(
            "write /srv/config/trusted-certs/labtrust-{root}.crt ({} bytes, mode 0644)",
            pair.root_pem.len()
        )]
    );
    let size = pair.certificates_pem.len();
    assert_eq!(
        lines(&changes[1]),
        [
            format!("write /srv/config/ssl/git.example.com.crt ({size} bytes, mode 0644)"),
            "write /srv/config/ssl/git.example.com.key (a secret, mode 0600)".into(),
            format!("write /srv/config/ssl/registry.example.com.crt ({size} bytes, mode 0644)"),
            "write /srv/config/ssl/registry.example.com.key (a secret, mode 0600)".into(),
            "run /opt/gitlab/bin/gitlab-ctl hup nginx".into(),
        ]
    );
    assert_eq!(changes[1].reload.undone, changes[1].reload.applied);
    let Proof::All(proofs) = &changes[1].proof else { panic!("several proofs") };
    // The files first: asking a server that cannot serve them yet would take its whole time.
    assert!(matches!(&proofs[0], Proof::Files { files } if files.len() == 4));
    let served = |proof: &Proof| matches!(proof, Proof::Served { sha256, .. } if *sha256 == pair.leaf);
    assert!(proofs[1..].iter().all(served) && proofs.len() == 3);
    assert!(!format!("{changes:?}").contains("key 1"), "a key is never shown");
}

#[test]
fn the_file_holds_leaf_intermediate_and_root() {
    let pair = pair(1);
    let (chain, whole) = Certificate::read_all(&pair.certificates_pem);
    assert!(whole);
    assert_eq!((chain[0].fingerprint(), chain[2].fingerprint()), (pair.leaf, pair.root));
    assert_eq!(Certificate::read_all(&pair.root_pem).0, [chain[2].clone()]);
}

#[test]
fn no_plan_touches_the_pair_by_which_the_registry_knows_gitlab() {
    for installation in [
        Installation::prepared(Path::new("/etc/gitlab")),
        Installation::out(Path::new("/srv/out"), Some("true")),
    ] {
        // Even for a host of that name.
        let gitlab = endpoint("gitlab-registry:443");
        let layout = Layout::of(&World::here(), &installation, &Config::default(), &gitlab, &gitlab);
        for change in plan(&installation, &layout.expect("a layout"), &pair(1)) {
            for file in change.files() {
                assert!(!file.starts_with("/var/opt/gitlab"), "{}", file.display());
                assert!(file.parent().is_some_and(|folder| !folder.ends_with("etc")), "{}", file.display());
            }
        }
    }
}

/// A state folder and a folder to put files into, in one temporary folder.
struct Bench {
    folder: tempfile::TempDir,
    facts: Facts,
    worlds: Worlds,
}

impl Bench {
    fn new() -> Self {
        let facts = labtrust_machine::probe().expect("facts");
        let worlds = Worlds::new(&facts, "/nonexistent", "");
        Self { folder: tempfile::tempdir().expect("a folder"), facts, worlds }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("gitlab").join(name)
    }

    fn session<T>(&self, work: impl FnOnce(&Session<'_>) -> labtrust_machine::Result<T>) -> T {
        let receipts = Receipts::open(&self.folder.path().join("state"), &Silent).expect("a state folder");
        let session =
            Session { facts: &self.facts, worlds: &self.worlds, receipts: &receipts, progress: &Silent };
        work(&session).expect("no fault")
    }

    fn apply(&self, changes: &[Change]) -> Vec<Outcome> {
        let outcomes = self.session(|session| apply(session, "setup", None, changes));
        assert!(outcomes.iter().all(|outcome| outcome.state == OutcomeState::Trusted), "{outcomes:?}");
        outcomes
    }

    fn undo(&self) {
        self.session(|session| {
            let mut receipt = session.receipts.load("setup")?.expect("a receipt");
            // No engine of this machine is asked.
            let mut facts = self.facts.clone();
            facts.engines.clear();
            facts.tools.clear();
            for record in &mut receipt.changes {
                assert_eq!(update_undo_reload(&World::here(), &facts, record), None);
            }
            undo(session, &mut receipt, |_| true)
        });
    }

    /// Every file and folder: its mode and its bytes.
    fn tree(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut tree = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let mode = fs::metadata(&path).expect("its mode").permissions().mode() & 0o7777;
                if path.is_dir() {
                    folders.push(path.clone());
                }
                tree.insert(path.clone(), (mode, fs::read(&path).unwrap_or_default()));
            }
        }
        tree
    }
}

#[test]
fn what_is_placed_is_found_unchanged_and_taken_back() {
    for theirs in [false, true] {
        let bench = Bench::new();
        if theirs {
            fs::create_dir_all(bench.path("ssl")).expect("a folder");
            fs::write(bench.path("ssl/git.example.com.crt"), "their certificate").expect("a file");
            fs::write(bench.path("ssl/git.example.com.key"), "their key").expect("a file");
            let private = fs::Permissions::from_mode(0o400);
            fs::set_permissions(bench.path("ssl/git.example.com.key"), private).expect("a mode");
        }
        let before = bench.tree();
        let installation = Installation::prepared(&bench.path(""));
        let layout = layout(&installation, "registry.example.com:443");
        let outcomes = bench.apply(&plan(&installation, &layout, &pair(1)));
        assert!(outcomes.iter().all(|outcome| outcome.changed), "{outcomes:?}");
        let placed = bench.tree();
        assert_eq!(placed[&bench.path("ssl")].0, 0o755);
        assert_eq!(placed[&bench.path("ssl/git.example.com.key")], (0o600, b"key 1".to_vec()));
        assert_eq!(placed[&bench.path("ssl/registry.example.com.key")], (0o600, b"key 1".to_vec()));
        assert_eq!(placed[&bench.path("ssl/git.example.com.crt")].0, 0o644);

        let survey = guard::survey(&World::here(), &layout).expect("a survey");
        let leaf = pair(1).leaf;
        let ours = |chain: &[Certificate]| chain.first().is_some_and(|first| first.fingerprint() == leaf);
        assert_eq!(guard::ownership(&survey, &ours), guard::Ownership::Ours);

        let outcomes = bench.apply(&plan(&installation, &layout, &pair(1)));
        assert!(outcomes.iter().all(|outcome| !outcome.changed), "{outcomes:?}");
        assert_eq!(bench.tree(), placed);
        bench.apply(&plan(&installation, &layout, &pair(2)));
        bench.undo();
        assert_eq!(bench.tree(), before);
    }
}

#[test]
fn a_reload_that_fails_takes_the_pair_back_and_one_that_is_gone_does_not_hinder_undoing() {
    let bench = Bench::new();
    let before = bench.tree();
    let log = bench.folder.path().join("log");
    let out = |line: &str| Installation::out(&bench.path(""), Some(line));
    let failing = out("exit 7");
    let layout = layout(&failing, "git.example.com:4567");
    let outcomes = bench.session(|session| apply(session, "setup", None, &plan(&failing, &layout, &pair(1))));
    assert_eq!(outcomes[0].state, OutcomeState::Failed);
    assert!(!bench.path("git.example.com.key").exists());

    let working = out(&format!("echo read >> {}", log.display()));
    bench.apply(&plan(&working, &layout, &pair(1)));
    bench.apply(&plan(&working, &layout, &pair(1)));
    assert_eq!(fs::read_to_string(&log).expect("a log"), "read\n", "what does not change is not read again");
    bench.undo();
    assert_eq!(fs::read_to_string(&log).expect("a log"), "read\nread\n");
    fs::remove_file(&log).expect("the log");
    assert_eq!(bench.tree(), before);

    let ctl = bench.folder.path().join("gitlab-ctl");
    let script = "#!/bin/sh\necho 'run: nginx: (pid 1) 1s'\n";
    fs::write(&ctl, script).expect("a script");
    fs::set_permissions(&ctl, fs::Permissions::from_mode(0o755)).expect("a mode");
    let mut installation = Installation::prepared(&bench.path(""));
    installation.reload = reload(&ctl);
    bench.apply(&plan(&installation, &layout, &pair(1)));
    fs::remove_file(&ctl).expect("the package is removed");
    bench.undo();
    assert_eq!(bench.tree(), before);
}

#[test]
fn a_prepared_folder_is_made_found_unchanged_and_taken_back() {
    let bench = Bench::new();
    let before = bench.tree();
    let mut facts = bench.facts.clone();
    facts.engines.clear();
    let design = |host: Option<&str>| {
        let host = host.map(|host| host.parse().expect("a host"));
        Prepared::design(&World::here(), &facts, &bench.path(""), host.as_ref(), None).expect("a design")
    };
    let changes = |prepared: &Prepared| {
        let (world, installation) = (World::here(), &prepared.installation);
        let config = installation.settings(&world).expect("settings");
        let layout = Layout::of(&world, installation, &config, &prepared.gitlab, &prepared.registry);
        let layout = layout.expect("a layout");
        let mut changes = plan(&prepared.installation, &layout, &pair(1));
        changes.extend(prepared.changes());
        changes
    };
    let first = design(Some("git.example.com"));
    bench.apply(&changes(&first));
    let placed = bench.tree();
    for name in [
        "compose.yaml",
        "config/gitlab.rb",
        "config/ssl/git.example.com.crt",
        "config/ssl/git.example.com.key",
    ] {
        assert!(placed.contains_key(&bench.path(name)), "{name}");
    }
    // Now the ports are GitLab's own, and its name is known.
    let _listener = std::net::TcpListener::bind(("127.0.0.1", first.registry.port));
    let second = design(None);
    assert_eq!((&second.gitlab, &second.registry), (&first.gitlab, &first.registry));
    assert!(bench.apply(&changes(&second)).iter().all(|outcome| !outcome.changed));
    assert_eq!(bench.tree(), placed);
    bench.undo();
    assert_eq!(bench.tree(), before);
}

#[test]
fn folders_of_the_machine_need_its_rights() {
    let mut installation = Installation::prepared(Path::new("/etc/gitlab"));
    installation.actor = Actor::Machine;
    let layout = layout(&installation, "git.example.com:4567");
    assert!(plan(&installation, &layout, &pair(1)).iter().all(|change| change.actor == Actor::Machine));
}

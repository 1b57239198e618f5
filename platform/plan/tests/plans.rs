//! The plans for each kind of machine, from facts alone: the facts are in `tests/machines/*.json`, the plans in the snapshots
//! beside this file. A new distribution is a row and a machine.

use std::{fs, path::Path};

use labtrust_plan::{
    Actor, Anchor, Certificate, Change, Endpoint, Facts, Proof, Service, SideEffect, Step, explain,
    fact::{Distribution, Os, User},
    skip_restarts,
    store::{Planned, STORES, Store},
};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[test]
fn each_machine_is_planned_as_its_own_tools_want_it() -> Result {
    let machines = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/machines");
    let mut paths: Vec<_> = fs::read_dir(machines)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    assert!(paths.len() >= 17, "{paths:?}");
    for path in paths {
        let facts: Facts = serde_json::from_str(&fs::read_to_string(&path)?)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        insta::assert_snapshot!(name, describe(&facts)?);
    }
    Ok(())
}

/// The folder of anchors on a distribution `id` that has these tools and folders.
fn folder(os: Os, id: &str, like: &[&str], tools: &[&str], paths: &[&str]) -> Result<String> {
    let root = User { name: "root".into(), uid: 0, gid: 0, home: "/root".into() };
    let facts = Facts {
        distribution: Some(Distribution {
            id: id.into(),
            like: like.iter().map(ToString::to_string).collect(),
            title: String::new(),
        }),
        tools: tools.iter().map(|tool| ((*tool).to_owned(), Path::new("/usr/sbin").join(tool))).collect(),
        paths: paths.iter().map(Into::into).collect(),
        ..Facts::new(os, root)
    };
    Ok(match (Store::find("system").ok_or("no such store")?.plan)(&facts, &anchor()?) {
        Planned::Changes(changes) | Planned::Partly { changes, .. } => {
            let file = changes.first().and_then(|change| change.files().next());
            file.and_then(Path::parent).unwrap_or(Path::new("")).display().to_string()
        }
        Planned::Manual { why, .. } | Planned::Absent(why) | Planned::NothingToDo(why) => why,
    })
}

const DEBIAN: &str = "/usr/local/share/ca-certificates";
const FEDORA: &str = "/etc/pki/ca-trust/source/anchors";
const SUSE: &str = "/etc/pki/trust/anchors";
const ARCH: &str = "/etc/ca-certificates/trust-source/anchors";
const FREEBSD: &str = "/usr/local/share/certs";

#[test]
fn the_texts_of_settings_files_are_never_written() -> Result {
    let user = serde_json::json!({"name": "alice", "uid": 1000, "gid": 1000, "home": "/home/alice"});
    let facts =
        serde_json::json!({"os": "linux", "user": user, "texts": {"/home/alice/.profile": "TOKEN=secret"}});
    let facts: Facts = serde_json::from_value(facts)?;
    assert_eq!(facts.text("/home/alice/.profile"), Some("TOKEN=secret"));
    assert!(!serde_json::to_string(&facts)?.contains("secret") && !format!("{facts:?}").contains("secret"));
    Ok(())
}

#[test]
fn relatives_are_recognised_by_what_they_say_they_are_like() -> Result {
    let (certificates, trust) = ("update-ca-certificates", "update-ca-trust");
    for (id, like, tool, expected) in [
        ("linuxmint", &["ubuntu", "debian"][..], certificates, DEBIAN),
        ("raspbian", &["debian"], certificates, DEBIAN),
        ("pop", &["ubuntu", "debian"], certificates, DEBIAN),
        ("kali", &["debian"], certificates, DEBIAN),
        ("devuan", &["debian"], certificates, DEBIAN),
        ("postmarketos", &["alpine"], certificates, DEBIAN),
        ("gentoo", &[], certificates, DEBIAN),
        ("void", &[], certificates, DEBIAN),
        ("wolfi", &[], certificates, DEBIAN),
        ("amzn", &["fedora"], trust, FEDORA),
        ("amzn", &["centos", "rhel", "fedora"], trust, FEDORA),
        ("ol", &["fedora"], trust, FEDORA),
        ("rocky", &["rhel", "centos", "fedora"], trust, FEDORA),
        ("almalinux", &["rhel", "centos", "fedora"], trust, FEDORA),
        ("openeuler", &[], trust, FEDORA),
        ("mageia", &["mandriva", "fedora"], trust, FEDORA),
        ("opensuse-tumbleweed", &["opensuse", "suse"], certificates, SUSE),
        ("aeon", &["suse", "opensuse", "opensuse-tumbleweed", "opensuse-microos"], certificates, SUSE),
        ("sl-micro", &["suse"], certificates, SUSE),
        ("sles", &["suse"], certificates, SUSE),
        ("manjaro", &["arch"], trust, ARCH),
        ("endeavouros", &["arch"], trust, ARCH),
        ("steamos", &["arch"], trust, ARCH),
        ("flatcar", &["coreos"], certificates, "/etc/ssl/certs"),
    ] {
        assert_eq!(folder(Os::Linux, id, like, &[tool], &[])?, expected, "{id} {like:?}");
    }
    assert_eq!(folder(Os::Freebsd, "freebsd", &[], &["certctl"], &[])?, FREEBSD);
    Ok(())
}

#[test]
fn a_folder_of_another_family_misleads_nobody() -> Result {
    let both = ["update-ca-certificates", "update-ca-trust"];
    let folders = [DEBIAN, FEDORA, SUSE, ARCH];
    assert_eq!(folder(Os::Linux, "sles", &["suse"], &both[..1], &folders)?, SUSE);
    assert_eq!(folder(Os::Linux, "ubuntu", &["debian"], &both, &folders)?, DEBIAN);
    assert_eq!(folder(Os::Linux, "fedora", &[], &both, &folders)?, FEDORA);
    assert_eq!(
        folder(Os::Linux, "debian", &[], &both[1..], &folders)?,
        "update-ca-certificates is missing; it rebuilds this system's bundle"
    );
    Ok(())
}

#[test]
fn an_unknown_system_is_served_only_if_there_is_no_doubt() -> Result {
    let nothing = "no store of a known kind was found";
    let both = ["update-ca-certificates", "update-ca-trust"];
    assert_eq!(folder(Os::Linux, "altlinux", &[], &both[1..], &[FEDORA, "/etc/ssl/certs"])?, FEDORA);
    assert_eq!(folder(Os::Linux, "solus", &[], &both[..1], &[DEBIAN, "/etc/ssl/certs"])?, DEBIAN);
    assert_eq!(folder(Os::Linux, "other", &[], &both[..1], &["/etc/ssl/certs"])?, nothing);
    assert_eq!(folder(Os::Linux, "other", &[], &both, &[DEBIAN, FEDORA])?, nothing);
    assert_eq!(folder(Os::Linux, "other", &[], &[], &[DEBIAN])?, nothing);
    Ok(())
}

fn anchor() -> Result<Anchor> {
    let endpoints = ["mygitlab.example.com:443", "mygitlab.example.com:4567"];
    let endpoints = endpoints.iter().map(|text| text.parse::<Endpoint>()).collect::<Result<_, _>>()?;
    Ok(Anchor::new(Certificate::new([0x30, 0]), endpoints))
}

/// The plan for the fixed anchor, store by store. Stores that do not exist are left out.
fn describe(facts: &Facts) -> Result<String> {
    let anchor = anchor()?;
    let mut planned: Vec<_> = STORES.iter().map(|store| (store.plan)(facts, &anchor)).collect();
    let mut changes: Vec<Change> = Vec::new();
    for plan in &planned {
        if let Planned::Changes(own) | Planned::Partly { changes: own, .. } = plan {
            changes.extend(own.iter().cloned());
        }
    }
    skip_restarts(&mut changes);
    let described = |store: &Store| {
        let own = changes.iter().filter(|change| change.store == store.id());
        own.flat_map(describe_change).collect::<Vec<_>>()
    };
    let mut text = Vec::new();
    for (store, plan) in STORES.iter().zip(planned.drain(..)) {
        if let Planned::Absent(_) | Planned::NothingToDo(_) = plan {
            continue;
        }
        text.push(format!("# {}", store.id));
        match plan {
            Planned::Absent(_) | Planned::NothingToDo(_) => {}
            Planned::Manual { why, todo } => {
                text.push(format!("by hand: {why}"));
                text.extend(todo.iter().map(|line| format!("  {line}")));
            }
            Planned::Changes(_) => text.extend(described(store)),
            Planned::Partly { rest, .. } => {
                text.extend(described(store));
                for step in rest {
                    text.push(format!("by hand: {}", step.why));
                    text.push(format!("  {}", step.hint()));
                }
            }
        }
        text.push(String::new());
    }
    Ok(text.join("\n"))
}

fn describe_change(change: &Change) -> Vec<String> {
    let whose = match &change.actor {
        Actor::Machine => "the machine's".into(),
        Actor::Caller => "the caller's".into(),
        Actor::User(user) => format!("{}'s", user.name),
    };
    let mut lines = vec![format!("{} ({whose})", change.subject)];
    let mut say = |what: &str, text: String| lines.push(format!("  {what}: {text}"));
    for line in explain(change) {
        say("do", line);
    }
    for step in &change.steps {
        if let Step::Put { contents, .. } = step {
            let text = String::from_utf8_lossy(contents.bytes()).into_owned();
            say("begins", text.lines().next().unwrap_or_default().to_owned());
        }
    }
    for command in &change.reload.undone {
        say("undone", format!("run {command}"));
    }
    for side_effect in &change.reload.side_effects {
        say("mind", describe_side_effect(side_effect));
    }
    say("proof", describe_proof(&change.proof));
    let name = |service: &Service| match &service.restart {
        Some(command) => format!("{} ({command})", service.title),
        None => service.title.clone(),
    };
    for service in &change.reload.restart {
        say("restart", name(service));
    }
    lines
}

fn describe_side_effect(side_effect: &SideEffect) -> String {
    match side_effect {
        SideEffect::Neighbour { path } => format!("neighbour {}", path.display()),
        SideEffect::Bundle { path, stale: None, .. } => format!("bundle {}", path.display()),
        SideEffect::Bundle { path, stale: Some(stale), .. } => {
            format!("bundle {} (never with {})", path.display(), stale.display())
        }
        SideEffect::Keystore { path, alias, .. } => format!("keystore {} ({alias})", path.display()),
        SideEffect::Links { folder, .. } => format!("links in {}", folder.display()),
        SideEffect::Copies { folder, .. } => format!("copies in {}", folder.display()),
    }
}

fn describe_proof(proof: &Proof) -> String {
    match proof {
        Proof::Bundle { path, .. } => format!("{} holds it", path.display()),
        Proof::Folder { folder, .. } | Proof::CertsD { folder, socket: None, client: None, .. } => {
            format!("a file in {} holds it", folder.display())
        }
        Proof::CertsD { folder, client: Some(client), .. } => {
            format!("a file in {} holds it, and `{client}` is accepted", folder.display())
        }
        Proof::CertsD { folder, endpoint, socket: Some(socket), .. } => format!(
            "a file in {} holds it, and the engine at {} accepts {endpoint}",
            folder.display(),
            socket.display()
        ),
        Proof::Entry { database, .. } => format!("those who rely on {database} trust it"),
        Proof::Edited { path, edit } => format!("{edit} is set in {}", path.display()),
        Proof::Says { command, text } => format!("`{command}` says {text}"),
        Proof::All(proofs) => proofs.iter().map(describe_proof).collect::<Vec<_>>().join("; "),
        other => format!("{other:?}"),
    }
}

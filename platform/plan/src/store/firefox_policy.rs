//! Firefox and Thunderbird for every user of the machine: a policy loads p11-kit as a security device, and with it they follow
//! the system store, in both directions. A policy that imports a certificate could not be undone: the import stays in each
//! profile.
//!
//! Only one policies.json is in force: that in `/etc` replaces that of the program's folder as a whole, so a new one is never
//! made where the other exists.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    row::{About, AlsoRead, ByHand, Done, Group, Look, Planned, Scope, Store, Tried},
    system,
};
use crate::{
    Actor, Anchor, Change, Edit, Facts, Hint, Proof, Prose, Reload, Service, Step, fact::Os, hint, text,
};

pub(super) const STORE: Store = Store {
    id: "firefox-policy",
    title: "Firefox's policy, for every user",
    group: Group::Browsers,
    about: About {
        writes: "`SecurityDevices` in the policies.json in force, so that Firefox follows the system store through p11-kit",
        proof: "the policy is set, and the system store's bundle holds the certificate",
        tried: Tried::Real("firefox-esr 153"),
    },
    plan,
    looks,
    scope: Scope::Everything,
    reads_also,
};

fn reads_also(facts: &Facts) -> Vec<AlsoRead> {
    let system = AlsoRead {
        store: system::STORE.id,
        missed: "Firefox follows the system store by this policy, and the system store does not contain the CA",
        hint: "also trust it there: --store system",
    };
    if follows(facts).is_ok() { vec![system] } else { Vec::new() }
}

/// A program with policies: its name, the names of its processes, its possible folders, and its settings in `/etc`.
struct Program {
    title: &'static str,
    processes: &'static [&'static str],
    folders: &'static [&'static str],
    settings: &'static str,
}

/// A program and its folder.
type Installed = (&'static Program, &'static Path);

const PROGRAMS: &[Program] = &[
    Program {
        title: "Firefox",
        processes: &["firefox", "firefox-esr", "firefox-bin"],
        folders: &["/usr/lib/firefox", "/usr/lib/firefox-esr", "/usr/lib64/firefox", "/opt/firefox"],
        settings: "/etc/firefox/policies/policies.json",
    },
    Program {
        title: "Thunderbird",
        processes: &["thunderbird", "thunderbird-bin"],
        folders: &["/usr/lib/thunderbird", "/usr/lib64/thunderbird", "/opt/thunderbird"],
        settings: "/etc/thunderbird/policies/policies.json",
    },
];

/// The library of every such program. A folder without it, such as that of a snap's wrapper, is not the program's.
const LIBRARY: &str = "libxul.so";
/// The policies below a program's folder.
const BELOW: &str = "distribution/policies.json";

/// p11-kit's module for the system store, with the places of distributions.
const MODULE: &str = "p11-kit-trust.so";
const MODULES: [&str; 3] = [
    "/usr/lib/*/pkcs11/p11-kit-trust.so",
    "/usr/lib64/pkcs11/p11-kit-trust.so",
    "/usr/lib/pkcs11/p11-kit-trust.so",
];
/// The families whose own Firefox reads the system store: its library of roots is p11-kit's.
const LINKED: [&str; 5] = ["fedora", "rhel", "centos", "arch", "alpine"];

/// Every pattern must be known when the program is built.
const LOOKS: &[Look] = &[
    Look::Path("/usr/lib/firefox/libxul.so"),
    Look::Path("/usr/lib/firefox-esr/libxul.so"),
    Look::Path("/usr/lib64/firefox/libxul.so"),
    Look::Path("/opt/firefox/libxul.so"),
    Look::Path("/usr/lib/thunderbird/libxul.so"),
    Look::Path("/usr/lib64/thunderbird/libxul.so"),
    Look::Path("/opt/thunderbird/libxul.so"),
    Look::Text("/usr/lib/firefox/distribution/policies.json"),
    Look::Text("/usr/lib/firefox-esr/distribution/policies.json"),
    Look::Text("/usr/lib64/firefox/distribution/policies.json"),
    Look::Text("/opt/firefox/distribution/policies.json"),
    Look::Text("/usr/lib/thunderbird/distribution/policies.json"),
    Look::Text("/usr/lib64/thunderbird/distribution/policies.json"),
    Look::Text("/opt/thunderbird/distribution/policies.json"),
    Look::Text("/etc/firefox/policies/policies.json"),
    Look::Text("/etc/thunderbird/policies/policies.json"),
];

/// The places of p11-kit's module; a part `*` is the name of a Debian architecture.
pub(crate) fn modules() -> [&'static str; 3] {
    MODULES
}

/// The families whose own Firefox reads the system store.
pub(crate) fn linked() -> [&'static str; 5] {
    LINKED
}

/// The settings in `/etc` of each program, with its name.
pub(crate) fn settings() -> impl Iterator<Item = (&'static str, &'static str)> {
    PROGRAMS.iter().map(|program| (program.title, program.settings))
}

/// The library of a program with policies, the policies.json below its folder, and of each program the settings in `/etc` and the
/// possible folders.
pub(crate) fn places()
-> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static [&'static str])> {
    PROGRAMS.iter().map(|program| (LIBRARY, BELOW, program.settings, program.folders))
}

fn looks() -> Vec<Look> {
    LOOKS.iter().copied().chain(MODULES.map(Look::Path)).collect()
}

/// The programs that can follow the system store by a policy, each with its folder, and the bundle of that store; or the reason
/// why there is none.
fn follows(facts: &Facts) -> Result<(Vec<Installed>, PathBuf), &'static str> {
    let installed = PROGRAMS.iter().flat_map(|program| {
        let is_there = |folder: &&&str| facts.has(Path::new(folder).join(LIBRARY));
        program.folders.iter().filter(is_there).map(move |folder| (program, Path::new(*folder)))
    });
    let installed: Vec<_> = installed.collect();
    if facts.os == Os::Macos || installed.is_empty() {
        return Err("neither Firefox nor Thunderbird is installed for every user");
    }
    if facts.is_like(&LINKED) {
        return Err("Firefox reads the system store");
    }
    let bundle = system::bundle(facts);
    Ok((installed, bundle.ok_or("Firefox would follow the system store, and labtrust does not know it")?))
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let (installed, bundle) = match follows(facts) {
        Ok(follows) => follows,
        Err(why) => return Planned::Absent(why.into()),
    };
    let module = facts.paths.iter().find(|path| path.file_name().is_some_and(|name| name == MODULE));
    let Some(module) = module else {
        return Planned::Manual {
            why: "p11-kit's module is missing; with it, Firefox follows the system store".into(),
            todo: Some(install(facts)),
        };
    };
    let (mut changes, mut rest): (Vec<Change>, Vec<ByHand>) = (Vec::new(), Vec::new());
    let mut paths = BTreeSet::new();
    for (program, folder) in &installed {
        let path = place(facts, program, &installed, folder);
        // One file in `/etc` serves several folders.
        if !paths.insert(path.clone()) {
            continue;
        }
        match edit(facts, anchor, &path, module) {
            Ok(edit) => {
                changes.push(change(anchor, program, (path, edit), &bundle));
                rest.push(stays(program, module, in_bundle(anchor, &bundle)));
            }
            Err(step) => rest.push(*step),
        }
    }
    Planned::Partly { changes, rest }
}

/// The proof that the system store has the CA.
fn in_bundle(anchor: &Anchor, bundle: &Path) -> Proof {
    Proof::Bundle { path: bundle.to_owned(), sha256: anchor.sha256() }
}

/// The step that is left when the policy is gone: each profile keeps the module, and goes on following the system store, in which
/// the CA is while `in_bundle` holds.
fn stays(program: &Program, module: &Path, in_bundle: Proof) -> ByHand {
    ByHand {
        done: Some(Done::OnRemoval(Some(in_bundle))),
        is_optional: true,
        ..ByHand::new(
            format!("{} keeps p11-kit's module in each profile", program.title),
            hint!(
                "{} keeps {} in each profile, and goes on following the system store; to stop that too, unload it in its \
             settings: Privacy & Security > Security Devices",
                Prose(program.title),
                Prose(module.display())
            ),
        )
    }
}

fn install(facts: &Facts) -> Hint {
    if facts.is_like(&["debian", "ubuntu"]) {
        Hint::from("install it, then try again:").line("sudo apt-get install p11-kit-modules")
    } else {
        "install p11-kit's module for programs, then try again".into()
    }
}

/// The policies.json of `program` in `folder` that is in force, or that is to be made. One in `/etc` would replace that of each
/// folder: it is never made where a folder has its own.
fn place(facts: &Facts, program: &Program, installed: &[Installed], folder: &Path) -> PathBuf {
    let mut own = installed.iter().filter(|(other, _)| other.title == program.title);
    if !facts.has(program.settings) && own.any(|(_, folder)| facts.has(folder.join(BELOW))) {
        folder.join(BELOW)
    } else {
        program.settings.into()
    }
}

/// The setting that loads `module`, beside what the file at `path` sets. Each CA has its own, so that each is undone by itself:
/// Firefox loads a module once, whatever its names.
fn edit(facts: &Facts, anchor: &Anchor, path: &Path, module: &Path) -> Result<Edit, Box<ByHand>> {
    let parsed =
        facts.text(path).map_or(Ok(serde_json::json!({})), serde_json::from_str::<serde_json::Value>);
    let Ok(settings) = parsed else {
        let why = format!("{} is no JSON, so Firefox ignores it", text::path(path));
        return Err(by_hand(why, hint!("correct it, then try again: python3 -m json.tool {}", path)));
    };
    let devices = settings.get("policies").and_then(|policies| policies.get("SecurityDevices"));
    let devices = devices.and_then(serde_json::Value::as_object);
    // In the old form, the devices are not below `Add`; Firefox reads only one form.
    let is_old = devices.is_some_and(|devices| {
        !devices.is_empty() && !devices.contains_key("Add") && !devices.contains_key("Delete")
    });
    let keys = ["policies", "SecurityDevices"].into_iter().chain((!is_old).then_some("Add"));
    let own = if is_old { devices } else { devices.and_then(|devices| devices.get("Add")?.as_object()) };
    // Somebody else may load it under another name.
    let is_others = |(name, path): &(&String, &serde_json::Value)| {
        path.as_str().map(Path::new) == Some(module) && !name.starts_with("labtrust-")
    };
    let others = own.into_iter().flatten().find(is_others).map(|(name, _)| name.clone());
    let name = others.unwrap_or_else(|| anchor.file_stem());
    let keys = keys.map(str::to_owned).chain([name]).collect();
    Ok(Edit::Json { keys, value: module.to_string_lossy().into() })
}

fn by_hand(why: String, advice: Hint) -> Box<ByHand> {
    Box::new(ByHand::new(why, advice))
}

fn change(anchor: &Anchor, program: &Program, (path, edit): (PathBuf, Edit), bundle: &Path) -> Change {
    Change {
        store: STORE.id(),
        subject: path.display().to_string(),
        actor: Actor::Machine,
        steps: vec![Step::Edit { path: path.clone(), edit: edit.clone(), mode: 0o644 }],
        reload: Reload {
            restart: vec![Service::program_of_all(program.title, program.processes)],
            ..Reload::default()
        },
        proof: Proof::All(vec![Proof::Edited { path, edit }, in_bundle(anchor, bundle)]),
        serves: None,
    }
}

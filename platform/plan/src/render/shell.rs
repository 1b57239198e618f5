//! `shell`: one POSIX script that needs no program of ours. It finds the platform where it runs, and serves the stores with
//! fixed paths. Its rows are read out of the plans of machines of each kind: no path is written twice.

use std::{
    fmt::{self, Write as _},
    path::Path,
};

use super::rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable};
use crate::{
    Anchor, Certificate, Contents, Endpoint, SideEffect, Step,
    fact::DOCKER_SOCKETS,
    shell_word,
    store::{self, MACHINE_ENGINES, MachineEngine, OfFamily},
};

pub(super) const RENDERING: Rendering = Rendering {
    id: "shell",
    title: "one script for any Unix: sh labtrust-trust.sh",
    stores: &["system", "docker", "podman", "containerd", "chromium-policy", "firefox-policy"],
    serves: "the stores with fixed paths: the system store, the registries of Docker, podman and containerd, and the policies of Chromium, Firefox and their kin; without root, the user's own folders of registries and Chromium's NSS database",
    judged: "dash, busybox ash, mksh, posh, yash, ksh93 and bash run it; shellcheck, checkbashisms",
    render: |order| {
        let files = vec![RenderedFile::program(FILE, script(order)?)];
        Ok(Rendered { files, notes: vec![NOTE.into()] })
    },
};

/// The name of the script.
const FILE: &str = "labtrust-trust.sh";

pub(super) const NOTE: &str = "The script serves the stores with fixed paths. It names keystores of Java, and without root what else the user's programs read, and leaves them to the program.";

/// The parts of the script that are the same for every CA.
const PARTS: [&str; 7] = [
    include_str!("shell/common.sh"),
    include_str!("shell/daemons.sh"),
    include_str!("shell/system.sh"),
    include_str!("shell/registries.sh"),
    include_str!("shell/browsers.sh"),
    include_str!("shell/users.sh"),
    include_str!("shell/main.sh"),
];

/// The script for `order`.
pub(super) fn script(order: &Order<'_>) -> Result<String, Unrenderable> {
    let mut script = String::from(HEAD);
    line(&mut script, format_args!("{BEGIN}"));
    anchors(&mut script, order);
    line(&mut script, format_args!("{END}\n"));
    families(&mut script)?;
    for part in PARTS {
        script.push('\n');
        script.push_str(part);
    }
    Ok(script)
}

const HEAD: &str = "\
#!/bin/sh
# Trusts the CA of a private GitLab in the stores of this machine, and proves it. It needs no other program.
#
#   sh labtrust-trust.sh                      on this machine, as root; without root it serves your own stores
#   sh labtrust-trust.sh check                asks the stores, and changes nothing
#   ssh HOST sudo sh -s <labtrust-trust.sh    on another machine
#
# Rendered by labtrust. The certificates below are public.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154,SC2317,SC2329

set -u
umask 022
LC_ALL=C
export LC_ALL
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:/run/current-system/sw/bin
export PATH

";

/// The lines around the part that depends on the order. The plugin of the Ansible collection writes the same part from the
/// variables of a host.
pub(super) const BEGIN: &str = "# --- The certificates and the registries ---";
pub(super) const END: &str = "# --- The end of the certificates ---";

/// The certificates and their registries.
fn anchors(script: &mut String, order: &Order<'_>) {
    let action = if order.is_removal { "remove" } else { "apply" };
    let numbers: Vec<_> = (1..=order.anchors.len()).map(|n| n.to_string()).collect();
    line(script, format_args!("default_action={action}"));
    let default = |this| if this == action { " (unless another is named)" } else { "" };
    line(script, format_args!("default_apply={}", shell_word(default("apply"))));
    line(script, format_args!("default_remove={}", shell_word(default("remove"))));
    line(script, format_args!("anchors={}", shell_word(&numbers.join(" "))));
    for (number, anchor) in numbers.iter().zip(order.anchors) {
        certificate(script, number, anchor);
    }
}

/// The rows that are the same for every CA: engines, daemons, and families of systems.
fn families(script: &mut String) -> Result<(), Unrenderable> {
    let joined = |words: &mut dyn Iterator<Item = &'static str>| words.collect::<Vec<_>>().join(" ");
    let daemons: Vec<_> = store::daemons().map(|(process, service)| format!("{process}:{service}")).collect();
    for (name, words) in [
        ("daemons", daemons.join(" ")),
        ("kubernetes", joined(&mut store::signs_of_kubernetes())),
        ("containerd_settings", store::CONTAINERD_SETTINGS.to_owned()),
        ("nerdctl", store::NERDCTL_OF_ROOT.join(" ")),
        ("linked", store::firefox_reads_system_store().join(" ")),
        ("modules", store::p11_kit_modules().join(" ")),
        ("engines", engines().join(" ")),
        ("declared", joined(&mut store::declared_systems())),
    ] {
        line(script, format_args!("{name}={}", shell_word(&words)));
    }
    line(
        script,
        format_args!(
            "\n# (user) Below the home folder: what nerdctl reads, and signs of a containerd; and browsers."
        ),
    );
    line(script, format_args!("user() {{"));
    for (name, words) in [
        ("nerdctl_own", store::NERDCTL_OF_A_USER.join(" ")),
        ("nerdctl_signs", store::NERDCTL_SIGNS.join(" ")),
        ("nss_programs", joined(&mut store::chromium_programs())),
    ] {
        line(script, format_args!("    {name}={}", shell_word(&words)));
    }
    line(script, format_args!("}}"));
    line(script, format_args!("\nchromium() {{"));
    for (folder, programs) in store::chromium_folders() {
        line(script, format_args!("    in_chromium {} {}", shell_word(folder), programs.join(" ")));
    }
    line(script, format_args!("}}\n\nfirefox() {{"));
    for (library, below, settings, folders) in store::firefox_places() {
        line(script, format_args!("    in_firefox {library} {below} {settings} {}", folders.join(" ")));
    }
    line(script, format_args!("}}"));
    line(script, format_args!("\nfamilies() {{"));
    // The rows are the same for every CA.
    let anchor = Anchor::new(Certificate::new(*b"certificate"), Vec::new());
    for of_family in store::changes_by_family(&anchor) {
        let row = family(&of_family, &anchor)?.map(|word| shell_word(&word));
        line(script, format_args!("    fits {}", row.join(" ")));
    }
    line(script, format_args!("}}"));
    Ok(())
}

fn line(script: &mut String, text: fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _ = writeln!(script, "{text}");
}

fn certificate(script: &mut String, number: &str, anchor: &Anchor) {
    line(script, format_args!("sha256_{number}={}", anchor.sha256()));
    line(script, format_args!("name_{number}={}", anchor.file_stem()));
    if let Some((name, why)) = store::chromium_refusal(anchor) {
        let why = format!("{why}: render it again with --for {name}");
        line(script, format_args!("refused_{number}={}", shell_word(&why)));
    }
    let pem = anchor.certificate.pem();
    let lines: Vec<_> = pem.lines().map(|line| format!("'{line}'")).collect();
    line(script, format_args!("pem_{number}() {{\n    printf '%s\\n' {}\n}}", lines.join(" \\\n        ")));
    // A function must not be empty.
    line(script, format_args!("registries_{number}() {{\n    :"));
    for endpoint in &anchor.endpoints {
        let names = registry_folders(endpoint).map(|name| shell_word(&name));
        line(script, format_args!("    \"$1\" {} {}", shell_word(&endpoint.to_string()), names.join(" ")));
    }
    line(script, format_args!("}}"));
}

/// The names of a registry's folder: for every program, and the one that containerd tries first.
fn registry_folders(endpoint: &Endpoint) -> [String; 2] {
    let mut names = store::registry_folders(endpoint).collect::<Vec<_>>();
    let usual = names.pop().unwrap_or_default();
    [usual, names.pop().unwrap_or_default()]
}

/// The folders of the machine's engines, and a path that shows that the engine is there.
fn engines() -> Vec<String> {
    let signs = |engine: &'static MachineEngine| engine.signs.iter().map(|sign| (engine.certs_d, *sign));
    let sockets = [MACHINE_ENGINES[0].certs_d]
        .into_iter()
        .flat_map(|folder| DOCKER_SOCKETS.map(|socket| (folder, socket)));
    let rows = MACHINE_ENGINES.iter().flat_map(signs).chain(sockets);
    rows.map(|(folder, sign)| format!("{folder}:{sign}")).collect()
}

/// The row of a family, read out of its change for `anchor`.
fn family(
    OfFamily { ids, is_telling, tool, change }: &OfFamily,
    anchor: &Anchor,
) -> Result<[String; 13], Unrenderable> {
    let [Step::Put { path, contents: Contents::Public(contents), mode: 0o644 }] = &change.steps[..] else {
        return Err(unrenderable("its system store takes more than one file"));
    };
    let [update] = &change.reload.applied[..] else {
        return Err(unrenderable("its system store takes more than one command"));
    };
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let folder = path.parent().map(text).unwrap_or_default();
    let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
    let contents = String::from_utf8_lossy(contents);
    let heading = contents.strip_suffix(&anchor.certificate.pem()).unwrap_or_default().trim_end();
    let (mut bundle, mut stale, mut links, mut copies) = <(String, String, String, String)>::default();
    let (mut java, mut alias) = <(String, String)>::default();
    for effect in &change.reload.side_effects {
        match effect {
            SideEffect::Bundle { path, stale: left, .. } => {
                bundle = text(path);
                stale = left.as_deref().map(text).unwrap_or_default();
            }
            SideEffect::Links { folder, .. } => links = text(folder),
            SideEffect::Copies { folder, .. } => copies = text(folder),
            SideEffect::Keystore { path, alias: named, .. } => {
                java = text(path);
                alias = named.replace(&anchor.file_stem(), "@");
            }
            SideEffect::Neighbour { .. } => {}
        }
    }
    let telling = if *is_telling { "yes" } else { "no" };
    let arguments = update.arguments.join(" ");
    Ok([
        ids.join(" "),
        telling.into(),
        folder,
        ending,
        heading.into(),
        (*tool).into(),
        arguments,
        bundle,
        stale,
        links,
        copies,
        java,
        alias,
    ])
}

fn unrenderable(what: &str) -> Unrenderable {
    Unrenderable {
        what: format!("a shell script cannot serve a family of systems: {what}"),
        hint: "use the program on those machines".into(),
    }
}

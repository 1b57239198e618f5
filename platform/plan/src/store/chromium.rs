//! Chromium and its kin, for one user: they trust the CAs in an NSS database of the home folder, which they share with each
//! other. It is read at a browser's start.
//!
//! Of two databases they read only one: `.pki/nssdb` if that folder exists, else `.local/share/pki/nssdb`. So the first is
//! never created: it would hide the CAs in the other.

use std::path::{Path, PathBuf};

use super::{
    chromium_policy, nss,
    row::{About, Group, Look, Planned, Scope, Store, Tried},
};
use crate::{
    Anchor, Facts, Service,
    fact::{Os, User},
};

pub(super) const STORE: Store = Store {
    id: "chromium",
    title: "Chromium, Chrome and their kin",
    group: Group::Browsers,
    about: About {
        writes: "an entry with the flags `C,,` in the user's NSS database that these browsers read",
        proof: "`certutil -L` lists it as an anchor for servers",
        tried: Tried::Real("chromium 156 and certutil 3.87"),
    },
    plan,
    looks,
    scope: Scope::Everything,
    reads_also: |_| Vec::new(),
};

/// A browser: its name in a sentence, the names of its programs, and that of its processes.
struct Browser {
    title: &'static str,
    programs: &'static [&'static str],
    process: &'static str,
}

const BROWSERS: &[Browser] = &[
    Browser { title: "Chromium", programs: &["chromium", "chromium-browser"], process: "chromium" },
    Browser { title: "Chrome", programs: &["google-chrome", "google-chrome-stable"], process: "chrome" },
    Browser { title: "Edge", programs: &["microsoft-edge", "microsoft-edge-stable"], process: "msedge" },
    Browser { title: "Brave", programs: &["brave-browser", "brave-browser-stable"], process: "brave" },
    Browser { title: "Vivaldi", programs: &["vivaldi", "vivaldi-stable"], process: "vivaldi-bin" },
    Browser { title: "Opera", programs: &["opera", "opera-stable"], process: "opera" },
];

/// The databases of a native browser, in the order in which they are tried.
const FIRST: &str = ".pki/nssdb";
const SECOND: &str = ".local/share/pki/nssdb";
/// The same in the home folders that a snap and a Flatpak give their programs.
const SNAPS: [&str; 2] = ["snap/*/current/.pki/nssdb", "snap/*/current/.local/share/pki/nssdb"];
const FLATPAKS: [&str; 2] = [".var/app/*/.pki/nssdb", ".var/app/*/data/pki/nssdb"];

/// The programs that read these databases.
pub(crate) fn programs() -> impl Iterator<Item = &'static str> {
    BROWSERS.iter().flat_map(|browser| browser.programs).copied()
}

fn looks() -> Vec<Look> {
    let programs = programs().map(Look::Tool);
    let folders = [FIRST, SECOND].into_iter().chain(SNAPS).chain(FLATPAKS).map(Look::Home);
    // Policies may hide what is in these databases.
    programs.chain(folders).chain([Look::Tool("certutil")]).chain(chromium_policy::looks()).collect()
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    if facts.os == Os::Macos {
        return Planned::Absent("these browsers read the keychain".into());
    }
    let folders = facts.people().flat_map(|user| folders(facts, user));
    let folders: Vec<_> = folders.map(|(user, folder)| (user, folder, restart(user))).collect();
    if folders.is_empty() {
        return Planned::Absent("no user whose stores are changed has such a browser".into());
    }
    let masks = chromium_policy::masks(facts, anchor);
    match nss::plan(facts, STORE.id, anchor, folders) {
        Planned::Changes(changes) if !masks.is_empty() => Planned::Partly { changes, rest: masks },
        planned => planned,
    }
}

/// The browsers of `user` that must start again if they run.
fn restart(user: &User) -> Vec<Service> {
    BROWSERS.iter().map(|browser| Service::program(browser.title, &[browser.process], user)).collect()
}

/// The databases that the browsers of `user` read.
fn folders<'f>(facts: &'f Facts, user: &'f User) -> Vec<(&'f User, PathBuf)> {
    let (first, second) = (user.home.join(FIRST), user.home.join(SECOND));
    let is_installed =
        BROWSERS.iter().flat_map(|browser| browser.programs).any(|name| facts.tools.contains_key(*name));
    let native =
        if facts.has(&first) { Some(first) } else { (facts.has(&second) || is_installed).then_some(second) };
    let mut folders: Vec<_> = native.into_iter().collect();
    for [first, second] in [SNAPS, FLATPAKS] {
        let firsts: Vec<_> = nss::below(facts, &user.home, first).collect();
        // A program that has the first database does not read its second one.
        let is_hidden = |path: &&Path| {
            firsts
                .iter()
                .any(|first| first.parent().and_then(Path::parent).is_some_and(|home| path.starts_with(home)))
        };
        let seconds = nss::below(facts, &user.home, second).filter(|path| !is_hidden(path));
        folders.extend(firsts.iter().copied().chain(seconds).map(PathBuf::from));
    }
    folders.into_iter().map(|folder| (user, folder)).collect()
}

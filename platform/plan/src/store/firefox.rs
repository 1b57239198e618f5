//! Firefox, Thunderbird and their kin, for one user: each profile trusts the CAs in its own NSS database, which is read at the
//! program's start.

use std::path::{Path, PathBuf};

use super::{
    nss,
    row::{About, Group, Look, Planned, Scope, Store, Tried},
};
use crate::{
    Anchor, Facts, Service,
    fact::{Os, User},
};

pub(super) const STORE: Store = Store {
    id: "firefox",
    title: "Firefox, Thunderbird and their kin",
    group: Group::Browsers,
    about: About {
        writes: "an entry with the flags `C,,` in the NSS database of each of the user's profiles",
        proof: "`certutil -L` lists it as an anchor for servers",
        tried: Tried::Real("firefox-esr 153 and certutil 3.87 and 3.132"),
    },
    plan,
    looks,
    scope: Scope::Everything,
    reads_also: |_| Vec::new(),
};

/// A program with profiles: its name in a sentence, the names of its processes, and its profiles' databases in a home folder.
struct Program {
    title: &'static str,
    processes: &'static [&'static str],
    databases: &'static [&'static str],
}

const PROGRAMS: &[Program] = &[
    Program {
        title: "Firefox",
        processes: &["firefox", "firefox-esr", "firefox-bin"],
        databases: &[
            ".mozilla/firefox/*/cert9.db",
            ".config/mozilla/firefox/*/cert9.db",
            "snap/firefox/common/.mozilla/firefox/*/cert9.db",
            ".var/app/org.mozilla.firefox/.mozilla/firefox/*/cert9.db",
            ".var/app/org.mozilla.firefox/config/mozilla/firefox/*/cert9.db",
        ],
    },
    Program {
        title: "LibreWolf",
        processes: &["librewolf", "librewolf-bin"],
        databases: &[".librewolf/*/cert9.db", ".var/app/io.gitlab.librewolf-community/.librewolf/*/cert9.db"],
    },
    Program {
        title: "Thunderbird",
        processes: &["thunderbird", "thunderbird-bin"],
        databases: &[
            ".thunderbird/*/cert9.db",
            "snap/thunderbird/common/.thunderbird/*/cert9.db",
            ".var/app/org.mozilla.Thunderbird/.thunderbird/*/cert9.db",
        ],
    },
];

fn looks() -> Vec<Look> {
    let databases = PROGRAMS.iter().flat_map(|program| program.databases);
    databases.map(|path| Look::Home(path)).chain([Look::Tool("certutil")]).collect()
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    if facts.os == Os::Macos {
        return Planned::Absent("these programs read the keychain".into());
    }
    let folders: Vec<_> = facts.people().flat_map(|user| profiles(facts, user)).collect();
    if folders.is_empty() {
        return Planned::Absent("no user whose stores are changed has a profile of these programs".into());
    }
    nss::plan(facts, STORE.id, anchor, folders)
}

/// The profiles of `user`, each with the program that must start again if it runs.
fn profiles<'f>(facts: &'f Facts, user: &'f User) -> impl Iterator<Item = (&'f User, PathBuf, Vec<Service>)> {
    PROGRAMS.iter().flat_map(move |program| {
        let databases = program.databases.iter().flat_map(move |path| nss::below(facts, &user.home, path));
        let folders = databases.filter_map(Path::parent);
        folders.map(move |folder| {
            let restart = Service::program(program.title, program.processes, user);
            (user, folder.to_owned(), vec![restart])
        })
    })
}

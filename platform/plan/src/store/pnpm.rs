//! pnpm, in a user's own `~/.npmrc`: `//HOST/:cafile` counts for every port of the host and for no other, and the public CAs go
//! on working. npm does not read this setting. A file that is missing there makes every run of pnpm fail, so the setting goes
//! before the file does.

use std::collections::BTreeSet;

use super::{
    ca_file::{self, CaFile},
    row::{About, ByHand, Group, Look, Planned, Scope, Store, Tried},
};
use crate::{Actor, Anchor, Change, Edit, Facts, Host, Proof, Prose, Reload, Step, fact::User, hint, text};

pub(super) const STORE: Store = Store {
    id: "pnpm",
    title: "pnpm",
    group: Group::Programs,
    about: About {
        writes: "`//HOST/:cafile` in the user's `~/.npmrc`, and the file that it names",
        proof: "`~/.npmrc` names the file, and the file holds the certificate",
        tried: Tried::Real("pnpm 9 and 12"),
    },
    plan,
    looks,
    scope: Scope::PerEndpoint,
    reads_also: |_| Vec::new(),
};

const OWN: &str = ".npmrc";

/// Paths in a home folder that only pnpm makes.
const SIGNS: [&str; 6] = [
    ".local/share/pnpm",
    "Library/pnpm",
    ".config/pnpm",
    ".cache/pnpm",
    ".cache/node/corepack/v1/pnpm",
    "Library/Caches/node/corepack/v1/pnpm",
];

/// Variables that name another file than `~/.npmrc`.
const ELSEWHERE: [&str; 2] = ["npm_config_userconfig", "NPM_CONFIG_USERCONFIG"];

fn looks() -> Vec<Look> {
    let others = [Look::Tool("pnpm"), Look::HomeText(OWN)];
    let variables = ELSEWHERE.map(Look::Variable);
    SIGNS.map(Look::Home).into_iter().chain(variables).chain(others).collect()
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let users: Vec<&User> = ca_file::users(facts, "pnpm", &SIGNS).collect();
    if users.is_empty() {
        return Planned::Absent("pnpm is not installed".into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint(
            "pnpm trusts a CA for one server at a time, and no server is known",
        );
    }
    let (mut changes, mut rest) = (Vec::new(), Vec::new());
    let hosts: BTreeSet<&Host> = anchor.endpoints.iter().map(|endpoint| &endpoint.host).collect();
    for user in users {
        for host in &hosts {
            let file = CaFile::new(user, STORE.id, &host.to_string(), anchor);
            let line = format!("//{}/:cafile={}", host.in_url(), file.shown());
            match why_not(facts, user, &file) {
                None => changes.push(change(user, anchor, host, &file, line)),
                Some(why) => rest.push(by_hand(why, &line)),
            }
        }
    }
    if rest.is_empty() { Planned::Changes(changes) } else { Planned::Partly { changes, rest } }
}

fn change(user: &User, anchor: &Anchor, host: &Host, file: &CaFile, line: String) -> Change {
    let settings = user.home.join(OWN);
    let name = format!("{}-{}", anchor.sha256().short(), ca_file::slug(&host.to_string()));
    let setting = Edit::Block { name, lines: vec![line] };
    Change {
        store: STORE.id(),
        subject: format!("//{}/ in {}", host.in_url(), settings.display()),
        actor: Actor::User(user.clone()),
        proof: Proof::All(vec![
            Proof::Edited { path: settings.clone(), edit: setting.clone() },
            file.proof(),
        ]),
        // A new ~/.npmrc is private: npm and pnpm keep tokens there.
        steps: vec![file.step(), Step::Edit { path: settings, edit: setting, mode: 0o600 }],
        reload: Reload::default(),
        serves: None,
    }
}

/// Why a line at the end of the user's file would not be read as it is meant; none if it is.
fn why_not(facts: &Facts, user: &User, file: &CaFile) -> Option<String> {
    let settings = user.home.join(OWN);
    let shown = text::path(&settings);
    let variable = ELSEWHERE.iter().find_map(|name| facts.variables.get(*name));
    let has_sections = |text: &str| text.lines().any(|line| line.trim_start().starts_with('['));
    match facts.text(&settings) {
        _ if file.shown().contains(|letter: char| letter.is_control() || ";#=\\\"'$".contains(letter)) => {
            Some(format!("{shown} cannot name a file below {}", text::path(&user.home)))
        }
        _ if facts.user.uid == user.uid
            && variable.is_some_and(|path| *path != settings.to_string_lossy()) =>
        {
            Some(format!("npm_config_userconfig names another file than {shown}"))
        }
        None if facts.has(&settings) => Some(format!("{shown} cannot be read")),
        Some(text) if has_sections(text) => {
            Some(format!("{shown} has sections, and pnpm reads only the lines before them"))
        }
        _ => None,
    }
}

fn by_hand(why: String, line: &str) -> ByHand {
    ByHand::new(
        why,
        hint!("add this line to the settings of npm that pnpm reads, with a file that holds the CA:")
            .line(hint!("{}", Prose(line))),
    )
}

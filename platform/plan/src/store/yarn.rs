//! yarn 2 and later, in a user's own `~/.yarnrc.yml`: `networkSettings` names a file for a host, whatever the port, and the
//! public CAs go on working. Yarn reads only the last `networkSettings` of a file.

mod settings;

use std::collections::BTreeSet;

use self::settings::Present;
use super::{
    appended,
    ca_file::{self, CaFile},
    row::{About, ByHand, Group, Look, Planned, Scope, Store, Tried},
};
use crate::{Actor, Anchor, Change, Edit, Facts, Proof, Prose, Reload, Step, fact::User, hint, text};

pub(super) const STORE: Store = Store {
    id: "yarn",
    title: "yarn",
    group: Group::Programs,
    about: About {
        writes: "`networkSettings` in the user's `~/.yarnrc.yml`, and the file that it names",
        proof: "`~/.yarnrc.yml` names the file, and the file holds the certificate",
        tried: Tried::Real("yarn 4"),
    },
    plan,
    looks: || {
        let signs = SIGNS.iter().map(|sign| Look::Home(sign));
        signs.chain([Look::HomeText(OWN)]).collect()
    },
    scope: Scope::PerEndpoint,
    reads_also: |_| Vec::new(),
};

const OWN: &str = ".yarnrc.yml";

/// Paths in a home folder that only yarn 2 and later make.
const SIGNS: [&str; 5] = [
    OWN,
    ".yarn/berry",
    ".cache/node/corepack/v1/yarn/2*",
    ".cache/node/corepack/v1/yarn/3*",
    ".cache/node/corepack/v1/yarn/4*",
];

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    // A program `yarn` may be yarn 1, which does not read this file.
    let users: Vec<&User> = ca_file::users(facts, "", &SIGNS).collect();
    if users.is_empty() {
        return Planned::Absent("no yarn 2 or later was used here".into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint(
            "yarn trusts a CA for one server at a time, and no server is known",
        );
    }
    let hosts: BTreeSet<String> = anchor.endpoints.iter().map(|endpoint| endpoint.host.in_url()).collect();
    let (mut changes, mut rest) = (Vec::new(), Vec::new());
    for user in users {
        let files: Vec<_> =
            hosts.iter().map(|host| (host.as_str(), CaFile::new(user, STORE.id, host, anchor))).collect();
        serve(facts, anchor, user, &files, &mut changes, &mut rest);
    }
    if rest.is_empty() { Planned::Changes(changes) } else { Planned::Partly { changes, rest } }
}

/// Adds the changes, and the steps for a person, that make the yarn of `user` read `files`, each for one host.
fn serve(
    facts: &Facts,
    anchor: &Anchor,
    user: &User,
    files: &[(&str, CaFile)],
    changes: &mut Vec<Change>,
    rest: &mut Vec<ByHand>,
) {
    let path = user.home.join(OWN);
    let short = anchor.sha256().short();
    let lines = files.iter().flat_map(|(host, file)| {
        [format!("  \"{host}\":"), format!("    httpsCaFilePath: {}", serde_json::Value::from(file.shown()))]
    });
    let lines: Vec<String> = std::iter::once("networkSettings:".to_owned()).chain(lines).collect();
    let present = match facts.text(&path) {
        Some(text) => settings::present(text, &short, &lines),
        None if facts.has(&path) => Present::Unclear,
        None => Present::Nothing,
    };
    let mut change = Change {
        store: STORE.id(),
        subject: path.display().to_string(),
        actor: Actor::User(user.clone()),
        steps: files.iter().map(|(_, file)| file.step()).collect(),
        reload: Reload::default(),
        proof: Proof::All(files.iter().map(|(_, file)| file.proof()).collect()),
        serves: None,
    };
    if let Present::Nothing = present {
        let edit = Edit::Block { name: short, lines };
        change.steps.push(Step::Edit { path: path.clone(), edit: edit.clone(), mode: 0o644 });
        change.proof = Proof::All(vec![Proof::Edited { path, edit }, change.proof]);
    } else {
        rest.extend(
            files
                .iter()
                .flat_map(|(host, file)| by_hand(facts, anchor, user, &present, (*host, file), &lines)),
        );
    }
    changes.push(change);
}

/// The step for a person where the file has settings of its own: they must name `file` for `host`.
fn by_hand(
    facts: &Facts,
    anchor: &Anchor,
    user: &User,
    present: &Present,
    (host, file): (&str, &CaFile),
    lines: &[String],
) -> Vec<ByHand> {
    let path = user.home.join(OWN);
    let shown = text::path(&path);
    let named = match present {
        Present::Hosts(hosts) => hosts.get(host),
        Present::Nothing | Present::Unclear => None,
    };
    if let Some(named) = named {
        let why = format!("{shown} names {} for {host}", text::in_line(named));
        return appended::steps(facts, anchor, user, (&file.path, &user.home.join(named)), why);
    }
    let why = match present {
        Present::Unclear => format!("labtrust cannot read {shown} well enough to add to it"),
        _ => format!("{shown} has `networkSettings` without a file for {host}"),
    };
    let advice = hint!("give {} these lines, with one `networkSettings` in all:", &path)
        .lines(lines.iter().map(|line| hint!("{}", Prose(line))));
    vec![ByHand::new(why, advice)]
}

//! git, in a user's own configuration. A user who is not root trusts a CA there for the URLs of one server (git-config(1),
//! `http.<url>.*` and `http.sslCAInfo`). If root has changed the system store, git reads that.

use std::path::Path;

use super::{
    ca_file::{self, CaFile},
    mask,
    row::{About, Group, Look, Planned, Scope, Store, Tried},
};
use crate::{
    Actor, Anchor, Change, Command, Edit, Endpoint, Facts, Proof, Reload, Step,
    fact::{Os, User},
};

pub(super) const STORE: Store = Store {
    id: ID,
    title: "git",
    group: Group::Programs,
    about: About {
        writes: "`http.https://HOST/.sslCAInfo` in the user's configuration, and the file that it names",
        proof: "`git config --get-urlmatch` names the file, and the file holds the certificate",
        tried: Tried::Real("git"),
    },
    plan,
    looks: || {
        mask::looks(ID).into_iter().chain([Look::Tool("git"), Look::Home(OWN), Look::Home(XDG)]).collect()
    },
    scope: Scope::PerEndpoint,
    reads_also: |_| Vec::new(),
};

const ID: &str = "git";

/// A user's configuration file, and its alternative (git-config(1), FILES).
const OWN: &str = ".gitconfig";
const XDG: &str = ".config/git/config";

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let Some(git) = facts.tools.get("git") else { return Planned::Absent("git is not installed".into()) };
    let rest = mask::found(facts, anchor, ID);
    let absent = |why: &str| {
        if rest.is_empty() {
            Planned::Absent(why.into())
        } else {
            Planned::Partly { changes: Vec::new(), rest: rest.clone() }
        }
    };
    if facts.is_root() {
        return absent("git reads the system store");
    }
    if facts.os == Os::Macos {
        return absent("git reads the keychain");
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint("git trusts a CA for one server at a time, and no server is known");
    }
    let servers = servers(anchor);
    let of = |user| servers.iter().map(move |endpoint| (user, endpoint));
    let changes = facts.people().flat_map(of);
    let changes = changes.map(|(user, endpoint)| change(facts, git, user, anchor, endpoint)).collect();
    if rest.is_empty() { Planned::Changes(changes) } else { Planned::Partly { changes, rest } }
}

/// The servers of `anchor` that git may use: its endpoints, and port 443 of their hosts, since people often name only the
/// registry.
fn servers(anchor: &Anchor) -> Vec<Endpoint> {
    let usual = anchor.endpoints.iter().map(|endpoint| Endpoint::new(endpoint.host.clone(), 443));
    let mut servers: Vec<Endpoint> = usual.chain(anchor.endpoints.iter().cloned()).collect();
    servers.sort();
    servers.dedup();
    servers
}

/// The CAs of one endpoint are in one file, each in its own block: git accepts one file for a URL, and during a rotation both
/// CAs are needed.
fn change(facts: &Facts, git: &Path, user: &User, anchor: &Anchor, endpoint: &Endpoint) -> Change {
    let server = endpoint.without_default_port();
    let short = anchor.sha256().short();
    let slug = ca_file::slug(&server);
    let file = CaFile::new(user, ID, &server, anchor);
    let own = user.home.join(OWN);
    let xdg = user.home.join(XDG);
    // git writes to the file that exists, and to its own file if none does.
    let config = if !facts.has(&own) && facts.has(&xdg) { xdg } else { own };
    let url = format!("https://{server}/");
    let shown = file.shown();
    let quoted = shown.replace('\\', r"\\").replace('"', "\\\"");
    let setting = Edit::Block {
        name: format!("{short}-{slug}"),
        lines: vec![format!("[http \"{url}\"]"), format!("    sslCAInfo = \"{quoted}\"")],
    };
    let asked = ["config", "--file", &config.to_string_lossy(), "--get-urlmatch", "http.sslCAInfo", &url];
    let proof = Proof::All(vec![
        Proof::Edited { path: config.clone(), edit: setting.clone() },
        file.proof(),
        Proof::Says { command: Command::new(git, asked).within(30), text: shown },
    ]);
    Change {
        store: STORE.id(),
        subject: format!("{url} in {}", config.display()),
        actor: Actor::User(user.clone()),
        steps: vec![file.step(), Step::Edit { path: config, edit: setting, mode: 0o644 }],
        reload: Reload::default(),
        proof,
        serves: None,
    }
}

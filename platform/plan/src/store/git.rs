//! git, in a user's own configuration. A user who is not root trusts a CA there for the URLs of one server (git-config(1),
//! `http.<url>.*` and `http.sslCAInfo`). If root has changed the system store, git reads that.

use std::path::Path;

use super::row::{About, Group, Look, Planned, Scope, Store, Tried};
use crate::{
    Actor, Anchor, Change, Command, Edit, Endpoint, Facts, Proof, Reload, Step,
    fact::{Os, User},
};

pub(super) const STORE: Store = Store {
    id: "git",
    title: "git",
    group: Group::Programs,
    about: About {
        writes: "`http.https://HOST/.sslCAInfo` in the user's configuration, and the file that it names",
        proof: "`git config --get-urlmatch` names the file, and the file holds the certificate",
        tried: Tried::Real("git"),
    },
    plan,
    looks: || vec![Look::Tool("git"), Look::Home(OWN), Look::Home(XDG)],
    scope: Scope::PerEndpoint,
    reads_also: |_| Vec::new(),
};

/// A user's configuration file, and its alternative (git-config(1), FILES).
const OWN: &str = ".gitconfig";
const XDG: &str = ".config/git/config";

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let Some(git) = facts.tools.get("git") else { return Planned::Absent("git is not installed".into()) };
    if facts.is_root() {
        return Planned::Absent("git reads the system store".into());
    }
    if facts.os == Os::Macos {
        return Planned::Absent("git reads the keychain".into());
    }
    if anchor.endpoints.is_empty() {
        return Planned::without_endpoint("git trusts a CA for one server at a time, and no server is known");
    }
    let servers = servers(anchor);
    let of = |user| servers.iter().map(move |endpoint| (user, endpoint));
    let changes = facts.people().flat_map(of);
    Planned::Changes(changes.map(|(user, endpoint)| change(facts, git, user, anchor, endpoint)).collect())
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
    let slug = server.replace(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.', "-");
    let file = user.home.join(format!(".local/share/labtrust/git/{slug}.crt"));
    let own = user.home.join(OWN);
    let xdg = user.home.join(XDG);
    // git writes to the file that exists, and to its own file if none does.
    let config = if !facts.has(&own) && facts.has(&xdg) { xdg } else { own };
    let url = format!("https://{server}/");
    let shown = file.to_string_lossy().into_owned();
    let quoted = shown.replace('\\', r"\\").replace('"', "\\\"");
    let pem = anchor.certificate.pem().lines().map(str::to_owned).collect();
    let certificate = Edit::Block { name: short.clone(), lines: pem };
    let setting = Edit::Block {
        name: format!("{short}-{slug}"),
        lines: vec![format!("[http \"{url}\"]"), format!("    sslCAInfo = \"{quoted}\"")],
    };
    let edited = |path: &Path, edit: &Edit| Proof::Edited { path: path.to_owned(), edit: edit.clone() };
    let asked = ["config", "--file", &config.to_string_lossy(), "--get-urlmatch", "http.sslCAInfo", &url];
    let proof = Proof::All(vec![
        edited(&config, &setting),
        edited(&file, &certificate),
        Proof::Says { command: Command::new(git, asked).within(30), text: shown },
    ]);
    Change {
        store: STORE.id(),
        subject: format!("{url} in {}", config.display()),
        actor: Actor::User(user.clone()),
        steps: vec![
            Step::Edit { path: file, edit: certificate, mode: 0o644 },
            Step::Edit { path: config, edit: setting, mode: 0o644 },
        ],
        reload: Reload::default(),
        proof,
        serves: None,
    }
}

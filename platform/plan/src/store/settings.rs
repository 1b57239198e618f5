//! Settings of programs and of people that keep programs from reading a store that has the CA. labtrust writes nothing here: each
//! of these settings replaces the anchors of a program as a whole, so a person decides.

mod glab;
mod offer;

use super::{
    mask,
    row::{About, Group, Planned, Scope, Store, Tried},
};
use crate::{Anchor, Facts};

pub(super) const STORE: Store = Store {
    id: ID,
    title: "settings of other programs",
    group: Group::Programs,
    about: About {
        writes: "nothing: it names each setting that hides the CA, with its file and line, such as `SSL_CERT_FILE` in a profile or `cafile` in an npmrc",
        proof: "the bundle or folder that the setting names holds the certificate",
        tried: Tried::Real(
            "curl, wget, git, npm, cargo, Python, pip, requests, uv and glab on Debian; the settings of conda and VS Code are from documentation",
        ),
    },
    plan,
    looks: || mask::looks(ID).into_iter().chain(offer::looks()).chain(glab::looks()).collect(),
    scope: Scope::Everything,
    reads_also: |_| Vec::new(),
};

const ID: &str = "settings";

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let rest: Vec<_> = mask::found(facts, anchor, ID)
        .into_iter()
        .chain(offer::offers(facts))
        .chain(glab::offer(facts, anchor))
        .collect();
    if rest.is_empty() {
        return Planned::NothingToDo("no setting of another program hides the CA".into());
    }
    Planned::Partly { changes: Vec::new(), rest }
}

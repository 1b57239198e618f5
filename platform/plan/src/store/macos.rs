//! macOS's keychains, which Safari, Chrome, curl, git, Go and most other programs use. The machine's keychain needs root, a
//! user's own needs that user. Both need a person at the Mac's desktop.

use super::row::{About, Group, Look, Planned, Scope, Store, Tried};
use crate::{Actor, Anchor, Change, Database, Facts, Keychain, Proof, Reload, Step, fact::Os};

pub(super) const STORE: Store = Store {
    id: "macos",
    title: "macOS keychain",
    group: Group::System,
    about: About {
        writes: "the certificate and its trust settings in the keychain",
        proof: "`security verify-cert` accepts it",
        tried: Tried::StandIn("Apple's `security`"),
    },
    plan,
    looks: || vec![Look::Tool("security")],
    scope: Scope::Everything,
    reads_also: |_| Vec::new(),
};

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    if facts.os != Os::Macos {
        return Planned::Absent("this is not macOS".into());
    }
    let Some(security) = facts.tools.get("security") else {
        return Planned::Manual {
            why: "/usr/bin/security is missing; only it can change the trust settings of macOS".into(),
            todo: Some("restore it (it is part of macOS), then try again".into()),
        };
    };
    // The machine's keychain first: its users trust it too, so that no second password window appears.
    let system = facts.is_root().then(|| change(Actor::Machine, Keychain::system(security), anchor));
    let own = facts
        .people()
        .map(|user| change(Actor::User(user.clone()), Keychain::login(security, &user.home), anchor));
    Planned::Changes(system.into_iter().chain(own).collect())
}

fn change(actor: Actor, keychain: Keychain, anchor: &Anchor) -> Change {
    let subject = keychain.path.display().to_string();
    let database = Database::Keychain(keychain);
    let certificate = anchor.certificate.clone();
    Change {
        store: STORE.id(),
        subject,
        actor,
        steps: vec![Step::Entry { database: database.clone(), certificate: certificate.clone() }],
        reload: Reload::default(),
        proof: Proof::Entry { database, certificate },
        serves: None,
    }
}

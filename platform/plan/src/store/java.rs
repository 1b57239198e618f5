//! Java: the keystore of each JDK. An entry in it is trusted in addition to the public roots. If a distribution's updater fills
//! the keystore, the store of the system makes the entry, and this one asks for it.

mod by_hand;
mod homes;
mod keystores;
mod mask;

use std::path::{Path, PathBuf};

use self::keystores::{Access, Found, find};
use super::{
    row::{About, AlsoRead, Group, Look, Planned, Scope, Store, Tried},
    system::{self, Filled},
};
use crate::{Actor, Anchor, Change, Database, Facts, Keystore, Proof, Reload, Running, Service, Step};

pub(super) const STORE: Store = Store {
    id: "java",
    title: "Java",
    group: Group::Java,
    about: About {
        writes: "an entry in the keystore of each JDK, by that JDK's keytool",
        proof: "the keystore, read without a password as Java reads it, holds the certificate",
        tried: Tried::Real("OpenJDK 17 and its keytool"),
    },
    plan,
    looks: || {
        let others = vec![Look::Variable(PASSWORD_FILE)];
        [homes::looks(), mask::looks(), others, system::keystore_looks()].concat()
    },
    scope: Scope::Everything,
    reads_also,
};

/// The name of Java's processes.
const JAVA: &str = "java";

/// The variable that names a file with the password of keystores.
const PASSWORD_FILE: &str = "LABTRUST_KEYSTORE_PASSWORD_FILE";

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let keystores = find(facts);
    if keystores.is_empty() {
        return Planned::Absent("no JDK was found".into());
    }
    let (mut changes, mut rest, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for keystore in &keystores {
        match system::filled(facts, keystore.path) {
            Some(Filled::On) => changes.push(filled(keystore, anchor)),
            Some(Filled::Off(why)) => idle.push(by_hand::left_alone(keystore, why)),
            None => match change(facts, keystore, anchor) {
                Some(change) => changes.push(change),
                None => {
                    rest.push(by_hand::out_of_reach(keystore, anchor, keytool(facts, &keystores)));
                }
            },
        }
    }
    // The machine's JDKs are root's: one copy of a keystore is enough for a user.
    let roots = keystores.iter().find(|keystore| keystore.access == Access::Machine);
    if let (Some(keystore), false) = (roots, facts.is_root()) {
        rest.push(by_hand::copy(facts, keystore, anchor, keytool(facts, &keystores)));
        rest.extend(by_hand::copy_left(facts));
    }
    let is_served = |path: &Path| {
        by_hand::is_copy(facts, path)
            || keystores.iter().any(|keystore| [keystore.path, keystore.link].contains(&path))
    };
    let masks = mask::find(facts, is_served);
    rest.extend(masks.iter().map(|mask| by_hand::masked(mask, anchor, keytool(facts, &keystores))));
    if let (true, true, Some(step)) = (changes.is_empty(), rest.is_empty(), idle.first()) {
        return Planned::Absent(step.why.clone());
    }
    rest.extend(idle);
    Planned::Partly { changes, rest }
}

/// A keytool for commands that are printed: root may run them, so it is never a program of another user.
fn keytool<'f>(facts: &'f Facts, keystores: &[Found<'f>]) -> &'f Path {
    let known = facts.tools.get("keytool").map(PathBuf::as_path);
    let is_safe = |keytool: &&Path| {
        let is_ours = |owner: u32| !facts.is_root() && owner == facts.user.uid;
        facts.files.get(*keytool).is_some_and(|file| file.is_roots() || is_ours(file.owner))
    };
    let mut own = keystores.iter().filter_map(|keystore| keystore.keytool.filter(is_safe));
    known.or_else(|| own.next()).unwrap_or(Path::new("keytool"))
}

/// The entry in `keystore`; none if labtrust cannot make it.
fn change(facts: &Facts, keystore: &Found<'_>, anchor: &Anchor) -> Option<Change> {
    let (actor, keytool) = (keystore.access.actor()?, keystore.keytool?);
    let database = Database::Keystore(Keystore {
        path: keystore.path.to_owned(),
        keytool: keytool.to_owned(),
        password_file: facts
            .variables
            .get(PASSWORD_FILE)
            .filter(|path| facts.os.is_absolute(path))
            .map(Into::into),
    });
    let step = Step::Entry { database: database.clone(), certificate: anchor.certificate.clone() };
    Some(entry(database, anchor, actor, vec![step]))
}

/// A change without steps: the updater of the system makes the entry, and the proof asks for it.
fn filled(keystore: &Found<'_>, anchor: &Anchor) -> Change {
    let database = Database::Keystore(Keystore {
        path: keystore.path.to_owned(),
        keytool: keystore.keytool.unwrap_or(keystore.path).to_owned(),
        password_file: None,
    });
    entry(database, anchor, Actor::Machine, Vec::new())
}

fn entry(database: Database, anchor: &Anchor, actor: Actor, steps: Vec<Step>) -> Change {
    // A Java program reads its keystore once.
    let user = if let Actor::User(user) = &actor { Some(user.uid) } else { None };
    let running = Service {
        title: "the Java programs that use it".into(),
        started: None,
        restart: None,
        process: Some(Running { names: vec![JAVA.into()], user }),
    };
    Change {
        store: STORE.id(),
        subject: database.path().display().to_string(),
        actor,
        steps,
        reload: Reload { restart: vec![running], ..Reload::default() },
        proof: Proof::Entry { database, certificate: anchor.certificate.clone() },
        serves: None,
    }
}

fn reads_also(facts: &Facts) -> Vec<AlsoRead> {
    let is_filled = |keystore: &Found<'_>| matches!(system::filled(facts, keystore.path), Some(Filled::On));
    let also = AlsoRead {
        store: "system",
        missed: "the system store fills Java's keystore, and does not have the CA",
        hint: "trust it there too: --store system",
    };
    find(facts).iter().any(is_filled).then_some(also).into_iter().collect()
}

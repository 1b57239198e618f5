//! The NSS databases that users' browsers and mail programs read: how they are changed and what is missing for that.

use std::path::{Path, PathBuf};

use super::row::Planned;
use crate::{
    Actor, Anchor, Change, Database, Facts, Hint, Nss, Proof, Reload, Service, Step, StoreId, fact::User,
};

/// The package with `certutil`, and the command that installs it, of the distributions that are like one of these.
const PACKAGES: &[(&[&str], &str)] = &[
    (&["debian", "ubuntu"], "sudo apt-get install libnss3-tools"),
    (&["fedora", "rhel", "centos", "amzn"], "sudo dnf install nss-tools"),
    (&["suse", "opensuse"], "sudo zypper install mozilla-nss-tools"),
    (&["arch"], "sudo pacman -S nss"),
    (&["alpine"], "sudo apk add nss-tools"),
];

/// The changes of `store` in the databases in `folders`, each with its user and the programs that must start again.
pub(super) fn plan(
    facts: &Facts,
    store: &str,
    anchor: &Anchor,
    folders: Vec<(&User, PathBuf, Vec<Service>)>,
) -> Planned {
    let Some(certutil) = facts.tools.get("certutil") else {
        let why = "the program certutil of NSS is missing; only it can change the trust of these programs";
        let install = PACKAGES.iter().find(|(like, _)| facts.is_like(like));
        let todo = match install {
            Some((_, command)) => Hint::from("install it, then try again:").line(*command),
            None => "install NSS's tools, then try again".into(),
        };
        return Planned::Manual { why: why.into(), todo: Some(todo) };
    };
    let change = |(user, folder, restart): (&User, PathBuf, Vec<Service>)| {
        change(store, anchor, user, Nss::new(&folder, certutil), restart)
    };
    Planned::Changes(folders.into_iter().map(change).collect())
}

fn change(store: &str, anchor: &Anchor, user: &User, nss: Nss, restart: Vec<Service>) -> Change {
    let subject = nss.folder().display().to_string();
    let database = Database::Nss(nss);
    let certificate = anchor.certificate.clone();
    Change {
        store: StoreId::new(store),
        subject,
        actor: Actor::User(user.clone()),
        steps: vec![Step::Entry { database: database.clone(), certificate: certificate.clone() }],
        reload: Reload { restart, ..Reload::default() },
        proof: Proof::Entry { database, certificate },
        serves: None,
    }
}

/// The folders in `facts` below `home` that match `pattern`, in which a part `*` stands for any name.
pub(super) fn below<'f>(facts: &'f Facts, home: &Path, pattern: &'f str) -> impl Iterator<Item = &'f Path> {
    let parts = home.join(pattern);
    let matches = move |path: &&Path| {
        let (mut names, mut parts) = (path.components(), parts.components());
        loop {
            match (names.next(), parts.next()) {
                (None, None) => return true,
                (Some(name), Some(part)) if part.as_os_str() == "*" || name == part => {}
                _ => return false,
            }
        }
    };
    facts.paths.iter().map(PathBuf::as_path).filter(matches)
}

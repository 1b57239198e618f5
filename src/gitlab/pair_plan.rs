//! The plan that installs a certificate and key in GitLab, and adds the CA to GitLab's own trusted certificates.

pub(crate) mod linked;

use std::path::Path;

use labtrust_machine::{World, receipt::ChangeRecord};
use labtrust_plan::{Change, Contents, Facts, Fingerprint, Proof, ShellLine, Step, StoreId};

use self::linked::LinkState;
use super::{STORE, control::is_alive, installation::Installation, layout::Layout, pair::Pair};

/// The time that nginx gets to serve a new certificate. An nginx that could not start without it is started again by its
/// supervisor, after a growing pause.
const SECONDS: u64 = 60;

/// What placing `pair` in `installation` takes, which is told to read it only when all of it is there.
/// `links` is what the folders of the layout's files hold now.
///
/// A renewed certificate keeps its key: then there is one file to put, in one instant. Where the key
/// changes too, one link is switched, see [`linked`].
pub(crate) fn changes(
    installation: &Installation,
    layout: &Layout,
    links: &LinkState,
    pair: &Pair,
) -> Vec<Change> {
    let mut changes = Vec::new();
    // The CA comes first: alone it does no harm.
    changes.extend(trust_root(installation, pair.root, &pair.root_pem));
    changes.push(pair_change(installation, layout, links, pair));
    changes
}

/// The change that makes GitLab itself trust `root`, if it has a folder for trusted certificates.
pub(crate) fn trust_root(installation: &Installation, root: Fingerprint, pem: &[u8]) -> Option<Change> {
    installation.trusted_certs.as_ref().map(|folder| {
        let path = folder.join(format!("labtrust-{}.crt", root.short()));
        let contents = Contents::Public(pem.to_vec());
        let steps = vec![Step::Put { path: path.clone(), contents, mode: 0o644 }];
        // Only `gitlab-ctl reconfigure` links the file. That restarts services, and labtrust does not need the link.
        Change::of_files(STORE, &path, installation.actor.clone(), steps)
    })
}

fn pair_change(installation: &Installation, layout: &Layout, links: &LinkState, pair: &Pair) -> Change {
    let steps = links.steps(&layout.pair_files, pair);
    Change {
        store: StoreId::new(STORE),
        subject: installation.ssl.display().to_string(),
        actor: installation.actor.clone(),
        proof: proof_of(Some(Proof::of_files(&steps)), layout, pair),
        steps,
        reload: installation.reload.clone(),
        serves: None,
    }
}

/// The proof that `files` are in place, and that every endpoint of `layout` presents `pair`.
pub(super) fn proof_of(files: Option<Proof>, layout: &Layout, pair: &Pair) -> Proof {
    let served = layout.served.iter().map(|endpoint| Proof::Served {
        endpoint: endpoint.clone(),
        sha256: pair.leaf,
        sent_with: pair.sent_with,
        seconds: SECONDS,
    });
    Proof::All(files.into_iter().chain(served).collect())
}

/// Before `record` is undone: has it settled by what the GitLab takes that it belongs to, as that runs now. The answer
/// is the command that is left to a person, because that GitLab does not run and starting it would not do.
///
/// One that was stopped or removed since has nothing to reload; one that was started since does.
pub(crate) fn update_undo_reload(
    world: &World,
    facts: &Facts,
    record: &mut ChangeRecord,
) -> Option<ShellLine> {
    if record.store.as_str() != STORE {
        return None;
    }
    let subject = Path::new(&record.subject);
    let is_settings = subject.file_name().is_some_and(|name| name == "gitlab.rb");
    let is_pair =
        record.proof.files().iter().any(|path| path.extension().is_some_and(|ending| ending == "key"));
    let undone = &mut record.reload.undone;
    if !(is_settings || is_pair)
        || (!undone.is_empty() && undone.iter().all(|command| is_alive(world, command)))
    {
        return None;
    }
    undone.retain(|command| is_alive(world, command));
    // If the engine does not answer, nothing is known about the GitLab.
    let installation = Installation::mounting(world, facts, subject.parent()?).ok().flatten()?;
    if !is_settings {
        record.reload.undone = installation.reload.undone;
        return None;
    }
    record.reload.undone = installation.reconfigure_command().into_iter().collect();
    installation.reconfigure_by_hand().map(|_| installation.reconfigure())
}

#[cfg(test)]
mod tests;

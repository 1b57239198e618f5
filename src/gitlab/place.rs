//! The plan that puts a pair where it is served from, and the CA where GitLab itself trusts it.

use labtrust_platform::{
    Contents, World,
    plan::{Change, Proof, Settle, Step, StoreId},
    receipt::ChangeRecord,
};

use super::{STORE, control::is_alive, installation::Installation, layout::Layout, pair::Pair};

/// How long nginx gets to serve a new certificate. One that could not start without it is tried again
/// by its supervisor, after a pause that grows.
const SECONDS: u64 = 60;

/// What placing `pair` in `installation` takes.
///
/// A certificate is put before its key. The two cannot be put in one instant, and a run that is
/// killed between them leaves files that do not belong together; nginx keeps serving what it has
/// read, because it is told to read them only when both are there. The next run then finds a
/// certificate of ours, and so may go on without being allowed to replace anything. A renewed
/// certificate keeps its key: then there is only one file to put.
pub fn plan(installation: &Installation, layout: &Layout, pair: &Pair) -> Vec<Change> {
    let mut changes = Vec::new();
    // The CA first: it does no harm alone.
    changes.extend(installation.trusted_certs.as_ref().map(|folder| {
        let path = folder.join(format!("labtrust-{}.crt", pair.root.short()));
        let contents = Contents::Public(pair.root_pem.clone());
        let steps = vec![Step::Put { path: path.clone(), contents, mode: 0o644 }];
        // Only `gitlab-ctl reconfigure` links it; that restarts services, and nothing of ours waits for it.
        Change::of_files(STORE, &path, installation.actor.clone(), steps)
    }));
    changes.push(place(installation, layout, pair));
    changes
}

fn place(installation: &Installation, layout: &Layout, pair: &Pair) -> Change {
    let mut steps = Vec::new();
    for place in &layout.places {
        for (path, contents, mode) in
            [(&place.certificate, pair.certificates(), 0o644), (&place.key, pair.key(), 0o600)]
        {
            steps.push(Step::Put { path: path.clone(), contents, mode });
        }
    }
    Change {
        store: StoreId::new(STORE),
        subject: installation.ssl.display().to_string(),
        actor: installation.actor.clone(),
        proof: proof_of(Some(Proof::of_files(&steps)), layout, pair),
        steps,
        settle: Settle {
            applied: installation.reload.clone(),
            undone: installation.reload.clone(),
            ..Settle::default()
        },
        serves: None,
    }
}

/// What shows that `files` are in place, and that `pair` is served wherever it is to come to light.
pub(super) fn proof_of(files: Option<Proof>, layout: &Layout, pair: &Pair) -> Proof {
    let served = layout.served.iter().map(|endpoint| Proof::Served {
        endpoint: endpoint.clone(),
        sha256: pair.leaf,
        seconds: SECONDS,
    });
    Proof::All(files.into_iter().chain(served).collect())
}

/// Before `record` is undone: drops the reloads of a GitLab that was stopped or removed since, which
/// would make the undoing fail though there is nothing left to reload.
pub fn spare_reloads(world: &World, record: &mut ChangeRecord) {
    if record.store.as_str() == STORE {
        record.settle.undone.retain(|command| is_alive(world, command));
    }
}

#[cfg(test)]
mod tests;

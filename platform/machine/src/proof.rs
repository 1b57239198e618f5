//! Proof comes from the store itself: a file in place is not trust, an exit code of 0 is no proof.

mod certs_d;
mod search;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use labtrust_plan::{Endpoint, Fingerprint, Proof, Verdict, Wanted};

pub use self::certs_d::ask_engine;
use self::{certs_d::CertsD, search::find_in};
use crate::{
    Result, database, edit_file, handshake,
    world::{Node, World},
};

/// Asks the store whether it is as `wanted`. `Err` means that it could not be asked.
pub fn prove(world: &World, proof: &Proof, wanted: Wanted) -> Result<Verdict> {
    let seen = match proof {
        Proof::CertsD { folder, certificate, endpoint, socket } => {
            let folder = CertsD { folder, certificate, endpoint };
            return folder.prove(world, socket.as_deref(), wanted);
        }
        Proof::All(proofs) => return all(world, proofs, wanted),
        Proof::Not(proof) => return prove(world, proof, wanted.other()),
        // Of what was taken back a server says nothing.
        Proof::Served { .. } if wanted == Wanted::Gone => return Ok(Verdict::Holds("taken back".into())),
        Proof::Served { endpoint, sha256, along, seconds } => {
            served(endpoint, *sha256, *along, Duration::from_secs(*seconds))
        }
        Proof::Bundle { path, sha256 } => return bundle(world, path, *sha256, wanted),
        Proof::Folder { folder, sha256 } => match find_in(world, folder, None, *sha256)? {
            Some(file) => Verdict::Holds(format!("in {}", file.display())),
            None => Verdict::Fails(format!("not in {}", folder.display())),
        },
        Proof::Entry { database, certificate } => database::open(database).prove(world, certificate)?,
        Proof::Files { files } => in_place(world, files)?,
        Proof::Absent { path } => match world.look(path)? {
            Node::Absent => Verdict::Holds(format!("{} is gone", path.display())),
            _ => Verdict::Fails(format!("{} is there", path.display())),
        },
        Proof::Linked { path, target } => match world.look(path)? {
            Node::Link { target: found } if found == *target => Verdict::Holds("in place".into()),
            _ => Verdict::Fails(format!("{} does not lead to {}", path.display(), target.display())),
        },
        Proof::Edited { path, edit } if edit_file::is_met(world, edit, path)? => {
            Verdict::Holds(format!("{edit} is set in {}", path.display()))
        }
        Proof::Edited { path, edit } => Verdict::Fails(format!("{edit} is not set in {}", path.display())),
    };
    Ok(seen.to(wanted))
}

/// All must be there, to be there; what is no more whole is gone.
fn all(world: &World, proofs: &[Proof], wanted: Wanted) -> Result<Verdict> {
    // A server's answer does not count where something is to be gone, unless nothing else does.
    let is_asked = |proof: &&Proof| wanted == Wanted::There || !matches!(proof, Proof::Served { .. });
    let mut details = Vec::new();
    for proof in proofs.iter().filter(is_asked) {
        match (prove(world, proof, wanted)?, wanted) {
            (Verdict::Holds(detail), Wanted::There) | (Verdict::Fails(detail), Wanted::Gone) => {
                details.push(detail);
            }
            (other, _) => return Ok(other),
        }
    }
    let whole = details.join("; ");
    Ok(match wanted {
        Wanted::Gone if details.is_empty() => Verdict::Holds("taken back".into()),
        _ => Verdict::Holds(whole).to(wanted),
    })
}

fn in_place(world: &World, files: &[(PathBuf, Fingerprint)]) -> Result<Verdict> {
    for (path, expected) in files {
        if !matches!(world.look(path)?, Node::File { sha256, .. } if sha256 == *expected) {
            return Ok(Verdict::Fails(format!("{} is not as it was put there", path.display())));
        }
    }
    Ok(Verdict::Holds("in place".into()))
}

/// Of a damaged bundle many programs load nothing, and some load what stands before the damage: such a one trusts
/// nothing, and has forgotten nothing either.
fn bundle(world: &World, path: &Path, sha256: Fingerprint, wanted: Wanted) -> Result<Verdict> {
    let shown = path.display();
    let seen = match world.bundle(path)? {
        None => Verdict::Fails(format!("{shown} does not exist")),
        Some(bundle) if bundle.holds(sha256) && !bundle.whole && wanted == Wanted::There => {
            Verdict::Fails(format!("in {shown}, which is damaged: many programs load nothing from it"))
        }
        Some(bundle) if bundle.holds(sha256) => Verdict::Holds(format!("in {shown}")),
        Some(_) => Verdict::Fails(format!("not in {shown}")),
    };
    Ok(seen.to(wanted))
}

/// Good answers in a row that show a server to be done with a reload, and the pause between two questions.
/// One is not enough: nginx starts its new workers a tenth of a second before it tells the old ones to go
/// (`ngx_msleep(100)` in `os/unix/ngx_process_cycle.c`), and until these went either may answer.
const STEADY: u32 = 8;
const PAUSE: Duration = Duration::from_millis(50);

fn served(endpoint: &Endpoint, sha256: Fingerprint, along: Option<Fingerprint>, limit: Duration) -> Verdict {
    let answers = if limit.is_zero() { 1 } else { STEADY };
    let verdict = steadily(answers, limit, || {
        let chain =
            handshake::fetch_here(endpoint, Duration::from_secs(5)).map_err(|error| error.to_string())?;
        let is_sent = |along: &Fingerprint| chain.iter().any(|sent| sent.fingerprint() == *along);
        if chain.first().is_none_or(|leaf| leaf.fingerprint() != sha256) {
            return Err(format!("{endpoint} presents another certificate"));
        }
        match along.filter(|along| !is_sent(along)) {
            None => Ok(format!("{endpoint} presents it")),
            Some(along) => Err(format!("{endpoint} does not send the certificate {} with it", along.short())),
        }
    });
    match verdict {
        Verdict::Fails(seen) if !limit.is_zero() => Verdict::Fails(format!(
            "{seen}, {} seconds after it was to be read (the log of what serves there says why)",
            limit.as_secs()
        )),
        verdict => verdict,
    }
}

/// Whether `ask` has a good answer so many times in a row; begun anew after each other one, within `limit`.
fn steadily(
    answers: u32,
    limit: Duration,
    mut ask: impl FnMut() -> std::result::Result<String, String>,
) -> Verdict {
    let deadline = Instant::now() + limit;
    let mut in_a_row = 0;
    loop {
        let is_late = Instant::now() > deadline;
        match ask() {
            Ok(seen) => {
                in_a_row += 1;
                if in_a_row >= answers {
                    return Verdict::Holds(seen);
                }
            }
            Err(seen) if is_late => return Verdict::Fails(seen),
            Err(_) => in_a_row = 0,
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_in_the_middle_of_a_reload_has_proven_nothing() {
        let mut said =
            [Ok("new"), Err("old"), Ok("new"), Ok("new"), Err("old"), Ok("new"), Ok("new"), Ok("new")]
                .into_iter();
        let mut ask = || said.next().expect("an answer").map(str::to_owned).map_err(str::to_owned);
        assert_eq!(steadily(3, Duration::from_secs(60), &mut ask), Verdict::Holds("new".into()));
        assert_eq!(said.len(), 0, "believed before it was steady");
    }

    #[test]
    fn what_never_changes_fails_with_what_was_seen_last() {
        let verdict = steadily(STEADY, Duration::from_millis(120), || Err("old".into()));
        assert_eq!(verdict, Verdict::Fails("old".into()));
        assert_eq!(steadily(1, Duration::ZERO, || Ok("new".into())), Verdict::Holds("new".into()));
    }
}

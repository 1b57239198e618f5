//! Proof comes from the store itself: a file in place is not trust, and an exit code of 0 is not a proof.

mod certs_d;
mod search;
mod served;

use std::path::{Path, PathBuf};

use labtrust_plan::{Command, Fingerprint, Proof, ProofResult, Wanted};

pub use self::certs_d::ask_engine;
pub(crate) use self::served::Servers;
use self::{certs_d::CertsD, search::find_in};
use crate::{
    Result, database, edit_file,
    world::{Node, World},
};

/// Asks the store whether the state of `proof` is as `wanted`. `Err` means that the store could not be asked.
pub fn prove(world: &World, proof: &Proof, wanted: Wanted) -> Result<ProofResult> {
    prove_by(&mut Servers::of([proof]), world, proof, wanted)
}

/// Proves each of `proofs`; all their servers are asked in one loop.
pub fn prove_each(world: &World, proofs: &[Proof], wanted: Wanted) -> Vec<Result<ProofResult>> {
    let mut servers = Servers::of(proofs);
    proofs.iter().map(|proof| prove_by(&mut servers, world, proof, wanted)).collect()
}

/// Proves `proof`. `servers` contains the servers that it asks.
pub(crate) fn prove_by(
    servers: &mut Servers<'_>,
    world: &World,
    proof: &Proof,
    wanted: Wanted,
) -> Result<ProofResult> {
    let seen = match proof {
        Proof::CertsD { folder, certificate, endpoint, socket, client } => {
            let folder = CertsD { folder, certificate, endpoint };
            return folder.prove(world, (socket.as_deref(), client.as_ref()), wanted);
        }
        Proof::All(proofs) => return all(servers, world, proofs, wanted),
        Proof::Not(proof) => return prove_by(servers, world, proof, wanted.other()),
        // A server cannot show that something was undone.
        Proof::Served { .. } if wanted == Wanted::Gone => return Ok(ProofResult::Holds("undone".into())),
        Proof::Served { endpoint, .. } => {
            let unasked = || ProofResult::Fails(format!("{endpoint} was not asked"));
            servers.ask(proof).unwrap_or_else(unasked)
        }
        Proof::Bundle { path, sha256 } => return bundle(world, path, *sha256, wanted),
        Proof::Folder { folder, sha256 } => match find_in(world, folder, None, *sha256)? {
            Some(file) => ProofResult::Holds(format!("in {}", file.display())),
            None => ProofResult::Fails(format!("not in {}", folder.display())),
        },
        Proof::Entry { database, certificate } => {
            return database::open(database).prove(world, certificate, wanted);
        }
        Proof::Files { files } => in_place(world, files)?,
        Proof::Absent { path } => match world.look(path)? {
            Node::Absent => ProofResult::Holds(format!("{} is gone", path.display())),
            _ => ProofResult::Fails(format!("{} is there", path.display())),
        },
        Proof::Linked { path, target } => match world.look(path)? {
            Node::Link { target: found } if found == *target => ProofResult::Holds("in place".into()),
            _ => ProofResult::Fails(format!("{} does not lead to {}", path.display(), target.display())),
        },
        Proof::Edited { path, edit } | Proof::Hidden { path, edit } if wanted == Wanted::Gone => {
            let shown = path.display();
            return Ok(if edit_file::is_gone(world, edit, path)? {
                ProofResult::Holds(format!("{edit} is not set in {shown}"))
            } else {
                ProofResult::Fails(format!("{edit} is set in {shown}"))
            });
        }
        Proof::Edited { path, edit } if edit_file::is_met(world, edit, path)? => {
            ProofResult::Holds(format!("{edit} is set in {}", path.display()))
        }
        Proof::Edited { path, edit } => {
            ProofResult::Fails(format!("{edit} is not set in {}", path.display()))
        }
        Proof::Hidden { path, edit } => {
            ProofResult::Fails(format!("{edit} is not in force in {}", path.display()))
        }
        Proof::Says { command, text } => prints(world, command, text)?,
    };
    Ok(seen.to(wanted))
}

/// Something is there if all of `proofs` hold, and gone if one of them does not.
fn all(servers: &mut Servers<'_>, world: &World, proofs: &[Proof], wanted: Wanted) -> Result<ProofResult> {
    // A server's answer does not show that something is gone.
    let is_asked = |proof: &&Proof| wanted == Wanted::There || !matches!(proof, Proof::Served { .. });
    let mut details = Vec::new();
    for proof in proofs.iter().filter(is_asked) {
        match (prove_by(servers, world, proof, wanted)?, wanted) {
            (ProofResult::Holds(detail), Wanted::There) | (ProofResult::Fails(detail), Wanted::Gone) => {
                details.push(detail);
            }
            (other, _) => return Ok(other),
        }
    }
    let whole = details.join("; ");
    Ok(match wanted {
        Wanted::Gone if details.is_empty() => ProofResult::Holds("undone".into()),
        _ => ProofResult::Holds(whole).to(wanted),
    })
}

/// Whether `command` prints the line `text`.
fn prints(world: &World, command: &Command, text: &str) -> Result<ProofResult> {
    let output = world.try_run(command)?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let program = command.program.file_name().unwrap_or_default().to_string_lossy();
    Ok(if printed.lines().any(|line| line == text) {
        ProofResult::Holds(format!("{program} uses {text}"))
    } else {
        ProofResult::Fails(format!("{program} does not use {text}"))
    })
}

fn in_place(world: &World, files: &[(PathBuf, Fingerprint)]) -> Result<ProofResult> {
    for (path, expected) in files {
        if !matches!(world.look(path)?, Node::File { sha256, .. } if sha256 == *expected) {
            return Ok(ProofResult::Fails(format!("{} is not as labtrust wrote it", path.display())));
        }
    }
    Ok(ProofResult::Holds("in place".into()))
}

/// Many programs load nothing from a damaged bundle; some load the part before the damage. So a certificate in a damaged
/// bundle is neither trusted nor gone.
fn bundle(world: &World, path: &Path, sha256: Fingerprint, wanted: Wanted) -> Result<ProofResult> {
    let shown = path.display();
    let seen = match world.bundle(path)? {
        None => ProofResult::Fails(format!("{shown} does not exist")),
        Some(bundle) if bundle.holds(sha256) && !bundle.whole && wanted == Wanted::There => {
            ProofResult::Fails(format!("in {shown}, which is damaged: many programs load nothing from it"))
        }
        Some(bundle) if bundle.holds(sha256) => ProofResult::Holds(format!("in {shown}")),
        Some(_) => ProofResult::Fails(format!("not in {shown}")),
    };
    Ok(seen.to(wanted))
}

//! Proof comes from the store itself: a file in place is not trust, an exit code of 0 is no proof.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{
    Certificate, Endpoint, Fingerprint, Result,
    bundle::Bundle,
    database, handshake,
    plan::Proof,
    world::{Node, World, engine},
};

/// What the store said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is so; with what was seen.
    Holds(String),
    /// It is not so; with what was seen instead.
    Fails(String),
}

impl Verdict {
    /// Whether it is so.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds(_))
    }

    /// What was seen.
    pub fn detail(&self) -> &str {
        match self {
            Self::Holds(detail) | Self::Fails(detail) => detail,
        }
    }
}

impl Proof {
    /// The same, asked once: a server gets no time to show what it was not told yet.
    #[must_use]
    pub fn at_once(&self) -> Self {
        match self {
            Self::Served { endpoint, sha256, along, .. } => {
                Self::Served { endpoint: endpoint.clone(), sha256: *sha256, along: *along, seconds: 0 }
            }
            Self::All(proofs) => Self::All(proofs.iter().map(Self::at_once).collect()),
            Self::Not(proof) => Self::Not(Box::new(proof.at_once())),
            other => other.clone(),
        }
    }
}

/// Asks the store. `Err` means that it could not be asked.
pub fn prove(world: &World, proof: &Proof) -> Result<Verdict> {
    match proof {
        Proof::Bundle { path, sha256 } => bundle(world, path, *sha256),
        Proof::Folder { folder, sha256 } => Ok(match find_in(world, folder, None, *sha256)? {
            Some(file) => Verdict::Holds(format!("in {}", file.display())),
            None => Verdict::Fails(format!("not in {}", folder.display())),
        }),
        Proof::CertsD { folder, certificate, endpoint, socket } => {
            certs_d(world, folder, certificate, endpoint, socket.as_deref())
        }
        Proof::Entry { database, certificate } => database::prove(world, database, certificate),
        Proof::Files { files } => {
            for (path, expected) in files {
                if !matches!(world.look(path)?, Node::File { sha256, .. } if sha256 == *expected) {
                    return Ok(Verdict::Fails(format!("{} is not as it was put there", path.display())));
                }
            }
            Ok(Verdict::Holds("in place".into()))
        }
        Proof::Absent { path } => Ok(match world.look(path)? {
            Node::Absent => Verdict::Holds(format!("{} is gone", path.display())),
            _ => Verdict::Fails(format!("{} is there", path.display())),
        }),
        Proof::Linked { path, target } => Ok(match world.look(path)? {
            Node::Link { target: found } if found == *target => Verdict::Holds("in place".into()),
            _ => Verdict::Fails(format!("{} does not lead to {}", path.display(), target.display())),
        }),
        Proof::Edited { path, edit } if edit.stands_in(world, path)? => {
            Ok(Verdict::Holds(format!("{edit} is set in {}", path.display())))
        }
        Proof::Edited { path, edit } => {
            Ok(Verdict::Fails(format!("{edit} is not set in {}", path.display())))
        }
        Proof::Served { endpoint, sha256, along, seconds } => {
            Ok(served(endpoint, *sha256, *along, Duration::from_secs(*seconds)))
        }
        Proof::All(proofs) => {
            let mut details = Vec::new();
            for proof in proofs {
                match prove(world, proof)? {
                    Verdict::Holds(detail) => details.push(detail),
                    fails @ Verdict::Fails(_) => return Ok(fails),
                }
            }
            Ok(Verdict::Holds(details.join("; ")))
        }
        Proof::Not(proof) => Ok(match prove(world, proof)? {
            Verdict::Holds(detail) => Verdict::Fails(detail),
            Verdict::Fails(detail) => Verdict::Holds(detail),
        }),
    }
}

fn bundle(world: &World, path: &Path, sha256: Fingerprint) -> Result<Verdict> {
    let shown = path.display();
    Ok(match Bundle::read(world, path)? {
        None => Verdict::Fails(format!("{shown} does not exist")),
        Some(bundle) if bundle.holds(sha256) => Verdict::Holds(format!("in {shown}")),
        Some(_) => Verdict::Fails(format!("not in {shown}")),
    })
}

/// The first file in `folder`, with that ending if one is asked for, that holds the certificate `sha256`.
fn find_in(
    world: &World,
    folder: &Path,
    ending: Option<&str>,
    sha256: Fingerprint,
) -> Result<Option<PathBuf>> {
    for path in world.list(folder)? {
        if ending.is_none_or(|ending| path.extension().is_some_and(|found| found == ending))
            && matches!(world.look(&path)?, Node::File { .. } | Node::Link { .. })
        {
            let bytes = world.read(&path)?.unwrap_or_default();
            if Certificate::read_all(&bytes).0.iter().any(|held| held.fingerprint() == sha256) {
                return Ok(Some(path));
            }
        }
    }
    Ok(None)
}

/// Docker reads every `*.crt` of the folder, as PEM (moby, registry/config, `ReadCertsDirectory`).
fn certs_d(
    world: &World,
    folder: &Path,
    certificate: &Certificate,
    endpoint: &Endpoint,
    socket: Option<&Path>,
) -> Result<Verdict> {
    let file = find_in(world, folder, Some("crt"), certificate.fingerprint())?;
    let Some(file) = file else {
        return Ok(Verdict::Fails(format!("not in {}", folder.display())));
    };
    let place = format!("in {}", file.display());
    let Some(socket) = socket else { return Ok(Verdict::Holds(place)) };
    Ok(match accepted(world, socket, endpoint, certificate) {
        Verdict::Holds(seen) => Verdict::Holds(format!("{place}; {seen}")),
        Verdict::Fails(seen) => Verdict::Fails(format!("{place}, but {seen}")),
    })
}

/// Whether the engine at `socket` accepts the registry at `endpoint`. It fails only where the registry presents
/// a chain that leads to `certificate`, and the engine refuses it all the same.
pub fn accepted(world: &World, socket: &Path, endpoint: &Endpoint, certificate: &Certificate) -> Verdict {
    match engine::reaches(world, socket, endpoint) {
        Ok(engine::Reach::Accepted) => Verdict::Holds(format!("the engine accepts {endpoint}")),
        Ok(engine::Reach::Refused(message)) if is_served_by(endpoint, certificate) => {
            Verdict::Fails(format!("the engine says: {message}"))
        }
        Ok(engine::Reach::Refused(message)) => Verdict::Holds(format!(
            "{endpoint} does not present a valid certificate of this CA yet, and the engine says: {message}"
        )),
        Ok(engine::Reach::Unknown(message)) => {
            Verdict::Holds(format!("the engine could not tell of {endpoint}: {message}"))
        }
        Err(error) => Verdict::Holds(format!("the engine did not answer: {error}")),
    }
}

/// Whether the engine's refusal is our failure: the endpoint presents a chain that leads to
/// `certificate`. If it presents another, the engine refuses with good reason.
fn is_served_by(endpoint: &Endpoint, certificate: &Certificate) -> bool {
    handshake::fetch(endpoint, Duration::from_secs(5))
        .is_ok_and(|chain| handshake::leads_to(&chain, certificate, &endpoint.host))
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

//! Whether an engine trusts a CA for a registry, or no longer: by the registry's folder of `certs.d`, and by the engine's
//! own answer.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use labtrust_plan::{Certificate, Command, Endpoint, ProofResult, Wanted};

use super::search::find_in;
use crate::{
    Result,
    engine::{self, Reach},
    handshake,
    world::World,
};

const LIMIT: Duration = Duration::from_secs(5);

/// The folder `…/certs.d/host:port` for the registry at `endpoint`, and the CA in question.
pub(super) struct CertsD<'a> {
    pub folder: &'a Path,
    pub certificate: &'a Certificate,
    pub endpoint: &'a Endpoint,
}

impl CertsD<'_> {
    /// Whether the folder is as `wanted`, and also the engine at `socket` if it can tell. Docker reads every `*.crt` of the
    /// folder as PEM (moby, registry/config, `ReadCertsDirectory`).
    pub(super) fn prove(
        &self,
        world: &World,
        (socket, client): (Option<&Path>, Option<&Command>),
        wanted: Wanted,
    ) -> Result<ProofResult> {
        let file = find_in(world, self.folder, Some("crt"), self.certificate.fingerprint())?;
        let place = place(file.as_ref(), self.folder);
        if file.is_some() != (wanted == Wanted::There) {
            return Ok(ProofResult::Fails(place));
        }
        let seen = match (socket, client) {
            (Some(socket), _) => ask_engine(world, socket, self.endpoint, self.certificate, wanted),
            (None, Some(client)) => self.ask_client(world, client, wanted),
            (None, None) => return Ok(ProofResult::Holds(place)),
        };
        Ok(match seen {
            ProofResult::Holds(seen) => ProofResult::Holds(format!("{place}; {seen}")),
            ProofResult::Fails(seen) => ProofResult::Fails(format!("{place}, but {seen}")),
            ProofResult::Lingers(seen) => ProofResult::Lingers(format!("{place}, but {seen}")),
        })
    }

    /// Whether a program that reads the folder trusts the registry as `wanted`: the program contacts the registry.
    fn ask_client(&self, world: &World, client: &Command, wanted: Wanted) -> ProofResult {
        let who = client.program.file_name().unwrap_or_default().to_string_lossy();
        let reach = match world.try_run(client) {
            Ok(output) if output.code == Some(0) => Reach::Accepted,
            Ok(output) => engine::reach_from_client(&String::from_utf8_lossy(&output.stderr), self.folder),
            Err(error) => return ProofResult::Holds(format!("{who} did not answer: {error}")),
        };
        let presented = || presented(self.endpoint, self.certificate);
        let registry =
            Registry { who: &who, endpoint: self.endpoint, presented: &presented, ignored: &|| None };
        match wanted {
            Wanted::There => registry.is_trusted(&reach),
            // The program reads its folders at each request, and other stores too.
            Wanted::Gone => match registry.is_forgotten(&reach) {
                ProofResult::Lingers(seen) => {
                    ProofResult::Holds(format!("{seen} because of another store that it reads"))
                }
                verdict => verdict,
            },
        }
    }
}

fn place(file: Option<&PathBuf>, folder: &Path) -> String {
    match file {
        Some(file) => format!("in {}", file.display()),
        None => format!("not in {}", folder.display()),
    }
}

/// Whether the engine at `socket` trusts `certificate` for the registry at `endpoint`, or no longer, as `wanted`. The proof
/// also holds if the engine cannot tell, and its detail names the reason: the engine does not run, it does not reach the registry, or
/// the registry presents no certificate of this CA.
pub fn ask_engine(
    world: &World,
    socket: &Path,
    endpoint: &Endpoint,
    certificate: &Certificate,
    wanted: Wanted,
) -> ProofResult {
    let reach = match engine::contact_registry(world, socket, endpoint) {
        Ok(reach) => reach,
        Err(error) => return ProofResult::Holds(format!("Docker did not answer: {error}")),
    };
    let registry = Registry {
        who: "Docker",
        endpoint,
        presented: &|| presented(endpoint, certificate),
        ignored: &|| engine::insecure_reason(world, socket, endpoint),
    };
    match wanted {
        Wanted::There => registry.is_trusted(&reach),
        Wanted::Gone => registry.is_forgotten(&reach),
    }
}

/// A registry about which an engine or a program gave an answer. Further facts are gathered only if they matter.
struct Registry<'a> {
    /// The engine or program, for messages.
    who: &'a str,
    endpoint: &'a Endpoint,
    /// Asks for the certificate that the registry presents.
    presented: &'a dyn Fn() -> Presented,
    /// Asks for the reason why the engine does not check the certificate, if it does not.
    ignored: &'a dyn Fn() -> Option<String>,
}

impl Registry<'_> {
    fn is_trusted(&self, reach: &Reach) -> ProofResult {
        let (endpoint, who) = (self.endpoint, self.who);
        match reach {
            Reach::Accepted => ProofResult::Holds(format!("{who} accepts {endpoint}")),
            Reach::GaveUp(message) => ProofResult::Fails(format!("{who} says: {message}")),
            Reach::Refused(message) => match (self.presented)() {
                Presented::Others => {
                    ProofResult::Holds(format!("{} yet; {who} says: {message}", self.not_ours()))
                }
                Presented::Ours | Presented::Unseen => ProofResult::Fails(format!("{who} says: {message}")),
            },
            Reach::Unknown(message) => self.untold(message),
        }
    }

    fn is_forgotten(&self, reach: &Reach) -> ProofResult {
        let (endpoint, who) = (self.endpoint, self.who);
        match reach {
            Reach::Unknown(message) | Reach::GaveUp(message) if !reach.is_through_tls() => {
                self.untold(message)
            }
            _ => match ((self.presented)(), reach) {
                (Presented::Others, _) => self.untold(&self.not_ours()),
                (_, Reach::Refused(_)) => ProofResult::Holds(format!("{who} rejects {endpoint}")),
                (seen, _) => match ((self.ignored)(), seen) {
                    (Some(why), _) => self.untold(&format!("it does not check the certificate: {why}")),
                    // The registry may present a certificate of this CA, and the engine may accept it for that reason.
                    (None, Presented::Unseen) => ProofResult::Lingers(format!(
                        "labtrust cannot see which certificate {endpoint} presents, and {who} accepts {endpoint}"
                    )),
                    (None, _) => ProofResult::Lingers(format!("{who} accepts {endpoint}")),
                },
            },
        }
    }

    fn not_ours(&self) -> String {
        format!("{} does not present a valid certificate of this CA", self.endpoint)
    }

    /// The result if the engine cannot tell: the folder alone decides.
    fn untold(&self, why: &str) -> ProofResult {
        ProofResult::Holds(format!("{} cannot check {}: {why}", self.who, self.endpoint))
    }
}

/// The certificate that a registry presents to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presented {
    /// A chain that leads to the CA.
    Ours,
    /// Another chain, or one that is not valid.
    Others,
    /// It could not be fetched.
    Unseen,
}

fn presented(endpoint: &Endpoint, certificate: &Certificate) -> Presented {
    match handshake::fetch(endpoint, LIMIT) {
        Ok(chain) if handshake::leads_to(&chain, certificate, &endpoint.host) => Presented::Ours,
        Ok(_) => Presented::Others,
        Err(_) => Presented::Unseen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_of_an_engine_shows_trust_or_its_end() {
        let endpoint: Endpoint = "h:4567".parse().expect("an endpoint");
        let said = || "its words".to_owned();
        let unheard = || Reach::Unknown("received unexpected HTTP status: 502 Bad Gateway".into());
        let (holds, fails, lingers) = ('h', 'f', 'l');
        for (reach, presented, ignored, expected) in [
            (Reach::Accepted, Presented::Ours, false, (holds, lingers)),
            (Reach::Accepted, Presented::Ours, true, (holds, holds)),
            (Reach::Accepted, Presented::Others, false, (holds, holds)),
            (Reach::Accepted, Presented::Unseen, false, (holds, lingers)),
            (Reach::Accepted, Presented::Unseen, true, (holds, holds)),
            (Reach::Refused(said()), Presented::Ours, false, (fails, holds)),
            (Reach::Refused(said()), Presented::Others, false, (holds, holds)),
            (Reach::Refused(said()), Presented::Unseen, false, (fails, holds)),
            (Reach::GaveUp(said()), Presented::Ours, false, (fails, holds)),
            (Reach::GaveUp(said()), Presented::Others, false, (fails, holds)),
            (Reach::Unknown(said()), Presented::Ours, false, (holds, holds)),
            (unheard(), Presented::Ours, false, (holds, lingers)),
            (unheard(), Presented::Others, false, (holds, holds)),
            (unheard(), Presented::Unseen, false, (holds, lingers)),
        ] {
            let registry = Registry {
                who: "Docker",
                endpoint: &endpoint,
                presented: &|| presented,
                ignored: &|| ignored.then(|| "its network".into()),
            };
            let kind = |verdict: ProofResult| match verdict {
                ProofResult::Holds(_) => holds,
                ProofResult::Fails(_) => fails,
                ProofResult::Lingers(_) => lingers,
            };
            let found = (kind(registry.is_trusted(&reach)), kind(registry.is_forgotten(&reach)));
            assert_eq!(found, expected, "{reach:?} {presented:?} {ignored}");
        }
    }

    #[test]
    fn an_engine_that_could_not_tell_is_not_said_to_have_told() {
        let endpoint: Endpoint = "h:4567".parse().expect("an endpoint");
        let unseen = Registry {
            who: "Docker",
            endpoint: &endpoint,
            presented: &|| Presented::Unseen,
            ignored: &|| None,
        };
        for reach in [Reach::Accepted, Reach::Refused("x".into())] {
            let seen = unseen.is_forgotten(&reach);
            assert!(!seen.detail().contains("does not present"), "{seen:?}");
        }
        let registry = Registry {
            who: "Docker",
            endpoint: &endpoint,
            presented: &|| Presented::Others,
            ignored: &|| None,
        };
        for reach in [Reach::Accepted, Reach::Refused("x".into()), Reach::Unknown("x".into())] {
            let seen = registry.is_forgotten(&reach);
            assert!(seen.holds() && seen.detail().contains("cannot check h:4567"), "{seen:?}");
        }
    }
}

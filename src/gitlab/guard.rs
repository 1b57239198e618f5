//! A certificate that somebody else put there is never replaced unasked: what stands on the disk
//! and what is served is looked at first, and judged.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use labtrust_machine::{World, handshake};
use labtrust_plan::{Certificate, Endpoint, Host, Options, ShellLine};
use zeroize::Zeroizing;

use super::layout::{Layout, PairFiles};
use crate::hint::{fail, hint, shell_line};

/// A server that speaks TLS on this machine does so within this.
const LIMIT: Duration = Duration::from_secs(4);

/// What was there before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey {
    /// What stands where a pair goes.
    pub occupants: Vec<Occupant>,
    /// What the endpoints present that answered.
    pub served: Vec<(Endpoint, Vec<Certificate>)>,
}

/// What one pair's files hold now.
#[derive(Clone)]
pub(crate) struct Occupant {
    /// The paths.
    pub files: PairFiles,
    /// The certificates in its file, leaf first; none if there is no such file, and nothing in it if it
    /// holds no certificate.
    pub chain: Option<Vec<Certificate>>,
    /// The key's file.
    pub key: Option<Zeroizing<Vec<u8>>>,
}

/// What follows from a [`Survey`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Nothing is there that is not ours, and something is missing.
    Clear,
    /// All files hold a pair of ours.
    Ours,
    /// Something is there that is not ours.
    NotOurs(Vec<NotOurs>),
}

/// A certificate or key that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotOurs {
    /// Where it was met.
    pub at: Spot,
    /// The certificates, leaf first; empty where there is only a key or nothing that can be read.
    pub chain: Vec<Certificate>,
}

/// Where a certificate was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// In the certificate's file.
    File(PairFiles),
    /// There is a key's file, and no certificate's.
    Key(PairFiles),
    /// It is served here.
    Endpoint(Endpoint),
}

/// Looks at everything that `layout` names.
pub(crate) fn survey(world: &World, layout: &Layout) -> Result<Survey> {
    let mut survey = Survey::default();
    for files in &layout.pair_files {
        let chain = world.read(&files.certificate)?.map(|pem| Certificate::read_all(&pem).0);
        let key = world.read(&files.key)?;
        survey.occupants.push(Occupant { files: files.clone(), chain, key });
    }
    for endpoint in &layout.listening {
        if let Ok(chain) = handshake::fetch_here(endpoint, LIMIT) {
            survey.served.push((endpoint.clone(), chain));
        }
    }
    Ok(survey)
}

/// Judges `survey`; `ours` says whether a chain is of our making.
pub(crate) fn ownership(survey: &Survey, ours: &dyn Fn(&[Certificate]) -> bool) -> Ownership {
    let mut not_ours: Vec<NotOurs> = Vec::new();
    let mut is_complete = !survey.occupants.is_empty();
    let mut is_any_ours = false;
    for occupant in &survey.occupants {
        let files = occupant.files.clone();
        match (&occupant.chain, &occupant.key) {
            // The certificate is put before its key, so ours without one is what a killed run left.
            (Some(chain), key) if ours(chain) => {
                is_any_ours = true;
                is_complete &= key.is_some();
            }
            (Some(chain), _) => not_ours.push(NotOurs { at: Spot::File(files), chain: chain.clone() }),
            (None, Some(_)) => not_ours.push(NotOurs { at: Spot::Key(files), chain: Vec::new() }),
            (None, None) => is_complete = false,
        }
    }
    for (endpoint, chain) in &survey.served {
        // With ours on the disk, nginx has only not read it yet.
        let is_known = not_ours.iter().any(|known| known.chain.first() == chain.first());
        if !ours(chain) && !is_any_ours && !is_known {
            not_ours.push(NotOurs { at: Spot::Endpoint(endpoint.clone()), chain: chain.clone() });
        }
    }
    match (not_ours.is_empty(), is_complete) {
        (false, _) => Ownership::NotOurs(not_ours),
        (true, true) => Ownership::Ours,
        (true, false) => Ownership::Clear,
    }
}

impl NotOurs {
    /// Where it is and what it is, for a sentence.
    fn title(&self) -> String {
        let what = self.chain.first().map(|leaf| format!(" (SHA-256 {}…)", leaf.fingerprint().short()));
        let what = what.unwrap_or_default();
        match &self.at {
            Spot::File(files) if self.chain.is_empty() => {
                format!("{} does not contain a certificate", files.certificate.display())
            }
            Spot::File(files) => format!("{} holds another certificate{what}", files.certificate.display()),
            Spot::Key(files) => {
                format!("{} holds a key, and there is no certificate for it", files.key.display())
            }
            Spot::Endpoint(endpoint) => format!("{endpoint} serves another certificate{what}"),
        }
    }

    fn files(&self) -> Option<(&PathBuf, &PathBuf)> {
        match &self.at {
            Spot::File(files) if !self.chain.is_empty() => Some((&files.certificate, &files.key)),
            _ => None,
        }
    }
}

/// The refusal to replace `not_ours`, with the gentle ways and the other one. `options` name the installation on the
/// command line, for the commands of the hint.
pub(crate) fn refusal(not_ours: &[NotOurs], host: &Host, options: &[ShellLine]) -> anyhow::Error {
    let titles: Vec<_> = not_ours.iter().map(NotOurs::title).collect();
    let import = match not_ours.iter().find_map(NotOurs::files) {
        Some((certificate, key)) => {
            shell_line!("--cert {} --key {}", certificate, key)
        }
        None => "--cert FILE --key FILE".into(),
    };
    let host = host.in_url();
    fail(
        format!("labtrust did not create this: {}", titles.join("; ")),
        hint!(
            "choose one:\n  \
             keep it, and let clients trust its CA:         {labtrust import {}{}}\n  \
             create our CA for clients, install no files:   {labtrust setup {}{} --stage}\n  \
             replace it (setup --undo restores it):         {labtrust setup {}{} --replace}",
            import,
            Options(options),
            host,
            Options(options),
            host,
            Options(options)
        ),
    )
}

impl std::fmt::Debug for Occupant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = if self.key.is_some() { "a key" } else { "no key" };
        write!(f, "Occupant({}, {:?}, {key})", self.files.certificate.display(), self.chain)
    }
}

#[cfg(test)]
mod tests;

//! Protects certificates of others: before labtrust installs a certificate, it looks at the files and at the servers, and
//! decides whether it created what it finds.

mod fitness;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use labtrust_machine::{World, handshake};
use labtrust_plan::{Certificate, Endpoint, Options};
use zeroize::Zeroizing;

use super::{
    layout::{Layout, PairFiles},
    typed_command::TypedCommand,
};
use crate::{
    certificate::profile::is_any_by_labtrust,
    hint::{Hint, fail, hint, shell_line},
};

/// The time within which a TLS server on this machine answers.
const LIMIT: Duration = Duration::from_secs(4);

/// The certificates and keys that are in the files and on the servers now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey {
    /// The contents of the files that will be written.
    pub occupants: Vec<Occupant>,
    /// The certificates of each endpoint that answered.
    pub served: Vec<(Endpoint, Vec<Certificate>)>,
}

/// The present contents of one pair of files.
#[derive(Clone)]
pub(crate) struct Occupant {
    /// The paths.
    pub files: PairFiles,
    /// The certificates in the file, leaf first; none if there is no file, and empty if it holds no certificate.
    pub chain: Option<Vec<Certificate>>,
    /// The contents of the key's file.
    pub key: Option<Zeroizing<Vec<u8>>>,
}

/// The owner of what a [`Survey`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Everything found is labtrust's, and something is missing.
    Clear,
    /// All files hold certificates and keys of labtrust.
    Ours,
    /// Some of it is not labtrust's.
    NotOurs(Vec<NotOurs>),
}

/// A certificate or key that labtrust did not create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotOurs {
    /// Where it was found.
    pub at: Spot,
    /// The certificates, leaf first; empty where there is only a key, or no readable certificate.
    pub chain: Vec<Certificate>,
    /// Why `import` would refuse the certificate, if it would.
    pub unfit: Option<String>,
}

/// Where a certificate or key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// In the certificate's file.
    File(PairFiles),
    /// There is a key's file, and no certificate's.
    Key(PairFiles),
    /// At this endpoint.
    Endpoint(Endpoint),
}

/// Looks at the files and endpoints of `layout`.
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

/// The owner of what `survey` found. `ours` tells whether labtrust issued a chain.
pub(crate) fn ownership(survey: &Survey, ours: &dyn Fn(&[Certificate]) -> bool) -> Ownership {
    let mut not_ours: Vec<NotOurs> = Vec::new();
    let mut is_complete = !survey.occupants.is_empty();
    let mut is_any_ours = false;
    for occupant in &survey.occupants {
        let files = occupant.files.clone();
        match (&occupant.chain, &occupant.key) {
            // The certificate is written before its key, so a killed run leaves a certificate of ours without a key.
            (Some(chain), key) if ours(chain) => {
                is_any_ours = true;
                is_complete &= key.is_some();
            }
            (Some(chain), key) => {
                let unfit = fitness::refusal(chain, key.as_ref(), &files.host);
                not_ours.push(NotOurs { at: Spot::File(files), chain: chain.clone(), unfit });
            }
            (None, Some(_)) => {
                not_ours.push(NotOurs { at: Spot::Key(files), chain: Vec::new(), unfit: None });
            }
            (None, None) => is_complete = false,
        }
    }
    for (endpoint, chain) in &survey.served {
        // If the file is ours, nginx has not reloaded it yet.
        let is_known = not_ours.iter().any(|known| known.chain.first() == chain.first());
        if !ours(chain) && !is_any_ours && !is_known {
            let at = Spot::Endpoint(endpoint.clone());
            not_ours.push(NotOurs { at, chain: chain.clone(), unfit: None });
        }
    }
    match (not_ours.is_empty(), is_complete) {
        (false, _) => Ownership::NotOurs(not_ours),
        (true, true) => Ownership::Ours,
        (true, false) => Ownership::Clear,
    }
}

impl NotOurs {
    /// A description for a message.
    fn title(&self) -> String {
        let what = self.chain.first().map(|leaf| format!(" (SHA-256 {}…)", leaf.fingerprint().short()));
        let what = what.unwrap_or_default();
        match &self.at {
            Spot::File(files) if self.chain.is_empty() => {
                format!("{} does not contain a certificate", files.certificate.display())
            }
            Spot::File(files) => {
                let unfit = self.unfit.as_ref().map(|why| format!(", which cannot be kept: {why}"));
                let unfit = unfit.unwrap_or_default();
                format!("{} holds another certificate{what}{unfit}", files.certificate.display())
            }
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

    /// Whether labtrust signed it, with a CA that is not here: on a machine that was replaced, or before its state was
    /// lost.
    fn is_of_lost_ca(&self) -> bool {
        is_any_by_labtrust(&self.chain)
    }
}

/// The refusal to replace `not_ours`, with the choices. The commands of the hint repeat
/// what was `typed`.
pub(crate) fn refusal(not_ours: &[NotOurs], typed: &TypedCommand) -> anyhow::Error {
    let is_lost = not_ours.iter().any(NotOurs::is_of_lost_ca);
    let titles: Vec<_> = not_ours.iter().map(NotOurs::title).collect();
    let titles = titles.join("; ");
    let what = if is_lost {
        format!("created by labtrust with a CA that is not on this machine: {titles}")
    } else {
        format!("not created by labtrust: {titles}")
    };
    let restore =
        is_lost.then(|| Hint::from("restore its CA; clients then need no change:   {labtrust restore FILE}"));
    let staged = typed
        .import
        .is_none()
        .then(|| hint!("create a CA, install no files yet:             {}", typed.and("--stage")));
    let replaced = hint!("replace it (setup --undo restores it):         {}", typed.and("--replace"));
    let keep = keep(not_ours, Options(&typed.options));
    fail(
        what,
        Hint::from("choose one:").lines(restore.into_iter().chain(keep).chain(staged).chain([replaced])),
    )
}

/// The choice to keep what is `not_ours`, if `import` takes it.
fn keep(not_ours: &[NotOurs], options: Options<'_>) -> Option<Hint> {
    let import = match not_ours.iter().find_map(NotOurs::files) {
        Some((certificate, key)) => shell_line!("--cert {} --key {}", certificate, key),
        None => "--cert FILE --key FILE".into(),
    };
    let is_fit = not_ours.iter().all(|one| one.unfit.is_none());
    is_fit.then(|| {
        hint!("keep it, and let clients trust its CA:         {labtrust import {}{}}", import, options)
    })
}

impl std::fmt::Debug for Occupant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = if self.key.is_some() { "a key" } else { "no key" };
        write!(f, "Occupant({}, {:?}, {key})", self.files.certificate.display(), self.chain)
    }
}

#[cfg(test)]
mod tests;

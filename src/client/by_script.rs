//! CAs that the rendered script trusts here: the program takes over what the script recorded.

use std::path::Path;

use anyhow::Result;
use labtrust_machine::{
    Session, World,
    receipt::{Receipts, ScriptRecord},
};
use labtrust_plan::{Anchor, Certificate, Endpoint, Target};

use super::{selection::Selection, stores, trust::receipt_name};

/// Whether the script has a record in the state folder `state`.
pub(crate) fn is_there(state: &Path) -> Result<bool> {
    Ok(ScriptRecord::read(state)?.is_some())
}

/// Takes the record of the script in the state folder of `session` over, if there is one.
pub(crate) fn take_over(session: &Session<'_>) -> Result<()> {
    let receipts: &Receipts = session.receipts;
    let Some(script) = ScriptRecord::read(receipts.state())? else { return Ok(()) };
    let mut taken = Vec::new();
    for anchor in anchors(&script) {
        let everything = Selection { only: Vec::new(), except: Vec::new() };
        let planning = stores::plan(session.facts, session.worlds, &anchor, &everything);
        taken.extend(receipts.take_over(&receipt_name(&anchor), &anchor, &planning.changes, &script)?);
    }
    Ok(receipts.forget_script(script, &taken)?)
}

/// The CAs that the script trusts, each with the registries for which it does.
pub(crate) fn anchors(script: &ScriptRecord) -> Vec<Anchor> {
    let mut anchors: Vec<Anchor> = Vec::new();
    for path in script.files() {
        let Some(certificate) = certificate(path) else { continue };
        let endpoint = registry(path);
        match anchors.iter_mut().find(|anchor| anchor.certificate == certificate) {
            Some(anchor) => anchor.endpoints.extend(endpoint),
            None => anchors.push(Anchor::new(certificate, endpoint.into_iter().collect())),
        }
    }
    anchors
}

/// The certificate in the file at `path`, if its name is that of our file with it.
fn certificate(path: &Path) -> Option<Certificate> {
    let bytes = World::here().read(path).ok()??;
    let (mut all, is_whole) = Certificate::read_all(&bytes);
    let certificate = all.pop().filter(|_| is_whole && all.is_empty())?;
    let stem = Anchor::new(certificate.clone(), Vec::new()).file_stem();
    (path.file_stem()? == stem.as_str()).then_some(certificate)
}

/// The registry in whose folder the file at `path` is.
fn registry(path: &Path) -> Option<Endpoint> {
    let folder = path.parent()?;
    let is_registrys = folder.parent()?.file_name()? == "certs.d";
    let target: Target = folder.file_name().filter(|_| is_registrys)?.to_str()?.parse().ok()?;
    Some(target.or_port(443))
}

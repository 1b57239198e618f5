//! `sign`: issues another certificate from labtrust's CA, for another service under GitLab's names.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use labtrust_machine::{apply, session::OutcomeState};
use labtrust_plan::{Actor, Change, Contents, Step, text};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    certificate::{Issued, LeafOrder, Parsed, PrivateKey, SubjectName, read_request},
    cli::Sign,
    context::Context,
    exit,
    hint::fail,
    input,
    report::{
        consent::{self, Proposal},
        pair::PairReport,
    },
    state,
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Sign) -> Result<u8> {
    if context.everywhere.dry_run {
        let change = Signed::make(state, arguments)?.change;
        let mut proposal = Proposal::default();
        proposal.apply(context, &[change]);
        return Ok(consent::dry_run(context, &proposal));
    }
    // The lock comes first: a setup that is running may still create or remove the CA.
    let Signed { root, issued, change } = context.session(state, |session, state| {
        let signed = Signed::make(state, arguments)?;
        let name = format!("sign-{}", signed.issued.leaf.fingerprint().short());
        let outcomes = apply(session, &name, None, std::slice::from_ref(&signed.change))?;
        if let Some(failed) = outcomes.iter().find(|outcome| outcome.state == OutcomeState::Failed) {
            let hint = failed.hint.clone();
            return Err(fail(
                failed.detail.clone(),
                hint.unwrap_or_else(|| "fix that, then run the command again".into()),
            ));
        }
        // The certificate belongs to the user now, so there is nothing to undo.
        session.receipts.forget(&name)?;
        Ok(signed)
    })?;
    let mut report = PairReport::new(&root, &issued.leaf, &[&change]);
    report.print(context, |_| true);
    report.remaining.notes.clone_from(&issued.notes);
    for note in &issued.notes {
        context.printer.say(format_args!("  {note}"));
    }
    context.printer.document(&report);
    Ok(exit::DONE)
}

/// A certificate that is issued, but not written yet.
struct Signed {
    root: Parsed,
    issued: Issued,
    change: Change,
}

impl Signed {
    fn make(state: &state::State<'_>, arguments: &Sign) -> Result<Self> {
        // A bad request is refused before the CA's key is read.
        let names = arguments.names.clone();
        let (order, key) = if let Some(path) = &arguments.csr {
            (from_request(path, names, arguments.days)?, None)
        } else {
            let key = PrivateKey::generate(arguments.key_type.into())?;
            (LeafOrder { names, public_key: key.public_key().clone(), days: arguments.days }, Some(key))
        };
        let own = state.nearest_ca()?;
        let own = own
            .ok_or_else(|| fail("labtrust has no CA on this machine", "create one: {labtrust setup HOST}"))?;
        own.refuse_ended(None, OffsetDateTime::now_utc())?;
        own.refuse_to_sign(
            "another certificate",
            "create a next CA with a key: {labtrust rotate start}".into(),
        )?;
        let authority = own.open()?.ok_or_else(|| {
            fail(
                "this CA's key is not on this machine, so labtrust cannot sign with it",
                "create a request for the CA's owner to sign: {labtrust request HOST -o request.csr}",
            )
        })?;
        let issued = authority.sign(&order, OffsetDateTime::now_utc())?;
        let change = change(&arguments.out, &issued, key.as_ref())?;
        Ok(Self { root: own.root.clone(), issued, change })
    }
}

fn from_request(path: &Path, names: Vec<SubjectName>, days: u32) -> Result<LeafOrder> {
    let bytes = input::bytes(path, "pass a file with a certificate signing request: --csr FILE")?;
    let order = read_request(&bytes).and_then(|request| LeafOrder::from_csr(&request, names, days));
    order.with_context(|| format!("cannot use {}", text::path(path)))
}

/// The change that writes `NAME.crt` (leaf, intermediate, root) and, for a new key, `NAME.key`. Existing files are
/// never overwritten.
fn change(folder: &Path, issued: &Issued, key: Option<&PrivateKey>) -> Result<Change> {
    let folder = input::folder(folder, "-o")?;
    let name = issued.leaf.names.first().map(ToString::to_string).unwrap_or_default();
    let stem = name.replace("*.", "_wildcard.").replace(':', "-");
    let path = |ending: &str| -> Result<PathBuf> {
        let path = folder.join(format!("{stem}.{ending}"));
        if path.symlink_metadata().is_ok() {
            return Err(fail(
                format!("{} exists already", path.display()),
                "move the file away, or write to another folder: -o DIR",
            ));
        }
        Ok(path)
    };
    let mut steps = Vec::new();
    if let Some(key) = key {
        let contents = Contents::Secret(Zeroizing::new(key.to_pem().as_bytes().to_vec()));
        steps.push(Step::Put { path: path("key")?, contents, mode: 0o600 });
    }
    let contents = Contents::Public(issued.to_pem().into_bytes());
    steps.push(Step::Put { path: path("crt")?, contents, mode: 0o644 });
    Ok(Change::of_files("files", &folder, Actor::Caller, steps))
}

//! Options of the command line, as types of the layers below.

use anyhow::Result;
use labtrust_plan::{Anchor, store::STORES};

use crate::{
    cli::{Passphrase, SiteArgs, Stores, Trust},
    client::{admin_file::AdminFile, reader::Reader, selection::Selection, source::Asked},
    context::Context,
    exit::misuse,
    prompt::passphrase,
    state::SiteRecord,
};

impl Stores {
    /// The stores that were chosen.
    pub fn selection(&self) -> Selection {
        Selection { only: self.only.clone(), except: self.except.clone() }
    }

    /// Refuses a selection without any store.
    pub fn check(&self) -> Result<()> {
        let selection = self.selection();
        if STORES.iter().any(|store| selection.has_id(store.id)) {
            return Ok(());
        }
        Err(misuse("--store and --except exclude every store", "leave one of the two options out"))
    }
}

impl Trust {
    /// The file for the administrator for each CA: for `first`, and for one that follows it.
    pub(super) fn admin_file(&self, first: &Anchor) -> Result<impl Fn(&Anchor) -> AdminFile + use<>> {
        let chosen = self.admin_file.as_ref().map(std::path::absolute).transpose()?;
        let options = [("--expired", self.expired), ("--refused", self.refused)];
        let options = options.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option);
        let file = AdminFile { chosen, options: options.collect() };
        let first = first.sha256();
        Ok(move |anchor: &Anchor| if anchor.sha256() == first { file.clone() } else { file.for_next(anchor) })
    }

    /// The CA that is asked for.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked {
            source: self.source.as_deref(),
            fingerprint: self.fingerprint,
            next: self.next,
            endpoints: &self.endpoints,
            expired: self.expired,
            refused: self.refused,
        }
    }
}

impl SiteArgs {
    /// The options as later runs remember them.
    pub fn record(&self) -> SiteRecord {
        let Self { gitlab, prepare, out, reload, replace: _ } = self.clone();
        SiteRecord { gitlab, prepare, out, reload }
    }
}

/// A reader of files that people name. It gets a passphrase from the options `from`.
pub(super) fn reader<'a>(context: &Context<'a>, from: &'a Passphrase) -> Reader<'a> {
    let printer = context.printer;
    Reader { printer, passphrase: Box::new(move |what| passphrase(printer, from, what)) }
}

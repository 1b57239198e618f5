//! Trust in a keystore of a JDK.

use labtrust_plan::{Certificate, Keystore, Listing, ProofResult, Wanted};

use super::{
    entries::{Entry, entries_without_password, is_whole},
    file::{alias, all_entries, read},
    rewrite::{Rewrite, rewrite},
};
use crate::{Result, database::tool::TrustDatabase, world::World};

/// The tool for one keystore of a JDK.
pub(crate) struct Tool<'a>(pub &'a Keystore);

impl TrustDatabase for Tool<'_> {
    /// The settings of the listing are the aliases, a line each.
    fn find(&self, world: &World, certificate: &Certificate) -> Result<Option<Listing>> {
        let entries = self.entries(world)?;
        let holds = |entry: &&Entry| entry.parts.iter().any(|part| part == certificate.der());
        if !entries.iter().any(|entry| holds(&entry)) {
            return Ok(None);
        }
        let aliases: Vec<_> = aliases(&entries, certificate).collect();
        let settings = (!aliases.is_empty()).then(|| aliases.join("\n"));
        Ok(Some(Listing { present: true, trusted: settings.is_some(), settings }))
    }

    fn add(&self, world: &World, certificate: &Certificate) -> Result<()> {
        rewrite(self.0, world, Rewrite::Add(certificate, &alias(certificate)))
    }

    /// Of an entry that was there before, nothing was recorded unless it was discarded: then it is added again.
    fn undo(&self, world: &World, certificate: &Certificate, before: Option<&Listing>) -> Result<bool> {
        let entries = self.entries(world)?;
        let earlier = before.filter(|before| before.trusted).and_then(|before| before.settings.as_deref());
        if let Some(earlier) = earlier {
            let is_there = |alias: &&str| entries.iter().any(|entry| entry.is_called(alias));
            let mut missing = earlier.lines().filter(|alias| !is_there(alias));
            missing.try_for_each(|alias| rewrite(self.0, world, Rewrite::Add(certificate, alias)))?;
            return Ok(true);
        }
        let alias = alias(certificate);
        match entries.iter().find(|entry| entry.is_called(&alias)) {
            Some(entry) if entry.trusts(certificate) => {
                rewrite(self.0, world, Rewrite::Delete(certificate, &alias)).map(|()| true)
            }
            Some(_) => Ok(false),
            None => Ok(true),
        }
    }

    /// Deletes the entry under every alias.
    fn discard(&self, world: &World, certificate: &Certificate) -> Result<()> {
        let entries = self.entries(world)?;
        let mut aliases = aliases(&entries, certificate);
        aliases.try_for_each(|alias| rewrite(self.0, world, Rewrite::Delete(certificate, alias)))
    }

    /// Java reads its own keystore without a password, so only what anybody can read is trusted.
    fn prove(&self, world: &World, certificate: &Certificate, wanted: Wanted) -> Result<ProofResult> {
        let shown = self.0.path.display();
        let Some(bytes) = read(self.0, world)? else {
            return Ok(ProofResult::Fails(format!("{shown} does not exist")).to(wanted));
        };
        if !is_whole(&bytes) {
            return Ok(ProofResult::Fails(format!("{shown} is not a complete Java keystore")));
        }
        let trusts = |entries: &[Entry]| entries.iter().any(|entry| entry.trusts(certificate));
        if entries_without_password(&bytes).is_some_and(|entries| trusts(&entries)) {
            return Ok(ProofResult::Holds(format!("in {shown}")).to(wanted));
        }
        Ok(if trusts(&all_entries(self.0, world, &bytes)?) {
            ProofResult::Fails(format!(
                "in {shown}, but Java, which reads it without a password, sees none of its entries"
            ))
        } else {
            ProofResult::Fails(format!("not in {shown}")).to(wanted)
        })
    }
}

impl Tool<'_> {
    /// All entries; none if there is no keystore.
    fn entries(&self, world: &World) -> Result<Vec<Entry>> {
        let bytes = read(self.0, world)?;
        bytes.map_or(Ok(Vec::new()), |bytes| all_entries(self.0, world, &bytes))
    }
}

/// The aliases under which `certificate` is trusted.
fn aliases<'e>(entries: &'e [Entry], certificate: &'e Certificate) -> impl Iterator<Item = &'e str> {
    entries.iter().filter(|entry| entry.trusts(certificate)).map(|entry| entry.alias.as_str())
}

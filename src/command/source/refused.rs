//! What clients would refuse is not trusted without a word: the CA would be in every store, and nothing
//! that it signed would be of use.

use anyhow::Result;
use time::OffsetDateTime;

use crate::{
    certificate::{Parsed, judge, useless},
    hint::fail,
};

/// Refuses `root` where Docker and git, or all clients, would refuse `served` although they trust it.
/// `insisted` lets it pass.
pub fn check(served: &[Parsed], root: &Parsed, insisted: bool) -> Result<()> {
    if insisted {
        return Ok(());
    }
    // A file holds the root alone; what it signs is not known.
    let anchor = (!served.is_empty()).then_some(root);
    let served = if served.is_empty() { std::slice::from_ref(root) } else { served };
    let refusals = judge(served, anchor, OffsetDateTime::now_utc());
    match useless(&refusals) {
        None => Ok(()),
        Some(refusal) => Err(fail(
            format!("it was not trusted: {} it all the same: {}", refusal.clients_refuse(), refusal.why),
            "have the certificate made again; --refused trusts the CA as it is",
        )),
    }
}

//! What clients would refuse is not trusted without a word: the CA would be in every store, and nothing
//! that it signed would be of use.

use anyhow::Result;
use time::OffsetDateTime;

use crate::{
    certificate::{About, Client, Parsed, Refusal, judge, judge_root, useless},
    hint::fail,
};

/// Refuses `root` where Docker and git, or all clients, would refuse `served` although they trust it.
/// Where nothing is `served`, `root` comes from a file: it is refused where its key can be forged, too.
/// `insisted` lets it pass.
pub(super) fn check(served: &[Parsed], root: &Parsed, insisted: bool) -> Result<()> {
    if insisted {
        return Ok(());
    }
    let now = OffsetDateTime::now_utc();
    let refusals = match served {
        // A file holds the root alone; what it signs is not known.
        [] if root.can_sign() => judge_root(root, now),
        [] => judge(std::slice::from_ref(root), None, now),
        _ => judge(served, Some(root), now),
    };
    let is_weak = |refusal: &&Refusal| refusal.about == About::Weakness && refusal.is_by(Client::Curl);
    let weak = refusals.iter().find(is_weak).filter(|_| served.is_empty());
    match useless(&refusals).or(weak) {
        None => Ok(()),
        Some(refusal) => Err(fail(
            format!("it was not trusted: {} it anyway: {}", refusal.who_refuse(), refusal.why),
            "ask for a new certificate, or trust the CA anyway with --refused",
        )),
    }
}

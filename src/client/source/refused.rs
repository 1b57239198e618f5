//! Refuses to trust a CA whose certificates clients reject: trusting it would be useless.

use anyhow::Result;
use time::OffsetDateTime;

use crate::{
    certificate::{About, Client, Parsed, Refusal, judge, judge_root, useless},
    hint::fail,
};

/// Refuses `root` if Docker and git, or all clients, would reject `served` although they trust `root`. If nothing is
/// `served`, `root` comes from a file, and a forgeable key is refused too. `insisted` allows all of this.
pub(super) fn check(served: &[Parsed], root: &Parsed, insisted: bool) -> Result<()> {
    if insisted {
        return Ok(());
    }
    let now = OffsetDateTime::now_utc();
    let refusals = match served {
        // A file contains only the root: the certificates that it signs are unknown.
        [] if root.can_sign() => judge_root(root, now),
        [] => judge(std::slice::from_ref(root), None, now),
        _ => judge(served, Some(root), now),
    };
    let is_weak = |refusal: &&Refusal| refusal.about == About::Weakness && refusal.is_by(Client::Curl);
    let weak = refusals.iter().find(is_weak).filter(|_| served.is_empty());
    match useless(&refusals).or(weak) {
        None => Ok(()),
        Some(refusal) => Err(fail(
            format!("not trusted, because {} it: {}", refusal.who_refuse(), refusal.why),
            "get a new certificate, or trust this one with --refused",
        )),
    }
}

//! A file of CAs that a program reads in place of labtrust's, because a setting names it: a person appends the CA to it, and
//! takes it out again.

use std::path::Path;

use super::{
    row::{ByHand, Done},
    system,
};
use crate::{Anchor, Edit, Facts, Hint, Proof, fact::User, hint, shell_line, text};

/// The advice to append the CA to `other`, if the system store makes that file: what is appended is lost at its next update.
pub(super) fn waits_for_system(facts: &Facts, other: &Path) -> Option<Hint> {
    system::is_own(facts, other)
        .then(|| hint!("let root trust the CA in the system store, which makes {}", other))
}

/// The steps if `owner`'s program reads the file `other` in place of labtrust's file `ours`, which has the CA in a block.
/// `why` is the sentence about that.
pub(super) fn steps(
    facts: &Facts,
    anchor: &Anchor,
    owner: &User,
    (ours, other): (&Path, &Path),
    why: String,
) -> Vec<ByHand> {
    let done = Done::Proven(Proof::Bundle { path: other.to_owned(), sha256: anchor.sha256() });
    let open = |advice, commands| ByHand { why, advice, commands, done: Some(done), is_optional: false };
    if let Some(advice) = waits_for_system(facts, other) {
        return vec![open(advice, Vec::new())];
    }
    // A command for root must not write where a user's setting says.
    if facts.user.uid != owner.uid {
        let advice = hint!("let {} append the CA in {} to it", text::in_line(&owner.name).as_ref(), ours);
        return vec![open(advice, Vec::new())];
    }
    let [begin, end] = Edit::marks(&anchor.sha256().short()).map(|mark| format!("/^{mark}$/"));
    let (print, delete) = (format!("{begin},{end}p"), format!("{begin},{end}d"));
    // The file may end within a line.
    let append = vec![shell_line!("echo >>{}", other), shell_line!("sed -n {} {} >>{}", print, ours, other)];
    let cut = ByHand {
        why: format!("{} may still hold the CA", text::path(other)),
        advice: hint!("if you appended the CA to {}, take it out:", other),
        commands: vec![shell_line!("sed -i {} {}", delete, other)],
        done: Some(Done::OnRemoval),
        is_optional: true,
    };
    vec![open("append the CA to it:".into(), append), cut]
}

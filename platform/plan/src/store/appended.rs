//! A setting names a person's own file of CAs, and the program does not read labtrust's file. The person appends the CA to that
//! file, and removes it later.

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

/// The steps for `owner`, whose program reads the file `other` and not labtrust's file `ours`. `ours` has the CA in a block.
/// `why` says that the program reads `other`.
pub(super) fn steps(
    facts: &Facts,
    anchor: &Anchor,
    owner: &User,
    (ours, other): (&Path, &Path),
    why: String,
) -> Vec<ByHand> {
    let done = Done::Proven(Proof::Bundle { path: other.to_owned(), sha256: anchor.sha256() });
    let open = |advice, commands| ByHand { commands, done: Some(done), ..ByHand::new(why, advice) };
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
        commands: vec![shell_line!("sed -i {} {}", delete, other)],
        done: Some(Done::OnRemoval(None)),
        is_optional: true,
        ..ByHand::new(
            format!("{} may still hold the CA", text::path(other)),
            hint!("if you appended the CA to {}, take it out:", other),
        )
    };
    vec![open("append the CA to it:".into(), append), cut]
}

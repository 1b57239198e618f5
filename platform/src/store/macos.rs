//! macOS's keychains.

use std::path::PathBuf;

use super::{Planned, Store};
use crate::{Anchor, Facts, fact::Os};

pub const STORE: Store = Store { id: "macos", title: "macOS keychain", plan, paths, tools: &["security"] };

fn plan(facts: &Facts, _: &Anchor) -> Planned {
    if facts.os == Os::Macos {
        return Planned::Manual { why: "not yet served".into(), todo: Vec::new() };
    }
    Planned::Absent("this is not macOS".into())
}

fn paths() -> Vec<PathBuf> {
    Vec::new()
}

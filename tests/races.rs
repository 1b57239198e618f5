//! Races: many runs of labtrust at once, and runs at the same time as the distribution's updater or Java's keytool. No
//! certificate is lost, every report is true, and no run waits silently or forever. `LABTRUST_RACES=all` (scripts/races)
//! repeats the races more often.

mod beside;
mod bundle;
mod crowd;
mod fifty;
mod setups;
mod waiting;

use std::time::Duration;

use self::crowd::Member;
use crate::{
    lab::{HOST, Machine, Pair, REGISTRY, Validity, is_whole},
    trust::fingerprint,
};

/// The time limit of a crowd of runs.
const LIMIT: Duration = Duration::from_secs(300);

/// How often a race is repeated: chance decides the winner.
fn rounds(usual: usize, all: usize) -> usize {
    if is_whole("LABTRUST_RACES") { all } else { usual }
}

/// CAs that labtrust did not make, each in a file.
struct Cas(Vec<(String, String)>);

impl Cas {
    fn made(machine: &Machine, count: usize) -> Self {
        let make = |index| {
            let pair = Pair::made(machine, &[HOST], Validity::Current);
            machine.write(&Self::file(index), &pair.root);
            let fingerprint = fingerprint(machine, &pair.root);
            (pair.root, fingerprint)
        };
        Self((0..count).map(make).collect())
    }

    fn file(index: usize) -> String {
        format!("/tmp/ca-{index}.crt")
    }

    fn root(&self, index: usize) -> &str {
        &self.0[index].0
    }

    fn trust(&self, index: usize) -> Member {
        let (file, fingerprint) = (Self::file(index), self.0[index].1.as_str());
        Member::root(["labtrust", "trust", &file, "--for", REGISTRY, "--fingerprint", fingerprint])
    }

    fn untrust(index: usize) -> Member {
        Member::root(["labtrust", "untrust", &Self::file(index)])
    }
}

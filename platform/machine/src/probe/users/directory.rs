//! The users of a directory, such as LDAP behind SSSD or Winbind: `getent` asks the machine's name service (nsswitch.conf(5)), whose
//! modules this program does not load.

use std::sync::OnceLock;

use labtrust_plan::Command;

use crate::{
    Error, Result,
    world::{World, trusted_program},
};

/// Seconds to wait for an answer that decides whose stores are changed: SSSD itself waits some seconds for a server that is away.
pub(super) const LONG: u64 = 15;
/// Seconds to wait for another answer.
pub(super) const SHORT: u64 = 3;
/// The most users in one question.
const MOST_KEYS: usize = 500;

/// The exit code of getent(1) if the name service knows some of the users, or none of them.
const NOT_ALL_KNOWN: i32 = 2;

/// The first failure of this run: a directory that is away is asked once.
static FAILURE: OnceLock<String> = OnceLock::new();

/// The lines of passwd(5) for the users with these ids, those that are known; none where there is no getent. Each question may take
/// this number of `seconds`.
pub(super) fn ask(uids: &[u32], seconds: u64) -> Result<Vec<String>> {
    if let Some(failure) = FAILURE.get() {
        return Err(Error::Relayed(failure.clone()));
    }
    let answer = asked(uids, seconds);
    if let Err(error) = &answer {
        FAILURE.get_or_init(|| error.to_string());
    }
    answer
}

fn asked(uids: &[u32], seconds: u64) -> Result<Vec<String>> {
    let Some(getent) = trusted_program("getent") else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    for some in uids.chunks(MOST_KEYS) {
        let keys = std::iter::once("passwd".to_owned()).chain(some.iter().map(u32::to_string));
        let command = Command::new(&getent, keys).within(seconds);
        let output = World::here().try_run(&command)?;
        if !matches!(output.code, Some(0 | NOT_ALL_KNOWN)) {
            return Err(output.into_error(&command));
        }
        lines.extend(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned));
    }
    Ok(lines)
}

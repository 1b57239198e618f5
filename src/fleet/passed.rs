//! The options that are passed on to ansible-playbook, and the limits in the form that it takes.

use std::{ffi::OsString, net::Ipv6Addr};

use anyhow::Result;

use crate::exit::misuse;

/// Ansible's options that are options of `rollout` too: it must know of them.
const OWN: [(&str, char, &str); 4] = [
    ("check", 'C', "write it before --: {labtrust rollout -i INVENTORY --check}"),
    ("limit", 'l', "write it before --: {labtrust rollout -i INVENTORY --limit PATTERN}"),
    ("inventory", 'i', "write it before --: {labtrust rollout -i INVENTORY}"),
    ("inventory-file", 'i', "write it before --: {labtrust rollout -i INVENTORY}"),
];

/// The short options of ansible-playbook without a value.
const SWITCHES: &str = "bDhkKvJ";

/// Refuses the options that `rollout` has itself among `words`.
pub(super) fn refuse_own(words: &[OsString]) -> Result<()> {
    let texts = words.iter().map(|word| word.to_string_lossy());
    let found = texts.into_iter().find_map(|word| own(&word).map(|own| (word.into_owned(), own)));
    found.map_or(Ok(()), |(word, hint)| {
        Err(misuse(format!("{word} after -- is not passed on: labtrust has this option itself"), hint))
    })
}

/// The hint with the option of `rollout` for which `word` stands. Ansible takes the beginning of a long option for the whole.
fn own(word: &str) -> Option<&'static str> {
    let of = |is_it: &dyn Fn(&str, char) -> bool| {
        OWN.iter().find(|(long, short, _)| is_it(long, *short)).map(|(_, _, hint)| *hint)
    };
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().filter(|name| name.len() > 1)?;
        return of(&|long, _| long.starts_with(name));
    }
    let letters = word.strip_prefix('-')?;
    let letter = letters.chars().find(|letter| !SWITCHES.contains(*letter))?;
    of(&|_, short| short == letter)
}

/// Several patterns as one. Ansible splits at commas, and only without one at colons.
pub(super) fn joined(limits: &[String]) -> Result<String> {
    let has_colon = |limit: &String| limit.contains(':') && limit.parse::<Ipv6Addr>().is_err();
    if limits.len() < 2 || !limits.iter().any(has_colon) {
        return Ok(limits.join(","));
    }
    if limits.iter().any(|limit| limit.contains(',') || limit.parse::<Ipv6Addr>().is_ok()) {
        return Err(misuse(
            "a pattern with a colon and one with a comma are two of --limit",
            "write all of them with colons: {labtrust rollout -i INVENTORY --limit PATTERN:PATTERN}",
        ));
    }
    Ok(limits.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_labtrust_has_itself_are_refused_in_every_form() {
        for word in [
            "--check",
            "-C",
            "-vC",
            "-CD",
            "--limit",
            "--limit=a",
            "--lim=a",
            "-l",
            "-la",
            "-vla",
            "-i",
            "-ia,",
            "--inventory",
            "--inv=a",
            "--inventory-file=a",
        ] {
            assert!(refuse_own(&[word.into()]).is_err(), "{word}");
        }
        for word in [
            "-vvv",
            "--diff",
            "-D",
            "-e",
            "x=-C",
            "-elabtrust_timeout=3",
            "--become",
            "-ulinux",
            "--list-hosts",
            "-Kb",
        ] {
            assert!(refuse_own(&[word.into()]).is_ok(), "{word}");
        }
    }

    #[test]
    fn limits_are_joined_as_ansible_splits_them() {
        for (limits, joined_limits) in [
            (&["web:&prod"][..], Some("web:&prod")),
            (&["web,db:&prod"], Some("web,db:&prod")),
            (&["web", "db"], Some("web,db")),
            (&["web,lb", "db"], Some("web,lb,db")),
            (&["web:&prod", "!db"], Some("web:&prod:!db")),
            (&["2001:db8::1", "db"], Some("2001:db8::1,db")),
            (&["web:&prod", "a,b"], None),
        ] {
            let limits: Vec<_> = limits.iter().map(|limit| (*limit).to_owned()).collect();
            assert_eq!(joined(&limits).ok().as_deref(), joined_limits, "{limits:?}");
        }
    }
}

//! Domains below which strangers have names: a CA that may sign for one of them may sign for half the internet.

use labtrust_platform::DnsName;

use super::{SubjectName, name::list};

/// Names of one label that are no top-level domains and will be none: RFC 2606 §2, RFC 6761, RFC 6762 §3 and
/// appendix G, RFC 9476, and those that ICANN keeps from being delegated (resolution 2018.02.04.12, and
/// 2024.07.29.06 for `internal`). `localdomain` is what installers write.
const PRIVATE: &[&str] = &[
    "alt",
    "corp",
    "example",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "private",
    "test",
];

/// What is to be known before a CA is made that may sign below `permits` and for `names`, if one of them is a
/// top-level domain, or may be one.
pub fn warning(permits: &[DnsName], names: &[SubjectName]) -> Option<String> {
    let starred = names.iter().filter_map(|name| match name {
        SubjectName::Wildcard(parent) => Some(parent),
        _ => None,
    });
    let is_wide = |domain: &&DnsName| {
        let is_host = || names.contains(&SubjectName::Dns((*domain).clone()));
        !domain.as_str().contains('.') && !PRIVATE.contains(&domain.as_str()) && !is_host()
    };
    let mut wide: Vec<_> = permits.iter().chain(starred).filter(is_wide).collect();
    wide.sort();
    wide.dedup();
    (!wide.is_empty()).then(|| {
        format!(
            "the CA may sign for every name below {}, also for strangers' if that is a top-level domain; narrower: \
             --permit example.com",
            list(&wide)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_have_names_below_is_warned_of() {
        for (permits, names, wide) in [
            (&["com"][..], &["gitlab.example.com"][..], Some("below com,")),
            (&["dev", "COM.", "com"], &["gitlab.example.com"], Some("below com and dev,")),
            (&[], &["gitlab.example.com", "*.com"], Some("below com,")),
            (&["example.com"], &["gitlab.example.com", "*.example.com"], None),
            (&["lan", "internal", "home", "corp", "local", "test"], &["gitlab.lan"], None),
            // The host itself, and what is below it.
            (&["gitlab"], &["gitlab", "*.gitlab"], None),
            (&[], &["192.0.2.10", "::"], None),
        ] {
            let permits: Vec<DnsName> = permits.iter().map(|one| one.parse().expect(one)).collect();
            let names: Vec<SubjectName> = names.iter().map(|one| one.parse().expect(one)).collect();
            let warned = warning(&permits, &names);
            match wide {
                Some(wide) => {
                    assert!(warned.as_deref().is_some_and(|said| said.contains(wide)), "{warned:?}");
                }
                None => assert_eq!(warned, None),
            }
        }
    }
}

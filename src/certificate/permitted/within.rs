//! Whether one CA's limits are within another's: a CA must not pass on more than it has.

use std::net::IpAddr;

use super::{Domain, Permitted, Subnet, tree::Tree};

impl Permitted {
    /// Whether `other` permits every name that this one permits; false if that is not certain.
    pub fn is_within(&self, other: &Self) -> bool {
        // Names that cannot exist do not count.
        let dns = self.dns.as_deref().map(|all| all.iter().filter(|one| !one.is_nothing()).collect());
        let ip = self.ip.as_deref().map(|all| all.iter().filter(|one| !one.is_nothing()).collect());
        is_kind_within::<Domain>(dns, &self.excluded_dns, other.dns.as_deref(), &other.excluded_dns)
            && is_kind_within::<Subnet>(ip, &self.excluded_ip, other.ip.as_deref(), &other.excluded_ip)
            && [32, 128]
                .iter()
                .all(|bits| other.open_addresses(*bits).is_none() || self.open_addresses(*bits).is_some())
    }
}

/// Whether these subtrees of one type permit no name that the others do not permit.
fn is_kind_within<T: Tree>(
    permitted: Option<Vec<&T>>,
    excluded: &[T],
    others: Option<&[T]>,
    closed: &[T],
) -> bool {
    let is_excluded = |tree: &T| excluded.iter().any(|excluded| tree.is_in(excluded));
    let Some(permitted) = permitted else {
        return others.is_none() && closed.iter().all(is_excluded);
    };
    let left = || permitted.iter().filter(|tree| !is_excluded(tree));
    let touches = |one: &T, other: &T| one.is_in(other) || other.is_in(one);
    left().all(|tree| others.is_none_or(|others| others.iter().any(|other| tree.is_in(other))))
        && closed.iter().all(|closed| is_excluded(closed) || !left().any(|tree| touches(tree, closed)))
}

impl Tree for Domain {
    fn is_in(&self, other: &Self) -> bool {
        if other.base.is_empty() {
            return other.is_every_name() || self == other;
        }
        let is_same = self.base == other.base && (self.only_below || !other.only_below);
        is_same || self.base.ends_with(&format!(".{}", other.base))
    }
}

impl Tree for Subnet {
    fn is_in(&self, other: &Self) -> bool {
        let is_narrower = match (self.mask, other.mask) {
            (IpAddr::V4(own), IpAddr::V4(other)) => own.to_bits() & other.to_bits() == other.to_bits(),
            (IpAddr::V6(own), IpAddr::V6(other)) => own.to_bits() & other.to_bits() == other.to_bits(),
            _ => false,
        };
        is_narrower && other.contains(self.address)
    }
}

#[cfg(test)]
mod tests {
    use x509_parser::extensions::GeneralName;

    use super::super::tests::{HOST, NET, NO_V6, V4, V6, constraints as made};
    use super::*;

    #[test]
    fn limits_are_held_against_each_other() {
        use GeneralName::DNSName as Dns;
        let all = Permitted::everything();
        let host = made(&[Dns("gitlab.example.com")], &[V4, V6]);
        let below = made(&[Dns(".gitlab.example.com")], &[V4, V6]);
        let inner = made(&[Dns("a.gitlab.example.com"), Dns("none.invalid")], &[V4, V6]);
        let two = made(&[Dns("gitlab.example.com"), Dns("corp.example")], &[V4, V6]);
        let lookalike = made(&[Dns("evilgitlab.example.com")], &[V4, V6]);
        let names_only = made(&[Dns("gitlab.example.com")], &[]);
        let every_name = made(&[Dns("")], &[V4, V6]);
        let address = made(&[HOST, NO_V6, Dns("none.invalid")], &[]);
        let net = made(&[NET, NO_V6, Dns("none.invalid")], &[]);
        let dotted = made(&[Dns("gitlab.example.com")], &[V4, V6, Dns(".")]);
        let com_but_dot = made(&[Dns("com"), Dns("net.")], &[V4, V6, Dns(".")]);
        let dot = made(&[Dns(".")], &[V4, V6]);
        let holed = made(&[Dns("gitlab.example.com")], &[V4, V6, Dns("x.gitlab.example.com")]);
        for (one, other, expected) in [
            (&host, &host, true),
            (&host, &all, true),
            (&all, &all, true),
            (&all, &host, false),
            (&below, &host, true),
            (&host, &below, false),
            (&inner, &host, true),
            (&inner, &below, true),
            (&two, &host, false),
            (&host, &two, true),
            (&lookalike, &host, false),
            (&every_name, &host, false),
            (&host, &every_name, true),
            // Addresses that are not mentioned are not limited.
            (&names_only, &host, false),
            (&host, &names_only, true),
            (&address, &net, true),
            (&net, &address, false),
            (&address, &address, true),
            (&address, &host, false),
            (&host, &address, false),
            (&holed, &host, true),
            (&host, &holed, false),
            (&inner, &holed, true),
            // A lone dot permits and excludes no name that is known, and may be every name to some client.
            (&com_but_dot, &host, false),
            (&com_but_dot, &dotted, false),
            (&com_but_dot, &dot, false),
            (&host, &dot, false),
            (&dot, &host, false),
            (&dot, &dot, true),
            (&dot, &every_name, true),
            (&dotted, &host, true),
        ] {
            assert_eq!(one.is_within(other), expected, "{one} / {other}");
        }
    }
}

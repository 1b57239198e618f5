//! The names that limits permit, one row each: as a sentence, name by name, and as hosts.

use super::*;

pub(in crate::certificate) fn constraints(
    permitted: &[GeneralName<'static>],
    excluded: &[GeneralName<'static>],
) -> Permitted {
    let trees = |names: &[GeneralName<'static>]| {
        (!names.is_empty()).then(|| names.iter().map(|base| GeneralSubtree { base: base.clone() }).collect())
    };
    Permitted::from_constraints(&NameConstraints {
        permitted_subtrees: trees(permitted),
        excluded_subtrees: trees(excluded),
    })
}

pub(super) const V4: GeneralName<'static> = GeneralName::IPAddress(&[0; 8]);
pub(super) const V6: GeneralName<'static> = GeneralName::IPAddress(&[0; 32]);
pub(super) const HOST: GeneralName<'static> = GeneralName::IPAddress(&[192, 0, 2, 10, 255, 255, 255, 255]);
pub(super) const NO_V6: GeneralName<'static> = GeneralName::IPAddress(&[
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255,
]);
pub(super) const NET: GeneralName<'static> = GeneralName::IPAddress(&[192, 0, 2, 0, 255, 255, 255, 0]);

#[test]
fn reports_say_what_is_left() {
    use GeneralName::DNSName as Dns;
    for (permitted, excluded, text) in [
        (vec![], vec![], "any name and any IP address"),
        (
            vec![Dns("A.example")],
            vec![V4, V6],
            "a.example and its subdomains; never an IP address or another name",
        ),
        (
            vec![Dns("a"), Dns("b")],
            vec![V4, V6],
            "a, b and their subdomains; never an IP address or another name",
        ),
        (vec![HOST, Dns("invalid")], vec![], "192.0.2.10; never another IP address or a name"),
        (vec![HOST, NO_V6, Dns("none.invalid")], vec![], "192.0.2.10; never another IP address or a name"),
        (
            vec![HOST, Dns("a")],
            vec![],
            "a and its subdomains, and 192.0.2.10; never another name or IP address",
        ),
        (vec![Dns("a")], vec![], "a and its subdomains, and any IP address; never another name"),
        (vec![NET], vec![], "any name, and 192.0.2.0/24; never another IP address"),
        (
            vec![Dns("a")],
            vec![V4, V6, Dns("b.a")],
            "a and its subdomains; never an IP address or another name; never b.a",
        ),
        (vec![], vec![Dns(""), V4, V6], "nothing"),
        (vec![], vec![V4, V6], "any name; never an IP address"),
        (vec![Dns("invalid")], vec![], "any IP address; never a name"),
        (vec![Dns(".a")], vec![V4, V6], "the subdomains of a; never an IP address or another name"),
        (
            vec![Dns(".b"), Dns("a"), Dns(".c")],
            vec![],
            "a and its subdomains, the subdomains of b, the subdomains of c, and any IP address; never another name",
        ),
        (
            vec![Dns("a")],
            vec![V4, V6, Dns(".a")],
            "a and its subdomains; never an IP address or another name; never the subdomains of a",
        ),
        (vec![Dns(""), Dns("a")], vec![V4, V6], "any name; never an IP address"),
        (vec![Dns("a")], vec![V4, V6, Dns(".")], "a and its subdomains; never an IP address or another name"),
    ] {
        assert_eq!(constraints(&permitted, &excluded).to_string(), text);
    }
}

#[test]
fn names_are_held_against_the_trees() {
    use GeneralName::DNSName as Dns;
    let dns = constraints(&[Dns("gitlab.example.com")], &[V4, V6]);
    let ip = constraints(&[HOST, Dns("invalid")], &[]);
    let net = constraints(&[NET], &[HOST, Dns(".corp.example")]);
    let all = constraints(&[Dns("")], &[V4, V6, Dns(".")]);
    let dot = constraints(&[Dns(".")], &[V4, V6]);
    for (permitted, name, expected) in [
        (&dns, "gitlab.example.com", true),
        (&dns, "registry.gitlab.example.com", true),
        (&dns, "*.gitlab.example.com", true),
        (&dns, "*.example.com", false),
        (&dns, "example.com", false),
        (&dns, "notgitlab.example.com", false),
        (&dns, "192.0.2.10", false),
        (&dns, "2001:db8::1", false),
        (&ip, "192.0.2.10", true),
        (&ip, "192.0.2.11", false),
        (&ip, "2001:db8::1", false),
        (&ip, "gitlab.example.com", false),
        (&net, "192.0.2.11", true),
        (&net, "192.0.2.10", false),
        (&net, "corp.example", true),
        (&net, "a.corp.example", false),
        (&all, "www.bank.example", true),
        (&all, "*.bank.example", true),
        (&dot, "www.bank.example", false),
    ] {
        assert_eq!(permitted.permits(&name.parse().expect(name)), expected, "{permitted}: {name}");
    }
    // Hosts that the constraints name and that cannot be signed are none.
    for (permitted, excluded, hosts) in [
        (&[Dns(".example.com")][..], &[V4, V6][..], &[][..]),
        (&[Dns(".example.com"), Dns("example.com"), Dns("Example.com")], &[V4, V6], &["example.com"]),
        (&[Dns("example.com"), Dns("example.org")], &[V4, V6, Dns("com")], &["example.org"]),
        (&[HOST, Dns("example.org")], &[NET], &["example.org"]),
        (&[HOST], &[Dns("")], &["192.0.2.10"]),
    ] {
        let limits = constraints(permitted, excluded);
        let found: Vec<_> = limits.hosts().iter().map(ToString::to_string).collect();
        assert_eq!(found, hosts, "{limits}");
    }
    assert_eq!(dns.hosts().iter().map(ToString::to_string).collect::<Vec<_>>(), ["gitlab.example.com"]);
    assert_eq!(ip.hosts().iter().map(ToString::to_string).collect::<Vec<_>>(), ["192.0.2.10"]);
    assert!(net.hosts().is_empty());
}

//! Every way in which limits can look narrow and be broad, a row each.

use x509_parser::extensions::GeneralName::{self, DNSName as Dns, IPAddress as Ip, RFC822Name as Mail};

use super::*;
use crate::certificate::{SubjectName, permitted::tests::constraints};

const ALL_V4: GeneralName<'static> = Ip(&[0; 8]);
const ALL_V6: GeneralName<'static> = Ip(&[0; 32]);
const HOST_V4: GeneralName<'static> = Ip(&[192, 0, 2, 10, 255, 255, 255, 255]);
const TEN: GeneralName<'static> = Ip(&[10, 0, 0, 0, 255, 0, 0, 0]);
/// 192.0.2.10 mapped into IPv6, alone.
const MAPPED: GeneralName<'static> = Ip(&[
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255,
]);
/// Every IPv4 address mapped into IPv6.
const ALL_MAPPED: GeneralName<'static> = Ip(&[
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 0, 0, 0, 0,
]);
const NO_V4: GeneralName<'static> = Ip(&[255; 8]);
const NO_V6: GeneralName<'static> = Ip(&[
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255,
]);
const NO_ADDRESS: [GeneralName<'static>; 2] = [ALL_V4, ALL_V6];
/// A mask with a hole: two addresses.
const HOLED: GeneralName<'static> = Ip(&[192, 0, 2, 0, 255, 255, 255, 254]);
const ODD_MASK: GeneralName<'static> = Ip(&[192, 0, 2, 0, 255, 0, 255, 255]);
const SHORT: GeneralName<'static> = Ip(&[192, 0, 2]);

fn hosts(names: &[&str]) -> Vec<Host> {
    names.iter().map(|name| name.parse().expect(name)).collect()
}

/// What is permitted, what is excluded, and a part of the reason; empty: it is narrow.
type Row<'r> = (&'r [GeneralName<'static>], &'r [GeneralName<'static>], &'r str);

#[test]
fn only_names_of_ones_own_are_narrow() {
    let rows: &[Row<'_>] = &[
        (&[Dns("gitlab.example.com")], &NO_ADDRESS, ""),
        (&[Dns("example.com")], &NO_ADDRESS, ""),
        (&[Dns(".example.com")], &NO_ADDRESS, ""),
        (&[Dns("GITLAB.Example.Com.")], &NO_ADDRESS, ""),
        (&[Dns("gitlab.example.com"), Dns("pages.example.org")], &NO_ADDRESS, ""),
        (&[Dns("gitlab.lan")], &NO_ADDRESS, ""),
        (&[Dns("me.github.io")], &NO_ADDRESS, ""),
        (&[Dns("xn--bcher-kva.example")], &NO_ADDRESS, ""),
        (&[Dns("none.invalid"), HOST_V4, NO_V6], &[], ""),
        (&[Dns("gitlab.example.com"), HOST_V4], &[ALL_V6], ""),
        (&[Dns("gitlab.example.com"), NO_V4, NO_V6], &[], ""),
        (&[Dns("gitlab.example.com"), MAPPED], &[ALL_V4], ""),
        (&[Dns("gitlab.example.com"), Dns("com")], &[ALL_V4, ALL_V6, Dns("com")], ""),
        (&[HOST_V4, NO_V6], &[Dns("")], ""),
        // A lone dot closes off nothing.
        (&[Dns("com")], &[ALL_V4, ALL_V6, Dns(".")], "every name below com"),
        (&[Dns("com.")], &[ALL_V4, ALL_V6, Dns(".")], "every name below com."),
        (&[Dns("com"), HOST_V4], &[ALL_V6, Dns("."), Dns("..")], "every name below com"),
        (&[], &[ALL_V4, ALL_V6, Dns(".")], "it can sign for any name"),
        (&[Dns("gitlab.example.com")], &[ALL_V4, ALL_V6, Dns(".")], ""),
        (&[Dns("gitlab.example.com"), TEN], &[ALL_V6, TEN], ""),
        (&[], &[], "no name constraints: it can sign for any name on the web"),
        (&[], &[Dns("foo.invalid")], "it can sign for any name"),
        (&[], &[Dns("foo.invalid"), ALL_V4, ALL_V6], "it can sign for any name"),
        (&[Dns("com"), Dns("net"), Dns("org")], &NO_ADDRESS, "every name below com, net and org"),
        (&[Dns("."), Dns("gitlab.example.com")], &NO_ADDRESS, "it can sign for any name"),
        (&[Dns("")], &NO_ADDRESS, "it can sign for any name"),
        (&[Dns("..")], &NO_ADDRESS, "it can sign for any name"),
        (&[Dns("*")], &NO_ADDRESS, "every name below *"),
        (&[Dns("*.com")], &NO_ADDRESS, "every name below *.com"),
        (&[Dns(".com")], &NO_ADDRESS, "every name below com"),
        (&[Dns("COM")], &NO_ADDRESS, "every name below com"),
        (&[Dns("com.")], &NO_ADDRESS, "every name below com."),
        (&[Dns("co.uk")], &NO_ADDRESS, "every name below co.uk"),
        (&[Dns("gitlab.example.com"), Dns("github.io")], &NO_ADDRESS, "every name below github.io"),
        (&[Dns("kawasaki.jp")], &NO_ADDRESS, "every name below kawasaki.jp"),
        (&[Dns("xn--p1ai")], &NO_ADDRESS, "every name below xn--p1ai"),
        (&[Dns("xn--55qx5d.cn")], &NO_ADDRESS, "every name below xn--55qx5d.cn"),
        (&[Dns("\u{516c}\u{53f8}.cn")], &NO_ADDRESS, "every name below"),
        (&[Dns("lan"), Dns("home.arpa")], &NO_ADDRESS, "every name below home.arpa and lan"),
        (&[Dns("local")], &NO_ADDRESS, "every name below local"),
        (&[Dns("internal"), Dns("corp")], &NO_ADDRESS, "every name below corp and internal"),
        (&[Dns("gitlab")], &NO_ADDRESS, "every name below gitlab"),
        (&[Dns("a b.example.com")], &NO_ADDRESS, "every name below a b.example.com"),
        (&[Dns("10")], &NO_ADDRESS, "every name below 10"),
        // Addresses.
        (&[TEN], &[], "it can sign for any name"),
        (&[TEN], &[], "any IPv6 address and every address in 10.0.0.0/8"),
        (&[], &NO_ADDRESS, "it can sign for any name"),
        (&[Dns("gitlab.example.com")], &[], "it can sign for any IP address"),
        (&[Dns("gitlab.example.com")], &[ALL_V4], "it can sign for any IPv6 address"),
        (&[Dns("gitlab.example.com")], &[ALL_V6], "it can sign for any IPv4 address"),
        (&[Dns("gitlab.example.com"), HOST_V4], &[], "it can sign for any IPv6 address"),
        (&[Dns("gitlab.example.com"), TEN], &[ALL_V6], "every address in 10.0.0.0/8"),
        (&[Dns("gitlab.example.com"), HOLED], &[ALL_V6], "every address in 192.0.2.0/31"),
        (&[Dns("gitlab.example.com"), ODD_MASK], &[ALL_V6], "every address in 192.0.2.0/255.0.255.255"),
        (&[Dns("gitlab.example.com"), ALL_V4], &[ALL_V6], "every address in 0.0.0.0/0"),
        (&[Dns("gitlab.example.com"), SHORT], &[ALL_V6], "it can sign for any IPv4 address"),
        (&[Dns("gitlab.example.com"), ALL_MAPPED], &[ALL_V4], "every address in ::ffff:0.0.0.0/96"),
        // To close off what is mapped closes off no IPv4.
        (&[Dns("gitlab.example.com")], &[ALL_MAPPED], "it can sign for any IP address"),
        (&[Dns("gitlab.example.com")], &[TEN, ALL_V6], "it can sign for any IPv4 address"),
        // Other types of name limit neither of these.
        (&[Mail("example.com")], &[], "it can sign for any name"),
    ];
    for (permitted, excluded, expected) in rows {
        let limits = constraints(permitted, excluded);
        let reason = broad_scope_reasons(&limits, true, &[]);
        match expected {
            &"" => assert_eq!(reason, None, "{permitted:?} {excluded:?}"),
            expected => {
                let reason = reason.unwrap_or_else(|| panic!("narrow: {permitted:?} {excluded:?}"));
                assert!(reason.contains(expected), "{reason}: {permitted:?} {excluded:?}");
            }
        }
    }
}

#[test]
fn what_was_asked_for_bounds_what_is_narrow() {
    let ours = constraints(&[Dns("gitlab.example.com"), Dns("pages.example.com")], &NO_ADDRESS);
    let both = constraints(&[Dns("gitlab.example.com"), Dns("paypal.com")], &NO_ADDRESS);
    let suffix = constraints(&[Dns("github.io")], &NO_ADDRESS);
    let address = constraints(&[Dns("none.invalid"), HOST_V4, NO_V6], &[]);
    for (limits, asked, expected) in [
        (&ours, &["gitlab.example.com"][..], None),
        (&ours, &["registry.example.com"], None),
        // Who asks for an address or a bare name asks for no domain.
        (&ours, &["192.0.2.10"], Some("gitlab.example.com and pages.example.com, which was not asked for")),
        (&ours, &["2001:db8::1"], Some("gitlab.example.com and pages.example.com, which was not asked for")),
        (&ours, &["gitlab"], Some("gitlab.example.com and pages.example.com, which was not asked for")),
        (&ours, &["192.0.2.10", "gitlab.example.com"], None),
        (&address, &["192.0.2.10"], None),
        (&both, &["192.0.2.10"], Some("paypal.com")),
        (&ours, &["example.org"], Some("gitlab.example.com and pages.example.com, which was not asked for")),
        (&both, &[], None),
        (&both, &["gitlab.example.com"], Some("paypal.com, which was not asked for")),
        (&both, &["gitlab.example.com", "www.paypal.com"], None),
        // A name that was asked for does not make a suffix narrow.
        (&suffix, &["github.io"], Some("every name below github.io")),
        (&suffix, &["me.github.io"], Some("every name below github.io")),
    ] {
        let reason = broad_scope_reasons(limits, true, &hosts(asked));
        assert_eq!(reason.is_some(), expected.is_some(), "{limits} {asked:?}: {reason:?}");
        assert!(reason.unwrap_or_default().contains(expected.unwrap_or_default()), "{limits} {asked:?}");
    }
    let ignored = broad_scope_reasons(&ours, false, &[]);
    assert!(ignored.is_some_and(|reason| reason.contains("not critical")));
}

#[test]
fn a_certificate_that_signs_nothing_stands_for_its_names() {
    let only = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| name.parse::<SubjectName>().expect(name)).collect();
        broad_scope_reasons(&Permitted::only(&names), true, &[])
    };
    assert_eq!(only(&["gitlab.example.com", "*.pages.example.com", "192.0.2.10", "2001:db8::1"]), None);
    assert!(only(&["*.com"]).is_some_and(|reason| reason.contains("every name below com")));
}

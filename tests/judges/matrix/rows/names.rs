//! Subject alternative names, common names, subjects and issuers.

use super::{
    super::{
        der::{element, implicit, oid, oid_content, sequence, tagged},
        plan::{
            COMMON_NAME, Change, Change::*, Critical, HOST, Leaf, Middle, ORGANIZATION, Root,
            SUBJECT_ALT_NAME, alt_names, dns, name_of, name_with,
        },
    },
    Rows,
};

const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const IA5: u8 = 0x16;
const UNIVERSAL: u8 = 0x1c;
const BMP: u8 = 0x1e;
const COUNTRY: &str = "2.5.4.6";
const SERIAL_NUMBER: &str = "2.5.4.5";
const UNIT: &str = "2.5.4.11";
const DOMAIN_COMPONENT: &str = "0.9.2342.19200300.100.1.25";
const EMAIL: &str = "1.2.840.113549.1.9.1";

/// An address among other names.
pub(crate) fn ip(bytes: &[u8]) -> Vec<u8> {
    implicit(7, bytes)
}

/// A mail address among other names.
pub(crate) fn email(text: &str) -> Vec<u8> {
    implicit(1, text.as_bytes())
}

/// A URI among other names.
pub(crate) fn uri(text: &str) -> Vec<u8> {
    implicit(6, text.as_bytes())
}

/// A directory name among other names.
pub(crate) fn directory(name: Vec<u8>) -> Vec<u8> {
    tagged(4, &[name])
}

/// A name of another type: a user principal name.
pub(crate) fn other() -> Vec<u8> {
    tagged(0, &[oid("1.3.6.1.4.1.311.20.2.3"), tagged(0, &[element(UTF8, b"root@example.com")])])
}

/// A registered identifier among other names.
pub(crate) fn registered() -> Vec<u8> {
    implicit(8, &oid_content("1.2.3.4"))
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn common_name(part: super::super::plan::Part, tag: u8, bytes: &[u8]) -> Vec<Change> {
    vec![Subject(part, name_with(&[(COMMON_NAME, tag, bytes)]))]
}

pub(crate) fn rows() -> Rows {
    let names = |names: &[Vec<u8>]| vec![Put(Leaf, alt_names(names))];
    let at = |host, all: &[Vec<u8>]| vec![Host(host), Put(Leaf, alt_names(all))];
    let plain = |text| name_of(&[(COMMON_NAME, text)]);
    let no_san = |subject| vec![Drop(Leaf, SUBJECT_ALT_NAME), Subject(Leaf, subject)];
    let many: Vec<_> =
        (0..200).map(|number| dns(&format!("host{number}.example.com"))).chain([dns(HOST)]).collect();
    let most: Vec<_> =
        (0..1700).map(|number| dns(&format!("host{number}.example.com"))).chain([dns(HOST)]).collect();
    let long = format!("{}.example.com", ["a"; 63].concat());
    vec![
        ("no SAN", vec![Drop(Leaf, SUBJECT_ALT_NAME)]),
        ("no SAN, common name with wildcard", no_san(plain("*.example.com"))),
        (
            "no SAN, two common names, ours last",
            no_san(name_of(&[(COMMON_NAME, "other"), (COMMON_NAME, HOST)])),
        ),
        ("no SAN, common name in BMPString", no_san(name_with(&[(COMMON_NAME, BMP, &wide(HOST))]))),
        ("no SAN and no subject", no_san(name_of(&[]))),
        ("SAN empty", names(&[])),
        ("SAN critical", vec![Mark(Leaf, SUBJECT_ALT_NAME, Critical::Yes)]),
        (
            "SAN critical and no subject",
            vec![Mark(Leaf, SUBJECT_ALT_NAME, Critical::Yes), Subject(Leaf, name_of(&[]))],
        ),
        ("no subject", vec![Subject(Leaf, name_of(&[]))]),
        ("SAN twice", vec![Add(Leaf, alt_names(&[dns(HOST)]))]),
        (
            "SAN twice, ours in the second",
            vec![Put(Leaf, alt_names(&[dns("other.example.com")])), Add(Leaf, alt_names(&[dns(HOST)]))],
        ),
        ("SAN without common name in it", vec![Subject(Leaf, plain("GitLab"))]),
        ("SAN in capitals", names(&[dns("MyGitLab.Example.COM")])),
        ("SAN of 200 names", names(&many)),
        ("SAN of 1700 names", names(&most)),
        ("SAN with a long label", names(&[dns(&long), dns(HOST)])),
        ("SAN with a name twice", names(&[dns(HOST), dns(HOST)])),
        ("SAN for a wildcard", names(&[dns("*.example.com")])),
        ("SAN for a wildcard in capitals", names(&[dns("*.EXAMPLE.com")])),
        ("SAN for a wildcard and its parent", names(&[dns("*.example.com"), dns("example.com")])),
        ("SAN for part of a label", names(&[dns("mygit*.example.com")])),
        ("SAN for the end of a label", names(&[dns("*lab.example.com")])),
        ("SAN for two wildcards", at("a.b.example.com", &[dns("*.*.example.com")])),
        ("SAN for an inner wildcard", at("a.b.example.com", &[dns("a.*.example.com")])),
        ("SAN for a top-level wildcard", at("nas.local", &[dns("*.local")])),
        ("SAN for a lone wildcard", at("nas", &[dns("*")])),
        ("SAN with a top-level wildcard beside", names(&[dns("*.local"), dns(HOST)])),
        ("SAN with a lone wildcard beside", names(&[dns("*"), dns(HOST)])),
        ("SAN with part of a label beside", names(&[dns("a*.example.com"), dns(HOST)])),
        ("SAN for a single label", at("nas", &[dns("nas")])),
        ("SAN with an underscore", at("my_gitlab.example.com", &[dns("my_gitlab.example.com")])),
        ("SAN with an underscore beside", names(&[dns("my_gitlab.example.com"), dns(HOST)])),
        ("SAN with an underscore in front", at("_git.example.com", &[dns("_git.example.com")])),
        (
            "SAN with a wildcard under an underscore",
            at("a.my_lab.example.com", &[dns("*.my_lab.example.com")]),
        ),
        ("SAN with a hyphen in front", at("-git.example.com", &[dns("-git.example.com")])),
        ("SAN with a hyphen in front beside", names(&[dns("-git.example.com"), dns(HOST)])),
        ("SAN with a hyphen at the end beside", names(&[dns("git-.example.com"), dns(HOST)])),
        ("SAN with digits first", at("1git.example.com", &[dns("1git.example.com")])),
        ("SAN with a dot at the end", names(&[dns("mygitlab.example.com.")])),
        ("SAN with a dot at the end beside", names(&[dns("other.example.com."), dns(HOST)])),
        ("SAN with a dot in front beside", names(&[dns(".example.com"), dns(HOST)])),
        ("SAN with an empty label beside", names(&[dns("a..example.com"), dns(HOST)])),
        ("SAN with an empty name beside", names(&[dns(""), dns(HOST)])),
        ("SAN with a space beside", names(&[dns("my gitlab.example.com"), dns(HOST)])),
        ("SAN with spaces around", names(&[dns(" mygitlab.example.com ")])),
        ("SAN with a NUL beside", names(&[dns("mygitlab.example.com\0.evil.example"), dns(HOST)])),
        ("SAN with a slash beside", names(&[dns("example.com/a"), dns(HOST)])),
        ("SAN with a colon beside", names(&[dns("example.com:443"), dns(HOST)])),
        ("SAN with a URL as DNS name beside", names(&[dns("https://example.com"), dns(HOST)])),
        ("SAN in punycode", at("xn--bcher-kva.example", &[dns("xn--bcher-kva.example")])),
        ("SAN with a wildcard in punycode", at("a.xn--bcher-kva.example", &[dns("*.xn--bcher-kva.example")])),
        ("SAN in raw UTF-8 beside", names(&[dns("bücher.example"), dns(HOST)])),
        ("SAN in raw UTF-8 alone", at("xn--bcher-kva.example", &[dns("bücher.example")])),
        ("SAN with a broken A-label beside", names(&[dns("xn--a.example"), dns(HOST)])),
        ("SAN for localhost", at("localhost", &[dns("localhost")])),
        ("SAN for an IPv4 address", at("192.0.2.10", &[ip(&[192, 0, 2, 10])])),
        (
            "SAN for an IPv6 address",
            at("2001:db8::1", &[ip(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])]),
        ),
        ("SAN with an IPv4 address beside", names(&[dns(HOST), ip(&[192, 0, 2, 10])])),
        (
            "SAN with an address mapped to IPv6",
            at("192.0.2.10", &[ip(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 10])]),
        ),
        ("SAN with an address as DNS name", at("192.0.2.10", &[dns("192.0.2.10")])),
        ("SAN with an address as DNS name beside", names(&[dns("192.0.2.10"), dns(HOST)])),
        ("SAN with an address as both", at("192.0.2.10", &[dns("192.0.2.10"), ip(&[192, 0, 2, 10])])),
        ("SAN with an IPv6 address as DNS name beside", names(&[dns("2001:db8::1"), dns(HOST)])),
        ("SAN with an address of five bytes beside", names(&[dns(HOST), ip(&[192, 0, 2, 10, 0])])),
        (
            "SAN with an address of eight bytes beside",
            names(&[dns(HOST), ip(&[192, 0, 2, 0, 255, 255, 255, 0])]),
        ),
        ("SAN with an empty address beside", names(&[dns(HOST), ip(&[])])),
        (
            "no SAN, common name is an address",
            vec![Host("192.0.2.10"), Drop(Leaf, SUBJECT_ALT_NAME), Subject(Leaf, plain("192.0.2.10"))],
        ),
        (
            "SAN for an address, common name too",
            vec![
                Host("192.0.2.10"),
                Put(Leaf, alt_names(&[ip(&[192, 0, 2, 10])])),
                Subject(Leaf, plain("192.0.2.10")),
            ],
        ),
        ("SAN with mail beside", names(&[dns(HOST), email("root@example.com")])),
        ("SAN with mail alone", names(&[email("root@example.com")])),
        ("SAN with a URI beside", names(&[dns(HOST), uri("https://mygitlab.example.com/")])),
        ("SAN with a URI alone", names(&[uri("https://mygitlab.example.com/")])),
        ("SAN with a broken URI beside", names(&[dns(HOST), uri("ht!tp:// x")])),
        ("SAN with a directory name beside", names(&[dns(HOST), directory(plain("x"))])),
        ("SAN with a directory name alone", names(&[directory(plain(HOST))])),
        ("SAN with another type beside", names(&[dns(HOST), other()])),
        ("SAN with another type alone", names(&[other()])),
        ("SAN with a registered identifier beside", names(&[dns(HOST), registered()])),
        ("SAN with an unknown type beside", names(&[dns(HOST), implicit(12, b"x")])),
        ("SAN with a name of ours at the end", names(&[email("a@b.example"), ip(&[10, 0, 0, 1]), dns(HOST)])),
        ("subject in PrintableString", common_name(Leaf, PRINTABLE, HOST.as_bytes())),
        ("subject in TeletexString", common_name(Leaf, TELETEX, HOST.as_bytes())),
        ("subject in IA5String", common_name(Leaf, IA5, HOST.as_bytes())),
        ("subject in BMPString", common_name(Leaf, BMP, &wide(HOST))),
        (
            "subject in UniversalString",
            common_name(Leaf, UNIVERSAL, &HOST.bytes().flat_map(|byte| [0, 0, 0, byte]).collect::<Vec<_>>()),
        ),
        ("subject in wrong PrintableString", common_name(Leaf, PRINTABLE, b"my_git@lab*")),
        ("subject in invalid UTF-8", common_name(Leaf, UTF8, &[0xff, 0xfe, b'a'])),
        ("subject with an odd BMPString", common_name(Leaf, BMP, b"abc")),
        ("subject with umlauts", common_name(Leaf, UTF8, "Bücher GmbH".as_bytes())),
        ("subject with Latin-1 in TeletexString", common_name(Leaf, TELETEX, b"B\xfccher")),
        ("subject with an empty common name", common_name(Leaf, UTF8, b"")),
        ("subject with a long common name", common_name(Leaf, UTF8, &[b'a'; 80])),
        (
            "subject with many attributes",
            vec![Subject(
                Leaf,
                name_with(&[
                    (COUNTRY, PRINTABLE, b"DE"),
                    (ORGANIZATION, UTF8, b"Corp"),
                    (UNIT, UTF8, b"A"),
                    (UNIT, UTF8, b"B"),
                    (DOMAIN_COMPONENT, IA5, b"corp"),
                    (SERIAL_NUMBER, PRINTABLE, b"12"),
                    (EMAIL, IA5, b"a@b.example"),
                    (COMMON_NAME, UTF8, HOST.as_bytes()),
                ]),
            )],
        ),
        (
            "subject with mail outside of SAN",
            vec![Subject(
                Leaf,
                name_with(&[(COMMON_NAME, UTF8, HOST.as_bytes()), (EMAIL, IA5, b"a@b.example")]),
            )],
        ),
        (
            "subject with a country of three letters",
            vec![Subject(
                Leaf,
                name_with(&[(COUNTRY, PRINTABLE, b"DEU"), (COMMON_NAME, UTF8, HOST.as_bytes())]),
            )],
        ),
        (
            "subject with an unknown attribute",
            vec![Subject(
                Leaf,
                name_with(&[("1.2.3.4.5", UTF8, b"x"), (COMMON_NAME, UTF8, HOST.as_bytes())]),
            )],
        ),
        (
            "subject with two values in one set",
            vec![Subject(
                Leaf,
                sequence(&[super::super::der::set(&[
                    sequence(&[oid(COMMON_NAME), element(UTF8, HOST.as_bytes())]),
                    sequence(&[oid(ORGANIZATION), element(UTF8, b"Corp")]),
                ])]),
            )],
        ),
        ("subject with an empty set", vec![Subject(Leaf, sequence(&[super::super::der::set(&[])]))]),
        ("intermediate without subject", vec![Subject(Middle, name_of(&[]))]),
        ("root without subject", vec![Subject(Root, name_of(&[]))]),
        ("root in PrintableString", common_name(Root, PRINTABLE, b"Matrix Root CA")),
        ("root in BMPString", common_name(Root, BMP, &wide("Matrix Root CA"))),
        (
            "root with two units",
            vec![Subject(Root, name_of(&[(UNIT, "A"), (UNIT, "B"), (COMMON_NAME, "Root")]))],
        ),
        (
            "root and intermediate of one name",
            vec![Subject(Middle, name_of(&[(ORGANIZATION, "Matrix"), (COMMON_NAME, "Matrix Root CA")]))],
        ),
        (
            "leaf and intermediate of one name",
            vec![Subject(Leaf, name_of(&[(ORGANIZATION, "Matrix"), (COMMON_NAME, "Matrix Issuing CA")]))],
        ),
        ("leaf's issuer differs", vec![Issuer(Leaf, plain("Somebody else"))]),
        (
            "leaf's issuer in another string type",
            vec![Issuer(
                Leaf,
                name_with(&[
                    (ORGANIZATION, PRINTABLE, b"Matrix"),
                    (COMMON_NAME, PRINTABLE, b"Matrix Issuing CA"),
                ]),
            )],
        ),
        (
            "leaf's issuer in capitals",
            vec![Issuer(Leaf, name_of(&[(ORGANIZATION, "MATRIX"), (COMMON_NAME, "Matrix Issuing CA")]))],
        ),
        (
            "leaf's issuer with a second space",
            vec![Issuer(Leaf, name_of(&[(ORGANIZATION, "Matrix"), (COMMON_NAME, "Matrix  Issuing CA")]))],
        ),
        (
            "leaf's issuer in BMPString",
            vec![Issuer(
                Leaf,
                name_with(&[(ORGANIZATION, UTF8, b"Matrix"), (COMMON_NAME, BMP, &wide("Matrix Issuing CA"))]),
            )],
        ),
        (
            "leaf's issuer in TeletexString",
            vec![Issuer(
                Leaf,
                name_with(&[(ORGANIZATION, UTF8, b"Matrix"), (COMMON_NAME, TELETEX, b"Matrix Issuing CA")]),
            )],
        ),
        (
            "leaf's issuer in IA5String",
            vec![Issuer(
                Leaf,
                name_with(&[(ORGANIZATION, UTF8, b"Matrix"), (COMMON_NAME, IA5, b"Matrix Issuing CA")]),
            )],
        ),
        (
            "leaf's issuer with spaces around",
            vec![Issuer(Leaf, name_of(&[(ORGANIZATION, "Matrix"), (COMMON_NAME, " Matrix Issuing CA ")]))],
        ),
        (
            "leaf's issuer with an umlaut in capitals",
            vec![
                Subject(Middle, name_of(&[(COMMON_NAME, "Bücher CA")])),
                Issuer(Leaf, name_of(&[(COMMON_NAME, "BÜCHER CA")])),
            ],
        ),
        (
            "intermediate's issuer in another string type",
            vec![Issuer(
                Middle,
                name_with(&[
                    (ORGANIZATION, PRINTABLE, b"Matrix"),
                    (COMMON_NAME, PRINTABLE, b"Matrix Root CA"),
                ]),
            )],
        ),
        (
            "intermediate's issuer in capitals",
            vec![Issuer(Middle, name_of(&[(ORGANIZATION, "MATRIX"), (COMMON_NAME, "Matrix Root CA")]))],
        ),
        (
            "leaf's issuer in another order",
            vec![Issuer(Leaf, name_of(&[(COMMON_NAME, "Matrix Issuing CA"), (ORGANIZATION, "Matrix")]))],
        ),
        ("leaf without issuer", vec![Issuer(Leaf, name_of(&[]))]),
    ]
}

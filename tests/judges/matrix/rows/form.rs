//! Versions, serial numbers, dates, key identifiers and extensions of other kinds.

use super::{
    super::{
        der::{bits, element, implicit, null, octets, oid, sequence, tagged},
        plan::{
            AUTHORITY_KEY_ID, COMMON_NAME, Change::*, Clock, Critical, EXTENDED_KEY_USAGE, Extension,
            KEY_USAGE, Leaf, Middle, ORGANIZATION, Root, SUBJECT_KEY_ID, authority_key_id, name_of,
            signers_id, subject_key_id,
        },
    },
    Rows,
    names::uri,
};

const UNKNOWN: &str = "1.3.6.1.4.1.55555.2";
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
const AUTHORITY_INFORMATION: &str = "1.3.6.1.5.5.7.1.1";
const SUBJECT_INFORMATION: &str = "1.3.6.1.5.5.7.1.11";
const CRL_POINTS: &str = "2.5.29.31";
const FRESHEST_CRL: &str = "2.5.29.46";
const ISSUER_ALT_NAME: &str = "2.5.29.18";
const SUBJECT_DIRECTORY: &str = "2.5.29.9";
const PRIVATE_KEY_PERIOD: &str = "2.5.29.16";
const NETSCAPE_TYPE: &str = "2.16.840.1.113730.1.1";
const NETSCAPE_COMMENT: &str = "2.16.840.1.113730.1.13";
const TIMESTAMPS: &str = "1.3.6.1.4.1.11129.2.4.2";
const POISON: &str = "1.3.6.1.4.1.11129.2.4.3";
const OCSP_NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
const MICROSOFT_TEMPLATE: &str = "1.3.6.1.4.1.311.20.2";

pub(super) fn rows() -> Rows {
    let put = |part, oid, value| vec![Put(part, Extension::new(oid, value))];
    let critical = |part, oid, value| vec![Put(part, Extension::new(oid, value).critical())];
    let points = || sequence(&[sequence(&[tagged(0, &[tagged(0, &[uri("http://127.0.0.1:9/a.crl")])])])]);
    let information = || sequence(&[sequence(&[oid("1.3.6.1.5.5.7.48.2"), uri("http://127.0.0.1:9/a.crt")])]);
    let responder = || sequence(&[sequence(&[oid("1.3.6.1.5.5.7.48.1"), uri("http://127.0.0.1:9/")])]);
    let staple = || sequence(&[element(2, &[5])]);
    let named =
        || tagged(1, &[tagged(4, &[name_of(&[(ORGANIZATION, "Matrix"), (COMMON_NAME, "Matrix Root CA")])])]);
    let days = |part, from, to| vec![Days(part, from, to)];
    vec![
        ("leaf has ended", days(Leaf, -300, -1)),
        ("leaf has ended long ago", days(Leaf, -3000, -2600)),
        ("leaf starts later", days(Leaf, 2, 300)),
        ("leaf ends before it starts", days(Leaf, 300, -300)),
        ("leaf for ten years", days(Leaf, -1, 3640)),
        ("leaf for 826 days", days(Leaf, -1, 825)),
        ("leaf until after 2050", days(Leaf, -1, 10_000)),
        ("leaf outlives its CAs", days(Leaf, -1, 4000)),
        ("leaf is older than its CAs", days(Leaf, -30, 300)),
        ("leaf from 1960", days(Leaf, -24_400, 300)),
        ("intermediate has ended", days(Middle, -300, -1)),
        ("intermediate starts later", days(Middle, 2, 300)),
        ("intermediate outlives the root", days(Middle, -1, 5000)),
        ("root has ended", days(Root, -300, -1)),
        ("root starts later", days(Root, 2, 3000)),
        ("root until after 2050", days(Root, -1, 10_000)),
        ("root for 3000 years", days(Root, -1, 1_000_000)),
        ("all have ended", vec![Days(Leaf, -300, -1), Days(Middle, -300, -1), Days(Root, -300, -1)]),
        ("leaf in GeneralizedTime", vec![Written(Leaf, Clock::Generalized)]),
        ("root in GeneralizedTime", vec![Written(Root, Clock::Generalized)]),
        ("leaf without seconds", vec![Written(Leaf, Clock::Minutes)]),
        ("leaf with an offset", vec![Written(Leaf, Clock::Offset)]),
        ("leaf of version 1", vec![DropAll(Leaf), Version(Leaf, 1)]),
        ("leaf of version 1 with extensions", vec![Version(Leaf, 1)]),
        ("leaf of version 2", vec![DropAll(Leaf), Version(Leaf, 2)]),
        ("leaf of version 4", vec![Version(Leaf, 4)]),
        ("intermediate of version 1", vec![DropAll(Middle), Version(Middle, 1)]),
        ("root of version 1", vec![DropAll(Root), Version(Root, 1)]),
        ("leaf without extensions", vec![DropAll(Leaf)]),
        ("root without extensions", vec![DropAll(Root)]),
        ("leaf serial 0", vec![Serial(Leaf, vec![0])]),
        ("leaf serial 1", vec![Serial(Leaf, vec![1])]),
        ("leaf serial negative", vec![Serial(Leaf, vec![0x80, 1])]),
        ("leaf serial of 20 bytes", vec![Serial(Leaf, vec![0x7f; 20])]),
        ("leaf serial of 21 bytes", vec![Serial(Leaf, vec![0x7f; 21])]),
        ("leaf serial of 25 bytes", vec![Serial(Leaf, vec![0x7f; 25])]),
        ("leaf serial of 100 bytes", vec![Serial(Leaf, vec![0x7f; 100])]),
        ("leaf serial with zeros in front", vec![Serial(Leaf, vec![0, 0, 1])]),
        ("leaf serial empty", vec![Serial(Leaf, vec![])]),
        ("intermediate serial negative", vec![Serial(Middle, vec![0x80, 1])]),
        ("intermediate serial 0", vec![Serial(Middle, vec![0])]),
        ("root serial 0", vec![Serial(Root, vec![0])]),
        ("root serial negative", vec![Serial(Root, vec![0x80, 1])]),
        ("root and intermediate of one serial", vec![Serial(Root, vec![9]), Serial(Middle, vec![9])]),
        ("leaf without authority key identifier", vec![Drop(Leaf, AUTHORITY_KEY_ID)]),
        ("leaf with a wrong authority key identifier", vec![Put(Leaf, authority_key_id(&[7; 20]))]),
        ("leaf with an empty authority key identifier", put(Leaf, AUTHORITY_KEY_ID, sequence(&[]))),
        (
            "leaf with issuer and serial as authority",
            put(Leaf, AUTHORITY_KEY_ID, sequence(&[named(), implicit(2, &[&[0x5a; 15][..], &[5]].concat())])),
        ),
        (
            "leaf with key, issuer and serial as authority",
            put(Leaf, AUTHORITY_KEY_ID, sequence(&[signers_id(), named(), implicit(2, &[9])])),
        ),
        ("leaf with a critical authority key identifier", vec![Mark(Leaf, AUTHORITY_KEY_ID, Critical::Yes)]),
        ("leaf without subject key identifier", vec![Drop(Leaf, SUBJECT_KEY_ID)]),
        ("leaf with a critical subject key identifier", vec![Mark(Leaf, SUBJECT_KEY_ID, Critical::Yes)]),
        ("leaf with an empty subject key identifier", vec![Put(Leaf, subject_key_id(&[]))]),
        ("leaf with a long subject key identifier", vec![Put(Leaf, subject_key_id(&[1; 64]))]),
        ("intermediate without authority key identifier", vec![Drop(Middle, AUTHORITY_KEY_ID)]),
        ("intermediate with a wrong authority key identifier", vec![Put(Middle, authority_key_id(&[7; 20]))]),
        ("intermediate without subject key identifier", vec![Drop(Middle, SUBJECT_KEY_ID)]),
        ("intermediate with another subject key identifier", vec![Put(Middle, subject_key_id(&[8; 20]))]),
        ("root without subject key identifier", vec![Drop(Root, SUBJECT_KEY_ID)]),
        ("root with an authority key identifier", vec![Put(Root, super::super::plan::own_authority())]),
        ("root with a wrong authority key identifier", vec![Put(Root, authority_key_id(&[7; 20]))]),
        ("root with a critical subject key identifier", vec![Mark(Root, SUBJECT_KEY_ID, Critical::Yes)]),
        ("leaf without any key identifier", vec![Drop(Leaf, AUTHORITY_KEY_ID), Drop(Leaf, SUBJECT_KEY_ID)]),
        ("leaf with an unknown extension", put(Leaf, UNKNOWN, null())),
        ("leaf with a critical unknown extension", critical(Leaf, UNKNOWN, null())),
        ("intermediate with a critical unknown extension", critical(Middle, UNKNOWN, null())),
        ("root with a critical unknown extension", critical(Root, UNKNOWN, null())),
        (
            "leaf with an unknown extension twice",
            vec![Add(Leaf, Extension::new(UNKNOWN, null())), Add(Leaf, Extension::new(UNKNOWN, null()))],
        ),
        ("intermediate with an unknown extension", put(Middle, UNKNOWN, null())),
        ("root with an unknown extension", put(Root, UNKNOWN, null())),
        ("leaf with an explicit not critical", vec![Mark(Leaf, EXTENDED_KEY_USAGE, Critical::ExplicitNo)]),
        ("leaf must staple", put(Leaf, TLS_FEATURE, staple())),
        ("leaf must staple, critical", critical(Leaf, TLS_FEATURE, staple())),
        ("intermediate must staple", put(Middle, TLS_FEATURE, staple())),
        ("leaf with revocation lists", put(Leaf, CRL_POINTS, points())),
        ("leaf with critical revocation lists", critical(Leaf, CRL_POINTS, points())),
        ("intermediate with critical revocation lists", critical(Middle, CRL_POINTS, points())),
        ("leaf with critical fresh revocation lists", critical(Leaf, FRESHEST_CRL, points())),
        ("leaf with its issuer's address", put(Leaf, AUTHORITY_INFORMATION, information())),
        ("leaf with its issuer's address, critical", critical(Leaf, AUTHORITY_INFORMATION, information())),
        (
            "leaf with its issuer's address, which is not sent",
            vec![Serve(&[Leaf]), Put(Leaf, Extension::new(AUTHORITY_INFORMATION, information()))],
        ),
        ("leaf with an OCSP responder", put(Leaf, AUTHORITY_INFORMATION, responder())),
        ("leaf with subject information, critical", critical(Leaf, SUBJECT_INFORMATION, information())),
        (
            "leaf with an issuer alternative name",
            put(Leaf, ISSUER_ALT_NAME, sequence(&[uri("http://ca.example/")])),
        ),
        (
            "leaf with a critical issuer alternative name",
            critical(Leaf, ISSUER_ALT_NAME, sequence(&[uri("http://ca.example/")])),
        ),
        (
            "leaf with directory attributes, critical",
            critical(
                Leaf,
                SUBJECT_DIRECTORY,
                sequence(&[sequence(&[
                    oid("1.3.6.1.5.5.7.9.4"),
                    super::super::der::set(&[element(0x13, b"DE")]),
                ])]),
            ),
        ),
        (
            "leaf with a private key's period",
            put(
                Leaf,
                PRIVATE_KEY_PERIOD,
                sequence(&[implicit(0, b"20200101000000Z"), implicit(1, b"20210101000000Z")]),
            ),
        ),
        ("leaf of Netscape's type server", put(Leaf, NETSCAPE_TYPE, bits(&[1]))),
        ("leaf of Netscape's type client", put(Leaf, NETSCAPE_TYPE, bits(&[0]))),
        ("leaf of Netscape's type server, critical", critical(Leaf, NETSCAPE_TYPE, bits(&[1]))),
        ("intermediate of Netscape's type for mail", put(Middle, NETSCAPE_TYPE, bits(&[6]))),
        ("leaf with Netscape's comment", put(Leaf, NETSCAPE_COMMENT, element(0x16, b"made by OpenSSL"))),
        (
            "leaf with Netscape's comment, critical",
            critical(Leaf, NETSCAPE_COMMENT, element(0x16, b"made by OpenSSL")),
        ),
        ("leaf with empty timestamps", put(Leaf, TIMESTAMPS, octets(&[0, 0]))),
        ("leaf with poison", critical(Leaf, POISON, null())),
        ("leaf without OCSP check", put(Leaf, OCSP_NO_CHECK, null())),
        ("leaf with Microsoft's template", put(Leaf, MICROSOFT_TEMPLATE, element(0x1e, &[0, b'W', 0, b'S']))),
        ("leaf with an unreadable key usage", critical(Leaf, KEY_USAGE, null())),
        ("leaf with an unreadable extended key usage", put(Leaf, EXTENDED_KEY_USAGE, null())),
        ("leaf with unreadable revocation lists", put(Leaf, CRL_POINTS, null())),
        ("leaf with unreadable issuer's address", put(Leaf, AUTHORITY_INFORMATION, null())),
        ("leaf with unreadable timestamps", put(Leaf, TIMESTAMPS, null())),
    ]
}

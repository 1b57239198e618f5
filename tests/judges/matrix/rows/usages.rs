//! Basic constraints, key usages, extended key usages.

use super::{
    super::der::{boolean, integer, sequence},
    super::plan::{
        BASIC_CONSTRAINTS, CRL_SIGN, Change::*, Critical, DIGITAL_SIGNATURE, EXTENDED_KEY_USAGE, Extension,
        KEY_CERT_SIGN, KEY_USAGE, Leaf, Middle, Root, SERVER_AUTH, basic_constraints, extended_key_usage,
        key_usage,
    },
    Rows,
};

const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const EMAIL: &str = "1.3.6.1.5.5.7.3.4";
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
const ANY: &str = "2.5.29.37.0";
const NETSCAPE_SERVERS: &str = "2.16.840.1.113730.4.1";
const MICROSOFT_SERVERS: &str = "1.3.6.1.4.1.311.10.3.3";
const UNKNOWN: &str = "1.3.6.1.4.1.55555.1";
const NON_REPUDIATION: u8 = 1;
const KEY_ENCIPHERMENT: u8 = 2;
const DATA_ENCIPHERMENT: u8 = 3;
const KEY_AGREEMENT: u8 = 4;

pub(super) fn rows() -> Rows {
    let usage = |part, bits: &[u8]| vec![Put(part, key_usage(bits).critical())];
    let extended = |part, usages: &[&str]| vec![Put(part, extended_key_usage(usages))];
    let basic = |part, value| vec![Put(part, Extension::new(BASIC_CONSTRAINTS, value).critical())];
    vec![
        ("root without basic constraints", vec![Drop(Root, BASIC_CONSTRAINTS)]),
        ("root CA:FALSE", vec![Put(Root, basic_constraints(false, None).critical())]),
        ("root basic constraints not critical", vec![Mark(Root, BASIC_CONSTRAINTS, Critical::No)]),
        ("intermediate without basic constraints", vec![Drop(Middle, BASIC_CONSTRAINTS)]),
        ("intermediate CA:FALSE", vec![Put(Middle, basic_constraints(false, None).critical())]),
        ("intermediate basic constraints not critical", vec![Mark(Middle, BASIC_CONSTRAINTS, Critical::No)]),
        ("leaf without basic constraints", vec![Drop(Leaf, BASIC_CONSTRAINTS)]),
        ("leaf basic constraints not critical", vec![Mark(Leaf, BASIC_CONSTRAINTS, Critical::No)]),
        ("leaf CA:TRUE", vec![Put(Leaf, basic_constraints(true, None).critical())]),
        (
            "leaf CA:TRUE that may sign",
            vec![
                Put(Leaf, basic_constraints(true, None).critical()),
                Put(Leaf, key_usage(&[DIGITAL_SIGNATURE, KEY_CERT_SIGN]).critical()),
            ],
        ),
        ("leaf CA:FALSE said in so many words", basic(Leaf, sequence(&[boolean(false)]))),
        ("leaf CA:FALSE with path length", basic(Leaf, sequence(&[integer(&[0])]))),
        ("root negative path length", basic(Root, sequence(&[boolean(true), integer(&[0xff])]))),
        ("leaf basic constraints twice", vec![Add(Leaf, basic_constraints(false, None))]),
        ("root without key usage", vec![Drop(Root, KEY_USAGE)]),
        (
            "root without key usage or path length",
            vec![Drop(Root, KEY_USAGE), Put(Root, basic_constraints(true, None).critical())],
        ),
        ("root key usage not critical", vec![Mark(Root, KEY_USAGE, Critical::No)]),
        ("root may sign only lists", usage(Root, &[CRL_SIGN])),
        ("root may sign only data", usage(Root, &[DIGITAL_SIGNATURE])),
        ("root may also sign data", usage(Root, &[DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN])),
        ("root may sign only certificates", usage(Root, &[KEY_CERT_SIGN])),
        ("intermediate without key usage", vec![Drop(Middle, KEY_USAGE)]),
        ("intermediate key usage not critical", vec![Mark(Middle, KEY_USAGE, Critical::No)]),
        ("intermediate may sign only lists", usage(Middle, &[CRL_SIGN])),
        ("intermediate may also sign data", usage(Middle, &[DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN])),
        ("leaf without key usage", vec![Drop(Leaf, KEY_USAGE)]),
        ("leaf key usage not critical", vec![Mark(Leaf, KEY_USAGE, Critical::No)]),
        ("leaf key usage empty", usage(Leaf, &[])),
        ("leaf may encipher keys", usage(Leaf, &[KEY_ENCIPHERMENT])),
        ("leaf may sign and encipher keys", usage(Leaf, &[DIGITAL_SIGNATURE, KEY_ENCIPHERMENT])),
        ("leaf may agree on keys", usage(Leaf, &[KEY_AGREEMENT])),
        ("leaf may sign and agree on keys", usage(Leaf, &[DIGITAL_SIGNATURE, KEY_AGREEMENT])),
        ("leaf may encipher data", usage(Leaf, &[DATA_ENCIPHERMENT])),
        ("leaf may not deny", usage(Leaf, &[NON_REPUDIATION])),
        ("leaf may sign certificates", usage(Leaf, &[DIGITAL_SIGNATURE, KEY_CERT_SIGN])),
        ("leaf may sign lists", usage(Leaf, &[DIGITAL_SIGNATURE, CRL_SIGN])),
        ("leaf may only sign certificates", usage(Leaf, &[KEY_CERT_SIGN])),
        ("leaf may all", usage(Leaf, &[0, 1, 2, 3, 4, 5, 6, 7, 8])),
        ("leaf key usage twice", vec![Add(Leaf, key_usage(&[DIGITAL_SIGNATURE]))]),
        ("leaf without extended key usage", vec![Drop(Leaf, EXTENDED_KEY_USAGE)]),
        ("leaf extended key usage critical", vec![Mark(Leaf, EXTENDED_KEY_USAGE, Critical::Yes)]),
        ("leaf for clients", extended(Leaf, &[CLIENT_AUTH])),
        ("leaf for servers and clients", extended(Leaf, &[SERVER_AUTH, CLIENT_AUTH])),
        ("leaf for any use", extended(Leaf, &[ANY])),
        ("leaf for any use and servers", extended(Leaf, &[ANY, SERVER_AUTH])),
        ("leaf for code", extended(Leaf, &[CODE_SIGNING])),
        ("leaf for mail", extended(Leaf, &[EMAIL])),
        ("leaf for OCSP and servers", extended(Leaf, &[OCSP_SIGNING, SERVER_AUTH])),
        ("leaf for OCSP", extended(Leaf, &[OCSP_SIGNING])),
        ("leaf for Netscape's servers", extended(Leaf, &[NETSCAPE_SERVERS])),
        ("leaf for Microsoft's servers", extended(Leaf, &[MICROSOFT_SERVERS])),
        ("leaf for an unknown use", extended(Leaf, &[UNKNOWN])),
        ("leaf for an unknown use and servers", extended(Leaf, &[UNKNOWN, SERVER_AUTH])),
        ("leaf for no use", extended(Leaf, &[])),
        ("leaf for servers twice", extended(Leaf, &[SERVER_AUTH, SERVER_AUTH])),
        ("leaf extended key usage twice", vec![Add(Leaf, extended_key_usage(&[SERVER_AUTH]))]),
        ("intermediate without extended key usage", vec![Drop(Middle, EXTENDED_KEY_USAGE)]),
        ("intermediate for clients", extended(Middle, &[CLIENT_AUTH])),
        ("intermediate for servers and clients", extended(Middle, &[SERVER_AUTH, CLIENT_AUTH])),
        ("intermediate for any use", extended(Middle, &[ANY])),
        ("intermediate for an unknown use", extended(Middle, &[UNKNOWN])),
        ("intermediate extended key usage critical", vec![Mark(Middle, EXTENDED_KEY_USAGE, Critical::Yes)]),
        ("intermediate for Netscape's servers", extended(Middle, &[NETSCAPE_SERVERS])),
        ("root for servers", extended(Root, &[SERVER_AUTH])),
        ("root for clients", extended(Root, &[CLIENT_AUTH])),
        ("root for code and mail", extended(Root, &[CODE_SIGNING, EMAIL])),
        ("root for any use", extended(Root, &[ANY])),
        ("root for servers, critical", vec![Put(Root, extended_key_usage(&[SERVER_AUTH]).critical())]),
    ]
}

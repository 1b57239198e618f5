//! What is served, in what order, under which anchor; and certificates that sign themselves.

use super::{
    super::plan::{
        AUTHORITY_KEY_ID, BASIC_CONSTRAINTS, Change, Change::*, DIGITAL_SIGNATURE, EXTENDED_KEY_USAGE,
        KEY_CERT_SIGN, KEY_USAGE, Leaf, Middle, Past, Root, SUBJECT_ALT_NAME, SUBJECT_KEY_ID, Stranger, Twin,
        Upper, basic_constraints, key_usage,
    },
    Rows,
};

pub(super) fn rows() -> Rows {
    let two = || vec![SignedBy(Leaf, Root), Serve(&[Leaf, Root])];
    let four = |served| {
        vec![SignedBy(Middle, Upper), Put(Root, basic_constraints(true, Some(2)).critical()), Serve(served)]
    };
    let alone = || vec![SignedBy(Leaf, Leaf), Serve(&[Leaf]), Trust(Leaf)];
    let and = |start: Vec<Change>, more: &[Change]| [&start[..], more].concat();
    vec![
        ("the profile", vec![]),
        ("root not sent", vec![Serve(&[Leaf, Middle])]),
        ("intermediate not sent", vec![Serve(&[Leaf])]),
        ("intermediate not sent, root sent", vec![Serve(&[Leaf, Root])]),
        ("root before intermediate", vec![Serve(&[Leaf, Root, Middle])]),
        ("leaf sent twice", vec![Serve(&[Leaf, Leaf, Middle])]),
        ("intermediate sent twice", vec![Serve(&[Leaf, Middle, Middle])]),
        ("root sent twice", vec![Serve(&[Leaf, Middle, Root, Root])]),
        ("all sent twice", vec![Serve(&[Leaf, Middle, Root, Leaf, Middle, Root])]),
        ("leaf sent again at the end", vec![Serve(&[Leaf, Middle, Root, Leaf])]),
        ("a stranger at the end", vec![Serve(&[Leaf, Middle, Stranger])]),
        ("a stranger after the leaf", vec![Serve(&[Leaf, Stranger, Middle])]),
        ("a stranger instead of the intermediate", vec![Serve(&[Leaf, Stranger])]),
        ("an unused intermediate too", vec![Serve(&[Leaf, Middle, Upper])]),
        ("a twin of the intermediate first", vec![Serve(&[Leaf, Twin, Middle])]),
        ("a twin of the intermediate last", vec![Serve(&[Leaf, Middle, Twin])]),
        ("a twin instead of the intermediate", vec![Serve(&[Leaf, Twin])]),
        ("an ended intermediate first", vec![Serve(&[Leaf, Past, Middle])]),
        ("an ended intermediate last", vec![Serve(&[Leaf, Middle, Past])]),
        ("an ended intermediate alone", vec![Serve(&[Leaf, Past])]),
        ("another root is trusted", vec![Trust(Stranger)]),
        ("the intermediate is trusted", vec![Serve(&[Leaf, Middle]), Trust(Middle)]),
        ("the intermediate is trusted and not sent", vec![Serve(&[Leaf]), Trust(Middle)]),
        ("the leaf is trusted", vec![Serve(&[Leaf]), Trust(Leaf)]),
        ("two certificates", two()),
        ("two certificates, root not sent", vec![SignedBy(Leaf, Root), Serve(&[Leaf])]),
        (
            "two certificates, path length 0",
            and(two(), &[Put(Root, basic_constraints(true, Some(0)).critical())]),
        ),
        ("four certificates", four(&[Leaf, Middle, Upper, Root])),
        ("four certificates, root not sent", four(&[Leaf, Middle, Upper])),
        ("four certificates, intermediates in wrong order", four(&[Leaf, Upper, Middle])),
        ("four certificates, lower intermediate not sent", four(&[Leaf, Upper])),
        ("four certificates, upper intermediate not sent", four(&[Leaf, Middle])),
        (
            "four certificates, root path length 1",
            and(four(&[Leaf, Middle, Upper]), &[Put(Root, basic_constraints(true, Some(1)).critical())]),
        ),
        (
            "four certificates, upper path length 0",
            and(four(&[Leaf, Middle, Upper]), &[Put(Upper, basic_constraints(true, Some(0)).critical())]),
        ),
        ("root path length 0", vec![Put(Root, basic_constraints(true, Some(0)).critical())]),
        ("root without path length", vec![Put(Root, basic_constraints(true, None).critical())]),
        ("intermediate without path length", vec![Put(Middle, basic_constraints(true, None).critical())]),
        (
            "intermediate path length above the root's",
            vec![Put(Middle, basic_constraints(true, Some(5)).critical())],
        ),
        ("wrong signature on the leaf", vec![Spoil(Leaf)]),
        ("wrong signature on the intermediate", vec![Spoil(Middle)]),
        ("wrong signature on the root", vec![Spoil(Root)]),
        ("self-signed", alone()),
        ("self-signed, no basic constraints", and(alone(), &[Drop(Leaf, BASIC_CONSTRAINTS)])),
        ("self-signed, no key usage", and(alone(), &[Drop(Leaf, KEY_USAGE)])),
        ("self-signed, as our own", and(alone(), &[Drop(Leaf, BASIC_CONSTRAINTS), Drop(Leaf, KEY_USAGE)])),
        (
            "self-signed, no basic constraints, may sign",
            and(
                alone(),
                &[
                    Drop(Leaf, BASIC_CONSTRAINTS),
                    Put(Leaf, key_usage(&[DIGITAL_SIGNATURE, KEY_CERT_SIGN]).critical()),
                ],
            ),
        ),
        (
            "self-signed, CA:FALSE, may sign",
            and(alone(), &[Put(Leaf, key_usage(&[DIGITAL_SIGNATURE, KEY_CERT_SIGN]).critical())]),
        ),
        ("self-signed CA", and(alone(), &[Put(Leaf, basic_constraints(true, None).critical())])),
        (
            "self-signed CA that may sign",
            and(
                alone(),
                &[
                    Put(Leaf, basic_constraints(true, None).critical()),
                    Put(Leaf, key_usage(&[DIGITAL_SIGNATURE, KEY_CERT_SIGN]).critical()),
                ],
            ),
        ),
        (
            "self-signed CA that may only sign",
            and(
                alone(),
                &[
                    Put(Leaf, basic_constraints(true, None).critical()),
                    Put(Leaf, key_usage(&[KEY_CERT_SIGN]).critical()),
                ],
            ),
        ),
        (
            "self-signed CA without key usage",
            and(alone(), &[Put(Leaf, basic_constraints(true, None).critical()), Drop(Leaf, KEY_USAGE)]),
        ),
        (
            "self-signed CA without extended key usage",
            and(
                alone(),
                &[
                    Put(Leaf, basic_constraints(true, None).critical()),
                    Drop(Leaf, KEY_USAGE),
                    Drop(Leaf, EXTENDED_KEY_USAGE),
                ],
            ),
        ),
        (
            "self-signed CA with path length 0",
            and(alone(), &[Put(Leaf, basic_constraints(true, Some(0)).critical()), Drop(Leaf, KEY_USAGE)]),
        ),
        ("self-signed, no SAN", and(alone(), &[Drop(Leaf, SUBJECT_ALT_NAME)])),
        (
            "self-signed, SAN alone",
            and(
                alone(),
                &[
                    Drop(Leaf, BASIC_CONSTRAINTS),
                    Drop(Leaf, KEY_USAGE),
                    Drop(Leaf, EXTENDED_KEY_USAGE),
                    Drop(Leaf, SUBJECT_KEY_ID),
                    Drop(Leaf, AUTHORITY_KEY_ID),
                ],
            ),
        ),
        ("self-signed, no extended key usage", and(alone(), &[Drop(Leaf, EXTENDED_KEY_USAGE)])),
        (
            "self-signed, no key identifiers",
            and(alone(), &[Drop(Leaf, SUBJECT_KEY_ID), Drop(Leaf, AUTHORITY_KEY_ID)]),
        ),
        ("self-signed, no extensions", and(alone(), &[DropAll(Leaf)])),
        ("self-signed, version 1", and(alone(), &[DropAll(Leaf), Version(Leaf, 1)])),
        ("self-signed, ended", and(alone(), &[Days(Leaf, -300, -1)])),
        ("self-signed, wrong signature", and(alone(), &[Spoil(Leaf)])),
        ("self-signed and sent twice", and(alone(), &[Serve(&[Leaf, Leaf])])),
        ("self-signed and not trusted", and(alone(), &[Trust(Root)])),
    ]
}

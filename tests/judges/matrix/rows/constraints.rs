//! Name constraints and policies.

use super::{
    super::{
        der::{implicit, integer, oid, sequence, tagged},
        plan::{
            COMMON_NAME, Change::*, Critical, Extension, HOST, Leaf, Middle, NAME_CONSTRAINTS, ORGANIZATION,
            Root, SUBJECT_ALT_NAME, alt_names, dns, name_constraints, name_of,
        },
    },
    Rows,
    names::{directory, email, ip, other, registered, uri},
};

const POLICIES: &str = "2.5.29.32";
const POLICY_MAPPINGS: &str = "2.5.29.33";
const POLICY_CONSTRAINTS: &str = "2.5.29.36";
const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
const ANY_POLICY: &str = "2.5.29.32.0";
const POLICY: &str = "1.3.6.1.4.1.55555.9";

fn policies(all: &[&str]) -> Extension {
    let all: Vec<_> = all.iter().map(|policy| sequence(&[oid(policy)])).collect();
    Extension::new(POLICIES, sequence(&all))
}

pub(super) fn rows() -> Rows {
    let no_ip = || [ip(&[0; 8]), ip(&[0; 32])];
    let permit = |part, names: &[Vec<u8>]| vec![Put(part, name_constraints(names, &[]))];
    let exclude = |part, names: &[Vec<u8>]| vec![Put(part, name_constraints(&[], names))];
    let both = |names: &[Vec<u8>]| {
        vec![Put(Root, name_constraints(names, &no_ip())), Put(Middle, name_constraints(names, &no_ip()))]
    };
    let raw = |part, value| vec![Put(part, Extension::new(NAME_CONSTRAINTS, value).critical())];
    let network = [192, 0, 2, 0, 255, 255, 255, 0];
    let all = |start: Vec<_>, more: Vec<_>| [start, more].concat();
    let at_address = || {
        vec![
            Host("192.0.2.10"),
            Put(Leaf, alt_names(&[ip(&[192, 0, 2, 10])])),
            Subject(Leaf, name_of(&[(ORGANIZATION, "x")])),
        ]
    };
    let named = |names: &[Vec<u8>]| vec![Put(Leaf, alt_names(names))];
    let tree = |name, minimum: &[u8], maximum: &[u8]| {
        let part = |number, bytes: &[u8]| if bytes.is_empty() { Vec::new() } else { implicit(number, bytes) };
        sequence(&[tagged(0, &[sequence(&[name, part(0, minimum), part(1, maximum)])])])
    };
    vec![
        ("constraints as our own", both(&[dns(HOST)])),
        ("constraints as our own, one label below", all(both(&[dns("example.com")]), vec![])),
        (
            "constraints as our own, not critical",
            all(
                both(&[dns(HOST)]),
                vec![
                    Mark(Root, NAME_CONSTRAINTS, Critical::No),
                    Mark(Middle, NAME_CONSTRAINTS, Critical::No),
                ],
            ),
        ),
        ("root permits another name", permit(Root, &[dns("other.example")])),
        (
            "root permits another name, not critical",
            all(permit(Root, &[dns("other.example")]), vec![Mark(Root, NAME_CONSTRAINTS, Critical::No)]),
        ),
        ("intermediate permits another name", permit(Middle, &[dns("other.example")])),
        (
            "intermediate permits another name, not critical",
            all(permit(Middle, &[dns("other.example")]), vec![Mark(Middle, NAME_CONSTRAINTS, Critical::No)]),
        ),
        ("root permits the parent", permit(Root, &[dns("example.com")])),
        ("root permits with a dot in front", permit(Root, &[dns(".example.com")])),
        ("intermediate permits with a dot in front", permit(Middle, &[dns(".example.com")])),
        ("root permits below with a dot in front", permit(Root, &[dns(".mygitlab.example.com")])),
        ("intermediate permits below with a dot in front", permit(Middle, &[dns(".mygitlab.example.com")])),
        ("root permits in capitals", permit(Root, &[dns("MyGitLab.EXAMPLE.com")])),
        ("root permits a name that ends alike", permit(Root, &[dns("lab.example.com")])),
        ("root permits an empty name", permit(Root, &[dns("")])),
        ("root permits a lone dot", permit(Root, &[dns(".")])),
        ("root permits a wildcard", permit(Root, &[dns("*.example.com")])),
        ("intermediate permits a wildcard", permit(Middle, &[dns("*.example.com")])),
        ("root permits with a dot at the end", permit(Root, &[dns("example.com.")])),
        ("root permits with an underscore", permit(Root, &[dns("my_lab.example"), dns(HOST)])),
        ("root permits several names", permit(Root, &[dns("a.example"), dns("b.example"), dns(HOST)])),
        (
            "root and intermediate permit different names",
            vec![
                Put(Root, name_constraints(&[dns("example.com")], &[])),
                Put(Middle, name_constraints(&[dns("other.example")], &[])),
            ],
        ),
        ("root excludes the name", exclude(Root, &[dns(HOST)])),
        ("intermediate excludes the name", exclude(Middle, &[dns(HOST)])),
        ("root excludes another name", exclude(Root, &[dns("other.example")])),
        ("root excludes below", exclude(Root, &[dns("a.mygitlab.example.com")])),
        ("root excludes all names", exclude(Root, &[dns("")])),
        ("intermediate excludes all names", exclude(Middle, &[dns("")])),
        (
            "root permits the parent, excludes the name",
            vec![Put(Root, name_constraints(&[dns("example.com")], &[dns(HOST)]))],
        ),
        (
            "root permits, the leaf has a wildcard",
            all(permit(Root, &[dns("example.com")]), named(&[dns("*.example.com")])),
        ),
        (
            "root permits the name, the leaf has a wildcard above",
            all(permit(Root, &[dns(HOST)]), named(&[dns("*.example.com")])),
        ),
        (
            "intermediate permits the name, the leaf has a wildcard above",
            all(permit(Middle, &[dns(HOST)]), named(&[dns("*.example.com")])),
        ),
        (
            "root excludes a name that the wildcard covers",
            all(exclude(Root, &[dns("a.example.com")]), named(&[dns("*.example.com")])),
        ),
        (
            "intermediate excludes a name that the wildcard covers",
            all(exclude(Middle, &[dns("a.example.com")]), named(&[dns("*.example.com")])),
        ),
        (
            "root permits, the leaf has a second name outside",
            all(permit(Root, &[dns(HOST)]), named(&[dns(HOST), dns("other.example")])),
        ),
        (
            "root permits, the leaf has a name with underscore outside",
            all(permit(Root, &[dns(HOST)]), named(&[dns(HOST), dns("my_lab.example")])),
        ),
        (
            "root permits, the leaf has a name with underscore inside",
            all(permit(Root, &[dns("example.com")]), named(&[dns(HOST), dns("my_lab.example.com")])),
        ),
        (
            "root permits, the leaf has only a common name",
            all(permit(Root, &[dns(HOST)]), vec![Drop(Leaf, SUBJECT_ALT_NAME)]),
        ),
        (
            "root permits another, the leaf has only a common name",
            all(
                permit(Root, &[dns("other.example")]),
                vec![Drop(Leaf, SUBJECT_ALT_NAME), Subject(Leaf, name_of(&[(COMMON_NAME, HOST)]))],
            ),
        ),
        (
            "root permits another, the leaf has only a wildcard as common name",
            all(
                permit(Root, &[dns("other.example")]),
                vec![Drop(Leaf, SUBJECT_ALT_NAME), Subject(Leaf, name_of(&[(COMMON_NAME, "*.example.com")]))],
            ),
        ),
        (
            "both permit another, the leaf has only a wildcard as common name",
            all(
                both(&[dns("other.example")]),
                vec![Drop(Leaf, SUBJECT_ALT_NAME), Subject(Leaf, name_of(&[(COMMON_NAME, "*.example.com")]))],
            ),
        ),
        (
            "root permits, the common name is of another host",
            all(permit(Root, &[dns(HOST)]), vec![Subject(Leaf, name_of(&[(COMMON_NAME, "other.example")]))]),
        ),
        (
            "root permits, the common name is no host",
            all(permit(Root, &[dns(HOST)]), vec![Subject(Leaf, name_of(&[(COMMON_NAME, "Git Lab")]))]),
        ),
        (
            "intermediate permits, the common name is of another host",
            all(
                permit(Middle, &[dns(HOST)]),
                vec![Subject(Leaf, name_of(&[(COMMON_NAME, "other.example")]))],
            ),
        ),
        ("root permits addresses alone", permit(Root, &[ip(&network)])),
        ("root permits the address", all(permit(Root, &[ip(&network)]), at_address())),
        (
            "root permits another address",
            all(permit(Root, &[ip(&[10, 0, 0, 0, 255, 0, 0, 0])]), at_address()),
        ),
        ("intermediate permits the address", all(permit(Middle, &[ip(&network)]), at_address())),
        (
            "intermediate permits another address",
            all(permit(Middle, &[ip(&[10, 0, 0, 0, 255, 0, 0, 0])]), at_address()),
        ),
        ("root permits an IPv6 network, the leaf has IPv4", all(permit(Root, &[ip(&[0; 32])]), at_address())),
        ("root excludes the address", all(exclude(Root, &[ip(&network)]), at_address())),
        ("root excludes IPv6, the leaf has IPv4", all(exclude(Root, &[ip(&[0; 32])]), at_address())),
        (
            "intermediate excludes IPv6, the leaf has IPv4",
            all(exclude(Middle, &[ip(&[0; 32])]), at_address()),
        ),
        ("root permits names, the leaf has an address", all(permit(Root, &[dns(HOST)]), at_address())),
        ("root permits addresses of a wrong length", permit(Root, &[ip(&[10, 0, 0, 0])])),
        ("root permits addresses with a broken mask", permit(Root, &[ip(&[10, 0, 0, 0, 255, 0, 255, 0])])),
        (
            "root permits the address with a broken mask",
            all(permit(Root, &[ip(&[192, 0, 2, 0, 255, 0, 255, 0])]), at_address()),
        ),
        ("root permits mail", permit(Root, &[email("example.com")])),
        (
            "root permits mail, the leaf has mail inside",
            all(permit(Root, &[email("example.com")]), named(&[dns(HOST), email("a@example.com")])),
        ),
        (
            "root permits mail, the leaf has mail outside",
            all(permit(Root, &[email("other.example")]), named(&[dns(HOST), email("a@example.com")])),
        ),
        (
            "intermediate permits mail, the leaf has mail outside",
            all(permit(Middle, &[email("other.example")]), named(&[dns(HOST), email("a@example.com")])),
        ),
        ("root excludes mail of nobody", exclude(Root, &[email("none.invalid")])),
        ("root excludes all mail", exclude(Root, &[email("")])),
        ("intermediate excludes all mail", exclude(Middle, &[email("")])),
        (
            "root excludes mail of nobody, the leaf has mail",
            all(exclude(Root, &[email("none.invalid")]), named(&[dns(HOST), email("a@example.com")])),
        ),
        (
            "root permits mail, the subject has mail outside",
            all(
                permit(Root, &[email("other.example")]),
                vec![Subject(
                    Leaf,
                    super::super::plan::name_with(&[
                        (COMMON_NAME, 0x0c, HOST.as_bytes()),
                        ("1.2.840.113549.1.9.1", 0x16, b"a@b.example"),
                    ]),
                )],
            ),
        ),
        ("root permits URIs", permit(Root, &[uri("example.com")])),
        ("intermediate permits URIs", permit(Middle, &[uri("example.com")])),
        (
            "root permits URIs, the leaf has one inside",
            all(permit(Root, &[uri(HOST)]), named(&[dns(HOST), uri("https://mygitlab.example.com/")])),
        ),
        (
            "root permits URIs, the leaf has one outside",
            all(
                permit(Root, &[uri("other.example")]),
                named(&[dns(HOST), uri("https://mygitlab.example.com/")]),
            ),
        ),
        (
            "intermediate permits URIs, the leaf has one outside",
            all(
                permit(Middle, &[uri("other.example")]),
                named(&[dns(HOST), uri("https://mygitlab.example.com/")]),
            ),
        ),
        ("root excludes URIs of nobody", exclude(Root, &[uri("none.invalid")])),
        ("root excludes all URIs", exclude(Root, &[uri("")])),
        ("root permits the directory name", permit(Root, &[directory(name_of(&[(ORGANIZATION, "Matrix")]))])),
        (
            "intermediate permits the directory name",
            permit(Middle, &[directory(name_of(&[(ORGANIZATION, "Matrix")]))]),
        ),
        (
            "root permits another directory name",
            permit(Root, &[directory(name_of(&[(ORGANIZATION, "Other")]))]),
        ),
        (
            "intermediate permits another directory name",
            permit(Middle, &[directory(name_of(&[(ORGANIZATION, "Other")]))]),
        ),
        (
            "root excludes the directory name",
            exclude(Root, &[directory(name_of(&[(ORGANIZATION, "Matrix")]))]),
        ),
        (
            "root excludes another directory name",
            exclude(Root, &[directory(name_of(&[(ORGANIZATION, "Other")]))]),
        ),
        (
            "intermediate excludes another directory name",
            exclude(Middle, &[directory(name_of(&[(ORGANIZATION, "Other")]))]),
        ),
        ("root permits another type", permit(Root, &[other()])),
        ("intermediate permits another type", permit(Middle, &[other()])),
        (
            "root permits another type, not critical",
            all(permit(Root, &[other()]), vec![Mark(Root, NAME_CONSTRAINTS, Critical::No)]),
        ),
        ("root excludes another type", exclude(Root, &[other()])),
        (
            "root excludes another type, the leaf has one",
            all(exclude(Root, &[other()]), named(&[dns(HOST), other()])),
        ),
        ("root permits registered identifiers", permit(Root, &[registered()])),
        ("intermediate permits registered identifiers", permit(Middle, &[registered()])),
        ("root constraints with nothing in them", raw(Root, sequence(&[]))),
        ("intermediate constraints with nothing in them", raw(Middle, sequence(&[]))),
        ("root permits with an empty list", raw(Root, sequence(&[tagged(0, &[])]))),
        ("root permits with a minimum", raw(Root, tree(dns(HOST), &[1], &[]))),
        ("intermediate permits with a minimum", raw(Middle, tree(dns(HOST), &[1], &[]))),
        ("root permits with a minimum of 0 in so many words", raw(Root, tree(dns(HOST), &[0], &[]))),
        ("root permits with a maximum", raw(Root, tree(dns(HOST), &[], &[3]))),
        ("leaf has constraints", vec![Put(Leaf, name_constraints(&[dns(HOST)], &[]))]),
        ("leaf has a policy", vec![Put(Leaf, policies(&[POLICY]))]),
        ("leaf has a critical policy", vec![Put(Leaf, policies(&[POLICY]).critical())]),
        ("leaf has a policy twice", vec![Put(Leaf, policies(&[POLICY, POLICY]))]),
        ("all have a policy", vec![Put(Leaf, policies(&[POLICY])), Put(Middle, policies(&[POLICY]))]),
        ("intermediate has a critical policy", vec![Put(Middle, policies(&[POLICY]).critical())]),
        (
            "intermediate has any policy",
            vec![Put(Middle, policies(&[ANY_POLICY])), Put(Leaf, policies(&[POLICY]))],
        ),
        (
            "intermediate has another policy than the leaf",
            vec![Put(Middle, policies(&["1.3.6.1.4.1.55555.8"])), Put(Leaf, policies(&[POLICY]))],
        ),
        (
            "intermediate demands a policy",
            vec![Put(Middle, Extension::new(POLICY_CONSTRAINTS, sequence(&[implicit(0, &[0])])).critical())],
        ),
        (
            "root demands a policy",
            vec![Put(Root, Extension::new(POLICY_CONSTRAINTS, sequence(&[implicit(0, &[0])])).critical())],
        ),
        (
            "intermediate demands a policy, which is there",
            vec![
                Put(Middle, Extension::new(POLICY_CONSTRAINTS, sequence(&[implicit(0, &[0])])).critical()),
                Put(Middle, policies(&[POLICY])),
                Put(Leaf, policies(&[POLICY])),
            ],
        ),
        (
            "intermediate demands a policy later",
            vec![Put(Middle, Extension::new(POLICY_CONSTRAINTS, sequence(&[implicit(0, &[5])])).critical())],
        ),
        (
            "intermediate demands a policy later, not critical",
            vec![Put(Middle, Extension::new(POLICY_CONSTRAINTS, sequence(&[implicit(0, &[5])])))],
        ),
        (
            "intermediate inhibits mapping",
            vec![Put(Middle, Extension::new(POLICY_CONSTRAINTS, sequence(&[implicit(1, &[0])])).critical())],
        ),
        (
            "intermediate maps a policy",
            vec![
                Put(Middle, policies(&[POLICY])),
                Put(
                    Middle,
                    Extension::new(POLICY_MAPPINGS, sequence(&[sequence(&[oid(POLICY), oid("1.2.3.4")])])),
                ),
            ],
        ),
        (
            "intermediate maps a policy, critical",
            vec![
                Put(Middle, policies(&[POLICY])),
                Put(
                    Middle,
                    Extension::new(POLICY_MAPPINGS, sequence(&[sequence(&[oid(POLICY), oid("1.2.3.4")])]))
                        .critical(),
                ),
            ],
        ),
        (
            "intermediate inhibits any policy",
            vec![Put(Middle, Extension::new(INHIBIT_ANY_POLICY, integer(&[0])).critical())],
        ),
        (
            "root inhibits any policy",
            vec![Put(Root, Extension::new(INHIBIT_ANY_POLICY, integer(&[0])).critical())],
        ),
    ]
}

//! In what a root is wider than the CA that vouches for it: a stolen key of that CA must gain nothing by a root of its
//! own.

use time::Duration;

use crate::certificate::{
    general_name::{GeneralName, NameKind, Subtree},
    parsed::Parsed,
    profile::CA_DAYS,
};

/// In what `next` is wider than the vouching root, the CAs below it and `voucher`, in words; empty if in nothing.
///
/// `above` are the CAs that the served leaf leads through, the root last. Whoever holds a key below the root can hand on
/// no more than all of these allow; the length of the path alone is the root's, as the next root stands where it does.
pub fn wider(next: &Parsed, above: &[&Parsed], voucher: &Parsed) -> Vec<&'static str> {
    let Some(root) = above.last() else { return vec!["nothing vouches for it"] };
    let limits = || above.iter().copied().chain([voucher]);
    // A rotation begins before the vouching root ends, and gives the next one no longer life than this.
    let latest = root.not_after.saturating_add(Duration::days(CA_DAYS.into()));
    let checks: [(&'static str, bool); 6] = [
        ("it can sign more names", limits().all(|limits| has_names_within(next, limits))),
        (
            "its key may be used for more",
            limits().all(|limits| is_subset(next.key_usage.as_deref(), limits.key_usage.as_deref())),
        ),
        (
            "it can sign for more purposes (extended key usage)",
            limits().all(|limits| {
                is_subset(next.extended_key_usage.as_deref(), limits.extended_key_usage.as_deref())
            }),
        ),
        ("more CAs can follow below it (path length)", is_at_most(next.path_length, root.path_length)),
        (
            "it limits fewer types of name (name constraints)",
            limits().all(|limits| has_other_types_within(next, limits)),
        ),
        ("it ends later than a rotation of that CA allows", next.not_after <= latest),
    ];
    checks.into_iter().filter(|(_, holds)| !holds).map(|(what, _)| what).collect()
}

fn has_names_within(next: &Parsed, limits: &Parsed) -> bool {
    next.has_plain_constraints()
        && limits.has_plain_constraints()
        && next.permitted.is_within(&limits.permitted)
        && (next.constraints_critical || !limits.constraints_critical)
}

/// Whether `own` is limited to what `others` lists; both are unlimited where there is no list.
fn is_subset<T: PartialEq>(own: Option<&[T]>, others: Option<&[T]>) -> bool {
    others.is_none_or(|others| own.is_some_and(|own| own.iter().all(|one| others.contains(one))))
}

fn is_at_most(own: Option<u32>, other: Option<u32>) -> bool {
    other.is_none_or(|other| own.is_some_and(|own| own <= other))
}

/// Whether the name constraints of types other than DNS names and addresses (e-mail, URI, directory and the rest) leave
/// `next` no more than `limits`. Their rules differ, so that only what is equal counts as within.
fn has_other_types_within(next: &Parsed, limits: &Parsed) -> bool {
    let (own_permitted, own_excluded) = other_types(next);
    let (permitted, excluded) = other_types(limits);
    let is_limited = |base: &&&GeneralName| permitted.iter().any(|their| their.kind == base.kind);
    excluded.iter().all(|one| own_excluded.contains(one))
        && permitted.iter().all(|one| own_permitted.iter().any(|own| own.kind == one.kind))
        && own_permitted.iter().filter(is_limited).all(|one| permitted.contains(one))
}

/// The permitted and the excluded trees of those types.
fn other_types(certificate: &Parsed) -> (Vec<&GeneralName>, Vec<&GeneralName>) {
    let is_other = |tree: &&Subtree| !matches!(tree.base.kind, NameKind::Dns | NameKind::Ip);
    let others = certificate.subtrees.iter().filter(is_other);
    let (excluded, permitted): (Vec<&Subtree>, Vec<&Subtree>) = others.partition(|tree| tree.excluded);
    (
        permitted.into_iter().map(|tree| &tree.base).collect(),
        excluded.into_iter().map(|tree| &tree.base).collect(),
    )
}

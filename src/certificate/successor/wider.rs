//! The ways in which a root is wider than the CA that vouches for it. A thief of that CA's key must gain nothing with a
//! new root.

use time::Duration;

use crate::certificate::{
    general_name::{GeneralName, NameKind, Subtree},
    parsed::Parsed,
    profile::CA_DAYS,
};

/// The ways in which `next` is wider than the vouching root, the CAs below it, and `voucher`; empty if it is not wider.
///
/// `above` are the CAs of the served chain, the root last. The holder of a key below the root can pass on no more than all
/// of them allow. Only the path length is compared with the root's, because the next root takes its place.
pub fn wider(next: &Parsed, above: &[&Parsed], voucher: &Parsed) -> Vec<&'static str> {
    let Some(root) = above.last() else { return vec!["nothing vouches for it"] };
    let limits = || above.iter().copied().chain([voucher]);
    // A rotation begins before the vouching root expires, and gives the next root no longer validity than this.
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

/// Whether `others` contains all of `own`; without a list, there is no limit.
fn is_subset<T: PartialEq>(own: Option<&[T]>, others: Option<&[T]>) -> bool {
    others.is_none_or(|others| own.is_some_and(|own| own.iter().all(|one| others.contains(one))))
}

fn is_at_most(own: Option<u32>, other: Option<u32>) -> bool {
    other.is_none_or(|other| own.is_some_and(|own| own <= other))
}

/// Whether the name constraints of `next` for other types (e-mail, URI, directory and the rest) permit no more than those
/// of `limits`. The rules of the types differ, so only equal subtrees count as within.
fn has_other_types_within(next: &Parsed, limits: &Parsed) -> bool {
    let (own_permitted, own_excluded) = other_types(next);
    let (permitted, excluded) = other_types(limits);
    let is_limited = |base: &&&GeneralName| permitted.iter().any(|their| their.kind == base.kind);
    excluded.iter().all(|one| own_excluded.contains(one))
        && permitted.iter().all(|one| own_permitted.iter().any(|own| own.kind == one.kind))
        && own_permitted.iter().filter(is_limited).all(|one| permitted.contains(one))
}

/// The permitted and the excluded subtrees of those types.
fn other_types(certificate: &Parsed) -> (Vec<&GeneralName>, Vec<&GeneralName>) {
    let is_other = |tree: &&Subtree| !matches!(tree.base.kind, NameKind::Dns | NameKind::Ip);
    let others = certificate.subtrees.iter().filter(is_other);
    let (excluded, permitted): (Vec<&Subtree>, Vec<&Subtree>) = others.partition(|tree| tree.excluded);
    (
        permitted.into_iter().map(|tree| &tree.base).collect(),
        excluded.into_iter().map(|tree| &tree.base).collect(),
    )
}

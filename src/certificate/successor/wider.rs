//! In what a root is wider than the CA that vouches for it: a stolen key of that CA must gain nothing by a root of its
//! own.

use time::Duration;
use x509_parser::{
    extensions::{GeneralName, GeneralSubtree, ParsedExtension},
    parse_x509_certificate,
};

use crate::certificate::{parsed::Parsed, profile::CA_DAYS};

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
        ("it may sign more names", limits().all(|limits| has_names_within(next, limits))),
        (
            "its key may be used for more",
            limits().all(|limits| is_subset(next.key_usage.as_deref(), limits.key_usage.as_deref())),
        ),
        (
            "it can sign for more than what the other signs for (extended key usage)",
            limits().all(|limits| {
                is_subset(next.extended_key_usage.as_deref(), limits.extended_key_usage.as_deref())
            }),
        ),
        ("more CAs can follow below it (path length)", is_at_most(next.path_length, root.path_length)),
        (
            "it limits fewer types of name (name constraints)",
            limits().all(|limits| OtherTypes::of(next).is_within(&OtherTypes::of(limits))),
        ),
        ("it ends later than any rotation of the other gives", next.not_after <= latest),
    ];
    checks.into_iter().filter(|(_, holds)| !holds).map(|(what, _)| what).collect()
}

fn has_names_within(next: &Parsed, limits: &Parsed) -> bool {
    next.permitted.is_within(&limits.permitted) && (next.constraints_critical || !limits.constraints_critical)
}

/// Whether `own` is limited to what `others` lists; both are unlimited where there is no list.
fn is_subset<T: PartialEq>(own: Option<&[T]>, others: Option<&[T]>) -> bool {
    others.is_none_or(|others| own.is_some_and(|own| own.iter().all(|one| others.contains(one))))
}

fn is_at_most(own: Option<u32>, other: Option<u32>) -> bool {
    other.is_none_or(|other| own.is_some_and(|own| own <= other))
}

/// Name constraints of types other than DNS names and addresses: e-mail, URI, directory and the rest, each as its tag
/// and its text. Their rules differ, so that only what is equal counts as within.
struct OtherTypes {
    permitted: Vec<(u8, String)>,
    excluded: Vec<(u8, String)>,
}

impl OtherTypes {
    fn of(certificate: &Parsed) -> Self {
        let mut types = Self { permitted: Vec::new(), excluded: Vec::new() };
        let Ok((_, parsed)) = parse_x509_certificate(certificate.der()) else { return types };
        for extension in parsed.extensions() {
            if let ParsedExtension::NameConstraints(constraints) = extension.parsed_extension() {
                types.permitted = others(constraints.permitted_subtrees.as_deref());
                types.excluded = others(constraints.excluded_subtrees.as_deref());
            }
        }
        types
    }

    fn is_within(&self, other: &Self) -> bool {
        let keeps = |(tag, _): &(u8, String)| self.permitted.iter().any(|(own, _)| own == tag);
        let is_limited = |(tag, _): &&(u8, String)| other.permitted.iter().any(|(theirs, _)| theirs == tag);
        other.excluded.iter().all(|one| self.excluded.contains(one))
            && other.permitted.iter().all(keeps)
            && self.permitted.iter().filter(is_limited).all(|one| other.permitted.contains(one))
    }
}

fn others(trees: Option<&[GeneralSubtree<'_>]>) -> Vec<(u8, String)> {
    let tag = |name: &GeneralName<'_>| match name {
        GeneralName::OtherName(..) => Some(0),
        GeneralName::RFC822Name(_) => Some(1),
        GeneralName::X400Address(_) => Some(3),
        GeneralName::DirectoryName(_) => Some(4),
        GeneralName::EDIPartyName(_) => Some(5),
        GeneralName::URI(_) => Some(6),
        GeneralName::RegisteredID(_) => Some(8),
        GeneralName::Invalid(..) => Some(u8::MAX),
        GeneralName::DNSName(_) | GeneralName::IPAddress(_) => None,
    };
    let trees = trees.unwrap_or_default().iter().map(|tree| &tree.base);
    trees.filter_map(|base| Some((tag(base)?, format!("{base:?}")))).collect()
}

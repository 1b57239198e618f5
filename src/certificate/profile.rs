//! The profile of labtrust's certificates. It meets the demands of all clients (RFC 5280, and those of Apple, Java,
//! OpenSSL, NSS, Go and others).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use anyhow::{Context, Result, anyhow};
use der::{Encode, asn1::OctetString};
use labtrust_plan::{Certificate, DnsName};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints, PublicKeyData, SanType,
    SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use time::{Duration, OffsetDateTime};

use super::{
    name::SubjectName,
    parsed::Parsed,
    permitted::{NO_DNS, NO_IPV4, NO_IPV6},
    public_key::KeyKind,
    scope::Scope,
};

/// The validity of root and intermediate; both end together.
pub const CA_DAYS: u32 = 3650;
/// From so long before its end, a CA's end is announced: every client must trust the next CA first.
pub const CA_END_NOTICE: Duration = Duration::days(365);
/// From so long before its end, a CA's end is a problem.
pub const CA_END_WARNING: Duration = Duration::days(90);
/// The default validity of a leaf: the maximum of public CAs.
pub const LEAF_DAYS: u32 = 397;
/// The longest validity of a leaf that Apple's clients accept, under any root (support.apple.com/103769).
pub const MAX_LEAF_DAYS: u32 = 825;
/// The start of validity lies so far back, because a clock in the wrong time zone is off by hours.
pub const SET_BACK: Duration = Duration::days(1);
/// The longest common name and organization that are valid (RFC 5280 §A.1, `ub-common-name`).
const MAX_ATTRIBUTE: usize = 64;
/// RFC 5280 §4.2.1.2.
const SUBJECT_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 14];
/// The role of a sealed CA in its subject.
const SEALED: &str = "sealed CA";
/// The organization in a subject, which would else be empty.
const ORGANIZATION: &str = "labtrust";

/// The validity of a certificate; both moments are included (RFC 5280 §4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub not_before: OffsetDateTime,
    /// The last moment.
    pub not_after: OffsetDateTime,
}

impl Validity {
    /// The validity from the day before `now` to `days` after it.
    pub fn days(days: u32, now: OffsetDateTime) -> Result<Self> {
        let now = now.replace_nanosecond(0).context("the clock shows no valid time")?;
        let not_before = now.checked_sub(SET_BACK).ok_or_else(|| anyhow!("the clock shows no valid time"))?;
        let not_after = now
            .checked_add(Duration::days(days.into()))
            .filter(|end| end.year() < 9999)
            .ok_or_else(|| anyhow!("{days} days from now is not a date that a certificate can hold"))?;
        Ok(Self { not_before, not_after })
    }

    /// A leaf's validity: `days` from `now`, but never longer than Apple accepts.
    pub fn leaf(days: u32, now: OffsetDateTime) -> Result<Self> {
        let validity = Self::days(days, now)?;
        let longest = Duration::days(MAX_LEAF_DAYS.into()) - Duration::SECOND;
        let longest = validity.not_before.saturating_add(longest);
        Ok(Self { not_after: validity.not_after.min(longest), ..validity })
    }
}

/// The distinguishing part of a CA's subject. Clients find issuers by subject, so no two CAs may share one.
#[derive(Clone, Debug)]
pub struct CaTitle {
    scope: String,
    tag: String,
}

impl CaTitle {
    /// A title for a CA with this scope: its first name and eight random digits.
    pub fn new(scope: &Scope) -> Result<Self> {
        let tag = format!("{:08x}", u32::from_be_bytes(random()?));
        let scope = scope.names.first().map(ToString::to_string).unwrap_or_default();
        Ok(Self { scope, tag })
    }

    fn subject(&self, role: &str) -> DistinguishedName {
        let room = MAX_ATTRIBUTE - role.len() - self.tag.len() - 2;
        // The name may be cut: it is a title, not an identity.
        let scope: String = self.scope.chars().take(room).collect();
        let mut subject = DistinguishedName::new();
        subject.push(DnType::OrganizationName, ORGANIZATION);
        subject.push(DnType::CommonName, format!("{scope} {role} {}", self.tag));
        subject
    }
}

impl Parsed {
    /// Whether a CA that labtrust created signed it, by the issuer's name. Anybody can use that name, so this is good for
    /// advice alone.
    pub fn is_by_labtrust(&self) -> bool {
        self.issuer
            .strip_prefix("O=")
            .and_then(|rest| rest.strip_prefix(ORGANIZATION))
            .is_some_and(|rest| rest.starts_with(','))
    }

    /// Whether it is the root of a CA that labtrust sealed, by its name and its path length. Anybody can make such a root,
    /// so this is good only for a root that is trusted anyway.
    pub(crate) fn is_sealed_root(&self) -> bool {
        let is_named = self.common_name.as_deref().is_some_and(|name| name.contains(&format!(" {SEALED} ")));
        is_named && self.path_length == Some(0) && self.is_by_labtrust() && self.is_self_signed()
    }
}

/// Whether labtrust issued any certificate of `chain`.
pub(crate) fn is_any_by_labtrust(chain: &[Certificate]) -> bool {
    chain.iter().any(|one| Parsed::from_der(one.der()).is_ok_and(|one| one.is_by_labtrust()))
}

/// The root: it signs one intermediate, and its key is wiped. It is for servers only, like the intermediate, so that a
/// root that follows it cannot be for more.
pub fn root(title: &CaTitle, scope: &Scope, validity: Validity) -> Result<CertificateParams> {
    authority(title.subject("root CA"), 1, scope, validity)
}

/// The intermediate, whose key stays on the server. It repeats the root's constraints, because
/// Java ignores those of a root.
pub fn intermediate(title: &CaTitle, scope: &Scope, validity: Validity) -> Result<CertificateParams> {
    let mut params = authority(title.subject("issuing CA"), 0, scope, validity)?;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// The root of a sealed CA: it signs servers' certificates itself, so no CA can be below it.
pub fn sealed_root(title: &CaTitle, scope: &Scope, validity: Validity) -> Result<CertificateParams> {
    authority(title.subject(SEALED), 0, scope, validity)
}

/// The voucher that a CA signs for the next root: a certificate with that root's name and key (RFC 4210 §4.4, "new with
/// old"). It is a statement and not part of a chain: the path length of its issuer is zero.
pub fn voucher(next: &Parsed, scope: &Scope, validity: Validity) -> Result<CertificateParams> {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, ORGANIZATION);
    subject.push(DnType::CommonName, next.common_name.as_deref().unwrap_or_default());
    let mut params = authority(subject, 0, scope, validity)?;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn authority(
    subject: DistinguishedName,
    path_length: u8,
    scope: &Scope,
    validity: Validity,
) -> Result<CertificateParams> {
    let mut params = blank(subject, validity)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.name_constraints = name_constraints(scope);
    Ok(params)
}

/// A server's certificate.
pub fn leaf(names: &[SubjectName], key: &KeyKind, validity: Validity) -> Result<CertificateParams> {
    let mut params = dated(request(names, key)?, validity)?;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// A request to another CA: the fields of a server's certificate that the CA does not decide.
pub fn request(names: &[SubjectName], key: &KeyKind) -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = leaf_subject(names);
    params.is_ca = IsCa::ExplicitNoCa;
    params.subject_alt_names = subject_alt_names(names)?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if matches!(key, KeyKind::Rsa(_)) {
        params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
    }
    Ok(params)
}

/// A self-signed certificate of a server. It has neither basic constraints nor key usage: with CA:TRUE, rustls refuses it;
/// with CA:FALSE, or without keyCertSign, `GnuTLS` does; with keyCertSign, OpenSSL does. All measured in `tests/judges`.
pub fn self_signed(
    names: &[SubjectName],
    key: &impl PublicKeyData,
    validity: Validity,
) -> Result<CertificateParams> {
    let mut params = blank(leaf_subject(names), validity)?;
    params.subject_alt_names = subject_alt_names(names)?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Both key identifiers let clients distinguish it from an older one with the same subject. rcgen writes the subject's
    // only together with basic constraints.
    params.use_authority_key_identifier_extension = true;
    let id =
        OctetString::new(params.key_identifier(key)).and_then(|id| id.to_der()).context("cannot encode")?;
    params.custom_extensions = vec![CustomExtension::from_oid_content(SUBJECT_KEY_IDENTIFIER, id)];
    Ok(params)
}

/// A leaf's subject: the first DNS name as common name, if it is short enough. An address is never a common name: `GnuTLS`
/// takes it for a DNS name and compares it with the constraints.
pub fn leaf_subject(names: &[SubjectName]) -> DistinguishedName {
    let dns = names.iter().filter(|name| name.dns().is_some()).map(ToString::to_string);
    let mut subject = DistinguishedName::new();
    match dns.into_iter().find(|name| name.len() <= MAX_ATTRIBUTE) {
        Some(name) => subject.push(DnType::CommonName, name),
        None => subject.push(DnType::OrganizationName, ORGANIZATION),
    }
    subject
}

/// The names as rcgen takes them.
pub fn subject_alt_names(names: &[SubjectName]) -> Result<Vec<SanType>> {
    let alt_name = |name: &SubjectName| match name {
        SubjectName::Ip(address) => Ok(SanType::IpAddress(*address)),
        dns => dns
            .to_string()
            .try_into()
            .map(SanType::DnsName)
            .with_context(|| format!("{dns} is not a name that a certificate can hold")),
    };
    names.iter().map(alt_name).collect()
}

/// The name constraints of a CA with this scope.
///
/// Constraints limit only the types of name that they mention (RFC 5280 §4.2.1.10), so they always mention all types. IPv4
/// and IPv6 are one type there, but two for `GnuTLS`.
///
/// - Without an address among the names, all addresses are excluded. With some, these are permitted, and of the other
///   length one that no server has: if all IPv6 addresses are excluded, Java throws at every IPv4 address, and if all IPv4
///   addresses are excluded, it refuses every IPv6 address.
/// - Without a DNS name, one that cannot exist is permitted: to exclude every DNS name takes an empty name, at which Java
///   throws, too.
/// - E-mail addresses are excluded in the same way, for programs that check nothing else in a client's certificate.
///
/// Limits on directory names, and on types that few clients support, make Go or rustls refuse everything.
pub fn name_constraints(scope: &Scope) -> Option<NameConstraints> {
    if !scope.constrained {
        return None;
    }
    let named = scope.names.iter().filter_map(SubjectName::dns);
    let domains: Vec<&DnsName> = named.chain(&scope.permit).collect();
    let mut trees: Vec<String> = Vec::new();
    for domain in &domains {
        let lies_in_another = domains.iter().any(|other| other != domain && domain.is_within(other));
        if !lies_in_another && !trees.iter().any(|tree| tree == domain.as_str()) {
            trees.push(domain.to_string());
        }
    }
    let addresses: Vec<IpAddr> = scope
        .names
        .iter()
        .filter_map(|name| match name {
            SubjectName::Ip(address) => Some(*address),
            _ => None,
        })
        .collect();
    if trees.is_empty() {
        trees.push(NO_DNS.to_owned());
    }
    let mut permitted_subtrees: Vec<_> = trees.into_iter().map(GeneralSubtree::DnsName).collect();
    permitted_subtrees.push(GeneralSubtree::Rfc822Name(NO_DNS.to_owned()));
    let subnet =
        |address: IpAddr, prefix| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix));
    let mut excluded_subtrees = Vec::new();
    for (all, none, length) in [
        (Ipv4Addr::UNSPECIFIED.into(), IpAddr::from(NO_IPV4), 32),
        (Ipv6Addr::UNSPECIFIED.into(), IpAddr::from(NO_IPV6), 128),
    ] {
        let of_this_length = || addresses.iter().filter(|address| address.is_ipv4() == none.is_ipv4());
        if addresses.is_empty() {
            excluded_subtrees.push(subnet(all, 0));
        } else if of_this_length().next().is_none() {
            permitted_subtrees.push(subnet(none, length));
        }
        permitted_subtrees.extend(of_this_length().map(|address| subnet(*address, length)));
    }
    Some(NameConstraints { permitted_subtrees, excluded_subtrees })
}

/// rcgen's parameters without its defaults, which are valid for two thousand years and derive the serial number from the
/// key.
fn blank(subject: DistinguishedName, validity: Validity) -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    dated(params, validity)
}

fn dated(mut params: CertificateParams, validity: Validity) -> Result<CertificateParams> {
    params.not_before = validity.not_before;
    params.not_after = validity.not_after;
    params.serial_number = Some(serial()?);
    Ok(params)
}

/// A serial number of 16 octets, of at most 20 (RFC 5280 §4.1.2.2): random bits after one that keeps it positive and one
/// that keeps its length.
pub fn serial() -> Result<SerialNumber> {
    let mut bytes = random::<16>()?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| anyhow!("the system's random number generator failed"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn serials_are_positive_long_and_never_the_same() {
        let serials: std::collections::HashSet<_> =
            (0..1000).map(|_| serial().expect("a serial").to_bytes()).collect();
        assert_eq!(serials.len(), 1000);
        assert!(serials.iter().all(|bytes| bytes.len() == 16 && (0x40..0x80).contains(&bytes[0])));
    }

    #[test]
    fn leaves_never_live_longer_than_apple_takes() {
        let now = datetime!(2026-03-01 12:00:00.5 UTC);
        for (days, end) in [
            (397, datetime!(2027-04-02 12:00 UTC)),
            (824, datetime!(2028-06-02 11:59:59 UTC)),
            (825, datetime!(2028-06-02 11:59:59 UTC)),
        ] {
            let validity = Validity::leaf(days, now).expect("a validity");
            assert_eq!(validity.not_before, datetime!(2026-02-28 12:00 UTC));
            assert_eq!(validity.not_after, end, "{days}");
            assert!(validity.not_after - validity.not_before < Duration::days(825));
        }
        assert!(Validity::days(u32::MAX, now).is_err());
    }

    #[test]
    fn titles_stay_short_and_differ() {
        let long = format!("{}.example.com", "a".repeat(60));
        let scope =
            Scope { names: vec![long.parse().expect("a name")], permit: Vec::new(), constrained: true };
        let [one, other] = [(); 2].map(|()| CaTitle::new(&scope).expect("a title").subject("issuing CA"));
        assert_ne!(one, other);
        let Some(rcgen::DnValue::Utf8String(name)) = one.get(&DnType::CommonName) else { panic!("no name") };
        assert_eq!(name.len(), 64);
    }
}

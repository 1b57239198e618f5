//! Writes name constraints for URIs (RFC 5280 §4.2.1.10), for which rcgen has no type.

use anyhow::{Result, bail};
use der::{Encode, Tag, TagNumber, asn1::Any};
use rcgen::{CertificateParams, CidrSubnet, CustomExtension, GeneralSubtree};

use super::permitted::NO_DNS;

const NAME_CONSTRAINTS: &[u64] = &[2, 5, 29, 30];
/// The numbers of the kinds of names (RFC 5280 §4.2.1.6).
const EMAIL: u32 = 1;
const DNS: u32 = 2;
const URI: u32 = 6;
const IP: u32 = 7;

/// Adds a constraint on URIs if names are limited: only URIs of a host that does not exist stay permitted.
pub(super) fn without_uris(mut params: CertificateParams) -> Result<CertificateParams> {
    let Some(limits) = params.name_constraints.take() else { return Ok(params) };
    let mut permitted = trees(&limits.permitted_subtrees)?;
    permitted.extend(tree(URI, NO_DNS.as_bytes())?);
    let mut lists = list(0, permitted)?;
    lists.extend(list(1, trees(&limits.excluded_subtrees)?)?);
    let content = Any::new(Tag::Sequence, lists)?.to_der()?;
    let mut extension = CustomExtension::from_oid_content(NAME_CONSTRAINTS, content);
    extension.set_criticality(true);
    params.custom_extensions.push(extension);
    Ok(params)
}

fn trees(trees: &[GeneralSubtree]) -> Result<Vec<u8>> {
    let encoded = |subtree: &GeneralSubtree| match subtree {
        GeneralSubtree::Rfc822Name(name) => tree(EMAIL, name.as_bytes()),
        GeneralSubtree::DnsName(name) => tree(DNS, name.as_bytes()),
        GeneralSubtree::IpAddress(CidrSubnet::V4(address, mask)) => tree(IP, &[*address, *mask].concat()),
        GeneralSubtree::IpAddress(CidrSubnet::V6(address, mask)) => tree(IP, &[*address, *mask].concat()),
        _ => bail!("labtrust's CAs set no limits for directory names"),
    };
    Ok(trees.iter().map(encoded).collect::<Result<Vec<_>>>()?.concat())
}

/// One subtree with the base `base`, a name of the kind `number`.
fn tree(number: u32, base: &[u8]) -> Result<Vec<u8>> {
    let tag = Tag::ContextSpecific { constructed: false, number: TagNumber(number) };
    Ok(Any::new(Tag::Sequence, Any::new(tag, base)?.to_der()?)?.to_der()?)
}

/// The list of permitted or of excluded subtrees; an empty list is left out.
fn list(number: u32, trees: Vec<u8>) -> Result<Vec<u8>> {
    if trees.is_empty() {
        return Ok(trees);
    }
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(number) };
    Ok(Any::new(tag, trees)?.to_der()?)
}

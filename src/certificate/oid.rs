//! Object identifiers by the names that people know.

const NAMES: &[(&str, &str)] = &[
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
    ("1.3.6.1.5.5.7.1.24", "tlsFeature"),
    ("1.3.6.1.5.5.7.3.17", "ipsecIKE"),
    ("1.3.6.1.4.1.311.10.3.3", "serverGatedCrypto"),
    ("1.3.6.1.4.1.311.20.2.2", "smartcardLogon"),
    ("2.16.840.1.113730.1.1", "netscapeCertType"),
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.18", "issuerAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "cRLDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.33", "policyMappings"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.36", "policyConstraints"),
    ("2.5.29.37", "extKeyUsage"),
    ("2.5.29.54", "inhibitAnyPolicy"),
];

/// The name of an object identifier; the identifier itself if it is not in the list.
pub(super) fn named(oid: &str) -> String {
    let name = NAMES.iter().find_map(|(known, name)| (*known == oid).then_some(*name));
    name.unwrap_or(oid).to_owned()
}

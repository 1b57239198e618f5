//! Messages about certificates that a client rejects for their dates, names, purposes or strength.

use super::{
    known::{Any, DOCTOR, KnownMessage},
    side::Side,
};

const DATES: Any = &["certificate has expired or is not yet valid"];

pub(super) const NOT_YET_VALID: KnownMessage = KnownMessage {
    says: &[],
    codes: &["cert-not-yet-valid", "clock-skew"],
    side: Side::OtherEnd,
    what: "By the client's clock, the certificate is not valid yet. Either a clock is wrong, or the certificate \
           was made for a later date.",
    next: DOCTOR,
};
const EXPIRED: KnownMessage = KnownMessage {
    says: &[],
    codes: &["cert-expired", "served-not-on-disk", "clock-skew"],
    side: Side::OtherEnd,
    what: "By the client's clock, the certificate has expired.",
    next: DOCTOR,
};
pub(super) const EXPIRED_IN_CHAIN: KnownMessage = KnownMessage {
    says: &[],
    codes: &["cert-expired", "served-not-on-disk", "clock-skew"],
    side: Side::OtherEnd,
    what: "By the client's clock, the certificate or a CA above it has expired.",
    next: DOCTOR,
};

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage { says: &[DATES, &["is before"]], ..NOT_YET_VALID },
    KnownMessage { says: &[DATES, &["is after"]], ..EXPIRED },
    KnownMessage {
        says: &[DATES],
        codes: &["cert-expired", "cert-not-yet-valid", "clock-skew"],
        side: Side::OtherEnd,
        what: "The certificate has expired or is not valid yet, or the client's clock is wrong.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "certificate is not yet valid",
            "certificate not valid yet",
            "CertificateNotYetValidException",
            "CERT_NOT_YET_VALID",
            "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE",
            "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE",
            "certificate is not yet activated",
            "certificate has not yet been activated",
            "Issued certificate not yet valid",
            "NotYetValid",
        ]],
        ..NOT_YET_VALID
    },
    KnownMessage {
        says: &[&[
            "certificate has expired",
            "certificate expired",
            "CertificateExpiredException",
            "validity check failed",
            "CERT_HAS_EXPIRED",
            "SEC_ERROR_EXPIRED_CERTIFICATE",
            "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
            "certificate is expired",
            "certificate chain uses expired certificate",
            "SEC_E_CERT_EXPIRED",
            "CERT_E_EXPIRED",
            "alert certificate expired",
            "0x80090328",
            "0x800B0101",
            "alert number 45",
        ]],
        ..EXPIRED_IN_CHAIN
    },
    KnownMessage { says: &[&["The certificate of"], &["has expired"]], ..EXPIRED },
    KnownMessage {
        says: &[&["ERR_CERT_DATE_INVALID", "SEC_ERROR_INVALID_TIME"]],
        codes: &["cert-expired", "cert-not-yet-valid", "clock-skew"],
        side: Side::OtherEnd,
        what: "The certificate has expired or is not valid yet, or this machine's clock is wrong.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "doesn't contain any IP SANs",
            "No subject alternative names matching IP address",
            "IP address mismatch",
            "is not in the cert's list",
        ]],
        codes: &["cert-ip-not-in-san"],
        side: Side::OtherEnd,
        what: "The client connected to an address that the certificate does not contain. Connect by name, or add \
               the address to the certificate.",
        next: &["{labtrust doctor {}}", "on the server: sudo labtrust setup --name ADDRESS"],
    },
    KnownMessage {
        says: &[&[
            "relies on legacy Common Name field",
            "is not valid for any names",
            "No subject alternative names present",
            "ERR_CERT_COMMON_NAME_INVALID: no subject",
            "no appropriate commonName or subjectAltName",
            "unable to obtain common name from peer certificate",
        ]],
        codes: &["cert-no-san"],
        side: Side::OtherEnd,
        what: "The certificate names its host only in the common name, which current clients ignore. It needs a \
               subject alternative name.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[
            &["certificate is valid for", "certificate is only valid for", "certificate is valid for only"],
            &["not"],
        ],
        codes: &[
            "cert-name-mismatch",
            "cert-ip-not-in-san",
            "registry-wrong-host",
            "served-not-on-disk",
            "tls-intercepted",
        ],
        side: Side::OtherEnd,
        what: "The certificate does not contain the name that the client connected to. Another server or a \
               middlebox answers, the name is missing from the certificate, or the client must use one that it \
               contains.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "but none matched",
            "no alternative certificate subject name matches",
            "does not match target host",
            "no certificate subject alternative name matches",
            "doesn't match requested host name",
            "The name in the certificate does not match",
            "The certificate's owner does not match hostname",
            "No subject alternative DNS name matching",
            "No name matching",
            "ERR_TLS_CERT_ALTNAME_INVALID",
            "does not match certificate's altnames",
            "Hostname mismatch",
            "doesn't match either of",
            "doesn't match any of the subject alternative names",
            "does not match the certificate subject provided by the peer",
            "hostname in certificate didn't match",
            "certificate not valid for name",
            "NotValidForName",
            "ERR_CERT_COMMON_NAME_INVALID",
            "SSL_ERROR_BAD_CERT_DOMAIN",
            "RemoteCertificateNameMismatch",
            "SEC_E_WRONG_PRINCIPAL",
            "CERT_E_CN_NO_MATCH",
            "does not match the server certificate",
            "failed to match connection hostname",
            "0x80090322",
            "curl: (51)",
        ]],
        codes: &["cert-name-mismatch", "cert-no-san", "registry-wrong-host"],
        side: Side::OtherEnd,
        what: "The certificate does not contain the name that the client connected to. Another server answers, the \
               name is missing from the certificate, or the client must use one that it contains.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["SSLPeerUnverifiedException"], &["not verified"]],
        codes: &["cert-name-mismatch", "cert-no-san", "registry-wrong-host"],
        side: Side::OtherEnd,
        what: "The certificate does not contain the name that the client, a Java program, connected to.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "specifies an incompatible key usage",
            "unsuitable certificate purpose",
            "unsupported certificate purpose",
            "SEC_ERROR_INADEQUATE_CERT_TYPE",
            "SEC_ERROR_INADEQUATE_KEY_USAGE",
            "ERR_SSL_KEY_USAGE_INCOMPATIBLE",
            "Extended key usage does not permit use for TLS server authentication",
            "INVALID_PURPOSE",
            "InvalidPurpose",
            "CERT_E_WRONG_USAGE",
        ]],
        codes: &["cert-no-server-auth", "cert-is-ca"],
        side: Side::OtherEnd,
        what: "The certificate is not for a TLS server: its extended key usage does not include serverAuth.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "unhandled critical extension",
            "UnsupportedCriticalExtension",
            "contains unsupported critical extensions",
            "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        ]],
        codes: &["cert-refused"],
        side: Side::OtherEnd,
        what: "A certificate of the server or of a CA has a critical extension that this client does not know.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY", "CaUsedAsEndEntity"]],
        codes: &["cert-is-ca"],
        side: Side::OtherEnd,
        what: "The server presents a CA certificate instead of a server certificate.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "is not permitted by any constraint",
            "not authorized to sign for this name",
            "is excluded by constraint",
            "permitted subtree violation",
            "excluded subtree violation",
            "name constraints check failed",
            "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
            "NameConstraintViolation",
            "PERMITTED_VIOLATION",
        ]],
        codes: &["constraint-violated"],
        side: Side::OtherEnd,
        what: "The CA can sign only certain names, and the certificate contains another one.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "Missing Authority Key Identifier",
            "Missing Subject Key Identifier",
            "Basic Constraints of CA cert not marked critical",
            "CA cert does not include key usage extension",
        ]],
        codes: &[],
        side: Side::OtherEnd,
        what: "The client trusts the CA, but the CA's certificate or the server's lacks an extension that RFC 5280 \
               requires. Python 3.13 and later checks this. The CA must issue it again with that extension.",
        next: &["labtrust inspect {}", "{labtrust doctor {}}"],
    },
    KnownMessage {
        says: &[&["not standards compliant", "ERR_CERT_VALIDITY_TOO_LONG", "CERT_VALIDITY_TOO_LONG"]],
        codes: &["cert-too-long", "cert-no-server-auth", "cert-no-san"],
        side: Side::OtherEnd,
        what: "Apple's systems reject the certificate, whichever CA signed it: it is valid for more than 825 days, \
               or it lacks a subject alternative name or the purpose serverAuth.",
        next: &["{labtrust doctor {}}", "labtrust inspect {}"],
    },
    KnownMessage {
        says: &[&[
            "insecure algorithm",
            "key too weak",
            "md too weak",
            "key too small",
            "digest algorithm too weak",
            "ERR_CERT_WEAK_SIGNATURE_ALGORITHM",
            "ERR_CERT_WEAK_KEY",
            "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
            "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE",
            "Certificates do not conform to algorithm constraints",
            "Algorithm constraints check failed",
            "negative serial number",
            "insecure digital signature algorithm",
        ]],
        codes: &["cert-weak"],
        side: Side::OtherEnd,
        what: "The certificate or a CA above it has a key or a signature that clients no longer accept.",
        next: &["{labtrust doctor {}}", "labtrust inspect {}"],
    },
];

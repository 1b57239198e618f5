//! The known labels of PEM sections. An unknown label is never stored, because it may be a key in the wrong place.

/// The content of a PEM section, by the label in its markers (RFC 7468).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A certificate.
    Certificate,
    /// A certificate with OpenSSL's appendix.
    TrustedCertificate,
    /// A certificate signing request.
    Request,
    /// PKCS #7.
    Pkcs7,
    /// PKCS #12.
    Pkcs12,
    /// An encrypted PKCS #8 key.
    EncryptedKey,
    /// A PKCS #8 key.
    Key,
    /// A PKCS #1 key.
    RsaKey,
    /// A SEC 1 key.
    EcKey,
    /// A private key of another kind.
    OtherKey,
    /// An SSH key.
    SshKey,
    /// A PGP key or message.
    Pgp,
    /// A public key.
    PublicKey,
    /// A list of revoked certificates.
    RevocationList,
    /// A certificate of attributes (RFC 5755), which holds no key.
    AttributeCertificate,
    /// The parameters of a key.
    Parameters,
    /// Anything else.
    Other,
}

/// The known labels. The first one of a kind is its name in messages.
const LABELS: &[(&str, Label)] = &[
    ("CERTIFICATE", Label::Certificate),
    ("X509 CERTIFICATE", Label::Certificate),
    ("X.509 CERTIFICATE", Label::Certificate),
    ("TRUSTED CERTIFICATE", Label::TrustedCertificate),
    ("CERTIFICATE REQUEST", Label::Request),
    ("NEW CERTIFICATE REQUEST", Label::Request),
    ("PKCS7", Label::Pkcs7),
    ("PKCS #7 SIGNED DATA", Label::Pkcs7),
    ("CMS", Label::Pkcs7),
    ("PKCS12", Label::Pkcs12),
    ("PFX", Label::Pkcs12),
    ("ENCRYPTED PRIVATE KEY", Label::EncryptedKey),
    ("PRIVATE KEY", Label::Key),
    ("RSA PRIVATE KEY", Label::RsaKey),
    ("EC PRIVATE KEY", Label::EcKey),
    ("OPENSSH PRIVATE KEY", Label::SshKey),
    ("SSH2 ENCRYPTED PRIVATE KEY", Label::SshKey),
    ("PGP PRIVATE KEY BLOCK", Label::Pgp),
    ("PGP PUBLIC KEY BLOCK", Label::Pgp),
    ("PGP MESSAGE", Label::Pgp),
    ("PGP SIGNATURE", Label::Pgp),
    ("PUBLIC KEY", Label::PublicKey),
    ("RSA PUBLIC KEY", Label::PublicKey),
    ("X509 CRL", Label::RevocationList),
    ("CRL", Label::RevocationList),
    ("ATTRIBUTE CERTIFICATE", Label::AttributeCertificate),
    ("EC PARAMETERS", Label::Parameters),
    ("DH PARAMETERS", Label::Parameters),
    ("X9.42 DH PARAMETERS", Label::Parameters),
    ("DSA PARAMETERS", Label::Parameters),
];

/// The longest label.
pub(super) const LONGEST: usize = 64;

impl Label {
    /// The label `text`, from between `BEGIN` or `END` and the dashes; none if it is not a label.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b" .#/_-".contains(byte);
        if text.len() > LONGEST || !text.iter().all(is_letter) {
            return None;
        }
        let text = text.trim_ascii();
        let known = LABELS.iter().find(|(name, _)| name.as_bytes() == text).map(|(_, label)| *label);
        let other = if text.ends_with(b"PRIVATE KEY") { Self::OtherKey } else { Self::Other };
        Some(known.unwrap_or(other))
    }

    /// Whether `text` starts with a known label: then it is meant as a marker.
    pub(super) fn looks_like_label(text: &[u8]) -> bool {
        LABELS.iter().any(|(name, _)| text.starts_with(name.as_bytes()))
    }

    /// Whether it is the label of a private key.
    pub fn is_key(self) -> bool {
        matches!(self, Self::EncryptedKey | Self::Key | Self::RsaKey | Self::EcKey | Self::OtherKey)
    }

    /// Whether it is the label of certificates.
    pub(super) fn is_certificate(self) -> bool {
        matches!(self, Self::Certificate | Self::TrustedCertificate | Self::Pkcs7 | Self::Pkcs12)
    }

    /// Whether people may take the section for a certificate, or for a part of a chain.
    pub(in crate::certificate) fn is_noteworthy(self) -> bool {
        matches!(
            self,
            Self::RevocationList | Self::AttributeCertificate | Self::Pgp | Self::SshKey | Self::Other
        )
    }

    /// The section's name in messages.
    pub(in crate::certificate) fn section(self) -> String {
        match LABELS.iter().find(|(_, label)| *label == self) {
            Some((name, _)) => format!("the section {name}"),
            None => "the section".to_owned(),
        }
    }
}

//! Signatures of a CA's key over messages that are not certificates.

use anyhow::Result;
use rcgen::SigningKey as _;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use x509_parser::{prelude::FromDer, x509::SubjectPublicKeyInfo};

use super::{
    key::{PrivateKey, signing},
    public_key::{KeyKind, PublicKey},
};

impl PrivateKey {
    /// Its signature over `message`, which must not be a valid certificate or request.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signer = self.signer()?;
        signing("the backup", || signer.sign(message))
    }
}

impl PublicKey {
    /// Whether its private half made `signature` over `message`.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &dyn VerificationAlgorithm = match self.kind() {
            KeyKind::P256 => &ECDSA_P256_SHA256_ASN1,
            KeyKind::P384 => &ECDSA_P384_SHA384_ASN1,
            KeyKind::Rsa(_) => &RSA_PKCS1_2048_8192_SHA256,
            _ => return false,
        };
        let Ok((_, key)) = SubjectPublicKeyInfo::from_der(self.spki()) else { return false };
        let key = UnparsedPublicKey::new(algorithm, &key.subject_public_key.data);
        key.verify(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use crate::certificate::{KeyType, PrivateKey};

    #[test]
    fn only_the_other_half_over_the_same_message_has_signed_it() {
        for key_type in [KeyType::P256, KeyType::P384] {
            let [key, other] = [(); 2].map(|()| PrivateKey::generate(key_type).expect("a key"));
            let signature = key.sign(b"message").expect("a signature");
            assert!(key.public_key().has_signed(b"message", &signature));
            assert!(!key.public_key().has_signed(b"massage", &signature));
            assert!(!other.public_key().has_signed(b"message", &signature));
            assert!(!key.public_key().has_signed(b"message", &signature[1..]));
        }
    }
}

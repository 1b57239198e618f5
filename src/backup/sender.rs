//! The maker of a backup, known by the signature of the CA that the backup holds. Anybody can encrypt to a public key,
//! and root later runs commands that a backup contains.

use std::fmt::Write as _;

use anyhow::Result;
use labtrust_plan::Fingerprint;

use super::Archive;
use crate::{
    certificate::{Authority, Parsed},
    hint::fail,
};

/// The beginning of the signed message. No certificate begins so, so the signature is good for nothing else.
const PURPOSE: &[u8] = b"labtrust backup\n";

/// The maker of a backup.
#[derive(Clone, Debug)]
pub enum Sender {
    /// A holder of the key of the CA with this root, which is in the backup.
    Ca(Box<Parsed>),
    /// Not known: the backup holds no CA key, or is older than signatures. The hash of its contents identifies it.
    Unknown(Fingerprint),
}

impl Archive {
    /// The hash of its contents: the hash of the list of its files' hashes.
    pub fn digest(&self) -> Result<Fingerprint> {
        let mut list = format!("{}\n", Fingerprint::of(&self.manifest_bytes()?));
        for item in &self.items {
            let sha256 = Fingerprint::of(&item.contents);
            writeln!(list, "{sha256} {:04o} {}", item.mode(), item.path.display())?;
        }
        Ok(Fingerprint::of(list.as_bytes()))
    }

    /// Signs it with the key of `authority`.
    pub fn sign(&mut self, authority: &Authority) -> Result<()> {
        self.signature = Some(authority.key().sign(&self.message()?)?);
        Ok(())
    }

    fn message(&self) -> Result<Vec<u8>> {
        Ok([PURPOSE, self.digest()?.to_string().as_bytes()].concat())
    }

    /// Its maker. `ca` is the root and the issuers of the CA that is in use in it. A signature by any other key is an
    /// error.
    pub fn sender(&self, ca: Option<(&Parsed, &[Parsed])>) -> Result<Sender> {
        let Some(signature) = &self.signature else { return Ok(Sender::Unknown(self.digest()?)) };
        let message = self.message()?;
        let is_signer = |issuer: &&Parsed, root: &Parsed| {
            issuer.is_ca()
                && issuer.is_provably_signed_by(root)
                && issuer.public_key().has_signed(&message, signature)
        };
        let signed = ca.filter(|(root, issuers)| {
            root.is_ca()
                && root.is_provably_signed_by(root)
                && issuers.iter().any(|issuer| is_signer(&issuer, root))
        });
        signed.map(|(root, _)| Sender::Ca(Box::new(root.clone()))).ok_or_else(|| {
            fail(
                "the backup was changed after it was signed: the CA's signature does not match",
                "copy it again from its source",
            )
        })
    }
}

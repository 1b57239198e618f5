//! Who made a backup: the CA that it holds has signed it. Whoever knows a public key can encrypt to it, and what a
//! backup brings is run later as root.

use std::fmt::Write as _;

use anyhow::Result;
use labtrust_plan::Fingerprint;

use super::Archive;
use crate::{
    certificate::{Authority, Parsed},
    hint::fail,
};

/// What is signed begins with this, so that it is nothing else that the CA's key signs: no certificate does.
const PURPOSE: &[u8] = b"labtrust backup\n";

/// Who made a backup.
#[derive(Clone, Debug)]
pub enum Sender {
    /// Whoever has the key of the CA with this root, which the backup holds.
    Ca(Box<Parsed>),
    /// That cannot be told: the backup holds no CA's key, or is older than signatures. It is known by its contents.
    Unknown(Fingerprint),
}

impl Archive {
    /// What it holds, as one hash: that of a list of its files' hashes.
    pub fn digest(&self) -> Result<Fingerprint> {
        let mut list = format!("{}\n", Fingerprint::of(&self.manifest_bytes()?));
        for item in &self.items {
            let sha256 = Fingerprint::of(&item.contents);
            writeln!(list, "{sha256} {:04o} {}", item.mode(), item.path.display())?;
        }
        Ok(Fingerprint::of(list.as_bytes()))
    }

    /// Has `authority` sign it.
    pub fn sign(&mut self, authority: &Authority) -> Result<()> {
        self.signature = Some(authority.key().sign(&self.message()?)?);
        Ok(())
    }

    fn message(&self) -> Result<Vec<u8>> {
        Ok([PURPOSE, self.digest()?.to_string().as_bytes()].concat())
    }

    /// Who made it. `root` and `issuers` are the CA that is in use in it. A signature that is not that CA's is an error.
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
                "the backup was changed after it was signed: the CA in it did not sign it in this form",
                "copy it again from its source",
            )
        })
    }
}

//! An installed certificate and key, if one of our CAs signed the certificate. `setup` leaves them as they are. A step
//! of a rotation installs them again with another chain.

use std::path::Path;

use labtrust_machine::World;
use labtrust_plan::Certificate;
use zeroize::Zeroizing;

use crate::{
    certificate::{Parsed, PrivateKey, path, pem},
    gitlab::Pair,
    state::Ca,
};

/// An installed certificate and its key.
pub(crate) struct PlacedPair {
    leaf: Parsed,
    /// The certificates from the leaf's issuer to the root.
    above: Vec<Parsed>,
    /// The leaf's key.
    pub key: PrivateKey,
    pem: Zeroizing<Vec<u8>>,
}

impl PlacedPair {
    /// The certificate and key in these files, if they are readable, match, and `own` signed the certificate.
    pub(crate) fn read(own: &Ca, certificate: &Path, key: &Path) -> Option<Self> {
        let world = World::here();
        // An unreadable file is not known to be ours. The guards report it.
        let (Ok(Some(sent)), Ok(Some(pem))) = (world.read(certificate), world.read(key)) else { return None };
        let sent = pem::certificates(&sent).ok()?;
        let pool: Vec<Parsed> = sent.iter().filter_map(|der| Parsed::from_der(der).ok()).collect();
        let leaf = pool.first()?.clone();
        let key = PrivateKey::from_plain_pem(&pem).ok().filter(|key| key.matches(&leaf))?;
        let sent: Vec<Certificate> = pool.iter().map(Certificate::from).collect();
        if !own.has_signed(&sent) {
            return None;
        }
        let known = own.intermediates.iter().chain([&own.root]).cloned();
        let pool: Vec<Parsed> = pool.into_iter().skip(1).chain(known).collect();
        let above = path::above(&leaf, &pool).into_iter().cloned().collect();
        Some(Self { leaf, above, key, pem })
    }

    /// The leaf.
    pub(crate) fn leaf(&self) -> &Parsed {
        &self.leaf
    }

    /// From leaf to root.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &Parsed> {
        std::iter::once(&self.leaf).chain(&self.above)
    }

    /// The certificate and key with `extra_chain` sent after the root.
    pub(crate) fn pair(&self, extra_chain: &[Certificate]) -> Option<Pair> {
        let chain: Vec<Certificate> = self.chain().map(Certificate::from).collect();
        Pair::new(&chain, extra_chain, self.pem.clone())
    }
}

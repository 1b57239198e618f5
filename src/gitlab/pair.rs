//! A certificate and key for a web server: the leaf, the chain up to its root, and the leaf's key.

use labtrust_plan::{Certificate, Contents, Fingerprint};
use zeroize::Zeroizing;

use crate::certificate::{Issued, PrivateKey};

/// A certificate and its private key, as written to files.
#[derive(Clone)]
pub(crate) struct Pair {
    /// Leaf, intermediates and root in this order, as PEM: clients that know only the root's fingerprint
    /// take the root from the handshake. Then what is sent along.
    pub certificates_pem: Vec<u8>,
    /// The leaf's key, unencrypted, as PEM: nginx starts without a person who could type a passphrase.
    pub key_pem: Zeroizing<Vec<u8>>,
    /// The leaf.
    pub leaf: Fingerprint,
    /// The root as PEM, for GitLab's own trust store.
    pub root_pem: Vec<u8>,
    /// The root.
    pub root: Fingerprint,
    /// The last of what is sent along, if anything is.
    pub sent_with: Option<Fingerprint>,
}

impl Pair {
    /// The pair of `chain`, which runs from leaf to root, and the key `key_pem`; `extra_chain` is sent after the root.
    /// None if `chain` is empty.
    pub(crate) fn new(
        chain: &[Certificate],
        extra_chain: &[Certificate],
        key_pem: Zeroizing<Vec<u8>>,
    ) -> Option<Self> {
        let (leaf, root) = (chain.first()?, chain.last()?);
        Some(Self {
            certificates_pem: chain
                .iter()
                .chain(extra_chain)
                .map(Certificate::pem)
                .collect::<String>()
                .into_bytes(),
            key_pem,
            leaf: leaf.fingerprint(),
            root_pem: root.pem().into_bytes(),
            root: root.fingerprint(),
            sent_with: extra_chain.last().map(Certificate::fingerprint),
        })
    }

    /// The pair of what was signed for `key`; `extra_chain` is sent after the root.
    pub(crate) fn of(issued: &Issued, extra_chain: &[Certificate], key: &PrivateKey) -> Option<Self> {
        let chain: Vec<Certificate> = issued.chain.iter().map(|der| Certificate::new(der.to_vec())).collect();
        Self::new(&chain, extra_chain, Zeroizing::new(key.to_pem().as_bytes().to_vec()))
    }

    /// The contents of the certificate's file.
    pub(crate) fn certificates(&self) -> Contents {
        Contents::Public(self.certificates_pem.clone())
    }

    /// The contents of the key's file.
    pub(crate) fn key(&self) -> Contents {
        Contents::Secret(self.key_pem.clone())
    }
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pair({}, below {})", self.leaf, self.root)
    }
}

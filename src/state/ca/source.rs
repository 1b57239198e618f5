//! The source of the certificates that follow the one in place.

use std::path::Path;

use anyhow::{Result, anyhow};
use labtrust_machine::World;
use labtrust_plan::{Contents, Step};
use zeroize::Zeroizing;

use super::{Ca, INTERMEDIATES, KEY, PERIOD_KEYS, PERIODS, ROOT};
use crate::{
    certificate::{Authority, Parsed, PrivateKey, Sealed, pem},
    state::{Damage, Files},
};

/// The source of a CA's next certificates.
#[derive(Debug)]
pub(crate) enum Source {
    /// The CA's key.
    Key(Authority),
    /// The certificates that a sealed CA signed before its key was wiped, with their keys.
    Sealed(Sealed),
    /// Not here: a company has the key, or it is a self-signed certificate.
    Elsewhere,
}

impl Source {
    /// The root of the CA, if its next certificates come from here.
    pub(crate) fn root(&self) -> Option<&Parsed> {
        match self {
            Self::Key(authority) => Some(authority.root()),
            Self::Sealed(sealed) => Some(sealed.root()),
            Self::Elsewhere => None,
        }
    }

    /// The steps that write it into `folder`.
    pub(super) fn steps(&self, folder: &Path) -> Vec<Step> {
        let put =
            |name: &str, contents: Contents, mode| Step::Put { path: folder.join(name), contents, mode };
        let (key, keys, name, certificates) = match self {
            Self::Key(authority) => {
                let root = authority.root().der();
                let above: Vec<_> = authority.chain().filter(|one| one.der() != root).collect();
                let above = pem::write_certificates(above.iter().map(|one| one.der()));
                let key = authority.key().to_pem().as_bytes().to_vec().into();
                (KEY, key, INTERMEDIATES, above)
            }
            Self::Sealed(sealed) => (PERIOD_KEYS, sealed.keys_pem(), PERIODS, sealed.certificates_pem()),
            Self::Elsewhere => return Vec::new(),
        };
        vec![
            put(key, Contents::Secret(keys), 0o600),
            put(name, Contents::Public(certificates.into_bytes()), 0o644),
        ]
    }
}

impl Ca {
    /// Whether the key of this CA was wiped after it had signed all certificates.
    pub(crate) fn is_sealed(&self) -> bool {
        !self.periods.is_empty()
    }

    /// Whether the certificates that follow the one in place come from here.
    pub(crate) fn can_renew(&self) -> bool {
        self.is_sealed() || self.folder.join(KEY).exists()
    }

    /// Whether its key is somebody else's, such as a company's, and given for each signature.
    pub(crate) fn is_given(&self) -> bool {
        self.root.is_ca() && !self.can_renew()
    }

    /// Whether its loss would be the loss of a CA: nobody else has its keys.
    pub(crate) fn needs_backup(&self) -> bool {
        self.root.is_ca() && self.can_renew()
    }

    /// The source of its next certificates.
    pub(crate) fn source(&self) -> Result<Source, Damage> {
        self.source_with(|path| Ok(World::read_owned_by(self.owner, path)?))
    }

    /// The same, with the keys from `files`.
    pub(crate) fn source_among(&self, files: &dyn Files) -> Result<Source, Damage> {
        let name = self.folder.file_name().unwrap_or_default();
        self.source_with(|path| files.read(&Path::new(name).join(path.file_name().unwrap_or_default())))
    }

    /// The CA with its key, ready to sign. A sealed CA, a self-signed certificate and a company's CA have no key here.
    pub(crate) fn open(&self) -> Result<Option<Authority>, Damage> {
        Ok(match self.source()? {
            Source::Key(authority) => Some(authority),
            Source::Sealed(_) | Source::Elsewhere => None,
        })
    }

    fn source_with(
        &self,
        read: impl Fn(&Path) -> Result<Option<Zeroizing<Vec<u8>>>>,
    ) -> Result<Source, Damage> {
        let path = self.folder.join(if self.is_sealed() { PERIOD_KEYS } else { KEY });
        let damage = |error: anyhow::Error| Damage::new(&path, &error, self.way);
        let Some(keys) = read(&path).map_err(damage)? else {
            // Only a CA that was created here has intermediates or periods, so it must have a key.
            let is_lost = self.is_sealed() || !self.intermediates.is_empty();
            return if is_lost { Err(Damage::missing(&path, self.way)) } else { Ok(Source::Elsewhere) };
        };
        if self.is_sealed() {
            let sealed = Sealed::open(&self.root, &self.periods, &keys).map_err(damage)?;
            let is_signed = self.periods.iter().all(|leaf| leaf.is_signed_by(&self.root));
            return if is_signed { Ok(Source::Sealed(sealed)) } else { Err(self.not_signed(PERIODS)) };
        }
        let key = PrivateKey::from_pem(&keys, &mut |_| {
            Err(anyhow!("it is encrypted, but labtrust never encrypts it"))
        })
        .map_err(damage)?;
        let certificates: Vec<_> = self
            .intermediates
            .iter()
            .chain([&self.root])
            .map(|certificate| certificate.der().clone())
            .collect();
        let authority = Authority::open(&certificates, key).map_err(damage)?;
        if authority.root().fingerprint() == self.root.fingerprint() {
            Ok(Source::Key(authority))
        } else {
            Err(self.not_signed(ROOT))
        }
    }

    fn not_signed(&self, file: &str) -> Damage {
        let why = anyhow!("its key did not sign the CA's certificates");
        Damage::new(&self.folder.join(file), &why, self.way)
    }
}

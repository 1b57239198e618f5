//! Takes keys and certificates out of PKCS #12 (`.p12`, `.pfx`), the form in which Windows and
//! Java hand out a pair.

use std::{
    panic,
    sync::{Mutex, PoisonError},
};

use anyhow::Result;
use p12_keystore::{Pkcs12Archive, error::Error};
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::{key::Passphrase, key_format::wrong_passphrase};
use crate::hint::fail;

/// What the archive holds: certificates, and keys as PKCS #8.
pub(super) struct Contents {
    pub certificates: Vec<CertificateDer<'static>>,
    pub keys: Vec<Zeroizing<Vec<u8>>>,
}

/// Opens an archive (RFC 7292). The empty passphrase, which many have, is tried unasked.
pub(super) fn open(der: &[u8], passphrase: &mut Passphrase<'_>) -> Result<Contents> {
    let archive = match read(der, "") {
        Err(error) if is_passphrase(&error) => {
            read(der, &passphrase("the PKCS #12 file")?).map_err(|error| {
                if is_passphrase(&error) { wrong_passphrase("the PKCS #12 file") } else { unreadable(&error) }
            })?
        }
        other => other.map_err(|error| unreadable(&error))?,
    };
    let certificates = archive.certs.iter().map(|bag| CertificateDer::from(bag.cert.as_der().to_vec()));
    let keys = archive.keys.iter().map(|bag| Zeroizing::new(bag.key.as_der().to_vec()));
    Ok(Contents { certificates: certificates.collect(), keys: keys.collect() })
}

/// Reads an archive. pkcs5 0.8.1 panics where scrypt (RFC 7914) is to cost nothing, and p12-keystore 0.4.1 lets
/// that through, also in what it has just decrypted: here it is an error of the file's.
fn read(der: &[u8], passphrase: &str) -> Result<Pkcs12Archive, Error> {
    // The hook is the process's: two that exchange it at once would leave none behind.
    static EXCHANGE: Mutex<()> = Mutex::new(());
    let _one = EXCHANGE.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let archive = panic::catch_unwind(|| Pkcs12Archive::from_pkcs12(der, passphrase));
    panic::set_hook(hook);
    archive.unwrap_or(Err(Error::InvalidParameters))
}

/// Whether another passphrase could help. Without a MAC, a wrong one shows only as nonsense.
fn is_passphrase(error: &Error) -> bool {
    matches!(error, Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_))
}

fn unreadable(error: &Error) -> anyhow::Error {
    fail(
        format!("the PKCS #12 file cannot be read ({error})"),
        "convert it, and give the new file: openssl pkcs12 -in FILE -nodes -out NEW.pem (for files from before \
         2020, add -legacy)",
    )
}

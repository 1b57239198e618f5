//! Opens PKCS #12 archives (`.p12`, `.pfx`) for the user, who may have to give a passphrase.

use anyhow::Result;
use labtrust_machine::pkcs12::{
    Contents, Wanted,
    pbe::{Budget, Fault},
    read,
};

use super::{key::Passphrase, key_format::wrong_passphrase};
use crate::hint::fail;

/// Opens an archive. It first tries the empty passphrase, which many archives have, and no passphrase, as GnuTLS and old
/// Windows write it.
pub(super) fn open(der: &[u8], wanted: Wanted, passphrase: &mut Passphrase<'_>) -> Result<Contents> {
    let mut budget = Budget::of_a_file();
    for unasked in [Some(""), None] {
        match read(der, wanted, unasked, &mut budget) {
            Err(Fault::Passphrase) => {}
            other => return other.map_err(unreadable),
        }
    }
    let asked = passphrase("the PKCS #12 file")?;
    read(der, wanted, Some(&asked), &mut budget).map_err(unreadable)
}

fn unreadable(fault: Fault) -> anyhow::Error {
    let why = match fault {
        Fault::Passphrase => return wrong_passphrase("the PKCS #12 file"),
        Fault::Unsupported => "it is encrypted with a method that is not supported",
        Fault::Damaged => "it is damaged",
    };
    fail(
        format!("the PKCS #12 file cannot be read: {why}"),
        "convert it, and pass the new file: openssl pkcs12 -in FILE -nodes -out NEW.pem (for files from before \
         2020, add -legacy)",
    )
}

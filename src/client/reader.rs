//! Files of certificates and keys that people name, and standard input: read, decrypted, with remarks on what is odd.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use labtrust_plan::text;
use zeroize::Zeroizing;

use crate::{
    certificate::{
        Parsed, PrivateKey,
        import::{self, Material},
    },
    hint::fail,
    input::{self, standard_input},
    printer::Printer,
};

/// What a `SOURCE` can be, as a hint.
pub(crate) const KINDS: &str =
    "name a certificate file (./NAME), - for standard input, HOST[:PORT] or an https:// URL";

/// No larger file of certificates is read, and no more of standard input.
const LARGEST_INPUT: usize = 64 << 20;

/// Gives the passphrase of what its argument names.
pub(crate) type Ask<'a> = dyn Fn(&str) -> Result<Zeroizing<String>> + 'a;

/// Reads what people name.
pub(crate) struct Reader<'a> {
    /// Where remarks go.
    pub printer: &'a Printer,
    /// It is asked only if a file is encrypted as a whole.
    pub passphrase: Box<Ask<'a>>,
}

impl Reader<'_> {
    /// All certificates that come on standard input.
    pub(crate) fn standard_input(&self) -> Result<Vec<Parsed>> {
        let shown = "standard input";
        let bytes = Zeroizing::new(standard_input(LARGEST_INPUT)?);
        if bytes.len() > LARGEST_INPUT {
            return Err(fail(format!("{shown} is larger than {} MB", LARGEST_INPUT >> 20), KINDS));
        }
        self.parse(&bytes, shown)
    }

    /// All certificates of the file at `path`.
    pub(crate) fn certificates(&self, path: &Path) -> Result<Vec<Parsed>> {
        self.parse(&input::bytes(path, KINDS)?, &text::path(path))
    }

    fn parse(&self, bytes: &[u8], shown: &str) -> Result<Vec<Parsed>> {
        let mut passphrase = |what: &str| (self.passphrase)(&format!("{what} in {shown}"));
        let (certificates, remarks) = import::read_certificates_with_remarks(bytes, &mut passphrase)
            .with_context(|| format!("cannot use {shown}"))?;
        self.remark(shown, &remarks);
        Ok(certificates)
    }

    /// All certificates and keys of the file at `path`, which must be there: else `hint` says what to do.
    pub(crate) fn material(&self, path: &Path, hint: &'static str) -> Result<Material> {
        let bytes = input::bytes(path, hint)?;
        let shown = text::path(path);
        let mut passphrase = |what: &str| (self.passphrase)(&format!("{what} in {shown}"));
        let material =
            import::read_material(&bytes, &mut passphrase).with_context(|| format!("cannot use {shown}"))?;
        self.remark(&shown, &material.remarks);
        Ok(material)
    }

    /// Everything in the files at `paths`.
    pub(crate) fn materials<'p>(&self, paths: impl IntoIterator<Item = &'p PathBuf>) -> Result<Material> {
        let mut material = Material::default();
        for path in paths {
            material.extend(self.material(path, "check the file name")?);
        }
        Ok(material)
    }

    /// The private key in the file at `path`.
    pub(crate) fn key(&self, path: &Path) -> Result<PrivateKey> {
        let material = self.material(path, "name a file with a private key: --key FILE")?;
        material.keys.into_iter().next().ok_or_else(|| {
            let what = format!("{} contains no private key", text::path(path));
            fail(what, "name the file that has a line BEGIN PRIVATE KEY: --key FILE")
        })
    }

    fn remark(&self, shown: &str, remarks: &[String]) {
        for remark in remarks {
            self.printer.aside(format_args!("{shown}: {remark}"));
        }
    }
}

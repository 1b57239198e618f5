//! Reads and decrypts certificates and keys, from files that people name and from standard input.

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

/// The hint that lists the kinds of `SOURCE`.
pub(crate) const KINDS: &str =
    "pass a certificate file (./NAME), - for standard input, HOST[:PORT] or an https:// URL";

/// The largest input of certificates, in bytes.
const LARGEST_INPUT: usize = 64 << 20;

/// Asks for a passphrase; the argument says for which file.
pub(crate) type Ask<'a> = dyn Fn(&str) -> Result<Zeroizing<String>> + 'a;

/// Reads certificates and keys.
pub(crate) struct Reader<'a> {
    /// The printer for remarks.
    pub printer: &'a Printer,
    /// Called only if a file is encrypted as a whole.
    pub passphrase: Box<Ask<'a>>,
}

impl Reader<'_> {
    /// All certificates on standard input.
    pub(crate) fn standard_input(&self) -> Result<Vec<Parsed>> {
        let shown = "standard input";
        let bytes = Zeroizing::new(standard_input(LARGEST_INPUT)?);
        if bytes.len() > LARGEST_INPUT {
            return Err(fail(format!("{shown} is larger than {} MB", LARGEST_INPUT >> 20), KINDS));
        }
        self.parse(&bytes, shown)
    }

    /// All certificates in the file at `path`.
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

    /// All certificates and keys in the file at `path`. The error for a missing file has the hint `hint`.
    pub(crate) fn material(&self, path: &Path, hint: &'static str) -> Result<Material> {
        let bytes = input::bytes(path, hint)?;
        let shown = text::path(path);
        let mut passphrase = |what: &str| (self.passphrase)(&format!("{what} in {shown}"));
        let material =
            import::read_material(&bytes, &mut passphrase).with_context(|| format!("cannot use {shown}"))?;
        self.remark(&shown, &material.remarks);
        Ok(material)
    }

    /// All certificates and keys in the files at `paths`.
    pub(crate) fn materials<'p>(&self, paths: impl IntoIterator<Item = &'p PathBuf>) -> Result<Material> {
        let mut material = Material::default();
        for path in paths {
            material.extend(self.material(path, "check the file name")?);
        }
        Ok(material)
    }

    /// The private key in the file at `path`.
    pub(crate) fn key(&self, path: &Path) -> Result<PrivateKey> {
        let material = self.material(path, "pass a file with a private key: --key FILE")?;
        material.keys.into_iter().next().ok_or_else(|| {
            let what = format!("{} contains no private key", text::path(path));
            fail(what, "pass the file that has a line BEGIN PRIVATE KEY: --key FILE")
        })
    }

    fn remark(&self, shown: &str, remarks: &[String]) {
        for remark in remarks {
            self.printer.aside(format_args!("{shown}: {remark}"));
        }
    }
}

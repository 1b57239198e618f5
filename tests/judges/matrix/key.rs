//! Keys and signatures, also of the kinds that the program never makes.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};

use super::{
    super::{run, said},
    der::{bytes, integer, null, oid, sequence, tagged},
};

/// A kind of key, as `openssl genpkey` is told to make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind(pub &'static str);

pub(super) const P256: Kind = Kind("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
pub(super) const P224: Kind = Kind("-algorithm EC -pkeyopt ec_paramgen_curve:P-224");
pub(super) const P384: Kind = Kind("-algorithm EC -pkeyopt ec_paramgen_curve:P-384");
pub(super) const P521: Kind = Kind("-algorithm EC -pkeyopt ec_paramgen_curve:P-521");
pub(super) const SECP256K1: Kind = Kind("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1");
pub(super) const BRAINPOOL: Kind = Kind("-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1");
pub(super) const ED25519: Kind = Kind("-algorithm ED25519");
pub(super) const ED448: Kind = Kind("-algorithm ED448");
pub(super) const RSA1024: Kind = Kind("-algorithm RSA -pkeyopt rsa_keygen_bits:1024");
pub(super) const RSA2048: Kind = Kind("-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
pub(super) const RSA2047: Kind = Kind("-algorithm RSA -pkeyopt rsa_keygen_bits:2047");
pub(super) const RSA3072: Kind = Kind("-algorithm RSA -pkeyopt rsa_keygen_bits:3072");
pub(super) const RSA_PSS: Kind = Kind("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048");

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    /// In PKCS#8, as PEM.
    pub pem: String,
    /// The public half, as a certificate holds it.
    pub public: Vec<u8>,
    kind: Kind,
    folder: tempfile::TempDir,
}

/// A signature's algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithm {
    /// Its object identifier.
    oid: &'static str,
    parameters: Parameters,
    /// What `openssl dgst` is told; none if the algorithm has its own hash.
    arguments: Option<&'static [&'static str]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parameters {
    Absent,
    Null,
    /// RSASSA-PSS with SHA-256 and a salt of its length.
    Pss,
}

const fn ecdsa(oid: &'static str, hash: &'static [&'static str]) -> Algorithm {
    Algorithm { oid, parameters: Parameters::Absent, arguments: Some(hash) }
}

const fn rsa(oid: &'static str, hash: &'static [&'static str]) -> Algorithm {
    Algorithm { oid, parameters: Parameters::Null, arguments: Some(hash) }
}

pub(super) const ECDSA_SHA1: Algorithm = ecdsa("1.2.840.10045.4.1", &["-sha1"]);
pub(super) const ECDSA_SHA224: Algorithm = ecdsa("1.2.840.10045.4.3.1", &["-sha224"]);
pub(super) const ECDSA_SHA256: Algorithm = ecdsa("1.2.840.10045.4.3.2", &["-sha256"]);
pub(super) const ECDSA_SHA384: Algorithm = ecdsa("1.2.840.10045.4.3.3", &["-sha384"]);
pub(super) const ECDSA_SHA512: Algorithm = ecdsa("1.2.840.10045.4.3.4", &["-sha512"]);
pub(super) const ECDSA_SHA3: Algorithm = ecdsa("2.16.840.1.101.3.4.3.10", &["-sha3-256"]);
pub(super) const RSA_MD5: Algorithm = rsa("1.2.840.113549.1.1.4", &["-md5"]);
pub(super) const RSA_SHA1: Algorithm = rsa("1.2.840.113549.1.1.5", &["-sha1"]);
pub(super) const RSA_SHA224: Algorithm = rsa("1.2.840.113549.1.1.14", &["-sha224"]);
pub(super) const RSA_SHA256: Algorithm = rsa("1.2.840.113549.1.1.11", &["-sha256"]);
pub(super) const RSA_SHA384: Algorithm = rsa("1.2.840.113549.1.1.12", &["-sha384"]);
pub(super) const RSA_SHA512: Algorithm = rsa("1.2.840.113549.1.1.13", &["-sha512"]);
pub(super) const PSS: Algorithm = Algorithm {
    oid: "1.2.840.113549.1.1.10",
    parameters: Parameters::Pss,
    arguments: Some(&["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]),
};
pub(super) const PURE_ED25519: Algorithm =
    Algorithm { oid: "1.3.101.112", parameters: Parameters::Absent, arguments: None };
pub(super) const PURE_ED448: Algorithm =
    Algorithm { oid: "1.3.101.113", parameters: Parameters::Absent, arguments: None };

impl Algorithm {
    /// As a certificate holds it.
    pub(super) fn der(&self) -> Vec<u8> {
        let sha256 = || sequence(&[oid("2.16.840.1.101.3.4.2.1"), null()]);
        match self.parameters {
            Parameters::Absent => sequence(&[oid(self.oid)]),
            Parameters::Null => sequence(&[oid(self.oid), null()]),
            Parameters::Pss => {
                let mask = sequence(&[oid("1.2.840.113549.1.1.8"), sha256()]);
                let parameters = [tagged(0, &[sha256()]), tagged(1, &[mask]), tagged(2, &[integer(&[32])])];
                sequence(&[oid(self.oid), sequence(&parameters)])
            }
        }
    }

    /// Whether a key of this kind can sign so: of two rows, one may have changed the signer.
    pub(super) fn fits(&self, kind: Kind) -> bool {
        let usual = Self::usual(kind);
        let is_rsa = |oid: &str| oid.starts_with("1.2.840.113549.");
        usual.arguments.is_some() == self.arguments.is_some() && is_rsa(usual.oid) == is_rsa(self.oid)
    }

    /// The usual one for a kind of key.
    pub(super) fn usual(kind: Kind) -> Self {
        match kind {
            ED25519 => PURE_ED25519,
            ED448 => PURE_ED448,
            P384 => ECDSA_SHA384,
            P521 => ECDSA_SHA512,
            RSA_PSS => PSS,
            RSA1024 | RSA2047 | RSA2048 | RSA3072 => RSA_SHA256,
            _ => ECDSA_SHA256,
        }
    }
}

impl Key {
    /// The key of this kind and this owner; made once.
    pub(super) fn of(owner: &'static str, kind: Kind) -> Arc<Self> {
        type Made = Mutex<HashMap<(&'static str, Kind), Arc<Key>>>;
        static MADE: LazyLock<Made> = LazyLock::new(Mutex::default);
        let mut made = MADE.lock().expect("nobody fails while holding it");
        Arc::clone(made.entry((owner, kind)).or_insert_with(|| Arc::new(Self::make(kind))))
    }

    fn make(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments =
            ["genpkey", "-out", "key.pem"].into_iter().chain(kind.0.split(' ')).collect::<Vec<_>>();
        openssl(folder.path(), &arguments);
        Self::in_folder(folder, kind)
    }

    /// A key that is there already, of the kind that is made most.
    pub(super) fn known(pem: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("key.pem"), pem).expect("a file");
        Self::in_folder(folder, P256)
    }

    fn in_folder(folder: tempfile::TempDir, kind: Kind) -> Self {
        openssl(
            folder.path(),
            &["pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "public.der"],
        );
        let pem = fs::read_to_string(folder.path().join("key.pem")).expect("a key");
        let public = fs::read(folder.path().join("public.der")).expect("a key");
        Self { pem, public, kind, folder }
    }

    /// What identifies it: the key identifier of RFC 7093, method 1, is the hash's first bytes.
    pub(super) fn id(&self) -> Vec<u8> {
        ring::digest::digest(&ring::digest::SHA256, &self.public).as_ref()[..20].to_vec()
    }

    /// A signature as a certificate holds it.
    pub(super) fn sign(&self, algorithm: &Algorithm, message: &[u8]) -> Vec<u8> {
        if self.kind == P256 && *algorithm == ECDSA_SHA256 {
            return bytes(&self.sign_at_once(message));
        }
        let key = self.folder.path().join("key.pem");
        let key = key.to_str().expect("a path");
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        fs::write(folder.join("message"), message).expect("a file");
        if let Some(arguments) = algorithm.arguments {
            let common = ["dgst", "-sign", key, "-out", "signature"];
            openssl(folder, &[&common[..], arguments, &["message"]].concat());
        } else {
            let whole = ["pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", "message"];
            openssl(folder, &[&whole[..], &["-out", "signature"]].concat());
        }
        bytes(&fs::read(folder.join("signature")).expect("a signature"))
    }

    /// Most signatures are of this kind, and a program for each would take its time.
    fn sign_at_once(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let key = PrivatePkcs8KeyDer::from_pem_slice(self.pem.as_bytes()).expect("a key");
        let key = key.secret_pkcs8_der();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key, &random).expect("a key");
        pair.sign(&random, message).expect("a signature").as_ref().to_vec()
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = run(folder, "openssl", arguments);
    assert!(output.status.success(), "openssl {}: {}", arguments.join(" "), said(&output));
}

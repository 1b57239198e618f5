//! Files that no tool writes, and accidents: reading them ends with an error, and never with a panic.
//! `tests/judges/import.rs` reads the files that tools write.

use std::time::{Duration, Instant};

use anyhow::bail;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKeyChain};
use time::{OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    certificate::{Authority, Inspection, KeyType, LeafOrder, Scope, request::request},
    hint::hint_of,
};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn no_passphrase(_: &str) -> Result<Zeroizing<String>> {
    bail!("asked for a passphrase")
}

/// Files of every shape, each with a pair or a part of one in it.
fn files() -> Vec<Vec<u8>> {
    let names = vec!["gitlab.example.com".parse().expect("a name")];
    let scope = Scope { names: names.clone(), permit: Vec::new(), constrained: true };
    let ca = Authority::make(&scope, KeyType::P256, NOW).expect("a CA");
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let order = LeafOrder { names: names.clone(), public_key: key.public_key().clone(), days: 397 };
    let issued = ca.sign(&order, NOW).expect("a leaf");
    let certificates = issued.chain.iter().map(|der| Certificate::from_der(der).expect("a certificate"));
    let p12_key = p12_keystore::PrivateKey::from_der(key.pkcs8()).expect("a key");
    let mut store = KeyStore::new();
    store.add_entry("a", KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("1", p12_key, certificates)));
    let p12 = store.writer("").encryption_iterations(2).mac_iterations(2).write().expect("an archive");
    vec![
        [issued.to_pem().as_bytes(), key.to_pem().as_bytes()].concat(),
        issued.leaf.der().to_vec(),
        ca.root().der().to_vec(),
        key.pkcs8().to_vec(),
        request(&names, &key).expect("a request").to_vec(),
        p12,
    ]
}

#[test]
fn files_are_known_by_their_content() {
    let files = files();
    let found: Vec<_> = files
        .iter()
        .map(|file| {
            let material = read_material(file, &mut no_passphrase);
            material
                .map(|found| (found.certificates.len(), found.keys.len()))
                .map_err(|error| error.to_string())
        })
        .collect();
    let request = Err("this is a certificate signing request, not a certificate".to_owned());
    assert_eq!(found, [Ok((3, 1)), Ok((1, 0)), Ok((1, 0)), Ok((0, 1)), request, Ok((3, 1))]);
    let mut material = read_material(&files[1], &mut no_passphrase).expect("a leaf");
    material.extend(read_material(&files[0], &mut no_passphrase).expect("a pair"));
    assert_eq!(material.into_chain(Vec::new(), NOW).expect("a chain").served().len(), 3);
}

#[test]
fn what_is_none_of_these_is_said() {
    for (bytes, what) in [
        (&b""[..], "the file is empty"),
        (b"hello", "neither a certificate nor a key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAEC\n-----END OPENSSH PRIVATE KEY-----\n", "SSH key"),
        (b"-----BEGIN DH PARAMETERS-----\nAAEC\n-----END DH PARAMETERS-----\n", "no certificate and no key"),
        (b"-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n", "the certificate is damaged"),
        (&[0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2], "Java keystore"),
        (&[0x30, 0x03, 0x06, 0x01, 0x2A], "PKCS #7 file is damaged"),
        (&[0x30, 0x03, 0x02, 0x01, 0x03], "PKCS #12 file cannot be read"),
    ] {
        let error = read_material(bytes, &mut no_passphrase).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
        assert!(hint_of(&error).is_some(), "{error}");
    }
}

#[test]
fn an_archive_of_nothing_is_no_pair() {
    let archive = KeyStore::new().writer("").mac_iterations(2).write().expect("an archive");
    let error = read_material(&archive, &mut no_passphrase).expect_err("nothing is in it");
    assert!(error.to_string().contains("no certificate and no key"), "{error}");
}

#[test]
fn no_file_keeps_us_busy_for_minutes_or_makes_us_panic() {
    for (what, key) in [
        ("twenty million rounds", &include_bytes!("../../fuzz/seeds/keys/ed25519.rounds.der")[..]),
        ("a cost of nothing", include_bytes!("../../fuzz/seeds/keys/ed25519.scrypt-cost-0.der")),
    ] {
        let error = read_material(key, &mut |_| Ok(Zeroizing::new("changeit".into()))).expect_err(what);
        assert!(error.to_string().contains("not supported"), "{what}: {error}");
    }
    let archive = include_bytes!("../../fuzz/seeds/pkcs12/scrypt-cost-0.p12");
    let error = read_material(archive, &mut no_passphrase).expect_err("a cost of nothing");
    assert!(error.to_string().contains("PKCS #12 file cannot be read"), "{error}");
}

/// A generator of numbers that are the same in every run (Knuth's constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }
}

#[test]
fn damage_of_any_kind_is_survived() {
    let mut numbers = Numbers(1);
    for file in files() {
        for _ in 0..1_000 {
            let mut damaged = file.clone();
            for _ in 0..=numbers.below(4) {
                let at = numbers.below(damaged.len());
                match numbers.below(4) {
                    0 => damaged[at] = u8::try_from(numbers.below(256)).unwrap_or_default(),
                    1 => damaged[at] ^= 1 << numbers.below(8),
                    2 => damaged.truncate(at + 1),
                    _ => damaged.insert(at, 0x30),
                }
            }
            if let Ok(material) = read_material(&damaged, &mut |_| Ok(Zeroizing::default())) {
                let parsed = material.certificates.iter().map(|der| Parsed::from_der(der));
                let parsed = parsed.collect::<Result<Vec<_>>>().expect("they were read once");
                drop(Inspection::of(&parsed, NOW).map(|inspection| serde_json::to_string(&inspection)));
                drop(material.into_chain(Vec::new(), NOW));
            }
        }
    }
    for length in [1, 10, 100, 100_000] {
        let noise: Vec<u8> =
            (0..length).map(|_| u8::try_from(numbers.below(256)).unwrap_or_default()).collect();
        drop(read_material(&noise, &mut no_passphrase));
        // Sequences of no length, each in the other.
        drop(read_material(&[0x30, 0x80].repeat(length), &mut no_passphrase));
    }
}

/// `SignedData` with nothing in it but these certificates (RFC 5652 §5.1).
fn pkcs7(certificates: &[&[u8]]) -> Vec<u8> {
    let tagged = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).expect("a short one").to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    };
    let version = [0x02, 0x01, 0x01, 0x31, 0x00];
    let data = [0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
    let signed_data = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
    let content = [&version[..], &data, &tagged(0xA0, &certificates.concat()), &[0x31, 0x00]].concat();
    tagged(0x30, &[&signed_data[..], &tagged(0xA0, &tagged(0x30, &content))].concat())
}

#[test]
fn a_cut_or_a_flipped_bit_anywhere_is_survived_in_no_time() {
    let mut numbers = Numbers(2);
    let mut files = files();
    let archive = pkcs7(&[&files[1], &files[2]]);
    assert_eq!(read_certificates(&archive, &mut no_passphrase).expect("an archive").len(), 2);
    files.push(archive);
    let (mut tried, mut longest) = (0, Duration::ZERO);
    let mut survive = |bytes: &[u8]| {
        let start = Instant::now();
        let mut passphrase = |_: &str| Ok(Zeroizing::new("a passphrase".to_owned()));
        drop(read_certificates(bytes, &mut passphrase));
        drop(read_material(bytes, &mut passphrase).map(|found| found.into_chain(Vec::new(), NOW)));
        drop(read_request(bytes).map(|request| LeafOrder::from_csr(&request, Vec::new(), 397)));
        longest = longest.max(start.elapsed());
        tried += 1;
    };
    for file in files {
        // Long ones are long in the same way everywhere.
        for at in (0..file.len()).step_by(file.len().div_ceil(500)) {
            survive(&file[..at]);
            let mut flipped = file.clone();
            flipped[at] ^= 1 << numbers.below(8);
            survive(&flipped);
        }
    }
    assert!(tried > 4_000 && longest < Duration::from_secs(5), "{tried} tried, {longest:?} the longest");
}

//! Invalid keys and passphrases, and those that belong to something else.

use super::{
    case::{Row, places, refused},
    samples,
};
use crate::lab::HOST;

#[test]
fn keys_and_passphrases_that_do_not_fit_are_told_apart() {
    let machine = machine!("client");
    samples::make(&machine);
    let mut rows = Vec::new();
    let lines = [
        "import --out pair --cert chain.pem --key KEY",
        "setup HOST --out pair --key KEY",
        "setup HOST --out pair --ca-cert ca.crt --ca-key KEY",
    ];
    for (index, (key, says)) in NO_KEYS.iter().enumerate() {
        for line in places(&lines, index) {
            rows.push(Row::words(&line.replace("HOST", HOST).replace("KEY", key), 3, says));
        }
    }
    rows.extend(NO_PAIRS.iter().map(|(line, says)| Row::words(&line.replace("HOST", HOST), 3, says)));
    refused(&machine, "keys and passphrases", 2, &rows);
}

/// Keys, passphrases and certificates that do not fit each other.
const NO_PAIRS: &[(&str, &str)] = &[
    ("import --out pair --cert chain.pem", "there is no private key for CN=mygitlab.example.com|--key FILE"),
    ("import --out pair --cert chain.pem --key other.key", "belongs to none of the certificates|--key FILE"),
    (
        "import --out pair --cert leaf.crt --key leaf.key",
        "the certificate of CN=Good CA, which signed|--chain FILE",
    ),
    ("import --out pair --cert leaf.crt --key leaf.key --chain absent.crt", "absent.crt does not exist"),
    (
        "import --out pair --cert leaf.crt --key leaf.key --chain noise.pem",
        "noise.pem: the certificate is damaged",
    ),
    (
        "import --out pair --cert chain.pem --key leaf.key --host other.example.com",
        "is for mygitlab.example.com, not for other.example.com",
    ),
    ("import --out pair --cert expired.crt --key keyed.key", "expired on|the certificate that replaced it"),
    ("import --out pair --cert future.crt --key keyed.key", "valid only from|clock"),
    (
        "import --out pair --cert 3000.pem --key other.key",
        "belongs to none of the certificates|and 2993 more",
    ),
    ("import --out pair --cert circle.pem --key leaf.key", "belongs to none of the certificates"),
    ("import --out pair --cert impostors.pem --key keyed.key", "the certificate of CN=One, which signed"),
    ("import --out pair --cert rsa16k.crt --key rsa16k.key", "RSA 16384 key cannot serve HTTPS|8192"),
    ("setup HOST --out pair --ca-cert ca.crt --ca-key other.key", "belongs to none of the CA's certificates"),
    (
        "setup HOST --out pair --ca-cert leaf.crt --ca-key leaf.key",
        "is not the certificate of a CA|labtrust import",
    ),
    ("setup HOST --out pair --ca-cert v1.crt --ca-key ca.key", "CN=Version 1 is not the certificate of a CA"),
    ("setup HOST --out pair --ca-cert expired.crt --ca-key keyed.key", "CN=Expired expired on"),
    ("setup HOST --out pair --ca-cert future.crt --ca-key keyed.key", "CN=Future is valid only from|clock"),
    ("setup HOST --out pair --ca-cert rsa1024.crt --ca-key rsa1024.key", "RSA 1024"),
    (
        "setup HOST --out pair --ca-cert 3000.pem --ca-key other.key",
        "belongs to none of the CA's certificates|and 2993 more",
    ),
    ("setup HOST --out pair --ca-cert circle.pem --ca-key other.key", "belongs to none"),
    ("setup HOST --out pair --key rsa1024.key", "RSA 1024 key cannot serve HTTPS"),
    ("setup HOST --out pair --key bitcoin.key", "an EC secp256k1 key cannot serve HTTPS"),
    ("setup HOST --out leaf.crt", "leaf.crt is not a folder"),
    ("setup HOST --gitlab leaf.crt", "leaf.crt"),
    ("setup HOST --gitlab absent", "absent"),
    ("setup HOST --prepare leaf.crt", "leaf.crt"),
    ("setup HOST --out pair --key rsa16k.key", "RSA 16384 key cannot serve HTTPS"),
    (
        "import --out pair --cert chain.pem --key encrypted.key",
        "is encrypted, and there is no terminal|--passphrase-file",
    ),
    (
        "import --out pair --cert chain.pem --key encrypted.key --passphrase-file passphrase-wrong",
        "the passphrase does not open the private key",
    ),
    (
        "import --out pair --cert chain.pem --key encrypted.key --passphrase-file absent",
        "absent does not exist|--passphrase-file FILE",
    ),
    (
        "import --out pair --cert chain.pem --key encrypted.key --passphrase-file folder",
        "folder is a folder|--passphrase-file FILE",
    ),
    (
        "import --out pair --cert chain.pem --key encrypted.key --passphrase-file empty",
        "the passphrase does not open the private key",
    ),
    (
        "import --out pair --cert chain.pem --key encrypted.key --passphrase-file noise",
        "noise is not UTF-8 text",
    ),
    (
        "import --out pair --cert chain.pem --key encrypted.key --passphrase-file passphrase-utf16",
        "passphrase-utf16 is not UTF-8 text",
    ),
    (
        "import --out pair --cert chain.pem --key encrypted.key --passphrase-file pipe",
        "pipe is not a regular file",
    ),
    ("import --out pair --cert chain.pem --key encrypted.key --passphrase-env NOT_SET", "NOT_SET is not set"),
    ("import --out pair --cert chain.pem --key rounds.der --passphrase-file passphrase", "rounds.der: "),
    ("setup HOST --out pair --key rounds.der --passphrase-file passphrase", "rounds.der: "),
    ("import --out pair --pkcs12 secret.p12", "is encrypted, and there is no terminal"),
    (
        "import --out pair --pkcs12 secret.p12 --passphrase-file passphrase-wrong",
        "the passphrase does not open the PKCS #12 file",
    ),
    (
        "trust ./secret.p12 --passphrase-file passphrase-wrong",
        "the passphrase does not open the PKCS #12 file",
    ),
    ("inspect ./secret.p12", "is encrypted, and there is no terminal"),
    ("untrust ./secret.p12 --passphrase-file absent", "absent does not exist"),
    ("import --out pair --pkcs12 rc2.p12 --passphrase-file passphrase-wrong", "rc2.p12: "),
    ("import --out pair --pkcs12 cut.p12", "cut.p12: "),
    ("import --out pair --pkcs12 keyless.p12", "there is no private key for CN=Good CA"),
    ("import --out pair --pkcs12 empty", "empty: the file is empty"),
    ("import --out pair --pkcs12 noise.pem", "noise.pem: the certificate is damaged"),
    ("import --out pair --pkcs12 keystore.jks", "keystore.jks: this is a Java keystore"),
];

/// Files instead of a private key, with the expected messages.
const NO_KEYS: &[(&str, &str)] = &[
    ("absent.key", "absent.key does not exist"),
    ("folder", "folder is a folder"),
    ("empty", "empty: the file is empty"),
    ("large.pem", "large.pem is larger than"),
    ("noise", "noise: "),
    ("damaged.key", "damaged.key: "),
    ("legacy.key", "legacy.key: |old format (Proc-Type: 4,ENCRYPTED)|openssl pkey"),
    ("ssh.key", "ssh.key: this is an SSH key"),
    ("ssh.pub", "ssh.pub: this is an SSH key"),
    ("pgp.asc", "pgp.asc: this is a PGP key"),
    ("public.pem", "public.pem: the file holds a public key, and no certificate and no private key"),
    ("parameters.pem", "parameters.pem: the file holds no certificate and no key"),
    ("leaf.csr", "leaf.csr: this is a certificate signing request"),
    ("page.html", "page.html: this is a web page (HTML)"),
    ("keystore.jks", "keystore.jks: this is a Java keystore"),
    ("ed448.key", "ed448.key: the private key is of a kind that is not supported"),
    ("encrypted.key", "is encrypted, and there is no terminal"),
];

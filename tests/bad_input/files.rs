//! Files that are not what they should be, at every verb that takes one.

use super::{
    case::{Row, refused},
    samples,
};
use crate::lab::HOST;

/// What stands in a certificate's place, and what is said of it.
const NO_CERTIFICATES: &[(&str, &str)] = &[
    ("absent.crt", "absent.crt does not exist"),
    ("folder/absent.crt", "folder/absent.crt does not exist"),
    ("leaf.crt/x.crt", "leaf.crt/x.crt"),
    ("folder", "folder is a folder"),
    ("pipe", "pipe is no regular file"),
    ("/dev/zero", "/dev/zero is no regular file"),
    ("loop", "loop"),
    ("empty", "empty: the file is empty"),
    ("large.pem", "large.pem is larger than"),
    ("zeros", "zeros: this is no certificate"),
    ("noise", "noise: "),
    ("noise.pem", "noise.pem: the certificate is damaged"),
    ("cut.pem", "cut.pem: the section CERTIFICATE that starts in line 1 has no end"),
    ("cut.der", "cut.der: the file is cut off|200 of "),
    ("longer.der", "longer.der: the certificate is damaged: something follows it"),
    ("half.pem", "half.pem: certificate 2 of 2 in it: the certificate is damaged"),
    ("half-base64.pem", "half-base64.pem: the section CERTIFICATE that starts in line "),
    ("unended.pem", "unended.pem: the section CERTIFICATE that starts in line 1 has no end"),
    ("leaf.csr", "leaf.csr: this is a certificate signing request"),
    ("ssh.pub", "ssh.pub: this is an SSH key"),
    ("ssh.key", "ssh.key: this is an SSH key"),
    ("pgp.asc", "pgp.asc: this is a PGP key"),
    ("page.html", "page.html: this is a web page (HTML)|download it again"),
    ("page.crt", "page.crt: this is a web page (HTML)"),
    ("answer.json", "answer.json: this is JSON"),
    ("keystore.jks", "keystore.jks: this is a Java keystore"),
    ("certificates.zip", "certificates.zip: this is an archive"),
    ("base64.txt", "base64.txt: this is Base64 without"),
    ("none.p7b", "none.p7b: the PKCS #7 file is damaged, or holds no certificates"),
    ("cut.p12", "cut.p12: "),
    ("parameters.pem", "parameters.pem: there is no certificate"),
    ("public.pem", "public.pem: there is no certificate"),
    ("C:\\Users\\me\\ca", "C:\\Users\\me\\ca does not exist"),
    ("C:\\Users\\me\\ca.crt", "C:\\Users\\me\\ca.crt does not exist"),
];

#[test]
fn what_is_no_certificate_is_said_to_be_none() {
    let machine = machine!("client");
    samples::make(&machine);
    let lines = [
        "trust FILE",
        "inspect FILE",
        "untrust FILE",
        "import --out pair --cert FILE",
        "setup HOST --out pair --ca-cert FILE --ca-key ca.key",
    ];
    let rows = NO_CERTIFICATES.iter().flat_map(|(file, says)| {
        lines.iter().map(move |line| {
            let word = |word: &str| word.replace("FILE", file).replace("HOST", HOST);
            Row::new(line.split(' ').map(word), 3, says)
        })
    });
    let key = ["trust key.pem", "inspect key.pem", "untrust key.pem", "import --out pair --cert key.pem"];
    let key = key.map(|line| Row::words(line, 3, "there is no certificate"));
    refused(&machine, "no certificate", 2, &rows.chain(key).collect::<Vec<_>>());
}

#[test]
fn keys_and_passphrases_that_do_not_fit_are_told_apart() {
    let machine = machine!("client");
    samples::make(&machine);
    let mut rows = Vec::new();
    for (key, says) in NO_KEYS {
        for line in [
            "import --out pair --cert chain.pem --key KEY",
            "setup HOST --out pair --key KEY",
            "setup HOST --out pair --ca-cert ca.crt --ca-key KEY",
        ] {
            rows.push(Row::words(&line.replace("HOST", HOST).replace("KEY", key), 3, says));
        }
    }
    let own: &[(&str, &str)] = &[
        (
            "import --out pair --cert chain.pem",
            "there is no private key for CN=mygitlab.example.com|--key FILE",
        ),
        (
            "import --out pair --cert chain.pem --key other.key",
            "belongs to none of the certificates|--key FILE",
        ),
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
        ("import --out pair --cert expired.crt --key keyed.key", "has ended on|the one that replaced it"),
        ("import --out pair --cert future.crt --key keyed.key", "valid only from|clock"),
        (
            "import --out pair --cert 3000.pem --key other.key",
            "belongs to none of the certificates|and 2993 more",
        ),
        ("import --out pair --cert circle.pem --key leaf.key", "belongs to none of the certificates"),
        ("import --out pair --cert impostors.pem --key keyed.key", "the certificate of CN=One, which signed"),
        ("import --out pair --cert rsa16k.crt --key rsa16k.key", "RSA 16384 key cannot serve HTTPS|8192"),
        (
            "setup HOST --out pair --ca-cert ca.crt --ca-key other.key",
            "belongs to none of the CA's certificates",
        ),
        (
            "setup HOST --out pair --ca-cert leaf.crt --ca-key leaf.key",
            "is not the certificate of a CA|labtrust import",
        ),
        (
            "setup HOST --out pair --ca-cert v1.crt --ca-key ca.key",
            "CN=Version 1 is not the certificate of a CA",
        ),
        ("setup HOST --out pair --ca-cert expired.crt --ca-key keyed.key", "CN=Expired has ended on"),
        (
            "setup HOST --out pair --ca-cert future.crt --ca-key keyed.key",
            "CN=Future is valid only from|clock",
        ),
        ("setup HOST --out pair --ca-cert rsa1024.crt --ca-key rsa1024.key", "RSA 1024"),
        (
            "setup HOST --out pair --ca-cert 3000.pem --ca-key other.key",
            "belongs to none of the CA's certificates|and 2993 more",
        ),
        ("setup HOST --out pair --ca-cert circle.pem --ca-key other.key", "belongs to none"),
        ("setup HOST --out pair --key rsa1024.key", "RSA 1024 key cannot serve HTTPS"),
        ("setup HOST --out pair --key bitcoin.key", "1.3.132.0.10 key cannot serve HTTPS"),
        ("setup HOST --out leaf.crt", "leaf.crt is no folder"),
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
            "noise is no UTF-8 text",
        ),
        (
            "import --out pair --cert chain.pem --key encrypted.key --passphrase-file passphrase-utf16",
            "passphrase-utf16 is no UTF-8 text",
        ),
        (
            "import --out pair --cert chain.pem --key encrypted.key --passphrase-file pipe",
            "pipe is no regular file",
        ),
        (
            "import --out pair --cert chain.pem --key encrypted.key --passphrase-env NOT_SET",
            "NOT_SET is not set",
        ),
        ("import --out pair --cert chain.pem --key rounds.der --passphrase-file passphrase", "rounds.der: "),
        ("setup HOST --out pair --key rounds.der --passphrase-file passphrase", "rounds.der: "),
        ("import --out pair --pkcs12 secret.p12", "is encrypted, and there is no terminal"),
        (
            "import --out pair --pkcs12 secret.p12 --passphrase-file passphrase-wrong",
            "the passphrase does not open the PKCS #12 file",
        ),
        (
            "trust secret.p12 --passphrase-file passphrase-wrong",
            "the passphrase does not open the PKCS #12 file",
        ),
        ("inspect secret.p12", "is encrypted, and there is no terminal"),
        ("untrust secret.p12 --passphrase-file absent", "absent does not exist"),
        ("import --out pair --pkcs12 rc2.p12 --passphrase-file passphrase-wrong", "rc2.p12: "),
        ("import --out pair --pkcs12 cut.p12", "cut.p12: "),
        ("import --out pair --pkcs12 keyless.p12", "there is no private key for CN=Good CA"),
        ("import --out pair --pkcs12 empty", "empty: the file is empty"),
        ("import --out pair --pkcs12 noise.pem", "noise.pem: the certificate is damaged"),
        ("import --out pair --pkcs12 keystore.jks", "keystore.jks: this is a Java keystore"),
    ];
    rows.extend(own.iter().map(|(line, says)| Row::words(&line.replace("HOST", HOST), 3, says)));
    refused(&machine, "keys and passphrases", 2, &rows);
}

/// What stands in a private key's place.
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
    ("public.pem", "public.pem: there is no certificate and no private key in it"),
    ("parameters.pem", "parameters.pem: there is no certificate and no key in it"),
    ("leaf.csr", "leaf.csr: this is a certificate signing request"),
    ("page.html", "page.html: this is a web page (HTML)"),
    ("keystore.jks", "keystore.jks: this is a Java keystore"),
    ("ed448.key", "ed448.key: the private key is of a kind that is not supported"),
    ("encrypted.key", "is encrypted, and there is no terminal"),
];

#[test]
fn a_ca_that_must_not_be_trusted_unasked_is_not() {
    let machine = machine!("client");
    samples::make(&machine);
    let unasked = "is not trusted without its fingerprint|it can sign for any name|--fingerprint ";
    let other =
        "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";
    let lines: &[(&str, &str)] = &[
        ("trust ca.crt", unasked),
        ("trust v1.crt", unasked),
        ("trust unmarked.crt", unasked),
        ("trust negative.crt", unasked),
        ("trust md5.crt", unasked),
        ("trust sha1.crt", unasked),
        ("trust rsa1024.crt", "CN=RSA 1024, which names itself as its issuer|(RSA 1024)|2048"),
        ("trust large.crt", unasked),
        ("trust hostile.crt", unasked),
        ("trust long.crt", unasked),
        ("trust names.crt", unasked),
        ("trust leaf.crt", "which is no root: CN=Good CA signed it"),
        ("trust rsa16k.crt", "which is no root: CN=Good CA signed it"),
        ("trust circle.pem", "which is no root: CN=One signed it"),
        ("trust expired.crt", "CN=Expired has expired, on |--expired"),
        ("trust hostile-expired.crt", "has expired, on "),
        ("trust future.crt", "CN=Future is valid only from |clock"),
        ("trust 3000.pem", "3000.pem holds 3000 root certificates|--fingerprint|and 2990 more"),
        ("trust two.pem", "two.pem holds 2 root certificates|CN=Root 0|CN=Root 1"),
        ("untrust 3000.pem", "3000.pem holds 3000 root certificates"),
        ("untrust nowhere.example.com", "labtrust put no CA here that nowhere.example.com means"),
        ("trust keyless.p12", unasked),
        ("trust", "there is no CA of labtrust's on this machine"),
        ("inspect", "there is no CA of labtrust's on this machine"),
        ("export", "there is no CA of labtrust's on this machine"),
        ("sign a.example.com", "there is no CA of labtrust's here"),
    ];
    let row = |(line, says): &(&str, &str)| {
        let row = Row::words(line, 3, says);
        if *says == unasked { row.for_real() } else { row }
    };
    let mut rows: Vec<_> = lines.iter().map(row).collect();
    for (file, says) in [
        ("ca.crt", "ca.crt holds no certificate with the fingerprint 001122"),
        ("3000.pem", "3000.pem holds no certificate with the fingerprint|and 2990 more"),
    ] {
        rows.push(Row::new(["trust", file, "--fingerprint", other], 3, says));
    }
    rows.push(Row::new(["untrust", other], 3, "labtrust put no CA here that 00:11:22"));
    refused(&machine, "certificate authorities", 2, &rows);
}

#[test]
fn a_request_that_cannot_be_signed_is_refused() {
    let machine = machine!("server");
    samples::make(&machine);
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/pair", "--no-trust"]).succeeded();
    let lines: &[(&str, &str)] = &[
        ("sign --csr absent.csr", "absent.csr does not exist"),
        ("sign --csr folder", "folder is a folder"),
        ("sign --csr pipe", "pipe is no regular file"),
        ("sign --csr empty", "empty: "),
        ("sign --csr large.pem", "large.pem is larger than"),
        ("sign --csr zeros", "zeros: "),
        ("sign --csr noise", "noise: "),
        ("sign --csr cut.csr", "cut.csr: the section CERTIFICATE REQUEST that starts in line 1 has no end"),
        ("sign --csr damaged.csr", "damaged.csr: "),
        ("sign --csr leaf.crt", "leaf.crt: there is no certificate signing request in it"),
        ("sign --csr ca.der", "ca.der: "),
        ("sign --csr leaf.key", "leaf.key: there is no certificate signing request in it"),
        ("sign --csr page.html", "page.html: "),
        ("sign --csr nameless.csr", "nameless.csr: "),
        ("sign --csr weak.csr", "RSA 1024"),
        ("sign other.example.com", "other.example.com"),
        ("sign 192.0.2.99", "192.0.2.99"),
        ("sign *.example.com", "example.com"),
        ("sign --csr leaf.csr other.example.com", "other.example.com"),
        ("sign a.mygitlab.example.com --out leaf.crt", "leaf.crt is no folder|-o DIR"),
    ];
    let rows: Vec<_> = lines.iter().map(|(line, says)| Row::words(line, 3, says)).collect();
    refused(&machine, "requests and names to sign", 2, &rows);
}

#[test]
fn good_certificates_in_other_clothes_are_read() {
    let machine = machine!("client");
    samples::make(&machine);
    let files = machine.sh("ls /tmp/in/good").succeeded().stdout;
    let sha256 =
        machine.sh("openssl x509 -in /tmp/in/ca.crt -outform DER | sha256sum | cut -c 1-64").succeeded();
    let sha256 = sha256.stdout.trim();
    let mut read = 0;
    for file in files.lines() {
        let path = format!("/tmp/in/good/{file}");
        machine.run(["labtrust", "inspect", &path]).succeeded().says(sha256);
        machine
            .run(["labtrust", "trust", &path, "--fingerprint", sha256, "--dry-run"])
            .exited(1)
            .says("write ");
        read += 1;
    }
    for (line, says) in [
        ("--pkcs12 secret.p12 --passphrase-file passphrase", "certificate for mygitlab.example.com"),
        ("--pkcs12 secret.p12 --passphrase-file passphrase-bom", "certificate for mygitlab.example.com"),
        ("--pkcs12 empty.p12", "certificate for mygitlab.example.com"),
        ("--pkcs12 none.p12", "certificate for mygitlab.example.com"),
        ("--pkcs12 rc2.p12 --passphrase-file passphrase", "certificate for mygitlab.example.com"),
        (
            "--cert leaf.crt --chain ca.der --key encrypted.key --passphrase-file passphrase",
            "certificate for",
        ),
        ("--cert chain.pem --key key.der", "certificate for"),
        ("--cert chain.pem --key two.key", "certificate for"),
    ] {
        let script = format!("cd /tmp/in && labtrust import --out /srv/pair-{read} --no-trust {line}");
        machine.sh(&script).succeeded().says(says);
        read += 1;
    }
    println!("other clothes: {read} files read");
    assert!(read > 15);
}

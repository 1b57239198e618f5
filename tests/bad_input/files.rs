//! Wrong files, at every verb that takes a file.

use super::{
    case::{Row, places, refused},
    samples,
};
use crate::lab::HOST;

/// Files instead of a certificate, with the expected messages.
const NO_CERTIFICATES: &[(&str, &str)] = &[
    ("absent.crt", "absent.crt does not exist"),
    ("folder/absent.crt", "folder/absent.crt does not exist"),
    ("leaf.crt/x.crt", "leaf.crt/x.crt"),
    ("folder", "folder is a folder"),
    ("pipe", "pipe is not a regular file"),
    ("/dev/zero", "/dev/zero is not a regular file"),
    ("loop", "loop"),
    ("empty", "empty: the file is empty"),
    ("large.pem", "large.pem is larger than"),
    ("zeros", "zeros: this is neither a certificate nor a key"),
    ("noise", "noise: "),
    ("noise.pem", "noise.pem: the certificate is damaged"),
    ("cut.pem", "cut.pem: the section CERTIFICATE that starts in line 1 has no end"),
    ("cut.der", "cut.der: the file is cut off|200 of "),
    ("longer.der", "longer.der: the object at byte "),
    ("half.pem", "half.pem: certificate 2 of 2, in line "),
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
    ("parameters.pem", "parameters.pem: the file holds no certificate"),
    ("public.pem", "public.pem: the file holds a public key, and no certificate"),
    ("C:\\Users\\me\\ca", "C:\\Users\\me\\ca does not exist"),
    ("C:\\Users\\me\\ca.crt", "C:\\Users\\me\\ca.crt does not exist"),
];

#[test]
fn what_is_no_certificate_is_said_to_be_none() {
    let machine = machine!("client");
    samples::make(&machine);
    let lines = [
        "trust SOURCE",
        "inspect SOURCE",
        "untrust SOURCE",
        "import --out pair --cert FILE",
        "setup HOST --out pair --ca-cert FILE --ca-key ca.key",
    ];
    let mut rows = Vec::new();
    for (index, (file, says)) in NO_CERTIFICATES.iter().enumerate() {
        let source = if file.contains(['/', '\\']) { (*file).to_owned() } else { format!("./{file}") };
        let word = |word: &str| word.replace("SOURCE", &source).replace("FILE", file).replace("HOST", HOST);
        rows.extend(places(&lines, index).map(|line| Row::new(line.split(' ').map(word), 3, says)));
    }
    let key = ["trust ./key.pem", "inspect ./key.pem", "untrust ./key.pem"];
    rows.extend(key.map(|line| Row::words(line, 3, "the file holds a private key, and no certificate")));
    rows.push(Row::words("import --out pair --cert key.pem", 3, "there is no certificate"));
    refused(&machine, "no certificate", 2, &rows);
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

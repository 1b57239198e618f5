//! CAs that must not be trusted without a question or at all, and names that a CA must not sign.

use super::{
    case::{Row, refused},
    samples,
};
use crate::lab::HOST;

#[test]
fn a_ca_that_must_not_be_trusted_unasked_is_not() {
    let machine = machine!("client");
    samples::make(&machine);
    let unasked = "is not trusted without its fingerprint|it can sign for any name|--fingerprint ";
    let other =
        "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";
    let lines: &[(&str, &str)] = &[
        ("trust ./ca.crt", unasked),
        ("trust ./v1.crt", unasked),
        ("trust ./unmarked.crt", unasked),
        ("trust ./negative.crt", unasked),
        ("trust ./md5.crt", unasked),
        ("trust ./sha1.crt", unasked),
        ("trust ./rsa1024.crt", "the key of CN=RSA 1024 is weak (RSA 1024)|--refused"),
        ("trust ./large.crt", unasked),
        ("trust ./hostile.crt", unasked),
        ("trust ./long.crt", unasked),
        ("trust ./names.crt", unasked),
        ("trust ./leaf.crt", "which is not a root: CN=Good CA signed it"),
        ("trust ./rsa16k.crt", "which is not a root: CN=Good CA signed it"),
        ("trust ./circle.pem", "which is not a root: CN=One signed it"),
        ("trust ./expired.crt", "CN=Expired expired on |--expired"),
        ("trust ./hostile-expired.crt", "expired on "),
        ("trust ./future.crt", "CN=Future is valid only from |clock"),
        ("trust ./3000.pem", "3000.pem contains 3000 root certificates|--fingerprint|and 2990 more"),
        ("trust ./two.pem", "two.pem contains 2 root certificates|CN=Root 0|CN=Root 1"),
        ("untrust ./3000.pem", "3000.pem contains 3000 root certificates"),
        ("trust ./keyless.p12", unasked),
        ("trust", "labtrust has no CA on this machine"),
        ("inspect", "labtrust has no CA on this machine"),
        ("export", "labtrust has no CA on this machine"),
        ("sign a.example.com", "labtrust has no CA on this machine"),
    ];
    let row = |(line, says): &(&str, &str)| {
        let row = Row::words(line, 3, says);
        if *says == unasked { row.for_real() } else { row }
    };
    let mut rows: Vec<_> = lines.iter().map(row).collect();
    for (file, says) in [
        ("ca.crt", "ca.crt contains no certificate with the fingerprint 001122"),
        ("3000.pem", "3000.pem contains no certificate with the fingerprint|and 2990 more"),
    ] {
        rows.push(Row::new(["trust", &format!("./{file}"), "--fingerprint", other], 3, says));
    }
    rows.push(Row::new(["untrust", other], 3, "labtrust installed no CA here that matches 00:11:22"));
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
        ("sign --csr pipe", "pipe is not a regular file"),
        ("sign --csr empty", "empty: the file is empty"),
        ("sign --csr large.pem", "large.pem is larger than"),
        ("sign --csr zeros", "zeros: this is neither a certificate nor a key"),
        ("sign --csr noise", "noise: "),
        ("sign --csr cut.csr", "cut.csr: the section CERTIFICATE REQUEST that starts in line 1 has no end"),
        ("sign --csr damaged.csr", "damaged.csr: "),
        ("sign --csr leaf.crt", "leaf.crt: the file holds no certificate signing request"),
        ("sign --csr ca.der", "ca.der: the file holds no certificate signing request"),
        ("sign --csr leaf.key", "leaf.key: the file holds no certificate signing request"),
        ("sign --csr page.html", "page.html: this is a web page"),
        ("sign --csr nameless.csr", "nameless.csr: "),
        ("sign --csr weak.csr", "RSA 1024"),
        ("sign other.example.com", "other.example.com"),
        ("sign 192.0.2.99", "192.0.2.99"),
        ("sign *.example.com", "example.com"),
        ("sign --csr leaf.csr other.example.com", "other.example.com"),
        ("sign a.mygitlab.example.com --out leaf.crt", "leaf.crt is not a folder|-o DIR"),
    ];
    let rows: Vec<_> = lines.iter().map(|(line, says)| Row::words(line, 3, says)).collect();
    refused(&machine, "requests and names to sign", 1, &rows);
}

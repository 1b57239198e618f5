//! labtrust's profile with all judges: each accepts GitLab's certificate, and refuses one for any other name or address
//! that the same key signed. This also tests the thief of a key, not only labtrust's own checks.

use std::fs;

use labtrust::certificate::{Authority, CertificateDer, KeyType, LeafOrder, PrivateKey, Scope, SubjectName};
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};

use super::{
    client::{Question, ask_all},
    run, said, script,
};

/// The scope of a CA, hosts that its certificates serve, and hosts that it must never serve.
struct Setup {
    names: &'static [&'static str],
    served: &'static [&'static str],
    forbidden: &'static [&'static str],
}

const SETUPS: &[Setup] = &[
    Setup {
        names: &["mygitlab.example.com"],
        served: &["mygitlab.example.com", "registry.mygitlab.example.com"],
        forbidden: &[
            "other.example.com",
            "example.com",
            "nomygitlab.example.com",
            "192.0.2.10",
            "2001:db8::1",
        ],
    },
    Setup {
        names: &["nas", "*.pages.example.com"],
        served: &["nas", "group.pages.example.com"],
        forbidden: &["other", "www.example.com", "10.0.0.1"],
    },
    Setup {
        names: &["192.0.2.10"],
        served: &["192.0.2.10"],
        forbidden: &["192.0.2.11", "2001:db8::1", "mygitlab.example.com", "localhost"],
    },
    Setup {
        names: &["2001:db8::10"],
        served: &["2001:db8::10"],
        forbidden: &["2001:db8::11", "192.0.2.10", "mygitlab.example.com"],
    },
    Setup {
        names: &["mygitlab.example.com", "192.0.2.10", "2001:db8::10"],
        served: &["mygitlab.example.com", "192.0.2.10", "2001:db8::10"],
        forbidden: &["other.example.com", "192.0.2.11", "2001:db8::11"],
    },
    Setup {
        names: &["mygitlab.example.com", "192.0.2.10"],
        served: &["mygitlab.example.com", "192.0.2.10"],
        forbidden: &["other.example.com", "192.0.2.11", "2001:db8::11"],
    },
];

/// P-384 is tested only with the first: the constraints do not depend on the key.
fn setups(key_type: KeyType) -> &'static [Setup] {
    if key_type == KeyType::P256 { SETUPS } else { &SETUPS[..1] }
}

pub(super) fn names(texts: &[&str]) -> Vec<SubjectName> {
    texts.iter().map(|text| text.parse().expect(text)).collect()
}

pub(super) fn make(of: &[&str], key_type: KeyType) -> Authority {
    let scope = Scope { names: names(of), permit: Vec::new(), constrained: true };
    Authority::make(&scope, key_type, OffsetDateTime::now_utc()).expect("a CA")
}

/// A leaf by the program, with its chain up to the root.
fn issue(authority: &Authority, key: &PrivateKey, of: &[&str]) -> Vec<CertificateDer<'static>> {
    let order = LeafOrder { names: names(of), public_key: key.public_key().clone(), days: 397 };
    authority.sign(&order, OffsetDateTime::now_utc()).expect("a leaf").chain
}

/// A leaf by a thief of the CA's key, who follows the profile in all but the name. A host name
/// without a dot or an address is no common name, since some clients would stumble over that.
fn steal(authority: &Authority, key: &PrivateKey, host: &str) -> Vec<CertificateDer<'static>> {
    let signer = KeyPair::try_from(authority.key().pkcs8()).expect("the CA's key");
    let issuer = Issuer::from_ca_cert_der(authority.issuer().der(), signer).expect("an issuer");
    let mut params = CertificateParams::new([host.to_owned()]).expect("names");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "thief");
    params.not_before = OffsetDateTime::now_utc() - Duration::DAY;
    params.not_after = OffsetDateTime::now_utc() + Duration::days(300);
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::try_from(key.pkcs8()).expect("the leaf's key");
    let leaf = params.signed_by(&key, &issuer).expect("a leaf");
    std::iter::once(leaf.der().clone()).chain(authority.chain().map(|one| one.der().clone())).collect()
}

#[test]
fn all_clients_accept_gitlab_and_nothing_else() {
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let mut questions = Vec::new();
    let mut expected = Vec::new();
    for key_type in [KeyType::P256, KeyType::P384] {
        for setup in setups(key_type) {
            let authority = make(setup.names, key_type);
            for host in setup.served {
                // As it is in use: one certificate for all names; and one for this host alone.
                let all: Vec<&str> =
                    if setup.names.contains(host) { setup.names.to_vec() } else { vec![host] };
                questions.push(Question::new(&issue(&authority, &key, &all), &key, host));
                expected.push((key_type, setup.names, *host, true));
                // The thief's way of making leaves is no reason to refuse them.
                questions.push(Question::new(&steal(&authority, &key, host), &key, host));
                expected.push((key_type, setup.names, *host, true));
            }
            for host in setup.forbidden {
                questions.push(Question::new(&steal(&authority, &key, host), &key, host));
                expected.push((key_type, setup.names, *host, false));
            }
        }
    }
    let mut wrong = Vec::new();
    for (client, answers) in ask_all(&questions) {
        for (answer, (key_type, of, host, accepted)) in answers.iter().zip(&expected) {
            if answer.is_ok() != *accepted {
                wrong.push(format!("{client}: {key_type} CA for {of:?} serves {host}: {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A CA of a company, with RSA keys, once its root itself and once an intermediate below it; leaves
/// with EC and RSA keys.
#[test]
fn all_clients_accept_what_an_adopted_ca_signs() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    script(
        folder,
        r#"
        printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' > ca.ext
        printf '[req]\ndistinguished_name=dn\n[dn]\n' > req.cnf
        openssl req -x509 -newkey rsa:3072 -nodes -keyout root.key -out root.pem -days 3000 -subj "/C=DE/O=Corp/OU=IT/CN=Corp Root" \
            -addext keyUsage=critical,keyCertSign,cRLSign 2>log
        openssl req -newkey rsa:2048 -nodes -keyout sub.key -out sub.csr -subj "/DC=example/O=Corp/CN=Corp Issuing" 2>log
        openssl x509 -req -in sub.csr -CA root.pem -CAkey root.key -CAcreateserial -extfile ca.ext -days 2000 -out sub.pem 2>log
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out leaf.key 2>log
        cat sub.pem root.pem > chain.pem
        "#,
    );
    let read = |name: &str| fs::read(folder.join(name)).expect(name);
    let key =
        |name: &str| PrivateKey::from_pem(&read(name), &mut |_| anyhow::bail!("encrypted")).expect(name);
    let mut questions = Vec::new();
    for (certificates, ca_key) in [("root.pem", "root.key"), ("chain.pem", "sub.key")] {
        let certificates =
            labtrust::certificate::pem::certificates(&read(certificates)).expect("certificates");
        let authority =
            Authority::adopt(&certificates, key(ca_key), OffsetDateTime::now_utc()).expect("a company's CA");
        for leaf in [key("leaf.key"), PrivateKey::generate(KeyType::P256).expect("a key")] {
            let chain = issue(&authority, &leaf, &["gitlab.corp.example", "10.0.0.1"]);
            questions.push(Question::new(&chain, &leaf, "gitlab.corp.example"));
            questions.push(Question::new(&chain, &leaf, "10.0.0.1"));
        }
    }
    for (client, answers) in ask_all(&questions) {
        for answer in answers {
            assert_eq!(answer, Ok(()), "{client}");
        }
    }
    // Two OU attributes are what rcgen cannot repeat.
    script(
        folder,
        r#"openssl req -x509 -newkey rsa:2048 -nodes -keyout two.key -out two.pem -days 3000 -subj "/O=Corp/OU=A/OU=B/CN=Two" 2>log"#,
    );
    let certificates = labtrust::certificate::pem::certificates(&read("two.pem")).expect("certificates");
    let error =
        Authority::adopt(&certificates, key("two.key"), OffsetDateTime::now_utc()).expect_err("two OU");
    assert!(error.to_string().contains("cannot copy the name"), "{error}");
}

/// A thief's certificate for a person or a program: not even a client that does not heed what the CA is for takes its
/// address or its URI.
#[test]
fn no_client_takes_an_e_mail_address_or_a_uri() {
    let authority = make(&["mygitlab.example.com"], KeyType::P256);
    let signer = KeyPair::try_from(authority.key().pkcs8()).expect("the CA's key");
    let issuer = Issuer::from_ca_cert_der(authority.issuer().der(), signer).expect("an issuer");
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let pem = |der: &CertificateDer<'_>| labtrust::certificate::pem::write_certificates([der]);
    let email = |address: &str| SanType::Rfc822Name(address.try_into().expect("an address"));
    let uri = |text: &str| SanType::URI(text.try_into().expect("a URI"));
    for (name, is_taken) in [
        (email("someone@none.invalid"), true),
        (email("someone@example.com"), false),
        (uri("spiffe://none.invalid/web"), true),
        (uri("spiffe://example.com/web"), false),
    ] {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::OrganizationName, "thief");
        params.subject_alt_names = vec![name.clone()];
        params.not_before = OffsetDateTime::now_utc() - Duration::DAY;
        params.not_after = OffsetDateTime::now_utc() + Duration::days(300);
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::try_from(key.pkcs8()).expect("a key");
        let leaf = params.signed_by(&key, &issuer).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        for (name, der) in
            [("root", authority.root().der()), ("between", authority.issuer().der()), ("leaf", leaf.der())]
        {
            fs::write(folder.join(format!("{name}.pem")), pem(der)).expect(name);
        }
        let openssl =
            ["verify", "-purpose", "any", "-CAfile", "root.pem", "-untrusted", "between.pem", "leaf.pem"];
        let output = run(folder, "openssl", &openssl);
        assert_eq!(output.status.success(), is_taken, "OpenSSL, {name:?}: {}", said(&output));
        if !super::is_here("certutil", &["-H"]) {
            continue;
        }
        script(
            folder,
            "certutil -N --empty-password -d sql:.
             certutil -A -d sql:. -n root -t TC,, -i root.pem
             certutil -A -d sql:. -n between -t ,, -i between.pem
             certutil -A -d sql:. -n leaf -t ,, -i leaf.pem",
        );
        let output = run(folder, "certutil", &["-V", "-d", "sql:.", "-n", "leaf", "-u", "C"]);
        assert_eq!(output.status.success(), is_taken, "NSS, {name:?}: {}", said(&output));
    }
}

#[test]
fn linters_find_nothing() {
    if !super::is_here("lint_pkix_cert", &["--help"]) {
        return;
    }
    for key_type in [KeyType::P256, KeyType::P384] {
        // RFC 5280 knows neither names without a dot nor wildcards; in use, both are needed.
        let by_the_book = |setup: &&Setup| setup.names.iter().all(|name| *name != "nas");
        for setup in setups(key_type).iter().filter(by_the_book) {
            let key = PrivateKey::generate(key_type).expect("a key");
            let chain = issue(&make(setup.names, key_type), &key, setup.names);
            let folder = tempfile::tempdir().expect("a folder");
            for (index, certificate) in chain.iter().enumerate() {
                let pem = labtrust::certificate::pem::write_certificates([certificate]);
                fs::write(folder.path().join(format!("{index}.pem")), pem).expect("a file");
            }
            for index in 0..chain.len() {
                let file = format!("{index}.pem");
                let lint = ["lint", "-s", "WARNING", "-f", "JSON", &file];
                let output = run(folder.path(), "lint_pkix_cert", &lint);
                assert!(output.status.success(), "{:?} {index}: {}", setup.names, said(&output));
                if index > 0 {
                    let below = format!("{}.pem", index - 1);
                    let lint = ["lint", "-s", "WARNING", &file, &below];
                    let output = run(folder.path(), "lint_pkix_signer_signee_cert_chain", &lint);
                    assert!(output.status.success(), "{:?} {index}: {}", setup.names, said(&output));
                }
            }
        }
    }
}

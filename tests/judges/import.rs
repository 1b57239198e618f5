//! Reads files of other programs: every format of openssl, keytool and certtool must give the same chain.

use std::{fs, path::Path};

use anyhow::{Result, bail};
use labtrust::{
    certificate::{CertificateDer, Chain, Material, pem, read_certificates, read_material},
    hint_of,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{is_here, script};

/// A root, an intermediate and a leaf, with an RSA and an EC key.
const PAIR: &str = r#"
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 3650 -subj "/O=Corp/CN=Corp Root" 2>log
openssl req -newkey rsa:2048 -nodes -keyout sub.key -out sub.csr -subj "/O=Corp/CN=Corp Issuing" 2>log
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n' > sub.ext
openssl x509 -req -in sub.csr -CA root.pem -CAkey root.key -CAcreateserial -extfile sub.ext -days 3000 -out sub.pem 2>log
printf 'subjectAltName=DNS:gitlab.example.com\n' > leaf.ext
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>log
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key
for kind in rsa ec; do
    openssl req -new -key $kind.key -out $kind.csr -subj "/CN=gitlab.example.com"
    openssl x509 -req -in $kind.csr -CA sub.pem -CAkey sub.key -CAcreateserial -extfile leaf.ext -days 300 -out $kind.pem 2>log
    cat $kind.pem sub.pem root.pem > $kind.chain.pem
    cat $kind.key $kind.chain.pem > $kind.all.pem
done
"#;

/// Each line: the passphrase if it must be asked for, then the files to read together (they are in
/// the folder afterwards), then how they are made from the pair `$k`.
const FORMS: &[(&str, &[&str], &str)] = &[
    ("", &["in-order"], "cat $k.all.pem > in-order"),
    ("", &["reversed"], "cat root.pem sub.pem $k.pem $k.key > reversed"),
    ("", &["doubled"], "cat sub.pem $k.all.pem $k.pem root.pem > doubled"),
    ("", &["crlf"], "sed 's/$/\\r/' $k.all.pem > crlf"),
    ("", &["utf16"], "(printf '\\377\\376'; iconv -t UTF-16LE $k.all.pem) > utf16"),
    ("", &["bom"], "(printf '\\357\\273\\277'; cat $k.all.pem) > bom"),
    ("", &["text"], "(openssl x509 -in $k.pem -text; cat $k.key sub.pem root.pem) > text"),
    ("", &["joined"], "for f in $k.key $k.pem sub.pem root.pem; do printf %s \"$(cat $f)\"; done > joined"),
    ("", &["bare16"], "iconv -t UTF-16LE $k.all.pem > bare16"),
    ("", &["oneline"], "tr -d '\\n' < $k.all.pem > oneline"),
    ("", &["variable"], "sed 's/$/\\\\n/' $k.all.pem | tr -d '\\n' > variable"),
    (
        "",
        &["trusted", "above"],
        "(openssl x509 -in $k.pem -trustout -addtrust serverAuth; cat $k.key) > trusted; cat sub.pem root.pem > above",
    ),
    (
        "",
        &["leaf.der", "key.der", "above"],
        "openssl x509 -in $k.pem -outform DER -out leaf.der; openssl pkey -in $k.key -outform DER -out key.der; cat sub.pem root.pem > above",
    ),
    (
        "",
        &["all.der", "$k.key"],
        "for f in $k sub root; do openssl x509 -in $f.pem -outform DER; done > all.der; echo >> all.der",
    ),
    ("", &["old.der", "$k.chain.pem"], "openssl $k -in $k.key -outform DER -out old.der"),
    ("", &["old.key", "$k.chain.pem"], "openssl $k -in $k.key -out old.key $traditional"),
    ("", &["p7.der", "$k.key"], "openssl crl2pkcs7 -nocrl -certfile $k.chain.pem -outform DER -out p7.der"),
    ("", &["p7.pem", "$k.key"], "openssl crl2pkcs7 -nocrl -certfile $k.chain.pem -out p7.pem"),
    (
        "",
        &["p7.ber", "$k.key"],
        "openssl cms -sign -stream -nodetach -in log -signer $k.pem -inkey $k.key -certfile above.pem -outform DER -out p7.ber",
    ),
    (
        "secret",
        &["aes.key", "$k.chain.pem"],
        "openssl pkcs8 -topk8 -in $k.key -v2 aes-256-cbc -passout pass:secret -out aes.key",
    ),
    (
        "secret",
        &["des3.key", "$k.chain.pem"],
        "openssl pkcs8 -topk8 -in $k.key -v2 des3 -v2prf hmacWithSHA1 -passout pass:secret -out des3.key",
    ),
    (
        "secret",
        &["scrypt.key", "$k.chain.pem"],
        "openssl pkcs8 -topk8 -in $k.key -scrypt -passout pass:secret -out scrypt.key",
    ),
    (
        "secret",
        &["aes.der", "$k.chain.pem"],
        "openssl pkcs8 -topk8 -in $k.key -v2 aes-256-cbc -passout pass:secret -outform DER -out aes.der",
    ),
    (
        "secret",
        &["pbes1.key", "$k.chain.pem"],
        "openssl pkcs8 -topk8 -in $k.key -v1 PBE-SHA1-3DES -passout pass:secret -out pbes1.key",
    ),
    ("secret", &["new.p12"], "openssl pkcs12 -export -in $k.all.pem -passout pass:secret -out new.p12"),
    (
        "secret",
        &["old.p12"],
        "openssl pkcs12 -export -in $k.all.pem -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -passout pass:secret -out old.p12",
    ),
    (
        "secret",
        &["rc2.p12"],
        "openssl pkcs12 -export -legacy -in $k.all.pem -passout pass:secret -out rc2.p12",
    ),
    (
        "secret",
        &["sha512.p12"],
        "openssl pkcs12 -export -in $k.all.pem -macalg sha512 -passout pass:secret -out sha512.p12",
    ),
    (
        "secret",
        &["2des.p12"],
        "openssl pkcs12 -export -legacy -in $k.all.pem -keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-RC2-128 -macalg sha224 -passout pass:secret -out 2des.p12",
    ),
    (
        "secret",
        &["armored.p12"],
        "(echo '-----BEGIN PKCS12-----'; openssl pkcs12 -export -in $k.all.pem -passout pass:secret | base64; echo '-----END PKCS12-----') > armored.p12",
    ),
    (
        "secret",
        &["firefox.p12"],
        "rm -rf db; mkdir db; certutil -N -d sql:db --empty-password; openssl pkcs12 -export -in $k.all.pem -name a -passout pass:secret -out k.p12; pk12util -i k.p12 -d sql:db -W secret > log; pk12util -o firefox.p12 -n a -d sql:db -W secret > log",
    ),
    (
        "",
        &["null.p12"],
        "certtool --to-p12 --load-privkey $k.key --load-certificate $k.chain.pem --p12-name a --null-password --outder --outfile null.p12 2>log",
    ),
    ("pässwörd", &["utf8.p12"], "openssl pkcs12 -export -in $k.all.pem -passout pass:pässwörd -out utf8.p12"),
    (
        "secret",
        &["nomac.p12"],
        "openssl pkcs12 -export -nomac -in $k.all.pem -passout pass:secret -out nomac.p12",
    ),
    ("", &["empty.p12"], "openssl pkcs12 -export -in $k.all.pem -passout pass: -out empty.p12"),
    (
        "",
        &["bags.pem"],
        "openssl pkcs12 -export -name 'my gitlab' -in $k.all.pem -passout pass: -out bags.p12; openssl pkcs12 -in bags.p12 -passin pass: -nodes -out bags.pem",
    ),
    (
        "",
        &["half.key", "$k.chain.pem"],
        "openssl pkey -in $k.key -ec_param_enc named_curve -out half.key 2>log || openssl pkey -in $k.key -out half.key; if test $k = ec; then openssl ec -in $k.key -no_public -out half.key 2>log; fi",
    ),
    (
        "secret",
        &["keytool.p12"],
        "openssl pkcs12 -export -in $k.all.pem -name a -passout pass:secret -out k.p12; rm -f keytool.p12; keytool -importkeystore -srckeystore k.p12 -srcstorepass secret -destkeystore keytool.p12 -deststoretype pkcs12 -deststorepass secret -noprompt 2>log",
    ),
    (
        "secret",
        &["certtool.p12"],
        "certtool --to-p12 --load-privkey $k.key --load-certificate $k.chain.pem --p12-name a --password secret --outder --outfile certtool.p12 2>log",
    ),
];

fn read(folder: &Path, files: &[String], answer: &str) -> Result<(Material, usize)> {
    let mut asked = 0;
    let mut passphrase = |_: &str| -> Result<Zeroizing<String>> {
        asked += 1;
        if answer.is_empty() {
            bail!("asked for a passphrase");
        }
        Ok(Zeroizing::new(answer.to_owned()))
    };
    let mut material = Material::default();
    for file in files {
        material.extend(read_material(&fs::read(folder.join(file))?, &mut passphrase)?);
    }
    Ok((material, asked))
}

fn chain(folder: &Path, files: &[String], answer: &str) -> Result<(Chain, usize)> {
    let (material, asked) = read(folder, files, answer)?;
    Ok((material.into_chain(Vec::new(), OffsetDateTime::now_utc())?, asked))
}

fn certificates(folder: &Path, file: &str) -> Vec<CertificateDer<'static>> {
    pem::certificates(&fs::read(folder.join(file)).expect(file)).expect(file)
}

#[test]
fn every_form_gives_the_same_chain() {
    if !is_here("openssl", &["version"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    script(folder, PAIR);
    script(folder, "cat sub.pem root.pem > above.pem");
    for kind in ["rsa", "ec"] {
        let expected = certificates(folder, &format!("{kind}.chain.pem"));
        for (passphrase, files, make) in FORMS {
            let tool =
                make.split_whitespace().find(|word| ["keytool", "certtool", "pk12util"].contains(word));
            if tool.is_some_and(|tool| !is_here(tool, &[])) {
                continue;
            }
            let traditional = if kind == "rsa" { "-traditional" } else { "" };
            script(
                folder,
                &format!(
                    "k={kind}\ntraditional={traditional}\n{}",
                    make.replace("-out old", "2>log -out old")
                ),
            );
            let files: Vec<String> = files.iter().map(|file| file.replace("$k", kind)).collect();
            let (chain, asked) =
                chain(folder, &files, passphrase).unwrap_or_else(|error| panic!("{kind}: {make}: {error:#}"));
            let served: Vec<_> = chain.served().iter().map(|one| one.der().clone()).collect();
            assert!(served == expected, "{kind}: {make}");
            assert!(chain.complete && chain.root.is_some(), "{kind}: {make}");
            assert!(chain.key.matches(&chain.leaf), "{kind}: {make}");
            assert_eq!(asked, usize::from(!passphrase.is_empty()), "{kind}: {make}");
            fs::write(folder.join("ours.key"), chain.key.to_pem().as_bytes()).expect("the key is written");
            script(folder, "openssl pkey -in ours.key -check -noout > log");

            if !passphrase.is_empty() {
                let error = read(folder, &files, "wrong").expect_err(make);
                assert!(error.to_string().contains("passphrase does not open"), "{make}: {error:#}");
                assert!(hint_of(&error).is_some(), "{make}");
            }
        }
    }
}

#[test]
fn a_key_of_an_unknown_kind_hides_no_certificate() {
    if !is_here("openssl", &["version"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    script(
        folder,
        "openssl req -x509 -newkey rsa-pss -pkeyopt rsa_keygen_bits:2048 -nodes -keyout pss.key -out pss.pem -days 9 -subj /CN=PSS 2>log
         openssl pkcs12 -export -in pss.pem -inkey pss.key -passout pass:secret -out pss.p12
         openssl pkcs12 -export -in pss.pem -inkey pss.key -passout pass:secret -keypbe camellia-128-cbc -out odd.p12
         cat pss.key pss.pem > pss.all.pem",
    );
    for file in ["pss.p12", "odd.p12", "pss.all.pem"] {
        let bytes = fs::read(folder.join(file)).expect(file);
        let mut passphrase = |_: &str| Ok(Zeroizing::new("secret".to_owned()));
        let found = read_certificates(&bytes, &mut passphrase).expect(file);
        assert_eq!(found.len(), 1, "{file}");
        let error = read_material(&bytes, &mut passphrase).expect_err(file);
        assert!(format!("{error:#}").contains("not supported"), "{file}: {error:#}");
    }
}

#[test]
fn what_is_missing_or_in_excess_is_said() {
    if !is_here("openssl", &["version"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    script(folder, PAIR);
    let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();

    let (partial, _) = chain(folder, &files(&["ec.pem", "ec.key", "sub.pem"]), "").expect("a chain");
    assert!(!partial.complete && partial.root.is_none());
    assert!(partial.notes[0].contains("CN=Corp Root, is missing"), "{:?}", partial.notes);

    let (excess, _) = chain(folder, &files(&["ec.all.pem", "rsa.pem"]), "").expect("a chain");
    assert!(excess.notes[0].contains("left out: CN=gitlab.example.com"), "{:?}", excess.notes);

    for (names, what) in [
        (&["ec.pem", "ec.key"][..], "the certificate of O=Corp, CN=Corp Issuing, which signed CN=gitlab"),
        (
            &["ec.pem", "ec.key", "root.pem"],
            "the certificate of O=Corp, CN=Corp Issuing, which signed CN=gitlab",
        ),
        (&["ec.chain.pem"], "no private key for CN=gitlab.example.com"),
        (&["ec.chain.pem", "rsa.key"], "belongs to none of the certificates (CN=gitlab"),
        (&["rsa.key"], "there is no certificate"),
        (&["ec.csr"], "certificate signing request, not a certificate"),
        (&["sub.ext"], "neither a certificate nor a key"),
    ] {
        let error = chain(folder, &files(names), "").expect_err(what);
        assert!(error.to_string().contains(what), "{error:#}");
        assert!(hint_of(&error).is_some(), "{error:#}");
    }

    script(folder, "openssl rsa -in rsa.key -aes128 -traditional -passout pass:secret -out old.key 2>log");
    let error = read(folder, &files(&["old.key"]), "secret").expect_err("an old format");
    assert!(error.to_string().contains("Proc-Type: 4,ENCRYPTED"), "{error:#}");
    assert!(hint_of(&error).is_some_and(|hint| hint.as_str().contains("openssl pkey")), "{error:#}");
}

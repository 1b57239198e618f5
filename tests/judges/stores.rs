//! Proofs of trust count the certificates that programs load from a file of anchors. OpenSSL and Go are asked: their
//! readers accept less than people write.

use std::fs;

use labtrust::certificate::pem;
use labtrust_plan::Certificate;

use super::{client::source, is_here, run, said, script, tools};

/// Each line: a file, and how it is made from the certificates `a`, `b` and `c`.
const FILES: &str = r#"
plain: cat a b c
no-end: printf '%s' "$(cat a b)"
crlf: sed 's/$/\r/' a
spaces: sed 's/$/  /' a
indented-body: sed '/--/!s/^/  /' a
text: echo ours; cat a; echo more
trusted: openssl x509 -in a -trustout -addtrust serverAuth; cat b
with-key: openssl rsa -in key -traditional -aes128 -passout pass:x; cat b
indented: sed 's/^/  /' a; cat b
bom: printf '\357\273\277'; cat a b
comment-before: sed 's/BEGIN CERTIFICATE-----/& # ours/' a; cat b
joined: printf '%s' "$(cat a)"; cat b
joined-first: printf '%s' "$(cat a)"; cat b c
joined-last: cat a; printf '%s' "$(cat b)"; cat c
comment-after: sed 's/END CERTIFICATE-----/& # ours/' a; cat b
other-end: sed 's/END CERT/END X509 CERT/' a; cat b
cut: head -n 4 a; cat b
cut-last: cat a; head -n 4 b
no-base64: sed '3s/./!/' a; cat b
headers: sed '1a A: b\n' a; cat b
one-line: tr -d '\n' < a
"#;

#[test]
fn proofs_count_what_openssl_and_go_load() {
    if !is_here("openssl", &["version"]) || !is_here("go", &["version"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    script(
        folder,
        "for name in a b c; do
             openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out $name -days 9 -subj /CN=$name 2>log
         done",
    );
    let judge = tools().join("judge-load").to_str().expect("a path").to_owned();
    let built = run(folder, "go", &["build", "-o", &judge, &source("load.go")]);
    assert!(built.status.success(), "{}", said(&built));
    let (mut broken, mut files) = (0, 0);
    for (name, make) in FILES.lines().filter_map(|line| line.split_once(": ")) {
        script(folder, &format!("{{ {make}; }} > {name} 2>log"));
        let text = fs::read(folder.join(name)).expect(name);
        let (ours, whole) = Certificate::read_all(&text);
        let go: usize = said(&run(folder, &judge, &[name])).trim().parse().expect(name);
        script(
            folder,
            &format!(
                "openssl crl2pkcs7 -nocrl -certfile {name} -out all.p7 2>log || : > all.p7
                      openssl pkcs7 -in all.p7 -print_certs -noout 2>log | grep -c ^subject > count || :"
            ),
        );
        let openssl = fs::read_to_string(folder.join("count")).expect(name);
        let openssl: usize = openssl.trim().parse().expect(name);
        assert!(ours.len() <= go, "{name}: Go loads {go}, we count {}", ours.len());
        if whole {
            assert!(ours.len() <= openssl, "{name}: OpenSSL loads {openssl}, we count {}", ours.len());
            // What counts is read the same where people give such a file.
            let all = pem::certificates(&text).expect(name);
            assert!(ours.iter().all(|one| all.iter().any(|der| **der == *one.der())), "{name}");
        } else {
            assert_eq!(openssl, 0, "{name}: OpenSSL loads some");
            broken += 1;
        }
        files += 1;
    }
    assert!(files > 20 && broken > 5, "{files} files, {broken} broken");
}

//! Keys as people have them: on one line, in quotes, in YAML, cut, under a wrong label. Every verb that takes a file gets
//! them, and no message contains a part of them. Usual forms are read.

use std::{collections::HashSet, time::Duration};

use super::{PASSPHRASE, foreign_pair};
use crate::{
    hostile::is_whole,
    lab::{HOST, Machine},
};

/// Disguises: whether a key is read from it, its name, and how it is made from the key `k`.
const DISGUISES: [(bool, &str, &str); 28] = [
    (true, "plain", "cat $k"),
    (true, "one-line", "tr -d '\\n' <$k"),
    (true, "spaces", "tr '\\n' ' ' <$k"),
    (true, "escaped", "sed 's/$/\\\\n/' $k | tr -d '\\n'"),
    (true, "escaped-twice", "sed 's/$/\\\\\\\\n/' $k | tr -d '\\n'"),
    (true, "json", "printf '{\"key\": \"'; sed 's/$/\\\\n/' $k | tr -d '\\n'; printf '\", \"schema\": 1}'"),
    (true, "json-lines", "printf '['; sed 's/.*/\"&\",/' $k; printf '\"\"]'"),
    (true, "yaml", "echo 'key: |'; sed 's/^/  /' $k; echo 'other: x'"),
    (true, "quotes", "printf '\"'; cat $k; printf '\"'"),
    (true, "shell", "printf 'export KEY=\"'; cat $k; printf '\"\\n'"),
    (true, "shell-one-line", "printf 'export KEY=\"'; sed 's/$/\\\\n/' $k | tr -d '\\n'; printf '\"\\n'"),
    (true, "crlf", "sed 's/$/\\r/' $k"),
    (true, "utf16", "printf '\\377\\376'; iconv -t UTF-16LE $k"),
    (true, "utf16-bare", "iconv -t UTF-16LE $k"),
    (true, "mail", "sed 's/^/> /' $k"),
    (false, "base64", "base64 -w 0 $k"),
    (false, "base64-yaml", "echo data:; printf '  tls.key: '; base64 -w 0 $k"),
    (false, "body", "grep -v -- -- $k"),
    (false, "body-one-line", "grep -v -- -- $k | tr -d '\\n'"),
    (false, "json-body", "printf '{\"schema\": \"'; grep -v -- -- $k | tr -d '\\n'; printf '\"}'"),
    (
        false,
        "json-version",
        "printf '{\"schema\": 9, \"labtrust\": \"'; grep -v -- -- $k | tr -d '\\n'; printf '\"}'",
    ),
    (false, "reversed", "sed 's/-BEGIN /-X /; s/-END /-BEGIN /; s/-X /-END /' $k"),
    (false, "reversed-one-line", "sed 's/-BEGIN /-X /; s/-END /-BEGIN /; s/-X /-END /' $k | tr -d '\\n'"),
    (false, "wrong-label", "sed 's/PRIVATE KEY/CERTIFICATE/' $k"),
    (false, "no-label", "sed 's/BEGIN .*/BEGIN /; s/PRIVATE KEY-----$//' $k | tr -d '\\n'"),
    (false, "short-marker", "sed 's/KEY-----/KEY---/' $k | tr -d '\\n'"),
    (false, "cut", "head -c 150 $k"),
    (false, "cut-one-line", "tr -d '\\n' <$k | head -c 120"),
];

/// Every verb that takes a file, at every place where it takes one.
const VERBS: [&str; 24] = [
    "inspect FILE",
    "inspect - <FILE",
    "trust FILE",
    "trust - <FILE",
    "untrust FILE",
    "untrust - <FILE",
    "import --out /srv/import --no-trust --cert FILE",
    "import --out /srv/import --no-trust --cert /root/other.crt --key FILE",
    "import --out /srv/import --no-trust --cert /root/other.crt --key /root/other.pem --chain FILE",
    "import --out /srv/import --no-trust --pkcs12 FILE",
    "import --out /srv/import --no-trust --pkcs12 /root/pair.p12 --passphrase-file FILE",
    "setup HOST --out /srv/setup --no-trust --key FILE --dry-run",
    "setup HOST --out /srv/setup --no-trust --ca-cert FILE --ca-key /root/other.pem",
    "setup HOST --out /srv/setup --no-trust --ca-cert /root/other.crt --ca-key FILE",
    "request HOST --key FILE --dry-run",
    "sign --csr FILE -o /srv/sign",
    "backup /srv/backup.age --passphrase-file FILE",
    "restore FILE --passphrase-file /root/passphrase",
    "restore - --passphrase-file /root/passphrase <FILE",
    "restore /root/saved.age --passphrase-file FILE",
    "restore /root/saved.age --identity FILE",
    "doctor --from FILE",
    "doctor --from - <FILE",
    "explain - <FILE",
];

#[test]
fn no_verb_says_anything_of_a_key_that_it_is_given() {
    let machine = machine!("client");
    foreign_pair(&machine);
    machine
        .sh(&format!(
            "cd /root; umask 077; mkdir /tmp/d /tmp/said
             openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.pem -out other.crt \
                 -subj /CN=other -days 9 2>/dev/null
             labtrust setup {HOST} --out /srv/pair --no-trust
             labtrust backup /root/saved.age --passphrase-file passphrase"
        ))
        .succeeded();
    for (_, name, make) in DISGUISES {
        machine.sh(&format!("k=/root/key.pem; {{ {make}; }} >/tmp/d/{name}")).succeeded();
    }
    let mut script = String::new();
    let mut runs = 0;
    for (disguise, (_, name, _)) in DISGUISES.iter().enumerate() {
        for (place, verb) in VERBS.iter().enumerate() {
            let verb = verb.replace("FILE", &format!("/tmp/d/{name}")).replace("HOST", HOST);
            for (way, json) in ["", "--json"].into_iter().enumerate() {
                if !is_whole() && (disguise + place) % 4 != 2 * way {
                    continue;
                }
                let (line, input) = verb.split_once(" <").unwrap_or((&verb, "/dev/null"));
                for part in ["run ", line, " ", json, " <", input, "\n"] {
                    script.push_str(part);
                }
                runs += 1;
            }
        }
    }
    let script = format!(
        "run() {{ timeout 20 labtrust \"$@\" >>/tmp/said/all 2>&1 || test $? -le 4 || echo \"PANIC: $*\" >>/tmp/said/all
             rm -rf /srv/import /srv/setup /srv/sign /srv/backup.age; }}
         {script}
         find /var/lib/labtrust /srv /tmp/said -type f ! -name '*.key' ! -name key -exec cat {{}} + >/tmp/all"
    );
    machine.command(["sh"]).stdin(script).limit(Duration::from_secs(900)).run().succeeded();
    let said = machine.read("/tmp/all");
    assert!(said.contains("the file holds a private key, and no certificate"), "{said}");
    assert!(!said.contains("PANIC"), "{said}");
    assert_none_of_it(&machine, &said);
    println!("{} disguises, {} places, {runs} runs: nothing was said", DISGUISES.len(), VERBS.len());
}

#[test]
fn keys_in_usual_disguises_are_read() {
    let machine = machine!("client");
    foreign_pair(&machine);
    for (_, name, make) in DISGUISES.iter().filter(|(is_read, ..)| *is_read) {
        machine.sh(&format!("k=/root/key.pem; {{ {make}; }} >/tmp/{name}")).succeeded();
        machine
            .sh(&format!(
                "labtrust import --out /srv/{name} --no-trust --cert /root/leaf.pem --key /tmp/{name} &&
                 openssl pkey -in /srv/{name}/{HOST}.key | cmp - /root/key.pem"
            ))
            .succeeded();
    }
    machine.sh("labtrust inspect /tmp/one-line").exited(3).says("holds a private key, and no certificate");
}

/// That no sixteen letters in a row of the key, or of its Base64, stand in `said`; nor the passphrase.
fn assert_none_of_it(machine: &Machine, said: &str) {
    let body = machine.sh("grep -v -- -- /root/key.pem | tr -d '\\n'").succeeded().stdout;
    let again = machine.sh("base64 -w 0 /root/key.pem").succeeded().stdout;
    let mut secret: HashSet<&[u8]> =
        [&body, &again].iter().flat_map(|text| text.as_bytes().windows(16)).collect();
    // The kind of a key is written in the same letters in every key, and in every request and certificate.
    let make = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | grep -v -- -- | tr -d '\n'";
    let another = machine.sh(make).succeeded().stdout;
    for part in another.as_bytes().windows(16) {
        secret.remove(part);
    }
    assert!(secret.len() > 200, "that is no key: {body}");
    // Where it is broken into lines, it is there all the same.
    let letters: Vec<u8> = said.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    for text in [said.as_bytes(), &letters] {
        if let Some(at) = text.windows(16).position(|part| secret.contains(part)) {
            let near = &text[at.saturating_sub(300)..(at + 60).min(text.len())];
            panic!("a part of the key is in: {}", String::from_utf8_lossy(near));
        }
    }
    assert!(!said.contains(PASSPHRASE), "{said}");
}

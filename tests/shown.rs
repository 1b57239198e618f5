//! What others have chosen (a name in a certificate, the name of a file) is shown and passed on, and is no more than
//! that: it begins no line of the report, and what is printed to be pasted says to every shell what it says to people.

use crate::lab::{HOST, Machine, Output};

/// A folder's or a file's name that means something to every reader of it.
const NAME: &str = "x\nOK trusted $(id) 'q'";

/// How it is written for a shell.
const WORD: &str = r"x\012OK trusted \044\050id\051 \047q\047";

/// A CA whose names have more than one line.
const FORGED: &str = r"
[req]
distinguished_name = name
prompt = no
x509_extensions = ca
[name]
O = Forged\nOK trusted by subject
CN = Forged
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectAltName = DNS:forged.example.com,DNS.1:forged.example\nOK trusted by name
nameConstraints = critical,@only
[only]
permitted;DNS.0 = mygitlab.example.com
permitted;DNS.1 = mygitlab.example.org\nok trusted by constraint
excluded;IP.0 = 0.0.0.0/0.0.0.0
excluded;IP.1 = 0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0
";

fn check_lines(output: &Output) {
    for line in output.stdout.lines().chain(output.stderr.lines()) {
        assert!(!line.trim_start().to_lowercase().starts_with("ok trusted"), "{output}");
    }
}

#[test]
fn a_line_end_in_a_certificate_begins_no_line_of_the_report() {
    let machine = machine!("client");
    machine.write("/root/forged.cnf", FORGED);
    let make = "cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
                -config forged.cnf -keyout forged.key -out forged.crt";
    machine.sh(make).succeeded();
    machine
        .sh("openssl x509 -in /root/forged.crt -outform DER | grep -a 'ok trusted by constraint'")
        .succeeded();
    machine.sh("openssl x509 -in /root/forged.crt -outform DER | grep -a 'OK trusted by name'").succeeded();
    let sha256 = crate::trust::fingerprint(&machine, &machine.read("/root/forged.crt"));
    let trust = ["labtrust", "trust", "/root/forged.crt", "--for", HOST, "--fingerprint", &sha256];
    let inspected = machine.run(["labtrust", "inspect", "/root/forged.crt"]);
    check_lines(
        &inspected.says("ok trusted by constraint").says("OK trusted by subject").says("OK trusted by name"),
    );
    for dry_run in [&["--dry-run"][..], &["--dry-run", "--refused"], &["--refused"]] {
        check_lines(&machine.run([&trust[..], dry_run].concat()));
    }
    check_lines(&machine.run(["labtrust", "status"]).says("OK trusted by subject"));
    check_lines(&machine.run(["labtrust", "untrust", &sha256, "--dry-run"]));
    for line in ["labtrust inspect /root/forged.crt --json", "labtrust status --json"] {
        let output = machine.sh(line);
        check_lines(&output);
        serde_json::from_str::<serde_json::Value>(&output.stdout).unwrap();
    }
    check_lines(&machine.run(["labtrust", "untrust", &sha256]));
}

/// A second CA of such names, and what is signed below it. Each file is what makes a hint name somebody else's text.
const SIGNED: &str = r#"cd /root
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -config forged.cnf -keyout second.key \
    -out second.crt
cat forged.crt second.crt >two.crt
sign() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj "$2"
    openssl x509 -req -in $1.csr -CA forged.crt -CAkey forged.key -days 30 -extfile $1.cnf -out $1.crt
}
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' >sub.cnf
sign sub /CN=Sub
printf 'subjectAltName=DNS:mygitlab.example.com\nextendedKeyUsage=serverAuth\n' >leaf.cnf
printf 'authorityInfoAccess=@aia\n[aia]\ncaIssuers;URI.0=http://x\\nOK trusted by url\n' >>leaf.cnf
sign leaf /CN=mygitlab.example.com
"#;

#[test]
fn what_others_wrote_begins_no_line_of_a_hint_and_is_one_word_of_its_command() {
    let machine = machine!("gitlab");
    machine.write("/root/forged.cnf", FORGED);
    let make = "cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
                -config forged.cnf -keyout forged.key -out forged.crt";
    machine.sh(make).succeeded();
    machine.sh(SIGNED).succeeded();
    let name = quoted(NAME);
    let pair = format!("--cert pair/{HOST}.crt --key pair/{HOST}.key");
    machine.sh(&format!("cd /root; labtrust setup {HOST} --no-trust --out pair --state there")).succeeded();
    for (line, says) in [
        ("trust ./two.crt".to_owned(), "OK trusted by subject"),
        (format!("trust ./two.crt --fingerprint {}", "0".repeat(64)), "OK trusted by subject"),
        (format!("setup {HOST} --out new --ca-cert sub.crt --ca-key sub.key"), "OK trusted by subject"),
        ("import --cert leaf.crt --key leaf.key --out new --no-trust".to_owned(), "OK trusted by url"),
        (format!("setup {HOST} --out pair --reload {name} --state new"), "labtrust import"),
        (format!("setup {HOST} --out {name} --no-trust --state there"), "until"),
        (format!("setup {HOST} --out {name} --state new"), "labtrust import"),
        (format!("import {pair} --out {name} --no-trust --state new"), "labtrust import"),
        (format!("untrust {name}"), ""),
        (format!("trust {name}"), ""),
        (name.clone(), ""),
        (format!("status --{name}"), ""),
        (format!("trust --store {name}"), ""),
        (format!("explain {name}"), "labtrust doctor"),
    ] {
        let output = machine.sh(&format!("cd /root; labtrust {line} </dev/null"));
        check_lines(&output);
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(all.contains(says), "{line}: {output}");
        for command in commands(&output) {
            check_pasted(&machine, &command);
        }
    }
}

/// Every option and argument that takes a path, `NAME` standing for it.
const PATHS: &[&str] = &[
    "trust ./NAME",
    "untrust ./NAME",
    "inspect ./NAME",
    "export -o NAME",
    "backup NAME",
    "backup new --passphrase-file NAME",
    "restore NAME",
    "restore passphrase --identity NAME",
    "doctor --from NAME",
    "doctor mygitlab.example.com --evidence NAME",
    "request mygitlab.example.com --gitlab NAME",
    "request mygitlab.example.com --key NAME",
    "request mygitlab.example.com --out NAME",
    "setup mygitlab.example.com --key NAME --out pair",
    "setup mygitlab.example.com --ca-cert NAME --ca-key NAME --out pair",
    "setup mygitlab.example.com --gitlab NAME",
    "setup mygitlab.example.com --prepare NAME",
    "setup mygitlab.example.com --out NAME",
    "import --cert NAME",
    "import --cert NAME --key NAME",
    "import --cert pair/mygitlab.example.com.crt --chain NAME",
    "import --pkcs12 NAME",
    "sign mygitlab.example.com --out NAME",
    "sign --csr NAME",
    "status --state NAME",
    "setup --undo --state NAME",
];

/// What is at the path `$1`: nothing, a file that is no certificate, a folder.
const FOUND: [&str; 3] = ["true", "echo no certificate >\"$1\"", "mkdir \"$1\""];

#[test]
fn the_name_of_a_file_begins_no_line_and_is_one_word_of_what_is_pasted() {
    let machine = machine!("client");
    let name = quoted(NAME);
    machine.write("/root/passphrase", "correct horse battery staple\n");
    machine.run(["labtrust", "setup", HOST, "--no-trust", "--out", "/root/pair"]).succeeded();
    let mut pasted = Vec::new();
    for found in FOUND {
        for words in PATHS {
            let words = words.replace("NAME", &name);
            let lay = format!("cd /root; set -- {name}; rm -rf \"$1\"; {found}");
            let output = machine.sh(&format!("{lay}; labtrust {words} </dev/null"));
            check_lines(&output);
            pasted.extend(commands(&output));
            check_lines(&machine.sh(&format!("{lay}; labtrust {words} --json --dry-run </dev/null")));
        }
    }
    // What is restored, and what another state folder needs, has the path in what is printed.
    machine.sh(&format!("cd /root; rm -rf {name}")).succeeded();
    for line in [
        "labtrust backup NAME --passphrase-file passphrase",
        "labtrust setup mygitlab.example.com --no-trust --prepare NAME --state other",
        "labtrust setup mygitlab.example.com --out pair2 --no-trust --state NAME",
        "labtrust status --state NAME",
    ] {
        let output = machine.sh(&format!("cd /root; {} </dev/null", line.replace("NAME", &quoted(NAME))));
        check_lines(&output);
        pasted.extend(commands(&output));
        machine.sh(&format!("cd /root; [ -d {0} ] || rm -f {0}", quoted(NAME))).succeeded();
    }
    for verb in ["labtrust restore ", "cd "] {
        assert!(pasted.iter().any(|line| line.starts_with(verb)), "{verb}: {pasted:#?}");
    }
    pasted.sort();
    pasted.dedup();
    for line in &pasted {
        check_pasted(&machine, line);
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The commands in what was said that have the name in them.
fn commands(output: &Output) -> Vec<String> {
    let all = output.stdout.lines().chain(output.stderr.lines());
    let begins = ["sudo ", "labtrust ", "cd "];
    let command = |line: &str| {
        let begin = begins.iter().filter_map(|word| Some(line.find(&format!(" {word}"))? + 1)).min()?;
        line[begin..].contains(WORD).then(|| line[begin..].to_owned())
    };
    all.filter_map(command).collect()
}

/// Pastes `line` into each shell, with other programs in the place of those that it names: the name is one word, and
/// nothing else runs.
fn check_pasted(machine: &Machine, line: &str) {
    machine.write("/root/pasted", format!("{line}\n"));
    for shell in ["sh -n", "bash -n"] {
        machine.sh(&format!("{shell} /root/pasted")).succeeded();
    }
    let stand_ins = "rm -f /root/said; say() { for word; do printf '<%s>' \"$word\" >>/root/said; done; }\n\
                     labtrust() { say \"$@\"; }; sudo() { say \"$@\"; }; cd() { say \"$@\"; }; docker() { say \"$@\"; }; id() { say RUN; }";
    for shell in ["sh", "bash --norc -i", "zsh -f -i"] {
        let typed = format!("{stand_ins}\n{line}\n");
        machine.command(["sh", "-c", &format!("HISTFILE= {shell}")]).stdin(typed).run();
        let said = machine.read("/root/said");
        assert!(said.contains(NAME), "{shell}: {line}: {said}");
        assert!(!said.contains("RUN"), "{shell}: {line}: {said}");
    }
}

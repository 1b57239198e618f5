//! Invalid hosts, fingerprints and flags, wherever one is accepted: the command line is wrong, which is exit code 2,
//! whatever else is missing.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use super::{
    case::{Row, outcomes, places, refused},
    samples,
};
use crate::{lab::Machine, trust::fingerprint};

/// Invalid hosts, with the expected messages.
const NO_HOSTS: &[(&str, &str)] = &[
    ("", "it is empty"),
    ("https://", "it is empty"),
    ("https://gitlab.example.com/group/project", "a path does not belong here|leave out the path"),
    ("https://gitlab.example.com?x=1", "a path does not belong here"),
    ("http://gitlab.example.com", "use https:// or no scheme (plain HTTP has no certificate)"),
    ("http://", "plain HTTP has no certificate"),
    ("ftp://gitlab.example.com", "only https:// URLs are accepted"),
    ("ssh://git@gitlab.example.com", "only https:// URLs are accepted"),
    ("git@gitlab.example.com:group", "a user name or password does not belong here"),
    (
        "https://me:secret@gitlab.example.com",
        "…@gitlab.example.com|a user name or password does not belong here",
    ),
    ("gitlab.example.com:", "the port is not a number from 1 to 65535"),
    ("gitlab.example.com:0", "the port is not a number from 1 to 65535"),
    ("gitlab.example.com:65536", "the port is not a number from 1 to 65535"),
    ("gitlab.example.com:abc", "the port is not a number from 1 to 65535"),
    ("gitlab.example.com:-1", "the port is not a number from 1 to 65535"),
    ("gitlab.example.com:443:443", "only letters, digits, hyphens, underscores and dots"),
    (":443", "it is empty"),
    ("*.example.com", "a wildcard is not allowed here"),
    ("*", "a wildcard is not allowed here"),
    ("gitlab..example.com", "a part between two dots is empty"),
    (".example.com", "a part between two dots is empty"),
    ("gitlab.example.com..", "a part between two dots is empty"),
    ("my gitlab.example.com", "it contains a space"),
    ("gitlab\texample.com", "it contains a space"),
    ("-gitlab.example.com.", "a part between two dots starts or ends with a hyphen"),
    ("gitlab-.example.com", "a part between two dots starts or ends with a hyphen"),
    ("gitlab%2eexample.com", "only letters, digits, hyphens, underscores and dots"),
    ("gitlab\u{1b}[2J.example.com", "only letters, digits, hyphens, underscores and dots"),
    ("gitlab\u{202e}.example.com", "gitlab"),
    ("xn--a.example.com", "characters that a DNS name cannot have"),
    ("1.2.3", "it ends in a number but is not an IP address"),
    ("127.1", "it ends in a number but is not an IP address"),
    ("0x7f.1", "it ends in a number but is not an IP address"),
    ("0x7f000001", "it ends in a number but is not an IP address"),
    ("2130706433", "it ends in a number but is not an IP address"),
    ("256.1.1.1", "it ends in a number but is not an IP address"),
    ("010.0.0.1", "it ends in a number but is not an IP address"),
    ("1.2.3.4.5", "it ends in a number but is not an IP address"),
    ("gitlab.123", "it ends in a number but is not an IP address"),
    ("１２７.１", "it ends in a number but is not an IP address"),
    ("[192.0.2.1]", "only an IPv6 address can be in brackets"),
    ("[::1", "not a valid host"),
    ("[::g]", "only an IPv6 address can be in brackets"),
    ("[fe80::1%eth0]", "an address with a zone (%) is only valid on this machine"),
    ("fe80::1%eth0", "an address with a zone (%) is only valid on this machine"),
    ("[::1]:65536", "the port is not a number from 1 to 65535"),
    ("[]", "only an IPv6 address can be in brackets"),
];

/// The command lines that take a host.
const PLACES: &[&str] = &[
    "trust HOST",
    "inspect HOST",
    "untrust HOST",
    "setup HOST --out pair",
    "setup a.example.com --out pair --registry=HOST",
    "import --cert chain.pem --out pair --host=HOST",
    "trust ./ca.crt --for=HOST",
];

/// Invalid verbs and flags.
const NO_FLAGS: &[(&str, &str)] = &[
    ("trsut ca.crt", "unrecognized subcommand 'trsut'|'trust'"),
    ("frobnicate", "unrecognized subcommand 'frobnicate'"),
    ("trust --frobnicate", "unexpected argument '--frobnicate'"),
    ("trust --fingerprnt 00", "--fingerprint"),
    ("trust one two", "unexpected argument 'two'"),
    ("trust ./ca.crt --store bogus", "invalid value 'bogus' for '--store <ID>'|system"),
    ("trust ./ca.crt --except bogus", "invalid value 'bogus' for '--except <ID>'"),
    ("trust ./ca.crt --store system --except system", "exclude every store"),
    ("trust ca.crt", "\"ca.crt\" has no slash in it, so it is not taken as a file|./NAME"),
    ("inspect ca.pem", "\"ca.pem\" has no slash in it, so it is not taken as a file|./NAME"),
    ("untrust ca.p12", "\"ca.p12\" has no slash in it, so it is not taken as a file|./NAME"),
    ("untrust --all ca.crt", "cannot be used with"),
    ("trust ./ca.crt --quiet --verbose", "cannot be used with"),
    ("import", "--cert <FILE>"),
    ("import --cert a --pkcs12 b", "cannot be used with"),
    ("import --cert= --out pair", "--cert"),
    ("sign", "<NAME>"),
    ("sign a.example.com --days 0", "--days: 0 is not in 1..=825"),
    ("sign a.example.com --days 9999", "--days: 9999 is not in 1..=825"),
    ("setup gitlab.example.com --days -1", "'-1'"),
    ("setup gitlab.example.com --days=-1", "--days: "),
    ("setup gitlab.example.com --days abc", "--days: \"abc\" is not a number"),
    ("setup gitlab.example.com --days 99999999999999999999", "--days: "),
    ("setup gitlab.example.com --key-type rsa", "invalid value 'rsa' for '--key-type <KIND>'|p256"),
    ("setup gitlab.example.com --ca-cert ca.crt", "--ca-key <FILE>"),
    ("setup gitlab.example.com --out a --prepare b", "cannot be used with"),
    ("setup gitlab.example.com --reload true", "--out <DIR>"),
    ("completions tcsh", "tcsh"),
    ("status --state=", "--state"),
    ("trust ./ca.crt --passphrase-file a --passphrase-env B", "cannot be used with"),
];

fn client() -> Option<Machine> {
    Machine::new("client").map_err(|reason| crate::lab::skip(&reason)).ok()
}

#[test]
fn what_is_no_host_is_a_wrong_command_line() {
    let Some(machine) = client() else { return };
    let longer = [
        ("a".repeat(300), "it is longer than 253 characters"),
        (format!("{}.example.com", "a".repeat(64)), "longer than 63 characters"),
        (format!("{}abcd", "a.".repeat(125)), "it is longer than 253 characters"),
        (format!("{}.example.com", "ü".repeat(60)), "longer than 63 characters"),
    ];
    let hosts = NO_HOSTS.iter().map(|(host, says)| ((*host).to_owned(), *says)).chain(longer);
    let mut rows = Vec::new();
    for (index, (host, says)) in hosts.enumerate() {
        for place in places(PLACES, index) {
            // After a space it would be a flag.
            if host.starts_with('-') && place.contains(" HOST") {
                continue;
            }
            let line: Vec<_> = place.split(' ').map(|word| word.replace("HOST", &host)).collect();
            rows.push(Row::new(line, 2, says));
        }
    }
    refused(&machine, "hosts", 2, &rows);
}

#[test]
fn names_fingerprints_and_flags_that_are_none_are_a_wrong_command_line() {
    let Some(machine) = client() else { return };
    let mut rows = Vec::new();
    for (name, says) in [
        ("a..b", "a part between two dots is empty"),
        ("*", "a wildcard is not allowed here"),
        ("*.", "it is empty"),
        ("a.*.example.com", "a wildcard is not allowed here"),
        ("*.*.example.com", "a wildcard is not allowed here"),
        ("**.example.com", "a wildcard is not allowed here"),
        ("*.192.0.2.1", "it ends in a number"),
        ("https://gitlab.example.com", "only letters"),
        ("gitlab.example.com:443", "only letters"),
        ("me@example.com", "not a valid host"),
        ("192.0.2.0/24", "not a valid host"),
    ] {
        let words = |flag: &str| {
            vec![
                "setup".to_owned(),
                "gitlab.example.com".to_owned(),
                "--out=pair".to_owned(),
                format!("{flag}={name}"),
            ]
        };
        rows.push(Row::new(words("--name"), 2, &format!("--name: |{says}")));
        rows.push(Row::new(words("--permit"), 2, "--permit: "));
        rows.push(Row::new(["sign", name], 2, says));
    }
    rows.push(Row::words(
        "setup gitlab.example.com --out pair --permit *.example.com",
        2,
        "--permit: |a wildcard is not allowed here|includes all names below it",
    ));
    rows.push(Row::words(
        "setup gitlab.example.com --out pair --permit 192.0.2.1",
        2,
        "--permit: |it ends in a number",
    ));

    let digits = "0123456789abcdef".repeat(4);
    for (text, says) in [
        (String::new(), "it has 0 hexadecimal digits, and 64 are needed"),
        (digits[..40].to_owned(), "40 digits are a SHA-1 fingerprint, and SHA-256 is needed|labtrust status"),
        (format!("SHA1 Fingerprint={}", &digits[..40]), "40 digits are a SHA-1 fingerprint"),
        (digits[..32].to_owned(), "32 digits are an MD5 fingerprint"),
        (digits[..63].to_owned(), "it has 63 hexadecimal digits, and 64 are needed"),
        (format!("{digits}00"), "it has 66 hexadecimal digits, and 64 are needed"),
        (digits.replace('0', "g"), "it may only contain hexadecimal digits and colons"),
        (format!("sha256/{digits}"), "it may only contain hexadecimal digits and colons"),
        ("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(), "fingerprint"),
        (digits.repeat(100), "it has 6400"),
        (format!("{}\u{1b}[2J", &digits[..60]), "it may only contain hexadecimal digits and colons"),
    ] {
        rows.push(Row::new(
            ["trust", "./ca.crt", "--fingerprint", &text],
            2,
            &format!("--fingerprint: |{says}"),
        ));
        if (31..=130).contains(&text.len()) && text.starts_with("01") && !text.contains('\u{1b}') {
            rows.push(Row::new(["untrust", &text], 2, says));
        }
    }
    rows.push(Row::new(["trust", &digits], 2, "is a fingerprint, not a source|labtrust trust HOST:4567"));
    rows.push(Row::new(["inspect", &digits], 2, "is a fingerprint"));

    rows.extend(NO_FLAGS.iter().map(|(line, says)| Row::words(line, 2, says)));
    // Latin-1, as old file systems have it: no text, so no host and no name.
    let latin = OsString::from_vec(b"b\xfccher.example".to_vec());
    for verb in ["inspect", "trust", "setup", "sign", "untrust"] {
        rows.push(Row::new([verb.into(), latin.clone()], 2, "UTF-8"));
    }
    rows.push(Row::new(
        ["import".into(), "--cert".into(), latin, "--out".into(), "pair".into()],
        3,
        "b\u{fffd}cher.example does not exist",
    ));
    refused(&machine, "names, fingerprints and flags", 2, &rows);
}

#[test]
fn hosts_are_taken_in_every_spelling() {
    let Some(machine) = client() else { return };
    let setup = |host: &str| format!("setup {host} --out pair --no-trust --dry-run --json");
    let label = "a".repeat(63);
    let long = format!("{}abcde", "a.".repeat(124));
    let spellings = [
        ("MyGitLab.Example.COM", "mygitlab.example.com"),
        ("mygitlab.example.com.", "mygitlab.example.com"),
        ("https://mygitlab.example.com", "mygitlab.example.com"),
        ("HTTPS://MYGITLAB.EXAMPLE.COM/", "mygitlab.example.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("gitl\u{430}b.example.com", "xn--gitlb-7ve.example.com"),
        ("🦊.example", "xn--"),
        ("nas", "nas"),
        ("192.0.2.10", "192.0.2.10"),
        ("https://192.0.2.10:8443", "192.0.2.10"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]:8443", "2001:db8::1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        (&label, &label),
        (&long, &long),
    ];
    let lines: Vec<_> = spellings.iter().map(|(host, _)| setup(host)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    for ((host, normal), outcome) in spellings.iter().zip(outcomes(&machine, &lines)) {
        assert_eq!(outcome.code, 1, "{host}: {outcome:?}");
        assert!(outcome.stdout.contains(&format!("/tmp/in/pair/{normal}")), "{host}: {outcome:?}");
    }
    println!("hosts: {} spellings taken", spellings.len());
}

#[test]
fn a_state_folder_that_is_none_is_refused() {
    let machine = machine!("client");
    samples::make(&machine);
    let sha256 = fingerprint(&machine, &machine.read("/tmp/in/ca.crt"));
    let mut rows = Vec::new();
    for (state, says) in [
        ("empty", "empty is not a folder|--state DIR"),
        ("empty/state", "cannot use empty/state: Not a directory"),
        ("/dev/null", "/dev/null is not a folder"),
        ("loop", "cannot use loop: Too many levels"),
    ] {
        for line in [
            "trust ./ca.crt --fingerprint",
            "untrust",
            "status",
            "inspect",
            "export",
            "sign a.example.com",
            "setup a.example.com --out pair",
        ] {
            let line = line.replace("--fingerprint", &format!("--fingerprint {sha256}"));
            rows.push(Row::words(&format!("{line} --state {state}"), 3, says));
        }
    }
    refused(&machine, "state folders", 2, &rows);
}

#[test]
fn a_host_for_which_no_file_can_be_named_leaves_nothing_behind() {
    let machine = machine!("server");
    let host = format!("{}abcde", "a.".repeat(124));
    let before = machine.settled();
    let setup = machine.run(["labtrust", "setup", &host, "--out", "/srv/pair", "--yes"]);
    setup.exited(3).says("File name too long").says("hint: ");
    machine.run(["labtrust", "setup", "--undo", "--yes"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // A CA that can sign for it.
    let setup = ["labtrust", "setup", "gitlab.example.com", "--out", "/srv/pair", "--no-trust"];
    machine.run([&setup[..], &["--no-constraints", "--yes"]].concat()).succeeded();
    let before = machine.settled();
    machine.run(["labtrust", "trust", "--for", &host]).exited(3).says("File name too long");
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

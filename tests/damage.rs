//! A damaged state folder: each file of it in turn is empty, cut off, garbage, gone, somebody else's or a folder. Who
//! needs it says its path and what to do; all others go on; and there is always a way out.

mod ways_out;

use crate::{
    backup::{IDENTITY, RECIPIENT},
    lab::{self, HOST, Machine, Output, Pair, Validity},
    trust::fingerprint,
};

const STATE: &str = "/var/lib/labtrust";
const BACKUP: &str = "/root/labtrust.age";

/// How a file is damaged: `$file` is its path.
const DAMAGES: [(&str, &str); 6] = [
    ("empty", ": >$file"),
    ("cut off", "head -c 40 $file >x; cat x >$file; rm x"),
    ("garbage", "printf 'no such thing\\n' >$file"),
    ("gone", "rm $file"),
    ("somebody else's", "chown alice: $file"),
    ("a folder", "rm $file; mkdir $file"),
];

/// A machine with a CA, the next one beside it, a request, and another CA that is trusted; its state is kept in
/// `/root/whole`, and a backup of it in [`BACKUP`].
fn full(machine: &Machine) -> String {
    machine.ensure_user("alice");
    machine.write_with_mode("/root/key", "600", IDENTITY);
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    machine.write("/root/other.crt", &pair.root);
    machine.write("/root/other.pem", &pair.leaf);
    let sha256 = fingerprint(machine, &pair.root).replace(':', "").to_lowercase();
    let script = format!(
        "labtrust setup {HOST} --out /srv/proxy && labtrust rotate start && labtrust request other.example.com
         labtrust trust /root/other.crt --for {HOST} --fingerprint {sha256} --store system
         labtrust backup {BACKUP} --recipient {RECIPIENT}; cp -a {STATE} /root/whole; cp -a /srv/proxy /root/proxy"
    );
    machine.sh(&script).succeeded();
    sha256
}

/// The state and the pair as they were, all stores as they are.
fn whole(machine: &Machine) {
    let script =
        format!("rm -rf {STATE} /srv/proxy; cp -a /root/whole {STATE}; cp -a /root/proxy /srv/proxy");
    machine.sh(&script).succeeded();
}

/// The files of the state by their paths in it, the folder of the next CA written as `NEXT`.
fn files(machine: &Machine) -> Vec<String> {
    let list = machine.sh(&format!("cd {STATE}; find . -type f | sort")).succeeded().stdout;
    list.lines().map(|line| line.trim_start_matches("./").to_owned()).collect()
}

fn is_whole() -> bool {
    lab::is_whole("LABTRUST_DAMAGE")
}

/// The name of the next CA's folder after its hyphen, among `files`.
fn next_of(files: &[String]) -> String {
    let next = files.iter().find_map(|file| file.strip_prefix("authority-"));
    next.and_then(|next| next.split('/').next()).expect("a next CA").to_owned()
}

/// What a file is a part of, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Ca,
    Next,
    Rotation,
    Request,
    Placing,
    /// The receipt of trust in our CA.
    OwnTrust,
    /// That of trust in the next one.
    NextTrust,
    /// That of trust in the other CA.
    OtherTrust,
    /// What stood where something was put.
    Before,
    Note,
    /// What nobody reads again.
    Nothing,
}

fn part_of(file: &str, other: &str, next: &str) -> Part {
    let is_next = |file: &str| file.starts_with(&format!("receipts/trust-{next}/"));
    let other = format!("receipts/trust-{}", &other[..16]);
    match file {
        file if file.contains("/before/") => Part::Before,
        file if file.starts_with(&other) => Part::OtherTrust,
        file if file.starts_with("receipts/trust-") && is_next(file) => Part::NextTrust,
        file if file.starts_with("receipts/trust-") => Part::OwnTrust,
        file if file.starts_with("receipts/setup") => Part::Placing,
        file if file.starts_with("receipts/request-") => Part::Nothing,
        file if file.starts_with("authority/") => Part::Ca,
        file if file.starts_with("authority-") => Part::Next,
        "rotation.json" => Part::Rotation,
        file if file.ends_with("request.csr") => Part::Nothing,
        file if file.starts_with("requests/") => Part::Request,
        _ => Part::Note,
    }
}

/// The verbs that change nothing, and the parts that each needs.
const VERBS: &[(&str, &[Part])] = &[
    ("explain x509", &[]),
    ("inspect ./other.crt", &[]),
    (
        "trust /root/other.crt --for mygitlab.example.com --fingerprint OTHER --store system --dry-run",
        &[Part::OtherTrust],
    ),
    ("untrust /root/other.crt --dry-run", &[Part::OtherTrust]),
    ("doctor mygitlab.example.com:4567 --undo --dry-run", &[]),
    ("export", &[Part::Ca, Part::Rotation]),
    ("inspect", &[Part::Ca, Part::Rotation]),
    ("rotate", &[Part::Ca, Part::Rotation, Part::Next]),
    ("rotate switch --clients-ready --dry-run", &[Part::Ca, Part::Rotation, Part::Next, Part::Placing]),
    ("renew --dry-run", &[Part::Ca, Part::Rotation, Part::Placing]),
    (
        "setup mygitlab.example.com --out /srv/proxy --dry-run",
        &[Part::Ca, Part::Rotation, Part::Next, Part::Placing, Part::OwnTrust],
    ),
    ("request third.example.com --dry-run", &[]),
    (
        "status",
        &[
            Part::Ca,
            Part::Next,
            Part::Rotation,
            Part::Request,
            Part::Placing,
            Part::OwnTrust,
            Part::NextTrust,
            Part::OtherTrust,
            Part::Before,
            Part::Note,
        ],
    ),
    (
        "backup /root/another.age --recipient RECIPIENT",
        &[Part::Ca, Part::Next, Part::Rotation, Part::Request],
    ),
];

/// Damages `file` in that way; where it is not there afterwards, nothing may know that it was.
fn damage(machine: &Machine, file: &str, script: &str) {
    machine.sh(&format!("cd /root; file={STATE}/{file}; {script}")).succeeded();
}

/// Whether nothing tells that `file` is missing, as other labtrusts leave it away too.
fn may_be_gone(file: &str) -> bool {
    ["receipt.json", "voucher.crt", "request.json", "renewal.json", "backup.json"]
        .iter()
        .any(|name| file.ends_with(name))
}

fn names(output: &Output, file: &str) -> bool {
    output.stderr.contains(&format!("{STATE}/{file}")) || output.stdout.contains(&format!("{STATE}/{file}"))
}

#[test]
fn a_damaged_file_is_named_by_those_who_need_it_and_stops_nobody_else() {
    let machine = machine!("gitlab");
    let other = full(&machine);
    let all = files(&machine);
    let next = next_of(&all);
    let verbs: Vec<_> = VERBS
        .iter()
        .map(|(verb, parts)| (verb.replace("OTHER", &other).replace("RECIPIENT", RECIPIENT), *parts))
        .collect();
    // What each says of the whole state.
    let mut sound = Vec::new();
    for (verb, _) in &verbs {
        sound.push(machine.sh(&format!("cd /root; rm -f another.age; labtrust {verb}")).code());
    }
    let (mut tried, mut named) = (0, 0);
    for (index, file) in all.iter().enumerate() {
        let part = part_of(file, &other, &next);
        for (way, (what, script)) in DAMAGES.iter().enumerate() {
            if part == Part::Nothing || (*what == "gone" && may_be_gone(file)) {
                continue;
            }
            if !is_whole() && (index + way) % 4 != 0 {
                continue;
            }
            whole(&machine);
            damage(&machine, file, script);
            for ((verb, parts), sound) in verbs.iter().zip(&sound) {
                let output = machine.sh(&format!("cd /root; rm -f another.age; labtrust {verb}"));
                let point = format!("{file} is {what}: {output}");
                // The key alone is read by whoever signs, the voucher and the notes by whoever reads the CA.
                let reads_no_key = ["export", "inspect", "rotate"].contains(&verb.as_str())
                    || (verb.starts_with("setup") && part == Part::Next)
                    || (verb.starts_with("rotate switch") && part == Part::Ca);
                let needs_no_key = file.ends_with("intermediate.key") && reads_no_key;
                if parts.contains(&part) && !needs_no_key {
                    assert_eq!(output.code(), 3, "{point}");
                    assert!(names(&output, file), "{point}");
                    assert!(output.stderr.contains("hint: "), "{point}");
                    named += 1;
                } else {
                    assert_eq!(output.code(), *sound, "{point}");
                    // A backup without a damaged receipt says so.
                    let is_left_out = verb.starts_with("backup") && file.starts_with("receipts/");
                    assert!(!is_left_out || names(&output, file), "{point}");
                }
                tried += 1;
            }
        }
    }
    println!("{tried} runs on damaged states, {named} named the damage");
}

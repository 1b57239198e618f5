//! The ways out of a damaged state: a backup takes its place, or what is damaged is taken away.

use super::{
    BACKUP, DAMAGES, Part, STATE, damage, files, full, is_whole, may_be_gone, next_of, part_of, whole,
};
use crate::lab::{HOST, Machine};

/// The damages that are tried: `step` apart, from `first` on.
fn each(machine: &Machine, other: &str, step: usize, mut act: impl FnMut(&str, Part, &str)) {
    let all = files(machine);
    let next = next_of(&all);
    for (index, file) in all.iter().enumerate() {
        for (way, (what, script)) in DAMAGES.iter().enumerate() {
            let part = part_of(file, other, &next);
            if part == Part::Nothing || (*what == "gone" && may_be_gone(file)) {
                continue;
            }
            if !is_whole() && (index + way) % step != 0 {
                continue;
            }
            whole(machine);
            damage(machine, file, script);
            act(file, part, what);
        }
    }
}

fn own(machine: &Machine) -> String {
    let json = machine.run(["labtrust", "export"]).succeeded().stdout;
    crate::trust::fingerprint(machine, &json)
}

#[test]
fn a_backup_takes_the_place_of_whatever_is_damaged() {
    let machine = machine!("gitlab");
    let other = full(&machine);
    let sha256 = own(&machine);
    let restore = format!("labtrust restore {BACKUP} --identity /root/key --fingerprint {sha256}");
    let mut tried = 0;
    each(&machine, &other, 5, |file, part, what| {
        let point = format!("{file} is {what}");
        // What is missing is in nobody's way.
        let is_put = what == "gone" && !file.starts_with("receipts/");
        if is_put && part != Part::Note {
            machine.sh(&restore).succeeded();
        } else if part != Part::Note {
            let refused = machine.sh(&restore).exited(3);
            assert!(refused.stderr.contains(&format!("{STATE}/{file}")), "{point}: {refused}");
        }
        machine.sh(&format!("{restore} --replace")).succeeded();
        let status = machine.run(["labtrust", "status"]);
        assert!(!status.stderr.contains("error:"), "{point}: {status}");
        machine
            .sh(&format!("cmp {STATE}/authority/intermediate.key /root/whole/authority/intermediate.key"))
            .succeeded();
        machine.sh(&format!("test \"$(ls {STATE}/receipts)\" = \"$(ls /root/whole/receipts)\"")).succeeded();
        tried += 1;
    });
    println!("{tried} damaged states restored");
}

#[test]
fn taking_the_setup_back_takes_whatever_is_damaged_away() {
    let machine = machine!("gitlab");
    let other = full(&machine);
    let mut tried = 0;
    each(&machine, &other, 5, |file, part, what| {
        if matches!(part, Part::Note | Part::Request | Part::OtherTrust | Part::Before) {
            return;
        }
        let point = format!("{file} is {what}");
        let undone = machine.run(["labtrust", "setup", "--undo", "--yes"]);
        let expected = if part == Part::Placing { 3 } else { 0 };
        assert_eq!(undone.code(), expected, "{point}: {undone}");
        let status = machine.run(["labtrust", "status"]);
        assert!(!status.stderr.contains("error:"), "{point}: {status}");
        let left = machine.sh(&format!("ls -d {STATE}/authority* {STATE}/rotation.json 2>/dev/null"));
        assert_eq!(left.stdout, "", "{point}");
        let setup = format!("labtrust setup {HOST} --out /srv/proxy --replace --no-trust");
        machine.sh(&setup).succeeded();
        machine.run(["labtrust", "setup", "--undo", "--yes"]).succeeded();
        tried += 1;
    });
    println!("{tried} damaged states taken back");
}

#[test]
fn giving_a_rotation_up_takes_the_next_ca_away_however_damaged_it_is() {
    let machine = machine!("gitlab");
    let other = full(&machine);
    let mut tried = 0;
    each(&machine, &other, 2, |file, part, what| {
        if part != Part::Next {
            return;
        }
        let point = format!("{file} is {what}");
        let aborted = machine.run(["labtrust", "rotate", "abort"]).succeeded();
        let status = machine.run(["labtrust", "status"]);
        assert!(!status.stderr.contains("error:"), "{point}: {aborted}{status}");
        let left = machine.sh(&format!("ls -d {STATE}/authority-* 2>/dev/null"));
        assert_eq!(left.stdout, "", "{point}");
        machine.run(["labtrust", "rotate", "start"]).succeeded();
        tried += 1;
    });
    println!("{tried} damaged next CAs given up");
}

#[test]
fn an_old_ca_a_request_and_a_receipt_of_trust_are_taken_away_though_they_are_damaged() {
    let machine = machine!("gitlab");
    let other = full(&machine);
    machine.run(["labtrust", "rotate", "switch", "--clients-ready"]).succeeded();
    for (what, script) in &DAMAGES[..3] {
        let damage = |file: &str| {
            machine.sh(&format!("cd /root; file=$(ls {STATE}/{file}); {script}")).succeeded();
        };
        let is_sound = || {
            let status = machine.run(["labtrust", "status"]);
            assert!(!status.stderr.contains("error:"), "{what}: {status}");
        };
        machine.sh(&format!("rm -rf /root/switched; cp -a {STATE} /root/switched")).succeeded();
        damage("authority/root.crt");
        machine.run(["labtrust", "rotate", "retire"]).succeeded().says("damaged files are now in");
        assert!(!machine.has(&format!("{STATE}/authority")), "{what}");
        is_sound();
        machine.sh(&format!("rm -rf {STATE}; cp -a /root/switched {STATE}")).succeeded();

        damage("requests/*/key");
        machine.run(["labtrust", "request", "--undo"]).succeeded().says("the damaged files are now in");
        machine.sh(&format!("! ls {STATE}/requests/* 2>/dev/null")).succeeded();
        is_sound();
        machine.run(["labtrust", "request", "other.example.com"]).succeeded();

        damage(&format!("receipts/trust-{}/receipt.json", &other[..16]));
        machine.run(["labtrust", "untrust", "/root/other.crt"]).exited(3).says("--purge");
        let dry_run = "labtrust untrust /root/other.crt --purge --dry-run";
        machine.sh(dry_run).exited(1).says(&format!("receipts/trust-{} aside", &other[..16]));
        machine.run(["labtrust", "untrust", "/root/other.crt", "--purge"]).succeeded();
        is_sound();
        let trust =
            format!("labtrust trust /root/other.crt --for {HOST} --fingerprint {other} --store system");
        machine.sh(&trust).succeeded();

        machine.sh(&format!("mkdir -m 700 {STATE}/receipts/doctor")).succeeded();
        machine.write_with_mode(&format!("{STATE}/receipts/doctor/receipt.json"), "600", "x");
        machine.run(["labtrust", "status"]).exited(3).says("labtrust doctor --undo");
        machine.run(["labtrust", "doctor", "--undo", "--dry-run"]).exited(1).says("receipts/doctor aside");
        machine.run(["labtrust", "doctor", "--undo"]).succeeded().says("it was moved to");
        is_sound();
    }
}

#[test]
fn nothing_of_a_key_is_said_though_it_lies_where_it_is_not_expected() {
    let machine = machine!("gitlab");
    full(&machine);
    let key = machine.read(&format!("{STATE}/authority/intermediate.key"));
    let secret: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    let one_line = key.replace('\n', "");
    for file in files(&machine).iter().filter(|file| !file.contains("/before/")) {
        whole(&machine);
        let path = format!("{STATE}/{file}");
        for text in [&one_line, &secret, &format!("\"{secret}\"")] {
            machine.write_with_mode(&path, "600", text);
            for verb in
                ["status", "renew --dry-run", "setup --undo --dry-run", "rotate", "backup - --recipient x"]
            {
                let output = machine.sh(&format!("labtrust {verb}"));
                for said in [&output.stdout, &output.stderr] {
                    let shown =
                        (0..secret.len() - 16).step_by(4).find(|at| said.contains(&secret[*at..*at + 16]));
                    assert_eq!(shown, None, "{file}, {verb}: {said}");
                }
            }
        }
    }
}

#[test]
fn a_damaged_receipt_of_a_run_that_ended_goes_by_the_command_that_is_named() {
    let machine = machine!("gitlab");
    machine.run(["labtrust", "setup", HOST, "--out", "/root/pair", "--no-trust"]).succeeded();
    let folder = format!("{STATE}/receipts/purge-0123456789abcdef");
    machine.sh(&format!("mkdir -m 700 {folder}; umask 077; echo '{{' >{folder}/receipt.json")).succeeded();
    let status = machine.run(["labtrust", "status"]).exited(3).says("receipt.json");
    let text = format!("{}{}", status.stdout, status.stderr);
    let command = text.lines().find_map(|line| line.find("rm /").map(|at| &line[at..]));
    machine.sh(command.unwrap_or_else(|| panic!("{status}"))).succeeded();
    // The CA is not trusted here; nothing is damaged.
    machine.run(["labtrust", "status"]).exited(1);
    machine.run(["labtrust", "setup", "--undo", "--yes"]).succeeded();
}

//! A stranger's text in a certificate or a file name must not reach a terminal unchanged, and long lists must not flood
//! it. This also holds for commands that succeed.

use super::{
    case::{FOLDER, is_hidden, outcomes},
    samples,
};
use crate::lab::{Machine, REGISTRY};

fn machine() -> Option<Machine> {
    let machine = Machine::new("client").map_err(|reason| crate::lab::skip(&reason)).ok()?;
    samples::make(&machine);
    Some(machine)
}

#[test]
fn a_certificate_or_file_name_cannot_write_on_the_terminal() {
    let Some(machine) = machine() else { return };
    machine.sh(&format!("cd {FOLDER} && cp hostile.crt \"$(printf 'a\\033[2J\\nb.crt')\"")).succeeded();
    let file = format!("{FOLDER}/a\u{1b}[2J\nb.crt");
    let sha256 =
        machine.sh(&format!("openssl x509 -in {FOLDER}/hostile.crt -outform DER | sha256sum | cut -c 1-64"));
    let sha256 = sha256.succeeded().stdout.trim().to_owned();
    let trust = ["labtrust", "trust", &file, "--fingerprint", &sha256, "--for", REGISTRY];
    let lines: Vec<Vec<&str>> = vec![
        vec!["labtrust", "inspect", &file],
        [&trust[..], &["--dry-run"]].concat(),
        trust.to_vec(),
        vec!["labtrust", "status"],
        vec!["labtrust", "status", "--verbose"],
        vec!["labtrust", "trust", &file],
        vec!["labtrust", "untrust", &file],
    ];
    let mut runs = 0;
    for line in &lines {
        for json in [&[][..], &["--json"]] {
            // Coloured as on a terminal, so that nothing is stripped on the way out.
            let line = [&line[..], json].concat();
            let output = machine.command(line.iter().copied()).env("CLICOLOR_FORCE", "1").run();
            let ours = [
                "\u{1b}[0m",
                "\u{1b}[1m",
                "\u{1b}[31m",
                "\u{1b}[32m",
                "\u{1b}[33m",
                "\u{1b}[36m",
                "\u{1b}[90m",
            ];
            let rest = |text: &str| ours.iter().fold(text.to_owned(), |text, style| text.replace(style, ""));
            let hidden = |text: &str| rest(text).chars().any(|one| one != '\n' && is_hidden(one));
            assert!(
                !hidden(&output.stdout) && !hidden(&output.stderr),
                "{output} {:?} {:?}",
                output.stdout,
                output.stderr
            );
            // The name's second line would look like a hint of ours.
            let forged = |text: &str| {
                text.lines().any(|line| line.starts_with("hint: run this") || line.starts_with("b.crt"))
            };
            assert!(!forged(&output.stdout) && !forged(&output.stderr), "{output}");
            runs += 1;
        }
    }
    let mut terminal = machine.command(["labtrust", "trust", &file]).terminal();
    terminal.expect("Trust the CA?").send("n\n");
    let output = terminal.finish();
    assert!(!output.stdout.contains("\u{1b}[2J") && !output.stdout.contains('\u{202e}'), "{output}");
    println!("terminal: {} runs, none of them obeyed", runs + 1);
}

#[test]
fn thousands_of_anything_are_told_in_a_few_lines() {
    let Some(machine) = machine() else { return };
    let lines = [
        "inspect ./3000.pem",
        "inspect ./names.crt",
        "inspect ./long.crt",
        "inspect ./large.crt",
        "inspect ./impostors.pem",
        "inspect ./circle.pem",
        "inspect ./rsa16k.crt",
        "inspect ./expired.crt",
        "inspect ./future.crt",
        "inspect ./v1.crt",
        "inspect ./negative.crt",
    ];
    for (line, outcome) in lines.iter().zip(outcomes(&machine, &lines)) {
        assert_eq!(outcome.code, 0, "{line}: {outcome:?}");
        let longest = outcome.stdout.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!(outcome.stdout.lines().count() <= 60 && longest <= 1_000, "{line}: {}", outcome.stdout);
        println!(
            "{line}: {} lines, {:.2} s of work, {:.0} MiB",
            outcome.stdout.lines().count(),
            outcome.cpu,
            outcome.megabytes
        );
        assert!(outcome.cpu < 2.0 && outcome.megabytes < 200.0, "{line}: {outcome:?}");
    }
}

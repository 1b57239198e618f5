//! The commands of README and docs: each console example is run in the lab, and its output compared; each other
//! command is one that the program understands. A page gets machines of its own.
//!
//! `LABTRUST_UPDATE=1` writes what happens into the page. Comments of a page direct it:
//! `<!-- machine: client -->` (where the doctor's story is laid; `server` at first), `<!-- user: alice -->` (`root` at first),
//! `<!-- before: COMMAND -->` (root runs it, and it is not shown), and above each block of `sh` `<!-- run by: tests/FILE.rs -->` or `<!-- not run: REASON -->`.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use labtrust::cli;

use crate::{
    doctor::{serving, trusting},
    lab::{Engine, Machine, Manager, Passing, Proxy, Release, Screen},
};

/// The question of a command on a terminal. The answer follows it.
const QUESTION: &str = "[y/N] ";

/// The pages, README first.
pub(crate) fn pages() -> BTreeMap<PathBuf, String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                files.push(path);
            }
        }
    }
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What differs from run to run, replaced by what it is.
pub(crate) fn redacted(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let is_word = |c: char| c.is_ascii_alphanumeric();
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        let word = &rest[start..];
        let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        let is_hex =
            [8, 16, 64].contains(&word.len()) && word.chars().all(|c| "0123456789abcdef".contains(c));
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        let is_date = word.len() == 4 && is_number && after.starts_with('-');
        match (is_hex, is_date) {
            (true, _) => out.push_str("HEX"),
            (_, true) => out.push_str("YEAR"),
            _ if is_number && (out.ends_with("YEAR-") || out.ends_with("YEAR-MM-")) => {
                out.push_str(if out.ends_with("YEAR-") { "MM" } else { "DD" });
            }
            _ if is_number && after.starts_with(" days") => out.push('N'),
            _ => out.push_str(word),
        }
        rest = after;
    }
    out.push_str(rest);
    // Columns are as wide as what stands in them.
    out.split('\n').map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Runs a line of an example as `user` at home; on a terminal if `shown` has a question, with its answers.
fn run(machine: &Machine, user: &str, line: &str, shown: &str) -> String {
    let line = line.replace("sudo ", "");
    let answers = shown.match_indices(QUESTION).map(|(at, _)| &shown[at + QUESTION.len()..]);
    let answers: Vec<_> = answers.map(|answer| answer.lines().next().unwrap_or_default()).collect();
    if answers.is_empty() {
        let line = format!("cd; {{ {line}\n}} 2>&1");
        return machine.command(["sh", "-c", &line]).user(user).run().stdout;
    }
    run_on_terminal(machine, &line, &answers).text()
}

/// The screen of a terminal after root ran `line` in `/root` and gave `answers`.
pub(crate) fn run_on_terminal(machine: &Machine, line: &str, answers: &[&str]) -> Screen {
    let command = machine.command(["sh", "-c", &format!("cd /root; {line}")]);
    let mut terminal = command.env("TERM", "xterm-256color").terminal();
    for answer in answers {
        terminal.expect(QUESTION).send(&format!("{answer}\n"));
    }
    Screen::of(&terminal.finish().stdout)
}

/// The story of the doctor: a registry that serves, and an engine that asks a proxy for it.
fn lay_the_story(machine: &Machine) {
    machine.without_hooks();
    machine.sh("echo 'correct horse' >/root/password").succeeded();
    let engine = Engine::start_as(machine, Release::Installed, Manager::Systemd);
    let pair = serving(machine);
    trusting(machine, &pair);
    let proxy = Proxy::start(machine, Passing::Never("503 Service Unavailable"));
    engine.drop_in("proxy.conf", &format!("Environment=HTTPS_PROXY={}", proxy.url()));
}

/// The values of the comments `<!-- NAME: VALUE -->` in `text`.
fn comments<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let begin = format!("<!-- {name}: ");
    let values = text.match_indices(&begin).filter_map(|(at, _)| text[at + begin.len()..].split_once(" -->"));
    values.map(|(value, _)| value).collect()
}

/// `page` with the output that its examples have now.
fn run_examples(page: &str, server: &Machine, client: Option<&Machine>) -> String {
    let (mut machine, mut user) = (server, "root");
    let mut actual = String::new();
    let mut rest = page;
    while let Some((before, block)) = rest.split_once("```console\n") {
        let (block, after) = block.split_once("```\n").unwrap();
        for name in comments(before, "machine") {
            machine = if name == "client" { client.unwrap() } else { server };
        }
        for name in comments(before, "user") {
            user = name;
        }
        for command in comments(before, "before") {
            machine.sh(&format!("cd /root; {command}")).succeeded();
        }
        writeln!(actual, "{before}```console").unwrap();
        for example in block.split("$ ").skip(1) {
            let command = example.lines().next().unwrap();
            let shown = &example[command.len() + 1..];
            // Running the tests from within the tests would not end.
            let is_itself = command == "scripts/test";
            let happened = if is_itself { shown.to_owned() } else { run(machine, user, command, shown) };
            write!(actual, "$ {command}\n{happened}").unwrap();
        }
        writeln!(actual, "```").unwrap();
        rest = after;
    }
    actual + rest
}

#[test]
fn every_example_shows_what_happens() {
    for (path, page) in pages().into_iter().filter(|(_, page)| page.contains("```console\n")) {
        let server = machine!("mygitlab");
        let has_story = comments(&page, "machine").contains(&"client");
        let client = if has_story { Some(machine!("client")) } else { None };
        client.iter().for_each(lay_the_story);
        let actual = run_examples(&page, &server, client.as_ref());
        if std::env::var_os("LABTRUST_UPDATE").is_some() {
            fs::write(path, actual).unwrap();
        } else {
            let name = path.display();
            assert_eq!(redacted(&actual), redacted(&page), "{name}: LABTRUST_UPDATE=1 writes what happens");
        }
    }
}

/// README is what a person pastes from first. Red Hat's sudo does not search the folder that install.sh chooses for root.
#[test]
fn readmes_examples_with_sudo_find_the_program_on_red_hats_systems() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let machine = machine!("redhat");
    crate::install::hints::with_sudo(&machine);
    let examples: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("$ sudo ")).collect();
    assert!(!examples.is_empty());
    for example in examples {
        let program = example.split(' ').next().unwrap();
        machine.run_as("alice", ["sudo", "-n", program, "--version"]).succeeded().says("labtrust");
    }
}

/// The blocks of `sh` in `page`, each with the text before it.
fn shell_blocks(page: &str) -> Vec<(&str, &str)> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((before, block)) = rest.split_once("```sh\n") {
        let (block, after) = block.split_once("```").unwrap();
        blocks.push((before, block));
        rest = after;
    }
    blocks
}

#[test]
fn each_shell_block_is_run_or_names_why_not() {
    let mut wrong = String::new();
    for (path, page) in pages() {
        for (before, block) in shell_blocks(&page) {
            let marker = before.trim_end().lines().last().unwrap_or_default();
            let [run_by, not_run] = ["run by", "not run"].map(|name| comments(marker, name).pop());
            let is_run = run_by.is_some_and(|file| {
                let test = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file));
                test.is_ok_and(|test| test.contains(path.file_name().unwrap().to_str().unwrap()))
            });
            if !is_run && not_run.is_none() {
                writeln!(wrong, "{}: {marker}\n{block}", path.display()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "neither run nor with a reason:\n{wrong}");
}

/// The lines of `page` that call labtrust: those of its blocks, and inline code.
fn commands(page: &str) -> Vec<String> {
    let page = page.replace("\\|", "|").replace("\\\n", " ");
    let mut commands = Vec::new();
    for (index, part) in page.split("```").enumerate() {
        let code: Vec<_> = if index % 2 == 1 {
            part.lines().skip(1).collect()
        } else {
            part.split('`').skip(1).step_by(2).collect()
        };
        for line in code {
            let mut words = line.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).peekable();
            while let Some(word) = words.next() {
                if word != "labtrust" && word != "/usr/local/bin/labtrust" {
                    if ["sudo", "$", "|", "&&", "&", "ssh"].contains(&word)
                        || word.chars().all(|c| c.is_ascii_uppercase())
                    {
                        continue;
                    }
                    break;
                }
                let ends = |word: &&str| {
                    ["|", "||", "&&", ";", "#", "&"].contains(word)
                        || word.starts_with(['<', '>', '('])
                        || word.starts_with("2>")
                };
                let arguments: Vec<_> = words.by_ref().take_while(|word| !ends(word)).collect();
                commands.push(arguments.join(" "));
            }
        }
    }
    commands
}

/// `argument` with the placeholders of the docs filled in.
fn filled(argument: &str) -> String {
    let sha256 = "0".repeat(64);
    match argument.trim_end_matches(';') {
        "SHA256" | "OLD" => sha256,
        "HOST" => "mygitlab.example.com".into(),
        "KIND" => "shell".into(),
        "STORE" => "docker".into(),
        "N" | "DAYS" => "30".into(),
        other => other
            .replace("HOST:PORT", "mygitlab.example.com:4567")
            .replace("HOST", "mygitlab.example.com")
            .replace('…', "x"),
    }
}

#[test]
fn each_command_is_one_that_the_program_understands() {
    let mut wrong = String::new();
    for (path, page) in pages() {
        for command in commands(&page) {
            let words = command.split_whitespace().map(filled);
            let words: Vec<_> = std::iter::once("labtrust".to_owned()).chain(words).collect();
            // A verb alone names the command.
            if words.len() <= 2 && !words[1..].iter().any(|word| word.contains('-')) {
                let verb = words.get(1);
                assert!(verb.is_none_or(|verb| cli::command().find_subcommand(verb).is_some()), "{command}");
                continue;
            }
            if let Err(error) = cli::command().try_get_matches_from(&words)
                && error.use_stderr()
            {
                let first = error.to_string().lines().next().unwrap_or_default().to_owned();
                writeln!(wrong, "{}: labtrust {command}: {first}", path.display()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

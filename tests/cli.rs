//! What the command line promises to people and scripts: exit codes, one document of JSON, a line
//! that says what is wrong with what was typed.

use std::process::{Command, Output, Stdio};

use crate::{documents, lab::HOST};

/// Runs the program in `folder`, with its state there too and no terminal.
fn run(folder: &tempfile::TempDir, arguments: &[&str]) -> Output {
    let output = command(folder, arguments).output().unwrap();
    documents::check(&[&["labtrust"], arguments].concat(), &String::from_utf8_lossy(&output.stdout));
    output
}

fn command(folder: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labtrust"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).env("LABTRUST_STATE", "state");
    command
}

/// The one document that a run with `--json` wrote.
fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A folder in which a CA was made, and a pair in `pair/`.
fn with_ca(arguments: &[&str]) -> tempfile::TempDir {
    let folder = folder();
    let setup = ["setup", HOST, "--out", "pair", "--no-trust"];
    let made = run(&folder, &[&setup[..], arguments].concat());
    assert_eq!(code(&made), 0, "{made:?}");
    folder
}

#[test]
fn what_is_typed_wrong_is_refused_with_a_line_and_a_hint() {
    let folder = folder();
    let long = "a".repeat(300);
    for host in
        ["user@host", "host:0", "host:70000", "*.example.com", "a..b", "my host", "", "1.2.3.4.5", &long]
    {
        for line in [["trust", host, "--json"], ["setup", host, "--json"]] {
            let output = run(&folder, &line);
            assert_eq!(code(&output), 2, "{line:?} {output:?}");
            let error = &json(&output)["error"];
            assert_eq!(error["code"], "usage");
            assert!(!error["hint"].as_str().unwrap().is_empty(), "{error}");
        }
    }
    let missing = run(&folder, &["import", "--json"]);
    assert_eq!(code(&missing), 2);
    assert!(json(&missing)["error"]["what"].as_str().unwrap().contains("--cert"), "{missing:?}");
    assert_eq!(code(&run(&folder, &["trust", "./x.crt", "--store", "system", "--except", "system"])), 2);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn every_verb_answers_with_one_document() {
    let folder = with_ca(&[]);
    for (line, expected) in [
        (&["status"][..], 1),
        (&["inspect"], 0),
        (&["render", "--as", "shell"], 0),
        (&["render", "--as", "shell", "-o", "rendered", "--dry-run"], 1),
        (&["render", "--as", "shell", "-o", "rendered"], 0),
        (&["render", "--as", "shell", "-o", "rendered", "--dry-run"], 0),
        (&["page", "-o", "site", "--dry-run"], 1),
        (&["page", "-o", "site"], 0),
        (&["page", "-o", "site", "--dry-run"], 0),
        (&["page", "--listen", "127.0.0.1:0", "--dry-run"], 0),
        (&["page"], 2),
        (&["page", "-o", "site", "--listen", "8080"], 2),
        (&["page", "--listen", "nowhere"], 2),
        (&["export"], 0),
        (&["export", "-o", "root.crt", "--dry-run"], 1),
        (&["export", "-o", "root.crt"], 0),
        (&["export", "-o", "root.crt", "--dry-run"], 0),
        (&["export", "--der", "-o", "root.der"], 0),
        (&["inspect", "./root.der"], 0),
        (&["sign", "a.mygitlab.example.com", "--dry-run"], 1),
        (&["sign", "a.mygitlab.example.com"], 0),
        (&["untrust", "--dry-run"], 0),
        (&["untrust", "--all", "--dry-run"], 0),
        (&["man"], 0),
        (&["completions", "bash"], 0),
        (&["setup", HOST, "--out", "pair", "--no-trust", "--dry-run"], 0),
        (&["setup", "--undo", "--dry-run"], 1),
        (&["sign", "other.example.com"], 3),
        (&["setup", "--undo"], 0),
        (&["export"], 3),
    ] {
        let output = run(&folder, &[line, &["--json"]].concat());
        assert_eq!(code(&output), expected, "{line:?} {output:?}");
        assert_eq!(json(&output)["schema"], 2, "{line:?}");
    }
    assert!(!folder.path().join("state").exists());
}

#[test]
fn every_command_has_a_short_help_a_long_one_and_a_manual_page() {
    let folder = folder();
    let pages = run(&folder, &["man", "-o", "man1"]);
    assert_eq!(code(&pages), 0, "{pages:?}");
    let help = |line: &[&str]| String::from_utf8(run(&folder, line).stdout).unwrap();
    for verb in labtrust::cli::command().get_subcommands() {
        let verb = verb.get_name();
        let (short, long) = (help(&[verb, "-h"]), help(&[verb, "--help"]));
        assert!(short.len() < long.len() && !short.contains("Examples:"), "{short}");
        assert!(long.contains("\nExamples:\n") && long.contains("\nExit codes:\n"), "{long}");
        assert_eq!(help(&["help", verb]), long);
        let page = std::fs::read_to_string(folder.path().join(format!("man1/labtrust-{verb}.1"))).unwrap();
        for section in ["NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES", "EXIT STATUS", "FILES", "ENVIRONMENT"] {
            let heading = [format!(".SH {section}\n"), format!(".SH \"{section}\"\n")];
            assert!(heading.iter().any(|heading| page.contains(heading)), "{verb}: no {section}\n{page}");
        }
        assert_eq!(page, help(&["man", verb]));
    }
    assert_eq!(code(&run(&folder, &["man", "-o", "man1", "--dry-run"])), 0);
    for words in [&["man", "nosuch"][..], &["man", "rotate", "nosuch"], &["man", "trust", "start"]] {
        assert_eq!(code(&run(&folder, words)), 2, "{words:?}");
    }
}

#[test]
fn a_manual_page_describes_each_option_of_the_command_and_of_its_steps() {
    let folder = folder();
    let manual = |line: &[&str]| {
        let page = run(&folder, &[&["man"], line].concat());
        assert_eq!(code(&page), 0, "{line:?} {page:?}");
        String::from_utf8(page.stdout).unwrap().replace("\\-", "-").replace("\\*(Aq", "'")
    };
    // The first sentence of a description, without the words that roff marks.
    let described = |page: &str, text: &str| page.contains(&text[..text.find('"').unwrap_or(text.len())]);
    let mut options = 0;
    for command in labtrust::cli::command().get_subcommands() {
        let page = manual(&[command.get_name()]);
        for step in command.get_subcommands() {
            assert!(described(&page, &step.get_about().unwrap().to_string()), "{}: {page}", step.get_name());
            assert_eq!(manual(&[command.get_name(), step.get_name()]), page);
        }
        for of in std::iter::once(command).chain(command.get_subcommands()) {
            for option in of.get_arguments() {
                let (id, help) = (option.get_id(), option.get_help().unwrap().to_string());
                assert!(!help.is_empty() && described(&page, &help), "{} {id}: {page}", of.get_name());
                options += 1;
            }
        }
    }
    assert!(options > 80, "{options}");
    let overview = manual(&[]);
    for command in labtrust::cli::command().get_subcommands() {
        assert!(described(&overview, &command.get_about().unwrap().to_string()), "{overview}");
    }
}

#[test]
fn what_a_dry_run_prints_is_a_command_line_with_one_state_folder() {
    let folder = folder();
    for state in [&["--state", "elsewhere"][..], &["--state=elsewhere"], &[]] {
        let dry =
            run(&folder, &[&["setup", HOST, "--out", "pair", "--no-trust", "--dry-run"], state].concat());
        assert_eq!(code(&dry), 1, "{dry:?}");
        let text = String::from_utf8(dry.stdout).unwrap();
        let words: Vec<&str> = text.lines().last().unwrap().split_whitespace().skip(1).collect();
        assert_eq!(words.iter().filter(|word| word.starts_with("--state")).count(), 1, "{text}");
        assert_eq!(code(&run(&folder, &[&words, &["--dry-run"][..]].concat())), 1, "{text}");
    }
}

#[test]
fn hints_name_only_verbs_that_there_are() {
    let folder = with_ca(&[]);
    let outside = run(&folder, &["sign", "other.example.com"]);
    let text = String::from_utf8(outside.stderr).unwrap();
    assert!(text.contains("rotate start --permit other.example.com"), "{text}");
    let command = labtrust::cli::command();
    let verbs = text.split("labtrust ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    verbs.for_each(|verb| assert!(command.find_subcommand(verb).is_some(), "{verb}: {text}"));
}

#[test]
fn a_second_setup_with_the_same_key_or_company_ca_changes_nothing() {
    let folder = with_ca(&["--no-constraints"]);
    let openssl = "openssl genrsa -out rsa.key 2048 && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt \
        -days 3650 -subj '/O=Company/CN=Company CA' -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign";
    let made = Command::new("sh").args(["-c", openssl]).current_dir(&folder).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    for (name, arguments) in
        [("own", &["--key", "rsa.key"][..]), ("company", &["--ca-cert", "ca.crt", "--ca-key", "ca.key"])]
    {
        let setup = ["setup", HOST, "--out", name, "--no-trust", "--state", name];
        let state = format!("{name}-state");
        let setup = [&setup[..5], &["--state", &state], arguments].concat();
        assert_eq!(code(&run(&folder, &setup)), 0);
        let again = run(&folder, &setup);
        let text = String::from_utf8_lossy(&again.stdout);
        assert!(text.contains("nothing was changed"), "{name}: {again:?}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_a_fault_and_a_closed_pipe_is_none() {
    let folder = with_ca(&[]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&folder, &["export"]).stdout(full).output().unwrap();
    assert_eq!(code(&output), 3, "{output:?}");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&folder, &["export"]).stdout(writer).output().unwrap();
    assert_eq!(code(&output), 0, "{output:?}");
}

#[test]
fn a_store_that_was_named_and_is_not_there_is_no_success() {
    let folder = with_ca(&["--state", "state"]);
    let output = run(&folder, &["trust", "--store", "macos", "--json"]);
    assert_eq!(code(&output), 1, "{output:?}");
    assert_eq!(json(&output)["stores"][0]["state"], "untrusted");
}

#[test]
fn with_sudo_the_callers_ca_signs_and_without_root_its_trust_is_not_denied() {
    let machine = machine!("laptop");
    machine.ensure_user("alice");
    let setup = ["labtrust", "setup", HOST, "--out", "/home/alice/pair", "--no-trust"];
    machine.run_as("alice", setup).succeeded();
    let sudo = "export SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice;";
    machine.sh(&format!("{sudo} labtrust sign a.{HOST} -o /tmp")).succeeded();
    machine.sh(&format!("{sudo} labtrust trust")).succeeded();
    machine.run_as("alice", ["labtrust", "untrust"]).exited(3).says("sudo ").says("untrust");
}

/// The commands of ours in what was said: up to where a sentence goes on.
fn own_commands(output: &Output) -> Vec<String> {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let verbs = ["setup", "import", "request", "sign", "renew", "rotate", "backup", "restore", "doctor"];
    let parts = text.split("labtrust ").skip(1);
    let command = |part: &str| part.split(['\n', ';', ')', ',', '"']).next().unwrap_or_default().to_owned();
    parts.map(command).filter(|one| verbs.iter().any(|verb| one.starts_with(verb))).collect()
}

#[test]
fn each_command_that_is_printed_means_the_state_folder_that_was_given() {
    let folder = folder();
    let state = folder.path().join("a state");
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labtrust"));
        command.args(words).arg("--state").arg("a state").current_dir(&folder).stdin(Stdio::null());
        command.output().unwrap()
    };
    let mut seen = Vec::new();
    for words in [
        &["setup", HOST, "--out", "pair", "--no-trust"][..],
        &["setup", HOST, "--out", "pair", "--no-trust", "--json"],
        &["status"],
        &["status", "--json"],
        &["rotate"],
        &["rotate", "switch"],
        &["rotate", "start"],
        &["rotate", "start"],
        &["rotate"],
        &["rotate", "switch"],
        &["rotate", "--json"],
        &["rotate", "abort"],
        &["sign", "other.example.org", "-o", "signed"],
        &["sign", "--csr", "pair/mygitlab.example.com.crt"],
        &["setup", "other.example.org", "--out", "pair", "--no-trust"],
        &["import", "--cert", "pair/mygitlab.example.com.crt", "--out", "elsewhere"],
        &["request", HOST, "-o", "request.csr"],
        &["backup", "-"],
        &["doctor"],
        &["setup", "--gitlab", "missing"],
        &["setup", "--undo"],
        &["rotate"],
        &["renew"],
        &["sign", "x.example.com", "-o", "signed"],
        &["setup", "--prepare", "prepared"],
    ] {
        let output = run(words);
        for command in own_commands(&output) {
            let ending = format!("--state '{}'", state.display());
            assert!(command.contains(&ending), "{words:?}: {command}");
            seen.push(command.replace(&ending, ""));
        }
    }
    for verb in ["setup", "import", "backup", "rotate", "renew"] {
        assert!(seen.iter().any(|command| command.starts_with(verb)), "{verb}: {seen:#?}");
    }
}

#[test]
fn json_of_setup_has_each_note_that_people_read() {
    let line = ["setup", HOST, "--out", "pair", "--no-trust"];
    let folder = folder();
    let said = String::from_utf8(run(&folder, &line).stdout).unwrap();
    let notes: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("  note      ")).collect();
    let report = json(&run(&folder, &[&line[..], &["--json"]].concat()));
    assert!(!notes.is_empty(), "{said}");
    assert_eq!(report["notes"], serde_json::json!(notes));
}

/// Verbs that look at a state.
const OF_STATES: [&str; 12] = [
    "setup", "import", "request", "sign", "renew", "rotate", "backup", "restore", "trust", "untrust",
    "status", "doctor",
];

/// What says that a command is for another machine, or is no command to be run now.
const ELSEWHERE: [&str; 14] = [
    "on the server",
    "on each node",
    "on that client",
    "on a client",
    "`labtrust ",
    ", there;",
    "has written",
    "does both",
    "labtrust trust {}",
    "labtrust untrust {}",
    "labtrust trust ./labtrust-ca.crt",
    "with labtrust import,",
    "labtrust backup\\n",
    "labtrust doctor HOST:PORT",
];

/// The manual's pages show examples, which mean no state.
#[test]
fn a_command_in_a_text_of_ours_is_marked_as_one() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders =
        vec![root.join("src"), root.join("platform/plan/src"), root.join("platform/machine/src")];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !name.ends_with("tests.rs")
                && !path.ends_with("cli/help.rs")
            {
                check_marks(&path);
            }
        }
    }
}

fn check_marks(path: &std::path::Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("\nmod tests {").next().unwrap();
    let code = text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
    // A text may go on in the next line.
    let code = code.collect::<Vec<_>>().join("\n").replace("\\\n", "");
    for line in code.lines().filter(|line| line.contains('"')) {
        for (at, own) in line.match_indices("labtrust ") {
            let rest = &line[at + own.len()..];
            let verb = rest.split(|one: char| !one.is_ascii_lowercase()).next().unwrap();
            let is_marked = line[..at].ends_with('{');
            let is_elsewhere = ELSEWHERE.iter().any(|text| line.contains(text));
            assert!(is_marked || is_elsewhere || !OF_STATES.contains(&verb), "{}: {line}", path.display());
        }
    }
}

#[test]
fn a_small_stack_ends_no_run() {
    let machine = machine!("server");
    for kilobytes in ["256", "128"] {
        let setup = format!(
            "ulimit -s {kilobytes}; labtrust setup mygitlab.example.com --out /srv/{kilobytes} --no-trust --state /srv/state-{kilobytes}"
        );
        machine.sh(&setup).succeeded();
        machine.sh(&format!("ulimit -s {kilobytes}; labtrust inspect /srv/{kilobytes}/*.crt")).succeeded();
    }
}

#[test]
fn the_version_has_the_commit_and_the_target() {
    let folder = folder();
    let said = run(&folder, &["--version"]);
    let expected =
        format!("labtrust {} (development, {}-", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.starts_with(&expected) && said.ends_with(")\n"), "{said}");
    let help = run(&folder, &["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("labtrust doctor HOST:PORT --evidence FILE"), "{help}");
}

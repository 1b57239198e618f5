//! Every command that a verb prints works when it is pasted, in every state that a server can be in.

mod states;

use std::fmt::Write as _;

use self::states::{CHANGED, FOLDER, GITLAB, ROTATIONS, State, YEARS};
use crate::lab::{Gitlab, Machine, Output};

/// The commands that print others in every state, and change nothing.
const LOOKS: &[&str] =
    &["labtrust status", "labtrust rotate", "labtrust setup --stage --dry-run", "labtrust setup --dry-run"];

/// The commands that leave the server as it is, so that one machine can run several.
const HARMLESS: &[&str] =
    &["labtrust status", "labtrust rotate\n", "labtrust trust", "labtrust backup", "date"];

/// What a command may answer besides success, by how it begins: the printed command itself is right then.
const OTHERWISE: &[(&str, &str)] = &[
    // In the lab no server answers for a certificate and key in a folder.
    ("labtrust trust mygitlab.example.com:4567 ", "nothing listens on this port"),
    // The command of a client, which works again once the server has a certificate that is valid.
    ("labtrust trust mygitlab.example.com:4567 ", "renew the certificate on the server"),
    // It asks a person; without a terminal it names the option that answers.
    ("labtrust rotate switch", "labtrust rotate switch --clients-ready"),
    // It says what is wrong, and the command that comes next.
    ("labtrust status", "warning: "),
    ("labtrust status", "critical: "),
    // The daily run says why it cannot renew the certificate, and what can.
    ("labtrust renew --if-expiring", "hint: "),
    // A certificate that it did not create, or whose CA is lost: a person chooses.
    ("labtrust setup", "hint: choose one:"),
    // Another kind of setup comes after the end of the earlier one.
    ("labtrust setup ", "hint: undo the earlier setup first: labtrust setup --undo"),
    // A CA that is not valid today: the clock comes first.
    ("labtrust setup ", "hint: check this machine's clock"),
    // A company's key is asked for each time.
    ("labtrust setup ", "hint: sign with the key once more: --ca-cert FILE --ca-key FILE"),
    // Where nothing is known, a person says where GitLab is.
    ("labtrust setup", "tell setup where GitLab is"),
    // The command of a client that still trusts the old CA: the server does not.
    ("labtrust untrust ", "labtrust installed no CA here that matches"),
];

impl State {
    fn enter<'m>(&self, machine: &'m Machine) -> (Option<Gitlab<'m>>, Vec<Output>) {
        machine.without_hooks();
        machine.write_with_mode("/root/passphrase", "600", "correct horse\n");
        let gitlab = self.has_gitlab.then(|| Gitlab::start(machine));
        let steps = self.steps.iter().map(|(day, step)| shell(machine, *day, step));
        let outputs: Vec<_> = steps.collect();
        for output in &outputs {
            assert!([0, 4].contains(&output.code()), "{}: {output:?}", self.name);
        }
        (gitlab, outputs)
    }

    /// The blocks of commands that are printed in this state: those of one block are run one after the other.
    fn printed(&self, machine: &Machine, steps: Vec<Output>) -> Vec<Vec<String>> {
        let looks = LOOKS.iter().map(|look| shell(machine, self.day, look));
        let mut blocks: Vec<Vec<String>> = Vec::new();
        for output in steps.into_iter().next_back().into_iter().chain(looks) {
            for block in commands(&output) {
                if !blocks.contains(&block) {
                    blocks.push(block);
                }
            }
        }
        blocks
    }
}

fn shell(machine: &Machine, day: i32, line: &str) -> Output {
    machine.command(["sh", "-c", line]).at(day).run()
}

/// The commands in what was printed: lines that are set in, in a row; and each command at the end of a line, or in
/// brackets in a hint, which is one of several choices.
fn commands(output: &Output) -> Vec<Vec<String>> {
    let is_command = |line: &str| {
        ["labtrust ", "gitlab-ctl ", "docker ", "systemctl ", "timedatectl", "date", "sudo "]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let mut blocks = vec![Vec::new()];
    let mut choices = Vec::new();
    for line in output.stdout.lines().chain([""]).chain(output.stderr.lines()) {
        let (hint, inner) = (line.strip_prefix("hint: "), line.strip_prefix("  ").map(str::trim));
        if let Some(command) = inner.filter(|inner| is_command(inner)) {
            blocks.last_mut().unwrap().push(command.to_owned());
            continue;
        }
        blocks.push(Vec::new());
        let Some(text) = hint.or(inner) else { continue };
        let brackets = text.split('(').skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
        let last = text.rsplit_once(": ").map(|(_, last)| last.trim());
        choices
            .extend(brackets.chain(last).filter(|text| is_command(text)).map(|text| vec![text.to_owned()]));
    }
    blocks.extend(choices);
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// The command with what its reader fills in; none if only another machine could.
fn filled(command: &str) -> Option<String> {
    let filled = command
        .replace("backup FILE", "backup /root/backup.age --passphrase-file /root/passphrase")
        .replace("restore FILE", "restore /root/b.age --passphrase-file /root/passphrase")
        .replace("--ca-cert FILE --ca-key FILE", "--ca-cert /root/next.crt --ca-key /root/next.key")
        .replace("setup HOST", "setup mygitlab.example.com")
        .replace("--prepare DIR", "--prepare /srv/gitlab")
        .replace("--out DIR", "--out /srv/pair")
        .replace("--reload CMD", "--reload true");
    (!["HOST", "SHA256", "FILE", "DIR"].iter().any(|word| filled.contains(word))).then_some(filled)
}

fn is_answered(command: &str, output: &Output) -> bool {
    let text = format!("{}{}", output.stdout, output.stderr);
    [0, 4].contains(&output.code())
        || OTHERWISE.iter().any(|(start, says)| command.starts_with(start) && text.contains(says))
}

/// Pastes what is printed in each of `states`: each block on a machine of its own, except those that are harmless.
fn paste(states: &[State]) {
    let mut tally = Tally::default();
    for state in states {
        let mut index = 0;
        loop {
            let machine = machine!("gitlab");
            let (_gitlab, steps) = state.enter(&machine);
            // Another machine has another CA, so the commands are those of this one.
            let (harmless, others): (Vec<_>, Vec<_>) = state
                .printed(&machine, steps)
                .into_iter()
                .partition(|block| block.iter().all(|command| is_harmless(command)));
            if index == 0 {
                for block in &harmless {
                    tally.run(state, &machine, block);
                }
            }
            let Some(block) = others.get(index) else { break };
            index += 1;
            tally.run(state, &machine, block);
        }
    }
    let Tally { pasted, left, failed } = tally;
    assert!(pasted >= states.len(), "only {pasted} commands were found");
    println!("{pasted} commands pasted in {} states; {left} name what only their reader knows", states.len());
    assert!(failed.is_empty(), "{failed}");
}

fn is_harmless(command: &str) -> bool {
    HARMLESS.iter().any(|start| format!("{command}\n").starts_with(start))
}

/// The commands that were pasted, those that only their reader can complete, and the failures.
#[derive(Default)]
struct Tally {
    pasted: usize,
    left: usize,
    failed: String,
}

impl Tally {
    fn run(&mut self, state: &State, machine: &Machine, block: &[String]) {
        for command in block {
            let Some(command) = filled(command) else {
                self.left += 1;
                continue;
            };
            self.pasted += 1;
            let output = shell(machine, state.day, &command);
            if !is_answered(&command, &output) {
                let _ = writeln!(self.failed, "{}: {command}: {output:?}", state.name);
            }
        }
    }
}

#[test]
fn printed_commands_work_beside_a_folder() {
    paste(FOLDER);
}

#[test]
fn printed_commands_work_years_later() {
    paste(YEARS);
}

#[test]
fn printed_commands_work_during_a_rotation() {
    paste(ROTATIONS);
}

#[test]
fn printed_commands_work_beside_a_gitlab() {
    paste(GITLAB);
}

#[test]
fn printed_commands_work_beside_a_gitlab_that_was_changed() {
    paste(CHANGED);
}

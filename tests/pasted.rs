//! Every command that a verb prints works when it is pasted, in every state that a server can be in.

use std::fmt::Write as _;

use crate::lab::{Gitlab, Machine, Output};

/// A way into a state, each step at so many days from now.
struct State {
    name: &'static str,
    /// Whether a GitLab runs there; else setup writes into a folder.
    has_gitlab: bool,
    steps: &'static [(i32, &'static str)],
    /// The days at which somebody looks and pastes.
    day: i32,
}

const SETUP: &str = "labtrust setup mygitlab.example.com --out /etc/proxy";

/// A certificate and key in a folder.
const FOLDER: &[State] = &[
    State { name: "nothing was done yet", has_gitlab: false, steps: &[], day: 0 },
    State { name: "set up", has_gitlab: false, steps: &[(0, SETUP)], day: 0 },
    State {
        name: "set up, without trust here",
        has_gitlab: false,
        steps: &[(0, "labtrust setup mygitlab.example.com --out /etc/proxy --no-trust")],
        day: 0,
    },
    State { name: "undone", has_gitlab: false, steps: &[(0, SETUP), (0, "labtrust setup --undo")], day: 0 },
    State {
        name: "set up again",
        has_gitlab: false,
        steps: &[(0, SETUP), (0, "labtrust setup --undo"), (0, SETUP)],
        day: 0,
    },
    State {
        name: "staged",
        has_gitlab: false,
        steps: &[(0, "labtrust setup mygitlab.example.com --out /etc/proxy --stage")],
        day: 0,
    },
    State {
        name: "untrusted here",
        has_gitlab: false,
        steps: &[(0, SETUP), (0, "labtrust untrust")],
        day: 0,
    },
    State {
        name: "self-signed",
        has_gitlab: false,
        steps: &[(0, "labtrust setup mygitlab.example.com --out /etc/proxy --self-signed")],
        day: 0,
    },
    State {
        name: "restored",
        has_gitlab: false,
        steps: &[
            (0, SETUP),
            (0, "labtrust backup /root/b.age --passphrase-file /root/passphrase"),
            (0, "labtrust setup --undo"),
            (0, "labtrust restore /root/b.age --passphrase-file /root/passphrase --yes"),
        ],
        day: 0,
    },
    State {
        name: "requested",
        has_gitlab: false,
        steps: &[(0, "labtrust request mygitlab.example.com --out /etc/proxy")],
        day: 0,
    },
];

/// Years later, and clocks that were wrong.
const YEARS: &[State] = &[
    State {
        name: "a company's CA ends soon",
        has_gitlab: false,
        steps: &[
            (
                0,
                "cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -days 80 \
                 -out ca.crt -subj /CN=company -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
            ),
            (
                0,
                "labtrust setup mygitlab.example.com --out /etc/proxy --ca-cert /root/ca.crt --ca-key /root/ca.key --no-trust --yes",
            ),
        ],
        day: 1,
    },
    State { name: "renewal missed", has_gitlab: false, steps: &[(0, SETUP)], day: 300 },
    State { name: "certificate ended", has_gitlab: false, steps: &[(0, SETUP)], day: 398 },
    State {
        name: "self-signed certificate ended",
        has_gitlab: false,
        steps: &[(0, "labtrust setup mygitlab.example.com --out /etc/proxy --self-signed")],
        day: 398,
    },
    State {
        name: "CA ends soon",
        has_gitlab: false,
        steps: &[(0, SETUP), (3540, "labtrust renew --days 90")],
        day: 3570,
    },
    State { name: "CA ended", has_gitlab: false, steps: &[(0, SETUP)], day: 3700 },
    State { name: "the clock was ahead", has_gitlab: false, steps: &[(30, SETUP)], day: 0 },
];

/// The steps of a rotation.
const ROTATIONS: &[State] = &[
    State { name: "started", has_gitlab: false, steps: &[(0, SETUP), (0, "labtrust rotate start")], day: 0 },
    State {
        name: "switched",
        has_gitlab: false,
        steps: &[(0, SETUP), (0, "labtrust rotate start"), (0, "labtrust rotate switch --clients-ready")],
        day: 0,
    },
    State {
        name: "retired",
        has_gitlab: false,
        steps: &[
            (0, SETUP),
            (0, "labtrust rotate start"),
            (0, "labtrust rotate switch --clients-ready"),
            (0, "labtrust rotate retire"),
        ],
        day: 0,
    },
    State {
        name: "start given up",
        has_gitlab: false,
        steps: &[(0, SETUP), (0, "labtrust rotate start"), (0, "labtrust rotate abort")],
        day: 0,
    },
    State {
        name: "switch given up",
        has_gitlab: false,
        steps: &[
            (0, SETUP),
            (0, "labtrust rotate start"),
            (0, "labtrust rotate switch --clients-ready"),
            (0, "labtrust rotate abort"),
        ],
        day: 0,
    },
];

/// A GitLab on this machine.
const GITLAB: &[State] = &[
    State { name: "found", has_gitlab: true, steps: &[], day: 0 },
    State { name: "set up", has_gitlab: true, steps: &[(0, "labtrust setup")], day: 0 },
    State { name: "staged", has_gitlab: true, steps: &[(0, "labtrust setup --stage")], day: 0 },
    State {
        name: "renamed",
        has_gitlab: true,
        steps: &[
            (0, "labtrust setup"),
            (0, "sed -i 's#//mygitlab#//other.mygitlab#' /etc/gitlab/gitlab.rb"),
            (0, "gitlab-ctl reconfigure"),
        ],
        day: 0,
    },
    State { name: "certificate ended", has_gitlab: true, steps: &[(0, "labtrust setup")], day: 398 },
    State { name: "CA ended", has_gitlab: true, steps: &[(0, "labtrust setup")], day: 3700 },
    State {
        name: "undone",
        has_gitlab: true,
        steps: &[(0, "labtrust setup"), (0, "labtrust setup --undo")],
        day: 0,
    },
    State {
        name: "rotation started",
        has_gitlab: true,
        steps: &[(0, "labtrust setup"), (0, "labtrust rotate start")],
        day: 0,
    },
];

/// The commands that print others in every state, and change nothing.
const LOOKS: &[&str] = &["labtrust status", "labtrust rotate", "labtrust setup --stage --dry-run"];

/// What a command may answer besides success, by how it begins: the printed command itself is right then.
const OTHERWISE: &[(&str, &str)] = &[
    // In the lab no server answers for a certificate and key in a folder.
    ("labtrust trust mygitlab.example.com:4567 ", "nothing listens on this port"),
    // The command of a client, which works again once the server has a certificate that is valid.
    ("labtrust trust mygitlab.example.com:4567 ", "renew the certificate on the server"),
    // It asks a person; without a terminal it names the option that answers.
    ("labtrust rotate switch", "labtrust rotate switch --clients-ready"),
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

/// The commands in what was printed: lines that are set in, and the ends of hints.
fn commands(output: &Output) -> Vec<Vec<String>> {
    let is_command = |line: &str| {
        ["labtrust ", "gitlab-ctl ", "docker ", "systemctl ", "timedatectl", "date", "sudo "]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let mut blocks = vec![Vec::new()];
    for line in output.stdout.lines().chain([""]).chain(output.stderr.lines()) {
        let hint = line.strip_prefix("hint: ").and_then(|hint| Some(hint.rsplit_once(": ")?.1));
        match hint.or_else(|| line.strip_prefix("  ")).map(str::trim).filter(|line| is_command(line)) {
            Some(command) => blocks.last_mut().unwrap().push(command.to_owned()),
            None => blocks.push(Vec::new()),
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// The command with what its reader fills in; none if only another machine could.
fn filled(command: &str) -> Option<String> {
    let filled = command
        .replace("backup FILE", "backup /root/backup.age --passphrase-file /root/passphrase")
        .replace("setup HOST", "setup mygitlab.example.com");
    (!["HOST", "SHA256", "FILE"].iter().any(|word| filled.contains(word))).then_some(filled)
}

fn is_answered(command: &str, output: &Output) -> bool {
    let text = format!("{}{}", output.stdout, output.stderr);
    [0, 4].contains(&output.code())
        || OTHERWISE.iter().any(|(start, says)| command.starts_with(start) && text.contains(says))
}

/// Pastes what is printed in each of `states`: each block on a machine of its own.
fn paste(states: &[State]) {
    let (mut pasted, mut left, mut failed) = (0, 0, String::new());
    for state in states {
        let mut index = 0;
        loop {
            let machine = machine!("gitlab");
            let (_gitlab, steps) = state.enter(&machine);
            // Another machine has another CA, so the commands are those of this one.
            let blocks = state.printed(&machine, steps);
            let Some(block) = blocks.get(index) else { break };
            index += 1;
            for command in block {
                let Some(command) = filled(command) else {
                    left += 1;
                    continue;
                };
                pasted += 1;
                let output = shell(&machine, state.day, &command);
                if !is_answered(&command, &output) {
                    let _ = writeln!(failed, "{}: {command}: {output:?}", state.name);
                }
            }
        }
    }
    assert!(pasted >= states.len(), "only {pasted} commands were found");
    println!("{pasted} commands pasted in {} states; {left} name what only their reader knows", states.len());
    assert!(failed.is_empty(), "{failed}");
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

//! What it prints to be pasted works when pasted: from a folder with a space in its name, and through sudo, which searches
//! folders of its own.

use super::{SHELLS, TEMPLATE, is_unchanged, stand_in, with_stand_in};
use crate::lab::{Machine, Output};

/// sudo as on Red Hat's systems: it does not search /usr/local/bin.
pub(crate) fn with_sudo(machine: &Machine) {
    machine.ensure_user("alice");
    let rules = "Defaults secure_path=\"/sbin:/bin:/usr/sbin:/usr/bin\"\nalice ALL=(ALL) NOPASSWD: ALL\n";
    machine.write_with_mode("/etc/sudoers.d/alice", "440", rules);
    machine.run_as("alice", ["sudo", "-n", "sh", "-c", "command -v labtrust"]).exited(127);
}

/// The lines of `said` that are to be pasted.
fn lines(said: &Output) -> Vec<&str> {
    said.stdout.lines().filter_map(|line| line.strip_prefix("  ")).collect()
}

/// The command in the last hint of `said`, without the alternative in parentheses.
fn hint(said: &Output) -> &str {
    let hint = said.stderr.lines().last().unwrap().strip_prefix("hint: ").unwrap();
    hint.split_once(": ").unwrap().1.split(" (or").next().unwrap()
}

#[test]
fn the_next_command_is_found_through_sudo() {
    let machine = machine!("client");
    with_stand_in(&machine);
    machine.sh("cp -r /srv/dist '/srv/my dist'").succeeded();
    with_sudo(&machine);
    for (install, program) in [
        ("sudo -n sh '/srv/my dist/install.sh'", "/usr/local/bin/labtrust"),
        ("sh '/srv/my dist/install.sh'", "/home/alice/.local/bin/labtrust"),
        ("sh '/srv/my dist/install.sh' --to \"$HOME/it's \\$5\"", "'/home/alice/it'\\''s $5/labtrust'"),
    ] {
        let said = machine.run_as("alice", ["sh", "-c", install]).succeeded();
        let pasted = lines(&said);
        assert!(pasted.contains(&&*format!("sudo {program} setup HOST")), "{said}");
        let is_sudo = install.starts_with("sudo");
        assert_eq!(!is_sudo, said.stdout.contains("is not in PATH"), "{said}");
        for line in &pasted {
            machine.run_as("alice", ["sh", "-c", &line.replace("sudo ", "sudo -n ")]).succeeded();
        }
        let export = pasted.iter().find(|line| line.starts_with("export"));
        let found = format!("{}; command -v labtrust", export.unwrap_or(&"PATH=/usr/bin:/usr/local/bin"));
        let found = machine.run_as("alice", ["sh", "-c", &found]).succeeded().stdout;
        assert_eq!(found.trim_end(), program.trim_matches('\'').replace("'\\''", "'"));
        machine.run_as("alice", ["sh", "-c", &format!("{install} --uninstall")]).succeeded();
    }
}

#[test]
fn hints_work_where_a_name_has_a_space() {
    let machine = machine!("client");
    with_stand_in(&machine);
    with_sudo(&machine);
    machine.sh("mv /srv/dist \"/srv/it's my dist\"; mkdir -p '/srv/my bin'").succeeded();
    stand_in(&machine, super::VERSION, "/srv/dist");
    let before = machine.manifest();
    let fails = |shell: &str, options: &str| {
        let line = format!("{shell} \"/srv/it's my dist/install.sh\" --to '/srv/my bin' {options}");
        machine.sh(&line)
    };
    for shell in SHELLS {
        let help = fails(shell, "--what").exited(2);
        machine.sh(hint(&help)).succeeded().says("usage: sh install.sh");
        machine.sh("mkdir '/srv/my bin/.labtrust-install'").succeeded();
        machine.sh(hint(&fails(shell, "").exited(1).says("another install.sh"))).succeeded();
        machine.sh("echo mine >'/srv/my bin/labtrust'").succeeded();
        let refused = fails(shell, "").exited(1).says("did not install it");
        machine.sh(hint(&refused)).succeeded().says("is installed: /srv/my bin/labtrust");
        fails(shell, "--uninstall").succeeded();
        is_unchanged(&machine, &before, shell);
    }
    // Through sudo, what it prints names sudo.
    let line = "sudo -n sh \"/srv/it's my dist/install.sh\" --what";
    let said = machine.run_as("alice", ["sh", "-c", line]).exited(2);
    assert_eq!(hint(&said), "sudo sh '/srv/it'\\''s my dist/install.sh' --help");
    assert!(!TEMPLATE.contains("-r $bin"));
}

/// Says its version, and ends the dry run of each command that undoes with the code that /tmp holds for it.
const UNDOES: &str = "#!/bin/sh
case $1 in
--version) echo 'labtrust VERSION (abc1234, x86_64-unknown-linux-musl)' ;;
*) exit $(cat /tmp/code-$1 2>/dev/null || echo 0) ;;
esac
";

#[test]
fn it_removes_the_program_only_if_each_command_has_nothing_to_undo() {
    let machine = machine!("client");
    with_stand_in(&machine);
    machine.write_with_mode("/root/undoes", "755", UNDOES.replace("VERSION", super::VERSION));
    super::release(&machine, "/root/undoes", super::VERSION, "/srv/dist");
    let before = machine.manifest();
    for command in ["untrust --all", "setup --undo", "doctor --undo"] {
        for (code, message) in [
            ("1", "labtrust still has changes on this machine"),
            ("3", "labtrust cannot tell whether it has changes on this machine (exit code 3)"),
        ] {
            machine.sh("sh /srv/dist/install.sh --to '/srv/my bin'").succeeded();
            let verb = command.split(' ').next().unwrap();
            machine.write(&format!("/tmp/code-{verb}"), code);
            let said = machine.sh("sh /srv/dist/install.sh --to '/srv/my bin' --uninstall").exited(1);
            let dry = if code == "1" { "" } else { " --dry-run" };
            assert_eq!(hint(&said), format!("'/srv/my bin/labtrust' {command}{dry}"));
            // The other way of the hint.
            let keep = said.says(message).stderr;
            let keep = keep.split("keep them: ").nth(1).unwrap().trim_end().trim_end_matches(')');
            machine.sh(keep).succeeded().says("is removed from /srv/my bin");
            machine.sh(&format!("rm /tmp/code-{verb}")).succeeded();
            is_unchanged(&machine, &before, command);
        }
    }
}

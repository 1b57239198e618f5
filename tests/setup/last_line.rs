//! The last line of the output is the next command, and it works when pasted.

use crate::lab::{Gitlab, HOST, Machine, Output, Pair, Validity};

/// The last line of the output.
fn last(output: &Output) -> String {
    let mut lines = output.stdout.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    lines.next().unwrap_or_else(|| panic!("nothing was said: {output}")).to_owned()
}

/// Runs `line`, which exits with `code`, and then its last line, which must be `next` and succeed.
fn follow(machine: &Machine, line: &str, code: i32, next: &str) {
    let output = machine.sh(&format!("cd /root; {line}")).exited(code);
    assert_eq!(last(&output), next, "{output}");
    machine.sh(&format!("cd /root; {next}")).succeeded();
}

#[test]
fn a_dry_run_ends_with_the_command_that_does_it() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    let setup = "labtrust setup --no-trust --permit 'example.org'";
    for (line, next) in [
        (setup, "labtrust setup --no-trust --permit example.org"),
        ("labtrust renew", "labtrust renew"),
        ("labtrust rotate start", "labtrust rotate start"),
        ("labtrust rotate switch --clients-ready", "labtrust rotate switch --clients-ready"),
        ("labtrust rotate abort", "labtrust rotate abort"),
        ("labtrust rotate switch --clients-ready", "labtrust rotate switch --clients-ready"),
        ("labtrust rotate retire", "labtrust rotate retire"),
        ("labtrust setup --undo", "labtrust setup --undo"),
    ] {
        follow(&machine, &format!("{line} --dry-run"), 1, next);
    }
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/pair.pem", format!("{}{}", pair.chain(), pair.key));
    let import = "labtrust import --cert pair.pem --no-trust";
    follow(&machine, &format!("{import} --dry-run"), 1, import);
    let done = machine.sh(&format!("cd /root; {import} --dry-run")).succeeded();
    assert!(!done.stdout.contains("To do this"), "{done}");
}

#[test]
fn a_stopped_gitlab_is_brought_up_by_the_last_line() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.configure(&format!("external_url 'http://{HOST}'\n"));
    let stop = || machine.run(["gitlab-ctl", "stop"]).succeeded();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/pair.pem", format!("{}{}", pair.chain(), pair.key));
    stop();
    follow(&machine, "labtrust setup", 4, "gitlab-ctl reconfigure");
    // The next run records that GitLab was reconfigured.
    machine.run(["labtrust", "setup"]).succeeded();
    for (line, next) in [
        ("labtrust renew", "gitlab-ctl start"),
        ("labtrust rotate start", "gitlab-ctl start"),
        ("labtrust rotate switch --clients-ready", "gitlab-ctl start"),
        ("labtrust rotate retire && labtrust setup --undo", "gitlab-ctl reconfigure"),
        ("labtrust import --cert pair.pem --no-trust", "gitlab-ctl reconfigure"),
    ] {
        stop();
        follow(&machine, line, 4, next);
    }
    gitlab.wait_served(&pair.leaf);
}

#[test]
fn an_import_of_a_root_that_signs_any_name_names_the_line_that_trusts_it() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/pair.pem", format!("{}{}", pair.chain(), pair.key));
    let made = machine.run(["labtrust", "import", "--cert", "/root/pair.pem"]).succeeded();
    let note =
        made.stdout.lines().find(|line| line.contains("to add it: ")).unwrap_or_else(|| panic!("{made}"));
    machine.sh(note.split("to add it: ").nth(1).unwrap()).succeeded();
    machine.run(["labtrust", "status"]).succeeded().says("trusted");
}

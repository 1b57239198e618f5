//! Programs with a list of CAs of their own, and glab: what makes them read the CA, and what hides it. The programs themselves are
//! the judges.

use super::programs::{BUNDLE, serving, with, write_as_alice};
use crate::lab::{HOST, Pair, Program, Validity, are_programs_here, skip};

/// The line in alice's profile (`BUNDLE` is a bundle and `FOLDER` a folder without the CA), the program, whether it trusts the
/// server, and the setting that is then named.
type Row = (&'static str, Program, bool, &'static str);

const ROWS: &[Row] = &[
    ("", Program::UV, false, ""),
    ("export UV_SYSTEM_CERTS=1", Program::UV, true, ""),
    // Such a variable counts alone, also for a uv that is told to read the system store.
    ("export UV_SYSTEM_CERTS=1 SSL_CERT_FILE=BUNDLE", Program::UV, false, "SSL_CERT_FILE"),
    ("export UV_SYSTEM_CERTS=1 SSL_CERT_DIR=FOLDER", Program::UV, false, "SSL_CERT_DIR"),
    ("export UV_SYSTEM_CERTS=1 REQUESTS_CA_BUNDLE=BUNDLE", Program::UV, true, ""),
    ("", Program::REQUESTS, false, ""),
    ("export REQUESTS_CA_BUNDLE=BUNDLE", Program::REQUESTS, false, "REQUESTS_CA_BUNDLE"),
    ("export CURL_CA_BUNDLE=BUNDLE", Program::REQUESTS, false, "CURL_CA_BUNDLE"),
    ("", Program::HTTPX, false, ""),
    ("export PIP_CERT=BUNDLE", Program::PIP, true, ""),
    ("export REQUESTS_CA_BUNDLE=BUNDLE", Program::PIP, true, ""),
    ("export SSL_CERT_FILE=BUNDLE", Program::GLAB, true, ""),
    ("export SSL_CERT_DIR=FOLDER", Program::GLAB, true, ""),
];

#[test]
fn what_hides_the_ca_from_programs_with_lists_of_their_own_is_named() {
    if !are_programs_here() {
        return skip("scripts/install-programs has not run");
    }
    let machine = machine!("own-lists");
    let (pair, trust) = serving(&machine);
    let other = Pair::made(&machine, &[HOST], Validity::Current).root;
    // Debian's requests, which reads the system store, is another program.
    machine.sh("rm -rf /usr/lib/python3/dist-packages/requests").succeeded();
    write_as_alice(&machine, "/home/alice/.local/bin/uv", "");
    for program in [Program::UV, Program::REQUESTS, Program::HTTPX, Program::PIP, Program::GLAB] {
        assert!(!program.trusts(&machine, "alice"), "{program:?}");
    }
    machine.run(with(&trust, &["--store", "system"])).succeeded();
    let sudo = "export SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice;";
    let trust = with(&trust, &["--store", "system", "--store", "settings", "-v"]);
    let trust = format!("{sudo} {}", trust.join(" "));
    let folder = format!("{BUNDLE}.d");
    for (line, program, trusts, named) in ROWS {
        let line = line
            .replace("BUNDLE", BUNDLE)
            .replace("FOLDER", &folder)
            .replace(&format!("_CA_{BUNDLE}"), "_CA_BUNDLE");
        write_as_alice(&machine, "/home/alice/.profile", &format!("{line}\n"));
        write_as_alice(&machine, BUNDLE, &other);
        write_as_alice(&machine, &format!("{folder}/0.crt"), &other);
        let output = program.run(&machine, "alice");
        assert_eq!(program.trusts(&machine, "alice"), *trusts, "{program:?} {line}: {output:?}");
        let place = format!("{named} in /home/alice/.profile, line 1");
        let told = machine.sh(&trust).succeeded();
        if named.is_empty() {
            continue;
        }
        told.says(&place);
        // The same with the CA in it.
        let both = format!("{other}{}", pair.root);
        write_as_alice(&machine, BUNDLE, &both);
        write_as_alice(&machine, &format!("{folder}/0.crt"), &both);
        assert!(program.trusts(&machine, "alice"), "{program:?} {line}");
        let told = machine.sh(&trust).succeeded().says(&place).stdout;
        assert!(!told.contains("append the CA"), "{told}");
    }
}

#[test]
fn glab_reads_the_file_of_the_printed_commands_and_a_check_that_is_off_is_named() {
    if !are_programs_here() {
        return skip("scripts/install-programs has not run");
    }
    let machine = machine!("glab");
    let (_, trust) = serving(&machine);
    let trust = with(&trust, &["--store", "settings"]);
    machine.run_as("alice", trust.clone()).succeeded().says("no setting of another program hides the CA");
    let config = "/home/alice/.config/glab-cli/config.yml";
    write_as_alice(&machine, config, "# hers\nhosts:\n    gitlab.com:\n        token: secret\n");
    machine.sh(&format!("chmod 600 {config}")).succeeded();
    assert!(!Program::GLAB.trusts(&machine, "alice"));
    let output = machine.run_as("alice", trust.clone());
    let lines = output.stdout.lines().map(str::trim).skip_while(|line| !line.starts_with("mkdir -p"));
    let commands: Vec<&str> = lines.take(3).collect();
    assert!(commands[2].starts_with("glab config set ca_cert"), "{output:?}");
    let path = "PATH=/var/cache/labtrust-programs/venv/bin:$PATH";
    machine.run_as("alice", ["sh", "-c", &format!("{path}; {}", commands.join("; "))]).succeeded();
    assert!(machine.read(config).starts_with("# hers"));
    assert!(Program::GLAB.trusts(&machine, "alice"), "{:?}", Program::GLAB.run(&machine, "alice"));
    let again = machine.run_as("alice", with(&trust, &["-v"])).succeeded();
    assert!(!again.stdout.contains("glab config set"), "{again:?}");

    let set = format!("{path}; glab config set skip_tls_verify true --host {HOST}");
    machine.run_as("alice", ["sh", "-c", &set]).succeeded();
    machine
        .run_as("alice", trust)
        .says("skip_tls_verify in ")
        .says("turns the check of certificates off in glab");
}

//! Programs with trust of their own: those that labtrust serves, and the settings of others that hide the CA. The programs
//! themselves are the judges.

use super::fingerprint;
use crate::lab::{
    Gitlab, HOST, Machine, Pair, Program, REGISTRY, Validity, are_programs_here, install_cargo, skip,
};

pub(super) const BUNDLE: &str = "/home/alice/corporate.pem";

/// A GitLab, its CA, and the line that trusts it.
pub(super) fn serving(machine: &Machine) -> (Pair, Vec<String>) {
    machine.without_docker();
    machine.without_hooks();
    machine.ensure_user("alice");
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    Gitlab::start(machine).serve(&pair);
    let line = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint(machine, &pair.root)];
    (pair, line.map(str::to_owned).to_vec())
}

pub(super) fn with(line: &[String], more: &[&str]) -> Vec<String> {
    line.iter().cloned().chain(more.iter().map(|word| (*word).to_owned())).collect()
}

pub(super) fn write_as_alice(machine: &Machine, path: &str, text: &str) {
    machine.write(path, text);
    let owned = "find /home/alice -user root -exec chown -h alice: {} +";
    machine.sh(owned).succeeded();
}

#[test]
fn pnpm_and_yarn_of_a_user_trust_the_ca_and_no_more_after_untrust() {
    if !are_programs_here() {
        return skip("scripts/install-programs has not run");
    }
    let machine = machine!("programs");
    let (_, trust) = serving(&machine);
    let npmrc = "; her settings\n//registry.example.com/:_authToken=secret\nfund=false";
    write_as_alice(&machine, "/home/alice/.npmrc", npmrc);
    machine.sh("chmod 600 /home/alice/.npmrc").succeeded();
    write_as_alice(&machine, "/home/alice/.yarnrc.yml", "# hers\nenableGlobalCache: false\n");
    machine.run_as("alice", ["mkdir", "-p", "/home/alice/.local/share/pnpm"]).succeeded();
    let programs = [Program::PNPM, Program::PNPM_NOW, Program::YARN];
    let all = |trusted: bool| {
        for program in programs {
            assert_eq!(program.trusts(&machine, "alice"), trusted, "{program:?}");
        }
    };
    all(false);
    // What the programs left behind is theirs.
    let before = machine.manifest();
    let stores = ["--store", "pnpm", "--store", "yarn"];
    machine
        .run_as("alice", with(&trust, &stores))
        .succeeded()
        .says("✓  pnpm  trusted")
        .says("✓  yarn  trusted");
    let changed = machine.changes_since(&before);
    assert!(changed.iter().all(|line| line.contains("/home/alice")), "{changed:?}");
    assert!(machine.read("/home/alice/.npmrc").starts_with(npmrc));
    assert_eq!(machine.sh("stat -c '%U %a' /home/alice/.npmrc").stdout, "alice 600\n");
    let trusted = machine.manifest();
    machine.run_as("alice", with(&trust, &stores)).succeeded();
    assert_eq!(machine.changes_since(&trusted), [""; 0]);
    machine.run_as("alice", ["labtrust", "untrust"]);
    assert_eq!(machine.changes_since(&before), [""; 0]);

    machine.run_as("alice", with(&trust, &stores)).succeeded();
    all(true);
    machine.run_as("alice", ["labtrust", "untrust"]);
    all(false);
}

#[test]
fn settings_that_yarn_has_already_are_not_hidden_by_others() {
    if !are_programs_here() {
        return skip("scripts/install-programs has not run");
    }
    let machine = machine!("yarn");
    let (_, trust) = serving(&machine);
    let settings = "networkSettings:\n  \"*.example.org\":\n    enableNetwork: true\n";
    let path = "/home/alice/.yarnrc.yml";
    write_as_alice(&machine, path, settings);
    let trust = with(&trust, &["--store", "yarn"]);
    let output =
        machine.run_as("alice", trust.clone()).exited(3).says("has `networkSettings` without a file");
    assert_eq!(machine.read(path), settings);
    // The lines that it prints, below the one key.
    let lines: Vec<&str> =
        output.stdout.lines().skip_while(|line| !line.contains("networkSettings:")).skip(1).take(2).collect();
    let [host, file] = lines[..] else { panic!("{output:?}") };
    write_as_alice(&machine, path, &format!("{settings}  {}\n    {}\n", host.trim(), file.trim()));
    machine.run_as("alice", trust).succeeded();
    assert!(Program::YARN.trusts(&machine, "alice"));
}

#[test]
fn a_setting_that_names_the_systems_bundle_waits_for_nothing_in_a_run_that_makes_it() {
    let machine = machine!("roots-yarn");
    let (_, trust) = serving(&machine);
    let settings =
        format!("networkSettings:\n  \"{HOST}\":\n    httpsCaFilePath: /etc/ssl/certs/ca-certificates.crt\n");
    machine.write("/root/.yarnrc.yml", settings);
    let yarn = machine.run(with(&trust, &["--store", "yarn"])).exited(3);
    yarn.says("names /etc/ssl/certs/ca-certificates.crt").says("let root trust the CA in the system store");
    let both = machine.run(with(&trust, &["--store", "yarn", "--store", "system"])).succeeded();
    both.says("✓  yarn").says("✓  system");
    machine.run(["labtrust", "status"]).succeeded();
}

/// A setting: its file, its line, the program, and whether it hides the CA.
type Row = (&'static str, &'static str, Program, bool);

const ROWS: &[Row] = &[
    (".profile", "export GIT_SSL_CAINFO=", Program::GIT, false),
    (".profile", "export GIT_SSL_CAPATH=", Program::GIT, true),
    (".gitconfig", "[http]\n\tsslCAInfo = ", Program::GIT, false),
    (".gitconfig", "[http \"https://mygitlab.example.com/\"]\n\tsslCAInfo = ", Program::GIT, false),
    (".gitconfig", "[http]\n\tsslCAPath = ", Program::GIT, true),
    (".profile", "export SSL_CERT_FILE=", Program::CURL, false),
    (".profile", "export SSL_CERT_FILE=", Program::PYTHON, false),
    (".profile", "export SSL_CERT_FILE=", Program::CARGO, false),
    (".profile", "export CURL_CA_BUNDLE=", Program::CURL, false),
    (".profile", "export CARGO_HTTP_CAINFO=", Program::CARGO, false),
    (".curlrc", "cacert ", Program::CURL, false),
    (".cargo/config.toml", "[http]\ncainfo = ", Program::CARGO, false),
    (".wgetrc", "ca_certificate = ", Program::WGET, false),
    (".profile", "export SSL_CERT_FILE=", Program::WGET, false),
    (".profile", "export SSL_CERT_DIR=", Program::CURL, false),
    (".profile", "export SSL_CERT_DIR=", Program::CARGO, false),
    (".wgetrc", "ca_directory = ", Program::WGET, true),
];

#[test]
fn a_setting_that_hides_the_ca_from_a_program_is_named_and_no_other() {
    if !are_programs_here() {
        return skip("scripts/install-programs has not run");
    }
    let machine = machine!("settings");
    let (pair, trust) = serving(&machine);
    // Debian's requests is another program, for which CURL_CA_BUNDLE counts too.
    machine.sh("rm -rf /usr/lib/python3/dist-packages/requests").succeeded();
    install_cargo(&machine);
    let other = Pair::made(&machine, &[HOST], Validity::Current).root;
    for program in [Program::CURL, Program::WGET, Program::GIT, Program::PYTHON, Program::PIP, Program::CARGO]
    {
        assert!(!program.trusts(&machine, "alice"), "{program:?}");
    }
    machine.run(with(&trust, &["--store", "system"])).succeeded();
    for program in [Program::CURL, Program::WGET, Program::GIT, Program::PYTHON, Program::PIP, Program::CARGO]
    {
        assert!(program.trusts(&machine, "alice"), "{program:?} {:?}", program.run(&machine, "alice"));
    }
    let sudo = "export SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice;";
    for (file, line, program, hides) in ROWS {
        let path = format!("/home/alice/{file}");
        let quote = if file.ends_with("toml") { "\"" } else { "" };
        write_as_alice(&machine, &path, &format!("{line}{quote}{BUNDLE}{quote}\n"));
        let is_folder =
            ["SSL_CERT_DIR", "ca_directory", "CAPath", "CAPATH"].iter().any(|name| line.contains(name));
        machine.sh(&format!("rm -rf {BUNDLE}")).succeeded();
        // One file of a folder is as good as a bundle.
        let bundle = if is_folder { format!("{BUNDLE}/0.crt") } else { BUNDLE.to_owned() };
        write_as_alice(&machine, &bundle, &other);
        assert_eq!(program.trusts(&machine, "alice"), !hides, "{program:?} {line}");
        let others = ["containers", "java", "browsers"].map(|group| ["--except", group]);
        let trust = with(&trust, &others.concat());
        let trust = format!("{sudo} {}", trust.join(" "));
        if *hides {
            let place = format!("{path}, line {}", line.lines().count());
            machine.sh(&trust).exited(3).says(&place).says("hides the CA from");
            machine.sh(&format!("{sudo} labtrust status")).says(&place);
        } else {
            machine.sh(&trust).succeeded();
        }
        // The bundle has the CA too.
        write_as_alice(&machine, &bundle, &format!("{other}{}", pair.root));
        assert!(program.trusts(&machine, "alice"), "{program:?} {line}");
        machine.sh(&trust).succeeded();
        machine.sh(&format!("rm {path}")).succeeded();
    }
}

#[test]
fn programs_that_read_the_system_store_refuse_again_after_untrust() {
    if !are_programs_here() {
        return skip("scripts/install-programs has not run");
    }
    let machine = machine!("readers");
    let (_, trust) = serving(&machine);
    install_cargo(&machine);
    let all = |expected: bool| {
        for program in [
            Program::CURL,
            Program::WGET,
            Program::GIT,
            Program::PYTHON,
            Program::PIP,
            Program::CARGO,
            Program::GLAB,
        ] {
            assert_eq!(program.trusts(&machine, "alice"), expected, "{:?}", program.run(&machine, "alice"));
        }
    };
    for _ in 0..2 {
        all(false);
        machine.run(with(&trust, &["--store", "system"])).succeeded();
        all(true);
        machine.run(["labtrust", "untrust"]).succeeded();
    }
    all(false);
}

#[test]
fn what_hides_a_users_own_setting_of_git_is_named() {
    let machine = machine!("git-mask");
    let (_, trust) = serving(&machine);
    write_as_alice(&machine, BUNDLE, &Pair::made(&machine, &[HOST], Validity::Current).root);
    let trust = with(&trust, &["--store", "git"]);
    machine.run_as("alice", trust.clone()).succeeded();
    assert!(Program::GIT.trusts(&machine, "alice"));
    // A folder is read beside the file.
    write_as_alice(
        &machine,
        "/home/alice/.gitconfig",
        &format!("{}[http]\n\tsslCAPath = /home/alice\n", machine.read("/home/alice/.gitconfig")),
    );
    assert!(Program::GIT.trusts(&machine, "alice"));
    machine.run_as("alice", trust.clone()).succeeded();
    let part = "[http \"https://mygitlab.example.com/group\"]\n\tsslCAInfo = ";
    for (file, line) in [(".profile", "export GIT_SSL_CAINFO="), (".config/git/config", part)] {
        let path = format!("/home/alice/{file}");
        write_as_alice(&machine, &path, &format!("{line}{BUNDLE}\n"));
        assert!(!Program::GIT.trusts(&machine, "alice"), "{line}");
        let place = format!("{path}, line {}", line.lines().count());
        machine.run_as("alice", trust.clone()).exited(3).says(&place).says("hides the CA from git");
        machine.run_as("alice", ["labtrust", "status"]).says(&place);
        machine.sh(&format!("rm {path}")).succeeded();
        machine.run_as("alice", trust.clone()).succeeded();
    }
}

#[test]
fn an_npmrc_with_its_own_cas_is_named_and_switches_node_extra_ca_certs_off() {
    if !are_programs_here() {
        return skip("scripts/install-programs has not run");
    }
    let machine = machine!("npm");
    let (pair, trust) = serving(&machine);
    write_as_alice(&machine, "/home/alice/ca.pem", &pair.root);
    write_as_alice(&machine, BUNDLE, &Pair::made(&machine, &[HOST], Validity::Current).root);
    write_as_alice(&machine, "/home/alice/.profile", "export NODE_EXTRA_CA_CERTS=/home/alice/ca.pem\n");
    let trusts = |program: Program, expected: bool| {
        assert_eq!(program.trusts(&machine, "alice"), expected, "{:?}", program.run(&machine, "alice"));
    };
    trusts(Program::NODE, true);
    trusts(Program::NPM, true);
    write_as_alice(&machine, "/home/alice/.npmrc", &format!("\ncafile={BUNDLE}\n"));
    trusts(Program::NODE, true);
    trusts(Program::NPM, false);
    let trust = with(&trust, &["--store", "git", "--store", "settings"]);
    // labtrust does not serve npm itself, so this is mentioned and nothing more.
    machine
        .run_as("alice", trust)
        .succeeded()
        .says("/home/alice/.npmrc, line 2")
        .says("hides the CA from npm");
}

//! Whatever the environment says, however little is left open and however tight the limits: the same
//! files with the same modes come of it, or a clear error and, the next time, the files.

use std::collections::BTreeMap;

use super::{sampled, trust_command};
use crate::lab::{HOST, Machine, Manifest, REGISTRY};

/// Programs that somebody put first in PATH, each of which leaves a mark if it is run.
const IMPOSTORS: &str = "
    mkdir -p /tmp/evil; cd /tmp/evil
    for name in docker openssl update-ca-certificates keytool gitlab-ctl id sh bash env java podman systemctl \
        service cat ls run-parts trust certutil; do
        printf '#!/bin/sh\\n/usr/bin/touch /tmp/mark-%s\\n' $name >$name; chmod 755 $name
    done
    cp /usr/bin/true /tmp/evil/library.so
";

/// Run by the store's own updater, it tells what a helper sees.
const HOOK: &str = "#!/bin/sh
{ env; } >/tmp/seen
ls /proc/$PPID/fd /proc/self/fd | grep -v : | sort -un | tr '\\n' ' ' >/tmp/descriptors
umask >/tmp/umask
";

/// Variables that lead programs astray.
const VARIABLES: &[&[(&str, &str)]] = &[
    &[("PATH", "/tmp/evil:/usr/sbin:/usr/bin:/sbin:/bin")],
    &[("PATH", "")],
    &[("PATH", "."), ("HOME", "/nonexistent")],
    &[
        ("HOME", "/home/alice"),
        ("XDG_DATA_HOME", "/home/alice/data"),
        ("XDG_CONFIG_HOME", "/home/alice/config"),
    ],
    &[("HOME", ""), ("USER", "../../etc"), ("LOGNAME", "\n")],
    &[("HOME", "relative"), ("XDG_RUNTIME_DIR", "/home/alice"), ("XDG_DATA_HOME", "relative")],
    &[("TMPDIR", "/home/alice/tmp"), ("TMP", "/home/alice/tmp"), ("TEMP", "/nonexistent")],
    &[("TMPDIR", "/etc/passwd"), ("TZ", "/etc/passwd"), ("TERM", "../../x"), ("COLUMNS", "-1")],
    &[
        ("LD_LIBRARY_PATH", "/tmp/evil"),
        ("LD_AUDIT", "/tmp/evil/none.so"),
        ("LD_DEBUG_OUTPUT", "/tmp/evil/debug"),
    ],
    &[
        ("JAVA_HOME", "/tmp/evil"),
        ("JAVA_TOOL_OPTIONS", "-javaagent:/tmp/evil/x.jar"),
        ("CLASSPATH", "/tmp/evil"),
    ],
    &[
        ("DOCKER_HOST", "tcp://192.0.2.99:2375"),
        ("DOCKER_CONFIG", "/home/alice"),
        ("DOCKER_CERT_PATH", "/tmp/evil"),
    ],
    &[("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/home/alice"), ("OPENSSL_CONF", "/tmp/evil/openssl")],
    &[
        ("GIT_DIR", "/tmp/evil"),
        ("ENV", "/tmp/evil/sh"),
        ("BASH_ENV", "/tmp/evil/sh"),
        ("IFS", "/"),
        ("PS4", "$(touch /tmp/mark-PS4)"),
    ],
    &[
        ("CERTSCONF", "/tmp/evil/x"),
        ("CERTSDIR", "/tmp/evil"),
        ("LOCALCERTSDIR", "/home/alice"),
        ("ETCCERTSDIR", "/home/alice"),
    ],
    &[("SUDO_UID", "0"), ("SUDO_USER", "root")],
    &[("SUDO_UID", "-1"), ("SUDO_GID", "0"), ("SUDO_USER", "../../etc")],
    &[("SUDO_UID", "4294967295"), ("SUDO_GID", "0"), ("SUDO_USER", "alice")],
    &[
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
        ("RUST_MIN_STACK", "1"),
        ("NO_COLOR", ""),
        ("CLICOLOR_FORCE", "1"),
    ],
];

/// A machine, the command that trusts a CA on it, and how the machine looks before and after.
struct Scene {
    machine: Machine,
    trust: String,
    before: Manifest,
    trusted: BTreeMap<String, String>,
}

impl Scene {
    fn set(machine: Machine) -> Self {
        machine.ensure_user("alice");
        machine.without_hooks();
        machine.sh(IMPOSTORS).succeeded();
        machine.write_with_mode("/etc/ca-certificates/update.d/hook", "755", HOOK);
        machine
            .sh("mkdir /home/alice/tmp; ln -s /etc/passwd /home/alice/tmp/x; chown -R alice: /home/alice")
            .succeeded();
        let trust = trust_command(&machine, REGISTRY).join(" ");
        machine.sh("mkdir -p /etc/docker/certs.d").succeeded();
        let before = machine.settled();
        machine.sh(&trust).succeeded();
        let trusted = modes(&machine, &before);
        machine.sh("labtrust untrust").succeeded();
        Self { machine, trust, before, trusted }
    }

    /// What stands after `trust` is what stands after any other run of it, and goes again.
    fn holds(&self, case: &str) {
        assert_eq!(modes(&self.machine, &self.before), self.trusted, "{case}");
        self.goes(case);
    }

    /// Everything is as it was before labtrust came.
    fn goes(&self, case: &str) {
        self.machine.sh("labtrust untrust").succeeded();
        assert_eq!(self.machine.changes_since(&self.before), [""; 0], "{case}");
        let marks = self.machine.sh("ls /tmp | grep ^mark || :").stdout;
        assert_eq!(marks, "", "{case}: these were run");
    }
}

/// What changed since `before`, each path with what is there now; receipts hold times, and only their
/// modes are compared.
fn modes(machine: &Machine, before: &Manifest) -> BTreeMap<String, String> {
    let changes = machine.changes_since(before);
    let split = |line: &String| {
        let (path, change) = line.split_once(": ").unwrap();
        let now = change.split_once(" -> ").unwrap().1;
        let now = if path.ends_with("/receipt.json") { now.rsplit_once(' ').unwrap().0 } else { now };
        (path.to_owned(), now.to_owned())
    };
    changes.iter().map(split).collect()
}

#[test]
fn no_variable_leads_us_or_a_helper_astray() {
    let scene = Scene::set(machine!("client"));
    let trust = scene.trust.split(' ').skip(1);
    let mut tried = 0;
    for variables in sampled(VARIABLES) {
        tried += 1;
        let variables_as_words = variables.iter().map(|(name, value)| format!("{name}={value}"));
        let env = ["/usr/bin/env".to_owned()].into_iter().chain(variables_as_words);
        let line = env.chain(["/usr/local/bin/labtrust".to_owned()]).chain(trust.clone().map(str::to_owned));
        scene.machine.run(line).succeeded();
        let case = format!("{variables:?}");
        let seen = scene.machine.read("/tmp/seen");
        let names: Vec<_> = seen.lines().filter_map(|line| line.split('=').next()).collect();
        // What a shell sets by itself, it may.
        let allowed = ["PATH", "HOME", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"];
        let strange: Vec<_> = names.iter().filter(|name| !allowed.contains(name)).collect();
        assert!(strange.is_empty(), "{case}: a helper saw {strange:?}");
        assert!(!seen.contains("evil") && !seen.contains("alice"), "{case}: {seen}");
        scene.holds(&case);
    }
    println!("{tried} environments tried, all held");
}

#[test]
fn a_program_that_is_not_roots_is_not_run() {
    let machine = machine!("client");
    machine.ensure_user("alice");
    let program = "/usr/local/bin/podman";
    machine.write_with_mode("/home/alice/program", "755", "#!/bin/sh\ntouch /tmp/mark\nexit 1\n");
    let hers = "chown alice /home/alice/program; ln -sf /home/alice/program $program";
    for (how, is_run) in [
        ("", true),
        ("chown alice $program", false),
        ("chmod 777 $program", false),
        ("chgrp users $program; chmod 775 $program", false),
        (hers, false),
        ("chown alice /usr/local/bin", false),
        ("chgrp users /usr/local/bin; chmod 775 /usr/local/bin", false),
        ("chmod 777 /usr/local/bin", false),
    ] {
        // Which asks a container engine whether a GitLab runs in it.
        let script = format!(
            "program={program}; rm -f /usr/bin/podman $program /tmp/mark
             chown root:root /usr/local/bin; chmod 755 /usr/local/bin
             install -m 755 /home/alice/program $program; {how}
             labtrust setup {HOST} --no-trust"
        );
        machine.sh(&script).exited(3);
        assert_eq!(machine.has("/tmp/mark"), is_run, "{how:?}");
    }
}

#[test]
fn a_linker_that_was_told_otherwise_is_not_passed_on() {
    let scene = Scene::set(machine!("client"));
    // A library that is none: the loader says so of each program that it is preloaded into.
    let line = format!("LD_PRELOAD=/tmp/evil/library.so {}", scene.trust);
    scene.machine.sh(&line).succeeded();
    assert!(!scene.machine.read("/tmp/seen").contains("LD_"));
    scene.holds("LD_PRELOAD");
}

#[test]
fn any_umask_gives_the_same_modes() {
    let scene = Scene::set(machine!("client"));
    for umask in sampled(&["000", "077", "002", "777", "177"]) {
        scene.machine.sh(&format!("umask {umask}; {}", scene.trust)).succeeded();
        assert_eq!(scene.machine.read("/tmp/umask"), "0022\n");
        scene.holds(umask);
    }
    let made = |umask: &str| {
        let line = format!(
            "umask {umask}; labtrust setup {HOST} --no-trust --prepare /srv/gitlab --state /srv/state >/dev/null
             labtrust sign pages.{HOST} -o /srv/signed --state /srv/state >/dev/null
             labtrust export -o /srv/root.crt --state /srv/state >/dev/null
             cd /srv; find . -mindepth 1 -printf '%p %m %u:%g\\n' | sed 's/labtrust-[0-9a-f]*/labtrust-/' | sort; find . -perm /022 ! -type l; rm -r /srv/*"
        );
        scene.machine.sh(&line).succeeded().stdout
    };
    let usual = made("022");
    for line in [
        format!("./gitlab/config/ssl/{HOST}.key 600 root:root"),
        "./signed/pages.mygitlab.example.com.key 600 root:root".into(),
        "./state 700 root:root".into(),
        "./state/receipts/setup/receipt.json 600 root:root".into(),
        "./state/authority/intermediate.key 600 root:root".into(),
    ] {
        assert!(usual.lines().any(|found| found == line), "{line} is not in\n{usual}");
    }
    for umask in ["000", "077", "777"] {
        assert_eq!(made(umask), usual, "umask {umask}");
    }
}

#[test]
fn nothing_that_was_left_open_or_closed_changes_what_is_written() {
    let scene = Scene::set(machine!("client"));
    let closed = ["<&-", ">&-", "2>&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-"];
    for streams in sampled(&closed) {
        scene.machine.sh(&format!("{} -v {streams}", scene.trust)).succeeded();
        scene.holds(streams);
    }
    // The next descriptors are free for files of ours, and must not be taken for standard ones.
    let open = "exec 3</etc/shadow 7>>/root/log 9</root; ";
    scene.machine.sh(&format!("{open}{}", scene.trust)).succeeded();
    let descriptors = scene.machine.read("/tmp/descriptors");
    assert!(!descriptors.contains(['7', '9']), "a helper was left {descriptors}");
    scene.machine.sh("rm /root/log").succeeded();
    scene.holds(open);
    for reader in sampled(&["| head -1", "| true", "2>&1 | true", "> /dev/full", "2> /dev/full"]) {
        let output = scene.machine.sh(&format!("{} -v {reader}", scene.trust));
        assert!([0, 3].contains(&output.code()), "{reader}: {output}");
        scene.holds(reader);
    }
}

#[test]
fn a_folder_that_is_gone_and_children_that_nobody_waits_for_are_no_hindrance() {
    let scene = Scene::set(machine!("client"));
    let gone = "mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone; ";
    scene.machine.sh(&format!("{gone}{}", scene.trust)).succeeded();
    scene.holds(gone);
    let relative = format!("{gone} labtrust setup {HOST} --no-trust --out here --state /tmp/state");
    scene.machine.sh(&relative).exited(3).says("error: ");
    let ignored = format!("exec perl -e '$SIG{{CHLD}} = \"IGNORE\"; exec @ARGV' {}", scene.trust);
    scene.machine.sh(&ignored).succeeded();
    scene.holds("SIGCHLD ignored");
    let unreadable = format!(
        "mkdir -m 700 /tmp/closed; cd /tmp/closed
         su alice -c 'labtrust setup {HOST} --no-trust --out /tmp/hers && labtrust export'"
    );
    scene.machine.sh(&unreadable).succeeded().says("BEGIN CERTIFICATE");
}

/// Limits of prlimit(1), and whether the run must succeed all the same: what may be raised is.
const LIMITS: [(&str, bool); 15] = [
    ("--fsize=0:unlimited", true),
    ("--fsize=4096:unlimited", true),
    ("--fsize=0", false),
    ("--fsize=512", false),
    ("--fsize=4096", false),
    ("--fsize=100000", false),
    ("--fsize=230000", false),
    ("--nofile=3", false),
    ("--nofile=5", false),
    ("--nofile=8", false),
    ("--nofile=12", false),
    ("--nofile=16", false),
    ("--as=20000000", false),
    ("--as=60000000", false),
    ("--core=unlimited", true),
];

#[test]
fn tight_limits_end_in_an_error_and_the_next_run_makes_up_for_it() {
    let scene = Scene::set(machine!("client"));
    let (mut done, mut refused, mut died) = (0, 0, 0);
    for (limit, must) in sampled(&LIMITS) {
        // Through a pipe: what is said goes into no file that may not grow either. Not even root may raise
        // a limit everywhere.
        let trust = &scene.trust;
        let line = format!(
            "{{ prlimit {limit} setpriv --bounding-set -sys_resource {trust}; echo exit $?; }} 2>&1 | cat"
        );
        let said = scene.machine.sh(&line).stdout;
        let code = said.trim().rsplit(' ').next().unwrap().to_owned();
        match code.as_str() {
            "0" => done += 1,
            "3" => refused += 1,
            // Without memory nobody can say anything.
            "126" | "127" | "134" | "139" if !limit.starts_with("--fsize") => died += 1,
            _ => panic!("{limit}: {said}"),
        }
        assert!(!*must || code == "0", "{limit}: {said}");
        assert!(!limit.starts_with("--fsize") || code == "0" || said.contains("oo large"), "{limit}: {said}");
        scene.machine.sh(&scene.trust).succeeded();
        scene.holds(limit);
    }
    println!(
        "{} limits tried: {done} done, {refused} refused, {died} died; all made up for",
        done + refused + died
    );
}

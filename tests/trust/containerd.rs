//! containerd as Kubernetes asks it: CRI's `PullImage` is the judge.

use super::{UNKNOWN_AUTHORITY, serving};
use crate::lab::{Containerd, Machine, REGISTRY, Release};

const FOLDER: &str = "/etc/containerd/certs.d";
/// The token service of the lab answers so to nobody in particular.
const ANSWERED: &str = "403 Forbidden";

fn trust(fingerprint: &str) -> [&str; 7] {
    ["labtrust", "trust", REGISTRY, "--fingerprint", fingerprint, "--store", "containerd"]
}

#[test]
fn containerd_pulls_at_once_and_no_more_after_untrust() {
    for release in Release::ALL {
        let machine = machine!("containerd");
        machine.without_docker();
        let (_, fingerprint) = serving(&machine);
        let containerd = Containerd::start(&machine, release, FOLDER);
        assert!(containerd.pull().contains(UNKNOWN_AUTHORITY), "{}", containerd.pull());
        let before = machine.settled();

        machine.run(trust(&fingerprint)).succeeded().says("ctr accepts").says("containerd");
        assert!(containerd.pull().contains(ANSWERED), "{}", containerd.pull());
        machine.run(["labtrust", "status"]).exited(1).says("✓  containerd  trusted");
        machine
            .run([&trust(&fingerprint)[..], &["--dry-run"]].concat())
            .succeeded()
            .says("nothing would change");

        machine.run(["labtrust", "untrust"]).succeeded();
        assert!(containerd.pull().contains(UNKNOWN_AUTHORITY), "{}", containerd.pull());
        assert_eq!(machine.changes_since(&before), [""; 0]);
    }
}

/// What may stand in the folder of registries, as a script in it, and whether our file alone would be hidden by it.
const SHAPES: [(&str, &str); 7] = [
    ("an empty folder that comes first", "mkdir -p mygitlab.example.com_4567_ mygitlab.example.com:4567"),
    ("the server alone", "mkdir REGISTRY; echo 'server = \"https://REGISTRY\"' >REGISTRY/hosts.toml"),
    (
        "a block without ca",
        "mkdir REGISTRY; printf '# why\\nserver = \"https://REGISTRY\"\\n\\n[host.\"https://REGISTRY\"]\\n  capabilities = [\"pull\", \"resolve\"]\\n' >REGISTRY/hosts.toml",
    ),
    (
        "another CA",
        "mkdir REGISTRY; cp /etc/ssl/certs/ca-certificates.crt REGISTRY/o.crt; printf 'ca = \"o.crt\"\\n[host.\"https://REGISTRY\"]\\nca = [\"o.crt\"] # c\\n' >REGISTRY/hosts.toml",
    ),
    ("broken", "mkdir REGISTRY; echo 'server = ' >REGISTRY/hosts.toml"),
    ("empty", "mkdir REGISTRY; : >REGISTRY/hosts.toml"),
    ("the default", "mkdir _default; echo 'server = \"https://REGISTRY\"' >_default/hosts.toml"),
];

#[test]
fn what_stands_in_the_folder_hides_nothing_and_comes_back() {
    for release in Release::ALL {
        let machine = machine!("containerd-hosts");
        machine.without_docker();
        let (_, fingerprint) = serving(&machine);
        let containerd = Containerd::start(&machine, release, FOLDER);
        for (what, script) in SHAPES {
            let script = script.replace("REGISTRY", REGISTRY);
            machine.sh(&format!("rm -rf {FOLDER}; mkdir -p {FOLDER}; cd {FOLDER}; {script}")).succeeded();
            let before = machine.settled();
            machine.run(trust(&fingerprint)).succeeded();
            assert!(containerd.pull().contains(ANSWERED), "{what}: {}", containerd.pull());
            machine.run(["labtrust", "untrust"]).succeeded();
            assert!(containerd.pull().contains(UNKNOWN_AUTHORITY), "{what}: {}", containerd.pull());
            assert_eq!(machine.changes_since(&before), [""; 0], "{what}");
        }
    }
}

/// What makes containerd give up at each pull, as a script in the registry's folder, and a part of what it says then.
const BROKEN: [(&str, &str); 3] = [
    ("ln -s /nowhere b.crt", "b.crt: no such file or directory"),
    ("echo garbage >b.crt", "unable to load CA cert"),
    ("echo x >b.cert", "failed to load X509 key pair"),
];

#[test]
fn a_folder_at_which_containerd_gives_up_is_named() {
    let machine = machine!("containerd-broken");
    machine.without_docker();
    let (_, fingerprint) = serving(&machine);
    let _containerd = Containerd::start(&machine, Release::Installed, FOLDER);
    for (script, says) in BROKEN {
        let folder = format!("{FOLDER}/{REGISTRY}");
        machine.sh(&format!("rm -rf {folder}; mkdir -p {folder}; cd {folder}; {script}")).succeeded();
        let before = machine.settled();
        machine.run(trust(&fingerprint)).exited(3).says(says);
        assert_eq!(machine.changes_since(&before), [""; 0], "{script}");
    }
}

#[test]
fn without_a_folder_containerd_trusts_the_system_store_after_a_restart() {
    let machine = machine!("containerd-system");
    machine.without_docker();
    machine.without_hooks();
    let (_, fingerprint) = serving(&machine);
    let containerd = Containerd::start(&machine, Release::Installed, "");
    assert!(containerd.pull().contains(UNKNOWN_AUTHORITY));
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &fingerprint];
    let only = [&trust[..], &["--store", "containerd"]].concat();
    machine.run(only).exited(1).says("config_path is not set").says("--store system");
    machine.run(trust).exited(4).says("config_path is not set").says("systemctl restart containerd");
    assert!(containerd.pull().contains(UNKNOWN_AUTHORITY));
    machine.run([&trust[..], &["--restart"]].concat()).succeeded();
    assert!(containerd.pull().contains(ANSWERED), "{}", containerd.pull());
}

#[test]
fn several_folders_are_none_for_containerd_2() {
    let both = format!("{FOLDER}:/etc/docker/certs.d");
    for (release, says) in [(Release::Installed, "containerd 2 reads none"), (Release::Current, "for one")] {
        let machine = machine!("containerd-folders");
        machine.without_docker();
        let (_, fingerprint) = serving(&machine);
        let containerd = Containerd::start(&machine, release, &both);
        machine.run(trust(&fingerprint)).says(says);
        let is_read = release == Release::Installed;
        assert_eq!(containerd.pull().contains(ANSWERED), is_read, "{}", containerd.pull());
        assert_eq!(machine.sh(&format!("test -e {FOLDER}")).code() == 0, is_read);
    }
}

/// crictl asks the plugin itself; the lab has a program of that name that makes the same call.
#[test]
fn crictl_is_asked_where_there_is_one() {
    let machine: Machine = machine!("containerd-crictl");
    machine.without_docker();
    let (_, fingerprint) = serving(&machine);
    let containerd = Containerd::start(&machine, Release::Installed, FOLDER);
    containerd.install_crictl();
    machine.run(trust(&fingerprint)).succeeded().says("crictl accepts");
    machine.run(["labtrust", "untrust"]).succeeded().says("crictl rejects");
}

#[test]
fn settings_that_the_running_containerd_has_not_read_are_no_trust_yet() {
    let machine: Machine = machine!("containerd-settings");
    machine.without_docker();
    let (_, fingerprint) = serving(&machine);
    let containerd = Containerd::start(&machine, Release::Installed, "");
    containerd.install_crictl();
    containerd.set(Release::Installed, FOLDER);
    for _ in ["done", "in place"] {
        machine.run(trust(&fingerprint)).exited(4).says("systemctl restart containerd");
        assert!(containerd.pull().contains(UNKNOWN_AUTHORITY));
    }
    containerd.restart();
    machine.run(trust(&fingerprint)).succeeded().says("crictl accepts");
    assert!(containerd.pull().contains(ANSWERED), "{}", containerd.pull());
}

#[test]
fn the_folder_for_other_registries_hides_those_of_the_next_folder() {
    let machine = machine!("containerd-default");
    machine.without_docker();
    let (_, fingerprint) = serving(&machine);
    let next = "/opt/registries";
    let containerd = Containerd::start(&machine, Release::Installed, &format!("{FOLDER}:{next}"));
    machine.sh(&format!("mkdir -p {FOLDER}/_default {next}/{REGISTRY}")).succeeded();
    machine.run(trust(&fingerprint)).says(&format!("{FOLDER}/{REGISTRY}"));
    assert!(containerd.pull().contains(ANSWERED), "{}", containerd.pull());
}

#[test]
fn a_user_with_a_containerd_has_the_ca_in_the_folder_that_nerdctl_reads() {
    let machine = machine!("containerd-own");
    machine.without_docker();
    machine.ensure_user("alice");
    let (_, fingerprint) = serving(&machine);
    let script = "cd; umask 22; mkdir -p .config/systemd/user .config/containerd/certs.d; : >.config/systemd/user/containerd.service";
    machine.run_as("alice", ["sh", "-c", script]).succeeded();
    let before = machine.settled();
    let folder = format!("/home/alice/.config/containerd/certs.d/{REGISTRY}");
    machine.run_as("alice", trust(&fingerprint)).succeeded().says(&folder);
    assert!(machine.sh(&format!("cat {folder}/*.crt")).succeeded().stdout.contains("BEGIN CERTIFICATE"));
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // Another folder is named until it has the CA, with lines that work.
    let settings = "mkdir -p ~/.config/nerdctl ~/own; echo 'hosts_dir = [\"/home/alice/own\"]' >~/.config/nerdctl/nerdctl.toml";
    machine.run_as("alice", ["sh", "-c", settings]).succeeded();
    let named = machine.run_as("alice", trust(&fingerprint)).exited(3).says("hosts_dir").stdout;
    let lines = named.lines().map(str::trim).filter(|line| line.contains("/home/alice/own/"));
    let lines: Vec<_> =
        lines.filter(|line| line.starts_with("mkdir") || line.starts_with("printf")).collect();
    machine.run_as("alice", ["sh", "-c", &lines.join("\n")]).succeeded();
    machine.run_as("alice", trust(&fingerprint)).succeeded();
}

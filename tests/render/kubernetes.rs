//! The `DaemonSet`'s init container: containerd pulls with what it writes, and what somebody else wrote stays.

use super::*;
use crate::lab::{Containerd, Release};

const FOLDER: &str = "/etc/containerd/certs.d";
const UNKNOWN_AUTHORITY: &str = "x509: certificate signed by unknown authority";

/// Takes the `ConfigMap` of the manifest apart, as the kubelet mounts it.
const MOUNT: &str = "
import pathlib, shutil, yaml
shutil.rmtree('/labtrust', ignore_errors=True)
pathlib.Path('/labtrust').mkdir()
for document in yaml.safe_load_all(open('/root/rendered/labtrust.yaml')):
    if document['kind'] == 'ConfigMap':
        for name, text in document['data'].items():
            pathlib.Path('/labtrust', name).write_text(text)
    if document['kind'] == 'DaemonSet':
        pod = document['spec']['template']['spec']
        print(*pod['initContainers'][0]['command'])
        print(pod['volumes'][1]['hostPath']['path'])
";

/// Renders, and runs the init container's command with the shell of its image, with the same mounts.
fn install(machine: &Machine, options: &str) -> Output {
    machine.sh("rm -rf /root/rendered").succeeded();
    render(machine, "kubernetes", options).succeeded();
    let said = machine.run(["python3", "-c", MOUNT]).succeeded().stdout;
    let (command, folder) = said.trim().split_once('\n').unwrap();
    assert_eq!(folder, FOLDER);
    machine.sh(&format!("mkdir -p /node {FOLDER}; ln -sfn {FOLDER} /node/certs.d; busybox {command}"))
}

/// A registry with the image `hello:1` that needs no login, and containerd.
fn with_image(machine: &Machine, release: Release) -> (Pair, Containerd<'_>) {
    machine.without_docker();
    let gitlab = Gitlab::start(machine);
    let pair = client(machine);
    gitlab.serve(&pair);
    // Without this line, the settings below it belong to `http`, where the registry ignores them.
    gitlab.change_registry("auth:\n", "");
    machine.run(["python3", "-c", include_str!("push.py")]).succeeded();
    (pair, Containerd::start(machine, release, FOLDER))
}

/// The image is pulled, and the registry answers for one that is not there.
fn pulls(machine: &Machine, containerd: &Containerd<'_>) {
    for (image, says) in [("hello:1", ""), ("hello:2", "not found")] {
        let said = containerd.pull_image(image);
        assert!(!said.contains("x509") && said.contains(says), "{image}: {said}");
        let pull = format!("ctr images pull --hosts-dir {FOLDER} --snapshotter native {REGISTRY}/{image}");
        let said = machine.sh(&pull);
        assert_eq!(said.code() == 0, says.is_empty(), "{image}: {}{}", said.stdout, said.stderr);
        assert!(format!("{}{}", said.stdout, said.stderr).contains(says));
    }
    machine.sh(&format!("ctr images rm {REGISTRY}/hello:1")).succeeded();
}

fn refuses(containerd: &Containerd<'_>) {
    let said = containerd.pull_image("hello:1");
    assert!(said.contains(UNKNOWN_AUTHORITY), "{said}");
}

#[test]
fn containerd_pulls_with_what_the_init_container_wrote() {
    for release in Release::ALL {
        let machine = machine!("containerd-daemonset");
        let (_pair, containerd) = with_image(&machine, release);
        refuses(&containerd);
        machine.sh(&format!("mkdir -p {FOLDER}")).succeeded();
        let before = machine.settled();
        let certificates = |changes: Vec<String>| -> Vec<String> {
            changes.into_iter().filter(|line| line.contains("certs.d/")).collect()
        };

        install(&machine, "").succeeded();
        pulls(&machine, &containerd);
        let by_daemonset = certificates(machine.changes_since(&before));
        assert_eq!(by_daemonset.len(), 3, "the folder, the certificate and the record: {by_daemonset:?}");
        assert_eq!(install(&machine, "").succeeded().stdout, "", "nothing is written again");

        // A rotation: both, then the new CA alone. The old one goes; what is not recorded stays.
        let new = Pair::constrained(&machine, &[HOST]);
        machine.write("/root/new.crt", &new.root);
        install(&machine, "--also /root/new.crt").succeeded();
        pulls(&machine, &containerd);
        machine.write(&format!("{FOLDER}/{REGISTRY}/theirs.crt"), &new.root);
        install(&machine, "--remove").succeeded();
        refuses(&containerd);
        let left =
            machine.sh(&format!("grep -lF labtrust- {FOLDER}/.labtrust; ls {FOLDER}/{REGISTRY}")).stdout;
        assert!(left.contains("/.labtrust\nlabtrust-"), "the new CA stays: {left}");
        install(&machine, "--also /root/new.crt --remove").succeeded();
        let left = certificates(machine.changes_since(&before));
        assert!(left.iter().any(|line| line.contains("theirs.crt")), "{left:?}");
        machine.sh(&format!("rm -r {FOLDER}/{REGISTRY}")).succeeded();
        assert_eq!(certificates(machine.changes_since(&before)), [""; 0]);
    }
}

#[test]
fn a_hosts_toml_of_somebody_else_is_named_and_stays() {
    let machine = machine!("containerd-daemonset-hosts");
    let (_pair, containerd) = with_image(&machine, Release::Installed);
    let hosts = format!("{FOLDER}/{REGISTRY}/hosts.toml");
    let block = format!("[host.\"https://{REGISTRY}\"]\n  capabilities = [\"pull\", \"resolve\"]\n");
    machine.write(&hosts, format!("server = \"https://{REGISTRY}\"\n{block}"));
    install(&machine, "").exited(3).says("hosts.toml hides labtrust-");
    assert!(!machine.read(&hosts).contains("labtrust"), "it is not changed");
    refuses(&containerd);
    // A person adds the lines that it named: one is not enough.
    let name = machine.sh("basename /labtrust/*.crt").succeeded().stdout;
    let ca = format!("ca = [\"{}\"]\n", name.trim());
    machine.write(&hosts, format!("{ca}{block}"));
    install(&machine, "").exited(3).says("hosts.toml hides labtrust-");
    machine.write(&hosts, format!("{ca}{block}  {ca}"));
    install(&machine, "").succeeded();
    pulls(&machine, &containerd);
    // The file stays as long as hosts.toml names it: without it, containerd would refuse every pull.
    install(&machine, "--remove").exited(3).says("still names labtrust-");
    pulls(&machine, &containerd);
    machine.write(&hosts, &block);
    install(&machine, "--remove").succeeded();
    refuses(&containerd);
    assert_eq!(machine.sh(&format!("ls -A {FOLDER}/{REGISTRY}")).stdout.trim(), "hosts.toml");
}

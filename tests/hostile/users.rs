//! A user's own stores are written by a process that is that user and nothing besides: no other group,
//! no right of root's, no descriptor; so nothing in a home can lead root anywhere.

use std::time::Duration;

use super::{VICTIMS, is_whole, trust_command, witness};
use crate::lab::{Machine, REGISTRY};

/// Run by the store's updater, while the process that acts as alice is there.
const HOOK: &str = r#"#!/bin/sh
exec >/tmp/delegate
for process in /proc/[0-9]*; do
    grep -aqz '^--act-as-user$' $process/cmdline 2>/dev/null || continue
    grep -E '^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapAmb|Umask):' $process/status
    echo "Descriptors: $(readlink $process/fd/* | sed 's/:.*//' | sort -u | tr '\n' ' ')"
    echo "Owner: $(stat -c %U $process/mem)"
    tr '\0' '\n' <$process/environ
done
"#;

/// What alice has in her home to lead her process, or root, elsewhere; `$certs` is where the anchor goes.
const TRAPS: [(&str, &str); 9] = [
    ("a link to root's folder", "ln -s /etc ~/.config/docker"),
    ("a link to root's vault", "ln -s /root/vault ~/.config/docker"),
    ("a configuration that is a link", "mv ~/.config ~/x; ln -s /root ~/.config"),
    ("certs.d that is a link", "mkdir ~/.config/docker; ln -s /root/vault ~/.config/docker/certs.d"),
    ("a registry's folder that is a link", "mkdir -p ~/.config/docker/certs.d; ln -s /root/vault $certs"),
    ("an anchor that is a link", "mkdir -p $certs; ln -s /root/victim $certs/$anchor"),
    ("a draft that is a link", "mkdir -p $certs; ln -s /root/victim $certs/.$anchor.labtrust-draft"),
    ("an anchor that is a pipe", "mkdir -p $certs; mkfifo $certs/$anchor"),
    ("an engine's number that is a pipe", "mkfifo /run/user/$(id -u)/docker.pid"),
];

/// A machine on which alice has an engine of her own.
fn laptop(machine: &Machine) -> String {
    machine.ensure_user("alice");
    machine.sh("usermod -aG sudo,adm,docker alice 2>/dev/null || usermod -aG sudo,adm alice").succeeded();
    let home =
        "rm -rf ~/.config ~/x; mkdir -p ~/.config/systemd/user; touch ~/.config/systemd/user/docker.service";
    let folders = "u=$(id -u alice); rm -rf /run/user/$u; mkdir -p /run/user/$u; chown alice: /run/user/$u";
    machine.sh(folders).succeeded();
    machine.run_as("alice", ["sh", "-c", home]).succeeded();
    "SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice".into()
}

#[test]
fn the_process_that_acts_as_a_user_is_that_user_and_nothing_besides() {
    let machine = machine!("laptop");
    let sudo = laptop(&machine);
    let trust = trust_command(&machine, REGISTRY).join(" ");
    machine.without_hooks();
    machine.write_with_mode("/etc/ca-certificates/update.d/hook", "755", HOOK);
    let groups = machine.sh("id -u alice; id -g alice").stdout;
    let (uid, gid) = groups.trim().split_once('\n').unwrap();

    let line = format!("exec 7</etc/shadow; export {sudo} SECRET=hush LD_LIBRARY_PATH=/tmp/evil; {trust}");
    machine.sh(&line).succeeded();
    let seen = machine.read("/tmp/delegate");
    let seen: Vec<_> =
        seen.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        format!("Uid: {uid} {uid} {uid} {uid}"),
        format!("Gid: {gid} {gid} {gid} {gid}"),
        "Groups:".into(),
        "CapInh: 0000000000000000".into(),
        "CapPrm: 0000000000000000".into(),
        "CapEff: 0000000000000000".into(),
        "CapAmb: 0000000000000000".into(),
        "Umask: 0022".into(),
        "Descriptors: /dev/null pipe".into(),
        "Owner: root".into(),
        "HOME=/home/alice".into(),
    ] {
        assert!(seen.contains(&expected), "{expected} is not among {seen:#?}");
    }
    let variables: Vec<_> =
        seen.iter().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert_eq!(variables, ["HOME", "PATH"], "{seen:#?}");
    let owners = "find /home/alice/.config/docker -printf '%u:%g\\n' | sort -u";
    assert_eq!(machine.sh(owners).stdout, "alice:alice\n");
}

#[test]
fn nothing_in_a_home_leads_root_elsewhere() {
    let machine = machine!("laptop");
    let sudo = laptop(&machine);
    let trust = trust_command(&machine, REGISTRY);
    let anchor = format!("labtrust-{}.crt", trust.last().unwrap().replace(':', "")[..16].to_lowercase());
    let trust = format!("export {sudo}; {} --store docker", trust.join(" "));
    machine.sh(VICTIMS).succeeded();
    machine.sh("rm -f /usr/sbin/dockerd /usr/bin/dockerd").succeeded();
    let before = witness(&machine);
    let etc = || machine.sh("ls -A /etc /root; find /root/vault -newer /root/ca.crt").stdout;
    let listed = etc();
    for (trap, plant) in TRAPS {
        laptop(&machine);
        let script = format!("certs=~/.config/docker/certs.d/{REGISTRY} anchor={anchor}; {plant}");
        machine.run_as("alice", ["bash", "-c", &script]).succeeded();
        let run = |line: &str| machine.command(["sh", "-c", line]).limit(Duration::from_secs(60)).run();
        let output = run(&trust);
        // Where root cannot even see that there is an engine, there is no store.
        assert!([0, 1, 3].contains(&output.code()), "{trap}: {output}");
        assert_eq!((witness(&machine), etc()), (before.clone(), listed.clone()), "{trap}");
        run(&format!("export {sudo}; labtrust status"));
        run(&format!("export {sudo}; labtrust untrust --all"));
        assert_eq!((witness(&machine), etc()), (before.clone(), listed.clone()), "{trap}");
        machine.sh("rm -rf /var/lib/labtrust").succeeded();
    }
    println!("{} traps tried, all held", TRAPS.len());
}

#[test]
fn a_process_that_its_user_has_stopped_holds_root_up_for_a_while_only() {
    if !is_whole() {
        return println!("left out: it takes half a minute of waiting");
    }
    let machine = machine!("laptop");
    let sudo = laptop(&machine);
    let trust = trust_command(&machine, REGISTRY).join(" ");
    // While the store's updater runs, between what is asked of it; the pattern is not its own line.
    let hook = "#!/bin/sh\nsu alice -c \"pkill -STOP -f '[-]-act-as-user'\"\n";
    machine.write_with_mode("/etc/ca-certificates/update.d/hook", "755", hook);
    let script = format!("export {sudo}; {trust}");
    let output = machine.command(["bash", "-c", &script]).limit(Duration::from_secs(100)).run();
    output.exited(3).says("it did not answer in time and was stopped");
}

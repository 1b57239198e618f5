//! Stores with more than a file: Chromium's policy, and daemons that read the system store when they start.

use super::*;

#[test]
fn the_policy_of_chromium_is_the_programs() {
    let machine = machine!("client");
    machine.without_hooks();
    machine.sh("rm -rf /etc/chromium; mkdir -p /usr/lib/chromium; touch /usr/lib/chromium/chromium; chmod +x /usr/lib/chromium/chromium").succeeded();
    let file = "/etc/chromium/policies/managed/labtrust.json";
    // A CA that limits its names, and one that the policy limits.
    for pair in [Pair::constrained(&machine, &[HOST]), Pair::made(&machine, &[HOST], Validity::Current)] {
        machine.write("/root/ca.crt", &pair.root);
        machine.run(["update-ca-certificates"]).succeeded();
        let sha256 = machine
            .sh("openssl x509 -in /root/ca.crt -noout -fingerprint -sha256 | sed 's/.*=//'")
            .succeeded()
            .stdout;
        render(&machine, "shell", &format!("--fingerprint {}", sha256.trim())).succeeded();
        let before = machine.settled();
        machine
            .sh(&format!(
                "labtrust trust /root/ca.crt --for {REGISTRY} -y --fingerprint {} --store chromium-policy",
                sha256.trim()
            ))
            .succeeded();
        let by_program = machine.read(file);
        machine.run(["labtrust", "untrust"]).succeeded();
        assert_eq!(machine.changes_since(&before), [""; 0]);
        let done = run(&machine, "sh", "").ends_with(0, true);
        assert_eq!(done.state("chromium-policy"), "trusted", "{}", done.said);
        assert_eq!(machine.read(file), by_program);
        run(&machine, "posh", "").ends_with(0, false);
        run(&machine, "busybox ash", "remove").ends_with(0, true);
        assert_eq!(machine.changes_since(&before), [""; 0]);
        // Another file that sets the policy is left to the program.
        machine.write("/etc/chromium/policies/managed/corp.json", r#"{"CACertificates": []}"#);
        let other = run(&machine, "sh", "");
        assert_eq!(other.state("chromium-policy"), "failed", "{}", other.said);
        run(&machine, "sh", "remove");
        machine.sh("rm -r /etc/chromium").succeeded();
    }
}

#[test]
fn a_policy_that_cannot_be_replaced_stays() {
    let machine = machine!("client");
    machine.without_hooks();
    let folder = "/etc/chromium/policies/managed";
    machine.sh(&format!(
        "mkdir -p /usr/lib/chromium {folder}; touch /usr/lib/chromium/chromium; chmod +x /usr/lib/chromium/chromium; mount -t tmpfs -o size=16k small {folder}"
    ))
    .succeeded();
    let render_for_another = || {
        client(&machine);
        render(&machine, "shell", "").succeeded();
    };
    render_for_another();
    run(&machine, "sh", "").ends_with(0, true);
    let file = format!("{folder}/labtrust.json");
    let before = machine.read(&file);
    machine.sh(&format!("cat /dev/zero >{folder}/filler")).code();
    render_for_another();
    let failed = run(&machine, "sh", "");
    assert_eq!(failed.state("chromium-policy"), "failed", "{}", failed.said);
    assert!(failed.said.contains("No space left on device"), "{}", failed.said);
    assert_eq!(machine.read(&file), before);
    machine.sh(&format!("rm {folder}/filler")).succeeded();
    run(&machine, "sh", "").ends_with(0, true);
    assert_ne!(machine.read(&file), before);
    run(&machine, "sh", "remove").ends_with(0, true);
    assert!(!machine.has(&file));
}

#[test]
fn a_daemon_that_read_the_store_before_is_named_and_restarted() {
    let machine = machine!("client");
    let _pair = client(&machine);
    render(&machine, "shell", "").succeeded();
    // It stands for CRI-O: a process of its name, and a service that starts it.
    machine
        .sh("cp /bin/sleep /usr/local/bin/crio && setsid crio 1000 >/dev/null 2>&1 </dev/null &")
        .succeeded();
    let service = "#!/bin/sh\n[ \"$*\" = 'crio restart' ] || exit 1\nkill $(pgrep -x crio)\nsetsid crio 1000 >/dev/null 2>&1 </dev/null &\nsleep 0.5\n";
    machine.write_with_mode("/usr/local/bin/service", "755", service);
    machine.sh("mv /usr/sbin/service /root/; mv /usr/local/bin/service /usr/sbin/; sleep 3").succeeded();
    for shell in ["dash", "busybox ash", "ksh93"] {
        let done = run(&machine, shell, "").ends_with(4, true);
        assert_eq!(done.state("system"), "pending", "{shell}: {}", done.said);
        assert!(done.said.contains("to be restarted: crio"), "{shell}: {}", done.said);
        run(&machine, shell, "").ends_with(4, false);
        run(&machine, shell, "check --restart").ends_with(4, false);
        machine.sh("sleep 1.1").succeeded();
        let restarted = run(&machine, shell, "--restart").ends_with(0, true);
        assert!(restarted.said.contains("restarted: crio"), "{shell}: {}", restarted.said);
        run(&machine, shell, "--restart").ends_with(0, false);
        run(&machine, shell, "remove").ends_with(0, true);
        machine.sh("sleep 3").succeeded();
    }
}

//! A run that waits for another one reports that after a second, names the other one, and goes on after it.

use super::Cas;
use crate::lab::{Machine, Output};

/// Runs `waiter` while another run of labtrust is stopped. The other run continues when `waiter` has printed something, or
/// after three seconds if `waiter` is quiet. Stores the id of the stopped process, and the output until then.
const STOPPED_HOLDER: &str = r#"
"$0" "$@" >/dev/null 2>&1 & holder=$!
until [ -s /run/labtrust.lock ]; do sleep 0.01; done
kill -STOP $holder
echo $holder >/tmp/holder
sh -c "$WAITER" >/tmp/stdout 2>/tmp/stderr & waiter=$!
case $WAITER in
    *--quiet*) sleep 3 ;;
    *) until [ -s /tmp/stderr ]; do sleep 0.1; done ;;
esac
cp /tmp/stderr /tmp/early
kill -CONT $holder
wait $waiter || echo "the waiter failed: $?" >&2
wait $holder || echo "the holder failed: $?" >&2
"#;

fn behind_a_stopped_holder(machine: &Machine, cas: &Cas, waiter: &[String]) -> Output {
    let holder = cas.trust(0).line;
    let mut line = vec!["sh".to_owned(), "-c".into(), STOPPED_HOLDER.into()];
    line.extend(holder);
    let output = machine.command(line).env("WAITER", &waiter.join(" ")).run().succeeded();
    assert_eq!(output.stderr, "");
    output
}

#[test]
fn a_waiting_run_names_the_other_one_and_standard_output_stays_one_document() {
    let machine = machine!("client");
    machine.without_hooks();
    let cas = Cas::made(&machine, 2);

    let waiter = cas.trust(1).with(&["--json"]).line;
    behind_a_stopped_holder(&machine, &cas, &waiter);
    let (holder, early) = (machine.read("/tmp/holder"), machine.read("/tmp/early"));
    let expected = format!("waiting for another run of labtrust (process {}: labtrust trust", holder.trim());
    assert!(early.starts_with(&expected), "{early:?} does not begin with {expected:?}");
    assert_eq!(machine.read("/tmp/stderr").matches("waiting").count(), 1, "it is reported once");
    serde_json::from_str::<serde_json::Value>(&machine.read("/tmp/stdout")).unwrap();

    // With another state folder, the run waits for the machine's lock.
    machine.run(["labtrust", "untrust", "--all"]).succeeded();
    let waiter = cas.trust(1).with(&["--quiet", "--state", "/tmp/other"]).line;
    behind_a_stopped_holder(&machine, &cas, &waiter);
    assert_eq!(machine.read("/tmp/stderr"), "", "the run is quiet");
    machine.run(["labtrust", "untrust", "--all"]).succeeded();
    machine.run(["labtrust", "untrust", "--all", "--state", "/tmp/other"]).succeeded();
}

#[test]
fn another_run_of_the_updater_is_waited_for_and_named() {
    let machine = machine!("client", with_all_anchors);
    let cas = Cas::made(&machine, 1);
    machine.without_hooks();
    // An updater that reads the folder, and waits before it overwrites the bundle.
    machine.write_with_mode(
        "/etc/ca-certificates/update.d/slow",
        "755",
        "#!/bin/sh\n: >/tmp/slow\nsleep 6\n",
    );
    let script = "update-ca-certificates >/dev/null & until [ -e /tmp/slow ]; do sleep 0.05; done
        rm /etc/ca-certificates/update.d/slow; exec \"$0\" \"$@\"";
    let mut line = vec!["sh".to_owned(), "-c".into(), script.into()];
    line.extend(cas.trust(0).with(&["--json"]).line);
    let output = machine.run(line).succeeded();
    assert!(
        output.stderr.contains("waiting for another run of update-ca-certificates (process "),
        "{output}"
    );
    serde_json::from_str::<serde_json::Value>(&output.stdout).unwrap();
}

#[test]
fn nobody_but_root_can_hold_up_root() {
    let machine = machine!("client");
    machine.without_hooks();
    let cas = Cas::made(&machine, 1);
    machine.ensure_user("mallory");
    // A user holds locks in every folder that everybody may write to, under every name that a lock has or had; and runs
    // processes with the name of an updater, also setuid programs, which a user may start under any name.
    let plant = "
        for folder in /tmp /var/tmp /dev/shm /run/lock; do
            for name in labtrust.lock labtrust-system-store.lock; do
                : >$folder/$name; flock $folder/$name sleep 60 &
            done
        done
        cp /bin/sleep /tmp/update-ca-certificates; /tmp/update-ca-certificates 60 &
        cp /bin/sleep /tmp/keytool; /tmp/keytool 60 &
        mkdir /tmp/raised; ln -s $(command -v su) /tmp/raised/update-ca-certificates
        sleep 60 | /tmp/raised/update-ca-certificates &";
    machine.command(["sh", "-c", plant]).user("mallory").run().succeeded();
    machine.sh("until grep -qs update-ca-certi /proc/[0-9]*/comm; do sleep 0.01; done").succeeded();
    let output = cas.trust(0).run(&machine).succeeded();
    assert!(!output.stderr.contains("waiting"), "{output}");
    machine.run(["labtrust", "untrust"]).succeeded();
}

//! Traces of a key in the memory of a process after its work.

use super::{PASSPHRASE, foreign_pair};
use crate::lab::{
    HOST, Machine,
    stopped::{Call, END, stopped_at},
};

/// The lines that say what was found in the memory of `line` at its call `call`. `keys` are files of keys.
fn look(machine: &Machine, call: Call, keys: &str, line: &str) -> Vec<String> {
    let act = format!("keys='{keys}'; python3 /tmp/memory.py $process $keys || cat /tmp/said");
    let output = stopped_at(machine, call, line, &act);
    assert!(output.stderr.contains("looked through"), "{output}");
    output.stdout.lines().map(str::to_owned).collect()
}

const MIDDLE: Call = ["renameat", if cfg!(target_arch = "x86_64") { "264" } else { "38" }];

#[test]
fn no_key_is_left_in_memory_when_the_work_is_done() {
    let machine = machine!("server");
    foreign_pair(&machine);
    machine.write("/tmp/memory.py", include_str!("memory.py"));
    let setup = format!("labtrust setup {HOST} --no-trust --out /srv/out --state /srv/state");
    let own = "/srv/out/mygitlab.example.com.key /srv/state/authority/intermediate.key";
    let import = |files: &str, to: &str| {
        format!(
            "labtrust import {files} --host {HOST} --no-trust --passphrase-file /root/passphrase --out /srv/{to} --state /srv/{to}-state"
        )
    };
    let foreign = format!("/root/key.pem text:{PASSPHRASE}");
    let cases = [
        (own.to_owned(), setup),
        (
            "/srv/signed/pages.mygitlab.example.com.key /srv/state/authority/intermediate.key".into(),
            format!("labtrust sign pages.{HOST} -o /srv/signed --state /srv/state"),
        ),
        (foreign.clone(), import("--cert /root/leaf.pem --key /root/key.pem", "plain")),
        (foreign.clone(), import("--cert /root/leaf.pem --key /root/encrypted.pem", "encrypted")),
        (
            "/root/key.pem".into(),
            format!("labtrust setup {HOST} --no-trust --replace --out /srv/plain --state /srv/kept"),
        ),
    ];
    for (keys, line) in &cases {
        let found = look(&machine, END, keys, line);
        assert_eq!(found, [""; 0], "{line}");
    }
    println!("{} runs looked through at their end: no key, no passphrase", cases.len());

    // While it works, it has the key, and then it is found.
    let import = import("--cert /root/leaf.pem --key /root/key.pem", "again");
    let found = look(&machine, MIDDLE, "/root/key.pem", &import);
    assert!(!found.is_empty(), "a key that is there is not found");
}

#[test]
fn no_core_is_dumped_and_no_other_process_of_the_user_may_look() {
    let machine = machine!("server");
    machine.ensure_user("alice");
    // It waits for its state folder's lock, and is told to dump its core meanwhile.
    let script = format!(
        "ulimit -c unlimited; mkdir -p ~/core ~/state; chmod 700 ~/state; cd ~/core
         sleep 60 & kill -ABRT $!; wait $!; ls ~/core | wc -l; rm -f ~/core/*
         flock ~/state/lock sleep 60 & holder=$!
         while flock -n ~/state/lock true; do sleep 0.05; done
         labtrust setup {HOST} --no-trust --out ~/out --state ~/state & run=$!
         for i in $(seq 300); do [ $(stat -c %U /proc/$run/mem) = alice ] || break; sleep 0.1; done
         stat -c %U /proc/$run/mem; cat /proc/$run/environ >/dev/null 2>&1; echo $?
         kill -ABRT $run; wait $run; echo $?; ls ~/core
         kill $holder $(cat /proc/$holder/task/$holder/children)"
    );
    let output = machine.run_as("alice", ["bash", "-c", &script]);
    let (others, ours) = output.stdout.split_once('\n').unwrap();
    assert_eq!(ours, "root\n1\n134\n", "{output}");
    println!(
        "{others} core of another program, none of labtrust's (none at all where the system pipes them)"
    );
}

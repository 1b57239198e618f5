//! Setups at the same time as other setups, as `setup --undo` and as `sign`: there is one CA or none, never a part of one.

use super::{
    crowd::{Member, all_at_once},
    rounds,
};
use crate::lab::{HOST, Machine};

const LEAF: &str = "/etc/proxy/mygitlab.example.com.crt";
const ROOT: &str = "/var/lib/labtrust/authority/root.crt";

fn setup(more: &[&str]) -> Member {
    Member::root(["labtrust", "setup", "--json", "--no-trust"]).with(more)
}

fn make() -> Member {
    setup(&[HOST, "--out", "/etc/proxy"])
}

fn undo() -> Member {
    setup(&["--undo"])
}

fn sha256(document: &str) -> String {
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    document["sha256"].as_str().unwrap().to_owned()
}

/// Whether there is a complete CA. Fails on a part of one.
fn is_there(machine: &Machine) -> bool {
    let is_there = machine.has(ROOT);
    assert_eq!(machine.has(LEAF), is_there, "the pair without the CA, or the CA without the pair");
    assert_eq!(machine.has("/var/lib/labtrust"), is_there, "a part of the CA");
    if is_there {
        let verify = format!("openssl verify -x509_strict -CAfile {ROOT} -untrusted {LEAF} {LEAF}");
        machine.sh(&verify).succeeded();
    }
    is_there
}

#[test]
fn setups_at_once_make_one_ca() {
    let machine = machine!("proxy");
    let rounds = rounds(4, 40);
    for _ in 0..rounds {
        let runs = all_at_once(&machine, &vec![make(); 4]);
        let mut named: Vec<String> =
            runs.into_iter().map(|run| sha256(&run.output.succeeded().stdout)).collect();
        named.dedup();
        assert_eq!(named.len(), 1, "two CAs were handed out: {named:?}");
        assert!(is_there(&machine));
        undo().run(&machine).succeeded();
        assert!(!is_there(&machine));
    }
    println!("{rounds} times four setups at once: one CA each time, named alike by all");
}

#[test]
fn a_setup_during_an_undo_leaves_all_or_nothing() {
    let machine = machine!("proxy");
    let rounds = rounds(6, 60);
    let mut stood = 0;
    for round in 0..rounds {
        if round % 2 == 0 {
            make().run(&machine).succeeded();
        }
        let runs = all_at_once(&machine, &[make(), undo(), make(), undo()]);
        for run in &runs {
            if run.output.code() != 0 {
                run.output.clone().exited(3).says("no setup is recorded");
            }
        }
        stood += usize::from(is_there(&machine));
    }
    println!("{rounds} times two setups beside two undoings: all of a CA {stood} times, else nothing of it");
}

#[test]
fn a_certificate_that_is_signed_during_setups_is_signed_by_the_final_ca() {
    let machine = machine!("proxy");
    let rounds = rounds(4, 40);
    let mut signed = 0;
    for round in 0..rounds {
        let name = format!("pages-{round}.{HOST}");
        let sign = Member::root(["labtrust", "sign", &name, "-o", "/srv", "--json"]);
        let runs = all_at_once(&machine, &[make(), sign.clone(), make(), sign]);
        let codes: Vec<i32> = runs.iter().map(|run| run.output.code()).collect();
        assert_eq!((codes[0], codes[2]), (0, 0), "{}{}", runs[0].output, runs[2].output);
        let ends: Vec<_> = [1, 3].map(|index| runs[index].output.clone()).into();
        for output in ends {
            match output.code() {
                0 => signed += 1,
                // `sign` ran before the setup, or the other setup was first.
                _ if output.stderr.contains("exists already") => {}
                _ => drop(output.exited(3).says("labtrust has no CA on this machine")),
            }
        }
        let verify = format!(
            "[ ! -e /srv/{name}.crt ] || openssl verify -x509_strict -CAfile {ROOT} -untrusted /srv/{name}.crt /srv/{name}.crt"
        );
        machine.sh(&verify).succeeded();
        undo().run(&machine).succeeded();
    }
    assert!(signed > 0, "no certificate was signed: the race was not tried");
    println!("{rounds} times two to sign beside two setups: {signed} signed, each by the CA that stands");
}

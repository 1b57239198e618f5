//! Planted under the name of a host, in the folder that somebody types a command in.

use super::witness;
use crate::{
    lab::{Gitlab, HOST, Pair, REGISTRY, Validity},
    trust::fingerprint,
};

/// A folder that anybody writes to.
const FOLDER: &str = "/tmp/shared";

#[test]
fn a_file_that_is_named_like_a_host_stands_for_no_host() {
    let machine = machine!("client");
    machine.without_hooks();
    machine.without_docker();
    let planted = Pair::constrained(&machine, &[HOST]);
    let names =
        [HOST.to_owned(), REGISTRY.to_owned(), format!("{HOST}/group"), "nas".into(), "ca.crt".into()];
    for name in &names {
        machine.write(&format!("{FOLDER}/{name}").replace("com/", "com.d/"), &planted.root);
    }
    machine.sh(&format!("cd {FOLDER} && rm {HOST} && mkdir {HOST} && cp nas {HOST}/group")).succeeded();
    let before = (machine.manifest(), witness(&machine));
    let run = |line: &str| machine.sh(&format!("cd {FOLDER} && labtrust {line}"));
    // Nothing answers: the file is named in the hint, and left alone.
    for host in [REGISTRY, "nas", HOST] {
        for verb in ["trust", "inspect"] {
            let hint = format!("in the current folder, add a slash: ./{host}");
            run(&format!("{verb} {host}")).exited(3).says("cannot read the server's certificate").says(&hint);
        }
        run(&format!("untrust {host}"))
            .exited(3)
            .says("labtrust installed no CA here")
            .says(&format!("./{host}"));
    }
    for text in ["ca.crt", &names[2]] {
        for verb in ["trust", "inspect", "untrust"] {
            run(&format!("{verb} {text}")).exited(2).says(&format!("./{text}"));
        }
    }
    assert_eq!(machine.changes_since(&before.0), [""; 0]);
    assert_eq!(witness(&machine), before.1);

    // The server answers: its own root is meant, and what is planted is not.
    let gitlab = Gitlab::start(&machine);
    let served = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&served);
    let planted_too = fingerprint(&machine, &planted.root);
    run(&format!("trust {REGISTRY} --fingerprint {planted_too}")).exited(3).says("fingerprint");
    run(&format!("trust {REGISTRY}")).exited(3).says("is not trusted without its fingerprint");
    let sha256 = fingerprint(&machine, &served.root);
    run(&format!("trust {REGISTRY} --fingerprint {sha256}")).succeeded();
    let listed = machine.read("/etc/ssl/certs/ca-certificates.crt");
    assert!(listed.contains(served.root.trim()) && !listed.contains(planted.root.trim()));
    // Taking it back asks for no file either.
    run(&format!("untrust {REGISTRY}")).succeeded();
    assert!(!machine.read("/etc/ssl/certs/ca-certificates.crt").contains(served.root.trim()));
}

#[test]
fn a_file_with_a_slash_and_standard_input_are_read() {
    let machine = machine!("client");
    machine.without_hooks();
    machine.without_docker();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    let sha256 = fingerprint(&machine, &pair.root);
    machine.write(&format!("{FOLDER}/{REGISTRY}"), &pair.root);
    let run = |line: &str| machine.sh(&format!("cd {FOLDER} && {line} <./{REGISTRY}"));
    for source in [format!("./{REGISTRY}"), "-".into()] {
        run(&format!("labtrust inspect {source}")).succeeded().says("a root CA");
        // Standard input is no terminal, so nobody can be asked.
        run(&format!("labtrust trust {source} --for {REGISTRY} --yes")).exited(3).says("--fingerprint");
        run(&format!("labtrust trust {source} --for {REGISTRY} --fingerprint {sha256}")).succeeded();
        run(&format!("labtrust untrust {source}")).succeeded().says("✓  system");
    }
    machine.command(["labtrust", "trust", "-"]).run().exited(3).says("standard input: the file is empty");
}

//! A machine with forty stores, of which four misbehave: the others are served and proven, and nobody waits for them.

use std::time::{Duration, Instant};

use super::{chromium::create, serving};
use crate::lab::{Engine, Jdk, Machine, REGISTRY};

/// What the keytool of four JDKs does, by the last part of its home.
const BAD: [(&str, &str); 4] = [
    ("fails", "echo 'keytool error: java.io.IOException' >&2; exit 1"),
    ("hangs", "exec sleep 3000"),
    ("floods", "exec yes password"),
    ("lies", "exit 0"),
];

/// The seconds that the slowest store takes: the time limit of a keytool that hangs.
const SLOWEST: u64 = 60;

const PROFILES: usize = 24;
const GOOD_JDKS: usize = 8;

/// Fills the machine, and gives the number of its stores.
fn fill(machine: &Machine) -> usize {
    machine.ensure_user("alice");
    for number in 0..PROFILES {
        create(machine, &format!("/home/alice/.mozilla/firefox/p{number}"));
    }
    create(machine, "/home/alice/.pki/nssdb");
    for number in 0..GOOD_JDKS {
        Jdk::install(machine, &format!("/opt/jdk-{number}"));
    }
    for (name, does) in BAD {
        Jdk::install(machine, &format!("/opt/jdk-{name}"));
        machine.write_with_mode(
            &format!("/opt/jdk-{name}/bin/keytool"),
            "755",
            format!("#!/bin/sh\n{does}\n"),
        );
    }
    machine.sh("mkdir -p /etc/gitlab-runner; touch /etc/gitlab-runner/config.toml").succeeded();
    // The system store, Docker, the runner, Chromium.
    PROFILES + GOOD_JDKS + BAD.len() + 4
}

#[test]
fn forty_stores_of_which_four_misbehave() {
    let machine = machine!("forty");
    machine.without_hooks();
    let _engine = Engine::start(&machine);
    let (_, fingerprint) = serving(&machine);
    let count = fill(&machine);
    assert_eq!(count, 40);
    let sudo = "SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice";
    let labtrust = |words: &str| {
        machine
            .command(["sh", "-c", &format!("{sudo} labtrust {words}")])
            .limit(Duration::from_secs(300))
            .run()
    };

    let started = Instant::now();
    let trusted = labtrust(&format!("trust {REGISTRY} --fingerprint {fingerprint} -v")).exited(3);
    let took = started.elapsed();
    let stores = ["system", "docker", "runner", "chromium"].map(|name| format!("✓  {name}"));
    let profiles = (0..PROFILES).map(|number| format!("/home/alice/.mozilla/firefox/p{number} lists it"));
    let jdks = (0..GOOD_JDKS).map(|number| format!("in /opt/jdk-{number}/lib/security/cacerts"));
    let faults = ["keytool error: java.io.IOException", "printed more than 8 MB"].map(str::to_owned);
    let slowest = format!("did not end within {SLOWEST} seconds");
    for text in stores.into_iter().chain(profiles).chain(jdks).chain(faults).chain([slowest]) {
        assert!(trusted.stdout.contains(&text), "{text}: {trusted}");
    }
    for (name, _) in BAD {
        assert!(!trusted.stdout.contains(&format!("in /opt/jdk-{name}/lib/security/cacerts\n")), "{trusted}");
    }
    println!("{count} stores: trust took {took:.1?}, of which the slowest store {SLOWEST} s");
    assert!(took.as_secs_f64() <= 1.3 * f64::from(u32::try_from(SLOWEST).unwrap()), "{took:?}");

    let started = Instant::now();
    labtrust("status").exited(1).says("java");
    let took = started.elapsed();
    println!("status took {took:.2?}");
    assert!(took < Duration::from_secs(5), "{took:?}");

    // The Docker daemon still has the system store in its memory.
    labtrust("untrust -v").exited(4).says("not in /opt/jdk-0/lib/security/cacerts");
}

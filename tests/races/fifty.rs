//! Fifty runs of labtrust at once, with readers at the same time.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    Cas,
    bundle::{Bundle, Seen},
    crowd::{Member, Run, all_at_once, longest},
    rounds,
};
use crate::lab::Machine;

const CROWD: usize = 50;

/// Runs that only trust, from several state folders; and runs that trust and untrust in turn.
const KEPT: [usize; 2] = [0, 1];
const CONTESTED: usize = 2;

fn members(cas: &Cas, uid: &str) -> Vec<Member> {
    let member = |index: usize| match index % 10 {
        0 | 7 => cas.trust(0),
        1 => cas.trust(1).with(&["--state", &format!("/tmp/state-{index}")]),
        2 => cas.trust(1).by_sudo("alice", uid),
        3 => cas.trust(0).with(&["--json", "--state", "/tmp/state-shared"]),
        4 | 9 => cas.trust(CONTESTED),
        5 => Cas::untrust(CONTESTED).with(&["--json"]),
        6 => Cas::untrust(CONTESTED).with(&["--quiet"]),
        _ => cas.trust(3).by_user("alice"),
    };
    (0..CROWD).map(member).collect()
}

#[test]
fn fifty_at_once_lose_nothing_and_say_what_is_so() {
    let machine = machine!("client", with_all_anchors);
    machine.without_hooks();
    machine.ensure_user("alice");
    let cas = Cas::made(&machine, 4);
    let settled = machine.settled();
    let before = Bundle::of(&machine).unwrap();
    baseline(&machine, &before);
    let uid = machine.sh("id -u alice").succeeded().stdout.trim().to_owned();
    for _ in 0..rounds(1, 10) {
        let reads = AtomicBool::new(true);
        let (runs, seen, looked) = thread::scope(|scope| {
            let readers = scope.spawn(|| read_meanwhile(&machine, &cas, &reads));
            let (runs, seen) =
                Seen::during(&machine, &before, || all_at_once(&machine, &members(&cas, &uid)));
            reads.store(false, Ordering::Relaxed);
            (runs, seen, readers.join().unwrap())
        });
        let claims = judge(&machine, &cas, &runs);
        let after = Bundle::of(&machine).unwrap();
        println!(
            "{CROWD} runs at once: {claims} claims, {claims} held; {} of {} certificates lost at the end, {} at the worst of {} looks; the last run ended after {:.1} s; {looked} readers beside, none failed or waited",
            after.lacks(&before),
            before.certificates.len(),
            seen.lacked,
            seen.looks,
            longest(&runs),
        );
        assert!(seen.held() && after.whole && after.lacks(&before) == 0, "{seen:?}");
        take_all_back(&machine);
        // A folder that one state folder created stays while another one has a file in it.
        let mut left = machine.changes_since(&settled);
        left.retain(|line| !line.contains("nothing -> folder"));
        assert_eq!(left, [""; 0], "not everything was undone");
    }
}

/// The damage that updaters without labtrust do to each other, for comparison.
fn baseline(machine: &Machine, before: &Bundle) {
    let members = vec![Member::root(["update-ca-certificates"]); 8];
    let (runs, seen) = Seen::during(machine, before, || all_at_once(machine, &members));
    let lacks = Bundle::of(machine).map_or(before.certificates.len(), |bundle| bundle.lacks(before));
    println!(
        "baseline: {} bare update-ca-certificates at once: {} said they succeeded; {lacks} of {} certificates lost at the end, {} at the worst of {} looks",
        runs.len(),
        runs.iter().filter(|run| run.output.code() == 0).count(),
        before.certificates.len(),
        seen.lacked,
        seen.looks,
    );
    machine.run(["update-ca-certificates"]).succeeded();
    assert_eq!(Bundle::of(machine).unwrap().lacks(before), 0);
}

/// Checks the report of each run. Returns the number of reports that claim a present state.
fn judge(machine: &Machine, cas: &Cas, runs: &[Run]) -> usize {
    let bundle = Bundle::of(machine).unwrap();
    let mut claims = 0;
    for run in runs {
        if run.is_about(&Cas::file(3)) {
            run.output.clone().exited(3).says("needs root");
            continue;
        }
        run.output.clone().succeeded();
        claims += 1;
        if run.member.line.iter().any(|word| word == "--json") {
            serde_json::from_str::<serde_json::Value>(&run.output.stdout).unwrap();
        }
    }
    for index in KEPT {
        assert!(bundle.holds(cas.root(index)), "CA {index} is not trusted at the end");
    }
    // The last run decides; of runs that ended at nearly the same time, any may be the last.
    let contested = || runs.iter().filter(|run| run.is_about(&Cas::file(CONTESTED)));
    let last = contested().map(|run| run.ended).max().unwrap();
    let is_held = bundle.holds(cas.root(CONTESTED));
    assert!(
        contested()
            .any(|run| last.abs_diff(run.ended) < Duration::from_millis(500) && run.is_trust() == is_held),
        "whoever came last said otherwise"
    );
    let receipt = format!("/var/lib/labtrust/receipts/trust-{}/receipt.json", short(cas, CONTESTED));
    assert_eq!(machine.has(&receipt), is_held);
    claims
}

/// The part of a receipt's name that identifies the CA.
fn short(cas: &Cas, index: usize) -> String {
    cas.0[index].1.to_lowercase().replace(':', "")[..16].to_owned()
}

/// Runs `status` until `go_on` is false. It must neither fail nor wait while other runs change things. Returns the number of
/// runs.
fn read_meanwhile(machine: &Machine, cas: &Cas, go_on: &AtomicBool) -> usize {
    let readers = [
        Member::root(["labtrust", "status", "--json"]),
        cas.trust(CONTESTED).with(&["--dry-run", "--json"]),
        Cas::untrust(CONTESTED).with(&["--dry-run", "--json"]),
        Member::root(["labtrust", "inspect", &Cas::file(0), "--json"]),
        Member::root(["labtrust", "status", "--json"]).by_user("alice"),
    ];
    let mut looked = 0;
    for reader in readers.iter().cycle() {
        if !go_on.load(Ordering::Relaxed) {
            break;
        }
        let started = Instant::now();
        let output = reader.run(machine);
        assert!([0, 1].contains(&output.code()), "{output}");
        assert!(!output.stderr.contains("waiting"), "{output}");
        assert!(started.elapsed() < Duration::from_secs(20), "{output}");
        serde_json::from_str::<serde_json::Value>(&output.stdout).unwrap();
        looked += 1;
    }
    looked
}

/// Undoes everything from every state folder; one may have transferred a file to another.
fn take_all_back(machine: &Machine) {
    machine.sh("for state in /tmp/state-*; do labtrust untrust --all --state $state; done; true").succeeded();
    machine.run(["labtrust", "untrust", "--all"]).succeeded();
    // Her own git trusts the CAs that she could not add to the machine.
    machine.run_as("alice", ["labtrust", "untrust", "--all"]).succeeded();
    assert!(!machine.has("/run/labtrust.lock"), "the lock file is still there");
}

//! Runs of labtrust at the same time as programs that take no lock: the distribution's updater, run again and again, and
//! Java's keytool, run by another program.

use std::{collections::BTreeSet, thread, time::Duration};

use super::{
    Cas,
    bundle::{Bundle, Seen},
    crowd::{Member, Run, all_at_once, longest},
    rounds,
};
use crate::lab::{HOST, Machine, Pair, REGISTRY, Validity};

const KEYSTORE: &str = "/etc/ssl/certs/java/cacerts";

/// A script that runs the updater as long as `/tmp/go` exists.
const UPDATERS: &str =
    "while [ -e /tmp/go ]; do update-ca-certificates >/dev/null 2>&1; sleep 0.$(date +%N | cut -c1); done";

/// A script that imports certificates with keytool, and prints the imports that keytool reported as successful.
const IMPORTS: &str = "
number=0
while [ -e /tmp/go ]; do
    number=$((number + 1))
    keytool -importcert -noprompt -storepass changeit -alias stranger-$number -file /tmp/stranger.crt \
        -keystore /etc/ssl/certs/java/cacerts >/dev/null 2>&1 && echo stranger-$number
    sleep 0.5
done";

/// The aliases in Java's keystore, listed by Java itself.
fn entries(machine: &Machine) -> BTreeSet<String> {
    let list = format!("LC_ALL=C keytool -list -storepass changeit -keystore {KEYSTORE}");
    let listed = machine.sh(&list).succeeded().stdout;
    let entry = |line: &str| Some(line.split_once(", ")?.0.to_owned());
    listed.lines().filter(|line| line.ends_with("trustedCertEntry, ")).filter_map(entry).collect()
}

/// Calls `runs` while updaters and another program's keytool run. Returns its result, the number of imports that keytool
/// reported as successful, and the number of those that are in the keystore.
fn beside<T>(machine: &Machine, updaters: bool, runs: impl FnOnce() -> T) -> (T, usize, usize) {
    machine.write("/tmp/go", "");
    let result = thread::scope(|scope| {
        let updating = scope.spawn(|| updaters.then(|| machine.sh(UPDATERS).succeeded()));
        let importing = scope.spawn(|| machine.sh(IMPORTS).succeeded());
        let result = runs();
        machine.run(["rm", "/tmp/go"]).succeeded();
        updating.join().unwrap();
        (result, importing.join().unwrap().stdout)
    });
    let (result, told) = result;
    let there = entries(machine);
    let kept = told.lines().filter(|alias| there.contains(*alias)).count();
    (result, told.lines().count(), kept)
}

fn forget_strangers(machine: &Machine) {
    let delete = format!(
        "keytool -list -storepass changeit -keystore {KEYSTORE} | sed -n 's/^\\(stranger-[0-9]*\\),.*/\\1/p' |
         while read -r alias; do keytool -delete -storepass changeit -keystore {KEYSTORE} -alias $alias; done"
    );
    machine.sh(&delete).succeeded();
}

#[test]
fn beside_bare_updaters_and_a_strangers_keytool_every_claim_holds() {
    let machine = machine!("client", with_all_anchors);
    let cas = Cas::made(&machine, 4);
    let stranger = Pair::made(&machine, &["other.example.com"], Validity::Current);
    machine.write("/tmp/stranger.crt", &stranger.root);
    machine.settled();
    let before = Bundle::of(&machine).unwrap();
    baseline(&machine, &before, &cas);
    let java_before = entries(&machine);

    for _ in 0..rounds(1, 10) {
        let mut members: Vec<Member> =
            (0..3).flat_map(|index| [cas.trust(index), cas.trust(index)]).collect();
        members.extend([cas.trust(3), Cas::untrust(3), cas.trust(2).with(&["--state", "/tmp/state"])]);
        let ((runs, seen), told, kept) =
            beside(&machine, true, || Seen::during(&machine, &before, || all_at_once(&machine, &members)));
        let after = Bundle::of(&machine).unwrap();
        let java = entries(&machine);
        let (claims, held) = judge(&machine, &cas, &runs);
        println!(
            "{} runs beside bare updaters: {claims} claims, {held} held; {} of {} certificates lost at the end, {} at the worst of {} looks; the last run ended after {:.1} s; the stranger's keytool was told of {told} imports and {kept} are there; {} of Java's {} entries lost",
            runs.len(),
            after.lacks(&before),
            before.certificates.len(),
            seen.lacked,
            seen.looks,
            longest(&runs),
            java_before.difference(&java).count(),
            java_before.len(),
        );
        assert!(after.whole && after.lacks(&before) == 0);
        assert_eq!(java_before.difference(&java).count(), 0);
        assert!(claims == held && claims * 2 > runs.len());
        // Each of the two states knows only its own changes: one may have the system store, and the other Docker.
        let untrusted =
            ["", " --state /tmp/state"].map(|state| machine.sh(&format!("labtrust untrust --all{state}")));
        assert!(untrusted.iter().all(|output| [0, 1].contains(&output.code())), "{untrusted:?}");
        let left = Bundle::of(&machine).unwrap();
        assert!((0..4).all(|index| !left.holds(cas.root(index))), "{left:?}");
        machine.sh(&format!("! find /etc/docker/certs.d/{REGISTRY} -type f | grep .")).succeeded();
        forget_strangers(&machine);
        let left = entries(&machine);
        assert_eq!(left.symmetric_difference(&java_before).collect::<Vec<_>>(), [""; 0]);
    }
}

/// The race without labtrust: anchors are copied by hand, and updaters run.
fn baseline(machine: &Machine, before: &Bundle, cas: &Cas) {
    let put = |index: usize| {
        let script = format!(
            "cp {} /usr/local/share/ca-certificates/hand-{index}.crt && update-ca-certificates",
            Cas::file(index)
        );
        Member::root(["sh", "-c", &script])
    };
    let members: Vec<_> = (0..3).map(put).collect();
    let ((runs, seen), told, kept) =
        beside(machine, true, || Seen::during(machine, before, || all_at_once(machine, &members)));
    let after = Bundle::of(machine).unwrap_or_default();
    println!(
        "baseline: {} anchors by hand beside bare updaters: {} said they succeeded, {} hold; {} of {} certificates lost at the end, {} at the worst of {} looks; the stranger's keytool was told of {told} imports and {kept} are there",
        runs.len(),
        runs.iter().filter(|run| run.output.code() == 0).count(),
        (0..3).filter(|index| after.holds(cas.root(*index))).count(),
        after.lacks(before),
        before.certificates.len(),
        seen.lacked,
        seen.looks,
    );
    machine.sh("rm /usr/local/share/ca-certificates/hand-*; update-ca-certificates --fresh").succeeded();
    forget_strangers(machine);
    assert_eq!(Bundle::of(machine).unwrap().lacks(before), 0);
}

/// The number of claims that the runs made, and of those that are true for the bundle and Java's keystore.
fn judge(machine: &Machine, cas: &Cas, runs: &[Run]) -> (usize, usize) {
    let bundle = Bundle::of(machine).unwrap();
    let java = machine.sh(&format!("keytool -list -rfc -storepass changeit -keystore {KEYSTORE}"));
    let java: String = java.succeeded().stdout.split_whitespace().collect();
    let in_java = |root: &str| {
        let base64: String = root.lines().filter(|line| !line.starts_with('-')).collect();
        java.contains(&base64)
    };
    let (mut claims, mut held) = (0, 0);
    for run in runs {
        // If other programs are too fast, a reported failure is a true claim.
        if run.output.code() != 0 {
            println!("no claim: {}", run.output.clone().exited(3));
            continue;
        }
        claims += 1;
        let index = (0..3).find(|index| run.is_about(&Cas::file(*index)));
        // A CA that is trusted and untrusted at once may be there or not; all others must be there.
        let holds = index.is_none_or(|index| {
            let root = cas.root(index);
            let is_there = bundle.holds(root) && in_java(root);
            if !is_there {
                println!("in the bundle {}, in Java's {}: {}", bundle.holds(root), in_java(root), run.output);
            }
            is_there
        });
        held += usize::from(holds);
    }
    (claims, held)
}

#[test]
fn an_endless_loop_of_updaters_is_not_waited_for_forever() {
    let machine = machine!("client", with_all_anchors);
    machine.without_hooks();
    let cas = Cas::made(&machine, 1);
    let before = Bundle::of(&machine).unwrap();
    machine.write("/tmp/go", "");
    let bare = "while [ -e /tmp/go ]; do update-ca-certificates >/dev/null 2>&1; done";
    thread::scope(|scope| {
        scope.spawn(|| machine.sh(bare).succeeded());
        thread::sleep(Duration::from_millis(300));
        let trusted = cas.trust(0).run(&machine);
        let held = Bundle::of(&machine).is_some_and(|bundle| bundle.holds(cas.root(0)));
        machine.run(["rm", "/tmp/go"]).succeeded();
        trusted.succeeded();
        assert!(held, "it was said to be trusted");
    });
    let after = Bundle::of(&machine).unwrap();
    assert!(after.whole && after.holds(cas.root(0)) && after.lacks(&before) == 0, "{HOST}: {after:?}");
}

//! Kills the programs that labtrust starts, and their children, after each call that changes a file: one program
//! alone, or all of them together with labtrust.

use std::collections::BTreeSet;

use super::{
    calls::{CHANGING, set},
    is_whole, sample,
    scene::Scene,
    table::{Lane, Trial},
    verbs::{TRUSTING, VERBS},
};
use crate::lab::Output;

const KEYSTORE: &str = "/etc/ssl/certs/java/cacerts";

/// The number of writes that are tried: a verb makes thousands.
const WRITES: usize = 20;

/// The number of Java's writes to its keystore that are tried: each takes seconds.
const JAVA_WRITES: usize = 6;

/// The processes that the signal ends, and the lane's name for it.
const WHO: [(&str, &str); 2] = [("child", "child killed"), ("all", "all killed")];

/// A lane for each verb and way to die.
pub(super) fn lanes() -> Vec<Lane> {
    let mut lanes = Vec::new();
    for (who, fault) in WHO {
        lanes.extend(VERBS.into_iter().map(|verb| Lane {
            verb,
            fault: fault.into(),
            at: "children's calls",
            work: Box::new(move |trial| {
                let is_write = |name: &&str| name.contains("write");
                let (writes, others): (Vec<_>, Vec<_>) = CHANGING.into_iter().partition(is_write);
                for (calls, most) in [(others, usize::MAX), (writes, WRITES)] {
                    try_all(trial, who, &calls, most);
                }
            }),
        }));
    }
    // Only `trust`: untrusting restores the keystore's old bytes, and runs no Java.
    lanes.extend(is_whole().then(|| Lane {
        verb: &TRUSTING,
        fault: "Java killed".into(),
        at: "keystore's writes",
        work: Box::new(|trial| {
            trial.move_to(Scene::with_java);
            let writes = java_writes(trial.scene());
            for when in spread(writes, JAVA_WRITES) {
                // A killed Java leaves dpkg half configured, and dpkg runs Java no more: each point needs a new machine.
                trial.move_to(Scene::with_java);
                trial.point(&format!("write {when} of {writes}"), |scene| kill_java(scene, when));
            }
        }),
    }));
    lanes
}

fn try_all(trial: &mut Trial, who: &str, calls: &[&str], most: usize) {
    let scene = trial.scene();
    scene.prepare();
    killed(scene, who, 0, calls).succeeded();
    let points = points(scene);
    scene.undo();
    let stride = points.len().div_ceil(most);
    let numbered: Vec<_> = (1..).zip(points).step_by(stride).collect();
    for (number, point) in sample(numbered, 8, 14, |_| String::new()) {
        trial.point(&format!("{number} {point}"), |scene| {
            let output = killed(scene, who, number, calls);
            assert!(self::points(scene).len() >= number, "it was not reached: {output}");
            scene.check();
            match (who, output.code()) {
                ("child", 0) => scene.check_done(),
                ("child", 3) | ("all", 137) => {}
                _ => panic!("{output}"),
            }
            scene.check_recovery();
        });
    }
}

/// How many writes one Java process makes to its keystore during the verb.
fn java_writes(scene: &Scene) -> usize {
    scene.prepare();
    run_with_java_under(scene, "").succeeded();
    let script = "awk '/ write[(]/ { writes[FILENAME, $1]++ } \
                  END { for (thread in writes) if (writes[thread] > most) most = writes[thread]; print most + 0 }' \
                  /tmp/java.*; rm -f /tmp/java.*";
    let writes = scene.machine.sh(script).succeeded().stdout.trim().parse().unwrap();
    assert!(writes > 1, "Java wrote {writes} times to {KEYSTORE}");
    scene.undo();
    writes
}

/// At most `most` numbers from 1 to `last`, evenly spread; both ends are among them.
fn spread(last: usize, most: usize) -> BTreeSet<usize> {
    (0..most).map(|step| 1 + (last - 1) * step / (most - 1)).collect()
}

/// Kills Java at its `when`th write to the keystore: the Java of the hook, and the keytool that labtrust runs.
fn kill_java(scene: &Scene, when: usize) {
    let output = run_with_java_under(scene, &format!("-e inject=write:signal=KILL:when={when}"));
    // strace shows the call that the signal ended without a result.
    scene.machine.sh("grep -q '= ?' /tmp/java.*; met=$?; rm -f /tmp/java.*; exit $met").succeeded();
    scene.check();
    match output.code() {
        0 => scene.check_done(),
        3 => {}
        _ => panic!("{output}"),
    }
    scene.check_recovery();
}

/// Runs the verb while strace, with `options`, records Java's writes to the keystore in `/tmp/java.PID`.
fn run_with_java_under(scene: &Scene, options: &str) -> Output {
    let wrap =
        "cd $(dirname $(readlink -f /usr/bin/java)); for tool in java keytool; do mv $tool $tool.real; done
        cat >java; cp java keytool; chmod 755 java keytool";
    let wrapper = format!(
        "#!/bin/sh\nexec strace -f -qq -o /tmp/java.$$ -P {KEYSTORE} -e trace=write {options} \
         $(readlink -f $0).real \"$@\"\n"
    );
    scene.machine.command(["sh", "-c", wrap]).stdin(wrapper).run().succeeded();
    let output = scene.command().run();
    let unwrap =
        "cd $(dirname $(readlink -f /usr/bin/java)); for tool in java keytool; do mv $tool.real $tool; done";
    scene.machine.sh(unwrap).succeeded();
    output
}

/// Runs the verb, and kills `who` (`child` or `all`) after the `number`th call of its children.
fn killed(scene: &Scene, who: &str, number: usize, calls: &[&str]) -> Output {
    scene.machine.write("/tmp/stop.py", include_str!("stop.py"));
    let driver = format!("|python3 /tmp/stop.py {who} {number} {} 2>/tmp/stop.log", calls.join(","));
    let (trace, inject) = (format!("trace={}", set(calls)), format!("inject={}:signal=STOP", set(calls)));
    scene.run_under(&["strace", "-f", "-q", "-y", "-s", "0", "-o", &driver, "-e", &trace, "-e", &inject])
}

/// The calls of the verb's children that the last run counted.
fn points(scene: &Scene) -> Vec<String> {
    let read = scene.machine.sh("cat /tmp/points /tmp/stop.log; rm /tmp/points").succeeded();
    read.stdout.lines().map(str::to_owned).collect()
}

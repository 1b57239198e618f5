//! Killed while others work for it: each process that labtrust starts, and each that those start, after
//! each call that changes a file; alone, or with all the others and labtrust itself.

use super::{
    calls::{CHANGING, set},
    is_whole, sample,
    scene::Scene,
    table::{Lane, Trial},
    verbs::{TRUSTING, VERBS},
};
use crate::lab::Output;

const KEYSTORE: &str = "/etc/ssl/certs/java/cacerts";

/// So many of the writes are tried, of which there are thousands.
const WRITES: usize = 20;

/// Which writes to Java's keystore are tried, which takes seconds each time: there are hundreds.
const JAVA: [usize; 6] = [1, 2, 5, 20, 60, 120];

/// Whom a signal ends, and how that is called.
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
    // Untrusting puts the keystore's old bytes back, and runs no Java.
    lanes.extend(is_whole().then(|| Lane {
        verb: &TRUSTING,
        fault: "Java killed".into(),
        at: "keystore's writes",
        work: Box::new(|trial| {
            for when in JAVA {
                // The dpkg that ran Java runs it no more until it is mended.
                trial.move_to(Scene::with_java);
                trial.point(&format!("write {when}"), |scene| kill_java(scene, when));
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

/// Java is killed at its `when`th write to the keystore: when a hook runs it, and when labtrust runs keytool.
fn kill_java(scene: &Scene, when: usize) {
    let wrap =
        "cd $(dirname $(readlink -f /usr/bin/java)); for tool in java keytool; do mv $tool $tool.real; done
        cat >java; cp java keytool; chmod 755 java keytool";
    let wrapper = format!(
        "#!/bin/sh\nexec strace -f -qq -o /tmp/java.$$ -P {KEYSTORE} -e trace=write \
         -e inject=write:signal=KILL:when={when} $(readlink -f $0).real \"$@\"\n"
    );
    scene.machine.command(["sh", "-c", wrap]).stdin(wrapper).run().succeeded();
    let output = scene.command().run();
    let unwrap =
        "cd $(dirname $(readlink -f /usr/bin/java)); for tool in java keytool; do mv $tool.real $tool; done";
    scene.machine.sh(unwrap).succeeded();
    // A call that never returned.
    scene.machine.sh("grep -q '= ?' /tmp/java.*; met=$?; rm -f /tmp/java.*; exit $met").succeeded();
    scene.check();
    match output.code() {
        0 => scene.check_done(),
        3 => {}
        _ => panic!("{output}"),
    }
    scene.check_recovery();
}

/// Runs the verb, with `who` (`child` or `all`) killed after the `number`th of its children's calls.
fn killed(scene: &Scene, who: &str, number: usize, calls: &[&str]) -> Output {
    scene.machine.write("/tmp/stop.py", include_str!("stop.py"));
    let driver = format!("|python3 /tmp/stop.py {who} {number} {} 2>/tmp/stop.log", calls.join(","));
    let (trace, inject) = (format!("trace={}", set(calls)), format!("inject={}:signal=STOP", set(calls)));
    scene.run_under(&["strace", "-f", "-q", "-y", "-s", "0", "-o", &driver, "-e", &trace, "-e", &inject])
}

/// The calls of its children that the last run counted.
fn points(scene: &Scene) -> Vec<String> {
    let read = scene.machine.sh("cat /tmp/points /tmp/stop.log; rm /tmp/points").succeeded();
    read.stdout.lines().map(str::to_owned).collect()
}

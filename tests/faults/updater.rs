//! A broken updater of the distribution, or a broken hook: labtrust must notice and report it, and the machine must keep its
//! bundle.

use std::time::Duration;

use super::{is_whole, sample, scene::Scene, table::Lane, verbs::VERBS};

/// A way in which the updater or a hook is broken.
#[derive(Clone, Copy)]
struct Fault {
    what: &'static str,
    /// The script that replaces the updater.
    updater: Option<&'static str>,
    /// The script of a hook.
    hook: Option<&'static str>,
    /// The message when an anchor is added.
    says: &'static str,
    /// Whether the anchor is trusted despite the fault.
    trusted: bool,
}

const WELL: Fault = Fault { what: "", updater: None, hook: None, says: "", trusted: false };

const FAULTS: [Fault; 11] = [
    Fault { what: "a hook exits 3", hook: Some("exit 3"), says: "exited with code 3", trusted: true, ..WELL },
    Fault {
        what: "a hook is killed",
        hook: Some("kill -9 $$"),
        says: "exited with code 137",
        trusted: true,
        ..WELL
    },
    Fault { what: "a hook leaves a service behind", hook: Some("sleep 300 &"), trusted: true, ..WELL },
    Fault { what: "lies", updater: Some("exit 0"), says: "not in /etc/ssl/certs", ..WELL },
    Fault { what: "is missing", says: "update-ca-certificates is missing", ..WELL },
    Fault { what: "fails", updater: Some("echo reason >&2; exit 4"), says: "exit code 4: reason", ..WELL },
    Fault { what: "is killed", updater: Some("kill -9 $$"), says: "signal 9", ..WELL },
    Fault {
        what: "removes the bundle and fails",
        updater: Some(
            "cd /etc/ssl/certs; mv ca-certificates.crt ca-certificates.crt.new; \
            for file in /usr/local/share/ca-certificates/labtrust-*; do [ ! -e $file ] || ln -sf $file .; done; exit 4",
        ),
        says: "exit code 4",
        ..WELL
    },
    Fault {
        what: "removes the bundle and succeeds",
        updater: Some("rm -f /etc/ssl/certs/ca-certificates.crt"),
        says: "is damaged",
        ..WELL
    },
    Fault {
        what: "cuts the bundle off",
        updater: Some("truncate -s 3000 /etc/ssl/certs/ca-certificates.crt"),
        says: "is damaged",
        ..WELL
    },
    Fault { what: "hangs", updater: Some("sleep 10000"), says: "did not end within", ..WELL },
];

const UPDATER: &str = "/usr/sbin/update-ca-certificates";
const HOOK: &str = "/etc/ca-certificates/update.d/zz-faults";

/// A lane a verb.
pub(super) fn lanes() -> Vec<Lane> {
    let lane = |(number, verb)| Lane {
        verb,
        fault: "broken".into(),
        at: "updater",
        work: Box::new(move |trial| {
            // The hanging updater takes the real time limit, twice.
            let faults = FAULTS.into_iter().filter(|fault| is_whole() || fault.what != "hangs").collect();
            for fault in sample(faults, number, 2, |_| String::new()) {
                trial.point(fault.what, |scene| fault.try_on(scene));
            }
        }),
    };
    (0..).zip(VERBS).map(lane).collect()
}

impl Fault {
    fn try_on(&self, scene: &Scene) {
        self.begin(scene);
        let run = || scene.command().limit(Duration::from_secs(400)).run();
        let output = run();
        scene.check();
        // Undoing does not need a working updater.
        let is_done = output.code() == 0 && (self.says.is_empty() || !scene.verb.adds);
        if !is_done {
            output.exited(3).says(self.says);
        }
        if self.trusted {
            scene.check_anchors();
            if !self.says.is_empty() && scene.verb.adds {
                run().exited(3).says(self.says);
                scene.check_anchors();
            }
        }
        Self::end(scene);
        if is_done {
            scene.check_done();
        }
        scene.check_recovery();
    }

    fn begin(&self, scene: &Scene) {
        if let Some(hook) = self.hook {
            scene.machine.write_with_mode(HOOK, "755", format!("#!/bin/sh\ncat >/dev/null\n{hook}\n"));
            return;
        }
        scene.machine.run(["mv", UPDATER, "/tmp/updater"]).succeeded();
        if let Some(updater) = self.updater {
            scene.machine.write_with_mode(UPDATER, "755", format!("#!/bin/sh\n{updater}\n"));
        }
    }

    fn end(scene: &Scene) {
        let script = format!("rm -f {HOOK}; [ ! -e /tmp/updater ] || mv -f /tmp/updater {UPDATER}");
        scene.machine.sh(&script).succeeded();
    }
}

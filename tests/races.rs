//! Many at once: runs of labtrust beside each other, beside the distribution's own updater and beside
//! Java's own tool. No certificate is lost, and what a run said was so.

mod bundle;
mod crowd;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use self::{
    bundle::{Bundle, Seen},
    crowd::{Member, Run, all_at_once, longest},
};
use crate::{
    lab::{HOST, Machine, Pair, REGISTRY, Validity},
    trust::fingerprint,
};

/// All runs of a crowd end within this.
const LIMIT: Duration = Duration::from_secs(300);

/// CAs of other hands, each in a file.
struct Cas(Vec<(String, String)>);

impl Cas {
    fn made(machine: &Machine, count: usize) -> Self {
        let make = |index| {
            let pair = Pair::made(machine, &[HOST], Validity::Current);
            machine.write(&format!("/srv/ca-{index}.crt"), &pair.root);
            let fingerprint = fingerprint(machine, &pair.root);
            (pair.root, fingerprint)
        };
        Self((0..count).map(make).collect())
    }

    fn root(&self, index: usize) -> &str {
        &self.0[index].0
    }

    fn trust(&self, index: usize) -> Member {
        let file = format!("/srv/ca-{index}.crt");
        let fingerprint = &self.0[index].1;
        Member::root(["labtrust", "trust", &file, "--for", REGISTRY, "--fingerprint", fingerprint])
    }

    fn untrust(index: usize) -> Member {
        Member::root(["labtrust", "untrust", &format!("/srv/ca-{index}.crt")])
    }
}

impl Member {
    fn with(mut self, more: &[&str]) -> Self {
        self.line.extend(more.iter().map(|&word| word.to_owned()));
        self
    }
}

/// Does `work` while the bundle is watched.
fn watched<T>(machine: &Machine, before: &Bundle, work: impl FnOnce() -> T) -> (T, Seen) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let seen = scope.spawn(|| Seen::watch(machine, before, &done));
        let result = work();
        done.store(true, Ordering::Relaxed);
        (result, seen.join().unwrap())
    })
}

/// What bare updaters do to each other: what labtrust is measured by.
fn baseline(machine: &Machine, before: &Bundle, at_once: usize) {
    let members: Vec<_> = (0..at_once).map(|_| Member::root(["update-ca-certificates"])).collect();
    let (runs, seen) = watched(machine, before, || all_at_once(machine, &members, LIMIT));
    let lacks = Bundle::of(machine).map_or(before.certificates.len(), |bundle| bundle.lacks(before));
    let said = runs.iter().filter(|run| run.output.code() == 0).count();
    println!(
        "baseline: {at_once} bare update-ca-certificates at once: {said} said they succeeded, {lacks} of {} certificates lost at the end, {} at the worst of {} looks",
        before.certificates.len(),
        seen.lacked,
        seen.looks,
    );
    machine.run(["update-ca-certificates"]).succeeded();
    assert_eq!(Bundle::of(machine).unwrap().lacks(before), 0);
}

fn without_hooks(machine: &Machine) {
    machine.sh("rm -f /etc/ca-certificates/update.d/*").succeeded();
    machine.settled();
}

fn said_trusted(run: &Run) -> bool {
    run.output.code() == 0 && run.member.line[1] == "trust"
}

#[test]
fn fifty_at_once_lose_nothing_and_say_what_is_so() {
    let machine = machine!("client");
    without_hooks(&machine);
    let cas = Cas::made(&machine, 5);
    let before = Bundle::of(&machine).unwrap();
    baseline(&machine, &before, 8);

    machine.ensure_user("alice");
    let uid = machine.sh("id -u alice").succeeded().stdout;
    let members: Vec<Member> = (0..50)
        .map(|index| match index % 10 {
            // Nobody untrusts the CAs 0 and 1.
            0 => cas.trust(0),
            1 => cas.trust(1).with(&["--state", &format!("/srv/state-{index}")]),
            2 => cas.trust(1).by_sudo("alice", uid.trim()),
            3 => cas.trust(0).with(&["--json", "--state", "/srv/state-shared"]),
            // The CAs 2 and 3 are trusted and untrusted.
            4 | 6 => cas.trust(2),
            5 => Cas::untrust(2),
            7 => cas.trust(3).with(&["--json"]),
            8 => Cas::untrust(3).with(&["--quiet"]),
            // A user is told what root must do.
            _ => cas.trust(4).as_user("alice"),
        })
        .collect();
    let (runs, seen) = watched(&machine, &before, || all_at_once(&machine, &members, LIMIT));
    let after = Bundle::of(&machine).unwrap();
    for run in &runs {
        println!(
            "{:6.2} {:6.2} {} {:?}",
            run.took.as_secs_f32(),
            run.ended.as_secs_f32(),
            run.output.code(),
            &run.member.line[1..]
        );
        if run.output.code() != 0 {
            println!("{}", run.output);
        }
    }
    println!("{seen:?} lacks {} longest {}", after.lacks(&before), longest(&runs));
    assert!(seen.held(), "{seen:?}");
}

//! Nothing lost when things go wrong: each verb is killed, and each call of the system fails, at
//! every point there is. Each time the bundle must load, the reason must be said, the next run must
//! converge, and undoing must give the machine back, byte for byte.
//!
//! Points are found by counting first, so that none is forgotten when the program changes. The
//! ordinary run takes a fixed sample of them; `scripts/faults` takes all.

mod calls;
mod children;
mod disk;
mod errno;
mod kill;
mod scene;
mod table;
mod updater;
mod verbs;

use std::{collections::BTreeSet, sync::Mutex, thread};

use self::table::{Lane, Pool, Table};
use crate::lab;

#[test]
fn every_verb_holds_whatever_fails() {
    drop(machine!("faults"));
    let only = std::env::var("LABTRUST_FAULTS_ONLY").unwrap_or_default();
    let lanes = [kill::lanes(), children::lanes(), updater::lanes(), disk::lanes(), errno::lanes()]
        .into_iter()
        .flatten();
    let lanes: Vec<Lane> = lanes.filter(|lane| lane.name().contains(&only)).collect();
    let (queue, table, pool) = (Mutex::new(lanes.into_iter()), Mutex::new(Table::default()), Pool::default());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(lane) = next else { break };
                    let row = lane.run(&pool);
                    table.lock().unwrap().push(row);
                }
            });
        }
    });
    let table = table.into_inner().unwrap();
    println!("{table}");
    assert!(table.all_held(), "points that did not hold:\n{}", table.broken());
}

/// Whether every point is tried.
fn is_whole() -> bool {
    lab::is_whole("LABTRUST_FAULTS")
}

/// Of `points`, all or every `stride`th from `first` on, and the first of each kind.
fn sample<T>(points: Vec<T>, first: usize, stride: usize, kind: impl Fn(&T) -> String) -> Vec<T> {
    let mut seen = BTreeSet::new();
    let numbered = points.into_iter().enumerate();
    let chosen = numbered.filter(|(index, point)| {
        let is_new = seen.insert(kind(point));
        is_new || is_whole() || index % stride == first % stride
    });
    chosen.map(|(_, point)| point).collect()
}

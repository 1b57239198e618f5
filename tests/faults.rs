//! Faults: each verb is killed, and each of its system calls fails, at every possible point. Each time the bundle must load,
//! the message must name the reason, the next run must converge, and undoing must restore the machine byte for byte.
//!
//! The points are counted in a run without faults, so that none is forgotten when the program changes. The ordinary test
//! takes a fixed sample of them; `scripts/faults` takes all.

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

/// Whether every point is tried, and not a sample.
fn is_whole() -> bool {
    lab::is_whole("LABTRUST_FAULTS")
}

/// All `points`; in a sample, every `stride`th from `first` on, and the first of each kind.
fn sample<T>(points: Vec<T>, first: usize, stride: usize, kind: impl Fn(&T) -> String) -> Vec<T> {
    let mut seen = BTreeSet::new();
    let numbered = points.into_iter().enumerate();
    let chosen = numbered.filter(|(index, point)| {
        let is_new = seen.insert(kind(point));
        is_new || is_whole() || index % stride == first % stride
    });
    chosen.map(|(_, point)| point).collect()
}

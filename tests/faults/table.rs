//! The table of results: the tried points and those that held, one line for each lane. It shows that no lane was skipped.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
    time::{Duration, Instant},
};

use super::{scene::Scene, verbs::Verb};

/// One kind of fault in one verb.
pub(super) struct Lane {
    pub verb: &'static Verb,
    pub fault: String,
    pub at: &'static str,
    pub work: Box<dyn Fn(&mut Trial) + Send>,
}

impl Lane {
    pub(super) fn name(&self) -> String {
        format!("{:<15} {:<13} {}", self.verb.name, self.fault, self.at)
    }

    /// Tries all points.
    pub(super) fn run(self, pool: &Pool) -> Row {
        let started = Instant::now();
        let mut trial =
            Trial { verb: self.verb, set: None, scene: pool.take(self.verb), tried: 0, broken: Vec::new() };
        let worked = catch_unwind(AssertUnwindSafe(|| (self.work)(&mut trial)));
        if let Err(panic) = worked {
            trial.broken.push(format!("could not be tried: {}", text_of(panic.as_ref())));
            trial.scene = None;
        }
        if let (None, Some(scene)) = (trial.set, trial.scene) {
            pool.0.lock().unwrap().push(scene);
        }
        let row =
            Row { name: self.name(), tried: trial.tried, broken: trial.broken, time: started.elapsed() };
        println!("{row}");
        row
    }
}

/// Machines on which all points held, for other lanes of the same verb.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Scene>>);

impl Pool {
    fn take(&self, verb: &Verb) -> Option<Scene> {
        let mut scenes = self.0.lock().unwrap();
        let index = scenes.iter().position(|scene| scene.verb.name == verb.name)?;
        Some(scenes.remove(index))
    }
}

/// The state of a lane while its points are tried. A point that does not hold is recorded, and the next one gets a new
/// machine.
pub(super) struct Trial {
    verb: &'static Verb,
    /// The function that makes its machines, if it is not the usual one.
    set: Option<Box<dyn Fn(&'static Verb) -> Scene>>,
    scene: Option<Scene>,
    tried: usize,
    broken: Vec<String>,
}

impl Trial {
    /// The present machine, or a new one.
    pub(super) fn scene(&mut self) -> &Scene {
        self.scene.get_or_insert_with(|| match &self.set {
            Some(set) => set(self.verb),
            None => Scene::set(self.verb),
        })
    }

    /// Continues on machines that `set` makes.
    pub(super) fn move_to(&mut self, set: impl Fn(&'static Verb) -> Scene + 'static) {
        self.set = Some(Box::new(set));
        self.scene = None;
    }

    /// Tries one point.
    pub(super) fn point(&mut self, name: &str, attempt: impl FnOnce(&Scene)) {
        self.tried += 1;
        let scene = self.scene();
        let held = catch_unwind(AssertUnwindSafe(|| {
            scene.prepare();
            attempt(scene);
        }));
        if let Err(panic) = held {
            self.broken.push(format!("{name}: {}", text_of(panic.as_ref())));
            self.scene = None;
        }
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// The result of a lane.
#[derive(Debug)]
pub(super) struct Row {
    name: String,
    tried: usize,
    broken: Vec<String>,
    time: Duration,
}

impl Row {
    fn held(&self) -> usize {
        self.tried - self.broken.len().min(self.tried)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, tried, .. } = self;
        write!(f, "{name:<44} {tried:>4} tried {:>4} held {:>4} s", self.held(), self.time.as_secs())
    }
}

/// The results of all lanes.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<Row>);

impl Table {
    pub(super) fn push(&mut self, row: Row) {
        self.0.push(row);
        self.0.sort_by(|one, other| one.name.cmp(&other.name));
    }

    pub(super) fn all_held(&self) -> bool {
        self.0.iter().all(|row| row.broken.is_empty() && row.tried > 0)
    }

    pub(super) fn broken(&self) -> String {
        let line = |row: &Row| -> String {
            let none = (row.tried == 0).then(|| format!("{}: no point was found\n", row.name));
            let broken = row.broken.iter().map(|broken| format!("{}: {broken}\n", row.name));
            broken.chain(none).collect()
        };
        self.0.iter().map(line).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        let sum = |of: fn(&Row) -> usize| self.0.iter().map(of).sum::<usize>();
        write!(f, "{:<44} {:>4} tried {:>4} held", "in all", sum(|row| row.tried), sum(Row::held))
    }
}

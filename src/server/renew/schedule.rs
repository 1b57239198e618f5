//! The daily run of `renew`: a systemd timer, else a cron entry, else a note. It is a change like any other: plans show
//! it, and `setup --undo` removes it.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use labtrust_machine::{
    World,
    receipt::{ChangeRecord, Receipt},
};
use labtrust_plan::{
    Actor, Change, Command, Contents, Facts, Fingerprint, Reload, ShellLine, Step, fact::ServiceManager,
    shell_word,
};

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::{
    program::own_program,
    state::{self, recorded},
};

/// Its store in receipts.
pub(crate) const STORE: &str = "renewal";

const SERVICE: &str = include_str!("schedule/labtrust-renew.service");
const TIMER: &str = include_str!("schedule/labtrust-renew.timer");
const CRON: &str = include_str!("schedule/labtrust-renew.cron");

/// The folder of an administrator's units (systemd.unit(5)).
const UNITS: &str = "/etc/systemd/system";
const UNIT: &str = "labtrust-renew.timer";
const CRON_D: &str = "/etc/cron.d";
const CRON_FILE: &str = "/etc/cron.d/labtrust-renew";

/// The change that schedules `renew`, or a note why there is none.
pub(crate) type Scheduled = Result<Change, String>;

/// The facts that the schedule depends on.
struct SchedulerFacts<'a> {
    facts: &'a Facts,
    /// Whether cron reads `/etc/cron.d`.
    has_cron: bool,
    /// A number that differs between machines.
    seed: Fingerprint,
    program: PathBuf,
    state: PathBuf,
    /// The folders that a renewal writes to.
    folders: Vec<PathBuf>,
}

/// The effect of a daily run on a certificate of our own CA, and on one that only another issuer can renew.
pub(crate) const RENEWS: &str = "renews the certificate automatically";
pub(crate) const WARNS: &str = "warns before the certificate expires";

/// Plans the daily run for the certificates that `changes` install. `does` is its effect, for the note.
pub(crate) fn plan(facts: &Facts, state: &state::State<'_>, changes: &[Change], does: &str) -> Scheduled {
    let by_hand = |why: &str| {
        let line = ShellLine::from("{labtrust renew --if-expiring}");
        format!("nothing {does}: {why}. Run every day: {line}")
    };
    if !facts.is_root() || state.home().is_chosen {
        return Err(by_hand("this was not run as root, or not with the default state folder"));
    }
    let program = own_program().and_then(|program| Ok(program.canonicalize()?)).unwrap_or_default();
    if !World::is_roots_alone(&program) {
        let why = format!("other users can change {}; install it in /usr/local/bin first", program.display());
        return Err(by_hand(&why));
    }
    let world = World::here();
    let id = ["/etc/machine-id", "/etc/hostname"].iter().find_map(|path| world.read(Path::new(path)).ok()?);
    let folder = |path: &Path| path.parent().map(Path::to_owned);
    let mut folders: Vec<_> = changes.iter().flat_map(Change::files).filter_map(folder).collect();
    folders.push(state.folder().to_owned());
    folders.sort();
    folders.dedup();
    let scheduler = SchedulerFacts {
        facts,
        has_cron: Path::new(CRON_D).is_dir()
            && ["cron", "crond"].iter().any(|name| facts.tools.contains_key(*name)),
        seed: Fingerprint::of(&id.unwrap_or_default()),
        program,
        state: state.folder().to_owned(),
        folders,
    };
    scheduler.plan().ok_or_else(|| by_hand("neither systemd nor cron with /etc/cron.d was found"))
}

impl SchedulerFacts<'_> {
    fn plan(&self) -> Option<Change> {
        match self.facts.tools.get("systemctl") {
            Some(systemctl) if self.facts.services == Some(ServiceManager::Systemd) => {
                Some(self.timer(systemctl))
            }
            _ if self.has_cron => Some(self.entry()),
            _ => None,
        }
    }

    fn timer(&self, systemctl: &Path) -> Change {
        let writable: String = self
            .folders
            .iter()
            .filter(|folder| folder.starts_with("/usr") || folder.starts_with("/boot"))
            .map(|folder| format!("ReadWritePaths=-{}\n", unit_word(folder)))
            .collect();
        let service = SERVICE
            .replace("{program}", &unit_word(&self.program))
            .replace("{state}", &unit_word(&self.state))
            .replace("{writable}", &writable);
        let unit = |name: &str| Path::new(UNITS).join(name);
        // The link enables the timer, as `systemctl enable` would.
        let steps = vec![
            put(&unit("labtrust-renew.service"), &service),
            put(&unit(UNIT), TIMER),
            Step::Link { path: unit("timers.target.wants").join(UNIT), target: unit(UNIT) },
        ];
        let run = |arguments: &[&str]| Command::new(systemctl, arguments.iter().copied());
        let reload = Reload {
            applied: vec![
                run(&["daemon-reload"]),
                run(&["restart", UNIT]),
                // These two are the proof.
                run(&["is-enabled", "--quiet", UNIT]),
                run(&["is-active", "--quiet", UNIT]),
            ],
            undone: vec![run(&["stop", UNIT]), run(&["daemon-reload"])],
            ..Reload::default()
        };
        Change { reload, ..Change::of_files(STORE, &unit(UNIT), Actor::Machine, steps) }
    }

    fn entry(&self) -> Change {
        let seed = u32::from_str_radix(&self.seed.short()[..8], 16).unwrap_or_default();
        let command = [
            &self.program,
            Path::new("renew"),
            Path::new("--if-expiring"),
            Path::new("--state"),
            &self.state,
        ]
        .map(|word| shell_word(&word.to_string_lossy()))
        .join(" ");
        let entry = CRON
            .replace("{minute}", &(seed % 60).to_string())
            .replace("{hour}", &(seed / 60 % 24).to_string())
            // A percent sign would end the command (crontab(5)).
            .replace("{command}", &command.replace('%', r"\%"));
        let path = Path::new(CRON_FILE);
        Change::of_files(STORE, path, Actor::Machine, vec![put(path, &entry)])
    }
}

fn put(path: &Path, text: &str) -> Step {
    Step::Put { path: path.to_owned(), contents: Contents::Public(text.as_bytes().to_vec()), mode: 0o644 }
}

/// A path as one word in a unit file (systemd.syntax(7), systemd.service(5), "Command lines").
fn unit_word(path: &Path) -> String {
    let text = path.to_string_lossy().replace('%', "%%").replace('$', "$$");
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@%$".contains(&byte)) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// Before `record` is undone: drops the commands that would fail because there is nothing left to stop.
pub(crate) fn spare(world: &World, record: &mut ChangeRecord) {
    if record.store.as_str() != STORE {
        return;
    }
    let runs = |command: &Command| world.try_run(command).is_ok_and(|output| output.code == Some(0));
    record.reload.undone.retain(|command| {
        let verb = command.arguments.first().map(String::as_str);
        let ask = |words: &[&str]| runs(&Command::new(&command.program, words.iter().copied()));
        match verb {
            Some("stop") => ask(&["is-active", "--quiet", UNIT]),
            _ => command.program.exists() && Path::new("/run/systemd/system").is_dir(),
        }
    });
}

/// The daily run that a setup installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// No setup installed one.
    Never,
    /// It runs.
    Runs {
        /// The next run, in the words of systemd or from the cron entry.
        next: String,
        /// When it was installed, if that is known.
        since: Option<OffsetDateTime>,
    },
    /// It was installed and does not run any more, for this reason.
    Gone(String),
}

impl Schedule {
    /// Asks the program that runs it.
    pub(crate) fn look(world: &World, receipts: &[Receipt]) -> Self {
        let mut records = receipts.iter().flat_map(|receipt| &receipt.changes);
        let Some(record) = records.find(|record| record.store.as_str() == STORE) else { return Self::Never };
        let next = match record.reload.applied.first() {
            Some(systemctl) => next_of_timer(world, &systemctl.program),
            None => next_of_entry(world),
        };
        next.map_or_else(Self::Gone, |next| Self::Runs { next, since: recorded::in_effect_since(record) })
    }

    /// The next run in words, if a setup installed the schedule.
    pub(crate) fn next(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Never => None,
            Self::Runs { next, .. } => Some(next.into()),
            Self::Gone(why) => Some(format!("never: {why}").into()),
        }
    }
}

impl Serialize for Schedule {
    /// As [`Schedule::next`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.next().serialize(serializer)
    }
}

/// When systemd's timer elapses next, else why it does not.
fn next_of_timer(world: &World, systemctl: &Path) -> Result<String, String> {
    let show = ["show", "--property=NextElapseUSecRealtime", "--value", UNIT];
    let output = world.try_run(&Command::new(systemctl, show)).map_err(|error| error.to_string())?;
    let next = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if next.is_empty() { Err(format!("{UNIT} is not active")) } else { Ok(next) }
}

/// When cron's entry is due, else why it is not.
fn next_of_entry(world: &World) -> Result<String, String> {
    let entry = world.read(Path::new(CRON_FILE)).ok().flatten();
    let entry = entry.ok_or_else(|| format!("{CRON_FILE} is gone"))?;
    daily(&String::from_utf8_lossy(&entry)).ok_or_else(|| format!("{CRON_FILE} has no active entry"))
}

/// The time of day in our cron entry.
fn daily(entry: &str) -> Option<String> {
    let mut fields = entry.lines().find(|line| line.contains(" * * * root "))?.split(' ');
    let (minute, hour): (u8, u8) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(format!("every day at {hour:02}:{minute:02} ({CRON_FILE})"))
}

#[cfg(test)]
mod tests;

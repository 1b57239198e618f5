//! The row of one store in the table.

use std::path::PathBuf;

use crate::{Anchor, Change, Facts, Hint, Proof, Prose, Service, ShellLine, hint};

/// A kind of trust store.
#[derive(Debug)]
pub struct Store {
    /// Its name on the command line and in JSON.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The group in which people choose it.
    pub group: Group,
    /// Its row in the documentation.
    pub about: About,
    /// Plans the changes that make it trust an anchor on the machine with these facts.
    pub plan: fn(&Facts, &Anchor) -> Planned,
    /// The questions of its planner.
    pub looks: fn() -> Vec<Look>,
    /// The servers for which it trusts an anchor.
    pub scope: Scope,
    /// Other stores that the programs of this store also read, on the machine with these facts.
    pub reads_also: fn(&Facts) -> Vec<AlsoRead>,
}

/// A group of stores, for people who choose some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The operating system's own stores, which most programs read.
    System,
    /// Container engines and builders, and what pulls images.
    Containers,
    /// Web browsers and mail programs.
    Browsers,
    /// Java.
    Java,
    /// Single programs.
    Programs,
}

impl Group {
    /// All groups, in the order in which people read them.
    pub const ALL: [Self; 5] = [Self::System, Self::Containers, Self::Browsers, Self::Java, Self::Programs];

    /// Its name on the command line and in JSON. A store may have the same name: it is then one of the group.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Containers => "containers",
            Self::Browsers => "browsers",
            Self::Java => "java",
            Self::Programs => "programs",
        }
    }

    /// Its members, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::System => "the operating system's own stores",
            Self::Containers => "container engines and builders",
            Self::Browsers => "web browsers and mail programs",
            Self::Java => "Java",
            Self::Programs => "single programs",
        }
    }
}

/// The documentation of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The file, entry or setting that labtrust writes.
    pub writes: &'static str,
    /// How labtrust sees that the store trusts the anchor.
    pub proof: &'static str,
    /// What was run to check this store.
    pub tried: Tried,
}

/// What was run to check a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The tests run these real programs.
    Real(&'static str),
    /// The tests run a program in place of the real one.
    StandIn(&'static str),
    /// Only the documentation was read.
    Documentation,
}

/// A question of a planner about a machine. The code that gathers facts answers it. In a path, a part `*` stands for any name,
/// and `*.json` for any name with this ending.
#[derive(Clone, Copy, Debug)]
pub enum Look {
    /// Whether a path exists.
    Path(&'static str),
    /// Whether a path exists in the home folder of each user whose own stores are changed, and in root's if root runs
    /// labtrust.
    Home(&'static str),
    /// The file to which a path leads, and its owner. A path may begin with `$` and the name of a variable of the environment.
    File(&'static str),
    /// The file to which a path leads in the home folders, as for [`Look::Home`].
    HomeFile(&'static str),
    /// The text of a settings file, and whether it exists.
    Text(&'static str),
    /// The text of a settings file in the home folders, as for [`Look::Home`].
    HomeText(&'static str),
    /// The paths and settings files that other settings name, as patterns. It is asked with the answers to the looks before it, and
    /// again while its answers name more.
    Named(fn(&Facts) -> Vec<PathBuf>),
    /// The value of a variable of the environment.
    Variable(&'static str),
    /// The path of a program.
    Tool(&'static str),
    /// Whether root runs a daemon outside of containers, by the name of its process, and since when.
    Running(&'static str),
    /// The Docker engines' own information.
    Engines,
    /// The containers that the Docker engines have.
    Containers,
}

/// The servers for which a store trusts an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For every server.
    Everything,
    /// For one endpoint at a time.
    PerEndpoint,
}

/// A store that the programs of another store also read. They fail for some requests if it does not hold the anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlsoRead {
    /// The store.
    pub store: &'static str,
    /// The consequence if that store does not hold the anchor: a sentence without a full stop.
    pub missed: &'static str,
    /// Advice for that case.
    pub hint: &'static str,
}

impl Store {
    /// Whether its planner needs the Docker engines' own information.
    pub fn asks_engines(&self) -> bool {
        (self.looks)().iter().any(|look| matches!(look, Look::Engines))
    }

    /// Whether its planner needs what takes time to find out: see `Worlds::complete` of the crate labtrust-machine.
    pub fn needs_complete_facts(&self) -> bool {
        let takes_time = |look: &Look| matches!(look, Look::Engines | Look::Containers | Look::Running(_));
        !self.is_first() || (self.looks)().iter().any(takes_time)
    }
}

/// A step for a person: labtrust cannot take it, or must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Why it is open: a sentence without a full stop.
    pub why: String,
    /// What to do, with the lines of a settings file if there are any. The commands follow.
    pub advice: Hint,
    /// The commands.
    pub commands: Vec<ShellLine>,
    /// How to see that it was done; none if nothing shows that.
    pub done: Option<Done>,
    /// Whether the store works without it, so that it is mentioned and nothing more.
    pub is_optional: bool,
    /// The lines for the profile of a shell that follow the commands.
    pub profile: Option<Profile>,
    /// Whether its commands are lines for the profile of a shell, which those of other steps join.
    pub is_profile: bool,
}

/// Lines for the profile of a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The file, for people.
    pub file: String,
    /// The lines.
    pub lines: Vec<ShellLine>,
}

impl ByHand {
    /// A step without commands that the store needs, and that nothing shows to be done.
    pub fn new(why: impl Into<String>, advice: impl Into<Hint>) -> Self {
        Self {
            why: why.into(),
            advice: advice.into(),
            commands: Vec::new(),
            done: None,
            is_optional: false,
            profile: None,
            is_profile: false,
        }
    }

    /// The advice with the commands.
    pub fn hint(&self) -> Hint {
        let hint = self.advice.clone().lines(self.commands.iter().cloned());
        match &self.profile {
            None => hint,
            Some(Profile { file, lines }) => {
                hint.line(hint!("add these lines to {}:", Prose(file))).lines(lines.iter().cloned())
            }
        }
    }

    /// Moves the lines of `steps` for the profile of a shell into the step whose commands are such lines, if there is one.
    pub fn join_profiles(steps: &mut [&mut Self]) {
        let Some(index) = steps.iter().position(|step| step.is_profile) else { return };
        let lines: Vec<_> = steps.iter_mut().filter_map(|step| step.profile.take()).collect();
        steps[index].commands.extend(lines.into_iter().flat_map(|profile| profile.lines));
    }
}

/// How to see that a person has taken a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The engine at this socket accepts the registries.
    Accepted(PathBuf),
    /// This proof holds.
    Proven(Proof),
    /// Nothing shows it before `restart` starts again: until then it is pending.
    Later {
        /// A bundle that makes the step needless if it holds the anchor.
        unless: Option<PathBuf>,
        /// The service.
        restart: Service,
    },
    /// It is a step only after the anchor is gone. While the proof holds, the store trusts the anchor until the step is taken.
    OnRemoval(Option<Proof>),
}

/// The answer of a store's planner.
#[derive(Debug)]
pub enum Planned {
    /// These changes make the store trust the anchor.
    Changes(Vec<Change>),
    /// These changes are a part of what makes the store trust the anchor; a person must do the rest.
    Partly {
        /// The changes.
        changes: Vec<Change>,
        /// The rest.
        rest: Vec<ByHand>,
    },
    /// The store is as it should be, and no change or step can be named: a sentence without a full stop.
    NothingToDo(String),
    /// The store does not exist on this machine; the reason.
    Absent(String),
    /// The store exists, but labtrust cannot change it.
    Manual {
        /// The reason.
        why: String,
        /// The steps for a person.
        todo: Option<Hint>,
    },
}

impl Planned {
    /// The answer of a store that trusts a CA for one endpoint at a time, if no endpoint is known.
    pub(super) fn without_endpoint(why: &str) -> Self {
        Self::Manual { why: why.into(), todo: Some("name one: --for HOST:PORT".into()) }
    }

    /// The changes, if labtrust can change the store.
    pub fn into_changes(self) -> Option<Vec<Change>> {
        match self {
            Self::Changes(changes) | Self::Partly { changes, .. } => Some(changes),
            Self::NothingToDo(_) | Self::Absent(_) | Self::Manual { .. } => None,
        }
    }
}

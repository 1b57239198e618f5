//! Many programs that run at once in one machine, each timed.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::LIMIT;
use crate::lab::{Machine, Output};

/// One program of the crowd.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub line: Vec<String>,
    user: &'static str,
    environment: Vec<(&'static str, String)>,
}

/// The result of one program of the crowd.
pub(super) struct Run {
    pub member: Member,
    pub output: Output,
    /// The time from the start of the crowd to its end.
    pub ended: Duration,
}

impl Member {
    pub(super) fn root<I: IntoIterator<Item: Into<String>>>(line: I) -> Self {
        Self { line: line.into_iter().map(Into::into).collect(), user: "root", environment: Vec::new() }
    }

    pub(super) fn with(mut self, more: &[&str]) -> Self {
        self.line.extend(more.iter().map(|&word| word.to_owned()));
        self
    }

    /// Runs it like sudo for the user with this name and id.
    pub(super) fn by_sudo(mut self, user: &str, uid: &str) -> Self {
        let id = |name| (name, uid.to_owned());
        self.environment = vec![("SUDO_USER", user.to_owned()), id("SUDO_UID"), id("SUDO_GID")];
        self
    }

    pub(super) fn by_user(mut self, user: &'static str) -> Self {
        self.user = user;
        self
    }

    /// Runs it to its end.
    pub(super) fn run(&self, machine: &Machine) -> Output {
        let mut command = machine.command(&self.line).user(self.user).limit(LIMIT);
        for (name, value) in &self.environment {
            command = command.env(name, value);
        }
        command.run()
    }
}

impl Run {
    /// Whether it runs `trust`.
    pub(super) fn is_trust(&self) -> bool {
        self.member.line[1] == "trust"
    }

    pub(super) fn is_about(&self, file: &str) -> bool {
        self.member.line[2] == file
    }
}

/// Starts all programs at once, and waits for the last one, which must end within the limit.
pub(super) fn all_at_once(machine: &Machine, members: &[Member]) -> Vec<Run> {
    let started = Instant::now();
    thread::scope(|scope| {
        let start = |member: &Member| {
            let member = member.clone();
            scope.spawn(move || {
                let output = member.run(machine);
                Run { member, output, ended: started.elapsed() }
            })
        };
        let running: Vec<_> = members.iter().map(start).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The time until the last one ended, in seconds.
pub(super) fn longest(runs: &[Run]) -> f32 {
    runs.iter().map(|run| run.ended).max().unwrap_or_default().as_secs_f32()
}

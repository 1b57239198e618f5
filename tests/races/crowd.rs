//! Many programs at once in one machine, each timed.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::lab::{Machine, Output};

/// What one of the crowd is to do.
#[derive(Clone)]
pub struct Member {
    pub line: Vec<String>,
    pub user: &'static str,
    pub environment: Vec<(&'static str, String)>,
}

/// How one of the crowd fared.
pub struct Run {
    pub member: Member,
    pub output: Output,
    /// Since the crowd was let go.
    pub ended: Duration,
    pub took: Duration,
}

impl Member {
    pub fn root<I: IntoIterator<Item: Into<String>>>(line: I) -> Self {
        Self { line: line.into_iter().map(Into::into).collect(), user: "root", environment: Vec::new() }
    }

    /// As sudo runs it for `user`.
    pub fn by_sudo(mut self, user: &str, uid: &str) -> Self {
        self.environment =
            vec![("SUDO_USER", user.to_owned()), ("SUDO_UID", uid.to_owned()), ("SUDO_GID", uid.to_owned())];
        self
    }

    pub fn as_user(mut self, user: &'static str) -> Self {
        self.user = user;
        self
    }
}

/// Lets all of them go at once; waits until the last has ended, which must be within `limit`.
pub fn all_at_once(machine: &Machine, members: &[Member], limit: Duration) -> Vec<Run> {
    let started = Instant::now();
    thread::scope(|scope| {
        let start = |member: &Member| {
            let member = member.clone();
            scope.spawn(move || {
                let began = Instant::now();
                let mut command = machine.command(&member.line).user(member.user).limit(limit);
                for (name, value) in &member.environment {
                    command = command.env(name, value);
                }
                let output = command.run();
                Run { member, output, ended: started.elapsed(), took: began.elapsed() }
            })
        };
        let running: Vec<_> = members.iter().map(start).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The longest of the runs.
pub fn longest(runs: &[Run]) -> f32 {
    runs.iter().map(|run| run.took).max().unwrap_or_default().as_secs_f32()
}

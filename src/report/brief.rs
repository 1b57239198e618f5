//! A plan in short, for the question on a terminal: what is written where, what runs, and what has to restart.

use std::path::{Path, PathBuf};

use labtrust_plan::{Change, Step, text};

use crate::{printer::Mark, state::ca::AUTHORITY};

/// The rows of `changes`: one for each store, with its files and commands, and one for the restarts.
pub(crate) fn rows(changes: &[Change]) -> Vec<(Mark, Vec<String>)> {
    let mut rows: Vec<(Mark, Vec<String>)> = changes
        .chunk_by(|change, next| change.store == next.store)
        .map(|part| row(head(part[0].store.as_str()), &part.iter().flat_map(lines).collect::<Vec<_>>()))
        .collect();
    rows.push(row("restarts", &restarts(changes)));
    rows
}

/// The word for the store `id`.
pub(crate) fn head(id: &str) -> &str {
    if id == AUTHORITY { "CA" } else { id }
}

fn row(head: &str, lines: &[String]) -> (Mark, Vec<String>) {
    (Mark::None, vec![head.to_owned(), lines.join("\n")])
}

/// The files of `change`, those of one folder in a line, and its commands.
fn lines(change: &Change) -> Vec<String> {
    let mut folders: Vec<(&Path, Vec<String>)> = Vec::new();
    let mut lines = Vec::new();
    for step in &change.steps {
        let (path, is_removed) = match step {
            Step::Put { path, .. }
            | Step::Rewrite { path, .. }
            | Step::Link { path, .. }
            | Step::Edit { path, .. } => (path, false),
            Step::Remove { path } => (path, true),
            Step::Entry { .. } | Step::Discard { .. } => {
                lines.push(step.to_string());
                continue;
            }
        };
        let (folder, mut name) = parts(path);
        if is_removed {
            name.push_str(" (removed)");
        }
        match folders.last_mut().filter(|(last, _)| *last == folder) {
            Some((_, names)) => names.push(name),
            None => folders.push((folder, vec![name])),
        }
    }
    let files = folders.into_iter().map(|(folder, names)| match names.as_slice() {
        [name] => text::path(&folder.join(name)),
        _ => format!("{}: {}", text::path(folder), names.join(", ")),
    });
    let by_hand = change.reload.by_hand.iter().map(|command| format!("you run: {command}"));
    let commands = change.reload.applied.iter().map(|command| format!("runs {command}"));
    let all: Vec<_> = files.chain(lines).chain(commands).chain(by_hand).collect();
    // A change without a step of its own: another store's command fills it.
    if all.is_empty() { vec![change.subject.clone()] } else { all }
}

fn parts(path: &Path) -> (&Path, String) {
    let name = path.file_name().map(PathBuf::from).unwrap_or_default();
    (path.parent().unwrap_or(path), text::path(&name))
}

/// The services that labtrust restarts, or would with `--restart`, a line each. The report names programs that a person has
/// to restart, if they run.
fn restarts(changes: &[Change]) -> Vec<String> {
    let mut lines = Vec::new();
    let services = changes.iter().flat_map(|change| &change.reload.restart);
    let services = services.filter(|service| service.restart.is_some());
    for line in services.map(|service| format!("{}, only with --restart", service.title)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    for restarted in changes.iter().flat_map(|change| &change.reload.restarted) {
        if !lines.contains(restarted) {
            lines.push(restarted.clone());
        }
    }
    if lines.is_empty() { vec!["nothing".into()] } else { lines }
}

#[cfg(test)]
mod tests {
    use labtrust_plan::{Actor, Command, Reload, Service};

    use super::*;

    #[test]
    fn the_restarts_are_those_that_the_plan_names() {
        let said = |reload: Reload| {
            let change =
                Change { reload, ..Change::of_files("x", Path::new("/x"), Actor::Machine, Vec::new()) };
            restarts(&[change.clone(), change])
        };
        let applied = vec![Command::new("/opt/gitlab/bin/gitlab-ctl", ["reconfigure"])];
        assert_eq!(said(Reload { applied, ..Reload::default() }), ["nothing"]);
        let restarted = vec!["GitLab's registry".to_owned()];
        assert_eq!(said(Reload { restarted: restarted.clone(), ..Reload::default() }), restarted);
        let command = Some(Command::new("/bin/systemctl", ["restart", "docker"]));
        let restart =
            vec![Service::new("the Docker daemon", None, command), Service::new("Firefox", None, None)];
        assert_eq!(
            said(Reload { restart, restarted, ..Reload::default() }),
            ["the Docker daemon, only with --restart", "GitLab's registry"]
        );
    }
}

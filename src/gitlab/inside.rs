//! Files inside a running container that no mount leads to: those of its image, and what Compose or Swarm puts there.

use std::time::Instant;

use labtrust_machine::{World, world::Output};
use labtrust_plan::text;

use super::container::Container;

/// The time within which an engine answers for a small file, in seconds.
const SECONDS: u64 = 10;

/// The most bytes of a file that are read: settings are far smaller.
const MOST: usize = 4 << 20;

/// The exit code of the scripts below if there is no such file.
const ABSENT: i32 = 44;

/// The exit code of the script that reads, if there is something else than a file.
const NO_FILE: i32 = 45;

/// Prints one byte more than [`MOST`], so that a larger file is noticed.
const READ: &str = "[ -e \"$1\" ] || exit 44; [ -f \"$1\" ] || exit 45; exec head -c 4194305 \"$1\"";

const LIST: &str = "[ -e \"$1\" ] || exit 44; cd \"$1\"; for one in *; do echo \"$one\"; done";

/// The contents of the file `path` inside `container`; none if it does not exist.
pub(super) fn read(world: &World, container: &Container, path: &str) -> Result<Option<Vec<u8>>, String> {
    let output = run(world, container, READ, path)?;
    let why = match output.code {
        Some(0) if output.stdout.len() > MOST => "is larger than 4 MiB".to_owned(),
        Some(0) => return Ok(Some(output.stdout)),
        Some(ABSENT) => return Ok(None),
        Some(NO_FILE) => "is not a regular file".to_owned(),
        _ => unreadable(&output),
    };
    Err(failed(container, path, &why))
}

/// The names in the folder `path` inside `container`; empty if it does not exist.
pub(super) fn list(world: &World, container: &Container, path: &str) -> Result<Vec<String>, String> {
    let output = run(world, container, LIST, path)?;
    match output.code {
        Some(0) => Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()),
        Some(ABSENT) => Ok(Vec::new()),
        _ => Err(failed(container, path, &unreadable(&output))),
    }
}

fn run(world: &World, container: &Container, script: &str, path: &str) -> Result<Output, String> {
    if !container.running {
        return Err(format!(
            "{} is inside the container {}, which does not run",
            text::in_line(path),
            container.name
        ));
    }
    let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now()).as_secs();
    let seconds = container.deadline.map_or(SECONDS, left).min(SECONDS);
    if seconds == 0 {
        return Err(failed(container, path, "was not read: the engine is too slow"));
    }
    let mut command = container.engine.clone().within(seconds);
    let words = ["exec", &container.name, "sh", "-c", script, "sh", path];
    command.arguments.extend(words.map(str::to_owned));
    world.try_run(&command).map_err(|error| error.to_string())
}

/// Why the engine did not read a file or folder.
fn unreadable(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let why = text::in_line(said.lines().next().unwrap_or("the engine gave no reason").trim()).into_owned();
    format!("cannot be read: {why}")
}

fn failed(container: &Container, path: &str, why: &str) -> String {
    format!("{} inside the container {} {why}", text::in_line(path), container.name)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests set the stage")]

    use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

    use labtrust_plan::Command;

    use super::*;
    use crate::gitlab::container::tests::inspected;

    #[test]
    fn only_a_small_regular_file_is_read_and_only_until_the_deadline() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        // This engine runs the command that `exec NAME` is followed by.
        let engine = folder.path().join("docker");
        fs::write(&engine, "#!/bin/sh\nshift 2\nexec \"$@\"\n").expect("a file");
        fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).expect("a mode");
        fs::write(path("small"), "x").expect("a file");
        fs::write(path("large"), vec![b'#'; MOST + 1]).expect("a file");
        let json = inspected("web", "gitlab/gitlab-ce", &[], true);
        let mut container =
            Container::read(&json, &Command::new(&engine, [""; 0]), None).expect("a container");
        for (name, expected) in [
            (path("small"), Ok(Some(b"x".to_vec()))),
            (path("absent"), Ok(None)),
            (path("large"), Err("is larger than 4 MiB")),
            ("/dev/zero".into(), Err("is not a regular file")),
            (path(""), Err("is not a regular file")),
        ] {
            match (read(&World::here(), &container, &name), expected) {
                (Err(why), Err(expected)) => assert!(why.ends_with(expected), "{why}"),
                (found, expected) => assert_eq!(found, expected.map_err(str::to_owned), "{name}"),
            }
        }
        container.deadline = Instant::now().checked_add(Duration::from_millis(200));
        let why = read(&World::here(), &container, &path("small")).expect_err("too late");
        assert!(why.ends_with("the engine is too slow"), "{why}");
    }
}

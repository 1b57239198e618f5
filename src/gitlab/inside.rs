//! Files inside a running container that no mount leads to: those of its image, and what Compose or Swarm puts there.

use labtrust_machine::World;
use labtrust_plan::text;

use super::container::Container;

/// The time within which an engine answers for a small file, in seconds.
const SECONDS: u64 = 10;

/// The exit code of the scripts below if there is no such file.
const ABSENT: i32 = 44;

/// The contents of the file `path` inside `container`; none if it does not exist.
pub(super) fn read(world: &World, container: &Container, path: &str) -> Result<Option<Vec<u8>>, String> {
    run(world, container, "[ -e \"$1\" ] || exit 44; exec cat \"$1\"", path)
}

/// The names in the folder `path` inside `container`; empty if it does not exist.
pub(super) fn list(world: &World, container: &Container, path: &str) -> Result<Vec<String>, String> {
    let said = run(
        world,
        container,
        "[ -e \"$1\" ] || exit 44; cd \"$1\"; for one in *; do echo \"$one\"; done",
        path,
    )?;
    Ok(String::from_utf8_lossy(&said.unwrap_or_default()).lines().map(str::to_owned).collect())
}

fn run(world: &World, container: &Container, script: &str, path: &str) -> Result<Option<Vec<u8>>, String> {
    let (name, shown) = (&container.name, text::in_line(path).into_owned());
    if !container.running {
        return Err(format!("{shown} is inside the container {name}, which does not run"));
    }
    let mut command = container.engine.clone().within(SECONDS);
    command.arguments.extend(["exec", name, "sh", "-c", script, "sh", path].map(str::to_owned));
    let output = world.try_run(&command).map_err(|error| error.to_string())?;
    match output.code {
        Some(0) => Ok(Some(output.stdout)),
        Some(ABSENT) => Ok(None),
        _ => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let why =
                text::in_line(said.lines().next().unwrap_or("the engine gave no reason").trim()).into_owned();
            Err(format!("{shown} inside the container {name} cannot be read: {why}"))
        }
    }
}

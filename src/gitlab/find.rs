//! Finds the GitLab of this machine: the Omnibus package, else a container of one of the engines. It never guesses
//! between several.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{
    World,
    world::{Node, Output},
};
use labtrust_plan::{Command, Facts, Host, Prose, fact::User};
use serde_json::Value;

use super::{
    container::{self, Container},
    installation::{Installation, exists},
    sameersbn,
};
use crate::hint::{Hint, fail, hint};

/// The time within which a healthy engine answers, in seconds.
const SECONDS: u64 = 30;

/// The answers of this machine's container engines.
#[derive(Debug, Default)]
struct Engines {
    containers: Vec<Container>,
    silent: Vec<String>,
}

impl Installation {
    /// The GitLab of this machine. `host` is the host name that the user typed, for the hint.
    pub(crate) fn find(world: &World, facts: &Facts, host: Option<&Host>) -> Result<Self> {
        if let Some(omnibus) = Self::omnibus(world)? {
            return Ok(omnibus);
        }
        let engines = ask_engines(world, facts);
        let is_left_over = exists(world, &Path::new(container::CONFIG).join("gitlab.rb"))?;
        let candidates = one_per_folder(&engines.containers);
        match <[Container; 1]>::try_from(candidates) {
            Ok([container]) => Self::container(world, facts, container),
            Err(none) if none.is_empty() && is_left_over => {
                Self::unseen(world, facts, Path::new(container::CONFIG))
            }
            Err(none) if none.is_empty() => Err(engines.no_gitlab_error(host)),
            Err(several) => Err(several_gitlabs_error(&several)),
        }
    }

    /// The GitLab whose configuration folder on this machine is `folder`.
    pub(crate) fn at(world: &World, facts: &Facts, folder: &Path) -> Result<Self> {
        let folder = &std::path::absolute(folder)?;
        let shown = folder.display();
        if world.look(folder)? == Node::Absent {
            let hint = hint!(
                "create a folder that Docker starts a GitLab from: {labtrust setup HOST --prepare {}}",
                folder
            );
            return Err(fail(format!("the folder {shown} does not exist"), hint));
        }
        if let Some(running) = Self::mounting(world, facts, folder)? {
            return Ok(running);
        }
        if !exists(world, &folder.join("gitlab.rb"))? && !exists(world, &folder.join("ssl"))? {
            let hint = if exists(world, &folder.join("config/gitlab.rb"))? {
                hint!("did you mean --gitlab {}?", folder.join("config"))
            } else {
                "pass the folder that GitLab sees as /etc/gitlab".into()
            };
            return Err(fail(format!("{shown} holds neither gitlab.rb nor ssl/"), hint));
        }
        Self::unseen(world, facts, &canonical(folder))
    }

    /// The GitLab of this machine with the configuration folder `folder`, if there is one.
    pub(crate) fn mounting(world: &World, facts: &Facts, folder: &Path) -> Result<Option<Self>> {
        let wanted = canonical(folder);
        if wanted == Path::new(container::CONFIG)
            && let Some(omnibus) = Self::omnibus(world)?
        {
            return Ok(Some(omnibus));
        }
        let has = |container: &Container| {
            container.outside(Path::new(container::CONFIG)).is_some_and(|config| canonical(&config) == wanted)
        };
        let found = one_per_folder(&ask_engines(world, facts).containers).into_iter().find(has);
        found.map(|container| Self::container(world, facts, container)).transpose()
    }
}

/// The containers with a mount at `/etc/gitlab`. Of several that share one folder, as while one is recreated, only the
/// running one is taken.
fn one_per_folder(containers: &[Container]) -> Vec<Container> {
    let mut sorted: Vec<&Container> = containers.iter().filter(|container| container.has_config()).collect();
    // A backup may mount the folder, too.
    sorted.sort_by_key(|container| (!container.is_gitlab(), !container.running));
    let mut folders = BTreeSet::new();
    sorted.retain(|container| folders.insert(container.outside(Path::new(container::CONFIG))));
    sorted.into_iter().cloned().collect()
}

fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

fn ask_engines(world: &World, facts: &Facts) -> Engines {
    let mut engines = Engines::default();
    for (client, owner) in clients(facts) {
        match containers(world, &client, owner.as_ref()) {
            Ok(containers) => engines.containers.extend(containers),
            Err(why) => engines.silent.push(why),
        }
    }
    engines
}

/// The client of each engine, with the argument that names its socket: the client's environment is cleared, so it cannot
/// find the socket there.
fn clients(facts: &Facts) -> Vec<(Command, Option<User>)> {
    let mut clients = Vec::new();
    let mut sockets = BTreeSet::new();
    if let Some(docker) = facts.tools.get("docker") {
        for engine in &facts.engines {
            let Some(socket) = engine.socket.as_ref().filter(|socket| sockets.insert(*socket)) else {
                continue;
            };
            let address = format!("unix://{}", socket.display());
            clients.push((Command::new(docker, ["--host", &address]).within(SECONDS), engine.owner.clone()));
        }
    }
    let podman = facts.tools.get("podman").map(|podman| Command::new(podman, [""; 0]).within(SECONDS));
    clients.extend(podman.map(|podman| (podman, None)));
    clients
}

fn containers(world: &World, client: &Command, owner: Option<&User>) -> Result<Vec<Container>, String> {
    let run = |arguments: &[&str]| -> Result<Output, String> {
        let mut command = client.clone();
        command.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        world.try_run(&command).map_err(|error| error.to_string())
    };
    let listed = run(&["ps", "--all", "--no-trunc", "--format", "{{.ID}}"])?;
    if listed.code != Some(0) {
        let said = String::from_utf8_lossy(&listed.stderr);
        return Err(format!("{client}: {}", said.lines().next().unwrap_or("it failed").trim()));
    }
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let ids: Vec<&str> = listed.split_whitespace().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // A container that was removed since then makes the command fail, but it still prints the others.
    let inspected = run(&[&["container", "inspect", "--format", "{{json .}}"], ids.as_slice()].concat())?;
    let text = String::from_utf8_lossy(&inspected.stdout).into_owned();
    let is_gitlab = |found: &Container| found.has_config() || found.is_gitlab() || found.is_sameersbn();
    let read = |json: Value| Container::read(&json.to_string(), client, owner).ok().filter(is_gitlab);
    let mut found: Vec<Container> = documents(&text).filter_map(read).collect();
    for container in &mut found {
        let Some(service) = container.recipe.swarm_service().map(str::to_owned) else { continue };
        // Only a manager of the Swarm knows.
        let ports = run(&["service", "inspect", "--format", "{{json .Endpoint.Ports}}", &service]);
        if let Some(output) = ports.ok().filter(|output| output.code == Some(0)) {
            container.add_service_ports(&String::from_utf8_lossy(&output.stdout));
        }
    }
    Ok(found)
}

/// The JSON documents of `text`. Docker prints one a line; podman prints an array over many lines (podman 4.3 takes this
/// template for its format `json`).
fn documents(text: &str) -> impl Iterator<Item = Value> {
    let found = serde_json::Deserializer::from_str(text).into_iter::<Value>().map_while(Result::ok);
    found.flat_map(|json| match json {
        Value::Array(documents) => documents,
        document => vec![document],
    })
}

fn several_gitlabs_error(several: &[Container]) -> anyhow::Error {
    let line = |container: &Container| {
        let folder = container.outside(Path::new(container::CONFIG)).unwrap_or_default();
        let state = if container.running { "running" } else { "stopped" };
        hint!("--gitlab {}  (container {}, {})", folder, container.name, Prose(state))
    };
    let hint = Hint::from("choose one:").lines(several.iter().map(line));
    fail("there is more than one GitLab on this machine", hint)
}

impl Engines {
    /// The error that there is no GitLab to configure, with the choices.
    fn no_gitlab_error(&self, host: Option<&Host>) -> anyhow::Error {
        if let Some(other) = self.containers.iter().find(|container| container.is_sameersbn()) {
            return sameersbn::refusal(other, host);
        }
        let host = host.map_or_else(|| "HOST".into(), Host::in_url);
        if let Some(bare) = self.containers.first() {
            return fail(
                format!("the container {} has no volume at /etc/gitlab", bare.name),
                hint!(
                    "mount a volume there, because files inside the container are lost with it; or create only the \
                     certificate and key: {labtrust setup {} --out DIR}",
                    host
                ),
            );
        }
        let mut what =
            "there is no GitLab on this machine: no Omnibus package, and no container with a volume at \
                        /etc/gitlab"
                .to_owned();
        for silent in &self.silent {
            what.push_str("; a container engine did not answer: ");
            what.push_str(silent);
        }
        fail(
            what,
            hint!(
                "tell setup where GitLab is, or create a new one:\n  \
                 an existing configuration folder, the one that holds gitlab.rb and ssl/: {labtrust setup {} --gitlab DIR}\n  \
                 a new folder that `docker compose up -d` starts a GitLab from: {labtrust setup {} --prepare DIR}\n  \
                 only the certificate and key, for a reverse proxy: {labtrust setup {} --out DIR --reload CMD}\n\
                 if this is a client, not the server, run: {labtrust trust {}:4567 --fingerprint SHA256} (setup on the server prints this line)",
                host,
                host,
                host,
                host
            ),
        )
    }
}

#[cfg(test)]
mod tests;

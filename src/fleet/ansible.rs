//! Ansible, which reaches the hosts: where it is, what is written for it, and how it is run.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use anyhow::Result;
use labtrust_machine::{
    World,
    world::{Access, Said},
};
use labtrust_plan::{
    Contents, ShellLine,
    render::{Rendered, RenderedFile},
};

use super::line::Line;
use crate::hint::{Hint, fail};

/// The version that `--status` and the others are tried with. pip installs it into a folder of ours.
const PINNED: &str = "ansible-core==2.19.14";

/// The folder in the state folder for what Ansible reads.
const FOLDER: &str = "rollout";

/// The callback of the collection that prints a line a host.
const CALLBACK: &str = "labtrust.trust.jsonl";

/// The options of a run that are Ansible's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub inventories: Vec<PathBuf>,
    pub limits: Vec<String>,
    pub forks: Option<u32>,
    pub is_check: bool,
    pub becomes_root: bool,
    pub restarts: bool,
    pub batch: Option<String>,
    pub most_failures: Option<u8>,
    /// What follows `--` on the command line.
    pub more: Vec<OsString>,
}

/// A run of Ansible that is ready to start.
pub(crate) struct Run {
    program: PathBuf,
    arguments: Vec<OsString>,
    collections: PathBuf,
}

/// How a run ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it said beside the lines of hosts.
    pub said: Vec<String>,
}

impl Ended {
    /// Whether the limit left no host (ansible-core, `cli/__init__.py`).
    pub(crate) fn names_no_host(&self) -> bool {
        self.said.iter().any(|line| line.contains("leaves us with no hosts to target"))
    }
}

/// The program ansible-playbook: from the folder that the hint below fills, or from PATH.
pub(crate) fn find(state: &Path) -> Result<PathBuf> {
    let own = venv(state).join("bin/ansible-playbook");
    if own.exists() {
        return Ok(own);
    }
    World::search("ansible-playbook").ok_or_else(|| {
        fail("Ansible is not installed: ansible-playbook is not in PATH", installation(&venv(state)))
    })
}

fn venv(state: &Path) -> PathBuf {
    state.join("ansible")
}

/// The command that installs Ansible into `folder`.
fn installation(folder: &Path) -> Hint {
    let pip = folder.join("bin/pip");
    let make = ShellLine::of(["python3", "-m", "venv", &folder.to_string_lossy()]);
    let install = ShellLine::of([&*pip.to_string_lossy(), "install", PINNED]);
    Hint::from("install it for labtrust alone, then try again:").line(make.then("&&").and(&install))
}

impl Run {
    /// Writes the collection `rendered` and the playbook below the state folder `state`.
    pub(crate) fn prepare(
        program: PathBuf,
        state: &Path,
        rendered: &Rendered,
        options: &Options,
    ) -> Result<Self> {
        let folder = state.join(FOLDER);
        let collections = folder.join("collections");
        let collection = collections.join("ansible_collections/labtrust/trust");
        let base = base(rendered);
        for file in &rendered.files {
            let Ok(path) = Path::new(&file.path).strip_prefix(base) else { continue };
            write(&collection.join(path), file)?;
        }
        let playbook = folder.join("playbook.yml");
        write(
            &playbook,
            &RenderedFile { path: String::new(), contents: options.playbook(), is_program: false },
        )?;
        let mut arguments = options.arguments();
        arguments.push(playbook.into());
        Ok(Self { program, arguments, collections })
    }

    /// Runs it, and hands each line of a host to `hear`.
    pub(crate) fn follow(&self, mut hear: impl FnMut(Line)) -> Result<Ended> {
        let others = env::var_os("ANSIBLE_COLLECTIONS_PATH").filter(|others| !others.is_empty());
        let usual =
            env::var_os("HOME").map(|home| Path::new(&home).join(".ansible/collections").into_os_string());
        let mut path = self.collections.clone().into_os_string();
        for more in [others.or(usual), Some("/usr/share/ansible/collections".into())].into_iter().flatten() {
            path.push(":");
            path.push(more);
        }
        let variables = [
            ("ANSIBLE_COLLECTIONS_PATH", path),
            ("ANSIBLE_STDOUT_CALLBACK", CALLBACK.into()),
            ("ANSIBLE_RETRY_FILES_ENABLED", "False".into()),
            ("ANSIBLE_NOCOLOR", "1".into()),
            ("ANSIBLE_FORCE_COLOR", "0".into()),
        ];
        let mut ended = Ended::default();
        let code = World::follow(&self.program, &self.arguments, &variables, |said| match said {
            Said::Output(line) => match Line::parse(&line) {
                Some(line) => hear(line),
                None => ended.said.push(line),
            },
            Said::Error(line) => ended.said.push(line),
        })?;
        ended.code = code;
        ended.said.retain(|line| !line.trim().is_empty());
        Ok(ended)
    }
}

/// The folder of the collection in the rendering.
fn base(rendered: &Rendered) -> &Path {
    let files = rendered.files.iter().map(|file| Path::new(&file.path));
    let about = files.into_iter().find(|path| path.file_name() == Some(OsStr::new("galaxy.yml")));
    about.and_then(Path::parent).unwrap_or(Path::new(""))
}

fn write(path: &Path, file: &RenderedFile) -> Result<()> {
    let world = World::here();
    if let Some(folder) = path.parent() {
        world.make_folders(folder, 0o700)?;
    }
    let mode = if file.is_program { 0o700 } else { 0o600 };
    Ok(world.put(
        path,
        &Contents::Public(file.contents.clone().into_bytes()),
        Access { mode, owner: None },
    )?)
}

impl Options {
    /// The playbook. JSON is YAML.
    fn playbook(&self) -> String {
        let mut play = serde_json::json!({
            "name": "Trust the CA",
            "hosts": "all",
            "gather_facts": false,
            "roles": [{ "role": "labtrust.trust.labtrust", "vars": { "labtrust_restart": self.restarts } }],
        });
        if let Some(batch) = &self.batch {
            play["serial"] = batch.as_str().into();
        }
        if let Some(most) = self.most_failures {
            play["max_fail_percentage"] = most.into();
        }
        serde_json::json!([play]).to_string()
    }

    fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        for inventory in &self.inventories {
            arguments.extend(["--inventory".into(), inventory.clone().into_os_string()]);
        }
        if !self.limits.is_empty() {
            arguments.extend(["--limit".into(), self.limits.join(",").into()]);
        }
        if let Some(forks) = self.forks {
            arguments.extend(["--forks".into(), forks.to_string().into()]);
        }
        let switches = [("--check", self.is_check), ("--become", self.becomes_root)];
        arguments.extend(switches.into_iter().filter(|(_, is_set)| *is_set).map(|(word, _)| word.into()));
        arguments.extend(self.more.iter().cloned());
        arguments
    }
}

/// Writes the list of `hosts` that are left out, and returns the limit that names it.
pub(crate) fn without<'h>(state: &Path, hosts: impl Iterator<Item = &'h str>) -> Result<Option<String>> {
    let lines: String = hosts.map(|host| format!("!{host}\n")).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let path = state.join(FOLDER).join("done.txt");
    write(&path, &RenderedFile { path: String::new(), contents: lines, is_program: false })?;
    Ok(Some(format!("@{}", path.display())))
}

/// The hint where Ansible itself failed.
pub(crate) fn own_failure() -> Hint {
    "look at the inventory alone: ansible-inventory --list -i INVENTORY".into()
}

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
    render::{Order, Rendered, RenderedFile},
};
use serde_json::{Value, json};

use super::{
    line::Line,
    passed::{joined, refuse_own},
    run_folder::RunFolder,
};
use crate::hint::{Hint, fail};

/// The version that `--status` and the others are tried with. pip installs it into a folder of ours.
const PINNED: &str = "ansible-core==2.19.14";

/// The callback of the collection that prints a line a host.
const CALLBACK: &str = "labtrust.trust.jsonl";

/// The group of the hosts that are left out. The inventory of a person has no group of this name.
const DONE: &str = "labtrust_done";

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
    /// The hosts that are done, and left out.
    pub done: Vec<String>,
    /// What follows `--` on the command line.
    pub more: Vec<OsString>,
}

/// A run of Ansible that is ready to start.
pub(crate) struct Run {
    program: PathBuf,
    arguments: Vec<OsString>,
    folder: RunFolder,
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
    /// Why the run is not complete, if `missing` of its hosts have not ended.
    pub(crate) fn fault(&self, missing: usize) -> Option<String> {
        let hosts = if missing == 1 { "host" } else { "hosts" };
        match self.code {
            Some(0 | 2 | 4) if missing == 0 => None,
            Some(0 | 2 | 4) => Some(format!("Ansible stopped before {missing} {hosts} had ended")),
            Some(code) => {
                Some(format!("Ansible ended with the exit code {code}; {missing} {hosts} had not ended"))
            }
            None => Some(format!("a signal ended Ansible; {missing} {hosts} had not ended")),
        }
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
    /// Writes the collection `rendered` of `order` and the playbook into the `folder` of this run.
    pub(crate) fn prepare(
        program: PathBuf,
        folder: RunFolder,
        order: &Order<'_>,
        rendered: &Rendered,
        options: &Options,
    ) -> Result<Self> {
        let base = base(rendered);
        for file in &rendered.files {
            let Ok(path) = Path::new(&file.path).strip_prefix(base) else { continue };
            write(&collections(&folder).join("ansible_collections/labtrust/trust").join(path), file)?;
        }
        let text = |name: &str, contents: String| -> Result<OsString> {
            let path = folder.path().join(name);
            write(&path, &RenderedFile { path: String::new(), contents, is_program: false })?;
            Ok(path.into())
        };
        let mut arguments = options.arguments()?;
        if let Some(inventory) = options.inventory() {
            arguments.extend(["--inventory".into(), text("done.yml", inventory)?]);
        }
        arguments.push(text("playbook.yml", options.playbook(order))?);
        Ok(Self { program, arguments, folder })
    }

    /// Runs it, and hands each line of a host to `hear`.
    pub(crate) fn follow(&self, mut hear: impl FnMut(Line)) -> Result<Ended> {
        let others = env::var_os("ANSIBLE_COLLECTIONS_PATH").filter(|others| !others.is_empty());
        let usual =
            env::var_os("HOME").map(|home| Path::new(&home).join(".ansible/collections").into_os_string());
        let mut path = collections(&self.folder).into_os_string();
        for more in [others.or(usual), Some("/usr/share/ansible/collections".into())].into_iter().flatten() {
            path.push(":");
            path.push(more);
        }
        let variables = [
            ("ANSIBLE_COLLECTIONS_PATH", path),
            ("ANSIBLE_STDOUT_CALLBACK", CALLBACK.into()),
            ("ANSIBLE_RETRY_FILES_ENABLED", "False".into()),
            // Otherwise Ansible goes on without the hosts of a broken inventory, and they would count as gone.
            ("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "True".into()),
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

fn collections(folder: &RunFolder) -> PathBuf {
    folder.path().join("collections")
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
    /// The playbook. JSON is YAML. The variables of the role stand here, so that those of the inventory do not count.
    fn playbook(&self, order: &Order<'_>) -> String {
        let anchors: Vec<_> = order
            .anchors
            .iter()
            .map(|anchor| {
                let endpoints: Vec<_> = anchor.endpoints.iter().map(ToString::to_string).collect();
                json!({ "certificate": anchor.certificate.pem(), "endpoints": endpoints })
            })
            .collect();
        let variables = json!({
            "labtrust_anchors": anchors,
            "labtrust_endpoints": [],
            "labtrust_state": if order.is_removal { "absent" } else { "present" },
            "labtrust_restart": self.restarts,
        });
        let hosts = if self.done().next().is_some() { format!("all:!{DONE}") } else { "all".into() };
        let mut play = json!({
            "name": "Trust the CA",
            "hosts": hosts,
            "gather_facts": false,
            "roles": [{ "role": "labtrust.trust.labtrust", "vars": variables }],
        });
        if let Some(batch) = &self.batch {
            play["serial"] = batch.as_str().into();
        }
        if let Some(most) = self.most_failures {
            play["max_fail_percentage"] = most.into();
        }
        json!([play]).to_string()
    }

    /// The hosts that are left out. Ansible reads more than a name from one with a colon or a bracket: it is served again.
    fn done(&self) -> impl Iterator<Item = &String> {
        self.done.iter().filter(|host| !host.contains([':', '[']))
    }

    /// The inventory with the group of the hosts that are left out.
    fn inventory(&self) -> Option<String> {
        let hosts: serde_json::Map<_, _> = self.done().map(|host| (host.clone(), Value::Null)).collect();
        (!hosts.is_empty()).then(|| json!({ DONE: { "hosts": hosts } }).to_string())
    }

    fn arguments(&self) -> Result<Vec<OsString>> {
        refuse_own(&self.more)?;
        let mut arguments: Vec<OsString> = Vec::new();
        for inventory in &self.inventories {
            arguments.extend(["--inventory".into(), inventory.clone().into_os_string()]);
        }
        if !self.limits.is_empty() {
            arguments.extend(["--limit".into(), joined(&self.limits)?.into()]);
        }
        if let Some(forks) = self.forks {
            arguments.extend(["--forks".into(), forks.to_string().into()]);
        }
        let switches = [("--check", self.is_check), ("--become", self.becomes_root)];
        arguments.extend(switches.into_iter().filter(|(_, is_set)| *is_set).map(|(word, _)| word.into()));
        arguments.extend(self.more.iter().cloned());
        Ok(arguments)
    }

    /// Refuses options that contradict each other.
    pub(crate) fn validate(&self) -> Result<()> {
        self.arguments().map(drop)
    }
}

/// The hint where Ansible itself failed.
pub(crate) fn own_failure() -> Hint {
    "look at the inventory alone: ansible-inventory --list -i INVENTORY".into()
}

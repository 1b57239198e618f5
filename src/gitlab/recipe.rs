//! The options that a container was started with, as its engine reports them. A port cannot be added to an existing
//! container, so people who need one more port get the exact commands that recreate it.

mod compose;
mod flag;
mod keeper;
mod run;
mod run_options;

use std::path::PathBuf;

use serde_json::Value;

pub(super) use self::{
    compose::{COMPOSE_FILES, Project},
    keeper::Keeper,
};

use super::ruby::ENVIRONMENT;

/// The output of `docker inspect` for a container. Its environment and labels may hold passwords: the commands made from
/// it contain their names, and no values.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Recipe(Value);

/// A published port: this machine's, and the container's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublishedPort {
    /// This machine's.
    pub outside: u16,
    /// The container's.
    pub inside: u16,
}

impl Recipe {
    /// Reads one document of `docker inspect --format '{{json .}}'`.
    pub(crate) fn read(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json).map(Self)
    }

    /// The project that it belongs to, if Compose created it.
    pub(crate) fn project(&self) -> Option<Project> {
        let label = |name: &str| self.text(&["Config", "Labels", &format!("com.docker.compose.{name}")]);
        let files = label("project.config_files").unwrap_or_default();
        let folder = PathBuf::from(label("project.working_dir").unwrap_or_default());
        Some(Project {
            name: label("project")?.to_owned(),
            service: label("service")?.to_owned(),
            // podman-compose names its files relative to the folder.
            files: files.split(',').filter(|file| !file.is_empty()).map(|file| folder.join(file)).collect(),
            folder: Some(folder).filter(|folder| !folder.as_os_str().is_empty()),
            is_podmans: self.text(&["Config", "Labels", "io.podman.compose.project"]).is_some(),
            is_old: label("version").is_some_and(|version| version.starts_with("1.")),
        })
    }

    /// The service of a Swarm that it is a task of.
    pub(crate) fn swarm_service(&self) -> Option<&str> {
        self.text(&["Config", "Labels", "com.docker.swarm.service.name"])
    }

    /// The value of a variable of its environment. Some hold passwords, so none is shown but those of known names.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let lines = self.at(&["Config", "Env"]).as_array();
        let mut values = lines.into_iter().flatten().filter_map(|line| line.as_str()?.split_once('='));
        values.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Whether it starts as GitLab's own image does, whatever the image is called (omnibus-gitlab, `docker/Dockerfile`).
    pub(crate) fn starts_as_gitlab(&self) -> bool {
        let words = self.at(&["Config", "Cmd"]).as_array().into_iter().flatten();
        let mut words = words.chain(self.at(&["Config", "Entrypoint"]).as_array().into_iter().flatten());
        words.any(|word| ["/assets/init-container", "/assets/wrapper"].iter().any(|known| word == known))
            || self.variable(ENVIRONMENT).is_some()
    }

    /// The engine's id of its image.
    pub(crate) fn image(&self) -> Option<&str> {
        self.text(&["Image"])
    }

    fn name(&self) -> &str {
        self.text(&["Name"]).unwrap_or_default().trim_start_matches('/')
    }

    fn at(&self, path: &[&str]) -> &Value {
        path.iter().try_fold(&self.0, |value, key| value.get(key)).unwrap_or(&Value::Null)
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path).as_str().filter(|text| !text.is_empty())
    }
}

impl std::fmt::Debug for Recipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recipe({})", self.name())
    }
}

/// Whether `value` is the value of an option that was not given.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.iter().all(is_unset),
        Value::Object(values) => values.values().all(is_unset),
    }
}

#[cfg(test)]
mod tests;

//! The steps that publish ports of a container that Compose created: a line in its file, and one command.

use std::path::{Path, PathBuf};

use labtrust_plan::{Options, ShellLine, shell_line, shell_path, shell_word};

use super::PublishedPort;
use crate::by_hand::ByHand;

/// The project and the service that a container belongs to (docker/compose, `labels.go`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    /// Its name.
    pub name: String,
    /// The name of the service.
    pub service: String,
    /// The folder that its relative paths start from.
    pub folder: Option<PathBuf>,
    /// Its compose files; later ones override earlier ones.
    pub files: Vec<PathBuf>,
    /// Whether podman-compose created it.
    pub is_podmans: bool,
    /// Whether Compose version 1, the program `docker-compose`, created it.
    pub is_old: bool,
}

/// The files that Compose looks for by default; it reads the first that exists (compose-spec).
pub(in crate::gitlab) const COMPOSE_FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

impl Project {
    /// The file to add ports to; none if it is not on this machine, because a tool such as Portainer stores it.
    pub(crate) fn file(&self, is_here: &dyn Fn(&Path) -> bool) -> Option<&Path> {
        self.files.last().map(PathBuf::as_path).filter(|file| is_here(file))
    }

    /// The steps that publish the `missing` ports.
    pub(crate) fn by_hand(
        &self,
        engine: &ShellLine,
        missing: &[PublishedPort],
        is_here: &dyn Fn(&Path) -> bool,
    ) -> Vec<ByHand> {
        let (name, service) = (shell_word(&self.name), shell_word(&self.service));
        let file = self.file(is_here);
        let place = match (file, self.files.last()) {
            (Some(file), _) => format!("in {}", shell_path(file)),
            (None, Some(file)) => format!(
                "in the compose file of the project {}, which does not exist on this machine as {} (edit it in Portainer, or in \
                 the tool that stores it)",
                name,
                shell_path(file)
            ),
            (None, None) => format!("in the compose file of the project {name}"),
        };
        let ports =
            missing.iter().map(|PublishedPort { outside, inside }| format!("      - \"{outside}:{inside}\""));
        let edit =
            ByHand::remark(format!("{place}, below `ports:` of the service {service}, add")).lines(ports);
        let up = file.map(|_| ByHand::remark("then let Compose apply the change").run([self.up(engine)]));
        std::iter::once(edit).chain(up).collect()
    }

    /// The command that recreates its containers where its files have changed.
    fn up(&self, engine: &ShellLine) -> ShellLine {
        let compose = match engine.as_str().strip_prefix("docker") {
            _ if self.is_podmans => "podman-compose".into(),
            _ if *engine == "podman" => "podman compose".into(),
            Some(_) if self.is_old => engine.instead("docker", "docker-compose"),
            _ => engine.clone().with(["compose"]),
        };
        if let (Some(folder), [file]) = (&self.folder, self.files.as_slice())
            && COMPOSE_FILES.iter().any(|name| folder.join(name) == *file)
            && is_named_after(&self.name, folder)
        {
            return shell_line!("cd {} && {} up -d {}", folder, compose, self.service);
        }
        let mut options = vec![shell_line!("-p {}", self.name)];
        // podman-compose and Compose version 1 resolve paths from the first file's folder.
        if !self.is_podmans && compose.as_str().ends_with(" compose") {
            options.extend(self.folder.iter().map(|folder| shell_line!("--project-directory {}", folder)));
        }
        options.extend(self.files.iter().map(|file| shell_line!("-f {}", file)));
        shell_line!("{}{} up -d {}", compose, Options(&options), self.service)
    }
}

/// Whether `name` is Compose's default name for a project in `folder` (compose-go, `NormalizeProjectName`).
fn is_named_after(name: &str, folder: &Path) -> bool {
    let folder = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let kept: String = folder
        .chars()
        .filter(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || ['_', '-'].contains(next))
        .collect();
    kept.trim_start_matches(['_', '-']) == name
}

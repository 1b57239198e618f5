//! The change of a container that Compose made: a line in its file, and one command.

use std::path::{Path, PathBuf};

use labtrust_platform::plan::{shell_path, shell_word};

use super::Lent;
use crate::by_hand::ByHand;

/// The project and the service that a container belongs to (docker/compose, `labels.go`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// The service.
    pub service: String,
    /// The folder that its paths are told from.
    pub folder: Option<PathBuf>,
    /// Its files; a later one overrides those before it.
    pub files: Vec<PathBuf>,
    /// Whether it was made by the first Compose, a program of its own.
    pub is_old: bool,
}

/// What Compose reads where no file is named, the first that is there (compose-spec).
const USUAL: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

impl Project {
    /// The file that ports are added to; none if it is not on this machine, as where Portainer keeps it.
    pub fn file(&self, is_here: &dyn Fn(&Path) -> bool) -> Option<&Path> {
        self.files.last().map(PathBuf::as_path).filter(|file| is_here(file))
    }

    /// What lends `missing`.
    pub fn by_hand(&self, engine: &str, missing: &[Lent], is_here: &dyn Fn(&Path) -> bool) -> Vec<ByHand> {
        let (name, service) = (shell_word(&self.name), shell_word(&self.service));
        let file = self.file(is_here);
        let place = match (file, self.files.last()) {
            (Some(file), _) => format!("in {}", shell_path(file)),
            (None, Some(file)) => format!(
                "in the file of the project {}, which is not on this machine under its name, {} (Portainer and the like \
                 keep it; change it there)",
                name,
                shell_path(file)
            ),
            (None, None) => format!("in the file of the project {name}"),
        };
        let ports = missing.iter().map(|Lent { outside, inside }| format!("      - \"{outside}:{inside}\""));
        let edit =
            ByHand::remark(format!("{place}, below `ports:` of the service {service}, add")).lines(ports);
        let up = file.map(|_| ByHand::remark("then have Compose follow its file").run([self.up(engine)]));
        std::iter::once(edit).chain(up).collect()
    }

    /// The command that makes its containers anew where its files have changed.
    fn up(&self, engine: &str) -> String {
        let compose = match engine {
            "podman" => "podman-compose".to_owned(),
            _ if self.is_old => engine.replacen("docker", "docker-compose", 1),
            _ => format!("{engine} compose"),
        };
        let service = shell_word(&self.service);
        let path = |path: &Path| shell_path(path);
        if let (Some(folder), [file]) = (&self.folder, self.files.as_slice())
            && USUAL.iter().any(|name| folder.join(name) == *file)
            && is_named_after(&self.name, folder)
        {
            return format!("cd {} && {compose} up -d {service}", path(folder));
        }
        let is_current = compose.ends_with(" compose");
        let mut words = vec![compose, format!("-p {}", shell_word(&self.name))];
        // podman-compose and the first Compose take paths from the first file's folder.
        if is_current {
            words.extend(self.folder.iter().map(|folder| format!("--project-directory {}", path(folder))));
        }
        words.extend(self.files.iter().map(|file| format!("-f {}", path(file))));
        words.push(format!("up -d {service}"));
        words.join(" ")
    }
}

/// Whether Compose would call the project in `folder` so by itself (compose-go, `NormalizeProjectName`).
fn is_named_after(name: &str, folder: &Path) -> bool {
    let folder = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let kept: String = folder
        .chars()
        .filter(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || ['_', '-'].contains(next))
        .collect();
    kept.trim_start_matches(['_', '-']) == name
}

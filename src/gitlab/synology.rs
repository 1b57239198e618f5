//! Synology's DSM: its own web server and sshd use the ports that GitLab needs, and its reverse proxy takes a certificate
//! only in the Control Panel.

use std::path::Path;

use labtrust_machine::World;
use labtrust_plan::{shell_line, text};

use crate::by_hand::ByHand;

/// A DSM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dsm {
    /// `7.2.1`
    pub version: String,
    /// Templates of its nginx that somebody edited so that it does not use ports 80 and 443.
    pub changed: Vec<String>,
}

const VERSION: &str = "/etc.defaults/VERSION";
const TEMPLATES: &str = "/usr/syno/share/nginx";

/// The steps that bring the certificate and key of `--out` into DSM's reverse proxy.
const CLICKS: &str = include_str!("synology.txt");

impl Dsm {
    /// The DSM of this machine, if it is one.
    pub(crate) fn of(world: &World) -> Option<Self> {
        let read =
            |path: &Path| Some(String::from_utf8_lossy(&world.read(path).ok().flatten()?).into_owned());
        if world.list(Path::new("/usr/syno")).ok()?.is_empty() {
            return None;
        }
        let version = version(&read(Path::new(VERSION))?);
        let templates = world.list(Path::new(TEMPLATES)).unwrap_or_default();
        let is_changed = |path: &&std::path::PathBuf| {
            path.extension().is_some_and(|ending| ending == "mustache")
                && read(path).is_some_and(|text| leaves_its_ports(&text))
        };
        let changed = templates.iter().filter(is_changed).map(|path| path.display().to_string()).collect();
        Some(Self { version, changed })
    }

    /// Notes for the report, one line each.
    pub(crate) fn notes(&self) -> Vec<String> {
        if self.changed.is_empty() {
            return Vec::new();
        }
        vec![format!(
            "{} was edited to free port 80 or 443 of DSM. Each DSM update reverts this, and GitLab loses its port. Give \
             GitLab other ports, or use DSM's reverse proxy",
            self.changed.join(", ")
        )]
    }

    /// The steps in the Control Panel for the certificate and key of `host` in `folder`.
    pub(crate) fn steps(host: &str, folder: &Path) -> Vec<ByHand> {
        let [all, leaf, chain, key] =
            ["crt", "leaf.crt", "chain.crt", "key"].map(|kind| folder.join(format!("{host}.{kind}")));
        let split = [
            shell_line!("openssl x509 -in {} -out {}", all, leaf),
            shell_line!("sed '1,/END CERTIFICATE/d' {} >{}", all, chain),
        ];
        let fill = |line: &str| {
            let paths = [("LEAF", &leaf), ("CHAIN", &chain), ("KEY", &key)];
            let line = paths
                .iter()
                .fold(line.to_owned(), |line, (name, path)| line.replace(name, &text::path(path)));
            line.replace("HOST", host)
        };
        let mut clicks: Vec<ByHand> = Vec::new();
        for line in CLICKS.lines() {
            match (line.strip_prefix("  "), clicks.last_mut()) {
                (Some(detail), Some(click)) => click.lines.push(fill(detail)),
                _ => clicks.push(ByHand::remark(fill(line))),
            }
        }
        let split = ByHand::remark("DSM imports the certificate and its chain as two files").run(split);
        std::iter::once(split).chain(clicks).collect()
    }
}

/// The title of DSM's own program `name`.
pub(crate) fn title(name: &str) -> Option<&'static str> {
    match name {
        "nginx" => Some("DSM's own nginx"),
        "sshd" => Some("DSM's own sshd"),
        _ => None,
    }
}

/// `productversion="7.2.1"`
fn version(text: &str) -> String {
    let value = text.lines().find_map(|line| line.strip_prefix("productversion="));
    value.unwrap_or_default().trim_matches('"').to_owned()
}

/// Whether a template names ports, but neither 80 nor 443. DSM's unchanged templates name these if they name any.
fn leaves_its_ports(text: &str) -> bool {
    let port = |line: &str| -> Option<u16> {
        let value = line.trim_start().strip_prefix("listen")?.trim_start();
        let value = value.strip_prefix("[::]:").unwrap_or(value);
        value.split(|next: char| !next.is_ascii_digit()).next()?.parse().ok()
    };
    let ports: Vec<u16> = text.lines().filter_map(port).collect();
    !ports.is_empty() && !ports.iter().any(|port| [80, 443].contains(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edit_that_people_find_on_the_web_is_recognised() {
        let shipped = "server {\n    listen 80 default_server{{#reuseport}} reuseport{{/reuseport}};\n    listen [::]:80 default_server;\n}\n\
                       server {\n    listen 443 default_server ssl;\n    listen [::]:443 default_server ssl;\n}\n";
        let edited = shipped.replace("80", "81").replace("443", "444");
        for (text, is) in
            [(shipped, false), (edited.as_str(), true), ("listen {{DSM.port}};", false), ("# nothing", false)]
        {
            assert_eq!(leaves_its_ports(text), is, "{text}");
        }
        let dsm =
            Dsm { version: "7.2.1".into(), changed: vec!["/usr/syno/share/nginx/server.mustache".into()] };
        assert!(dsm.notes()[0].starts_with("/usr/syno/share/nginx/server.mustache was edited"));
        assert!(Dsm::default().notes().is_empty());
        assert_eq!(version("majorversion=\"7\"\nproductversion=\"7.2.1\"\n"), "7.2.1");
    }

    #[test]
    fn the_steps_name_the_host_and_the_folder() {
        let steps = Dsm::steps("git.example.com", Path::new("/volume1/its own"));
        let lines: Vec<_> =
            steps.iter().flat_map(|step| step.lines.iter().chain([&step.what])).cloned().collect();
        let all = lines.join("\n");
        assert!(
            all.contains("HTTPS, git.example.com, 443")
                && all.contains("/volume1/its own/git.example.com.key"),
            "{all}"
        );
        for name in ["HOST", "LEAF", "CHAIN", "KEY"] {
            assert!(!all.contains(name), "{all}");
        }
        assert_eq!(
            ByHand::commands_of(&steps).collect::<Vec<_>>(),
            [
                "openssl x509 -in '/volume1/its own/git.example.com.crt' -out '/volume1/its own/git.example.com.leaf.crt'",
                "sed '1,/END CERTIFICATE/d' '/volume1/its own/git.example.com.crt' >'/volume1/its own/git.example.com.chain.crt'",
            ]
        );
    }
}

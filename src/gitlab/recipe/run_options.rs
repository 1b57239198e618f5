//! The options of `docker run` that take more than one value of the engine's answer: ports, mounts, networks, labels and
//! the environment.

use labtrust_plan::{ShellLine, shell_line};
use serde_json::Value;

use super::{
    Recipe,
    flag::{joined, plain},
    is_unset,
};

/// Variables of the shell itself, and of the engine's client: a command cannot set them without side effects.
const NOT_TO_BE_SET: [&str; 8] = ["PATH", "HOME", "IFS", "ENV", "BASH_ENV", "PWD", "SHELLOPTS", "PS4"];

impl Recipe {
    /// The published ports, as they were given.
    pub(super) fn published(&self) -> Vec<String> {
        let mut found = Vec::new();
        let bindings = self.at(&["HostConfig", "PortBindings"]).as_object();
        for (inside, bindings) in bindings.into_iter().flatten() {
            let inside = inside.strip_suffix("/tcp").unwrap_or(inside);
            for binding in bindings.as_array().into_iter().flatten() {
                let part = |key: &str| binding.get(key).and_then(Value::as_str).unwrap_or_default();
                let outside = match (part("HostIp"), part("HostPort")) {
                    ("", "") => String::new(),
                    ("", number) => format!("{number}:"),
                    (address, number) if address.contains(':') => format!("[{address}]:{number}:"),
                    (address, number) => format!("{address}:{number}:"),
                };
                found.push(format!("{outside}{inside}"));
            }
        }
        found
    }

    /// The mounts that were not given by `--volume`. Among them are the anonymous volumes that the image declares: they
    /// hold data, too.
    pub(super) fn mount_options(&self) -> Result<Vec<ShellLine>, String> {
        let mut words = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        let binds = self.at(&["HostConfig", "Binds"]).as_array();
        known.extend(binds.into_iter().flatten().filter_map(|bind| bind.as_str()?.split(':').nth(1)));
        for mount in self.at(&["HostConfig", "Mounts"]).as_array().into_iter().flatten() {
            let part = |key: &str| mount.get(key).and_then(Value::as_str).unwrap_or_default();
            let (kind, source, target) = (part("Type"), part("Source"), part("Target"));
            let rest = ["BindOptions", "VolumeOptions", "TmpfsOptions"].map(|key| mount.get(key));
            if !rest.iter().flatten().all(|options| is_unset(options)) || source.contains(',') {
                return Err(format!("{target} is mounted with options that labtrust cannot write"));
            }
            let read_only = if mount.get("ReadOnly") == Some(&Value::Bool(true)) { ",readonly" } else { "" };
            let source = if source.is_empty() { String::new() } else { format!(",source={source}") };
            let given = format!("type={kind}{source},target={target}{read_only}");
            words.push(shell_line!("--mount {}", given));
            known.push(target);
        }
        for mount in self.at(&["Mounts"]).as_array().into_iter().flatten() {
            let part = |key: &str| mount.get(key).and_then(Value::as_str).unwrap_or_default();
            let target = part("Destination");
            if part("Type") == "volume" && !known.contains(&target) && !part("Name").is_empty() {
                words.push(shell_line!("--volume {}", format!("{}:{target}", part("Name"))));
            }
        }
        Ok(words)
    }

    pub(super) fn log_options(&self) -> Vec<ShellLine> {
        let driver = self.text(&["HostConfig", "LogConfig", "Type"]).unwrap_or_default();
        let options = self.at(&["HostConfig", "LogConfig", "Config"]).as_object();
        let options: Vec<_> = options.into_iter().flat_map(|options| joined(options, '=')).collect();
        if ["", "json-file", "k8s-file", "journald"].contains(&driver) && options.is_empty() {
            return Vec::new();
        }
        let options = options.iter().map(|option| shell_line!("--log-opt {}", option));
        std::iter::once(shell_line!("--log-driver {}", driver)).chain(options).collect()
    }

    /// The networks other than its first one, with its options in each.
    pub(super) fn more_networks(&self) -> Vec<(&str, Vec<ShellLine>)> {
        let networks = self.at(&["NetworkSettings", "Networks"]).as_object();
        let first = match self.network() {
            "" | "default" => "bridge",
            network => network,
        };
        let more = networks.into_iter().flatten().filter(|(network, _)| *network != first);
        more.map(|(network, settings)| {
            let options = self.network_options(settings).into_iter();
            let options = options.map(|option| option.instead("--network-alias", "--alias"));
            (network.as_str(), options.collect())
        })
        .collect()
    }

    pub(super) fn network_options(&self, settings: &Value) -> Vec<ShellLine> {
        let aliases = settings.get("Aliases").and_then(Value::as_array);
        let id = self.text(&["Id"]).unwrap_or_default();
        let aliases = aliases.into_iter().flatten().filter_map(Value::as_str);
        let own = aliases.filter(|alias| !id.starts_with(alias) && *alias != self.name());
        let mut words: Vec<_> = own.map(|alias| shell_line!("--network-alias {}", alias)).collect();
        for (key, option) in [("IPv4Address", "--ip"), ("IPv6Address", "--ip6")] {
            let address = settings.pointer(&format!("/IPAMConfig/{key}")).map(plain).unwrap_or_default();
            if !address.is_empty() && address != "null" {
                words.push(ShellLine::of([option, &address]));
            }
        }
        words
    }

    /// The labels that are not the image's. The command reads their values from the old container.
    pub(super) fn labels(
        &self,
        engine: &ShellLine,
        image: &Value,
        old: &str,
    ) -> Result<Vec<ShellLine>, String> {
        let labels = self.at(&["Config", "Labels"]).as_object();
        let images = image.get("Labels");
        let is_own = |(name, value): &(&String, &Value)| {
            images.and_then(|images| images.get(name.as_str())) != Some(*value)
        };
        let label = |(name, _): (&String, &Value)| {
            // Other characters have a meaning for a shell or a template.
            if !name.bytes().all(|next| next.is_ascii_alphanumeric() || b"._-/".contains(&next)) {
                return Err(format!("a shell cannot quote the name of its label {name:?}"));
            }
            let format = format!("{{{{index .Config.Labels \"{name}\"}}}}");
            Ok(shell_line!("--label \"{}=$({} inspect --format {} {})\"", name, engine, format, old))
        };
        labels.into_iter().flatten().filter(is_own).map(label).collect()
    }

    /// The variables that are not the image's: the assignments for one command, which read the values from the old
    /// container so that none is shown, and the names.
    pub(super) fn environment(
        &self,
        engine: &ShellLine,
        image: &Value,
        old: &str,
    ) -> Result<(Vec<ShellLine>, Vec<&str>), String> {
        let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
        let images = list(image.get("Env").unwrap_or(&Value::Null));
        let (mut set, mut names) = (Vec::new(), Vec::new());
        for line in
            self.at(&["Config", "Env"]).as_array().into_iter().flatten().filter(|line| !images.contains(line))
        {
            let Some((name, _)) = line.as_str().and_then(|line| line.split_once('=')) else { continue };
            let is_shells =
                NOT_TO_BE_SET.contains(&name) || name.starts_with("LD_") || name.starts_with("DOCKER_");
            // A shell takes any other word for a command.
            let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && name.bytes().all(|next| next.is_ascii_alphanumeric() || next == b'_');
            if is_shells || !is_name {
                return Err(format!("a shell cannot pass on --env {name} safely"));
            }
            let after = name.len() + 1;
            let format = format!(
                "{{{{range .Config.Env}}}}{{{{if eq (index (split . \"=\") 0) \"{name}\"}}}}{{{{slice . {after}}}}}{{{{end}}}}{{{{end}}}}"
            );
            set.push(shell_line!("{}=\"$({} inspect --format {} {})\"", name, engine, format, old));
            names.push(name);
        }
        Ok((set, names))
    }

    pub(super) fn network(&self) -> &str {
        self.text(&["HostConfig", "NetworkMode"]).unwrap_or_default()
    }
}

//! The options of `docker run`, one row each: where the engine's answer holds the value (moby API,
//! `ContainerInspect`; docker/cli, `opts.go`).

use serde_json::Value;

use super::is_unset;

/// An option.
pub(super) struct Flag {
    /// The path of its value in the answer.
    pub at: [&'static str; 2],
    /// Its name on the command line.
    pub name: &'static str,
    kind: Kind,
    /// Its values when it was not given.
    usual: &'static [&'static str],
}

/// The way a value is written on the command line.
#[derive(Clone, Copy)]
enum Kind {
    /// Unchanged; a list repeats the option for each element.
    Plain,
    /// `--init`
    Switch,
    /// `KEY=VALUE`, once for each pair.
    Pairs,
    /// `PATH:OPTIONS`, once for each path.
    Paths,
    /// Billionths of a processor.
    Cpus,
    /// `NAME=SOFT:HARD`, once for each limit.
    Limits,
    /// `on-failure:5`
    Restart,
}

const fn host(at: &'static str, name: &'static str, kind: Kind, usual: &'static [&'static str]) -> Flag {
    Flag { at: ["HostConfig", at], name, kind, usual }
}

const fn config(at: &'static str, name: &'static str, kind: Kind) -> Flag {
    Flag { at: ["Config", at], name, kind, usual: &[] }
}

/// The options that the new container gets unchanged.
pub(super) const FLAGS: [Flag; 45] = [
    config("Domainname", "--domainname", Kind::Plain),
    config("User", "--user", Kind::Plain),
    config("WorkingDir", "--workdir", Kind::Plain),
    config("StopSignal", "--stop-signal", Kind::Plain),
    config("StopTimeout", "--stop-timeout", Kind::Plain),
    config("Tty", "--tty", Kind::Switch),
    config("OpenStdin", "--interactive", Kind::Switch),
    host("RestartPolicy", "--restart", Kind::Restart, &[]),
    host("Binds", "--volume", Kind::Plain, &[]),
    host("VolumesFrom", "--volumes-from", Kind::Plain, &[]),
    host("VolumeDriver", "--volume-driver", Kind::Plain, &["local"]),
    host("Tmpfs", "--tmpfs", Kind::Paths, &[]),
    // The defaults of Docker and of podman.
    host("ShmSize", "--shm-size", Kind::Plain, &["67108864", "65536000"]),
    host("Memory", "--memory", Kind::Plain, &[]),
    host("MemoryReservation", "--memory-reservation", Kind::Plain, &[]),
    host("MemorySwap", "--memory-swap", Kind::Plain, &[]),
    host("NanoCpus", "--cpus", Kind::Cpus, &[]),
    host("CpuShares", "--cpu-shares", Kind::Plain, &[]),
    host("CpuPeriod", "--cpu-period", Kind::Plain, &[]),
    host("CpuQuota", "--cpu-quota", Kind::Plain, &[]),
    host("CpusetCpus", "--cpuset-cpus", Kind::Plain, &[]),
    host("CpusetMems", "--cpuset-mems", Kind::Plain, &[]),
    host("BlkioWeight", "--blkio-weight", Kind::Plain, &[]),
    host("PidsLimit", "--pids-limit", Kind::Plain, &["2048"]),
    host("OomScoreAdj", "--oom-score-adj", Kind::Plain, &[]),
    host("OomKillDisable", "--oom-kill-disable", Kind::Switch, &[]),
    host("Ulimits", "--ulimit", Kind::Limits, &[]),
    host("Privileged", "--privileged", Kind::Switch, &[]),
    host("ReadonlyRootfs", "--read-only", Kind::Switch, &[]),
    host("Init", "--init", Kind::Switch, &[]),
    host("CapAdd", "--cap-add", Kind::Plain, &[]),
    host("CapDrop", "--cap-drop", Kind::Plain, &[]),
    host("SecurityOpt", "--security-opt", Kind::Plain, &[]),
    host("GroupAdd", "--group-add", Kind::Plain, &[]),
    host("Sysctls", "--sysctl", Kind::Pairs, &[]),
    host("Dns", "--dns", Kind::Plain, &[]),
    host("DnsOptions", "--dns-option", Kind::Plain, &[]),
    host("DnsSearch", "--dns-search", Kind::Plain, &[]),
    host("ExtraHosts", "--add-host", Kind::Plain, &[]),
    host("IpcMode", "--ipc", Kind::Plain, &["private", "shareable"]),
    host("UsernsMode", "--userns", Kind::Plain, &[]),
    host("Runtime", "--runtime", Kind::Plain, &["runc", "oci"]),
    host("CgroupnsMode", "--cgroupns", Kind::Plain, &["private"]),
    host("MemorySwappiness", "--memory-swappiness", Kind::Plain, &["-1"]),
    host("CgroupParent", "--cgroup-parent", Kind::Plain, &[]),
];

/// The values that are handled apart, follow from other values, or are set by the engine.
pub(super) const NO_FLAGS: [[&str; 2]; 26] = [
    ["HostConfig", "NetworkMode"],
    ["HostConfig", "PortBindings"],
    ["HostConfig", "PublishAllPorts"],
    ["HostConfig", "Mounts"],
    ["HostConfig", "LogConfig"],
    ["HostConfig", "AutoRemove"],
    ["HostConfig", "ContainerIDFile"],
    ["HostConfig", "ConsoleSize"],
    ["HostConfig", "Isolation"],
    ["HostConfig", "MaskedPaths"],
    ["HostConfig", "ReadonlyPaths"],
    ["Config", "Hostname"],
    ["Config", "Image"],
    ["Config", "Env"],
    ["Config", "Labels"],
    ["Config", "Cmd"],
    ["Config", "Entrypoint"],
    ["Config", "Volumes"],
    ["Config", "ExposedPorts"],
    ["Config", "AttachStdin"],
    ["Config", "AttachStdout"],
    ["Config", "AttachStderr"],
    ["Config", "StdinOnce"],
    ["Config", "OnBuild"],
    ["Config", "ArgsEscaped"],
    ["Config", "Shell"],
];

impl Flag {
    /// The words of the command line for `value`; empty if the option was not given.
    pub(super) fn words(&self, value: &Value) -> Vec<String> {
        if is_unset(value) || self.usual.contains(&plain(value).as_str()) {
            return Vec::new();
        }
        if let Kind::Switch = self.kind {
            return vec![self.name.to_owned()];
        }
        let values: Vec<String> = match (self.kind, value) {
            (Kind::Cpus, _) => {
                value.as_f64().map(|billionths| (billionths / 1e9).to_string()).into_iter().collect()
            }
            (Kind::Restart, _) => restart(value).into_iter().collect(),
            (Kind::Limits, Value::Array(limits)) => limits.iter().map(limit).collect(),
            (Kind::Pairs, Value::Object(pairs)) => joined(pairs, '='),
            (Kind::Paths, Value::Object(pairs)) => joined(pairs, ':'),
            (_, Value::Array(values)) => values.iter().map(plain).collect(),
            _ => vec![plain(value)],
        };
        values.into_iter().flat_map(|value| [self.name.to_owned(), value]).collect()
    }
}

/// A string unchanged, any other value as JSON.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The pairs of an object, key and value joined by `between`.
pub(super) fn joined(pairs: &serde_json::Map<String, Value>, between: char) -> Vec<String> {
    let pair = |(key, value): (&String, &Value)| match plain(value) {
        value if value.is_empty() => key.clone(),
        value => format!("{key}{between}{value}"),
    };
    pairs.iter().map(pair).collect()
}

fn restart(value: &Value) -> Option<String> {
    let name = value.get("Name")?.as_str().filter(|name| !["", "no"].contains(name))?;
    Some(match value.get("MaximumRetryCount").and_then(Value::as_u64) {
        Some(most) if most > 0 => format!("{name}:{most}"),
        _ => name.to_owned(),
    })
}

fn limit(value: &Value) -> String {
    let part = |key: &str| value.get(key).map(plain).unwrap_or_default();
    format!("{}={}:{}", part("Name"), part("Soft"), part("Hard"))
}

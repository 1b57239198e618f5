//! k3s and RKE2. They trust the system store, which they read when they start; `registries.yaml` is another way, and they write
//! what it says into the settings of their own containerd (docs.k3s.io, "Private Registry Configuration").

mod registries;

use std::path::{Path, PathBuf};

use serde_json::Value;

use self::registries::Registries;
use super::{
    daemon,
    node::NODE,
    row::{About, AlsoRead, ByHand, Done, Look, Planned, Store, Tried},
    system,
};
use crate::{Anchor, Command, Endpoint, Facts, Proof, Prose, ShellLine, edit::toml_values, hint};

const ABOUT: About = About {
    writes: "nothing beside the system store: the lines of `registries.yaml` are printed",
    proof: "the settings that it made for its own containerd name the certificate",
    tried: Tried::Documentation,
};

/// k3s.
pub(super) const K3S: Store = Store {
    id: "k3s",
    title: "k3s",
    about: ABOUT,
    plan: |facts, anchor| K3S_ROW.plan(facts, anchor),
    looks: || {
        let own = [
            Look::Path("/etc/rancher/k3s"),
            Look::Text("/etc/rancher/k3s/registries.yaml"),
            Look::Text("/var/lib/rancher/k3s/agent/etc/containerd/certs.d/*/hosts.toml"),
        ];
        daemon::looks().into_iter().chain(own).collect()
    },
    reads_also: |facts| K3S_ROW.reads_also(facts),
    ..NODE
};

/// RKE2.
pub(super) const RKE2: Store = Store {
    id: "rke2",
    title: "RKE2",
    about: ABOUT,
    plan: |facts, anchor| RKE2_ROW.plan(facts, anchor),
    looks: || {
        let own = [
            Look::Path("/etc/rancher/rke2"),
            Look::Text("/etc/rancher/rke2/registries.yaml"),
            Look::Text("/var/lib/rancher/rke2/agent/etc/containerd/certs.d/*/hosts.toml"),
        ];
        daemon::looks().into_iter().chain(own).collect()
    },
    reads_also: |facts| RKE2_ROW.reads_also(facts),
    ..NODE
};

/// What differs between them.
struct Row {
    title: &'static str,
    settings: &'static str,
    /// The folder of registries that it writes for its own containerd.
    made: &'static str,
    /// The services, as they are restarted where none is seen to run.
    services: [&'static str; 2],
    missed: &'static str,
}

const K3S_ROW: Row = Row {
    title: "k3s",
    settings: "/etc/rancher/k3s",
    made: "/var/lib/rancher/k3s/agent/etc/containerd/certs.d",
    services: ["k3s", "k3s-agent"],
    missed: "k3s trusts the system store, which does not contain the CA",
};

const RKE2_ROW: Row = Row {
    title: "RKE2",
    settings: "/etc/rancher/rke2",
    made: "/var/lib/rancher/rke2/agent/etc/containerd/certs.d",
    services: ["rke2-server", "rke2-agent"],
    missed: "RKE2 trusts the system store, which does not contain the CA",
};

impl Row {
    fn is_here(&self, facts: &Facts) -> bool {
        facts.has(self.settings)
    }

    fn reads_also(&self, facts: &Facts) -> Vec<AlsoRead> {
        let hint = "also trust it in the system store: --store system";
        let system = AlsoRead { store: system::STORE.id, missed: self.missed, hint };
        if self.is_here(facts) { vec![system] } else { Vec::new() }
    }

    fn plan(&self, facts: &Facts, anchor: &Anchor) -> Planned {
        if !self.is_here(facts) {
            return Planned::Absent(format!("{} is not installed", self.title));
        }
        if anchor.endpoints.is_empty() {
            return Planned::without_endpoint(
                "it trusts a CA for one registry at a time, and no registry is known",
            );
        }
        Planned::Partly { changes: Vec::new(), rest: vec![self.step(facts, anchor)] }
    }

    /// The step that makes it trust `anchor` for its endpoints without the system store.
    fn step(&self, facts: &Facts, anchor: &Anchor) -> ByHand {
        let settings = Path::new(self.settings).join("registries.yaml");
        let file = system::anchor_file(facts, anchor).unwrap_or_else(|| "/etc/ssl/labtrust.crt".into());
        let standing = Registries(facts.text(&settings).unwrap_or_default());
        let names = anchor.endpoints.iter().map(Endpoint::certs_d_folder);
        let entries = names.flat_map(|name| standing.entry(&name, &file));
        let lines: Vec<_> = [standing.configs()].into_iter().chain(entries).collect();
        let is_new = lines.iter().all(|line| !line.is_there);
        let advice = hint!(
            "{} trusts the system store after its restart. Without that store, add this to {}{}, on every node, then restart it:",
            Prose(self.title),
            &settings,
            Prose(if is_new { "" } else { ", without the lines that stand there" })
        );
        let advice = lines.iter().fold(advice, |advice, line| advice.line(hint!("{}", Prose(line))));
        ByHand {
            commands: self.restart(facts),
            done: self.done(facts, anchor),
            is_optional: true,
            ..ByHand::new(format!("{} reads no folder that labtrust may write", self.title), advice)
        }
    }

    /// How to see that its containerd has the CA for each endpoint; none while its settings name no file for one of them.
    fn done(&self, facts: &Facts, anchor: &Anchor) -> Option<Done> {
        let proofs = anchor.endpoints.iter().map(|endpoint| {
            let missing: Vec<Proof> = self
                .named(facts, endpoint)
                .map(|path| Proof::Not(Box::new(Proof::Bundle { path, sha256: anchor.sha256() })))
                .collect();
            // One of the files holds it: not each of them lacks it.
            (!missing.is_empty()).then(|| Proof::Not(Box::new(Proof::All(missing))))
        });
        Some(Done::Proven(Proof::All(proofs.collect::<Option<_>>()?)))
    }

    /// The certificates that the settings of its containerd name for `endpoint`. It writes them from `registries.yaml` when it
    /// starts.
    fn named(&self, facts: &Facts, endpoint: &Endpoint) -> impl Iterator<Item = PathBuf> {
        let folder = Path::new(self.made).join(endpoint.certs_d_folder());
        let values =
            facts.text(folder.join("hosts.toml")).and_then(|text| toml_values(text).ok()).unwrap_or_default();
        let hosts: Vec<Value> =
            values["host"].as_object().into_iter().flatten().map(|(_, host)| host["ca"].clone()).collect();
        let lists = [values["ca"].clone()].into_iter().chain(hosts);
        let files = lists.flat_map(|list| match list {
            Value::String(file) => vec![file],
            Value::Array(files) => files.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        });
        files.map(move |file| folder.join(file)).collect::<std::collections::BTreeSet<_>>().into_iter()
    }

    fn restart(&self, facts: &Facts) -> Vec<ShellLine> {
        let running = daemon::services(facts);
        let own = running.iter().find(|service| service.title.ends_with(self.title));
        let usual = Command::new("systemctl", ["restart", self.services[0]]);
        let command = own.and_then(|service| service.restart.clone()).unwrap_or(usual);
        vec![ShellLine::from(&command).by_root()]
    }
}

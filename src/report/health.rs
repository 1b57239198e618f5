//! The output for monitoring: one line in the form of monitoring plugins, or metrics in Prometheus' text format.
//!
//! Sources: the plugin guidelines of Monitoring Plugins ("Plugin Output for Nagios", "Performance data") and Prometheus'
//! text exposition format 0.0.4.

use std::{collections::BTreeSet, fmt::Write as _};

use labtrust_machine::session::OutcomeState;
use labtrust_plan::ShellLine;
use time::OffsetDateTime;

use super::status::{KnownCa, overview::Overview, server::Server};
use crate::{
    exit,
    server::{
        health::{CA_CRITICAL, CA_WARNING, Concern, LEAF_CRITICAL, Level, Presented, level},
        renew::schedule::Schedule,
    },
};

/// The exit code of a plugin that knows nothing.
const UNKNOWN: u8 = 3;

/// The facts for the output to monitoring.
pub(crate) struct Monitored<'a> {
    pub now: OffsetDateTime,
    /// The CAs that this machine should trust.
    pub known: &'a [&'a KnownCa],
    pub concerns: &'a [Concern],
    pub server: &'a Server<'a>,
}

/// The concerns of a server, with those about its state folder and about the stores of this machine.
pub(crate) fn with_stores(overview: &Overview<'_>, known: &[&KnownCa]) -> Vec<Concern> {
    let status = || vec![ShellLine::from("{labtrust status}")];
    let damages = overview.damages.iter().map(|damage| Concern {
        code: "damaged",
        level: Level::Critical,
        what: damage.to_string(),
        next: status(),
    });
    let unreadable = overview.unreadable.iter().map(|error| Concern {
        code: "unreadable",
        level: Level::Critical,
        what: format!("the installed certificate cannot be read: {error:#}"),
        next: status(),
    });
    let untrusted = known.iter().filter_map(|one| {
        let title = one.certificate.title();
        let (code, what) = match one.code() {
            exit::DONE => return None,
            exit::NO => ("untrusted", format!("a store of this machine does not trust {title}")),
            exit::RESTART => ("restart-pending", format!("trust in {title} takes effect after a restart")),
            _ => ("store-unknown", format!("a store of this machine could not be asked about {title}")),
        };
        Some(Concern { code, level: Level::Warning, what, next: status() })
    });
    let changed = overview.is_changed().then(|| Concern {
        code: "changed",
        level: Level::Warning,
        what: "another program or person changed the installed certificate".into(),
        next: status(),
    });
    let mut concerns: Vec<_> = overview.concerns.clone();
    concerns.extend(damages.chain(unreadable).chain(untrusted).chain(changed));
    concerns.sort_by_key(|concern| std::cmp::Reverse(concern.level));
    concerns
}

impl Monitored<'_> {
    /// The exit code of a monitoring plugin.
    pub(crate) fn code(&self) -> u8 {
        match level(self.concerns) {
            Level::Critical => 2,
            Level::Warning => 1,
            _ if self.knows_nothing() => UNKNOWN,
            Level::Ok | Level::Notice => 0,
        }
    }

    fn knows_nothing(&self) -> bool {
        self.known.is_empty() && self.server.leaves.is_empty() && self.concerns.is_empty()
    }

    /// `STATUS - text | performance data`, in one line.
    pub(crate) fn line(&self) -> String {
        let word = match self.code() {
            0 => "OK",
            1 => "WARNING",
            2 => "CRITICAL",
            _ => "UNKNOWN",
        };
        let mut text = match self.concerns {
            [] if self.knows_nothing() => "labtrust knows no CA and no certificate here".to_owned(),
            [] => self.summary(),
            concerns => concerns.iter().map(|one| &one.what[..]).collect::<Vec<_>>().join("; "),
        };
        // The bar begins the performance data.
        text = text.replace('|', "/").replace(char::is_control, " ");
        let data = self.performance();
        if data.is_empty() {
            format!("LABTRUST {word} - {text}")
        } else {
            format!("LABTRUST {word} - {text} | {data}")
        }
    }

    fn summary(&self) -> String {
        let leaf = self.leaf_days().map(|(days, _)| format!("the certificate ends in {days} days"));
        let authority = self.authority_days().map(|days| format!("the CA in {days}"));
        let trusted = (!self.known.is_empty()).then(|| "every store of this machine trusts it".to_owned());
        leaf.into_iter().chain(authority).chain(trusted).collect::<Vec<_>>().join(", ")
    }

    /// The days until the first certificate in place ends, and until its replacement is due.
    fn leaf_days(&self) -> Option<(i64, i64)> {
        let first = self.server.leaves.iter().map(|leaf| &leaf.parsed).min_by_key(|leaf| leaf.not_after)?;
        Some((first.days_left(self.now), (first.not_after - first.due()).whole_days()))
    }

    fn authority_days(&self) -> Option<i64> {
        self.server.authority.map(|authority| authority.days_left(self.now))
    }

    /// `label=value;warning;critical` for each figure; `N:` warns of less than N.
    fn performance(&self) -> String {
        let mut data = Vec::new();
        if let Some((days, due)) = self.leaf_days() {
            data.push(format!("certificate_days={days};{due}:;{}:", LEAF_CRITICAL + 1));
        }
        if let Some(days) = self.authority_days() {
            data.push(format!("ca_days={days};{}:;{}:", CA_WARNING + 1, CA_CRITICAL + 1));
        }
        if !self.known.is_empty() {
            let untrusted = self.known.iter().filter(|one| one.code() != exit::DONE).count();
            data.push(format!("untrusted={untrusted};0"));
        }
        data.join(" ")
    }

    /// All figures, in Prometheus' text format.
    pub(crate) fn metrics(&self) -> String {
        let mut metrics = Metrics::default();
        metrics.add(
            "labtrust_level",
            "The most urgent concern: 0 ok, 1 notice, 2 warning, 3 critical, 4 nothing known.",
        );
        let level = if self.code() == UNKNOWN { 4 } else { level(self.concerns) as u8 };
        metrics.value(&[], &level.to_string());
        metrics.add("labtrust_concerns", "How many concerns there are, by their code.");
        for concern in self.concerns {
            let count = self.concerns.iter().filter(|other| other.code == concern.code).count();
            metrics.value(&[("code", concern.code)], &count.to_string());
        }
        self.add_certificates(&mut metrics);
        self.add_renewal(&mut metrics);
        self.add_trust(&mut metrics);
        metrics.text
    }

    fn add_certificates(&self, metrics: &mut Metrics) {
        let leaves = self.server.leaves.iter().map(|leaf| ("leaf", &leaf.parsed));
        let ends: Vec<_> = leaves.chain(self.known.iter().map(|one| ("ca", &one.certificate))).collect();
        metrics.add(
            "labtrust_certificate_not_after_seconds",
            "When each certificate ends, in seconds since 1970.",
        );
        for (kind, certificate) in &ends {
            let sha256 = certificate.fingerprint().to_string();
            metrics.value(&[("kind", kind), ("sha256", &sha256)], &seconds(certificate.not_after));
        }
        metrics.add("labtrust_certificate_days_left", "Days until each certificate ends.");
        for (kind, certificate) in &ends {
            let sha256 = certificate.fingerprint().to_string();
            let days = certificate.days_left(self.now).to_string();
            metrics.value(&[("kind", kind), ("sha256", &sha256)], &days);
        }
    }

    fn add_renewal(&self, metrics: &mut Metrics) {
        metrics.add(
            "labtrust_renewal_due_seconds",
            "When renewal of each certificate is due, in seconds since 1970.",
        );
        for leaf in &self.server.leaves {
            let sha256 = leaf.parsed.fingerprint().to_string();
            metrics.value(&[("sha256", &sha256)], &seconds(leaf.parsed.due()));
        }
        let schedule = self.server.schedule();
        if *schedule != Schedule::Never {
            metrics.add(
                "labtrust_renewal_scheduled",
                "Whether the daily run that setup installed is still active.",
            );
            metrics.value(&[], flag(matches!(schedule, Schedule::Runs { .. })));
        }
        if let Some((ran, failed)) = self.server.last_run() {
            metrics.add("labtrust_renewal_last_run_seconds", "When renew last ran, in seconds since 1970.");
            metrics.value(&[], &seconds(ran));
            metrics.add("labtrust_renewal_last_run_ok", "Whether that run succeeded.");
            metrics.value(&[], flag(failed.is_none()));
        }
    }

    fn add_trust(&self, metrics: &mut Metrics) {
        metrics.add(
            "labtrust_served",
            "Whether an endpoint presents the installed certificate; it is absent where none answers.",
        );
        let answers = self.server.presented.iter().filter(|(_, presented)| *presented != Presented::Nothing);
        for (endpoint, presented) in answers {
            metrics.value(&[("endpoint", &endpoint.to_string())], flag(*presented == Presented::Same));
        }
        metrics.add("labtrust_store_trusted", "Whether a store of this machine trusts a CA.");
        for one in self.known {
            let sha256 = one.anchor.sha256().to_string();
            for outcome in one.outcomes.iter().filter(|outcome| outcome.state != OutcomeState::Skipped) {
                let labels =
                    [("store", outcome.store.as_str()), ("subject", &outcome.subject), ("sha256", &sha256)];
                metrics.value(&labels, flag(outcome.state == OutcomeState::Trusted));
            }
        }
    }
}

fn seconds(time: OffsetDateTime) -> String {
    time.unix_timestamp().to_string()
}

fn flag(is_so: bool) -> &'static str {
    if is_so { "1" } else { "0" }
}

/// Metrics as a text; all of them are gauges.
#[derive(Default)]
struct Metrics {
    text: String,
    name: &'static str,
    head: String,
    names: BTreeSet<String>,
}

impl Metrics {
    /// Begins the metric `name`.
    fn add(&mut self, name: &'static str, help: &str) {
        self.name = name;
        // A metric without values is left out.
        self.head = format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
    }

    /// A value of the metric that was begun last.
    fn value(&mut self, labels: &[(&str, &str)], value: &str) {
        self.text.push_str(&std::mem::take(&mut self.head));
        let escaped = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
        let labels: Vec<_> =
            labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let name = format!("{}{labels}", self.name);
        // A collector rejects a name with two values.
        if self.names.insert(name.clone()) {
            // Writing to a text never fails.
            let _ = writeln!(self.text, "{name} {value}");
        }
    }
}

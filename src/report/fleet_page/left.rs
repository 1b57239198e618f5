//! The hosts that are not done, by the reason, and what a person does about them.

use std::collections::BTreeMap;

use super::{
    host::{self, HostGroup},
    summary::{class, grouped, hosts, sign},
};
use crate::{
    fleet::record::{Action, FleetRecord},
    printer::Mark,
    report::html,
};

/// The reasons that are listed; the table has all.
const MOST_REASONS: usize = 20;

/// The hosts of a reason that are named without a click.
const FEW_HOSTS: usize = 3;

/// Hosts that are not done for the same reason.
struct Reason<'r> {
    group: HostGroup,
    text: String,
    hosts: Vec<&'r str>,
}

/// The commands that finish the rollout, and the reasons why it is not finished.
pub(super) fn left(record: &FleetRecord) -> String {
    let reasons = reasons(record);
    if reasons.is_empty() {
        return format!("<p class=\"good\">{} Nothing: every host is done.</p>", sign(Mark::Good));
    }
    let items: String = reasons.iter().take(MOST_REASONS).map(item).collect();
    let steps = steps(record.action, &reasons);
    let more = match reasons.len().saturating_sub(MOST_REASONS) {
        0 => String::new(),
        more => format!("<p>The table of hosts has {} more reasons.</p>", grouped(more)),
    };
    format!("{steps}<ul class=\"reasons\">{items}</ul>{more}")
}

/// The reasons, the most urgent first, then those of most hosts.
fn reasons(record: &FleetRecord) -> Vec<Reason<'_>> {
    let mut hosts: BTreeMap<(HostGroup, String), Vec<&str>> = BTreeMap::new();
    for (name, host) in host::ordered(record) {
        let group = HostGroup::of(host);
        if group != HostGroup::Done {
            let reason = without_name(&host::reason(host, record.action), name);
            hosts.entry((group, reason)).or_default().push(name);
        }
    }
    let mut reasons: Vec<_> =
        hosts.into_iter().map(|((group, text), hosts)| Reason { group, text, hosts }).collect();
    reasons.sort_by_key(|reason| (reason.group, usize::MAX - reason.hosts.len()));
    reasons
}

/// The steps that serve the hosts of `reasons`.
fn steps(action: Action, reasons: &[Reason<'_>]) -> String {
    let (restarts, unserved): (Vec<_>, Vec<_>) =
        reasons.iter().partition(|reason| reason.group == HostGroup::Restart);
    let mut steps = String::new();
    if !unserved.is_empty() {
        let removes = if action == Action::Remove { " --remove" } else { "" };
        steps = format!(
            "<p>Repair what the reasons name. Then run the same command with --retry: it serves every host that is \
             not done.</p><pre><code>labtrust rollout{removes} --retry -i INVENTORY</code></pre>"
        );
    }
    if !restarts.is_empty() {
        steps += "<p>Where a restart is left, restart the services that the reasons name.</p>";
    }
    steps
}

fn item(reason: &Reason<'_>) -> String {
    let names = reason.hosts.iter().map(|name| html::text(name)).collect::<Vec<_>>().join(", ");
    let names = if reason.hosts.len() <= FEW_HOSTS {
        format!("<p class=\"of\">{names}</p>")
    } else {
        format!("<details><summary>{}</summary>{names}</details>", hosts(reason.hosts.len()))
    };
    let (mark, word, text) = (reason.group.mark(), reason.group.word(), html::text(&reason.text));
    let (class, sign) = (class(mark), sign(mark));
    format!("<li><p class=\"{class}\">{sign} {word}</p><p class=\"reason\">{text}</p>{names}</li>")
}

/// `reason` with `HOST` in place of the host's `name`, so that the same fault of many hosts is one reason.
fn without_name(reason: &str, name: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    let mut text = String::new();
    let mut from = 0;
    for (at, found) in reason.match_indices(name) {
        let end = at + found.len();
        let after = reason[end..].trim_start_matches('.');
        if !reason[..at].ends_with(is_part) && !after.starts_with(is_part) {
            text += &reason[from..at];
            text += "HOST";
            from = end;
        }
    }
    text + &reason[from..]
}

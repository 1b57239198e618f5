//! The parts of the page above its table: what is done, and the CAs with their ends.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::host::HostGroup;
use crate::{
    fleet::record::{Action, FleetRecord, RolledCa},
    printer::Mark,
    report::html,
};

/// From so many days before its end a CA is marked.
const SOON: i64 = 90;

/// The result of the rollout in one line.
pub(super) fn title(record: &FleetRecord) -> String {
    let counts = HostGroup::counts(record);
    let count =
        |wanted| counts.iter().filter(|(group, _)| *group == wanted).map(|(_, count)| count).sum::<usize>();
    let restarts = count(HostGroup::Restart);
    let done =
        format!("{} of {} done", grouped(count(HostGroup::Done) + restarts), hosts(record.hosts.len()));
    match restarts {
        0 => done,
        1 => format!("{done}, 1 needs a restart"),
        more => format!("{done}, {} need a restart", grouped(more)),
    }
}

/// What the rollout does, and when it ran.
pub(super) fn lede(record: &FleetRecord) -> String {
    let titles = record.cas.iter().map(|ca| ca.title.as_str()).collect::<Vec<_>>().join(", ");
    let does = match record.action {
        Action::Trust => "Makes each host trust",
        Action::Remove => "Makes each host stop trusting",
    };
    let at = minute(&record.at);
    let ended =
        if at.is_empty() { "No run has ended yet.".to_owned() } else { format!("The last run ended {at}.") };
    format!("{does}: {titles}. {ended}")
}

/// The number of hosts in each state, with a bar.
pub(super) fn tiles(record: &FleetRecord) -> String {
    let all = record.hosts.len().max(1);
    let mut counts = HostGroup::counts(record);
    counts.reverse();
    let counts = counts.into_iter().filter(|(group, count)| *count > 0 || *group != HostGroup::NotDone);
    let mut from = 0;
    let parts = counts.map(|(group, count)| {
        let (class, sign, word) = (class(group.mark()), sign(group.mark()), group.word());
        let bar = format!("<rect class=\"{class}\" x=\"{from}\" width=\"{count}\" height=\"1\"/>");
        let (zero, number) = (if count == 0 { " zero" } else { "" }, grouped(count));
        from += count;
        let tile = format!(
            "<div class=\"{class}{zero}\"><dt>{sign} {word}</dt><dd class=\"number\">{number}</dd></div>"
        );
        (bar, tile)
    });
    let (bar, tiles): (String, String) = parts.unzip();
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 {all} 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{bar}</svg>\n\
         <dl class=\"tiles\">{tiles}</dl>"
    )
}

/// The CAs with their fingerprints and ends.
pub(super) fn cas(record: &FleetRecord) -> String {
    let item = |ca: &RolledCa| {
        let (title, end) = (html::text(&ca.title), end(ca, &record.at));
        format!("<li><p>{title}</p><p>{end}</p><p><code>sha256 {}</code></p></li>", ca.sha256)
    };
    format!("<ul class=\"cas\">{}</ul>", record.cas.iter().map(item).collect::<String>())
}

/// The end of `ca`, counted from the end of the last run.
fn end(ca: &RolledCa, at: &str) -> String {
    let instant = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let day = html::text(ca.not_after.get(..10).unwrap_or(&ca.not_after));
    let full = html::quoted(&ca.not_after);
    let Some(days) = instant(&ca.not_after).zip(instant(at)).map(|(end, at)| (end - at).whole_days()) else {
        return format!("ends <time datetime=\"{full}\">{day}</time>");
    };
    let time = format!("<time datetime=\"{full}\" data-end=\"{days}\">{day}</time>");
    match days {
        ..0 => format!("<span class=\"bad\">{} ended {time}, before this run</span>", sign(Mark::Bad)),
        0..SOON => {
            format!("<span class=\"open\">{} ends soon: {time}, in {days} days</span>", sign(Mark::Open))
        }
        _ => format!("ends {time}, in {} days", grouped(usize::try_from(days).unwrap_or_default())),
    }
}

/// The class of `mark` in the style.
pub(super) fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "good",
        Mark::Bad => "bad",
        Mark::Open => "open",
        Mark::Faint | Mark::None => "faint",
    }
}

/// The sign of `mark`; the word beside it tells the same to those who do not see it.
pub(super) fn sign(mark: Mark) -> String {
    format!("<i aria-hidden=\"true\">{}</i>", mark.sign())
}

/// So many hosts, in words.
pub(super) fn hosts(count: usize) -> String {
    format!("{} {}", grouped(count), if count == 1 { "host" } else { "hosts" })
}

/// `number` with a comma before each three digits.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `at` (RFC 3339, UTC) to the minute.
fn minute(at: &str) -> String {
    at.get(..16).map(|at| format!("{} UTC", at.replace('T', " "))).unwrap_or_default()
}

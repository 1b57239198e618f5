//! The list of the stores that labtrust knows: a row each, and the same as JSON.

use labtrust_plan::Fingerprint;
use serde::Serialize;

use crate::{
    client::list::{Listed, Plan},
    context::Context,
    printer::Mark,
};

/// The list as a document.
#[derive(Serialize)]
struct ListReport<'l> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Fingerprint>,
    list: Vec<ListedReport<'l>>,
}

/// A store of the list.
#[derive(Serialize)]
struct ListedReport<'l> {
    id: &'static str,
    title: &'static str,
    group: &'static str,
    here: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'l str>,
    writes: String,
    proof: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'l [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_hand: Option<&'l [String]>,
}

/// Prints `stores`, which are planned for the CA `sha256` if there is one.
pub(crate) fn print(context: &Context<'_>, sha256: Option<Fingerprint>, stores: &[Listed]) {
    let printer = context.printer;
    printer.document(&ListReport { sha256, list: stores.iter().map(ListedReport::of).collect() });
    let rows: Vec<_> = stores.iter().map(row).collect();
    printer.table(&rows);
    if sha256.is_none() {
        printer.gap();
        printer.say("With the CA's source it also shows what would be written on this machine:");
        printer.command("{labtrust trust --list HOST:4567 --fingerprint SHA256}");
    }
}

fn row(listed: &Listed) -> (Mark, Vec<String>) {
    let Listed { store, is_here, why, plan } = listed;
    let (mark, here) = match (is_here, why) {
        (false, _) => (Mark::Faint, "not here"),
        (true, None) => (Mark::Good, "here"),
        (true, Some(_)) => (Mark::Open, "by hand"),
    };
    let last = match (why, plan) {
        (Some(why), _) => why.clone(),
        (None, Some(plan)) => planned(plan),
        (None, None) => without_marks(store.about.writes),
    };
    (mark, vec![store.id.to_owned(), store.group.name().to_owned(), here.to_owned(), last])
}

/// What `plan` changes, a line each.
fn planned(plan: &Plan) -> String {
    let by_hand = plan.by_hand.iter().map(|why| format!("by hand: {why}"));
    let lines: Vec<String> = plan.subjects.iter().cloned().chain(by_hand).collect();
    if lines.is_empty() { "nothing: it trusts the CA already".to_owned() } else { lines.join("\n") }
}

/// `text` of the documentation for a screen: without the marks of code.
fn without_marks(text: &str) -> String {
    text.replace('`', "")
}

impl<'l> ListedReport<'l> {
    fn of(listed: &'l Listed) -> Self {
        let Listed { store, is_here, why, plan } = listed;
        Self {
            id: store.id,
            title: store.title,
            group: store.group.name(),
            here: *is_here,
            why: why.as_deref(),
            writes: without_marks(store.about.writes),
            proof: without_marks(store.about.proof),
            plan: plan.as_ref().map(|plan| plan.steps.as_slice()),
            by_hand: plan.as_ref().map(|plan| plan.by_hand.as_slice()),
        }
    }
}

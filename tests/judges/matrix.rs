//! The matrix: chains from a table, every client that runs on Linux, and the results of `judge`, compared one by one.
//!
//! A run takes a sample; with `LABTRUST_MATRIX=all`, as `scripts/matrix` sets it, it takes all, and with
//! `LABTRUST_MATRIX=issuer` those with "issuer" in their names.

mod der;
mod extension;
mod key;
mod plan;
mod rows;
mod stolen;

use std::env;

use labtrust::certificate::{
    CertificateDer, Parsed,
    judge::{By, Client, Hit, hits, rules},
};
use time::OffsetDateTime;

use self::{plan::Plan, rows::Row};
use super::client::{Answers, Question, answers};

/// The least percentage of verdicts that `judge` must predict.
const BAR: usize = 98;
/// The same for a sample, whose few chains weigh more.
const BAR_OF_SAMPLE: usize = 95;
/// The number of chains with two oddities.
const PAIRS: usize = 400;
/// A sample takes one of this many rows.
const SAMPLE: usize = 8;

struct Matrix {
    rows: Vec<Row>,
    /// The rules that each chain breaks; why it could not be read.
    judged: Vec<Result<Vec<Hit>, String>>,
    clients: Vec<Answers>,
}

/// A verdict that `judge` got wrong.
struct Wrong<'m> {
    client: &'m str,
    row: &'m str,
    /// What the client said, if it refused.
    refusal: Option<&'m str>,
}

impl Matrix {
    fn of(rows: Vec<Row>) -> Self {
        let now = OffsetDateTime::now_utc();
        let questions: Vec<_> = rows.iter().map(|row| Plan::with(&row.changes).question(now)).collect();
        let judged = questions.iter().map(|question| judged(question, now)).collect();
        let clients = answers(&questions);
        Self { rows, judged, clients }
    }

    /// Compares a client with `judge`: how many verdicts there are, and those that are wrong.
    fn compare<'m>(&'m self, client: &'m Answers) -> (usize, Vec<Wrong<'m>>) {
        let mut wrong = Vec::new();
        let mut verdicts = 0;
        for ((row, judged), answer) in self.rows.iter().zip(&self.judged).zip(&client.said) {
            let Some(answer) = answer else { continue };
            verdicts += 1;
            let predicted = judged.as_ref().is_ok_and(|all| all.iter().any(|one| client.is_among(one.by)));
            // No chain that a client accepts is unreadable; of one that is, nothing more is said.
            let is_unreadable = judged.is_err() && answer.is_err();
            if predicted != answer.is_err() && !is_unreadable {
                let refusal = answer.as_ref().err().map(String::as_str);
                wrong.push(Wrong { client: client.name, row: &row.name, refusal });
            }
        }
        (verdicts, wrong)
    }
}

impl Matrix {
    /// Whether this client refused a chain that breaks this rule.
    fn shows(&self, rule: usize, client: &Answers) -> bool {
        self.judged.iter().zip(&client.said).any(|(judged, answer)| {
            let is_hit = judged.as_ref().is_ok_and(|hits| hits.iter().any(|hit| hit.rule == rule));
            is_hit && matches!(answer, Some(Err(_)))
        })
    }

    /// What counts as measured of a client, though no chain shows it here.
    fn unproven(&self) -> Vec<String> {
        let is_unproven = |(rule, by): &(usize, &By)| {
            let mut asked = self.clients.iter().filter(|client| client.is_among(&[**by])).peekable();
            // What Chrome answered is in `measured`.
            asked.peek().is_none() && by.client != Client::Chrome || asked.any(|one| !self.shows(*rule, one))
        };
        let measured = rules().filter(|(_, by)| by.source().is_none());
        measured.filter(is_unproven).map(|(rule, by)| format!("rule {rule} of {by}")).collect()
    }

    /// What counts as documented of a client, though some chain shows it here.
    fn proven(&self) -> Vec<String> {
        let is_proven = |(rule, by): &(usize, &By)| {
            let mut asked = self.clients.iter().filter(|client| client.is_among(&[**by]));
            asked.any(|one| self.shows(*rule, one))
        };
        let documented = rules().filter(|(_, by)| by.source().is_some());
        documented.filter(is_proven).map(|(rule, by)| format!("rule {rule} of {by}")).collect()
    }
}

fn judged(question: &Question, now: OffsetDateTime) -> Result<Vec<Hit>, String> {
    let read = |der: &CertificateDer<'_>| Parsed::from_der(der).map_err(|error| error.to_string());
    let served = question.chain.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(hits(&served, Some(&read(&question.anchor)?), now))
}

fn is_whole() -> bool {
    env::var("LABTRUST_MATRIX").is_ok_and(|value| value == "all")
}

/// What is to be in the names of all chains.
fn part() -> Option<String> {
    env::var("LABTRUST_MATRIX").ok().filter(|_| !is_whole())
}

fn percent(part: usize, whole: usize) -> String {
    let hundredths = 10_000 * part / whole.max(1);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[test]
fn judge_says_what_the_clients_do() {
    let mut rows = rows::single();
    let pairs = rows::pairs(&rows, PAIRS);
    rows.extend(pairs);
    if let Some(part) = part() {
        rows.retain(|row| row.name.contains(&part));
    } else if !is_whole() {
        rows = rows.into_iter().step_by(SAMPLE).collect();
    }
    let matrix = Matrix::of(rows);
    let (mut verdicts, mut wrong) = (0, Vec::new());
    println!("{} chains", matrix.rows.len());
    for client in &matrix.clients {
        let (of_client, wrong_of_client) = matrix.compare(client);
        let right = of_client - wrong_of_client.len();
        println!(
            "{:16} {right:4} of {of_client:4}  {:>8}  {}",
            client.name,
            percent(right, of_client),
            client.title
        );
        if part().is_some() {
            let rows = matrix.rows.iter().zip(&client.said);
            rows.filter(|(_, said)| **said == Some(Ok(())))
                .for_each(|(row, _)| println!("  accepts {}", row.name));
        }
        verdicts += of_client;
        wrong.extend(wrong_of_client);
    }
    for Wrong { client, row, refusal } in &wrong {
        match refusal {
            None => println!("{client} accepts: {row}"),
            Some(why) => println!("{client} refuses: {row}: {}", why.replace('\n', " ")),
        }
    }
    let unproven = matrix.unproven();
    for line in &unproven {
        println!("no chain shows: {line}");
    }
    for line in matrix.proven() {
        println!("a chain shows: {line}");
    }
    let (measured, documented): (Vec<_>, Vec<_>) = rules().partition(|(_, by)| by.source().is_none());
    println!("{} pairs of a rule and a client are measured, {} documented", measured.len(), documented.len());
    let right = verdicts - wrong.len();
    println!("all: {right} of {verdicts}, {}", percent(right, verdicts));
    // A sample need not break every rule.
    assert!(!is_whole() || unproven.is_empty(), "{}", unproven.join("\n"));
    let bar = if is_whole() { BAR } else { BAR_OF_SAMPLE };
    assert!(
        part().is_some() || right * 100 >= verdicts * bar,
        "{} verdicts of {verdicts} are wrong",
        wrong.len()
    );
}

//! The matrix: chains made by a table, every client that can be asked on Linux, and what `judge`
//! says of each, compared verdict by verdict.
//!
//! A run takes a sample; with `LABTRUST_MATRIX=all`, as `scripts/matrix` sets it, it takes all.

mod der;
mod extension;
mod key;
mod plan;
mod rows;
mod stolen;

use std::env;

use labtrust::certificate::{
    CertificateDer, Parsed,
    judge::{Hit, hits, measured},
};
use time::OffsetDateTime;

use self::{plan::Plan, rows::Row};
use super::client::{Answers, Question, answers};

/// How many verdicts of a hundred are said beforehand, at least.
const BAR: usize = 98;
/// The same of a sample, whose few chains weigh more.
const BAR_OF_SAMPLE: usize = 95;
/// How many chains with two oddities are made.
const PAIRS: usize = 400;
/// A sample is each of so many.
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
    /// The rules that count as measured, though none of their clients refused a chain that breaks them.
    fn unproven(&self) -> Vec<String> {
        let is_shown = |rule: usize, client: &Answers| {
            self.judged.iter().zip(&client.said).any(|(judged, answer)| {
                let is_hit = judged.as_ref().is_ok_and(|hits| hits.iter().any(|hit| hit.rule == rule));
                is_hit && matches!(answer, Some(Err(_)))
            })
        };
        let mut unproven = Vec::new();
        for (rule, by) in measured() {
            let asked: Vec<_> = self.clients.iter().filter(|client| client.is_among(by)).collect();
            if asked.is_empty() {
                unproven.push(format!("rule {rule}, none of whose clients can be asked ({by:?})"));
            }
            let silent = asked.iter().filter(|client| !is_shown(rule, client));
            unproven.extend(silent.map(|client| format!("rule {rule} of {}", client.name)));
        }
        unproven
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

fn percent(part: usize, whole: usize) -> String {
    let hundredths = 10_000 * part / whole.max(1);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[test]
fn judge_says_what_the_clients_do() {
    let mut rows = rows::single();
    let pairs = rows::pairs(&rows, PAIRS);
    rows.extend(pairs);
    if !is_whole() {
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
    let right = verdicts - wrong.len();
    println!("all: {right} of {verdicts}, {}", percent(right, verdicts));
    // A sample need not break every rule.
    assert!(!is_whole() || unproven.is_empty(), "{}", unproven.join("\n"));
    let bar = if is_whole() { BAR } else { BAR_OF_SAMPLE };
    assert!(right * 100 >= verdicts * bar, "{} verdicts of {verdicts} are wrong", wrong.len());
}

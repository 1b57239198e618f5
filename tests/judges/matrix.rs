//! The matrix: chains made by a table, every client that can be asked on Linux, and what `judge`
//! says of each, compared verdict by verdict.
//!
//! A run takes a sample; with `LABTRUST_MATRIX=all`, as `scripts/matrix` sets it, it takes all.

mod der;
mod extension;
mod key;
mod plan;
mod rows;

use std::env;

use labtrust::certificate::{CertificateDer, Parsed, Refusal, judge};
use time::OffsetDateTime;

use self::{plan::Plan, rows::Row};
use super::client::{Answers, Question, answers};

/// How many verdicts of a hundred are said beforehand, at least.
const BAR: usize = 70;
/// How many chains with two oddities are made.
const PAIRS: usize = 400;
/// A sample is each of so many.
const SAMPLE: usize = 8;

struct Matrix {
    rows: Vec<Row>,
    /// Who refuses a chain, by `judge`; why it could not be read.
    judged: Vec<Result<Vec<Refusal>, String>>,
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
            let predicted = judged.as_ref().is_ok_and(|all| all.iter().any(|one| client.is_in(one)));
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

fn judged(question: &Question, now: OffsetDateTime) -> Result<Vec<Refusal>, String> {
    let read = |der: &CertificateDer<'_>| Parsed::from_der(der).map_err(|error| error.to_string());
    let served = question.chain.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(judge(&served, Some(&read(&question.anchor)?), now))
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
    let right = verdicts - wrong.len();
    println!("all: {right} of {verdicts}, {}", percent(right, verdicts));
    assert!(right * 100 >= verdicts * BAR, "{} verdicts of {verdicts} are wrong", wrong.len());
}

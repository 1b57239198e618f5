//! The certificates that servers present. All servers are asked in one loop, and each is asked once for all changes.

use std::time::{Duration, Instant};

use labtrust_plan::{Endpoint, Fingerprint, Proof, ProofResult};

use crate::handshake;

/// The number of good answers in a row after which a reload counts as finished, and the pause between two requests. One
/// answer is not enough: nginx starts new workers a tenth of a second before it stops the old ones (`ngx_msleep(100)` in
/// `os/unix/ngx_process_cycle.c`), and until then either may answer.
const STEADY: u32 = 8;
const PAUSE: Duration = Duration::from_millis(50);

/// The time limit of one answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// The servers that several proofs ask.
pub(crate) struct Servers<'a> {
    questions: Vec<Question<'a>>,
    /// One for each question, after they are asked.
    verdicts: Vec<ProofResult>,
}

/// One request to a server.
#[derive(PartialEq, Eq)]
struct Question<'a> {
    endpoint: &'a Endpoint,
    sha256: Fingerprint,
    sent_with: Option<Fingerprint>,
    limit: Duration,
}

impl<'a> Servers<'a> {
    /// The servers of `proofs`.
    pub(crate) fn of(proofs: impl IntoIterator<Item = &'a Proof>) -> Self {
        let mut servers = Self { questions: Vec::new(), verdicts: Vec::new() };
        proofs.into_iter().for_each(|proof| servers.collect(proof));
        servers
    }

    fn collect(&mut self, proof: &'a Proof) {
        match proof {
            Proof::All(proofs) => proofs.iter().for_each(|proof| self.collect(proof)),
            Proof::Not(proof) => self.collect(proof),
            _ => {
                let question = Question::of(proof).filter(|question| !self.questions.contains(question));
                self.questions.extend(question);
            }
        }
    }

    /// The answer of the server of `proof`. The first call asks all servers.
    pub(crate) fn ask(&mut self, proof: &Proof) -> Option<ProofResult> {
        let question = Question::of(proof)?;
        if self.verdicts.is_empty() {
            let answers = |question: &Question<'_>| if question.limit.is_zero() { 1 } else { STEADY };
            let asked: Vec<_> =
                self.questions.iter().map(|question| (answers(question), question.limit)).collect();
            let verdicts = steadily(&asked, |index| self.questions[index].ask());
            self.verdicts = self
                .questions
                .iter()
                .zip(verdicts)
                .map(|(question, verdict)| question.told(verdict))
                .collect();
        }
        let index = self.questions.iter().position(|known| *known == question)?;
        self.verdicts.get(index).cloned()
    }
}

impl<'a> Question<'a> {
    /// The question of `proof`, if it asks a server.
    fn of(proof: &'a Proof) -> Option<Self> {
        let Proof::Served { endpoint, sha256, sent_with, seconds } = proof else { return None };
        Some(Self { endpoint, sha256: *sha256, sent_with: *sent_with, limit: Duration::from_secs(*seconds) })
    }

    /// Asks once.
    fn ask(&self) -> Result<String, String> {
        let Self { endpoint, sha256, sent_with, .. } = self;
        let chain = handshake::fetch_here(endpoint, ANSWER_LIMIT).map_err(|error| error.to_string())?;
        let is_sent = |sent_with: &Fingerprint| chain.iter().any(|sent| sent.fingerprint() == *sent_with);
        if chain.first().is_none_or(|leaf| leaf.fingerprint() != *sha256) {
            return Err(format!("{endpoint} presents another certificate"));
        }
        match sent_with.filter(|sent_with| !is_sent(sent_with)) {
            None => Ok(format!("{endpoint} presents it")),
            Some(sent_with) => {
                Err(format!("{endpoint} does not send the certificate {} with it", sent_with.short()))
            }
        }
    }

    /// `verdict` with the time that it took, for the reader.
    fn told(&self, verdict: ProofResult) -> ProofResult {
        match verdict {
            ProofResult::Fails(seen) if !self.limit.is_zero() => ProofResult::Fails(format!(
                "{seen}, {} seconds after the reload (its log tells why)",
                self.limit.as_secs()
            )),
            verdict => verdict,
        }
    }
}

/// Calls `ask` for each of `asked`, by its index, until it has given the required number of good answers in a row or the time
/// limit is over. A bad answer restarts the count. All are asked between two pauses.
fn steadily(
    asked: &[(u32, Duration)],
    mut ask: impl FnMut(usize) -> Result<String, String>,
) -> Vec<ProofResult> {
    let started = Instant::now();
    let mut in_a_row = vec![0; asked.len()];
    let mut verdicts: Vec<Option<ProofResult>> = vec![None; asked.len()];
    loop {
        for (index, (answers, limit)) in asked.iter().enumerate() {
            if verdicts[index].is_some() {
                continue;
            }
            let is_late = started.elapsed() > *limit;
            match ask(index) {
                Ok(seen) => {
                    in_a_row[index] += 1;
                    if in_a_row[index] >= *answers {
                        verdicts[index] = Some(ProofResult::Holds(seen));
                    }
                }
                Err(seen) if is_late => verdicts[index] = Some(ProofResult::Fails(seen)),
                Err(_) => in_a_row[index] = 0,
            }
        }
        if verdicts.iter().all(Option::is_some) {
            return verdicts.into_iter().flatten().collect();
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_server_in_the_middle_of_a_reload_has_proven_nothing() {
        let mut said =
            [Ok("new"), Err("old"), Ok("new"), Ok("new"), Err("old"), Ok("new"), Ok("new"), Ok("new")]
                .into_iter();
        let ask = |_| said.next().expect("an answer").map(str::to_owned).map_err(str::to_owned);
        assert_eq!(steadily(&[(3, LONG)], ask), [ProofResult::Holds("new".into())]);
        assert_eq!(said.len(), 0, "believed before it was steady");
    }

    #[test]
    fn what_never_changes_fails_with_what_was_seen_last() {
        let verdicts = steadily(&[(STEADY, Duration::from_millis(120))], |_| Err("old".into()));
        assert_eq!(verdicts, [ProofResult::Fails("old".into())]);
        assert_eq!(
            steadily(&[(1, Duration::ZERO)], |_| Ok("new".into())),
            [ProofResult::Holds("new".into())]
        );
    }

    #[test]
    fn several_servers_are_waited_for_together_and_each_is_judged_by_itself() {
        let (started, mut asked) = (Instant::now(), [0_u32; 3]);
        let short = Duration::from_millis(100);
        let verdicts = steadily(&[(STEADY, LONG), (STEADY, LONG), (STEADY, short)], |index| {
            asked[index] += 1;
            if index == 2 { Err("old".into()) } else { Ok("new".into()) }
        });
        assert_eq!(
            verdicts,
            ["new", "new", "old"].map(|seen| match seen {
                "old" => ProofResult::Fails(seen.into()),
                _ => ProofResult::Holds(seen.into()),
            })
        );
        assert_eq!(asked[..2], [STEADY; 2], "one that is steady is asked no more");
        assert!(started.elapsed() < 2 * STEADY * PAUSE, "they were waited for one after another");
    }

    #[test]
    fn one_server_that_several_changes_are_proven_by_is_one_question() {
        let served = |port| Proof::Served {
            endpoint: format!("git.example.com:{port}").parse().expect("an endpoint"),
            sha256: Fingerprint::of(b"leaf"),
            sent_with: None,
            seconds: 60,
        };
        let (one, other) = (Proof::All(vec![served(443), served(4567)]), Proof::Not(Box::new(served(443))));
        assert_eq!(Servers::of([&one, &other]).questions.len(), 2);
    }
}

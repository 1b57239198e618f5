//! A sealed CA with all judges: each of its certificates is accepted in its period and refused outside.

use labtrust::certificate::{KeyType, Scope, Sealed};
use time::OffsetDateTime;

use super::{
    client::{Question, ask_all},
    profile::names,
};

const HOST: &str = "mygitlab.example.com";

/// A CA that was sealed at `then`.
pub(super) fn sealed_at(then: OffsetDateTime, days: u32) -> Sealed {
    let scope = Scope { names: names(&[HOST]), permit: Vec::new(), constrained: true };
    Sealed::make(&scope, &names(&[HOST]), days, KeyType::P256, then).expect("a CA")
}

#[test]
fn all_clients_accept_each_certificate_in_its_period_and_refuse_it_outside() {
    let now = OffsetDateTime::now_utc();
    let reference = sealed_at(now, 397);
    assert_eq!(reference.periods().len(), 14);
    let (mut questions, mut expected) = (Vec::new(), Vec::new());
    for (index, period) in reference.periods().iter().enumerate() {
        // So long ago that this is the period of today.
        let sealed = sealed_at(now - (period.leaf.not_before - reference.periods()[0].leaf.not_before), 397);
        let mut ask = |at: usize, is_accepted: bool| {
            let period = &sealed.periods()[at];
            let chain = sealed.issued(period).chain;
            questions.push(Question::new(&chain, &period.key, HOST));
            expected.push((index, at, is_accepted));
        };
        ask(index, true);
        // Two periods earlier it has ended, and the next one has not begun.
        index.checked_sub(2).into_iter().for_each(|at| ask(at, false));
        if index + 1 < reference.periods().len() {
            ask(index + 1, false);
        }
    }
    let mut wrong = Vec::new();
    for (client, answers) in ask_all(&questions) {
        for (answer, (today, at, is_accepted)) in answers.iter().zip(&expected) {
            if answer.is_ok() != *is_accepted {
                wrong.push(format!("{client}: certificate {at} in period {today}: {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

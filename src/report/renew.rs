//! The report of `renew`.

use time::OffsetDateTime;

use super::{
    consent::{self, Proposal},
    pair::PairReport,
};
use crate::{
    context::Context,
    exit,
    server::renew::{answer::Answer, current_certificate::CurrentCertificate},
};

/// The result of a run.
pub(crate) struct Ended {
    pub code: u8,
    pub outcome: String,
    pub not_after: OffsetDateTime,
}

/// Prints the dry run of a renewal that changes nothing; the answer is the exit code.
pub(crate) fn dry_run(answer: &Answer, context: &Context<'_>) -> u8 {
    let (code, outcome) = match answer {
        Answer::Nothing { due, .. } => (exit::DONE, nothing_until(*due)),
        Answer::Warn { standing, why, .. } => (exit::NO, warning(standing, why)),
        Answer::Renew(_) => return exit::NO,
    };
    let mut proposal = Proposal::default();
    let hint = if let Answer::Warn { hint, .. } = answer { Some(format!("hint: {hint}")) } else { None };
    for line in std::iter::once(outcome).chain(hint) {
        proposal.line(&line);
        proposal.note(line);
    }
    exit::worse(code, consent::dry_run(context, &proposal))
}

fn nothing_until(due: OffsetDateTime) -> String {
    format!("nothing to renew until {}", due.date())
}

fn warning(standing: &CurrentCertificate, why: &str) -> String {
    format!("the certificate expires on {}, and {why}", standing.leaf.not_after.date())
}

/// Prints the report.
pub(crate) fn report(answer: &Answer, context: &Context<'_>) -> Ended {
    let printer = context.printer;
    let (code, outcome, mut report) = match answer {
        Answer::Nothing { standing, due } => {
            let outcome = nothing_until(*due);
            (exit::DONE, outcome, PairReport::new(&standing.root, &standing.leaf, &[]))
        }
        Answer::Warn { standing, why, .. } => {
            let outcome = warning(standing, why);
            (exit::NO, outcome, PairReport::new(&standing.root, &standing.leaf, &[]))
        }
        Answer::Renew(draft) => {
            let outcome = format!("renewed until {}", draft.leaf.not_after.date());
            let changes: Vec<_> = draft.plan.changes.iter().collect();
            let mut report = PairReport::new(&draft.root, &draft.leaf, &changes);
            report.unmet = draft.site.unmet_by_another(draft.leaf.fingerprint(), draft.sent_with);
            (exit::of_unmet(&report.unmet), outcome, report)
        }
    };
    printer.say(&outcome);
    report.print(context, |_| true);
    match answer {
        Answer::Nothing { .. } => {}
        Answer::Warn { hint, .. } => {
            printer.say(format_args!("hint: {hint}"));
            report.remaining.notes.push(hint.to_string());
        }
        Answer::Renew(draft) => {
            for note in &draft.notes {
                printer.say(format_args!("  note        {note}"));
            }
            report.remaining.notes.clone_from(&draft.notes);
            if !report.unmet.is_empty() {
                draft.site.print_next(printer, &report.unmet);
                let next = draft.site.next(&report.unmet);
                report.leave(next);
            }
        }
    }
    printer.document(&report);
    let not_after = match answer {
        Answer::Nothing { standing, .. } | Answer::Warn { standing, .. } => standing.leaf.not_after,
        Answer::Renew(draft) => draft.leaf.not_after,
    };
    Ended { code, outcome, not_after }
}

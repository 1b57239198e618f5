//! What `--fix` did and what is still there: a fix that was just made is not offered again.

use labtrust_machine::{Outcome, session::OutcomeState};
use labtrust_plan::{Change, Service, ShellLine, fact::ServiceManager};

use super::{Diagnosis, Evidence, Finding, Fix};

/// `diagnosis` of `evidence` after a fix with these `outcomes`, which restarted the services `restarted`. If the whole fix of
/// a finding was just made, the finding reports that and names a command that shows more, and its fix is not offered again.
#[must_use]
pub fn without_repeats(
    mut diagnosis: Diagnosis,
    evidence: &Evidence,
    outcomes: &[Outcome],
    restarted: &[Service],
) -> Diagnosis {
    let made = Made { outcomes, restarted };
    for cause in &mut diagnosis.findings {
        for finding in &mut cause.consequences {
            made.settle(finding, evidence);
        }
        made.settle(cause, evidence);
    }
    diagnosis
}

/// What was just made.
struct Made<'m> {
    outcomes: &'m [Outcome],
    restarted: &'m [Service],
}

impl Made<'_> {
    /// Replaces the fix of `finding` if it was just made.
    fn settle(&self, finding: &mut Finding, evidence: &Evidence) {
        if !self.contains(&finding.fix) {
            return;
        }
        let restart = if self.restarted.is_empty() { "" } else { " and restarted Docker" };
        let advice = format!(
            "--fix has made this change{restart}, and the problem is still there: something else sets it. Compare what \
             Docker runs with, and what its log says:"
        );
        let mut commands = vec![ShellLine::of(["docker", "info"])];
        if evidence.facts.services == Some(ServiceManager::Systemd) {
            commands.push(ShellLine::of(["sudo", "journalctl", "-u", "docker", "-n", "20"]));
        }
        finding.fix = Fix { advice: Some(advice), commands, ..Fix::default() };
    }

    fn contains(&self, fix: &Fix) -> bool {
        let is_restarted =
            |late: &super::Restart| self.restarted.iter().any(|service| service.is(&late.service));
        fix.is_automatic()
            && fix.changes.iter().all(|change| self.has_made(change))
            && fix.restart.iter().all(is_restarted)
    }

    fn has_made(&self, change: &Change) -> bool {
        let is_it = |outcome: &&Outcome| outcome.store == change.store && outcome.subject == change.subject;
        self.outcomes.iter().find(is_it).is_some_and(|outcome| outcome.state == OutcomeState::Trusted)
    }
}

//! The last backup, for people.

use time::OffsetDateTime;

use crate::{context::Context, state::LastBackup};

/// Prints the time of the last backup. Without a backup, prints how to make one; `end` is when the installed
/// certificate expires.
pub(crate) fn print_last(context: &Context<'_>, last: Option<&LastBackup>, end: Option<OffsetDateTime>) {
    let printer = context.printer;
    if let Some(last) = last {
        printer.gap();
        printer.say(format_args!("Last backup: {}", last.title()));
        return;
    }
    printer.heading("This CA has no backup yet (GitLab's backups do not include it). Make one:");
    printer.command("{labtrust backup FILE}");
    if let Some(end) = end.filter(|end| *end > OffsetDateTime::now_utc()) {
        let end = end.date();
        printer.say("  If this machine is lost without a backup, every client must trust a new CA");
        printer.say(format_args!("  (the certificate and key, if copied, work until {end})."));
    }
}

//! The verbs, one a file, and what they share.

mod backup;
mod damages;
mod doctor;
mod explain;
mod export;
mod import;
mod in_place;
mod inspect;
mod kept;
mod own;
mod pair_report;
mod place;
mod renew;
mod report;
mod request;
mod restart;
mod restore;
mod rotate;
mod setup;
mod shell;
mod sign;
mod source;
mod status;
mod stores;
mod trust;
mod untrust;

use anyhow::Result;
use labtrust_platform::{Worlds, plan::mean_state, probe};

use crate::{
    cli::{Cli, Verb},
    context::{ACT_AS_USER, Context, own_program},
    home::Home,
    input,
    printer::Printer,
};

/// Runs the verb of `cli`; the answer is its exit code.
pub fn run(cli: &Cli, printer: &Printer) -> Result<u8> {
    let state = cli.everywhere.state.as_deref().map(|state| input::folder(state, "--state")).transpose()?;
    // A text is explained in the same way on every machine.
    if let Verb::Explain(arguments) = &cli.verb {
        return explain::run(printer, arguments);
    }
    let facts = probe()?;
    let home = Home::locate(state.as_deref(), &facts);
    if state.is_some() {
        mean_state(&home.state);
    }
    let worlds = Worlds::new(&facts, own_program()?, ACT_AS_USER);
    let context = Context { everywhere: &cli.everywhere, printer, facts, home, worlds };
    run_verb(&context, &cli.verb)
}

fn run_verb(context: &Context<'_>, verb: &Verb) -> Result<u8> {
    match verb {
        Verb::Backup(arguments) => backup::run(context, arguments),
        Verb::Restore(arguments) => restore::run(context, arguments),
        Verb::Trust(arguments) => trust::run(context, arguments),
        Verb::Untrust(arguments) => untrust::run(context, arguments),
        Verb::Status(_) => status::run(context),
        Verb::Request(arguments) => request::run(context, arguments),
        Verb::Sign(arguments) => sign::run(context, arguments),
        Verb::Renew(arguments) => renew::run(context, arguments),
        Verb::Rotate(arguments) => rotate::run(context, arguments),
        Verb::Export(arguments) => export::run(context, arguments),
        Verb::Completions(arguments) => Ok(shell::completions(context, arguments)),
        Verb::Man(arguments) => shell::man(context, arguments),
        Verb::Setup(arguments) => setup::run(context, arguments),
        Verb::Inspect(arguments) => inspect::run(context, arguments),
        Verb::Import(arguments) => import::run(context, arguments),
        Verb::Doctor(arguments) => doctor::run(context, arguments),
        Verb::Explain(arguments) => explain::run(context.printer, arguments),
    }
}

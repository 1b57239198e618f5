//! The verbs, one a file.

mod backup;
mod doctor;
mod explain;
mod export;
mod import;
mod inspect;
mod options;
mod page;
mod render;
mod renew;
mod request;
mod restore;
mod rollout;
mod rotate;
mod setup;
mod several;
mod shell;
mod sign;
mod status;
mod trust;
mod untrust;

use anyhow::Result;
use labtrust_machine::{Unknown, Worlds, probe_all_users, probe_with};
use labtrust_plan::mean_state;

use crate::{
    cli::{Cli, Verb},
    context::{ACT_AS_USER, Context},
    hint::{Hint, fail},
    input,
    printer::Printer,
    program::{own_program, sudo, typed},
    state::{Home, State},
};

/// Runs the verb of `cli` and returns the exit code.
pub(crate) fn run(cli: &Cli, printer: &Printer) -> Result<u8> {
    let state = cli.everywhere.state.as_deref().map(|state| input::folder(state, "--state")).transpose()?;
    // `explain` needs nothing from the machine.
    if let Verb::Explain(arguments) = &cli.verb {
        return explain::run(printer, arguments);
    }
    let facts = if cli.verb.all_users() {
        probe_all_users()?
    } else {
        probe_with(|who, fault| warn(printer, who, &fault))?
    };
    if cli.verb.all_users() && !facts.is_root() {
        return Err(all_users_need_root());
    }
    let home = Home::locate(state.as_deref(), &facts);
    if state.is_some() {
        mean_state(&home.state);
    }
    let worlds = Worlds::new(&facts, own_program()?, ACT_AS_USER);
    let context = Context { everywhere: &cli.everywhere, printer, facts, worlds };
    run_verb(&context, &State::new(home), &cli.verb)
}

/// Warns that the person who called sudo is not known.
fn warn(printer: &Printer, who: Unknown, fault: &labtrust_machine::Error) {
    let what = match who {
        Unknown::Own => "the user of this process is not known, so its environment tells the home folder",
        Unknown::Invoker => {
            "the person who called sudo is not known, so that person's own stores are left out"
        }
    };
    printer.aside(format_args!("warning: {what}: {fault}"));
}

/// The error for `--all-users` without root.
fn all_users_need_root() -> anyhow::Error {
    let hint = Hint::from("leave out --all-users to use your own stores, or run this:").line(sudo(&typed()));
    fail("--all-users needs root: only root can act as other users", hint)
}

fn run_verb(context: &Context<'_>, state: &State<'_>, verb: &Verb) -> Result<u8> {
    match verb {
        Verb::Backup(arguments) => backup::run(context, state, arguments),
        Verb::Restore(arguments) => restore::run(context, state, arguments),
        Verb::Trust(arguments) => trust::run(context, state, arguments),
        Verb::Untrust(arguments) => untrust::run(context, state, arguments),
        Verb::Status(arguments) => status::run(context, state, arguments),
        Verb::Render(arguments) => render::run(context, state, arguments),
        Verb::Page(arguments) => page::run(context, state, arguments),
        Verb::Rollout(arguments) => rollout::run(context, state, arguments),
        Verb::Request(arguments) => request::run(context, state, arguments),
        Verb::Sign(arguments) => sign::run(context, state, arguments),
        Verb::Renew(arguments) => renew::run(context, state, arguments),
        Verb::Rotate(arguments) => rotate::run(context, state, arguments),
        Verb::Export(arguments) => export::run(context, state, arguments),
        Verb::Completions(arguments) => Ok(shell::completions(context, arguments)),
        Verb::Man(arguments) => shell::man(context, arguments),
        Verb::Setup(arguments) => setup::run(context, state, arguments),
        Verb::Inspect(arguments) => inspect::run(context, state, arguments),
        Verb::Import(arguments) => import::run(context, state, arguments),
        Verb::Doctor(arguments) => doctor::run(context, state, arguments),
        Verb::Explain(arguments) => explain::run(context.printer, arguments),
    }
}

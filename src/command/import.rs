//! `import`: checks, completes and installs a certificate that somebody else issued, and proves that it is served.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_plan::{Anchor, Certificate, Change, ShellLine, Wanted};

use super::options::reader;
use crate::{
    certificate::Parsed,
    cli::Import,
    client::{restart, stores},
    context::Context,
    hint::shell_line,
    report::{self, consent, import::Imported, install, stores::warn_of_damages},
    server::{
        import::{Meant, adopted, chain, check_names, dropped, pair, site, trusted_here},
        install_pair::{self, Plan},
        renew::schedule,
        requests,
    },
    state,
};

pub(super) fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Import) -> Result<u8> {
    let requests = state.requests()?;
    warn_of_damages(context, requests.damaged.iter());
    let requests = &requests.kept;
    let files = arguments.cert.iter().chain(&arguments.pkcs12).chain(&arguments.key).chain(&arguments.chain);
    let material = reader(context, &arguments.passphrase).materials(files)?;
    let chain = chain(state, material, requests)?;
    let asked = requests.iter().find(|kept| kept.public_key == *chain.leaf.public_key());
    let asked = asked.map(|kept| &kept.notes);
    let meant = Meant {
        host: arguments.host.clone(),
        registry: arguments.registry.clone(),
        place: arguments.site.record(),
        files: typed_files(arguments),
    };
    let mut site = site(&context.facts, state, &chain, asked, meant)?;
    check_names(&chain.leaf, &site.gitlab, &site.registry)?;
    if chain.anchor().is_none() {
        site.leave_trusted_certs();
    }
    let own = state.nearest_ca()?;
    let placed_before = install_pair::leaves_placed(state)?;
    let ours = |met: &[Certificate]| {
        let leaf = met.first().map(Certificate::fingerprint);
        leaf.is_some_and(|leaf| leaf == chain.leaf.fingerprint() || placed_before.contains(&leaf))
            || own.is_some_and(|own| own.is_ours(met))
    };
    site.assign_extra_hosts(
        &chain.leaf,
        &ours,
        arguments.site.replace,
        "use one certificate for all of these hosts",
    )?;
    site.guard(&ours, arguments.site.replace)?;
    site.check_settings(consent::is_asked(context), arguments.site.replace)?;
    site.check_sites(&chain.leaf, "import a certificate that is also for {}")?;
    let adopted = adopted(&chain.leaf, &site, &placed_before);
    let mut changes = site.changes(&pair(&chain, &site)?);
    let renewal =
        (!arguments.no_auto_renew).then(|| schedule_warning(context, state, &chain.leaf, &mut changes));
    let root = chain.anchor().unwrap_or(&chain.leaf);
    let mut anchor = Anchor::new(Certificate::from(root), vec![site.gitlab.clone(), site.registry.clone()]);
    anchor.names = chain.leaf.host_names();
    let (selection, note) = trusted_here(arguments.no_trust, &chain, &site.registry);
    let planning = stores::plan(&context.facts, &context.worlds, &anchor, &selection);
    let (warnings, expected) = (site.warnings(), site.expected()?);
    let plan = Plan { changes, anchor, planning, warnings, broad: None, expected, afterwards: Vec::new() };
    if let ControlFlow::Break(code) = install::ask(context, state, &plan)? {
        return Ok(code);
    }
    let mut done = context.session(state, |session, state| {
        let done = install_pair::carry_out(session, &plan)?;
        requests::answered(session, state, &chain)?;
        Ok(done)
    })?;
    if arguments.restart {
        restart::restart(
            &context.facts,
            context.printer,
            &mut done.trusted,
            Some((&plan.anchor, Wanted::There)),
        );
    }
    let dropped = asked.and_then(|asked| dropped(&chain.leaf, &asked.names));
    let remarks = note.into_iter().chain(dropped).chain(renewal).chain(adopted).collect();
    Ok(report::import::report(context, &Imported { site, chain, plan, done, remarks }))
}

/// The options with the files, as they were typed.
fn typed_files(arguments: &Import) -> Vec<ShellLine> {
    let chain = arguments.chain.iter().map(|file| shell_line!("--chain {}", file));
    let files = [("--cert", &arguments.cert), ("--pkcs12", &arguments.pkcs12), ("--key", &arguments.key)];
    files
        .into_iter()
        .filter_map(|(option, file)| Some(shell_line!("{} {}", option, file.as_ref()?)))
        .chain(chain)
        .collect()
}

/// Adds the daily run that warns before the certificate expires. Returns the note on it.
fn schedule_warning(
    context: &Context<'_>,
    state: &state::State<'_>,
    leaf: &Parsed,
    changes: &mut Vec<Change>,
) -> String {
    match schedule::plan(&context.facts, state, changes, schedule::WARNS) {
        Ok(change) => {
            let (daily, due) = (change.subject.clone(), leaf.due().date());
            changes.push(change);
            format!("only its issuer can renew this certificate: from {due} on, {daily} {}", schedule::WARNS)
        }
        Err(note) => note,
    }
}

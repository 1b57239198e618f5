//! `import`: a certificate that people have, checked, put in order, placed and proven like our own.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_platform::{Anchor, Certificate, Endpoint, Host, Target, World, session::State};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    Context,
    own::OwnCa,
    pair_report::PairReport,
    place::{self, Plan},
    report::{self, NextSteps},
    restart,
    setup::Site,
    source, stores,
};
use crate::{
    certificate::{Parsed, PrivateKey, chain::Chain, import::Material, name},
    cli::{Import, Stores},
    exit,
    gitlab::Pair,
    hint::fail,
};

pub fn run(context: &Context<'_>, arguments: &Import) -> Result<u8> {
    let chain = read(context, arguments)?.into_chain(Vec::new(), OffsetDateTime::now_utc())?;
    let named = chain.leaf.names.iter().find_map(|name| name.to_string().parse::<Host>().ok());
    let named = named.map(|host| Target { host, port: None });
    let host = arguments.host.as_ref();
    let mut site =
        Site::find(context, &arguments.place, host, arguments.registry.as_ref()).or_else(|error| {
            match (&named, host) {
                // What GitLab is called, the certificate may know where gitlab.rb does not.
                (Some(_), None) => {
                    Site::find(context, &arguments.place, named.as_ref(), arguments.registry.as_ref())
                }
                _ => Err(error),
            }
        })?;
    check_names(&chain.leaf, &site.gitlab, &site.registry)?;
    if chain.anchor().is_none() {
        site.leave_trusted_certs();
    }
    let own = OwnCa::find(&context.home)?;
    let placed_before = place::leaves_placed(context)?;
    let ours = |met: &[Certificate]| {
        let leaf = met.first().map(Certificate::fingerprint);
        leaf.is_some_and(|leaf| leaf == chain.leaf.fingerprint() || placed_before.contains(&leaf))
            || own.as_ref().is_some_and(|own| own.has_signed(met))
    };
    site.settle(
        &chain.leaf,
        &ours,
        arguments.place.replace,
        "a certificate for all of them serves all of them",
    )?;
    site.guard(&ours, arguments.place.replace, &site.gitlab.host)?;
    let changes = site.changes(&pair(&chain, &site)?);

    let root = chain.anchor().unwrap_or(&chain.leaf);
    let anchor = Anchor {
        certificate: Certificate::from(root),
        endpoints: vec![site.gitlab.clone(), site.registry.clone()],
    };
    let (selection, note) = trusted_here(arguments, &chain);
    let planning = stores::plan(context, &anchor, &selection);
    let plan = Plan { changes, anchor, planning };
    if let ControlFlow::Break(code) = place::ask(context, &plan)? {
        return Ok(code);
    }
    let mut done = context.session(|session| place::carry_out(session, &plan))?;
    if arguments.restart {
        restart::restart(context, &mut done.trusted);
    }
    let outcomes = &done.trusted;

    let printer = context.printer;
    let repeat = ["trust".to_owned()];
    let mut made = PairReport::new(root, &chain.leaf, &plan.changes.iter().collect::<Vec<_>>());
    made.stores = report::by_store(outcomes);
    made.next = site.next();
    made.next.extend(NextSteps::of(context, outcomes, &repeat).into_lines());
    let client = chain
        .anchor()
        .map(|root| format!("labtrust trust {} --fingerprint {}", site.registry, root.fingerprint()));
    made.next.extend(client.clone());
    printer.document(&made);
    if done.placed.iter().all(|outcome| !outcome.changed) {
        printer.say("this certificate is in place already: nothing was changed");
    }
    made.print(context, |_| true);
    for note in chain.notes.iter().cloned().chain(site.notes()).chain(note) {
        printer.say(format_args!("  note      {note}"));
    }
    report::print_refusals(printer, &chain.served());
    if !outcomes.is_empty() {
        printer.heading("Trusted on this machine:");
        report::print_stores(printer, outcomes, State::Trusted);
        report::print_next(context, outcomes, &repeat);
    }
    site.print_missing_lines(printer);
    site.print_next(printer);
    if let Some(client) = client {
        printer.heading("On each client that does not know this CA yet:");
        printer.command(client);
    }
    Ok(exit::of_outcomes(outcomes, State::Trusted))
}

/// Everything in the files that were given.
fn read(context: &Context<'_>, arguments: &Import) -> Result<Material> {
    let mut material = Material::default();
    let files = arguments.cert.iter().chain(&arguments.pkcs12).chain(&arguments.key).chain(&arguments.chain);
    for path in files {
        let hint = "give a file that is there";
        material.extend(source::read_material(context, path, &arguments.passphrase, hint)?);
    }
    Ok(material)
}

/// A certificate that is not for these hosts would replace a warning by an error.
fn check_names(leaf: &Parsed, gitlab: &Endpoint, registry: &Endpoint) -> Result<()> {
    for endpoint in [gitlab, registry] {
        if !leaf.covers(&endpoint.host) {
            return Err(fail(
                format!("the certificate is for {}, not for {}", name::list(&leaf.names), endpoint.host),
                "give the right one, or name the host that it is for: --host HOST, --registry HOST:PORT",
            ));
        }
    }
    Ok(())
}

/// The pair as it is placed: the very bytes that stand there, if they are the same pair.
fn pair(chain: &Chain, site: &Site) -> Result<Pair> {
    let served: Vec<Certificate> = chain.served().iter().map(Certificate::from).collect();
    let world = World::here();
    if let Some((certificate, key)) = site.files().first()
        && let (Ok(Some(standing)), Ok(Some(key))) = (world.read(certificate), world.read(key))
        && Certificate::read_all(&standing).0 == served
        && PrivateKey::from_plain_pem(&key).is_ok_and(|key| key.matches(&chain.leaf))
        && let Some(mut pair) = Pair::new(&served, key)
    {
        pair.certificates_pem = standing.to_vec();
        return Ok(pair);
    }
    let key = Zeroizing::new(chain.key.to_pem().as_bytes().to_vec());
    Pair::new(&served, key)
        .ok_or_else(|| fail("there is no certificate", "give the file with the certificate: --cert FILE"))
}

/// Which stores of this machine are to trust the root, and what is said if none is: a root that may
/// sign for every name is not trusted on the way.
fn trusted_here(arguments: &Import, chain: &Chain) -> (Stores, Option<String>) {
    let Some(root) = chain.anchor() else { return (Stores::none(), None) };
    if arguments.no_trust {
        return (Stores::none(), None);
    }
    if root.is_ca() && root.permitted.is_everything() {
        let note = format!(
            "{} can sign for any name, so it was not trusted here; if you mean it: labtrust trust HOST --fingerprint {}",
            root.title(),
            root.fingerprint()
        );
        return (Stores::none(), Some(note));
    }
    (Stores::all(), None)
}

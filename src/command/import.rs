//! `import`: a certificate that people have, checked, put in order, placed and proven like our own.

use std::ops::ControlFlow;

use anyhow::Result;
use labtrust_platform::{
    Anchor, Certificate, Endpoint, Fingerprint, Host, Target, Wanted, World, session::State,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::options::reader;
use crate::{
    certificate::{CertificateDer, Parsed, PrivateKey, SubjectName, chain::Chain, import::Material, name},
    cli::Import,
    client::{
        restart,
        stores::{self, Selection},
    },
    context::Context,
    exit,
    gitlab::Pair,
    hint::{fail, shell_line},
    report::{
        consent, install,
        pair::PairReport,
        stores as reports,
        stores::{NextSteps, warn_of_damages},
    },
    server::{
        install_pair::{self, Plan},
        renew::schedule,
        requests,
        setup::site::Site,
    },
    state::{
        self,
        request::{self, PendingRequest},
    },
};

pub fn run(context: &Context<'_>, state: &state::State<'_>, arguments: &Import) -> Result<u8> {
    let requests = state.requests()?;
    warn_of_damages(context, requests.damaged.iter());
    let requests = &requests.kept;
    let chain = chain(context, state, arguments, requests)?;
    let asked = requests.iter().find(|kept| kept.public_key == *chain.leaf.public_key());
    let asked = asked.map(|kept| &kept.notes);
    let mut site = site(context, state, arguments, &chain, asked)?;
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
    site.settle(
        &chain.leaf,
        &ours,
        arguments.place.replace,
        "a certificate for all of them serves all of them",
    )?;
    site.guard(&ours, arguments.place.replace, &site.gitlab.host)?;
    site.check_settings(consent::is_asked(context), arguments.place.replace)?;
    site.check_sites(&chain.leaf, "import a certificate that is for {} too")?;
    let adopted = adopted(&chain.leaf, &site, &placed_before);
    let mut changes = site.changes(&pair(&chain, &site)?);
    let mut renewal = None;
    if !arguments.no_auto_renew {
        renewal = Some(match schedule::plan(&context.facts, state, &changes, schedule::WARNS) {
            Ok(change) => {
                let (daily, due) = (change.subject.clone(), chain.leaf.due().date());
                changes.push(change);
                format!("only its issuer can renew it: from {due} on {daily} {}", schedule::WARNS)
            }
            Err(note) => note,
        });
    }

    let root = chain.anchor().unwrap_or(&chain.leaf);
    let anchor = Anchor {
        certificate: Certificate::from(root),
        endpoints: vec![site.gitlab.clone(), site.registry.clone()],
    };
    let (selection, note) = trusted_here(arguments, &chain, &site.registry);
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
    let outcomes = &done.trusted;

    let printer = context.printer;
    let repeat = trust_command(&site, &chain);
    let mut made = PairReport::new(root, &chain.leaf, &plan.changes.iter().collect::<Vec<_>>());
    made.stores = reports::by_store(outcomes, State::Trusted);
    let unmet = site.unmet(chain.leaf.fingerprint(), None);
    made.leave(site.next(&unmet));
    made.unmet.clone_from(&unmet);
    made.leave(site.missing().into_iter().collect());
    let dropped = asked.and_then(|asked| dropped(&chain.leaf, &asked.names));
    let notes = chain.notes.iter().cloned().chain(site.notes()).chain(note).chain(dropped).chain(renewal);
    let notes = notes.chain(adopted);
    made.remaining = NextSteps::of(context, outcomes, &repeat).remaining(notes.clone().collect());
    let client = chain
        .anchor()
        .map(|root| shell_line!("labtrust trust {} --fingerprint {}", site.registry, root.fingerprint()));
    made.next.extend(client.clone());
    printer.document(&made);
    if done.placed.iter().all(|outcome| !outcome.changed) {
        printer.say("this certificate is in place already: nothing was changed");
    }
    made.print(context, |_| true);
    for note in notes {
        printer.say(format_args!("  note      {note}"));
    }
    reports::print_refusals(printer, &chain.served());
    if !outcomes.is_empty() {
        printer.heading("Trusted on this machine:");
        reports::print_stores(printer, outcomes, State::Trusted);
    }
    if let Some(client) = client {
        printer.heading("On each client that does not know this CA yet:");
        printer.command(client);
    }
    // What is still to be done here is the last that is read.
    reports::print_next(context, outcomes, &repeat);
    site.print_missing_lines(printer);
    site.print_next(printer, &unmet);
    Ok(exit::worse(exit::of_outcomes(outcomes, State::Trusted), exit::of_unmet(&unmet)))
}

/// The chain of the certificate that was given. Its key is in the files too, or is one that a request kept.
fn chain(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Import,
    requests: &[PendingRequest],
) -> Result<Chain> {
    let mut material = read(context, arguments)?;
    let mut keys = Vec::new();
    if !material.has_key() && !requests.is_empty() {
        let given: Vec<Parsed> =
            material.certificates.iter().filter_map(|der| Parsed::from_der(der).ok()).collect();
        let is_asked = |one: &Parsed| requests.iter().any(|kept| kept.public_key == *one.public_key());
        if !given.is_empty() && !given.iter().any(is_asked) {
            return Err(no_answer(&given, requests));
        }
        keys = requests.iter().map(PendingRequest::open).collect::<Result<_, _>>()?;
    }
    material.known = known(state, requests)?;
    material.into_chain(keys, OffsetDateTime::now_utc())
}

/// What is said of a certificate that answers no request.
fn no_answer(given: &[Parsed], requests: &[PendingRequest]) -> anyhow::Error {
    let titles: Vec<_> = given.iter().filter(|one| !one.is_ca()).map(Parsed::title).collect();
    if titles.is_empty() {
        let titles: Vec<_> = given.iter().map(Parsed::title).collect();
        return fail(
            format!("there is no server's certificate, only a CA's ({})", name::list(&titles)),
            "give the certificate that the CA made for this server: --cert FILE; its own goes to --chain FILE",
        );
    }
    let asked: Vec<_> =
        requests.iter().map(|kept| kept.notes.names.first().map(ToString::to_string)).collect();
    let asked: Vec<_> = asked.into_iter().flatten().collect();
    fail(
        format!(
            "{} has another key than the requests that are kept here (for {})",
            name::list(&titles),
            name::list(&asked)
        ),
        "give its key: --key FILE; or give the CA the request that is kept: {labtrust request}",
    )
}

/// The certificates that the state folder knows: earlier answers' chains, what was trusted, our own CA.
fn known(state: &state::State<'_>, requests: &[PendingRequest]) -> Result<Vec<CertificateDer<'static>>> {
    let mut known: Vec<_> = requests.iter().flat_map(|kept| kept.answer.iter().cloned()).collect();
    for receipt in state.receipts()?.iter() {
        known.extend(receipt.anchor.as_ref().map(|anchor| anchor.certificate.der().to_vec().into()));
    }
    if let Some(own) = state.nearest_ca()? {
        known.extend(own.intermediates.iter().chain([&own.root]).map(|one| one.der().clone()));
    }
    Ok(known)
}

/// The place for it: as typed, else as it was typed for its request, else where this machine's GitLab is.
fn site(
    context: &Context<'_>,
    state: &state::State<'_>,
    arguments: &Import,
    chain: &Chain,
    asked: Option<&request::RequestRecord>,
) -> Result<Site> {
    let host = arguments.host.clone().or_else(|| asked.and_then(request::RequestRecord::host));
    let registry = arguments.registry.clone().or_else(|| asked.and_then(request::RequestRecord::registry));
    let mut place = arguments.place.site();
    if place.options().is_empty() {
        place.gitlab = asked.and_then(|asked| asked.gitlab.clone());
    }
    let find = |host: Option<&Target>| Site::find(&context.facts, state, &place, host, registry.as_ref());
    find(host.as_ref()).or_else(|error| {
        // What GitLab is called, the certificate may know where gitlab.rb does not.
        let named = chain.leaf.names.iter().find_map(|name| name.to_string().parse::<Host>().ok());
        match named {
            Some(named) if host.is_none() => find(Some(&Target { host: named, port: None })),
            _ => Err(error),
        }
    })
}

/// What is said of a certificate that stood in its place before labtrust knew of it.
fn adopted(leaf: &Parsed, site: &Site, placed_before: &[Fingerprint]) -> Option<String> {
    let (certificate, _) = site.files().first()?.clone();
    let standing = Certificate::read_all(&World::here().read(&certificate).ok()??).0;
    let is_adopted =
        standing.first()?.fingerprint() == leaf.fingerprint() && !placed_before.contains(&leaf.fingerprint());
    is_adopted.then(|| {
        "this certificate was in place before labtrust: it is watched from now on, and setup --undo leaves it there"
            .into()
    })
}

/// What is said if the CA left out names that it was asked for.
fn dropped(leaf: &Parsed, asked: &[SubjectName]) -> Option<String> {
    let left_out: Vec<_> = asked.iter().filter(|name| !leaf.names.contains(name)).collect();
    (!left_out.is_empty()).then(|| format!("the CA left out what was asked for: {}", name::list(&left_out)))
}

/// Everything in the files that were given.
fn read(context: &Context<'_>, arguments: &Import) -> Result<Material> {
    let mut material = Material::default();
    let files = arguments.cert.iter().chain(&arguments.pkcs12).chain(&arguments.key).chain(&arguments.chain);
    for path in files {
        let hint = "give a file that is there";
        material.extend(reader(context, &arguments.passphrase).material(path, hint)?);
    }
    Ok(material)
}

/// A certificate that is not for these hosts would replace a warning by an error.
fn check_names(leaf: &Parsed, gitlab: &Endpoint, registry: &Endpoint) -> Result<()> {
    for endpoint in [gitlab, registry] {
        if leaf.names.is_empty() {
            return Err(fail(
                format!("the certificate for {} names no host that clients would look at", leaf.title()),
                "ask the CA for one with the request's subject alternative names",
            ));
        }
        if !leaf.covers(&endpoint.host) {
            return Err(fail(
                format!("the certificate is for {}, not for {}", name::list(&leaf.names), endpoint.host),
                "give the right one, or name the host that it is for: --host HOST, --registry HOST:PORT; if the CA \
                 left it out, ask for one with all names of the request",
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
        && let Some(mut pair) = Pair::new(&served, &[], key)
    {
        pair.certificates_pem = standing.to_vec();
        return Ok(pair);
    }
    let key = Zeroizing::new(chain.key.to_pem().as_bytes().to_vec());
    Pair::new(&served, &[], key)
        .ok_or_else(|| fail("there is no certificate", "give the file with the certificate: --cert FILE"))
}

/// What root says to labtrust to trust the CA, which lies with the certificate and may be served nowhere yet.
fn trust_command(site: &Site, chain: &Chain) -> Vec<String> {
    let mut words = vec!["trust".to_owned()];
    words.extend(site.files().first().map(|(certificate, _)| certificate.display().to_string()));
    let root = chain.anchor().unwrap_or(&chain.leaf).fingerprint();
    words.extend(["--fingerprint".into(), root.to_string()]);
    for endpoint in [&site.gitlab, &site.registry] {
        words.extend(["--for".into(), endpoint.to_string()]);
    }
    words
}

/// Which stores of this machine are to trust the root, and what is said if none is: a root that may
/// sign for every name is not trusted on the way.
fn trusted_here(arguments: &Import, chain: &Chain, registry: &Endpoint) -> (Selection, Option<String>) {
    let Some(root) = chain.anchor() else { return (Selection::none(), None) };
    if arguments.no_trust {
        return (Selection::none(), None);
    }
    let asked: Vec<Host> = chain.leaf.names.iter().map(SubjectName::base).collect();
    if let Some(broad) = root.broad_scope(&asked) {
        let note = format!(
            "{} was not added to this machine's trust stores: {broad}; to add it: {}",
            root.title(),
            shell_line!("{labtrust trust {} --fingerprint {}}", registry, root.fingerprint())
        );
        return (Selection::none(), Some(note));
    }
    (Selection::all(), None)
}

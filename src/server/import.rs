//! An imported certificate: its chain, its key, its site, and whether they fit together.

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::{Certificate, Endpoint, Facts, Fingerprint, Host, ShellLine, Target};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::setup::site::{Site, SiteOptions};
use crate::{
    certificate::{
        CertificateDer, Parsed, PrivateKey, SubjectName,
        chain::{Chain, refuse_other_host},
        import::Material,
        name,
    },
    client::selection::Selection,
    gitlab::Pair,
    hint::{fail, shell_line},
    state::{
        self, SiteRecord,
        request::{self, PendingRequest},
    },
};

/// The chain of the imported certificate. Its key is in the files too, or belongs to a stored request.
pub(crate) fn chain(
    state: &state::State<'_>,
    mut material: Material,
    requests: &[PendingRequest],
) -> Result<Chain> {
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

/// The error for a certificate that matches no stored request.
fn no_answer(given: &[Parsed], requests: &[PendingRequest]) -> anyhow::Error {
    let titles: Vec<_> = given.iter().filter(|certificate| !certificate.is_ca()).map(Parsed::title).collect();
    if titles.is_empty() {
        let titles: Vec<_> = given.iter().map(Parsed::title).collect();
        return fail(
            format!("this is a CA certificate, not a server certificate ({})", name::list(&titles)),
            "pass the server certificate as --cert FILE and the CA certificate as --chain FILE",
        );
    }
    let asked: Vec<_> =
        requests.iter().map(|kept| kept.notes.names.first().map(ToString::to_string)).collect();
    let asked: Vec<_> = asked.into_iter().flatten().collect();
    fail(
        format!(
            "{} does not match the key of a stored request (for {})",
            name::list(&titles),
            name::list(&asked)
        ),
        "pass its key: --key FILE; or print the stored request for the CA: {labtrust request}",
    )
}

/// The certificates in the state folder: the chains of earlier requests, trusted CAs, our own CA.
fn known(state: &state::State<'_>, requests: &[PendingRequest]) -> Result<Vec<CertificateDer<'static>>> {
    let mut known: Vec<_> = requests.iter().flat_map(|kept| kept.answer.iter().cloned()).collect();
    for receipt in state.receipts()?.iter() {
        known.extend(receipt.anchor.as_ref().map(|anchor| anchor.certificate.der().to_vec().into()));
    }
    if let Some(own) = state.nearest_ca()? {
        known
            .extend(own.intermediates.iter().chain([&own.root]).map(|certificate| certificate.der().clone()));
    }
    Ok(known)
}

/// The options that name the site.
pub(crate) struct Meant {
    /// GitLab's host.
    pub host: Option<Target>,
    /// Its registry.
    pub registry: Option<Target>,
    /// The folder options.
    pub place: SiteRecord,
    /// The options with the files.
    pub files: Vec<ShellLine>,
}

/// The site for the certificate: from the options, else from its request, else this machine's GitLab.
pub(crate) fn site(
    facts: &Facts,
    state: &state::State<'_>,
    chain: &Chain,
    asked: Option<&request::RequestRecord>,
    meant: Meant,
) -> Result<Site> {
    let host = meant.host.or_else(|| asked.and_then(request::RequestRecord::host));
    let registry = meant.registry.or_else(|| asked.and_then(request::RequestRecord::registry));
    let mut folders = meant.place;
    if folders.options().is_empty() {
        folders.gitlab = asked.and_then(|asked| asked.gitlab.clone());
    }
    let find = |host: Option<&Target>| {
        Site::find(
            facts,
            state,
            SiteOptions { folders: &folders, host, registry: registry.as_ref(), import: Some(&meant.files) },
        )
    };
    find(host.as_ref()).or_else(|error| {
        // If gitlab.rb has no host name, the certificate may have one.
        let named = chain.leaf.names.iter().find_map(|name| name.to_string().parse::<Host>().ok());
        match named {
            Some(named) if host.is_none() => find(Some(&Target { host: named, port: None })),
            _ => Err(error),
        }
    })
}

/// The note on a certificate that was installed before labtrust knew it.
pub(crate) fn adopted(leaf: &Parsed, site: &Site, placed_before: &[Fingerprint]) -> Option<String> {
    let (certificate, _) = site.files().first()?.clone();
    let standing = Certificate::read_all(&World::here().read(&certificate).ok()??).0;
    let is_adopted =
        standing.first()?.fingerprint() == leaf.fingerprint() && !placed_before.contains(&leaf.fingerprint());
    is_adopted.then(|| {
        "this certificate is older than labtrust: labtrust now checks when it expires; `setup --undo` does not remove it"
            .into()
    })
}

/// The note on requested names that the CA left out.
pub(crate) fn dropped(leaf: &Parsed, asked: &[SubjectName]) -> Option<String> {
    let left_out: Vec<_> = asked.iter().filter(|name| !leaf.names.contains(name)).collect();
    (!left_out.is_empty()).then(|| format!("the CA left out requested names: {}", name::list(&left_out)))
}

/// Refuses a certificate that is not for both hosts.
pub(crate) fn check_names(leaf: &Parsed, gitlab: &Endpoint, registry: &Endpoint) -> Result<()> {
    [gitlab, registry].into_iter().try_for_each(|endpoint| refuse_other_host(leaf, &endpoint.host))
}

/// The certificate and key to install. If they are installed already, byte for byte as they are there.
pub(crate) fn pair(chain: &Chain, site: &Site) -> Result<Pair> {
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
        .ok_or_else(|| fail("no certificate was found", "pass the file with the certificate: --cert FILE"))
}

/// The arguments with which root trusts the CA. They name the certificate's file, because no server may send it yet.
pub(crate) fn trust_command(site: &Site, chain: &Chain) -> Vec<String> {
    let mut words = vec!["trust".to_owned()];
    words.extend(site.files().first().map(|(certificate, _)| certificate.display().to_string()));
    let root = chain.anchor().unwrap_or(&chain.leaf).fingerprint();
    words.extend(["--fingerprint".into(), root.to_string()]);
    for endpoint in [&site.gitlab, &site.registry] {
        words.extend(["--for".into(), endpoint.to_string()]);
    }
    words
}

/// The stores of this machine that will trust the root, and a note if there are none: a root that can sign every name
/// is not trusted as a side effect of `import`.
pub(crate) fn trusted_here(
    no_trust: bool,
    chain: &Chain,
    registry: &Endpoint,
) -> (Selection, Option<String>) {
    let Some(root) = chain.anchor() else { return (Selection::none(), None) };
    if no_trust {
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

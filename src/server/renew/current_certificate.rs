//! The installed certificate, and the CA that can renew it.

use std::path::Path;

use anyhow::Result;
use labtrust_machine::World;
use labtrust_plan::{Certificate, Facts, ShellLine};
use time::OffsetDateTime;

use crate::{
    certificate::{Parsed, PrivateKey, profile::is_any_by_labtrust},
    hint::{Hint, fail, hint},
    server::{
        install_pair::{self, PlacedChain},
        setup::{draft::add_host_hint, site::Site},
    },
    state::{
        Ca, RECEIPT, State,
        ca::{Source, with_key},
        recorded,
    },
};

/// The installed certificate.
pub(crate) struct CurrentCertificate {
    pub leaf: Parsed,
    /// The root that clients trust, or the leaf if the root is unknown.
    pub root: Parsed,
    pub signer: Signer,
    /// The command that sets this machine up again.
    pub setup: ShellLine,
}

/// The signer of the next certificate.
pub(crate) enum Signer {
    /// The CA on this machine, or the certificates that it signed before it was sealed.
    Ours(Box<Ours>),
    /// Another CA: why labtrust cannot sign, and a hint.
    Others { why: String, hint: Hint },
}

/// The parts of a new certificate of our own.
pub(crate) struct Ours {
    pub own: Ca,
    pub source: Source,
    pub site: Site,
    /// The installed key, if it matches the certificate.
    pub key: Option<PrivateKey>,
}

impl CurrentCertificate {
    /// Finds the certificate that setup or import installed.
    pub(crate) fn find(facts: &Facts, state: &State<'_>) -> Result<Self> {
        recorded::check(state.receipts()?, &[RECEIPT])?;
        match state.ca()? {
            Some(own) => Self::of_setup(facts, state, own.clone()),
            None => Self::of_import(state),
        }
    }

    fn of_setup(facts: &Facts, state: &State<'_>, own: Ca) -> Result<Self> {
        let setup = own.setup_line(None, true);
        let mut site = Site::of_setup(facts, state, &own.notes)?;
        let files = site.files();
        let Some((certificate, key)) = files.first() else {
            return Err(fail("no certificate file is known here", hint!("install a certificate: {}", setup)));
        };
        let world = World::here();
        let Some(standing) = world.read(certificate)? else {
            return Err(fail(
                format!("there is nothing to renew: {} does not exist", certificate.display()),
                hint!("install the certificate (again): {}", setup),
            ));
        };
        let chain = Certificate::read_all(&standing).0;
        if !own.has_signed(&chain) && own.is_ours(&chain) {
            return Err(fail(
                "the installed certificate was issued by the next CA: an earlier `rotate switch` was interrupted",
                "finish the switch ({labtrust rotate switch}), or cancel it ({labtrust rotate abort})",
            ));
        }
        if !own.has_signed(&chain) {
            return Self::foreign(state, &chain, certificate, setup);
        }
        let leaf = first(&chain, certificate)?;
        let root = own.root.clone();
        let setup = own.setup_line(Some(&leaf), true);
        let signer = match own.source()? {
            _ if !own.root.is_ca() => Signer::Others {
                why: "every client would have to trust the new self-signed certificate".into(),
                hint: hint!(
                    "create a CA instead, whose certificates can be renewed: {labtrust setup --undo}; {}",
                    own.setup_line_with_ca(Some(&leaf), true)
                ),
            },
            Source::Elsewhere => Signer::Others {
                why: "its CA's key is not on this machine".into(),
                hint: hint!(
                    "sign with the key once more: {}",
                    with_key(Some(&own.setup_line(Some(&leaf), true)))
                ),
            },
            source => {
                own.refuse_ended(Some(&leaf), OffsetDateTime::now_utc())?;
                let is_ours = |chain: &[Certificate]| own.is_ours(chain);
                site.assign_extra_hosts(&leaf, &is_ours, false, add_host_hint(own.is_sealed()))?;
                site.guard(&is_ours, false)?;
                let key = world.read(key)?.and_then(|pem| PrivateKey::from_plain_pem(&pem).ok());
                let key = key.filter(|key| key.matches(&leaf));
                Signer::Ours(Box::new(Ours { own, source, site, key }))
            }
        };
        Ok(Self { leaf, root, signer, setup })
    }

    /// The certificate at `path` if `import` installed it. Any other foreign certificate is an error.
    fn foreign(state: &State<'_>, chain: &[Certificate], path: &Path, setup: ShellLine) -> Result<Self> {
        let is_placed = chain.first().map(Certificate::fingerprint).is_some_and(|leaf| {
            install_pair::leaves_placed(state).is_ok_and(|placed| placed.contains(&leaf))
        });
        if is_placed {
            return Self::imported(chain, path);
        }
        if is_any_by_labtrust(chain) {
            return Err(fail(
                format!(
                    "{} contains a certificate of a labtrust CA that is not on this machine",
                    path.display()
                ),
                hint!(
                    "restore that CA: {labtrust restore FILE --replace}; or replace the certificate: {}",
                    setup.with(["--replace"])
                ),
            ));
        }
        Err(fail(
            format!("{} contains a certificate that labtrust did not create", path.display()),
            hint!(
                "keep it: {labtrust import --cert {} --key FILE}; or replace it: {}",
                path,
                setup.with(["--replace"])
            ),
        ))
    }

    fn of_import(state: &State<'_>) -> Result<Self> {
        let placed = install_pair::chains_placed(state)?;
        let Some(PlacedChain { path, chain, .. }) = placed.first() else {
            return Err(fail(
                format!(
                    "there is nothing to renew: no installed certificate is recorded in {}",
                    state.folder().display()
                ),
                "if you made it with --state DIR or as another user, run this command in the same way; if its state is lost, restore it: {labtrust restore FILE}; else create one: {labtrust setup HOST}",
            ));
        };
        Self::imported(chain, path)
    }

    fn imported(chain: &[Certificate], path: &Path) -> Result<Self> {
        let leaf = first(chain, path)?;
        let root = chain.last().and_then(|root| Parsed::from_der(root.der()).ok());
        let host = leaf.names.first().map_or_else(|| "HOST".into(), ToString::to_string);
        Ok(Self {
            root: root.unwrap_or_else(|| leaf.clone()),
            leaf,
            setup: "{labtrust setup}".into(),
            signer: Signer::Others {
                why: "only its issuer can renew an imported certificate".into(),
                hint: hint!(
                    "request the next certificate ({labtrust request {}}), then install it: {labtrust import --cert FILE}",
                    host
                ),
            },
        })
    }
}

fn first(chain: &[Certificate], path: &Path) -> Result<Parsed> {
    match chain.first() {
        Some(leaf) => Parsed::from_der(leaf.der()),
        None => Err(fail(
            format!("{} contains no certificate", path.display()),
            "replace the file: {labtrust setup --replace}",
        )),
    }
}

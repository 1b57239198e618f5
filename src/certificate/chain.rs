//! Builds the chain that a server sends from the files that people have: the certificate with a key, and those above it,
//! in order.

use std::collections::HashSet;

use anyhow::Result;
use labtrust_plan::{Host, Prose};
use time::OffsetDateTime;

use super::{
    import::Material,
    judge::{About, Client, judge, useless},
    key::PrivateKey,
    name::list,
    parsed::{Parsed, moment},
    path,
};
use crate::hint::{fail, hint};

/// A certificate and key for a server, with the chain that clients need.
#[derive(Debug)]
pub struct Chain {
    /// The leaf's key.
    pub key: PrivateKey,
    /// The server's certificate.
    pub leaf: Parsed,
    /// The certificates between leaf and root, each signed by the next.
    pub intermediates: Vec<Parsed>,
    /// The root, if it was given. A self-signed leaf has none.
    pub root: Option<Parsed>,
    /// Whether the chain reaches a root that was given.
    pub complete: bool,
    /// Notes for the report, in sentences.
    pub notes: Vec<String>,
}

impl Chain {
    /// The certificates in the order of a server: leaf, intermediates, root.
    pub fn served(&self) -> Vec<Parsed> {
        let above = self.intermediates.iter().chain(&self.root);
        std::iter::once(&self.leaf).chain(above).cloned().collect()
    }

    /// The anchor for clients, if it was given: the root, or a self-signed leaf.
    pub fn anchor(&self) -> Option<&Parsed> {
        self.root.as_ref().or_else(|| Some(&self.leaf).filter(|leaf| leaf.is_self_signed()))
    }
}

impl Material {
    /// Picks the certificate with a key, and orders those above it. `kept` are more keys, such as the key of a pending
    /// request.
    ///
    /// A missing root is not an error: many CAs do not hand it out with the other certificates.
    pub fn into_chain(self, kept: Vec<PrivateKey>, now: OffsetDateTime) -> Result<Chain> {
        let mut seen = HashSet::new();
        let mut pool: Vec<Parsed> = Vec::new();
        for der in &self.certificates {
            if seen.insert(der) {
                pool.push(Parsed::from_der(der)?);
            }
        }
        if pool.is_empty() {
            return Err(fail("there is no certificate", "pass the file with the certificate: --cert FILE"));
        }
        let has_key = self.has_key() || !kept.is_empty();
        let mut pairs: Vec<(Parsed, PrivateKey)> = Vec::new();
        for key in self.keys.into_iter().chain(kept) {
            pairs.extend(certificate_for(&pool, &key, now).map(|leaf| (leaf, key)));
        }
        // Of several pairs, the one that is valid longest.
        pairs.sort_by_key(|(leaf, _)| (leaf.is_valid_at(now), leaf.not_after));
        let Some((leaf, key)) = pairs.pop() else { return Err(no_key_fits(&pool, has_key)) };
        leaf.public_key().check_usable()?;
        refuse_ca_and_dates(&leaf, now)?;

        let known = self.known.iter().filter_map(|der| Parsed::from_der(der).ok());
        let candidates: Vec<Parsed> = pool.iter().cloned().chain(known).collect();
        let found = path::search_above(&leaf, &candidates);
        if let Some(why) = found.given_up() {
            return Err(fail(
                why,
                "pass a file that holds only this certificate and those above it: --chain FILE",
            ));
        }
        let complete = found.is_complete;
        let way: Vec<Parsed> = found.certificates.into_iter().cloned().collect();
        let mut notes = Vec::new();
        if !complete {
            match way.last() {
                None => return Err(issuer_missing(&leaf)),
                Some(top) => notes.push(format!(
                    "The chain ends with {}; the certificate of its issuer, {}, is missing. Clients must have that one already; \
                     --chain FILE adds it.",
                    top.title(),
                    top.issuer
                )),
            }
        }
        refuse_useless(&leaf, &way, now)?;
        for certificate in &way {
            if !certificate.is_valid_at(now) {
                notes
                    .push(format!("{} is not valid now: clients may reject the chain.", certificate.title()));
            }
        }
        let used = |one: &Parsed| one.der() == leaf.der() || way.iter().any(|used| used.der() == one.der());
        let others: Vec<_> = pool.iter().filter(|one| !used(one)).map(Parsed::title).collect();
        if !others.is_empty() {
            notes.push(format!("Not part of the chain, and left out: {}.", list(&others)));
        }
        let mut intermediates = way;
        let root = if complete { intermediates.pop() } else { None };
        Ok(Chain { key, leaf, intermediates, root, complete, notes })
    }
}

/// The certificate for a key. A server's certificate is preferred to a CA's, and a valid one to an invalid one.
fn certificate_for(pool: &[Parsed], key: &PrivateKey, now: OffsetDateTime) -> Option<Parsed> {
    let own = pool.iter().filter(|certificate| key.matches(certificate));
    own.max_by_key(|own| (!own.is_ca(), own.is_valid_at(now), own.not_after)).cloned()
}

fn no_key_fits(pool: &[Parsed], has_key: bool) -> anyhow::Error {
    let titles: Vec<_> = pool.iter().filter(|one| !one.is_ca()).map(Parsed::title).collect();
    let titles = if titles.is_empty() { pool.iter().map(Parsed::title).collect() } else { titles };
    if has_key {
        fail(
            format!("the private key belongs to none of the certificates ({})", list(&titles)),
            "pass the key with which the certificate was requested: --key FILE",
        )
    } else {
        fail(
            format!("there is no private key for {}", list(&titles)),
            "pass the file with the key: --key FILE",
        )
    }
}

fn issuer_missing(leaf: &Parsed) -> anyhow::Error {
    fail(
        format!("the certificate of {}, which signed {}, is missing", leaf.issuer, leaf.title()),
        match &leaf.issuer_url {
            Some(url) => hint!(
                "pass the file with that certificate and those above it: --chain FILE (its address is {})",
                Prose(url)
            ),
            None => "pass the file with that certificate and those above it: --chain FILE".into(),
        },
    )
}

/// Refuses `leaf`, which leads to the certificates `way`, if no server should present it.
pub(crate) fn refuse_unfit(leaf: &Parsed, way: &[Parsed], now: OffsetDateTime) -> Result<()> {
    refuse_ca_and_dates(leaf, now)?;
    refuse_useless(leaf, way, now)
}

/// Refuses `leaf` if it is not for `host`.
pub(crate) fn refuse_other_host(leaf: &Parsed, host: &Host) -> Result<()> {
    if leaf.names.is_empty() {
        return Err(fail(
            format!(
                "the certificate for {} has no subject alternative name, and clients check no other name",
                leaf.title()
            ),
            "ask the CA for a certificate with the subject alternative names of the request",
        ));
    }
    if leaf.covers(host) {
        return Ok(());
    }
    Err(fail(
        format!("the certificate is for {}, not for {host}", list(&leaf.names)),
        "use another certificate, or set the host: --host HOST, --registry HOST:PORT. If a requested name is missing, \
         ask the CA for a new certificate",
    ))
}

/// Refuses a certificate that server software cannot load, or that clients refuse under any CA.
fn refuse_useless(leaf: &Parsed, way: &[Parsed], now: OffsetDateTime) -> Result<()> {
    let chain: Vec<Parsed> = std::iter::once(leaf).chain(way).cloned().collect();
    let refusals = judge(&chain, None, now);
    // GitLab's nginx reads certificates with the same library as curl.
    let unloadable =
        refusals.iter().find(|refusal| refusal.about == About::Encoding && refusal.is_by(Client::Curl));
    if let Some(refusal) = unloadable {
        return Err(fail(
            format!("server software cannot load the certificate for {}: {}", leaf.title(), refusal.why),
            "ask the CA for another certificate, encoded as RFC 5280 requires",
        ));
    }
    match useless(&refusals) {
        Some(refusal) => Err(fail(
            format!("{} the certificate for {}: {}", refusal.who_refuse(), leaf.title(), refusal.why),
            "ask the CA for another certificate, one for a web server",
        )),
        None => Ok(()),
    }
}

fn refuse_ca_and_dates(leaf: &Parsed, now: OffsetDateTime) -> Result<()> {
    if leaf.is_ca() && !leaf.is_self_signed() {
        return Err(fail(
            format!("{} is a CA's certificate, not a server's", leaf.title()),
            "ask the CA for a certificate for a web server (CA:FALSE)",
        ));
    }
    if now > leaf.not_after {
        return Err(fail(
            format!("the certificate for {} expired on {}", leaf.title(), leaf.not_after.date()),
            "pass the certificate that replaced it; or check this machine's clock: date",
        ));
    }
    if now < leaf.not_before {
        return Err(fail(
            format!("the certificate for {} is valid only from {}", leaf.title(), moment(leaf.not_before)),
            "check this machine's clock: date",
        ));
    }
    Ok(())
}

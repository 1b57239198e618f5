//! The CA that signs in a setup: an earlier one, a company's, or a new one.

use anyhow::{Context as _, Result};
use labtrust_plan::{Options, text};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::{asked::Asked, order::Order};
use crate::{
    certificate::{Authority, Scope, Sealed, SubjectName},
    hint::{fail, hint, shell_line},
    state::{
        Ca, State,
        ca::{DAYS_HINT, Source},
    },
};

/// The signer of the leaf.
pub(crate) enum Issuer {
    /// The CA of an earlier setup.
    Known(Box<Ca>, Source),
    /// A new CA. Its key is stored here, or it is sealed.
    Made(Source),
    /// A company's CA. Its key is used now and never stored. Beside it the company's CA of an earlier setup, if that is
    /// here.
    Adopted(Authority, Option<Box<Ca>>),
    /// No CA: the leaf signs itself.
    SelfSigned,
}

/// Finds or creates the CA for `order`.
pub(crate) fn issuer(state: &State<'_>, arguments: &Asked<'_>, order: &Order) -> Result<Issuer> {
    let now = OffsetDateTime::now_utc();
    if let Some((certificate, key)) = arguments.ca {
        let adopted = adopt(arguments, certificate, key, now)?;
        let earlier = state.ca()?;
        if earlier
            .is_some_and(|own| own.needs_backup() && own.root.fingerprint() != adopted.root().fingerprint())
        {
            return Err(fail(
                "an earlier setup created a CA here, but --ca-cert names another one",
                "undo the earlier setup first: {labtrust setup --undo}",
            ));
        }
        let earlier = earlier.filter(|own| own.is_given());
        return Ok(Issuer::Adopted(adopted, earlier.cloned().map(Box::new)));
    }
    if let Some(own) = state.ca()? {
        return known(own.clone(), arguments, order);
    }
    if arguments.self_signed {
        return Ok(Issuer::SelfSigned);
    }
    let scope = Scope {
        names: order.names.iter().chain(&order.extra).cloned().collect(),
        permit: order.permits.clone(),
        constrained: !arguments.no_constraints,
    };
    let key_type = arguments.key_type;
    Ok(Issuer::Made(if arguments.sealed {
        Source::Sealed(Sealed::make(&scope, &scope.names, order.days, key_type, now)?)
    } else {
        Source::Key(Authority::make(&scope, key_type, now)?)
    }))
}

/// The existing CA, if it can sign the requested names. Its limits cannot be widened.
fn known(own: Ca, arguments: &Asked<'_>, order: &Order) -> Result<Issuer> {
    if arguments.self_signed == own.root.is_ca() {
        let (is, asked) = if own.root.is_ca() {
            ("a CA", "--self-signed creates none")
        } else {
            ("a self-signed certificate", "you asked for a CA")
        };
        return Err(fail(
            format!("an earlier setup created {is} here, but {asked}"),
            "undo the earlier setup first: {labtrust setup --undo}",
        ));
    }
    if arguments.sealed && !own.is_sealed() {
        return Err(fail(
            "an earlier setup created a CA here that is not sealed",
            "go over to a sealed CA: {labtrust rotate start --sealed}",
        ));
    }
    let source = own.source()?;
    if source.root().is_some() {
        own.refuse_ended(None, OffsetDateTime::now_utc())?;
    }
    // The clients of a GitLab with another host need another command in any case, so a rotation spares them nothing.
    let gitlab = SubjectName::from(order.gitlab.host.clone());
    let over = |what: String| {
        let options: Vec<_> = arguments.sealed.then(|| "--sealed".into()).into_iter().collect();
        let options = [options, arguments.place.options()].concat();
        let over = hint!(
            "start over for this host (every client then needs the new command): {labtrust setup --undo}; {labtrust setup {}{}}",
            order.gitlab.host.in_url(),
            Options(&options)
        );
        fail(what, over)
    };
    match &source {
        Source::Key(authority) => {
            authority.check_permitted(&[gitlab]).map_err(|error| over(error.to_string()))?;
            let domains = order.permits.iter().map(|domain| SubjectName::Dns(domain.clone()));
            authority.check_permitted(&order.names.iter().cloned().chain(domains).collect::<Vec<_>>())?;
        }
        Source::Sealed(sealed) if !gitlab.is_among(sealed.names()) => {
            return Err(over(format!("this CA is sealed, and its certificates are not for {gitlab}")));
        }
        Source::Sealed(sealed) => refuse_more(&own, sealed, arguments, order)?,
        Source::Elsewhere => {}
    }
    Ok(Issuer::Known(Box::new(own), source))
}

/// Refuses a command for which a sealed CA would have to sign something.
fn refuse_more(own: &Ca, sealed: &Sealed, arguments: &Asked<'_>, order: &Order) -> Result<()> {
    let missing: Vec<_> = order.names.iter().filter(|name| !name.is_among(sealed.names())).collect();
    if let Some(name) = missing.first() {
        let names: Vec<_> = missing.iter().map(|name| shell_line!("--name {}", name.to_string())).collect();
        let hint = hint!("create the next CA: {labtrust rotate start --sealed{}}", Options(&names));
        own.refuse_to_sign(&format!("a certificate for {name}"), hint)?;
    }
    if let Some(domain) = order.permits.first() {
        let hint = hint!("create a next CA with a key: {labtrust rotate start --permit {}}", domain);
        own.refuse_to_sign(&format!("a CA that can sign for {domain}"), hint)?;
    }
    if order.days != own.notes.days {
        own.refuse_to_sign(&format!("a certificate for {} days", order.days), DAYS_HINT.into())?;
    }
    if arguments.key.is_some() {
        let hint = "leave out --key: the certificates of a sealed CA are signed already";
        own.refuse_to_sign("a certificate for another key", hint.into())?;
    }
    Ok(())
}

fn adopt(
    arguments: &Asked<'_>,
    certificate: &std::path::Path,
    key: &std::path::Path,
    now: OffsetDateTime,
) -> Result<Authority> {
    let certificates: Vec<CertificateDer<'static>> = arguments
        .reader
        .certificates(certificate)?
        .iter()
        .map(|certificate| certificate.der().clone())
        .collect();
    let key = arguments.reader.key(key)?;
    Authority::adopt(&certificates, key, now)
        .with_context(|| format!("cannot sign with {}", text::path(certificate)))
}

//! The CA that signs in a setup: an earlier one, a company's, or a new one.

use anyhow::{Context as _, Result};
use labtrust_plan::{Options, text};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::{asked::Asked, order::Order};
use crate::{
    certificate::{Authority, Scope, SubjectName},
    hint::{fail, hint},
    state::{Ca, State},
};

/// The signer of the leaf.
pub(crate) enum Issuer {
    /// The CA of an earlier setup. Its key is here, unless it is a company's CA.
    Known(Box<Ca>, Option<Authority>),
    /// A new CA, whose key is stored here.
    Made(Authority),
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
        let earlier = state.ca()?.filter(|own| own.is_given());
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
    Ok(Issuer::Made(Authority::make(&scope, arguments.key_type, now)?))
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
    let Some(authority) = own.open()? else { return Ok(Issuer::Known(Box::new(own), None)) };
    own.refuse_ended(None, OffsetDateTime::now_utc())?;
    // The clients of a GitLab with another host need another command in any case, so a rotation spares them nothing.
    let gitlab = SubjectName::from(order.gitlab.host.clone());
    if let Err(error) = authority.check_permitted(&[gitlab]) {
        let over = hint!(
            "start over for this host (every client then needs the new command): {labtrust setup --undo}; {labtrust setup {}{}}",
            order.gitlab.host.in_url(),
            Options(&arguments.place.options())
        );
        return Err(fail(error.to_string(), over));
    }
    let domains = order.permits.iter().map(|domain| SubjectName::Dns(domain.clone()));
    authority.check_permitted(&order.names.iter().cloned().chain(domains).collect::<Vec<_>>())?;
    Ok(Issuer::Known(Box::new(own), Some(authority)))
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

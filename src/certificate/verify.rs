//! Decides whether a fingerprint alone is enough to trust a server's certificates: only if it is the fingerprint of their
//! root, and the chain is valid for this host now.

use std::time::Duration;

use anyhow::Result;
use labtrust_plan::{Endpoint, Fingerprint, Host, Prose};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use time::OffsetDateTime;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::{
    name::{list, list_to},
    parsed::{Parsed, moment},
    path,
};
use crate::hint::{fail, hint};

/// The verified certificates of a server.
#[derive(Clone, Debug)]
pub struct Served {
    /// The trust anchor: the root, or a self-signed leaf.
    pub root: Parsed,
    /// The server's certificate.
    pub leaf: Parsed,
    /// The chain from leaf to root, with both.
    pub chain: Vec<Parsed>,
}

/// Verifies the certificates that a server at `endpoint` sent in a TLS handshake, in order.
///
/// With the fingerprint `anchor`, only the root with it is accepted. Without one, the sent root is taken, and the caller
/// must ask whether it is the right one.
pub fn verify_served(
    sent: &[CertificateDer<'_>],
    anchor: Option<Fingerprint>,
    endpoint: &Endpoint,
    now: OffsetDateTime,
) -> Result<Served> {
    let host = &endpoint.host;
    let sent = sent.iter().map(|der| Parsed::from_der(der)).collect::<Result<Vec<_>>>()?;
    let Some((leaf, above)) = sent.split_first() else {
        return Err(fail(
            format!("{host} sent no certificate"),
            hint!("see what it sends: openssl s_client -showcerts -connect {}", endpoint),
        ));
    };
    let root = choose_root(leaf, above, anchor, host)?;
    check_leaf(leaf, host, now)?;
    if root.der() == leaf.der() {
        return Ok(Served { root: leaf.clone(), leaf: leaf.clone(), chain: vec![leaf.clone()] });
    }
    let mut chain = vec![leaf.clone()];
    chain.extend(verify_path(leaf, above, root, endpoint, now)?);
    Ok(Served { root: root.clone(), leaf: leaf.clone(), chain })
}

/// The certificate for the anchor: the one with the fingerprint, if it is given. It must be a valid anchor.
fn choose_root<'p>(
    leaf: &'p Parsed,
    above: &'p [Parsed],
    anchor: Option<Fingerprint>,
    host: &Host,
) -> Result<&'p Parsed> {
    let found = match anchor {
        Some(anchor) => {
            let mut sent = std::iter::once(leaf).chain(above);
            match sent.find(|certificate| certificate.fingerprint() == anchor) {
                Some(found) => found,
                None => return Err(unknown_fingerprint(leaf, above, anchor, host)),
            }
        }
        None if leaf.is_self_signed() => leaf,
        None => {
            let way = path::search_above(leaf, above);
            if let Some(why) = way.given_up() {
                return Err(fail(
                    why,
                    "get the root's file from the server's administrator: {labtrust trust FILE}",
                ));
            }
            match way.certificates.last().copied() {
                Some(top) if way.is_complete => top,
                _ => return Err(root_not_sent(leaf, host)),
            }
        }
    };
    if found.der() == leaf.der() {
        return if leaf.is_self_signed() {
            Ok(leaf)
        } else {
            Err(fingerprint_not_of_root("the server's certificate", leaf))
        };
    }
    if !found.is_self_signed() {
        return Err(fingerprint_not_of_root("an intermediate CA", found));
    }
    if !found.is_ca() || !found.may("keyCertSign") {
        return Err(fail(
            format!("{host} sends {} as a root, but it is not the certificate of a CA", found.title()),
            "ask the server's administrator for the fingerprint of its root CA",
        ));
    }
    Ok(found)
}

fn fingerprint_not_of_root(role: &str, certificate: &Parsed) -> anyhow::Error {
    fail(
        format!("the fingerprint belongs to {role} ({}), not to the root CA", certificate.title()),
        "pass the root's fingerprint, which `labtrust status` shows on the server",
    )
}

fn root_not_sent(leaf: &Parsed, host: &Host) -> anyhow::Error {
    fail(
        format!("{host} does not send its root CA, only a certificate that {} signed", leaf.issuer),
        "ask the server's administrator for the root's file, and run: {labtrust trust FILE}. If the administrator does \
         not know this issuer, a proxy decrypts the connection",
    )
}

fn unknown_fingerprint(leaf: &Parsed, above: &[Parsed], anchor: Fingerprint, host: &Host) -> anyhow::Error {
    let roots: Vec<&Parsed> = if leaf.is_self_signed() {
        vec![leaf]
    } else {
        above.iter().filter(|certificate| certificate.is_self_signed()).collect()
    };
    if roots.is_empty() {
        return root_not_sent(leaf, host);
    }
    let sent: Vec<_> =
        roots.iter().map(|root| format!("{} with SHA-256 {}", root.title(), root.fingerprint())).collect();
    fail(
        format!(
            "{host} sends no certificate with the fingerprint {anchor}; its root is {}",
            list_to(3, &sent)
        ),
        "do not trust it before the server's administrator confirms the fingerprint. Yours may be of an older CA, this may \
         be another server, or a proxy decrypts the connection: labtrust explain tls-intercepted",
    )
}

/// The checks of every leaf, also of a self-signed one, which webpki does not check.
fn check_leaf(leaf: &Parsed, host: &Host, now: OffsetDateTime) -> Result<()> {
    if !leaf.covers(host) {
        let names = if leaf.names.is_empty() { "no host".to_owned() } else { list(&leaf.names) };
        return Err(fail(
            format!("the certificate of {host} is for {names}, not for {host}"),
            hint!("use a name in the certificate, or on the server: sudo labtrust setup --name {}", host),
        ));
    }
    check_dates(leaf, "the server's certificate", now)?;
    if leaf.may_serve() {
        return Ok(());
    }
    Err(fail(
        format!(
            "the certificate of {host} may not serve TLS: serverAuth is not among its extended key usages"
        ),
        "ask its issuer for a certificate for a TLS server",
    ))
}

fn check_dates(certificate: &Parsed, role: &str, now: OffsetDateTime) -> Result<()> {
    let clock = moment(now);
    if now < certificate.not_before {
        return Err(fail(
            format!("{role} ({}) is valid only from {}", certificate.title(), moment(certificate.not_before)),
            hint!("this machine's clock shows {}: correct it (date), or wait", Prose(&clock)),
        ));
    }
    if now > certificate.not_after {
        let hint = if certificate.ca == Some(true) {
            hint!(
                "this machine's clock shows {}: correct it (date). If it is right, on the server: sudo labtrust status",
                Prose(&clock)
            )
        } else {
            hint!(
                "this machine's clock shows {}: correct it (date), or renew the certificate on the server: sudo labtrust renew",
                Prose(&clock)
            )
        };
        return Err(fail(
            format!("{role} ({}) expired on {}", certificate.title(), moment(certificate.not_after)),
            hint,
        ));
    }
    Ok(())
}

/// Verifies the chain from leaf to root with webpki, and returns it without the leaf.
fn verify_path(
    leaf: &Parsed,
    above: &[Parsed],
    root: &Parsed,
    endpoint: &Endpoint,
    now: OffsetDateTime,
) -> Result<Vec<Parsed>> {
    check_dates(root, "the root CA", now)?;
    let intermediates: Vec<CertificateDer<'_>> = above
        .iter()
        .filter(|certificate| certificate.der() != root.der())
        .map(|one| one.der().clone())
        .collect();
    let refused = |error: webpki::Error| webpki_error(error, leaf, above, root, endpoint, now);
    let anchors = [anchor_from_trusted_cert(root.der()).map_err(refused)?];
    let entity = EndEntityCert::try_from(leaf.der()).map_err(refused)?;
    let time =
        UnixTime::since_unix_epoch(Duration::from_secs(now.unix_timestamp().try_into().unwrap_or_default()));
    let path = entity
        .verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &anchors,
            &intermediates,
            time,
            KeyUsage::server_auth(),
            None,
            None,
        )
        .map_err(refused)?;
    entity.verify_is_valid_for_subject_name(&server_name(&endpoint.host)?).map_err(refused)?;
    let between = path.intermediate_certificates().map(|certificate| Parsed::from_der(&certificate.der()));
    between.chain(std::iter::once(Ok(root.clone()))).collect()
}

fn server_name(host: &Host) -> Result<ServerName<'static>> {
    match host {
        Host::Dns(name) => ServerName::try_from(name.as_str().to_owned()).map_err(|_| {
            fail(format!("{name} is not a valid server name"), "pass a host name or an IP address")
        }),
        Host::Ip(address) => Ok(ServerName::IpAddress((*address).into())),
    }
}

/// webpki's error as a message with a hint.
fn webpki_error(
    error: webpki::Error,
    leaf: &Parsed,
    above: &[Parsed],
    root: &Parsed,
    endpoint: &Endpoint,
    now: OffsetDateTime,
) -> anyhow::Error {
    use webpki::Error;
    let host = &endpoint.host;
    match error {
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => above
            .iter()
            .find_map(|certificate| check_dates(certificate, "an intermediate CA", now).err())
            .unwrap_or_else(|| anyhow::anyhow!("the certificates of {host} are not valid now")),
        Error::NameConstraintViolation => fail(
            format!("{} cannot sign for {}: its name constraints forbid it", leaf.issuer, list(&leaf.names)),
            "do not trust it: either its setup is wrong, or somebody stole the CA's key",
        ),
        Error::CaUsedAsEndEntity => fail(
            format!("the certificate of {host} is marked as a CA (CA:TRUE), which many clients reject"),
            "create a server certificate on the server: sudo labtrust setup",
        ),
        Error::UnknownIssuer
        | Error::InvalidSignatureForPublicKey
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | Error::UnsupportedSignatureAlgorithmContext(_) => {
            let top = path::above(leaf, above).last().copied().unwrap_or(leaf);
            if top.der() == root.der() {
                return fail(
                    format!(
                        "the signatures on the certificates that {host} sends cannot be verified ({error})"
                    ),
                    "ask the CA for certificates that are signed with RSA or ECDSA and SHA-2",
                );
            }
            fail(
                format!(
                    "{host} sends the root {}, but its certificate does not lead there: {} is signed by {}",
                    root.title(),
                    top.title(),
                    top.issuer
                ),
                "on the server, put leaf, intermediates and root of one chain into the certificate file, in this order",
            )
        }
        other => fail(
            format!("the certificates that {host} sends are not valid ({other})"),
            hint!("see which clients reject them: labtrust inspect {}", endpoint),
        ),
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;

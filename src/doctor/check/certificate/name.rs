//! Checks that the certificate covers the host name that the user gave.

use labtrust_plan::Host;

use super::{
    code::{IP_NOT_IN_SAN, NAME_MISMATCH, NO_SAN},
    subject::Subject,
};
use crate::{
    certificate::{
        Parsed,
        name::{SubjectName, list_to},
    },
    doctor::{Case, Finding},
};

pub(super) fn judge(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let (leaf, host) = (subject.leaf(), &subject.endpoint.host);
    // The user did not name the token service's host: the realm check judges the URL that does.
    if leaf.covers(host) || host != case.host() {
        return Vec::new();
    }
    let make_new = format!("make a new one for {host}, on the server: sudo labtrust setup --name {host}");
    if leaf.names.is_empty() && leaf.other_names.is_empty() {
        let common_name = leaf.common_name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
        let what = format!(
            "the certificate of {} has no subject alternative name, only a common name{common_name}",
            subject.endpoint
        );
        let why = "Docker and browsers ignore the common name";
        return vec![Finding::new(&NO_SAN, what, why).advise(make_new)];
    }
    let what = format!("the certificate of {} is for {}", subject.endpoint, names(subject));
    let (code, why) = match host {
        Host::Ip(_) => {
            (&IP_NOT_IN_SAN, "a client that connects to an address needs that address in the certificate")
        }
        Host::Dns(_) => (&NAME_MISMATCH, "the certificate must contain the name that the client connects to"),
    };
    let finding = Finding::new(code, format!("{what}, not for {host}"), why);
    if let Some(program) = default_certificate(leaf) {
        return vec![finding.advise(format!(
            "this is the certificate that {program} presents for every name that it does not know: add a site or \
             route for {host} there, with a certificate for it"
        ))];
    }
    let other = leaf.names.iter().find(|name| matches!(name, SubjectName::Dns(_)));
    vec![match other {
        Some(name) => finding.advise(format!("{make_new}. Or use a name that is in the certificate:")).run([
            "docker",
            "login",
            &format!("{name}:{}", case.registry),
        ]),
        None => finding.advise(make_new),
    }]
}

/// Names in the certificates that web servers and reverse proxies make for themselves, and their programs.
const DEFAULTS: &[(&str, &str)] = &[
    ("traefik.default", "Traefik"),
    ("ingress.local", "the Kubernetes ingress controller"),
    ("localhost.localdomain", "the web server"),
    ("localhost", "the web server"),
    ("synology.com", "the Synology NAS"),
    ("synology", "the Synology NAS"),
];

/// The program whose default certificate `leaf` is, if it is one.
fn default_certificate(leaf: &Parsed) -> Option<&'static str> {
    let names: Vec<_> = leaf.names.iter().map(SubjectName::base).map(|name| name.to_string()).collect();
    let is_of = |of: &str, name: &String| {
        name == of || name.strip_suffix(of).is_some_and(|before| before.ends_with('.'))
    };
    let row = DEFAULTS.iter().find(|(of, _)| !names.is_empty() && names.iter().all(|name| is_of(of, name)));
    row.map(|(_, program)| *program)
}

fn names(subject: &Subject) -> String {
    let leaf = subject.leaf();
    let known = leaf.names.iter().map(ToString::to_string).chain(leaf.other_names.iter().cloned());
    list_to(4, &known.collect::<Vec<_>>())
}

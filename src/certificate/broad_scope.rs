//! Whether a CA can sign for more names than it needs. labtrust may trust a CA for one server because it is in a file; a
//! CA that can sign for strangers' names needs a person's confirmation.

mod suffix;

use labtrust_plan::{Host, text};

use super::{
    name::list,
    parsed::Parsed,
    permitted::{Domain, Permitted, Subnet},
};

/// The reasons why a CA with these limits is broad; none if it is narrow. `is_critical`: whether its limits are critical.
///
/// A narrow CA can sign only for IP addresses that it lists one by one, and for names below a public suffix, each in a
/// domain of the `asked` names. If `asked` is empty, any such domain is narrow; if it holds only addresses, none is.
pub fn broad_scope_reasons(permitted: &Permitted, is_critical: bool, asked: &[Host]) -> Option<String> {
    if permitted.is_everything() {
        return Some("it has no name constraints: it can sign for any name on the web".into());
    }
    let mut reasons = Vec::new();
    match permitted.open_domains() {
        None => reasons.push("it can sign for any name on the web".to_owned()),
        Some(domains) => reasons.extend(broad_domains(&domains, asked)),
    }
    reasons.extend(broad_addresses(permitted));
    if !is_critical {
        reasons.push(
            "its name constraints are not critical: a client that cannot read them ignores them".into(),
        );
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// The reasons why a CA with the limits `next` can sign for strangers' names that a CA with the limits `known` cannot.
pub fn added_names(next: &Permitted, known: &Permitted) -> Option<String> {
    let new: Vec<_> = next.open_domains()?.into_iter().filter(|one| !known.permits_all_of(one)).collect();
    let reasons = broad_domains(&new, &[]);
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

impl Parsed {
    /// The reasons why this certificate as an anchor would be trusted for more than the `asked` names; none if it is
    /// narrow.
    pub fn broad_scope(&self, asked: &[Host]) -> Option<String> {
        if !self.has_plain_constraints() {
            return Some("its name constraints cannot be read reliably".into());
        }
        if self.can_sign() {
            broad_scope_reasons(&self.permitted, self.constraints_critical, asked)
        } else {
            broad_scope_reasons(&Permitted::only(&self.names), true, asked)
        }
    }
}

/// The reasons in the permitted `domains`, which include their subdomains.
fn broad_domains(domains: &[&Domain], asked: &[Host]) -> Vec<String> {
    let is_any_asked = !asked.is_empty();
    let asked: Vec<_> = asked.iter().filter_map(|host| suffix::registrable(&host.to_string())).collect();
    let (mut public, mut others) = (Vec::new(), Vec::new());
    for domain in domains {
        if domain.base.trim_matches('.').is_empty() {
            return vec!["it can sign for any name on the web".into()];
        }
        match suffix::registrable(&domain.base) {
            None => public.push(text::in_line(&domain.base)),
            Some(own) if is_any_asked && !asked.contains(&own) => {
                others.push(text::in_line(&domain.base));
            }
            Some(_) => {}
        }
    }
    let mut reasons = Vec::new();
    for (names, text) in [
        (&mut public, "it can sign for every name below {}, also names of other owners"),
        (&mut others, "it can sign for {}, which was not asked for"),
    ] {
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            reasons.push(text.replace("{}", &list(names)));
        }
    }
    reasons
}

/// The reason in the permitted IP addresses. IPv4 and IPv6 are one type of name in RFC 5280 and two for `GnuTLS`, so each
/// must be excluded or listed.
fn broad_addresses(permitted: &Permitted) -> Option<String> {
    let (mut open, mut ranges) = (Vec::new(), Vec::new());
    for (family, bits) in [("IPv4", 32), ("IPv6", 128)] {
        match permitted.open_addresses(bits) {
            None => open.push(family),
            Some(subnets) => {
                ranges.extend(subnets.into_iter().filter(|one| !one.is_one()).map(Subnet::to_string));
            }
        }
    }
    let any = match open.as_slice() {
        [] => None,
        [family] => Some(format!("any {family} address")),
        _ => Some("any IP address".to_owned()),
    };
    let ranges = (!ranges.is_empty()).then(|| format!("every address in {}", list(&ranges)));
    let all: Vec<_> = any.into_iter().chain(ranges).collect();
    (!all.is_empty()).then(|| format!("it can sign for {}", all.join(" and ")))
}

#[cfg(test)]
#[path = "broad_scope/tests.rs"]
mod tests;

//! Finds the way from a certificate up to its root, by names and verified signatures: what people
//! and servers hand over is out of order, doubled, and mixed with certificates of others.

use std::{cmp::Reverse, collections::HashSet};

use super::parsed::Parsed;

/// No chain in use is longer.
const MAX_DEPTH: usize = 10;
/// So many signatures are verified at most, as by Go and webpki: certificates made to confuse must not make us
/// search for ever.
const MAX_SIGNATURES: usize = 100;

/// How far a search led.
pub struct Way<'p> {
    /// The certificates above the first one, each signed by the next.
    pub certificates: Vec<&'p Parsed>,
    /// Whether they end where the search was to lead.
    pub is_complete: bool,
    /// The certificate whose issuer was not found before the search was given up: it may be there all the same.
    pub given_up_at: Option<&'p Parsed>,
}

impl Way<'_> {
    /// Why nothing can be said of what is above, where the search was given up.
    pub fn given_up(&self) -> Option<String> {
        let at = self.given_up_at?;
        Some(format!(
            "the search for the certificate of {}, which signed {}, stopped after {MAX_SIGNATURES} signatures: too many \
             certificates have that name",
            at.issuer,
            at.title()
        ))
    }
}

/// The certificates above `start`: up to a self-signed one if there is a way to it, else as far as the longest way
/// goes.
pub fn above<'p>(start: &'p Parsed, pool: &'p [Parsed]) -> Vec<&'p Parsed> {
    search_above(start, pool).certificates
}

/// The same, with word of a search that was given up.
pub fn search_above<'p>(start: &'p Parsed, pool: &'p [Parsed]) -> Way<'p> {
    search(start, pool, &Parsed::is_self_signed)
}

/// The way from `start` up to the first certificate that is an `end`, which may be `start`; else the longest one.
pub fn search<'p>(start: &'p Parsed, pool: &'p [Parsed], is_end: &dyn Fn(&Parsed) -> bool) -> Way<'p> {
    let mut seen = HashSet::from([start.der().as_ref()]);
    let pool = pool.iter().filter(|one| seen.insert(one.der().as_ref())).collect();
    let mut search = Search {
        pool,
        is_end,
        entered: HashSet::new(),
        path: Vec::new(),
        longest: Vec::new(),
        verified: 0,
        given_up_at: None,
    };
    if search.climb(start) {
        return Way { certificates: search.path, is_complete: true, given_up_at: None };
    }
    Way { certificates: search.longest, is_complete: false, given_up_at: search.given_up_at }
}

struct Search<'p, 's> {
    /// Each certificate once, without the one that is searched from.
    pool: Vec<&'p Parsed>,
    is_end: &'s dyn Fn(&Parsed) -> bool,
    /// Those from which the search went on. No way led from there, so none is looked for again.
    entered: HashSet<&'p [u8]>,
    path: Vec<&'p Parsed>,
    longest: Vec<&'p Parsed>,
    verified: usize,
    given_up_at: Option<&'p Parsed>,
}

impl<'p> Search<'p, '_> {
    /// Whether a way leads from `at` to an end; it is the path then.
    fn climb(&mut self, at: &'p Parsed) -> bool {
        if (self.is_end)(at) {
            return true;
        }
        if self.path.len() > self.longest.len() {
            self.longest.clone_from(&self.path);
        }
        if self.path.len() == MAX_DEPTH || !self.entered.insert(at.der()) {
            return false;
        }
        for issuer in self.issuers(at) {
            self.path.push(issuer);
            if self.climb(issuer) {
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// Those that signed `certificate`, the best first: those with the name that it writes, as some clients find no
    /// other. Of one CA's certificates (renewed, or cross-signed by
    /// another), the root is the shortest way, and then the one that lasts longest.
    fn issuers(&mut self, certificate: &'p Parsed) -> Vec<&'p Parsed> {
        let has_name =
            |one: &&&Parsed| certificate.names_issuer(one) && !self.entered.contains(one.der().as_ref());
        let mut named: Vec<_> = self.pool.iter().filter(has_name).copied().collect();
        named.sort_by_key(|one| (!certificate.repeats_name_of(one), key_order(certificate, one)));
        let left = MAX_SIGNATURES - self.verified;
        if named.len() > left {
            self.given_up_at.get_or_insert(certificate);
            named.truncate(left);
        }
        self.verified += named.len();
        named.retain(|one| certificate.is_signed_by(one));
        let order = |one: &&Parsed| {
            (!certificate.repeats_name_of(one), one.subject_der != one.issuer_der, Reverse(one.not_after))
        };
        named.sort_by_key(order);
        named
    }
}

/// Where an issuer stands by its key identifier: first the one that is named, last one that is not.
fn key_order(certificate: &Parsed, issuer: &Parsed) -> u8 {
    match (&certificate.authority_key_id, &issuer.subject_key_id) {
        (Some(own), Some(its)) if own == its => 0,
        (Some(_), Some(_)) => 2,
        _ => 1,
    }
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;

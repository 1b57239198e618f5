//! Finds the chain from a certificate up to its root, by names and verified signatures. The given certificates may be out
//! of order, repeated, and mixed with unrelated ones.

use std::{cmp::Reverse, collections::HashSet};

use super::parsed::Parsed;

/// The longest chain that is searched.
const MAX_DEPTH: usize = 10;
/// The most signatures that are verified, as in Go and webpki: hostile certificates must not make the search endless.
const MAX_SIGNATURES: usize = 100;

/// The result of a search.
pub struct Way<'p> {
    /// The certificates above the first one, each signed by the next.
    pub certificates: Vec<&'p Parsed>,
    /// Whether they reach the wanted end.
    pub is_complete: bool,
    /// The certificate whose issuer was not found before the search was stopped; the issuer may exist.
    pub given_up_at: Option<&'p Parsed>,
}

impl Way<'_> {
    /// The reason why the search was stopped, if it was.
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

/// The certificates above `start`, up to a self-signed one if there is a chain to it; else the longest chain.
pub fn above<'p>(start: &'p Parsed, pool: &'p [Parsed]) -> Vec<&'p Parsed> {
    search_above(start, pool).certificates
}

/// The same, as a result that tells whether the search was stopped.
pub fn search_above<'p>(start: &'p Parsed, pool: &'p [Parsed]) -> Way<'p> {
    search(start, pool, &Parsed::is_self_signed)
}

/// The chain from `start` up to the first certificate for which `is_end` is true, which may be `start`; else the longest
/// chain.
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
    /// Each certificate once, without the start.
    pool: Vec<&'p Parsed>,
    is_end: &'s dyn Fn(&Parsed) -> bool,
    /// The certificates that were searched already. No chain led from them.
    entered: HashSet<&'p [u8]>,
    path: Vec<&'p Parsed>,
    longest: Vec<&'p Parsed>,
    verified: usize,
    given_up_at: Option<&'p Parsed>,
}

impl<'p> Search<'p, '_> {
    /// Whether a chain leads from `at` to an end; `path` then holds it.
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

    /// The issuers of `certificate`, the best first. An issuer whose name matches byte by byte is first, because some
    /// clients find no other. Of several certificates of one CA (renewed or cross-signed), the root is first, then the one
    /// that is valid longest.
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

/// The rank of an issuer by its key identifier: 0 if the certificate names it, 2 if it names another.
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

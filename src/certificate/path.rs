//! Finds the way from a certificate up to its root, by names and verified signatures: what people
//! and servers hand over is out of order, doubled, and mixed with certificates of others.

use super::parsed::Parsed;

/// No chain in use is longer.
const MAX_DEPTH: usize = 10;
/// So many signatures are verified at most: a pool made to confuse must not make us search for ever.
const MAX_SIGNATURES: usize = 100;

/// The certificates above `start`, each signed by the next: up to a self-signed one if there is a
/// way to it, else as far as the longest way goes.
pub fn above<'p>(start: &Parsed, pool: &'p [Parsed]) -> Vec<&'p Parsed> {
    let mut best = Vec::new();
    climb(start, pool, &mut Vec::new(), &mut best, &mut 0);
    best
}

/// The certificates between `start` and `anchor`, each signed by the next and the last one by the anchor; none
/// where no way leads there.
pub fn up_to<'p>(start: &'p Parsed, pool: &'p [Parsed], anchor: &Parsed) -> Option<Vec<&'p Parsed>> {
    let mut path = Vec::new();
    reach(start, pool, anchor, &mut path, &mut 0).then_some(path)
}

fn reach<'p>(
    at: &Parsed,
    pool: &'p [Parsed],
    anchor: &Parsed,
    path: &mut Vec<&'p Parsed>,
    verified: &mut usize,
) -> bool {
    if at.is_signed_by(anchor) {
        return true;
    }
    for issuer in pool {
        let is_new = issuer.der() != at.der() && !path.iter().any(|used| used.der() == issuer.der());
        if issuer.subject_der != at.issuer_der || !is_new || path.len() == MAX_DEPTH {
            continue;
        }
        *verified += 1;
        if *verified > MAX_SIGNATURES {
            return false;
        }
        path.push(issuer);
        if at.is_signed_by(issuer) && reach(issuer, pool, anchor, path, verified) {
            return true;
        }
        path.pop();
    }
    false
}

fn climb<'p>(
    at: &Parsed,
    pool: &'p [Parsed],
    path: &mut Vec<&'p Parsed>,
    best: &mut Vec<&'p Parsed>,
    verified: &mut usize,
) -> bool {
    if at.is_self_signed() {
        best.clone_from(path);
        return true;
    }
    if path.len() > best.len() {
        best.clone_from(path);
    }
    if path.len() == MAX_DEPTH {
        return false;
    }
    let used = |candidate: &Parsed| path.iter().any(|used| used.der() == candidate.der());
    let mut issuers: Vec<&Parsed> = pool
        .iter()
        .filter(|issuer| issuer.subject_der == at.issuer_der && issuer.der() != at.der() && !used(issuer))
        .filter(|issuer| {
            *verified += 1;
            *verified <= MAX_SIGNATURES && at.is_signed_by(issuer)
        })
        .collect();
    // Of one CA's certificates (renewed, or cross-signed by another), the root is the shortest way,
    // and then the one that lasts longest.
    issuers
        .sort_by_key(|issuer| (issuer.subject_der != issuer.issuer_der, std::cmp::Reverse(issuer.not_after)));
    for issuer in issuers {
        path.push(issuer);
        if climb(issuer, pool, path, best, verified) {
            return true;
        }
        path.pop();
    }
    false
}

//! A sealed CA: it signs one certificate for each period of its life at once, and then its key is wiped. So nobody can
//! steal the key, and nothing can be signed later.

use anyhow::{Result, anyhow};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    authority::Authority,
    key::{KeyType, PrivateKey},
    name::SubjectName,
    parsed::Parsed,
    pem,
    profile::{CA_DAYS, SET_BACK},
    scope::Scope,
    sign::{Issued, LeafOrder},
    stack,
};
use crate::hint::{fail, hint};

/// The fewest days of a period: a year needs more than a hundred certificates of a week.
pub const LEAST_DAYS: u32 = 30;

/// The certificate of one period, and its key.
#[derive(Debug)]
pub struct Period {
    /// The certificate.
    pub leaf: Parsed,
    /// Its key.
    pub key: PrivateKey,
}

/// The root of a sealed CA, and the certificates that it signed before its key was wiped.
#[derive(Debug)]
pub struct Sealed {
    root: Parsed,
    periods: Vec<Period>,
}

impl Sealed {
    /// Creates a CA with `scope`, signs certificates of `days` for `names` until it ends, and wipes its key.
    pub fn make(
        scope: &Scope,
        names: &[SubjectName],
        days: u32,
        key_type: KeyType,
        now: OffsetDateTime,
    ) -> Result<Self> {
        if days < LEAST_DAYS {
            return Err(fail(
                format!(
                    "a sealed CA signs all its certificates at once, so {days} days are too few for each"
                ),
                hint!("pass at least {} days: --days {}", LEAST_DAYS, LEAST_DAYS),
            ));
        }
        let made = sign_all(scope, names, (CA_DAYS, days), key_type, now);
        stack::wipe();
        made
    }

    /// Puts a sealed CA together again: `certificates` and `keys` of its periods, in order.
    pub fn open(root: &Parsed, certificates: &[Parsed], keys: &[u8]) -> Result<Self> {
        let keys = PrivateKey::all_from_plain_pem(keys)?;
        if keys.len() != certificates.len() {
            return Err(anyhow!("it holds {} keys for {} certificates", keys.len(), certificates.len()));
        }
        let periods = certificates.iter().zip(keys).map(|(leaf, key)| {
            if !key.matches(leaf) {
                return Err(anyhow!("a key in it does not belong to its certificate"));
            }
            Ok(Period { leaf: leaf.clone(), key })
        });
        let periods = periods.collect::<Result<Vec<_>>>()?;
        // Without one of them, a server would have no valid certificate for months.
        let follow =
            |pair: &[Parsed]| pair[0].not_before < pair[1].not_before && start(&pair[1]) <= pair[0].not_after;
        let is_to_the_end = certificates.last().is_some_and(|leaf| leaf.not_after == root.not_after);
        if !certificates.windows(2).all(follow) || !is_to_the_end {
            return Err(anyhow!("the certificates beside it are not those of all periods, in order"));
        }
        Ok(Self { root: root.clone(), periods })
    }

    /// The root.
    pub fn root(&self) -> &Parsed {
        &self.root
    }

    /// The periods, in order.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// The period in which `now` lies; the first one if the clock is before all of them.
    pub fn at(&self, now: OffsetDateTime) -> Result<&Period> {
        self.periods.get(self.index_at(now)).ok_or_else(|| anyhow!("the CA has no certificates"))
    }

    /// The index of that period.
    pub fn index_at(&self, now: OffsetDateTime) -> usize {
        current(self.periods.iter().map(|period| &period.leaf), now)
    }

    /// The names in each certificate.
    pub fn names(&self) -> &[SubjectName] {
        self.periods.first().map(|period| &period.leaf.names[..]).unwrap_or_default()
    }

    /// The certificates of the periods, as PEM.
    pub fn certificates_pem(&self) -> String {
        pem::write_certificates(self.periods.iter().map(|period| period.leaf.der()))
    }

    /// The keys of the periods, as PEM.
    pub fn keys_pem(&self) -> Zeroizing<Vec<u8>> {
        let keys: Vec<_> = self.periods.iter().map(|period| period.key.to_pem()).collect();
        // A vector that grows leaves copies behind.
        let mut all = Zeroizing::new(Vec::with_capacity(keys.iter().map(|key| key.len()).sum()));
        for key in &keys {
            all.extend_from_slice(key.as_bytes());
        }
        all
    }

    /// The certificate of `period` with its chain.
    pub fn issued(&self, period: &Period) -> Issued {
        let chain: Vec<CertificateDer<'static>> =
            [&period.leaf, &self.root].map(|certificate| certificate.der().clone()).into();
        Issued { leaf: period.leaf.clone(), chain, notes: Vec::new() }
    }
}

/// The index of the period in which `now` lies, among `leaves` in order; the first one if the clock is before all.
pub(crate) fn current<'l>(leaves: impl Iterator<Item = &'l Parsed>, now: OffsetDateTime) -> usize {
    leaves.take_while(|leaf| start(leaf) <= now).count().saturating_sub(1)
}

/// The start of a period: its certificate is valid a little longer, because clocks differ.
pub(crate) fn start(leaf: &Parsed) -> OffsetDateTime {
    leaf.not_before.saturating_add(SET_BACK)
}

/// Makes the root and everything that it signs. The root's key is dropped, and so wiped, before this returns.
#[inline(never)]
fn sign_all(
    scope: &Scope,
    names: &[SubjectName],
    (ca_days, days): (u32, u32),
    key_type: KeyType,
    now: OffsetDateTime,
) -> Result<Sealed> {
    let authority = Authority::make_root(scope, key_type, ca_days, now)?;
    let mut periods: Vec<Period> = Vec::new();
    let mut start = now;
    loop {
        let key = PrivateKey::generate(key_type)?;
        let order = LeafOrder { names: names.to_vec(), public_key: key.public_key().clone(), days };
        let leaf = authority.sign(&order, start)?.leaf;
        let is_last = leaf.not_after >= authority.not_after();
        start = leaf.due();
        periods.push(Period { leaf, key });
        if is_last {
            return Ok(Sealed { root: authority.root().clone(), periods });
        }
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-30 12:00:00.5 UTC);

    fn names(all: &[&str]) -> Vec<SubjectName> {
        all.iter().map(|name| name.parse().expect(name)).collect()
    }

    fn scope() -> Scope {
        Scope { names: names(&["gitlab.example.com"]), permit: Vec::new(), constrained: true }
    }

    fn sealed(ca_days: u32, days: u32) -> Sealed {
        sign_all(&scope(), &names(&["gitlab.example.com"]), (ca_days, days), KeyType::P256, NOW)
            .expect("a CA")
    }

    #[test]
    fn the_periods_follow_each_other_until_the_ca_ends() {
        for (ca_days, days, count) in [
            (CA_DAYS, 397, 14),
            (CA_DAYS, 825, 7),
            (CA_DAYS, 90, 61),
            // The CA ends before the first certificate would, on the same day, and a day later.
            (100, 397, 1),
            (397, 397, 1),
            (398, 397, 2),
        ] {
            let sealed = sealed(ca_days, days);
            let leaves: Vec<_> = sealed.periods().iter().map(|period| &period.leaf).collect();
            assert_eq!(leaves.len(), count, "{ca_days} {days}");
            assert_eq!(leaves.last().expect("one").not_after, sealed.root().not_after);
            for leaf in &leaves {
                assert!(leaf.not_after - leaf.not_before <= Duration::days(i64::from(days) + 1));
                assert!(leaf.not_after - leaf.not_before < Duration::days(825));
                assert!(leaf.not_before >= sealed.root().not_before && leaf.is_signed_by(sealed.root()));
                assert_eq!(leaf.names, names(&["gitlab.example.com"]));
            }
            for pair in leaves.windows(2) {
                let early = pair[0].due() - start(pair[1]);
                assert!((Duration::ZERO..Duration::SECOND).contains(&early), "{early}");
                assert!(pair[0].not_after < sealed.root().not_after);
                assert_ne!(pair[0].public_key(), pair[1].public_key());
            }
            // Every day has a certificate that is valid.
            for day in 0..i64::from(ca_days) {
                let now = NOW + Duration::days(day);
                let index = current(leaves.iter().copied(), now);
                assert!(leaves[index].is_valid_at(now), "{ca_days} {days} {day}");
                assert!(index + 1 == count || now < leaves[index].due(), "{ca_days} {days} {day}");
            }
            assert_eq!(current(leaves.iter().copied(), NOW - Duration::days(30)), 0);
        }
    }

    #[test]
    fn the_root_signs_no_ca_and_its_key_is_in_no_period() {
        let sealed = sealed(CA_DAYS, 397);
        let root = sealed.root();
        assert!(root.is_ca() && root.is_sealed_root() && root.constraints_critical);
        assert_eq!(root.path_length, Some(0));
        assert_eq!(root.extended_key_usage.as_deref(), Some(&["serverAuth".to_owned()][..]));
        assert_eq!(
            root.permitted.to_string(),
            "gitlab.example.com and its subdomains; never an IP address or another name"
        );
        assert!(sealed.periods().iter().all(|period| !period.key.matches(root)));
        let ordinary = Authority::make(&scope(), KeyType::P256, NOW).expect("a CA");
        assert!(!ordinary.root().is_sealed_root());
    }

    #[test]
    fn it_is_read_again_as_it_was_written() {
        let sealed = sealed(1000, 397);
        let leaves: Vec<_> = sealed.periods().iter().map(|period| period.leaf.clone()).collect();
        let written = pem::certificates(sealed.certificates_pem().as_bytes()).expect("PEM");
        assert_eq!(written, leaves.iter().map(|leaf| leaf.der().clone()).collect::<Vec<_>>());
        let keys = sealed.keys_pem();
        let again = Sealed::open(sealed.root(), &leaves, &keys).expect("the same");
        assert_eq!(again.periods().len(), leaves.len());
        let first = again.issued(&again.periods()[0]).chain;
        assert_eq!(first, [leaves[0].der().clone(), sealed.root().der().clone()]);

        let error = Sealed::open(sealed.root(), &leaves[1..], &keys).expect_err("a key too many");
        assert!(error.to_string().contains("keys for"), "{error}");
        let mut turned = leaves.clone();
        turned.reverse();
        let error = Sealed::open(sealed.root(), &turned, &keys).expect_err("in another order");
        assert!(error.to_string().contains("does not belong"), "{error}");
        assert!(Sealed::open(sealed.root(), &leaves, sealed.certificates_pem().as_bytes()).is_err());
    }

    #[test]
    fn periods_that_are_incomplete_or_in_another_order_are_refused() {
        let changes: [fn(&mut Vec<Period>); 4] = [
            |periods| periods.reverse(),
            |periods| drop(periods.pop()),
            |periods| drop(periods.remove(1)),
            Vec::clear,
        ];
        for change in changes {
            let mut sealed = sealed(1000, 397);
            change(&mut sealed.periods);
            let leaves: Vec<_> = sealed.periods().iter().map(|period| period.leaf.clone()).collect();
            assert!(Sealed::open(sealed.root(), &leaves, &sealed.keys_pem()).is_err());
        }
    }

    #[test]
    fn what_cannot_be_sealed_is_refused() {
        let make = |of: &[&str], days| Sealed::make(&scope(), &names(of), days, KeyType::P256, NOW);
        for (of, days, what) in [
            (&["gitlab.example.com"][..], 29, "29 days are too few"),
            (&["other.example"], 397, "can never sign"),
            (&[], 397, "at least one name"),
            (&["gitlab.example.com"], 826, "826 days"),
        ] {
            let error = make(of, days).expect_err(what);
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}

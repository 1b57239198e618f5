//! Searches among hostile certificates, with dead ends and loops.

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use time::{Duration, OffsetDateTime};

use super::*;
use crate::certificate::{Inspection, judge::Client};

struct Made {
    params: CertificateParams,
    key: KeyPair,
}

impl Made {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.not_before = OffsetDateTime::now_utc() - Duration::DAY;
        params.not_after = OffsetDateTime::now_utc() + Duration::days(90);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { params, key: KeyPair::generate().expect("a key") }
    }

    fn root(&self) -> Parsed {
        Parsed::from_der(self.params.self_signed(&self.key).expect("a root").der()).expect("a certificate")
    }

    fn signs(&self, below: &Self, is_named: bool) -> Parsed {
        let mut params = below.params.clone();
        params.use_authority_key_identifier_extension = is_named;
        let issuer = Issuer::from_params(&self.params, &self.key);
        Parsed::from_der(params.signed_by(&below.key, &issuer).expect("a certificate").der())
            .expect("a certificate")
    }
}

fn leaf() -> Made {
    let mut leaf = Made::new("leaf");
    leaf.params.is_ca = IsCa::NoCa;
    leaf.params.subject_alt_names = vec![rcgen::SanType::DnsName("h".try_into().expect("a name"))];
    leaf
}

/// Roots with the name of the true one, whose keys signed nothing else.
fn impostors(count: usize) -> Vec<Parsed> {
    (0..count).map(|_| Made::new("One").root()).collect()
}

#[test]
fn the_issuer_that_is_named_by_its_key_is_found_among_any_number() {
    let one = Made::new("One");
    let mut pool = impostors(300);
    pool.push(one.root());
    let below = one.signs(&leaf(), true);
    let way = search_above(&below, &pool);
    assert!(way.is_complete && way.given_up_at.is_none());
    assert_eq!(way.certificates[0].der(), pool[300].der());
}

#[test]
fn a_search_that_was_given_up_refuses_nothing_and_says_so() {
    let one = Made::new("One");
    let below = one.signs(&leaf(), false);
    let chain = |count, last| -> Vec<Parsed> {
        std::iter::once(below.clone()).chain(impostors(count)).chain(last).collect()
    };
    let inspect = |chain: &[Parsed]| {
        let seen = Inspection::of(chain, OffsetDateTime::now_utc()).expect("an inspection");
        let is_missing =
            seen.refusals.iter().any(|one| one.is_by(Client::Go) && one.why.contains("not sent"));
        (seen.undecided, seen.not_sent, is_missing)
    };
    let (undecided, not_sent, is_missing) = inspect(&chain(300, Some(one.root())));
    assert!(undecided.is_some_and(|why| why.contains("100 signatures")) && not_sent.is_none() && !is_missing);
    let (undecided, not_sent, is_missing) = inspect(&chain(20, None));
    assert!(undecided.is_none() && not_sent.is_some() && is_missing);
    assert_eq!(inspect(&chain(20, Some(one.root()))), (None, None, false));
}

#[test]
fn the_same_certificate_again_and_again_is_tried_once() {
    let (one, impostor) = (Made::new("One"), Made::new("One").root());
    let below = one.signs(&leaf(), false);
    let mut pool = vec![impostor; 500];
    pool.push(one.root());
    assert!(search_above(&below, &pool).is_complete);
}

#[test]
fn cas_that_all_signed_each_other_are_each_left_once() {
    let all: Vec<Made> = (0..9).map(|_| Made::new("One")).collect();
    let pairs = all.iter().flat_map(|above| all.iter().map(move |below| (above, below)));
    let pool: Vec<Parsed> = pairs
        .filter(|(above, below)| !std::ptr::eq(*above, *below))
        .map(|(above, below)| above.signs(below, true))
        .collect();
    let below = all[0].signs(&leaf(), true);
    let way = search_above(&below, &pool);
    assert!(!way.is_complete && !way.certificates.is_empty());
}

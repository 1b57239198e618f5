//! A single self-signed certificate, for people who do not want a CA. It contains as little as possible, because each
//! field that one client requires is refused by another.

use anyhow::Result;
use time::OffsetDateTime;

use super::{
    key::{PrivateKey, signing},
    name::{SubjectName, list},
    parsed::Parsed,
    profile::{self, Validity},
    sign::{Issued, check_days, checked_names},
};

/// Creates a certificate for `names`, signed by its own `key`. [`super::judge()`] tells the clients that refuse it: Firefox
/// accepts it only as an exception.
pub fn self_signed(
    names: &[SubjectName],
    key: &PrivateKey,
    days: u32,
    now: OffsetDateTime,
) -> Result<Issued> {
    check_days(days)?;
    key.public_key().check_usable()?;
    let names = checked_names(names)?;
    let signer = key.signer()?;
    let params = profile::self_signed(&names, &signer, Validity::leaf(days, now)?)?;
    let certificate =
        signing(&format!("the certificate for {}", list(&names)), || params.self_signed(&signer))?;
    let leaf = Parsed::from_der(certificate.der())?;
    Ok(Issued { chain: vec![leaf.der().clone()], leaf, notes: Vec::new() })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::certificate::{KeyType, Refusal, judge};

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn it_says_little_and_satisfies_nearly_all() {
        let key = PrivateKey::generate(KeyType::P256).expect("a key");
        for name in ["gitlab.example.com", "192.0.2.10"] {
            let leaf = self_signed(&[name.parse().expect(name)], &key, 397, NOW).expect("a certificate").leaf;
            assert!(leaf.is_self_signed() && key.matches(&leaf));
            assert_eq!((leaf.ca, &leaf.key_usage), (None, &None));
            assert_eq!(leaf.extended_key_usage.as_deref(), Some(&["serverAuth".to_owned()][..]));
            assert!(leaf.subject_key_id.is_some() && leaf.authority_key_id == leaf.subject_key_id);
            let refusing: Vec<_> = judge(&[leaf], None, NOW).iter().flat_map(Refusal::clients).collect();
            assert_eq!(refusing, ["Firefox", "Android apps"]);
        }
        assert!(self_signed(&[], &key, 397, NOW).is_err());
        assert!(self_signed(&["a.example".parse().expect("a name")], &key, 826, NOW).is_err());
    }
}

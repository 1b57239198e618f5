//! Whether `import` would take a certificate that stands in GitLab: what it refuses, nobody is told to import.

use labtrust_plan::{Certificate, Host};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::certificate::{
    Parsed, PrivateKey,
    chain::{refuse_other_host, refuse_unfit},
};

/// The reason why `import` refuses `chain` with the key in `key_pem`, if it does. `host` is the host that it is for.
pub(super) fn refusal(
    chain: &[Certificate],
    key_pem: Option<&Zeroizing<Vec<u8>>>,
    host: &Host,
) -> Option<String> {
    let chain: Vec<Parsed> = chain.iter().filter_map(|one| Parsed::from_der(one.der()).ok()).collect();
    let (leaf, above) = chain.split_first()?;
    let unfit = refuse_unfit(leaf, above, OffsetDateTime::now_utc());
    if let Err(why) = unfit.and_then(|()| refuse_other_host(leaf, host)) {
        return Some(why.to_string());
    }
    let key = PrivateKey::from_plain_pem(key_pem?).ok()?;
    (!key.matches(leaf)).then(|| "its key file holds the key of another certificate".to_owned())
}

//! The served certificates during a rotation, with all judges: certificates after the root disturb no client, and the
//! voucher for the next CA is not part of any client's chain.

use labtrust::certificate::{Authority, CertificateDer, KeyType, LeafOrder, PrivateKey};
use time::OffsetDateTime;

use super::{
    client::{Question, ask_all},
    profile::{make, names},
};

const HOST: &str = "mygitlab.example.com";

fn issue(authority: &Authority, key: &PrivateKey) -> Vec<CertificateDer<'static>> {
    let order = LeafOrder { names: names(&[HOST]), public_key: key.public_key().clone(), days: 397 };
    authority.sign(&order, OffsetDateTime::now_utc()).expect("a leaf").chain
}

#[test]
fn all_clients_accept_what_is_served_along_and_go_no_other_way() {
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let mut questions = Vec::new();
    let mut expected = Vec::new();
    for (of, key_type) in
        [(&[HOST][..], KeyType::P256), (&[HOST, "192.0.2.10"], KeyType::P256), (&[HOST], KeyType::P384)]
    {
        let now = OffsetDateTime::now_utc();
        let old = make(of, key_type);
        let scope = old.root().next_scope(HOST.parse().expect("a name"), &[]);
        let next = Authority::make(&scope, old.root().next_key_type(), now).expect("a CA");
        let voucher = old.vouch(next.root(), &scope, now).expect("a voucher").der().clone();
        let root = |authority: &Authority| authority.root().der().clone();
        let started = [issue(&old, &key), vec![voucher.clone(), root(&next)]].concat();
        let switched = issue(&next, &key);
        // A thief of the next CA's key would gain by it with clients that know only the old one.
        let detour = [switched[..2].to_vec(), vec![voucher], issue(&old, &key)[1..].to_vec()].concat();
        for (what, served, trusted, is_accepted) in [
            ("started, the old one trusted", &started, &old, true),
            ("started, the next one trusted", &started, &next, false),
            ("switched, the next one trusted", &switched, &next, true),
            ("switched, the old one trusted", &switched, &old, false),
            ("by the voucher, the old one trusted", &detour, &old, false),
        ] {
            questions.push(Question::served(served, &root(trusted), &key, HOST));
            expected.push((what, key_type, is_accepted));
        }
    }
    let mut wrong = Vec::new();
    for (client, answers) in ask_all(&questions) {
        for (answer, (what, key_type, is_accepted)) in answers.iter().zip(&expected) {
            if answer.is_ok() != *is_accepted {
                wrong.push(format!("{client}: {what} ({key_type}): {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

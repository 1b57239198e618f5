//! The self-signed certificate with all judges: each accepts it if it is its trusted certificate.

use labtrust::certificate::{KeyType, PrivateKey, self_signed};
use time::OffsetDateTime;

use super::{
    client::{Question, ask_all},
    profile::names,
};

#[test]
fn all_clients_accept_it() {
    let mut questions = Vec::new();
    for key_type in [KeyType::P256, KeyType::P384] {
        let key = PrivateKey::generate(key_type).expect("a key");
        for hosts in [&["gitlab.example.com", "192.0.2.10"][..], &["192.0.2.10"], &["2001:db8::1"], &["nas"]]
        {
            let made =
                self_signed(&names(hosts), &key, 397, OffsetDateTime::now_utc()).expect("a certificate");
            for host in hosts {
                questions.push(Question::new(&made.chain, &key, host));
            }
        }
    }
    for (client, answers) in ask_all(&questions) {
        for (answer, question) in answers.into_iter().zip(&questions) {
            assert_eq!(answer, Ok(()), "{client}: {}", question.host);
        }
    }
}

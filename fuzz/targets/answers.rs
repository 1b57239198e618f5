//! What servers and an engine say, in the place of what they said in the lab: header lines, a body, an engine's
//! answer, certificates.
#![no_main]

use std::sync::LazyLock;

use labtrust::doctor::{
    Evidence, diagnose,
    evidence::{Asked, Http},
};
use labtrust_machine::{
    engine,
    reach::{Reached, Step, Tls},
};
use labtrust_plan::Certificate;
use libfuzzer_sys::fuzz_target;

static RECORDED: LazyLock<Evidence> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../tests/evidence/chain-incomplete.json"))
        .expect("our own evidence")
});

fuzz_target!(|parts: (u8, &str, &[u8])| {
    let (place, text, bytes) = parts;
    let mut evidence = RECORDED.clone();
    let header = |name: &str| Http {
        status: 200 + u16::from(place),
        headers: [(name.to_owned(), text.into())].into(),
        body: text.into(),
    };
    let answer = match place % 4 {
        0 => header("www-authenticate"),
        1 => header("date"),
        2 => header("location"),
        _ => header("docker-distribution-api-version"),
    };
    if let Some(realm) = answer.challenge("realm") {
        assert!(answer.headers.values().any(|value| value.contains(realm)));
    }
    for server in &mut evidence.servers {
        server.answer = Asked::Answered(answer.clone());
        if let Reached::Addresses(addresses) = &mut server.reached {
            for (_, step) in addresses {
                if let Step::Connected(Tls::Chain(chain)) = step {
                    // In the leaf's place, above it, or in the middle of it.
                    match place % 3 {
                        0 => chain.insert(0, Certificate::new(bytes)),
                        1 => chain.push(Certificate::new(bytes)),
                        _ => {
                            let mut der = chain[0].der().to_vec();
                            let at = usize::from(place) * der.len() / 256;
                            let end = (at + bytes.len()).min(der.len());
                            der[at..end].copy_from_slice(&bytes[..end - at]);
                            chain[0] = Certificate::new(der);
                        }
                    }
                }
            }
        }
    }
    for engine in &mut evidence.engines {
        let message = serde_json::json!({ "message": text }).to_string();
        for said in engine.registries.values_mut() {
            *said = Asked::Answered(if place & 4 == 0 { text.into() } else { message.as_str().into() });
        }
    }
    if let Some(realm) = &mut evidence.realm {
        realm.url = text.into();
        realm.answer = Asked::Answered(answer);
    }
    let _ = engine::reach_from_answer(text);
    let _ = diagnose(&evidence);
});

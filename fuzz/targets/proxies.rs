//! Proxies as others set them, in every kind of file and in `NO_PROXY`: what is meant is never what is matched
//! already, and no password is left in what is kept.
#![no_main]

use labtrust::{
    doctor::{
        evidence::Redacted,
        no_proxy::{self, curl, near_miss},
    },
    fuzzing::proxies,
};
use labtrust_plan::Endpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for endpoint in ["mygitlab.example.com:4567", "192.0.2.7:443", "[2001:db8::7]:4567"] {
        let endpoint: Endpoint = endpoint.parse().expect("an endpoint");
        proxies(&text, &endpoint.host);
        let addresses =
            ["192.0.2.7".parse().expect("an address"), "2001:db8::7".parse().expect("an address")];
        if let Some(found) = near_miss(&text, &endpoint, &addresses) {
            assert!(!no_proxy::is_bypassed(found.entry, &endpoint), "{found:?}");
        }
        let _ = curl::is_bypassed(&text, &endpoint);
        // A host that is added is reached directly, whatever stands before it.
        assert!(no_proxy::is_bypassed(&format!("{text},{}", endpoint.host), &endpoint));
    }
    let proxy = Redacted::proxy(&format!("http://alice:pass-word{text}@proxy:3128"));
    assert!(!proxy.contains("pass-word"));
});

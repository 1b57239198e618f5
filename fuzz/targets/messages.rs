//! Error messages that people paste, whole logs among them.
#![no_main]

use labtrust::doctor::message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match message::meaning(text) {
        Some(meaning) => drop(meaning.next()),
        None => drop(message::next_of_unknown(text)),
    }
});

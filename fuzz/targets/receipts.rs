//! Receipts: one that is read is written as a receipt that reads the same, and can be explained.
#![no_main]

use labtrust_machine::{explain_undo, receipt};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(receipt) = receipt::parse(bytes) else { return };
    let written = serde_json::to_vec(&receipt).expect("a receipt is JSON");
    let again = receipt::parse(&written).expect("our own receipt");
    assert_eq!(serde_json::to_vec(&again).expect("a receipt is JSON"), written);
    for change in &receipt.changes {
        let _ = explain_undo(change);
    }
});

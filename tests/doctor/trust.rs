//! Who does not trust what is served.

use super::{ask, serving};
use crate::lab::Engine;

#[test]
fn a_ca_that_nobody_trusts() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    serving(&machine);
    engine.login().exited(1).says("unknown authority");
    let report = ask(&machine);
    assert_eq!(report.causes(), ["untrusted-docker", "untrusted-system"], "{:#}", report.json);
}

//! Proxies in the engine's way.

use super::{ask, serving, trusting};
use crate::lab::{Engine, HOST, Passing, Proxy};

#[test]
fn a_proxy_that_the_engine_is_not_told_to_go_past() {
    for passing in [Passing::Never("503 Service Unavailable"), Passing::WebOnly, Passing::Known] {
        let machine = machine!("client");
        machine.without_hooks();
        let engine = Engine::start(&machine);
        let pair = serving(&machine);
        trusting(&machine, &pair);
        let proxy = Proxy::start(&machine, passing);
        engine.defaults(&format!("export HTTPS_PROXY={} NO_PROXY=a.example", proxy.url()));
        engine.login().exited(1);
        ask(&machine).blames("proxy-not-bypassed");
        engine.defaults(&format!("export NO_PROXY={HOST}"));
        engine.login().succeeded();
        ask(&machine).is_healthy();
    }
}

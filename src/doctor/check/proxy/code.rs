//! What can be found about the engine's proxy.

use crate::doctor::Code;

pub const WRONG_SCHEME: Code = Code::error("proxy-wrong-scheme");
pub const UNREACHABLE: Code = Code::error("proxy-unreachable");
pub const NEEDS_RESTART: Code = Code::error("proxy-needs-restart");
pub const PORT_ONLY: Code = Code::error("no-proxy-port-only");
pub const INEFFECTIVE: Code = Code::error("no-proxy-ineffective");
pub const UNUSED: Code = Code::error("proxy-config-unused");
pub const NOT_BYPASSED: Code = Code::error("proxy-not-bypassed");
/// Found also where the certificate is looked at: who re-signs need be no proxy.
pub const INTERCEPTED: Code =
    Code::error("tls-intercepted").explaining(&["chain-incomplete", "untrusted-docker", "untrusted-system"]);

//! The codes about the daemon's proxy.

use crate::doctor::Code;

/// systemd ignores or changes a setting with a lone `%`.
pub(crate) const PERCENT_SIGN: Code = Code::error("proxy-percent-sign");
/// The daemon ignores a proxy whose value is no URL, and connects directly.
pub(crate) const URL_INVALID: Code = Code::error("proxy-url-invalid");
pub(crate) const WRONG_SCHEME: Code = Code::error("proxy-wrong-scheme");
pub(crate) const UNREACHABLE: Code = Code::error("proxy-unreachable");
pub(crate) const NEEDS_RESTART: Code = Code::error("proxy-needs-restart");
pub(crate) const PORT_ONLY: Code = Code::error("no-proxy-port-only");
pub(crate) const INEFFECTIVE: Code = Code::error("no-proxy-ineffective");
pub(crate) const UNUSED: Code = Code::error("proxy-config-unused");
pub(crate) const NOT_BYPASSED: Code = Code::error("proxy-not-bypassed");
/// The certificate check finds this code too: a middlebox need not be a proxy.
pub(crate) const INTERCEPTED: Code = Code::error("tls-intercepted").explaining(&[
    "chain-incomplete",
    "untrusted-docker",
    "untrusted-podman",
    "untrusted-system",
]);

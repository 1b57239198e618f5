//! The codes for the way to a server.

use crate::doctor::{
    Code,
    check::{answer::CLIENT_CERTIFICATE, registry::OTHER_PORT},
};

pub(super) const NOT_RESOLVED: Code = Code::error("name-not-resolved");
pub(super) const REFUSED: Code = Code::error("port-refused");
pub(super) const UNREACHABLE: Code = Code::error("port-unreachable");
pub(super) const TIMEOUT: Code = Code::error("port-timeout");
pub(super) const NOT_TLS: Code = Code::error("not-tls");
pub(super) const CLOSED: Code = Code::error("connection-closed");
pub(super) const NAME_UNKNOWN: Code = Code::error("tls-name-unknown");
pub(super) const HANDSHAKE_FAILED: Code = Code::error("tls-handshake-failed");

/// The codes about the host name.
pub(super) const AT_NAME: &[&Code] = &[&NOT_RESOLVED];
/// The codes about the port.
pub(super) const AT_PORT: &[&Code] = &[&OTHER_PORT, &REFUSED, &UNREACHABLE, &TIMEOUT];
/// The codes about TLS.
pub(super) const AT_TLS: &[&Code] =
    &[&NOT_TLS, &CLOSED, &NAME_UNKNOWN, &CLIENT_CERTIFICATE, &HANDSHAKE_FAILED];

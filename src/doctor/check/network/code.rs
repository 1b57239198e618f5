//! What can be found on the way to a server.

use crate::doctor::{Code, check::registry::OTHER_PORT};

pub const NOT_RESOLVED: Code = Code::error("name-not-resolved");
pub const REFUSED: Code = Code::error("port-refused");
pub const UNREACHABLE: Code = Code::error("port-unreachable");
pub const TIMEOUT: Code = Code::error("port-timeout");
pub const NOT_TLS: Code = Code::error("not-tls");
pub const CLOSED: Code = Code::error("connection-closed");
pub const HANDSHAKE_FAILED: Code = Code::error("tls-handshake-failed");

/// What can be found about the name.
pub const AT_NAME: &[&Code] = &[&NOT_RESOLVED];
/// What can be found about the port.
pub const AT_PORT: &[&Code] = &[&OTHER_PORT, &REFUSED, &UNREACHABLE, &TIMEOUT];
/// What can be found about TLS.
pub const AT_TLS: &[&Code] = &[&NOT_TLS, &CLOSED, &HANDSHAKE_FAILED];

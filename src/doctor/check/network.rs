//! Whether one gets there: the name, the port, TLS. What counts is the engine's own way: where it gets
//! there, by a proxy say, it is no fault that this program, which uses none, does not.

mod engine;
mod name;
mod port;
mod tls;

use super::{Check, registry::OTHER_PORT};
use crate::doctor::{Code, Severity};

pub const NAME: Check = Check { id: "name", title: "name", codes: &[&NOT_RESOLVED], judge: name::judge };
pub const PORT: Check = Check {
    id: "port",
    title: "port",
    codes: &[&OTHER_PORT, &REFUSED, &UNREACHABLE, &TIMEOUT],
    judge: port::judge,
};
pub const TLS: Check =
    Check { id: "tls", title: "TLS", codes: &[&NOT_TLS, &CLOSED, &HANDSHAKE_FAILED], judge: tls::judge };

const NOT_RESOLVED: Code = error("name-not-resolved");
const REFUSED: Code = error("port-refused");
const UNREACHABLE: Code = error("port-unreachable");
const TIMEOUT: Code = error("port-timeout");
const NOT_TLS: Code = error("not-tls");
const CLOSED: Code = error("connection-closed");
const HANDSHAKE_FAILED: Code = error("tls-handshake-failed");

const fn error(id: &'static str) -> Code {
    Code { id, severity: Severity::Error, explains: &[] }
}

//! Whether one gets there: the name, the port, TLS. What counts is the engine's own way: where it gets
//! there, by a proxy say, it is no fault that this program, which uses none, does not.

mod engine;
mod name;
mod port;
mod tls;

use super::{Check, registry::OTHER_PORT};
use crate::doctor::Code;

pub const NAME: Check = Check { id: "name", title: "name", codes: &[&NOT_RESOLVED], judge: name::judge };
pub const PORT: Check = Check {
    id: "port",
    title: "port",
    codes: &[&OTHER_PORT, &REFUSED, &UNREACHABLE, &TIMEOUT],
    judge: port::judge,
};
pub const TLS: Check =
    Check { id: "tls", title: "TLS", codes: &[&NOT_TLS, &CLOSED, &HANDSHAKE_FAILED], judge: tls::judge };

const NOT_RESOLVED: Code = Code::error("name-not-resolved");
const REFUSED: Code = Code::error("port-refused");
const UNREACHABLE: Code = Code::error("port-unreachable");
const TIMEOUT: Code = Code::error("port-timeout");
const NOT_TLS: Code = Code::error("not-tls");
const CLOSED: Code = Code::error("connection-closed");
const HANDSHAKE_FAILED: Code = Code::error("tls-handshake-failed");

//! Whether one gets there: the name, the port, TLS. What counts is the engine's own way: where it gets
//! there, by a proxy say, it is no fault that this program, which uses none, does not.

mod code;
mod engine;
mod name;
mod port;
mod tls;

use self::code::{AT_NAME, AT_PORT, AT_TLS};
use super::Check;

pub(crate) const NAME: Check = Check { id: "name", title: "name", codes: AT_NAME, judge: name::judge };
pub(crate) const PORT: Check = Check { id: "port", title: "port", codes: AT_PORT, judge: port::judge };
pub(crate) const TLS: Check = Check { id: "tls", title: "TLS", codes: AT_TLS, judge: tls::judge };

//! Checks the way to the server: host name, port, TLS. The daemon's own connection counts: if the daemon reaches the
//! server, for example through a proxy, it is no problem that this program does not.

mod code;
mod engine;
mod name;
mod port;
mod tls;

use self::code::{AT_NAME, AT_PORT, AT_TLS};
use super::Check;

pub(crate) const NAME: Check = Check { id: "name", title: "host name", codes: AT_NAME, judge: name::judge };
pub(crate) const PORT: Check = Check { id: "port", title: "port", codes: AT_PORT, judge: port::judge };
pub(crate) const TLS: Check = Check { id: "tls", title: "TLS", codes: AT_TLS, judge: tls::judge };

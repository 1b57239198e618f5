//! What can be found about a certificate that is served.

use crate::doctor::Code;

const UNTRUSTED: &[&str] = &["untrusted-docker", "untrusted-system"];

pub const EXPIRED: Code = Code::error("cert-expired");
pub const NOT_YET_VALID: Code = Code::error("cert-not-yet-valid");
pub const CLOCK_SKEW: Code = Code::error("clock-skew");
pub const NAME_MISMATCH: Code = Code::error("cert-name-mismatch");
pub const NO_SAN: Code = Code::error("cert-no-san");
pub const IP_NOT_IN_SAN: Code = Code::error("cert-ip-not-in-san");
pub const NO_SERVER_AUTH: Code = Code::error("cert-no-server-auth");
pub const CONSTRAINT_VIOLATED: Code = Code::error("constraint-violated");
/// To Go a signature with SHA-1 is none, and so the authority unknown.
pub const WEAK: Code = Code::error("cert-weak").explaining(&["untrusted-docker"]);
/// What docker or git refuse for a reason that is none of the others.
pub const REFUSED: Code = Code::error("cert-refused").explaining(UNTRUSTED);
pub const INCOMPLETE: Code = Code::error("chain-incomplete").explaining(UNTRUSTED);
pub const IS_CA: Code = Code::warning("cert-is-ca");
pub const OUT_OF_ORDER: Code = Code::warning("chain-out-of-order");
pub const TOO_LONG: Code = Code::warning("cert-too-long");
pub const EXPIRING: Code = Code::warning("cert-expiring");

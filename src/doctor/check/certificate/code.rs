//! The codes about a server's certificate.

use crate::doctor::Code;

const UNTRUSTED: &[&str] = &["untrusted-docker", "untrusted-podman", "untrusted-system"];

pub(super) const DIFFERS: Code = Code::error("cert-differs-by-address");
/// Every address has a certificate that clients accept.
pub(super) const VARIES: Code = Code::warning(DIFFERS.id);
pub(super) const EXPIRED: Code = Code::error("cert-expired");
pub(super) const NOT_YET_VALID: Code = Code::error("cert-not-yet-valid");
pub(super) const CLOCK_SKEW: Code = Code::error("clock-skew");
pub(super) const NAME_MISMATCH: Code = Code::error("cert-name-mismatch");
pub(super) const NO_SAN: Code = Code::error("cert-no-san");
pub(super) const IP_NOT_IN_SAN: Code = Code::error("cert-ip-not-in-san");
pub(super) const NO_SERVER_AUTH: Code = Code::error("cert-no-server-auth");
pub(super) const CONSTRAINT_VIOLATED: Code = Code::error("constraint-violated");
/// Go ignores a signature with SHA-1, and so reports an unknown authority.
pub(super) const WEAK: Code = Code::error("cert-weak").explaining(&["untrusted-docker", "untrusted-podman"]);
/// Docker or git reject it for another reason than the codes above.
pub(super) const REFUSED: Code = Code::error("cert-refused").explaining(UNTRUSTED);
pub(super) const INCOMPLETE: Code = Code::error("chain-incomplete").explaining(UNTRUSTED);
pub(super) const IS_CA: Code = Code::warning("cert-is-ca");
pub(super) const OUT_OF_ORDER: Code = Code::warning("chain-out-of-order");
pub(super) const TOO_LONG: Code = Code::warning("cert-too-long");
pub(super) const EXPIRING: Code = Code::warning("cert-expiring");

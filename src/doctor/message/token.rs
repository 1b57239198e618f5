//! Messages about a token service and a registry that disagree: GitLab issues a token, and the registry rejects it.

use super::{
    known::{Any, DOCTOR, KnownMessage},
    side::Side,
};

/// The words of clients that ask for a token.
const FETCH: Any = &[
    "failed to fetch anonymous token",
    "failed to fetch oauth token",
    "requesting bearer token",
    "requesting bear token",
    "token auth attempt for registry",
];
const RECONFIGURE: &[&str] = &[
    "{labtrust doctor {}}",
    "on the server: sudo gitlab-ctl reconfigure",
    "on the server: sudo gitlab-ctl tail registry",
];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[FETCH, &["401", "403"]],
        codes: &[],
        side: Side::Realm,
        what: "Network and certificate are fine: GitLab's token service rejected the credentials.",
        next: &["docker login {}"],
    },
    KnownMessage {
        says: &[&["did not include a token in the response"]],
        codes: &["realm-no-token", "realm-not-json"],
        side: Side::Realm,
        what: "The token service answered, but there is no token in its answer: the URL is not GitLab's, or a proxy or \
               a sign-in page in front of GitLab answers in its place.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["token signed by untrusted key", "error authorizing context: invalid token"]],
        codes: &["token-key-mismatch", "token-refused"],
        side: Side::Registry,
        what: "The registry rejected a token of GitLab: GitLab signed it with a key that the registry does not know. \
               GitLab's key (internal_key) and the registry's certificate (rootcertbundle) must belong together.",
        next: RECONFIGURE,
    },
    KnownMessage {
        says: &[&["token from untrusted issuer"]],
        codes: &["token-issuer-mismatch", "token-refused"],
        side: Side::Registry,
        what: "The registry rejected a token of GitLab, because it expects another issuer: \
               gitlab_rails['registry_issuer'] of GitLab and the issuer in the registry's config.yml must be equal.",
        next: RECONFIGURE,
    },
    KnownMessage {
        says: &[&["token intended for another audience"]],
        codes: &["token-refused"],
        side: Side::Registry,
        what: "The registry rejected a token of GitLab, because the token is for another service: the registry must \
               use the service container_registry (REGISTRY_AUTH_TOKEN_SERVICE).",
        next: RECONFIGURE,
    },
    KnownMessage {
        says: &[&["token not to be used before", "token not to be used after"]],
        codes: &["token-refused", "clock-skew"],
        side: Side::Registry,
        what: "The registry rejected a token of GitLab for its dates: the clock of GitLab's machine and the clock of \
               the registry's machine differ.",
        next: &["{labtrust doctor {}}", "on the server: timedatectl status"],
    },
];

//! Messages about the demands of what stands in front of a registry: a certificate, a password, a sign-in page, a rule.

use super::{
    known::{DOCTOR, KnownMessage},
    registry::FAILED,
    side::Side,
};

const RATE_LIMITED: KnownMessage = KnownMessage {
    says: &[],
    codes: &["rate-limited"],
    side: Side::OtherEnd,
    what: "Network and certificate are fine: the server limits the requests of this address. Wait, then try again.",
    next: DOCTOR,
};
const FORBIDDEN: KnownMessage = KnownMessage {
    says: &[],
    codes: &["access-forbidden", "proxy-not-bypassed"],
    side: Side::OtherEnd,
    what: "A rule of the web server, of a reverse proxy or of a firewall refuses the request before GitLab sees it: \
           by this machine's address, or by the path. GitLab itself blocks an address after many failed logins.",
    next: DOCTOR,
};

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[
            &["TLS handshake error from", "SSL_do_handshake() failed"],
            &["certificate required", "bad certificate"],
        ],
        codes: &["untrusted-docker", "untrusted-system", "client-certificate-wanted"],
        side: Side::OtherEnd,
        what: "This is the server's log: a client broke off the TLS handshake, because it does not trust the \
               certificate, or because it has no certificate of its own. The error on the client shows which.",
        next: &["on that client: labtrust doctor {}"],
    },
    KnownMessage {
        says: &[&[
            "No required SSL certificate was sent",
            "The SSL certificate error",
            "tls: certificate required",
            "alert certificate required",
            "tls: bad certificate",
            "tls: no renegotiation",
            "alert bad certificate",
            "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
            "ERR_BAD_SSL_CLIENT_AUTH_CERT",
            "client didn't provide a certificate",
            "peer did not return a certificate",
        ]],
        codes: &["client-certificate-wanted"],
        side: Side::OtherEnd,
        what: "The server accepts only clients with a certificate of its own CA. Docker presents the client.cert and \
               client.key in /etc/docker/certs.d/HOST:PORT, if they are there.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "unrecognized name",
            "ERR_SSL_UNRECOGNIZED_NAME_ALERT",
            "unrecognized_name",
            "SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
        ]],
        codes: &["tls-name-unknown"],
        side: Side::OtherEnd,
        what: "The server at this address has no site with this host name, and breaks off TLS.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&[
            "stopped after 10 redirects",
            "redirects followed",
            "ERR_TOO_MANY_REDIRECTS",
            "Exceeded 30 redirects",
            "redirection loop",
        ]],
        codes: &["redirect-loop", "registry-redirected"],
        side: Side::OtherEnd,
        what: "The URL redirects to itself. Mostly a reverse proxy does not forward X-Forwarded-Proto: https to GitLab.",
        next: DOCTOR,
    },
    KnownMessage { says: &[FAILED, &["429"]], ..RATE_LIMITED },
    KnownMessage { says: &[&["toomanyrequests:", "429 Too Many Requests"]], ..RATE_LIMITED },
    KnownMessage { says: &[&["login attempt to"], &["403"]], ..FORBIDDEN },
    KnownMessage {
        says: &[&["error parsing HTTP 403", "denied: <html>", "403 Forbidden</title>"]],
        ..FORBIDDEN
    },
];

/// Messages about an answer without a text that says more.
pub(super) const BARE: &[KnownMessage] = &[KnownMessage {
    says: &[FAILED, &["400"]],
    codes: &["client-certificate-wanted", "registry-backend-down", "not-a-registry"],
    side: Side::OtherEnd,
    what: "The web server rejects the request itself: mostly it wants a client certificate, or it forwards plain \
               HTTP to a port that speaks HTTPS. The answer's text shows which.",
    next: &["{labtrust doctor {}}", "curl -ki https://{}/v2/"],
}];

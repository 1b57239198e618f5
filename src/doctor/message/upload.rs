//! Messages about uploads: a push whose next URL, which the registry builds from the headers of the request, is wrong.

use super::{
    known::{Any, DOCTOR, KnownMessage},
    side::Side,
};

/// Requests of a push over plain HTTP.
const OVER_HTTP: Any = &[
    "put http://",
    "patch http://",
    "post http://",
    "put request to http://",
    "patch request to http://",
    "post request to http://",
];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[
            &["Put https://", "Patch https://"],
            &["/blobs/uploads/"],
            &["no such host", "server misbehaving"],
        ],
        codes: &["forwarded-headers-missing", "name-not-resolved"],
        side: Side::Registry,
        what: "The registry sends the push to a name that this machine cannot resolve, such as that of the server \
               behind a reverse proxy: the reverse proxy does not forward the header Host.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["blobs/uploads"], &["unsupported protocol scheme"]],
        codes: &["forwarded-headers-missing"],
        side: Side::Registry,
        what: "The registry sent the client to a URL that it built wrongly: the reverse proxy in front of it sets \
               X-Forwarded-Proto or Host to a value with a backslash or quotation mark.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[
            OVER_HTTP,
            &[
                "dial tcp",
                "plain HTTP request was sent to HTTPS port",
                "Client sent an HTTP request to an HTTPS server",
                "301 Moved",
                "307 Temporary",
                "308 Permanent",
                "400 Bad Request",
                "401 Unauthorized",
                "404 Not Found",
                "unauthorized",
                "i/o timeout",
                "EOF",
                "connection reset by peer",
            ],
        ],
        codes: &["forwarded-headers-missing"],
        side: Side::Registry,
        what: "The login worked, and the registry then sent the upload to an http:// URL or to another port: the \
               reverse proxy in front of it does not pass on X-Forwarded-Proto, or the port in Host.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["will not send auth headers over HTTP", "blob upload unknown", "blob upload invalid"]],
        codes: &["forwarded-headers-missing"],
        side: Side::Registry,
        what: "The registry does not recognise the next step of an upload: the reverse proxy in front of it does not \
               pass on Host and X-Forwarded-Proto, or several registries do not share their storage and secret.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[&["error parsing HTTP 405", "405 Not Allowed", "405 Method Not Allowed"]],
        codes: &["forwarded-headers-missing", "not-a-registry"],
        side: Side::Registry,
        what: "A web server that is not the registry answered the upload: the reverse proxy sends uploads (POST, PATCH, \
               PUT) to another site, often because Host does not contain the port.",
        next: DOCTOR,
    },
];

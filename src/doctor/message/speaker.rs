//! Which program said a message, and which part of the way to a registry the message is about.

use super::{pasted::Pasted, side::Side};

/// The side of a message that ends at `end` in `pasted`, if its row says `side`.
pub(super) fn side(side: Side, pasted: &Pasted, end: usize) -> Side {
    if !matches!(side, Side::OtherEnd | Side::Registry) {
        return side;
    }
    let Some(url) = pasted.last_url(end) else {
        return if side == Side::OtherEnd { Side::Server } else { side };
    };
    let names = |words: &[&str]| words.iter().any(|word| url.contains(word));
    if names(TOKEN) {
        Side::Realm
    } else if names(&["/v2/", "/v1/"]) || side == Side::Registry {
        Side::Registry
    } else {
        Side::Server
    }
}

/// The parts of a URL of a token service.
const TOKEN: &[&str] = &["/jwt/auth", "service=", "client_id=docker", "scope=repository", "/token?"];

/// The programs, each with wordings that only it uses; small letters, without spaces and quotation marks.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("the Docker daemon", &["errorresponsefromdaemon", "forhttp+docker:", "dockerd["]),
    ("the docker command", &["errorsavingcredentials", "errorgettingcredentials", "errorduringconnect"]),
    ("BuildKit", &["failedtosolve", "buildkitd", "failedtocomputecachekey", "loadmetadatafor"]),
    (
        "a Kubernetes node",
        &["failedtopullimage", "errimagepull", "imagepullbackoff", "failedtopullandunpackimage"],
    ),
    ("skopeo", &["skopeo"]),
    ("buildah", &["buildah"]),
    (
        "podman, buildah or skopeo",
        &[
            "pingingcontainerregistry",
            "initializingsourcedocker",
            "authenticatingcredsfor",
            "tryingtoreuseblob",
            "registries.conf",
            "podman",
        ],
    ),
    ("kaniko", &["kaniko", "checkingpushpermission"]),
    ("Helm", &["installationfailed", "upgradefailed"]),
    ("kubectl", &["unabletoconnecttotheserver"]),
    ("GitLab Runner", &["registeringrunner", "checkingforjobs", "verifyingrunner", "runner="]),
    (
        "GitLab itself",
        &["app/services/", "app/models/", "app/workers/", "gitlab-rails", "hookexecutionfailed"],
    ),
    (
        "git",
        &[
            "unabletoaccess",
            "konntenichtauf",
            "impossibledaccéderà",
            "noesposibleaccedera",
            "无法访问",
            "無法存取",
        ],
    ),
    ("wget", &["no-check-certificate"]),
    ("curl", &["curl:("]),
    ("Ansible", &["failedtovalidatethesslcertificatefor"]),
    ("Python", &["_ssl.c", "requests.exceptions", "urllib3", "urlopenerror"]),
    ("Java", &["javax.net.ssl", "java.net.", "java.security", "sun.security", "pkixpath"]),
    ("Node.js", &["npmerr", "unable_to_verify_leaf", "err_tls_cert", "enotfound", "econnrefused"]),
    ("Ruby", &["ssl_connectreturned=1", "openssl::ssl::sslerror"]),
    ("Windows (Schannel)", &["schannel", "initializesecuritycontext"]),
    ("a browser", &["net::err_", "sec_error_", "mozilla_pkix", "ssl_error_"]),
    ("nginx", &["nginx:[emerg]", "whilesslhandshaking", "whileconnectingtoupstream"]),
    ("the registry's log", &["errorauthorizingcontext", "http.request.uri="]),
];

/// The program that said the message that ends at `end` in `pasted`: the one whose words are nearest before the end.
pub(super) fn program(pasted: &Pasted, end: usize) -> Option<&'static str> {
    let position = |words: &[&str]| words.iter().filter_map(|words| pasted.last(words, end)).max();
    let found = PROGRAMS.iter().filter_map(|(name, words)| Some((position(words)?, *name)));
    found.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, name)| name)
}

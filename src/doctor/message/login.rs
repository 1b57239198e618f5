//! Messages about storing a login, after the registry has accepted it.

use super::{
    known::{Any, DOCTOR, KnownMessage},
    side::Side,
};

/// The docker command's words before those of a program that keeps logins (docker-credential-helpers, `client`).
const HELPER: Any =
    &["error storing credentials - err:", "error getting credentials - err:", "docker.credentials.errors"];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[
            HELPER,
            &[
                "executable file not found",
                "resolves to executable in current directory",
                "not installed or not available in PATH",
                "no such file or directory",
            ],
        ],
        codes: &["credential-helper-missing"],
        side: Side::Client,
        what: "Docker's settings, ~/.docker/config.json, name a program that keeps the logins (credsStore or \
               credHelpers), and this program is not in PATH. Docker Desktop leaves such an entry behind, also in WSL.",
        next: DOCTOR,
    },
    KnownMessage {
        says: &[HELPER],
        codes: &[],
        side: Side::Client,
        what: "The program that keeps Docker's logins fails: the message quotes it. It may need a desktop session \
               (D-Bus), a password store (pass init), or Windows programs in WSL. Without an entry credsStore in \
               ~/.docker/config.json, the login is kept in that file.",
        next: &[r#"grep -noE '"cred[A-Za-z]*"[^,}]*' ~/.docker/config.json"#],
    },
    KnownMessage {
        says: &[
            &["Error saving credentials:", "Error loading config file:", "Error parsing config file"],
            &[
                "file exists",
                "permission denied",
                "not a directory",
                "is a directory",
                "unexpected EOF",
                "invalid character",
                "cannot unmarshal",
                "read-only file system",
            ],
        ],
        codes: &["docker-config-unusable"],
        side: Side::Client,
        what: "The docker command cannot use its settings file, ~/.docker/config.json, in which it keeps logins: the \
               file belongs to another user (after sudo docker login), is a folder, is not JSON, or has a value of a wrong type.",
        next: DOCTOR,
    },
];

//! Certificates that are refused because their CA is not known, in the words of everybody who may not know it.
//! What mends it depends on who complains: each has a store of its own.

use super::known::{Any, KnownMessage};

/// Anybody's words for it.
pub(super) const UNKNOWN: Any = &[
    "certificate signed by unknown authority",
    "certificate is not trusted",
    "unable to get local issuer certificate",
    "self-signed certificate",
    "self signed certificate",
];
/// Docker's, which is a Go program.
const GO: Any = &["certificate signed by unknown authority", "certificate is not trusted"];
const TRUST: &[&str] = &["{labtrust doctor {}}", "{labtrust trust {} --fingerprint SHA256}"];
const HERE: &[&str] = &["untrusted-system", "chain-incomplete", "tls-intercepted"];

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[&[
            "error setting certificate verify locations",
            "error adding trust anchors from file",
            "failed to load system roots and no roots provided",
            "curl: (77)",
        ]],
        codes: &[],
        what: "Nobody was believed, because the file with the CAs that are trusted cannot be read: it is missing, or another \
               one was set (http.sslCAInfo of git, CURL_CA_BUNDLE, SSL_CERT_FILE).",
        next: &[
            "install the package ca-certificates",
            "git config --show-origin --get-all http.sslCAInfo",
            "{labtrust doctor {}}",
        ],
    },
    KnownMessage {
        says: &[&[
            "while trying to verify candidate authority certificate",
            "SEC_ERROR_BAD_SIGNATURE",
            "certificate signature failure",
            "SEC_ERROR_REUSED_ISSUER_AND_SERIAL",
            "Signature does not match",
            "subject issuer mismatch",
            "key identifier mismatch",
        ]],
        codes: &["anchor-replaced"],
        what: "A CA of the same name is trusted here, and it is another one: the CA was recreated, and this machine has \
               the old one.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&["MOZILLA_PKIX_ERROR_MITM_DETECTED"]],
        codes: &["tls-intercepted", "untrusted-system"],
        what: "Many sites present certificates of one CA that this browser does not know: a middlebox or a virus \
               scanner stands between and re-signs.",
        next: &["{labtrust doctor {}}", "labtrust inspect {}"],
    },
    KnownMessage {
        says: &[
            &[
                "Registering runner",
                "Failed to register the runner",
                "Verifying runner",
                "Checking for jobs",
                "execute POST against",
                "/api/v4/runners",
                "/api/v4/jobs",
            ],
            UNKNOWN,
        ],
        codes: HERE,
        what: "The runner does not trust GitLab's certificate. It reads the system's store and its own folder, \
               /etc/gitlab-runner/certs/, which holds the CA in a file called after the host: HOST.crt; restart it after a \
               change.",
        next: TRUST,
    },
    KnownMessage {
        says: &[
            &[
                "pinging container registry",
                "trying to reuse blob",
                "initializing source docker",
                "podman",
                "skopeo",
                "buildah",
            ],
            UNKNOWN,
        ],
        codes: &["untrusted-system", "certsd-masked", "chain-incomplete"],
        what: "podman, skopeo, buildah or CRI-O does not trust the registry's certificate. They read the system's store and the first \
               folder that exists of ~/.config/containers/certs.d, /etc/containers/certs.d and /etc/docker/certs.d.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&["checking push permission", "creating push check transport", "kaniko"], UNKNOWN],
        codes: HERE,
        what: "kaniko does not trust the registry's certificate. It runs in a container and reads neither Docker's folders \
               nor the system's store around it, but /kaniko/ssl/certs/ and --registry-certificate=HOST:PORT=FILE.",
        next: &[
            "{labtrust doctor {}}",
            "{labtrust export -o ca.crt}",
            "executor --registry-certificate={}=ca.crt …",
        ],
    },
    KnownMessage {
        says: &[&["INSTALLATION FAILED", "UPGRADE FAILED"], UNKNOWN],
        codes: HERE,
        what: "Helm does not trust the registry's certificate: the CA is not trusted in the system's store, the server does not \
               send the whole chain, or somebody in between presents a certificate of his own.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&["response from daemon", "docker login", "docker pull", "docker push", "/v2/"], GO],
        codes: &[
            "untrusted-docker",
            "daemon-needs-restart",
            "certsd-wrong-name",
            "certsd-wrong-extension",
            "certsd-not-pem",
            "chain-incomplete",
            "tls-intercepted",
        ],
        what: "Docker does not trust the registry's certificate: its CA is not where the engine looks, the engine has \
               not been restarted since it came into the system's store, or the server does not send the whole chain.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&["server certificate verification failed"]],
        codes: &[
            "untrusted-system",
            "cert-expired",
            "chain-incomplete",
            "cert-not-yet-valid",
            "tls-intercepted",
        ],
        what: "git does not believe the server's certificate: this build of it has the same words for a CA that it does \
               not know and for a certificate that has expired. It reads the system's store, unless http.sslCAInfo \
               names another file.",
        next: &[
            "{labtrust doctor {}}",
            "{labtrust trust {} --fingerprint SHA256}",
            "git config --show-origin --get-all http.sslCAInfo",
        ],
    },
    KnownMessage {
        says: &[
            &["unable to access", "git clone", "git-lfs", "unable to clone"],
            &[
                "unable to get local issuer certificate",
                "self-signed certificate",
                "self signed certificate",
                "SSL certificate problem",
                "server verification failed",
                "SEC_E_UNTRUSTED_ROOT",
            ],
        ],
        codes: HERE,
        what: "git does not trust the server's certificate: it reads the system's store, unless http.sslCAInfo or \
               http.sslBackend says otherwise.",
        next: &[
            "{labtrust doctor {}}",
            "{labtrust trust {} --fingerprint SHA256}",
            "git config --show-origin --get-regexp 'http.*ssl.*'",
        ],
    },
    KnownMessage {
        says: &[&["CRYPT_E_NO_REVOCATION_CHECK", "CRYPT_E_REVOCATION_OFFLINE", "0x80092012", "0x80092013"]],
        codes: &[],
        what: "Windows wants to ask whether the certificate was revoked, and a private CA has nobody to ask. The \
               certificate itself is believed.",
        next: &["git config --global http.schannelCheckRevoke false", "curl --ssl-revoke-best-effort …"],
    },
    KnownMessage {
        says: &[&[
            "PKIX path building failed",
            "unable to find valid certification path",
            "PKIX path validation failed",
            "Path does not chain with any of the trust anchors",
            "Trust anchor for certification path not found",
            "the trustAnchors parameter must be non-empty",
            "sun.security.validator.ValidatorException",
        ]],
        codes: &["untrusted-system", "chain-incomplete", "tls-intercepted"],
        what: "Java does not trust the server's certificate. It reads a keystore of its own (lib/security/cacerts, or what \
               javax.net.ssl.trustStore names), which some distributions fill from the system's store.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&[
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            "SELF_SIGNED_CERT_IN_CHAIN",
            "DEPTH_ZERO_SELF_SIGNED_CERT",
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            "UNABLE_TO_GET_ISSUER_CERT",
        ]],
        codes: &["untrusted-system", "chain-incomplete", "tls-intercepted"],
        what: "Node.js does not trust the server's certificate. It brings anchors of its own and does not read the \
               system's store: NODE_EXTRA_CA_CERTS names a file with the CA, or --use-system-ca from version 22.15 on.",
        next: &[
            "{labtrust doctor {}}",
            "{labtrust export -o ca.crt}",
            "export NODE_EXTRA_CA_CERTS=\"$PWD/ca.crt\"",
        ],
    },
    KnownMessage {
        says: &[&[
            "[SSL: CERTIFICATE_VERIFY_FAILED]",
            "problem confirming the ssl certificate",
            "requests.exceptions.SSLError",
            "urllib3.exceptions.SSLError",
            "SSLCertVerificationError",
        ]],
        codes: &["untrusted-system", "chain-incomplete", "tls-intercepted"],
        what: "Python does not trust the server's certificate. requests and pip bring anchors of their own (certifi) and do \
               not read the system's store unless REQUESTS_CA_BUNDLE or SSL_CERT_FILE names it, pip before 24.2.",
        next: &[
            "{labtrust doctor {}}",
            "{labtrust trust {} --fingerprint SHA256}",
            "export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt",
        ],
    },
    KnownMessage {
        says: &[&[
            "unable to verify the first certificate",
            "CERT_CHAIN_INCOMPLETE",
            "PartialChain",
            "hasn't got a known issuer",
        ]],
        codes: &["chain-incomplete", "untrusted-system"],
        what: "The server's certificate leads to no CA that is known here: the intermediate is missing from what the \
               server sends, or the root is not trusted.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&[
            "ERR_CERT_AUTHORITY_INVALID",
            "SEC_ERROR_UNKNOWN_ISSUER",
            "SEC_ERROR_UNTRUSTED_ISSUER",
            "SEC_ERROR_CA_CERT_INVALID",
            "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
            "Your connection is not private",
            "NET::ERR_CERT_INVALID",
        ]],
        codes: &["untrusted-system", "chain-incomplete", "tls-intercepted"],
        what: "The browser does not trust the server's certificate. Chrome on Linux and Firefox everywhere keep stores of \
               their own beside the system's.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&["The certificate of"], &["is not trusted"]],
        codes: HERE,
        what: "The CA of the server's certificate is not trusted on this machine, or the server does not send the whole \
               chain.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&[
            "certificate signed by unknown authority",
            "certificate is not trusted",
            "doesn't have a known issuer",
            "unable to get local issuer certificate",
            "unable to get issuer certificate",
            "self-signed certificate",
            "self signed certificate",
            "server verification failed",
            "certificate signer not trusted",
            "certificate issuer is unknown",
            "issuer has been marked as not trusted",
            "Issuer certificate is invalid",
            "The certificate is NOT trusted",
            "Unable to locally verify the issuer's authority",
            "UnknownIssuer",
            "UntrustedRoot",
            "RemoteCertificateChainErrors",
            "SEC_E_UNTRUSTED_ROOT",
            "CERT_E_UNTRUSTEDROOT",
            "CERT_TRUST_IS_UNTRUSTED_ROOT",
            "Could not establish trust relationship",
            "issuer certificate not found",
            "peer certificate cannot be authenticated",
            "sslv3 alert unknown ca",
            "tls: unknown certificate authority",
        ]],
        codes: HERE,
        what: "The CA of the server's certificate is not trusted on this machine, the server does not send the whole chain, \
               or somebody in between presents a certificate of his own.",
        next: TRUST,
    },
];

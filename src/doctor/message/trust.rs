//! Messages about an unknown CA, in the wording of each client. The fix depends on the client: each has its own trust
//! store.

use super::{
    known::{Any, KnownMessage},
    side::Side,
};

/// The wordings of all clients.
pub(super) const UNKNOWN: Any = &[
    "certificate signed by unknown authority",
    "certificate is not trusted",
    "unable to get local issuer certificate",
    "self-signed certificate",
    "self signed certificate",
];
/// The wordings of Docker, a Go program.
const GO: Any = &["certificate signed by unknown authority", "certificate is not trusted"];
/// git's words around an error of curl, in its languages.
pub(super) const GIT: Any = &[
    "unable to access",
    "konnte nicht auf",
    "impossible d'accéder à",
    "no es posible acceder a",
    "无法访问",
    "無法存取",
    "git clone",
    "git-lfs",
    "unable to clone",
];
const TRUST: &[&str] = &["{labtrust doctor {}}", "{labtrust trust {} --fingerprint SHA256}"];
const HERE: &[&str] = &["untrusted-system", "chain-incomplete", "tls-intercepted"];

pub(super) const UNTRUSTED: KnownMessage = KnownMessage {
    says: &[],
    codes: HERE,
    side: Side::OtherEnd,
    what: "The CA of the server's certificate is not trusted on this machine, or the server does not \
           send the whole chain.",
    next: TRUST,
};

pub(super) const ROWS: &[KnownMessage] = &[
    KnownMessage {
        says: &[&[
            "error setting certificate verify locations",
            "error adding trust anchors from file",
            "failed to load system roots and no roots provided",
            "failed to open CA file",
            "Problem with the SSL CA cert",
            "failed to import CA file",
            "curl: (77)",
        ]],
        codes: &[],
        side: Side::Client,
        what: "The client trusts no server, because it cannot read the file with the CAs: the file is missing, or \
               another one is set (git's http.sslCAInfo, CURL_CA_BUNDLE, SSL_CERT_FILE).",
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
        side: Side::OtherEnd,
        what: "The client trusts another CA with the same name: the server's CA was recreated, and the client has \
               the old one.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&["MOZILLA_PKIX_ERROR_MITM_DETECTED"]],
        codes: &["tls-intercepted", "untrusted-system"],
        side: Side::OtherEnd,
        what: "Many sites present certificates of one CA that this browser does not trust: a middlebox or a virus \
               scanner decrypts TLS on the way and signs its own certificates.",
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
        side: Side::OtherEnd,
        what: "The runner does not trust GitLab's certificate. It reads the system store and the CA file \
               /etc/gitlab-runner/certs/HOST.crt. Restart the runner after a change.",
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
        codes: &[
            "untrusted-podman",
            "untrusted-system",
            "certsd-masked",
            "roots-replaced",
            "chain-incomplete",
        ],
        side: Side::OtherEnd,
        what: "podman, skopeo, buildah or CRI-O does not trust the registry's certificate. They read the system \
               store and the first of these folders that exists: ~/.config/containers/certs.d, \
               /etc/containers/certs.d, /etc/docker/certs.d.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&["checking push permission", "creating push check transport", "kaniko"], UNKNOWN],
        codes: HERE,
        side: Side::OtherEnd,
        what: "kaniko does not trust the registry's certificate. It runs in a container and does not read the \
               machine's stores. It reads /kaniko/ssl/certs/ and the option --registry-certificate=HOST:PORT=FILE.",
        next: &[
            "{labtrust doctor {}}",
            "{labtrust export -o ca.crt}",
            "executor --registry-certificate={}=ca.crt …",
        ],
    },
    KnownMessage {
        says: &[&["INSTALLATION FAILED", "UPGRADE FAILED"], UNKNOWN],
        codes: HERE,
        side: Side::OtherEnd,
        what: "Helm does not trust the registry's certificate: its CA is not in the system store, the server does \
               not send the whole chain, or a proxy on the way presents its own certificate.",
        next: TRUST,
    },
    KnownMessage {
        says: &[&["error during connect"], UNKNOWN],
        codes: &[],
        side: Side::Engine,
        what: "The docker command does not trust the Docker daemon's own certificate, before any registry is asked: \
               DOCKER_CERT_PATH must name the folder with the daemon's ca.pem (in GitLab CI with docker:dind, \
               /certs/client).",
        next: &["echo $DOCKER_HOST $DOCKER_TLS_VERIFY $DOCKER_CERT_PATH"],
    },
    KnownMessage {
        says: &[
            &[
                "SSL_connect returned=1 errno=0",
                "SSL_connect SYSCALL returned",
                "OpenSSL::SSL::SSLError",
                "Faraday::SSLError",
                "Hook execution failed",
            ],
            &["certificate verify failed"],
        ],
        codes: HERE,
        side: Side::OtherEnd,
        what: "A Ruby program does not trust a server's certificate. If GitLab itself reports this (a webhook, an \
               integration, a mirror, its own registry), it reads the CAs in /etc/gitlab/trusted-certs on GitLab's \
               machine.",
        next: &[
            "{labtrust doctor {}}",
            "on the server: sudo cp ca.crt /etc/gitlab/trusted-certs/ca.crt",
            "on the server: sudo gitlab-ctl reconfigure",
        ],
    },
    KnownMessage {
        says: &[&["failed to validate the SSL certificate for"]],
        codes: HERE,
        side: Side::OtherEnd,
        what: "Ansible does not trust the server's certificate on the machine where the task runs. Its modules read that \
               machine's system store: add the CA there, and keep validate_certs.",
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
        side: Side::OtherEnd,
        what: "Docker does not trust the registry's certificate: the CA is not in Docker's certs.d or the system \
               store, Docker was not restarted since the CA was added to the system store, or the server does not \
               send the whole chain.",
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
        side: Side::OtherEnd,
        what: "git does not trust the server's certificate: its CA is unknown, or the certificate has expired (this \
               build of git shows the same message for both). git reads the system store, unless http.sslCAInfo \
               names another file.",
        next: &[
            "{labtrust doctor {}}",
            "{labtrust trust {} --fingerprint SHA256}",
            "git config --show-origin --get-all http.sslCAInfo",
        ],
    },
    KnownMessage {
        says: &[
            GIT,
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
        side: Side::OtherEnd,
        what: "git does not trust the server's certificate. It reads the system store, unless http.sslCAInfo or \
               http.sslBackend is set.",
        next: &[
            "{labtrust doctor {}}",
            "{labtrust trust {} --fingerprint SHA256}",
            "git config --show-origin --get-regexp 'http.*ssl.*'",
        ],
    },
    KnownMessage {
        says: &[&[
            "CRYPT_E_NO_REVOCATION_CHECK",
            "CRYPT_E_REVOCATION_OFFLINE",
            "CERT_TRUST_REVOCATION_STATUS_UNKNOWN",
            "CERT_TRUST_IS_OFFLINE_REVOCATION",
            "RevocationStatusUnknown",
            "OfflineRevocation",
            "unable to check revocation",
            "certificate revocation status could not be verified",
            "ERR_CERT_UNABLE_TO_CHECK_REVOCATION",
            "0x80092012",
            "0x80092013",
            "-2146885614",
            "-2146885613",
        ]],
        codes: &[],
        side: Side::Client,
        what: "Windows cannot check whether the certificate was revoked, because a private CA has no revocation \
               server. The certificate itself is trusted.",
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
        side: Side::OtherEnd,
        what: "Java does not trust the server's certificate. It reads its own keystore (lib/security/cacerts, or \
               the file in javax.net.ssl.trustStore), which some distributions fill from the system store.",
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
        side: Side::OtherEnd,
        what: "Node.js does not trust the server's certificate. It has its own list of CAs and does not read the \
               system store. Set NODE_EXTRA_CA_CERTS to a file with the CA, or use --use-system-ca (version 22.15 \
               or later).",
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
        side: Side::OtherEnd,
        what: "Python does not trust the server's certificate. requests, and pip before 24.2, have their own list \
               of CAs (certifi). They read the system store only if REQUESTS_CA_BUNDLE or SSL_CERT_FILE names its \
               bundle.",
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
        side: Side::OtherEnd,
        what: "The server's certificate does not lead to a trusted CA: the server does not send the intermediate, \
               or the client does not trust the root.",
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
        side: Side::OtherEnd,
        what: "The browser does not trust the server's certificate. Chrome on Linux and Firefox have their own \
               trust stores.",
        next: TRUST,
    },
    KnownMessage { says: &[&["The certificate of"], &["is not trusted"]], ..UNTRUSTED },
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
            "0x80090325",
            "0x800B0109",
            "CERT_E_UNTRUSTEDROOT",
            "CERT_TRUST_IS_UNTRUSTED_ROOT",
            "Could not establish trust relationship",
            "issuer certificate not found",
            "peer certificate cannot be authenticated",
            "sslv3 alert unknown ca",
            "tls: unknown certificate authority",
        ]],
        codes: HERE,
        side: Side::OtherEnd,
        what: "The CA of the server's certificate is not trusted on this machine, the server does not send the \
               whole chain, or a proxy on the way presents its own certificate.",
        next: TRUST,
    },
];

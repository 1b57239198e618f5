//! The documents and source files that are the evidence for clients that the tests cannot run.

pub(super) const APPLE_ON_TLS: &str = "support.apple.com/103769";
pub(super) const OPENSSL_EXTENSIONS: &str = "OpenSSL's ossl_x509v3_cache_extensions";
pub(super) const OPENSSL_INTEGERS: &str = "OpenSSL's c2i_ASN1_INTEGER";
pub(super) const OPENSSL_LEVELS: &str = "OpenSSL's SSL_CTX_set_security_level(3)";
pub(super) const OPENSSL_LONGEST: &str = "OpenSSL's SSL_MAX_CERT_LIST_DEFAULT";
pub(super) const CHROME_CHAIN: &str = "BoringSSL's pki/verify_certificate_chain.cc";
pub(super) const CHROME_CONSTRAINTS: &str = "BoringSSL's pki/name_constraints.cc";
pub(super) const CHROME_DIGESTS: &str = "BoringSSL's pki/simple_path_builder_delegate.cc";
pub(super) const CHROME_HOSTS: &str = "Chromium's net/cert/x509_certificate.cc";
pub(super) const CHROME_READER: &str = "BoringSSL's pki/parse_certificate.cc";
pub(super) const CHROME_SIGNATURES: &str = "BoringSSL's pki/signature_algorithm.cc";

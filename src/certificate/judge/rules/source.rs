//! The documents and sources that speak for clients which the tests cannot ask.

pub const APPLE_ON_TLS: &str = "support.apple.com/103769";
pub const OPENSSL_EXTENSIONS: &str = "OpenSSL's ossl_x509v3_cache_extensions";
pub const OPENSSL_INTEGERS: &str = "OpenSSL's c2i_ASN1_INTEGER";
pub const OPENSSL_LEVELS: &str = "OpenSSL's SSL_CTX_set_security_level(3)";
pub const OPENSSL_LONGEST: &str = "OpenSSL's SSL_MAX_CERT_LIST_DEFAULT";
pub const CHROME_CHAIN: &str = "BoringSSL's pki/verify_certificate_chain.cc";
pub const CHROME_CONSTRAINTS: &str = "BoringSSL's pki/name_constraints.cc";
pub const CHROME_DIGESTS: &str = "BoringSSL's pki/simple_path_builder_delegate.cc";
pub const CHROME_HOSTS: &str = "Chromium's net/cert/x509_certificate.cc";
pub const CHROME_READER: &str = "BoringSSL's pki/parse_certificate.cc";
pub const CHROME_SIGNATURES: &str = "BoringSSL's pki/signature_algorithm.cc";

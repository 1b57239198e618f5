//! What may be wrong with a pair, a row each.

/// How a pair is made; each row below differs from [`Recipe::CURRENT`] in one thing. The text is OpenSSL's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipe<'a> {
    /// The leaf's subject alternative names, such as `DNS:a.example,IP:192.0.2.10`; empty: it has none.
    pub names: &'a str,
    pub common_name: &'a str,
    /// From when until when the leaf holds good, in days from now.
    pub days: (i32, i32),
    /// The leaf's key: `ec` or `rsa:BITS`.
    pub key: &'a str,
    /// What the leaf is signed with.
    pub digest: &'a str,
    /// The leaf's other extensions, a line each.
    pub extensions: &'a str,
    /// The root's common name; empty: one of its own. Two pairs with one name have two keys.
    pub root: &'a str,
    /// The root's name constraints; empty: none.
    pub constraints: &'a str,
    /// The root's basic constraints.
    pub authority: &'a str,
    /// The root's other extensions, a line each.
    pub root_extensions: &'a str,
    /// How many certificates are between root and leaf.
    pub intermediates: u8,
}

impl Recipe<'_> {
    pub(crate) const CURRENT: Self = Self {
        names: "DNS:mygitlab.example.com",
        common_name: "mygitlab.example.com",
        days: (-1, 90),
        key: "ec",
        digest: "sha256",
        extensions: "extendedKeyUsage=serverAuth",
        root: "",
        constraints: "",
        authority: "critical,CA:TRUE",
        root_extensions: "",
        intermediates: 0,
    };
    pub(crate) const EXPIRED: Self = Self { days: (-30, -1), ..Self::CURRENT };
    pub(crate) const FUTURE: Self = Self { days: (30, 90), ..Self::CURRENT };
    /// It ends in five days.
    pub(crate) const EXPIRING: Self = Self { days: (-85, 5), ..Self::CURRENT };
    pub(crate) const WRONG_NAME: Self =
        Self { names: "DNS:other.example.com", common_name: "other.example.com", ..Self::CURRENT };
    /// The host is in the common name only.
    pub(crate) const NO_SAN: Self = Self { names: "", ..Self::CURRENT };
    /// Another address than the lab's. `CURRENT` has no address at all.
    pub(crate) const OTHER_ADDRESS: Self =
        Self { names: "DNS:mygitlab.example.com,IP:192.0.2.99", ..Self::CURRENT };
    /// For clients only.
    pub(crate) const NO_SERVER_AUTH: Self =
        Self { extensions: "extendedKeyUsage=clientAuth", ..Self::CURRENT };
    pub(crate) const WEAK_KEY: Self = Self { key: "rsa:1024", ..Self::CURRENT };
    pub(crate) const SHA1: Self = Self { digest: "sha1", ..Self::CURRENT };
    pub(crate) const TOO_LONG: Self = Self { days: (-1, 3650), ..Self::CURRENT };
    /// The leaf is a certificate authority itself.
    pub(crate) const IS_CA: Self = Self {
        extensions: "basicConstraints=critical,CA:TRUE\nextendedKeyUsage=serverAuth",
        ..Self::CURRENT
    };
    /// The root can sign for another name only.
    pub(crate) const CONSTRAINT_VIOLATED: Self =
        Self { constraints: "critical,permitted;DNS:other.example", ..Self::CURRENT };
    /// Two between root and leaf: to be served whole, in the wrong order or without them.
    pub(crate) const DEEP: Self = Self { intermediates: 2, ..Self::CURRENT };
    /// The root lets no CA be between, and one is.
    pub(crate) const TOO_DEEP: Self =
        Self { authority: "critical,CA:TRUE,pathlen:0", intermediates: 1, ..Self::CURRENT };
    /// The root has a critical extension that no client knows.
    pub(crate) const UNKNOWN_IN_ROOT: Self =
        Self { root_extensions: "1.2.3.4=critical,ASN1:NULL", ..Self::CURRENT };
    /// The same in the leaf.
    pub(crate) const UNKNOWN_IN_LEAF: Self =
        Self { extensions: "extendedKeyUsage=serverAuth\n1.2.3.4=critical,ASN1:NULL", ..Self::CURRENT };
    /// The root can sign for clients only.
    pub(crate) const ROOT_FOR_CLIENTS: Self =
        Self { root_extensions: "extendedKeyUsage=clientAuth", ..Self::CURRENT };
    /// Made twice, the second root has the first one's name and another key.
    pub(crate) const NAMESAKE: Self = Self { root: "GitLab internal CA", ..Self::CURRENT };
    /// What a middlebox signs in the server's place.
    pub(crate) const CORPORATE: Self = Self { root: "Corporate Proxy CA", ..Self::CURRENT };

    /// The same as `pair.sh` reads it.
    pub(super) fn environment(&self) -> [(&'static str, String); 12] {
        [
            ("NAMES", self.names.to_owned()),
            ("COMMON_NAME", self.common_name.to_owned()),
            ("FROM", format!("{:+}", self.days.0)),
            ("TO", format!("{:+}", self.days.1)),
            ("KEY", self.key.to_owned()),
            ("DIGEST", self.digest.to_owned()),
            ("EXTENSIONS", self.extensions.to_owned()),
            ("ROOT", self.root.to_owned()),
            ("CONSTRAINTS", self.constraints.to_owned()),
            ("AUTHORITY", self.authority.to_owned()),
            ("ROOT_EXTENSIONS", self.root_extensions.to_owned()),
            ("INTERMEDIATES", self.intermediates.to_string()),
        ]
    }
}

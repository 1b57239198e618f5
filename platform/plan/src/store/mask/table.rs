//! The table of settings that hide a CA, and of the places where they are.

use super::super::row::Look;
use crate::{Facts, fact::User};

/// A setting.
#[derive(Debug)]
pub(super) struct Setting {
    /// The store that reports it.
    pub store: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The kind of files that it is in.
    pub reader: Reader,
    /// Its value.
    pub kind: Kind,
    /// Its effect on `programs`: the part of a sentence between the setting and them.
    pub effect: &'static str,
    /// The programs that it hides the CA from.
    pub programs: &'static str,
    /// Whether these programs read the other half of the system store beside it, if there is one: a bundle beside a folder, or a
    /// folder with hash links beside a bundle.
    pub extends: bool,
    /// Whether these programs read what labtrust writes.
    pub is_served: bool,
    /// A path that shows that they do.
    pub served_if: Option<&'static str>,
    /// The program without which it counts for nothing; none if nothing shows whether somebody has these programs.
    pub needs: Option<&'static Program>,
    /// Whether it hides also what a person sets without root, even if it names the system's own store.
    pub beats_own: bool,
    /// The values that turn a check or a store off.
    pub off: &'static [&'static str],
}

/// A program that somebody may have.
#[derive(Debug)]
pub(crate) struct Program {
    /// Its name among the programs for everyone.
    pub tool: &'static str,
    /// Paths in a home folder that show that a user has it.
    pub signs: &'static [&'static str],
}

impl Program {
    /// Whether `user` has it.
    pub(crate) fn is_of(&self, facts: &Facts, user: &User) -> bool {
        facts.tools.contains_key(self.tool) || self.signs.iter().any(|sign| facts.has(user.home.join(sign)))
    }

    /// The questions of [`Self::is_of`].
    pub(crate) fn looks(&self) -> impl Iterator<Item = Look> {
        self.signs.iter().map(|sign| Look::Home(sign)).chain([Look::Tool(self.tool)])
    }
}

pub(crate) const UV: Program =
    Program { tool: "uv", signs: &[".local/bin/uv", ".cargo/bin/uv", ".config/uv/uv.toml"] };
pub(crate) const GLAB: Program = Program { tool: "glab", signs: &[".local/bin/glab", GLAB_CONFIG] };
/// The settings of glab in a home folder.
pub(crate) const GLAB_CONFIG: &str = ".config/glab-cli/config.yml";

/// The value of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bundle.
    File,
    /// A list of folders.
    Folder,
    /// Certificates.
    Text,
    /// A switch.
    Off,
}

/// How lines of a file are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// `NAME=VALUE`, as in a shell.
    Shell,
    /// gitconfig.
    Git,
    /// `key = value` of npm.
    Npm,
    /// `option value` of curl.
    Curl,
    /// `option = value` of wget.
    Wget,
    /// Sections of pip.
    Pip,
    /// TOML of cargo.
    Cargo,
    /// YAML of conda.
    Conda,
    /// JSON of VS Code.
    Code,
    /// YAML of glab, with settings for one server each.
    Glab,
}

/// A settings file: an absolute path, or one in a home folder.
pub(super) struct Place {
    pub path: &'static str,
    pub reader: Reader,
}

const BASE: Setting = Setting {
    store: "settings",
    name: "",
    reader: Reader::Shell,
    kind: Kind::File,
    effect: "hides the CA from",
    programs: "",
    extends: false,
    is_served: true,
    served_if: None,
    needs: None,
    beats_own: false,
    off: &[],
};

/// Debian's requests reads the system store; the one from Python's index has a list of its own.
const DEBIANS_REQUESTS: &str = "/usr/lib/python3/dist-packages/requests";

/// A bundle that git reads in place of the system's, and of a user's own setting for one server.
const GIT: Setting = Setting { store: "git", programs: "git", extends: true, beats_own: true, ..BASE };

const UNCHECKED: Setting = Setting {
    store: "git",
    kind: Kind::Off,
    effect: "turns the check of certificates off in",
    programs: "git",
    ..OTHERS
};

/// uv reads only the CAs of such a variable, in place of its own list and of the system store.
const FOR_UV: Setting = Setting { programs: "uv", needs: Some(&UV), ..OTHERS };

/// npm's own list, which also switches `NODE_EXTRA_CA_CERTS` off.
const NPM: Setting =
    Setting { programs: "npm, also the one in NODE_EXTRA_CA_CERTS", beats_own: true, ..OTHERS };

/// A program that labtrust does not serve.
const OTHERS: Setting = Setting { is_served: false, ..BASE };
const OPENSSL: &str = "programs with OpenSSL, Python, Ruby, Go, curl and cargo";

/// The settings. Sources: the programs' manuals, and trials of each program with a bundle that lacks the CA.
pub(super) const SETTINGS: &[Setting] = &[
    Setting { name: "SSL_CERT_FILE", programs: OPENSSL, extends: true, ..BASE },
    Setting { name: "SSL_CERT_DIR", kind: Kind::Folder, programs: OPENSSL, extends: true, ..BASE },
    Setting { name: "SSL_CERT_FILE", ..FOR_UV },
    Setting { name: "SSL_CERT_DIR", kind: Kind::Folder, ..FOR_UV },
    Setting { name: "CURL_CA_BUNDLE", programs: "curl", extends: true, ..BASE },
    Setting {
        name: "CURL_CA_BUNDLE",
        programs: "programs with Python's requests",
        served_if: Some(DEBIANS_REQUESTS),
        ..OTHERS
    },
    Setting {
        name: "REQUESTS_CA_BUNDLE",
        programs: "programs with Python's requests",
        served_if: Some(DEBIANS_REQUESTS),
        ..OTHERS
    },
    Setting { name: "PIP_CERT", programs: "versions of pip before 26", ..OTHERS },
    Setting { name: "CARGO_HTTP_CAINFO", programs: "cargo", extends: true, ..BASE },
    Setting { name: "npm_config_cafile", ..NPM },
    Setting { name: "NPM_CONFIG_CAFILE", ..NPM },
    Setting { name: "cafile", reader: Reader::Npm, ..NPM },
    Setting { name: "ca", reader: Reader::Npm, kind: Kind::Text, ..NPM },
    Setting { name: "cacert", reader: Reader::Curl, programs: "curl", extends: true, ..BASE },
    Setting {
        name: "capath",
        reader: Reader::Curl,
        kind: Kind::Folder,
        programs: "curl",
        extends: true,
        ..BASE
    },
    Setting { name: "ca_directory", reader: Reader::Wget, kind: Kind::Folder, programs: "wget", ..BASE },
    Setting { name: "cainfo", reader: Reader::Cargo, programs: "cargo", extends: true, ..BASE },
    Setting { name: "cert", reader: Reader::Pip, programs: "versions of pip before 26", ..OTHERS },
    Setting { name: "ssl_verify", reader: Reader::Conda, programs: "conda", ..OTHERS },
    Setting {
        name: "http.systemCertificates",
        reader: Reader::Code,
        kind: Kind::Off,
        programs: "VS Code",
        off: &["false"],
        ..OTHERS
    },
    Setting {
        name: "skip_tls_verify",
        reader: Reader::Glab,
        kind: Kind::Off,
        effect: UNCHECKED.effect,
        programs: "glab",
        off: &["true", "1"],
        ..OTHERS
    },
    Setting { name: "GIT_SSL_CAINFO", ..GIT },
    Setting { name: "sslCAInfo", reader: Reader::Git, ..GIT },
    Setting { name: "GIT_SSL_CAPATH", kind: Kind::Folder, extends: false, ..GIT },
    Setting { name: "sslCAPath", reader: Reader::Git, kind: Kind::Folder, extends: false, ..GIT },
    Setting { name: "sslVerify", reader: Reader::Git, off: &["false", "no", "off", "0"], ..UNCHECKED },
    Setting { name: "GIT_SSL_NO_VERIFY", off: &["true", "yes", "on", "1"], ..UNCHECKED },
];

/// The places, in the order in which their settings are named.
pub(super) const PLACES: &[Place] = &[
    Place { path: "/etc/environment", reader: Reader::Shell },
    Place { path: "/etc/profile", reader: Reader::Shell },
    Place { path: "/etc/profile.d/*.sh", reader: Reader::Shell },
    Place { path: "/etc/bash.bashrc", reader: Reader::Shell },
    Place { path: "/etc/zsh/zshenv", reader: Reader::Shell },
    Place { path: ".profile", reader: Reader::Shell },
    Place { path: ".bash_profile", reader: Reader::Shell },
    Place { path: ".bash_login", reader: Reader::Shell },
    Place { path: ".bashrc", reader: Reader::Shell },
    Place { path: ".zshenv", reader: Reader::Shell },
    Place { path: ".zprofile", reader: Reader::Shell },
    Place { path: ".zshrc", reader: Reader::Shell },
    Place { path: ".config/fish/config.fish", reader: Reader::Shell },
    Place { path: ".config/environment.d/*.conf", reader: Reader::Shell },
    Place { path: "/etc/gitconfig", reader: Reader::Git },
    Place { path: ".config/git/config", reader: Reader::Git },
    Place { path: ".gitconfig", reader: Reader::Git },
    Place { path: "/etc/npmrc", reader: Reader::Npm },
    Place { path: "/usr/etc/npmrc", reader: Reader::Npm },
    Place { path: "/usr/local/etc/npmrc", reader: Reader::Npm },
    Place { path: ".npmrc", reader: Reader::Npm },
    Place { path: ".curlrc", reader: Reader::Curl },
    Place { path: ".config/curlrc", reader: Reader::Curl },
    Place { path: "/etc/wgetrc", reader: Reader::Wget },
    Place { path: ".wgetrc", reader: Reader::Wget },
    Place { path: ".cargo/config.toml", reader: Reader::Cargo },
    Place { path: ".cargo/config", reader: Reader::Cargo },
    Place { path: "/etc/pip.conf", reader: Reader::Pip },
    Place { path: ".config/pip/pip.conf", reader: Reader::Pip },
    Place { path: ".pip/pip.conf", reader: Reader::Pip },
    Place { path: ".condarc", reader: Reader::Conda },
    Place { path: ".config/Code/User/settings.json", reader: Reader::Code },
    Place { path: GLAB_CONFIG, reader: Reader::Glab },
];

/// The bundle that OpenSSL reads beside the folders of `SSL_CERT_DIR`, where a distribution has one: Debian 12 and later,
/// Fedora and kin, and Alpine, Arch and FreeBSD.
pub(super) const DEFAULT_FILES: [&str; 3] =
    ["/usr/lib/ssl/cert.pem", "/etc/pki/tls/cert.pem", "/etc/ssl/cert.pem"];

//! Programs with a list of public CAs of their own, and the line that makes them read the system store instead. That replaces the
//! list, so a person decides.

use super::super::{
    mask::{Program, UV},
    row::{ByHand, Look},
};
use crate::{Facts, Hint, fact::User};

/// A program with a list of its own.
struct OwnList {
    title: &'static str,
    program: Program,
    /// Its settings files in a home folder, and the settings in them that make it read another list.
    files: &'static [&'static str],
    set: &'static [&'static str],
    /// Variables with the same meaning.
    variables: &'static [&'static str],
    advice: &'static str,
    line: &'static str,
}

const PROGRAMS: &[OwnList] = &[
    OwnList {
        title: "uv",
        program: UV,
        files: &[".config/uv/uv.toml"],
        set: &["system-certs", "native-tls"],
        variables: &["UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "SSL_CERT_FILE", "SSL_CERT_DIR"],
        advice: "to make uv read the system store in place of its own list of public CAs (older versions: UV_NATIVE_TLS=1), set in your shell's profile:",
        line: "export UV_SYSTEM_CERTS=1",
    },
    OwnList {
        title: "conda",
        program: Program {
            tool: "conda",
            signs: &[".conda", "miniconda3", "miniforge3", "anaconda3", ".condarc"],
        },
        files: &[".condarc"],
        set: &["ssl_verify"],
        variables: &["CONDA_SSL_VERIFY", "REQUESTS_CA_BUNDLE"],
        advice: "to make conda 23.9 or later read the system store in place of its own list of public CAs:",
        line: "conda config --set ssl_verify truststore",
    },
];

pub(super) fn looks() -> Vec<Look> {
    let of = |program: &'static OwnList| {
        let signs = program.program.looks();
        let files = program.files.iter().map(|file| Look::HomeText(file));
        let variables = program.variables.iter().map(|name| Look::Variable(name));
        signs.chain(files).chain(variables)
    };
    PROGRAMS.iter().flat_map(of).collect()
}

/// The lines for the programs that somebody has here and that still read their own list.
pub(super) fn offers(facts: &Facts) -> Vec<ByHand> {
    PROGRAMS.iter().filter(|program| program.is_open(facts)).map(OwnList::offer).collect()
}

impl OwnList {
    fn is_open(&self, facts: &Facts) -> bool {
        let user = facts.person();
        let is_set = self.variables.iter().any(|name| facts.variables.contains_key(*name));
        self.program.is_of(facts, user) && !is_set && !self.is_set(facts, user)
    }

    /// Whether a settings file of `user` has one of the settings.
    fn is_set(&self, facts: &Facts, user: &User) -> bool {
        let texts = self.files.iter().filter_map(|file| facts.text(user.home.join(file)));
        let mut lines = texts.flat_map(str::lines).map(str::trim);
        lines.any(|line| self.set.iter().any(|set| line.starts_with(set)))
    }

    fn offer(&self) -> ByHand {
        ByHand {
            is_optional: true,
            ..ByHand::new(
                format!("{} reads neither the system store nor what labtrust writes", self.title),
                Hint::from(self.advice).line(self.line),
            )
        }
    }
}

//! Certificates by another hand: OpenSSL makes a root and a leaf, so that no test takes labtrust's
//! own word for what a certificate is.

use super::machine::Machine;

/// A root, a leaf that it signed, and the leaf's key, all PEM.
pub struct Pair {
    pub root: String,
    pub leaf: String,
    pub key: String,
}

/// When a leaf holds good.
#[derive(Clone, Copy)]
pub enum Validity {
    Current,
    Expired,
    Future,
}

impl Pair {
    /// Makes a root of its own and a leaf for these DNS names.
    pub fn made(machine: &Machine, names: &[&str], validity: Validity) -> Self {
        Self::make(machine, names, validity, "")
    }

    /// The same, with a root that may sign for these names only.
    pub fn constrained(machine: &Machine, names: &[&str]) -> Self {
        let permitted: Vec<_> = names.iter().map(|name| format!("permitted;DNS:{name}")).collect();
        Self::make(machine, names, Validity::Current, &format!("critical,{}", permitted.join(",")))
    }

    fn make(machine: &Machine, names: &[&str], validity: Validity, constraints: &str) -> Self {
        let (from, to) = match validity {
            Validity::Current => ("now - 1 day", "now + 90 days"),
            Validity::Expired => ("now - 30 days", "now - 1 day"),
            Validity::Future => ("now + 30 days", "now + 90 days"),
        };
        let san: Vec<_> = names.iter().map(|name| format!("DNS:{name}")).collect();
        let script = include_str!("pair.sh");
        let made =
            machine.run(["sh", "-c", script, "pair", &san.join(","), from, to, constraints]).succeeded();
        let mut parts = made.stdout.split("%\n").map(str::to_owned);
        let mut part = || parts.next().expect("pair.sh writes three parts");
        Self { root: part(), leaf: part(), key: part() }
    }

    /// What a server sends: the leaf, then the root.
    pub fn chain(&self) -> String {
        format!("{}{}", self.leaf, self.root)
    }
}

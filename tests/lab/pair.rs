//! Certificates by another hand: OpenSSL makes a root and a leaf, so that no test takes labtrust's
//! own word for what a certificate is.

use super::HOST;
use super::machine::Machine;
use super::recipe::Recipe;

/// A root, a leaf that it or an intermediate signed, and the leaf's key, all PEM.
pub(crate) struct Pair {
    pub root: String,
    pub leaf: String,
    pub key: String,
    /// Between leaf and root, the leaf's signer first; mostly none.
    pub intermediates: Vec<String>,
}

/// When a leaf holds good.
#[derive(Clone, Copy)]
pub(crate) enum Validity {
    Current,
    Expired,
    Future,
}

impl Pair {
    /// Makes a root of its own and a leaf for these DNS names.
    pub(crate) fn made(machine: &Machine, names: &[&str], validity: Validity) -> Self {
        let recipe = match validity {
            Validity::Current => Recipe::CURRENT,
            Validity::Expired => Recipe::EXPIRED,
            Validity::Future => Recipe::FUTURE,
        };
        let common_name = names.first().copied().unwrap_or(HOST);
        Self::by(machine, &Recipe { names: &san(names), common_name, ..recipe })
    }

    /// The same, with a root that can sign for these names only, and for no address.
    pub(crate) fn constrained(machine: &Machine, names: &[&str]) -> Self {
        let permitted: Vec<_> = names.iter().map(|name| format!("permitted;DNS:{name}")).collect();
        let closed = "excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0";
        let constraints = format!("critical,{},{closed}", permitted.join(","));
        let common_name = names.first().copied().unwrap_or(HOST);
        let recipe = Recipe { names: &san(names), common_name, constraints: &constraints, ..Recipe::CURRENT };
        Self::by(machine, &recipe)
    }

    /// Makes what the recipe says.
    pub(crate) fn by(machine: &Machine, recipe: &Recipe<'_>) -> Self {
        let mut command = machine.command(["sh", "-c", include_str!("pair.sh"), "pair"]);
        for (name, value) in recipe.environment() {
            command = command.env(name, &value);
        }
        let made = command.run().succeeded();
        let mut parts = made.stdout.split("%\n").map(str::to_owned);
        let mut part = || parts.next().expect("pair.sh writes three parts at least");
        let (key, leaf) = (part(), part());
        let mut intermediates: Vec<_> = parts.collect();
        let root = intermediates.pop().expect("the root is the last part");
        Self { root, leaf, key, intermediates }
    }

    /// What a server sends: the leaf, what is between, then the root.
    pub(crate) fn chain(&self) -> String {
        format!("{}{}{}", self.leaf, self.intermediates.concat(), self.root)
    }

    /// The same in the wrong order: the leaf, then the root and down from it.
    pub(crate) fn shuffled(&self) -> String {
        let down: String = self.intermediates.iter().rev().map(String::as_str).collect();
        format!("{}{}{down}", self.leaf, self.root)
    }
}

fn san(names: &[&str]) -> String {
    names.iter().map(|name| format!("DNS:{name}")).collect::<Vec<_>>().join(",")
}

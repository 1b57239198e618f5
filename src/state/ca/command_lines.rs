//! The commands that a person runs for a CA: to trust it, on this machine and on clients, and to set this machine up again.

use labtrust_plan::{Options, ShellLine};

use super::{Ca, ROOT};
use crate::{
    certificate::{parsed::Parsed, profile::LEAF_DAYS},
    hint::shell_line,
};

impl Ca {
    /// The arguments with which root trusts this CA. If the state folder is not the default one, they name the CA's
    /// file.
    pub(crate) fn trust_command(&self, is_elsewhere: bool) -> Vec<String> {
        let mut words = vec!["trust".to_owned()];
        words.extend(is_elsewhere.then(|| self.folder.join(ROOT).display().to_string()));
        words.extend(["--fingerprint".into(), self.root.fingerprint().to_string()]);
        if is_elsewhere {
            words.extend(
                self.notes.endpoints.iter().flat_map(|endpoint| ["--for".into(), endpoint.to_string()]),
            );
        }
        words
    }

    /// The command that sets this machine up again as it is: with the names of `leaf`, if one is in place, and with
    /// trust in this machine's stores, if it `is_trusted` there.
    pub(crate) fn setup_line(&self, leaf: Option<&Parsed>, is_trusted: bool) -> ShellLine {
        let endpoints = &self.notes.endpoints;
        let host = endpoints.first().map(ToString::to_string).unwrap_or_default();
        let host = host.strip_suffix(":443").unwrap_or(&host);
        let registry = endpoints.last().map(|registry| shell_line!("--registry {}", registry));
        let mut options = Vec::from_iter(registry);
        let hosts: Vec<String> = endpoints.iter().map(|endpoint| endpoint.host.to_string()).collect();
        let names = leaf.iter().flat_map(|leaf| &leaf.names).map(ToString::to_string);
        let names = names.filter(|name| !hosts.contains(name));
        options.extend(names.map(|name| shell_line!("--name {}", name)));
        let is_usual = self.notes.days == LEAF_DAYS;
        options.extend((!is_usual).then(|| shell_line!("--days {}", self.notes.days.to_string())));
        options.extend((!is_trusted).then(|| ShellLine::from("--no-trust")));
        options.extend(self.notes.site.options());
        shell_line!("{labtrust setup {}{}}", host, Options(&options))
    }

    /// The command that sets this machine up for the hosts that its gitlab.rb names now.
    pub(crate) fn setup_line_as_configured(&self) -> ShellLine {
        shell_line!("{labtrust setup{}}", Options(&self.notes.site.options()))
    }

    /// The commands that export the CA and trust it on a client, while no server presents it.
    pub(crate) fn lines_before_placing(&self) -> Vec<ShellLine> {
        let places: Vec<_> =
            self.notes.endpoints.iter().map(|endpoint| shell_line!("--for {}", endpoint)).collect();
        vec![
            "{labtrust export -o labtrust-ca.crt}".into(),
            shell_line!(
                "labtrust trust ./labtrust-ca.crt --fingerprint {}{}",
                self.root.fingerprint(),
                Options(&places)
            ),
        ]
    }

    /// The command by which a client trusts this CA and the next one.
    pub(crate) fn client_line(&self) -> ShellLine {
        let registry = self.notes.endpoints.last().map(ToString::to_string).unwrap_or_default();
        let line = shell_line!("labtrust trust {} --fingerprint {}", registry, self.root.fingerprint());
        // A next CA that can sign more needs its own fingerprint.
        let next = self.next.as_ref().ok().and_then(Option::as_deref);
        let wider = next.filter(|next| self.is_narrower_than(next));
        match wider {
            Some(next) => line.with(["--next".to_owned(), next.root.fingerprint().to_string()]),
            None => line,
        }
    }
}

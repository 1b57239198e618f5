//! The commands that a person runs for a CA: to trust it, on this machine and on clients, and to set this machine up again.

use anyhow::Result;
use labtrust_plan::{Endpoint, Host, Options, ShellLine};
use time::OffsetDateTime;

use super::{Ca, ROOT};
use crate::{
    certificate::{KeyKind, SubjectName, parsed::Parsed, profile::LEAF_DAYS},
    hint::{Hint, fail, hint, shell_line},
};

/// The hint at days that a sealed CA did not sign for.
pub(crate) const DAYS_HINT: &str = "leave out --days: the certificates of a sealed CA are signed already";

/// The command `setup` with the files of a CA whose key is not kept here.
pub(crate) fn with_key(setup: Option<&ShellLine>) -> ShellLine {
    let setup = setup.cloned().unwrap_or_else(|| "{labtrust setup}".into());
    setup.with(["--ca-cert", "FILE", "--ca-key", "FILE"])
}

/// The command that creates the CA after one that `is_sealed`, or is not: the next one is of the same kind.
pub(crate) fn next_ca(is_sealed: bool) -> &'static str {
    if is_sealed { "{labtrust rotate start --sealed}" } else { "{labtrust rotate start}" }
}

/// The option that leaves this machine's stores alone, unless the CA `is_trusted` there.
fn trust_option(is_trusted: bool) -> Option<ShellLine> {
    (!is_trusted).then(|| ShellLine::from("--no-trust"))
}

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
        let line = self.setup_line_with_ca(leaf, is_trusted);
        if self.root.is_ca() { line } else { line.with(["--self-signed"]) }
    }

    /// The same command, with a CA also where this is a self-signed certificate.
    pub(crate) fn setup_line_with_ca(&self, leaf: Option<&Parsed>, is_trusted: bool) -> ShellLine {
        let endpoints = &self.notes.endpoints;
        let host = endpoints.first().map(Endpoint::without_default_port).unwrap_or_default();
        let registry = endpoints.last().map(|registry| shell_line!("--registry {}", registry));
        let mut options = Vec::from_iter(registry);
        let hosts: Vec<_> =
            endpoints.iter().map(|endpoint| SubjectName::from(endpoint.host.clone())).collect();
        let leaf = leaf.or(self.periods.first());
        let more: Vec<_> =
            leaf.iter().flat_map(|leaf| &leaf.names).filter(|name| !hosts.contains(name)).collect();
        options.extend(more.iter().map(|name| shell_line!("--name {}", name.to_string())));
        if self.needs_backup() {
            options.extend(self.scope_options(|domain| {
                hosts.iter().chain(more.iter().copied()).any(|name| name.base() == *domain)
            }));
        }
        let is_usual = self.notes.days == LEAF_DAYS;
        options.extend((!is_usual).then(|| shell_line!("--days {}", self.notes.days.to_string())));
        options.extend(trust_option(is_trusted));
        options.extend(self.notes.site.options());
        shell_line!("{labtrust setup {}{}}", host, Options(&options))
    }

    /// The error of a sealed CA that would have to sign something `more`, such as "another certificate".
    pub(crate) fn refuse_to_sign(&self, more: &str, hint: Hint) -> Result<()> {
        if !self.is_sealed() {
            return Ok(());
        }
        let what = format!("{more} needs a signature, but this CA is sealed: its key no longer exists");
        Err(fail(what, hint))
    }

    /// Refuses this CA if it has ended. The hint sets this machine up again, with the names of `leaf`.
    pub(crate) fn refuse_ended(&self, leaf: Option<&Parsed>, now: OffsetDateTime) -> Result<()> {
        let mut all = self.intermediates.iter().chain([&self.root]);
        match all.find(|one| one.not_after < now).and_then(|ended| ended.out_of_date(now)) {
            None => Ok(()),
            Some(what) => Err(fail(
                what,
                hint!(
                    "check this machine's clock (date); if it is right, create a new CA: {labtrust setup --undo}; {}",
                    self.setup_line_with_ca(leaf, true)
                ),
            )),
        }
    }

    /// The options with which setup made this CA; `is_named` tells the hosts that its certificate has anyway.
    fn scope_options(&self, is_named: impl Fn(&Host) -> bool) -> Vec<ShellLine> {
        let permitted = &self.root.permitted;
        let domains =
            permitted.hosts().into_iter().filter(|host| matches!(host, Host::Dns(_)) && !is_named(host));
        let mut options: Vec<_> =
            domains.map(|domain| shell_line!("--permit {}", domain.to_string())).collect();
        if self.is_sealed() {
            // Its certificates have all names that it can sign.
            options = vec!["--sealed".into()];
        }
        options.extend(permitted.is_everything().then(|| ShellLine::from("--no-constraints")));
        let is_p384 = *self.root.public_key().kind() == KeyKind::P384;
        options.extend(is_p384.then(|| ShellLine::from("--key-type p384")));
        options
    }

    /// The command that sets this machine up for the hosts that its gitlab.rb names now, with trust in this machine's
    /// stores if the CA `is_trusted` there. It works only where a gitlab.rb decides on the hosts.
    fn setup_line_as_configured(&self, is_trusted: bool) -> ShellLine {
        let mut options = Vec::from_iter(trust_option(is_trusted));
        options.extend(self.is_sealed().then(|| ShellLine::from("--sealed")));
        options.extend(self.notes.site.options());
        let line = shell_line!("{labtrust setup{}}", Options(&options));
        if self.root.is_ca() { line } else { line.with(["--self-signed"]) }
    }

    /// The commands after which the server has a certificate for `host`, which gitlab.rb names; `is_gitlabs` tells
    /// whether GitLab itself is there, and `is_trusted` whether this machine's stores have the CA.
    pub(crate) fn lines_for(&self, host: &Host, is_gitlabs: bool, is_trusted: bool) -> Vec<ShellLine> {
        let setup = self.setup_line_as_configured(is_trusted);
        let next = self.next.as_ref().ok().and_then(Option::as_deref);
        match host {
            _ if self.is_given() => vec![with_key(Some(&setup))],
            _ if self.can_sign(host) => vec![setup],
            _ if next.is_some_and(|next| next.can_sign(host)) => vec!["{labtrust rotate}".into()],
            _ if self.is_sealed() && !is_gitlabs => {
                vec![shell_line!("{labtrust rotate start --sealed --name {}}", host.to_string())]
            }
            // The clients of a host that is no more need another command in any case.
            Host::Dns(name) if !is_gitlabs => vec![shell_line!("{labtrust rotate start --permit {}}", name)],
            _ => vec!["{labtrust setup --undo}".into(), setup],
        }
    }

    /// Whether no certificate of this CA forbids `host`. A sealed CA signs no more: its certificates need to have it.
    pub(crate) fn can_sign(&self, host: &Host) -> bool {
        if self.is_sealed() {
            return self.periods.iter().all(|leaf| leaf.covers(host));
        }
        let name = SubjectName::from(host.clone());
        self.intermediates.iter().chain([&self.root]).all(|one| one.permitted.permits(&name))
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
        self.client_line_at(&registry)
    }

    /// The same for a client that reaches the server at `registry`.
    pub(crate) fn client_line_at(&self, registry: &str) -> ShellLine {
        let line = shell_line!("labtrust trust {} --fingerprint {}", registry, self.root.fingerprint());
        let next = self.next.as_ref().ok().and_then(Option::as_deref);
        let named = next.filter(|next| self.needs_fingerprint_of(next));
        match named {
            Some(next) => line.with(["--next".to_owned(), next.root.fingerprint().to_string()]),
            None => line,
        }
    }
}

#[cfg(test)]
mod tests;

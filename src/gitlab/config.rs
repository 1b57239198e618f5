//! The settings of gitlab.rb that matter for certificates: GitLab's URLs, and the files that nginx serves.

mod address;

use std::{path::PathBuf, sync::Arc};

use labtrust_plan::Endpoint;

pub(crate) use self::address::{Address, url};
use super::{
    line::Line,
    role::Role,
    ruby::{Evaluation, Script, Setting, Target, Value, is_setting},
    sources::{Fetched, Sources},
};

/// GitLab's configuration, as far as it concerns certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    script: Script,
    sources: Arc<Sources>,
    /// Why GitLab's own Ruby did not evaluate it, if it was asked.
    ruby_stopped: Option<String>,
}

/// The value of a setting, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known<T> {
    /// The setting is not set.
    Unset,
    /// The setting has this value.
    Is(T),
    /// Only Ruby can compute the value, or the value is invalid; with the line that sets it.
    Computed(Line),
}

impl<T> Known<T> {
    /// The value, if it is known.
    pub(crate) fn known(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Unset | Self::Computed(_) => None,
        }
    }
}

const OFF: Value = Value::Switch(false);

impl Config {
    /// Reads gitlab.rb, which overrides what a container's `environment` sets, without the files that it makes Ruby read.
    pub(crate) fn read(environment: &str, gitlab_rb: &str) -> Self {
        Self::gather(environment, gitlab_rb, &|_| Fetched::Not("labtrust does not read it here".into()))
    }

    /// Reads gitlab.rb, a container's `environment`, and with `fetch` the files that both make Ruby read.
    pub(crate) fn gather(environment: &str, gitlab_rb: &str, fetch: &dyn Fn(&Target) -> Fetched) -> Self {
        let (sources, script) = Sources::gather(environment, gitlab_rb, fetch);
        Self { script, sources: Arc::new(sources), ruby_stopped: None }
    }

    /// The configuration with `gitlab_rb` in place of the present one.
    pub(crate) fn with(&self, gitlab_rb: &str) -> Self {
        Self { script: self.sources.settings(gitlab_rb), ..self.clone() }
    }

    /// The same configuration, with what GitLab's own Ruby makes of it, or why it stopped.
    pub(crate) fn evaluated(&self, answer: Result<Evaluation, String>) -> Self {
        match answer {
            Ok(evaluation) => {
                let sources = Arc::new(self.sources.evaluated(evaluation.clone()));
                let script = Script { evaluation: Some(evaluation), ..self.script.clone() };
                Self { script, sources, ruby_stopped: None }
            }
            Err(why) => Self { ruby_stopped: Some(why), ..self.clone() },
        }
    }

    /// A message about GitLab's own Ruby, if it was asked for the settings and stopped.
    pub(crate) fn ruby_stopped(&self) -> Option<String> {
        let why = self.ruby_stopped.as_ref()?;
        Some(format!("GitLab's own Ruby cannot compute the settings: {why}"))
    }

    /// Whether only Ruby can tell one of the settings at `paths`.
    pub(crate) fn needs_ruby(&self, paths: &[Vec<&str>]) -> bool {
        let is_computed = |path: &Vec<&str>| {
            self.script.written(path).is_some_and(|setting| setting.value == Value::Computed)
        };
        !self.script.includes.is_empty() || paths.iter().any(is_computed)
    }

    /// The other files that GitLab reads.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The URL of the server `role`.
    pub(crate) fn address(&self, role: Role) -> Known<Address> {
        Self::address_of(self.script.last(&[role.url()]), role)
    }

    /// The URL of the server `role`, unless a file that labtrust cannot follow may set it again.
    pub(crate) fn final_address(&self, role: Role) -> Option<Address> {
        let is_final = |setting: &Setting| self.script.evaluation.is_some() || self.script.is_final(setting);
        Self::address_of(self.script.last(&[role.url()]).filter(is_final), role).known()
    }

    /// The URL of the server `role`, if it is written and not computed.
    pub(crate) fn written_address(&self, role: Role) -> Known<Address> {
        let written = self.script.written(&[role.url()]);
        match written.as_ref().filter(|written| written.value == Value::Computed) {
            Some(computed) => Known::Computed(Line::of(computed)),
            None => self.address(role),
        }
    }

    /// Why labtrust cannot read the URL of the server `role` from the line that sets it.
    pub(crate) fn why_no_url(&self, role: Role) -> &'static str {
        let written = self.script.written(&[role.url()]);
        let Some(setting) = written.filter(|written| written.value == Value::Computed) else {
            return "this is not a URL of a host";
        };
        // The value may be plain, and the statement run only under a condition.
        let is_conditional = !setting.text.starts_with(role.url())
            || [" if ", " unless "].iter().any(|word| setting.text.contains(word))
            || Script::read(&setting.text)
                .written(&[role.url()])
                .is_some_and(|one| one.value != Value::Computed);
        if setting.text.contains("ENV") {
            "it takes the value from the environment"
        } else if is_conditional {
            "it holds only under a condition"
        } else {
            "only Ruby can compute the value"
        }
    }

    /// The line that was meant to set GitLab's URL, and sets only a local variable.
    pub(crate) fn local_url(&self) -> Option<Line> {
        self.script.last_inert(&[Role::Gitlab.url()]).as_ref().map(Line::of)
    }

    fn address_of(setting: Option<Setting>, role: Role) -> Known<Address> {
        let Some(setting) = setting else { return Known::Unset };
        match &setting.value {
            Value::Nil => Known::Unset,
            Value::Text(text) => {
                Address::read(text, role).map_or_else(|| Known::Computed(Line::of(&setting)), Known::Is)
            }
            _ => Known::Computed(Line::of(&setting)),
        }
    }

    /// The certificate file of the server `role`, if gitlab.rb sets one.
    pub(crate) fn certificate(&self, role: Role) -> Known<PathBuf> {
        self.path(role, "ssl_certificate")
    }

    /// The key file of the server `role`, if gitlab.rb sets one.
    pub(crate) fn key(&self, role: Role) -> Known<PathBuf> {
        self.path(role, "ssl_certificate_key")
    }

    /// The port on which nginx listens for `role`, if it is not the URL's port.
    pub(crate) fn listen_port(&self, role: Role) -> Option<u16> {
        let row = role.row();
        let said = match self.nginx(role, row.port).map(|setting| setting.value) {
            Some(Value::Number(port)) => u16::try_from(port).ok(),
            Some(Value::Text(port)) => port.parse().ok(),
            _ => None,
        };
        said.or(row.usual_port)
    }

    /// Whether gitlab.rb tells the port on which nginx listens for `role`, and not only Ruby can.
    pub(crate) fn tells_port(&self, role: Role) -> bool {
        let is_computed = |setting: Setting| setting.value == Value::Computed;
        !self.has_unread_files() && !self.nginx(role, role.row().port).is_some_and(is_computed)
    }

    /// Whether gitlab.rb sets the port on which nginx listens for `role`.
    pub(crate) fn sets_port(&self, role: Role) -> bool {
        self.nginx(role, role.row().port).is_some()
    }

    /// Whether a server in front of GitLab seems to speak to the nginx of `role` in plain HTTP: the URL of `role` does,
    /// and nginx listens on another port than `endpoint`'s.
    pub(crate) fn is_in_front(&self, role: Role, endpoint: &Endpoint) -> bool {
        let is_plain = matches!(self.address(role), Known::Is(address) if !address.https);
        is_plain && self.sets_port(role) && self.listen_port(role) != Some(endpoint.port)
    }

    /// Whether gitlab.rb limits the addresses on which nginx listens for `role`.
    pub(crate) fn listens_on_chosen_addresses(&self, role: Role) -> bool {
        self.nginx(role, "listen_addresses").is_some()
    }

    /// The line, if any, that lets a server other than GitLab's nginx speak TLS with clients. No client then sees a
    /// certificate that is installed in GitLab.
    pub(crate) fn served_elsewhere(&self) -> Option<Line> {
        self.off(&["nginx", "enable"]).or_else(|| self.nginx_line(Role::Gitlab, &["listen_https"], &OFF))
    }

    /// Like [`Self::served_elsewhere`], for `role` only.
    pub(crate) fn role_served_elsewhere(&self, role: Role) -> Option<Line> {
        self.nginx_line(role, &["enable", "listen_https"], &OFF)
    }

    /// The line, if any, that computes in Ruby whether GitLab's own nginx speaks TLS for `role`.
    pub(crate) fn is_tls_computed(&self, role: Role) -> Option<Line> {
        let nginx = self.script.last(&["nginx", "enable"]).filter(|one| one.value == Value::Computed);
        let names: &[&str] =
            if role == Role::Gitlab { &["listen_https"] } else { &["enable", "listen_https"] };
        nginx.as_ref().map(Line::of).or_else(|| self.nginx_line(role, names, &Value::Computed))
    }

    /// The line, if any, that was meant to make another server speak TLS for `role`, and sets only a local variable.
    pub(crate) fn local_tls(&self, role: Role) -> Option<Line> {
        let mut names = ["listen_https", "enable"].into_iter();
        let said = names.find_map(|name| {
            let inert = |path: &[&str]| self.script.last_inert(&[path, &[name]].concat());
            role.row().nginx.into_iter().find_map(inert).filter(|setting| setting.value == OFF)
        });
        said.as_ref().map(Line::of)
    }

    /// Whether gitlab.rb disables the service behind `role`.
    pub(crate) fn is_off(&self, role: Role) -> bool {
        role.row().enable.is_some_and(|path| self.off(&path).is_some())
    }

    /// The line, if any, that disables the registry. A `registry_external_url` would enable it again (omnibus-gitlab,
    /// registry.rb, `parse_registry_external_url`).
    pub(crate) fn registry_off(&self) -> Option<Line> {
        let paths: [&[&str]; 2] = [&["registry", "enable"], &["gitlab_rails", "registry_enabled"]];
        let line = paths.iter().find_map(|path| self.off(path));
        let line = line.or_else(|| self.nginx_line(Role::Registry, &["enable"], &OFF));
        line.filter(|_| self.address(Role::Registry) == Known::Unset)
    }

    /// The line, if any, that names a registry which GitLab's own nginx does not serve. `registry_external_url` would
    /// overwrite that setting (omnibus-gitlab, registry.rb, `parse_registry_external_url`).
    pub(crate) fn external_registry(&self) -> Option<Line> {
        let host = self.script.last(&["gitlab_rails", "registry_host"]);
        let host = host.filter(|setting| setting.path.len() > 1 && setting.value != Value::Nil);
        host.filter(|_| self.address(Role::Registry) == Known::Unset).as_ref().map(Line::of)
    }

    /// Whether each Pages site is a path of one host, and not a subdomain.
    pub(crate) fn are_pages_in_path(&self) -> bool {
        let path = self.script.last(&["gitlab_pages", "namespace_in_path"]);
        path.is_some_and(|setting| setting.value == Value::Switch(true))
    }

    /// Whether port 80 certainly redirects to https.
    pub(crate) fn redirects(&self) -> bool {
        let setting = self.nginx(Role::Gitlab, "redirect_http_to_https");
        let is_https = matches!(self.address(Role::Gitlab), Known::Is(address) if address.https);
        is_https && setting.is_some_and(|setting| setting.value == Value::Switch(true))
    }

    /// Whether Let's Encrypt is certainly disabled. If the setting is unset, GitLab enables it when a certificate or key is
    /// missing.
    pub(crate) fn is_lets_encrypt_off(&self) -> bool {
        self.lets_encrypt() == Known::Is(false)
    }

    /// Whether Let's Encrypt is enabled.
    pub(crate) fn lets_encrypt(&self) -> Known<bool> {
        match self.script.last(&["letsencrypt", "enable"]) {
            None | Some(Setting { value: Value::Nil, .. }) => Known::Unset,
            Some(Setting { value: Value::Switch(on), .. }) => Known::Is(on),
            Some(other) => Known::Computed(Line::of(&other)),
        }
    }

    /// The https URLs of services that no [`Role`] describes: the setting, the line that sets it, and the URL.
    pub(crate) fn unknown_urls(&self) -> Vec<(String, Line, Address)> {
        let mut found: Vec<(String, Line, Address)> = Vec::new();
        for setting in self.script.settings.iter().filter(|setting| !setting.inert) {
            let [name] = setting.path.as_slice() else { continue };
            if !name.ends_with("external_url") || Role::ALL.iter().any(|role| role.url() == name) {
                continue;
            }
            found.retain(|(known, ..)| known != name);
            if let Value::Text(text) = &setting.value
                && let Some(address) = Address::read(text, Role::Kas).filter(|address| address.https)
            {
                found.push((name.clone(), Line::of(setting), address));
            }
        }
        found
    }

    /// Whether a file that labtrust could not follow may set anything.
    pub(crate) fn has_unread_files(&self) -> bool {
        self.script.evaluation.is_none() && !self.script.includes.is_empty()
    }

    /// A message about each line that makes Ruby read another file, if labtrust cannot follow it: that file may set
    /// anything.
    pub(crate) fn unread_files(&self) -> impl Iterator<Item = String> {
        let includes = self.script.includes.iter().filter(|_| self.script.evaluation.is_none());
        includes.map(|include| {
            let (line, why) = (Line::of_include(include), include.why.as_deref().unwrap_or_default());
            let does = match include.target {
                Target::Sent => "changes a setting",
                _ => "reads another file",
            };
            format!("{} {does}, which labtrust cannot follow: `{}`: {why}", line.place(), line.text())
        })
    }

    /// Messages about lines that look right and have no effect, with the correct line.
    pub(crate) fn remarks(&self) -> Vec<String> {
        // A person's own variable may have the name of a setting: `registry = 'git.example.com'`.
        let is_meant = |variable: &Setting| {
            let is_used =
                |other: &Setting| other.inert && other.path.len() > 1 && other.path[0] == variable.path[0];
            matches!(variable.value, Value::Table(_)) || self.script.settings.iter().any(is_used)
        };
        let remark = |setting: &Setting| {
            let path: Vec<&str> = setting.path.iter().map(String::as_str).collect();
            let line = Line::of(setting);
            let line = line.text();
            match path.as_slice() {
                [name] if setting.inert && name.ends_with("external_url") => {
                    Some(format!("`{line}` has no effect: remove the equals sign to set {name}"))
                }
                [name] if setting.inert && is_setting(name) && is_meant(setting) => Some(format!(
                    "`{line}` has no effect, nor has any {name}[…] below it: Ruby takes it as a local variable; write \
                     {name}.merge!(…)"
                )),
                ["letsencrypt", "enabled"] => {
                    Some(format!("`{line}` has no effect: the setting is called letsencrypt['enable']"))
                }
                _ => None,
            }
        };
        self.script.settings.iter().filter_map(remark).collect()
    }

    /// The literal number that `path` is set to.
    pub(super) fn number(&self, path: &[&str]) -> Option<i64> {
        match self.script.last(path)?.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The line that sets `path` to `false`.
    fn off(&self, path: &[&str]) -> Option<Line> {
        self.script.last(path).filter(|setting| setting.value == OFF).as_ref().map(Line::of)
    }

    /// The first of these nginx settings of `role` that has this `value`.
    fn nginx_line(&self, role: Role, names: &[&str], value: &Value) -> Option<Line> {
        let mut found = names.iter().filter_map(|name| self.nginx(role, name));
        found.find(|setting| setting.value == *value).as_ref().map(Line::of)
    }

    fn path(&self, role: Role, name: &str) -> Known<PathBuf> {
        match self.nginx(role, name) {
            None => Known::Unset,
            Some(Setting { value: Value::Text(path), .. }) => Known::Is(path.into()),
            Some(other) => Known::Computed(Line::of(&other)),
        }
    }

    /// A setting of nginx. Since 19.2 it belongs to its service; GitLab still reads the older spelling if the newer one
    /// is not set (omnibus-gitlab, nginx.rb, `translate_service_nginx_settings`).
    fn nginx(&self, role: Role, name: &str) -> Option<Setting> {
        let is_set = |setting: &Setting| setting.value != Value::Nil;
        // A whole hash that Ruby computes for a service tells nothing about this setting.
        let is_near = |setting: &Setting| setting.path.len() > 1 || setting.value != Value::Computed;
        let at = |path: &[&str]| self.script.last(&[path, &[name]].concat()).filter(is_set);
        let [new, old] = role.row().nginx;
        at(new).filter(is_near).or_else(|| at(old))
    }
}

#[cfg(test)]
mod tests;

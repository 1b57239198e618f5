//! What gitlab.rb means for certificates: under which URLs GitLab is met, which files nginx serves,
//! and which lines are missing. It is read, never edited.

use std::path::PathBuf;

use labtrust_platform::{Endpoint, Host};

use super::ruby::{Script, Setting, Value};

/// GitLab's configuration, as far as it says something about certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    script: Script,
}

/// What a setting is known to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// It is not set.
    Unset,
    /// It is this.
    Is(T),
    /// Only Ruby knows, or it makes no sense; with the line as written.
    Computed(String),
}

/// A URL under which something of GitLab's is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether it is https.
    pub https: bool,
    /// Host and port.
    pub endpoint: Endpoint,
    /// The host as GitLab puts it into file names: as written, with an IPv6 address's brackets
    /// (Ruby's `URI#host`).
    pub stem: String,
}

/// The two servers of GitLab's nginx that a registry's clients talk to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// GitLab itself, with the token realm.
    Gitlab,
    /// The container registry.
    Registry,
}

impl Config {
    /// Reads `texts`, each of which overrides those before it.
    pub fn read(texts: &[&str]) -> Self {
        let settings = texts.iter().flat_map(|text| Script::read(text).settings).collect();
        Self { script: Script { settings, ..Script::default() } }
    }

    /// Under which URL the server `role` is met.
    pub fn address(&self, role: Role) -> Known<Address> {
        self.url(match role {
            Role::Gitlab => "external_url",
            Role::Registry => "registry_external_url",
        })
    }

    /// The other URLs, by the name of their settings: Pages, Mattermost and the like, which may have
    /// hosts of their own.
    pub fn others(&self) -> Vec<(String, Known<Address>)> {
        let mut names: Vec<String> = Vec::new();
        for setting in &self.script.settings {
            let [name] = setting.path.as_slice() else { continue };
            if name.ends_with("_external_url") && name != "registry_external_url" && !names.contains(name) {
                names.push(name.clone());
            }
        }
        let address = |name: String| (name.clone(), self.url(&name));
        names.into_iter().map(address).filter(|(_, address)| *address != Known::Unset).collect()
    }

    /// The certificate's file where the server `role` is told to take another than the usual one.
    pub fn certificate(&self, role: Role) -> Known<PathBuf> {
        self.path(role, "ssl_certificate")
    }

    /// The key's file, likewise.
    pub fn key(&self, role: Role) -> Known<PathBuf> {
        self.path(role, "ssl_certificate_key")
    }

    /// The port on which nginx listens for `role`, where it is not the URL's.
    pub fn listen_port(&self, role: Role) -> Option<u16> {
        match self.nginx(role, "listen_port")?.value {
            Value::Number(port) => u16::try_from(port).ok(),
            Value::Text(port) => port.parse().ok(),
            _ => None,
        }
    }

    /// The line, if any, by which something else than GitLab's nginx speaks TLS with clients: no
    /// pair that is placed in GitLab is then seen by anybody.
    pub fn served_elsewhere(&self) -> Option<String> {
        let off = |setting: Option<Setting>| setting.filter(|setting| setting.value == Value::Switch(false));
        off(self.script.last(&["nginx", "enable"]))
            .or_else(|| off(self.nginx(Role::Gitlab, "listen_https")))
            .map(|setting| setting.text)
    }

    /// Whether Let's Encrypt is certainly off. Left unset, it turns itself on when a pair is missing.
    pub fn is_lets_encrypt_off(&self) -> bool {
        self.lets_encrypt() == Known::Is(false)
    }

    /// Whether Let's Encrypt is switched on or off.
    pub fn lets_encrypt(&self) -> Known<bool> {
        match self.script.last(&["letsencrypt", "enable"]) {
            None | Some(Setting { value: Value::Nil, .. }) => Known::Unset,
            Some(Setting { value: Value::Switch(on), .. }) => Known::Is(on),
            Some(other) => Known::Computed(other.text),
        }
    }

    /// The lines without which GitLab does not serve HTTPS under `gitlab` and `registry`, or replaces
    /// the pair by one of Let's Encrypt. Added at the end they win over all above them.
    pub fn lines_to_add(&self, gitlab: &Endpoint, registry: &Endpoint) -> Vec<String> {
        let mut lines = Vec::new();
        for (role, name, endpoint) in
            [(Role::Gitlab, "external_url", gitlab), (Role::Registry, "registry_external_url", registry)]
        {
            let said = self.address(role);
            // What is computed may well be right, and the server itself will tell.
            if !matches!(&said, Known::Is(address) if address.https && address.endpoint == *endpoint)
                && !matches!(said, Known::Computed(_))
            {
                lines.push(format!("{name} \"{}\"", url(endpoint)));
            }
        }
        if !self.is_lets_encrypt_off() {
            lines.push("letsencrypt['enable'] = false".into());
        }
        lines
    }

    /// Lines that look right and do not do what they say, with what to write instead.
    pub fn remarks(&self) -> Vec<String> {
        let remark = |setting: &Setting| {
            let path: Vec<&str> = setting.path.iter().map(String::as_str).collect();
            let line = &setting.text;
            match path.as_slice() {
                [name] if setting.inert => {
                    Some(format!("`{line}` does nothing: without the equals sign, {name} is set"))
                }
                ["letsencrypt", "enabled"] => {
                    Some(format!("`{line}` does nothing: the setting is called letsencrypt['enable']"))
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

    fn url(&self, name: &str) -> Known<Address> {
        let Some(setting) = self.script.last(&[name]) else { return Known::Unset };
        match &setting.value {
            Value::Nil => Known::Unset,
            Value::Text(text) => Address::read(text).map_or(Known::Computed(setting.text), Known::Is),
            _ => Known::Computed(setting.text),
        }
    }

    fn path(&self, role: Role, name: &str) -> Known<PathBuf> {
        match self.nginx(role, name) {
            None => Known::Unset,
            Some(Setting { value: Value::Text(path), .. }) => Known::Is(path.into()),
            Some(other) => Known::Computed(other.text),
        }
    }

    /// A setting of nginx's. Since 19.2 it belongs to its service; the older spelling is still read
    /// where the newer is not set (omnibus-gitlab, nginx.rb, `translate_service_nginx_settings`).
    fn nginx(&self, role: Role, name: &str) -> Option<Setting> {
        let (service, old) = match role {
            Role::Gitlab => ("gitlab_rails", "nginx"),
            Role::Registry => ("registry", "registry_nginx"),
        };
        let is_set = |setting: &Setting| setting.value != Value::Nil;
        // A service's other settings, assigned as a whole, say nothing of this one.
        let is_near = |setting: &Setting| setting.path.len() > 1 || setting.value != Value::Computed;
        let new = self.script.last(&[service, "nginx", name]).filter(is_set).filter(is_near);
        new.or_else(|| self.script.last(&[old, name]).filter(is_set))
    }
}

impl Address {
    /// Reads `https://host:port/` as Omnibus does.
    pub(super) fn read(url: &str) -> Option<Self> {
        let (scheme, rest) = url.trim().split_once("://")?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (stem, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().ok().filter(|port| *port != 0)?)
            }
            _ => (authority, if https { 443 } else { 80 }),
        };
        let host: Host = stem.parse().ok()?;
        Some(Self { https, endpoint: Endpoint::new(host, port), stem: stem.to_owned() })
    }
}

/// The URL under which GitLab is met at `endpoint`.
pub fn url(endpoint: &Endpoint) -> String {
    match endpoint.port {
        443 => format!("https://{}", endpoint.host.in_url()),
        _ => format!("https://{endpoint}"),
    }
}

#[cfg(test)]
mod tests;

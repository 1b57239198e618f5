//! The servers of GitLab's nginx, read from the configuration that Omnibus generates. gitlab.rb shows the wanted state;
//! this shows the state since the last `gitlab-ctl reconfigure`.

use std::path::{Path, PathBuf};

use labtrust_machine::World;

/// A port on which nginx speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listener {
    /// The port inside GitLab.
    pub port: u16,
    /// The server names, as written.
    pub names: Vec<String>,
    /// The certificate's file, as a path inside GitLab.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
    /// Whether it listens on every address, and so on loopback.
    pub is_everywhere: bool,
    /// Whether it expects a proxy's greeting before TLS, so that a plain client gets no answer.
    pub is_proxied: bool,
}

impl Listener {
    /// Whether it serves `host` on `port`.
    pub(crate) fn is_for(&self, host: &str, port: u16) -> bool {
        self.port == port && self.names.iter().any(|name| is_called(name, host))
    }
}

/// Whether the server name `name` matches `host`. For Pages sites it is an expression, `~^(?<group>.*)\.pages\.example\.com$`.
fn is_called(name: &str, host: &str) -> bool {
    let Some(expression) = name.strip_prefix('~') else { return name.eq_ignore_ascii_case(host) };
    let end = format!("{}$", host.replace('.', "\\."));
    expression.strip_suffix(&end).is_some_and(|before| before.ends_with(['^', '.']))
}

/// The listeners in the configuration below `data`, the folder that is `/var/opt/gitlab` inside GitLab; none if there is
/// no configuration, or it cannot be read.
pub(super) fn listeners(world: &World, data: &Path) -> Option<Vec<Listener>> {
    Some(texts(world, data)?.iter().flat_map(|text| read(text)).collect())
}

/// Whether it redirects to https; none if it cannot be read.
pub(super) fn redirects(world: &World, data: &Path) -> Option<bool> {
    Some(texts(world, data)?.iter().any(|text| text.contains("return 301 https://")))
}

fn texts(world: &World, data: &Path) -> Option<Vec<String>> {
    let folder = data.join("nginx/conf");
    let mut found = None;
    // In older versions the services' files lie beside nginx.conf, in newer ones in their own folder
    // (omnibus-gitlab, nginx_helper.rb).
    for folder in [folder.clone(), folder.join("service_conf")] {
        for path in world.list(&folder).ok()? {
            if path.extension().is_some_and(|ending| ending == "conf")
                && let Some(text) = world.read(&path).ok()?
            {
                let text = String::from_utf8_lossy(&text).into_owned();
                found.get_or_insert_with(Vec::new).push(text);
            }
        }
    }
    found
}

/// The listeners of each `server` block in `text`.
pub(super) fn read(text: &str) -> Vec<Listener> {
    let mut found = Vec::new();
    let mut blocks: Vec<bool> = Vec::new();
    let mut server: Vec<Vec<String>> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for token in tokens(text) {
        match token.as_str() {
            "{" => {
                let is_server = words.first().is_some_and(|word| word == "server");
                if is_server {
                    server.clear();
                }
                blocks.push(is_server);
                words.clear();
            }
            "}" => {
                if blocks.pop() == Some(true) {
                    found.extend(listeners_of(&server));
                }
                words.clear();
            }
            ";" => {
                if blocks.last() == Some(&true) {
                    server.push(std::mem::take(&mut words));
                }
                words.clear();
            }
            _ => words.push(token),
        }
    }
    found
}

fn listeners_of(server: &[Vec<String>]) -> Vec<Listener> {
    let directive = |name: &'static str| {
        server.iter().filter(move |words| words.first().is_some_and(|word| word == name))
    };
    let path = |name| directive(name).next().and_then(|words| words.get(1)).map(PathBuf::from);
    let (Some(certificate), Some(key)) = (path("ssl_certificate"), path("ssl_certificate_key")) else {
        return Vec::new();
    };
    let names: Vec<String> = directive("server_name").flat_map(|words| words[1..].to_vec()).collect();
    let mut found: Vec<Listener> = Vec::new();
    for words in directive("listen").filter(|words| words.iter().any(|word| word == "ssl")) {
        let Some(address) = words.get(1) else { continue };
        let (host, port) = address.rsplit_once(':').unwrap_or(("*", address));
        let Ok(port) = port.parse() else { continue };
        let is_everywhere = ["*", "0.0.0.0", "[::]", "127.0.0.1", "localhost"].contains(&host);
        match found.iter_mut().find(|known| known.port == port) {
            Some(known) => known.is_everywhere |= is_everywhere,
            None => found.push(Listener {
                port,
                names: names.clone(),
                certificate: certificate.clone(),
                key: key.clone(),
                is_everywhere,
                is_proxied: words.iter().any(|word| word == "proxy_protocol"),
            }),
        }
    }
    found
}

/// The words, braces and semicolons of `text`, without its comments (nginx, `ngx_conf_read_token`).
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        match (quote, next) {
            (_, '\\') => {
                let word = word.get_or_insert_default();
                word.push(next);
                word.extend(rest.next());
            }
            (Some(mark), _) if next == mark => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(next),
            (None, '"' | '\'') if word.is_none() => {
                quote = Some(next);
                word = Some(String::new());
            }
            (None, '#') if word.is_none() => {
                rest.by_ref().find(|skipped| *skipped == '\n');
            }
            // A variable's name may stand in braces: `${host}`.
            (None, '{') if word.as_ref().is_some_and(|word| word.ends_with('$')) => {
                word.get_or_insert_default().extend(rest.by_ref().take_while(|name| *name != '}'));
            }
            (None, ';' | '{' | '}') => {
                tokens.extend(word.take());
                tokens.push(next.to_string());
            }
            (None, space) if space.is_whitespace() => tokens.extend(word.take()),
            (None, other) => word.get_or_insert_default().push(other),
        }
    }
    tokens.extend(word);
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_omnibus_generates_is_understood() {
        // Shortened from the templates nginx-gitlab-rails.conf.erb and nginx-gitlab-registry.conf.erb.
        let text = r#"
            ## Redirects all HTTP traffic to the HTTPS host; it isn't a TLS server {
            server {
              listen *:80;
              server_name git.example.com;
              location / { return 301 https://git.example.com:443$request_uri; }
            }
            server {
              listen *:443 ssl;
              listen [::]:443 default_server ssl;
              server_name git.example.com;
              ssl_certificate /etc/gitlab/ssl/git.example.com.crt;
              ssl_certificate_key /etc/gitlab/ssl/git.example.com.key;
              if ($http_host = "") { set $http_host_with_default "git.example.com"; }
              location ~ ^/[\w.]+/.git { proxy_pass "http://git\"lab-${host}"; set $x a${host}b; }
            }
            server {
              listen 0.0.0.0:4567 proxy_protocol ssl http2;
              server_name git.example.com registry;
              ssl_certificate "/srv/with space/x.crt";
              ssl_certificate_key '/srv/with space/x.key';
            }
            server {
              listen 192.0.2.10:9443 ssl;
              listen unix:/run/x.sock ssl;
              server_name apart;
              ssl_certificate /x.crt;
              ssl_certificate_key /x.key;
            }
            server { listen *:8060; server_name localhost; }
        "#;
        let listener = |port, names: &[&str], stem: &str| Listener {
            port,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            certificate: format!("{stem}.crt").into(),
            key: format!("{stem}.key").into(),
            is_everywhere: port != 9443,
            is_proxied: port == 4567,
        };
        let found = read(text);
        assert_eq!(
            found,
            [
                listener(443, &["git.example.com"], "/etc/gitlab/ssl/git.example.com"),
                listener(4567, &["git.example.com", "registry"], "/srv/with space/x"),
                listener(9443, &["apart"], "/x"),
            ]
        );
        assert!(found[0].is_for("Git.Example.com", 443));
        assert!(!found[0].is_for("git.example.com", 4567) && !found[0].is_for("other", 443));
    }

    #[test]
    fn the_sites_of_pages_are_known_by_the_name_above_them() {
        for (name, is) in [
            (r"~^(?<group>.*)\.pages\.example\.com$", true),
            (r"~^pages\.example\.com$", true),
            (r"~^(?<group>.*)\.otherpages\.example\.com$", false),
            (r"~^pages\.example\.com", false),
            ("PAGES.example.com", true),
            ("x.pages.example.com", false),
        ] {
            assert_eq!(is_called(name, "pages.example.com"), is, "{name}");
        }
    }
}

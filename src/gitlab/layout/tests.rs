#![allow(clippy::disallowed_methods, reason = "tests set the stage")]

use std::fs;

use labtrust_plan::Command;

use super::*;
use crate::{
    gitlab::container::{Container, tests::inspected},
    hint::hint_of,
};

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

/// A running GitLab in a container, with these folders at `/etc/gitlab` and `/var/opt/gitlab`.
fn container(folder: &Path) -> Installation {
    let (config, data) = (folder.join("config"), folder.join("data"));
    let (config_text, data_text) = (config.display().to_string(), data.display().to_string());
    let mounts = [(config_text.as_str(), "/etc/gitlab"), (data_text.as_str(), DATA)];
    let docker = Command::new("/bin/false", [""; 0]);
    let container = Container::read(&inspected("web", "gitlab/gitlab-ce", &mounts, true), &docker, None);
    let mut installation = Installation::prepared(&config);
    installation.kind = Kind::Container(Box::new(container.expect("a container")));
    installation.running = true;
    installation
}

fn nginx(folder: &Path, text: &str) {
    let conf = folder.join("data/nginx/conf/service_conf");
    fs::create_dir_all(&conf).expect("a folder");
    fs::write(conf.join("gitlab-rails.conf"), text).expect("a file");
}

fn server(host: &str, port: u16, stem: &str) -> String {
    format!(
        "server {{ listen *:{port} ssl; server_name {host}; ssl_certificate {stem}.crt; ssl_certificate_key {stem}.key; }}\n"
    )
}

fn of(installation: &Installation, script: &str, gitlab: &str, registry: &str) -> Result<Layout> {
    Layout::of(
        &World::here(),
        installation,
        &Config::read("", script),
        &endpoint(gitlab),
        &endpoint(registry),
    )
}

fn names(layout: &Layout) -> Vec<String> {
    layout.pair_files.iter().map(|files| files.certificate.display().to_string()).collect()
}

const URLS: &str =
    "external_url 'https://git.example.com'\nregistry_external_url 'https://git.example.com:4567'\n";

#[test]
fn one_pair_for_one_host_and_one_more_for_a_registry_of_its_own() {
    let installation = Installation::prepared(Path::new("/srv/config"));
    for (gitlab, registry, expected) in [
        ("git.example.com:443", "git.example.com:4567", vec!["/srv/config/ssl/git.example.com.crt"]),
        (
            "git.example.com:443",
            "registry.example.com:443",
            vec!["/srv/config/ssl/git.example.com.crt", "/srv/config/ssl/registry.example.com.crt"],
        ),
        ("192.0.2.10:443", "192.0.2.10:4567", vec!["/srv/config/ssl/192.0.2.10.crt"]),
        ("[2001:db8::1]:443", "[2001:db8::1]:4567", vec!["/srv/config/ssl/[2001:db8::1].crt"]),
    ] {
        let layout = of(&installation, "", gitlab, registry).expect("a layout");
        assert_eq!(names(&layout), expected);
        assert_eq!(layout.pair_files[0].key, layout.pair_files[0].certificate.with_extension("key"));
        assert!(layout.served.is_empty() && layout.listening.is_empty());
    }
    let out = Installation::out(Path::new("/srv/out"), None);
    let layout = of(&out, "", "[2001:db8::1]:443", "[2001:db8::1]:4567").expect("a layout");
    assert_eq!(names(&layout), ["/srv/out/2001:db8::1.crt"]);
}

#[test]
fn what_nginx_serves_once_it_has_read_the_pair_is_known_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = container(folder.path());
    let (host, usual) = ("git.example.com", "/etc/gitlab/ssl/git.example.com");
    let both = format!("{}{}", server(host, 443, usual), server(host, 4567, usual));
    for (conf, served, note) in [
        // The container's 443 is this machine's 8443.
        (both.clone(), vec!["git.example.com:8443", "git.example.com:4567"], None),
        (server(host, 443, usual), vec!["git.example.com:8443"], Some("at git.example.com:4567 yet")),
        (server(host, 443, "/elsewhere/x"), vec![], Some("at git.example.com:443 yet")),
        // Somebody in front greets nginx before TLS.
        (
            both.replace("ssl;", "proxy_protocol ssl;"),
            vec![],
            Some("answers only a proxy at git.example.com:443"),
        ),
        // Not on loopback, and nothing answers now.
        (both.replace("*:", "192.0.2.10:"), vec![], Some("nothing answers TLS at git.example.com:443 yet")),
        (server("old.example.com", 443, usual), vec![], Some("at git.example.com:443 yet")),
    ] {
        nginx(folder.path(), &conf);
        let layout =
            of(&installation, URLS, "git.example.com:443", "git.example.com:4567").expect("a layout");
        let found: Vec<_> = layout.served.iter().map(ToString::to_string).collect();
        assert_eq!(found, served, "{conf}");
        assert_eq!(layout.listening.len(), 2);
        assert_eq!(
            names(&layout),
            [folder.path().join("config/ssl/git.example.com.crt").display().to_string()]
        );
        let whys: Vec<_> = layout.promises.iter().map(|promise| promise.why.as_str()).collect();
        match note {
            Some(note) => assert!(whys.iter().any(|line| line.contains(note)), "{whys:?}"),
            // Clients go to 443 all the same.
            None => assert_eq!(
                whys,
                ["GitLab is published on port 8443 of this machine, and git.example.com:443 leads elsewhere"]
            ),
        }
    }
    nginx(folder.path(), &both);
    let mut stopped = installation;
    stopped.running = false;
    let layout = of(&stopped, URLS, "git.example.com:443", "git.example.com:4567").expect("a layout");
    assert!(layout.served.is_empty() && layout.promises[0].why.contains("is not running"), "{layout:?}");
}

#[test]
fn nginx_shows_what_only_ruby_can_tell() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = container(folder.path());
    let (host, own) = ("git.example.com", "/etc/gitlab/ssl/own");
    for (script, port, certificate) in [
        (format!("{URLS}from_file file"), 443, "own"),
        (format!("{URLS}from_file file"), 8080, "own"),
        // The URLs may be in that file, too.
        ("from_file file".to_owned(), 8080, "own"),
        (format!("{URLS}nginx['listen_port'] = port\nnginx['ssl_certificate'] = file"), 8080, "own"),
        (format!("{URLS}registry_nginx['listen_port'] = port"), 443, "git.example.com"),
    ] {
        let stem = format!("/etc/gitlab/ssl/{certificate}");
        let registry = if script.contains("from_file") { own } else { "/etc/gitlab/ssl/git.example.com" };
        nginx(folder.path(), &format!("{}{}", server(host, port, &stem), server(host, 4567, registry)));
        let script = script.replace("= file", &format!("= file\nnginx['ssl_certificate_key'] = '{own}.key'"));
        let layout =
            of(&installation, &script, "git.example.com:443", "git.example.com:4567").expect("a layout");
        let expected = folder.path().join(format!("config/ssl/{certificate}.crt"));
        assert_eq!(names(&layout)[0], expected.display().to_string(), "{script}");
        assert!(!layout.is_reconfigured, "{script}: {layout:?}");
    }
    // Where nginx does not show it either, nothing is claimed.
    nginx(folder.path(), &format!("{}{}", server(host, 8080, own), server(host, 8081, own)));
    let script = format!("{URLS}from_file file");
    let layout = of(&installation, &script, "git.example.com:443", "git.example.com:4567").expect("a layout");
    assert!(!layout.is_reconfigured && layout.served.is_empty(), "{layout:?}");
}

#[test]
fn a_port_that_is_not_met_here_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = container(folder.path());
    for (port, expected) in [("5678", "--publish 5678:5678"), ("5050", "published only on 192.0.2.10:443")] {
        let registry = format!("git.example.com:{port}");
        let script = URLS.replace("4567", port);
        let layout = of(&installation, &script, "git.example.com:443", &registry).expect("a layout");
        assert!(layout.promises.iter().any(|promise| promise.why.contains(expected)), "{layout:?}");
        assert!(layout.listening.iter().all(|here| here.port == 8443), "{:?}", layout.listening);
    }
}

#[test]
fn what_the_configuration_names_is_obeyed() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = container(folder.path());
    let config = folder.path().join("config");
    for (script, gitlab, expected) in [
        (
            "nginx['ssl_certificate'] = '/etc/gitlab/tls/a.crt'\nnginx['ssl_certificate_key'] = '/etc/gitlab/tls/a.key'",
            "git.example.com:443",
            "tls/a.crt",
        ),
        // GitLab takes the host's spelling for the file's name.
        ("external_url 'https://Git.Example.com'", "git.example.com:443", "ssl/Git.Example.com.crt"),
        ("external_url 'https://[2001:DB8:0::1]'", "[2001:db8::1]:443", "ssl/[2001:DB8:0::1].crt"),
        ("external_url 'https://other.example.com'", "git.example.com:443", "ssl/git.example.com.crt"),
    ] {
        let layout = of(&installation, script, gitlab, "git.example.com:4567").expect("a layout");
        assert_eq!(layout.pair_files[0].certificate, config.join(expected), "{script}");
    }
    // What Ruby computes is seen where nginx was told of it.
    nginx(folder.path(), &server("git.example.com", 443, "/etc/gitlab/tls/b"));
    let script = format!("{URLS}nginx['ssl_certificate'] = x\nnginx['ssl_certificate_key'] = y");
    let layout = of(&installation, &script, "git.example.com:443", "git.example.com:4567").expect("a layout");
    assert_eq!(layout.pair_files[0].certificate, config.join("tls/b.crt"));
    assert_eq!(layout.pair_files[0].key, config.join("tls/b.key"));
}

#[test]
fn what_cannot_be_obeyed_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = container(folder.path());
    for (script, what) in [
        (
            "nginx['ssl_certificate'] = x",
            "gitlab.rb:1 sets `nginx['ssl_certificate'] = x`: labtrust cannot compute this path",
        ),
        ("nginx['ssl_certificate'] = '/opt/x.crt'", "/opt/x.crt, which cannot be reached"),
        ("nginx['ssl_certificate'] = 'ssl/x.crt'", "ssl/x.crt, which cannot be reached"),
        (
            "registry_nginx['ssl_certificate'] = '/var/opt/gitlab/registry/gitlab-registry.crt'",
            "among GitLab's own data",
        ),
        (
            "registry['nginx']['ssl_certificate_key'] = '/var/opt/gitlab/gitlab-rails/etc/gitlab-registry.key'",
            "own data",
        ),
        (
            "nginx['ssl_certificate_key'] = '/etc/gitlab/ssl/git.example.com.crt'",
            "for both the certificate and its key",
        ),
        ("nginx['listen_https'] = false", "something in front of GitLab speaks TLS"),
        ("nginx['enable'] = false", "something in front of GitLab speaks TLS"),
        (
            "external_url 'http://git.example.com'\nnginx.merge!('listen_https' => false)",
            "gitlab.rb:2 sets `nginx.merge!('listen_https' => false)`: something in front of GitLab speaks TLS",
        ),
        (
            "nginx['listen_https'] = ENV['TLS'] == 'true'",
            "gitlab.rb:1 sets `nginx['listen_https'] = ENV['TLS'] == 'true'`: labtrust cannot tell whether",
        ),
    ] {
        let error =
            of(&installation, script, "git.example.com:443", "git.example.com:4567").expect_err(script);
        assert!(error.to_string().contains(what), "{error}");
        assert!(hint_of(&error).is_some(), "{error}");
    }
}

#[test]
fn what_nginx_serves_tells_what_ruby_computes() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = container(folder.path());
    let (host, usual) = ("git.example.com", "/etc/gitlab/ssl/git.example.com");
    nginx(folder.path(), &server(host, 443, usual));
    let script =
        format!("{URLS}nginx['listen_https'] = ENV['TLS']\nregistry_nginx['enable'] = ENV['REGISTRY']");
    let layout = of(&installation, &script, "git.example.com:443", "git.example.com:4567").expect("a layout");
    assert_eq!(layout.served, [endpoint("git.example.com:8443")], "where the container publishes it");
    let unseen = layout.promises.iter().filter(|promise| !promise.is_served);
    let whys: Vec<_> = unseen.map(|promise| promise.why.clone()).collect();
    assert!(whys.len() == 1 && whys[0].starts_with("gitlab.rb:4 sets `registry_nginx"), "{whys:?}");
}

#[test]
fn urls_that_are_in_no_row_keep_nginx_from_starting_only_where_it_serves_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = container(folder.path());
    let (host, usual) = ("git.example.com", "/etc/gitlab/ssl/git.example.com");
    let chat = server("chat.example.com", 443, "/etc/gitlab/tls/chat");
    let script =
        format!("{URLS}chat_external_url 'https://chat.example.com'\nown_external_url 'https://{host}/x'\n");
    let gitlab = host.parse().expect("a host");
    let (world, config) = (World::here(), Config::read("", &script));
    let judged = || {
        let layout =
            of(&installation, &script, "git.example.com:443", "git.example.com:4567").expect("a layout");
        let unready = layout.unready(&world, &installation, &config, &gitlab, &|_| true);
        let unready: Vec<_> = unready.iter().map(ToString::to_string).collect();
        (unready, layout.unknown_url_notes(&world, &installation, &config))
    };
    nginx(folder.path(), &server(host, 443, usual));
    let (unready, doubts) = judged();
    assert!(unready.is_empty() && doubts.len() == 1, "{unready:?} {doubts:?}");
    for part in ["gitlab.rb:3 sets `chat_external_url", "ssl/chat.example.com.crt", "reconfigure fails"] {
        assert!(doubts[0].contains(part), "{doubts:?}");
    }
    nginx(folder.path(), &[server(host, 443, usual), chat].concat());
    let (unready, doubts) = judged();
    assert!(unready.len() == 1 && doubts.is_empty(), "{unready:?} {doubts:?}");
    assert!(unready[0].contains("chat_external_url") && unready[0].contains("tls/chat.crt"), "{unready:?}");
    let tls = folder.path().join("config/tls");
    fs::create_dir_all(&tls).expect("a folder");
    for file in ["chat.crt", "chat.key"] {
        fs::write(tls.join(file), "x").expect("a file");
    }
    assert_eq!(judged(), (Vec::new(), Vec::new()));
}

#[test]
fn extra_hosts_have_places_of_their_own_and_never_stand_in_the_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = container(folder.path());
    let usual = |host: &str| format!("/etc/gitlab/ssl/{host}");
    let host = "git.example.com";
    nginx(
        folder.path(),
        &[
            server(host, 443, &usual(host)),
            server(host, 4567, &usual(host)),
            server(r"~^(?<group>.*)\.pages\.example\.com$", 443, "/etc/gitlab/tls/pages"),
            server("kas.example.com", 443, &usual("kas.example.com")),
        ]
        .concat(),
    );
    let script = format!(
        "{URLS}pages_external_url 'https://pages.example.com'\ngitlab_kas_external_url 'wss://kas.example.com'\n\
         gitlab_pages['nginx']['ssl_certificate'] = '/etc/gitlab/tls/pages.crt'\n\
         gitlab_pages['nginx']['ssl_certificate_key'] = '/etc/gitlab/tls/pages.key'\n\
         mattermost_external_url 'https://chat.example.com'\nmattermost_nginx['ssl_certificate'] = x\n"
    );
    let all = of(&installation, &script, "git.example.com:443", "git.example.com:4567").expect("a layout");
    assert_eq!(all.pair_files.len(), 1, "they are yet to be decided on");
    assert!(
        all.notes.iter().any(|note| note.starts_with("Mattermost at chat.example.com gets no certificate")),
        "{:?}",
        all.notes
    );
    let settled = |covered: &str, ours: bool, replace| {
        let mut layout = all.clone();
        let covers = |host: &Host| host.to_string().contains(covered);
        layout
            .assign_extra_hosts(&World::here(), &covers, &|_| ours, replace, "the way on")
            .expect("it is settled");
        let config = folder.path().join("config").display().to_string();
        let pair_files: Vec<_> = names(&layout)[1..].iter().map(|name| name.replace(&config, "")).collect();
        let served: Vec<_> = layout.served[2..].iter().map(ToString::to_string).collect();
        (pair_files, served, layout.notes[1..].concat())
    };
    let (pages, kas) = ("/tls/pages.crt".to_owned(), "/ssl/kas.example.com.crt".to_owned());
    let (site, agents) = ("projects.pages.example.com:8443".to_owned(), "kas.example.com:8443".to_owned());
    assert_eq!(
        settled("", false, false),
        (vec![pages.clone(), kas.clone()], vec![site.clone(), agents.clone()], String::new())
    );
    let (pair_files, served, notes) = settled("kas", false, false);
    assert_eq!((pair_files, served), (vec![kas.clone()], vec![agents.clone()]));
    assert!(
        notes.starts_with("Pages at pages.example.com gets no certificate") && notes.ends_with("the way on"),
        "{notes}"
    );
    // Somebody else's stays, unless it is to be replaced.
    fs::create_dir_all(folder.path().join("config/tls")).expect("a folder");
    fs::write(folder.path().join("config/tls/pages.crt"), "somebody else's").expect("a file");
    let (pair_files, _, notes) = settled("", false, false);
    assert_eq!(pair_files, [kas.as_str()]);
    assert!(
        notes.contains("Pages at pages.example.com keeps its certificate, which labtrust did not create"),
        "{notes}"
    );
    for (ours, replace) in [(true, false), (false, true)] {
        assert_eq!(settled("", ours, replace).0, [pages.as_str(), kas.as_str()]);
    }
}

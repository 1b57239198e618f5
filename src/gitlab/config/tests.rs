use super::*;

fn address(script: &str) -> String {
    match Config::read("", script).address(Role::Gitlab) {
        Known::Unset => "unset".into(),
        Known::Computed(line) => format!("computed: {}", line.text()),
        Known::Is(Address { https, endpoint, stem }) => {
            format!("{} {endpoint} {stem}", if https { "https" } else { "http" })
        }
    }
}

#[test]
fn urls_become_endpoints_and_file_names() {
    for (script, expected) in [
        ("external_url 'https://git.example.com'", "https git.example.com:443 git.example.com"),
        ("external_url 'https://Git.Example.com:8443/gitlab'", "https git.example.com:8443 Git.Example.com"),
        ("external_url 'http://git.example.com/'", "http git.example.com:80 git.example.com"),
        ("external_url 'https://[2001:DB8::1]:8443'", "https [2001:db8::1]:8443 [2001:DB8::1]"),
        ("external_url 'https://192.0.2.10'", "https 192.0.2.10:443 192.0.2.10"),
        ("external_url 'GENERATED_EXTERNAL_URL'", "computed: external_url 'GENERATED_EXTERNAL_URL'"),
        ("external_url ENV['X'] # y", "computed: external_url ENV['X']"),
        ("external_url 'https://h:0'", "computed: external_url 'https://h:0'"),
        ("external_url nil", "unset"),
        ("external_url = 'https://git.example.com'", "unset"),
        ("", "unset"),
    ] {
        assert_eq!(address(script), expected, "{script}");
    }
}

#[test]
fn the_environment_comes_before_the_file() {
    let config = Config::read(
        "external_url 'https://a'; registry_external_url 'https://a:5050'",
        "external_url 'https://b'",
    );
    let hosts = [Role::Gitlab, Role::Registry].map(|role| match config.address(role) {
        Known::Is(address) => address.endpoint.to_string(),
        _ => String::new(),
    });
    assert_eq!(hosts, ["b:443", "a:5050"]);
}

#[test]
fn the_newer_keys_win_where_they_are_set() {
    for (script, role, expected) in [
        ("nginx['ssl_certificate'] = '/a.crt'", Role::Gitlab, Ok("/a.crt")),
        ("gitlab_rails['nginx']['ssl_certificate'] = '/a.crt'", Role::Gitlab, Ok("/a.crt")),
        (
            "gitlab_rails['nginx']['ssl_certificate'] = '/new.crt'\nnginx['ssl_certificate'] = '/old.crt'",
            Role::Gitlab,
            Ok("/new.crt"),
        ),
        (
            "gitlab_rails['nginx']['ssl_certificate'] = nil\nnginx['ssl_certificate'] = '/old.crt'",
            Role::Gitlab,
            Ok("/old.crt"),
        ),
        ("registry_nginx['ssl_certificate'] = '/a.crt'", Role::Registry, Ok("/a.crt")),
        ("registry['nginx']['ssl_certificate'] = '/a.crt'", Role::Registry, Ok("/a.crt")),
        ("nginx['ssl_certificate'] = '/a.crt'", Role::Registry, Err("unset")),
        ("registry = {}", Role::Registry, Err("unset")),
        ("registry['nginx'] = { 'ssl_certificate' => '/a.crt' }", Role::Registry, Ok("/a.crt")),
        ("registry['nginx'] = { 'listen_port' => 5050 }", Role::Registry, Err("unset")),
        ("registry_nginx.merge!('ssl_certificate' => '/a.crt')", Role::Registry, Ok("/a.crt")),
        ("nginx['ssl_certificate'] = '/a.crt'\nnginx.merge!('gzip' => 1)", Role::Gitlab, Ok("/a.crt")),
        ("nginx.merge!('listen_https' => true)", Role::Gitlab, Err("unset")),
        ("nginx.merge!(more)", Role::Gitlab, Err("nginx.merge!(more)")),
        (
            "nginx['ssl_certificate'] = \"/etc/#{x}.crt\"",
            Role::Gitlab,
            Err("nginx['ssl_certificate'] = \"/etc/#{x}.crt\""),
        ),
    ] {
        let found = Config::read("", script).certificate(role);
        let expected = expected.map(PathBuf::from).map_err(str::to_owned);
        let found = match found {
            Known::Is(path) => Ok(path),
            Known::Unset => Err("unset".to_owned()),
            Known::Computed(line) => Err(line.text().to_owned()),
        };
        assert_eq!(found, expected, "{script}");
    }
}

#[test]
fn lines_that_do_nothing_are_named() {
    let remarks = Config::read("", "external_url = 'https://h'\nletsencrypt['enabled'] = false").remarks();
    assert_eq!(remarks.len(), 2);
    assert!(
        remarks[0].contains("external_url = 'https://h'") && remarks[0].contains("equals sign"),
        "{remarks:?}"
    );
    assert!(remarks[1].contains("letsencrypt['enable']"), "{remarks:?}");
}

#[test]
fn a_reverse_proxy_in_front_is_noticed() {
    for (script, expected) in [
        ("nginx['listen_https'] = false", Some("nginx['listen_https'] = false")),
        (
            "gitlab_rails['nginx']['listen_https'] = false",
            Some("gitlab_rails['nginx']['listen_https'] = false"),
        ),
        ("nginx['enable'] = false", Some("nginx['enable'] = false")),
        ("nginx.merge!('listen_https' => false)", Some("nginx.merge!('listen_https' => false)")),
        ("nginx['listen_https'] = true", None),
        ("", None),
    ] {
        let found = Config::read("", script).served_elsewhere();
        assert_eq!(found.as_ref().map(Line::text), expected, "{script}");
    }
}

#[test]
fn tls_that_only_ruby_can_tell_is_noticed() {
    for (script, role, is_computed) in [
        ("nginx['listen_https'] = ENV['TLS'] == 'true'", Role::Gitlab, true),
        ("nginx.merge!('listen_https' => tls)", Role::Gitlab, true),
        ("nginx['listen_https'] = false if proxied", Role::Gitlab, true),
        ("nginx['enable'] = ENV['NGINX']", Role::Gitlab, true),
        ("registry_nginx['enable'] = ENV['NGINX']", Role::Registry, true),
        ("registry_nginx['enable'] = ENV['NGINX']", Role::Gitlab, false),
        ("nginx['listen_https'] = true", Role::Gitlab, false),
        ("nginx['listen_https'] = nil", Role::Gitlab, false),
        ("nginx.merge!('gzip' => on)", Role::Gitlab, false),
        ("", Role::Gitlab, false),
    ] {
        assert_eq!(Config::read("", script).is_tls_computed(role).is_some(), is_computed, "{script}");
    }
}

#[test]
fn urls_of_services_that_are_in_no_row_are_found_with_their_lines() {
    let config = Config::read(
        "",
        "external_url 'https://git.example.com'\npages_external_url 'https://pages.example.com'\n\
         chat_external_url 'https://old.example.com'\nchat_external_url 'https://chat.example.com:8443'\n\
         plain_external_url 'http://plain.example.com'\nagent_external_url 'wss://agent.example.com/x'\n\
         odd_external_url = 'https://odd.example.com'\ngone_external_url 'https://gone.example.com'\n\
         gone_external_url nil\ngitlab_rails['other_external_url'] = 'https://other.example.com'\n",
    );
    let found: Vec<_> = config
        .unknown_urls()
        .iter()
        .map(|(_, line, address)| format!("{line} {}", address.endpoint))
        .collect();
    assert_eq!(
        found,
        [
            "gitlab.rb:4 sets `chat_external_url 'https://chat.example.com:8443'` chat.example.com:8443",
            "gitlab.rb:6 sets `agent_external_url 'wss://agent.example.com/x'` agent.example.com:443",
        ]
    );
}

#[test]
fn files_that_gitlab_rb_has_read_are_noticed() {
    for (script, expected) in [
        ("from_file '/etc/gitlab/site.rb'", Some("gitlab.rb:1 from_file '/etc/gitlab/site.rb'")),
        (
            "external_url 'http://h'\nfrom_file('/x.rb') if File.exist?('/x.rb')",
            Some("gitlab.rb:2 from_file('/x.rb') if File.exist?('/x.rb')"),
        ),
        (
            "Dir['/etc/gitlab/d/*.rb'].each { |one| from_file one }",
            Some("gitlab.rb:1 Dir['…'].each { |one| from_file one }"),
        ),
        ("instance_eval File.read('/x.rb')", Some("gitlab.rb:1 instance_eval File.read('/x.rb')")),
        ("# from_file '/x.rb'", None),
        ("gitlab_rails['from_file'] = 'from_file'", None),
        ("from_file_of_ours 'x'", None),
    ] {
        let found = Config::read("", script).unread_files().next();
        let found =
            found.map(|said| said.replace(" reads another file, which labtrust cannot follow: `", " "));
        let found = found.and_then(|said| Some(said.split_once("`: ")?.0.to_owned()));
        assert_eq!(found.as_deref(), expected, "{script}");
    }
}

#[test]
fn each_server_has_its_own_schemes_and_ports() {
    for (script, role, https, port, listens) in [
        ("external_url 'https://h:8443'", Role::Gitlab, Some(true), 8443, None),
        ("external_url 'wss://h'", Role::Gitlab, None, 0, None),
        (
            "external_url 'https://h'\nnginx['listen_port'] = '8443'",
            Role::Gitlab,
            Some(true),
            443,
            Some(8443),
        ),
        ("pages_external_url 'http://h'", Role::Pages, Some(false), 80, None),
        (
            "pages_external_url 'https://h'\npages_nginx['listen_port'] = 444",
            Role::Pages,
            Some(true),
            443,
            Some(444),
        ),
        // Not the URL's port: KAS's nginx listens on 443 whatever it says.
        ("gitlab_kas_external_url 'wss://h:8150/'", Role::Kas, Some(true), 8150, Some(443)),
        (
            "gitlab_kas_external_url 'ws://h'\ngitlab_kas['nginx']['port'] = 81",
            Role::Kas,
            Some(false),
            80,
            Some(81),
        ),
        ("mattermost_external_url 'https://h'", Role::Mattermost, Some(true), 443, None),
    ] {
        let config = Config::read("", script);
        match config.address(role) {
            Known::Is(address) => {
                assert_eq!((Some(address.https), address.endpoint.port), (https, port), "{script}");
            }
            other => assert_eq!((https, format!("{other:?}").contains("Computed")), (None, true), "{script}"),
        }
        assert_eq!(config.listen_port(role), listens, "{script}");
    }
}

#[test]
fn addresses_that_nginx_listens_on_are_noticed() {
    for (script, chosen) in [
        ("external_url 'http://h'", false),
        ("external_url 'http://h'\nnginx['listen_addresses'] = nil", false),
        ("external_url 'http://h'\nnginx['listen_addresses'] = ['192.0.2.10']", true),
        ("external_url 'http://h'\ngitlab_rails['nginx']['listen_addresses'] = ['192.0.2.10']", true),
    ] {
        assert_eq!(Config::read("", script).listens_on_chosen_addresses(Role::Gitlab), chosen, "{script}");
    }
}

#[test]
fn a_server_that_is_switched_off_is_noticed() {
    for (script, elsewhere) in [
        ("pages_nginx['enable'] = false", true),
        ("gitlab_pages['nginx']['listen_https'] = false", true),
        ("pages_nginx['listen_https'] = true", false),
        ("nginx['listen_https'] = false", false),
    ] {
        assert_eq!(
            Config::read("", script).role_served_elsewhere(Role::Pages).is_some(),
            elsewhere,
            "{script}"
        );
    }
    assert!(Config::read("", "gitlab_kas['enable'] = false").is_off(Role::Kas));
    assert!(!Config::read("", "gitlab_kas['enable'] = false").is_off(Role::Pages));
}

#[test]
fn a_registry_that_gitlabs_nginx_does_not_serve_is_noticed() {
    let host = "gitlab_rails['registry_host'] = 'registry.example.org'";
    for (script, others) in [
        (host.to_owned(), true),
        (format!("{host}\nregistry_external_url 'https://registry.example.org'"), false),
        (format!("{host}\ngitlab_rails['registry_host'] = nil"), false),
        ("gitlab_rails['registry_enabled'] = true".to_owned(), false),
    ] {
        assert_eq!(Config::read("", &script).external_registry().is_some(), others, "{script}");
    }
}

#[test]
fn only_a_hash_in_a_local_variable_was_meant_as_a_setting() {
    for (script, count) in [
        ("registry = { 'enable' => false }", 1),
        ("registry ||= {}\nregistry['enable'] = false", 1),
        ("registry = Hash.new\nregistry['enable'] = false", 1),
        ("registry = 'git.corp.example'\nregistry_external_url \"https://#{registry}:5050\"", 0),
        ("nginx = \"#{node}-nginx\"", 0),
        ("external_url = 'https://git.corp.example'", 1),
    ] {
        assert_eq!(Config::read("", script).remarks().len(), count, "{script}");
    }
}

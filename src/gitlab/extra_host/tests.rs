use super::*;

fn found(script: &str) -> (Vec<String>, Vec<String>) {
    let gitlab = "git.example.com".parse().expect("a host");
    let (found, notes) = ExtraHost::of(&Config::read("", script), &gitlab);
    let line = |extra: &ExtraHost| {
        let names: Vec<_> = extra.names.iter().map(ToString::to_string).collect();
        format!("{}: {}, met at {}", extra.title(), names.join(" "), extra.client_host)
    };
    (found.iter().map(line).collect(), notes)
}

#[test]
fn each_url_becomes_the_names_that_its_clients_call() {
    for (script, expected) in [
        ("", ""),
        (
            "pages_external_url 'https://pages.example.com'",
            "Pages at pages.example.com: pages.example.com *.pages.example.com, met at projects.pages.example.com",
        ),
        (
            "pages_external_url 'https://pages.example.com'\ngitlab_pages['namespace_in_path'] = true",
            "Pages at pages.example.com: pages.example.com, met at pages.example.com",
        ),
        ("pages_external_url 'https://192.0.2.9'", "Pages at 192.0.2.9: 192.0.2.9, met at 192.0.2.9"),
        ("pages_external_url 'http://pages.example.com'", ""),
        ("pages_external_url 'https://pages.example.com'\ngitlab_pages['enable'] = false", ""),
        (
            "gitlab_kas_external_url 'wss://kas.example.com/'",
            "KAS at kas.example.com: kas.example.com, met at kas.example.com",
        ),
        ("gitlab_kas_external_url 'ws://kas.example.com/'", ""),
        // A path of GitLab's own.
        ("gitlab_kas_external_url 'wss://Git.example.com/-/kubernetes-agent/'", ""),
        (
            "mattermost_external_url 'https://chat.example.com:8443'",
            "Mattermost at chat.example.com: chat.example.com, met at chat.example.com",
        ),
    ] {
        assert_eq!(
            found(script),
            (Some(expected.to_owned()).filter(|line| !line.is_empty()).into_iter().collect(), Vec::new()),
            "{script}"
        );
    }
    let (hosts, notes) = found("pages_external_url ENV['X']\nmattermost_external_url nil");
    assert!(
        hosts.is_empty() && notes.len() == 1 && notes[0].contains("pages_external_url ENV['X']"),
        "{notes:?}"
    );
}

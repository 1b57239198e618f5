use proptest::{prelude::*, string::string_regex};

use super::*;

#[test]
fn a_proxy_is_shown_by_its_scheme_host_and_port() {
    for (value, expected) in [
        ("", ""),
        ("http://proxy:3128", "http://proxy:3128"),
        ("proxy:3128", "proxy:3128"),
        ("proxy", "proxy"),
        ("socks5h://[2001:db8::1]:1080/", "socks5h://[2001:db8::1]:1080/"),
        ("\"http://proxy:3128\"", "\"http://proxy:3128\""),
        ("$http_proxy", "$http_proxy"),
        ("http://alice:secret@proxy:3128/", "http://xxxxx@proxy:3128/"),
        ("alice:secret@proxy:3128", "xxxxx@proxy:3128"),
        ("http://alice:se/cr@e,t@proxy:3128", "http://xxxxx@proxy:3128"),
        ("http://u:SECRET%40host:3128", "http://xxxxx"),
        ("u:SECRET%40host:3128", "xxxxx"),
        ("u:SECRET", "xxxxx"),
        ("http://u:SECRET", "http://xxxxx"),
        ("http://u:SECRET@", "http://xxxxx"),
        ("http://proxy:3128/SECRET", "http://proxy:3128/"),
        ("http://proxy:3128?k=SECRET", "http://proxy:3128"),
        ("SECRET SECRET", "xxxxx"),
        ("$(SECRET)", "xxxxx"),
    ] {
        assert_eq!(Redacted::proxy(value), expected, "{value}");
    }
}

#[test]
fn a_list_is_shown_by_its_hosts_and_networks() {
    for (list, expected) in [
        ("", ""),
        (
            "localhost,127.0.0.1,.example.com,*.lan,10.0.0.0/8",
            "localhost,127.0.0.1,.example.com,*.lan,10.0.0.0/8",
        ),
        (
            "a.example b.example;c:80, ::1,[::1]:80,fe80::/10",
            "a.example b.example;c:80, ::1,[::1]:80,fe80::/10",
        ),
        ("https://a.example:4567/x,\"b\"", "https://a.example:4567/,\"b\""),
        ("a.example,b:secret@c,d", "a.example,xxxxx@c,d"),
        ("alice:sec,ret@proxy:3128", "xxxxx@proxy:3128"),
        ("a.example,alice:sec,ret@proxy", "a.example,xxxxx@proxy"),
        ("u:SECRET@proxy,http://v:SECRET@h", "xxxxx@h"),
        ("u:SECRET,a.example", "xxxxx,a.example"),
        ("SECRET@a,b@c", "xxxxx@a,xxxxx@c"),
    ] {
        assert_eq!(Redacted::no_proxy(list), expected, "{list}");
    }
}

#[test]
fn free_text_loses_what_looks_like_a_secret() {
    for (text, expected) in [
        ("x509: certificate signed by unknown authority", "x509: certificate signed by unknown authority"),
        ("Get \"https://h:4567/v2/\": dial tcp 192.0.2.10:4567: connect: connection refused", ""),
        (
            "parse \"http://u:SECRET\": invalid port \":SECRET\" after host",
            "parse \"http://xxxxx\": invalid port \"xxxxx\" after host",
        ),
        ("proxy http://u:SECRET@h:1 fails", "proxy http://xxxxx@h:1 fails"),
        ("HTTP Basic: Access denied. The provided password or token is incorrect", ""),
        ("Bearer realm=\"https://h/jwt/auth\",service=\"container_registry\"", ""),
        (r#"{"token": "SECRET1"}"#, r#"{"token": "xxxxx"}"#),
        ("the token glpat-SECRETSECRET was revoked", "the token xxxxx was revoked"),
        ("a -----BEGIN PRIVATE KEY-----MIGSECRET-----END PRIVATE KEY----- b", "a xxxxx b"),
        ("a -----BEGIN PRIVATE KEY-----\nMIGSECRET", "a xxxxx"),
        ("sha256 03ef43aa12bd03ef43aa12bd03ef43aa12bd03ef43aa12bd03ef43aa12bd03ef is served", ""),
    ] {
        let expected = if expected.is_empty() { text } else { expected };
        assert_eq!(Redacted::from(text), expected);
    }
}

#[test]
fn a_file_is_a_path_and_not_a_key() {
    for (path, expected) in [
        ("/etc/gitlab/ssl/my host.key", "/etc/gitlab/ssl/my host.key"),
        ("-----BEGIN PRIVATE KEY-----\nMIGH", MARK),
        ("MIGHAgEAMBMGByqGSM49", MARK),
        ("/x\n-----BEGIN", MARK),
    ] {
        assert_eq!(Redacted::path(Path::new(path)), Path::new(expected));
    }
}

/// Secrets of every printable character except the separators of URLs and lists.
fn secret() -> impl Strategy<Value = String> {
    string_regex("[!-~]{9,40}").expect("a pattern").prop_filter("it is a host", |secret| {
        // A text in the form of a host, without a sign of a login, is shown as a host.
        !secret.contains(['@', ',', '/', '?', '#', ';', '|', '"', '\''])
    })
}

/// A token as servers make them.
fn token() -> impl Strategy<Value = String> {
    string_regex("[a-z]{3}[A-Z]{3}[0-9]{2}[A-Za-z0-9]{10,30}").expect("a pattern")
}

proptest! {
    // A failing case is printed; add it as a row above.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_login_is_shown(user in "[a-z]{1,8}", secret in secret(), before in "[a-z]{1,5}\\.example") {
        for login in [format!("{user}:{secret}"), format!("http://{user}:{secret}")] {
            for value in [
                format!("{login}@proxy:3128"),
                format!("{login}%40proxy:3128"),
                login.clone(),
                format!("\"{login}@proxy\""),
                format!("{login}@"),
            ] {
                let shown = Redacted::proxy(&value);
                prop_assert!(!shown.contains(&secret), "{value}: {shown}");
                prop_assert_eq!(&Redacted::proxy(&shown), &shown);
                for list in [format!("{before},{value}"), format!("{value},{before}"), format!("{value},{value}")] {
                    let shown = Redacted::no_proxy(&list);
                    prop_assert!(!shown.contains(&secret), "{list}: {shown}");
                }
                let shown = Redacted::url(&value);
                prop_assert!(!shown.contains(&secret), "{value}: {shown}");
            }
        }
        let shown = Redacted::from(format!("Get \"http://{user}:{secret}@proxy/v2/\": EOF").as_str());
        prop_assert!(!shown.contains(&secret), "{shown}");
    }

    #[test]
    fn no_token_is_shown(token in token(), before in "[a-z ]{0,20}", after in "[a-z .]{0,20}") {
        for text in [
            format!("{before} {token} {after}"),
            format!("{before} Bearer {token}"),
            format!("{{\"{before}\": \"{token}\"}}"),
            format!("{{\"token\": \"{}\", \"password\":\"{}\"}}", token.to_lowercase(), token.to_lowercase()),
            format!("{before}?private_token={token}&x={after}"),
            format!("https://h.example/{token}/{after}"),
            format!("-----BEGIN RSA PRIVATE KEY-----\n{token}\n{token}{before}"),
        ] {
            let shown = Redacted::from(text.as_str());
            prop_assert!(!shown.to_lowercase().contains(&token.to_lowercase()), "{text}: {shown}");
            prop_assert_eq!(&Redacted::from(&*shown), &shown);
        }
    }

    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        let _ = (Redacted::from(text.as_str()), Redacted::proxy(&text), Redacted::no_proxy(&text), Redacted::url(&text));
    }
}

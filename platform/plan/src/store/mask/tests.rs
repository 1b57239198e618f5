//! Each setting that hides the CA is named with its place, and no other.

use serde_json::{Value, json};

use super::*;
use crate::{Certificate, fact::SettingsText};

fn anchor() -> Anchor {
    let endpoint = "h.example.com:443".parse().expect("an endpoint");
    Anchor::new(Certificate::new([0x30, 0]), vec![endpoint])
}

/// The facts of `distribution`'s machine where alice runs labtrust, with these files and variables.
fn facts(distribution: &str, files: &[(&str, &str)], variables: &Value) -> Facts {
    let mut facts: Facts = serde_json::from_value(json!({
        "os": "linux",
        "distribution": { "id": distribution, "like": [] },
        "user": { "name": "alice", "uid": 1000, "gid": 1000, "home": "/home/alice" },
        "tools": { "update-ca-certificates": "/usr/sbin/u", "update-ca-trust": "/usr/bin/u" },
        "variables": variables,
    }))
    .expect("facts");
    for (path, text) in files {
        let path = PathBuf::from("/home/alice").join(path);
        facts.texts.insert(path.clone(), SettingsText::new(*text));
        facts.paths.insert(path);
    }
    facts
}

/// The settings that are named, by the text before their programs.
fn named(facts: &Facts, store: &str) -> Vec<String> {
    let steps = found(facts, &anchor(), store);
    steps.iter().map(|step| step.why.split(", which").next().unwrap_or_default().to_owned()).collect()
}

/// A store, a file of alice's or of the machine, its text, and the setting that is named.
const ROWS: &[(&str, &str, &str, &str)] = &[
    (
        "settings",
        ".profile",
        "\nexport REQUESTS_CA_BUNDLE=/x.pem\n",
        "REQUESTS_CA_BUNDLE in /home/alice/.profile, line 2 names /x.pem",
    ),
    (
        "settings",
        ".bashrc",
        "PIP_CERT=$HOME/x.pem",
        "PIP_CERT in /home/alice/.bashrc, line 1 names $HOME/x.pem",
    ),
    (
        "settings",
        ".zshrc",
        "export REQUESTS_CA_BUNDLE=~/x",
        "REQUESTS_CA_BUNDLE in /home/alice/.zshrc, line 1 names ~/x",
    ),
    (
        "settings",
        ".config/environment.d/ca.conf",
        "PIP_CERT=/x",
        "PIP_CERT in /home/alice/.config/environment.d/ca.conf, line 1 names /x",
    ),
    (
        "settings",
        "/etc/environment",
        "REQUESTS_CA_BUNDLE=\"/x\"",
        "REQUESTS_CA_BUNDLE in /etc/environment, line 1 names /x",
    ),
    (
        "settings",
        "/etc/profile.d/ca.sh",
        "export PIP_CERT=/x",
        "PIP_CERT in /etc/profile.d/ca.sh, line 1 names /x",
    ),
    ("settings", ".npmrc", "cafile=/x", "cafile in /home/alice/.npmrc, line 1 names /x"),
    ("settings", ".npmrc", "ca=\"-----BEGIN\"", "ca in /home/alice/.npmrc, line 1 holds CAs of its own"),
    ("settings", "/usr/etc/npmrc", "cafile=/x", "cafile in /usr/etc/npmrc, line 1 names /x"),
    ("settings", ".wgetrc", "ca_directory = /x", "ca_directory in /home/alice/.wgetrc, line 1 names /x"),
    (
        "settings",
        ".config/pip/pip.conf",
        "[global]\ncert=/x",
        "cert in /home/alice/.config/pip/pip.conf, line 2 names /x",
    ),
    ("settings", ".condarc", "ssl_verify: /x", "ssl_verify in /home/alice/.condarc, line 1 names /x"),
    (
        "settings",
        ".bashrc",
        "export CURL_CA_BUNDLE=/x",
        "CURL_CA_BUNDLE in /home/alice/.bashrc, line 1 names /x",
    ),
    (
        "settings",
        ".zshenv",
        "export npm_config_cafile=/x",
        "npm_config_cafile in /home/alice/.zshenv, line 1 names /x",
    ),
    (
        "settings",
        "/etc/profile",
        "export NPM_CONFIG_CAFILE=/x",
        "NPM_CONFIG_CAFILE in /etc/profile, line 1 names /x",
    ),
    (
        "settings",
        ".config/Code/User/settings.json",
        "{\n  \"http.systemCertificates\": false\n}",
        "http.systemCertificates in /home/alice/.config/Code/User/settings.json, line 2 is false",
    ),
    (
        "settings",
        ".config/glab-cli/config.yml",
        "hosts:\n  h.example.com:\n    skip_tls_verify: true",
        "skip_tls_verify in /home/alice/.config/glab-cli/config.yml, line 3 is true",
    ),
    ("git", ".bashrc", "export GIT_SSL_NO_VERIFY=1", "GIT_SSL_NO_VERIFY in /home/alice/.bashrc, line 1 is 1"),
    (
        "git",
        ".profile",
        "export GIT_SSL_CAINFO=/x",
        "GIT_SSL_CAINFO in /home/alice/.profile, line 1 names /x",
    ),
    (
        "git",
        ".gitconfig",
        "[http \"https://h.example.com/group/\"]\nsslCAInfo=/x",
        "sslCAInfo in /home/alice/.gitconfig, line 2 names /x",
    ),
    (
        "git",
        ".gitconfig",
        "[http]\nsslVerify = false",
        "sslVerify in /home/alice/.gitconfig, line 2 is false",
    ),
];

#[test]
fn a_setting_is_named_with_its_file_and_line() {
    for (store, path, text, expected) in ROWS.iter().copied() {
        let facts = facts("debian", &[(path, text)], &json!({}));
        let expected: Vec<_> = Some(expected).filter(|expected| !expected.is_empty()).into_iter().collect();
        assert_eq!(named(&facts, store), expected, "{path}");
        let is_asked = |look: &Look| match look {
            Look::Text(asked) | Look::HomeText(asked) => *asked == path || asked.replace('*', "ca") == path,
            _ => false,
        };
        assert!(looks(store).iter().any(is_asked), "{path}");
    }
}

#[test]
fn each_setting_of_the_table_is_named_where_nothing_extends_it() {
    let text = |setting: &Setting| {
        let value = match setting.kind {
            Kind::File | Kind::Folder | Kind::Text => "/x",
            Kind::Off => setting.off[0],
        };
        let name = setting.name;
        match setting.reader {
            Reader::Shell => format!("export {name}={value}"),
            Reader::Git => format!("[http \"https://h.example.com/group/\"]\n{name} = {value}"),
            Reader::Cargo => format!("[http]\n{name} = \"{value}\""),
            Reader::Code => format!("\"{name}\": {value}"),
            Reader::Conda => format!("{name}: {value}"),
            Reader::Glab => format!("hosts:\n  h.example.com:\n    {name}: {value}"),
            Reader::Npm | Reader::Curl | Reader::Wget | Reader::Pip => format!("{name} = {value}"),
        }
    };
    for setting in SETTINGS {
        let places = PLACES.iter().filter(|place| place.reader == setting.reader);
        for place in places.map(|place| place.path.replace('*', "x")) {
            // Fedora's programs read one bundle, and nothing beside it.
            let mut facts = facts("fedora", &[(&*place, &*text(setting))], &json!({}));
            // git of a person without root reads such a folder beside labtrust's file.
            if setting.kind == Kind::Folder {
                let root = User { name: "root".into(), uid: 0, gid: 0, home: "/root".into() };
                facts.invoker = Some(std::mem::replace(&mut facts.user, root));
            }
            if let Some(program) = setting.needs {
                facts.paths.insert(PathBuf::from("/home/alice").join(program.signs[0]));
            }
            let steps = found(&facts, &anchor(), setting.store);
            let is_named =
                |step: &ByHand| step.why.contains(setting.name) && step.why.contains(setting.programs);
            assert!(steps.iter().any(is_named), "{} in {place}: {steps:?}", setting.name);
        }
    }
}

#[test]
fn what_extends_the_system_store_is_no_mask_where_the_other_half_of_it_stays() {
    let lines = [
        (".profile", "export SSL_CERT_FILE=/x"),
        (".profile", "export CURL_CA_BUNDLE=/x"),
        (".profile", "export CARGO_HTTP_CAINFO=/x"),
        (".curlrc", "cacert /x"),
        (".cargo/config.toml", "[http]\ncainfo = \"/x\""),
    ];
    for line in lines {
        let served = |distribution| {
            let steps = found(&facts(distribution, &[line], &json!({})), &anchor(), "settings");
            steps.iter().filter(|step| !step.is_optional).count()
        };
        assert_eq!((served("debian"), served("fedora")), (0, 1), "{line:?}");
    }
    for folder in [(".profile", "export SSL_CERT_DIR=/x"), (".curlrc", "capath=/x")] {
        let mut facts = facts("debian", &[folder], &json!({}));
        assert_eq!(named(&facts, "settings").len(), 1, "Debian 11 has no cert.pem beside the folder");
        facts.paths.insert("/usr/lib/ssl/cert.pem".into());
        assert_eq!(named(&facts, "settings"), [""; 0]);
    }
}

#[test]
fn a_setting_that_names_the_system_store_or_is_gone_hides_nothing() {
    let bundle = "/etc/ssl/certs/ca-certificates.crt";
    for text in [
        format!("export REQUESTS_CA_BUNDLE={bundle}"),
        "export SSL_CERT_DIR=/x:/etc/ssl/certs".into(),
        "export REQUESTS_CA_BUNDLE=/x\nunset REQUESTS_CA_BUNDLE".into(),
        "# export REQUESTS_CA_BUNDLE=/x".into(),
        "export REQUESTS_CA_BUNDLE=".into(),
    ] {
        assert_eq!(
            named(&facts("debian", &[(".profile", &text)], &json!({})), "settings"),
            [""; 0],
            "{text}"
        );
    }
    let conda = facts("debian", &[(".condarc", "ssl_verify: truststore\n")], &json!({}));
    assert_eq!(named(&conda, "settings"), [""; 0]);
}

#[test]
fn the_systems_bundle_hides_what_a_person_sets_without_root() {
    let bundle = "/etc/ssl/certs/ca-certificates.crt";
    let files =
        [(".profile", format!("export GIT_SSL_CAINFO={bundle}")), (".npmrc", format!("cafile={bundle}"))];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let mut facts = facts("debian", &files, &json!({}));
    let count = |facts: &Facts| ["git", "settings"].map(|store| named(facts, store).len());
    assert_eq!(count(&facts), [1, 1]);
    facts.invoker = Some(std::mem::replace(
        &mut facts.user,
        User { name: "root".into(), uid: 0, gid: 0, home: "/root".into() },
    ));
    assert_eq!(count(&facts), [0, 0]);
}

#[test]
fn a_variable_of_the_environment_is_named_once_with_its_file() {
    let variables = json!({ "REQUESTS_CA_BUNDLE": "/x", "PIP_CERT": "/y" });
    let facts = facts("debian", &[(".profile", "export REQUESTS_CA_BUNDLE=/x")], &variables);
    let expected = [
        "REQUESTS_CA_BUNDLE in /home/alice/.profile, line 1 names /x",
        "PIP_CERT in the environment of this process names /y",
    ];
    assert_eq!(named(&facts, "settings"), expected);
}

#[test]
fn the_bundle_that_a_setting_names_shows_whether_it_has_the_ca() {
    let facts = facts(
        "debian",
        &[(".profile", "export PIP_CERT=~/a.pem\nexport REQUESTS_CA_BUNDLE=$OTHER/b.pem")],
        &json!({}),
    );
    let steps = found(&facts, &anchor(), "settings");
    let proof = Proof::Bundle { path: "/home/alice/a.pem".into(), sha256: anchor().sha256() };
    let done: Vec<_> = steps.iter().map(|step| step.done.clone()).collect();
    assert_eq!(done, [None, Some(Done::Proven(proof))]);
    assert!(steps.iter().all(|step| step.is_optional));
}

#[test]
fn requests_of_debian_reads_the_system_store_and_is_told_from_that_of_pypi() {
    let mut facts = facts("debian", &[(".profile", "export REQUESTS_CA_BUNDLE=/x")], &json!({}));
    facts.paths.insert("/usr/lib/python3/dist-packages/requests".into());
    assert!(found(&facts, &anchor(), "settings").iter().all(|step| !step.is_optional));
}

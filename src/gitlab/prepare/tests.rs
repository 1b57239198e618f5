#![allow(clippy::disallowed_methods, reason = "tests set the stage")]

use std::fs;

use super::*;
use crate::hint::hint_of;

fn target(text: &str) -> Target {
    text.parse().expect("a target")
}

fn design(folder: &Path, host: Option<&str>, registry: Option<&str>, busy: &[u16]) -> Result<Prepared> {
    let (host, registry) = (host.map(target), registry.map(target));
    let is_free = |port: u16| !busy.contains(&port);
    Prepared::design_with(&World::here(), folder, host.as_ref(), registry.as_ref(), &is_free)
}

/// Writes the files of `prepared` as applying it would.
fn write(prepared: &Prepared) {
    for (path, contents, _) in &prepared.files {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, contents.bytes()).expect("a file");
    }
}

#[test]
fn busy_ports_are_left_to_those_who_have_them() {
    for (host, registry, busy, expected) in [
        ("h", None, vec![], ("h:443", "h:4567", 0)),
        ("h", None, vec![443, 80, 22], ("h:8443", "h:4567", 3)),
        ("h", None, vec![4567], ("h:443", "h:5050", 1)),
        ("h", None, vec![443, 8443, 4567, 5050], ("h:9443", "h:5678", 2)),
        ("h:8443", None, vec![], ("h:8443", "h:4567", 1)),
        ("h", Some("h:5000"), vec![], ("h:443", "h:5000", 1)),
        ("h", Some("r"), vec![], ("h:443", "r:4567", 0)),
        ("h", Some("r:443"), vec![], ("h:443", "r:443", 1)),
        ("h:8443", Some("r:8443"), vec![], ("h:8443", "r:8443", 2)),
        ("h", Some("h:443"), vec![], ("h:8443", "h:443", 2)),
        // What is asked for is not given to something else.
        ("h", Some("h:8443"), vec![443], ("h:9443", "h:8443", 2)),
        ("192.0.2.10", None, vec![], ("192.0.2.10:443", "192.0.2.10:4567", 0)),
    ] {
        let prepared = design(Path::new("/nonexistent/x"), Some(host), registry, &busy).expect(host);
        let found = (
            prepared.gitlab.to_string(),
            prepared.registry.to_string(),
            prepared.port_notes(&|_| None).len(),
        );
        assert_eq!((found.0.as_str(), found.1.as_str(), found.2), expected, "{host} {registry:?} {busy:?}");
    }
    let folder = Path::new("/nonexistent/x");
    for (host, registry, busy, what) in [
        (Some("h:8443"), None, vec![8443], "port 8443 of this machine is in use"),
        (Some("h"), Some("h:5000"), vec![5000], "port 5000 of this machine is in use"),
        (Some("h:5000"), Some("h:5000"), vec![], "port 5000 of this machine is in use"),
        (Some("h"), Some("r:443"), vec![443], "port 443 of this machine is in use"),
        (None, None, vec![], "contains no host name for GitLab yet"),
    ] {
        let error = design(folder, host, registry, &busy).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn what_was_chosen_once_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = design(folder.path(), Some("h"), None, &[443, 22, 80, 4567]).expect("a design");
    write(&first);
    // GitLab runs now, so its own ports are busy; and those that were busy then are free.
    let busy = [8443, 8080, 2222, 5050];
    for (host, registry) in
        [(None, None), (Some("h"), None), (Some("h:8443"), Some("h:5050")), (Some("h"), Some("h"))]
    {
        let again = design(folder.path(), host, registry, &busy).expect("a design");
        assert_eq!((&again.gitlab, &again.registry), (&first.gitlab, &first.registry));
        let bytes = |prepared: &Prepared| -> Vec<_> {
            prepared.files.iter().map(|(path, contents, _)| (path.clone(), contents.sha256())).collect()
        };
        assert_eq!(bytes(&again), bytes(&first));
    }
    // A run that was killed before the compose file goes on.
    fs::remove_file(folder.path().join("compose.yaml")).expect("the file");
    let again = design(folder.path(), None, None, &[80]).expect("a design");
    assert_eq!(again.files.len(), 2);
}

#[test]
fn what_people_edited_since_is_theirs() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&design(folder.path(), Some("h"), None, &[]).expect("a design"));
    for name in ["config/gitlab.rb", "compose.yaml"] {
        let path = folder.path().join(name);
        let text = fs::read_to_string(&path).expect("a file");
        fs::write(&path, format!("{text}# mine\n")).expect("a file");
    }
    let again = design(folder.path(), Some("h"), None, &[]).expect("a design");
    assert!(again.files.is_empty() && again.changes().is_empty());
}

#[test]
fn what_is_not_ours_is_refused_by_name() {
    for (name, text, what) in [
        ("compose.yaml", "services: {}", "compose.yaml exists already"),
        ("docker-compose.yml", "services: {}", "docker-compose.yml exists already"),
        (
            "config/gitlab.rb",
            "external_url 'https://other'\nregistry_external_url 'https://other:4567'",
            "gitlab.rb is for https://other",
        ),
        ("config/gitlab.rb", "external_url 'http://h'", "names no https URL"),
        ("config/gitlab.rb", "external_url 'https://h'", "names no https URL"),
        ("config/gitlab.rb", "external_url ENV['X']", "names no https URL"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        let error = design(folder.path(), Some("h"), None, &[]).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
        assert!(hint_of(&error).is_some_and(|hint| hint.as_str().contains("--gitlab")), "{error}");
    }
}

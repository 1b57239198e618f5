use super::*;

fn facts(os: &str) -> Facts {
    let user = |name: &str, uid: u32, home: &str| serde_json::json!({"name": name, "uid": uid, "gid": uid, "home": home});
    let facts = serde_json::json!({"os": os, "user": user("root", 0, "/root"), "invoker": user("alice", 4711, "/home/alice")});
    serde_json::from_value(facts).expect("facts")
}

fn stopped(kind: &str, owner: Option<&User>) -> Engine {
    let engine = serde_json::json!({"kind": kind, "certs_d": "/etc/docker/certs.d", "owner": owner});
    serde_json::from_value(engine).expect("an engine")
}

#[test]
fn a_setting_chooses_an_engine_that_does_not_run() {
    for (os, kind, address, expected) in [
        ("linux", "rootful", "unix:///var/run/docker.sock", true),
        ("linux", "rootless", "unix:///run/user/4711/docker.sock", true),
        ("linux", "desktop", "unix:///home/alice/.docker/desktop/docker.sock", true),
        ("macos", "desktop", "unix:///home/alice/.docker/run/docker.sock", true),
        ("macos", "colima", "unix:///home/alice/.colima/default/docker.sock", true),
        ("linux", "rootful", "unix:///run/user/4711/docker.sock", false),
        ("linux", "rootless", "unix:///run/user/4712/docker.sock", false),
        ("linux", "rootful", "tcp://localhost:2375", false),
    ] {
        let facts = facts(os);
        let owner = facts.invoker.as_ref().filter(|_| kind != "rootful");
        let mut engines = vec![stopped(kind, owner)];
        let context = DockerContext { told_by: "DOCKER_HOST".into(), address: Ok(address.into()) };
        mark_chosen(&mut engines, &facts, Some(&context));
        assert_eq!(engines[0].chosen_by.is_some(), expected, "{kind}, {address}");
    }
}

#[test]
fn paths_are_the_same_through_a_linked_folder_also_without_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let real = tempfile::tempdir_in(&folder).expect("a folder");
    let (real, link) = (real.path(), folder.path().join("link"));
    World::here().link(&link, real).expect("a link");
    assert!(is_same(&real.join("docker.sock"), &link.join("docker.sock")));
    assert!(!is_same(&real.join("docker.sock"), &link.join("other.sock")));
    assert!(!is_same(&real.join("docker.sock"), Path::new("/docker.sock")));
}

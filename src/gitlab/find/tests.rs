#![allow(clippy::disallowed_methods, reason = "tests set the stage")]

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use labtrust_plan::{Actor, ShellLine};

use super::*;
use crate::{
    gitlab::{Configured, Kind, Known, Role, container::tests::inspected},
    hint::hint_of,
};

/// A machine whose Docker client is a script.
struct Stage {
    folder: tempfile::TempDir,
    facts: Facts,
}

impl Stage {
    /// `containers` are lines as `docker inspect` prints them; `status` is what `gitlab-ctl` says.
    fn new(containers: &[String], status: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let docker = folder.path().join("docker");
        let ids: Vec<_> = (0..containers.len()).map(|id| id.to_string()).collect();
        let script = format!(
            "#!/bin/sh\n\
             echo \"$*\" >> '{log}'\n\
             [ \"$1 $2\" = '--host unix:///run/x.sock' ] || exit 9\n\
             shift 2\n\
             case \"$*\" in\n\
             'ps --all --no-trunc --format {{{{.ID}}}}') printf '%s' '{ids}' ;;\n\
             'container inspect --format {{{{json .}}}} '*) cat '{answers}' ;;\n\
             *' gitlab-ctl status') printf '%s\\n' '{status}' ;;\n\
             *' gitlab-ctl hup '*) ;;\n\
             'exec web sh -c '*) for path; do :; done; path='{inside}'$path; [ -e $path ] || exit 44; cat $path ;;\n\
             *) exit 8 ;;\n\
             esac\n",
            ids = ids.join(" "),
            inside = folder.path().join("inside").display(),
            log = folder.path().join("log").display(),
            answers = folder.path().join("answers").display(),
        );
        fs::write(&docker, script).expect("a script");
        fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).expect("a mode");
        fs::write(folder.path().join("answers"), containers.join("\n")).expect("its answers");
        let uid = fs::metadata(folder.path()).expect("an owner").uid();
        let facts = serde_json::json!({
            "os": "linux",
            "user": {"name": "x", "uid": uid, "gid": uid, "home": "/"},
            "tools": {"docker": docker},
            "engines": [
                {"kind": "rootful", "certs_d": "/x", "socket": "/run/x.sock"},
                {"kind": "snap", "certs_d": "/y", "socket": "/run/x.sock"},
            ],
        });
        Self { folder, facts: serde_json::from_value(facts).expect("facts") }
    }

    /// A folder below the stage's.
    fn make(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// Other containers, made from the names of folders that are known by now.
    fn with(&mut self, containers: &[String]) {
        fs::write(self.folder.path().join("answers"), containers.join("\n")).expect("its answers");
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

const RUNNING: &str =
    "run: nginx: (pid 1) 5s; run: log: (pid 2) 5s\nrun: registry: (pid 3) 5s; run: log: (pid 4) 5s";

fn one(config: &Path, image: &str) -> String {
    let config = config.display().to_string();
    inspected("web", image, &[(&config, "/etc/gitlab")], true)
}

#[test]
fn one_container_is_found_with_its_folder_and_its_reload() {
    let mut stage = Stage::new(&["x".into()], RUNNING);
    let config = stage.make("config");
    stage.with(&[
        one(&config, "mirror.example.com/any/name:1"),
        inspected("db", "postgres", &[("/data", "/var/lib/postgresql")], true),
        "not json".into(),
    ]);
    let found = Installation::find(&World::here(), &stage.facts, None).expect("it is found");
    assert!(matches!(&found.kind, Kind::Container(container) if container.name == "web"));
    assert_eq!(found.config, config);
    assert_eq!(found.ssl, config.join("ssl"));
    assert_eq!(found.trusted_certs, Some(config.join("trusted-certs")));
    assert!(found.running);
    let reload: Vec<_> = found.reload.applied.iter().map(ToString::to_string).collect();
    let docker = stage.folder.path().join("docker");
    let docker = docker.display();
    assert_eq!(
        reload,
        [
            format!("{docker} --host unix:///run/x.sock exec web gitlab-ctl hup nginx"),
            format!("{docker} --host unix:///run/x.sock exec web gitlab-ctl hup registry"),
        ]
    );
    let is_root = stage.facts.is_root();
    assert_eq!(found.actor, if is_root { Actor::Machine } else { Actor::Caller });
    assert_eq!(stage.calls().matches("ps --all").count(), 1, "one socket is asked once: {}", stage.calls());
}

#[test]
fn a_stopped_container_has_nothing_to_reload() {
    let mut stage = Stage::new(&["x".into()], RUNNING);
    let config = stage.make("config");
    let path = config.display().to_string();
    stage.with(&[inspected("web", "gitlab/gitlab-ce", &[(&path, "/etc/gitlab")], false)]);
    let found = Installation::find(&World::here(), &stage.facts, None).expect("it is found");
    assert!(!found.running && found.reload.applied.is_empty());
    assert!(!stage.calls().contains("exec"), "{}", stage.calls());
}

#[test]
fn what_is_not_one_gitlab_is_refused_with_the_ways_on() {
    let mut stage = Stage::new(&["x".into()], RUNNING);
    let (a, b) = (stage.make("a"), stage.make("b"));
    let paths = (a.display().to_string(), b.display().to_string());
    let at = |source: &'static str, destination: &'static str| [(source, destination)];
    for (containers, what, hint) in [
        (
            vec![],
            "there is no GitLab on this machine",
            "labtrust trust git.example.com:4567 --fingerprint SHA256",
        ),
        (vec![], "there is no GitLab on this machine", "--prepare DIR"),
        (
            vec![
                inspected("one", "gitlab/gitlab-ce", &[(&paths.0, "/etc/gitlab")], true),
                inspected("two", "gitlab/gitlab-ee", &[(&paths.1, "/etc/gitlab")], false),
            ],
            "more than one GitLab",
            paths.1.as_str(),
        ),
        (
            vec![inspected("git", "sameersbn/gitlab:17", &at("/srv", "/home/git/data"), true)],
            "the container git runs sameersbn's GitLab",
            "labtrust setup git.example.com --out /srv/certs",
        ),
        (
            vec![inspected("git", "gitlab/gitlab-ce", &[], true)],
            "has no volume at /etc/gitlab",
            "labtrust setup git.example.com --out DIR",
        ),
        (
            vec![inspected("git", "gitlab/gitlab-ce", &at("/nonexistent/x", "/etc/gitlab"), true)],
            "does not exist on this machine",
            "--out DIR",
        ),
    ] {
        stage.with(&containers);
        let host = "git.example.com".parse().expect("a host");
        let error = Installation::find(&World::here(), &stage.facts, Some(&host)).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
        let found = hint_of(&error).expect("a hint");
        assert!(found.as_str().contains(hint), "{found}");
    }
}

#[test]
fn an_engine_that_does_not_answer_is_named() {
    let mut stage = Stage::new(&[], RUNNING);
    stage.facts.tools.insert("docker".into(), "/bin/false".into());
    let error = Installation::find(&World::here(), &stage.facts, None).expect_err("nothing is found");
    assert!(
        error.to_string().contains("a container engine did not answer: /bin/false --host unix:///run/x.sock"),
        "{error}"
    );
}

#[test]
fn a_folder_that_is_named_is_matched_with_the_container_that_uses_it() {
    let mut stage = Stage::new(&["x".into()], RUNNING);
    let config = stage.make("gitlab/config");
    let link = stage.folder.path().join("link");
    symlink(&config, &link).expect("a link");
    stage.with(&[one(&config, "gitlab/gitlab-ce")]);
    let world = World::here();
    let at = |folder: &Path| Installation::at(&world, &stage.facts, folder);
    for folder in [&config, &link] {
        let found = at(folder).expect("it is found");
        assert!(matches!(found.kind, Kind::Container(_)) && found.running, "{found:?}");
    }
    for (name, what, hint) in [
        ("gitlab", "holds neither gitlab.rb nor ssl/", "pass the folder that GitLab sees as /etc/gitlab"),
        ("missing", "does not exist", "--prepare"),
    ] {
        let error = at(&stage.folder.path().join(name)).expect_err(what);
        assert!(error.to_string().contains(what), "{error}");
        assert!(hint_of(&error).is_some_and(|found| found.as_str().contains(hint)));
    }
    fs::write(config.join("gitlab.rb"), "").expect("a file");
    let error = at(&stage.folder.path().join("gitlab")).expect_err("it is the folder above");
    assert!(hint_of(&error).is_some_and(|hint| hint.as_str().contains("gitlab/config?")), "{error}");
    let other = stage.make("other");
    fs::create_dir(other.join("ssl")).expect("a folder");
    let found = at(&other).expect("a configuration folder");
    assert!(matches!(found.kind, Kind::Folder) && !found.running && found.reload.applied.is_empty());
    assert_eq!(found.settings(&world).expect("none").address(Role::Gitlab), Known::Unset);
}

#[test]
fn containers_are_read_as_podman_prints_them() {
    let mut stage = Stage::new(&[String::new()], RUNNING);
    let config = stage.make("config");
    let other = inspected("other", "nginx", &[("/srv/x", "/usr/share/nginx")], true);
    let parts = [other, one(&config, "gitlab/gitlab-ce")].map(|one| {
        let value: Value = serde_json::from_str(&one).expect("a document");
        serde_json::to_string_pretty(&value).expect("JSON")
    });
    stage.with(&[format!("[\n{}\n]", parts.join(",\n"))]);
    let found = Installation::find(&World::here(), &stage.facts, None).expect("a GitLab");
    assert_eq!(found.config, config);
}

/// The URL of GitLab and of its registry that `installation` reads, and the place of the latter.
fn urls(installation: &Installation) -> [String; 2] {
    let config = installation.settings(&World::here()).expect("settings");
    [Role::Gitlab, Role::Registry].map(|role| match config.address(role) {
        Known::Is(address) => address.endpoint.to_string(),
        other => format!("{other:?}"),
    })
}

#[test]
fn a_gitlab_rb_that_is_mounted_alone_is_the_one_that_is_read() {
    let mut stage = Stage::new(&["x".into()], RUNNING);
    let config = stage.make("config");
    let own = stage.make("recipe").join("own.rb");
    fs::write(config.join("gitlab.rb"), "").expect("the placeholder");
    fs::write(&own, "from_file '/omnibus_config.rb'\nregistry_external_url 'http://git:5050'")
        .expect("a file");
    fs::write(own.with_file_name("more.rb"), "external_url 'http://git'").expect("a file");
    let paths = [&config, &own, &own.with_file_name("more.rb")].map(|path| path.display().to_string());
    let mounts = [
        (&*paths[0], "/etc/gitlab"),
        (&*paths[1], "/etc/gitlab/gitlab.rb"),
        (&*paths[2], "/omnibus_config.rb"),
    ];
    stage.with(&[inspected("web", "gitlab/gitlab-ce", &mounts, true)]);
    let found = Installation::find(&World::here(), &stage.facts, None).expect("it is found");
    assert_eq!(urls(&found), ["git:80", "git:5050"]);
    assert_eq!((found.gitlab_rb(), found.may_edit()), (own, false));
    assert_eq!(
        found.apply_by_hand(&[]),
        [ShellLine::of(["docker", "--host", "unix:///run/x.sock", "restart", "web"])]
    );
    assert_eq!(found.ssl, config.join("ssl"));
}

#[test]
fn files_that_only_the_container_sees_are_read_there() {
    let mut stage = Stage::new(&["x".into()], RUNNING);
    let config = stage.make("config");
    let inside = stage.make("inside/etc/gitlab");
    fs::write(config.join("gitlab.rb"), "external_url 'http://placeholder'").expect("the placeholder");
    fs::write(inside.join("gitlab.rb"), "external_url 'http://git'\nfrom_file '/opt/site.rb'")
        .expect("a file");
    fs::write(stage.make("inside/opt").join("site.rb"), "registry_external_url 'http://git:5050'")
        .expect("a file");
    let task = |is_task: bool| {
        let mut json: Value = serde_json::from_str(&one(&config, "gitlab/gitlab-ce")).expect("JSON");
        if is_task {
            json["Config"]["Labels"] = serde_json::json!({"com.docker.swarm.service.name": "git_web"});
        }
        json.to_string()
    };
    stage.with(&[task(true)]);
    let found = Installation::find(&World::here(), &stage.facts, None).expect("it is found");
    assert_eq!(urls(&found), ["git:80", "git:5050"]);
    assert_eq!((found.gitlab_rb(), found.may_edit()), (PathBuf::from("/etc/gitlab/gitlab.rb"), false));
    // What is planned begins with the file that GitLab reads.
    fs::write(inside.join("gitlab.rb"), "external_url 'https://git'\nletsencrypt['enable'] = false\n")
        .expect("a file");
    let (world, config_now) = (World::here(), found.settings(&World::here()).expect("settings"));
    let [gitlab, registry] = ["git:443", "git:4567"].map(|text| text.parse().expect("an endpoint"));
    let planned = Configured::plan(&world, &found, &config_now, &gitlab, &registry).expect("a plan");
    let lines = planned.lines(&found);
    assert!(
        !lines.iter().any(|line| line.contains("letsencrypt") || line.starts_with("external")),
        "{lines:?}"
    );
    let apply = found.apply_by_hand(&lines[..1]);
    let [create, update] = apply.as_slice() else { panic!("{apply:?}") };
    let (create, update) = (create.to_string(), update.to_string());
    assert!(create.contains("'registry_external_url '\\''https://git:4567'\\'''; } | docker"), "{create}");
    assert!(update.contains("service update --config-rm \"$(docker"), "{update}");
    assert!(update.ends_with(",target=/etc/gitlab/gitlab.rb git_web"), "{update}");
    // Without a Swarm, the file in the volume is the one; what it names is still inside.
    fs::write(config.join("gitlab.rb"), "from_file '/opt/site.rb'").expect("a file");
    stage.with(&[task(false)]);
    let found = Installation::find(&World::here(), &stage.facts, None).expect("it is found");
    assert_eq!(urls(&found)[1], "git:5050");
    assert_eq!((found.gitlab_rb(), found.may_edit()), (config.join("gitlab.rb"), true));
}

#[test]
fn a_backup_that_mounts_the_same_folder_is_no_gitlab() {
    let mut stage = Stage::new(&["x".into()], RUNNING);
    let config = stage.make("config");
    let backup =
        inspected("backup", "restic/restic", &[(&config.display().to_string(), "/etc/gitlab")], true);
    let mut backup: Value = serde_json::from_str(&backup).expect("JSON");
    backup["Config"]["Env"] = serde_json::json!([]);
    let stopped =
        inspected("web", "gitlab/gitlab-ce", &[(&config.display().to_string(), "/etc/gitlab")], false);
    stage.with(&[backup.to_string(), stopped]);
    let found = Installation::find(&World::here(), &stage.facts, None).expect("it is found");
    let Kind::Container(container) = &found.kind else { panic!("{found:?}") };
    assert_eq!((container.name.as_str(), found.running), ("web", false));
}

//! Every source of a daemon's proxies: the fix edits the source whose value wins, keeps the rest of it, and can be
//! undone.

use super::{NEVER, Scene, ask};
use crate::lab::{Engine, Manager, Proxy, Release};

/// A way to set a proxy, and the file that the fix edits.
struct Place {
    release: Release,
    manager: Manager,
    set: fn(&Engine<'_>, &Proxy<'_>),
    changed: &'static str,
    /// The content of that file after the fix.
    holds: &'static [&'static str],
}

const DROP_INS: &str = "/etc/systemd/system/docker.service.d";

const PLACES: &[Place] = &[
    Place {
        release: Release::Installed,
        manager: Manager::Init,
        set: |engine, proxy| engine.defaults(&format!("export HTTPS_PROXY={}", proxy.url())),
        changed: "/etc/default/docker",
        holds: &["DOCKER_OPTS=", "export NO_PROXY='mygitlab.example.com'"],
    },
    Place {
        release: Release::Current,
        manager: Manager::Init,
        set: |engine, proxy| {
            engine.defaults(&format!("export https_proxy={} no_proxy='a.example, b.example'", proxy.url()));
        },
        changed: "/etc/default/docker",
        holds: &[
            "export NO_PROXY='a.example, b.example,mygitlab.example.com'",
            "export no_proxy='a.example, b.example,mygitlab.example.com'",
        ],
    },
    Place {
        release: Release::Installed,
        manager: Manager::Systemd,
        set: |engine, proxy| {
            engine.drop_in(
                "proxy.conf",
                &format!("Environment=\"HTTPS_PROXY={}\" NO_PROXY=.example", proxy.url()),
            );
        },
        changed: "/etc/systemd/system/docker.service.d/zz-labtrust.conf",
        holds: &["[Service]\nEnvironment=\"NO_PROXY=.example,mygitlab.example.com\"\n"],
    },
    Place {
        release: Release::Current,
        manager: Manager::DebianSystemd,
        set: |engine, proxy| {
            engine.defaults(&format!("HTTPS_PROXY={}\nNO_PROXY=\"a.example, b.example\"", proxy.url()));
        },
        changed: "/etc/default/docker",
        holds: &[
            "NO_PROXY=\"a.example, b.example\"\n",
            "NO_PROXY=\"a.example, b.example,mygitlab.example.com\"",
        ],
    },
    Place {
        release: Release::Current,
        manager: Manager::Systemd,
        set: |engine, proxy| {
            let proxies = format!(r#"{{ "https-proxy": "{}",  "no-proxy": "a.example" }}"#, proxy.url());
            engine.settings(&format!("{{\n\t\"debug\": false,\n\t\"proxies\": {proxies}\n}}\n"));
        },
        changed: "/etc/docker/daemon.json",
        holds: &["\t\"debug\": false,\n", "\"no-proxy\": \"a.example,mygitlab.example.com\" }"],
    },
    // A file without NO_PROXY overrides a drop-in that has one.
    Place {
        release: Release::Current,
        manager: Manager::Systemd,
        set: |engine, proxy| {
            engine.drop_in("proxy.conf", "Environment=NO_PROXY=a.example");
            engine.settings(&format!(r#"{{"proxies": {{"https-proxy": "{}"}}}}"#, proxy.url()));
        },
        changed: "/etc/systemd/system/docker.service.d/zz-labtrust.conf",
        holds: &["NO_PROXY=a.example,mygitlab.example.com"],
    },
];

#[test]
fn the_host_is_added_where_the_value_stands_that_wins_and_taken_away_again() {
    for place in PLACES {
        let machine = machine!("client");
        let scene = Scene::laid(&machine, place.release, place.manager, NEVER);
        (place.set)(&scene.engine, &scene.proxy);
        scene.engine.login().exited(1).says("Service Unavailable");
        let before = machine.manifest();
        ask(&machine).blames("proxy-not-bypassed");
        machine
            .run(["labtrust", "doctor", crate::lab::REGISTRY, "--fix", "--dry-run"])
            .exited(1)
            .says(place.changed);
        assert_eq!(machine.changes_since(&before), [""; 0], "{}", place.changed);

        // Without a restart, the fix only edits the file, and the report says so.
        let output = machine.run(["labtrust", "doctor", crate::lab::REGISTRY, "--fix", "--yes"]);
        output.says("restart");
        scene.engine.login().exited(1);
        let text = machine.read(place.changed);
        for part in place.holds {
            assert!(text.contains(part), "{}: {part:?} in\n{text}", place.changed);
        }
        ask(&machine).blames("proxy-needs-restart");
        scene.fix_and_log_in();

        machine.run(["labtrust", "doctor", "--undo", "--yes", "--restart"]).succeeded();
        assert_eq!(machine.changes_since(&before), [""; 0], "{}", place.changed);
        // If no daemon answers, the docker command of 20.10 contacts the registry itself.
        scene.engine.wait();
        scene.engine.login().exited(1).says("Service Unavailable");
    }
}

#[test]
fn a_host_more_is_added_to_what_was_added_before() {
    let machine = machine!("client");
    let scene = Scene::laid(&machine, Release::Installed, Manager::Systemd, NEVER);
    scene.engine.drop_in("proxy.conf", &format!("Environment=HTTPS_PROXY={}", scene.proxy.url()));
    machine.sh("echo 192.0.2.10 other.example.com >>/etc/hosts").succeeded();
    let before = machine.manifest();
    for host in ["other.example.com:4567", crate::lab::REGISTRY] {
        machine.run(["labtrust", "doctor", host, "--fix", "--restart", "--yes"]);
    }
    let text = machine.read(&format!("{DROP_INS}/zz-labtrust.conf"));
    assert!(text.contains("NO_PROXY=other.example.com,mygitlab.example.com"), "{text}");
    scene.engine.login().succeeded();
    machine.run(["labtrust", "doctor", "--undo", "--yes"]);
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

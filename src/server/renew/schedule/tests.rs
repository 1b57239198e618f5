use labtrust_plan::fact::{Os, User};

use super::*;

fn facts(services: Option<ServiceManager>) -> Facts {
    let root = User { name: "root".into(), uid: 0, gid: 0, home: "/root".into() };
    let mut facts: Facts =
        serde_json::from_value(serde_json::json!({"os": Os::Linux, "user": root})).expect("facts");
    facts.services = services;
    facts.tools.insert("systemctl".into(), "/usr/bin/systemctl".into());
    facts
}

fn scheduler(facts: &Facts, has_cron: bool) -> SchedulerFacts<'_> {
    SchedulerFacts {
        facts,
        has_cron,
        seed: Fingerprint::of(b"a machine"),
        program: "/usr/local/bin/lab trust%".into(),
        state: "/var/lib/labtrust".into(),
        folders: vec!["/etc/gitlab/ssl".into(), "/usr/local/etc/proxy".into()],
    }
}

#[test]
fn systemd_comes_before_cron_and_without_both_there_is_nothing() {
    for (services, has_cron, expected) in [
        (Some(ServiceManager::Systemd), true, Some("/etc/systemd/system/labtrust-renew.timer")),
        (Some(ServiceManager::Sysv), true, Some("/etc/cron.d/labtrust-renew")),
        (None, true, Some("/etc/cron.d/labtrust-renew")),
        (Some(ServiceManager::Openrc), false, None),
    ] {
        let facts = facts(services);
        let change = scheduler(&facts, has_cron).plan();
        assert_eq!(change.as_ref().map(|change| change.subject.as_str()), expected);
    }
}

#[test]
fn odd_paths_are_one_word_to_systemd_and_to_cron() {
    let facts = facts(Some(ServiceManager::Systemd));
    let scheduler = scheduler(&facts, true);
    let text = |change: &Change| match &change.steps[0] {
        Step::Put { contents, .. } => String::from_utf8_lossy(contents.bytes()).into_owned(),
        other => panic!("{other}"),
    };
    let unit = text(&scheduler.timer(Path::new("/usr/bin/systemctl")));
    let line = "ExecStart=\"/usr/local/bin/lab trust%%\" renew --if-expiring --state /var/lib/labtrust\n";
    assert!(unit.contains(line), "{unit}");
    assert!(unit.contains("\nReadWritePaths=-/usr/local/etc/proxy\nNoNew"), "{unit}");
    assert!(!unit.contains('{') && !unit.contains("-/etc/gitlab"), "{unit}");
    let entry = text(&scheduler.entry());
    assert!(entry.contains(r"said=$('/usr/local/bin/lab trust\%' renew --if-expiring"), "{entry}");
    let said = daily(&entry).expect("a time of day");
    assert!(said.starts_with("every day at ") && !entry.contains('{'), "{said} {entry}");
}

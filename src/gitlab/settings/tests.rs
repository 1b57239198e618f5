#![allow(clippy::disallowed_methods, reason = "tests set the stage")]

use std::{fs, path::PathBuf};

use labtrust_machine::World;
use labtrust_plan::{Endpoint, edit::Undone};
use serde_json::Value as Json;

use super::{
    wanted::{SettingRow, Wish},
    *,
};
use crate::gitlab::{
    Address, Config, Installation, Role,
    ruby::Target,
    sources::{Fetched, SourceFile},
    stage::{Stage, folder, is_unset},
};

const HOST: &str = "mygitlab.example.com";

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

/// The settings that setup wants for the case `name`.
fn wanted(name: &str) -> Vec<Wanted> {
    let [gitlab, registry] = [443, 4567].map(|port| endpoint(&format!("{HOST}:{port}")));
    let mut wanted = Wanted::usual(&gitlab, &registry);
    wanted.push(Wanted::literal(&REDIRECT, Value::Switch(true)));
    if name.starts_with("nas") {
        wanted.push(Wanted::literal(&SSH_PORT, Value::Number(2222)));
    }
    wanted
}

/// The changes to `file`, as text.
fn shown(file: &[u8], config: &Config, planned: &Result<Settings, String>) -> String {
    let mut lines: Vec<_> = config.unread_files().map(|unread| format!("! {unread}")).collect();
    match planned {
        Err(why) => lines.push(format!("! gitlab.rb {why}")),
        Ok(settings) => {
            for edit in &settings.edits {
                lines.extend(edit.difference(Some(file)).expect("an edit"));
            }
            lines.extend(settings.conflicts.iter().map(|conflict| format!("? {conflict}")));
            lines.extend(settings.left.iter().map(|left| format!("= {left}")));
        }
    }
    let etc = folder().join("etc").display().to_string();
    lines.into_iter().map(|line| line.replace(&etc, "/etc/gitlab") + "\n").collect()
}

/// The files that a case makes Ruby read: `/etc/gitlab` stands for a folder of the cases.
fn fetched(target: &Target) -> Fetched {
    match target {
        Target::Files { paths, .. } if paths == &["/dev/null"] => {
            let shown = PathBuf::from("/dev/null").into();
            Fetched::Files(vec![SourceFile { inside: "/dev/null".into(), shown, text: String::new() }])
        }
        _ => Installation::prepared(&folder().join("etc")).followed(&World::here(), target),
    }
}

/// What the case `text` sets, and the files that it makes Ruby read.
fn config(text: &[u8]) -> Config {
    Config::gather("", &String::from_utf8_lossy(text), &fetched)
}

/// The value of `row` that GitLab reads.
fn value<'j>(settings: &'j Json, row: &SettingRow) -> &'j Json {
    let get = |path: &&&[&str]| path.iter().fold(settings, |json, key| &json[*key]);
    let mut found = row.paths.iter().map(|path| get(&path)).filter(|found| !is_unset(found));
    found.next().unwrap_or(&Json::Null)
}

#[test]
fn every_gitlab_rb_says_what_is_wanted_with_the_smallest_edit() {
    let mut count = 0;
    for entry in fs::read_dir(folder()).expect("the cases") {
        let path = entry.expect("a case").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if name == "omnibus" || path.extension().is_none_or(|ending| ending != "rb") {
            continue;
        }
        count += 1;
        let before = fs::read(&path).expect("a case");
        let wanted = wanted(&name);
        let config = config(&before);
        let planned = Settings::plan(Some(&before), config.sources(), &wanted);
        let becomes = path.with_extension("becomes");
        let found = shown(&before, &config, &planned);
        if std::env::var_os("LABTRUST_RECORD").is_some() {
            fs::write(&becomes, &found).expect("a record");
        }
        assert_eq!(found, fs::read_to_string(&becomes).expect("a record"), "{name}");
        let Ok(settings) = planned else { continue };
        check(&name, &before, &wanted, &settings);
    }
    assert!(count > 20, "{count}");
}

fn check(name: &str, before: &[u8], wanted: &[Wanted], settings: &Settings) {
    let stage = Stage::new();
    let (then, now) = (stage.settings(before), stage.settings(&settings.after));
    for one in wanted {
        let (was, is) = (value(&then, one.row), value(&now, one.row));
        let holds = match &one.value {
            Wish::Url(endpoint) => {
                let address = Address::read(is.as_str().unwrap_or_default(), Role::Gitlab);
                address.is_some_and(|address| address.https && address.endpoint == *endpoint)
            }
            Wish::Literal(Value::Switch(on)) => is.as_bool() == Some(*on),
            Wish::Literal(Value::Number(number)) => is.as_i64() == Some(*number),
            Wish::Literal(_) => false,
        };
        let is_chosen = one.row.is_choice && !is_unset(was) && was == is;
        assert!(holds || is_chosen, "{name}: {} is {is}", one.row.left_side());
    }
    // All other settings stay.
    let mut both = [then, now];
    for settings in &mut both {
        for row in wanted.iter().flat_map(|one| one.row.paths) {
            let (last, way) = row.split_last().expect("a path");
            let inner = way.iter().try_fold(&mut *settings, |json, key| json.get_mut(*key));
            inner.and_then(Json::as_object_mut).map(|object| object.remove(*last));
        }
        settings.as_object_mut().expect("settings").retain(|_, value| {
            value.as_object_mut().is_none_or(|object| {
                object.retain(|_, value| !is_unset(value));
                !object.is_empty()
            })
        });
    }
    assert_eq!(both[0], both[1], "{name}");
    // A second run changes nothing.
    let again =
        Settings::plan(Some(&settings.after), config(&settings.after).sources(), wanted).expect("a plan");
    assert_eq!((again.edits, again.conflicts), (vec![], vec![]), "{name}");
    // Undoing restores the bytes, last first.
    let mut stages = vec![before.to_vec()];
    for edit in &settings.edits {
        stages.push(edit.apply(stages.last().map(Vec::as_slice)).expect("an edit"));
    }
    for (index, edit) in settings.edits.iter().enumerate().rev() {
        let (then, now) = (&stages[index], &stages[index + 1]);
        assert_eq!(edit.undo(Some(now), Some(then)), Undone::Bytes(then.clone()), "{name}");
    }
}

#![allow(clippy::disallowed_methods, reason = "tests set the stage")]

use std::{fmt::Write, fs, path::Path, process::Command};

use serde_json::Value as Json;

use super::*;
use crate::{
    gitlab::{
        Address, Kind, Role,
        stage::{Stage, folder, is_unset},
    },
    hint::hint_of,
};

/// The settings that a setup may change.
const OURS: [&str; 7] = [
    "/external_url",
    "/registry_external_url",
    "/letsencrypt/enable",
    "/nginx/redirect_http_to_https",
    "/nginx/listen_port",
    "/gitlab_rails/nginx/listen_port",
    "/registry_nginx/listen_port",
];

/// A gitlab.rb, and the command line of its setup, which its first lines tell.
struct Case {
    name: String,
    text: Vec<u8>,
    host: Option<Target>,
    registry: Option<Target>,
    has_ruby: bool,
}

/// A planned setup.
struct Planned {
    gitlab: Endpoint,
    registry: Endpoint,
    configured: Configured,
    layout: Layout,
}

impl Case {
    fn read(path: &Path) -> Self {
        let text = fs::read(path).expect("a case");
        let shown = String::from_utf8_lossy(&text).into_owned();
        let words: Vec<&str> = shown
            .lines()
            .find_map(|line| line.strip_prefix("# setup "))
            .map(|words| words.split(' ').collect())
            .unwrap_or_default();
        let target = |word: &&str| word.parse().expect("a host");
        Self {
            name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
            host: words.first().map(target),
            registry: words.get(2).map(target),
            has_ruby: shown.contains("# with GitLab's own Ruby"),
            text,
        }
    }

    /// What setup plans for gitlab.rb with the `text` in `folder`, which stands for `/etc/gitlab`.
    fn plan(&self, stage: &Stage, folder: &Path, text: &[u8]) -> Result<Planned> {
        let world = World::here();
        fs::write(folder.join("gitlab.rb"), text).expect("a file");
        let mut installation = Installation::prepared(folder);
        installation.kind = Kind::Folder;
        let mut config = installation.settings(&world)?;
        if self.has_ruby {
            config = config.evaluated(stage.evaluation(text));
        }
        installation
            .refuse_unread_files(&config, &TypedCommand { host: "HOST".into(), ..TypedCommand::default() })?;
        let (gitlab, registry) = endpoints(self.host.as_ref(), self.registry.as_ref(), &config)?;
        let configured = Configured::plan(&world, &installation, &config, &gitlab, &registry)?;
        let layout = Layout::of(&world, &installation, &configured.config, &gitlab, &registry)?;
        Ok(Planned { gitlab, registry, configured, layout })
    }
}

/// A copy of the files that the shapes make Ruby read.
fn etc() -> tempfile::TempDir {
    let etc = tempfile::tempdir().expect("a folder");
    let from = folder().join("etc");
    let copied = Command::new("cp").arg("-R").arg(from.join(".")).arg(etc.path()).status();
    assert!(copied.expect("cp").success());
    etc
}

/// `error` and its hint.
fn refused(error: &anyhow::Error) -> String {
    let hint = hint_of(error).map(|hint| hint.as_str().replace('\n', "\n  ")).unwrap_or_default();
    format!("! {error}\n  hint: {hint}\n")
}

fn shown(case: &Case, planned: &Result<Planned>) -> String {
    let mut out = String::new();
    let Planned { gitlab, registry, configured, layout } = match planned {
        Ok(planned) => planned,
        Err(error) => return refused(error),
    };
    writeln!(out, "GitLab at {gitlab}, registry at {registry}").expect("text");
    for files in &layout.pair_files {
        writeln!(out, "{} {}", files.certificate.display(), files.key.display()).expect("text");
    }
    for edit in &configured.settings().edits {
        for line in edit.difference(Some(&case.text)).expect("an edit") {
            writeln!(out, "{line}").expect("text");
        }
    }
    for note in configured.notes(&TypedCommand::default()) {
        writeln!(out, "= {note}").expect("text");
    }
    if !configured.conflicts().is_empty() {
        let host = case.host.as_ref().map_or_else(|| gitlab.host.in_url(), as_typed);
        let typed = case.registry.as_ref().map(|registry| shell_line!("--registry {}", as_typed(registry)));
        let typed = TypedCommand { import: None, host, options: typed.into_iter().collect() };
        out += &refused(&configure::refusal(configured.conflicts(), &typed));
    }
    out
}

/// What Ruby makes of the settings about certificates.
fn seen(settings: &Json) -> String {
    let mut more = OURS.to_vec();
    more.extend([
        "/registry/enable",
        "/registry_nginx/enable",
        "/nginx/listen_https",
        "/nginx/ssl_certificate",
    ]);
    let rows = more.into_iter().filter_map(|path| Some((path, settings.pointer(path)?)));
    rows.filter(|(_, value)| !is_unset(value))
        .fold(String::new(), |text, (path, value)| format!("{text}  {}: {value}\n", &path[1..]))
}

#[test]
fn every_shape_of_gitlab_rb_is_respected_or_asked_about() {
    let mut paths: Vec<_> = fs::read_dir(folder().join("shapes")).expect("the shapes").collect();
    paths.sort_by_key(|entry| entry.as_ref().expect("a shape").path());
    let mut count = 0;
    for entry in paths {
        let path = entry.expect("a shape").path();
        if path.extension().is_none_or(|ending| ending != "rb") {
            continue;
        }
        count += 1;
        let (case, stage, etc) = (Case::read(&path), Stage::new(), etc());
        let planned = case.plan(&stage, etc.path(), &case.text);
        let before = stage.settings_or_error(&case.text);
        let said = match &before {
            Ok(before) => format!("Ruby before\n{}", seen(before)),
            Err(_) => "Ruby fails\n".into(),
        };
        let mut found = shown(&case, &planned) + &said;
        if let (Ok(planned), Ok(before)) = (&planned, before)
            && !planned.configured.settings().edits.is_empty()
        {
            let after = stage.settings(&planned.configured.settings().after);
            write!(found, "Ruby after\n{}", seen(&after)).expect("text");
            check(&case, [before, after], planned);
            let again = case.plan(&stage, etc.path(), &planned.configured.settings().after);
            let again = again.expect(&case.name);
            let settings = again.configured.settings();
            assert_eq!((&*settings.edits, &*settings.conflicts), (&[][..], &[][..]), "{}", case.name);
        }
        let found = found.replace(&etc.path().display().to_string(), "/etc/gitlab");
        let becomes = path.with_extension("becomes");
        if std::env::var_os("LABTRUST_RECORD").is_some() {
            fs::write(&becomes, &found).expect("a record");
        }
        assert_eq!(found, fs::read_to_string(&becomes).unwrap_or_default(), "{}", case.name);
    }
    assert!(count >= 60, "{count}");
}

/// After the edits, Ruby sees the endpoints in https, and all other settings as before.
fn check(case: &Case, mut both: [Json; 2], planned: &Planned) {
    let name = &case.name;
    let address = |path: &str, role| {
        let url = both[1].pointer(path).and_then(Json::as_str);
        url.map(|url| Address::read(url, role).expect(name)).map(|address| (address.https, address.endpoint))
    };
    assert_eq!(address("/external_url", Role::Gitlab), Some((true, planned.gitlab.clone())), "{name}");
    let registry = address("/registry_external_url", Role::Registry);
    assert!(registry.is_none_or(|found| found == (true, planned.registry.clone())), "{name}");
    assert_eq!(both[1].pointer("/letsencrypt/enable"), Some(&Json::Bool(false)), "{name}");
    for settings in &mut both {
        for path in OURS {
            let (way, last) = path.rsplit_once('/').expect("a path");
            let inner = settings.pointer_mut(way).and_then(Json::as_object_mut);
            inner.and_then(|inner| inner.remove(last));
        }
        tidy(settings);
    }
    assert_eq!(both[0], both[1], "{name}");
}

/// Removes what reading a setting made.
fn tidy(json: &mut Json) {
    if let Some(object) = json.as_object_mut() {
        object.values_mut().for_each(tidy);
        object.retain(|_, value| !is_unset(value));
    }
}

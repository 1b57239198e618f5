//! The renderings, from CAs alone: their text is in the snapshots beside this file, and no order makes one panic. The table in
//! docs/fleet.md is made from their rows: with `LABTRUST_UPDATE=1` this test writes it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "it writes a file of the repository when it is asked to")]

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::Path};

use labtrust_plan::{
    Anchor, Certificate, Edit, Facts, Step,
    render::{Order, RENDERINGS, Rendered, Rendering},
    store::{Planned, Store},
};
use serde_json::{Value, json};

/// A CA for these endpoints; its number makes it another one.
fn anchor(number: u8, endpoints: &[&str]) -> Anchor {
    let endpoints = endpoints.iter().map(|text| text.parse().unwrap()).collect();
    Anchor::new(Certificate::new([0x30, 3, 2, 1, number]), endpoints)
}

/// The renderings whose text is the script of `shell` or has its own tests.
const NO_SNAPSHOT: [&str; 2] = ["shell", "ansible"];
/// A file that contains the script of `shell`.
const SCRIPT: &str = "install.sh";

fn described(rendered: &Rendered) -> String {
    let mut text = String::new();
    for file in &rendered.files {
        let kind = if file.is_program { " (a program)" } else { "" };
        let contents = if file.path.ends_with(SCRIPT) { "the script of `shell`\n" } else { &file.contents };
        let _ = write!(text, "=== {}{kind}\n{contents}", file.path);
    }
    text + "=== notes\n" + &rendered.notes.join("\n")
}

#[test]
fn each_rendering_is_as_in_its_snapshot() {
    let old = anchor(1, &["mygitlab.example.com:443", "mygitlab.example.com:4567"]);
    let new = anchor(2, &["mygitlab.example.com:4567", "[2001:db8::1]:4567"]);
    let anchors = [old, new];
    for rendering in RENDERINGS.iter().filter(|rendering| !NO_SNAPSHOT.contains(&rendering.id)) {
        let rendered = (rendering.render)(&Order { anchors: &anchors, is_removal: false }).unwrap();
        insta::assert_snapshot!(format!("render-{}", rendering.id), described(&rendered));
    }
}

#[test]
fn a_policy_that_would_refuse_the_server_is_not_written() {
    let mut anchor = anchor(1, &["mygitlab.example.com:443"]);
    anchor.names = vec!["registry.mygitlab.example.com".into(), "other.example.com".into()];
    let rendered = |id, is_removal| {
        let rendering = RENDERINGS.iter().find(|rendering| rendering.id == id).unwrap();
        (rendering.render)(&Order { anchors: std::slice::from_ref(&anchor), is_removal })
    };
    let script = &rendered("shell", false).unwrap().files[0].contents;
    let line = "refused_1='the server'\\''s certificate is also for other.example.com, and the policy would limit the CA to \
                other names: render it again with --for other.example.com'";
    assert!(script.lines().any(|found| found == line), "{script:.3000}");
    assert!(
        rendered("ansible", false)
            .is_err_and(|refused| refused.hint.as_str().contains("--for other.example.com"))
    );
    assert!(rendered("ansible", true).is_ok());
}

/// The files of a rendering, or its refusal, for `anchors`.
fn outcome(rendering: &Rendering, anchors: &[Anchor], is_removal: bool) -> Option<Rendered> {
    match (rendering.render)(&Order { anchors, is_removal }) {
        Ok(rendered) => Some(rendered),
        Err(refused) => {
            assert!(!refused.what.is_empty() && !refused.hint.as_str().is_empty(), "{}", rendering.id);
            None
        }
    }
}

#[test]
fn every_order_gives_files_or_a_refusal() {
    let long = vec!["a".repeat(61); 4].join(".") + ".exam";
    assert_eq!(long.len(), 252);
    let longest = format!("b{long}");
    let authorities: [Vec<Anchor>; 8] = [
        vec![anchor(1, &["gitlab.example.com:4567"])],
        vec![anchor(1, &["gitlab.example.com:4567"]), anchor(2, &["gitlab.example.com:4567"])],
        vec![anchor(1, &["[2001:db8::1]:4567"])],
        vec![anchor(1, &["gitlab.example.com:443"])],
        vec![anchor(1, &[])],
        vec![anchor(1, &[&format!("{longest}:443")])],
        vec![anchor(1, &[&format!("{longest}:4567")])],
        vec![anchor(1, &["192.0.2.10:4567"]), anchor(2, &[])],
    ];
    for rendering in RENDERINGS {
        for anchors in &authorities {
            for is_removal in [false, true] {
                let Some(rendered) = outcome(rendering, anchors, is_removal) else { continue };
                is_sound(rendering, anchors, &rendered);
            }
        }
        assert!(outcome(rendering, &authorities[0], false).is_some(), "{}", rendering.id);
        assert!(outcome(rendering, &authorities[1], false).is_some(), "{}", rendering.id);
    }
}

fn is_sound(rendering: &Rendering, anchors: &[Anchor], rendered: &Rendered) {
    let id = rendering.id;
    assert!(!rendered.files.is_empty(), "{id}");
    let mut paths = BTreeSet::new();
    for file in &rendered.files {
        assert!(paths.insert(&file.path), "{id}: {} twice", file.path);
        for part in Path::new(&file.path).components() {
            assert!(
                matches!(part, std::path::Component::Normal(name) if name.len() <= 255),
                "{id}: {}",
                file.path
            );
        }
        assert!(!file.contents.contains("PRIVATE KEY"), "{id}: {}", file.path);
        for line in file.contents.lines() {
            let gap = line.split('@').nth(1).is_some_and(|gap| {
                !gap.is_empty() && gap.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
            });
            assert!(!gap, "{id}: {}: a gap is left: {line}", file.path);
        }
    }
    // What is not served is named, and each CA too.
    if let Some(readme) = rendered.files.iter().find(|file| file.path.ends_with("README.md")) {
        for anchor in anchors {
            assert!(readme.contents.contains(&anchor.sha256().to_string()), "{id}");
        }
    }
}

/// The changes of the store `id` on the machine with the recorded facts `machine`.
fn planned(id: &str, machine: &str, anchor: &Anchor) -> Vec<Step> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/machines").join(machine);
    let facts: Facts = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    match (Store::find(id).unwrap().plan)(&facts, anchor) {
        Planned::Changes(changes) | Planned::Partly { changes, .. } => {
            changes.into_iter().flat_map(|change| change.steps).collect()
        }
        other => panic!("{id} on {machine}: {other:?}"),
    }
}

/// The file `name` of the rendering `kind` for `anchor`.
fn file(kind: &str, name: &str, anchor: &Anchor) -> String {
    let order = Order { anchors: std::slice::from_ref(anchor), is_removal: false };
    let rendered = (Rendering::find(kind).unwrap().render)(&order).unwrap();
    rendered.files.into_iter().find(|file| file.path == name).unwrap().contents
}

#[test]
fn policies_are_those_that_are_planned_here() {
    let anchor = anchor(1, &["gitlab.example.com:4567"]);
    let machine = "debian-12-browsers.json";
    let policies: Value = serde_json::from_str(&file("chromium-policies", "labtrust.json", &anchor)).unwrap();
    let steps = planned("chromium-policy", machine, &anchor);
    assert!(!steps.is_empty());
    for step in steps {
        let Step::Edit { edit: Edit::JsonItem { keys, item, .. }, .. } = step else { panic!("{step:?}") };
        assert_eq!(policies[&keys[0]], json!([item]));
    }
    let text = file("firefox-policies", "debian-x86_64/policies.json", &anchor);
    let policies: Value = serde_json::from_str(&text).unwrap();
    let steps = planned("firefox-policy", machine, &anchor);
    assert!(!steps.is_empty());
    for step in steps {
        let Step::Edit { edit: Edit::Json { keys, value }, .. } = step else { panic!("{step:?}") };
        let (_, parents) = keys.split_last().unwrap();
        let devices = parents.iter().fold(&policies, |value, key| &value[key]);
        assert_eq!(devices.as_object().unwrap().values().collect::<Vec<_>>(), [&value]);
    }
}

#[test]
fn files_are_those_that_are_planned_here() {
    let anchor = anchor(1, &["gitlab.example.com:4567"]);
    let user_data = file("cloud-init", "user-data.yaml", &anchor);
    let dockerfile = file("dockerfile", "Dockerfile.debian", &anchor);
    let ci = file("gitlab-ci", "labtrust.gitlab-ci.yml", &anchor);
    for (id, machine, texts) in [
        ("system", "debian-12-docker-podman.json", vec![&dockerfile]),
        ("docker", "debian-12-docker-podman.json", vec![&user_data, &ci]),
    ] {
        for step in planned(id, machine, &anchor) {
            let Step::Put { path, mode: 0o644, .. } = step else { panic!("{step:?}") };
            for text in &texts {
                assert!(text.contains(path.to_str().unwrap()), "{}:\n{text}", path.display());
            }
        }
    }
}

#[test]
fn the_rows_name_stores_that_exist() {
    for rendering in RENDERINGS {
        let unknown = rendering.stores.iter().find(|store| Store::find(store).is_none());
        assert_eq!(unknown, None, "{}", rendering.id);
    }
}

const BEGIN: &str = "<!-- renderings -->\n";
const END: &str = "<!-- end of the renderings -->";

#[test]
fn the_document_has_each_rendering_as_its_row_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fleet.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let row = |rendering: &Rendering| {
        let cells = [&format!("`{}`", rendering.id), rendering.title, rendering.serves, rendering.judged];
        format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
    };
    let head = "| kind | files | what it serves | what judges it in the tests |\n| --- | --- | --- | --- |\n";
    let table = format!("{head}{}", RENDERINGS.iter().map(row).collect::<String>());
    if env::var_os("LABTRUST_UPDATE").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert!(
        found == table,
        "docs/fleet.md is not as the rows say; write it: LABTRUST_UPDATE=1 cargo test -p labtrust-plan --test renderings\n{table}"
    );
}

#[test]
fn the_example_of_the_script_is_as_it_is_rendered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pem = fs::read(folder.join("tests/example-ca.crt")).unwrap();
    let certificate = Certificate::read_all(&pem).0.remove(0);
    let endpoints = ["mygitlab.example.com:443", "mygitlab.example.com:4567"];
    let anchors = [Anchor::new(certificate, endpoints.map(|text| text.parse().unwrap()).to_vec())];
    let shell = Rendering::find("shell").unwrap();
    let rendered = (shell.render)(&Order { anchors: &anchors, is_removal: false }).unwrap();
    let script = &rendered.files[0].contents;
    let path = folder.join("../../scripts/rollout.sh");
    if env::var_os("LABTRUST_UPDATE").is_some() {
        fs::write(&path, script).unwrap();
        return;
    }
    assert!(
        fs::read_to_string(&path).unwrap() == *script,
        "scripts/rollout.sh is not as it is rendered; write it: LABTRUST_UPDATE=1 cargo test -p labtrust-plan --test renderings"
    );
}

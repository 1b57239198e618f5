//! What `--json` prints is as docs/json describes it: each document that a test gets is held to its schema.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use boon::{Compiler, SchemaIndex, Schemas};
use labtrust::{cli, doctor::Evidence};
use serde_json::Value;

/// The file that `doctor --evidence` writes.
const EVIDENCE: &str = "evidence";

/// The verbs, each with its schema.
struct Documents {
    schemas: Schemas,
    of_verb: BTreeMap<String, SchemaIndex>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json")
}

fn verbs() -> Vec<String> {
    cli::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect()
}

impl Documents {
    fn read() -> Self {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        let mut compile = |name: &str| {
            let path = folder().join(format!("{name}.schema.json"));
            compiler.compile(path.to_str().unwrap(), &mut schemas).unwrap_or_else(|error| panic!("{error:#}"))
        };
        let verbs = verbs().into_iter().chain(["error".to_owned(), EVIDENCE.to_owned()]);
        let of_verb = verbs.map(|verb| (verb.clone(), compile(&verb))).collect();
        Self { schemas, of_verb }
    }

    /// What is wrong with `document`, printed by the verb `verb`.
    fn complaint(&self, verb: &str, document: &Value) -> Option<String> {
        let error = self.schemas.validate(document, self.of_verb[verb]).err()?;
        Some(format!("{error:#}"))
    }
}

thread_local! {
    static DOCUMENTS: Documents = Documents::read();
}

/// Fails if `line` runs labtrust with `--json` and `stdout`, where it is JSON, is not as the schema of its verb has it.
#[track_caller]
pub(crate) fn check<W: AsRef<str>>(line: &[W], stdout: &str) {
    if let Some(complaint) = complaint(line, stdout) {
        let line: Vec<_> = line.iter().map(AsRef::as_ref).collect();
        panic!("`{}` printed what docs/json does not describe: {complaint}\n{stdout}", line.join(" "));
    }
}

/// Fails if `evidence`, which the doctor wrote, is not as its schema has it.
#[track_caller]
pub(crate) fn check_evidence(evidence: &str) {
    let evidence = serde_json::from_str(evidence).unwrap();
    let complaint = DOCUMENTS.with(|documents| documents.complaint(EVIDENCE, &evidence));
    assert_eq!(complaint, None, "{evidence:#}");
}

/// The same as an answer.
pub(crate) fn complaint<W: AsRef<str>>(line: &[W], stdout: &str) -> Option<String> {
    let mut words = line.iter().map(AsRef::as_ref);
    words.find(|word| *word == "labtrust" || word.ends_with("/labtrust"))?;
    let words: Vec<_> = words.collect();
    if !words.contains(&"--json") {
        return None;
    }
    // A run that was killed may have written a part of it.
    let document = serde_json::from_str(stdout).ok()?;
    DOCUMENTS.with(|documents| {
        let verb = words.iter().find(|word| documents.of_verb.contains_key(**word)).unwrap_or(&"error");
        documents.complaint(verb, &document)
    })
}

#[test]
fn each_command_has_a_schema_and_each_schema_a_line_in_the_docs() {
    let documents = Documents::read();
    let docs = std::fs::read_to_string(folder().with_extension("md")).unwrap();
    for verb in verbs() {
        // What is not described is refused, by each of them.
        let stray = serde_json::json!({ "schema": 2, "stray": true });
        assert!(documents.complaint(&verb, &stray).is_some(), "{verb}");
        let old =
            serde_json::json!({ "schema": 1, "error": { "code": "fault", "what": "it", "hint": null } });
        assert!(documents.complaint(&verb, &old).is_some(), "{verb}");
        assert!(docs.contains(&format!("(json/{verb}.schema.json)")), "{verb} is not in docs/json.md");
    }
    for file in std::fs::read_dir(folder()).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        assert!(docs.contains(&format!("(json/{file})")), "{file} is not in docs/json.md");
    }
}

#[test]
fn what_is_not_as_described_is_found() {
    let line = ["strace", "-f", "/usr/local/bin/labtrust", "--json", "status"];
    let status = |more: &str| {
        format!(
            r#"{{"schema": 2, "anchors": [], "renewal": null, "health": {{"level": "ok", "concerns": []}}, "backup": null, "rotation": null, "notes": []{more}}}"#
        )
    };
    assert_eq!(complaint(&line, &status(r#", "next": []"#)), None);
    assert!(complaint(&line, &status("")).is_some_and(|what| what.contains("next")), "a field is missing");
    assert!(complaint(&line, &status(r#", "next": [1]"#)).is_some(), "a command is text");
    assert_eq!(complaint(&["labtrust", "status"], "{}"), None, "it is no document");
}

#[test]
fn evidence_is_as_described() {
    let documents = Documents::read();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evidence")).unwrap() {
        let path = file.unwrap().path();
        // Recorded evidence may have a field that is gone since: it is written again.
        let evidence: Evidence = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut written = serde_json::to_value(&evidence).unwrap();
        assert_eq!(documents.complaint(EVIDENCE, &written), None, "{}", path.display());
        written["facts"]["stray"] = true.into();
        assert!(documents.complaint(EVIDENCE, &written).is_some(), "{}", path.display());
    }
}

#[test]
fn texts_for_other_programs_are_documents_too() {
    for line in [&["completions", "bash", "--json"][..], &["man", "--json"], &["man", "trust", "--json"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_labtrust")).args(line).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.contains("\"text\""), "{stdout}");
        check(&[&["labtrust"], line].concat(), &stdout);
    }
}

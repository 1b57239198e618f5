//! Checks that the docker command can store a login: after the registry has accepted it, a missing program or an
//! unusable settings file makes `docker login` fail.

use labtrust_plan::{ShellLine, text};

use super::{Check, CheckResult};
use crate::doctor::{
    Case, Code, Finding,
    evidence::{HelperSeen, LoginFileSeen, LoginFileState},
    redacted::MARK,
};

pub(crate) const CHECK: Check =
    Check { id: "login", title: "stored logins", codes: &[&FILE_UNUSABLE, &HELPER_MISSING], judge };

const FILE_UNUSABLE: Code = Code::error("docker-config-unusable");
const HELPER_MISSING: Code = Code::error("credential-helper-missing");

const SAVES: &str = "docker login stores the login there, and fails if it cannot";
const IGNORED: &str = "the docker command ignores the whole file, with its logins, proxies and contexts; the next docker \
                       login replaces it";

fn judge(case: &Case<'_>) -> CheckResult {
    let Some(login) = &case.evidence.client.login else {
        return CheckResult::skipped("not checked");
    };
    if case.evidence.engines.is_empty() && !case.evidence.facts.tools.contains_key("docker") {
        return CheckResult::skipped("Docker is not installed");
    }
    let path = text::path(&login.path);
    if let Some(finding) = unusable(case, login) {
        return finding.into();
    }
    match &login.helper {
        Some(helper) if !helper.is_found => missing(login, helper).into(),
        Some(helper) => CheckResult::passed(format!("kept by docker-credential-{}", helper.name)),
        None => CheckResult::passed(format!("kept in {path}")),
    }
}

/// The finding of a file that cannot be used, if it cannot.
fn unusable(case: &Case<'_>, login: &LoginFileSeen) -> Option<Finding> {
    let path = text::path(&login.path);
    let folder = login.path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let file = login.path.display().to_string();
    let facts = &case.evidence.facts;
    let user = &facts.person().name;
    let away = |path: &str| ShellLine::of(["mv", path, &format!("{path}.off")]);
    let (advice_of_owner, own) = with_rights(case, login, &folder);
    let is_root = facts.is_root() && facts.invoker.is_none();
    let (what, why, advice, command) = match &login.state {
        LoginFileState::Absent | LoginFileState::Usable => return None,
        LoginFileState::IsFolder => (
            format!("{path} is a folder"),
            SAVES,
            "a container that mounts a file that does not exist leaves such a folder. Move it away:",
            if is_root { away(&file) } else { away(&file).by_root() },
        ),
        LoginFileState::NoFolder => (
            format!("{} is not a folder", text::path(folder.as_ref())),
            SAVES,
            "move it away; docker login creates the folder:",
            away(&folder),
        ),
        LoginFileState::Unreadable => (format!("{user} may not read {path}"), IGNORED, advice_of_owner, own),
        LoginFileState::FolderNotWritable => (
            format!("{user} may not create files in {}", text::path(folder.as_ref())),
            SAVES,
            advice_of_owner,
            own,
        ),
        LoginFileState::Broken(why) => (
            format!("{path} cannot be read: {why}"),
            IGNORED,
            "correct the file; this shows the error, and nothing of the file:",
            ShellLine::of(["python3", "-m", "json.tool", &file]).then(">/dev/null"),
        ),
        LoginFileState::WrongType { key: Some(key), wanted } => (
            format!("{path} cannot be used: the value of \"{key}\" is not {wanted}"),
            IGNORED,
            "correct this value; this shows its line, without the value:",
            ShellLine::of(["grep", "-no", &format!("\"{}\"", literal(key)), &file]),
        ),
        LoginFileState::WrongType { key: None, wanted } => (
            format!("{path} cannot be used: it does not hold {wanted}"),
            IGNORED,
            "move the file away; docker login creates a new one:",
            away(&file),
        ),
    };
    Some(Finding::new(&FILE_UNUSABLE, what, why).advise(advice).command(command))
}

/// How the user gets a file that they may use, in words and as a command. A folder outside their home may be shared, and
/// stays with its owner.
fn with_rights(case: &Case<'_>, login: &LoginFileSeen, folder: &str) -> (&'static str, ShellLine) {
    let facts = &case.evidence.facts;
    let user = facts.person();
    if !login.path.starts_with(&user.home) {
        let advice = "ask its owner for the right, or use a folder of your own, ~/.docker:";
        return (advice, "unset DOCKER_CONFIG".into());
    }
    let own = ShellLine::of(["sudo", "chown", "-R", &format!("{}:", user.name), folder]);
    ("a docker login with sudo leaves such a file or folder. Give it back to its user:", own)
}

/// The finding of a missing helper.
fn missing(login: &LoginFileSeen, helper: &HelperSeen) -> Finding {
    let HelperSeen { key, name, .. } = helper;
    let is_for_all = *key == "credsStore";
    let named = if is_for_all { "credsStore".to_owned() } else { format!("credHelpers, {key}") };
    let path = text::path(&login.path);
    let what = format!(
        "{path} names docker-credential-{name} as the keeper of logins ({named}), and no such program is in PATH"
    );
    let why = "docker login hands the login to this program after the registry accepted it, and then fails";
    let finding = Finding::new(&HELPER_MISSING, what, why);
    if *name == MARK {
        return finding.advise(format!("install this program, or remove the entry {named} from {path}"));
    }
    let origin = if name.ends_with(".exe") || name.starts_with("desktop") {
        "the program comes with Docker Desktop: start it with its integration for this system, or empty the entry"
    } else {
        "install the program, or empty the entry"
    };
    let pattern = format!("\"{}\": *\"{}\"", literal(key), literal(name));
    let script = format!("s/{pattern}/\"{key}\": \"\"/");
    finding
        .advise(format!("{origin}; logins are then kept in the file itself, readable for its owner alone:"))
        .run(["sed", "-i.bak", &script, &login.path.display().to_string()])
}

/// `text` as a regular expression that matches nothing else (POSIX, basic).
fn literal(text: &str) -> String {
    text.chars().flat_map(|one| ".[]*^$".contains(one).then_some('\\').into_iter().chain([one])).collect()
}

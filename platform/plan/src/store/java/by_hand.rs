//! Steps for a person: keystores that labtrust cannot or must not change, and settings that hide them.

use std::path::Path;

use super::{
    keystores::{Access, Found},
    mask::Mask,
};
use crate::{
    Anchor, Database, Facts, Keystore, Proof, Prose, ShellLine, hint, shell_line,
    store::{
        environment,
        row::{ByHand, Done},
    },
};

/// The variable with options of the program `java` (JDK 9 and later), which prints less than `JAVA_TOOL_OPTIONS`.
const OPTIONS: &str = "JDK_JAVA_OPTIONS";
/// A user's copy of a keystore, below the home folder.
const COPY: &str = ".local/share/labtrust/cacerts";

/// The step for a keystore that nobody, or none of these users, can change, or that only a person can choose.
pub(super) fn out_of_reach(keystore: &Found<'_>, anchor: &Anchor, keytool: &Path) -> ByHand {
    let link = keystore.link.display();
    let (why, advice) = match keystore.access {
        Access::Stranger(uid) => (
            format!("{link} belongs to user {uid}"),
            hint!("for {}, run labtrust as user {}, or as root with --all-users", keystore.link, uid),
        ),
        Access::Guided(why) => return guided(keystore, why, anchor, keytool),
        Access::Nobody => (
            format!("{link} is read-only"),
            hint!("nobody can change {}: import the CA in the settings of that program", keystore.link),
        ),
        Access::Machine | Access::User(_) => (
            format!("{link} has no keytool"),
            hint!("install a JDK: its keytool can write {}", keystore.link),
        ),
    };
    ByHand { is_optional: true, ..ByHand::new(why, advice) }
}

/// The step for a keystore of root's that another user chose, for the reason `why`: root decides whether that one is meant.
fn guided(keystore: &Found<'_>, why: &str, anchor: &Anchor, keytool: &Path) -> ByHand {
    let path = keystore.path;
    ByHand {
        commands: vec![import(anchor, keytool, path)],
        done: Some(holds(path, anchor, keytool)),
        is_optional: true,
        ..ByHand::new(
            format!(
                "{} leads to {}, and not root alone decides that: {why}",
                keystore.link.display(),
                path.display()
            ),
            hint!("if {} is the keystore that this JDK should read, run as root:", path),
        )
    }
}

/// The command that adds the CA to the keystore at `path`, which has the usual password.
fn import(anchor: &Anchor, keytool: &Path, path: &Path) -> ShellLine {
    shell_line!(
        "{} | {} -importcert -noprompt -alias {} -storepass changeit -keystore {}",
        anchor.printed(),
        keytool,
        anchor.file_stem(),
        path
    )
}

/// The step for a keystore that the administrator keeps the updater from filling, for the reason `why`.
pub(super) fn left_alone(keystore: &Found<'_>, why: &str) -> ByHand {
    ByHand {
        is_optional: true,
        ..ByHand::new(
            format!("{} is left alone: {why}", keystore.path.display()),
            hint!("to trust the CA there too, let the updater fill {}", keystore.path),
        )
    }
}

/// The step for a setting that makes Java read another trust store. keytool asks for that one's password, so that it cannot
/// read the certificate from its input.
pub(super) fn masked(mask: &Mask, anchor: &Anchor, keytool: &Path) -> ByHand {
    let why = format!("{} makes Java read {} instead of its JDK's keystore", mask.place, mask.written);
    let Some(path) = &mask.path else {
        let advice = hint!("remove the setting: {}", Prose(&mask.place));
        return ByHand::new(why, advice);
    };
    let file = anchor.file_name();
    let advice = hint!("remove the setting, or add the CA to {}, whose password keytool asks for:", path);
    ByHand {
        commands: vec![
            shell_line!("{} >{}", anchor.printed(), file),
            shell_line!(
                "{} -importcert -noprompt -alias {} -file {} -keystore {}",
                keytool,
                anchor.file_stem(),
                file,
                path
            ),
        ],
        done: Some(holds(path, anchor, keytool)),
        // Nothing shows without the password whether the step was taken.
        is_optional: mask.has_password,
        ..ByHand::new(why, advice)
    }
}

/// Whether `path` is the copy of the user who runs labtrust: what it lacks is the step of [`copy`].
pub(super) fn is_copy(facts: &Facts, path: &Path) -> bool {
    path == facts.user.home.join(COPY)
}

/// The option that makes Java read the copy of the user who runs labtrust, and whether this process's environment has it.
fn copy_option(facts: &Facts) -> (String, bool) {
    let option = format!("-Djavax.net.ssl.trustStore={}", facts.user.home.join(COPY).display());
    let is_named = facts.variables.get(OPTIONS).is_some_and(|options| options.contains(&option));
    (option, is_named)
}

/// The step for a user without root: a copy of the JDK's keystore, which does not follow updates of the JDK.
pub(super) fn copy(facts: &Facts, keystore: &Found<'_>, anchor: &Anchor, keytool: &Path) -> ByHand {
    let copy = facts.user.home.join(COPY);
    let folder = copy.parent().unwrap_or(&facts.user.home).to_owned();
    let (option, is_named) = copy_option(facts);
    let places = [Some(keystore.path), is_named.then_some(&*copy)].into_iter().flatten();
    let holding = places.map(|path| entry(path, anchor, keytool)).collect();
    ByHand {
        commands: vec![
            shell_line!("mkdir -p {}", folder),
            shell_line!("install -m 600 {} {}", keystore.path, copy),
            import(anchor, keytool, &copy),
        ],
        done: Some(Done::Proven(Proof::any(holding))),
        is_optional: true,
        profile: (!is_named).then(|| environment::profile(facts, OPTIONS, &option)),
        ..ByHand::new(
            format!("{} is root's", keystore.path.display()),
            hint!(
                "without root, Java can use a copy of {}; make it again after each update of the JDK:",
                keystore.path
            ),
        )
    }
}

/// The line that names the copy, for after the removal; none if this process's environment does not name it.
pub(super) fn copy_left(facts: &Facts) -> Option<ByHand> {
    let (option, is_named) = copy_option(facts);
    is_named.then(|| ByHand {
        done: Some(Done::OnRemoval(None)),
        is_optional: true,
        profile: Some(environment::profile(facts, OPTIONS, &option)),
        ..ByHand::new("this shell still names the copy of a keystore", "remove the copy, and its line")
    })
}

fn holds(path: &Path, anchor: &Anchor, keytool: &Path) -> Done {
    Done::Proven(entry(path, anchor, keytool))
}

/// The proof that the keystore at `path` has the CA.
fn entry(path: &Path, anchor: &Anchor, keytool: &Path) -> Proof {
    let database = Database::Keystore(Keystore {
        path: path.to_owned(),
        keytool: keytool.to_owned(),
        password_file: None,
    });
    Proof::Entry { database, certificate: anchor.certificate.clone() }
}

//! Settings that make Java read another trust store instead of its JDK's: `javax.net.ssl.trustStore` replaces, and does not
//! extend.

use std::path::{Path, PathBuf};

use crate::{Facts, store::row::Look};

/// Variables with options of Java.
const VARIABLES: [&str; 8] = [
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "JAVA_OPTS",
    "MAVEN_OPTS",
    "GRADLE_OPTS",
    "SBT_OPTS",
    "CATALINA_OPTS",
];

/// Files of the machine in which such options are set.
const MACHINES: [&str; 3] = ["/etc/environment", "/etc/mavenrc", "/etc/profile.d/*.sh"];

/// Files in home folders in which such options are set.
const OWN: [&str; 11] = [
    ".gradle/gradle.properties",
    ".mavenrc",
    ".sbtopts",
    ".profile",
    ".bash_profile",
    ".bashrc",
    ".zshenv",
    ".zprofile",
    ".zshrc",
    ".config/environment.d/*.conf",
    ".config/fish/config.fish",
];

/// The property that names the trust store.
const PROPERTY: &str = "javax.net.ssl.trustStore";

/// The property with its password.
const PASSWORD: &str = "javax.net.ssl.trustStorePassword";

/// A setting that names another trust store.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mask {
    /// The variable, or the file and the line.
    pub place: String,
    /// The trust store as it is written there.
    pub written: String,
    /// Its path, if it is absolute.
    pub path: Option<PathBuf>,
    /// Whether its password is set beside it: Java then reads entries that nobody sees without the password.
    pub has_password: bool,
}

pub(super) fn looks() -> Vec<Look> {
    let files = MACHINES.map(Look::Text).into_iter().chain(OWN.map(Look::HomeText));
    VARIABLES.map(Look::Variable).into_iter().chain(files).collect()
}

/// The settings that name another trust store than those that are `served`.
pub(super) fn find(facts: &Facts, served: impl Fn(&Path) -> bool) -> Vec<Mask> {
    let home = |path: &Path| {
        let users = [&facts.user].into_iter().chain(facts.people());
        users.map(|user| &user.home).find(|home| path.starts_with(home)).unwrap_or(&facts.user.home)
    };
    let variables = VARIABLES.iter().filter_map(|name| {
        let text = facts.variables.get(*name)?;
        let value = values(text).into_iter().next()?;
        Some(Mask::new(format!("the variable {name}"), &value.1, &facts.user.home, text))
    });
    let files = facts.texts.iter().filter(|(path, _)| is_ours(path)).flat_map(|(path, text)| {
        let mask = |(line, value): (usize, String)| {
            Mask::new(format!("{}, line {line},", path.display()), &value, home(path), text.as_str())
        };
        values(text.as_str()).into_iter().map(mask).collect::<Vec<_>>()
    });
    let mut masks: Vec<Mask> = variables.chain(files).collect();
    masks.retain(|mask| !mask.path.as_deref().is_some_and(&served));
    masks
}

/// Whether the settings file at `path` is one of those above. Other stores ask for other files.
fn is_ours(path: &Path) -> bool {
    let is_one = |pattern: &&str| match pattern.split_once('*') {
        Some((folder, ending)) => {
            let above = path.parent().is_some_and(|parent| parent.ends_with(folder.trim_matches('/')));
            above && path.as_os_str().as_encoded_bytes().ends_with(ending.as_bytes())
        }
        None => path.ends_with(pattern.trim_start_matches('/')),
    };
    MACHINES.iter().chain(&OWN).any(is_one)
}

impl Mask {
    /// The setting at `place` in `text`.
    fn new(place: String, written: &str, home: &Path, text: &str) -> Self {
        let below = ["~/", "$HOME/", "${HOME}/", "${user.home}/"]
            .iter()
            .find_map(|start| written.strip_prefix(start));
        let path = below.map_or_else(|| PathBuf::from(written), |below| home.join(below));
        let path = Some(path).filter(|path| path.to_str().is_some_and(|path| path.starts_with('/')));
        Self { place, written: written.to_owned(), path, has_password: text.contains(PASSWORD) }
    }
}

/// The values of the property in `text`, each with the number of its line. Comments are left out.
fn values(text: &str) -> Vec<(usize, String)> {
    let is_comment = |line: &str| line.trim_start().starts_with(['#', '!']);
    let lines = text.lines().enumerate().filter(|(_, line)| !is_comment(line));
    lines.filter_map(|(number, line)| Some((number + 1, value(line)?))).collect()
}

/// The value of the last setting of the property in `line`: Java takes the last one.
fn value(line: &str) -> Option<String> {
    let (before, rest) = line
        .match_indices(PROPERTY)
        .filter_map(|(at, _)| {
            let rest = line[at + PROPERTY.len()..].trim_start();
            Some((&line[..at], rest.strip_prefix(['=', ':'])?))
        })
        .last()?;
    let rest = rest.trim();
    // An option ends at a space or at the quote around it, and the value of a properties file at the end of the line.
    let value = match rest.strip_prefix(['"', '\'']) {
        Some(quoted) => quoted.split(['"', '\'']).next()?,
        None if before.contains("-D") => rest.split([' ', '\t', '"', '\'', ',']).next()?,
        None => rest,
    };
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trust_store_is_found_in_options_and_in_properties() {
        for (text, expected) in [
            ("-Djavax.net.ssl.trustStore=/a/b.jks -Xmx1g", Some("/a/b.jks")),
            ("-Djavax.net.ssl.trustStorePassword=secret", None),
            ("-Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStore=/a", Some("/a")),
            ("export MAVEN_OPTS=\"-Djavax.net.ssl.trustStore=$HOME/b.jks\"", Some("$HOME/b.jks")),
            ("MAVEN_OPTS=-Djavax.net.ssl.trustStore='/a b'", Some("/a b")),
            ("systemProp.javax.net.ssl.trustStore = /a b.jks ", Some("/a b.jks")),
            ("systemProp.javax.net.ssl.trustStore:/a", Some("/a")),
            ("# systemProp.javax.net.ssl.trustStore=/a", None),
            ("! systemProp.javax.net.ssl.trustStore=/a", None),
            ("org.gradle.jvmargs=-Xmx2g -Djavax.net.ssl.trustStore=/a -Dx=y", Some("/a")),
            ("-Djavax.net.ssl.trustStore=/a -Djavax.net.ssl.trustStore=/b", Some("/b")),
            ("-Djavax.net.ssl.trustStore=", None),
            ("", None),
        ] {
            let found = values(text).into_iter().next().map(|(_, value)| value);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_path_in_the_home_folder_is_known() {
        let path = |written| Mask::new("x".into(), written, Path::new("/home/alice"), "").path;
        assert_eq!(path("~/b.jks"), Some("/home/alice/b.jks".into()));
        assert_eq!(path("${user.home}/b.jks"), Some("/home/alice/b.jks".into()));
        assert_eq!(path("/b.jks"), Some("/b.jks".into()));
        assert_eq!(path("NONE"), None);
        let text = "-Djavax.net.ssl.trustStore=/b -Djavax.net.ssl.trustStorePassword=secret";
        assert!(Mask::new("x".into(), "/b", Path::new("/"), text).has_password);
    }

    #[test]
    fn files_of_other_stores_are_not_searched() {
        for (path, expected) in [
            ("/home/alice/.gradle/gradle.properties", true),
            ("/home/alice/.config/environment.d/10-java.conf", true),
            ("/etc/profile.d/java.sh", true),
            ("/etc/environment", true),
            ("/home/alice/.npmrc", false),
            ("/home/alice/environment.d/x.conf", false),
        ] {
            assert_eq!(is_ours(Path::new(path)), expected, "{path}");
        }
    }
}

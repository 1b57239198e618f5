//! The folders of JDKs. `*` stands for any name.

use crate::store::row::Look;

/// A keystore that hides `cacerts` beside it (`OpenJDK`, `sun.security.ssl.TrustStoreManager`).
pub(super) const MASK: &str = "jssecacerts";
/// The keystore of a JDK.
pub(super) const CACERTS: &str = "cacerts";
/// The folder of keystores in a JDK or JRE, and in a JDK up to 8.
pub(super) const FOLDERS: [&str; 2] = ["jre/lib/security", "lib/security"];

/// The questions about each folder, of the kind `$file`.
macro_rules! jdks {
    ($file:ident: $($home:literal),* $(,)?) => {
        &[$(
            Look::$file(concat!($home, "/lib/security/cacerts")),
            Look::$file(concat!($home, "/lib/security/jssecacerts")),
            Look::$file(concat!($home, "/jre/lib/security/cacerts")),
            Look::$file(concat!($home, "/jre/lib/security/jssecacerts")),
            Look::$file(concat!($home, "/bin/keytool")),
        )*]
    };
}

/// The machine's JDKs: distributions, vendors' packages, images of containers, IDEs, snaps, macOS.
const MACHINES: &[Look] = jdks! {
    File:
    "/usr/lib/jvm/*",
    "/usr/lib64/jvm/*",
    "/usr/java/*",
    "/usr/local/java/*",
    "/usr/local/openjdk*",
    "/usr/local/jdk*",
    "/usr/local/sdkman/candidates/java/*",
    "/opt/*",
    "/opt/*/jbr",
    "/opt/java/*",
    "/snap/*/current/jbr",
    "/snap/*/current/jdk",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/Applications/*.app/Contents/jbr/Contents/Home",
    "/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
    "$JAVA_HOME",
};

/// Users' own JDKs, below the home folder.
const OWN: &[Look] = jdks! {
    HomeFile:
    ".sdkman/candidates/java/*",
    ".asdf/installs/java/*",
    ".jdks/*",
    ".jabba/jdk/*",
    ".gradle/jdks/*",
    ".local/share/mise/installs/java/*",
    ".local/share/JetBrains/Toolbox/apps/*/jbr",
    ".local/share/JetBrains/Toolbox/apps/*/*/*/jbr",
    ".vscode/extensions/redhat.java-*/jre/*",
    "Library/Java/JavaVirtualMachines/*/Contents/Home",
    "Applications/*.app/Contents/jbr/Contents/Home",
};

pub(super) fn looks() -> Vec<Look> {
    [MACHINES, OWN].concat()
}

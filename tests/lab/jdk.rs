//! A JDK with a keystore of its own, beside the machine's.

use super::HOST;
use super::machine::Machine;
use super::process::Output;

/// A JDK of a machine, and the user to whom it belongs.
pub(crate) struct Jdk<'m> {
    machine: &'m Machine,
    home: String,
    user: &'static str,
}

impl<'m> Jdk<'m> {
    /// Puts one at `home`, which belongs to root.
    pub(crate) fn install(machine: &'m Machine, home: &str) -> Self {
        Self::install_for(machine, "root", home)
    }

    /// Puts one at `home`, which belongs to `user`.
    pub(crate) fn install_for(machine: &'m Machine, user: &'static str, home: &str) -> Self {
        let line = ["sh", "-c", include_str!("jdk/install.sh"), "install", home];
        machine.run_as(user, line).succeeded();
        machine.write("/tmp/Ask.java", include_str!("jdk/Ask.java"));
        Self { machine, home: home.to_owned(), user }
    }

    /// Its own keystore.
    pub(crate) fn cacerts(&self) -> String {
        format!("{}/lib/security/cacerts", self.home)
    }

    /// The answer of a Java program to the server of the lab.
    pub(crate) fn ask(&self) -> String {
        self.ask_with(&[]).succeeded().stdout
    }

    /// The same with these options of Java.
    pub(crate) fn ask_with(&self, options: &[&str]) -> Output {
        let java = format!("{}/bin/java", self.home);
        self.machine.run_as(self.user, [&[&*java], options, &["/tmp/Ask.java", HOST, "443"]].concat())
    }

    /// Whether a Java program trusts the server of the lab.
    pub(crate) fn trusts(&self) -> bool {
        let answer = self.ask();
        assert!(
            answer == "trusted\n" || answer.contains("unable to find valid certification path"),
            "{answer}"
        );
        answer == "trusted\n"
    }

    /// Runs its keytool on `keystore`, with the usual password.
    pub(crate) fn keytool(&self, keystore: &str, arguments: &[&str]) -> Output {
        let keytool = format!("{}/bin/keytool", self.home);
        let target = ["-J-Duser.language=en", "-storepass", "changeit", "-keystore", keystore];
        self.machine.run_as(self.user, [&[&*keytool], &target[..], arguments].concat())
    }

    /// Turns the keystore into PKCS #12 without a password, as JDKs since 18 have it.
    pub(crate) fn without_password(self) -> Self {
        let script = r#"set -eu
            "$1/bin/keytool" -J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE \
                -importkeystore -noprompt -srckeystore "$2" -srcstorepass changeit -destkeystore "$2.new" \
                -deststoretype PKCS12 -deststorepass changeit
            mv -f "$2.new" "$2""#;
        self.machine
            .run_as(self.user, ["sh", "-c", script, "convert", &self.home, &self.cacerts()])
            .succeeded();
        self
    }

    /// All entries of its keystore with their aliases, in the order of the aliases.
    pub(crate) fn entries(&self) -> String {
        let listed = self.keytool(&self.cacerts(), &["-list"]).succeeded().stdout;
        let mut entries: Vec<&str> =
            listed.lines().filter(|line| line.ends_with("trustedCertEntry, ")).collect();
        entries.sort_unstable();
        entries.join("\n")
    }
}

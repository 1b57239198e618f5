//! Settings that make Java read another trust store than that of its JDK.

use super::{serving, trust};
use crate::lab::Jdk;

#[test]
fn a_setting_that_hides_the_keystore_is_named_until_the_other_one_has_the_ca() {
    let machine = machine!("jdk-masks");
    machine.without_hooks();
    machine.ensure_user("alice");
    let jdk = Jdk::install(&machine, "/opt/jdk");
    let (_, fingerprint) = serving(&machine);
    machine.sh("cp /opt/jdk/lib/security/cacerts /srv/company.jks; chmod 644 /srv/company.jks").succeeded();
    let option = "-Djavax.net.ssl.trustStore=/srv/company.jks";
    machine.write("/root/.gradle/gradle.properties", format!("a=b\nsystemProp.{}\n", &option[2..]));
    let says = "/root/.gradle/gradle.properties, line 2, makes Java read /srv/company.jks";
    machine.run([&trust(&fingerprint)[..], &["--dry-run"]].concat()).says(says);
    let output = machine.run(trust(&fingerprint)).exited(3).says(says).says("in /opt/jdk/lib").stdout;
    assert!(jdk.trusts());
    assert!(jdk.ask_with(&[option]).stdout.contains("unable to find valid certification path"));

    let (_, lines) = output.split_once("remove the setting, or add the CA to /srv/company.jks").unwrap();
    let lines: Vec<&str> = lines.lines().skip(1).map(str::trim).take(2).collect();
    let script = format!("cd /tmp && {}", lines.join("\n"));
    machine.command(["sh", "-c", &script]).stdin("changeit\n").run().succeeded();
    assert_eq!(jdk.ask_with(&[option]).stdout, "trusted\n");
    machine.run(trust(&fingerprint)).succeeded();

    let java = ["sh", "-c", "JDK_JAVA_OPTIONS=-Djavax.net.ssl.trustStore=/none exec \"$@\"", "sh"];
    let named = machine.run([&java[..], &["labtrust", "status"]].concat()).exited(3);
    named.says("the variable JDK_JAVA_OPTIONS makes Java read /none");
}

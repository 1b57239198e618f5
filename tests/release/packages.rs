//! The packages: installed, at work, upgraded and removed by the tools that they are for.

use super::{VERSION, bytes, judge, made, registry};
use crate::lab::REGISTRY;

const NOBODYS_TIMER: &[&str] = &["systemd", "cron", "timer"];

/// Writes the package `name` into `machine`, unless it was not made.
fn placed(machine: &crate::lab::Machine, name: &str) -> Option<String> {
    let path = made(name)?;
    let inside = format!("/tmp/{name}");
    machine.write(&inside, bytes(&path));
    Some(inside)
}

#[test]
fn the_deb_is_installed_works_is_upgraded_and_leaves_nothing() {
    let machine = machine!("debian");
    let Some(package) = placed(&machine, &format!("labtrust_{VERSION}-1_amd64.deb")) else { return };
    let (_gitlab, engine, _) = registry(&machine);
    let fingerprint = "openssl x509 -in /tmp/root.crt -noout -fingerprint -sha256 | cut -d= -f2";
    let fingerprint = machine.sh(fingerprint).succeeded().stdout;
    let before = machine.settled();
    machine.run(["dpkg", "--install", &package]).succeeded();
    let files = machine.run(["dpkg", "--listfiles", "labtrust"]).succeeded().stdout;
    assert!(!NOBODYS_TIMER.iter().any(|word| files.contains(word)), "{files}");
    for name in ["/usr/share/man/man1/labtrust-trust.1.gz", "/usr/share/bash-completion/completions/labtrust"]
    {
        assert!(files.contains(name), "{files}");
    }
    let trust = ["/usr/bin/labtrust", "trust", REGISTRY, "--fingerprint", fingerprint.trim()];
    let trusted = machine.run(trust);
    assert!([0, 4].contains(&trusted.code()), "{trusted}");
    engine.login().succeeded();
    // The next version, which is this one with another number.
    let next = "cd /tmp && dpkg-deb -R $0 next && sed -i 's/^Version: .*/Version: 99.0.0-1/' next/DEBIAN/control && \
                dpkg-deb -Znone -b next next.deb && dpkg --install next.deb";
    machine.run(["sh", "-ec", next, &package]).succeeded();
    machine.run(["/usr/bin/labtrust", "status"]).says("docker");
    engine.login().succeeded();
    machine.run(["/usr/bin/labtrust", "untrust", "--all", "--yes"]);
    machine.run(["dpkg", "--purge", "labtrust"]).succeeded();
    let left: Vec<_> = machine
        .changes_since(&before)
        .into_iter()
        .filter(|line| {
            !["/var/lib/dpkg", "/var/log", "/var/lib/docker", "/var/cache/man"]
                .iter()
                .any(|of| line.contains(of))
        })
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn the_rpm_is_installed_into_an_empty_root_and_removed_from_it() {
    let machine = machine!("rpm");
    let Some(package) = placed(&machine, &format!("labtrust-{VERSION}-1.x86_64.rpm")) else { return };
    machine.run(["mkdir", "-p", "/tmp/root"]).succeeded();
    machine.run(["rpm", "--root", "/tmp/root", "--install", &package]).succeeded();
    machine.run(["rpm", "--root", "/tmp/root", "--verify", "labtrust"]).succeeded();
    machine.run(["chroot", "/tmp/root", "/usr/bin/labtrust", "--version"]).succeeded().says(VERSION);
    let docs = machine.run(["rpm", "--root", "/tmp/root", "--query", "--docfiles", "labtrust"]).succeeded();
    docs.says("/usr/share/man/man1/labtrust.1.gz");
    let files =
        machine.run(["rpm", "--root", "/tmp/root", "--query", "--list", "labtrust"]).succeeded().stdout;
    assert!(!NOBODYS_TIMER.iter().any(|word| files.contains(word)), "{files}");
    machine.run(["rpm", "--root", "/tmp/root", "--erase", "labtrust"]).succeeded();
    let left = machine.sh("find /tmp/root -type f -not -path '*rpmdb*'").stdout;
    assert_eq!(left, "");
}

/// They are archives with a tail of their own format, whose tools Debian does not have.
#[test]
fn alpines_and_archs_packages_hold_a_program_that_runs() {
    let machine = machine!("others");
    for (name, options) in [
        (format!("labtrust_{VERSION}-r1_x86_64.apk"), "-xzf"),
        (format!("labtrust-{VERSION}-1-x86_64.pkg.tar.zst"), "--zstd -xf"),
    ] {
        let Some(package) = placed(&machine, &name) else { return };
        let script =
            format!("mkdir $0.root && tar {options} $0 -C $0.root 2>/dev/null; find $0.root -type f");
        let files = machine.run(["sh", "-c", &script, &package]).succeeded().stdout;
        assert!(!NOBODYS_TIMER.iter().any(|word| files.contains(word)), "{files}");
        assert!(files.contains("/usr/share/licenses/labtrust/LICENSE"), "{files}");
        machine
            .run(["chroot", &format!("{package}.root"), "/usr/bin/labtrust", "--version"])
            .succeeded()
            .says(VERSION);
    }
}

#[test]
fn lintian_and_rpmlint_find_no_errors() {
    let Some(deb) = made(&format!("labtrust_{VERSION}-1_amd64.deb")) else { return };
    let Some(rpm) = made(&format!("labtrust-{VERSION}-1.x86_64.rpm")) else { return };
    let said = judge(&["lintian", "--allow-root", "--fail-on", "error", deb.to_str().unwrap()]);
    assert!(!said.contains("E: "), "{said}");
    let accepted = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/release/rpmlint.toml");
    let said = judge(&["rpmlint", "--config", accepted, rpm.to_str().unwrap()]);
    assert!(said.contains(" 0 errors"), "{said}");
}

//! Chromium and its kin: the user's NSS database. certutil and the browser itself are the judges.

use super::fingerprint;
use crate::lab::{Gitlab, HOST, Machine, Pair, Recipe, Validity, browsers};

const FIRST: &str = "/home/alice/.pki/nssdb";
const SECOND: &str = "/home/alice/.local/share/pki/nssdb";

/// The lines of `certutil -L` of the database in `folder`: nickname and flags.
pub(crate) fn listed(machine: &Machine, folder: &str) -> Vec<String> {
    let list = machine.run(["certutil", "-L", "-d", &format!("sql:{folder}")]).succeeded().stdout;
    let lines = list.lines().skip(4).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect()
}

/// Creates the database in `folder` as alice.
pub(crate) fn create(machine: &Machine, folder: &str) {
    let script = format!("mkdir -p {folder} && certutil -N -d sql:{folder} --empty-password");
    machine.run_as("alice", ["sh", "-c", &script]).succeeded();
}

fn trust(sha256: &str) -> [&str; 6] {
    ["labtrust", "trust", HOST, "--fingerprint", sha256, "--store=chromium"]
}

#[test]
fn chromium_opens_the_page_after_trust_and_refuses_after_untrust() {
    let machine = machine!("chromium");
    machine.without_docker();
    browsers::install(&machine, "chromium");
    machine.ensure_user("alice");
    let gitlab = Gitlab::start(&machine);
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    let sha256 = fingerprint(&machine, &pair.root);
    let url = format!("https://{HOST}/");
    let refuses = || browsers::chromium(&machine, "alice", &url).says("ERR_CERT_AUTHORITY_INVALID");
    refuses();
    browsers::keep_picture(&machine, "chromium-before", || {
        browsers::chromium_picture(&machine, "alice", &url);
    });
    // Its first start creates the database that it reads.
    machine.run_as("alice", ["rm", "-rf", "/home/alice/.local", "/home/alice/.config", "/home/alice/.cache"]);
    machine.run_as("alice", ["mkdir", "-p", "/home/alice/.local/share"]).succeeded();
    let before = machine.manifest();

    machine.run_as("alice", trust(&sha256)).succeeded().says("lists it as an anchor for servers");
    assert!(!machine.has(FIRST), "this folder would hide the other");
    let page = browsers::chromium(&machine, "alice", &url);
    assert!(!page.stderr.contains("ERR_CERT"), "{page:?}");
    page.says("Sign in");
    browsers::keep_picture(&machine, "chromium-after", || {
        browsers::chromium_picture(&machine, "alice", &url);
    });
    machine.run_as("alice", ["labtrust", "status"]).says("lists it as an anchor for servers");

    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    machine.run_as("alice", ["rm", "-rf", "/home/alice/.config", "/home/alice/.cache"]);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    refuses();
    a_policy_serves_every_user_and_only_the_known_servers(&machine, &gitlab);
}

/// On the same machine: a policy limits a CA that could sign for every server.
fn a_policy_serves_every_user_and_only_the_known_servers(machine: &Machine, gitlab: &Gitlab<'_>) {
    let by = |names| Pair::by(machine, &Recipe { names, ..Recipe::CURRENT });
    let (old, new) = (by("DNS:mygitlab.example.com"), Pair::constrained(machine, &[HOST]));
    machine.sh("echo 192.0.2.10 other.example.com >>/etc/hosts").succeeded();
    let others = "{\n    \"HomepageLocation\": \"https://example.com\"\n}\n";
    machine.write("/etc/chromium/policies/managed/others.json", others);
    let before = machine.manifest();
    let trust = |pair: &Pair| {
        machine.write("/tmp/ca.crt", &pair.root);
        let sha256 = fingerprint(machine, &pair.root);
        let line = [
            "labtrust",
            "trust",
            "/tmp/ca.crt",
            "--for",
            HOST,
            "--fingerprint",
            &sha256,
            "--store=chromium-policy",
        ];
        machine.run(line).succeeded().says("✓  chromium-policy  trusted");
    };
    let page = |url: &str| browsers::chromium(machine, "bob", url);
    let https = format!("https://{HOST}/");

    gitlab.serve(&old);
    page(&https).says("ERR_CERT_AUTHORITY_INVALID");
    trust(&old);
    page(&https).says("Sign in");
    // The constraints of a CA hold by themselves.
    trust(&new);
    gitlab.serve(&new);
    page(&https).says("Sign in");

    machine.run(["labtrust", "untrust", &fingerprint(machine, &old.root)]).succeeded();
    page(&https).says("Sign in");
    machine.run(["labtrust", "untrust"]).succeeded();
    page(&https).says("ERR_CERT_AUTHORITY_INVALID");
    // A CA for every server is limited to those that were named.
    for (names, url) in
        [("DNS:other.example.com", "https://other.example.com/"), ("IP:192.0.2.10", "https://192.0.2.10/")]
    {
        let pair = by(names);
        trust(&pair);
        gitlab.serve(&pair);
        page(url).says("ERR_CERT_INVALID");
        machine.run(["labtrust", "untrust"]).succeeded();
    }
    let both = by("DNS:mygitlab.example.com,DNS:other.example.com");
    gitlab.serve(&both);
    let sha256 = fingerprint(machine, &both.root);
    let line = ["labtrust", "trust", HOST, "--fingerprint", &sha256, "--store=chromium-policy"];
    machine.run(line).exited(3).says("the server's certificate is also for other.example.com");
    machine.run([&line[..], &["--for", HOST, "--for", "other.example.com"]].concat()).succeeded();
    page("https://other.example.com/").says("Sign in");
    machine.run(["labtrust", "untrust"]).succeeded();
    let mut changes = machine.changes_since(&before);
    changes.retain(|change| !change.starts_with("/home/bob") && !change.starts_with("/etc/gitlab/ssl/"));
    changes.retain(|change| {
        ![
            "/etc/group",
            "/etc/gshadow",
            "/etc/passwd",
            "/etc/shadow",
            "/etc/subgid",
            "/etc/subuid",
            "/home:",
            "/var/mail",
            "/var/spool/mail",
        ]
        .iter()
        .any(|path| change.starts_with(path))
    });
    assert_eq!(changes, [""; 0]);
}

#[test]
fn a_policy_goes_into_the_file_in_force_and_masks_are_named() {
    let machine = machine!("chromium-policy");
    machine.write_with_mode("/usr/lib/chromium/chromium", "755", "");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/srv/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let trust = [
        "labtrust",
        "trust",
        "/srv/ca.crt",
        "--for",
        HOST,
        "--fingerprint",
        &sha256,
        "--store=chromium-policy",
    ];
    let folder = "/etc/chromium/policies/managed";
    let in_force =
        "{\"CACertificatesWithConstraints\": [\n  {\"certificate\": \"AAAA\", \"constraints\": {}}\n]}\n";
    machine.write(&format!("{folder}/aa.json"), "{\"CACertificatesWithConstraints\": []}");
    machine.write(&format!("{folder}/zz.json"), in_force);
    machine.write(&format!("{folder}/zzz.json"), "{ broken");
    let before = machine.manifest();
    machine.run(trust).succeeded();
    assert!(
        !machine.has(&format!("{folder}/labtrust.json")),
        "it would hide zz.json, or the other way round"
    );
    let merged = machine.read(&format!("{folder}/zz.json"));
    assert!(merged.contains("AAAA") && merged.contains(HOST), "{merged}");
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    let base64: String = pair.root.lines().filter(|line| !line.starts_with('-')).collect();
    machine.write(&format!("{folder}/no.json"), format!("{{\"CADistrustedCertificates\": [\"{base64}\"]}}"));
    machine.run(trust).exited(3).says(
        "CADistrustedCertificates of Chromium distrusts the CA: /etc/chromium/policies/managed/no.json",
    );
    machine.run(["labtrust", "untrust"]).succeeded();

    // The same two in a user's database.
    machine.ensure_user("alice");
    machine.write(&format!("{folder}/no.json"), "{\"CAPlatformIntegrationEnabled\": false}");
    create(&machine, SECOND);
    let trust = [&trust[..7], &["--store=chromium"]].concat();
    machine.run_as("alice", trust.clone()).exited(3).says("makes the browser ignore the users' own CAs");
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    // The run that sets the policy with the CA needs no second one: it is judged after that.
    let sudo = "export SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice;";
    let line = format!("{sudo} {} --store=chromium-policy", trust.join(" "));
    machine.sh(&line).succeeded().says("✓  chromium-policy  trusted").says("✓  chromium         trusted");
    machine.sh(&format!("{sudo} labtrust untrust")).succeeded();
    // Nobody promises that Edge and Vivaldi read that policy, but they may read the one that hides the CA.
    for (program, folder) in [
        ("/opt/microsoft/msedge/msedge", "/etc/opt/edge/policies/managed"),
        ("/opt/vivaldi/vivaldi-bin", "/etc/opt/vivaldi/policies/recommended"),
        ("/opt/vivaldi/vivaldi-bin", "/etc/vivaldi/policies/managed"),
    ] {
        machine.write_with_mode(program, "755", "");
        machine
            .sh(&format!("mkdir -p {folder} && cp /etc/chromium/policies/managed/no.json {folder}"))
            .succeeded();
        machine
            .sh(&line)
            .exited(3)
            .says(&format!("makes the browser ignore the users' own CAs: {folder}/no.json"));
        machine.sh(&format!("{sudo} labtrust untrust && rm {folder}/no.json {program}")).succeeded();
    }
    machine.sh(&format!("rm {folder}/no.json")).succeeded();
    machine.run_as("alice", trust.clone()).succeeded();
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();

    // A snap has a folder of its own.
    machine.sh("mkdir -p /snap/chromium/current").succeeded();
    machine.sh(&line).succeeded();
    assert!(machine.read("/etc/chromium-browser/policies/managed/labtrust.json").contains(&base64));
    machine.sh(&format!("{sudo} labtrust untrust")).succeeded();
    assert!(!machine.has("/etc/chromium-browser"));
}

#[test]
fn a_purge_takes_the_ca_out_of_somebody_elses_policy_files() {
    let machine = machine!("chromium-purge");
    machine.write_with_mode("/usr/lib/chromium/chromium", "755", "");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/srv/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let base64: String = pair.root.lines().filter(|line| !line.starts_with('-')).collect();
    let folder = "/etc/chromium/policies/managed";
    let before = machine.settled();
    let aa = format!(
        "{{\n  \"HomepageLocation\": \"https://example.com\",\n  \"CACertificates\": [\"AAAA\", \"{base64}\"]\n}}\n"
    );
    let zz =
        |items: &str| format!("{{\"CACertificatesWithConstraints\": [{items}], \"BrowserSignin\": 0}}\n");
    let item =
        format!("{{\"certificate\": \"{base64}\", \"constraints\": {{\"permitted_dns_names\": [\"o\"]}}}}");
    machine.write_with_mode(&format!("{folder}/aa.json"), "640", &aa);
    machine.sh(&format!("chgrp 100 {folder}/aa.json")).succeeded();
    machine.write(&format!("{folder}/zz.json"), zz(&item));
    machine.run(["labtrust", "untrust", "/srv/ca.crt"]).exited(1).says("chromium-policy  trusted");
    let purge = ["labtrust", "untrust", "/srv/ca.crt", "--purge"];
    machine.run(purge).succeeded().says("chromium-policy  removed");
    let left = aa.replace(&format!("[\"AAAA\", \"{base64}\"]"), "[\n    \"AAAA\"\n  ]");
    assert_eq!(machine.read(&format!("{folder}/aa.json")), left);
    let owner = machine.run(["stat", "-c", "%g %a", &format!("{folder}/aa.json")]).succeeded().stdout;
    assert_eq!(owner, "100 640\n");
    assert_eq!(machine.read(&format!("{folder}/zz.json")), "{ \"BrowserSignin\": 0}\n");
    machine.run(purge).succeeded();

    // Other limits of somebody else, in a file that is not in force, trust nothing here; and they come back.
    machine.write(&format!("{folder}/aa.json"), zz(&item));
    machine.write(&format!("{folder}/zz.json"), zz(&item));
    let line = [
        "labtrust",
        "trust",
        "/srv/ca.crt",
        "--for",
        HOST,
        "--fingerprint",
        &sha256,
        "--store=chromium-policy",
    ];
    machine.run(line).succeeded();
    assert!(machine.read(&format!("{folder}/zz.json")).contains(HOST));
    machine.run(["labtrust", "untrust"]).exited(1).says("chromium-policy  trusted");
    assert_eq!(machine.read(&format!("{folder}/zz.json")), zz(&item));
    machine.run(purge).succeeded();
    assert!(!machine.read(&format!("{folder}/aa.json")).contains(&base64));
    machine.sh("rm -r /etc/chromium").succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn each_policy_file_that_names_the_ca_counts_once_the_others_are_gone() {
    let machine = machine!("chromium-purge-each");
    machine.write_with_mode("/usr/lib/chromium/chromium", "755", "");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/srv/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let base64: String = pair.root.lines().filter(|line| !line.starts_with('-')).collect();
    let folder = "/etc/chromium/policies/managed";
    let file = |name: &str| format!("{folder}/{name}.json");
    let list = |items: &str| format!("{{\"CACertificates\": [{items}], \"BrowserSignin\": 0}}\n");
    let trust =
        format!("labtrust trust /srv/ca.crt --for {HOST} --fingerprint {sha256} --store=chromium-policy");
    let purge = ["labtrust", "untrust", "/srv/ca.crt", "--purge"];

    for name in ["10-a", "20-b"] {
        machine.write(&file(name), list(&format!("\"{base64}\"")));
    }
    machine.run(["labtrust", "untrust", "/srv/ca.crt"]).exited(1).says("chromium-policy  trusted");
    machine.ensure_user("alice");
    machine.run_as("alice", purge).exited(3).says("needs root");
    machine.run(purge).succeeded().says("chromium-policy  removed");
    for name in ["10-a", "20-b"] {
        assert_eq!(machine.read(&file(name)), "{ \"BrowserSignin\": 0}\n");
    }

    // A file that another one hides makes no browser trust the CA.
    machine.write(&file("10-a"), list(&format!("\"{base64}\"")));
    machine.write(&file("20-b"), list("\"AAAA\""));
    machine.sh(&trust).succeeded();
    assert!(machine.has(&file("labtrust")));
    machine.sh("labtrust untrust").exited(1).says("chromium-policy  trusted");
    machine.sh(&format!("rm {folder}/*.json")).succeeded();

    // An administrator names the CA after labtrust did.
    machine.sh(&trust).succeeded();
    machine.write(&file("10-corp"), list(&format!("\"{base64}\", \"AAAA\"")));
    machine.run(["labtrust", "untrust"]).exited(1).says("chromium-policy  trusted").says(&file("10-corp"));
    assert!(!machine.has(&file("labtrust")));
    machine.run(purge).succeeded().says("chromium-policy  removed");
    assert!(!machine.read(&file("10-corp")).contains(&base64));
}

#[test]
fn the_database_that_these_browsers_read_is_written() {
    let machine = machine!("chromium-database");
    machine.ensure_user("alice");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/srv/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    let trust =
        ["labtrust", "trust", "/srv/ca.crt", "--for", HOST, "--fingerprint", &sha256, "--store=chromium"];
    machine.run_as("alice", trust).exited(1).says("no user whose stores are changed has such a browser");

    create(&machine, SECOND);
    machine.run_as("alice", trust).succeeded();
    assert_eq!(listed(&machine, SECOND).len(), 1);
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();

    create(&machine, FIRST);
    create(&machine, "/home/alice/snap/chromium/current/.pki/nssdb");
    create(&machine, "/home/alice/.var/app/org.chromium.Chromium/data/pki/nssdb");
    machine.run_as("alice", trust).succeeded();
    assert_eq!(listed(&machine, SECOND), [""; 0]);
    for folder in [
        FIRST,
        "/home/alice/snap/chromium/current/.pki/nssdb",
        "/home/alice/.var/app/org.chromium.Chromium/data/pki/nssdb",
    ] {
        assert!(listed(&machine, folder)[0].ends_with(" C,,"), "{folder}");
    }
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    assert_eq!(listed(&machine, FIRST), [""; 0]);
}

//! A person without root: everything that needs none is done, the rest is one file for the administrator, and a block of
//! lines for the shell's profile; and all of it is undone.

use std::process::Command;

use labtrust_plan::Certificate;

use super::{UNKNOWN_AUTHORITY, fingerprint, serving};
use crate::{
    lab::{Engine, Gitlab, HOST, Machine, Output, Pair, Podman, REGISTRY, Validity, browsers},
    setup::json,
};

/// Files that GitLab serves: a repository, and a package of its npm registry.
const FILES: &str = r#"set -e
mkdir -p /srv/www/group /srv/www/api/v4/packages/npm /srv/www/files
cd /srv && git init -q -b main work && cd work && echo hello >README && git add README
git -c user.name=x -c user.email=x@example.com commit -q -m first
git clone -q --bare /srv/work /srv/www/group/project.git
git -C /srv/www/group/project.git update-server-info
mkdir -p /srv/package && cd /srv && echo '{"name": "hello", "version": "1.0.0"}' >package/package.json
tar -czf www/files/hello-1.0.0.tgz package
cat >www/api/v4/packages/npm/hello <<JSON
{"name": "hello", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"name": "hello", "version": "1.0.0",
 "dist": {"tarball": "https://mygitlab.example.com/files/hello-1.0.0.tgz"}}}}
JSON
"#;

/// A GitLab with those files and a foreign pair, and the fingerprint of its root.
fn gitlab(machine: &Machine) -> String {
    let gitlab = Gitlab::start(machine);
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    gitlab.serve(&pair);
    machine.sh(FILES).succeeded();
    let served = "root /srv/www; location /group/ {} location /files/ {}\n\
                  location /api/v4/packages/ { default_type application/json; }\n        location / {";
    gitlab.change_nginx(
        "location / {\n            proxy_pass http://127.0.0.1:8080",
        &format!("{served}\n            proxy_pass http://127.0.0.1:8080"),
    );
    fingerprint(machine, &pair.root)
}

/// A program as alice, with her profile.
fn run(machine: &Machine, line: &str) -> Output {
    let script = format!(". ~/.profile; {line}");
    machine.run_as("alice", ["bash", "-c", &script])
}

/// What alice does with the GitLab: each line, and the text of its failure.
const USES: [(&str, &str); 6] = [
    (
        "cd /tmp && rm -rf clone && git clone -q https://mygitlab.example.com/group/project.git clone",
        "certificate",
    ),
    (
        "skopeo login --authfile /tmp/auth.json --username developer --password 'correct horse' mygitlab.example.com:4567",
        UNKNOWN_AUTHORITY,
    ),
    (
        "rm -rf /tmp/app && mkdir /tmp/app && cd /tmp/app && npm install --no-audit --no-update-notifier --fetch-retries 0 \
         --cache $(mktemp -d) --registry https://mygitlab.example.com/api/v4/packages/npm/ hello",
        "self-signed certificate in certificate chain",
    ),
    ("curl -sS -o /dev/null https://mygitlab.example.com/", "certificate"),
    (
        "python3 -c 'import urllib.request; urllib.request.urlopen(\"https://mygitlab.example.com/files/hello-1.0.0.tgz\")'",
        "CERTIFICATE_VERIFY_FAILED",
    ),
    (
        "node -e 'require(\"https\").get(\"https://mygitlab.example.com/\", () => process.exit(0)).on(\"error\", e => { console.error(e.message); process.exit(1) })'",
        "self-signed certificate in certificate chain",
    ),
];

/// The lines for the profile: those below the advice to add or to remove them.
fn block(output: &Output) -> String {
    let mut lines = output.stdout.lines().skip_while(|line| !line.contains("these lines"));
    lines.next();
    let lines = lines.map(str::trim).take_while(|line| line.starts_with("export "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_person_without_root_clones_logs_in_and_installs_with_one_command_and_the_pasted_block() {
    let machine = machine!("laptop");
    machine.without_docker();
    let _podman = Podman::install(&machine);
    browsers::install(&machine, "chromium");
    machine.ensure_user("alice");
    let sha256 = gitlab(&machine);
    // A `cafile` of the machine that runs the tests would hide everything else from npm.
    machine.sh("rm -f /usr/etc/npmrc /etc/npmrc").succeeded();
    machine.run_as("alice", ["sh", "-c", "mkdir -p ~/.config"]).succeeded();
    let before = machine.settled();
    for (line, refusal) in USES {
        let refused = run(&machine, line);
        assert!(refused.code() != 0 && refused.stderr.contains(refusal), "{line}: {refused}");
    }
    let browse = || browsers::chromium(&machine, "alice", &format!("https://{HOST}/"));
    browse().says("ERR_CERT_AUTHORITY_INVALID");

    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256];
    let trusted = machine.run_as("alice", trust).exited(3);
    let trusted = trusted.says("give this file to the administrator").says("add these lines to ~/.profile:");
    let lines = block(&trusted);
    // Java's line is one of the block; without the copy that it names, Java reads its own keystore.
    assert_eq!(lines.lines().count(), 3, "{trusted}");
    machine
        .run_as(
            "alice",
            ["sh", "-c", &format!("cp ~/.profile /tmp/profile; cat >>~/.profile <<'E'\n{lines}E")],
        )
        .succeeded();
    for (line, _) in USES {
        run(&machine, line).succeeded();
    }
    assert!(!browse().stderr.contains("ERR_CERT"), "Chromium refuses the page");
    // In a shell with the lines the store is trusted, and nothing more is said of them.
    let status = run(&machine, "labtrust status").says("✓  environment      trusted");
    assert_eq!(block(&status), "");

    let untrusted = run(&machine, "labtrust untrust").succeeded().says("remove these lines from ~/.profile");
    assert_eq!(block(&untrusted), lines);
    machine.run_as("alice", ["sh", "-c", "cp /tmp/profile ~/.profile"]).succeeded();
    for (line, refusal) in USES {
        let refused = run(&machine, line);
        assert!(refused.code() != 0 && refused.stderr.contains(refusal), "{line}: {refused}");
    }
    browse().says("ERR_CERT_AUTHORITY_INVALID");
    let left = machine.changes_since(&before);
    let is_labtrusts = |line: &&String| line.contains("labtrust") || line.contains(".config/containers");
    assert_eq!(left.iter().filter(is_labtrusts).count(), 0, "{left:?}");
}

#[test]
fn the_file_for_the_administrator_is_all_that_root_needs() {
    let machine = machine!("laptop");
    let engine = Engine::start(&machine);
    let (_, sha256) = serving(&machine);
    machine.ensure_user("alice");
    let before = machine.settled();
    let trust = ["labtrust", "trust", REGISTRY, "--fingerprint", &sha256];
    let dry = machine.run_as("alice", [&trust[..], &["--json", "--dry-run"]].concat()).exited(1).stdout;
    let report = machine.run_as("alice", [&trust[..], &["--json"]].concat()).exited(3).stdout;
    let path = json(&report)["admin_file"].as_str().expect("a file").to_owned();
    let plan = json(&dry)["plan"].clone();
    assert!(plan.as_array().is_some_and(|plan| plan.iter().any(|one| one["subject"] == path)), "{dry}");
    let mode = machine.run_as("alice", ["stat", "-c", "%a", &path]).succeeded().stdout;
    assert_eq!(mode, "644\n");
    let text = machine.read(&path);
    for part in [
        "alice asks",
        "system store",
        "Docker",
        "update-ca-certificates",
        &sha256.replace(':', "").to_lowercase(),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Handed over: it needs neither the server nor alice's home.
    machine.sh(&format!("mkdir /root/inbox; cp {path} /root/inbox/; chmod -R go= /root/inbox")).succeeded();
    let command = text
        .lines()
        .find(|line| line.trim().starts_with("labtrust trust "))
        .unwrap_or_else(|| panic!("{text}"));
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    let pasted = format!("cd /root/inbox; {command}");
    machine.sh(&pasted).succeeded().says("✓  system").says("✓  docker");
    engine.login().succeeded();
    // Nothing is left for root then.
    let again = machine.run_as("alice", trust).exited(4);
    assert!(!again.stdout.contains("administrator"), "{again}");

    machine.run(["labtrust", "untrust"]);
    machine.run_as("alice", ["labtrust", "untrust"]).succeeded();
    machine.sh("rm -r /root/inbox").succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // Where a person says.
    let named = [&trust[..], &["--store", "system", "--admin-file", "/home/alice/for root.pem"]].concat();
    machine.run_as("alice", named).exited(3).says("/home/alice/for root.pem");
    let text = machine.read("/home/alice/for root.pem");
    let command = text
        .lines()
        .find(|line| line.trim().starts_with("labtrust trust "))
        .unwrap_or_else(|| panic!("{text}"));
    assert!(!command.contains("--store docker"), "{command}");
    machine.sh(&format!("cd /home/alice; {command}")).exited(4).says("in /etc/ssl/certs/ca-certificates.crt");
    // It goes with the last store that it was for.
    machine.run_as("alice", ["labtrust", "untrust", "--store", "system"]);
    machine.run(["test", "-e", "/home/alice/for root.pem"]).exited(1);
}

#[test]
fn a_variable_that_hides_the_file_is_named_and_other_folders_are_kept() {
    let machine = machine!("laptop");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.ensure_user("alice");
    machine.write("/home/alice/ca.crt", &pair.root);
    let sha256 = fingerprint(&machine, &pair.root);
    machine.run_as("alice", ["sh", "-c", "printf company >~/company.pem"]).succeeded();
    let trust = [
        "labtrust",
        "trust",
        "/home/alice/ca.crt",
        "--for",
        HOST,
        "--fingerprint",
        &sha256,
        "--store",
        "environment",
    ];
    let with = |variables: &[(&str, &str)]| machine.command(trust).user("alice").envs(variables).run();
    let company =
        [("NODE_EXTRA_CA_CERTS", "/home/alice/company.pem"), ("SSL_CERT_DIR", "/opt/certs:/etc/ssl/certs")];
    let hidden = with(&company).exited(3).says("NODE_EXTRA_CA_CERTS names /home/alice/company.pem");
    assert_eq!(
        block(&hidden),
        "export SSL_CERT_DIR=/home/alice/.local/share/labtrust/certs:/opt/certs:/etc/ssl/certs\n"
    );
    let below = hidden.stdout.lines().skip_while(|line| !line.contains("append the CA to it")).skip(1);
    let append: Vec<_> = below.take(2).collect();
    machine.run_as("alice", ["sh", "-c", &append.join("\n")]).succeeded();
    with(&[company[0], ("SSL_CERT_DIR", "/home/alice/.local/share/labtrust/certs:/opt/certs")]).succeeded();
    // A list with nothing but this folder would replace the public roots.
    with(&[company[0], ("SSL_CERT_DIR", "/home/alice/.local/share/labtrust/certs")])
        .exited(4)
        .says(":/etc/ssl/certs");
    with(&[("SHELL", "/usr/bin/fish")]).exited(4).says("set -gx NODE_EXTRA_CA_CERTS ").says("config.fish");
    machine.run(trust).exited(1).says("root runs read the system store");
    let untrusted = machine.command(["labtrust", "untrust"]).user("alice").envs(&company).run().succeeded();
    let cut = untrusted.stdout.lines().find(|line| line.trim().starts_with("sed -i ")).expect("a command");
    machine.run_as("alice", ["sh", "-c", cut]).succeeded();
    assert_eq!(machine.read("/home/alice/company.pem").trim(), "company");
}

/// Settings of `openssl req`, and a subject.
const SUBJECTS: [(&str, &str); 8] = [
    ("", "/O=labtrust/CN=mygitlab.example.com root CA b4f8c196"),
    ("", "/C=CH/O=ACME  Ltd./OU= Two   Spaces /CN=Root"),
    ("", "/CN=Zürich ÄÖ ß/O=東京"),
    ("", "/DC=com/DC=example/CN=a/emailAddress=Admin@Example.COM"),
    ("", "/CN=zeta+O=alpha+OU=mid/C=DE"),
    ("string_mask = MASK:0x800", "/CN=Big Endian Ä"),
    ("string_mask = MASK:0x4", "/CN=Teletex Ä"),
    ("", "/serialNumber=12 34/CN=X"),
];

#[test]
fn the_hash_of_a_subject_is_that_of_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (settings, subject) in SUBJECTS {
        std::fs::write(path("cnf"), format!("[req]\ndistinguished_name = d\n{settings}\n[d]\n")).unwrap();
        let (cnf, key, crt) = (path("cnf"), path("key"), path("crt"));
        let make = [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-utf8",
            "-config",
            &cnf,
        ];
        let rest = ["-subj", subject, "-keyout", &key, "-out", &crt];
        let output = Command::new("openssl").args(make).args(rest).output().unwrap();
        assert!(output.status.success(), "{subject}: {output:?}");
        let hash =
            Command::new("openssl").args(["x509", "-noout", "-subject_hash", "-in", &crt]).output().unwrap();
        let (certificates, _) = Certificate::read_all(&std::fs::read(&crt).unwrap());
        let ours = certificates[0].subject_hash().expect("a hash");
        assert_eq!(ours, String::from_utf8(hash.stdout).unwrap().trim(), "{subject}");
    }
}

//! `setup` on a server: it installs the certificate and key, GitLab serves them, one command connects a client, and
//! `--undo` restores everything.

mod adopted;
mod folders;
mod last_line;
mod left;
mod moved;
mod reload;
mod replace;
mod signer;
mod sites;
mod stopped;

use crate::{
    lab::{Engine, Gitlab, HOST, REGISTRY, hup},
    trust::fingerprint,
};

const UNKNOWN_AUTHORITY: &str = "x509: certificate signed by unknown authority";

/// The command for clients that setup printed last.
pub(crate) fn client_line(output: &str) -> Vec<String> {
    let line = output.lines().rev().find(|line| line.contains("labtrust trust ")).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

pub(crate) fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_client_logs_in_with_the_line_that_the_server_printed_and_both_are_given_back() {
    let server = machine!("gitlab");
    let client = machine!("client");
    server.connect(&client, "192.0.2.20");
    let gitlab = Gitlab::start(&server);
    let engine = Engine::start(&client);
    let (server_before, client_before) = (server.settled(), client.settled());

    let made = server.run(["labtrust", "setup"]).succeeded().says("can sign");
    assert_eq!(gitlab.calls().iter().filter(|call| *call == "hup nginx").count(), 1, "{:?}", gitlab.calls());
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    client.run(client_line(&made.stdout)).succeeded().says("Docker accepts");
    engine.login().succeeded();

    let placed = server.manifest();
    server.run(["labtrust", "setup"]).succeeded().says("nothing was changed");
    server.run(["labtrust", "setup", "--dry-run"]).succeeded();
    assert_eq!(server.changes_since(&placed), [""; 0]);
    server.run(["labtrust", "status"]).succeeded().says(&client_line(&made.stdout).join(" "));

    client.run(["labtrust", "untrust"]).succeeded();
    engine.login().exited(1).says(UNKNOWN_AUTHORITY);
    assert_eq!(client.changes_since(&client_before), [""; 0]);
    server.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(server.changes_since(&server_before), [""; 0]);
}

#[test]
fn files_have_the_modes_and_the_order_that_gitlab_wants() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    let output = machine.run(["labtrust", "setup", "--json", "--no-trust"]).succeeded();
    let report = json(&output.stdout);
    assert_eq!(report["schema"], 2);
    assert_eq!(report["names"], serde_json::json!([HOST]));
    let modes = machine.sh("stat -c '%a %U %n' /etc/gitlab/ssl/* /etc/gitlab/trusted-certs/* /var/lib/labtrust /var/lib/labtrust/authority/*");
    let modes = modes.succeeded().stdout;
    for line in [
        format!("644 root /etc/gitlab/ssl/{HOST}.crt"),
        format!("600 root /etc/gitlab/ssl/{HOST}.key"),
        "600 root /var/lib/labtrust/authority/intermediate.key".into(),
        "700 root /var/lib/labtrust".into(),
        format!(
            "644 root /etc/gitlab/trusted-certs/labtrust-{}.crt",
            &report["sha256"].as_str().unwrap()[..16]
        ),
    ] {
        assert!(modes.lines().any(|found| found == line), "{line} is not in\n{modes}");
    }
    assert!(!machine.has("/var/lib/labtrust/authority/root.key"));
    let chain = machine.read(&format!("/etc/gitlab/ssl/{HOST}.crt"));
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 3, "leaf, intermediate, root");
    // OpenSSL verifies the served chain with the root alone.
    machine.sh("labtrust export -o /tmp/root.crt").succeeded();
    let verify = format!(
        "openssl s_client -connect {HOST}:443 -servername {HOST} -CAfile /tmp/root.crt -verify_return_error -x509_strict </dev/null"
    );
    machine.sh(&verify).succeeded();
}

#[test]
fn a_machine_without_gitlab_is_told_the_three_ways_and_the_clients_verb() {
    let machine = machine!("client");
    let before = machine.manifest();
    let refused = machine.run(["labtrust", "setup", HOST]).exited(3);
    for way in ["--gitlab", "--prepare", "--out", "labtrust trust"] {
        assert!(refused.stderr.contains(way), "{way}: {}", refused.stderr);
    }
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_handshake_is_trusted_only_by_the_fingerprint_of_the_root_that_it_leads_to() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    let chain = machine.read(&format!("/etc/gitlab/ssl/{HOST}.crt"));
    let parts: Vec<&str> = chain.split_inclusive("-----END CERTIFICATE-----\n").collect();
    let [leaf, intermediate, root] = parts[..] else { panic!("{chain}") };
    let before = machine.settled();
    let trust = |sha256: &str| machine.run(["labtrust", "trust", REGISTRY, "--fingerprint", sha256]);
    trust(&fingerprint(&machine, leaf)).exited(3).says("hint:");
    trust(&fingerprint(&machine, intermediate)).exited(3).says("hint:");
    trust(&"ab".repeat(32)).exited(3).says(&fingerprint(&machine, root).to_lowercase().replace(':', ""));
    machine.run(["labtrust", "trust", REGISTRY, "--yes"]).exited(3).says("--fingerprint");

    let mut terminal = machine.command(["labtrust", "trust", REGISTRY]).terminal();
    terminal.expect("Trust the CA? [y/N]");
    terminal.send("n\n");
    terminal.finish().exited(3);
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // The trusted root, with a chain that does not lead to it: the intermediate's own name and
    // key, certified by another root.
    machine.write("/root/intermediate.crt", intermediate);
    machine.write("/root/root.crt", root);
    let resign = "set -e; cd /root; openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.crt -subj /CN=Other -days 90 2>/dev/null
        openssl x509 -x509toreq -in intermediate.crt -signkey /var/lib/labtrust/authority/intermediate.key -out cross.csr
        id=$(openssl x509 -in intermediate.crt -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' :')
        printf 'basicConstraints=critical,CA:TRUE\\nsubjectKeyIdentifier=%s\\n' $id >cross.ext
        openssl x509 -req -in cross.csr -CA other.crt -CAkey other.key -days 90 -extfile cross.ext -out cross.crt
        openssl x509 -in /etc/gitlab/ssl/mygitlab.example.com.crt -out leaf.crt
        cat leaf.crt cross.crt root.crt >/etc/gitlab/ssl/mygitlab.example.com.crt
        openssl verify -CAfile other.crt -untrusted cross.crt leaf.crt";
    machine.sh(resign).succeeded();
    hup(&machine);
    let sent = machine.run(["sh", "-c", "openssl s_client -connect $0 </dev/null", REGISTRY]);
    assert!(sent.stdout.contains("i:CN = Other"), "{}", sent.stdout);
    let before = machine.settled();
    trust(&fingerprint(&machine, root)).exited(3).says("hint:");
    trust(&fingerprint(&machine, &machine.read("/root/other.crt"))).exited(3).says("hint:");
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

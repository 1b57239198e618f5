//! `setup` on a server: the pair in its place and served, clients in with one line, and back.

mod adopted;
mod left;
mod reload;
mod sites;
mod stopped;

use crate::{
    lab::{Engine, Gitlab, HOST, Machine, Pair, REGISTRY, Validity, hup},
    trust::fingerprint,
};

const UNKNOWN_AUTHORITY: &str = "x509: certificate signed by unknown authority";

/// The line for the clients that a setup printed last.
pub fn client_line(output: &str) -> Vec<String> {
    let line = output.lines().rev().find(|line| line.contains("labtrust trust ")).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

pub fn json(text: &str) -> serde_json::Value {
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
    client.run(client_line(&made.stdout)).succeeded().says("the engine accepts");
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
    assert_eq!(report["schema"], 1);
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
    // The chain as nginx serves it, judged by OpenSSL with the root alone.
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
fn a_foreign_pair_on_disk_is_not_replaced_without_being_told_to() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let foreign = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&foreign);
    let before = machine.manifest();
    machine.run(["labtrust", "setup", "--yes"]).exited(3).says("--replace").says("labtrust import");
    assert_eq!(machine.changes_since(&before), [""; 0]);

    machine.run(["labtrust", "setup", "--replace", "--no-trust"]).succeeded();
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
    gitlab.wait_served(&foreign.leaf);
}

#[test]
fn a_foreign_certificate_that_is_served_is_not_replaced_either() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.serve(&Pair::made(&machine, &[HOST], Validity::Current));
    // Nginx has read them; a person has moved the files away since.
    machine.sh("mkdir /root/aside && mv /etc/gitlab/ssl/* /root/aside/").succeeded();
    let before = machine.manifest();
    machine.run(["labtrust", "setup", "--yes"]).exited(3).says("--replace");
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_ca_for_half_the_internet_is_asked_about_or_warned_of() {
    let machine = machine!("gitlab");
    let setup = ["labtrust", "setup", HOST, "--out", "/etc/proxy", "--no-trust", "--permit", "com"];
    let before = machine.settled();
    for (words, suffix) in [
        ("dev", "dev"),
        ("nas", "nas"),
        ("gitlab.example.com --permit co.uk", "co.uk"),
        ("gitlab.example.com --permit github.io", "github.io"),
        ("github.io --permit github.io", "github.io"),
        ("me.github.io --name github.io", "github.io"),
        ("gitlab.example.com --name *.github.io", "github.io"),
        ("gitlab.lan --permit lan", "lan"),
        ("gitlab.home.arpa --permit home.arpa", "home.arpa"),
    ] {
        let line = format!("labtrust setup --out /etc/proxy --no-trust {words}").replace('*', "'*'");
        machine.sh(&line).exited(3).says(&format!("every name below {suffix}, strangers' too")).says("--yes");
        machine.sh(&format!("{line} --dry-run")).exited(1).says(&format!("every name below {suffix}"));
    }
    for words in [
        "gitlab.lan",
        "me.github.io",
        "gitlab.home.arpa",
        "192.0.2.10",
        "gitlab.example.com --permit example.com",
    ] {
        let line = format!("labtrust setup --out /etc/proxy --no-trust --dry-run {words}");
        let planned = machine.sh(&line).exited(1);
        assert!(!planned.stdout.contains("broad"), "{planned:?}");
    }
    machine.run([&setup[..], &["--dry-run"]].concat()).exited(1).says("every name below com");
    let mut terminal = machine.command(setup).terminal();
    terminal.expect("every name below com");
    terminal.expect("Do this? [y/N]");
    terminal.send("n\n");
    terminal.finish().exited(1);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.run(setup).exited(3).says("--yes");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine
        .run([&setup[..], &["--yes"]].concat())
        .succeeded()
        .says("warning: the CA is broad: it can sign for every name below com");
    let rotate = |words: &str| machine.sh(&format!("labtrust rotate start {words}"));
    for suffix in ["net", "lan", "github.io"] {
        rotate(&format!("--permit {suffix} --dry-run")).exited(1).says(&format!("every name below {suffix}"));
        rotate(&format!("--permit {suffix}"))
            .exited(3)
            .says(&format!("every name below {suffix}"))
            .says("--yes");
    }
    // What the CA in use may sign was asked about when it was made.
    for known in ["", "--permit com", "--permit example.org"] {
        let planned = rotate(&format!("{known} --dry-run")).exited(1);
        assert!(!planned.stderr.contains("broad"), "{planned:?}");
    }
}

#[test]
fn a_staged_ca_can_be_handed_out_before_anything_is_placed() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let foreign = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&foreign);
    let staged =
        machine.run(["labtrust", "setup", "--stage", "--no-trust"]).succeeded().says("nothing was placed");
    gitlab.wait_served(&foreign.leaf);
    // What it prints for the clients works before anything is placed.
    for line in staged.stdout.lines().chain(staged.stderr.lines()).map(str::trim) {
        if line.starts_with("labtrust export") || line.starts_with("labtrust trust") {
            machine.sh(&format!("cd /root; {line}")).succeeded();
        }
    }
    machine.run(["labtrust", "status"]).succeeded().says("✓  docker  trusted");
    let root = machine.run(["labtrust", "export"]).succeeded().stdout;
    machine.run(["labtrust", "setup", "--replace"]).succeeded();
    assert_eq!(
        machine.run(["labtrust", "export"]).succeeded().stdout,
        root,
        "the CA that was handed out stays"
    );
}

#[test]
fn a_prepared_folder_is_complete_and_a_second_run_changes_nothing() {
    let machine = machine!("nas");
    let before = machine.settled();
    let setup = ["labtrust", "setup", HOST, "--prepare", "/srv/gitlab"];
    let made = machine.run(setup).succeeded().says("docker compose up -d");
    made.says(&format!("labtrust trust {REGISTRY} --fingerprint "));
    for file in [
        "compose.yaml",
        "config/gitlab.rb",
        &format!("config/ssl/{HOST}.crt"),
        &format!("config/ssl/{HOST}.key"),
    ] {
        assert!(machine.has(&format!("/srv/gitlab/{file}")), "{file}");
    }
    let ruby = machine.read("/srv/gitlab/config/gitlab.rb");
    for line in ["external_url", "registry_external_url", "letsencrypt['enable'] = false"] {
        assert!(ruby.contains(line), "{ruby}");
    }
    let prepared = machine.manifest();
    machine.run(setup).succeeded().says("nothing was changed");
    assert_eq!(machine.changes_since(&prepared), [""; 0]);
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn without_root_a_folder_is_prepared_and_the_trust_is_a_command() {
    let machine = machine!("laptop");
    let setup = ["labtrust", "setup", HOST, "--prepare", "/home/alice/gitlab"];
    let made = machine.run_as("alice", setup).exited(3).says("Needs root:").says("docker compose up -d");
    let sudo =
        made.stdout.lines().find(|line| line.contains("sudo ")).unwrap().trim().replacen("sudo ", "", 1);
    machine
        .sh(&format!("SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice {sudo}"))
        .succeeded();
    machine.run_as("alice", ["labtrust", "status"]).succeeded();
    machine.run_as("alice", setup).succeeded().says("nothing was changed");
}

#[test]
fn a_bare_folder_gets_only_the_pair() {
    let machine = machine!("proxy");
    let setup =
        ["labtrust", "setup", HOST, "--out", "/etc/proxy", "--reload", "touch /tmp/reloaded", "--no-trust"];
    machine.run(setup).succeeded();
    assert!(machine.has("/tmp/reloaded"));
    let listed = machine.sh("ls /etc/proxy").succeeded().stdout;
    assert_eq!(listed, format!("{HOST}.crt\n{HOST}.key\n"));
}

#[test]
fn a_companys_ca_signs_and_its_key_is_not_copied() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    machine.sh(COMPANY_CA).succeeded();
    let setup = ["labtrust", "setup", "--ca-cert", "/root/ca.crt", "--ca-key", "/root/ca.key", "--no-trust"];
    machine.run(setup).succeeded();
    let leaf = machine.read(&format!("/etc/gitlab/ssl/{HOST}.crt"));
    gitlab.wait_served(&leaf);
    machine.sh("openssl verify -x509_strict -CAfile /root/ca.crt -untrusted /etc/gitlab/ssl/mygitlab.example.com.crt /etc/gitlab/ssl/mygitlab.example.com.crt").succeeded();
    let key: String = machine.read("/root/ca.key").lines().nth(1).unwrap().to_owned();
    let search = ["grep", "-rqF", &key, "/var/lib/labtrust", "/etc/gitlab"];
    assert_eq!(machine.run(search).code(), 1, "the company's key was copied");
    // Its key is not at hand any more, and nothing needs it.
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("nothing was changed");

    for (case, expected) in [("leaf", "may not sign"), ("wrong", "key")] {
        let setup = ["labtrust", "setup", "--state", "/tmp/other", "--replace", "--no-trust", "--ca-cert"];
        let files = match case {
            "leaf" => ["/root/leaf.crt", "--ca-key", "/root/leaf.key"],
            _ => ["/root/ca.crt", "--ca-key", "/root/leaf.key"],
        };
        machine.run([&setup[..], &files].concat()).exited(3).says(expected);
    }
}

const COMPANY_CA: &str = "
cd /root
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 3650 -subj '/O=Company/CN=Company CA' \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.crt -days 90 -subj '/CN=leaf' \
  -addext basicConstraints=critical,CA:FALSE 2>/dev/null
";

#[test]
fn a_self_signed_certificate_says_whom_it_does_not_satisfy_and_works_with_docker() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    let before = machine.settled();
    let made = machine.run(["labtrust", "setup", "--self-signed"]).succeeded().says("refused by Firefox");
    engine.login().succeeded();
    machine.run(["labtrust", "setup", "--self-signed"]).succeeded().says("nothing was changed");
    machine.run(client_line(&made.stdout)).succeeded();
    machine.run(["labtrust", "setup", "--undo"]).exited(4).says("docker restart");
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn what_people_have_is_imported_and_served() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let before = machine.settled();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/leaf.pem", &pair.leaf);
    machine.write("/root/root.pem", &pair.root);
    machine.write("/root/key.pem", &pair.key);
    machine.write("/root/secret", "correct horse\n");
    let made = "cd /root; openssl pkcs12 -export -in leaf.pem -inkey key.pem -certfile root.pem -passout file:secret -out pair.p12";
    machine.sh(made).succeeded();
    let import = ["labtrust", "import", "--pkcs12", "/root/pair.p12"];
    machine.run(import).exited(3).says("--passphrase-file");
    machine.write("/root/wrong", "battery staple\n");
    machine.run([&import[..], &["--passphrase-file", "/root/wrong"]].concat()).exited(3).says("passphrase");
    machine.run([&import[..], &["--passphrase-file", "/root/secret"]].concat()).succeeded();
    gitlab.wait_served(&pair.leaf);

    let imported = machine.manifest();
    let parts = [
        "labtrust",
        "import",
        "--cert",
        "/root/leaf.pem",
        "--key",
        "/root/key.pem",
        "--chain",
        "/root/root.pem",
    ];
    machine.run(parts).succeeded().says("nothing was changed");
    assert_eq!(machine.changes_since(&imported), [""; 0]);

    let other = Pair::made(&machine, &["other.example.com"], Validity::Current);
    machine.write("/root/other.pem", other.chain());
    machine.write("/root/other.key", &other.key);
    let wrong = ["labtrust", "import", "--cert", "/root/other.pem", "--key", "/root/other.key"];
    machine.run([&wrong[..], &["--host", HOST]].concat()).exited(3).says("other.example.com");
    machine.run(["labtrust", "import", "--cert", "/root/leaf.pem", "--key", "/root/other.key"]).exited(3);
    assert_eq!(machine.changes_since(&imported).iter().filter(|line| !line.starts_with("/root/")).count(), 0);

    let undone = machine.run(["labtrust", "setup", "--undo", "--json"]).succeeded();
    assert_eq!(json(&undone.stdout)["schema"], 1);
    machine.sh("rm /root/*").succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn another_certificate_is_signed_within_the_cas_names_only() {
    let machine = machine!("gitlab");
    machine.run(["labtrust", "setup", HOST, "--out", "/etc/proxy", "--no-trust"]).succeeded();
    let sign = |name: &str| machine.run(["labtrust", "sign", name, "-o", "/srv"]);
    sign("pages.mygitlab.example.com").succeeded();
    sign("pages.mygitlab.example.com").exited(3).says("is there already");
    sign("other.example.com").exited(3).says("can never sign");
    let verify = "labtrust export >/tmp/root.crt; openssl verify -x509_strict -CAfile /tmp/root.crt -untrusted /srv/pages.mygitlab.example.com.crt /srv/pages.mygitlab.example.com.crt";
    machine.sh(verify).succeeded();
    assert_eq!(machine.sh("stat -c %a /srv/*.key").succeeded().stdout, "600\n");
    let request = "openssl req -new -newkey rsa:2048 -nodes -keyout /tmp/k -out /tmp/r.csr -subj /CN=x -addext subjectAltName=DNS:kas.mygitlab.example.com -addext basicConstraints=CA:TRUE 2>/dev/null";
    machine.sh(request).succeeded();
    machine.run(["labtrust", "sign", "--csr", "/tmp/r.csr", "-o", "/srv"]).succeeded();
    let text =
        machine.sh("openssl x509 -in /srv/kas.mygitlab.example.com.crt -noout -text").succeeded().stdout;
    assert!(!text.contains("CA:TRUE"), "{text}");
}

#[test]
fn on_a_terminal_the_plan_is_shown_and_asked_about() {
    let machine: Machine = machine!("nas");
    let setup = ["labtrust", "setup", HOST, "--prepare", "/srv/gitlab"];
    let before = machine.settled();
    let mut terminal = machine.command(setup).terminal();
    terminal.expect("Do this? [y/N]");
    terminal.send("n\n");
    terminal.finish().exited(1);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    let mut terminal = machine.command(setup).terminal();
    terminal.expect("Do this? [y/N]");
    terminal.send("y\n");
    terminal.finish().succeeded();
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
    terminal.expect("Trust it? [y/N]");
    terminal.send("n\n");
    terminal.finish().exited(3);
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // The root that is known, with a chain that does not lead to it: the intermediate's own name and
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

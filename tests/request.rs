//! A company's CA: `request` keeps the key, `openssl ca` signs, and `import` finds the key again, whatever
//! form the answer has.

use std::time::Duration;

use crate::{
    lab::{Engine, Gitlab, HOST, Machine, Output},
    trust::fingerprint,
};

/// A machine on which a company's CA signs, and the request of its GitLab in `/root/request.csr`.
fn company(machine: &Machine) {
    machine.sh(include_str!("request/company.sh")).succeeded();
}

fn request(machine: &Machine, arguments: &[&str]) -> Output {
    let made = machine.run([&["labtrust", "request"][..], arguments].concat()).succeeded();
    machine.write("/root/request.csr", &made.stdout);
    made
}

fn sign(machine: &Machine, arguments: &[&str]) {
    machine.run([&["sign", "/root/request.csr", "/root/answer.pem"][..], arguments].concat()).succeeded();
}

fn import(machine: &Machine, arguments: &str) -> Output {
    machine.sh(&format!("labtrust import {arguments}"))
}

fn kept(machine: &Machine) -> Vec<String> {
    let list = machine.sh("cd /var/lib/labtrust/requests 2>/dev/null && ls || :").succeeded();
    list.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn a_company_ca_signs_what_was_requested_and_a_client_that_trusts_it_logs_in() {
    let server = machine!("gitlab");
    let client = machine!("client");
    server.connect(&client, "192.0.2.20");
    let gitlab = Gitlab::start(&server);
    let engine = Engine::start(&client);
    company(&server);
    let before = server.settled();

    let made = request(&server, &["--name", "kas.mygitlab.example.com"]).says("labtrust import --cert FILE");
    let text = server.sh("openssl req -in /root/request.csr -verify -noout -text 2>&1").succeeded().stdout;
    for part in [
        "verify OK",
        &format!("DNS:{HOST}, DNS:kas.mygitlab.example.com"),
        "TLS Web Server Authentication",
        "Digital Signature",
        "CA:FALSE",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let modes = server.sh("cd /var/lib/labtrust/requests; stat -c '%a %n' . * */key").succeeded().stdout;
    let [id] = &kept(&server)[..] else { panic!("{modes}") };
    assert_eq!(modes, format!("700 .\n700 {id}\n600 {id}/key\n"));

    // A mail that was lost is sent again, and an answer to the first fits.
    let again = server.run(["labtrust", "request", "--name", "kas.mygitlab.example.com"]).succeeded();
    assert_eq!(again.stdout, made.stdout);
    again.says("no certificate was imported for it yet");

    sign(&server, &[]);
    import(&server, "--cert /root/answer.pem").exited(3).says("--chain FILE");
    import(&server, "--cert /root/answer.pem --chain /root/ca/chain.pem").succeeded();
    gitlab.wait_served(&server.read("/root/answer.pem"));

    client.write("/root/root.crt", server.read("/root/ca/root.crt"));
    engine.login().exited(1).says("x509: certificate signed by unknown authority");
    let sha256 = fingerprint(&client, &client.read("/root/root.crt"));
    client
        .run([
            "labtrust",
            "trust",
            "/root/root.crt",
            "--fingerprint",
            &sha256,
            "--for",
            &format!("{HOST}:4567"),
        ])
        .succeeded();
    engine.login().succeeded();

    let stands = server.manifest();
    import(&server, "--cert /root/answer.pem --chain /root/ca/chain.pem")
        .succeeded()
        .says("nothing was changed");
    assert_eq!(server.changes_since(&stands), [""; 0]);

    server.run(["labtrust", "setup", "--undo"]).succeeded();
    server.run(["labtrust", "request", "--undo"]).succeeded().says(", signed");
    let changes: Vec<_> =
        server.changes_since(&before).into_iter().filter(|line| !line.starts_with("/root/")).collect();
    assert_eq!(changes, [""; 0]);
}

/// How a Windows CA and its like hand out an answer: what is run in `/root` beside `answer.pem`, and the
/// options of `import`.
const FORMS: &[(&str, &str)] = &[
    (
        "cat ca/root.crt answer.pem ca/issuing.crt >all; openssl crl2pkcs7 -nocrl -certfile all -outform DER -out answer.p7b",
        "--cert answer.p7b",
    ),
    (
        "cat ca/root.crt ca/issuing.crt answer.pem >all; openssl crl2pkcs7 -nocrl -certfile all -out answer.p7b",
        "--cert answer.p7b",
    ),
    (
        "openssl x509 -in answer.pem -outform DER -out answer.cer; \
         openssl crl2pkcs7 -nocrl -certfile ca/root.crt -certfile ca/issuing.crt -outform DER -out chain.p7b",
        "--cert answer.cer --chain chain.p7b",
    ),
    (
        "sed 's/$/\\r/' answer.pem >answer.cer; openssl x509 -in ca/issuing.crt -outform DER -out issuing.cer; \
         openssl x509 -in ca/root.crt -outform DER -out root.cer",
        "--cert answer.cer --chain root.cer --chain issuing.cer",
    ),
    (
        "openssl pkcs12 -export -in answer.pem -inkey /var/lib/labtrust/requests/*/key -certfile ca/chain.pem -passout pass:x \
         -out answer.pfx; echo x >secret",
        "--pkcs12 answer.pfx --passphrase-file secret",
    ),
];

#[test]
fn the_answer_of_a_windows_ca_finds_its_key_in_every_form() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    company(&machine);
    request(&machine, &[]);
    sign(&machine, &[]);
    let leaf = machine.read("/root/answer.pem");
    let expected = format!("{leaf}{}", machine.read("/root/ca/chain.pem"));
    for (make, options) in FORMS {
        machine.sh(&format!("set -e; cd /root; {make}")).succeeded();
        machine.sh(&format!("cd /root; labtrust import --no-trust {options}")).succeeded();
        gitlab.wait_served(&leaf);
        assert_eq!(machine.read(&format!("/etc/gitlab/ssl/{HOST}.crt")), expected, "{options}");
        // The key is not lost with what was placed: the next form needs it again.
        machine.run(["labtrust", "setup", "--undo"]).succeeded();
    }
}

#[test]
fn an_rsa_key_of_ones_own_is_kept_for_the_answer() {
    let machine = machine!("gitlab");
    company(&machine);
    machine.sh("cd /root; umask 077; openssl genrsa -out rsa.key 3072 2>/dev/null").succeeded();
    request(&machine, &["--key", "/root/rsa.key", HOST]);
    let text = machine.sh("openssl req -in /root/request.csr -noout -text").succeeded().stdout;
    assert!(text.contains("Key Encipherment") && text.contains("3072 bit"), "{text}");
    machine.sh("rm /root/rsa.key").succeeded();
    sign(&machine, &[]);
    let options = "--cert /root/answer.pem --chain /root/ca/chain.pem --out /srv/proxy --no-trust";
    import(&machine, options).succeeded();
    let same = "[ \"$(openssl pkey -in /srv/proxy/*.key -pubout)\" = \"$(openssl req -in /root/request.csr -noout -pubkey)\" ]";
    machine.sh(same).succeeded();
}

#[test]
fn a_renewal_asks_with_a_new_key_and_the_chain_is_known_by_then() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    company(&machine);
    let first = request(&machine, &["--registry", &format!("{HOST}:4567")]).stdout;
    sign(&machine, &[]);
    import(&machine, "--cert /root/answer.pem --chain /root/ca/chain.pem --no-trust").succeeded();
    let old = kept(&machine);

    let second = request(&machine, &[]).stdout;
    assert_ne!(second, first, "a new certificate gets a new key");
    assert_eq!(kept(&machine).len(), 2, "the old one may be needed if the new one is taken back");
    let third = request(&machine, &["--new-key"]).stdout;
    assert_ne!(third, second);
    sign(&machine, &[]);
    import(&machine, "--cert /root/answer.pem --no-trust").succeeded();
    gitlab.wait_served(&machine.read("/root/answer.pem"));
    let left = kept(&machine);
    assert!(
        left.len() == 2 && !left.contains(&old[0]),
        "the old one is gone, the one that waits is not: {left:?}"
    );
}

#[test]
fn answers_that_clients_would_refuse_are_refused_in_one_line() {
    let machine = machine!("gitlab");
    company(&machine);
    request(&machine, &[HOST, "--registry", "registry.example.com"]);
    let before = machine.manifest();
    let chain = "--chain /root/ca/chain.pem --out /srv/proxy --no-trust";
    for (arguments, says) in [
        (&["nameless"][..], "has no subject alternative name"),
        (&["other"], "not for registry.example.com"),
        (&["client"], "serverAuth"),
        (&["subordinate"], "is a CA's certificate"),
        (&["web", "-md", "sha1"], "SHA-1"),
        (&["web", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z"], "expired on 2021-01-01"),
        (&["web", "-startdate", "20400101000000Z", "-enddate", "20410101000000Z"], "valid only from 2040"),
    ] {
        sign(&machine, arguments);
        let refused =
            import(&machine, &format!("--cert /root/answer.pem {chain}")).exited(3).says(says).says("hint:");
        assert_eq!(refused.stderr.lines().filter(|line| line.starts_with("error:")).count(), 1, "{refused}");
    }
    // The CA's own certificate in place of the answer, and the answer to somebody else's request.
    import(&machine, &format!("--cert /root/ca/root.crt {chain}")).exited(3).says("not a server certificate");
    let other = "cd /root; openssl req -new -newkey rsa:2048 -nodes -keyout /tmp/k -subj /CN=other.example.com -out request.csr 2>/dev/null";
    machine.sh(other).succeeded();
    sign(&machine, &[]);
    import(&machine, &format!("--cert /root/answer.pem {chain}"))
        .exited(3)
        .says("does not match the key")
        .says(HOST);
    import(&machine, &format!("--cert /root/request.csr {chain}")).exited(3).says("request");
    let ours = |line: &String| !line.starts_with("/root/") && !line.starts_with("/usr/local/bin");
    let changed: Vec<_> = machine.changes_since(&before).into_iter().filter(ours).collect();
    assert_eq!(changed, [""; 0]);
}

#[test]
fn every_host_that_gitlab_rb_names_is_asked_for() {
    let machine = machine!("gitlab");
    let ruby = "external_url 'https://mygitlab.example.com'\nregistry_external_url 'https://registry.example.com'\n\
        pages_external_url 'https://pages.example.com'\ngitlab_kas_external_url \"wss://#{kas}\"\n";
    machine.write("/srv/gitlab/gitlab.rb", ruby);
    let made = machine.run(["labtrust", "request", "--gitlab", "/srv/gitlab", "--json"]).succeeded();
    let report: serde_json::Value = serde_json::from_str(&made.stdout).unwrap();
    let names = serde_json::json!([HOST, "registry.example.com", "pages.example.com", "*.pages.example.com"]);
    assert_eq!((&report["schema"], &report["names"]), (&serde_json::json!(2), &names), "{report}");
    made.says("gitlab_kas_external_url");
    let dry = machine.run(["labtrust", "request", "--gitlab", "/srv/gitlab", "--dry-run"]).succeeded();
    dry.says("nothing would change");
    machine.run(["labtrust", "request", "--gitlab", "/srv/gitlab", "--new-key", "--dry-run"]).exited(1);
    assert_eq!(kept(&machine).len(), 1);
    let missing = machine.run(["labtrust", "request"]).exited(3);
    assert!(missing.stderr.contains("hint:"), "{missing}");
}

#[test]
fn a_request_for_too_many_names_is_refused_at_once() {
    let machine = machine!("server");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/pair", "--no-trust"]).succeeded();
    let script = "cd /tmp; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
        { printf '[req]\\ndistinguished_name=dn\\nreq_extensions=names\\n[dn]\\n[names]\\nsubjectAltName=@list\\n[list]\\n'
          seq 100000 | sed 's/.*/DNS.&=h&.mygitlab.example.com/'; } >names.cnf
        openssl req -new -key key.pem -subj /CN=x -config names.cnf -out many.csr";
    machine.sh(script).succeeded();
    let sign = machine.command(["labtrust", "sign", "--csr", "/tmp/many.csr", "-o", "/srv/signed"]);
    sign.limit(Duration::from_secs(10)).run().exited(3).says("100000 names are too many");
    assert!(!machine.has("/srv/signed"));
}

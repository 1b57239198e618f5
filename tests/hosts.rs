//! The hosts that a GitLab has besides its own: each gets its pair, within what the CA can sign.

use crate::lab::{Gitlab, HOST, Machine, NGINX, Pair, Validity};

const URLS: &str = "pages_external_url 'https://pages.example.com'\n\
                    gitlab_kas_external_url 'wss://kas.example.com/-/kubernetes-agent/'\n\
                    mattermost_external_url 'http://chat.example.com'\n";

/// What Omnibus's nginx is told when these URLs are set (omnibus-gitlab, nginx-gitlab-pages.conf.erb), before
/// there is a pair: until there is, it is started again and again.
fn serve_further(machine: &Machine) {
    let server = |name: &str, host: &str| {
        format!(
            "server {{ listen *:443 ssl; server_name {name}; ssl_certificate /etc/gitlab/ssl/{host}.crt; \
             ssl_certificate_key /etc/gitlab/ssl/{host}.key; }}\n"
        )
    };
    let pages = server(r"~^(?<group>.*)\.pages\.example\.com$", "pages.example.com");
    let more = format!("{pages}{}", server("kas.example.com", "kas.example.com"));
    let (registry, settings) = ("    server {\n        listen *:4567 ssl;", machine.read(NGINX));
    assert!(settings.contains(registry), "{settings}");
    machine.write(NGINX, settings.replace(registry, &format!("{more}{registry}")));
}

fn add(machine: &Machine, lines: &str) {
    machine.command(["sh", "-c", "cat >>/etc/gitlab/gitlab.rb"]).stdin(lines).run().succeeded();
}

/// What is served there, judged by OpenSSL with our root alone.
fn verify(machine: &Machine, host: &str) {
    let script = "labtrust export >/tmp/root.crt
        openssl s_client -connect 127.0.0.1:443 -servername $0 -verify_hostname $0 -CAfile /tmp/root.crt \
            -verify_return_error </dev/null";
    machine.run(["sh", "-c", script, host]).succeeded();
}

#[test]
fn every_host_that_gitlab_rb_names_gets_its_pair() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    add(&machine, URLS);
    serve_further(&machine);
    let before = machine.settled();
    let made = machine.run(["labtrust", "setup", "--no-trust", "--json"]).succeeded();
    let report: serde_json::Value = serde_json::from_str(&made.stdout).unwrap();
    assert_eq!(
        report["names"],
        serde_json::json!([HOST, "pages.example.com", "*.pages.example.com", "kas.example.com"])
    );
    for host in [HOST, "project.pages.example.com", "kas.example.com"] {
        verify(&machine, host);
    }
    assert!(!machine.has("/etc/gitlab/ssl/chat.example.com.crt"), "it is met by plain http");
    let placed = machine.manifest();
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("nothing was changed");
    assert_eq!(machine.changes_since(&placed), [""; 0]);
    for more in [&[][..], &["--new-key"]] {
        machine.run([&["labtrust", "renew"], more].concat()).succeeded();
        let pair = |host: &str| machine.read(&format!("/etc/gitlab/ssl/{host}.crt"));
        assert_eq!((pair("pages.example.com"), pair("kas.example.com")), (pair(HOST), pair(HOST)));
        verify(&machine, "project.pages.example.com");
    }
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_host_that_came_later_does_not_spoil_what_worked() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    add(&machine, URLS);
    let placed = machine.manifest();
    let again = machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("nothing was changed");
    let again = again.says("Pages at pages.example.com gets no certificate");
    again
        .says("KAS at kas.example.com gets no certificate")
        .says("labtrust rotate start --permit kas.example.com");
    assert_eq!(machine.changes_since(&placed), [""; 0]);
    // What is asked for by name is refused, not left out.
    let asked = ["labtrust", "setup", "--no-trust", "--name", "pages.example.com"];
    machine.run(asked).exited(3).says("can never sign pages.example.com");
    // A host below a name that the CA can sign gets its pair, and GitLab is reconfigured for it: not while that
    // would take nginx down for want of the pair of Pages.
    add(&machine, &format!("gitlab_kas_external_url 'wss://kas.{HOST}/'\n"));
    let placed = machine.manifest();
    machine
        .run(["labtrust", "setup", "--no-trust"])
        .exited(3)
        .says("gitlab.rb sets pages_external_url to a URL at pages.example.com")
        .says("labtrust rotate start --permit pages.example.com");
    assert_eq!(machine.changes_since(&placed), [""; 0]);
    gitlab.wait_served(&machine.read(&format!("/etc/gitlab/ssl/{HOST}.crt")));
    // The next CA can sign for it.
    machine.run(["labtrust", "rotate", "start", "--permit", "pages.example.com"]).succeeded();
    machine.run(["labtrust", "rotate", "switch", "--clients-ready"]).succeeded();
    machine.run(["labtrust", "rotate", "retire"]).succeeded();
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    let pair = |host: &str| machine.read(&format!("/etc/gitlab/ssl/{host}.crt"));
    assert_eq!(pair("pages.example.com"), pair(HOST));
    assert_eq!(pair(&format!("kas.{HOST}")), pair(HOST));
}

#[test]
fn a_certificate_that_another_program_gave_a_further_host_stays() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    add(&machine, URLS);
    let pair = Pair::made(&machine, &["*.pages.example.com"], Validity::Current);
    machine.write("/etc/gitlab/ssl/pages.example.com.crt", pair.chain());
    machine.write_with_mode("/etc/gitlab/ssl/pages.example.com.key", "600", &pair.key);
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("which labtrust did not create");
    assert_eq!(machine.read("/etc/gitlab/ssl/pages.example.com.crt"), pair.chain());
    machine.run(["labtrust", "setup", "--no-trust", "--replace"]).succeeded();
    assert!(machine.read("/etc/gitlab/ssl/pages.example.com.crt") != pair.chain());
}

#[test]
fn an_imported_certificate_need_not_be_for_the_further_hosts() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    add(&machine, URLS);
    let pair = Pair::made(&machine, &[HOST, "kas.example.com"], Validity::Current);
    machine.write("/root/pair.pem", format!("{}{}", pair.chain(), pair.key));
    let import = ["labtrust", "import", "--cert", "/root/pair.pem", "--no-trust"];
    // Without any certificate for Pages, the reconfigure that this needs would take GitLab down.
    machine.run(import).exited(3).says("pages_external_url").says("import a certificate that is also for");
    assert!(!machine.has("/etc/gitlab/ssl/kas.example.com.crt"));
    let pages = Pair::made(&machine, &["*.pages.example.com"], Validity::Current);
    machine.write("/etc/gitlab/ssl/pages.example.com.crt", pages.chain());
    machine.write_with_mode("/etc/gitlab/ssl/pages.example.com.key", "600", &pages.key);
    machine.run(import).succeeded().says(
        "Pages at pages.example.com gets no certificate: the certificate is not for projects.pages.example.com",
    );
    gitlab.wait_served(&pair.leaf);
    assert_eq!(machine.read("/etc/gitlab/ssl/kas.example.com.crt"), pair.chain());
    assert_eq!(machine.read("/etc/gitlab/ssl/pages.example.com.crt"), pages.chain());
}

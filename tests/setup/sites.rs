//! GitLab's nginx is one server: a site without its certificate stops all others. Setup never causes this, and every undo
//! proves that GitLab serves again.

use crate::lab::{Gitlab, HOST, Machine, Pair, Validity};

const RUBY: &str = "/etc/gitlab/gitlab.rb";
const SETUP: [&str; 3] = ["labtrust", "setup", "--no-trust"];

/// A GitLab after a setup, with these lines added to its gitlab.rb.
fn with<'m>(machine: &'m Machine, lines: &str) -> Gitlab<'m> {
    let gitlab = Gitlab::start(machine);
    machine.run(SETUP).succeeded();
    let settings = machine.read(RUBY);
    machine.write_with_mode(RUBY, "600", format!("{settings}\n{lines}\n"));
    gitlab
}

fn is_up(machine: &Machine) {
    machine.run(["curl", "-skf", "-o", "/dev/null", &format!("https://{HOST}/users/sign_in")]).succeeded();
}

#[test]
fn a_site_without_a_certificate_is_refused_before_nginx_is_told_of_it() {
    let machine = machine!("gitlab");
    let gitlab = with(
        &machine,
        &format!(
            "mattermost_external_url 'https://chat.{HOST}'\npages_external_url 'https://pages.example.org'\n\
             gitlab_pages['namespace_in_path'] = true"
        ),
    );
    let before = machine.manifest();
    let calls = gitlab.calls().len();
    for dry in [&[][..], &["--dry-run"]] {
        let refused = machine.run([&SETUP[..], dry].concat()).exited(3).says("pages_external_url");
        refused
            .says("/etc/gitlab/ssl/pages.example.org.crt and /etc/gitlab/ssl/pages.example.org.key do not exist")
            .says("nginx does not start without it")
            .says("labtrust rotate start --permit pages.example.org");
    }
    assert_eq!(machine.changes_since(&before), [""; 0]);
    assert!(!gitlab.calls()[calls..].contains(&"reconfigure".to_owned()), "{:?}", gitlab.calls());
    is_up(&machine);

    let pages = Pair::made(&machine, &["pages.example.org"], Validity::Current);
    machine.write("/etc/gitlab/ssl/pages.example.org.crt", pages.chain());
    // A key of another certificate keeps nginx from starting, too.
    let other = Pair::made(&machine, &["pages.example.org"], Validity::Current);
    machine.write_with_mode("/etc/gitlab/ssl/pages.example.org.key", "600", &other.key);
    machine.run(SETUP).exited(3).says("is not the key of");
    machine.write_with_mode("/etc/gitlab/ssl/pages.example.org.key", "600", &pages.key);
    machine.run(SETUP).succeeded();
    is_up(&machine);
    for (host, pem) in [(format!("chat.{HOST}"), None), ("pages.example.org".into(), Some(&pages.leaf))] {
        let served = format!(
            "openssl s_client -connect {HOST}:443 -servername {host} </dev/null 2>/dev/null | openssl x509"
        );
        let served = machine.sh(&served).succeeded().stdout;
        let expected = pem.cloned().unwrap_or_else(|| machine.read(&format!("/etc/gitlab/ssl/{host}.crt")));
        assert!(expected.contains(served.trim()), "{host}");
    }
}

#[test]
fn files_that_gitlab_rb_names_and_that_are_not_there_are_refused() {
    let machine = machine!("gitlab");
    let lines = "pages_external_url 'https://pages.example.org'\npages_nginx['ssl_certificate'] = '/etc/gitlab/tls/p.crt'\n\
                 pages_nginx['ssl_certificate_key'] = '/etc/gitlab/tls/p.key'";
    let gitlab = with(&machine, lines);
    machine.run(SETUP).succeeded().says("the next `gitlab-ctl reconfigure` will take GitLab down");
    let calls = gitlab.calls().len();
    let settings = machine.read(RUBY);
    machine.write_with_mode(
        RUBY,
        "600",
        format!("{settings}mattermost_external_url 'https://chat.{HOST}'\n"),
    );
    machine.run(SETUP).exited(3).says("/etc/gitlab/tls/p.crt and /etc/gitlab/tls/p.key do not exist");
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/leaf.pem", pair.chain());
    machine.write("/root/key.pem", &pair.key);
    let import = ["labtrust", "import", "--cert", "/root/leaf.pem", "--key", "/root/key.pem", "--no-trust"];
    // The same applies to an import that reconfigures.
    let settings = settings.replace("letsencrypt['enable'] = false", "letsencrypt['enable'] = nil");
    machine.write_with_mode(RUBY, "600", settings);
    machine.run([&import[..], &["--replace"]].concat()).exited(3).says("/etc/gitlab/tls/p.crt");
    is_up(&machine);
    assert!(!machine.has("/etc/gitlab/tls"));
    assert!(!gitlab.calls()[calls..].contains(&"reconfigure".to_owned()), "{:?}", gitlab.calls());
}

#[test]
fn a_site_that_shares_gitlabs_certificate_is_not_given_one_for_another_name() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let shared = Pair::made(&machine, &[HOST, "pages.example.org"], Validity::Current);
    let file = format!("/etc/gitlab/ssl/{HOST}");
    gitlab.serve(&shared);
    // As with one Let's Encrypt certificate for both.
    gitlab.configure(&format!(
        "external_url 'https://{HOST}'\nregistry_external_url 'https://{HOST}:4567'\n\
         letsencrypt['enable'] = false\nnginx['redirect_http_to_https'] = true\n\
         pages_external_url 'https://pages.example.org'\ngitlab_pages['namespace_in_path'] = true\n\
         pages_nginx['ssl_certificate'] = '{file}.crt'\npages_nginx['ssl_certificate_key'] = '{file}.key'\n"
    ));
    let narrow = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/root/leaf.pem", narrow.chain());
    machine.write("/root/key.pem", &narrow.key);
    let import = [
        "labtrust",
        "import",
        "--cert",
        "/root/leaf.pem",
        "--key",
        "/root/key.pem",
        "--no-trust",
        "--replace",
    ];
    machine
        .run(import)
        .exited(3)
        .says("will not be valid for this host")
        .says("import a certificate that is also for");
    gitlab.wait_served(&shared.leaf);
}

#[test]
fn what_does_not_come_up_again_is_said_last_and_loudly() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let foreign = Pair::made(&machine, &[HOST], Validity::Current);
    gitlab.serve(&foreign);
    machine.sh("mv /opt/gitlab/bin/gitlab-ctl /opt/gitlab/bin/real-ctl").succeeded();
    let breaks = "#!/bin/sh\n[ \"$1\" != reconfigure ] || { /opt/gitlab/bin/real-ctl stop nginx; exit 7; }\n\
                  exec /opt/gitlab/bin/real-ctl \"$@\"\n";
    machine.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", breaks);
    let failed = machine.run([&SETUP[..], &["--replace"]].concat()).exited(3).says("GitLab IS DOWN");
    let last = failed.stderr.trim_end().lines().last().unwrap().to_owned();
    assert!(last.contains("shows why): gitlab-ctl reconfigure"), "{last}");
    machine.sh("mv /opt/gitlab/bin/real-ctl /opt/gitlab/bin/gitlab-ctl; gitlab-ctl reconfigure").succeeded();
    gitlab.wait_served(&foreign.leaf);
}

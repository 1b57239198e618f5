//! `setup` and gitlab.rb: a GitLab in plain HTTP, or one that says something else, made to say what HTTPS
//! takes; shown, refused, put back.

mod shapes;

use crate::lab::{Engine, Gitlab, HOST, Machine, Pair, REGISTRY, Validity};

/// A GitLab as its package installs it where nobody named a URL, with a registry in plain HTTP.
const PLAIN: &str = "## GitLab URL
external_url 'http://mygitlab.example.com'

# gitlab_rails['time_zone'] = 'UTC'
gitlab_rails['initial_root_password'] = 'not to be shown'
registry_external_url 'http://mygitlab.example.com:4567' # for the runners
# nginx['redirect_http_to_https'] = false
# letsencrypt['enable'] = nil";

const RUBY: &str = "/etc/gitlab/gitlab.rb";

fn code(machine: &Machine, url: &str) -> String {
    machine.run(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", url]).stdout
}

#[test]
fn a_gitlab_in_plain_http_becomes_https_with_its_registry_and_goes_back() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.configure(PLAIN);
    let engine = Engine::start(&machine);
    let before = machine.settled();
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "200");

    let shown = machine.run(["labtrust", "setup", "--dry-run"]).exited(1);
    for line in [
        "- external_url 'http://mygitlab.example.com'",
        "+ external_url 'https://mygitlab.example.com'",
        "+ registry_external_url 'https://mygitlab.example.com:4567' # for the runners",
        "+ nginx['redirect_http_to_https'] = true",
        "+ letsencrypt['enable'] = false",
        "gitlab-ctl reconfigure",
    ] {
        assert!(shown.stdout.contains(line), "{line}: {}", shown.stdout);
    }
    assert!(!shown.stdout.contains("not to be shown"));
    assert_eq!(machine.changes_since(&before), [""; 0]);

    machine.run(["labtrust", "setup"]).succeeded();
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "301");
    assert_eq!(code(&machine, &format!("https://{HOST}/users/sign_in")), "200");
    engine.login().succeeded();
    let after = machine.read(RUBY);
    assert_eq!(after.lines().count(), PLAIN.lines().count(), "{after}");
    assert!(!after.ends_with('\n'));
    let placed = machine.manifest();
    machine.run(["labtrust", "setup"]).succeeded().says("nothing was changed");
    assert_eq!(machine.changes_since(&placed), [""; 0]);
    let calls = gitlab.calls();
    assert_eq!(calls.iter().filter(|call| *call == "reconfigure").count(), 1);
    let first = |name: &str| calls.iter().position(|call| call == name);
    assert!(first("reconfigure") < first("hup nginx"), "it is reloaded for nothing before: {calls:?}");

    // The engine has read the system store, and accepts it until it is restarted.
    machine.run(["labtrust", "setup", "--undo"]).exited(4).says("docker restart");
    assert_eq!(machine.read(RUBY), PLAIN);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "200");
}

#[test]
fn a_reconfigure_that_fails_puts_pair_and_settings_back() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let foreign = Pair::made(&machine, &[HOST], Validity::Current);
    let theirs = format!("external_url 'https://{HOST}'\nregistry_external_url 'https://{REGISTRY}'\n");
    gitlab.configure(&theirs);
    gitlab.serve(&foreign);
    let before = machine.manifest();
    machine.sh("mv /opt/gitlab/bin/gitlab-ctl /opt/gitlab/bin/real-ctl").succeeded();
    // As Chef does it: after half of the work.
    let broken = "#!/bin/sh\n[ \"$1\" != reconfigure ] || ! grep -q letsencrypt /etc/gitlab/gitlab.rb || \
        { echo 'Chef::Exceptions: nginx is not what it was' >&2; exit 7; }\nexec /opt/gitlab/bin/real-ctl \"$@\"\n";
    machine.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", broken);
    let failed = machine.run(["labtrust", "setup", "--replace", "--no-trust"]).exited(3);
    failed.says("reconfigure").says("nginx is not what it was");
    assert_eq!(machine.read(RUBY), theirs);
    gitlab.wait_served(&foreign.leaf);
    machine.sh("mv /opt/gitlab/bin/real-ctl /opt/gitlab/bin/gitlab-ctl").succeeded();
    // The CA that was made meanwhile harms nobody, and goes with the rest.
    machine.run(["labtrust", "setup", "--undo", "--yes"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_gitlab_rb_that_ruby_refuses_is_refused_before_anything_is_done() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.write(RUBY, format!("external_url 'https://{HOST}'\nif true\n"));
    let before = machine.manifest();
    machine.run(["labtrust", "setup"]).exited(3).says("not valid Ruby").says("hint:");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.write(RUBY, format!("external_url 'http://{HOST}'\n__END__\n"));
    let before = machine.manifest();
    machine.run(["labtrust", "setup"]).exited(3).says("__END__").says("hint:");
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn what_somebody_meant_is_shown_and_overwritten_only_by_consent() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let theirs = "external_url 'https://git.example.org'\nletsencrypt['enable'] = ENV['ACME'] == 'yes'\n\
                  nginx['redirect_http_to_https'] = false\n";
    gitlab.configure(theirs);
    let before = machine.settled();
    let setup = ["labtrust", "setup", HOST, "--no-trust"];
    for refused in [&setup[..], &[&setup[..], &["--yes"]].concat(), &[&setup[..], &["--dry-run"]].concat()] {
        let refused = machine.run(refused.to_vec()).exited(3);
        let refused = refused.says("gitlab.rb:1 sets `external_url 'https://git.example.org'`");
        refused.says("gitlab.rb:2 sets `letsencrypt['enable'] = ENV['ACME'] == 'yes'`").says("--replace");
        assert_eq!(machine.changes_since(&before), [""; 0]);
    }
    let mut terminal = machine.command(setup).terminal();
    terminal.expect("gitlab.rb:1 sets");
    terminal.expect("Do this? [y/N]");
    terminal.send("n\n");
    terminal.finish().exited(1);
    assert_eq!(machine.changes_since(&before), [""; 0]);

    let shown = machine.run([&setup[..], &["--replace", "--dry-run"]].concat()).exited(1);
    shown.says("! gitlab.rb:1 sets");
    machine.run([&setup[..], &["--replace"]].concat()).succeeded();
    let after = machine.read(RUBY);
    assert!(
        after.starts_with(&format!("external_url 'https://{HOST}'\nletsencrypt['enable'] = ENV")),
        "{after}"
    );
    // A choice that does no harm stays.
    assert!(after.contains("nginx['redirect_http_to_https'] = false"), "{after}");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn what_ruby_computes_and_nginx_serves_is_left_as_it_is() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let theirs = "host = 'mygitlab.example.com'\nexternal_url \"https://#{host}\"\n\
                  registry_external_url \"https://#{host}:4567\"\nletsencrypt['enable'] = false\n\
                  nginx['redirect_http_to_https'] = true\n";
    gitlab.configure(theirs);
    machine.run(["labtrust", "setup", HOST, "--no-trust"]).succeeded().says("left as it is");
    assert_eq!(machine.read(RUBY), theirs);
    assert!(!gitlab.calls().contains(&"reconfigure".to_owned()), "{:?}", gitlab.calls());
}

#[test]
fn a_registry_elsewhere_or_none_is_left_alone() {
    for registry in [
        "gitlab_rails['registry_host'] = 'registry.example.org'\n",
        "registry_external_url 'https://mygitlab.example.com:4567'\nregistry['enable'] = false\n",
    ] {
        let machine = machine!("gitlab");
        let gitlab = Gitlab::start(&machine);
        gitlab.configure(&format!("external_url 'http://{HOST}'\n{registry}"));
        let before = machine.settled();
        let done = machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
        assert_eq!(registry.contains("_host"), done.stdout.contains("which is left as it is"), "{done:?}");
        let after = machine.read(RUBY);
        assert!(after.starts_with(&format!("external_url 'https://{HOST}'\n{registry}")), "{after}");
        assert_eq!(
            after.matches("registry_external_url").count(),
            registry.matches("registry_external_url").count()
        );
        assert_eq!(code(&machine, &format!("https://{HOST}/users/sign_in")), "200");
        machine.run(["labtrust", "setup", "--undo"]).succeeded();
        assert_eq!(machine.changes_since(&before), [""; 0]);
    }
}

#[test]
fn an_import_sets_what_its_pair_needs_too() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.configure(PLAIN);
    let before = machine.settled();
    let pair = Pair::made(&machine, &[HOST], Validity::Current);
    machine.write("/tmp/leaf.pem", pair.chain());
    machine.write("/tmp/key.pem", &pair.key);
    let import = ["labtrust", "import", "--cert", "/tmp/leaf.pem", "--key", "/tmp/key.pem", "--no-trust"];
    machine.run(import).succeeded();
    gitlab.wait_served(&pair.leaf);
    assert!(machine.read(RUBY).contains("letsencrypt['enable'] = false"));
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_setup_that_was_killed_before_gitlab_followed_is_brought_to_its_end() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.configure(PLAIN);
    let before = machine.settled();
    machine.sh("mv /opt/gitlab/bin/gitlab-ctl /opt/gitlab/bin/real-ctl").succeeded();
    let kills = "#!/bin/sh\n[ \"$1\" != reconfigure ] || kill -KILL $(pgrep -x labtrust)\nexec /opt/gitlab/bin/real-ctl \"$@\"\n";
    machine.write_with_mode("/opt/gitlab/bin/gitlab-ctl", "755", kills);
    assert!(machine.run(["labtrust", "setup", "--no-trust"]).code() != 0);
    machine.sh("mv /opt/gitlab/bin/real-ctl /opt/gitlab/bin/gitlab-ctl").succeeded();
    machine.sh("gitlab-ctl hup nginx; : >/var/log/gitlab/gitlab-ctl.log").succeeded();
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    assert!(gitlab.calls().contains(&"reconfigure".to_owned()), "{:?}", gitlab.calls());
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

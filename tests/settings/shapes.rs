//! A gitlab.rb as people write it, with a line that only Ruby can read: the line is quoted, and what may be a secret
//! in it is not.

use super::{RUBY, code};
use crate::lab::{Gitlab, HOST};

#[test]
fn the_line_that_stands_in_the_way_is_named() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.write("/etc/gitlab/computed.rb", "registry_external_url 'http://git.corp.example:5050'\n");
    for (script, exit, said) in [
        (
            "external_url ENV['GITLAB_URL'] || 'http://git.corp.example'",
            3,
            "gitlab.rb:1 sets `external_url ENV['GITLAB_URL'] || 'http://git.corp.example'`, from which labtrust cannot read the \
             host of this GitLab",
        ),
        (
            "domain = 'git.corp.example'\nexternal_url \"https://#{domain}\"\n\
             registry_external_url \"https://#{domain}:5050\"",
            3,
            "gitlab.rb:2 sets `external_url \"https://#{domain}\"`, from which",
        ),
        ("external_url 'https://root:hunter2@git.corp.example'", 3, "gitlab.rb:1 sets `external_url '…'`"),
        ("external_url 'http://git_lab.corp.example'", 1, "+ external_url 'https://git_lab.corp.example'"),
        (
            "external_url 'http://git.corp.example'\nfrom_file '/etc/gitlab/site.rb'",
            3,
            "gitlab.rb:2 reads another file, which labtrust cannot follow: `from_file '/etc/gitlab/site.rb'`: \
             /etc/gitlab/site.rb does not exist",
        ),
        (
            "external_url 'http://git.corp.example'\nnginx.merge!('listen_https' => false)",
            3,
            "gitlab.rb:2 sets `nginx.merge!('listen_https' => false)`: something in front of GitLab speaks TLS",
        ),
        (
            "external_url 'http://git.corp.example'\nnginx['listen_https'] = ENV['TLS'] == 'true'",
            3,
            "gitlab.rb:2 sets `nginx['listen_https'] = ENV['TLS'] == 'true'`: labtrust cannot tell whether",
        ),
        (
            "external_url 'http://git.corp.example:8929'",
            3,
            "hint: choose one:\n  keep the address: labtrust setup git.corp.example:8929\n",
        ),
        (
            "external_url 'http://git.corp.example'\nnginx['listen_port'] = 8080",
            3,
            "gitlab.rb:2 sets `nginx['listen_port'] = 8080`; it has to be `nginx['listen_port'] = 443`\nhint: choose one:\n  \
             keep the port of nginx, if a server in front of GitLab speaks TLS: labtrust setup git.corp.example --out DIR",
        ),
        (
            "external_url 'http://git.corp.example'\ngitlab_rails['registry_enabled'] = false",
            1,
            "+ # labtrust settings begin\n  + letsencrypt['enable'] = false\n",
        ),
        (
            "external_url 'http://git.corp.example'\nletsencrypt = { 'enable' => true }",
            3,
            "gitlab.rb:2 sets only a local variable: `letsencrypt = { 'enable' => true }`; it has to be \
             `self.letsencrypt['enable'] = false`",
        ),
        (
            "domain = 'git.corp.example'\nexternal_url \"https://#{domain}\"",
            3,
            "hint: Ruby computes git.corp.example now; if clients use this host, pass it: labtrust setup git.corp.example\n",
        ),
        (
            "external_url 'http://git.corp.example'\nroot = 'git.corp.example'\n\
             registry_external_url \"http://#{root}:5050\"",
            3,
            "gitlab.rb:3 sets `registry_external_url \"http://#{root}:5050\"` (Ruby computes 'http://git.corp.example:5050'); \
             it has to be `registry_external_url 'https://git.corp.example:5050'`",
        ),
        (
            "external_url 'http://git.corp.example'\n[nginx, registry_nginx].each { |one| one['listen_https'] = false }",
            3,
            "gitlab.rb:2 sets `[nginx, registry_nginx].each { |one| one['listen_https'] = false }`: something in front of",
        ),
        (
            "external_url 'http://git.corp.example'\nfrom_file(['/etc/gitlab', 'computed.rb'].join('/'))",
            1,
            "+ registry_external_url 'https://git.corp.example:5050'",
        ),
        (
            "external_url 'http://git.corp.example'\nchat_external_url 'https://chat.corp.example'",
            1,
            "! gitlab.rb:2 sets `chat_external_url 'https://chat.corp.example'`: labtrust does not know",
        ),
    ] {
        machine.write_with_mode(RUBY, "600", format!("{script}\n"));
        let before = machine.settled();
        let shown = machine.run(["labtrust", "setup", "--dry-run", "--no-trust"]).exited(exit).says(said);
        assert!(!format!("{shown}").contains("hunter2"), "{shown}");
        assert_eq!(machine.changes_since(&before), [""; 0]);
    }
}

#[test]
fn what_another_file_sets_is_read_and_stays() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let site = format!("registry_external_url 'http://{HOST}:5050'\n");
    machine.write("/etc/gitlab/conf.d/site.rb", &site);
    let theirs = format!(
        "external_url 'http://{HOST}'\n\
         Dir['/etc/gitlab/conf.d/*.rb'].each {{ |file| from_file file }}\n"
    );
    gitlab.configure(&theirs);
    let before = machine.settled();
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    let after = machine.read(RUBY);
    assert!(after.contains(&format!("\nregistry_external_url 'https://{HOST}:5050'\n")), "{after}");
    assert_eq!(machine.read("/etc/gitlab/conf.d/site.rb"), site);
    assert_eq!(code(&machine, &format!("https://{HOST}/users/sign_in")), "200");
    assert_eq!(code(&machine, &format!("https://{HOST}:5050/v2/")), "401");
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("nothing was changed");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // A file that only Ruby can tell may set anything.
    machine.write_with_mode(RUBY, "600", format!("{theirs}from_file ENV['MORE']\n"));
    let before = machine.settled();
    let refused = machine.run(["labtrust", "setup", "--no-trust"]).exited(3);
    refused
        .says("gitlab.rb:3 reads another file")
        .says("hint:")
        .says(&format!("labtrust setup {HOST} --out DIR"));
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_url_that_labtrust_does_not_know_takes_nothing_down() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab
        .configure(&format!("external_url 'http://{HOST}'\nchat_external_url 'https://chat.example.com'\n"));
    let before = machine.settled();
    machine
        .run(["labtrust", "setup", "--no-trust"])
        .succeeded()
        .says("labtrust does not know chat_external_url");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);

    // Where nginx is told to serve it, it would not start again.
    let block = "server { listen *:443 ssl; server_name chat.example.com; ssl_certificate /etc/gitlab/ssl/chat.crt; \
                 ssl_certificate_key /etc/gitlab/ssl/chat.key; }\n";
    machine.write("/var/opt/gitlab/nginx/conf/service_conf/chat.conf", block);
    let before = machine.settled();
    machine
        .run(["labtrust", "setup", "--no-trust"])
        .exited(3)
        .says("chat_external_url")
        .says("/etc/gitlab/ssl/chat.crt and /etc/gitlab/ssl/chat.key do not exist");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    assert_eq!(code(&machine, &format!("http://{HOST}/users/sign_in")), "200");
}

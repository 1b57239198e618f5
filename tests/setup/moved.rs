//! URLs that somebody changes in gitlab.rb after a setup, and a server whose state or CA is another one.

use super::{client_line, json};
use crate::lab::{Gitlab, HOST, Machine};

const RUBY: &str = "/etc/gitlab/gitlab.rb";

/// The codes of the concerns in `status`.
fn concerns(machine: &Machine) -> Vec<String> {
    let report = json(&machine.run(["labtrust", "status", "--json"]).stdout);
    let concerns = report["health"]["concerns"].as_array().unwrap();
    concerns.iter().map(|concern| concern["code"].as_str().unwrap().to_owned()).collect()
}

fn change(machine: &Machine, old: &str, new: &str) {
    let settings = machine.read(RUBY);
    assert!(settings.contains(old), "{settings}");
    machine.write_with_mode(RUBY, "600", settings.replace(old, new));
}

#[test]
fn a_registry_that_moved_to_another_port_is_named_with_the_step_that_follows() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup"]).succeeded();
    change(&machine, &format!("{HOST}:4567"), &format!("{HOST}:5050"));
    // Until GitLab applies that, clients reach the registry where it was.
    let status = machine.run(["labtrust", "status"]).exited(1).says("\n  labtrust setup\n");
    assert!(client_line(&status.stdout).contains(&format!("{HOST}:4567")), "{status}");
    assert_eq!(concerns(&machine), ["moved"]);

    machine.run(["gitlab-ctl", "reconfigure"]).succeeded();
    let says = format!(
        "gitlab.rb sets registry_external_url to https://{HOST}:5050, but setup was for https://{HOST}:4567"
    );
    let status = machine.run(["labtrust", "status"]).exited(1).says(&says);
    let line = client_line(&status.stdout);
    assert!(line.contains(&format!("{HOST}:5050")), "{line:?}");
    machine.run(line).succeeded();
    // The certificate is the same one, and is proven at the new port.
    machine.run(["labtrust", "renew"]).succeeded();

    let made = machine.run(["labtrust", "setup"]).succeeded();
    assert!(client_line(&made.stdout).contains(&format!("{HOST}:5050")), "{made}");
    machine.run(["labtrust", "status"]).succeeded();
}

#[test]
fn a_gitlab_that_was_renamed_is_followed_and_its_old_certificate_is_no_concern() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup"]).succeeded();
    change(&machine, &format!("//{HOST}"), &format!("//git.{HOST}"));
    machine.sh(&format!("echo 192.0.2.10 git.{HOST} >>/etc/hosts; gitlab-ctl reconfigure")).succeeded();
    assert_eq!(concerns(&machine)[0], "name-missing");
    // A reconfigure cannot help: GitLab serves another host.
    let renewed = machine.run(["labtrust", "renew"]).exited(4).says("\n  labtrust setup\n");
    assert!(!renewed.stdout.contains("gitlab-ctl"), "{renewed}");
    let rotation = machine.run(["labtrust", "rotate"]).succeeded().says("labtrust status");
    assert!(!rotation.stdout.contains("labtrust trust "), "{rotation}");

    machine.run(["labtrust", "setup"]).succeeded();
    machine.run(["labtrust", "status"]).succeeded();
    machine.run(["labtrust", "renew"]).succeeded();
    machine.run(["rm", &format!("/etc/gitlab/ssl/{HOST}.crt")]).succeeded();
    let status = machine.run(["labtrust", "status"]).succeeded();
    assert!(!status.stdout.contains("changed"), "nothing uses the certificate of the old name: {status}");
}

#[test]
fn a_name_that_the_ca_can_never_sign_comes_with_the_whole_way() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup"]).succeeded();
    change(&machine, &format!("https://{HOST}:4567"), "https://registry.corp.example");
    let status = machine.run(["labtrust", "status"]).exited(1);
    let status = status.says("gitlab.rb names registry.corp.example, and the CA can never sign for it");
    status.says("\n  labtrust rotate start --permit registry.corp.example\n");
    let setup = machine.run(["labtrust", "setup"]).exited(3);
    setup.says("labtrust rotate start --permit registry.corp.example");

    change(&machine, &format!("//{HOST}"), "//git.corp.example");
    let setup = machine.run(["labtrust", "setup"]).exited(3);
    setup.says("labtrust setup --undo; labtrust setup git.corp.example\n");
}

#[test]
fn a_certificate_of_a_ca_that_is_lost_is_met_with_its_backup_first() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup"]).succeeded();
    machine.write_with_mode("/root/passphrase", "600", "correct horse\n");
    machine
        .sh("labtrust backup /root/b.age --passphrase-file /root/passphrase && rm -r /var/lib/labtrust")
        .succeeded();
    let refused = machine.run(["labtrust", "setup"]).exited(3);
    let refused = refused.says("created by labtrust with a CA that is not on this machine");
    let choices: Vec<_> = refused.stderr.lines().skip_while(|line| !line.contains("choose one")).collect();
    assert!(choices[1].ends_with("labtrust restore FILE"), "{refused}");
    machine.run(["labtrust", "renew"]).exited(3).says("labtrust restore FILE");
    machine.sh("labtrust restore /root/b.age --passphrase-file /root/passphrase --yes").succeeded();
    machine.run(["labtrust", "setup"]).succeeded().says("nothing was changed");
}

#[test]
fn import_is_not_offered_for_a_certificate_that_it_refuses() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    machine.run(["mkdir", "-p", "/etc/gitlab/ssl"]).succeeded();
    for (subject, days, more, why) in [
        (HOST, "30", "", "no subject alternative name"),
        (HOST, "30", "-addext subjectAltName=DNS:other.example", "for other.example, not for"),
        (HOST, "-1", "-addext subjectAltName=DNS:mygitlab.example.com", "expired on"),
    ] {
        let key = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
        let made = format!(
            "cd /etc/gitlab/ssl && {key} >{HOST}.key && openssl req -new -key {HOST}.key -subj /CN={subject} {more} | \
             openssl x509 -req -days {days} -key {HOST}.key -copy_extensions copy -out {HOST}.crt"
        );
        machine.sh(&made).succeeded();
        let refused = machine.run(["labtrust", "setup"]).exited(3).says("which cannot be kept").says(why);
        assert!(!refused.stderr.contains("labtrust import"), "{refused}");
        let import =
            format!("labtrust import --cert /etc/gitlab/ssl/{HOST}.crt --key /etc/gitlab/ssl/{HOST}.key");
        machine.sh(&import).exited(3).says(why);
    }
}

/// A company's CA, named `name`, in `/root`.
fn company(machine: &Machine, name: &str) {
    let made = format!(
        "cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -days 3000 \
         -out {name}.crt -subj /CN={name} -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign"
    );
    machine.sh(&made).succeeded();
}

#[test]
fn status_shows_the_ca_of_an_imported_certificate_and_the_command_for_clients() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    company(&machine, "company");
    machine.sh("labtrust request >/root/r.csr").succeeded();
    let sign = "cd /root && openssl x509 -req -in r.csr -CA company.crt -CAkey company.key -CAcreateserial -days 300 \
                -copy_extensions copy -out leaf.crt";
    machine.sh(sign).succeeded();
    let imported =
        machine.run(["labtrust", "import", "--cert", "/root/leaf.crt", "--chain", "/root/company.crt"]);
    let line = client_line(&imported.succeeded().stdout);
    let status = machine.run(["labtrust", "status"]).succeeded().says("issued by  CN=company");
    assert_eq!(client_line(&status.stdout), line);
    let report = json(&machine.run(["labtrust", "status", "--json"]).stdout);
    assert_eq!(report["renewal"]["ca"]["client"], line.join(" "));
    machine.run(line).succeeded();
}

#[test]
fn the_next_ca_of_a_company_follows_the_one_before() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    for name in ["one", "two"] {
        company(&machine, name);
        let files = format!("--ca-cert /root/{name}.crt --ca-key /root/{name}.key");
        let made = machine.sh(&format!("labtrust setup {files} --no-trust")).succeeded();
        let status = machine.run(["labtrust", "status"]).says(&format!("CN={name}"));
        assert_eq!(client_line(&status.stdout), client_line(&made.stdout));
        // Its owner has its key, so a backup of this machine saves nobody.
        assert!(!made.stdout.contains("backup") && !status.stdout.contains("backup"), "{made}{status}");
    }
}

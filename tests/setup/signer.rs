//! The signer: a CA for one server, a CA for half the internet, a company's CA, or none.

use super::client_line;
use crate::lab::{Engine, Gitlab, HOST};

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
        machine
            .sh(&line)
            .exited(3)
            .says(&format!("every name below {suffix}, also names of other owners"))
            .says("--yes");
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
        .says("warning: the CA can sign many names: it can sign for every name below com");
    let rotate = |words: &str| machine.sh(&format!("labtrust rotate start {words}"));
    for suffix in ["net", "lan", "github.io"] {
        rotate(&format!("--permit {suffix} --dry-run")).exited(1).says(&format!("every name below {suffix}"));
        rotate(&format!("--permit {suffix}"))
            .exited(3)
            .says(&format!("every name below {suffix}"))
            .says("--yes");
    }
    // The scope of the present CA was confirmed when it was created.
    for known in ["", "--permit com", "--permit example.org"] {
        let planned = rotate(&format!("{known} --dry-run")).exited(1);
        assert!(!planned.stderr.contains("broad"), "{planned:?}");
    }
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
    // Its key is gone, and is not needed.
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("nothing was changed");

    for (case, expected) in [("leaf", "cannot sign"), ("wrong", "key")] {
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
    let made = machine.run(["labtrust", "setup", "--self-signed"]).succeeded().says("rejected by Firefox");
    engine.login().succeeded();
    machine.run(["labtrust", "setup", "--self-signed"]).succeeded().says("nothing was changed");
    machine.run(client_line(&made.stdout)).succeeded();
    machine.run(["labtrust", "setup", "--undo"]).exited(4).says("docker restart");
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn another_certificate_is_signed_within_the_cas_names_only() {
    let machine = machine!("gitlab");
    machine.run(["labtrust", "setup", HOST, "--out", "/etc/proxy", "--no-trust"]).succeeded();
    let sign = |name: &str| machine.run(["labtrust", "sign", name, "-o", "/srv"]);
    sign("pages.mygitlab.example.com").succeeded();
    sign("pages.mygitlab.example.com").exited(3).says("exists already");
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

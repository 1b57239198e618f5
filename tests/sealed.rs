//! `setup --sealed`: all certificates are signed on the first day, and no key of the CA exists after that.

mod memory;

use crate::{
    lab::{Engine, Gitlab, HOST, Machine},
    setup::{client_line, json},
};

const CERTIFICATE: &str = "/etc/gitlab/ssl/mygitlab.example.com.crt";
const KEY: &str = "/etc/gitlab/ssl/mygitlab.example.com.key";
const STATE: &str = "/var/lib/labtrust";

/// Checks that certificate and key in place belong together.
fn check_pair(machine: &Machine) {
    let script = format!(
        r#"[ "$(openssl x509 -noout -pubkey -in {CERTIFICATE})" = "$(openssl pkey -pubout -in {KEY})" ]"#
    );
    machine.sh(&script).succeeded();
}

/// The fingerprints of the public keys in all files of keys on the machine that labtrust wrote.
fn keys(machine: &Machine) -> Vec<String> {
    let script = format!("grep -rl 'PRIVATE KEY' {STATE} /etc/gitlab | sort");
    machine.sh(&script).succeeded().stdout.lines().map(str::to_owned).collect()
}

#[test]
fn a_sealed_ca_serves_for_five_years_and_signs_nothing() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    let repository = "git init -q --bare /srv/git/group/project.git && cd /srv/git/group/project.git && git update-server-info";
    machine.sh(repository).succeeded();
    let before = machine.settled();
    let pages = format!("pages.{HOST}");
    let setup = ["labtrust", "setup", "--sealed", "--name", &pages];
    let made = machine.run(setup).succeeded();
    assert!(
        made.stdout.contains("sealed    no CA key exists; 13 more certificates, the last until 20"),
        "{made}"
    );
    let modes = machine.sh(&format!("stat -c '%a %n' {STATE}/authority/*")).succeeded().stdout;
    let modes = modes.replace(&format!("{STATE}/authority/"), "");
    assert_eq!(modes, "644 periods.crt\n600 periods.key\n644 root.crt\n644 setup.json\n");
    assert_eq!(keys(&machine), [KEY.to_owned(), format!("{STATE}/authority/periods.key")]);
    let root = format!("{STATE}/authority/root.crt");
    let public = machine.sh(&format!("openssl x509 -noout -pubkey -in {root}")).succeeded().stdout;
    let all = format!(
        "cd /tmp && csplit -sz -f key- {STATE}/authority/periods.key /BEGIN/ {{*}} && for key in key-*; do openssl pkey -in $key -pubout; done; rm key-*"
    );
    let all = machine.sh(&all).succeeded().stdout;
    assert_eq!(all.matches("BEGIN").count(), 14);
    assert!(!all.contains(&public), "the root's key is there");

    let placed = machine.manifest();
    machine.run(["labtrust", "setup"]).succeeded().says("nothing was changed");
    machine.run(setup).succeeded().says("nothing was changed");
    for (line, says, hint) in [
        ("renew --name x.example.com", "needs a signature", "rotate start --sealed --name x.example.com"),
        ("renew --days 30", "needs a signature", "leave out --days"),
        ("renew --new-key", "valid only from", "wait until then"),
        ("sign x.example.com", "needs a signature", "labtrust rotate start"),
        ("setup --name x.example.com", "needs a signature", "rotate start --sealed --name x.example.com"),
        ("setup --permit example.com", "needs a signature", "rotate start --permit example.com"),
        ("setup --days 90", "needs a signature", "leave out --days"),
        (
            "setup other.example.com",
            "its certificates are not for other.example.com",
            "labtrust setup --undo",
        ),
        ("setup --self-signed", "--self-signed creates none", "labtrust setup --undo"),
    ] {
        let said = machine.sh(&format!("labtrust {line}")).exited(3).says(says);
        assert!(said.stderr.contains(hint) && said.stderr.lines().count() == 2, "{said}");
    }
    let left: Vec<_> = machine.changes_since(&placed);
    assert!(left.iter().all(|line| line.starts_with(&format!("{STATE}/renewal.json"))), "{left:?}");
    for (more, says) in [
        (&["--ca-cert", "a", "--ca-key", "b"][..], "cannot be used with"),
        (&["--self-signed"], "cannot be used with"),
        (&["--key", "a"], "cannot be used with"),
        (&["--permit", "a.example"], "cannot be used with"),
    ] {
        machine.run([&["labtrust", "setup", "--sealed"][..], more].concat()).exited(2).says(says);
    }

    let status = json(&machine.run(["labtrust", "status", "--json"]).succeeded().stdout);
    assert_eq!(status["renewal"]["sealed"]["left"], 13, "{status}");
    machine.run(["labtrust", "status"]).succeeded().says("no CA key exists; 13 more certificates");
    machine.run(["labtrust", "inspect", &root]).succeeded().says("the root of a sealed CA");

    machine.run(client_line(&made.stdout)).succeeded();
    engine.login().succeeded();
    gitlab.change_nginx("location / {", "location /group/ { root /srv/git; } location / {");
    let url = format!("https://{HOST}/group/project.git");
    let mut earlier = machine.read(CERTIFICATE);
    // Twice the server was off for more than a year.
    for (day, is_due) in [(200, false), (270, true), (800, true), (810, false), (1065, true), (1826, true)] {
        let run = machine.command(["labtrust", "renew", "--if-expiring"]).at(day).run().succeeded();
        run.says(if is_due { "renewed until" } else { "nothing to renew until" });
        check_pair(&machine);
        let now = machine.read(CERTIFICATE);
        assert_eq!(now != earlier, is_due, "{day}");
        gitlab.wait_served(&now);
        machine.command(["git", "ls-remote", &url]).at(day).run().succeeded();
        earlier = now;
    }
    let last = machine.command(["labtrust", "status"]).at(1826).run();
    last.says("no CA key exists; 7 more certificates");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    machine
        .sh("sed -i 's/location .group. { root .srv.git; } //' /var/opt/gitlab/nginx/conf/nginx.conf; labtrust untrust --all; rm -rf /tmp/docker")
        .succeeded();
    let left: Vec<_> =
        machine.changes_since(&before).into_iter().filter(|line| line.contains("labtrust")).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn the_next_key_comes_early_where_its_certificate_is_valid_already() {
    let machine = machine!("server");
    let setup = ["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust", "--sealed", "--days", "30"];
    machine.run(setup).succeeded();
    let read = || machine.read("/srv/proxy/mygitlab.example.com.crt");
    let first = read();
    // A period begins when a third of the one before is left, and its certificate is valid a day earlier.
    machine.command(["labtrust", "renew"]).at(19).run().succeeded().says("nothing to renew until");
    assert_eq!(read(), first);
    machine.command(["labtrust", "renew", "--new-key"]).at(19).run().succeeded().says("renewed until");
    let second = read();
    assert_ne!(second, first);
    for line in [&["labtrust", "renew"][..], &["labtrust", "renew", "--if-expiring"]] {
        machine.command(line.iter().copied()).at(19).run().succeeded().says("nothing to renew until");
    }
    machine.command(["labtrust", "renew", "--new-key"]).at(19).run().exited(3).says("valid only from");
    assert_eq!(read(), second);
    // A lost key is replaced by the same.
    machine.sh("rm /srv/proxy/mygitlab.example.com.key").succeeded();
    machine.command(["labtrust", "renew"]).at(19).run().succeeded();
    machine.sh("rm -r /srv/proxy").succeeded();
    machine.run(setup).succeeded();
    assert_eq!(read(), first);
    // After a long outage the period after the one in place is over as well.
    machine.command(["labtrust", "renew", "--new-key"]).at(400).run().succeeded().says("renewed until");
    machine.command(["labtrust", "renew"]).at(400).run().succeeded().says("nothing to renew until");
}

#[test]
fn the_way_back_from_a_sealed_ca_stays_open() {
    let machine = machine!("server");
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust"]).succeeded();
    let crt = "/srv/proxy/mygitlab.example.com.crt";
    let public = |file: &str| machine.sh(&format!("openssl pkey -pubout -in {file}")).succeeded().stdout;
    let names = || machine.sh(&format!("openssl x509 -noout -ext subjectAltName -in {crt}")).succeeded();
    let rotate = |line: &str| machine.sh(&format!("labtrust rotate {line}")).succeeded();
    // The next CA has a name that the old one can never sign.
    rotate("start --sealed --name wiki.example.org");
    rotate("switch --clients-ready");
    names().says("DNS:wiki.example.org");
    let sealed = public("/srv/proxy/mygitlab.example.com.key");
    rotate("abort");
    assert!(!names().stdout.contains("wiki.example.org"));
    // A key of a sealed CA lies in backups, so another CA does not keep it.
    assert_ne!(public("/srv/proxy/mygitlab.example.com.key"), sealed);
    rotate("switch --clients-ready");
    rotate("retire");
    rotate("start");
    rotate("switch --clients-ready");
    names().says("DNS:wiki.example.org");
    assert_ne!(public("/srv/proxy/mygitlab.example.com.key"), sealed);
}

#[test]
fn a_ca_from_elsewhere_replaces_none_that_was_created_here() {
    let machine = machine!("server");
    let key = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /root/ca.key -out /root/ca.crt -days 900 -subj /CN=Corp \
               -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null";
    machine.sh(key).succeeded();
    let setup = format!("labtrust setup {HOST} --out /srv/proxy --no-trust");
    for sealed in ["", " --sealed"] {
        machine.sh(&format!("{setup}{sealed}")).succeeded();
        let before = machine.manifest();
        for stage in ["", " --replace", " --stage"] {
            let line = format!("{setup}{stage} --ca-cert /root/ca.crt --ca-key /root/ca.key");
            let said = machine.sh(&line).exited(3).says("an earlier setup created a CA here");
            assert!(said.stderr.contains("labtrust setup --undo"), "{said}");
        }
        assert_eq!(machine.changes_since(&before), [""; 0]);
        machine.run(["labtrust", "setup", "--undo"]).succeeded();
    }
}

#[test]
fn a_terminal_is_asked_for_more_names_before_the_ca_is_sealed() {
    let machine = machine!("server");
    let before = machine.manifest();
    let setup = ["labtrust", "setup", HOST, "--out", "/srv/proxy", "--no-trust", "--sealed"];
    let mut terminal = machine.command(setup).terminal();
    terminal.expect("A sealed CA can never add a name");
    terminal.send("not/a/name\n");
    terminal.expect("A sealed CA can never add a name");
    terminal.send("kas.example.com, *.pages.example.com\n");
    terminal.expect("Do this? [y/N]");
    terminal.send("n\n");
    terminal.finish().exited(1);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    let mut terminal = machine.command(setup).terminal();
    terminal.expect("A sealed CA can never add a name");
    terminal.send("kas.example.com, *.pages.example.com\n");
    terminal.expect("Do this? [y/N]");
    terminal.send("y\n");
    terminal.finish().exited(0).says("kas.example.com");
    let names = machine.sh("openssl x509 -noout -ext subjectAltName -in /srv/proxy/mygitlab.example.com.crt");
    names.succeeded().says(&format!("DNS:{HOST}, DNS:kas.example.com, DNS:*.pages.example.com"));
    // The CA is there: nothing is asked again.
    let terminal = machine.command(setup).terminal();
    terminal.finish().exited(0).says("nothing was changed");
}

#[test]
fn clients_follow_from_a_sealed_ca_and_to_one() {
    let server = machine!("gitlab");
    let client = machine!("client");
    server.connect(&client, "192.0.2.20");
    client.without_hooks();
    server.without_hooks();
    let _gitlab = Gitlab::start(&server);
    let engine = Engine::start(&client);
    let sealed = client_line(&server.run(["labtrust", "setup", "--sealed", "--no-trust"]).succeeded().stdout);
    client.run(sealed.clone()).succeeded();
    engine.login().succeeded();
    let rotate = |more: &[&str]| {
        let words = [&["labtrust", "rotate"][..], more].concat();
        client_line(&server.run(words).succeeded().stdout)
    };

    // A sealed CA cannot vouch: clients take no root that a thief of the key in place announces.
    let line = rotate(&["start", "--sealed", "--name", &format!("kas.{HOST}")]);
    assert_eq!(line.iter().filter(|word| *word == "--next").count(), 1, "{line:?}");
    client.run(sealed).exited(1).says("cannot vouch for the next one").says("--next");
    client.run(line).succeeded().says("Next CA");
    engine.login().succeeded();
    rotate(&["switch", "--clients-ready"]);
    engine.login().succeeded();
    rotate(&["abort"]);
    engine.login().succeeded();
    rotate(&["switch", "--clients-ready"]);
    let names = server.sh(&format!("openssl x509 -noout -ext subjectAltName -in {CERTIFICATE}"));
    names.succeeded().says(&format!("DNS:kas.{HOST}"));
    rotate(&["retire"]);
    engine.login().succeeded();

    // Back to a CA with a key, and over to a sealed one: this one is vouched for, so the line stays.
    let line = rotate(&["start"]);
    client.run(line).succeeded().says("Next CA");
    rotate(&["switch", "--clients-ready"]);
    let line = rotate(&["retire"]);
    engine.login().succeeded();
    server.run(["labtrust", "renew", "--name", &format!("x.{HOST}")]).succeeded();
    assert_eq!(rotate(&["start", "--sealed"]), line);
    server
        .run(["labtrust", "rotate", "start", "--sealed", "--name", "y.example"])
        .exited(3)
        .says("no certificate for");
    client.run(line).succeeded().says("Next CA");
    rotate(&["switch", "--clients-ready"]);
    rotate(&["retire"]);
    engine.login().succeeded();
    assert_eq!(keys(&server).len(), 2, "{:?}", keys(&server));
    server.run(["labtrust", "status"]).says("no CA key exists");
}

#[test]
fn a_backup_brings_all_certificates_back() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    let made = machine.run(["labtrust", "setup", "--sealed", "--no-trust"]).succeeded().stdout;
    let files = ["periods.crt", "periods.key", "root.crt"].map(|name| format!("{STATE}/authority/{name}"));
    let saved = files.each_ref().map(|path| machine.read(path));
    machine.write_with_mode("/root/passphrase", "600", "Zw8-marmalade-4Qk");
    let with = ["--passphrase-file", "/root/passphrase"];
    machine.run([&["labtrust", "backup", "/root/ca.age"][..], &with].concat()).succeeded();
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert!(!machine.has(&files[0]));
    machine.run([&["labtrust", "restore", "/root/ca.age"][..], &with].concat()).succeeded();
    assert_eq!(files.each_ref().map(|path| machine.read(path)), saved);
    machine.sh(&format!("[ $(stat -c %a {}) = 600 ]", files[1])).succeeded();
    let again = machine.run(["labtrust", "setup", "--no-trust"]).succeeded().stdout;
    assert_eq!(client_line(&again), client_line(&made));
    check_pair(&machine);

    // A part that is lost is named, and nothing takes the CA for a company's.
    for (path, text) in files.iter().zip(&saved).take(2) {
        machine.sh(&format!("rm {path}")).succeeded();
        machine.run(["labtrust", "renew"]).exited(3).says(path);
        machine.run(["labtrust", "setup", "--no-trust"]).exited(3).says(path);
        machine.run(["labtrust", "status"]).says(path);
        machine.write_with_mode(path, "600", text);
    }
    machine.run(["labtrust", "renew"]).succeeded();
}

#[test]
fn the_commands_of_the_documentation_do_what_it_says() {
    let machine = machine!("gitlab");
    let _gitlab = Gitlab::start(&machine);
    let text = include_str!("../docs/sealed.md");
    let blocks = text.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let mut count = 0;
    for line in blocks.flat_map(str::lines) {
        machine.sh(line).succeeded();
        count += 1;
        if line.contains("rotate start") {
            machine.run(["labtrust", "rotate", "abort"]).succeeded();
        }
    }
    assert_eq!(count, 4);
}

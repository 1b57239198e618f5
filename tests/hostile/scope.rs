//! A CA that claims little and can sign for strangers: it is not trusted because a file holds it, and never for a host
//! that it cannot sign for.

use crate::{
    lab::{HOST, Machine, Pair, REGISTRY, Recipe},
    trust::fingerprint,
};

const NO_ADDRESS: &str = "excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0";

/// Name constraints as OpenSSL has them, `-` for those that close off every address, and a part of what is said.
const BROAD: &[(&str, &str)] = &[
    ("", "it has no name constraints: it can sign for any name"),
    ("critical,excluded;DNS:foo.invalid", "it can sign for any name on the web"),
    ("critical,permitted;DNS:com,permitted;DNS:net,permitted;DNS:org,-", "every name below com, net and org"),
    ("critical,permitted;DNS:.,-", "it can sign for any name"),
    ("critical,permitted;IP:10.0.0.0/255.0.0.0", "it can sign for any name"),
    ("critical,-", "it can sign for any name"),
    ("critical,permitted;DNS:mygitlab.example.com", "it can sign for any IP address"),
    ("critical,permitted;DNS:mygitlab.example.com,permitted;DNS:github.io,-", "every name below github.io"),
    (
        "critical,permitted;DNS:mygitlab.example.com,permitted;DNS:paypal.com,-",
        "paypal.com, which was not asked for",
    ),
    ("permitted;DNS:mygitlab.example.com,-", "not critical"),
];

fn root(machine: &Machine, constraints: &str) -> String {
    let constraints = constraints.replace(",-", &format!(",{NO_ADDRESS}"));
    Pair::by(machine, &Recipe { constraints: &constraints, ..Recipe::CURRENT }).root
}

#[test]
fn a_broad_ca_needs_its_fingerprint_or_a_yes() {
    let machine = machine!("client");
    machine.without_hooks();
    machine.without_docker();
    let files: Vec<_> = BROAD.iter().map(|(constraints, _)| root(&machine, constraints)).collect();
    for (index, contents) in files.iter().enumerate() {
        machine.write(&format!("/root/{index}.crt"), contents);
    }
    let before = machine.settled();
    for (index, (constraints, says)) in BROAD.iter().enumerate() {
        // A lone dot is no name to OpenSSL and every name to Go: broad, and not for any one host.
        let source = format!("/root/{index}.crt");
        let mut line = vec!["labtrust", "trust", &source, "--yes"];
        if !constraints.contains("DNS:.,") {
            line.extend(["--for", REGISTRY]);
        }
        let refused = machine.run(line).exited(3);
        refused.says("is not trusted without its fingerprint").says(says).says("--fingerprint ");
        assert_eq!(machine.changes_since(&before), [""; 0], "{constraints}");
    }
    // With its fingerprint it is what somebody chose, and what it can sign is said all the same.
    let line = |index: usize| {
        format!("labtrust trust /root/{index}.crt --fingerprint {}", fingerprint(&machine, &files[index]))
    };
    machine
        .sh(&line(2))
        .succeeded()
        .says("can sign  com, net, org and their subdomains; never an IP address");
    machine.run(["labtrust", "untrust"]).succeeded();
    let mut terminal = machine.command(["labtrust", "trust", "/root/2.crt"]).terminal();
    terminal.expect("every name below com, net and org");
    terminal.expect("[y/N]");
    terminal.send("n\n");
    terminal.finish().exited(3);
    assert_eq!(machine.changes_since(&before), [""; 0]);
}

#[test]
fn a_narrow_ca_is_trusted_and_what_it_can_sign_is_printed() {
    let machine = machine!("client");
    machine.without_hooks();
    machine.without_docker();
    let narrow = root(&machine, "critical,permitted;DNS:mygitlab.example.com,-");
    machine.write("/root/ca.crt", &narrow);
    let can_sign = "can sign  mygitlab.example.com and its subdomains; never an IP address or another name";
    for source in ["/root/ca.crt", "-"] {
        let line = ["labtrust", "trust", source, "--for", REGISTRY];
        machine.command([&line[..], &["--dry-run"]].concat()).stdin(&narrow).run().exited(1).says(can_sign);
        machine.command(line).stdin(&narrow).run().succeeded().says(can_sign);
        machine.run(["labtrust", "untrust"]).succeeded();
    }
    let json = ["labtrust", "trust", "/root/ca.crt", "--json"];
    let json: serde_json::Value = serde_json::from_str(&machine.run(json).succeeded().stdout).unwrap();
    assert_eq!(
        json["may_sign"],
        "mygitlab.example.com and its subdomains; never an IP address or another name"
    );
}

#[test]
fn a_host_that_the_ca_can_never_sign_for_is_a_wrong_command_line() {
    let machine = machine!("client");
    machine.without_hooks();
    machine.without_docker();
    let constraints = "critical,permitted;DNS:mygitlab.example.com,permitted;IP:192.0.2.10/255.255.255.255,\
                       permitted;IP:100:0:0:0:0:0:0:0/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,\
                       excluded;DNS:no.mygitlab.example.com";
    let ca = root(&machine, constraints);
    machine.write("/root/ca.crt", &ca);
    let leaf = Pair::made(&machine, &["other.example.com"], crate::lab::Validity::Current).leaf;
    machine.write("/root/leaf.crt", leaf);
    machine.run(["labtrust", "setup", HOST, "--out", "/srv/pair", "--no-trust"]).succeeded();
    let before = machine.settled();
    let sha256 = fingerprint(&machine, &ca);
    let file = ["labtrust", "trust", "/root/ca.crt", "--fingerprint", &sha256];
    for host in [
        "other.example.com",
        "other.example.com:4567",
        "example.com:443",
        "notmygitlab.example.com",
        "no.mygitlab.example.com:4567",
        "a.no.mygitlab.example.com",
        "192.0.2.11:4567",
        "[2001:db8::1]:4567",
    ] {
        // The second line is for the CA that `setup` made here, which has no hole.
        let own: &[&[&str]] = if host.contains("no.my") { &[] } else { &[&["labtrust", "trust"]] };
        for line in std::iter::once(&file[..]).chain(own.iter().copied()) {
            let refused = machine.run([line, &["--for", HOST, "--for", host]].concat()).exited(2);
            refused.says("can never sign for").says("it can sign mygitlab.example.com and its subdomains");
        }
    }
    machine.run([&file[..], &["--for", "*.mygitlab.example.com"]].concat()).exited(2).says("wildcard");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    for host in [HOST, "Registry.MyGitLab.example.com.:5000", "192.0.2.10:4567", "::ffff:192.0.2.10"] {
        machine.run([&file[..], &["--for", host]].concat()).succeeded();
        machine.run(["labtrust", "untrust", &sha256]).succeeded();
    }
}

#[test]
fn a_users_broad_ca_is_not_roots_without_a_word() {
    let machine = machine!("client");
    machine.without_hooks();
    machine.without_docker();
    machine.ensure_user("alice");
    let setup = ["labtrust", "setup", HOST, "--out", "/home/alice/pair", "--no-constraints"];
    let made = machine.run_as("alice", setup).exited(3);
    let line = made.stdout.lines().find(|line| line.contains("sudo ")).unwrap().trim().to_owned();
    let before = machine.settled();
    let sudo = "export SUDO_UID=$(id -u alice) SUDO_GID=$(id -g alice) SUDO_USER=alice;";
    // Any program of hers can have put that CA there.
    machine.sh(&format!("{sudo} labtrust trust")).exited(3).says("any name on the web").says("--fingerprint");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    // The line that setup printed names the CA.
    assert!(line.contains("--fingerprint"), "{line}");
    machine.sh(&format!("{sudo} {}", line.replacen("sudo ", "", 1))).succeeded();
}

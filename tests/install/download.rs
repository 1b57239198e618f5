//! Out of a pipe, from a server: by curl or wget, over TLS that is checked.

use super::{TEMPLATE, VERSION, is_unchanged, with_stand_in};
use crate::lab::{HOST, Machine, Pair, Validity};

/// Serves the folder of the release at `https://HOST/dist` with a certificate that the machine trusts, and makes the release name it.
fn serve(machine: &Machine) {
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    machine.write("/srv/pair.pem", pair.chain() + &pair.key);
    machine.write("/usr/local/share/ca-certificates/lab.crt", &pair.root);
    machine.run(["update-ca-certificates"]).succeeded();
    let settings = "events {} error_log /dev/null; http { access_log off; server { listen 443 ssl;
        ssl_certificate /srv/pair.pem; ssl_certificate_key /srv/pair.pem; root /srv;
        location /plain/ { return 302 http://mygitlab.example.com/dist/; } } server { listen 80; root /srv; } }";
    machine.write("/srv/nginx.conf", settings);
    machine.run(["nginx", "-c", "/srv/nginx.conf"]).succeeded();
    machine
        .sh(&format!("sed -i \"s|origin=''|origin='https://{HOST}/dist'|\" /srv/dist/install.sh"))
        .succeeded();
}

#[test]
fn it_downloads_by_curl_or_wget_and_checks_the_server() {
    let machine = machine!("client");
    machine.without_hooks();
    with_stand_in(&machine);
    serve(&machine);
    let before = machine.manifest();
    let piped = |more: &str| {
        machine.sh(&format!(
            "mkdir -p /tmp/path && ln -sf /usr/bin/* /tmp/path; rm -f /tmp/path/labtrust
            curl -sSf https://{HOST}/dist/install.sh >/tmp/piped; export PATH=/tmp/path; cat /tmp/piped | {more}"
        ))
    };
    for way in ["sh", "rm /tmp/path/curl; cat /tmp/piped | sh", "busybox ash -s -- --to /usr/local/bin"] {
        let said =
            piped(way).succeeded().says(&format!("downloading https://{HOST}/dist/labtrust-{VERSION}-"));
        assert_eq!(said.stderr, "", "{way}");
        machine.sh("sh /srv/dist/install.sh --uninstall").succeeded();
        is_unchanged(&machine, &before, way);
    }
    // A mirror, by option or environment; the folder of the script comes before the environment.
    piped("sh -s -- --from https://mygitlab.example.com/dist/").succeeded();
    machine.sh("sh /srv/dist/install.sh --uninstall").succeeded();
    piped("LABTRUST_INSTALL_FROM=/srv/dist sh").succeeded();
    machine.sh("sh /srv/dist/install.sh --uninstall").succeeded();
    machine.sh("LABTRUST_INSTALL_FROM=/srv/nowhere sh /srv/dist/install.sh").succeeded();
    machine.sh("sh /srv/dist/install.sh --uninstall").succeeded();
    for (way, message) in [
        ("sh -s -- --from https://mygitlab.example.com/missing", "404"),
        ("sh -s -- --from https://mygitlab.example.com/plain", "Protocol \"http\" not supported or disabled"),
        ("rm /tmp/path/curl /tmp/path/wget; cat /tmp/piped | sh", "neither curl nor wget is installed"),
        ("CURL_CA_BUNDLE=/etc/hostname sh", "cannot download https://mygitlab.example.com/dist/labtrust-"),
        (
            "sh -s -- --from https://mygitlab.example.com:80/dist",
            "cannot download https://mygitlab.example.com:80/dist",
        ),
    ] {
        let run = piped(way).exited(1).says(message);
        let hint = run.stderr.lines().last().unwrap();
        assert!(hint.starts_with("hint: download labtrust-") && run.stderr.lines().count() == 2, "{run}");
        is_unchanged(&machine, &before, way);
    }
    assert!(TEMPLATE.contains("--proto '=https' --tlsv1.2 -sSfL"));
}

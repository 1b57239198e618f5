//! Proves the GitLab that is set wrongly: the engine says of each what it says elsewhere.

use crate::lab::{Behaviour, Engine, Gitlab, HOST, Manager, Pair, REGISTRY, Recipe, Release};

const REALM: &str = "https://mygitlab.example.com/jwt/auth";

#[test]
fn docker_says_what_is_wrong_behind_a_good_certificate() {
    for release in Release::ALL {
        let machine = machine!("gitlab");
        let gitlab = Gitlab::start(&machine);
        let engine = Engine::start_as(&machine, release, Manager::Systemd);
        let pair = Pair::by(&machine, &Recipe::CURRENT);
        gitlab.serve(&pair);
        machine.write(&format!("/etc/docker/certs.d/{REGISTRY}/ca.crt"), &pair.root);
        engine.login().succeeded();

        let realm = |old: &str, new: &str| {
            gitlab.change_registry(old, new);
            new.to_owned()
        };
        let page = realm(REALM, "https://mygitlab.example.com/users/sign_in");
        engine.login().exited(1).says("unable to decode token response: invalid character '<'");
        let nowhere = realm(&page, "https://mygitlab.example.com:9/jwt/auth");
        engine.login().exited(1).says("dial tcp 192.0.2.10:9: connect: connection refused");
        machine.listen(80, Behaviour::Answers("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"token\":1}"));
        let clear = realm(&nowhere, "http://mygitlab.example.com/jwt/auth");
        engine.login().exited(1).says("cannot unmarshal number");
        realm(&clear, REALM);
        engine.login().succeeded();

        gitlab.change_registry("127.0.0.1:5000", "127.0.0.1:5999");
        engine.login().exited(1).says("502 Bad Gateway");
        gitlab.change_registry("127.0.0.1:5999", "127.0.0.1:5000");
        gitlab.change_nginx("127.0.0.1:5000", "127.0.0.1:8080");
        engine.login().exited(1).says("404 Not Found");
        gitlab.change_nginx("127.0.0.1:8080", "127.0.0.1:5000");
        gitlab.change_nginx("listen *:4567", "listen *:5050");
        engine.login().exited(1).says("connect: connection refused");
        machine
            .run(["curl", "--insecure", "-sS", &format!("https://{HOST}:5050/v2/")])
            .succeeded()
            .says("UNAUTH");
    }
}

#[test]
fn starting_applies_no_gitlab_rb_and_a_site_without_a_certificate_keeps_nginx_from_starting() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    gitlab.serve(&Pair::by(&machine, &Recipe::CURRENT));
    let answers = |scheme: &str, expected: &str| {
        let script = "for i in $(seq 100); do \
            code=$(curl -sk -o /dev/null -w '%{http_code}' $0); [ $code != $1 ] || exit 0; sleep 0.05; done; echo $code; exit 1";
        machine.run(["sh", "-c", script, &format!("{scheme}://{HOST}/users/sign_in"), expected]).succeeded();
    };
    machine.run(["gitlab-ctl", "stop"]).succeeded();
    machine.run(["gitlab-ctl", "status"]).exited(1).says("down: nginx: 1s, normally up; ");
    machine.run(["gitlab-ctl", "hup", "nginx"]).succeeded();
    let settings = format!("external_url 'https://{HOST}'\nnginx['redirect_http_to_https'] = true\n");
    machine.write("/etc/gitlab/gitlab.rb", &settings);
    machine.run(["gitlab-ctl", "start"]).succeeded();
    answers("https", "200");
    answers("http", "000");
    machine.run(["gitlab-ctl", "stop"]).succeeded();
    machine.run(["gitlab-ctl", "reconfigure"]).succeeded();
    answers("http", "301");
    machine.write(
        "/etc/gitlab/gitlab.rb",
        format!("{settings}pages_external_url 'https://pages.example.org'\n"),
    );
    machine.run(["gitlab-ctl", "reconfigure"]).succeeded();
    answers("https", "000");
}

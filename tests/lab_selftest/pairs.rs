//! Proves the pairs: the engine refuses each for what is wrong with it, and for nothing else.

use crate::lab::{Engine, Gitlab, HOST, Machine, Pair, REGISTRY, Recipe};

fn trust(machine: &Machine, pair: &Pair) {
    machine.write(&format!("/etc/docker/certs.d/{REGISTRY}/ca.crt"), &pair.root);
}

#[test]
fn docker_refuses_a_pair_for_what_is_wrong_with_it() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    for (recipe, said) in [
        (Recipe::CURRENT, ""),
        (Recipe::EXPIRED, "certificate has expired or is not yet valid"),
        (Recipe::FUTURE, "certificate has expired or is not yet valid"),
        (Recipe::EXPIRING, ""),
        (Recipe::WRONG_NAME, "certificate is valid for other.example.com, not mygitlab.example.com"),
        (Recipe::NO_SAN, "certificate relies on legacy Common Name field"),
        (Recipe::NO_SERVER_AUTH, "certificate specifies an incompatible key usage"),
        (Recipe::WEAK_KEY, ""),
        (Recipe::SHA1, "certificate signed by unknown authority"),
        (Recipe::TOO_LONG, ""),
        (Recipe::IS_CA, ""),
        (Recipe::CONSTRAINT_VIOLATED, "is not permitted by any constraint"),
        (Recipe::DEEP, ""),
        (Recipe::CORPORATE, ""),
    ] {
        let pair = Pair::by(&machine, &recipe);
        trust(&machine, &pair);
        gitlab.serve(&pair);
        let output = engine.login();
        if said.is_empty() {
            output.succeeded()
        } else {
            output.exited(1).says(said)
        };
    }
}

#[test]
fn a_chain_is_served_as_told() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    let pair = Pair::by(&machine, &Recipe::DEEP);
    trust(&machine, &pair);
    gitlab.serve_chain(&pair, &pair.leaf);
    engine.login().exited(1).says("certificate signed by unknown authority");
    gitlab.serve_chain(&pair, &pair.shuffled());
    engine.login().succeeded();
    let line = ["openssl", "s_client", "-connect", REGISTRY, "-showcerts"];
    let shown = machine.run(line).stdout;
    let subjects: Vec<_> = shown.lines().filter_map(|line| line.trim().split_once(" s:CN = ")).collect();
    assert_eq!(subjects.len(), 4, "{shown}");
    assert_eq!(subjects[3].1, "Foreign intermediate 2", "{shown}");
}

#[test]
fn a_namesake_has_another_key() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    let engine = Engine::start(&machine);
    let (old, new) = (Pair::by(&machine, &Recipe::NAMESAKE), Pair::by(&machine, &Recipe::NAMESAKE));
    trust(&machine, &old);
    gitlab.serve(&new);
    engine.login().exited(1).says(r#"candidate authority certificate "GitLab internal CA""#);
    trust(&machine, &new);
    engine.login().succeeded();
}

#[test]
fn a_host_reached_by_address_needs_it_in_the_certificate() {
    let machine = machine!("gitlab");
    let gitlab = Gitlab::start(&machine);
    for (recipe, said) in [
        (Recipe::CURRENT, "no alternative certificate subject name matches"),
        (Recipe::OTHER_ADDRESS, "no alternative certificate subject name matches"),
    ] {
        let pair = Pair::by(&machine, &recipe);
        machine.write("/tmp/root.crt", &pair.root);
        gitlab.serve(&pair);
        let fetch = |host: &str| {
            let url = format!("https://{host}:4567/v2/");
            machine.run(["curl", "-sS", "--cacert", "/tmp/root.crt", &url])
        };
        fetch(HOST).succeeded();
        fetch("192.0.2.10").exited(60).says(said);
    }
}

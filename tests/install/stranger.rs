//! The way of a person who has the files of a release and the README: the program on the server and on a client, the CA,
//! and a login that Docker accepts, within a minute.

use super::{VERSION, with_release};
use crate::{
    lab::{Engine, Gitlab, HOST, Machine},
    setup::client_line,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// How long it may take, in all.
const LIMIT: Duration = Duration::from_secs(60);

/// Lays into /srv/dist what scripts/release made; where it was not run, a release of the program that the tests are for.
fn download(machine: &Machine) {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let archive = format!("labtrust-{VERSION}-{}-unknown-linux-musl.tar.gz", std::env::consts::ARCH);
    with_release(machine);
    if let (Ok(script), Ok(program)) =
        (std::fs::read(dist.join("install.sh")), std::fs::read(dist.join(&archive)))
    {
        machine.write("/srv/dist/install.sh", script);
        machine.write(&format!("/srv/dist/{archive}"), program);
    }
}

#[test]
fn a_stranger_logs_in_within_a_minute() {
    let (server, client) = (machine!("gitlab"), machine!("client"));
    let _gitlab = Gitlab::start(&server);
    server.connect(&client, "192.0.2.20");
    let engine = Engine::start(&client);
    download(&server);
    download(&client);
    engine.login().exited(1);

    let start = Instant::now();
    server.sh("sh /srv/dist/install.sh").succeeded().says("is installed");
    let made = server.run(["labtrust", "setup", HOST]).succeeded();
    client.sh("sh /srv/dist/install.sh").succeeded().says("is installed");
    client.run(client_line(&made.stdout)).succeeded().says("Docker accepts");
    engine.login().succeeded().says("Login Succeeded");
    let taken = start.elapsed();
    println!("from install.sh to a login: {} s", taken.as_secs());
    assert!(taken < LIMIT, "it took {} s", taken.as_secs());

    client.run(["labtrust", "untrust", "--all", "--restart"]).succeeded();
    client.sh("sh /srv/dist/install.sh --uninstall").succeeded();
    engine.login().exited(1);
}

//! The lab: disposable copies of this machine in which tests drive the real program against a real
//! Docker engine, a real registry and the distribution's own tools, and after which nothing is left.
//!
//! ```ignore
//! let machine = machine!("gitlab");
//! let gitlab = Gitlab::start(&machine);
//! let engine = Engine::start(&machine);
//! let before = machine.settled();
//! let pair = Pair::made(&machine, &[HOST], Validity::Current);
//! gitlab.serve(&pair);
//! engine.login().exited(1).says("unknown authority");
//! machine.write("/tmp/root.crt", &pair.root);
//! machine.run(["labtrust", "trust", "/tmp/root.crt", "--for", REGISTRY]).succeeded();
//! engine.login().succeeded();
//! ```
//!
//! Obstacles of a request, from its engine to the server's certificate:
//!
//! ```ignore
//! for release in Release::ALL { Engine::start_as(&machine, release, Manager::Systemd); } // 20.10, 28
//! engine.defaults("export HTTPS_PROXY=http://192.0.2.10:9"); // a line in /etc/default/docker, restarted
//! engine.drop_in("proxy.conf", "Environment=HTTPS_PROXY=…"); // under systemd, reloaded and restarted
//! engine.settings(r#"{"proxies": {"https-proxy": "…"}}"#); // daemon.json, restarted
//! engine.stop();
//! let info = engine.get("/info");
//!
//! let proxy = Proxy::start(&machine, Passing::Never("503 Service Unavailable")); // or All, WebOnly, Known
//! engine.defaults(&format!("export HTTPS_PROXY={}", proxy.url())); // or .url_with_user()
//! assert!(proxy.requests().is_empty());
//!
//! server.connect(&client, "192.0.2.20");
//! server.block(Blockade::Dropped, &[443, 4567]); // or Refused, HostUnreachable, NetUnreachable
//! server.block_all();
//! server.unblock();
//! client.forget_name(HOST, Names::Unknown); // or Refused, Silent
//! server.listen(4567, Behaviour::HTTP); // or SSH, Closes, Resets, Silent, Says(…), Answers(…), Endless, Drips
//! server.listen_tls(4567, &pair, Behaviour::Answers("HTTP/1.1 200 OK\r\n\r\n<html>"));
//! server.listen_old_tls(5050, &pair);
//! client.intercept(&Pair::by(&client, &Recipe::CORPORATE), &[443, 4567]);
//!
//! let pair = Pair::by(&machine, &Recipe::NO_SAN); // a row for each thing that may be wrong
//! let pair = Pair::by(&machine, &Recipe { days: (-1, 7), ..Recipe::CURRENT });
//! gitlab.serve_chain(&pair, &pair.leaf); // or &pair.shuffled()
//! gitlab.change_registry("https://mygitlab.example.com/jwt/auth", "http://mygitlab.example.com/jwt/auth");
//! gitlab.change_nginx("listen *:4567", "listen *:5050");
//! machine.command(["labtrust", "inspect", "./leaf.crt"]).at(400).run(); // its clock 400 days ahead
//!
//! let fleet = Fleet::start(control, &[Kind::PLAIN, Kind::DOWN, Kind::NO_PYTHON])?; // an SSH server each; control has Ansible
//! fleet.play("--check"); // what was rendered into /root/rendered; a line for each host
//! fleet.host(Kind::PLAIN).changes();
//! ```

mod blockade;
pub(crate) mod browsers;
mod command;
mod container;
mod containerd;
mod engine;
mod files;
mod fleet;
mod gitlab;
mod jdk;
mod listener;
mod machine;
mod network;
mod pair;
mod podman;
mod process;
mod programs;
mod proxy;
mod recipe;
mod screen;
pub(crate) mod stopped;
mod terminal;
mod tree;

pub(crate) use blockade::{Blockade, Names};
pub(crate) use command::Command;
pub(crate) use container::Containers;
pub(crate) use containerd::Containerd;
pub(crate) use engine::{Engine, Manager, Release};
pub(crate) use fleet::{Fleet, Host, Kind};
pub(crate) use gitlab::{Gitlab, NGINX, REGISTRY_SETTINGS, again, hup};
pub(crate) use jdk::Jdk;
pub(crate) use listener::Behaviour;
pub(crate) use machine::{Machine, PROGRAM};
pub(crate) use pair::{Pair, Validity};
pub(crate) use podman::Podman;
pub(crate) use process::Output;
pub(crate) use programs::{Program, are_here as are_programs_here, install_cargo};
pub(crate) use proxy::{Passing, Proxy};
pub(crate) use recipe::Recipe;
pub(crate) use screen::{Screen, Style};
pub(crate) use tree::Manifest;

/// The name that every machine of the lab knows, and the address behind it.
pub(crate) const HOST: &str = "mygitlab.example.com";

/// The GitLab container registry, as `docker login` is told it.
pub(crate) const REGISTRY: &str = "mygitlab.example.com:4567";

/// Whether everything is to be tried, however long it takes: the environment variable `name` is `all`.
pub(crate) fn is_whole(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| value == "all")
}

/// A disposable machine (`machine!("client")`, or `machine!("client", with_all_anchors)`); where there cannot
/// be one, the test ends here and says why.
macro_rules! machine {
    ($name:expr) => {
        machine!($name, new)
    };
    ($name:expr, $constructor:ident) => {
        match $crate::lab::Machine::$constructor($name) {
            Ok(machine) => machine,
            Err(reason) => return $crate::lab::skip(&reason),
        }
    };
}

/// Prints the reason why a test did not run. If `CI` is set, tests must not be skipped, and this is a failure.
#[expect(clippy::print_stderr, reason = "the test runner shows a test's stderr")]
pub(crate) fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "no machine: {reason}");
    eprintln!("skipped, no machine: {reason}");
}

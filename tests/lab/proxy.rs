//! A real forward proxy in a machine, as many sites have one between their machines and everything else.

use super::machine::Machine;

/// What a proxy does with `CONNECT`, which is how HTTPS asks to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passing {
    /// It forwards to every port.
    All,
    /// It forwards to 443 only and refuses the registry's ports: 403, in tinyproxy's words `Access violation`.
    WebOnly,
    /// It asks who wants to pass: 407, unless it is [`USER`].
    Known,
    /// It forwards nothing and answers this, such as `503 Service Unavailable`.
    Never(&'static str),
    /// It speaks SOCKS 5, and answers this number: 0 if it forwards.
    Socks(&'static str),
}

/// The user, with password, whom a proxy with [`Passing::Known`] lets pass.
pub(super) const USER: &str = "alice:secret";

/// Debian's tinyproxy, running, or what answers in its place; it ends with the machine.
pub(crate) struct Proxy<'m> {
    machine: &'m Machine,
    address: String,
    scheme: &'static str,
}

/// Its port.
const PORT: &str = "3128";
const LOG: &str = "/var/log/tinyproxy.log";

impl<'m> Proxy<'m> {
    /// Starts it at the machine's address, and waits until it answers.
    pub(crate) fn start(machine: &'m Machine, passing: Passing) -> Self {
        let address = machine.address();
        let scheme = if matches!(passing, Passing::Socks(_)) { "socks5" } else { "http" };
        let python = |program: &str, answer: &str| {
            machine.daemon(program, [&address, PORT, LOG, answer]);
            machine.wait_for_port(&address, PORT);
            Self { machine, address: address.clone(), scheme }
        };
        let rules = match passing {
            Passing::All => "",
            Passing::WebOnly => "ConnectPort 443\n",
            Passing::Known => "BasicAuth alice secret\n",
            Passing::Never(status) => return python(include_str!("proxy/answer.py"), status),
            Passing::Socks(reply) => return python(include_str!("proxy/socks.py"), reply),
        };
        let settings = format!(
            "Port {PORT}\nListen {address}\nTimeout 60\nMaxClients 50\nLogFile \"{LOG}\"\nLogLevel Connect\n{rules}"
        );
        machine.write("/run/tinyproxy.conf", settings);
        machine.run(["tinyproxy", "-c", "/run/tinyproxy.conf"]).succeeded();
        machine.wait_for_port(&address, PORT);
        Self { machine, address, scheme }
    }

    /// As `HTTPS_PROXY` has it: `http://192.0.2.10:3128`, or with `socks5://`.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}:{PORT}", self.scheme, self.address)
    }

    /// The same for the user whom it knows, with the password.
    pub(crate) fn url_with_user(&self) -> String {
        format!("http://{USER}@{}:{PORT}", self.address)
    }

    /// What it was asked for so far, such as `CONNECT mygitlab.example.com:4567 HTTP/1.1`.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = self.machine.read(LOG);
        let asked = log.lines().filter_map(|line| line.split_once("Request (file descriptor "));
        asked.filter_map(|(_, rest)| Some(rest.split_once("): ")?.1.to_owned())).collect()
    }
}

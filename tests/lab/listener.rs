//! Faulty servers on a port of a machine, also on a port that is in use.

use super::machine::Machine;
use super::pair::Pair;

/// The behaviour of a server after it accepted a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behaviour<'a> {
    /// It closes it at once.
    Closes,
    /// It answers the first byte with a reset.
    Resets,
    /// It never says anything.
    Silent,
    /// It says this at once, as an SSH server does its banner.
    Says(&'a str),
    /// It reads a request and answers these bytes.
    Answers(&'a str),
    /// It reads a request and answers headers for ever.
    Endless,
    /// It reads a request and answers a byte now and then.
    Drips,
}

impl Behaviour<'_> {
    /// The answer of plain HTTP.
    pub(crate) const HTTP: Self =
        Self::Answers("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
    /// The banner of an SSH server.
    pub(crate) const SSH: Self = Self::Says("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");

    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Closes => ("closes", ""),
            Self::Resets => ("resets", ""),
            Self::Silent => ("silent", ""),
            Self::Says(text) => ("says", text),
            Self::Answers(text) => ("answers", text),
            Self::Endless => ("endless", ""),
            Self::Drips => ("drips", ""),
        }
    }
}

impl Machine {
    /// Serves this port, instead of what serves it already, until the machine ends.
    pub(crate) fn listen(&self, port: u16, behaviour: Behaviour<'_>) {
        self.listener(port, behaviour.parts(), None);
    }

    /// The same within TLS, with this pair's chain.
    pub(crate) fn listen_tls(&self, port: u16, pair: &Pair, behaviour: Behaviour<'_>) {
        self.listener(port, behaviour.parts(), Some(pair));
    }

    /// Serves TLS of old versions only: 1.1 at most.
    pub(crate) fn listen_old_tls(&self, port: u16, pair: &Pair) {
        self.write("/run/lab-old-tls.pem", pair.chain() + &pair.key);
        let script = "setsid openssl s_server -accept $0 -cert /run/lab-old-tls.pem -key /run/lab-old-tls.pem \
            -tls1_1 -cipher DEFAULT@SECLEVEL=0 -quiet >/dev/null 2>&1 </dev/null &";
        self.run(["sh", "-c", script, &port.to_string()]).succeeded();
        self.wait_for_port("127.0.0.1", &port.to_string());
    }

    /// Serves TLS of one version (`-tls1_2`, `-tls1_3`) to clients with a certificate alone; it breaks off with others.
    pub(crate) fn listen_for_certified(&self, port: u16, pair: &Pair, version: &str) {
        self.write("/run/lab-certified.pem", pair.chain() + &pair.key);
        let script = "setsid openssl s_server -accept $0 -cert /run/lab-certified.pem -key /run/lab-certified.pem \
            $1 -Verify 1 -verify_return_error -www >/dev/null 2>&1 </dev/null &";
        self.run(["sh", "-c", script, &port.to_string(), version]).succeeded();
        self.wait_for_port("127.0.0.1", &port.to_string());
    }

    /// Puts a middlebox before these ports of the lab's host: it shows every client of this machine the pair
    /// instead, such as one by [`Recipe::CORPORATE`](super::Recipe::CORPORATE), and passes on what is said.
    pub(crate) fn intercept(&self, pair: &Pair, ports: &[u16]) {
        for &port in ports {
            self.listener(port, ("intercepts", ""), Some(pair));
        }
    }

    fn listener(&self, port: u16, (behaviour, said): (&str, &str), pair: Option<&Pair>) {
        let (address, port) = (self.address(), port.to_string());
        let mut line = vec!["python3", "-c", include_str!("listener/listen.py"), behaviour, &address, &port];
        let path = format!("/run/lab-{port}.pem");
        if let Some(pair) = pair {
            self.write_with_mode(&path, "600", pair.chain() + &pair.key);
            line.push(&path);
        }
        self.command(line).stdin(said).run().succeeded();
    }
}

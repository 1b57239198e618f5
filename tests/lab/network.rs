//! A cable between two machines, so that a client's handshake with a server crosses a network.

use super::machine::Machine;

impl Machine {
    /// The machine's address that is not loopback.
    pub(crate) fn address(&self) -> String {
        let script = "ip -4 -oneline address show scope global | sed -n '1s|.* inet \\([^/ ]*\\).*|\\1|p'";
        self.sh(script).succeeded().stdout.trim().to_owned()
    }

    /// Starts a Python program that serves until the machine ends.
    pub(super) fn daemon<'a>(&self, program: &'a str, arguments: impl IntoIterator<Item = &'a str>) {
        let script = r#"setsid python3 -c "$@" >>/var/log/lab.log 2>&1 </dev/null &"#;
        let line = ["sh", "-c", script, "daemon", program].into_iter().chain(arguments);
        self.run(line).succeeded();
    }

    /// Waits until somebody in the machine listens there.
    pub(crate) fn wait_for_port(&self, address: &str, port: &str) {
        let script = "for i in $(seq 400); do bash -c ': </dev/tcp/$0/$1' $0 $1 2>/dev/null && exit; sleep 0.05; done; exit 1";
        self.run(["sh", "-c", script, address, port]).succeeded();
    }

    /// Lays a cable to `client`: it reaches this machine at 192.0.2.10, and is itself `address`.
    pub(crate) fn connect(&self, client: &Self, address: &str) {
        let cable = format!("to-{}", client.pid());
        let peer = client.pid().to_string();
        // From outside only the network is entered: a process number counts in our own numbering.
        let outside = |pid: u32, line: &[&str]| {
            let status = std::process::Command::new("nsenter")
                .args(["--target", &pid.to_string(), "--net", "ip"])
                .args(line)
                .status()
                .unwrap();
            assert!(status.success(), "ip {} failed", line.join(" "));
        };
        outside(self.pid(), &["link", "add", &cable, "type", "veth", "peer", "name", "eth0", "netns", &peer]);
        outside(self.pid(), &["link", "set", &cable, "up"]);
        outside(self.pid(), &["route", "add", address, "dev", &cable, "src", "192.0.2.10"]);
        outside(client.pid(), &["address", "del", "192.0.2.10/32", "dev", "lo"]);
        outside(client.pid(), &["address", "add", address, "dev", "eth0"]);
        outside(client.pid(), &["link", "set", "eth0", "up"]);
        outside(client.pid(), &["route", "add", "192.0.2.10", "dev", "eth0"]);
    }
}

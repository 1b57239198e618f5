//! A cable between two machines, so that a client's handshake with a server crosses a network.

use super::machine::Machine;

impl Machine {
    /// Lays a cable to `client`: it reaches this machine at 192.0.2.10, and is itself `address`.
    pub fn connect(&self, client: &Self, address: &str) {
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

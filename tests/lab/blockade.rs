//! What a network does to packets on their way, and to names.

use super::machine::Machine;

/// What becomes of who connects to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blockade {
    /// Nothing is ever heard: a firewall that drops.
    Dropped,
    /// Connection refused: nobody listens, or a firewall that resets.
    Refused,
    /// No route to host.
    HostUnreachable,
    /// Network is unreachable.
    NetUnreachable,
}

/// What asking for a name's address comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// A name server says that there is no such name.
    Unknown,
    /// No name server listens.
    Refused,
    /// A name server that never answers.
    Silent,
}

impl Machine {
    /// Blocks TCP to these ports of this machine, for its own programs and for others.
    pub(crate) fn block(&self, blockade: Blockade, ports: &[u16]) {
        let verdict = match blockade {
            Blockade::Dropped => "DROP",
            Blockade::Refused => "REJECT --reject-with tcp-reset",
            Blockade::HostUnreachable => "REJECT --reject-with icmp-host-unreachable",
            Blockade::NetUnreachable => "REJECT --reject-with icmp-net-unreachable",
        };
        for port in ports {
            self.sh(&format!("iptables -I INPUT -p tcp --dport {port} -j {verdict}")).succeeded();
        }
    }

    /// Drops everything that comes from elsewhere, whatever the protocol.
    pub(crate) fn block_all(&self) {
        self.sh("iptables -I INPUT ! -i lo -j DROP").succeeded();
    }

    /// Takes every blockade away.
    pub(crate) fn unblock(&self) {
        self.sh("iptables -F INPUT").succeeded();
    }

    /// Leaves `name` out of the machine's hosts; who asks further meets this. A program that runs already, an
    /// engine too, may take five seconds to notice.
    pub(crate) fn forget_name(&self, name: &str, names: Names) {
        let address = self.address();
        self.run(["sed", "-i", &format!("/ {name}$/d"), "/etc/hosts"]).succeeded();
        self.write("/etc/resolv.conf", format!("nameserver {address}\n"));
        match names {
            Names::Unknown => {
                let line = ["python3", "-c", include_str!("blockade/dns.py"), &address];
                self.run(line).succeeded();
            }
            Names::Refused => {}
            Names::Silent => {
                self.sh("iptables -I INPUT -p udp --dport 53 -j DROP; iptables -I INPUT -p tcp --dport 53 -j DROP")
                    .succeeded();
            }
        }
    }
}

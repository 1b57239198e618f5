//! The program that listens on a port of this machine, from Linux's /proc (proc(5)). Only root sees other users' programs.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use serde::{Deserialize, Serialize};

/// The largest table that is read. A busy server has some ten thousand connections, of 150 bytes each.
const LONGEST: u64 = 16 << 20;

/// A program that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// Its name, as the kernel keeps it.
    pub name: String,
    /// Whether it is one of GitLab's own programs.
    pub is_gitlabs: bool,
}

/// The first program that listens on TCP `port`; none if no program does, or if this process may not see it.
pub fn holder(port: u16) -> Option<Holder> {
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .flat_map(|table| inodes(&text(Path::new(table)), port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    let mut pids: Vec<u32> = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    // The oldest process opened the socket; its children have it too.
    pids.sort_unstable();
    let holds = |pid: &u32| {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let mut targets = open.filter_map(|entry| fs::read_link(entry.path()).ok());
        targets.any(|target| sockets.iter().any(|socket| target == Path::new(socket)))
    };
    let pid = pids.into_iter().find(holds)?;
    let file = |name: &str| text(Path::new(&format!("/proc/{pid}/{name}")));
    // The arguments may contain a secret: they are searched, and not stored.
    Some(Holder {
        pid,
        name: file("comm").trim().to_owned(),
        is_gitlabs: file("cmdline").contains("/opt/gitlab"),
    })
}

/// The inodes of the sockets that listen on `port` in a table such as `/proc/net/tcp`.
fn inodes(table: &str, port: u16) -> Vec<String> {
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local) = fields.get(1)?.rsplit_once(':')?;
        // TCP_LISTEN (include/net/tcp_states.h).
        let listens = u16::from_str_radix(local, 16) == Ok(port) && fields.get(3) == Some(&"0A");
        fields.get(9).filter(|_| listens).map(|inode| (*inode).to_owned())
    };
    table.lines().filter_map(inode).collect()
}

fn text(path: &Path) -> String {
    let mut bytes = Vec::new();
    let _ = File::open(path).map(|file| file.take(LONGEST).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_told_from_connections() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                      0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n   \
                      1: 0A00020F:01BB 0A000202:E1F4 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n";
        assert_eq!(inodes(table, 443), ["4711"]);
        assert_eq!(inodes(table, 80), [""; 0]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_listening_program_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let found = holder(port).expect("ourselves");
        assert_eq!((found.pid, found.is_gitlabs), (std::process::id(), false));
        drop(listener);
        assert_eq!(holder(port), None);
    }
}

//! The server that sends the chains which clients are asked about.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{is_here, program};

/// A running server; it ends with this value.
pub(super) struct Server(Option<Child>);

impl Server {
    /// Serves the chain in each of the folders, and writes there at which port. A chain that cannot
    /// be sent has none.
    pub(super) fn start<'p>(folders: impl Iterator<Item = &'p Path>) -> Self {
        if !is_here("python3", &["--version"]) {
            return Self(None);
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/server.py");
        let mut server = Command::new(program("python3"))
            .arg(source)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let output = server.stdout.take().expect("a pipe");
        let mut ports = BufReader::new(output).lines();
        let input = server.stdin.as_mut().expect("a pipe");
        for folder in folders {
            writeln!(input, "{}", folder.display()).expect("the server reads");
            let port = ports.next().expect("a line a folder").expect("the server answers");
            if port != "0" {
                fs::write(folder.join("port"), port).expect("a file");
            }
        }
        Self(Some(server))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut server) = self.0.take() {
            // It ends when its input does.
            drop(server.stdin.take());
            let _ = server.wait();
        }
    }
}

//! Planning cannot touch a machine: neither this crate nor its dependencies can.

#![allow(clippy::disallowed_methods, reason = "cargo is asked for the crate's dependencies")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, env, fs, path::Path, process::Command};

/// The direct dependencies. Each only processes data.
const DIRECT: &[&str] = &[
    "idna",
    "jsonc-parser",
    "pem-rfc7468",
    "rustls-pki-types",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "thiserror",
    "toml_edit",
    "zeroize",
];

/// Crates that touch files, processes or the network, and that a dependency could bring in.
const TOUCHING: &[&str] = &[
    "directories",
    "getrandom",
    "labtrust-machine",
    "libc",
    "mio",
    "nix",
    "ring",
    "rustix",
    "rustls",
    "socket2",
    "tempfile",
    "tokio",
    "ureq",
    "which",
    "windows-sys",
];

/// Modules of the standard library that reach out of the process. `std::net` is missing, because its addresses are data.
const OUTSIDE: &[&str] = &["std::env", "std::fs", "std::os", "std::process", "std::thread", "std::time"];

const SOCKETS: &[&str] = &["TcpListener", "TcpStream", "ToSocketAddrs", "UdpSocket"];

fn dependencies(more: &[&str]) -> BTreeSet<String> {
    let cargo = env::var("CARGO").unwrap();
    let asked = [
        "tree",
        "--package",
        "labtrust-plan",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--offline",
        "--locked",
    ];
    let output =
        Command::new(cargo).args(asked).args(more).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn its_dependencies_touch_no_machine() {
    let mut direct = dependencies(&["--depth", "1"]);
    assert!(direct.remove("labtrust-plan"));
    assert_eq!(direct, DIRECT.iter().map(ToString::to_string).collect());
    let all = dependencies(&[]);
    let touching: Vec<_> = TOUCHING.iter().filter(|name| all.contains(**name)).collect();
    assert!(touching.is_empty(), "{touching:?}");
}

#[test]
fn its_own_code_does_not_leave_the_process() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("mod tests {").next().unwrap().replace(['\n', ' '], "");
            let socket = SOCKETS.iter().find(|name| code.contains(**name));
            assert_eq!(socket, None, "{}", path.display());
            for outside in OUTSIDE {
                let (_, module) = outside.split_once("::").unwrap();
                let named = [(*outside).to_owned(), format!("std::{{{module}"), format!(",{module}::")];
                assert!(named.iter().all(|name| !code.contains(name)), "{}: {outside}", path.display());
            }
        }
    }
    assert!(files > 20, "{files}");
}

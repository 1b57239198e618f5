//! Keys and passphrases reach only their own files: no other file, argument, environment, message, receipt or core dump,
//! and no memory longer than necessary.

mod disguises;
mod files;
mod memory;
mod said;

use crate::lab::{HOST, Machine, Pair, Validity};

/// A passphrase that appears nowhere else by chance.
const PASSPHRASE: &str = "Zw8-marmalade-4Qk";

/// Somebody else's certificate and key in `/root`: `leaf.pem` with its chain, `key.pem`; the key again as
/// `encrypted.pem` and, with its chain, as `pair.p12`; and `passphrase`, which opens both.
fn foreign_pair(machine: &Machine) -> Pair {
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    machine.write("/root/leaf.pem", pair.chain());
    machine.write_with_mode("/root/key.pem", "600", &pair.key);
    machine.write_with_mode("/root/passphrase", "600", PASSPHRASE);
    let script = "cd /root
        openssl pkcs8 -topk8 -in key.pem -passout file:passphrase -out encrypted.pem
        openssl pkcs12 -export -in leaf.pem -inkey key.pem -passout file:passphrase -out pair.p12";
    machine.sh(script).succeeded();
    pair
}

/// The forms in which a text could contain the key in the file at `path`: each of its lines, and its bytes as digits.
fn forms(machine: &Machine, path: &str) -> Vec<String> {
    let pem = machine.read(path);
    let lines = pem.lines().filter(|line| !line.starts_with('-') && line.len() > 16).map(str::to_owned);
    let text = machine.run(["openssl", "pkey", "-in", path, "-noout", "-text"]).succeeded().stdout;
    let private = text.split("pub:").next().unwrap().split("priv:").nth(1).unwrap();
    let bytes: Vec<&str> = private.split([':', '\n', ' ']).filter(|byte| byte.len() == 2).collect();
    let part = &bytes[bytes.len() - 16..];
    let decimal: Vec<_> = part.iter().map(|byte| u8::from_str_radix(byte, 16).unwrap().to_string()).collect();
    lines
        .chain([
            part.concat(),
            part.concat().to_uppercase(),
            part.join(":"),
            decimal.join(","),
            decimal.join(", "),
        ])
        .collect()
}

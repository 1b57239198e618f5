//! No rendering contains a key: not the CA's, not the server's, in no form.

use super::*;

/// Prints each file with a private key, as another program finds it, and searches the renderings for its forms.
pub(crate) const SEARCH: &str = r#"
import base64, pathlib, subprocess, sys

def der(path):
    line = ["openssl", "pkey", "-in", str(path), "-outform", "DER"]
    return subprocess.run(line, capture_output=True, stdin=subprocess.DEVNULL).stdout

keys = {}
for folder in ["/var/lib/labtrust", "/etc/gitlab", "/root"]:
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and not str(path).startswith("/root/out/"):
            text = path.read_bytes()
            if b"PRIVATE KEY" in text:
                keys[str(path)] = (text, der(path))
rendered = {path: path.read_bytes() for path in pathlib.Path("/root/out").rglob("*") if path.is_file()}
for name, (pem, key) in keys.items():
    assert key, name
    lines = [line.strip() for line in pem.splitlines() if len(line) > 24 and not line.startswith(b"-")]
    whole = base64.b64encode(key)
    # The secret number of an EC key is its middle.
    forms = lines + [key, whole, base64.urlsafe_b64encode(key), key.hex().encode(), key[-48:], whole[8:56]]
    for path, text in rendered.items():
        flat = b"".join(text.split())
        for form in forms:
            assert form not in text and form not in flat, (name, path)
for path, text in rendered.items():
    assert b"PRIVATE KEY" not in text, path
print(len(keys), len(rendered))
"#;

#[test]
fn no_rendering_contains_a_key_of_the_server() {
    let machine = machine!("server");
    let _gitlab = Gitlab::start(&machine);
    machine.run(["labtrust", "setup", HOST, "--no-trust"]).succeeded();
    let kinds = machine.sh("labtrust render --help").succeeded().stdout;
    let kinds: Vec<_> =
        kinds.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split(':').next()).collect();
    assert!(kinds.len() >= 13, "{kinds:?}");
    for kind in &kinds {
        let line = format!("labtrust render --as {kind} -o /root/out/{kind}");
        machine.sh(&line).succeeded();
        machine.sh(&format!("{line}-removal --remove")).code();
    }
    let said = machine.run(["python3", "-c", SEARCH]).succeeded().stdout;
    let numbers: Vec<usize> = said.split_whitespace().map(|number| number.parse().unwrap()).collect();
    assert!(numbers[0] >= 2 && numbers[1] >= 40, "keys and files: {said}");
    // The search finds a key where there is one.
    machine.sh("tr -d '\\n' </etc/gitlab/ssl/mygitlab.example.com.key >/root/out/leak").succeeded();
    machine.run(["python3", "-c", SEARCH]).exited(1);
}

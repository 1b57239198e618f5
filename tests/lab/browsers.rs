//! Real browsers in a machine that has none.

use super::machine::Machine;
use super::process::Output;

/// certutil of Debian unstable, as new as the browsers.
pub(crate) const NEW_CERTUTIL: &str = "/var/cache/labtrust-browsers/nss/certutil";

/// Puts the browser `name`, `chromium` or `firefox-esr`, into the machine.
pub(crate) fn install(machine: &Machine, name: &str) {
    machine.run(["sh", "-c", include_str!("browsers/install.sh"), "install", name]).succeeded();
}

/// The page at `url` as Chromium of `user` shows it, or the fault that it names. It has a new profile; the NSS database belongs to
/// the home folder.
pub(crate) fn chromium(machine: &Machine, user: &str, url: &str) -> Output {
    let script = r#"profile=$(mktemp -d) && cd "$profile" && chromium --headless --no-sandbox --disable-gpu --disable-quic \
        --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
        --user-data-dir="$profile" --enable-logging=stderr --dump-dom --screenshot="$profile/shot.png" "$1" </dev/null
        [ ! -e shot.png ] || cp shot.png /tmp/shot.png; rm -rf "$profile""#;
    machine.run_as(user, ["sh", "-c", script, "chromium", url])
}

/// The page at `url` as Firefox of `user` shows it with `profile`, or its fault, such as `insecure certificate`.
pub(crate) fn firefox(machine: &Machine, user: &str, profile: &str, url: &str) -> Output {
    let script = include_str!("browsers/firefox.py");
    let line = ["/usr/bin/python3", "-c", script, profile, url, "/tmp/shot.png"];
    machine.command(line).user(user).run().succeeded()
}

/// Keeps the last picture of a page in the folder that the environment names, for a person to look at.
pub(crate) fn keep_picture(machine: &Machine, name: &str) {
    if let Some(folder) = std::env::var_os("LABTRUST_PICTURES") {
        let picture = machine.read_bytes("/tmp/shot.png");
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
    }
    machine.run(["rm", "-f", "/tmp/shot.png"]).succeeded();
}

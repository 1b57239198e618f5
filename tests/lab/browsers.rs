//! Real browsers in a machine that has none.

use std::{path::Path, time::Duration};

use super::machine::Machine;
use super::process::Output;

/// certutil of Debian unstable, as new as the browsers.
pub(crate) const NEW_CERTUTIL: &str = "/var/cache/labtrust-browsers/nss/certutil";

/// Puts the browser `name`, `chromium` or `firefox-esr`, into the machine.
pub(crate) fn install(machine: &Machine, name: &str) {
    machine.run(["sh", "-c", include_str!("browsers/install.sh"), "install", name]).succeeded();
}

/// The folder in the machine for the pictures that [`use_page`] takes.
const PICTURES: &str = "/root/pictures";

/// Runs the Python script `steps`, which uses pages with the modules `chromium` and `marionette`, with `arguments`. The
/// environment names chromedriver, the browser and axe-core, and a folder for pictures, where a person wants to look at some.
pub(crate) fn use_page(machine: &Machine, steps: &str, arguments: &[&str]) -> Output {
    machine.run(["mkdir", "-p", "/root/steps", PICTURES]).succeeded();
    machine.write("/root/steps/chromium.py", include_str!("browsers/chromium.py"));
    machine.write("/root/steps/marionette.py", include_str!("browsers/marionette.py"));
    machine.write("/root/steps/steps.py", steps);
    let wanted = std::env::var_os("LABTRUST_PICTURES");
    let told = machine
        .command(["/usr/bin/python3", "/root/steps/steps.py"].into_iter().chain(arguments.iter().copied()))
        .env("AXE", "/var/cache/labtrust-programs/axe/node_modules/axe-core/axe.min.js")
        .env("CHROMEDRIVER", "/var/cache/labtrust-browsers/usr/lib/chromium/chromedriver")
        .env("CHROMIUM", "/usr/bin/chromium")
        .env("PICTURES", wanted.as_ref().map_or("", |_| PICTURES))
        .limit(Duration::from_secs(300))
        .run();
    println!("{}", told.stdout);
    if let Some(folder) = wanted {
        for name in machine.run(["ls", PICTURES]).succeeded().stdout.lines() {
            let bytes = machine.read_bytes(&format!("{PICTURES}/{name}"));
            std::fs::write(Path::new(&folder).join(name), bytes).unwrap();
        }
    }
    told
}

/// The page at `url` as Chromium of `user` shows it, or the fault that it names. It has a new profile; the NSS database belongs to
/// the home folder.
pub(crate) fn chromium(machine: &Machine, user: &str, url: &str) -> Output {
    run_chromium(machine, user, "--dump-dom", url)
}

/// The same as a picture, for [`keep_picture`]: of a frame, because the browser takes none of a page that it refuses.
pub(crate) fn chromium_picture(machine: &Machine, user: &str, url: &str) {
    let page = format!("data:text/html,<iframe width=760 height=500 src={url}></iframe>");
    run_chromium(machine, user, "--screenshot=/tmp/shot.png", &page);
}

fn run_chromium(machine: &Machine, user: &str, act: &str, url: &str) -> Output {
    let script = r#"profile=$(mktemp -d) && chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
        --user-data-dir="$profile" --enable-logging=stderr "$1" "$2" </dev/null; rm -rf "$profile""#;
    machine.run_as(user, ["sh", "-c", script, "chromium", act, url])
}

/// The page at `url` as Firefox of `user` shows it with `profile`, or its fault, such as `insecure certificate`.
pub(crate) fn firefox(machine: &Machine, user: &str, profile: &str, url: &str) -> Output {
    let script = include_str!("browsers/firefox.py");
    let line = ["/usr/bin/python3", "-c", script, profile, url, "/tmp/shot.png"];
    machine.command(line).user(user).run().succeeded()
}

/// Keeps the picture that `take` makes of a page in the folder that the environment names, for a person to look at.
pub(crate) fn keep_picture(machine: &Machine, name: &str, take: impl FnOnce()) {
    if let Some(folder) = std::env::var_os("LABTRUST_PICTURES") {
        take();
        let picture = machine.read_bytes("/tmp/shot.png");
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
        machine.run(["rm", "-f", "/tmp/shot.png"]).succeeded();
    }
}

//! Programs with trust of their own, as `scripts/install-programs` prepared them, and one way to ask each whether it trusts a
//! server.

use super::HOST;
use super::machine::Machine;
use super::process::Output;
use std::path::Path;

/// The folder of the programs, here and in each machine.
const FOLDER: &str = "/var/cache/labtrust-programs";

/// A program, and a script that makes it contact the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    pub name: &'static str,
    script: &'static str,
}

impl Program {
    pub(crate) const CURL: Self = Self { name: "curl", script: "curl -sS -o /dev/null https://$HOST/" };
    pub(crate) const WGET: Self = Self { name: "wget", script: "wget -nv -t 1 -O /dev/null https://$HOST/" };
    pub(crate) const GIT: Self =
        Self { name: "git", script: "git ls-remote https://$HOST/group/project.git" };
    pub(crate) const PYTHON: Self = Self {
        name: "python",
        script: "python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' https://$HOST/",
    };
    pub(crate) const NODE: Self = Self {
        name: "node",
        script: "node -e 'fetch(process.argv[1]).catch(error => console.log(error.cause))' https://$HOST/",
    };
    pub(crate) const NPM: Self = Self {
        name: "npm",
        script: "npm view probe --registry https://$HOST/ --fetch-retries 0 --cache $(mktemp -d)",
    };
    pub(crate) const PNPM: Self = Self { name: "pnpm", script: PNPM };
    pub(crate) const PNPM_NOW: Self = Self { name: "pnpm-now", script: PNPM };
    pub(crate) const YARN: Self = Self {
        name: "yarn",
        script: "cd $(mktemp -d) && echo '{}' >package.json && touch yarn.lock &&
            YARN_NPM_REGISTRY_SERVER=https://$HOST YARN_HTTP_RETRY=0 YARN_ENABLE_TELEMETRY=0 yarn npm info probe",
    };
    pub(crate) const PIP: Self = Self {
        name: "pip",
        script: "pip download probe --index-url https://$HOST/simple --retries 0 --no-cache-dir --disable-pip-version-check -d /tmp",
    };
    pub(crate) const CARGO: Self = Self {
        name: "cargo",
        script: "CARGO_NET_RETRY=0 CARGO_REGISTRIES_X_INDEX=sparse+https://$HOST/index/ cargo search probe --registry x",
    };

    pub(crate) const UV: Self = Self {
        name: "uv",
        script: "uv pip install --index-url https://$HOST/simple --dry-run --no-cache --target $(mktemp -d) probe",
    };
    pub(crate) const REQUESTS: Self = Self {
        name: "requests",
        script: "python3 -c 'import sys, requests; requests.get(sys.argv[1])' https://$HOST/",
    };
    pub(crate) const HTTPX: Self = Self {
        name: "httpx",
        script: "python3 -c 'import sys, httpx; httpx.get(sys.argv[1])' https://$HOST/",
    };
    pub(crate) const GLAB: Self =
        Self { name: "glab", script: "GITLAB_HOST=$HOST GITLAB_TOKEN=x glab api version" };

    /// Whether it trusts the server, with the settings of `user`: it contacts the server, and does not complain of the
    /// certificate.
    pub(crate) fn trusts(self, machine: &Machine, user: &str) -> bool {
        let output = self.run(machine, user);
        let text = format!("{}{}", output.stdout, output.stderr).to_lowercase();
        let words = ["certificate", "self_signed", "self-signed", "unable_to_verify", "ssl", "tls"];
        !words.iter().any(|word| text.contains(word))
    }

    /// What it prints when it contacts the server.
    pub(crate) fn run(self, machine: &Machine, user: &str) -> Output {
        // The settings that a person's shell reads count.
        let script = format!(
            "for file in ~/.profile; do [ ! -e $file ] || . $file; done
             PATH={FOLDER}/{}/node_modules/.bin:{FOLDER}/venv/bin:$PATH HOST={HOST}; {}",
            self.name, self.script
        );
        machine.run_as(user, ["sh", "-c", &script])
    }
}

const PNPM: &str = "cd $(mktemp -d) && echo '{}' >package.json &&
    npm_config_fetch_retries=0 pnpm_config_fetch_retries=0 pnpm add probe --lockfile-only --registry https://$HOST/";

/// Puts cargo into the machine, which is hidden there with root's home folder.
pub(crate) fn install_cargo(machine: &Machine) {
    let cargo = std::fs::read(env!("CARGO")).unwrap();
    machine.write_with_mode("/usr/local/bin/cargo", "755", cargo);
}

/// Whether `scripts/install-programs` has run.
pub(crate) fn are_here() -> bool {
    let are_here = Path::new(FOLDER).join("ready").exists();
    assert!(are_here || std::env::var_os("CI").is_none(), "run scripts/install-programs");
    are_here
}

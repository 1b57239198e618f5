//! The jobs of GitLab CI: their scripts run as a runner runs them, and a real Docker daemon trusts what the service writes.

use super::*;
use crate::lab::Engine;

/// Writes the script of each job into a file of its own, with the variables that GitLab gives it.
const TAKE: &str = r"
import shlex, yaml
text = yaml.safe_load(open('/root/rendered/labtrust.gitlab-ci.yml'))
variables = ''.join(f'export {name}={shlex.quote(value)}\n' for name, value in text['variables'].items())
for name, job in text.items():
    if name.startswith('.labtrust'):
        lines = job.get('before_script') or [job['services'][0]['command'][2]]
        open(f'/root/job{name}.sh', 'w').write(variables + 'set -e\n' + '\n'.join(lines) + '\n')
";

/// The scripts for the CA in /root/ca.crt and, beside it, another one.
fn scripts(machine: &Machine) -> Pair {
    let new = Pair::constrained(machine, &[HOST]);
    machine.write("/root/new.crt", &new.root);
    render(machine, "gitlab-ci", "--also /root/new.crt").succeeded();
    machine.run(["python3", "-c", TAKE]).succeeded();
    new
}

fn verify(machine: &Machine, pair: &Pair) -> Output {
    let line = ["openssl", "verify", "-CAfile", "/etc/ssl/certs/ca-certificates.crt"];
    machine.command(line).stdin(&pair.leaf).run()
}

#[test]
fn a_job_trusts_both_authorities_or_fails() {
    let machine = machine!("client");
    let old = client(&machine);
    let new = scripts(&machine);
    for shell in ["dash", "bash", "busybox ash"] {
        verify(&machine, &old).exited(2);
        machine.sh(&format!("{shell} /root/job.labtrust.sh")).succeeded();
        verify(&machine, &old).succeeded();
        verify(&machine, &new).succeeded();
        machine.sh("rm /usr/local/share/ca-certificates/labtrust-*; update-ca-certificates").succeeded();
    }
    // Without root, and with an updater that fails or lies, the job fails.
    machine.ensure_user("alice");
    machine.sh("cp /root/job.labtrust.sh /tmp/job.sh; chmod 644 /tmp/job.sh").succeeded();
    assert_ne!(machine.run_as("alice", ["sh", "/tmp/job.sh"]).code(), 0);
    for updater in ["exit 1", "exit 0"] {
        machine.write_with_mode("/usr/sbin/update-ca-certificates", "755", format!("#!/bin/sh\n{updater}\n"));
        machine.sh("sh /root/job.labtrust.sh").exited(1).says("the CA is not in this image's system store");
    }
}

#[test]
fn the_docker_daemon_of_a_service_trusts_the_registry() {
    let machine = machine!("client");
    let engine = Engine::start(&machine);
    let gitlab = Gitlab::start(&machine);
    let pair = client(&machine);
    gitlab.serve(&pair);
    scripts(&machine);
    engine.login().exited(1).says("x509");
    machine.write_with_mode("/usr/local/bin/dockerd-entrypoint.sh", "755", "#!/bin/sh\necho started\n");
    machine.sh("sh /root/job.labtrust-docker.sh").succeeded().says("started");
    engine.login().succeeded();
    // The other builders have the same certificates.
    machine
        .sh("HOME=/root/home sh /root/job.labtrust-buildkit.sh; sh /root/job.labtrust-buildah.sh")
        .succeeded();
    let read = format!(
        "import glob, pathlib, tomllib
settings = tomllib.load(open('/root/home/.config/buildkit/buildkitd.toml', 'rb'))
text = pathlib.Path(settings['registry']['{REGISTRY}']['ca'][0]).read_text()
one, two = [pathlib.Path('/root', name + '.crt').read_text() for name in ('ca', 'new')]
assert one in text and two in text
files = [pathlib.Path(path).read_text() for path in glob.glob('/etc/containers/certs.d/{REGISTRY}/*.crt')]
assert sorted(files) == sorted([one, two])"
    );
    machine.run(["python3", "-c", &read]).succeeded();
}

//! Run as root where somebody else has been before: whatever an unprivileged user planted, swapped or
//! set, nothing but what was asked for is touched, and nothing waits for ever.

mod ca_files;
mod environment;
mod named;
mod planted;
mod scope;
mod state;
mod stolen;
mod swapped;
mod users;

use crate::{
    lab::{self, HOST, Machine, Pair, Validity},
    trust::fingerprint,
};

/// What must stay as it is, whatever is planted: a secret of root's, and an empty folder of root's.
const VICTIMS: &str = "
    umask 077; mkdir -p /root/vault; rm -f /root/vault/*
    [ -e /root/victim ] || echo 'root:$6$secret:19000:0:99999:7:::' >/root/victim
";

/// How the victims stand, as one text: it must be the same before and after. A hard link changes the
/// count of links, and is not counted.
const WITNESS: &str = "
    stat -c '%n %a %U:%G %F' /root/victim /root/vault; sha256sum /root/victim; ls -A /root/vault
    ls -d /etc/planted* 2>/dev/null || :
";

fn witness(machine: &Machine) -> String {
    machine.sh(WITNESS).succeeded().stdout
}

/// Whether everything is to be tried, or a part that tells as much in less time.
pub(crate) fn is_whole() -> bool {
    lab::is_whole("LABTRUST_HOSTILE")
}

/// Every third of `rows`; with `LABTRUST_HOSTILE=all` every one.
fn sampled<T>(rows: &[T]) -> impl Iterator<Item = &T> {
    rows.iter().step_by(if is_whole() { 1 } else { 3 })
}

/// A CA by another hand in `/root/ca.crt`; the answer is the command that trusts it.
fn trust_command(machine: &Machine, endpoint: &str) -> Vec<String> {
    let pair = Pair::made(machine, &[HOST], Validity::Current);
    machine.write("/root/ca.crt", &pair.root);
    let fingerprint = fingerprint(machine, &pair.root);
    let line = ["labtrust", "trust", "/root/ca.crt", "--for", endpoint, "--fingerprint", &fingerprint];
    line.map(str::to_owned).to_vec()
}

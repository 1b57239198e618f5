//! A run that is stopped at one of its calls, so that its memory can be looked at.

use super::{Machine, Output};

/// `$act` is done while the process `$process` is stopped.
const STOPPED: &str = r#"
    call=$1 number=$2 act=$3; shift 3
    strace -f -qq -o /dev/null -e trace=$call -e inject=$call:delay_enter=60000000:when=1 "$@" >/tmp/said 2>&1 &
    strace=$!
    for attempt in $(seq 400); do
        process=$(cat /proc/$strace/task/$strace/children 2>/dev/null)
        process=${process%% *}
        [ -n "$process" ] && grep -qs "^$number " /proc/$process/task/*/syscall && break
        sleep 0.05
    done
    eval "$act"
    kill -KILL $process $strace
"#;

/// A call of the kernel: its name, and its number on this processor.
pub(crate) type Call = [&'static str; 2];

/// The last call of every run.
pub(crate) const END: Call = ["exit_group", if cfg!(target_arch = "x86_64") { "231" } else { "94" }];

/// Stops `line` at its first `call`, and gives what the shell's script `act` says of `$process`. What `line` says is in
/// `/tmp/said`.
pub(crate) fn stopped_at(machine: &Machine, call: Call, line: &str, act: &str) -> Output {
    let words = ["bash", "-c", STOPPED, "stopped"].into_iter().chain(call).chain([act]);
    machine.run(words.chain(line.split(' ')))
}

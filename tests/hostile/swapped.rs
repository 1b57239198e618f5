//! Swapped while we write: whoever owns a folder can put a link in the place of what was looked at, at
//! any moment. Another process does so without a pause while root writes there again and again.

use std::time::Duration;

use super::{VICTIMS, is_whole, witness};
use crate::lab::{HOST, Machine};

/// How often root writes while each of the swaps goes on; with `LABTRUST_HOSTILE=all` ten times as often.
const RUNS: usize = 20;

/// The calls that look at, open, make, rename or remove something by its name. Each waits so many microseconds.
const HELD_UP: &str =
    "openat,mkdir,mkdirat,readlink,readlinkat,rename,renameat,symlink,symlinkat,unlink,unlinkat";
const MICROSECONDS: usize = 150;

/// Exchanges two names for ever, in one instant each time (renameat2(2), `RENAME_EXCHANGE`), the
/// innocent one for the most part; with one argument more it makes a link of that name, again and again,
/// whenever there is none.
const SWAPPER: &str = "
import ctypes, os, sys
libc = ctypes.CDLL(None)
names = [name.encode() for name in sys.argv[1:]]
while True:
    if len(names) == 2:
        libc.renameat2(-100, names[0], -100, names[1], 2)
        libc.renameat2(-100, names[0], -100, names[1], 2)
        libc.usleep(20)
    else:
        try: os.symlink(names[1], names[2])
        except FileExistsError: pass
";

/// What is swapped, what is there beforehand, and what root does meanwhile; `$i` counts.
struct Swap {
    what: &'static str,
    prepare: &'static str,
    swapped: &'static [&'static str],
    line: &'static str,
}

const SWAPS: [Swap; 5] = [
    Swap {
        what: "the folder",
        prepare: "mkdir -p work/there; ln -s /root/vault work/link",
        swapped: &["work/there", "work/link"],
        line: "labtrust sign n$i.mygitlab.example.com -o /home/alice/work/there --state /root/signer",
    },
    Swap {
        what: "the folder above it",
        prepare: "mkdir -p work/deep/there; ln -s /root work/link; mv work/deep/there work/deep/vault",
        swapped: &["work/deep", "work/link"],
        line: "labtrust sign n$i.mygitlab.example.com -o /home/alice/work/deep/vault --state /root/signer",
    },
    Swap {
        what: "the folder that is made",
        prepare: "mkdir -p work/deep; ln -s /root/vault work/link",
        swapped: &["work/deep", "work/link"],
        line: "labtrust sign n.mygitlab.example.com -o /home/alice/work/deep/$i/there --state /root/signer",
    },
    Swap {
        what: "the file",
        prepare: "mkdir work; echo hers >work/mygitlab.example.com.crt; ln -s /root/victim work/link",
        swapped: &["work/mygitlab.example.com.crt", "work/link"],
        line: "labtrust setup mygitlab.example.com --replace --no-trust --out /home/alice/work --state /root/state$i",
    },
    Swap {
        what: "the draft",
        prepare: "mkdir work",
        swapped: &["link", "/root/victim", "work/.root.crt.labtrust-draft"],
        line: "labtrust export -o /home/alice/work/root.crt --state /root/signer",
    },
];

impl Swap {
    /// The exit codes of root's runs while alice swaps.
    fn race(&self, machine: &Machine, runs: usize) -> Vec<i32> {
        let Self { prepare, swapped, line, .. } = self;
        let script = format!(
            "cd /home/alice; rm -rf work /root/state*
             su alice -c 'set -e; {prepare}'
             su alice -c 'exec python3 /tmp/swapper {}' & swapper=$!
             slowly='strace -qq -o /dev/null -e trace={HELD_UP} -e inject={HELD_UP}:delay_enter={MICROSECONDS}'
             for i in $(seq {runs}); do timeout 60 $slowly {line} >/dev/null 2>&1; echo $?; done
             pkill -KILL -P $swapper; kill -KILL $swapper; wait $swapper",
            swapped.join(" ")
        );
        let output = machine.command(["sh", "-c", &script]).limit(Duration::from_secs(500)).run();
        output.stdout.lines().map(|code| code.parse().unwrap()).collect()
    }
}

#[test]
fn what_is_swapped_while_we_write_leads_nowhere() {
    let machine = machine!("server");
    machine.ensure_user("alice");
    machine.write("/tmp/swapper", SWAPPER);
    machine.sh(VICTIMS).succeeded();
    machine
        .sh(&format!("labtrust setup {HOST} --no-trust --out /root/signed --state /root/signer"))
        .succeeded();
    let before = witness(&machine);
    let runs = if is_whole() { 10 * RUNS } else { RUNS };
    for swap in &SWAPS {
        let codes = swap.race(&machine, runs);
        let count = |code| codes.iter().filter(|found| **found == code).count();
        println!("{}: {} runs, {} wrote, {} refused", swap.what, codes.len(), count(0), count(3));
        assert_eq!((codes.len(), count(0) + count(3)), (runs, runs), "{}: {codes:?}", swap.what);
        assert_eq!(witness(&machine), before, "{}", swap.what);
        // Nor was root's secret read through it, to be put back some day as hers.
        let copied = machine.sh("grep -rl 'secret:19000' /root/state* /root/signer /home/alice");
        assert_eq!(copied.stdout, "", "{}", swap.what);
    }
}

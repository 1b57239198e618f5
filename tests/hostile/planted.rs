//! Planted where a file of ours goes: links, hard links, pipes, devices and folders, at the end, in the
//! middle, and under the name of a draft.

use std::time::{Duration, Instant};

use super::{VICTIMS, is_whole, sampled, trust_command, witness};
use crate::lab::{HOST, Machine, REGISTRY};

/// Longer than anything here takes, and far shorter than for ever.
const LIMIT: Duration = Duration::from_secs(60);

/// A place that root writes to in a folder of alice's.
struct Place {
    name: &'static str,
    /// The folder; it is alice's, and so is what is above it, below her home.
    folder: &'static str,
    /// The file in it.
    file: String,
    line: Vec<String>,
    undo: Vec<String>,
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// Every verb that writes, and each kind of file that it writes.
fn places(machine: &Machine) -> Vec<Place> {
    let place = |name, folder, file: &str, line: &str, undo: &str| Place {
        name,
        folder,
        file: file.to_owned(),
        line: words(line),
        undo: words(undo),
    };
    let undo = "labtrust setup --undo --yes --state /root/state";
    let setup =
        |option: &str| format!("labtrust setup {HOST} --no-trust --replace --state /root/state {option}");
    let trust = trust_command(machine, REGISTRY);
    let anchor = format!("labtrust-{}.crt", trust.last().unwrap().replace(':', "")[..16].to_lowercase());
    let trust = trust.join(" ");
    let (key, certificate) = (format!("{HOST}.key"), format!("{HOST}.crt"));
    let (home, out) = ("/home/alice/there", setup("--out /home/alice/there"));
    let prepare = setup("--prepare /home/alice/there");
    let gitlab = setup("--gitlab /home/alice/there");
    let certs_d = "/etc/docker/certs.d/mygitlab.example.com:4567";
    vec![
        place("setup --out, key", home, &key, &out, undo),
        place("setup --out, certificate", home, &certificate, &out, undo),
        place("setup --prepare, compose.yaml", home, "compose.yaml", &prepare, undo),
        place("setup --prepare, key", "/home/alice/there/config/ssl", &key, &prepare, undo),
        place("setup --gitlab, key", "/home/alice/there/ssl", &key, &gitlab, undo),
        place(
            "setup --state, CA key",
            "/home/alice/there",
            "intermediate.key",
            &format!("labtrust setup {HOST} --no-trust --out /root/out --state /home/alice/there"),
            "true",
        ),
        place(
            "sign -o, key",
            home,
            "pages.mygitlab.example.com.key",
            "labtrust sign pages.mygitlab.example.com -o /home/alice/there --state /root/signer",
            "true",
        ),
        place(
            "export -o",
            home,
            "root.crt",
            "labtrust export -o /home/alice/there/root.crt --state /root/signer",
            "true",
        ),
        place(
            "trust --store system",
            "/usr/local/share/ca-certificates",
            &anchor,
            &format!("{trust} --store system"),
            "labtrust untrust",
        ),
        place(
            "trust --store docker",
            certs_d,
            &anchor,
            &format!("{trust} --store docker"),
            "labtrust untrust",
        ),
    ]
}

/// What alice, or somebody with more rights in an evil hour, planted; `$folder`, `$file` and `$path` are
/// set, and `$folder` is there and hers.
const TRAPS: [(&str, &str); 12] = [
    ("a link to a file of root's", "ln -s /root/victim $path"),
    ("a link to nothing yet", "ln -s /etc/planted $path"),
    ("a folder that is a link", "rm -rf $folder; ln -s /root/vault $folder"),
    ("a folder that is a link to nothing yet", "rm -rf $folder; ln -s /etc/planted-folder $folder"),
    (
        "a parent that is a link",
        "rm -rf ${folder%/*}/x; mv -T $folder ${folder%/*}/x; ln -s /root/vault $folder",
    ),
    ("a draft that is a link", "ln -s /root/victim $folder/.$file.labtrust-draft"),
    ("a draft that is a pipe", "mkfifo $folder/.$file.labtrust-draft"),
    ("a draft that is a folder", "mkdir $folder/.$file.labtrust-draft"),
    ("a hard link to a file of root's", "ln /root/victim $path"),
    ("a pipe", "mkfifo $path; chmod 666 $path"),
    ("a device", "mknod $path c 1 3; chmod 666 $path"),
    ("a folder where a file belongs", "mkdir $path; echo hers >$path/hers"),
];

#[test]
fn what_is_planted_where_we_write_is_refused_or_replaced_and_never_written_through() {
    let machine = machine!("server");
    machine.ensure_user("alice");
    machine.without_hooks();
    machine.sh(VICTIMS).succeeded();
    machine
        .sh(&format!("labtrust setup {HOST} --no-trust --out /root/signed --state /root/signer"))
        .succeeded();
    let before = witness(&machine);
    let (mut tried, mut refused) = (0, 0);
    for place in places(&machine) {
        let Place { name, folder, file, line, undo } = place;
        // Another third of the traps at each place: each trap is tried at several.
        let offset = if is_whole() { 0 } else { tried % 3 };
        for (trap, plant) in sampled(&TRAPS[offset..]) {
            let prepare = format!(
                "rm -rf /root/state /root/out /home/alice/there; folder={folder} file={file} path={folder}/{file}
                 rm -rf $folder; mkdir -p $folder; echo \"external_url 'https://{HOST}'\" >/home/alice/gitlab.rb
                 case $folder in *there/ssl) cp /home/alice/gitlab.rb /home/alice/there;; esac
                 {plant}
                 case $folder in /home/*) chown -hR alice: /home/alice/there;; *) chown -h alice: $folder;; esac
                 chown root:root /root/victim"
            );
            machine.sh(&prepare).succeeded();
            let started = Instant::now();
            let output = machine.command(&line).limit(LIMIT).run();
            let point = format!("{name}: {trap}: {output}");
            // 4: it is in its folder, and no GitLab of this machine serves it yet.
            assert!([0, 3, 4].contains(&output.code()), "{point}");
            if output.code() == 3 {
                refused += 1;
                assert!(!output.stderr.trim().is_empty() || output.stdout.contains('✗'), "{point}");
            } else {
                let kind = machine.sh(&format!("stat -c '%F %U %h' {folder}/{file}")).succeeded().stdout;
                assert_eq!(kind, "regular file root 1\n", "{point}");
            }
            assert_eq!(witness(&machine), before, "{point}");
            machine.command(&undo).limit(LIMIT).run();
            assert_eq!(witness(&machine), before, "undone: {point}");
            assert!(started.elapsed() < LIMIT, "{point}");
            tried += 1;
        }
    }
    println!("{tried} traps tried, {refused} refused, {} replaced; {tried} held", tried - refused);
}

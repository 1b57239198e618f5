//! A disk that is full or read-only until it is repaired: all calls fail, also those that would undo the change.

use super::{
    sample,
    scene::Scene,
    table::Lane,
    verbs::{EDIT_JSON, ENTRIES, VERBS, Verb},
};

/// Folders to which verbs write.
const FOLDERS: [&str; 5] =
    ["/etc/ssl/certs", "/usr/local/share/ca-certificates", "/var/lib/labtrust", "/etc/docker", "/srv"];

/// Free pages on a full disk. With a few, it becomes full during the run.
const PAGES: [u32; 4] = [0, 1, 3, 7];

/// Folders that are mounted read-only.
const MOUNTED: [&str; 5] = ["/etc/ssl/certs", "/usr/local/share", "/var/lib", "/etc", "/srv"];

/// The folder of a file that a verb edits in place of another program, where no other verb writes.
const EDITED: [(&Verb, &str); 3] = [
    (ENTRIES[0], "/opt/jdk/lib/security"),
    (ENTRIES[1], "/opt/jdk/lib/security"),
    (&EDIT_JSON, "/etc/chromium/policies/managed"),
];

/// Two lanes a verb.
pub(super) fn lanes() -> Vec<Lane> {
    let full = |(number, verb, folders): (usize, &'static Verb, Vec<&'static str>)| Lane {
        verb,
        fault: "full".into(),
        at: "tmpfs",
        work: Box::new(move |trial| {
            for folder in sample(folders.clone(), number, 3, |_| String::new()) {
                trial.move_to(move |verb| Scene::apart(verb, folder));
                for pages in sample(PAGES.to_vec(), number, 4, |_| String::new()) {
                    trial.point(&format!("{pages} pages left in {folder}"), |scene| {
                        fill(scene, folder, pages);
                    });
                }
            }
        }),
    };
    let read_only = |(number, verb, folders): (usize, &'static Verb, Vec<&'static str>)| Lane {
        verb,
        fault: "read-only".into(),
        at: "bind mount",
        work: Box::new(move |trial| {
            for folder in sample(folders.clone(), number, 2, |_| String::new()) {
                trial.point(folder, |scene| mount_read_only(scene, folder));
            }
        }),
    };
    let of = |folders: &'static [&'static str]| {
        let verbs = (0..).zip(VERBS).map(|(number, verb)| (number, verb, folders.to_vec()));
        verbs.chain(EDITED.map(|(verb, folder)| (0, verb, vec![folder])))
    };
    of(&FOLDERS).map(full).chain(of(&MOUNTED).map(read_only)).collect()
}

fn fill(scene: &Scene, folder: &str, pages: u32) {
    let filler = format!("{folder}/.filler");
    let script = format!(
        "dd if=/dev/zero of={filler} bs=4096 2>/dev/null; \
         truncate -s $(($(stat -c %s {filler}) - {pages} * 4096)) {filler}"
    );
    scene.machine.sh(&script).succeeded();
    let output = scene.command().run();
    let code = output.code();
    match code {
        // The verb may write to other folders, or so little that there is room.
        0 => {}
        3 if output.stdout.contains("kB are needed") || output.stderr.contains("kB are needed") => {}
        3 => drop(output.says("No space left on device")),
        _ => panic!("{output}"),
    }
    scene.check();
    scene.machine.run(["rm", &filler]).succeeded();
    if code == 0 {
        scene.check_done();
    }
    scene.check_recovery();
}

fn mount_read_only(scene: &Scene, folder: &str) {
    let script = format!("mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}");
    scene.machine.sh(&script).succeeded();
    let output = scene.command().run();
    match output.code() {
        0 => scene.check_done(),
        3 => drop(output.says("Read-only file system")),
        _ => panic!("{output}"),
    }
    scene.check();
    scene.machine.run(["umount", folder]).succeeded();
    scene.check_recovery();
}

#![allow(clippy::disallowed_methods, reason = "tests act as a server and as a power cut do")]

use std::fs;

use labtrust_machine::world::Access;

use super::*;
use crate::certificate::KeyType;

/// A certificate and key that belong together.
struct Made {
    pair: Pair,
    certificate: String,
    key: String,
}

fn made(number: u8, key: &PrivateKey) -> Made {
    let certificate = Certificate::new([0x30, 2, number, 0]);
    let key_pem = Zeroizing::new(key.to_pem().as_bytes().to_vec());
    let pair = Pair::new(std::slice::from_ref(&certificate), &[], key_pem).expect("a chain");
    Made { certificate: certificate.pem(), key: key.to_pem().to_string(), pair }
}

fn key() -> PrivateKey {
    PrivateKey::generate(KeyType::P256).expect("a key")
}

fn pair_files(folder: &Path, names: &[&str]) -> Vec<PairFiles> {
    let files = |name: &&str| PairFiles {
        host: name.parse().expect("a host"),
        certificate: folder.join(format!("{name}.crt")),
        key: folder.join(format!("{name}.key")),
    };
    names.iter().map(files).collect()
}

/// What a server would read from `files`.
fn read(files: &PairFiles) -> (Option<String>, Option<String>) {
    (fs::read_to_string(&files.certificate).ok(), fs::read_to_string(&files.key).ok())
}

fn act(step: &Step) {
    let world = World::here();
    let made = match step {
        Step::Put { path, contents, mode } => {
            world.make_folders(path.parent().expect("a folder"), 0o755).expect("folders");
            world.put(path, contents, Access { mode: *mode, owner: None })
        }
        Step::Link { path, target } => world.link(path, target),
        Step::Remove { path } => world.remove(path),
        other => panic!("{other}"),
    };
    made.expect("done");
}

/// Runs the steps for `pair`. After each step the files hold one of `known`, or one of the two is missing.
fn install(folder: &Path, names: &[&str], pair: &Pair, known: &[&Made]) -> Vec<Step> {
    let pair_files = pair_files(folder, names);
    let steps = LinkState::look(&World::here(), &pair_files).steps(&pair_files, pair);
    for (index, step) in steps.iter().enumerate() {
        act(step);
        for files in &pair_files {
            if let (Some(certificate), Some(key)) = read(files) {
                let belong = |made: &&&Made| made.certificate == certificate;
                let made = known.iter().find(belong).unwrap_or_else(|| panic!("{index}: {step}"));
                assert_eq!(made.key, key, "{index}: {step}: the two do not belong together");
            }
        }
    }
    steps
}

fn in_plain_files(folder: &Path, names: &[&str], made: &Made) {
    for files in pair_files(folder, names) {
        fs::write(&files.certificate, &made.certificate).expect("a file");
        fs::write(&files.key, &made.key).expect("a file");
    }
}

#[test]
fn where_nothing_stands_or_the_key_stays_there_are_plain_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, two) = {
        let key = key();
        (made(1, &key), made(2, &key))
    };
    for pair in [&one, &two] {
        let steps = install(folder.path(), &["a.test", "b.test"], &pair.pair, &[&one, &two]);
        assert!(steps.iter().all(|step| matches!(step, Step::Put { .. })) && steps.len() == 4, "{steps:?}");
    }
    assert_eq!(read(&pair_files(folder.path(), &["b.test"])[0]), (Some(two.certificate), Some(two.key)));
}

#[test]
fn another_key_comes_with_one_link_whatever_stood_there() {
    let names = ["a.test", "b.test"];
    let (one, two, three) = (made(1, &key()), made(2, &key()), made(3, &key()));
    for standing in [&names[..1], &names] {
        let folder = tempfile::tempdir().expect("a folder");
        in_plain_files(folder.path(), standing, &one);
        for pair in [&two, &three] {
            install(folder.path(), &names, &pair.pair, &[&one, &two, &three]);
            for files in pair_files(folder.path(), &names) {
                assert_eq!(read(&files), (Some(pair.certificate.clone()), Some(pair.key.clone())));
                let link = fs::read_link(&files.key).expect("a link");
                assert!(link.is_relative() && link.starts_with("labtrust/current"), "{link:?}");
            }
        }
        let kept = fs::read_dir(folder.path().join("labtrust")).expect("ours").map(|entry| {
            let entry = entry.expect("an entry");
            fs::read_dir(entry.path()).map_or(0, Iterator::count)
        });
        assert_eq!(kept.sum::<usize>(), 2 * 4, "the link and its folder; the old keys are gone");
    }
}

#[test]
fn a_run_that_was_killed_anywhere_is_gone_on_with_or_given_up() {
    let names = ["a.test", "b.test"];
    let (key_one, key_two) = (key(), key());
    let (one, two) = (made(1, &key_one), made(2, &key_two));
    for next in [made(3, &key_one), made(4, &key_two), made(5, &key())] {
        let mut done = 0;
        loop {
            let folder = tempfile::tempdir().expect("a folder");
            in_plain_files(folder.path(), &names, &one);
            let pair_files = pair_files(folder.path(), &names);
            let steps = LinkState::look(&World::here(), &pair_files).steps(&pair_files, &two.pair);
            steps.iter().take(done).for_each(act);
            install(folder.path(), &names, &next.pair, &[&one, &two, &next]);
            for files in &pair_files {
                assert_eq!(read(files), (Some(next.certificate.clone()), Some(next.key.clone())), "{done}");
            }
            // A second plan has nothing to do.
            let steps_after = LinkState::look(&World::here(), &pair_files).steps(&pair_files, &next.pair);
            let is_met = |step: &&Step| match step {
                Step::Put { path, contents, .. } => {
                    fs::read(path).is_ok_and(|found| found == contents.bytes())
                }
                Step::Link { path, target } => fs::read_link(path).is_ok_and(|found| found == *target),
                _ => false,
            };
            let unmet: Vec<_> = steps_after.iter().filter(|step| !is_met(step)).collect();
            assert!(unmet.is_empty(), "{done}: {unmet:?}");
            done += 1;
            if done > steps.len() {
                break;
            }
        }
    }
}

#[test]
fn files_in_folders_apart_are_put_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut pair_files = pair_files(folder.path(), &["a.test"]);
    pair_files[0].key = folder.path().join("private/a.test.key");
    fs::create_dir(folder.path().join("private")).expect("a folder");
    let (one, two) = (made(1, &key()), made(2, &key()));
    for pair in [&one, &two] {
        let steps = LinkState::look(&World::here(), &pair_files).steps(&pair_files, &pair.pair);
        assert!(steps.iter().all(|step| matches!(step, Step::Put { .. })), "{steps:?}");
        steps.iter().for_each(act);
    }
}

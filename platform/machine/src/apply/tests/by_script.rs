//! The record of the rendered script, taken over.

use labtrust_plan::{Anchor, Certificate};

use super::*;
use crate::receipt::ScriptRecord;

impl Bench {
    /// What the script leaves: its file with `c1`, and in its record `before`, the file that stood there.
    fn script(&self, before: Option<&str>) {
        let (script, path) = (self.folder.path().join("state/script"), self.path("h.crt"));
        fs::create_dir_all(script.join("before")).expect("a folder");
        let put = format!("put {}\n", path.display());
        let kept = before.map_or_else(String::new, |_| format!("before 1 {}\n", path.display()));
        fs::write(script.join("record"), [kept, put].concat()).expect("a record");
        if let Some(before) = before {
            fs::write(script.join("before/1"), before).expect("a file");
        }
        fs::create_dir_all(self.path("")).expect("a folder");
        fs::write(self.path("h.crt"), "c1").expect("a file");
    }

    /// The change that the script makes too.
    fn certificate(&self) -> Change {
        let mut change = self.change("c1", "");
        change.steps.truncate(1);
        change
    }

    fn take_over(&self, changes: &[Change]) -> bool {
        let anchor = Anchor::new(Certificate::new([0x30, 0]), Vec::new());
        let state = self.folder.path().join("state");
        self.session(|session| {
            let script = ScriptRecord::read(&state)?.expect("a record");
            let taken = session.receipts.take_over("setup", &anchor, changes, &script);
            let is_taken = taken.is_ok();
            session.receipts.forget_script(script, &taken.unwrap_or_default())?;
            Ok(is_taken)
        })
    }
}

#[test]
fn what_stood_before_the_script_comes_back_also_after_the_program_has_replaced_its_file() {
    for found in ["c1", "damaged"] {
        for before in [Some("theirs"), None] {
            let bench = Bench::new();
            bench.script(before);
            fs::write(bench.path("h.crt"), found).expect("a file");
            bench.apply(bench.certificate());
            assert!(bench.take_over(&[bench.certificate()]));
            assert!(!bench.folder.path().join("state/script").exists());
            assert_eq!(bench.saved(), usize::from(before.is_some()));
            bench.undo();
            assert_eq!(bench.read("h.crt").as_deref(), before, "{found}");
            assert!(!bench.folder.path().join("state").exists());
        }
    }
}

#[test]
fn the_first_of_several_files_that_stood_there_comes_back() {
    let bench = Bench::new();
    bench.script(Some("theirs"));
    let script = bench.folder.path().join("state/script");
    fs::write(script.join("before/2"), "damaged").expect("a file");
    let again = format!("before 2 {}\n", bench.path("h.crt").display());
    let record = fs::read_to_string(script.join("record")).expect("a record");
    fs::write(script.join("record"), record + &again).expect("a record");
    assert!(bench.take_over(&[bench.certificate()]) && !script.exists());
    bench.undo();
    assert_eq!(bench.read("h.crt").as_deref(), Some("theirs"));
}

#[test]
fn a_file_that_the_script_lost_is_not_taken_over() {
    let bench = Bench::new();
    bench.script(Some("theirs"));
    let kept = bench.folder.path().join("state/script/before/1");
    fs::remove_file(&kept).expect("removed");
    assert!(!bench.take_over(&[bench.certificate()]));
    assert!(bench.folder.path().join("state/script/record").exists());
    assert!(!bench.folder.path().join("state/receipts").exists());
}

#[test]
fn what_is_not_taken_over_stays_recorded_by_the_script() {
    let bench = Bench::new();
    bench.script(Some("theirs"));
    let record = bench.folder.path().join("state/script/record");
    let whole = fs::read_to_string(&record).expect("a record");
    let other = format!("made /a\nmade {}\nput /a/b\n", bench.path("").display());
    fs::write(&record, [&other, &*whole].concat()).expect("a record");
    // Nothing of it is a change of the program: a record of the same file in a receipt is no reason to drop it.
    bench.apply(bench.change("c2", "k2"));
    assert!(bench.take_over(&[]));
    assert_eq!(fs::read_to_string(&record).expect("a record").lines().count(), 5);
    assert!(bench.take_over(&[bench.certificate()]));
    assert_eq!(fs::read_to_string(&record).expect("a record"), "made /a\nput /a/b\n");
}

//! Edits that are undone while other edits of their file stay.

use super::*;

fn included(bench: &Bench, name: &str) -> Change {
    let edit = Edit::Toml { keys: vec!["ca".into()], change: TomlChange::Include(name.into()) };
    let step = Step::Edit { path: bench.path("f"), edit, mode: 0o640 };
    Change::of_files("x", name.as_ref(), Actor::Caller, vec![step])
}

#[test]
fn receipts_that_go_together_leave_what_stood_before_all_of_them() {
    let anchors = ["a", "b", "c"].map(|name| format!("labtrust-{}.crt", name.repeat(16)));
    let before = "ca = 'o'\n";
    for order in [[0, 1], [1, 0]] {
        let bench = Bench::with_file(before);
        for name in &anchors {
            bench.session(|session| apply(session, name, None, &[included(&bench, name)]));
        }
        bench.session(|session| {
            let loaded = order.iter().map(|index| session.receipts.load(&anchors[*index]));
            let mut receipts: Vec<_> =
                loaded.map(|receipt| receipt.map(|it| it.expect("a receipt"))).collect::<Result<_>>()?;
            crate::undo_all(session, &mut receipts, |_| true)
        });
        bench.session(|session| {
            let mut receipt = session.receipts.load(&anchors[2])?.expect("a receipt");
            undo(session, &mut receipt, |_| true)
        });
        assert_eq!((bench.file().as_deref(), bench.is_rid_of_us()), (Some(before), true), "{order:?}");
    }
}

#[test]
fn an_edit_that_goes_leaves_what_was_recorded_before_it_and_no_bytes_that_nobody_needs() {
    let bench = Bench::with_file("{\"a\": \"h\", \"b\": 1}");
    let changed = |key: &str| {
        let edit = Edit::Json { keys: vec![key.into()], value: "h".into() };
        let step = Step::Edit { path: bench.path("f"), edit, mode: 0o640 };
        Change::of_files("x", key.as_ref(), Actor::Caller, vec![step])
    };
    let first = || {
        bench.session(|session| {
            let receipt = session.receipts.load("setup")?.expect("a receipt");
            Ok(receipt.find(&StoreId::new("x"), "b").expect("a change").steps.clone())
        })
    };
    bench.apply(changed("b"));
    let recorded = format!("{:?}", first());
    bench.write("{\"a\": \"secret\", \"b\": \"h\"}");
    // The file had this value before somebody changed it.
    bench.apply(changed("a"));
    assert_eq!(bench.saved(), 2);
    bench.session(|session| {
        let mut receipt = session.receipts.load("setup")?.expect("a receipt");
        undo(session, &mut receipt, |record| record.subject == "a")
    });
    assert_eq!((format!("{:?}", first()), bench.saved()), (recorded, 1));
}

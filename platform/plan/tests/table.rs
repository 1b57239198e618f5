//! The table in docs/stores.md is made from the rows of the stores. With `LABTRUST_UPDATE=1` this test writes it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "it writes a file of the repository when it is asked to")]

use std::{env, fs, path::Path};

use labtrust_plan::store::{Group, STORES, Store, Tried};

const BEGIN: &str = "<!-- table -->\n";
const END: &str = "<!-- end of the table -->";

fn row(store: &Store) -> String {
    let tried = match store.about.tried {
        Tried::Real(what) => format!("real: {what}"),
        Tried::StandIn(what) => format!("stand-in: {what}"),
        Tried::Documentation => "documentation".into(),
    };
    let cells = [&format!("`{}`", store.id), store.title, store.about.writes, store.about.proof, &tried];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn table() -> String {
    let group = |group: &Group| {
        let rows: String = STORES.iter().filter(|store| store.group == *group).map(row).collect();
        if rows.is_empty() {
            return String::new();
        }
        let title = format!("\n## `{}`: {}\n", group.name(), group.title());
        let head = "| id | store | what is written | how trust is seen | what was run |\n| --- | --- | --- | --- | --- |\n";
        format!("{title}{head}{rows}")
    };
    Group::ALL.iter().map(group).collect::<String>() + "\n"
}

#[test]
fn the_document_has_each_store_as_its_row_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/stores.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let table = table();
    if env::var_os("LABTRUST_UPDATE").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert!(
        found == table,
        "docs/stores.md is not as the rows say; write it: LABTRUST_UPDATE=1 cargo test -p labtrust-plan --test table\n{table}"
    );
}

#[test]
fn every_store_that_the_doctor_plans_is_asked_at_the_start_of_a_run() {
    let planned = STORES.iter().filter(|store| store.asks_engines() || store.group == Group::System);
    let missed: Vec<&str> = planned.filter(|store| !store.is_first()).map(|store| store.id).collect();
    assert_eq!(missed, [""; 0]);
}

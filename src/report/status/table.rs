//! The stores of `status`: with few stores each with its details, with many a line each, and for several CAs one table with a
//! column each. `-v` and `--json` give all details.

use std::collections::BTreeMap;

use labtrust_machine::{Outcome, session::OutcomeState};

use crate::{
    printer::{Mark, Printer},
    report::stores::{self as reports, StoreReport},
};

/// The most stores whose details are shown without `-v`.
const FEW: usize = 6;

/// The width in which several CAs have a table together.
const WIDTH: usize = 80;

/// The wanted state.
const GOOD: OutcomeState = OutcomeState::Trusted;

type Rows = Vec<(Mark, Vec<String>)>;

/// The short name of a CA, and its outcomes.
pub(super) type OfCa<'o> = (String, &'o [Outcome]);

/// The table of the stores of one CA.
pub(super) fn of_one(printer: &Printer, outcomes: &[Outcome]) -> Rows {
    let stores = reports::shown(printer, outcomes, GOOD);
    if printer.is_verbose() || stores.len() <= FEW {
        return reports::stores_table(printer, outcomes, GOOD);
    }
    stores.iter().map(|store| (reports::mark(store, GOOD), brief(store))).collect()
}

/// The cells of `store` in a line: the detail only if somebody may have to do something.
fn brief(store: &StoreReport) -> Vec<String> {
    let line = store.detail.lines().next().unwrap_or_default();
    let detail = if store.state == GOOD { "" } else { line };
    vec![store.id.clone(), reports::word(store, GOOD).to_owned(), detail.to_owned()]
}

/// The table of several CAs with many stores, if it fits: a row for each store, a column for each CA.
pub(super) fn of_several(printer: &Printer, known: &[OfCa<'_>]) -> Option<Rows> {
    let all: Vec<_> = known.iter().map(|(_, outcomes)| reports::shown(printer, outcomes, GOOD)).collect();
    if printer.is_verbose() || known.len() < 2 || all.iter().all(|stores| stores.len() <= FEW) {
        return None;
    }
    let mut cells: BTreeMap<(usize, &str), Vec<Option<&StoreReport>>> = BTreeMap::new();
    for (column, stores) in all.iter().enumerate() {
        for store in stores {
            let key = (reports::place(&store.id), store.id.as_str());
            cells.entry(key).or_insert_with(|| vec![None; known.len()])[column] = Some(store);
        }
    }
    let heads = known.iter().map(|(name, _)| name.clone());
    let mut rows: Rows = vec![(Mark::None, std::iter::once("sha256".to_owned()).chain(heads).collect())];
    rows.extend(cells.iter().map(|((_, id), cells)| row(id, cells)));
    (width(&rows) <= WIDTH).then_some(rows)
}

/// A row: the worst mark, the store, and the word of each CA.
fn row(id: &str, cells: &[Option<&StoreReport>]) -> (Mark, Vec<String>) {
    let marks = || cells.iter().flatten().map(|store| reports::mark(store, GOOD));
    let worst = [Mark::Bad, Mark::Open, Mark::Good].into_iter().find(|mark| marks().any(|one| one == *mark));
    let word = |cell: Option<&StoreReport>| cell.map_or("-", |store| reports::word(store, GOOD)).to_owned();
    (
        worst.unwrap_or(Mark::Faint),
        std::iter::once(id.to_owned()).chain(cells.iter().copied().map(word)).collect(),
    )
}

/// The width of a table of `rows`: each column as wide as its widest cell, with the space between.
fn width(rows: &Rows) -> usize {
    const MARK: usize = 5;
    const SPACE: usize = 2;
    let columns = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or_default();
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|(_, cells)| cells.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default() + SPACE
    };
    MARK + (0..columns).map(widest).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use labtrust_plan::store::STORES;

    use super::*;
    use crate::printer::Verbosity;

    fn outcomes(count: usize, state: OutcomeState) -> Vec<Outcome> {
        let all = STORES.iter().chain(STORES).take(count);
        let ids = all.enumerate().map(|(index, store)| (format!("{}{index}", store.id), store));
        let made = ids.map(|(id, store)| {
            let mut outcome = Outcome::without_change(store, state, "a detail");
            outcome.store = labtrust_plan::StoreId::new(id);
            outcome
        });
        made.collect()
    }

    fn printer(verbosity: Verbosity) -> Printer {
        Printer::new(false, verbosity)
    }

    #[test]
    fn many_stores_have_a_line_each_and_details_where_something_is_wrong() {
        let (normal, verbose) = (printer(Verbosity::Normal), printer(Verbosity::Verbose));
        let few = outcomes(FEW, GOOD);
        assert!(of_one(&normal, &few).iter().all(|(_, cells)| cells[2] == "a detail"));
        let mut many = outcomes(FEW + 1, GOOD);
        many[0].state = OutcomeState::Untrusted;
        many[0].detail = "a detail\nmore".into();
        let rows = of_one(&normal, &many);
        let details: Vec<_> = rows.iter().map(|(_, cells)| cells[2].as_str()).collect();
        assert_eq!(details.iter().filter(|detail| **detail == "a detail").count(), 1, "{details:?}");
        assert_eq!(details.iter().filter(|detail| detail.is_empty()).count(), FEW, "{details:?}");
        assert!(of_one(&verbose, &many).iter().all(|(_, cells)| !cells[2].is_empty()));
    }

    #[test]
    fn several_cas_with_many_stores_have_a_column_each_if_that_fits() {
        let normal = printer(Verbosity::Normal);
        let (good, mut other) = (outcomes(FEW + 1, GOOD), outcomes(FEW + 1, GOOD));
        other[1].state = OutcomeState::Failed;
        other.pop();
        let of = |name: &str, all| (name.to_owned(), all);
        let two = [of("b8c15aa0d2d3068c", &good[..]), of("07bb5422d0775f47", &other[..])];
        let rows = of_several(&normal, &two).expect("a table");
        assert_eq!(rows.len(), FEW + 2);
        assert_eq!(
            rows[0],
            (Mark::None, ["sha256", "b8c15aa0d2d3068c", "07bb5422d0775f47"].map(str::to_owned).to_vec())
        );
        let bad: Vec<_> = rows.iter().filter(|(mark, _)| *mark == Mark::Bad).collect();
        assert!(matches!(&bad[..], [(_, cells)] if cells[1..] == ["trusted", "failed"]), "{rows:?}");
        assert!(rows.iter().any(|(_, cells)| cells[1..] == ["trusted", "-"]), "{rows:?}");

        let five: Vec<_> = (0..5).map(|_| of("b8c15aa0d2d3068c", &good[..])).collect();
        assert_eq!(of_several(&normal, &five), None, "too wide");
        assert_eq!(of_several(&normal, &two[..1]), None, "one CA");
        assert_eq!(of_several(&printer(Verbosity::Verbose), &two), None, "-v gives the details");
        let few = outcomes(FEW, GOOD);
        assert_eq!(of_several(&normal, &[of("a", &few[..]), of("b", &few[..])]), None, "few stores");
    }
}

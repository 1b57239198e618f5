//! The documentation as a web site: mdBook builds it, every page is a chapter, and no link in it is dead. What README and
//! the pages link to exists in the sources too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Component, Path, PathBuf},
    process::Command,
};

use crate::{examples::pages, lab::skip};

/// What `scripts/install-docs` fetched.
const MDBOOK: &str = "/var/cache/labtrust-docs/venv/bin/mdbook";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The values of the attribute `name` in `html`.
fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    let begin = format!(" {name}=\"");
    let values = html.match_indices(&begin).filter_map(|(at, _)| html[at + begin.len()..].split('"').next());
    values.collect()
}

/// `path` without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
        plain
    })
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn is_elsewhere(link: &str) -> bool {
    ["http://", "https://", "mailto:", "data:", "javascript:"].iter().any(|scheme| link.starts_with(scheme))
}

#[test]
fn the_book_is_built_without_a_dead_link() {
    if !Path::new(MDBOOK).exists() {
        return skip("mdBook is not here: scripts/install-docs");
    }
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book");
    let built = Command::new(MDBOOK).args(["build", "--dest-dir"]).args([&book, root()]).output().unwrap();
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    assert!(built.status.success() && !said.contains("WARN") && !said.contains("ERROR"), "{said}");

    let pages: BTreeMap<PathBuf, String> = files_below(&book)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    let ids: BTreeMap<_, BTreeSet<_>> =
        pages.iter().map(|(path, html)| (path, attributes(html, "id").into_iter().collect())).collect();
    assert!(pages.len() > 20);
    let mut dead = String::new();
    for (path, html) in &pages {
        // Its address is known to the server alone; and the page to print has every chapter in one folder.
        if path.ends_with("404.html") || path.ends_with("print.html") {
            continue;
        }
        for link in attributes(html, "href").into_iter().chain(attributes(html, "src")) {
            if is_elsewhere(link) {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { path.clone() } else { plain(&path.parent().unwrap().join(file)) };
            let is_there = target.exists();
            let has_anchor = anchor.is_empty() || ids.get(&target).is_some_and(|ids| ids.contains(anchor));
            if !is_there || !has_anchor {
                writeln!(dead, "{}: {link}", path.strip_prefix(&book).unwrap().display()).unwrap();
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{dead}");
}

#[test]
fn each_page_is_a_chapter_and_links_to_files_that_exist() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let mut wrong = String::new();
    for (path, page) in pages() {
        let name = path.strip_prefix(root()).unwrap();
        if let Ok(chapter) = name.strip_prefix("docs")
            && !chapter.ends_with("SUMMARY.md")
            && !summary.contains(&format!("({})", chapter.display()))
        {
            writeln!(wrong, "{} is not in docs/SUMMARY.md", name.display()).unwrap();
        }
        let links = page.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for link in links.filter(|link| !link.is_empty() && !is_elsewhere(link)) {
            if !path.parent().unwrap().join(link).exists() {
                writeln!(wrong, "{}: {link}", name.display()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

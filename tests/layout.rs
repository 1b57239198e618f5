//! The structure of the sources: no circle of files that import each other, and imports that point downward only.
//!
//! A file is a module. An import is a `use`, or a path that begins with `crate`, `self`, `super` or a child module. A name
//! that a module hands on (`pub use`) counts as an import of the module that defines it. Tests are left out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, Item, UseTree,
    visit::{self, Visit},
};

/// The crates, by the folder of their sources.
const CRATES: &[&str] = &["src", "platform/machine/src", "platform/plan/src"];

/// The floors of the program's own crate, from the top down. A module imports only from floors below its own.
const FLOORS: &[&[&str]] = &[
    &["main"],
    &["run"],
    &["command"],
    &["report"],
    &["prompt"],
    &["context"],
    &["cli"],
    &["doctor", "fleet", "server"],
    &["client"],
    &["state"],
    &["backup", "gitlab"],
    &["certificate"],
    &["by_hand", "input", "program", "usage"],
    &["printer"],
    &["hint"],
    &["exit"],
];

/// No file of a verb is longer.
const MOST_LINES: usize = 150;

/// A module's name in its crate: `["command", "setup", "ca"]`; none for the crate itself.
type Module = Vec<String>;

/// The sources of one crate.
struct Sources {
    files: BTreeMap<Module, File>,
}

struct File {
    path: PathBuf,
    /// Paths that it names, from the crate on.
    named: BTreeSet<Module>,
    /// What it hands on: the name, and where that is defined.
    handed_on: BTreeMap<String, Module>,
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let (mut circles, mut arrows) = (Vec::new(), Vec::new());
    for folder in CRATES {
        let sources = Sources::read(folder);
        circles.extend(sources.circles());
        arrows.extend(sources.imports().iter().map(|(from, to)| (sources.name(from), sources.name(to))));
    }
    // What ties a circle is said with it.
    let shown = |circle: &Vec<String>| {
        let within = arrows.iter().filter(|(from, to)| circle.contains(from) && circle.contains(to));
        let ties: String = within.map(|(from, to)| format!("        {from} -> {to}\n")).collect();
        format!("    &{circle:?},\n{ties}")
    };
    let shown: String = circles.iter().map(shown).collect();
    assert!(shown.is_empty(), "files import each other:\n{shown}");
}

#[test]
fn imports_point_downward() {
    let sources = Sources::read("src");
    let floor = |module: &Module| {
        let room = module.first()?;
        Some(
            FLOORS
                .iter()
                .position(|floor| floor.contains(&&**room))
                .unwrap_or_else(|| panic!("{room} is on no floor")),
        )
    };
    let mut upward = BTreeSet::new();
    for (from, to) in sources.imports() {
        if let (Some(above), Some(below)) = (floor(&from), floor(&to))
            && from.first() != to.first()
            && above >= below
        {
            upward.insert((sources.name(&from), sources.name(&to)));
        }
    }
    let shown: String = upward.iter().map(|(from, to)| format!("    {from} -> {to}\n")).collect();
    assert!(shown.is_empty(), "imports that do not point downward:\n{shown}");
}

#[test]
fn a_verb_is_a_short_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command");
    let lines = |path: &PathBuf| fs::read_to_string(path).unwrap().lines().count();
    let long: Vec<_> = rust_files(&root).into_iter().filter(|path| lines(path) > MOST_LINES).collect();
    assert!(long.is_empty(), "a verb parses, calls one function below, and reports: {long:?}");
}

impl Sources {
    fn read(folder: &'static str) -> Self {
        let mut files = BTreeMap::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for path in rust_files(&root) {
            let name = path.strip_prefix(&root).unwrap().with_extension("");
            let mut module: Module = name.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            if module == ["lib"] {
                module.clear();
            }
            let text = fs::read_to_string(&path).unwrap();
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            files.insert(module.clone(), File::of(path, &module, &file));
        }
        let tests: Vec<Module> = files.keys().filter(|module| is_of_tests(module)).cloned().collect();
        for module in tests {
            files.remove(&module);
        }
        Self { files }
    }

    /// The file of `module`, as it stands in the lists above.
    fn name(&self, module: &Module) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        self.files[module].path.strip_prefix(root).unwrap().display().to_string()
    }

    /// Who imports whom.
    fn imports(&self) -> BTreeSet<(Module, Module)> {
        let mut imports = BTreeSet::new();
        for (module, file) in &self.files {
            let of_file = file.named.iter().filter_map(|path| self.definer(path, 0));
            imports
                .extend(of_file.filter(|definer| definer != module).map(|definer| (module.clone(), definer)));
        }
        imports
    }

    /// The module that defines what `path` names.
    fn definer(&self, path: &Module, depth: usize) -> Option<Module> {
        let module = (0..=path.len())
            .rev()
            .map(|length| &path[..length])
            .find(|part| self.files.contains_key(*part))?;
        let next = path.get(module.len());
        let handed_on = next.and_then(|name| self.files[module].handed_on.get(name));
        match handed_on {
            Some(origin) if depth < 8 => self.definer(origin, depth + 1),
            // What the crate's own file lists is no import of it.
            _ if module.is_empty() => None,
            _ => Some(module.to_vec()),
        }
    }

    /// Groups of files of which each leads to each.
    fn circles(&self) -> Vec<Vec<String>> {
        let mut next: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (from, to) in self.imports() {
            next.entry(from).or_default().insert(to);
        }
        let reach = |start: &Module| {
            let (mut found, mut open) = (BTreeSet::new(), vec![start]);
            while let Some(module) = open.pop() {
                for to in next.get(module).into_iter().flatten() {
                    if found.insert(to) {
                        open.push(to);
                    }
                }
            }
            found
        };
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            self.files.keys().map(|module| (module, reach(module))).collect();
        let mut circles: Vec<Vec<String>> = Vec::new();
        let mut seen: BTreeSet<&Module> = BTreeSet::new();
        for module in self.files.keys() {
            if !reached[module].contains(module) || seen.contains(module) {
                continue;
            }
            let circle: Vec<&Module> =
                reached[module].iter().copied().filter(|other| reached[other].contains(module)).collect();
            seen.extend(&circle);
            let mut names: Vec<String> = circle.into_iter().map(|module| self.name(module)).collect();
            names.sort();
            circles.push(names);
        }
        circles
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn is_of_tests(module: &[String]) -> bool {
    module.iter().any(|part| part == "tests" || part.ends_with("_tests"))
}

impl File {
    fn of(path: PathBuf, module: &Module, file: &syn::File) -> Self {
        let children = file.items.iter().filter_map(|item| match item {
            Item::Mod(child) if child.content.is_none() => Some(child.ident.to_string()),
            _ => None,
        });
        let mut reader = Reader {
            module,
            children: children.collect(),
            named: BTreeSet::new(),
            handed_on: BTreeMap::new(),
        };
        reader.visit_file(file);
        Self { path, named: reader.named, handed_on: reader.handed_on }
    }
}

/// Collects what a file names.
struct Reader<'a> {
    module: &'a Module,
    children: BTreeSet<String>,
    named: BTreeSet<Module>,
    handed_on: BTreeMap<String, Module>,
}

impl Reader<'_> {
    /// The path from the crate on, if it is one of this crate's.
    fn absolute(&self, segments: &[String]) -> Option<Module> {
        let mut module = self.module.clone();
        let mut rest = segments;
        match &*segments.first()?.clone() {
            "crate" => {
                module.clear();
                rest = &segments[1..];
            }
            "self" | "super" => {
                while let Some(first) = rest.first().filter(|first| ["self", "super"].contains(&&***first)) {
                    if first == "super" {
                        module.pop();
                    }
                    rest = &rest[1..];
                }
            }
            first if self.children.contains(first) => {}
            _ => return None,
        }
        module.extend_from_slice(rest);
        Some(module)
    }

    fn use_tree(&mut self, before: &[String], tree: &UseTree, is_handed_on: bool) {
        let with = |name: String| {
            let mut path = before.to_vec();
            // `use super::stores::{self}` names the module.
            if name != "self" || path.is_empty() {
                path.push(name);
            }
            path
        };
        match tree {
            UseTree::Path(path) => self.use_tree(&with(path.ident.to_string()), &path.tree, is_handed_on),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.use_tree(before, tree, is_handed_on));
            }
            UseTree::Name(name) => {
                self.used(&with(name.ident.to_string()), &name.ident.to_string(), is_handed_on);
            }
            UseTree::Rename(name) => {
                self.used(&with(name.ident.to_string()), &name.rename.to_string(), is_handed_on);
            }
            UseTree::Glob(_) => self.used(before, "*", is_handed_on),
        }
    }

    fn used(&mut self, path: &[String], name: &str, is_handed_on: bool) {
        let Some(path) = self.absolute(path) else { return };
        if is_handed_on {
            self.handed_on.insert(name.to_owned(), path);
        } else {
            self.named.insert(path);
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().contains("test"))
    };
    attributes.iter().any(is_test)
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_handed_on = !matches!(item.vis, syn::Visibility::Inherited);
        self.use_tree(&[], &item.tree, is_handed_on);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1
            && let Some(path) = self.absolute(&segments)
        {
            self.named.insert(path);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        // The arguments of most macros are expressions.
        use syn::{Expr, Token, punctuated::Punctuated};
        if let Ok(arguments) = invoked.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            arguments.iter().for_each(|argument| {
                let mut inner = Reader {
                    module: self.module,
                    children: self.children.clone(),
                    named: BTreeSet::new(),
                    handed_on: BTreeMap::new(),
                };
                inner.visit_expr(argument);
                self.named.append(&mut inner.named);
            });
        }
        visit::visit_macro(self, invoked);
    }
}

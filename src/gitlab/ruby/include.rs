//! The statements that make Ruby read another file as a part of this one, and the files that they name.

use super::{
    expression::{Names, call, split_at, text_of},
    origin::{ENVIRONMENT, Origin},
    scan::{receiver, sends},
    value::parts,
};

/// A statement that makes Ruby read another file: `from_file '/etc/gitlab/site.rb'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Include {
    /// The statement, as written.
    pub text: String,
    /// The line in which it begins, counted from 0.
    pub line: usize,
    /// Where it was read.
    pub origin: Origin,
    /// The place, in gitlab.rb or the environment, of the statement that leads to it: its own one, or that of the
    /// outermost statement around it.
    pub outermost: (Origin, usize),
    /// The number of settings before it.
    pub after: usize,
    /// Whether it runs for certain if the file exists; else what the file sets is in doubt.
    pub is_certain: bool,
    /// The files that it reads.
    pub target: Target,
    /// Why labtrust cannot follow it, once it tried.
    pub why: Option<String>,
}

/// The files that a statement reads, by their paths inside GitLab.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// These files.
    Files {
        /// In the order in which Ruby reads them.
        paths: Vec<String>,
        /// Whether GitLab goes on without them.
        is_optional: bool,
    },
    /// The files that match this pattern, sorted by name.
    Glob(String),
    /// A container's environment.
    Environment,
    /// Files that only Ruby can tell.
    Computed,
    /// No file: a setting whose name only Ruby can tell.
    Sent,
}

/// The blocks around a statement, and the local variables that it sees.
pub(super) struct Scope {
    names: Names,
    blocks: Vec<Block>,
}

/// A condition or a loop.
#[derive(Clone)]
enum Block {
    /// It runs if this file exists.
    IfExists(String),
    /// It runs with this variable for each of these files.
    Each(String, Target),
    /// It may run or not.
    Other,
}

impl Scope {
    /// The scope at the beginning of the file that GitLab names `path`; empty if it is not a file.
    pub(super) fn of(path: &str) -> Self {
        let mut names = Names::new();
        if let Some((folder, _)) = path.rsplit_once('/') {
            names.insert("__dir__".into(), folder.into());
            names.insert("__FILE__".into(), path.into());
        }
        Self { names, blocks: Vec::new() }
    }

    /// Leaves `count` blocks.
    pub(super) fn close(&mut self, count: usize) {
        self.blocks.truncate(self.blocks.len().saturating_sub(count));
    }

    /// Notes what `statement`, which opens `opens` blocks, means for those behind it.
    pub(super) fn note(&mut self, statement: &str, opens: usize) {
        const TURNS: [&str; 6] = ["else", "elsif", "when", "in", "rescue", "ensure"];
        if TURNS.contains(&word(statement)) {
            self.blocks.iter_mut().last().into_iter().for_each(|block| *block = Block::Other);
        }
        if let Some((name, value)) = assigned(statement) {
            self.names.remove(name);
            if self.blocks.is_empty()
                && let Some(text) = value.and_then(|value| text_of(value, &self.names))
            {
                self.names.insert(name.to_owned(), text);
            }
        }
        for _ in 0..opens {
            self.blocks.push(self.block(statement));
        }
    }

    fn block(&self, statement: &str) -> Block {
        if let Some(condition) = statement.strip_prefix("if ") {
            return self.tested(condition).map_or(Block::Other, Block::IfExists);
        }
        let each = split_at(statement, ".each do").and_then(|(list, rest)| {
            let name = rest.trim().strip_prefix('|')?.strip_suffix('|')?.trim();
            Some(Block::Each(name.to_owned(), self.list(list)?))
        });
        each.unwrap_or(Block::Other)
    }

    /// The files that `statement` reads, and whether it runs for certain if they exist.
    pub(super) fn target(&self, statement: &str) -> (Target, bool) {
        /// The longest statement that is read: its loops may be nested.
        const LONGEST: usize = 4096;
        if sends(statement) {
            return (Target::Sent, false);
        }
        if statement.len() > LONGEST {
            return (Target::Computed, false);
        }
        let (body, rescued) = match split_at(statement, " rescue nil") {
            Some((body, _)) => (body, true),
            None => (statement, false),
        };
        let (body, condition) = match (split_at(body, " if "), split_at(body, " unless ")) {
            (Some((body, condition)), _) => {
                (body, Some(self.tested(condition).map_or(Block::Other, Block::IfExists)))
            }
            (None, Some((body, _))) => (body, Some(Block::Other)),
            (None, None) => (body, None),
        };
        let mut target = self.body(body);
        let (mut is_certain, mut may_be_missing) = (true, rescued);
        for block in self.blocks.iter().chain(&condition) {
            match (block, &target) {
                (Block::IfExists(tested), Target::Files { paths, .. }) if *paths == [tested.clone()] => {
                    may_be_missing = true;
                }
                (Block::IfExists(_) | Block::Other, _) => is_certain = false,
                (Block::Each(..), _) => {}
            }
        }
        if let Target::Files { is_optional, .. } = &mut target {
            *is_optional = may_be_missing || !is_certain;
        }
        (target, is_certain)
    }

    fn body(&self, body: &str) -> Target {
        let body = body.trim();
        let body = receiver(body).unwrap_or(body);
        let name = word(body);
        let arguments = argument(&body[name.len()..]);
        match name {
            "from_file" => self.files(arguments),
            "eval" | "instance_eval" | "class_eval" => {
                let first = parts(arguments, ',').and_then(|parts| parts.into_iter().next());
                first.map_or(Target::Computed, |first| self.evaluated(first))
            }
            _ => self.loop_on_one_line(body).unwrap_or(Target::Computed),
        }
    }

    /// The files whose text `expression` is.
    fn evaluated(&self, expression: &str) -> Target {
        let expression = expression.trim();
        let expression = expression.strip_suffix(".to_s").unwrap_or(expression);
        if expression.starts_with("ENV") && expression.contains(ENVIRONMENT) {
            return Target::Environment;
        }
        match call(expression) {
            Some(("File.read" | "IO.read", path)) => self.files(path),
            _ => Target::Computed,
        }
    }

    /// `Dir['/etc/gitlab/*.rb'].each { |file| from_file file }`, or with `do` and `end`.
    fn loop_on_one_line(&self, statement: &str) -> Option<Target> {
        let (list, rest) = split_at(statement, ".each")?;
        let (list, rest) = (self.list(list)?, rest.trim());
        if rest == "(&method(:from_file))" {
            return Some(list);
        }
        let braces = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let block = braces.or_else(|| rest.strip_prefix("do ")?.strip_suffix(" end"))?;
        let (name, body) = block.trim().strip_prefix('|')?.split_once('|')?;
        let blocks = [&self.blocks[..], &[Block::Each(name.trim().to_owned(), list)]].concat();
        Some(Self { names: self.names.clone(), blocks }.body(body.trim().trim_end_matches(';')))
    }

    /// The files that `list` names: `Dir.glob('…').sort`, `%w[a b]`, `['a', 'b']`.
    fn list(&self, list: &str) -> Option<Target> {
        let list = list.trim().trim_end_matches(".sort");
        let list = list.strip_prefix("::").unwrap_or(list);
        if let Some(pattern) = list.strip_prefix("Dir[").and_then(|rest| rest.strip_suffix(']')) {
            return text_of(pattern, &self.names).map(Target::Glob);
        }
        if let Some(("Dir.glob", pattern)) = call(list) {
            return text_of(pattern, &self.names).map(Target::Glob);
        }
        let inside = |open: &str| list.strip_prefix(open)?.strip_suffix([']', ')']);
        let words = inside("%w[").or_else(|| inside("%w("));
        let paths: Option<Vec<String>> = match words {
            Some(words) => Some(words.split_whitespace().map(str::to_owned).collect()),
            None => parts(inside("[")?, ',')?.into_iter().map(|part| text_of(part, &self.names)).collect(),
        };
        Some(Target::Files { paths: paths?, is_optional: false })
    }

    /// The files that `expression` names, once for each turn of the loop around it.
    fn files(&self, expression: &str) -> Target {
        let expression = expression.trim();
        let loops = self.blocks.iter().rev().find_map(|block| match block {
            Block::Each(name, list) => Some((name, list)),
            _ => None,
        });
        let paths = match loops {
            Some((name, list)) if name == expression => return list.clone(),
            Some((name, Target::Files { paths, .. })) => {
                let with = |value: &String| {
                    let mut names = self.names.clone();
                    names.insert(name.clone(), value.clone());
                    text_of(expression, &names)
                };
                paths.iter().map(with).collect()
            }
            _ => text_of(expression, &self.names).map(|path| vec![path]),
        };
        paths.map_or(Target::Computed, |paths| Target::Files { paths, is_optional: false })
    }

    /// The file whose existence `condition` tests.
    fn tested(&self, condition: &str) -> Option<String> {
        let condition = condition.trim().trim_end_matches(" then");
        let name = word(condition.strip_prefix("File.")?);
        let rest = condition.strip_prefix("File.")?.strip_prefix(name)?;
        let is_test = rest.starts_with('?') && ["exist", "exists", "file", "readable"].contains(&name);
        let path = argument(rest.strip_prefix('?')?);
        text_of(path, &self.names).filter(|_| is_test)
    }
}

/// The argument of a call, with or without brackets.
fn argument(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text).trim()
}

/// The local variable that `statement` changes, and its value if it is assigned plainly.
fn assigned(statement: &str) -> Option<(&str, Option<&str>)> {
    let name = word(statement);
    let rest = statement[name.len()..].trim_start();
    if name.is_empty() || !name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') {
        return None;
    }
    match rest.strip_prefix('=') {
        Some(value) if !value.starts_with(['=', '~', '>']) => Some((name, Some(value))),
        Some(_) => None,
        None => ["+=", "||=", "&&=", "<<"].iter().any(|sign| rest.starts_with(sign)).then_some((name, None)),
    }
}

fn word(text: &str) -> &str {
    let end = text.find(|next: char| !next.is_alphanumeric() && next != '_');
    &text[..end.unwrap_or(text.len())]
}

//! Settings that are there already and hide a CA: variables and settings files that name a bundle of their own, so that a program
//! no longer reads the store that has the CA. One table says where such a setting is looked for, how it is read, and which
//! programs it hides the CA from.

mod git;
pub(super) mod glab;
mod ini;
mod line;
mod shell;
mod table;

use std::path::{Path, PathBuf};

pub(super) use self::table::{GLAB, GLAB_CONFIG, Program, UV};
use self::{
    line::Line,
    table::{Kind, PLACES, Place, Reader, SETTINGS, Setting},
};
use super::{
    appended,
    row::{ByHand, Done, Look},
    system,
};
use crate::{Anchor, Facts, Proof, Prose, fact::User, hint, text};

/// A setting that has a value, and where.
struct Hit<'f> {
    setting: &'static Setting,
    /// The file and the line; the environment of this process.
    place: String,
    value: String,
    /// The user whose home folder `~` is.
    user: &'f User,
}

/// The questions about the settings that `store` names.
pub(super) fn looks(store: &str) -> Vec<Look> {
    let settings = || SETTINGS.iter().filter(|setting| setting.store == store);
    let variables = settings()
        .filter(|setting| setting.reader == Reader::Shell)
        .map(|setting| Look::Variable(setting.name));
    let is_read = |place: &&Place| settings().any(|setting| setting.is_in(place));
    let places = PLACES.iter().filter(is_read).map(|place| {
        if place.path.starts_with('/') { Look::Text(place.path) } else { Look::HomeText(place.path) }
    });
    let signs = settings().filter_map(|setting| setting.served_if).map(Look::Path);
    let needed = settings().filter_map(|setting| setting.needs).flat_map(Program::looks);
    let defaults = table::DEFAULT_FILES.iter().map(|path| Look::Path(path));
    variables.chain(places).chain(needed).chain(signs).chain(defaults).collect()
}

/// The settings of `store` that hide the CA on this machine, as steps for a person.
pub(super) fn found(facts: &Facts, anchor: &Anchor, store: &str) -> Vec<ByHand> {
    let hits = SETTINGS
        .iter()
        .filter(|setting| setting.store == store)
        .flat_map(|setting| hits(facts, anchor, setting));
    let mut steps: Vec<ByHand> =
        hits.filter(|hit| hit.hides(facts)).map(|hit| hit.step(facts, anchor)).collect();
    steps.dedup();
    steps
}

/// Where `setting` has a value: the last one of each file counts.
fn hits<'f>(facts: &'f Facts, anchor: &Anchor, setting: &'static Setting) -> Vec<Hit<'f>> {
    let mut hits = Vec::new();
    let root = facts.is_root().then_some(&facts.user);
    let users: Vec<&User> = root.into_iter().chain(facts.people()).collect();
    for place in PLACES.iter().filter(|place| setting.is_in(place)) {
        let owners = if place.path.starts_with('/') { &users[..users.len().min(1)] } else { &users[..] };
        for user in owners {
            for (path, text) in texts(facts, &user.home.join(place.path)) {
                let lines = setting.lines(place.reader, text, anchor, facts.is_root());
                hits.extend(lines.into_iter().map(|line| Hit {
                    setting,
                    place: format!("{}, line {}", text::path(path), line.number),
                    value: line.value,
                    user,
                }));
            }
        }
    }
    // A value in the environment mostly comes from one of the files.
    if let (Reader::Shell, Some(value)) = (setting.reader, facts.variables.get(setting.name))
        && !hits.iter().any(|hit| hit.value == *value)
    {
        let place = "the environment of this process".to_owned();
        hits.push(Hit { setting, place, value: value.clone(), user: facts.person() });
    }
    hits
}

/// The texts of the files that match `pattern`, in which the last part may have a `*`.
fn texts<'f>(facts: &'f Facts, pattern: &Path) -> impl Iterator<Item = (&'f Path, &'f str)> {
    let pattern = pattern.to_string_lossy().into_owned();
    let (start, end) = pattern
        .split_once('*')
        .map_or((pattern.clone(), None), |(start, end)| (start.to_owned(), Some(end.to_owned())));
    let is_it = move |path: &Path| {
        let path = path.to_string_lossy();
        match (&end, path.strip_prefix(&*start)) {
            (None, Some(rest)) => rest.is_empty(),
            (Some(end), Some(rest)) => rest.ends_with(&**end) && !rest.contains('/'),
            (_, None) => false,
        }
    };
    facts
        .texts
        .iter()
        .filter(move |(path, _)| is_it(path))
        .map(|(path, text)| (path.as_path(), text.as_str()))
}

impl Setting {
    fn is_in(&self, place: &Place) -> bool {
        self.reader == place.reader
    }

    /// The line of `text` that counts for this setting; several for git, whose settings are for one server each.
    fn lines(&self, reader: Reader, text: &str, anchor: &Anchor, by_system: bool) -> Vec<Line> {
        let lines = match reader {
            Reader::Shell => shell::assignments(text),
            Reader::Git => return git::lines(text, self.name, anchor, by_system || self.kind == Kind::Off),
            Reader::Glab => return glab::lines(text, self.name, anchor),
            Reader::Npm
            | Reader::Curl
            | Reader::Wget
            | Reader::Pip
            | Reader::Cargo
            | Reader::Conda
            | Reader::Code => ini::lines(text, reader),
        };
        lines.into_iter().rfind(|line| line.key == self.name).into_iter().collect()
    }
}

impl Hit<'_> {
    /// Whether the setting hides the CA: not if it names the system's own store, or if the programs read that beside it.
    fn hides(&self, facts: &Facts) -> bool {
        let setting = self.setting;
        // A user's own setting of git for one server is read in place of the system store, and hidden like it.
        let is_read = facts.is_root() || setting.store != "git";
        let is_extended = match setting.kind {
            Kind::File => setting.extends && is_read && system::has_links(facts),
            // git reads a folder beside the file that is set for one server.
            Kind::Folder if !is_read => true,
            Kind::Folder => setting.extends && table::DEFAULT_FILES.iter().any(|path| facts.has(path)),
            Kind::Text | Kind::Off => false,
        };
        let value = self.value.to_lowercase();
        let has_value = match setting.kind {
            Kind::File => !["", "true", "false", "truststore"].contains(&&*value),
            Kind::Off => setting.off.contains(&&*value),
            Kind::Folder | Kind::Text => !value.is_empty(),
        };
        let is_systems = || self.paths().iter().any(|path| system::is_own(facts, path));
        let is_used = setting.needs.is_none_or(|program| {
            // A setting of the machine counts for everybody.
            std::iter::once(self.user).chain(facts.people()).any(|user| program.is_of(facts, user))
        });
        is_used && has_value && !is_extended && (setting.beats_own && !facts.is_root() || !is_systems())
    }

    /// The paths that the value names, without those that this cannot know.
    fn paths(&self) -> Vec<PathBuf> {
        if !matches!(self.setting.kind, Kind::File | Kind::Folder) {
            return Vec::new();
        }
        let home = self.user.home.to_string_lossy();
        let parts = self.value.split(':').filter(|part| !part.is_empty());
        parts
            .filter_map(|part| {
                let part = part.replace("${HOME}", &home).replace("$HOME", &home);
                let part =
                    part.strip_prefix("~/").map_or_else(|| part.clone(), |rest| format!("{home}/{rest}"));
                (part.starts_with('/') && !part.contains('$')).then(|| PathBuf::from(part))
            })
            .collect()
    }

    fn step(&self, facts: &Facts, anchor: &Anchor) -> ByHand {
        let Setting { name, effect, programs, kind, served_if, is_served, .. } = self.setting;
        let value = text::in_line(&text::without_secrets(&self.value)).into_owned();
        let what = match kind {
            Kind::File | Kind::Folder => format!("names {value}"),
            Kind::Text => "holds CAs of its own".to_owned(),
            Kind::Off => format!("is {value}"),
        };
        let sha256 = anchor.sha256();
        // Of several folders, the first is a person's own.
        let path = self.paths().into_iter().next();
        let proof = path.map(|path| match kind {
            Kind::Folder => Proof::Folder { folder: path, sha256 },
            _ => Proof::Bundle { path, sha256 },
        });
        let advice = match (kind, &proof) {
            (Kind::File, Some(Proof::Bundle { path, .. })) => appended::waits_for_system(facts, path)
                .map_or_else(
                    || format!("append the CA to {}, or", text::path(path)),
                    |wait| format!("{wait}, or"),
                ),
            (Kind::Folder, Some(Proof::Folder { folder, .. })) => {
                format!("add the CA and its hash link to {}, or", text::path(folder))
            }
            _ => String::new(),
        };
        let advice = format!("{advice} remove {name} ({}): it {effect} {programs}", self.place);
        let why = format!("{name} in {} {what}, which {effect} {programs}", self.place);
        ByHand {
            done: proof.map(Done::Proven),
            is_optional: !(*is_served || served_if.is_some_and(|path| facts.has(path))),
            ..ByHand::new(why, hint!("{}", Prose(advice.trim_start())))
        }
    }
}

#[cfg(test)]
mod tests;

//! Text that we wrote, with places for what others wrote: each place takes a word to a shell, so that no caller can
//! forget to quote one.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use super::{ShellLine, shell_path, shell_word};
use crate::{DnsName, Endpoint, Fingerprint, Host, Target, hint::Hint, text};

/// What ends a command of this program: the state folder that the user gave. Which state is meant is decided once, on
/// the command line, and holds for the whole process.
static STATE: OnceLock<String> = OnceLock::new();

/// Has every command of this program that is shown from now on mean the state folder `state`.
pub fn mean_state(state: &Path) {
    // There is one command line, so nothing else was set before.
    let _ = STATE.set(format!(" --state {}", shell_path(state)));
}

/// What ends a command of this program.
pub(super) fn state_option() -> &'static str {
    STATE.get().map_or("", String::as_str)
}

/// What can take a place in a [`ShellLine`]: a word, or words that were made so before.
pub trait Word {
    /// As it stands there.
    fn word(&self) -> Cow<'_, str>;
}

/// What can take a place in a [`Hint`]: the same, and text to be read.
pub trait Filling {
    /// As it stands there.
    fn filling(&self) -> Cow<'_, str>;
}

impl<T: Word + ?Sized> Word for &T {
    fn word(&self) -> Cow<'_, str> {
        (**self).word()
    }
}

impl<T: Word + ?Sized> Filling for T {
    fn filling(&self) -> Cow<'_, str> {
        self.word()
    }
}

macro_rules! words {
    ($($type:ty),*) => {$(
        impl Word for $type {
            fn word(&self) -> Cow<'_, str> {
                Cow::Owned(shell_word(&self.to_string()))
            }
        }
    )*};
}

words!(str, String, Cow<'_, str>, Endpoint, Host, DnsName, Target, Fingerprint, u16, u32, u64, i64, usize);

impl Word for Path {
    fn word(&self) -> Cow<'_, str> {
        Cow::Owned(shell_path(self))
    }
}

impl Word for PathBuf {
    fn word(&self) -> Cow<'_, str> {
        Cow::Owned(shell_path(self))
    }
}

impl Word for ShellLine {
    fn word(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }
}

impl Filling for Hint {
    fn filling(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }
}

/// Options that were made before, each after a space.
#[derive(Clone, Copy, Debug)]
pub struct Options<'o>(pub &'o [ShellLine]);

impl Word for Options<'_> {
    fn word(&self) -> Cow<'_, str> {
        Cow::Owned(self.0.iter().map(|option| format!(" {option}")).collect())
    }
}

/// Text of others to be read and not to be pasted, in one line.
#[derive(Clone, Copy, Debug)]
pub struct Prose<T>(pub T);

impl<T: fmt::Display> Filling for Prose<T> {
    fn filling(&self) -> Cow<'_, str> {
        Cow::Owned(text::in_line(&self.0.to_string()).into_owned())
    }
}

/// `template` with each `{}` filled, and with the user's `--state` at the end of each command that stands in it as
/// `{labtrust …}`. One for another machine has no braces: another state is meant there.
pub(crate) fn filled<'f>(template: &'static str, fillings: impl IntoIterator<Item = Cow<'f, str>>) -> String {
    const OWN: &str = "{labtrust ";
    let mut fillings = fillings.into_iter();
    let mut text = String::with_capacity(template.len() + 32);
    let (mut rest, mut is_own) = (template, false);
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with(OWN) {
            (rest, is_own) = (&rest[1..], true);
        } else if let Some((after, filling)) =
            rest.strip_prefix("{}").and_then(|after| Some((after, fillings.next()?)))
        {
            text.push_str(&filling);
            rest = after;
        } else {
            if is_own && rest.starts_with('}') {
                text.push_str(state_option());
                is_own = false;
            } else {
                text.push_str(&rest[..1]);
            }
            rest = &rest[1..];
        }
    }
    text.push_str(rest);
    text
}

/// How many places `template` has.
pub const fn places(template: &str) -> usize {
    let bytes = template.as_bytes();
    let (mut at, mut places) = (1, 0);
    while at < bytes.len() {
        if bytes[at - 1] == b'{' && bytes[at] == b'}' {
            places += 1;
        }
        at += 1;
    }
    places
}

/// A [`Hint`](crate::Hint) of a text that we wrote, with a [`Filling`] for each `{}` in it.
#[macro_export]
macro_rules! hint {
    ($text:literal $(, $filling:expr)* $(,)?) => {{
        const { assert!($crate::plan::places($text) == <[&str]>::len(&[$(stringify!($filling)),*])) };
        $crate::Hint::filled($text, &[$(&$filling as &dyn $crate::plan::Filling),*])
    }};
}

/// A [`ShellLine`](crate::plan::ShellLine) of a text that we wrote, with a [`Word`] for each `{}` in it.
#[macro_export]
macro_rules! shell_line {
    ($text:literal $(, $filling:expr)* $(,)?) => {{
        const { assert!($crate::plan::places($text) == <[&str]>::len(&[$(stringify!($filling)),*])) };
        $crate::plan::ShellLine::filled($text, &[$(&$filling as &dyn $crate::plan::Word),*])
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_a_word_wherever_it_stands() {
        let hostile = "x\n  rm -rf $(id)";
        for (template, expected) in [
            ("plain", "plain"),
            ("run: a {} b", r#"run: a "$(printf 'x\012  rm -rf \044\050id\051')" b"#),
            (
                "{labtrust setup {}} or not",
                r#"labtrust setup "$(printf 'x\012  rm -rf \044\050id\051')" or not"#,
            ),
            ("awk '{print $1}'", "awk '{print $1}'"),
        ] {
            assert_eq!(Hint::filled(template, &[&hostile]).as_str(), expected);
            assert_eq!(ShellLine::filled(template, &[&hostile]).as_str(), expected);
        }
        assert_eq!(Hint::filled("({})", &[&Prose(hostile)]).as_str(), r"(x\u{a}  rm -rf $(id))");
        assert_eq!(Hint::filled("{} {}", &[&"{}", &"{labtrust x}"]).as_str(), "'{}' '{labtrust x}'");
        assert_eq!(Hint::from("{}").as_str(), "{}");
    }
}

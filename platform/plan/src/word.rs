//! Templates for shell lines and hints. Each `{}` takes a value that quotes itself for a shell, so that no caller can forget
//! to quote one.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::{DnsName, Endpoint, Fingerprint, Host, Target, text};

/// The option `--state` for labtrust commands in messages, if the user gave it. It is set once, from the command line.
static STATE: OnceLock<String> = OnceLock::new();

/// Adds `--state STATE` to every labtrust command that is shown from now on.
pub fn mean_state(state: &Path) {
    // There is one command line, so this is called once.
    let _ = STATE.set(format!(" --state {}", shell_path(state)));
}

/// The option `--state`, or an empty text.
pub(crate) fn state_option() -> &'static str {
    STATE.get().map_or("", String::as_str)
}

/// A value for a `{}` of a [`ShellLine`](crate::ShellLine): one word, or a line that is quoted already.
pub trait Word {
    /// The quoted text.
    fn word(&self) -> Cow<'_, str>;
}

/// A value for a `{}` of a [`Hint`](crate::Hint): a [`Word`], or text for the reader.
pub trait Filling {
    /// The text.
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

/// Text from outside in one line: to be read, not to be pasted.
#[derive(Clone, Copy, Debug)]
pub struct Prose<T>(pub T);

impl<T: fmt::Display> Filling for Prose<T> {
    fn filling(&self) -> Cow<'_, str> {
        Cow::Owned(text::in_line(&self.0.to_string()).into_owned())
    }
}

/// `template` with each `{}` filled. A labtrust command in braces, `{labtrust …}`, gets the user's `--state` at its end. A
/// command for another machine has no braces, because `--state` does not hold there.
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

/// The number of `{}` in `template`.
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

/// A [`Hint`](crate::Hint) from a template, with a [`Filling`] for each `{}`.
#[macro_export]
macro_rules! hint {
    ($text:literal $(, $filling:expr)* $(,)?) => {{
        const { assert!($crate::places($text) == <[&str]>::len(&[$(stringify!($filling)),*])) };
        $crate::Hint::filled($text, &[$(&$filling as &dyn $crate::Filling),*])
    }};
}

/// A [`ShellLine`](crate::ShellLine) from a template, with a [`Word`] for each `{}`.
#[macro_export]
macro_rules! shell_line {
    ($text:literal $(, $filling:expr)* $(,)?) => {{
        const { assert!($crate::places($text) == <[&str]>::len(&[$(stringify!($filling)),*])) };
        $crate::ShellLine::filled($text, &[$(&$filling as &dyn $crate::Word),*])
    }};
}

/// `text` quoted as one word for sh, bash and zsh, also interactive ones, and on one line.
pub fn shell_word(text: &str) -> String {
    word(text.as_bytes())
}

/// `path` quoted as one word, byte for byte, so that no program reads it as an option.
pub fn shell_path(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    // A single dash means a standard stream.
    if bytes.len() > 1 && bytes.starts_with(b"-") { word(&[b"./", bytes].concat()) } else { word(bytes) }
}

fn word(bytes: &[u8]) -> String {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| !text.contains(text::is_hidden)) else {
        return printed(bytes);
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&byte);
    // zsh expands `=program` to the path of that program.
    if !text.is_empty() && text.bytes().all(plain) && !text.starts_with('=') {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Bytes that cannot be shown, as a call of printf(1), which every shell has. A line end at the very end is lost.
fn printed(bytes: &[u8]) -> String {
    let mut format = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        match byte {
            b'%' => format.push_str("%%"),
            plain if plain.is_ascii_alphanumeric() || b" -_./:=@,+".contains(plain) => {
                format.push(char::from(*plain));
            }
            other => drop(write!(format, r"\{other:03o}")),
        }
    }
    // printf reads a format that begins with a dash as an option.
    let format = format.strip_prefix('-').map(|rest| format!(r"\055{rest}")).unwrap_or(format);
    format!("\"$(printf '{format}')\"")
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        ffi::OsStr,
        io::Write as _,
        os::unix::ffi::OsStrExt as _,
        process::{Command, Stdio},
    };

    use super::*;
    use crate::{Hint, ShellLine};

    #[test]
    fn words_are_in_one_line_and_quoted_only_if_necessary() {
        for (text, expected) in [
            ("plain-1.2", "plain-1.2"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("=ls", "'=ls'"),
            ("a#b", "'a#b'"),
            ("$(id)", "'$(id)'"),
            ("x\nOK trusted $(id) 'q' 5%", r#""$(printf 'x\012OK trusted \044\050id\051 \047q\047 5%%')""#),
            ("-\t", r#""$(printf '\055\011')""#),
        ] {
            assert_eq!(shell_word(text), expected);
        }
        assert_eq!(shell_path(Path::new("-x")), "./-x");
        assert_eq!(shell_path(Path::new("-")), "-");
        assert_eq!(shell_path(Path::new(OsStr::from_bytes(b"/a\xff"))), r#""$(printf '/a\377')""#);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "only a shell says what it makes of a word")]
    fn every_shell_gives_a_word_back_as_it_was() {
        let words = [
            "x\nOK trusted $(id) 'q'",
            "=ls",
            "~root",
            "# no comment",
            "a!b !!",
            "\u{1b}[2J%s\\n\u{202e}",
            "`id`;reboot|cat&*?[a]{a,b}<>^",
            "-n\n%d!",
            "\"\\",
            "Käse 🧀",
        ];
        let line: Vec<_> = words.into_iter().map(shell_word).collect();
        let line = line.join(" ");
        assert!(!line.contains(text::is_hidden), "{line}");
        let expected: Vec<_> = words.into_iter().map(|word| format!("{word}\0")).collect();
        let folder = tempfile::tempdir().expect("a folder");
        // The line comes from standard input, where an interactive zsh has no comments, and `!` has a meaning.
        for shell in [&["sh"][..], &["bash", "--norc", "-i"], &["zsh", "-f", "-i"]] {
            let mut command = Command::new(shell[0]);
            command.args(&shell[1..]).current_dir(folder.path()).env("HISTFILE", "").stdin(Stdio::piped());
            // zsh may not be installed.
            let Ok(mut child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else { continue };
            let mut typed = child.stdin.take().expect("its input");
            writeln!(typed, "printf '%s\\0' {line} >said").expect("it reads");
            drop(typed);
            child.wait().expect("it ends");
            let said = std::fs::read(folder.path().join("said")).unwrap_or_default();
            assert_eq!(String::from_utf8_lossy(&said), expected.concat(), "{shell:?}: {line}");
            std::fs::remove_file(folder.path().join("said")).expect("it was written");
        }
    }

    #[test]
    fn text_from_outside_is_one_word_everywhere() {
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

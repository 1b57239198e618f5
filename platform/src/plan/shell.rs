//! Words for a shell: whatever is printed to be pasted is made of these, so that nothing in a path or a name is more
//! to a shell than a name.

use std::{
    fmt::{self, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::Path,
};

use serde::Serialize;

use super::{
    Command, Word,
    template::{filled, state_option},
};
use crate::text;

/// A line for a shell: what is more than a word in it, we wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ShellLine(String);

impl ShellLine {
    /// A text that we wrote, with what it speaks of in its places: see [`shell_line!`](crate::shell_line!).
    pub fn filled(template: &'static str, words: &[&dyn Word]) -> Self {
        Self(filled(template, words.iter().map(|word| word.word())))
    }

    /// A command of this program, of these words and for the state folder that the user gave.
    pub fn labtrust<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        let Self(words) = Self::of(words);
        Self(format!("labtrust {words}{}", state_option()))
    }

    /// A line of these words, each of which is a word to the shell as well.
    pub fn of<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        let words: Vec<_> = words.into_iter().map(|word| shell_word(word.as_ref())).collect();
        Self(words.join(" "))
    }

    /// The same after `text`: a pipe from another command.
    #[must_use]
    pub fn after(self, text: &'static str) -> Self {
        Self(format!("{text} {}", self.0))
    }

    /// The same with `text` at its end: where its input comes from.
    #[must_use]
    pub fn then(self, text: &'static str) -> Self {
        Self(format!("{} {text}", self.0))
    }

    /// The same with these words at its end.
    #[must_use]
    pub fn with<W: AsRef<str>>(self, words: impl IntoIterator<Item = W>) -> Self {
        let all: Vec<_> = words.into_iter().map(|word| shell_word(word.as_ref())).collect();
        all.iter().fold(self, |Self(line), word| Self(format!("{line} {word}")))
    }

    /// The same with another line at its end: words that were made before.
    #[must_use]
    pub fn and(self, end: &Self) -> Self {
        Self(format!("{} {end}", self.0))
    }

    /// The same with the program `other` in the place of `program`, where it is that.
    #[must_use]
    pub fn instead(&self, program: &'static str, other: &'static str) -> Self {
        let rest = self.0.strip_prefix(program);
        Self(rest.map_or_else(|| self.0.clone(), |rest| format!("{other}{rest}")))
    }

    /// As it is printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same run by root.
    #[must_use]
    pub fn by_root(self) -> Self {
        self.after("sudo")
    }
}

impl From<&'static str> for ShellLine {
    fn from(text: &'static str) -> Self {
        Self::filled(text, &[])
    }
}

impl From<&ShellLine> for ShellLine {
    fn from(line: &ShellLine) -> Self {
        line.clone()
    }
}

impl From<&Command> for ShellLine {
    fn from(command: &Command) -> Self {
        Self(command.to_string())
    }
}

impl PartialEq<&str> for ShellLine {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for ShellLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `text` as one word of sh, bash and zsh, also of an interactive one, and in one line.
pub fn shell_word(text: &str) -> String {
    word(text.as_bytes())
}

/// The same of a path, byte for byte, as an argument that no program takes for an option.
pub fn shell_path(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    // A dash alone stands for a standard stream.
    if bytes.len() > 1 && bytes.starts_with(b"-") { word(&[b"./", bytes].concat()) } else { word(bytes) }
}

fn word(bytes: &[u8]) -> String {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| !text.contains(text::is_hidden)) else {
        return printed(bytes);
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&byte);
    // To zsh `=program` is the path of that program.
    if !text.is_empty() && text.bytes().all(plain) && !text.starts_with('=') {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Bytes that cannot be shown, as the output of printf(1), which every shell has; a line end at the very end is lost.
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
    // What begins with a dash is an option to printf as well.
    let format = format.strip_prefix('-').map(|rest| format!(r"\055{rest}")).unwrap_or(format);
    format!("\"$(printf '{format}')\"")
}

#[cfg(test)]
mod tests {
    use std::{
        ffi::OsStr,
        io::Write as _,
        process::{Command, Stdio},
    };

    use super::*;

    #[test]
    fn words_are_in_one_line_and_as_plain_as_they_can_be() {
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
        // What is typed is read from standard input, where an interactive zsh knows no comments and `!` means more.
        for shell in [&["sh"][..], &["bash", "--norc", "-i"], &["zsh", "-f", "-i"]] {
            let mut command = Command::new(shell[0]);
            command.args(&shell[1..]).current_dir(folder.path()).env("HISTFILE", "").stdin(Stdio::piped());
            // Not everybody has zsh.
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
}

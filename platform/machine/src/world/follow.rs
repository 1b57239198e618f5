//! Programs that a person could have started in the same terminal: with the person's environment and standard input, without a
//! time limit, and with their lines as they come.

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{self, Stdio},
    sync::mpsc,
    thread,
};

use crate::{Error, Result};

/// The longest line that is read; the rest of a longer one is dropped.
const LONGEST_LINE: u64 = 1 << 20;

/// A line of such a program.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// On standard output.
    Output(String),
    /// On standard error.
    Error(String),
}

/// The program `name` in PATH.
pub(super) fn search(name: &str) -> Option<PathBuf> {
    which::which(name).ok()
}

/// Runs `program` with `arguments` and these further `variables`, and hands each of its lines to `hear`. Returns its exit code;
/// none if a signal ended it.
pub(super) fn follow(
    program: &Path,
    arguments: &[OsString],
    variables: &[(&str, OsString)],
    mut hear: impl FnMut(Said),
) -> Result<Option<i32>> {
    let start = |source| Error::Start { program: program.to_owned(), source };
    if !program.is_absolute() {
        return Err(start(io::Error::new(io::ErrorKind::InvalidInput, "its path is not absolute")));
    }
    let mut child = process::Command::new(program)
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    let (sender, lines) = mpsc::channel();
    send_lines(child.stdout.take(), Said::Output, sender.clone());
    send_lines(child.stderr.take(), Said::Error, sender);
    lines.iter().for_each(&mut hear);
    Ok(child.wait().map_err(start)?.code())
}

/// Sends each line of `stream` to `lines`, until the stream ends.
fn send_lines(
    stream: Option<impl Read + Send + 'static>,
    said: fn(String) -> Said,
    lines: mpsc::Sender<Said>,
) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            match stream.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            let is_whole = line.ends_with(b"\n");
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if lines.send(said(text)).is_err() || !is_whole && stream.skip_until(b'\n').is_err() {
                break;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_from_both_streams_and_the_exit_code_too() -> Result<()> {
        let mut heard = Vec::new();
        let script = "echo out; sleep 0.1; echo err >&2; sleep 0.1; printf 'last %s' \"$MORE\"; exit 3";
        let arguments = ["-c", script].map(OsString::from);
        let code =
            follow(Path::new("/bin/sh"), &arguments, &[("MORE", "word".into())], |said| heard.push(said))?;
        let expected =
            [Said::Output("out".into()), Said::Error("err".into()), Said::Output("last word".into())];
        assert_eq!((code, &heard[..]), (Some(3), &expected[..]));
        Ok(())
    }

    #[test]
    fn a_line_without_end_is_cut() -> Result<()> {
        let mut heard = Vec::new();
        let arguments = ["-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo next"].map(OsString::from);
        follow(Path::new("/bin/sh"), &arguments, &[], |said| heard.push(said))?;
        let lengths: Vec<_> = heard
            .iter()
            .map(|said| match said {
                Said::Output(line) | Said::Error(line) => line.len(),
            })
            .collect();
        assert_eq!(lengths, [1 << 20, 4]);
        Ok(())
    }
}

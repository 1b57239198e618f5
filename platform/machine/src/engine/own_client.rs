//! The commands of Docker's client that labtrust runs, answered by labtrust itself over the engine's socket: the image that
//! is shipped holds no other program.

use std::{
    io::{self, Write},
    path::Path,
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error, Result,
    world::{Exchange, exchange},
};

/// The longest time for one request. Whoever runs a command sets a shorter limit of its own.
const LIMIT: Duration = Duration::from_secs(3600);

/// The most bytes of an answer.
const MOST: usize = 16 << 20;

/// The exit code of Docker's client for a fault of its own.
const FAULT: u8 = 125;

/// Answers the words of one command of `docker`, and returns its exit code.
pub fn run(words: &[String]) -> u8 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    answer(&words).unwrap_or_else(|error| {
        drop(writeln!(io::stderr(), "{error}"));
        FAULT
    })
}

fn answer(words: &[&str]) -> Result<u8> {
    let (socket, command) = match words {
        ["--host", address, command @ ..] => (address.strip_prefix("unix://").unwrap_or(address), command),
        command => ("/var/run/docker.sock", command),
    };
    let engine = Engine(Path::new(socket));
    match command {
        ["ps", "--all", "--no-trunc", "--format", "{{.ID}}"] => engine.list(),
        [kind, "inspect", "--format", format, names @ ..] => engine.inspect(kind, format, names),
        ["exec", container, command @ ..] => engine.exec(container, command),
        _ => Err(fault("this image's docker knows no such command")),
    }
}

/// The engine behind a socket.
struct Engine<'a>(&'a Path);

impl Engine<'_> {
    fn list(&self) -> Result<u8> {
        #[derive(Deserialize)]
        struct Listed {
            #[serde(rename = "Id")]
            id: String,
        }
        let listed: Vec<Listed> = read(&self.ask("GET", "/containers/json?all=true", "")?)?;
        print(&listed.iter().flat_map(|one| [one.id.as_bytes(), b"\n"].concat()).collect::<Vec<_>>())
    }

    /// Prints the part of each answer that `format` names, such as `{{json .Config}}`. One that is gone makes the command fail,
    /// and the others are printed.
    fn inspect(&self, kind: &str, format: &str, names: &[&str]) -> Result<u8> {
        let part = format.strip_prefix("{{json .").and_then(|rest| rest.strip_suffix("}}"));
        let part = part.ok_or_else(|| fault("this image's docker knows no such format"))?;
        let pointer = if part.is_empty() { String::new() } else { format!("/{}", part.replace('.', "/")) };
        let mut code = 0;
        for name in names {
            let name = plain(name)?;
            let path = match kind {
                "container" | "image" => format!("/{kind}s/{name}/json"),
                "service" => format!("/services/{name}"),
                _ => return Err(fault("this image's docker knows no such kind")),
            };
            match self.ask("GET", &path, "") {
                Ok(found) => {
                    let found: Value = read(&found)?;
                    let part = found.pointer(&pointer).unwrap_or(&Value::Null);
                    print(format!("{part}\n").as_bytes())?;
                }
                Err(error) => {
                    drop(writeln!(io::stderr(), "{error}"));
                    code = 1;
                }
            }
        }
        Ok(code)
    }

    /// Runs `command` in `container`, and prints what it wrote after it ended.
    fn exec(&self, container: &str, command: &[&str]) -> Result<u8> {
        #[derive(Deserialize)]
        struct Made {
            #[serde(rename = "Id")]
            id: String,
        }
        #[derive(Deserialize)]
        struct Ended {
            #[serde(rename = "ExitCode")]
            code: Option<u8>,
        }
        let wanted = json!({ "AttachStdout": true, "AttachStderr": true, "Cmd": command }).to_string();
        let made = self.ask("POST", &format!("/containers/{}/exec", plain(container)?), &wanted)?;
        let Made { id } = read(&made)?;
        let written = self.ask("POST", &format!("/exec/{id}/start"), r#"{"Detach":false,"Tty":false}"#)?;
        for (is_error, part) in parts(&written) {
            if is_error {
                drop(io::stderr().write_all(part));
            } else {
                print(part)?;
            }
        }
        let Ended { code } = read(&self.ask("GET", &format!("/exec/{id}/json"), "")?)?;
        code.ok_or_else(|| fault("the command did not end"))
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let answer = exchange(self.0, &Exchange { method, path, body, limit: LIMIT, most: MOST })?;
        if answer.status < 300 {
            return Ok(answer.body);
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let said = said["message"].as_str().unwrap_or("the Docker daemon refused");
        Err(fault(&format!("Error response from daemon: {said}")))
    }
}

/// What the engine sends of a command: each part has a header of eight bytes, which hold the stream and the length (moby API,
/// `POST /containers/ID/attach`).
fn parts(mut written: &[u8]) -> Vec<(bool, &[u8])> {
    let mut found = Vec::new();
    while let Some(([stream, _, _, _, length @ ..], rest)) = written.split_first_chunk::<8>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (part, rest) = rest.split_at(length.min(rest.len()));
        found.push((*stream == 2, part));
        written = rest;
    }
    found
}

fn read<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T> {
    serde_json::from_slice(answer).map_err(|error| fault(&format!("the Docker daemon's answer: {error}")))
}

/// `name`, if it has no meaning of its own in an address.
fn plain(name: &str) -> Result<&str> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:/@".contains(&byte));
    if is_plain && !name.is_empty() && !name.contains("..") {
        return Ok(name);
    }
    Err(fault("this is no name of a container or an image"))
}

fn print(bytes: &[u8]) -> Result<u8> {
    io::stdout().write_all(bytes).map_err(|error| fault(&error.to_string()))?;
    Ok(0)
}

fn fault(why: &str) -> Error {
    Error::Relayed(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_wrote_is_taken_apart_by_stream() {
        let written = [
            &[1, 0, 0, 0, 0, 0, 0, 2][..],
            b"ab",
            &[2, 0, 0, 0, 0, 0, 0, 1],
            b"c",
            &[1, 0, 0, 0, 0, 0, 0, 9],
            b"d",
        ];
        let expected: [(bool, &[u8]); 3] = [(false, b"ab"), (true, b"c"), (false, b"d")];
        assert_eq!(parts(&written.concat()), expected);
        assert_eq!(parts(b"short"), []);
    }

    #[test]
    fn names_stay_names() {
        for name in ["gitlab", "a_1.b-c", "sha256:00ff", "gitlab/gitlab-ce:18"] {
            assert!(plain(name).is_ok(), "{name}");
        }
        for name in ["", "a?b", "../info", "a b", "a%2f"] {
            assert!(plain(name).is_err(), "{name}");
        }
    }
}

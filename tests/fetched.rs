//! What scripts fetch for the tests, from a registry that is away at first.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Command, Output},
};

const AGAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/again");

/// A registry on loopback that answers `failures` requests with an error, and the next one as it should.
fn registry(failures: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let _request: Vec<_> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let answer = if number < failures { "503 Away" } else { "200 OK" };
            write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 5\r\nConnection: close\r\n\r\ncrate")
                .unwrap();
        }
    });
    format!("http://{address}/")
}

fn fetch(url: &str) -> Output {
    let mut again = Command::new(AGAIN);
    again.env("LABTRUST_PAUSES", "0 0").args(["the crate of the lab", "curl", "--fail", "--silent"]);
    again.args(["--show-error", "--noproxy", "*", url]).output().unwrap()
}

#[test]
fn what_a_registry_does_not_serve_at_first_is_fetched_again() {
    let output = fetch(&registry(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "crate", "what failed wrote nothing");
    let line = "scripts/again: the crate of the lab could not be fetched; next attempt in 0 s";
    assert_eq!(said.lines().collect::<Vec<_>>(), [line, line]);
}

#[test]
fn what_could_not_be_fetched_is_said_in_one_line() {
    let output = fetch(&registry(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(22), "the code of curl: {said}");
    assert_eq!(
        said.lines().last().unwrap(),
        "scripts/again: the crate of the lab could not be fetched in 3 attempts: curl: (22) The requested URL returned error: 503"
    );
}

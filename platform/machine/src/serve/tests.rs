//! The server, asked by clients of every kind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;

use super::*;

fn file(path: &str, contents: &[u8]) -> ServedFile {
    ServedFile {
        path: path.into(),
        media_type: "text/html; charset=utf-8",
        headers: vec![("Content-Security-Policy", "default-src 'none'".into())],
        contents: contents.to_vec(),
    }
}

/// A server of a small and of a large file, which runs until the tests end.
fn server() -> SocketAddr {
    let server = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = server.address;
    thread::spawn(move || {
        server.run(vec![file("/index.html", b"<p>hello"), file("/large", &vec![b'x'; 3 << 20])])
    });
    address
}

/// The answer to `request`.
fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A server may answer before it has read all.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn files_are_served_by_get_and_head() {
    let address = server();
    for target in ["/", "/index.html", "/?x=1", "http://host/index.html#part", "http://host"] {
        let answer = ask(address, format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && body == "<p>hello", "{answer}");
        for header in [
            "Content-Type: text/html; charset=utf-8",
            "Content-Length: 8",
            "Content-Security-Policy: default-src 'none'",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
        ] {
            assert!(head.contains(header), "{head}");
        }
    }
    let head = ask(address, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(head.contains("Content-Length: 8\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert_eq!(ask(address, b"GET / HTTP/1.0\r\n\r\n").lines().next(), Some("HTTP/1.1 200 OK"));
    let large = ask(address, b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(large.split_once("\r\n\r\n").unwrap().1.len(), 3 << 20);
}

#[test]
fn everything_else_is_refused() {
    let address = server();
    let many = "X: y\r\n".repeat(65);
    let long = "a".repeat(9000);
    for (request, status) in [
        ("GET /nosuch HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
        ("GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
        ("GET /%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
        ("GET /index.html/ HTTP/1.1\r\nHost: a\r\n\r\n", "404"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "405"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET index.html HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "400"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n", "400"),
        (" \r\n\r\n", "400"),
        (&format!("GET / HTTP/1.1\r\n{many}\r\n"), "431"),
        (&format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), "431"),
        (&format!("GET / HTTP/1.1\r\nHost: {long}\r\n\r\n"), "431"),
        (&"\r\n".repeat(5000), "431"),
    ] {
        let answer = ask(address, request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
    }
    assert!(ask(address, b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n").contains("\r\nAllow: GET, HEAD\r\n"));
}

#[test]
fn silent_clients_do_not_keep_others_out() {
    let address = server();
    let idle: Vec<_> = (0..connections::MOST * 2).map(|_| TcpStream::connect(address).unwrap()).collect();
    let answer = ask(address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The oldest made room.
    let mut oldest = &idle[0];
    oldest.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(oldest.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn a_slow_request_ends_at_its_time_limit() {
    let address = server();
    let mut slow = TcpStream::connect(address).unwrap();
    let begun = Instant::now();
    let mut reader = slow.try_clone().unwrap();
    let told = thread::spawn(move || {
        let mut answer = String::new();
        let _ = reader.read_to_string(&mut answer);
        answer
    });
    while slow.write_all(b"GET / HTTP/1.1\r\nX: y").is_ok()
        && begun.elapsed() < REQUEST * 2
        && !told.is_finished()
    {
        thread::sleep(Duration::from_millis(500));
    }
    let answer = told.join().unwrap();
    assert!(begun.elapsed() < REQUEST + Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
}

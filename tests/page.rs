//! The onboarding page: its files, judged by other programs, and the page itself in browsers.

use serde_json::Value;

use crate::{
    lab::{Gitlab, HOST, Machine, browsers},
    render::keys::SEARCH,
    setup::json,
};

/// A server with a GitLab and a CA that setup made, trusted nowhere.
fn server(machine: &Machine) -> Gitlab<'_> {
    machine.without_hooks();
    let gitlab = Gitlab::start(machine);
    machine.run(["labtrust", "setup", HOST, "--no-trust"]).succeeded();
    gitlab
}

#[test]
fn the_files_of_the_page_are_judged_by_other_programs() {
    let machine = machine!("server");
    let _gitlab = server(&machine);
    let dry = ["labtrust", "page", "-o", "/root/out", "--dry-run"];
    machine.run(dry).exited(1).says("write /root/out/index.html");
    assert!(!machine.has("/root/out"));
    let report = json(&machine.run(["labtrust", "page", "-o", "/root/out", "--json"]).succeeded().stdout);
    machine.run(dry).succeeded().says("nothing would change");
    let sha256 = report["anchors"][0]["sha256"].as_str().unwrap().to_owned();

    // Each certificate and the profile hold the CA, as OpenSSL and Python read them; the DER file's hash is the fingerprint.
    let read = r#"
import hashlib, json, plistlib, subprocess, sys
report, sha256 = json.load(sys.stdin), sys.argv[1]
def pem(path):
    return subprocess.run(["openssl", "x509", "-in", path, "-outform", "DER"], capture_output=True, check=True).stdout
types = {}
for file in report["files"]:
    contents = open(file["path"], "rb").read()
    assert hashlib.sha256(contents).hexdigest() == file["sha256"], file
    ending = file["path"].rsplit(".", 1)[1]
    types[ending] = file["media_type"]
    if ending == "crt":
        assert hashlib.sha256(pem(file["path"])).hexdigest() == sha256
    if ending == "cer":
        assert file["sha256"] == sha256
    if ending == "mobileconfig":
        payloads = plistlib.loads(contents)["PayloadContent"]
        assert [hashlib.sha256(payload["PayloadContent"]).hexdigest() for payload in payloads] == [sha256]
print(json.dumps(types))
"#;
    let read = machine.command(["python3", "-c", read, &sha256]).stdin(report.to_string()).run().succeeded();
    let types: Value = serde_json::from_str(&read.stdout).unwrap();
    assert_eq!(types["mobileconfig"], "application/x-apple-aspen-config");
    assert_eq!(types["crt"], "application/x-x509-ca-cert");
    assert_eq!(types["cer"], "application/pkix-cert");
    assert_eq!(types["sh"], "text/x-shellscript; charset=utf-8");
    let page = machine.read("/root/out/en.html");
    assert!(
        page.contains(&format!("<code>sudo labtrust trust {HOST}:4567 --fingerprint {sha256}")),
        "{page}"
    );

    let said = machine.run(["python3", "-c", SEARCH]).succeeded().stdout;
    let numbers: Vec<usize> = said.split_whitespace().map(|number| number.parse().unwrap()).collect();
    assert!(numbers[0] >= 2 && numbers[1] >= 10, "keys and files: {said}");
}

#[test]
fn a_page_of_somebody_else_is_never_replaced() {
    let machine = machine!("server");
    let _gitlab = server(&machine);
    machine.run(["mkdir", "/srv/www"]).succeeded();
    machine.write("/srv/www/index.html", "<h1>Welcome to nginx!</h1>");
    let before = machine.settled();
    let page = ["labtrust", "page", "-o", "/srv/www"];
    machine.run(page).exited(3).says("/srv/www/index.html is there already").says("--out DIR");
    assert_eq!(machine.changes_since(&before), [""; 0]);
    machine.run(["rm", "/srv/www/index.html"]).succeeded();
    machine.run(page).succeeded().says("fingerprint");
    machine.run(page).succeeded();
}

#[test]
fn a_second_run_removes_what_it_no_longer_makes() {
    let machine = machine!("server");
    machine.run(["labtrust", "setup", HOST, "--out", "/root/pair", "--no-trust"]).succeeded();
    let archive = "labtrust-1.0.0-x86_64-unknown-linux-musl.tar.gz";
    let programs = "mkdir /root/dist && cd /root/dist && tar -czf $0 -C /etc hostname && cp $0 labtrust-state.tar.gz && \
                    ln -s /var/lib/labtrust/setup.json labtrust_1.0.0-1_amd64.deb && touch other";
    machine.run(["sh", "-ec", programs, archive]).succeeded();
    let page = ["labtrust", "page", "-o", "/srv/www", "--binaries", "/root/dist"];
    let left_out = "left out, because they are no archive or package of a release: labtrust-state.tar.gz, labtrust_1.0.0-1_amd64.deb";
    machine.run(page).succeeded().says(left_out);
    let files = machine.sh("cd /srv/www && ls").succeeded().stdout;
    assert!(files.contains(archive) && !files.contains(".deb") && !files.contains("state"), "{files}");
    machine.sh("cd /srv/www && echo 'Welcome' > mine.html").succeeded();

    // Another CA: the first one's certificate is not offered any more.
    let first = machine.sh("cd /srv/www && ls *.cer").succeeded().stdout.trim().to_owned();
    machine.sh("rm -r /var/lib/labtrust && labtrust setup mygitlab.example.com --out /root/pair --replace --no-trust").succeeded();
    let page = ["labtrust", "page", "-o", "/srv/www"];
    let dry = [&page[..], &["--dry-run"]].concat();
    machine
        .run(dry)
        .exited(1)
        .says(&format!("remove /srv/www/{first}"))
        .says(&format!("remove /srv/www/{archive}"));
    machine.run(page).succeeded().says(&format!("removed: /srv/www/{first}"));
    let files = machine.sh("cd /srv/www && ls").succeeded().stdout;
    assert!(files.contains("mine.html") && !files.contains(&first) && !files.contains(archive), "{files}");
    assert_eq!(files.matches(".cer").count(), 1, "{files}");
}

/// Serves the page on port 8899 until the machine ends.
fn serve(machine: &Machine) {
    let script = "setsid labtrust page --listen 8899 >/root/serving 2>&1 </dev/null &";
    machine.sh(script).succeeded();
    machine.wait_for_port("127.0.0.1", "8899");
    let printed = "for i in $(seq 200); do grep -Fx \"$0\" /root/serving && exit; sleep 0.05; done; exit 1";
    machine.run(["sh", "-c", printed, "serving: http://192.0.2.10:8899/"]).succeeded();
}

#[test]
fn the_page_is_used_in_browsers_before_and_after_the_ca_is_trusted() {
    let machine = machine!("server");
    for name in ["chromium", "firefox-esr"] {
        browsers::install(&machine, name);
    }
    let _gitlab = server(&machine);
    let sha256 =
        machine.sh("labtrust export --der | sha256sum | cut -c 1-64").succeeded().stdout.trim().to_owned();
    serve(&machine);
    let take = |steps: &str, verdict: &str| {
        // As `serve` prints it: GitLab sends HSTS, so its name opens no page over HTTP once a browser trusts the CA.
        let (url, origin) = ("http://192.0.2.10:8899/", format!("https://{HOST}"));
        let told = browsers::use_page(
            &machine,
            include_str!("page/steps.py"),
            &[steps, url, &origin, &sha256, verdict],
        );
        told.succeeded().says("ok: Firefox: tells whether it trusts");
    };
    take("all", "refused");
    machine.run(["labtrust", "trust"]).succeeded();
    take("verdict", "trusted");
}

#[test]
fn strangers_requests_do_not_stop_the_server() {
    let machine = machine!("server");
    machine.run(["labtrust", "setup", HOST, "--out", "/root/pair", "--no-trust"]).succeeded();
    serve(&machine);
    let junk = r#"
import os, random, socket, sys
def ask(request, wait=True):
    stream = socket.create_connection(("127.0.0.1", 8899), 5)
    stream.settimeout(5)
    answer = b""
    try:
        stream.sendall(request)
        while wait and (piece := stream.recv(65536)):
            answer += piece
    except OSError:
        pass
    stream.close()
    return answer
good = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
random.seed(1)
for number in range(300):
    damaged = bytearray(good * random.randint(1, 3))
    for _ in range(random.randint(1, 6)):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    ask(bytes(damaged[: random.randint(1, len(damaged))]) + b"\r\n\r\n", wait=number % 3 == 0)
ask(os.urandom(1 << 20))
ask(b"GET /" + b"a" * (1 << 20))
files = [ask(b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode()) for path in sys.argv[1:]]
assert all(b" 200 OK\r\n" in file for file in files[:1]) and all(b" 404 " in file for file in files[1:]), files
assert ask(good).startswith(b"HTTP/1.1 200 OK\r\n")
"#;
    let paths =
        ["index.html", "../root/pair", "%2e%2e/etc/passwd", "index.html%00", "..%5cetc", "var/lib/labtrust"];
    machine.run([&["python3", "-c", junk][..], &paths].concat()).succeeded();
    machine.run(["labtrust", "page", "--listen", "8899"]).exited(3).says("--listen 8900");
    machine.run(["labtrust", "page", "--listen", "192.0.2.99:80"]).exited(3).says("cannot listen on");
    machine.run(["labtrust", "page", "--listen", "localhost:80"]).exited(2).says("192.0.2.10:8899");
}

/// The blocks of docs/page.md in the language `language`, in their order.
fn blocks(language: &str) -> Vec<String> {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/page.md")).unwrap();
    let blocks = document.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(&format!("{language}\n"))).map(str::to_owned).collect()
}

#[test]
fn what_the_docs_say_is_done() {
    let machine = machine!("server");
    machine.run(["labtrust", "setup", HOST, "--out", "/root/pair", "--no-trust"]).succeeded();
    let [write, serve] = &blocks("sh")[..] else { panic!("two commands") };
    machine.sh(&format!("cd /srv && {write}")).succeeded().says("public/index.html");
    machine.sh(&format!("setsid {} >/dev/null 2>&1 </dev/null &", serve.trim())).succeeded();
    machine.wait_for_port("127.0.0.1", "8899");
    machine.sh("curl -sS http://127.0.0.1:8899/").succeeded().says("Compare the fingerprint");

    let [location] = &blocks("nginx")[..] else { panic!("one block") };
    let server = format!("server {{ listen 8081; root /srv/public; {location} }}");
    let http = format!("include /etc/nginx/mime.types; default_type application/octet-stream; {server}");
    machine.write("/root/nginx.conf", format!("pid /root/nginx.pid; events {{}} http {{ {http} }}"));
    machine.run(["nginx", "-c", "/root/nginx.conf"]).succeeded();
    let files = machine.sh("cd /srv/public && ls").succeeded().stdout;
    for file in files.lines() {
        let line = format!(
            "curl -sS -o /dev/null -w '%{{http_code}} %{{content_type}}' http://127.0.0.1:8081/{file}"
        );
        let said = machine.sh(&line).succeeded().stdout;
        let wanted = match file.rsplit('.').next() {
            Some("html") => "200 text/html",
            Some("mobileconfig") => "200 application/x-apple-aspen-config",
            Some("crt") => "200 application/x-x509-ca-cert",
            _ => "200 application/octet-stream",
        };
        assert_eq!(said, wanted, "{file}");
    }
}

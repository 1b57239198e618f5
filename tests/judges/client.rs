//! The clients that are run, one row each. All get the same question: does this chain, with this trusted anchor, serve
//! this host? Clients that speak TLS answer in a handshake.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
    thread,
    time::{Duration, SystemTime},
};

use labtrust::certificate::{CertificateDer, Client, PrivateKey, Version, judge::By, pem};
use rustls_pki_types::{ServerName, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::{is_here, run, said, server::Server, tools};

/// A question: a folder with the files that clients read.
pub(super) struct Question {
    folder: tempfile::TempDir,
    /// The host that is connected to.
    pub host: String,
    /// The chain as served.
    pub chain: Vec<CertificateDer<'static>>,
    /// What is trusted.
    pub anchor: CertificateDer<'static>,
}

impl Question {
    /// Does `chain`, with the last of it trusted, serve `host`?
    pub(super) fn new(chain: &[CertificateDer<'static>], key: &PrivateKey, host: &str) -> Self {
        let (root, served) = chain.split_last().expect("a root");
        // A leaf that signed itself is both.
        Self::served(if served.is_empty() { chain } else { served }, root, key, host)
    }

    /// Does what is `served`, with `anchor` trusted, serve `host`?
    pub(super) fn served(
        served: &[CertificateDer<'static>],
        anchor: &CertificateDer<'static>,
        key: &PrivateKey,
        host: &str,
    ) -> Self {
        Self::with_key(served, anchor, &key.to_pem(), host)
    }

    /// The same with a key that labtrust may not know.
    pub(super) fn with_key(
        served: &[CertificateDer<'static>],
        anchor: &CertificateDer<'static>,
        key: &str,
        host: &str,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect(name);
        write("host", host);
        write("leaf.key", key);
        write("leaf.pem", &pem::write_certificates(&served[..1]));
        write("between.pem", &pem::write_certificates(&served[1..]));
        write("chain.pem", &pem::write_certificates(served));
        write("root.pem", &pem::write_certificates([anchor]));
        Self { folder, host: host.to_owned(), chain: served.to_vec(), anchor: anchor.clone() }
    }

    /// The folder.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn port(&self) -> Option<String> {
        fs::read_to_string(self.path().join("port")).ok()
    }

    fn is_for_an_address(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok()
    }
}

/// A client's answer: nothing if it accepts, else why not.
pub(super) type Answer = Result<(), String>;

/// A client that can be asked.
struct Asked {
    /// As the tests name it.
    name: &'static str,
    /// As `judge` names it.
    client: Client,
    /// What prints its version.
    probe: (&'static str, &'static [&'static str]),
    /// What stands before the version there.
    mark: &'static str,
    ask: Ask,
}

/// How a client is asked.
enum Ask {
    /// With the files alone.
    Files(fn(&Question) -> Answer),
    /// By a handshake of its own.
    Handshake(fn(&Question, &str) -> Answer),
    /// By one program that makes all handshakes.
    Handshakes(fn(&[&Question]) -> Vec<Answer>),
}

/// All clients that can be asked on Linux. The last one is built in.
const ASKED: &[Asked] = &[
    Asked {
        name: "OpenSSL",
        client: Client::OpenSsl,
        probe: ("openssl", &["version"]),
        mark: "OpenSSL ",
        ask: Ask::Files(openssl),
    },
    Asked {
        name: "OpenSSL strict",
        client: Client::OpenSslStrict,
        probe: ("openssl", &["version"]),
        mark: "OpenSSL ",
        ask: Ask::Files(openssl_strict),
    },
    Asked {
        name: "curl",
        client: Client::Curl,
        probe: ("curl", &["--version"]),
        mark: "OpenSSL/",
        ask: Ask::Handshake(curl),
    },
    Asked {
        name: "GnuTLS",
        client: Client::GnuTls,
        probe: ("gnutls-cli", &["--version"]),
        mark: "gnutls-cli ",
        ask: Ask::Handshake(gnutls),
    },
    Asked {
        name: "NSS",
        client: Client::Nss,
        probe: ("python3", &["-c", NSS_VERSION]),
        mark: "NSS ",
        ask: Ask::Handshake(nss),
    },
    Asked {
        name: "Java",
        client: Client::Java,
        probe: ("java", &["--version"]),
        mark: " ",
        ask: Ask::Handshakes(java),
    },
    Asked {
        name: "Go",
        client: Client::Go,
        probe: ("go", &["version"]),
        mark: "go version go",
        ask: Ask::Handshakes(go),
    },
    Asked {
        name: "Python",
        client: Client::Python,
        probe: ("python3", &["-c", PYTHON_VERSION]),
        mark: "Python ",
        ask: Ask::Handshakes(|all| python(all, "plain")),
    },
    Asked {
        name: "Python 3.13",
        client: Client::Python,
        probe: ("python3", &["-c", STRICT_PYTHON_VERSION]),
        mark: "as strict as ",
        ask: Ask::Handshakes(|all| python(all, "strict")),
    },
    Asked {
        name: "Node",
        client: Client::Node,
        probe: ("node", &["--version"]),
        mark: "v",
        ask: Ask::Handshakes(node),
    },
    Asked {
        name: "rustls",
        client: Client::Rustls,
        probe: ("cargo", &["pkgid", "rustls-webpki"]),
        mark: "webpki@",
        ask: Ask::Files(rustls),
    },
];

const PYTHON_VERSION: &str =
    "import platform, ssl; print('Python', platform.python_version(), 'with', ssl.OPENSSL_VERSION)";
const STRICT_PYTHON_VERSION: &str = "import platform, ssl; \
     print('Python', platform.python_version(), 'with', ssl.OPENSSL_VERSION + ', as strict as 3.13')";
const NSS_VERSION: &str = "import ctypes; get = ctypes.CDLL('libnss3.so').NSS_GetVersion; \
     get.restype = ctypes.c_char_p; print('NSS', get().decode())";

/// A client and its answers, in the order of the questions; none to what it could not be asked.
pub(super) struct Answers {
    /// As the tests name it.
    pub name: &'static str,
    /// What it calls itself.
    pub title: String,
    /// What it said.
    pub said: Vec<Option<Answer>>,
    client: Client,
    version: Version,
}

impl Answers {
    /// Whether this client, in this version, is among those.
    pub(super) fn is_among(&self, by: &[By]) -> bool {
        by.iter().any(|by| by.client == self.client && by.versions.contain(self.version))
    }
}

/// All clients' answers; each client is asked by a thread of its own.
pub(super) fn answers(questions: &[Question]) -> Vec<Answers> {
    let _server = Server::start(questions.iter().map(Question::path));
    thread::scope(|scope| {
        let here = ASKED.iter().filter(|asked| is_here(asked.probe.0, asked.probe.1));
        let asked: Vec<_> = here.map(|asked| (asked, scope.spawn(|| asked.ask(questions)))).collect();
        asked.into_iter().map(|(asked, thread)| asked.answered(thread.join().expect(asked.name))).collect()
    })
}

/// The same, where every client can be asked everything.
pub(super) fn ask_all(questions: &[Question]) -> Vec<(&'static str, Vec<Answer>)> {
    let all = answers(questions).into_iter().filter(|client| client.said.iter().any(Option::is_some));
    let all = all.map(|client| {
        let answers = client.said.into_iter().map(|answer| answer.expect("a chain that can be served"));
        (client.name, answers.collect())
    });
    all.collect()
}

impl Asked {
    fn answered(&self, answers: Vec<Option<Answer>>) -> Answers {
        let (program, arguments) = self.probe;
        let output = run(Path::new(env!("CARGO_MANIFEST_DIR")), program, arguments);
        let title = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned();
        let version = version_after(self.mark, &title).unwrap_or_else(|| panic!("{}: {title}", self.name));
        Answers { name: self.name, title, said: answers, client: self.client, version }
    }

    fn ask(&self, questions: &[Question]) -> Vec<Option<Answer>> {
        let each = |ask: &dyn Fn(&Question) -> Option<Answer>| questions.iter().map(ask).collect();
        match self.ask {
            Ask::Files(ask) => each(&|question| Some(ask(question))),
            Ask::Handshake(ask) => each(&|question| Some(ask(question, &question.port()?))),
            Ask::Handshakes(ask) => {
                let served: Vec<_> = questions.iter().filter(|question| question.port().is_some()).collect();
                let answers = ask(&served);
                assert_eq!(answers.len(), served.len(), "{}: {answers:?}", self.name);
                let mut answers = answers.into_iter();
                let answered = |question: &Question| question.port().and_then(|_| answers.next());
                questions.iter().map(answered).collect()
            }
        }
    }
}

/// The first two numbers after a mark.
fn version_after(mark: &str, title: &str) -> Option<Version> {
    let (_, version) = title.split_once(mark)?;
    let mut numbers = version.split(|letter: char| !letter.is_ascii_digit()).map(str::parse);
    Some(Version(numbers.next()?.ok()?, numbers.next()?.unwrap_or(0)))
}

fn command(question: &Question, program: &str, arguments: &[&str]) -> Answer {
    let output = run(question.path(), program, arguments);
    if output.status.success() { Ok(()) } else { Err(said(&output)) }
}

fn openssl_verify(question: &Question, how: &[&str]) -> Answer {
    let check = if question.is_for_an_address() { "-verify_ip" } else { "-verify_hostname" };
    let untrusted = ["-untrusted", "between.pem"];
    let untrusted = if question.chain.len() > 1 { &untrusted[..] } else { &[] };
    // Level 2 is what OpenSSL's handshakes have on Debian and Ubuntu.
    let common =
        ["verify", "-auth_level", "2", "-purpose", "sslserver", "-CAfile", "root.pem", check, &question.host];
    command(question, "openssl", &[&common, how, untrusted, &["leaf.pem"]].concat())
}

fn openssl(question: &Question) -> Answer {
    openssl_verify(question, &[])
}

fn openssl_strict(question: &Question) -> Answer {
    openssl_verify(question, &["-x509_strict"])
}

fn curl(question: &Question, port: &str) -> Answer {
    let host = &question.host;
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let (url, to) = (format!("https://{host}:{port}/"), format!("::127.0.0.1:{port}"));
    let quiet = ["-q", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"];
    command(
        question,
        "curl",
        &[&quiet[..], &["--cacert", "root.pem", "--connect-to", &to, "-o", "/dev/null", &url]].concat(),
    )
}

fn gnutls(question: &Question, port: &str) -> Answer {
    let host = format!("--verify-hostname={}", question.host);
    let answer =
        command(question, "gnutls-cli", &["--x509cafile", "root.pem", &host, "--port", port, "127.0.0.1"]);
    // It describes the whole chain first.
    answer.map_err(|text| match text.split_once("- Status: ") {
        Some((_, status)) => status.to_owned(),
        None => text,
    })
}

/// The library's own verifier, as mail programs have it; Firefox has another one.
fn nss(question: &Question, port: &str) -> Answer {
    // An empty store takes long to make, and is the same for all.
    static EMPTY: OnceLock<tempfile::TempDir> = OnceLock::new();
    let empty = EMPTY.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let output = run(folder.path(), "certutil", &["-N", "--empty-password", "-d", "sql:."]);
        assert!(output.status.success(), "{}", said(&output));
        folder
    });
    let store = question.path().join("nss");
    fs::create_dir_all(&store).expect("a folder");
    for file in fs::read_dir(empty.path()).expect("a folder").flatten() {
        fs::copy(file.path(), store.join(file.file_name())).expect("a copy");
    }
    command(question, "certutil", &["-A", "-d", "sql:nss", "-n", "root", "-t", "C,,", "-i", "root.pem"])?;
    let at = ["-4", "-h", "127.0.0.1", "-p", port, "-a", &question.host];
    command(question, "tstclnt", &[&at[..], &["-d", "sql:nss", "-Q"]].concat())
}

fn rustls(question: &Question) -> Answer {
    let text = |error: webpki::Error| format!("{error:?}");
    let anchors = [anchor_from_trusted_cert(&question.anchor).map_err(text)?];
    let leaf = EndEntityCert::try_from(&question.chain[0]).map_err(text)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let now = UnixTime::since_unix_epoch(now);
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &question.chain[1..], now, usage, None, None)
        .map_err(text)?;
    let host = ServerName::try_from(question.host.clone()).map_err(|error| error.to_string())?;
    leaf.verify_is_valid_for_subject_name(&host).map_err(text)
}

/// Asks all questions in one run of a program that prints a verdict a line.
fn batch(questions: &[&Question], client: &str, arguments: &[&str]) -> Vec<Answer> {
    let folders = questions.iter().map(|question| question.path().to_str().expect("a path"));
    let arguments: Vec<&str> = arguments.iter().copied().chain(folders).collect();
    let output = run(Path::new("."), client, &arguments);
    assert!(output.status.success(), "{client}: {}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| if line == "accepted" { Ok(()) } else { Err(line.to_owned()) }).collect()
}

pub(super) fn source(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/judges").join(name);
    path.to_str().expect("a path").to_owned()
}

fn python(questions: &[&Question], mode: &str) -> Vec<Answer> {
    batch(questions, "python3", &[&source("handshake.py"), mode])
}

fn node(questions: &[&Question]) -> Vec<Answer> {
    batch(questions, "node", &[&source("judge.js")])
}

fn java(questions: &[&Question]) -> Vec<Answer> {
    batch(questions, "java", &[&source("Judge.java")])
}

fn go(questions: &[&Question]) -> Vec<Answer> {
    static JUDGE: OnceLock<String> = OnceLock::new();
    // Built once: one test must not write it while another runs it.
    let judge = JUDGE.get_or_init(|| {
        let judge = tools().join("judge-go").to_str().expect("a path").to_owned();
        let output = run(Path::new("."), "go", &["build", "-o", &judge, &source("judge.go")]);
        assert!(output.status.success(), "{}", said(&output));
        judge
    });
    batch(questions, judge, &[])
}

//! The clients that are asked, one row each. All are asked the same question: does this chain,
//! with this root trusted, serve this host?

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
    thread,
    time::{Duration, SystemTime},
};

use labtrust::certificate::{CertificateDer, PrivateKey, pem};
use labtrust_platform::Host;
use rustls_pki_types::{ServerName, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::{is_here, run, said, tools};

/// A question: a folder with the files that clients read.
pub struct Question {
    folder: tempfile::TempDir,
    /// The host that is connected to.
    pub host: Host,
    /// The chain as served, without the root.
    pub chain: Vec<CertificateDer<'static>>,
    /// The trusted root.
    pub root: CertificateDer<'static>,
}

impl Question {
    /// Does `chain`, with the last of it trusted, serve `host`?
    pub fn new(chain: &[CertificateDer<'static>], key: &PrivateKey, host: &str) -> Self {
        let (root, served) = chain.split_last().expect("a root");
        // A leaf that signed itself is both.
        Self::served(if served.is_empty() { chain } else { served }, root, key, host)
    }

    /// Does what is `served`, with `root` trusted, serve `host`?
    pub fn served(
        served: &[CertificateDer<'static>],
        root: &CertificateDer<'static>,
        key: &PrivateKey,
        host: &str,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect(name);
        write("host", host);
        write("leaf.key", &key.to_pem());
        write("leaf.pem", &pem::write_certificates(&served[..1]));
        write("between.pem", &pem::write_certificates(&served[1..]));
        write("chain.pem", &pem::write_certificates(served));
        write("root.pem", &pem::write_certificates([root]));
        Self { folder, host: host.parse().expect(host), chain: served.to_vec(), root: root.clone() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// A client's answer: nothing if it accepts, else why not.
pub type Answer = Result<(), String>;

/// A client.
struct Client {
    /// As `judge` names it.
    name: &'static str,
    probe: (&'static str, &'static [&'static str]),
    ask: fn(&[Question]) -> Vec<Answer>,
}

impl Client {
    /// Its answers, in the order of the questions; none if it is not here.
    fn ask(&self, questions: &[Question]) -> Option<Vec<Answer>> {
        let (judge, probe) = self.probe;
        is_here(judge, probe).then(|| {
            let answers = (self.ask)(questions);
            assert_eq!(answers.len(), questions.len(), "{}: {answers:?}", self.name);
            answers
        })
    }
}

/// All clients that can be asked on Linux.
const CLIENTS: &[Client] = &[
    Client { name: "OpenSSL", probe: ("openssl", &["version"]), ask: |all| each(all, openssl) },
    Client { name: "Python", probe: ("python3", &["--version"]), ask: python },
    Client { name: "Java", probe: ("java", &["--version"]), ask: java },
    Client { name: "NSS", probe: ("certutil", &["--help"]), ask: |all| each(all, nss) },
    Client { name: "GnuTLS", probe: ("certtool", &["--version"]), ask: |all| each(all, gnutls) },
    Client { name: "Go", probe: ("go", &["version"]), ask: go },
    // It is built in; any program that is surely here can stand for it.
    Client { name: "rustls", probe: ("cargo", &["--version"]), ask: |all| each(all, rustls) },
];

/// All clients' answers; each client is asked by a thread of its own.
pub fn ask_all(questions: &[Question]) -> Vec<(&'static str, Vec<Answer>)> {
    thread::scope(|scope| {
        let asked = CLIENTS.iter().map(|client| (client.name, scope.spawn(|| client.ask(questions))));
        let asked: Vec<_> = asked.collect();
        let answers = asked.into_iter().map(|(name, thread)| (name, thread.join().expect(name)));
        answers.filter_map(|(name, answers)| Some((name, answers?))).collect()
    })
}

fn each(questions: &[Question], ask: fn(&Question) -> Answer) -> Vec<Answer> {
    questions.iter().map(ask).collect()
}

fn command(question: &Question, judge: &str, arguments: &[&str]) -> Answer {
    let output = run(question.path(), judge, arguments);
    if output.status.success() { Ok(()) } else { Err(said(&output)) }
}

fn openssl(question: &Question) -> Answer {
    let host = question.host.to_string();
    let check = if matches!(question.host, Host::Ip(_)) { "-verify_ip" } else { "-verify_hostname" };
    let untrusted = ["-untrusted", "between.pem"];
    let untrusted = if question.chain.len() > 1 { &untrusted[..] } else { &[] };
    let common = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "root.pem", check, &host];
    command(question, "openssl", &[&common, untrusted, &["leaf.pem"]].concat())
}

fn gnutls(question: &Question) -> Answer {
    let host = question.host.to_string();
    let purpose = "1.3.6.1.5.5.7.3.1";
    let common = ["--verify", "--load-ca-certificate", "root.pem", "--infile", "chain.pem"];
    command(
        question,
        "certtool",
        &[&common[..], &["--verify-hostname", &host, "--verify-purpose", purpose]].concat(),
    )
}

fn nss(question: &Question) -> Answer {
    let folder = question.path();
    fs::create_dir_all(folder.join("db")).expect("a folder");
    let certutil =
        |arguments: &[&str]| command(question, "certutil", &[&["-d", "sql:db"], arguments].concat());
    certutil(&["-N", "--empty-password"])?;
    certutil(&["-A", "-n", "root", "-t", "C,,", "-i", "root.pem"])?;
    for (index, certificate) in question.chain.iter().enumerate() {
        if *certificate == question.root {
            continue;
        }
        fs::write(folder.join("one.der"), certificate).expect("a file");
        certutil(&["-A", "-n", &format!("{index}"), "-t", ",,", "-i", "one.der"])?;
    }
    let nickname = if question.chain[0] == question.root { "root" } else { "0" };
    certutil(&["-V", "-n", nickname, "-u", "V", "-e"])
}

fn rustls(question: &Question) -> Answer {
    let text = |error: webpki::Error| format!("{error:?}");
    let anchors = [anchor_from_trusted_cert(&question.root).map_err(text)?];
    let leaf = EndEntityCert::try_from(&question.chain[0]).map_err(text)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let now = UnixTime::since_unix_epoch(now);
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &question.chain[1..], now, usage, None, None)
        .map_err(text)?;
    let host = ServerName::try_from(question.host.to_string()).expect("a host");
    leaf.verify_is_valid_for_subject_name(&host).map_err(text)
}

/// Asks all questions in one run of a program that prints a verdict a line.
fn batch(questions: &[Question], judge: &str, arguments: &[&str]) -> Vec<Answer> {
    let folders = questions.iter().map(|question| question.path().to_str().expect("a path"));
    let arguments: Vec<&str> = arguments.iter().copied().chain(folders).collect();
    let output = run(Path::new("."), judge, &arguments);
    let text = said(&output);
    assert!(output.status.success(), "{judge}: {text}");
    let verdicts = text.lines().filter(|line| !line.starts_with("Picked up"));
    verdicts.map(|line| if line == "accepted" { Ok(()) } else { Err(line.to_owned()) }).collect()
}

fn source(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/judges").join(name);
    path.to_str().expect("a path").to_owned()
}

fn python(questions: &[Question]) -> Vec<Answer> {
    batch(questions, "python3", &[&source("handshake.py")])
}

fn java(questions: &[Question]) -> Vec<Answer> {
    batch(questions, "java", &[&source("Judge.java")])
}

fn go(questions: &[Question]) -> Vec<Answer> {
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

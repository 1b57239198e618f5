//! Messages, prompts, arguments and records: none contains a key or a passphrase.

use super::{PASSPHRASE, foreign_pair, forms};
use crate::{
    hostile::is_whole,
    lab::{Gitlab, HOST, Machine},
};

/// Commands that go well and commands that fail, all with a secret at hand. Each is run in one of
/// [`WAYS`], and with `LABTRUST_HOSTILE=all` in each of them.
const COMMANDS: [&str; 21] = [
    "setup --replace --no-trust",
    "setup --replace --no-trust --key /root/key.pem",
    "setup --key /root/encrypted.pem --passphrase-file /root/passphrase --replace --no-trust",
    "setup --key /root/encrypted.pem --passphrase-file /root/key.pem",
    "setup --key /root/encrypted.pem --passphrase-env SECRET --no-trust --replace",
    "setup --key /root/damaged.pem --replace",
    "setup --key /root/cut.pem --replace",
    "setup --ca-cert /root/leaf.pem --ca-key /root/key.pem --replace --no-trust",
    "import --cert /root/leaf.pem --key /root/other.pem --replace",
    "import --pkcs12 /root/pair.p12 --passphrase-file /root/passphrase --replace --no-trust",
    "import --pkcs12 /root/pair.p12 --passphrase-file /root/key.pem --replace",
    "request",
    "request --new-key --key /root/encrypted.pem --passphrase-file /root/passphrase",
    "import --cert /root/leaf.pem --replace --no-trust",
    "request --new-key --key /root/damaged.pem",
    "backup /root/saved.age --passphrase-file /root/passphrase",
    "restore /root/saved.age --passphrase-file /root/passphrase",
    "restore /root/saved.age --passphrase-file /root/key.pem",
    "sign pages.mygitlab.example.com -o /srv/signed",
    "trust /root/key.pem",
    "inspect /root/key.pem --passphrase-file /root/passphrase",
];

const WAYS: [&str; 3] = ["-v", "--json", "--dry-run"];

#[test]
fn no_key_and_no_passphrase_is_said_passed_on_or_written_down() {
    let machine = machine!("server");
    let _gitlab = Gitlab::start(&machine);
    foreign_pair(&machine);
    let script = "cd /root; umask 077
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.pem
        sed '2s/^..../AAAA/' key.pem >damaged.pem; sed '$d' key.pem >cut.pem";
    machine.sh(script).succeeded();
    let keys = ["/root/key.pem", "/root/other.pem"];
    let mut secrets: Vec<String> = keys.iter().flat_map(|key| forms(&machine, key)).collect();
    assert!(machine.read(keys[0]).contains(&secrets[0]), "what is looked for is not how a key looks");
    secrets.push(PASSPHRASE.to_owned());
    let (mut runs, mut children) = (0, 0);
    for (index, command) in COMMANDS.iter().enumerate() {
        let ways = if is_whole() { &WAYS[..] } else { std::slice::from_ref(&WAYS[index % WAYS.len()]) };
        for way in ways {
            let line = format!(
                "export SECRET={PASSPHRASE}; rm -rf /srv/signed
                 strace -f -qq -v -s 100000 -o /tmp/trace -e trace=execve labtrust {command} {way}"
            );
            let output = machine.sh(&line);
            assert!([0, 1, 3, 4].contains(&output.code()), "{output}");
            // The first is labtrust itself, whose environment is its caller's.
            let trace = machine.read("/tmp/trace");
            let passed_on: Vec<_> = trace.lines().skip(1).collect();
            children += passed_on.len();
            runs += 1;
            for (what, text) in
                [("said", &output.stdout), ("said", &output.stderr), ("passed on", &passed_on.join("\n"))]
            {
                assert_none(&secrets, text, &format!("{command} {way}: {what}"));
            }
            // Keys that a run created are secret from then on.
            secrets.extend(made(&machine));
            secrets.sort();
            secrets.dedup();
        }
    }
    let receipts =
        machine.sh("cat /var/lib/labtrust/receipts/*/receipt.json /var/lib/labtrust/authority/*.json");
    assert!(receipts.stdout.contains("\"schema\""), "{receipts}");
    assert_none(&secrets, &receipts.stdout, "receipts");
    assert!(children > runs, "no child was seen");
    println!("{runs} runs, {children} children, {} secrets: none was met", secrets.len());
}

/// The forms of the keys that labtrust has made.
fn made(machine: &Machine) -> Vec<String> {
    let ours = [
        format!("/etc/gitlab/ssl/{HOST}.key"),
        "/var/lib/labtrust/authority/intermediate.key".into(),
        "/srv/signed/pages.mygitlab.example.com.key".into(),
    ];
    let requests = machine.sh("ls /var/lib/labtrust/requests/*/key 2>/dev/null || :").stdout;
    let requests = requests.lines().map(str::to_owned);
    let ours = ours.into_iter().chain(requests);
    ours.filter(|key| machine.has(key)).flat_map(|key| forms(machine, &key)).collect()
}

fn assert_none(secrets: &[String], text: &str, point: &str) {
    let met = secrets.iter().find(|secret| text.contains(secret.as_str()));
    assert!(met.is_none(), "{point}: {met:?} in {text}");
}

//! The tried verbs, one row each.

use crate::lab::{Engine, Gitlab, Jdk, Machine, Manager, Pair, Passing, Proxy, Release};

/// A verb, and how it is tried. `{sha256}` stands for the fingerprint of the foreign root.
pub(super) struct Verb {
    pub name: &'static str,
    /// The lines that run before it, each time.
    pub prepare: &'static [&'static str],
    /// The verb itself; words such as `NAME=value` before it are its environment.
    pub line: &'static str,
    /// The lines that restore the machine.
    pub undo: &'static [&'static str],
    /// The certificate and the key that it installs.
    pub pair: Option<[&'static str; 2]>,
    /// Whether certificate and key must belong together at every moment, because there was a pair before.
    pub replaces: bool,
    /// Whether it adds an anchor to the system's bundle.
    pub adds: bool,
    /// A step of a rotation.
    pub turn: Option<Turn>,
    /// An engine or server on the machine, if there is one. The engine is not restarted, so code 4 is a success.
    pub beside: Option<Beside>,
}

/// Something that a verb finds on its machine.
pub(super) struct Beside {
    /// Sets it up.
    pub lay: fn(&Machine, &Pair),
    /// The file that the verb creates for it.
    pub makes: &'static str,
    /// A script that succeeds if the verb is done.
    pub works: &'static str,
    /// The exit code of a success that leaves something: 4 for a restart, 3 for root's part.
    pub leaves: i32,
}

/// A step of a rotation, which cannot be done twice. The CA in use is in the bundle anyway, and the served certificate keeps
/// its key.
pub(super) struct Turn {
    /// A script that succeeds if the step is done.
    pub ends: &'static str,
}

const TRUST: &str = "labtrust trust /root/ca.crt --for mygitlab.example.com:4567 --fingerprint {sha256}";

pub(super) const SETUP: Verb = Verb {
    name: "setup",
    prepare: &[],
    line: "labtrust setup mygitlab.example.com --prepare /srv/gitlab",
    undo: &["labtrust setup --undo"],
    pair: Some([
        "/srv/gitlab/config/ssl/mygitlab.example.com.crt",
        "/srv/gitlab/config/ssl/mygitlab.example.com.key",
    ]),
    replaces: false,
    adds: true,
    turn: None,
    beside: None,
};

/// Replaces another certificate and key, which undoing must restore.
pub(super) const IMPORT: Verb = Verb {
    name: "import",
    prepare: &[],
    line: "labtrust import --cert /root/leaf.crt --key /root/leaf.key --chain /root/ca.crt --out /srv/proxy --replace --reload true",
    undo: &["labtrust setup --undo", "labtrust untrust"],
    pair: Some(PROXY),
    replaces: true,
    adds: true,
    turn: None,
    beside: None,
};

const PROXY: [&str; 2] = ["/srv/proxy/mygitlab.example.com.crt", "/srv/proxy/mygitlab.example.com.key"];

const PROXY_SETUP: &str = "labtrust setup mygitlab.example.com --out /srv/proxy --reload true --no-trust";

/// With the present key: one file is replaced.
pub(super) const RENEW: Verb = Verb {
    name: "renew",
    prepare: &[PROXY_SETUP],
    line: "labtrust renew",
    undo: &["labtrust setup --undo"],
    pair: Some(PROXY),
    replaces: true,
    adds: false,
    turn: None,
    beside: None,
};

/// With a new key, after an earlier run has moved the pair to a folder of its own.
pub(super) const REKEY: Verb = Verb {
    name: "renew --new-key",
    prepare: &[PROXY_SETUP, "labtrust renew --new-key"],
    line: "labtrust renew --new-key",
    undo: &["labtrust setup --undo"],
    pair: Some(PROXY),
    replaces: true,
    adds: false,
    turn: None,
    beside: None,
};

/// With a new key, while the pair is in plain files.
pub(super) const FIRST_REKEY: Verb = Verb { name: "first --new-key", prepare: &[PROXY_SETUP], ..REKEY };

/// Signs all certificates until the CA ends.
pub(super) const SEALING: Verb = Verb {
    name: "setup --sealed",
    prepare: &[],
    line: "labtrust setup mygitlab.example.com --out /srv/proxy --reload true --no-trust --sealed --days 825",
    replaces: false,
    ..RENEW
};

/// Places the certificate of the present period with its key.
pub(super) const UNSEALING: Verb = Verb {
    name: "renew sealed",
    prepare: &["faketime -m --exclude-monotonic -f -300d \
         labtrust setup mygitlab.example.com --out /srv/proxy --reload true --no-trust --sealed"],
    ..RENEW
};

pub(super) const TRUSTING: Verb = Verb {
    name: "trust",
    prepare: &[],
    line: TRUST,
    undo: &["labtrust untrust"],
    pair: None,
    replaces: false,
    adds: true,
    turn: None,
    beside: None,
};

pub(super) const UNTRUSTING: Verb = Verb {
    name: "untrust",
    prepare: &[TRUST],
    line: "labtrust untrust",
    undo: &["labtrust untrust"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
    beside: None,
};

/// Creates an NSS database for a user, as that user, and adds an entry by certutil.
pub(super) const TRUSTING_NSS: Verb = Verb {
    name: "trust in NSS",
    prepare: &[],
    line: "SUDO_UID=4321 SUDO_GID=4321 SUDO_USER=alice \
           labtrust trust /root/ca.crt --for mygitlab.example.com --fingerprint {sha256} --store=chromium",
    undo: &["SUDO_UID=4321 SUDO_GID=4321 SUDO_USER=alice labtrust untrust"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
    beside: Some(Beside {
        lay: |machine, _| {
            machine.run(["useradd", "--create-home", "--uid", "4321", "alice"]).succeeded();
            // A browser that was never started has no database.
            machine.write_with_mode("/usr/bin/chromium", "755", "");
        },
        makes: "/home/alice/.local/share/pki/nssdb/cert9.db",
        works: "certutil -L -d sql:/home/alice/.local/share/pki/nssdb | grep -q ' C,,' && [ ! -e /home/alice/.pki ]",
        leaves: 4,
    }),
};

/// Stores a key.
pub(super) const REQUEST: Verb = Verb {
    name: "request",
    prepare: &[],
    line: "labtrust request mygitlab.example.com",
    undo: &["labtrust request --undo"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
    beside: None,
};

/// Imports with the stored key, and replaces the pair of an earlier request.
pub(super) const ANSWERED: Verb = Verb {
    name: "answered",
    prepare: &[
        "labtrust request mygitlab.example.com --key /root/old.key",
        "labtrust import --cert /root/old.crt --chain /root/old-ca.crt --out /srv/proxy --replace --no-trust",
        "labtrust request mygitlab.example.com --key /root/leaf.key",
    ],
    line: "labtrust import --cert /root/leaf.crt --chain /root/ca.crt --out /srv/proxy --replace --no-trust",
    undo: &["labtrust setup --undo", "labtrust request --undo"],
    pair: IMPORT.pair,
    replaces: true,
    adds: false,
    turn: None,
    beside: None,
};

/// The doctor fixes two faults: a drop-in of the engine whose proxy is in the way, and the trust that is missing behind it.
pub(super) const MENDING: Verb = Verb {
    name: "doctor --fix",
    prepare: &[],
    line: "labtrust doctor mygitlab.example.com:4567 --fix --fingerprint {sha256}",
    undo: &["labtrust untrust", "labtrust doctor --undo"],
    pair: None,
    replaces: false,
    adds: true,
    turn: None,
    beside: Some(Beside {
        lay: |machine, pair| {
            let engine = Engine::start_as(machine, Release::Installed, Manager::Systemd);
            let proxy = Proxy::start(machine, Passing::Never("503 Service Unavailable"));
            engine
                .drop_in("proxy.conf", &format!("Environment=HTTPS_PROXY={} NO_PROXY=.example", proxy.url()));
            Gitlab::start(machine).serve(pair);
        },
        makes: "/etc/systemd/system/docker.service.d/zz-labtrust.conf",
        works: "true",
        leaves: 4,
    }),
};

/// Adds an entry to a JDK's keystore.
pub(super) const ENTERING: Verb = Verb {
    name: "trust in Java",
    prepare: &[],
    line: "labtrust trust /root/ca.crt --fingerprint {sha256} --store java",
    undo: &["labtrust untrust"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
    beside: Some(JDK),
};

/// Removes it.
pub(super) const LEAVING: Verb = Verb {
    name: "untrust in Java",
    prepare: &[ENTERING.line],
    line: "labtrust untrust",
    undo: &["labtrust untrust"],
    ..ENTERING
};

const JDK: Beside = Beside {
    lay: |machine, _| drop(Jdk::install(machine, "/opt/jdk")),
    makes: "/opt/jdk/bin/keytool",
    works: "true",
    leaves: 4,
};

/// Edits a registry's settings of containerd, which belong to somebody else.
pub(super) const EDIT_TOML: Verb = Verb {
    name: "edit TOML",
    prepare: &[],
    line: "labtrust trust /root/ca.crt --for mygitlab.example.com:4567 --fingerprint {sha256} --store containerd",
    undo: &["labtrust untrust"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
    beside: Some(Beside {
        lay: |machine, _| {
            // Without ctr nothing is asked about the registry.
            machine.sh("rm -f /usr/bin/ctr; mkdir -p /var/lib/kubelet").succeeded();
            machine.write(
                "/etc/containerd/config.toml",
                "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\nconfig_path = \"/etc/containerd/certs.d\"\n",
            );
            machine.write(HOSTS, "# by hand\nca = 'o.crt'\n\n[host.\"https://mygitlab.example.com:4567\"]\n");
        },
        makes: HOSTS,
        works: "true",
        leaves: 4,
    }),
};

const HOSTS: &str = "/etc/containerd/certs.d/mygitlab.example.com:4567/hosts.toml";

/// Edits the policies of a browser, which belong to somebody else.
pub(super) const EDIT_JSON: Verb = Verb {
    name: "edit JSON",
    prepare: &[],
    line: "labtrust trust /root/ca.crt --for mygitlab.example.com --fingerprint {sha256} --store chromium-policy",
    undo: &["labtrust untrust"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
    beside: Some(Beside {
        lay: |machine, _| {
            machine.write_with_mode("/usr/lib/chromium/chromium", "755", "");
            machine.write(
                POLICIES,
                "{\n  // by hand\n  \"CACertificates\": [\"AAAA\"],\n  \"BrowserSignin\": 0\n}\n",
            );
        },
        makes: POLICIES,
        works: "grep -q '\"AAAA\"' /etc/chromium/policies/managed/others.json && \
                grep -q '\"MII' /etc/chromium/policies/managed/others.json",
        leaves: 4,
    }),
};

/// Writes the file for the administrator, as a user who may not do the rest.
pub(super) const ASKING_ROOT: Verb = Verb {
    name: "file for root",
    prepare: &[],
    line: "AS=alice labtrust trust /srv/ca.crt --for mygitlab.example.com:4567 --fingerprint {sha256} --store system \
           --admin-file /home/alice/for-root.pem",
    undo: &["AS=alice labtrust untrust"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
    beside: Some(Beside {
        lay: |machine, pair| {
            machine.run_as("alice", ["mkdir", "-p", "/home/alice/.local/share"]).succeeded();
            machine.write("/srv/ca.crt", &pair.root);
        },
        makes: ASKED,
        works: "grep -q 'labtrust trust ./for-root.pem' /home/alice/for-root.pem && \
                openssl x509 -in /home/alice/for-root.pem | cmp - /srv/ca.crt && \
                [ $(stat -c %U%a /home/alice/for-root.pem) = alice644 ]",
        leaves: 3,
    }),
};

const ASKED: &str = "/home/alice/for-root.pem";

const POLICIES: &str = "/etc/chromium/policies/managed/others.json";

const CA: &str = "labtrust setup mygitlab.example.com --out /srv/proxy2 --no-trust";
const TO_AGE: &str = "labtrust backup /root/ca.age --replace --recipient age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

/// A backup with a passphrase needs no fingerprint.
const BY_PASSPHRASE: &str = "labtrust backup /root/ca.age --replace --passphrase-file /root/age.key";

pub(super) const BACKUP: Verb = Verb {
    name: "backup",
    prepare: &[CA],
    line: TO_AGE,
    undo: &["labtrust setup --undo", "rm -f /root/ca.age"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
    beside: None,
};

/// On a machine that has lost everything.
pub(super) const RESTORE: Verb = Verb {
    name: "restore",
    prepare: &[CA, BY_PASSPHRASE, "labtrust setup --undo"],
    line: "labtrust restore /root/ca.age --passphrase-file /root/age.key",
    undo: &["labtrust setup --undo", "rm -f /root/ca.age"],
    pair: None,
    replaces: false,
    adds: false,
    turn: None,
    beside: None,
};

const SETUP_OUT: &str = "labtrust setup mygitlab.example.com --out /srv/proxy --reload true --replace";
const ROTATE: &str = "labtrust rotate start";
const SWITCH: &str = "labtrust rotate switch --clients-ready";

/// A step of a rotation after those in `prepare`.
const fn turn(
    name: &'static str,
    prepare: &'static [&'static str],
    line: &'static str,
    adds: bool,
    ends: &'static str,
) -> Verb {
    let turn = Some(Turn { ends });
    Verb {
        name,
        prepare,
        line,
        undo: &["labtrust setup --undo"],
        pair: IMPORT.pair,
        replaces: true,
        adds,
        turn,
        beside: None,
    }
}

/// The steps of a rotation.
pub(super) const TURNS: [&Verb; 5] = [
    &turn(
        "start",
        &[SETUP_OUT],
        ROTATE,
        true,
        r#"grep -q '"next": "authority-' rotation.json && [ $(grep -c BEGIN /srv/proxy/*.crt) = 5 ]"#,
    ),
    &turn("switch", &[SETUP_OUT, ROTATE], SWITCH, true, r#"grep -q '"current": "authority-' rotation.json"#),
    &turn(
        "retire",
        &[SETUP_OUT, ROTATE, SWITCH],
        "labtrust rotate retire",
        false,
        r#"grep -q '"previous": null' rotation.json && [ ! -e authority ]"#,
    ),
    &turn(
        "abort",
        &[SETUP_OUT, ROTATE],
        "labtrust rotate abort",
        false,
        "grep -q '\"next\": null' rotation.json && [ $(ls -d authority* | wc -l) = 1 ]",
    ),
    &turn(
        "back",
        &[SETUP_OUT, ROTATE, SWITCH],
        "labtrust rotate abort",
        true,
        r#"grep -q '"current": "authority"' rotation.json"#,
    ),
];

/// The verbs that start other programs.
pub(super) const VERBS: [&Verb; 5] = [&SETUP, &IMPORT, &TRUSTING, &UNTRUSTING, &TRUSTING_NSS];

/// The verbs that change a database, which only its own tool writes.
pub(super) const ENTRIES: [&Verb; 2] = [&ENTERING, &LEAVING];

/// The verbs that only change files.
pub(super) const ALONE: [&Verb; 12] = [
    &SEALING,
    &UNSEALING,
    &REQUEST,
    &ANSWERED,
    &RENEW,
    &FIRST_REKEY,
    &REKEY,
    &BACKUP,
    &RESTORE,
    &EDIT_TOML,
    &EDIT_JSON,
    &ASKING_ROOT,
];

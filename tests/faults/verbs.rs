//! The verbs that are tried, a row each.

use crate::lab::{Engine, Gitlab, Machine, Manager, Pair, Passing, Proxy, Release};

/// A verb, and what belongs to trying it. `{sha256}` stands for the fingerprint of the foreign root.
pub(super) struct Verb {
    pub name: &'static str,
    /// What is done before it, each time.
    pub prepare: &'static [&'static str],
    /// The verb itself.
    pub line: &'static str,
    /// What gives the machine back.
    pub undo: &'static [&'static str],
    /// The certificate and the key that it places.
    pub pair: Option<[&'static str; 2]>,
    /// Whether these two belong together at every instant: a pair stood there before.
    pub replaces: bool,
    /// Whether it adds an anchor to the system's bundle, or takes one away.
    pub adds: bool,
    /// A step of a rotation.
    pub turn: Option<Turn>,
    /// What stands beside, if something does: an engine, which is not restarted; code 4 is a success then.
    pub beside: Option<Beside>,
}

/// What a verb finds on its machine.
pub(super) struct Beside {
    /// Lays it.
    pub lay: fn(&Machine, &Pair),
    /// What the verb makes of it.
    pub makes: &'static str,
}

/// What is known of a step of a rotation, which cannot be done twice. The CA in use is in the bundle anyway, and what
/// is served keeps its key.
pub(super) struct Turn {
    /// The script that succeeds when it is done.
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

/// In place of another pair, which must come back.
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

/// With the key that is there: one file is replaced.
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

/// With a new key, which an earlier run has given a folder of its own.
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

/// The same where plain files stand.
pub(super) const FIRST_REKEY: Verb = Verb { name: "first --new-key", prepare: &[PROXY_SETUP], ..REKEY };

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

/// Keeps a key.
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

/// With the key that was kept, in place of that of an earlier answer.
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

/// What the doctor mends in two places: a drop-in of the engine's, whose proxy is in the way, and the trust that it
/// lacks behind that.
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
    }),
};

const CA: &str = "labtrust setup mygitlab.example.com --out /srv/proxy2 --no-trust";
const TO_AGE: &str = "labtrust backup /root/ca.age --replace --recipient age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

/// Whoever knows the passphrase needs no fingerprint.
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

/// On a machine that has lost all that it had.
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

/// All of them that have others work for them.
pub(super) const VERBS: [&Verb; 4] = [&SETUP, &IMPORT, &TRUSTING, &UNTRUSTING];

/// Those that change files and nothing else.
pub(super) const ALONE: [&Verb; 7] = [&REQUEST, &ANSWERED, &RENEW, &FIRST_REKEY, &REKEY, &BACKUP, &RESTORE];

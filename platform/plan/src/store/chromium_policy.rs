//! Chromium and its kin for every user of the machine: a managed policy names the CAs. Policies are read at a browser's start.
//!
//! A CA with name constraints goes into `CACertificates`. Any other goes into `CACertificatesWithConstraints` with the known
//! servers, so that it can sign for no other. Of several files with one of these keys, the browser uses one alone, and merges
//! no lists: if there is such a file, the item goes into that file. A broken file is ignored without a word.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::row::{About, ByHand, Done, Group, Look, Planned, Scope, Store, Tried};
use crate::{
    Actor, Anchor, Change, Edit, Facts, Host, Proof, Reload, Service, Step, edit::current, fact::Os, hint,
    text,
};

pub(super) const STORE: Store = Store {
    id: "chromium-policy",
    title: "the policies of Chromium, Chrome and Brave, for every user",
    group: Group::Browsers,
    about: About {
        writes: "an item of `CACertificates` or `CACertificatesWithConstraints` in `policies/managed`",
        proof: "the policy is set in the file that the browser uses",
        tried: Tried::Real("chromium 156"),
    },
    plan,
    looks,
    scope: Scope::Everything,
    reads_also: |_| Vec::new(),
};

/// A browser: its name in a sentence, its possible programs, the name of its processes, and its policies.
struct Browser {
    title: &'static str,
    programs: &'static [&'static str],
    process: &'static str,
    policies: Policies,
    /// Whether its documentation promises the policies with CAs on Linux. Others may still hide a CA.
    is_served: bool,
}

/// The folder of the policies that are in force, and the files in it and in the folder whose policies a user may change.
struct Policies {
    folder: &'static str,
    files: [Look; 2],
}

/// The policies below `$folder`.
macro_rules! policies {
    ($folder:literal) => {
        Policies {
            folder: concat!($folder, "/managed"),
            files: [
                Look::Text(concat!($folder, "/managed/*.json")),
                Look::Text(concat!($folder, "/recommended/*.json")),
            ],
        }
    };
}

const BROWSERS: &[Browser] = &[
    Browser {
        title: "Chromium",
        programs: &[
            "/usr/lib/chromium/chromium",
            "/usr/lib/chromium-browser/chromium-browser",
            "/usr/lib64/chromium-browser/chromium-browser",
        ],
        process: "chromium",
        policies: policies!("/etc/chromium/policies"),
        is_served: true,
    },
    // Its package asks for the right to read this folder alone (the plug `etc-chromium-browser-policies`).
    Browser {
        title: "Chromium's snap",
        programs: &["/snap/chromium/current"],
        process: "chrome",
        policies: policies!("/etc/chromium-browser/policies"),
        is_served: true,
    },
    Browser {
        title: "Chrome",
        programs: &["/opt/google/chrome/chrome"],
        process: "chrome",
        policies: policies!("/etc/opt/chrome/policies"),
        is_served: true,
    },
    Browser {
        title: "Brave",
        programs: &["/opt/brave.com/brave/brave"],
        process: "brave",
        policies: policies!("/etc/brave/policies"),
        is_served: true,
    },
    Browser {
        // Microsoft's documentation of both policies names Windows and macOS alone.
        title: "Edge",
        programs: &["/opt/microsoft/msedge/msedge"],
        process: "msedge",
        policies: policies!("/etc/opt/edge/policies"),
        is_served: false,
    },
    // Vivaldi documents no folder on Linux; administrators use these.
    Browser {
        title: "Vivaldi",
        programs: VIVALDI,
        process: "vivaldi-bin",
        policies: policies!("/etc/opt/vivaldi/policies"),
        is_served: false,
    },
    Browser {
        title: "Vivaldi",
        programs: VIVALDI,
        process: "vivaldi-bin",
        policies: policies!("/etc/vivaldi/policies"),
        is_served: false,
    },
];

const VIVALDI: &[&str] = &["/opt/vivaldi/vivaldi-bin", "/opt/vivaldi-snapshot/vivaldi-bin"];

/// The folder beside such a folder whose policies a user may change.
const RECOMMENDED: &str = "recommended";

/// The file in such a folder that labtrust makes.
const OWN: &str = "labtrust.json";

/// The policies with CAs: without and with names beside the certificate.
const PLAIN: &str = "CACertificates";
const CONSTRAINED: &str = "CACertificatesWithConstraints";
/// The key of the certificate in an item of the second.
const CERTIFICATE: &str = "certificate";

/// The policies that hide a CA: this one by the certificate, that one as a whole for the users' own databases.
const DISTRUSTED: &str = "CADistrustedCertificates";
const PLATFORM: &str = "CAPlatformIntegrationEnabled";

const NO_SERVER: &str =
    "the CA can sign for every server, so the policy limits it to those that are known, and none is";

/// A name and a network that no server has (RFC 6761, RFC 5737): a list with nothing else permits none of its kind, and a
/// missing list permits all.
const NO_NAME: &str = "invalid";
const NO_NETWORK: &str = "192.0.2.0/32";

/// The extension `nameConstraints` as it is encoded (RFC 5280, 4.2.1.10).
const NAME_CONSTRAINTS: [u8; 5] = [0x06, 0x03, 0x55, 0x1d, 0x1e];

pub(super) fn looks() -> Vec<Look> {
    let programs = BROWSERS.iter().flat_map(|browser| browser.programs);
    let files = BROWSERS.iter().flat_map(|browser| browser.policies.files);
    programs.map(|path| Look::Path(path)).chain(files).collect()
}

fn plan(facts: &Facts, anchor: &Anchor) -> Planned {
    let installed: Vec<_> = installed(facts).filter(|browser| browser.is_served).collect();
    if facts.os == Os::Macos || installed.is_empty() {
        return Planned::Absent("none of these browsers is installed for every user".into());
    }
    let Some((key, item)) = item(anchor) else {
        // Somebody else may have set it: who removes the CA needs no server for that.
        let others: Vec<_> = installed.iter().filter_map(|one| others_change(facts, anchor, one)).collect();
        let Some(first) = others.first() else { return Planned::without_endpoint(NO_SERVER) };
        let done = Some(Done::Proven(first.proof.clone()));
        let step = ByHand { done, ..ByHand::new(NO_SERVER, "name one: --for HOST:PORT") };
        return Planned::Partly { changes: others, rest: vec![step] };
    };
    if let Some((name, why)) = forbidden(anchor, key) {
        return Planned::Manual { why, todo: Some(hint!("name that host too: --for {}", name)) };
    }
    let mut changes: Vec<Change> = Vec::new();
    let mut rest = Vec::new();
    for browser in installed {
        match place(facts, browser, key) {
            Ok(path) => changes.push(change(browser, (&path, key, &item), listed(facts, anchor, browser))),
            Err(step) => rest.push(*step),
        }
        rest.extend(distrust(facts, anchor, browser));
    }
    if rest.is_empty() { Planned::Changes(changes) } else { Planned::Partly { changes, rest } }
}

/// A browser's name, and the folder of its policies.
type Served = (&'static str, &'static str);

/// The policies that make the served browsers trust `anchors`, and their folders with the browsers' names; or why they cannot.
pub(crate) fn policies(anchors: &[Anchor]) -> Result<(Value, Vec<Served>), String> {
    let mut policies = serde_json::Map::new();
    for anchor in anchors {
        let (key, item) = item(anchor).ok_or(NO_SERVER)?;
        if let Some((_, why)) = forbidden(anchor, key) {
            return Err(why);
        }
        if let Some(list) = policies.entry(key).or_insert_with(|| json!([])).as_array_mut() {
            list.push(item);
        }
    }
    let served = BROWSERS.iter().filter(|browser| browser.is_served);
    Ok((Value::Object(policies), served.map(|browser| (browser.title, browser.policies.folder)).collect()))
}

/// The folders of the policies of the served browsers, each with the paths that show that the browser is installed.
pub(crate) fn folders() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let served = BROWSERS.iter().filter(|browser| browser.is_served);
    served.map(|browser| (browser.policies.folder, browser.programs))
}

fn installed(facts: &Facts) -> impl Iterator<Item = &'static Browser> {
    BROWSERS.iter().filter(|browser| browser.programs.iter().any(|program| facts.has(program)))
}

/// The policy for `anchor`, and its item; none if it must be limited to servers and none is known.
fn item(anchor: &Anchor) -> Option<(&'static str, Value)> {
    let base64 = anchor.certificate.base64();
    let der = anchor.certificate.der();
    if der.windows(NAME_CONSTRAINTS.len()).any(|window| window == NAME_CONSTRAINTS) {
        return Some((PLAIN, base64.into()));
    }
    let (mut names, mut networks) = (Vec::new(), Vec::new());
    for endpoint in &anchor.endpoints {
        match &endpoint.host {
            Host::Dns(name) => names.push(name.to_string()),
            Host::Ip(address) => {
                networks.push(format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 }));
            }
        }
    }
    if anchor.endpoints.is_empty() {
        return None;
    }
    for (list, nothing) in [(&mut names, NO_NAME), (&mut networks, NO_NETWORK)] {
        list.sort();
        list.dedup();
        if list.is_empty() {
            list.push(nothing.to_owned());
        }
    }
    let constraints = json!({ "permitted_dns_names": names, "permitted_cidrs": networks });
    Some((CONSTRAINED, json!({ CERTIFICATE: base64, "constraints": constraints })))
}

/// A name of the server's certificate that the policy `key` would forbid, and the reason: the browser would refuse the certificate
/// for all its names.
fn forbidden<'a>(anchor: &'a Anchor, key: &str) -> Option<(&'a str, String)> {
    let name = anchor.names.iter().find(|name| key == CONSTRAINED && !is_permitted(anchor, name))?;
    let why = format!(
        "the server's certificate is also for {name}, and the policy would limit the CA to other names"
    );
    Some((name, why))
}

/// Why browsers would refuse the server of `anchor` by the policy, if they would.
pub(crate) fn refusal(anchor: &Anchor) -> Option<(&str, String)> {
    item(anchor).and_then(|(key, _)| forbidden(anchor, key))
}

/// Whether the policy permits `name`: it is the host of an endpoint of `anchor`, or below one.
fn is_permitted(anchor: &Anchor, name: &str) -> bool {
    anchor.endpoints.iter().any(|endpoint| match (&endpoint.host, name.parse::<Host>()) {
        (Host::Dns(parent), Ok(Host::Dns(name))) => name.is_within(parent),
        (Host::Ip(address), Ok(Host::Ip(name))) => *address == name,
        _ => false,
    })
}

/// The policy files of `browser`, in the order of their names.
fn files<'f>(facts: &'f Facts, browser: &'f Browser) -> impl Iterator<Item = &'f Path> {
    files_in(facts, vec![browser.policies.folder.into()])
}

/// The same, and the files whose policies a user may change.
fn all_files<'f>(facts: &'f Facts, browser: &'f Browser) -> impl Iterator<Item = &'f Path> {
    let folder = Path::new(browser.policies.folder);
    files_in(facts, vec![folder.to_owned(), folder.with_file_name(RECOMMENDED)])
}

fn files_in(facts: &Facts, folders: Vec<PathBuf>) -> impl Iterator<Item = &Path> {
    let is_in = move |path: &&Path| folders.iter().any(|one| path.parent() == Some(one));
    facts.paths.iter().map(PathBuf::as_path).filter(is_in)
}

/// The value of `key` in the policy file at `path`; none if it is not there, or the browser cannot read the file.
fn value(facts: &Facts, path: &Path, key: &str) -> Option<Value> {
    current(Some(facts.text(path)?.as_bytes()), &[key.to_owned()]).ok()?
}

/// The file of `browser` for the policy `key`: the one that is in force for it, or our own.
fn place(facts: &Facts, browser: &Browser, key: &str) -> Result<PathBuf, Box<ByHand>> {
    if let Some(unknown) = files(facts, browser).find(|path| facts.text(path).is_none()) {
        return Err(Box::new(ByHand::new(
            format!("{} cannot be read: it may set {key} for {}", text::path(unknown), browser.title),
            hint!("make it readable, then try again: sudo chmod a+r {}", unknown),
        )));
    }
    Ok(in_force(facts, browser, key)
        .map_or_else(|| Path::new(browser.policies.folder).join(OWN), Path::to_owned))
}

/// An item with the certificate in a policy file.
struct Listed<'f> {
    path: &'f Path,
    key: &'static str,
    /// The item without its limits. With other limits, the browser does not trust the CA for the known servers.
    item: Value,
    is_in_force: bool,
}

impl Listed<'_> {
    /// The proof that the browser uses it. The CA is gone only if the item is, even where another file hides it now.
    fn proof(self) -> Proof {
        let (path, edit) = (self.path.to_owned(), edit(self.key, &self.item));
        if self.is_in_force { Proof::Edited { path, edit } } else { Proof::Hidden { path, edit } }
    }
}

/// The items with the certificate of `anchor` in the policy files of `browser`, also those of other programs.
fn listed<'f>(facts: &'f Facts, anchor: &Anchor, browser: &'f Browser) -> Vec<Listed<'f>> {
    let base64 = Value::from(anchor.certificate.base64());
    let is_it = |item: &Value| [Some(item), item.get(CERTIFICATE)].contains(&Some(&base64));
    let is_listed = |path: &Path, key| {
        value(facts, path, key).is_some_and(|list| list.as_array().is_some_and(|list| list.iter().any(is_it)))
    };
    let mut listed = Vec::new();
    for (key, item) in [(PLAIN, base64.clone()), (CONSTRAINED, json!({ CERTIFICATE: base64 }))] {
        let in_force = in_force(facts, browser, key);
        for path in files(facts, browser).filter(|path| is_listed(path, key)) {
            listed.push(Listed { path, key, item: item.clone(), is_in_force: in_force == Some(path) });
        }
    }
    listed
}

/// The file of `browser` whose value of `key` is in force: the last one wins.
fn in_force<'f>(facts: &'f Facts, browser: &'f Browser, key: &str) -> Option<&'f Path> {
    files(facts, browser).filter(|path| value(facts, path, key).is_some()).last()
}

/// The edit that adds `item` to the list `key`.
fn edit(key: &str, item: &Value) -> Edit {
    let name = item.is_object().then(|| CERTIFICATE.to_owned());
    Edit::JsonItem { keys: vec![key.to_owned()], item: item.clone(), name }
}

/// The change that adds `item` to the list `key` in the file at `path`. The CA is gone when no `listed` item is left either.
fn change(browser: &Browser, (path, key, item): (&Path, &str, &Value), listed: Vec<Listed<'_>>) -> Change {
    let ours = Proof::Edited { path: path.to_owned(), edit: edit(key, item) };
    let others = listed.into_iter().filter(|one| (one.path, one.key) != (path, key)).map(Listed::proof);
    let step = Step::Edit { path: path.to_owned(), edit: edit(key, item), mode: 0o644 };
    change_of(browser, path, vec![step], [ours].into_iter().chain(others).collect())
}

/// A change without steps, if somebody else set the CA for `browser`.
fn others_change(facts: &Facts, anchor: &Anchor, browser: &Browser) -> Option<Change> {
    let listed = listed(facts, anchor, browser);
    let path = listed.first()?.path;
    Some(change_of(browser, path, Vec::new(), listed.into_iter().map(Listed::proof).collect()))
}

fn change_of(browser: &Browser, path: &Path, steps: Vec<Step>, proofs: Vec<Proof>) -> Change {
    Change {
        store: STORE.id(),
        subject: path.display().to_string(),
        actor: Actor::Machine,
        steps,
        reload: Reload {
            restart: vec![Service::program_of_all(browser.title, &[browser.process])],
            ..Reload::default()
        },
        proof: Proof::any(proofs),
        serves: None,
    }
}

/// The policy that distrusts `anchor` in `browser`, if there is one: it beats all others.
fn distrust(facts: &Facts, anchor: &Anchor, browser: &Browser) -> Option<ByHand> {
    let base64 = anchor.certificate.base64();
    let distrusts = |path: &&Path| {
        value(facts, path, DISTRUSTED)
            .is_some_and(|list| list.as_array().is_some_and(|list| list.contains(&base64.as_str().into())))
    };
    let path = all_files(facts, browser).find(distrusts)?;
    Some(masked(browser, path, DISTRUSTED, "distrusts the CA"))
}

/// The policies of the installed browsers that hide `anchor` in the users' own databases. It does not matter where the policy of
/// [`STORE`] names the CA, which the same run may bring about.
pub(super) fn masks(facts: &Facts, anchor: &Anchor) -> Vec<ByHand> {
    let ignores = |browser: &&Browser, path: &&Path| {
        value(facts, path, PLATFORM) == Some(false.into())
            && !listed(facts, anchor, browser).iter().any(|item| item.is_in_force)
    };
    let steps = installed(facts).filter_map(|browser| {
        let path = all_files(facts, browser).find(|path| ignores(&browser, path))?;
        let step = masked(browser, path, PLATFORM, "makes the browser ignore the users' own CAs");
        Some(ByHand { done: served(facts, anchor, browser).map(Done::Proven), ..step })
    });
    steps.chain(installed(facts).filter_map(|browser| distrust(facts, anchor, browser))).collect()
}

/// The proof that the policy of [`STORE`] names the CA for `browser`.
fn served(facts: &Facts, anchor: &Anchor, browser: &Browser) -> Option<Proof> {
    let (key, item) = item(anchor).filter(|_| browser.is_served)?;
    Some(Proof::Edited { path: place(facts, browser, key).ok()?, edit: edit(key, &item) })
}

fn masked(browser: &Browser, path: &Path, key: &'static str, does: &str) -> ByHand {
    ByHand::new(
        format!("{} of {} {does}: {}", key, browser.title, text::path(path)),
        hint!("remove {} from {}, or ask who set it", crate::Prose(key), path),
    )
}

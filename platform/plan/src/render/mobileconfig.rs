//! `mobileconfig`: a configuration profile for macOS, iOS and iPadOS, with a payload for each CA. Its identifiers are made from the
//! SHA-256, so that the same CAs give the same profile, and a profile with other CAs takes its place.

use super::{
    rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable},
    template::filled,
};
use crate::{Anchor, Fingerprint};

pub(super) const RENDERING: Rendering = Rendering {
    id: "mobileconfig",
    title: "a configuration profile for macOS, iOS and iPadOS",
    stores: &["macos"],
    serves: "the system's keychain of macOS, iOS and iPadOS, which Safari, Chrome, Firefox from 120 on and Docker Desktop read",
    judged: "Python's plistlib; not installed on a device",
    render,
};

/// The identifier of the profile: a profile with the same one takes the place of the one before.
const PROFILE: &str = "labtrust.trust";

const NOTES: [&str; 3] = [
    "Distribute it by an MDM: its CAs are then trusted for TLS. Installed by hand on iOS, they are not until they are switched on: Settings > General > About > Certificate Trust Settings.",
    "A rotation is a new rendering with --also, then one with the new CA alone: the profile keeps its identifier, so the MDM replaces it.",
    "It serves no store of single programs, such as Java's keystores, Node.js, git from Homebrew or Docker's certs.d: run `labtrust trust` on the machine.",
];

fn render(order: &Order<'_>) -> Result<Rendered, Unrenderable> {
    if order.is_removal {
        return Err(Unrenderable::removal(
            "a profile does not remove another one",
            "remove the profile in the MDM, or on the machine: sudo profiles remove -identifier labtrust.trust",
        ));
    }
    let payloads: String = order.anchors.iter().map(payload).collect();
    let all: Vec<_> = order.anchors.iter().map(|anchor| anchor.sha256().to_string()).collect();
    let uuid = uuid(&format!("{PROFILE} {}", all.join(" ")));
    let values = [("IDENTIFIER", PROFILE), ("UUID", &uuid), ("PAYLOADS", &payloads)];
    let profile = filled(include_str!("mobileconfig/profile.xml"), &values);
    let files = vec![RenderedFile::text("labtrust.mobileconfig", profile)];
    Ok(Rendered { files, notes: NOTES.map(str::to_owned).to_vec() })
}

fn payload(anchor: &Anchor) -> String {
    let sha256 = anchor.sha256().to_string();
    let name = anchor.file_stem();
    let base64 =
        anchor.certificate.pem().lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n");
    let values = [
        ("NAME", name.as_str()),
        ("SHA256", &sha256),
        ("UUID", &uuid(&format!("labtrust.ca {sha256}"))),
        ("DATA", &base64),
    ];
    filled(include_str!("mobileconfig/payload.xml"), &values)
}

/// A UUID that is made from `text` (RFC 9562, version 8).
fn uuid(text: &str) -> String {
    let mut digits = Fingerprint::of(text.as_bytes()).to_string().to_uppercase();
    digits.truncate(32);
    digits.replace_range(12..13, "8");
    digits.replace_range(16..17, "A");
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    parts.map(|(from, to)| digits[from..to].to_owned()).join("-")
}

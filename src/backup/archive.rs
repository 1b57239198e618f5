//! The contents of a backup: a manifest, then a tar archive of the state folder's files. The reader trusts none of
//! them, because anybody who knows the passphrase can write a backup.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read as _},
    path::{Component, Path, PathBuf},
};

use anyhow::{Context as _, Result};
use labtrust_plan::{Fingerprint, strict_pem::holds_private_key, text};
use serde::{Deserialize, Serialize};
use tar::{Builder, EntryType, Header};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use crate::hint::fail;

/// The schema of the backups that this program writes; it reads all older ones.
pub const SCHEMA: u32 = 2;
/// The first schema with a signature.
const SIGNED: u32 = 2;
/// The largest state folder: a CA takes some kilobytes, and the files that receipts keep some megabytes.
pub const MAX_SIZE: usize = 64 << 20;
/// The most files in a state folder.
pub const MAX_FILES: usize = 20_000;

const MANIFEST: &str = "manifest.json";
const STATE: &str = "state";
const SIGNATURE: &str = "signature";
/// The most bytes of a signature, and of a text in the manifest.
const MAX_SHORT: usize = 1024;

/// A backup, opened.
#[derive(Debug)]
pub struct Archive {
    /// The backup's origin.
    pub manifest: Manifest,
    /// The files, in the order of their paths.
    pub items: Vec<Item>,
    /// The signature of the CA in it, see [`Archive::sign`].
    pub signature: Option<Vec<u8>>,
}

/// The origin of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The schema of the archive.
    pub schema: u32,
    /// The labtrust that made it.
    pub version: String,
    /// When it was made (RFC 3339).
    pub made: String,
    /// The SHA-256 of the machine's machine-id, if it has one.
    #[serde(default)]
    pub machine: Option<Fingerprint>,
    /// The machine's host name.
    #[serde(default)]
    pub host: Option<String>,
    /// The path of the state folder; missing in older backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PathBuf>,
}

/// A file of the state folder.
pub struct Item {
    /// Its path in the state folder.
    pub path: PathBuf,
    /// Its contents, which may be a key.
    pub contents: Zeroizing<Vec<u8>>,
    /// Whether other users may read it.
    pub is_public: bool,
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Item({}, {} bytes)", self.path.display(), self.contents.len())
    }
}

impl Item {
    /// The file at `path` with the permission bits `mode`. A file with a private key is secret, whatever its mode.
    pub fn new(path: PathBuf, contents: Zeroizing<Vec<u8>>, mode: u32) -> Self {
        let is_public = mode & 0o044 != 0 && !holds_private_key(&contents);
        Self { path, contents, is_public }
    }

    /// Its permission bits.
    pub fn mode(&self) -> u32 {
        if self.is_public { 0o644 } else { 0o600 }
    }
}

impl Archive {
    /// The item at `path` in the state folder.
    pub fn get(&self, path: &Path) -> Option<&Item> {
        self.items.iter().find(|item| item.path == path)
    }

    /// The archive as bytes.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>> {
        let manifest = self.manifest_bytes()?;
        let contents: usize = self.items.iter().map(|item| item.contents.len()).sum();
        if contents > MAX_SIZE || self.items.len() > MAX_FILES {
            return Err(too_large());
        }
        // The buffer has its full size from the start: a buffer that grows leaves copies of keys in memory.
        let room = contents + manifest.len() + MAX_SHORT + (self.items.len() + 4) * 4 * 512;
        let mut builder = Builder::new(Vec::with_capacity(room));
        append(&mut builder, Path::new(MANIFEST), &manifest, 0o644)?;
        if let Some(signature) = &self.signature {
            append(&mut builder, Path::new(SIGNATURE), signature, 0o644)?;
        }
        for item in &self.items {
            append(&mut builder, &Path::new(STATE).join(&item.path), &item.contents, item.mode())?;
        }
        Ok(Zeroizing::new(builder.into_inner()?))
    }

    /// The bytes of the manifest, as packed and signed.
    pub(super) fn manifest_bytes(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(&self.manifest)?)
    }

    /// Reads an archive. It accepts only files with plain paths below the state folder, each path once.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut archive = tar::Archive::new(Cursor::new(bytes));
        let (mut manifest, mut signature) = (None, None);
        let (mut items, mut seen) = (Vec::new(), BTreeSet::new());
        for entry in archive.entries().map_err(|_| damaged())? {
            let mut entry = entry.map_err(|_| damaged())?;
            let path = entry.path().map_err(|_| damaged())?.into_owned();
            if entry.header().entry_type() != EntryType::Regular || !seen.insert(path.clone()) {
                return Err(damaged());
            }
            let mode = entry.header().mode().map_err(|_| damaged())?;
            if seen.len() > MAX_FILES {
                return Err(too_large());
            }
            // The size in the header may be false.
            let room = usize::try_from(entry.size()).unwrap_or(usize::MAX).min(bytes.len());
            let mut contents = Zeroizing::new(Vec::with_capacity(room));
            entry.by_ref().take(bytes.len() as u64).read_to_end(&mut contents).map_err(|_| damaged())?;
            let Some(manifest) = &manifest else {
                manifest = Some(Manifest::read(&path, &contents)?);
                continue;
            };
            if path == Path::new(SIGNATURE) && manifest.schema >= SIGNED && contents.len() <= MAX_SHORT {
                signature = Some(contents.to_vec());
            } else {
                let path = below_state(&path).ok_or_else(damaged)?;
                items.push(Item::new(path, contents, mode));
            }
        }
        Ok(Self { manifest: manifest.ok_or_else(damaged)?, items, signature })
    }
}

impl Manifest {
    fn read(path: &Path, contents: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Schema {
            schema: u32,
        }
        if path != Path::new(MANIFEST) {
            return Err(damaged());
        }
        let Schema { schema } = serde_json::from_slice(contents).map_err(|_| damaged())?;
        if !(1..=SCHEMA).contains(&schema) {
            return Err(fail(
                format!("the backup has schema {schema}: a newer labtrust made it"),
                "restore it with that version of labtrust",
            ));
        }
        let manifest: Self = serde_json::from_slice(contents).map_err(|_| damaged())?;
        // Messages show these texts, and the backup's maker chose them.
        let is_plain = |text: &str| text.len() <= MAX_SHORT && !text.contains(text::is_hidden);
        let is_time = OffsetDateTime::parse(&manifest.made, &Rfc3339).is_ok();
        let state = manifest.state.as_ref().map(|folder| folder.to_string_lossy());
        let texts = [Some(&*manifest.version), manifest.host.as_deref(), state.as_deref()];
        let all_plain = texts.into_iter().flatten().all(is_plain);
        if is_time && all_plain { Ok(manifest) } else { Err(damaged()) }
    }
}

fn append(builder: &mut Builder<Vec<u8>>, path: &Path, contents: &[u8], mode: u32) -> Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(contents.len() as u64);
    header.set_mode(mode);
    header.set_mtime(0);
    builder
        .append_data(&mut header, path, contents)
        .with_context(|| format!("cannot pack {}", path.display()))
}

/// `path` relative to the state folder; none if it leads outside.
fn below_state(path: &Path) -> Option<PathBuf> {
    let path = path.strip_prefix(STATE).ok()?;
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(name) if name.to_str().is_some());
    // A name from a PAX or GNU record may hold any byte, also the zero that ends a name.
    let is_printable = path.to_str()?.bytes().all(|next| next.is_ascii_graphic() || next == b' ');
    (path.components().count() > 0 && path.components().all(is_plain) && is_printable)
        .then(|| path.to_owned())
}

/// Whether a backup can hold a file of the state folder at `path`.
pub fn can_hold(path: &Path) -> bool {
    below_state(&Path::new(STATE).join(path)).is_some()
}

fn damaged() -> anyhow::Error {
    fail("the decrypted file is not a backup of labtrust", "pass a file that `labtrust backup` made")
}

fn too_large() -> anyhow::Error {
    fail(
        format!("a backup holds at most {} MiB in {MAX_FILES} files", MAX_SIZE >> 20),
        "remove the large files from the state folder: labtrust stores only small ones",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            schema: SCHEMA,
            version: "0".into(),
            made: "2026-01-01T00:00:00Z".into(),
            machine: None,
            host: None,
            state: None,
        }
    }

    #[test]
    fn a_key_is_secret_whatever_the_mode_of_its_file() {
        let item = |text: &str, mode| Item::new("x".into(), Zeroizing::new(text.as_bytes().to_vec()), mode);
        let key = "-----BEGIN PRIVATE KEY-----\nMAIB\n-----END PRIVATE KEY-----\n";
        assert_eq!(item("a certificate", 0o644).mode(), 0o644);
        for (text, mode) in [(key, 0o640), (key, 0o644), ("a note", 0o600)] {
            assert!(!item(text, mode).is_public, "{text} {mode:o}");
        }
    }

    fn item(path: &str, is_public: bool) -> Item {
        Item { path: path.into(), contents: Zeroizing::new(path.as_bytes().to_vec()), is_public }
    }

    /// An archive with one entry that labtrust would not write.
    fn forged(path: &str, kind: EntryType) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        append(&mut builder, Path::new(MANIFEST), &serde_json::to_vec(&manifest()).expect("JSON"), 0o644)
            .expect("it");
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, &[][..]).expect("an entry");
        builder.into_inner().expect("an archive")
    }

    #[test]
    fn what_is_packed_is_read_again() {
        let long = format!("receipts/{}/before/{}", "r".repeat(60), "0".repeat(64));
        let items = vec![
            item("authority/root.crt", true),
            item("authority/intermediate.key", false),
            item(&long, false),
        ];
        let archive = Archive { manifest: manifest(), items, signature: Some(vec![7; 70]) };
        let bytes = archive.to_bytes().expect("bytes");
        let again = Archive::read(&bytes).expect("an archive");
        assert_eq!(again.manifest, archive.manifest);
        assert_eq!(again.signature, archive.signature);
        let shape = |archive: &Archive| -> Vec<_> {
            archive
                .items
                .iter()
                .map(|item| (item.path.clone(), item.contents.to_vec(), item.mode()))
                .collect()
        };
        assert_eq!(shape(&again), shape(&archive));
        // A tar archive may lack its end, and one that is cut within a file is refused.
        for length in (0..bytes.len() - 2048).step_by(97) {
            if let Ok(part) = Archive::read(&bytes[..length]) {
                assert!(part.items.len() < 3, "{length}");
            }
        }
    }

    #[test]
    fn nothing_leads_out_of_the_state_folder() {
        for path in [
            "state/../x",
            "/etc/passwd",
            "state//../../x",
            "state",
            "state/",
            "other/x",
            "../state/x",
            "state/b\u{fc}",
        ] {
            assert!(Archive::read(&forged(path, EntryType::Regular)).is_err(), "{path}");
        }
        for kind in
            [EntryType::Symlink, EntryType::Link, EntryType::Directory, EntryType::Fifo, EntryType::Char]
        {
            assert!(Archive::read(&forged("state/x", kind)).is_err(), "{kind:?}");
        }
        assert!(Archive::read(&forged("state/x", EntryType::Regular)).is_ok());
        let with = |manifest: Manifest| {
            let archive = Archive { manifest, items: Vec::new(), signature: None };
            Archive::read(&archive.to_bytes().expect("bytes"))
        };
        let error = with(Manifest { schema: 3, ..manifest() }).expect_err("a newer one");
        assert!(error.to_string().contains("schema 3"), "{error}");
        assert!(with(Manifest { schema: 1, ..manifest() }).is_ok(), "an older one");
        let host = |host: &str| with(Manifest { host: Some(host.into()), ..manifest() });
        assert!(host("gitlab").is_ok());
        for name in ["git\nlab", "git\u{1b}[2Jlab", "git\u{202e}lab", &"g".repeat(2000)] {
            assert!(host(name).is_err(), "{name:?}");
        }
        for made in ["", "2026-01-01", "2026-01-01T00:00:00Z\nerror: x"] {
            assert!(with(Manifest { made: made.into(), ..manifest() }).is_err(), "{made:?}");
        }
    }

    #[test]
    fn a_name_that_no_file_can_have_is_none() {
        for name in
            ["state/a\0b", "state/a\x07b", "state/a\nb", "state/\u{e4}", "state", "state/../a", "other/a"]
        {
            assert_eq!(below_state(Path::new(name)), None, "{name:?}");
        }
        assert_eq!(below_state(Path::new("state/receipts/a b")), Some("receipts/a b".into()));
    }
}

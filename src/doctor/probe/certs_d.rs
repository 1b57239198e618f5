//! Reads the folders in which container tools keep the CAs of one registry: the folders whose names look like the
//! host, and the form of each file.

use std::{
    io,
    path::{Path, PathBuf},
};

use labtrust_machine::World;
use labtrust_plan::{Certificate, Facts, Host, store::podman_folders, text};

use super::served::Served;
use crate::{
    certificate::read_certificates,
    doctor::{
        certs_d::{CONTAINERD, has_podmans_family, looks_like},
        evidence::{Asked, CertsDSeen, Evidence, FileForm, FileSeen, FolderSeen},
    },
    hint::fail,
};

/// The most folders of one `certs.d`, and the most files of one folder, that are read.
const MOST: usize = 64;
/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// Every `certs.d` that a container tool of this machine reads, with its folders for the host of `evidence`.
pub(super) fn read_all(world: &World, evidence: &Evidence, served: &Served) -> Vec<CertsDSeen> {
    let host = &evidence.host;
    let addresses = evidence.servers.iter().flat_map(|server| server.reached.addresses());
    let mut names: Vec<Host> = addresses.map(|(address, _)| Host::Ip(address.ip())).collect();
    names.push(host.clone());
    let seen = |path: PathBuf| CertsDSeen { folders: folders(world, &path, &names, served), path };
    paths(&evidence.facts).into_iter().map(seen).collect()
}

/// Each `certs.d` of the Docker daemons, podman's family and containerd. containerd's is left out only if it certainly does
/// not exist.
fn paths(facts: &Facts) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = facts.engines.iter().map(|engine| engine.certs_d.clone()).collect();
    if has_podmans_family(facts) {
        paths.extend(podman_folders(facts).into_iter().flat_map(|(_, paths)| paths));
    }
    paths.extend(Some(PathBuf::from(CONTAINERD)).filter(|path| !matches!(path.try_exists(), Ok(false))));
    let mut seen = Vec::new();
    paths.retain(|path| {
        !seen.contains(path) && {
            seen.push(path.clone());
            true
        }
    });
    paths
}

/// The folders in the `certs.d` at `path` whose names look like one of `names`, and the files beside them.
fn folders(world: &World, path: &Path, names: &[Host], served: &Served) -> Asked<Vec<FolderSeen>> {
    let entries = match world.list(path) {
        Ok(entries) => entries,
        Err(error) => return Asked::Failed(error.to_string().into()),
    };
    let (folders, files): (Vec<_>, Vec<_>) =
        entries.into_iter().map(|entry| (name(&entry), entry)).partition(|(_, entry)| may_be_folder(entry));
    let for_host = folders.into_iter().filter(|(name, _)| names.iter().any(|host| looks_like(name, host)));
    let seen = |(name, folder): (String, PathBuf)| {
        let files = folder.metadata().map_err(|error| format!("{}: {error}", text::path(&folder)));
        let files = files.and_then(|_| world.list(&folder).map_err(|error| error.to_string()));
        FolderSeen { name, files: files.map(|files| read_files(world, files, served)).into() }
    };
    let mut seen: Vec<_> = for_host.take(MOST).map(seen).collect();
    if !files.is_empty() {
        let files = files.into_iter().map(|(_, file)| file).collect();
        let files = Asked::Answered(read_files(world, files, served));
        seen.push(FolderSeen { name: String::new(), files });
    }
    Asked::Answered(seen)
}

/// Whether `path` is a folder, or cannot be looked at.
fn may_be_folder(path: &Path) -> bool {
    match path.metadata() {
        Ok(metadata) => metadata.is_dir(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// The last part of `path`. Another person chose it: control characters are written out.
fn name(path: &Path) -> String {
    path.file_name().map(|name| text::path(Path::new(name))).unwrap_or_default()
}

fn read_files(world: &World, files: Vec<PathBuf>, served: &Served) -> Vec<FileSeen> {
    files.into_iter().take(MOST).map(|path| file(world, &path, served)).collect()
}

fn file(world: &World, path: &Path, served: &Served) -> FileSeen {
    let name = name(path);
    let is = |form| FileSeen { name: name.clone(), form, certificates: Vec::new(), hidden: Vec::new() };
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => return is(FileForm::Folder),
        Ok(metadata) if !metadata.is_file() => return is(FileForm::NoFile("not a regular file".into())),
        Ok(metadata) if metadata.len() > LARGEST => return is(FileForm::TooLarge),
        Ok(_) => {}
        Err(error) => return is(unopened(path, &error)),
    }
    match world.read(path) {
        Ok(None) => is(FileForm::Dangling),
        Ok(Some(bytes)) => {
            let (certificates, hidden) = certificates(&bytes);
            let (certificates, hidden) = (served.related(certificates), served.related(hidden));
            FileSeen { name: name.clone(), form: form(&bytes), certificates, hidden }
        }
        Err(error) => is(FileForm::Unreadable(error.to_string().into())),
    }
}

/// The form of a file that cannot be opened, by any program or by this one.
fn unopened(path: &Path, error: &io::Error) -> FileForm {
    match error.kind() {
        io::ErrorKind::NotFound => FileForm::Dangling,
        io::ErrorKind::PermissionDenied => FileForm::Unreadable(error.to_string().into()),
        _ if path.is_symlink() => FileForm::NoFile("a link that cannot be followed".into()),
        _ => FileForm::Unreadable(error.to_string().into()),
    }
}

/// The certificates that Go finds in `bytes`, and the other certificates in them.
fn certificates(bytes: &[u8]) -> (Vec<Certificate>, Vec<Certificate>) {
    let plain = Certificate::read_all(bytes).0;
    let all = read_certificates(bytes, &mut |_| Err(fail("it is encrypted", ""))).unwrap_or_default();
    let all = all.iter().map(Certificate::from);
    let hidden = all.filter(|certificate| !plain.contains(certificate)).collect();
    (plain, hidden)
}

fn form(bytes: &[u8]) -> FileForm {
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    match bytes {
        _ if bytes.iter().all(u8::is_ascii_whitespace) => FileForm::Empty,
        [0xef, 0xbb, 0xbf, ..] => FileForm::ByteOrderMark,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => FileForm::Utf16,
        _ if has("-----BEGIN CERTIFICATE-----") && has("PRIVATE KEY-----") => FileForm::PemWithKey,
        _ if has("-----BEGIN CERTIFICATE-----") => FileForm::Pem,
        _ if has("PRIVATE KEY-----") => FileForm::Key,
        _ if has("CERTIFICATE-----") => FileForm::OtherLabel,
        [0x30, ..] => FileForm::Der,
        _ => FileForm::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_classified_by_its_content() {
        let forms: [(&[u8], FileForm); 10] = [
            (b"", FileForm::Empty),
            (b" \r\n", FileForm::Empty),
            (b"\xef\xbb\xbf-----BEGIN CERTIFICATE-----\n", FileForm::ByteOrderMark),
            (b"\xff\xfe-\0-\0", FileForm::Utf16),
            (b"# ours\n-----BEGIN CERTIFICATE-----\n", FileForm::Pem),
            (b"-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n", FileForm::PemWithKey),
            (b"-----BEGIN TRUSTED CERTIFICATE-----\n", FileForm::OtherLabel),
            (b"-----BEGIN EC PRIVATE KEY-----\n", FileForm::Key),
            (b"\x30\x82\x01\x00", FileForm::Der),
            (b"<html>", FileForm::Other),
        ];
        for (bytes, expected) in forms {
            assert_eq!(form(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn each_program_of_podmans_family_has_podmans_folders() {
        let text = include_str!("../../../tests/evidence/untrusted-podman.json");
        let mut facts = serde_json::from_str::<Evidence>(text).expect("evidence").facts;
        let podmans = PathBuf::from("/etc/containers/certs.d");
        for (tool, expected) in
            [("podman", true), ("buildah", true), ("skopeo", true), ("docker", false), ("curl", false)]
        {
            facts.tools = [(tool.to_owned(), Path::new("/usr/bin").join(tool))].into();
            assert_eq!(paths(&facts).contains(&podmans), expected, "{tool}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_looked_at_is_said_to_be_unreadable() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = "gitlab.example.com:4567";
        World::here().link(&folder.path().join(name), Path::new(name)).expect("a link to itself");
        let host: Host = "gitlab.example.com".parse().expect("a host");
        let seen = folders(&World::here(), folder.path(), &[host], &Served::none());
        let [found] = &seen.answer().expect("the folder is listed")[..] else { panic!("{seen:?}") };
        assert_eq!(found.name, name);
        assert!(found.files.fault().is_some_and(|why| why.contains("symbolic links")), "{found:?}");
    }
}

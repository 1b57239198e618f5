//! Finds files that make a container tool reject a whole folder of `certs.d`: a client certificate without its key or
//! a key without its certificate, or a file that cannot be read.

use std::path::{Path, PathBuf};

use labtrust_plan::{Actor, Change, ShellLine, Step, text};

use super::folder::{Fatal, Reader, described, fatal};
use crate::doctor::{
    Code, Finding, Fix,
    evidence::{FileForm, FileSeen, FolderSeen},
};

pub(super) const HALF_CLIENT_PAIR: Code = Code::error("certsd-stray-key").explaining(FOLLOWS);
pub(super) const UNREADABLE: Code = Code::error("certsd-unreadable").explaining(FOLLOWS);

const FOLLOWS: &[&str] = &[
    "daemon-needs-restart",
    "certsd-wrong-extension",
    "certsd-not-pem",
    "certsd-wrong-name",
    "anchor-replaced",
    "untrusted-docker",
    "untrusted-podman",
];
const GIVES_UP: &str = "one file in this folder that cannot be read or used makes every login and pull fail";

/// The folder of a registry, and the rights that a change of it needs.
pub(super) struct RegistryFolder {
    pub path: PathBuf,
    pub actor: Actor,
}

impl RegistryFolder {
    /// The finding of a file in `folder`, as seen, that makes `reader` reject the folder.
    pub(super) fn fatal(&self, folder: &FolderSeen, reader: Reader) -> Option<Finding> {
        match fatal(folder, reader)? {
            Fatal::HalfPair(file, partner) => Some(self.half_client_pair(file, &partner)),
            Fatal::Unreadable(file) => {
                let path = self.path.join(&file.name);
                let what = format!(
                    "{} is {}, and cannot be read as a certificate or key",
                    text::path(&path),
                    described(&file.form)
                );
                Some(self.unreadable(&path, what, file.form == FileForm::Dangling))
            }
        }
    }

    /// The finding from the daemon's `message` about this folder; none if the message is about something else.
    pub(super) fn named_by_engine(&self, message: &str) -> Option<Finding> {
        if let Some((path, why)) = named_file(message) {
            let what = format!("{} cannot be read: {why}", text::path(path));
            return path.starts_with(&self.path).then(|| self.unreadable(path, what, false));
        }
        message.starts_with("tls: ").then(|| {
            let folder = text::path(&self.path);
            let what = format!("the client certificate and key in {folder} do not work: {message}");
            let advice = format!(
                "put a certificate and its matching key there, or remove *.cert and *.key from {folder}"
            );
            Finding::new(&UNREADABLE, what, GIVES_UP).advise(advice)
        })
    }

    /// The finding of a client certificate without its key, or a key without its certificate.
    fn half_client_pair(&self, file: &FileSeen, partner: &str) -> Finding {
        let path = self.path.join(&file.name);
        Finding::new(
            &HALF_CLIENT_PAIR,
            format!("{} exists, but {partner} does not", text::path(&path)),
            "*.cert and *.key are a client certificate and key, and one without the other makes every login and \
             pull fail. The name of a CA file must end in .crt",
        )
        .with(self.without(&path))
    }

    /// The finding of an unreadable file. `--fix` removes a dangling link, and `--undo` restores it; the user may
    /// need any other file.
    fn unreadable(&self, path: &Path, what: String, leads_nowhere: bool) -> Finding {
        let finding = Finding::new(&UNREADABLE, what, GIVES_UP);
        if leads_nowhere {
            return finding.with(self.without(path));
        }
        let path = path.display().to_string();
        let away = ShellLine::of(["mv", &path, &format!("{path}.off")]);
        finding.command(if self.actor == Actor::Machine { away.by_root() } else { away })
    }

    /// The fix that removes the file `path`.
    fn without(&self, path: &Path) -> Fix {
        let steps = vec![Step::Remove { path: path.to_owned() }];
        let mut change = Change::of_files("docker", &self.path, self.actor.clone(), steps);
        change.subject = text::path(path);
        Fix { changes: vec![change], ..Fix::default() }
    }
}

/// The file that a Go program could not open or read, and the reason (`fs.PathError`).
fn named_file(message: &str) -> Option<(&Path, &str)> {
    let operations = ["open ", "read ", "stat ", "lstat ", "readdirent ", "fdopendir "];
    let rest = operations.iter().find_map(|operation| message.strip_prefix(operation))?;
    let (path, why) = rest.rsplit_once(": ")?;
    path.starts_with('/').then_some((Path::new(path), why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_an_engine_names_is_found_in_its_words() {
        for (message, expected) in [
            ("open /c/h:4567/b.crt: no such file or directory", Some("/c/h:4567/b.crt")),
            ("read /c/h:4567/my ca.crt: is a directory", Some("/c/h:4567/my ca.crt")),
            ("open /c/h:4567: not a directory", Some("/c/h:4567")),
            ("tls: private key does not match public key", None),
            ("missing key ca.key for client certificate ca.cert", None),
        ] {
            assert_eq!(named_file(message).map(|(path, _)| path), expected.map(Path::new), "{message}");
        }
    }

    #[test]
    fn a_message_about_another_folder_is_not_about_this_one() {
        let folder = RegistryFolder { path: "/c/h:4567".into(), actor: Actor::Machine };
        assert!(folder.named_by_engine("open /var/lib/docker/x: no space left on device").is_none());
        let found = folder.named_by_engine("read /c/h:4567/my ca.crt: is a directory").expect("a finding");
        let expected = "sudo mv '/c/h:4567/my ca.crt' '/c/h:4567/my ca.crt.off'";
        assert_eq!(found.fix.commands, [ShellLine::from(expected)]);
    }
}

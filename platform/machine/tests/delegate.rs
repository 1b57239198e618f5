//! Acting through another process. This test program is its own delegate, so it has its own `main`.

#![allow(clippy::disallowed_methods, reason = "the stand-in is not the program")]

use std::{env, fs, path::Path};

use labtrust_machine::{
    database,
    world::{Access, Node, World, serve_delegate},
};
use labtrust_plan::{Certificate, Contents, Database, Keychain, Wanted, fact::User};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const ARGUMENT: &str = "act-as-user";
const PUBLIC: Access = Access { mode: 0o644, owner: None };

fn main() -> Result {
    if env::args().nth(1).as_deref() == Some(ARGUMENT) {
        return Ok(serve_delegate()?);
    }
    let folder = tempfile::tempdir()?;
    let us = fs::metadata(folder.path())?;
    let (uid, gid) = {
        use std::os::unix::fs::MetadataExt;
        (us.uid(), us.gid())
    };
    let user = User { name: "us".into(), uid, gid, home: folder.path().to_owned() };
    let world = World::as_user(&user, &env::current_exe()?, ARGUMENT)?;
    files_are_written_and_faults_come_back_with_their_hint(&world, folder.path())?;
    a_keychain_is_changed_and_restored(&world, folder.path())
}

fn files_are_written_and_faults_come_back_with_their_hint(world: &World, folder: &Path) -> Result {
    let path = folder.join("x.crt");
    world.put(&path, &Contents::Public(b"x".to_vec()), PUBLIC)?;
    assert!(matches!(world.look(&path)?, Node::File { mode: 0o644, .. }));
    let error = world.put(folder, &Contents::Public(b"x".to_vec()), PUBLIC).expect_err("a folder is there");
    assert_eq!(
        error.hint().map(|hint| hint.to_string()).as_deref(),
        Some(format!("move it away, then try again: mv {0} {0}.old", folder.display()).as_str()),
        "{error}"
    );
    Ok(())
}

fn a_keychain_is_changed_and_restored(world: &World, folder: &Path) -> Result {
    let security = folder.join("security");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keychain/security"), &security)?;
    let keychain = Keychain::login(security, folder);
    fs::create_dir_all(keychain.path.parent().ok_or("no folder")?)?;
    fs::write(&keychain.path, "")?;
    let database = Database::Keychain(keychain);

    let key = rcgen::KeyPair::generate()?;
    let certificate =
        rcgen::CertificateParams::new(vec!["mygitlab.example.com".into()])?.self_signed(&key)?;
    let certificate = Certificate::new(certificate.der().to_vec());
    assert_eq!(database::open(&database).find(world, &certificate)?, None);
    database::open(&database).add(world, &certificate)?;
    assert!(database::open(&database).find(world, &certificate)?.is_some_and(|listing| listing.trusted));
    assert!(database::open(&database).prove(world, &certificate, Wanted::There)?.holds());
    assert!(database::open(&database).undo(world, &certificate, None)?);
    assert_eq!(database::open(&database).find(world, &certificate)?, None);
    Ok(())
}

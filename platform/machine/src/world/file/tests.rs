use super::{super::reading::read, *};

/// With each folder flushed at once.
fn put(path: &Path, contents: &[u8], access: Access) -> Result<File> {
    super::put(path, contents, access, &mut Flushes::default())
}

const PUBLIC: Access = Access { mode: 0o644, owner: None };

#[test]
fn put_replaces_a_whole_file_and_leaves_no_draft() -> Result<()> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.crt");
    put(&path, b"one", PUBLIC)?;
    put(&path, b"two", PUBLIC)?;
    assert_eq!(read(&path)?.as_deref().map(Vec::as_slice), Some(&b"two"[..]));
    assert_eq!(list(folder.path())?, [path]);
    Ok(())
}

#[test]
fn a_link_at_the_end_is_replaced_never_written_through() -> Result<()> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (victim, path) = (folder.path().join("victim"), folder.path().join("x.crt"));
    put(&victim, b"victim", PUBLIC)?;
    std::os::unix::fs::symlink(&victim, &path).expect("a link");
    put(&path, b"ours", PUBLIC)?;
    assert_eq!(read(&victim)?.as_deref().map(Vec::as_slice), Some(&b"victim"[..]));
    Ok(())
}

#[test]
fn folders_say_which_were_made() -> Result<()> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (a, b) = (folder.path().join("a"), folder.path().join("a/b"));
    assert_eq!(make_folders(&b, 0o755)?, [a.clone(), b.clone()]);
    assert_eq!(make_folders(&b, 0o755)?, Vec::<PathBuf>::new());
    remove_folder(&a, &mut Flushes::default())?;
    assert_eq!(look(&a)?, Node::Folder);
    Ok(())
}

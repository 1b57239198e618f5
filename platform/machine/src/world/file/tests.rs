use super::*;

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

#[test]
fn root_reads_for_a_user_only_what_that_user_may_read() {
    let base = tempfile::tempdir().expect("a folder");
    let (folder, file, link) =
        (base.path().join("x"), base.path().join("x/file"), base.path().join("x/link"));
    fs::create_dir(&folder).expect("made");
    fs::write(&file, "text").expect("written");
    std::os::unix::fs::symlink(&file, &link).expect("linked");
    let own = geteuid().as_raw();
    for (base_mode, mode, owner, expected) in [
        (0o755, 0o644, 12345, true),
        (0o700, 0o644, 12345, false),
        (0o755, 0o640, 12345, false),
        (0o700, 0o600, own, true),
    ] {
        for (path, mode) in [(base.path(), base_mode), (&*file, mode)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
        }
        for path in [&file, &link] {
            let read = read_for(path, owner).map(|bytes| bytes.is_some());
            assert_eq!(read.unwrap_or(false), expected, "{base_mode:o} {mode:o} {owner}");
        }
    }
    assert!(matches!(read_for(&base.path().join("none"), own), Ok(None)));
}

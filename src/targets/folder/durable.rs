//! What was written survives a crash of the machine: files, and their names.

use std::{fs, io::ErrorKind, path::Path};

use crate::error::{Error, ErrorId, Result};

/// Makes the folder and those above it that are missing, so that they survive a crash.
/// Fails with `TargetNotWritable`, `DiskFull`.
pub(super) fn make_folder(folder: &Path) -> Result<()> {
    let failed = |e: &std::io::Error| Error::io(ErrorId::TargetNotWritable, "Cannot write to", folder, e);
    check_link(folder)?;
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| !path.exists()).collect();
    fs::create_dir_all(folder).map_err(|e| failed(&e))?;
    // The name of each is in the folder above it.
    missing.iter().filter_map(|path| path.parent()).try_for_each(names)
}

/// Fails with `TargetNotWritable` where the folder is a link to what is not there: nothing can be made at its place.
pub(super) fn check_link(folder: &Path) -> Result<()> {
    let Ok(to) = fs::read_link(folder) else { return Ok(()) };
    if folder.exists() {
        return Ok(());
    }
    let what = format!(
        "Cannot write to '{}': it is a link to '{}', which is not there.",
        folder.display(),
        to.display()
    );
    let error = Error::new(ErrorId::TargetNotWritable, what).target(folder.display().to_string());
    Err(error
        .advice("Make the folder that the link names, or correct the link or -OutputPath, and run again."))
}

/// Makes the bytes of what was written below `folder` survive a crash, before names point to them.
/// Fails with `TargetNotWritable`, `DiskFull`.
pub(super) fn contents(folder: &Path) -> Result<()> {
    // Linux makes a whole batch durable with one call; elsewhere each file was synced when it was written.
    #[cfg(target_os = "linux")]
    {
        let failed = |e: &std::io::Error| Error::io(ErrorId::TargetNotWritable, "Cannot write to", folder, e);
        let open = fs::File::open(folder).map_err(|e| failed(&e))?;
        rustix::fs::syncfs(&open).map_err(|e| failed(&e.into()))?;
    }
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
    Ok(())
}

/// Makes the names in `folder` survive a crash: what was moved there, and what was removed.
/// Fails with `TargetNotWritable`, `DiskFull`.
pub(super) fn names(folder: &Path) -> Result<()> {
    // The folder above a relative path of one part has no name.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(e) if !has_no_call(&e) => {
            Err(Error::io(ErrorId::TargetNotWritable, "Cannot write to", folder, &e))
        }
        _ => Ok(()),
    }
}

/// Whether the operating system or the file system has no such call for a folder, or does not let us use it; what
/// can't be had is no failure. Windows opens no folder this way, and writes names through its own journal.
fn has_no_call(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_with_all_above_them_and_again_without_harm() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a").join("b");
        for _ in 0..2 {
            make_folder(&folder).unwrap();
            assert!(folder.is_dir());
        }
        contents(&folder).unwrap();
        names(&folder).unwrap();
    }

    #[test]
    fn what_is_not_there_cannot_be_made_durable() {
        let home = tempfile::tempdir().unwrap();
        let error = names(&home.path().join("gone")).unwrap_err();
        assert_eq!(error.id, ErrorId::TargetNotWritable);
        assert!(error.message.contains("gone"), "{}", error.message);
    }

    #[test]
    fn only_a_missing_call_is_no_failure() {
        for (kind, missing) in [
            (ErrorKind::InvalidInput, true),
            (ErrorKind::Unsupported, true),
            (ErrorKind::PermissionDenied, true),
            (ErrorKind::NotFound, false),
            (ErrorKind::StorageFull, false),
            (ErrorKind::Other, false),
        ] {
            assert_eq!(has_no_call(&kind.into()), missing, "{kind:?}");
        }
    }
}

//! One run at a time per profile.

use std::{
    fs::{self, File, TryLockError},
    io::Read,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{companion, failure::no_locks};
use crate::{
    error::{Error, ErrorId, Result},
    model::Timestamp,
    places,
};

/// Bytes of a note that are read.
const LONGEST_NOTE: u64 = 1 << 12;

/// Who works on a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// `user@host, PowerShell 7.6.9, process 4711`.
    pub host: String,
    /// When it took the lock.
    pub since: Timestamp,
}

/// The right to work on a profile's state. The operating system takes it back when the process ends, however
/// it ends.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
    holder_path: PathBuf,
}

/// Who holds a lock, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldBy {
    /// A run, or what else works on the profile.
    Known(Holder),
    /// Another process; why its name could not be read.
    Unknown(String),
}

impl HeldBy {
    /// `A run is in progress by …`, as a sentence.
    pub fn sentence(&self, run: &str) -> String {
        match self {
            Self::Known(holder) => format!("{run} is in progress by {} since {}.", holder.host, holder.since),
            Self::Unknown(why) => {
                format!("{run} is in progress by another process; its name could not be read: {why}.")
            }
        }
    }
}

impl RunLock {
    /// Takes the lock of the state at `path`.
    /// Fails with `RunInProgress`, naming who holds it since when; `StateNotWritable`.
    pub fn take(path: &Path, holder: &Holder) -> Result<Self> {
        if let Some(folder) = path.parent() {
            places::make_private_folder(folder)?;
        }
        let (lock_path, holder_path) = (companion(path, ".lock"), companion(path, ".holder"));
        for file in [&lock_path, &holder_path] {
            places::is_file(file, ErrorId::StateNotWritable)?;
        }
        let file = places::open_private_file(&lock_path).map_err(|e| cannot_lock(&lock_path, &e))?;
        // Earlier versions let everybody read it, and so lock it. Only its owner can change that.
        #[cfg(unix)]
        let _ = file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600));
        // A reader that looks for the holder takes the lock for a moment, too.
        let mut tries = 5;
        while let Err(refused) = file.try_lock() {
            tries -= 1;
            match refused {
                TryLockError::Error(e) => return Err(cannot_lock(&lock_path, &e)),
                TryLockError::WouldBlock if tries == 0 => return Err(in_progress(path)),
                TryLockError::WouldBlock => std::thread::sleep(std::time::Duration::from_millis(20)),
            }
        }
        // Not in the locked file: Windows lets nobody else read that.
        let text = super::json(holder)?;
        places::write_private_file(&holder_path, text.as_bytes(), ErrorId::StateNotWritable)?;
        Ok(Self { _file: file, holder_path })
    }

    /// Whether somebody may hold the lock of the state at `path` now: also where this process has no right to ask.
    pub fn may_be_held(path: &Path) -> bool {
        let lock = companion(path, ".lock");
        if !matches!(places::is_file(&lock, ErrorId::StateNotReadable), Ok(true)) {
            return false;
        }
        File::open(lock).is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied)
            || Self::holder(path).is_some()
    }

    /// Who holds the lock of the state at `path` now, if anybody does.
    pub fn holder(path: &Path) -> Option<HeldBy> {
        let lock = companion(path, ".lock");
        let lock =
            places::is_file(&lock, ErrorId::StateNotReadable).ok()?.then(|| File::open(lock).ok())??;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {}
            _ => return None,
        }
        Some(read_holder(&companion(path, ".holder")).map_or_else(HeldBy::Unknown, HeldBy::Known))
    }
}

/// The note of who holds the lock, or why it does not tell.
fn read_holder(path: &Path) -> std::result::Result<Holder, String> {
    let mut text = Vec::new();
    places::is_file(path, ErrorId::StateNotReadable)
        .map_err(|error| error.message.trim_end_matches('.').to_owned())?;
    let read = File::open(path).and_then(|file| file.take(LONGEST_NOTE).read_to_end(&mut text));
    read.map_err(|e| format!("'{}': {e}", path.display()))?;
    if text.is_empty() {
        return Err(format!("'{}' is empty", path.display()));
    }
    serde_json::from_slice(&text).map_err(|_| format!("'{}' holds something else", path.display()))
}

/// The lock is not taken by anybody: it can't be had.
fn cannot_lock(path: &Path, cause: &std::io::Error) -> Error {
    // Linux: ENOLCK is what a file server without a lock service answers.
    let none = cause.kind() == std::io::ErrorKind::Unsupported
        || (cfg!(target_os = "linux") && cause.raw_os_error() == Some(37));
    if none {
        no_locks(path, cause)
    } else {
        Error::io(ErrorId::StateNotWritable, "Cannot lock", path, cause)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // A note that stays behind is harmless: only the lock counts.
        let _ = fs::remove_file(&self.holder_path);
    }
}

fn in_progress(path: &Path) -> Error {
    let profile = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let run = format!("Another run of profile '{profile}'");
    let what =
        RunLock::holder(path).map_or_else(|| format!("{run} is in progress."), |held| held.sentence(&run));
    Error::new(ErrorId::RunInProgress, what).target(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_refused_with_who_holds_it_since_when() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("corp.db");
        let holder = Holder { host: "admin@srv1, process 7".into(), since: Timestamp(0) };
        let lock = RunLock::take(&path, &holder).unwrap();
        let error = RunLock::take(&path, &holder).unwrap_err();
        assert_eq!(error.id, ErrorId::RunInProgress);
        let text = "Another run of profile 'corp' is in progress by admin@srv1, process 7 since 1970-01-01 00:00 UTC.";
        assert_eq!(error.message, text);
        drop(lock);
        assert_eq!(RunLock::holder(&path), None);
        RunLock::take(&path, &holder).unwrap();
    }

    #[test]
    fn a_holder_that_does_not_tell_its_name_is_another_process_and_why_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corp.db");
        let note = companion(&path, ".holder");
        let holder = Holder { host: "admin@srv1".into(), since: Timestamp(0) };
        let _lock = RunLock::take(&path, &holder).unwrap();
        for (text, why) in [
            (None, "No such file or directory (os error 2)"),
            (Some(&b""[..]), "' is empty"),
            (Some(b"admin"), "holds something else"),
            (Some(b"{\"host\":\"x\",\"since\":\"soon\"}"), "holds something else"),
            (Some(&[0xff; 9000]), "holds something else"),
        ] {
            match text {
                None => fs::remove_file(&note).unwrap(),
                Some(text) => fs::write(&note, text).unwrap(),
            }
            let error = RunLock::take(&path, &holder).unwrap_err();
            assert_eq!(error.id, ErrorId::RunInProgress);
            let start = "Another run of profile 'corp' is in progress by another process; its name could not be read: '";
            assert!(error.message.starts_with(start), "{error}");
            assert!(cfg!(windows) || error.message.contains(why), "{why}: {error}");
            assert!(!error.message.contains("1970"), "{error}");
        }
    }

    #[test]
    fn a_file_system_without_locks_is_named() {
        let none = std::io::Error::from(std::io::ErrorKind::Unsupported);
        let error = cannot_lock(Path::new("/nfs/corp.db.lock"), &none);
        assert_eq!(error.id, ErrorId::StateNotWritable);
        assert!(
            error.message.starts_with("The file system gives no lock for '/nfs/corp.db.lock': "),
            "{error}"
        );
        assert!(error.advice.contains("NFS"), "{}", error.advice);
        #[cfg(target_os = "linux")]
        assert_eq!(
            cannot_lock(Path::new("/nfs/x"), &std::io::Error::from_raw_os_error(37)).advice,
            error.advice
        );
    }

    #[cfg(unix)]
    #[test]
    fn lock_and_note_are_their_owners_alone_also_where_they_were_not() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corp.db");
        let lock = companion(&path, ".lock");
        for earlier in [false, true] {
            if earlier {
                fs::set_permissions(&lock, fs::Permissions::from_mode(0o644)).unwrap();
            }
            let holder = Holder { host: "admin@srv1".into(), since: Timestamp(0) };
            let _lock = RunLock::take(&path, &holder).unwrap();
            for file in [&lock, &companion(&path, ".holder")] {
                assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
            }
        }
    }
}

//! One run at a time per profile.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::companion;
use crate::{
    error::{Error, ErrorId, Result},
    model::Timestamp,
    places,
};

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

impl RunLock {
    /// Takes the lock of the state at `path`.
    /// Fails with `RunInProgress`, naming who holds it since when; `StateNotWritable`.
    pub fn take(path: &Path, holder: &Holder) -> Result<Self> {
        if let Some(folder) = path.parent() {
            places::make_private_folder(folder)?;
        }
        let lock_path = companion(path, ".lock");
        let failed = |e: &std::io::Error| Error::io(ErrorId::StateNotWritable, "Cannot lock", &lock_path, e);
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(|e| failed(&e))?;
        // A reader that looks for the holder takes the lock for a moment, too.
        let mut tries = 5;
        while let Err(refused) = file.try_lock() {
            tries -= 1;
            match refused {
                TryLockError::Error(e) => return Err(failed(&e)),
                TryLockError::WouldBlock if tries == 0 => return Err(in_progress(path)),
                TryLockError::WouldBlock => std::thread::sleep(std::time::Duration::from_millis(20)),
            }
        }
        // Not in the locked file: Windows lets nobody else read that.
        let holder_path = companion(path, ".holder");
        let text = super::json(holder)?;
        places::write_private_file(&holder_path, text.as_bytes(), ErrorId::StateNotWritable)?;
        Ok(Self { _file: file, holder_path })
    }

    /// Who holds the lock of the state at `path` now, if anybody does.
    pub fn holder(path: &Path) -> Option<Holder> {
        let lock = File::open(companion(path, ".lock")).ok()?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {}
            _ => return None,
        }
        let text = fs::read_to_string(companion(path, ".holder")).unwrap_or_default();
        let unknown = Holder { host: "an unknown process".into(), since: Timestamp(0) };
        Some(serde_json::from_str(&text).unwrap_or(unknown))
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
    let who = RunLock::holder(path).map_or_else(String::new, |h| format!(" by {} since {}", h.host, h.since));
    let what = format!("Another run of profile '{profile}' is in progress{who}.");
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
}

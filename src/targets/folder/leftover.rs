//! Files that are not in their place yet, and those that a killed run has left so.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How the names of files begin that are not in their place yet.
const TEMPORARY: &str = ".smime-sync-";
/// Whoever else writes to the folder has moved its file into place by then; an older one is nobody's.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The folder, with what makes the names of files that are not in their place yet.
#[derive(Debug, Clone)]
pub(super) struct Workplace {
    /// Where everything is published.
    pub(super) path: PathBuf,
    /// Who writes; others may write to the same folder.
    owner: Option<String>,
}

impl Workplace {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), owner: None }
    }

    /// From now on files are those of `owner`, of whom nobody else writes: what is there of it already was left by a
    /// run that was killed, and goes.
    pub(super) fn belongs_to(&mut self, owner: &str) {
        self.owner = Some(owner.to_owned());
        remove_abandoned(&self.path, &self.prefix());
    }

    fn prefix(&self) -> String {
        match &self.owner {
            Some(owner) => format!("{TEMPORARY}{owner}-"),
            None => TEMPORARY.to_owned(),
        }
    }

    /// A file that is not in its place yet. Published on purpose: others may read it, unlike the state.
    pub(super) fn temporary(&self) -> std::io::Result<tempfile::NamedTempFile> {
        let prefix = self.prefix();
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        builder.tempfile_in(&self.path)
    }
}

/// Removes files that a killed process had not moved into place: those whose names begin with `own`, and of others
/// those that nobody can be at work on any more.
fn remove_abandoned(folder: &Path, own: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(own) || (name.starts_with(TEMPORARY) && is_old(&entry)) {
            // One that stays is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
    age.is_some_and(|age| age > ABANDONED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_run_takes_its_own_away_and_of_others_only_what_is_old() {
        let folder = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - ABANDONED - Duration::from_secs(60);
        for (name, is_old) in [
            (".smime-sync-me-1", false),
            (".smime-sync-other-1", false),
            (".smime-sync-other-2", true),
            (".smime-sync-me2-1", false),
            (".smime-sync-x", true),
            (".else", true),
        ] {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            if is_old {
                file.set_modified(old).unwrap();
            }
        }
        let mut place = Workplace::new(folder.path());
        place.belongs_to("me");
        let staged = place.temporary().unwrap();
        let name = staged.path().file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with(".smime-sync-me-"), "{name}");
        drop(staged);
        let mut left: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, [".else", ".smime-sync-me2-1", ".smime-sync-other-1"]);
    }
}

//! Where profiles and states live, and that they are private to their owner.

pub(crate) mod profile_store;

use std::{
    fs,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorId, Result},
    profile::is_profile_name,
};

/// Whose places are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::VariantNames)]
pub enum Scope {
    /// Those of the current user, below its profile or home.
    User,
    /// Those of the machine, for administrators and services.
    Machine,
}

/// The two folders of one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// `NAME.json` for each profile.
    pub profiles: PathBuf,
    /// `NAME.db` and its companions for each profile.
    pub state: PathBuf,
}

impl Places {
    /// The folders below one home folder (`SMIME_SYNC_HOME`).
    pub fn below(home: &Path) -> Self {
        Self { profiles: home.join("profiles"), state: home.join("state") }
    }

    /// The folders of a scope; `None` where the environment does not say where they are.
    pub fn of(scope: Scope) -> Option<Self> {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        if cfg!(windows) {
            let root = variable(match scope {
                Scope::Machine => "ProgramData",
                Scope::User => "LOCALAPPDATA",
            })?;
            return Some(Self::below(&root.join("SmimeSync")));
        }
        if scope == Scope::Machine {
            return Some(Self { profiles: "/etc/smime-sync".into(), state: "/var/lib/smime-sync".into() });
        }
        let home = variable("HOME");
        let folder = |name: &str, below: &str| {
            variable(name).or_else(|| home.as_ref().map(|h| h.join(below))).map(|f| f.join("smime-sync"))
        };
        Some(Self {
            profiles: folder("XDG_CONFIG_HOME", ".config")?,
            state: folder("XDG_STATE_HOME", ".local/state")?,
        })
    }

    /// The places to search for profiles, and first of all the one for new profiles: `home` (else
    /// `SMIME_SYNC_HOME`) alone; the given scope's alone; else the machine's and the user's, in the order
    /// in which this process has rights to them.
    /// Fails with `PlaceNotWritable` where the environment names no folder at all.
    pub fn search(home: Option<&str>, scope: Option<Scope>) -> Result<Vec<Self>> {
        let variable = std::env::var_os("SMIME_SYNC_HOME").filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(home) = home.map(PathBuf::from).or(variable) {
            let home = std::path::absolute(&home).unwrap_or(home);
            return Ok(vec![Self::below(&home)]);
        }
        let scopes = match scope {
            Some(scope) => vec![scope],
            None if has_machine_rights() => vec![Scope::Machine, Scope::User],
            None => vec![Scope::User, Scope::Machine],
        };
        let places: Vec<Self> = scopes.into_iter().filter_map(Self::of).collect();
        if places.is_empty() {
            let what = "Neither HOME nor LOCALAPPDATA says where profiles belong.";
            return Err(Error::new(ErrorId::PlaceNotWritable, what));
        }
        Ok(places)
    }

    /// The file of a profile. The name is checked, so that it can't point elsewhere.
    pub fn profile_file(&self, name: &str) -> Result<PathBuf> {
        if is_profile_name(name) {
            return Ok(self.profiles.join(format!("{name}.json")));
        }
        let what = format!(
            "'{name}' is not a profile name: 1 to 64 letters (a to z, A to Z), digits, '-', '_' or '.', the first a \
             letter or a digit, and none that Windows keeps for a device."
        );
        Err(Error::new(ErrorId::ProfileInvalid, what).target(name))
    }

    /// The file of a profile's state.
    pub fn state_file(&self, name: &str) -> PathBuf {
        self.state.join(format!("{name}.db"))
    }
}

/// Whether this process may write the machine's places: root, or an elevated administrator.
fn has_machine_rights() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
    }
    #[cfg(not(unix))]
    {
        // Only administrators (elevated) and SYSTEM may list this folder.
        let root = std::env::var_os("SystemRoot").map(PathBuf::from).unwrap_or_default();
        fs::read_dir(root.join("System32").join("config")).is_ok()
    }
}

/// Creates `folder`, accessible to its owner only; one that is there already must not be writable by others.
/// Fails with `PlaceNotWritable`, `PlaceNotPrivate` or `DiskFull`.
pub fn make_private_folder(folder: &Path) -> Result<()> {
    let failed =
        |e: &std::io::Error| Error::io(ErrorId::PlaceNotWritable, "Cannot create the folder", folder, e);
    if !folder.is_dir() {
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| failed(&e))?;
        }
        #[cfg(not(unix))]
        {
            fs::create_dir_all(folder).map_err(|e| failed(&e))?;
            restrict_to_administrators(folder)?;
        }
    }
    check_private(folder)
}

/// `%ProgramData%` lets every user write; folders of the machine's scope must not inherit that.
#[cfg(not(unix))]
fn restrict_to_administrators(folder: &Path) -> Result<()> {
    let machine = Places::of(Scope::Machine).is_some_and(|p| p.profiles == folder || p.state == folder);
    if !machine {
        return Ok(());
    }
    let root = std::env::var_os("SystemRoot").map(PathBuf::from).unwrap_or_default();
    let done = std::process::Command::new(root.join("System32").join("icacls.exe"))
        .arg(folder)
        .args(["/inheritance:r", "/grant:r", "*S-1-5-32-544:(OI)(CI)F", "*S-1-5-18:(OI)(CI)F"])
        .output();
    if done.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    let what = format!("Cannot limit the folder '{}' to administrators.", folder.display());
    Err(Error::new(ErrorId::PlaceNotPrivate, what).target(folder.display().to_string()))
}

/// Fails with `PlaceNotPrivate` where others could put files into `folder`.
fn check_private(folder: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let failed = |e: &std::io::Error| Error::io(ErrorId::PlaceNotWritable, "Cannot read", folder, e);
        let mode = fs::metadata(folder).map_err(|e| failed(&e))?.permissions().mode();
        if mode & 0o022 != 0 {
            let what =
                format!("The folder '{}' is writable by others (mode {:o}).", folder.display(), mode & 0o777);
            return Err(Error::new(ErrorId::PlaceNotPrivate, what)
                .target(folder.display().to_string())
                .advice(format!("chmod 700 '{}'", folder.display())));
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Whether there is a file at `path`. Nothing else may be opened in its place: a pipe makes who opens it wait for ever,
/// and behind a link that leads nowhere the file may be back tomorrow.
/// Fails with `id` where something else is there, or it can't be told.
pub fn is_file(path: &Path, id: ErrorId) -> Result<bool> {
    let what = match fs::metadata(path) {
        Ok(found) if found.is_file() => return Ok(true),
        Ok(found) if found.is_dir() => "a folder".to_owned(),
        Ok(_) => "a pipe, a socket or a device".to_owned(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(to) => format!("a link to '{}', which is not there", to.display()),
            Err(_) => return Ok(false),
        },
        Err(e) => return Err(Error::io(id, "Cannot read", path, &e)),
    };
    let message = format!("Cannot open '{}': it is no file, but {what}.", path.display());
    Err(Error::new(id, message)
        .target(path.display().to_string())
        .advice("Put the file back, or move away what is in its place, and run again."))
}

/// Opens a file to write in place; where it is not there it is created, readable by its owner only.
pub fn open_private_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file that is not there yet, at once, readable by its owner only.
/// Fails as [`write_private_file`], and with `id` where it exists.
pub fn write_new_file(path: &Path, bytes: &[u8], id: ErrorId) -> Result<()> {
    if path.exists() {
        return Err(exists(path, id));
    }
    write_private_file(path, bytes, id)
}

/// Creates a file that is written bit by bit, readable by its owner only; with `replace`, in place of one that is there.
/// Fails with `id` where it exists or is no file, or `DiskFull`.
pub fn create_private_file(path: &Path, replace: bool, id: ErrorId) -> Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    // What others may have put there, such as a link, is never written through.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let failed = |e: &std::io::Error| Error::io(id, "Cannot write", path, e);
    match options.open(path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(failed(&e)),
        Err(_) if !replace => Err(exists(path, id)),
        Err(_) => {
            is_file(path, id)?;
            fs::remove_file(path).and_then(|()| options.open(path)).map_err(|e| failed(&e))
        }
        Ok(file) => Ok(file),
    }
}

fn exists(path: &Path, id: ErrorId) -> Error {
    Error::new(id, format!("The file '{}' exists already.", path.display()))
        .target(path.display().to_string())
        .advice("Give another path, or replace the file with -Force where the cmdlet has it.")
}

/// Writes `bytes` to `path` at once (beside it, then moved into its place), readable by its owner only.
/// Fails with `id`, or `DiskFull`.
pub fn write_private_file(path: &Path, bytes: &[u8], id: ErrorId) -> Result<()> {
    let failed = |e: &std::io::Error| Error::io(id, "Cannot write", path, e);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(folder).map_err(|e| failed(&e))?;
    std::io::Write::write_all(&mut file, bytes).map_err(|e| failed(&e))?;
    file.as_file().sync_all().map_err(|e| failed(&e))?;
    file.persist(path).map_err(|e| failed(&e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_replaces_all_places() {
        let home = std::env::temp_dir();
        let places = Places::search(home.to_str(), Some(Scope::Machine)).unwrap();
        assert_eq!(places, [Places::below(&home)]);
    }

    #[test]
    fn profile_names_cannot_leave_the_folder() {
        let places = Places::below(Path::new("/home"));
        for name in ["", "../x", "a/b", ".hidden", "a\\b", "-x", &"x".repeat(65)] {
            assert_eq!(places.profile_file(name).unwrap_err().id, ErrorId::ProfileInvalid, "{name}");
        }
        assert_eq!(places.profile_file("corp-1.x").unwrap(), Path::new("/home/profiles/corp-1.x.json"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_created_for_its_owner_and_replaces_only_a_file_and_only_if_told_to() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let create =
            |name: &str, replace| create_private_file(&at(name), replace, ErrorId::TargetNotWritable);
        fs::write(at("old"), "old").unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (name, replace, reason) in [
            ("new", false, None),
            ("old", false, Some("exists already")),
            ("old", true, None),
            ("folder", true, Some("a folder")),
            ("gone/new", true, Some("Cannot write")),
        ] {
            match (create(name, replace), reason) {
                (Ok(_), None) => assert_eq!(fs::read(at(name)).unwrap(), b"", "{name}"),
                (Err(error), Some(reason)) => assert!(error.message.contains(reason), "{error}"),
                (done, _) => panic!("{name}: {done:?}"),
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_created_file_is_private_and_is_not_written_behind_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let home = tempfile::tempdir().unwrap();
        let (victim, link) = (home.path().join("victim"), home.path().join("link"));
        fs::write(&victim, "whole").unwrap();
        symlink(&victim, &link).unwrap();
        let file = create_private_file(&link, true, ErrorId::TargetNotWritable).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&victim).unwrap(), b"whole");
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_made_private_and_open_ones_refused() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a").join("b");
        make_private_folder(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let error = make_private_folder(&folder).unwrap_err();
        assert_eq!(error.id, ErrorId::PlaceNotPrivate);
        assert!(error.advice.starts_with("chmod 700"));
    }
}

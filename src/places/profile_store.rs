//! Profiles as files: finding, reading, writing. A file keeps what differs from the defaults.

use std::{fs, io::ErrorKind, path::Path};

use super::{Places, is_file, make_private_folder, write_private_file};
use crate::{
    error::{Error, ErrorId, Result},
    profile::{KeptSettings, Profile, Settings, is_profile_name},
};

/// What to do about a profile that this account may not read.
const NO_RIGHTS: &str = "Run as the account that the profile belongs to, or with rights to the named file and its folder. The \
                         profile itself need not be made again.";

/// A profile and where it lives.
pub(crate) struct StoredProfile {
    pub(crate) profile: Profile,
    pub(crate) places: Places,
}

/// The profile of that name, from the first of the places that has it. A setting without effect is skipped.
/// Fails with `ProfileNotFound`, `ProfileUnreadable`, `ProfileInvalid`.
pub(crate) fn load(search: &[Places], name: &str) -> Result<StoredProfile> {
    let (settings, places) = settings(search, name)?;
    Ok(StoredProfile { profile: Profile::from_settings(&settings, &|_| false)?, places })
}

/// The name under which a profile is stored: PowerShell's users type names in any case. The name itself where none is
/// that, or more than one.
/// Fails with `ProfileUnreadable`.
pub(crate) fn stored_name(search: &[Places], name: &str) -> Result<String> {
    let names = names(search)?;
    let mut same = names.iter().filter(|one| one.eq_ignore_ascii_case(name));
    match (same.next(), same.next()) {
        (Some(one), None) => Ok(one.clone()),
        _ => Ok(name.to_owned()),
    }
}

/// The settings of the profile of that name, right or wrong, and where they are.
/// Fails with `ProfileNotFound`, `ProfileUnreadable`.
pub(crate) fn settings(search: &[Places], name: &str) -> Result<(Settings, Places)> {
    let stored = stored_name(search, name)?;
    for places in search {
        let path = places.profile_file(&stored)?;
        if !is_file(&path, ErrorId::ProfileUnreadable).map_err(|error| unreadable(error, name))? {
            continue;
        }
        match fs::read(&path) {
            Ok(text) => return Ok((parse(&path, &stored, &text)?, places.clone())),
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => {
                let error = Error::io(ErrorId::ProfileUnreadable, "Cannot read the profile", &path, &e);
                return Err(unreadable(error, name));
            }
        }
    }
    Err(not_found(name))
}

/// What is not to be read for want of rights is neither wrong nor to be replaced.
fn unreadable(error: Error, name: &str) -> Error {
    let code = error.native.as_ref().and_then(|native| native.os_error);
    let kind = code.map(|code| std::io::Error::from_raw_os_error(code).kind());
    let error = error.target(name);
    if kind == Some(ErrorKind::PermissionDenied) { error.advice(NO_RIGHTS) } else { error }
}

fn not_found(name: &str) -> Error {
    Error::new(ErrorId::ProfileNotFound, format!("There is no profile '{name}'.")).target(name)
}

/// The error of each of the names asked for that is not among `known`.
pub(crate) fn unknown(asked: &[String], known: &[String]) -> Vec<Error> {
    let unknown = |name: &&String| !known.iter().any(|one| one.to_lowercase() == name.to_lowercase());
    asked.iter().filter(unknown).map(|name| not_found(name)).collect()
}

fn parse(path: &Path, name: &str, text: &[u8]) -> Result<Settings> {
    let unreadable = |why: String| {
        let what = format!("The profile '{name}' ('{}') can't be read: {why}.", path.display());
        Error::new(ErrorId::ProfileUnreadable, what).target(name)
    };
    let KeptSettings(settings) = serde_json::from_slice(text).map_err(|e| unreadable(e.to_string()))?;
    match settings.name() {
        "" => Err(unreadable("its Name is missing".into())),
        other if other != name => Err(unreadable(format!("its Name is '{other}'"))),
        _ => Ok(settings),
    }
}

/// Writes a profile. Fails with `PlaceNotWritable`, `PlaceNotPrivate`, `DiskFull`.
pub(crate) fn save(places: &Places, profile: &Profile) -> Result<()> {
    make_private_folder(&places.profiles)?;
    let mut text = serde_json::to_vec_pretty(&profile.kept())
        .map_err(|e| Error::new(ErrorId::Internal, format!("A profile has no JSON form: {e}")))?;
    text.push(b'\n');
    write_private_file(&places.profile_file(&profile.name)?, &text, ErrorId::PlaceNotWritable)
}

/// The names of all profiles, in their order; a name that several places have counts once.
pub(crate) fn names(search: &[Places]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for places in search {
        let entries = match fs::read_dir(&places.profiles) {
            Ok(entries) => entries,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => continue,
            Err(e) => return Err(Error::io(ErrorId::ProfileUnreadable, "Cannot list", &places.profiles, &e)),
        };
        let files = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.extend(files.filter_map(|file| file.strip_suffix(".json").map(str::to_owned)));
    }
    names.retain(|name| is_profile_name(name));
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Whether there is a profile, but not one that can be used: it can still be replaced or removed.
pub(crate) fn is_broken(error: &Error) -> bool {
    matches!(error.id, ErrorId::ProfileUnreadable | ErrorId::ProfileInvalid)
}

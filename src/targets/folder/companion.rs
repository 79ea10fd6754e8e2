//! The certificates beside a recipient's JSON.

use std::{
    collections::BTreeSet,
    fs,
    io::{ErrorKind, Read},
    path::Path,
};

use tempfile::TempPath;

use super::{
    durable,
    file::{RecipientFile, json_path, put, remove_file, stage},
    leftover::Workplace,
};
use crate::{
    error::{Error, ErrorId, Result},
    model::{Attribute, Fingerprint, Value},
    regular_file,
};

const EXTENSIONS: [&str; 3] = ["cer", "p7b", "bin"];

/// `KEY.cer` for the first value, `KEY (2).cer` for the second; what holds more than a certificate is `.p7b` or, in the
/// blocks of [MS-OXOABK], `.bin`. No key has a space, so that no second file is another recipient's first.
pub(super) fn name(key: &str, place: usize, value: &Value) -> String {
    format!("{}.{}", stem(key, place), extension(value))
}

fn extension(value: &Value) -> &'static str {
    match (value.attribute, value.bytes.first()) {
        (Attribute::UserCertificate, _) => "cer",
        (Attribute::UserSmimeCertificate, Some(0x30)) => "p7b",
        (Attribute::UserSmimeCertificate, _) => "bin",
    }
}

fn stem(key: &str, place: usize) -> String {
    if place == 0 { key.to_owned() } else { format!("{key} ({})", place + 1) }
}

/// The key of which somebody else's first file may be where the second one of `key` was in early versions.
fn early_stem(key: &str, place: usize) -> String {
    format!("{key}.{}", place + 1)
}

/// Writes certificates beside their places, each with its name. Fails with `TargetNotWritable`, `DiskFull`.
pub(super) fn stage_all(place: &Workplace, key: &str, values: &[Value]) -> Result<Vec<(TempPath, String)>> {
    let one = |(number, value): (usize, &Value)| {
        let name = name(key, number, value);
        Ok((stage(place, &name, &value.bytes)?, name))
    };
    values.iter().enumerate().map(one).collect()
}

/// Removes certificates beside the JSON, but those to `keep`: as many as it has values, and on to the first place
/// that has none. Fails with `TargetNotWritable`, `TargetUnreadable`.
pub(super) fn remove(folder: &Path, key: &str, keep: &[String]) -> Result<()> {
    let values = match RecipientFile::read(&json_path(folder, key)) {
        Ok(file) => file.map_or(0, |file| file.count()),
        Err(error) if error.id == ErrorId::TargetDamaged => 0,
        Err(error) => return Err(error),
    };
    for place in 0.. {
        let mut found = false;
        for extension in EXTENSIONS {
            let name = format!("{}.{extension}", stem(key, place));
            if keep.contains(&name) {
                found = true;
            } else {
                found |= remove_file(&folder.join(name))?;
            }
            if place > 0 {
                found |= remove_early(folder, &early_stem(key, place), extension)?;
            }
        }
        if !found && place >= values {
            break;
        }
    }
    Ok(())
}

/// Removes a file under its early name, unless it is the first one of the recipient whose key that is.
fn remove_early(folder: &Path, stem: &str, extension: &str) -> Result<bool> {
    let path = folder.join(format!("{stem}.{extension}"));
    if !path.exists() || is_first_of_another(folder, stem, extension) {
        return Ok(false);
    }
    remove_file(&path)
}

fn is_first_of_another(folder: &Path, key: &str, of: &str) -> bool {
    match RecipientFile::read(&json_path(folder, key)) {
        Ok(None) => false,
        Ok(Some(other)) => {
            other.values().map_or(true, |values| values.first().is_some_and(|value| extension(value) == of))
        }
        // Nobody can say that it is not.
        Err(_) => true,
    }
}

/// Gives second files that still have their early names the present ones, by what the JSON says; and what such a name
/// took from the recipient whose key it is comes back. What can't be read or written keeps its name until it can.
pub(super) fn rename_early(place: &Workplace) {
    let folder = place.path.as_path();
    let names: BTreeSet<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let mut keys = BTreeSet::new();
    for name in &names {
        let Some((stem, extension)) = name.rsplit_once('.') else { continue };
        let Some((key, number)) = stem.rsplit_once('.') else { continue };
        let Some(number) = number.parse::<usize>().ok().filter(|number| *number > 1) else { continue };
        // Where both stand, it is the first file of another, or a crash left it.
        if EXTENSIONS.contains(&extension)
            && names.contains(&format!("{key}.json"))
            && has_place(folder, key, number)
            && !(names.contains(&format!("{key} ({number}).{extension}"))
                && is_first_of_another(folder, stem, extension))
        {
            keys.insert(key.to_owned());
            keys.insert(stem.to_owned());
        }
    }
    // A crash after that of the other one finds the early name as it was, so that nothing is left undone.
    for key in keys.iter().rev() {
        // The names are worth no run.
        let _ = renew(place, key);
    }
}

fn has_place(folder: &Path, key: &str, number: usize) -> bool {
    matches!(RecipientFile::read(&json_path(folder, key)), Ok(Some(file)) if file.count() >= number)
}

/// Writes a recipient's certificates by what its JSON says, and takes away what stands beside it besides.
fn renew(place: &Workplace, key: &str) -> Result<()> {
    let folder = place.path.as_path();
    let Some(file) = RecipientFile::read(&json_path(folder, key))? else { return Ok(()) };
    let staged = stage_all(place, key, &file.values()?)?;
    durable::contents(folder)?;
    let names: Vec<String> = staged.iter().map(|(_, name)| name.clone()).collect();
    staged.into_iter().try_for_each(|(file, name)| put(file, &folder.join(name)))?;
    durable::names(folder)?;
    remove(folder, key, &names)
}

/// Those of `values` whose certificates beside the JSON are not there, or are others.
/// Fails with `TargetUnreadable` where nobody can tell.
pub(super) fn incomplete(folder: &Path, key: &str, values: &[Value]) -> Result<Vec<Fingerprint>> {
    let mut incomplete = Vec::new();
    for (number, value) in values.iter().enumerate() {
        let path = folder.join(name(key, number, value));
        match holds(&path, &value.bytes) {
            Ok(true) => {}
            // Something that is no file is none of ours.
            Err(e) if !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {
                return Err(Error::io(ErrorId::TargetUnreadable, "Cannot read", &path, &e));
            }
            Ok(false) | Err(_) => incomplete.push(value.fingerprint()),
        }
    }
    Ok(incomplete)
}

fn holds(path: &Path, bytes: &[u8]) -> std::io::Result<bool> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let file = regular_file::open(path)?;
    if file.metadata()?.len() != length {
        return Ok(false);
    }
    let mut found = Vec::with_capacity(bytes.len());
    file.take(length.saturating_add(1)).read_to_end(&mut found)?;
    Ok(found == bytes)
}

#[cfg(test)]
#[cfg(feature = "fault-injection")]
mod tests {
    use super::{super::crash, *};
    use crate::{
        model::{RecipientKind, RecipientRecord},
        targets::TargetQuery,
    };

    /// Two certificates of one whose key this is, as this version writes them.
    fn write(place: &Workplace, key: &str) {
        let recipient = RecipientRecord {
            label: key.to_owned(),
            display_name: None,
            address: None,
            user_principal_name: None,
            distinguished_name: String::new(),
            kind: RecipientKind::User,
            disabled: false,
            values: Vec::new(),
        };
        let query = TargetQuery {
            anchor: key,
            recipient: &recipient,
            link: None,
            former: &[],
            thorough: false,
            fresh: true,
        };
        let values =
            [1, 2].map(|n| Value::new(Attribute::UserCertificate, format!("{key}/{n}").into_bytes()));
        RecipientFile::new(&query, &values).stage(place, key).unwrap().publish(&place.path).unwrap();
    }

    fn tree(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let mut tree: Vec<_> = entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect();
        tree.sort();
        tree
    }

    #[test]
    fn a_crash_between_any_two_changes_of_files_loses_nothing_of_early_names() {
        let mut died = true;
        for dies_after in 0.. {
            if !died {
                break;
            }
            let folder = tempfile::tempdir().unwrap();
            let place = Workplace::new(folder.path());
            // Each one's second file was the next one's first.
            for key in ["a@x", "a@x.2", "a@x.2.2", "b@x"] {
                write(&place, key);
            }
            let present = tree(folder.path());
            for key in ["a@x", "a@x.2", "a@x.2.2", "b@x"] {
                let early = folder.path().join(format!("{key}.2.cer"));
                fs::rename(folder.path().join(format!("{key} (2).cer")), early).unwrap();
            }
            crash::after(Some(dies_after));
            rename_early(&place);
            died = crash::is_dead();
            crash::after(None);
            rename_early(&place);
            assert_eq!(tree(folder.path()), present, "{dies_after}");
            rename_early(&place);
            assert_eq!(tree(folder.path()), present, "{dies_after}");
        }
    }
}

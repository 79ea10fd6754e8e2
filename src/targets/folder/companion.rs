//! The certificates beside a recipient's JSON.

use std::{collections::BTreeSet, fs, path::Path};

use tempfile::TempPath;

use super::{
    durable,
    file::{RecipientFile, json_path, put, remove_file, stage},
    leftover::Workplace,
};
use crate::{
    error::Result,
    model::{Attribute, Value},
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
    let file = RecipientFile::read(&json_path(folder, key))?;
    let values = file.map_or(0, |file| file.count());
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
        if EXTENSIONS.contains(&extension)
            && names.contains(&format!("{key}.json"))
            && !names.contains(&format!("{key} ({number}).{extension}"))
            && has_place(folder, key, number)
        {
            keys.insert(key.to_owned());
            keys.insert(stem.to_owned());
        }
    }
    for key in keys {
        // The names are worth no run.
        let _ = renew(place, &key);
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

//! The files of one recipient.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use tempfile::TempPath;

use super::{companion, leftover::Workplace};
use crate::{
    error::{Error, ErrorId, Result},
    model::{Attribute, Recipient, RecipientKind, Value},
    regular_file,
    targets::TargetQuery,
};

/// A recipient as its JSON file shows it. Nothing in it depends on when it was written: the same state is the
/// same file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RecipientFile {
    /// Its address, user principal name or DN.
    pub(super) recipient: String,
    /// Its anchor in the source.
    pub(super) anchor: String,
    display_name: Option<String>,
    user_principal_name: Option<String>,
    kind: RecipientKind,
    values: Vec<FileValue>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileValue {
    attribute: Attribute,
    /// SHA-256 of the value.
    value: String,
    /// The value in base64.
    data: String,
}

impl RecipientFile {
    pub(super) fn new(query: &TargetQuery<'_>, values: &[Value]) -> Self {
        let of = |value: &Value| FileValue {
            attribute: value.attribute,
            value: value.fingerprint().to_string(),
            data: BASE64.encode(&value.bytes),
        };
        Self {
            recipient: query.recipient.label.clone(),
            anchor: query.anchor.to_owned(),
            display_name: query.recipient.display_name.clone(),
            user_principal_name: query.recipient.user_principal_name.clone(),
            kind: query.recipient.kind,
            values: values.iter().map(of).collect(),
        }
    }

    /// The file at `path`, `None` where there is none. Fails with `TargetUnreadable`, `TargetDamaged`.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let text = match regular_file::read(path) {
            Ok(text) => text,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(e) => return Err(Error::io(ErrorId::TargetUnreadable, "Cannot read", path, &e)),
        };
        let file: Self = serde_json::from_slice(&text).map_err(|e| damaged(path, &e.to_string()))?;
        file.values().map_err(|e| damaged(path, e.message.trim_end_matches('.')))?;
        Ok(Some(file))
    }

    /// How many values it has.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    /// Its values. Fails with `TargetDamaged` where they are not base64.
    pub(super) fn values(&self) -> Result<Vec<Value>> {
        let value = |file: &FileValue| {
            let bytes = BASE64.decode(&file.data);
            bytes.map(|bytes| Value::new(file.attribute, bytes)).map_err(|e| {
                Error::new(
                    ErrorId::TargetDamaged,
                    format!("A value of '{}' is not base64: {e}.", self.recipient),
                )
                .target(self.recipient.clone())
            })
        };
        self.values.iter().map(value).collect()
    }

    /// The recipient as it is published, under the name of its files.
    pub(super) fn to_recipient(&self, key: &str) -> Result<Recipient> {
        let address = Some(self.recipient.clone()).filter(|label| label.contains('@'));
        Ok(Recipient {
            display_name: self.display_name.clone(),
            mail: address,
            user_principal_name: self.user_principal_name.clone(),
            values: self.values()?,
            ..Recipient::new(key, &self.recipient, self.kind)
        })
    }

    /// Writes the recipient's files beside their places. Nothing is published yet.
    /// Fails with `TargetNotWritable`, `DiskFull`.
    pub(super) fn stage(&self, place: &Workplace, key: &str) -> Result<Staged> {
        let certificates = companion::stage_all(place, key, &self.values()?)?;
        let name = format!("{key}.json");
        let mut text =
            serde_json::to_vec_pretty(self).map_err(|e| damaged(&place.path.join(&name), &e.to_string()))?;
        text.push(b'\n');
        Ok(Staged { key: key.to_owned(), certificates, json: stage(place, &name, &text)? })
    }
}

/// A recipient's files, written beside their places. Dropped, they vanish.
pub(super) struct Staged {
    key: String,
    certificates: Vec<(TempPath, String)>,
    json: TempPath,
}

impl Staged {
    /// Moves the files into their places. The JSON comes last, at once: until then the old one stands, and a run
    /// that finds it after a crash does all of this again.
    /// Fails with `TargetNotWritable`, `TargetUnreadable`, `DiskFull`.
    pub(super) fn publish(self, folder: &Path) -> Result<()> {
        let names: Vec<String> = self.certificates.iter().map(|(_, name)| name.clone()).collect();
        companion::remove(folder, &self.key, &names)?;
        for (file, name) in self.certificates {
            put(file, &folder.join(name))?;
        }
        put(self.json, &json_path(folder, &self.key))
    }
}

/// Where the JSON of a recipient is.
pub(super) fn json_path(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{key}.json"))
}

/// Removes a recipient's certificates, then its JSON: a run that finds the JSON after a crash does it again.
/// Fails with `TargetNotWritable`, `TargetUnreadable`.
pub(super) fn remove(folder: &Path, key: &str) -> Result<()> {
    companion::remove(folder, key, &[])?;
    remove_file(&json_path(folder, key)).map(drop)
}

pub(super) fn remove_file(path: &Path) -> Result<bool> {
    #[cfg(feature = "fault-injection")]
    super::crash::step(path)?;
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Error::io(ErrorId::TargetNotWritable, "Cannot remove", path, &e)),
    }
}

/// Writes a file beside its place.
pub(super) fn stage(place: &Workplace, name: &str, bytes: &[u8]) -> Result<TempPath> {
    let path = place.path.join(name);
    let failed = |e: &std::io::Error| Error::io(ErrorId::TargetNotWritable, "Cannot write", &path, e);
    let mut file = place.temporary().map_err(|e| failed(&e))?;
    file.write_all(bytes).map_err(|e| failed(&e))?;
    // Linux makes a whole batch durable with one call, see `durable::contents`.
    #[cfg(not(target_os = "linux"))]
    file.as_file().sync_data().map_err(|e| failed(&e))?;
    Ok(file.into_temp_path())
}

/// Moves a file into its place, so that a reader sees the old one or the new one.
pub(super) fn put(file: TempPath, path: &Path) -> Result<()> {
    #[cfg(feature = "fault-injection")]
    super::crash::step(path)?;
    file.persist(path).map_err(|e| Error::io(ErrorId::TargetNotWritable, "Cannot write", path, &e.error))
}

fn damaged(path: &Path, why: &str) -> Error {
    Error::new(ErrorId::TargetDamaged, format!("'{}' is not a recipient's file: {why}.", path.display()))
        .target(path.display().to_string())
}

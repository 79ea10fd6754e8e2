//! Whether the certificates beside a recipient's JSON are what the JSON says: people and other programs read these.

use std::{
    io::{ErrorKind, Read},
    path::Path,
};

use super::file::companion_name;
use crate::{
    directory::regular,
    error::{Error, ErrorId, Result},
    model::{Fingerprint, Value},
};

/// Those of `values` whose certificates beside the JSON are not there, or are others.
/// Fails with `TargetUnreadable` where nobody can tell.
pub(super) fn incomplete(folder: &Path, key: &str, values: &[Value]) -> Result<Vec<Fingerprint>> {
    let mut incomplete = Vec::new();
    for (number, value) in values.iter().enumerate() {
        let path = folder.join(companion_name(key, number, value));
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
    let file = regular::open(path)?;
    if file.metadata()?.len() != length {
        return Ok(false);
    }
    let mut found = Vec::with_capacity(bytes.len());
    file.take(length.saturating_add(1)).read_to_end(&mut found)?;
    Ok(found == bytes)
}

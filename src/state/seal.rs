//! The seal of an idle state: a digest over its file, beside it. SQLite's own checks see broken pages only; a changed
//! byte inside a text or number is seen by the seal.
//!
//! Who changes the file by SQLite counts its change counter up (<https://sqlite.org/fileformat2.html#file_change_counter>):
//! such a file is no longer the one that was sealed, and no damage.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{companion, failure::corrupt, json};
use crate::{
    error::{Error, ErrorId, Result},
    model::Fingerprint,
    places,
};

/// Bytes of a seal that are read.
const LONGEST: u64 = 1 << 12;

/// What is sealed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Seal {
    change_counter: u32,
    sha256: Fingerprint,
}

/// What the seal of a state says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sealed {
    /// The file is what was left there.
    Whole,
    /// There is no seal, or one of another file: a run was interrupted, or another program wrote.
    No,
}

/// Compares the file with its seal. For a state that this process does not have open: closing a file gives its locks
/// back.
/// Fails with `StateCorrupt` where bytes differ that SQLite did not write, and with `StateNotReadable`.
pub(super) fn check(path: &Path) -> Result<Sealed> {
    let Some(seal) = read_seal(path) else { return Ok(Sealed::No) };
    // What a journal still has to write is not in the file.
    if ["-wal", "-journal"].iter().any(|suffix| companion(path, suffix).exists()) {
        return Ok(Sealed::No);
    }
    let found = seal_of(path)?;
    if found == seal {
        Ok(Sealed::Whole)
    } else if found.change_counter == seal.change_counter {
        Err(corrupt(path, "its bytes are not those that the last run left"))
    } else {
        Ok(Sealed::No)
    }
}

/// Seals a state that is closed. Fails with `StateNotReadable`, `StateNotWritable`, `DiskFull`.
pub(super) fn put(path: &Path) -> Result<()> {
    let seal = json(&seal_of(path)?)?;
    places::write_private_file(&companion(path, ".seal"), seal.as_bytes(), ErrorId::StateNotWritable)
}

/// Takes the seal away before the state is written to. One that stays is told by the change counter.
pub(super) fn take_away(path: &Path) {
    let _ = fs::remove_file(companion(path, ".seal"));
}

/// A seal that can't be read or understood is none: the whole state is looked through then.
fn read_seal(path: &Path) -> Option<Seal> {
    let mut text = Vec::new();
    File::open(companion(path, ".seal")).ok()?.take(LONGEST).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn failed(path: &Path, cause: &std::io::Error) -> Error {
    Error::io(ErrorId::StateNotReadable, "Cannot read", path, cause)
}

fn seal_of(path: &Path) -> Result<Seal> {
    let mut file = File::open(path).map_err(|e| failed(path, &e))?;
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    let (mut piece, mut header) = (vec![0; 1 << 20], Vec::new());
    loop {
        let length = file.read(&mut piece).map_err(|e| failed(path, &e))?;
        let read = piece.get(..length).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        digest.update(read);
        let missing = 28_usize.saturating_sub(header.len());
        header.extend(read.iter().take(missing));
    }
    let counter = header.get(24..28).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest.finish().as_ref());
    Ok(Seal { change_counter: counter, sha256: Fingerprint(sha256) })
}

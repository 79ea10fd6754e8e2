//! The seal of an idle state: a digest over its file, beside it. SQLite's own checks see broken pages only; a changed
//! byte inside a text or number is seen by the seal.
//!
//! Who changes the file by SQLite counts its change counter up (<https://sqlite.org/fileformat2.html#file_change_counter>):
//! such a file is no longer the one that was sealed, and no damage.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{companion, json};
use crate::{
    error::{Error, ErrorId, Result},
    model::Fingerprint,
    parallel, places,
};

/// The setting with the id of the state as it was sealed.
pub(super) const SEALED: &str = "sealed";

/// Bytes of a seal that are read.
const LONGEST: u64 = 1 << 12;

/// Bytes of a piece that is digested by itself.
const PIECE: u64 = 1 << 20;

/// Bytes of the file's header that say how often it was changed.
const HEADER: u64 = 28;

/// What is sealed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Seal {
    /// The state's setting [`SEALED`]: a file that was put here from elsewhere has another one.
    id: String,
    change_counter: u32,
    sha256_of_pieces: Fingerprint,
    /// Over the rest: a seal can be damaged, too.
    check: Fingerprint,
}

impl Seal {
    fn new(id: &str, file: &Digest) -> Self {
        let Digest { change_counter, sha256_of_pieces } = *file;
        let check = Fingerprint::of(format!("{id} {change_counter} {sha256_of_pieces}").as_bytes());
        Self { id: id.to_owned(), change_counter, sha256_of_pieces, check }
    }
}

/// What a file is.
#[derive(Debug, PartialEq, Eq)]
struct Digest {
    change_counter: u32,
    sha256_of_pieces: Fingerprint,
}

/// What the seal of a state says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sealed {
    /// The file is what was left there.
    Whole,
    /// Bytes differ that SQLite did not write, in the state with this id.
    Broken(String),
    /// There is no seal, or one of another file: a run was interrupted, or another program wrote.
    No,
}

/// Compares the file with its seal. For a state that this process does not have open: closing a file gives its locks
/// back. Fails with `StateNotReadable`.
pub(super) fn check(path: &Path) -> Result<Sealed> {
    let Some(seal) = read_seal(path) else { return Ok(Sealed::No) };
    // What a journal still has to write is not in the file.
    if ["-wal", "-journal"].iter().any(|suffix| companion(path, suffix).exists()) || !path.exists() {
        return Ok(Sealed::No);
    }
    let found = digest(path)?;
    if (found.change_counter, found.sha256_of_pieces) == (seal.change_counter, seal.sha256_of_pieces) {
        Ok(Sealed::Whole)
    } else if found.change_counter == seal.change_counter {
        Ok(Sealed::Broken(seal.id))
    } else {
        Ok(Sealed::No)
    }
}

/// Seals a state that is closed, and has that id. Fails with `StateNotReadable`, `StateNotWritable`, `DiskFull`.
pub(super) fn put(path: &Path, id: &str) -> Result<()> {
    let seal = json(&Seal::new(id, &digest(path)?))?;
    places::write_private_file(&companion(path, ".seal"), seal.as_bytes(), ErrorId::StateNotWritable)
}

/// Takes the seal away before the state is written to. One that stays is told by the change counter.
pub(super) fn take_away(path: &Path) {
    let _ = fs::remove_file(companion(path, ".seal"));
}

/// A seal that can't be read or understood is none: the whole state is looked through then.
fn read_seal(path: &Path) -> Option<Seal> {
    let (seal, mut text) = (companion(path, ".seal"), Vec::new());
    places::is_file(&seal, ErrorId::StateNotReadable).ok()?.then_some(())?;
    File::open(seal).ok()?.take(LONGEST).read_to_end(&mut text).ok()?;
    let seal: Seal = serde_json::from_slice(&text).ok()?;
    let file = Digest { change_counter: seal.change_counter, sha256_of_pieces: seal.sha256_of_pieces };
    (Seal::new(&seal.id, &file) == seal).then_some(seal)
}

fn failed(path: &Path, cause: &std::io::Error) -> Error {
    Error::io(ErrorId::StateNotReadable, "Cannot read", path, cause)
}

/// The digest over the digests of its pieces, which all cores read.
fn digest(path: &Path) -> Result<Digest> {
    let failed = |e: &std::io::Error| failed(path, e);
    let length = fs::metadata(path).map_err(|e| failed(&e))?.len();
    let pieces: Vec<u64> = (0..length.div_ceil(PIECE)).map(|piece| piece * PIECE).collect();
    let digests = parallel::try_map(&pieces, |start| {
        let mut bytes = Vec::with_capacity(usize::try_from(PIECE).unwrap_or(0));
        read_from(path, *start, PIECE, &mut bytes).map_err(|e| failed(&e))?;
        Ok::<_, Error>(Fingerprint::of(&bytes))
    })?;
    let all: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
    let mut header = Vec::new();
    read_from(path, 0, HEADER, &mut header).map_err(|e| failed(&e))?;
    let counter = header.get(24..28).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    Ok(Digest { change_counter: counter, sha256_of_pieces: Fingerprint::of(&all) })
}

fn read_from(path: &Path, start: u64, most: u64, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    file.take(most).read_to_end(bytes).map(drop)
}

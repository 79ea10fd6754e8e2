//! Damage: a second look, and where the file is kept.

use std::{fs, path::Path};

use super::{companion, failure, whole};
use crate::{
    error::{Error, ErrorId},
    model::Timestamp,
};

/// What to do about a damaged state that was moved.
const MOVED_ASIDE: &str = "Run again: the run builds a new one and adopts what is published.";

/// What `error` means for the state at `path`, which this process does not have open any more. What is damaged in a
/// second look as well is kept aside, under a name that is in the message; nothing else is moved.
/// `doubted` is a setting that could not be understood.
pub(super) fn settle(path: &Path, error: Error, doubted: Option<(String, String)>, now: Timestamp) -> Error {
    if !failure::is_doubt(&error, path) {
        return failure::with_reason(path, error);
    }
    let damaged = error.id == ErrorId::StateCorrupt;
    match whole::second_look(path, doubted) {
        Err(second) if second.id == ErrorId::StateCorrupt => {
            keep_aside(path, if damaged { error } else { second }, now)
        }
        Err(second) if damaged => failure::with_reason(path, second),
        Ok(()) if damaged => failure::unconfirmed(path, &error),
        _ => error,
    }
}

/// Moves a damaged state and its companions aside; never overwrites what was kept earlier.
fn keep_aside(path: &Path, error: Error, now: Timestamp) -> Error {
    let stamp = now.rfc3339().replace([':', '-'], "");
    let free = |n: u32| companion(path, &format!(".corrupt-{stamp}-{n}"));
    let Some(kept) = (1..1000).map(free).find(|name| !name.exists()) else { return error };
    if let Err(cause) = fs::rename(path, &kept) {
        let message = format!("{} It could not be moved aside: {cause}.", error.message);
        return Error { message, ..error };
    }
    for suffix in ["-wal", "-shm", "-journal", ".seal"] {
        // A journal belongs to its database; one that is not there needs no move.
        let _ = fs::rename(companion(path, suffix), companion(&kept, suffix));
    }
    let message = format!("{} It is kept as '{}'.", error.message, kept.display());
    Error { message, ..error }.advice(MOVED_ASIDE)
}

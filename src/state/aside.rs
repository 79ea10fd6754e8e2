//! Damage: a second look, and where the file is kept.

use std::{fs, path::Path};

use super::{companion, failure, whole};
use crate::{
    error::{Error, ErrorId},
    model::Timestamp,
    places,
};

/// What to do about a damaged state that was moved.
const MOVED_ASIDE: &str = "Run again: the run builds a new one and adopts what is published.";

/// The note, beside a state, that the last run doubted it.
const DOUBTED: &str = ".doubted";

/// What `error` means for the state at `path`, which this process does not have open any more. What is damaged in a
/// second look as well is kept aside, under a name that is in the message, and so is what two runs in turn took for damaged;
/// nothing else is moved.
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
        Ok(()) if damaged && doubted_before(path, &error) => keep_aside(path, error, now),
        Ok(()) if damaged => failure::unconfirmed(path, &error),
        _ => error,
    }
}

/// Whether the run before this one doubted the state as well, and found it whole in a second look: what the runs of
/// this version can't work with is no use, whole or not. Notes the doubt for the next run.
fn doubted_before(path: &Path, error: &Error) -> bool {
    let note = companion(path, DOUBTED);
    if note.exists() {
        return true;
    }
    // Where it can't be written, the next run is the first that doubts.
    let _ = places::write_private_file(&note, error.message.as_bytes(), ErrorId::StateNotWritable);
    false
}

/// A run had no doubt.
pub(super) fn forget_doubt(path: &Path) {
    let _ = fs::remove_file(companion(path, DOUBTED));
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
    forget_doubt(path);
    let message = format!("{} It is kept as '{}'.", error.message, kept.display());
    Error { message, ..error }.advice(MOVED_ASIDE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;

    const NOW: Timestamp = Timestamp(1000);

    /// A run that takes the state for damaged, as no second look does.
    fn doubts(path: &Path) -> Error {
        let state = State::open(path, NOW).unwrap();
        let error = state.settled(state.damaged("it is odd"), NOW);
        state.close().unwrap();
        error
    }

    #[test]
    fn what_two_runs_in_turn_take_for_damaged_is_kept_aside_and_no_loop() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corp.db");
        for _ in 0..2 {
            let error = doubts(&path);
            assert_eq!(error.id, ErrorId::StateNotReadable, "{error}");
            assert!(error.message.contains("a second look found it whole") && path.exists(), "{error}");
            // A run without doubt in between: the next one that doubts is the first again.
            State::open(&path, NOW).unwrap().close().unwrap();
        }
        doubts(&path);
        let error = doubts(&path);
        assert_eq!(error.id, ErrorId::StateCorrupt, "{error}");
        assert!(error.message.contains(" It is kept as '") && !path.exists(), "{error}");
        assert!(!companion(&path, DOUBTED).exists());
    }
}

//! Tests only (feature `fault-injection`): the process dies between two changes of files.

use std::{cell::Cell, path::Path};

use crate::error::{Error, ErrorId, Result};

thread_local! {
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// From now on this thread makes so many changes of files and then none; `None`: any number.
pub fn after(changes: Option<usize>) {
    LEFT.set(changes);
}

/// Whether no change is made any more.
pub fn is_dead() -> bool {
    LEFT.get() == Some(0)
}

pub(super) fn step(path: &Path) -> Result<()> {
    match LEFT.get() {
        None => Ok(()),
        Some(0) => Err(Error::new(ErrorId::Internal, "the process died").target(path.display().to_string())),
        Some(left) => {
            LEFT.set(Some(left - 1));
            Ok(())
        }
    }
}

//! What a failure of SQLite means: damage, a read or write that failed, another program, a full disk.

use std::{fmt, fs::File, io::Read, path::Path};

use rusqlite::{ErrorCode, ffi};

use crate::{
    error::{Error, ErrorId, NativeStatus},
    places,
};

/// What to do about a damaged state that nobody moved.
const MOVE_ASIDE: &str = "The next Sync-SmimeCertificate keeps the file aside, builds a new state and adopts what is \
                          published; where it does not, move the file aside and run again.";

/// What to do about a state that was read as damaged once.
const LOOK_AGAIN: &str = "Nothing was moved. Run again. Where this comes again, check the disk and the memory of this \
                          machine, and move the file aside: the next run builds a new one and adopts what is published.";

/// What to do about a read that failed.
const READ_AGAIN: &str =
    "Nothing was moved. Check the disk and the system's log, and run again once the file can be read.";

/// What to do about a state that somebody took away while a run worked on it.
const REMOVED: &str = "Leave the files of a state alone while a run works on it. Put the file back where it was moved, and run \
                       again: without it the run builds a new one and adopts what is published.";

/// The error `StateCorrupt` of the state at `path`; `why` says what is wrong with it.
pub(super) fn corrupt(path: &Path, why: &str) -> Error {
    let what = format!("The state '{}' is damaged: {why}.", path.display());
    of_state(ErrorId::StateCorrupt, path, what).advice(MOVE_ASIDE)
}

/// The error of a state that was read as damaged once, with `error`, and as whole in a second look.
pub(super) fn unconfirmed(path: &Path, error: &Error) -> Error {
    let start = format!("The state '{}' is damaged: ", path.display());
    let why = error.message.strip_prefix(&start).unwrap_or(&error.message).trim_end_matches('.');
    unreadable(path, format_args!("it seemed damaged ({why}), and a second look found it whole"))
        .advice(LOOK_AGAIN)
}

/// The error of a state that could not be read; nothing is known of what is in it.
pub(super) fn unreadable(path: &Path, why: impl fmt::Display) -> Error {
    let what = format!("The state '{}' could not be read: {why}.", path.display());
    of_state(ErrorId::StateNotReadable, path, what).advice(READ_AGAIN)
}

/// What an error of SQLite means for the state at `path`.
pub(super) fn sqlite(path: &Path, error: rusqlite::Error) -> Error {
    if is_damage(&error) {
        return corrupt(path, &error.to_string());
    }
    let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => of_state(ErrorId::DiskFull, path, told(path, &error)),
        Some(ErrorCode::SystemIoFailure) if is_lock(extended) => no_locks(path, error),
        Some(ErrorCode::SystemIoFailure) if !is_write(extended) => unreadable(path, describe(&error)),
        Some(ErrorCode::OutOfMemory) => unreadable(path, describe(&error))
            .advice("Nothing was moved. Free memory on this machine, and run again."),
        Some(ErrorCode::CannotOpen) => unreadable(path, describe(&error)),
        Some(ErrorCode::ReadOnly) if extended == ffi::SQLITE_READONLY_DBMOVED => {
            let what = format!(
                "The state '{}' could not be written: its file was moved, replaced or removed in the meantime.",
                path.display()
            );
            of_state(ErrorId::StateNotWritable, path, what).advice(REMOVED)
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::SystemIoFailure) => {
            let what = format!("The state '{}' could not be written: {}.", path.display(), describe(&error));
            of_state(ErrorId::StateNotWritable, path, what)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            let what =
                format!("Another program has the state '{}' open and locks it: {error}.", path.display());
            of_state(ErrorId::StateBusy, path, what)
        }
        _ => of_state(ErrorId::Internal, path, told(path, &error)),
    }
}

/// The same where the state is only read.
pub(super) fn sqlite_read(path: &Path, error: rusqlite::Error) -> Error {
    let error = sqlite(path, error);
    match error.id {
        ErrorId::StateNotWritable if error.advice == error.id.advice() => {
            Error { id: ErrorId::StateNotReadable, ..error }.advice(ErrorId::StateNotReadable.advice())
        }
        ErrorId::StateNotWritable => Error { id: ErrorId::StateNotReadable, ..error },
        _ => error,
    }
}

/// A lock that the file system does not give.
pub(super) fn no_locks(path: &Path, why: impl fmt::Display) -> Error {
    let what = format!("The file system gives no lock for '{}': {why}.", path.display());
    of_state(ErrorId::StateNotWritable, path, what).advice(
        "Keep states on a disk of this machine, for example with SMIME_SYNC_HOME, or have the file server give locks \
         (NFS: its lock service).",
    )
}

/// Whether `error` may come from damage that another look at the state at `path` shows.
pub(super) fn is_doubt(error: &Error, path: &Path) -> bool {
    matches!(error.id, ErrorId::StateCorrupt | ErrorId::Internal | ErrorId::DiskFull)
        && error.target.as_deref() == Some(path.display().to_string().as_str())
}

/// The same error, with what the operating system says where it does not let the file be read. For a state that this
/// process does not have open: closing a file gives its locks back.
pub(super) fn with_reason(path: &Path, error: Error) -> Error {
    if error.id != ErrorId::StateNotReadable {
        return error;
    }
    if !matches!(places::is_file(path, ErrorId::StateNotReadable), Ok(true)) {
        return error;
    }
    let Err(cause) = read_through(path) else { return error };
    let native = NativeStatus { os_error: cause.raw_os_error(), ..NativeStatus::default() };
    let advice = match cause.kind() {
        std::io::ErrorKind::PermissionDenied => ErrorId::StateNotReadable.advice().to_owned(),
        _ => error.advice.clone(),
    };
    unreadable(path, cause).advice(advice).native(native)
}

fn read_through(path: &Path) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    let mut piece = [0; 1 << 16];
    while file.read(&mut piece)? > 0 {}
    Ok(())
}

fn of_state(id: ErrorId, path: &Path, what: String) -> Error {
    Error::new(id, what).target(path.display().to_string())
}

fn told(path: &Path, error: &rusqlite::Error) -> String {
    format!("The state '{}': {error}.", path.display())
}

/// SQLite's words, with those of its exact code where they say more.
fn describe(error: &rusqlite::Error) -> String {
    match error.sqlite_error() {
        Some(exact) if exact.extended_code > 0xff => {
            format!("{error} ({})", ffi::code_to_str(exact.extended_code))
        }
        _ => error.to_string(),
    }
}

/// Whether it tells of what somebody else wrote: pages, or values that are none of ours.
fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, NulError, SqliteFailure,
        Utf8Error,
    };
    match error {
        FromSqlConversionFailure(..)
        | IntegralValueOutOfRange(..)
        | InvalidColumnType(..)
        | Utf8Error(..)
        | NulError(..) => true,
        // SQLite's JSON functions have no code of their own.
        SqliteFailure(_, Some(text)) if text == "malformed JSON" => true,
        _ => matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)),
    }
}

/// SQLite's result codes, extended: <https://sqlite.org/rescode.html>.
fn is_lock(code: i32) -> bool {
    matches!(
        code,
        ffi::SQLITE_IOERR_LOCK
            | ffi::SQLITE_IOERR_RDLOCK
            | ffi::SQLITE_IOERR_UNLOCK
            | ffi::SQLITE_IOERR_CHECKRESERVEDLOCK
            | ffi::SQLITE_IOERR_SHMLOCK
    )
}

fn is_write(code: i32) -> bool {
    matches!(
        code,
        ffi::SQLITE_IOERR_WRITE
            | ffi::SQLITE_IOERR_FSYNC
            | ffi::SQLITE_IOERR_DIR_FSYNC
            | ffi::SQLITE_IOERR_TRUNCATE
            | ffi::SQLITE_IOERR_DELETE
            | ffi::SQLITE_IOERR_DELETE_NOENT
            | ffi::SQLITE_IOERR_CLOSE
            | ffi::SQLITE_IOERR_SHMSIZE
            | ffi::SQLITE_IOERR_GETTEMPPATH
            | ffi::SQLITE_IOERR_BEGIN_ATOMIC
            | ffi::SQLITE_IOERR_COMMIT_ATOMIC
            | ffi::SQLITE_IOERR_ROLLBACK_ATOMIC
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_failure_has_its_own_words_and_only_damage_is_damage() {
        let path = Path::new("/var/corp.db");
        let (read, written) = (
            "The state '/var/corp.db' could not be read: ",
            "The state '/var/corp.db' could not be written: ",
        );
        let (damaged, busy) =
            ("The state '/var/corp.db' is damaged: ", "Another program has the state '/var/corp.db' open");
        let lock = "The file system gives no lock for '/var/corp.db': ";
        for (code, id, start) in [
            (ffi::SQLITE_CORRUPT, ErrorId::StateCorrupt, damaged),
            (ffi::SQLITE_CORRUPT_INDEX, ErrorId::StateCorrupt, damaged),
            (ffi::SQLITE_NOTADB, ErrorId::StateCorrupt, damaged),
            (ffi::SQLITE_IOERR, ErrorId::StateNotReadable, read),
            (ffi::SQLITE_IOERR_READ, ErrorId::StateNotReadable, read),
            (ffi::SQLITE_IOERR_NOMEM, ErrorId::StateNotReadable, read),
            (ffi::SQLITE_IOERR_CORRUPTFS, ErrorId::StateNotReadable, read),
            (ffi::SQLITE_NOMEM, ErrorId::StateNotReadable, read),
            (ffi::SQLITE_CANTOPEN, ErrorId::StateNotReadable, read),
            (ffi::SQLITE_IOERR_WRITE, ErrorId::StateNotWritable, written),
            (ffi::SQLITE_IOERR_FSYNC, ErrorId::StateNotWritable, written),
            (ffi::SQLITE_READONLY, ErrorId::StateNotWritable, written),
            (ffi::SQLITE_PERM, ErrorId::StateNotWritable, written),
            (ffi::SQLITE_IOERR_LOCK, ErrorId::StateNotWritable, lock),
            (ffi::SQLITE_IOERR_RDLOCK, ErrorId::StateNotWritable, lock),
            (ffi::SQLITE_BUSY, ErrorId::StateBusy, busy),
            (ffi::SQLITE_BUSY_SNAPSHOT, ErrorId::StateBusy, busy),
            (ffi::SQLITE_LOCKED, ErrorId::StateBusy, busy),
            (ffi::SQLITE_PROTOCOL, ErrorId::StateBusy, busy),
            (ffi::SQLITE_FULL, ErrorId::DiskFull, "The state '/var/corp.db': "),
        ] {
            let error = sqlite(path, rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            assert_eq!(error.id, id, "{code}: {error}");
            assert!(error.message.starts_with(start), "{code}: {error}");
            assert_eq!(error.target.as_deref(), Some("/var/corp.db"));
        }
    }

    #[test]
    fn damage_that_a_second_look_does_not_find_is_no_damage() {
        let path = Path::new("/var/corp.db");
        let error = unconfirmed(path, &corrupt(path, "a page is broken"));
        assert_eq!(error.id, ErrorId::StateNotReadable);
        let what = "The state '/var/corp.db' could not be read: it seemed damaged (a page is broken), and a second look found it whole.";
        assert_eq!(error.message, what);
        assert!(error.advice.starts_with("Nothing was moved. Run again."), "{}", error.advice);
    }
}

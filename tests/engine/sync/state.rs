//! State files that are not as they should be.

use std::{fs, path::Path};

use smime_sync::{
    error::{Error, ErrorId},
    model::{RunResult, Timestamp},
    state::{
        State,
        lock::{Holder, RunLock},
    },
};

use super::harness::{Harness, person};

pub(super) fn one() -> Harness {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    harness
}

#[test]
fn a_newer_state_is_refused_and_stays_as_it_is() {
    let mut harness = one();
    rusqlite::Connection::open(harness.state_path())
        .unwrap()
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    let before = fs::read(harness.state_path()).unwrap();
    let error = harness.run().run.unwrap_err();
    assert_eq!(error.id, ErrorId::StateNewer);
    assert!(
        error.message.ends_with("has version 99, but this SmimeSync knows versions up to 6."),
        "{}",
        error.message
    );
    assert_eq!(fs::read(harness.state_path()).unwrap(), before);
}

#[test]
fn a_damaged_state_is_kept_aside_and_the_next_run_adopts() {
    for damage in [
        (|path: &Path| {
            fs::write(path, "this is no database, but longer than a header of one hundred bytes, as SQLite wants it to be..........").unwrap()
        }) as fn(&Path),
        |path| {
            let mut bytes = fs::read(path).unwrap();
            let end = bytes.len() - 100;
            bytes[3000..end].fill(0xAA);
            fs::write(path, bytes).unwrap();
        },
        |path| {
            fs::remove_file(path).unwrap();
            rusqlite::Connection::open(path)
                .unwrap()
                .execute_batch("CREATE TABLE another_program (x)")
                .unwrap();
        },
    ] {
        let mut harness = one();
        damage(&harness.state_path());
        let damaged = fs::read(harness.state_path()).unwrap();
        let error = harness.run().run.unwrap_err();
        assert_eq!(error.id, ErrorId::StateCorrupt, "{error}");
        let kept = error.message.split('\'').rev().nth(1).unwrap();
        assert!(kept.contains("corp.db.corrupt-19700112T134640Z-1"), "{}", error.message);
        assert_eq!(fs::read(kept).unwrap(), damaged);
        let run = harness.run();
        assert_eq!((run.planned(), run.ok().numbers.adopted), ((0, 0, 0), 1));
    }
}

#[test]
fn a_damaged_state_is_not_moved_by_a_preview() {
    let mut harness = one();
    fs::write(harness.state_path(), vec![0xAA; 8192]).unwrap();
    harness.options.what_if = true;
    assert_eq!(harness.run().run.unwrap_err().id, ErrorId::StateCorrupt);
    assert_eq!(fs::read(harness.state_path()).unwrap(), vec![0xAA; 8192]);
}

#[cfg(unix)]
#[test]
fn the_state_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let harness = one();
    for (path, mode) in [(harness.state_path(), 0o600), (harness.home.path().join("state"), 0o700)] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn an_idle_state_has_no_journal_beside_it() {
    let harness = one();
    let mut names: Vec<_> =
        fs::read_dir(harness.home.path().join("state")).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["corp.db", "corp.db.seal"]);
}

#[test]
fn no_state_is_none() {
    assert!(State::open_to_read(Path::new("/nowhere/corp.db")).unwrap().is_none());
}

#[test]
fn a_state_that_cannot_be_made_says_so() {
    let harness = one();
    let error = State::open(&harness.state_path().join("below"), Timestamp(0)).err().unwrap();
    assert_eq!(error.id, ErrorId::PlaceNotWritable);
}

#[test]
fn a_state_that_cannot_be_locked_or_read_says_so() {
    let harness = one();
    let state = harness.state_path();
    fs::create_dir(state.with_file_name("other.db.lock")).unwrap();
    let holder = Holder { host: "admin@test".into(), since: Timestamp(0) };
    let error = RunLock::take(&state.with_file_name("other.db"), &holder).unwrap_err();
    assert_eq!(error.id, ErrorId::StateNotWritable);
    fs::create_dir(state.with_file_name("folder.db")).unwrap();
    let error = State::open_to_read(&state.with_file_name("folder.db")).err().unwrap();
    assert_eq!(error.id, ErrorId::StateNotReadable);
    assert!(error.message.contains("folder.db"), "{error}");
}

/// A pipe would hold up who opens it for ever, and a link that leads nowhere may be a disk that is not there today.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_never_opened_and_is_named() {
    use std::{os::unix::fs::symlink, process::Command};
    for (kind, why) in [
        ("pipe", "it is no file, but a pipe, a socket or a device."),
        ("folder", "it is no file, but a folder."),
        ("/nowhere/at/all", "it is no file, but a link to '/nowhere/at/all', which is not there."),
        ("/dev/null", "it is no file, but a pipe, a socket or a device."),
    ] {
        let make = |path: &Path| match kind {
            "pipe" => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
            "folder" => fs::create_dir(path).unwrap(),
            to => symlink(to, path).unwrap(),
        };
        for name in ["corp.db", "corp.db.lock", "corp.db.holder", "corp.db-wal", "corp.db.seal"] {
            let mut harness = one();
            let state = harness.state_path();
            let path = state.with_file_name(name);
            let _ = fs::remove_file(&path);
            make(&path);
            let holder = Holder { host: "admin@test".into(), since: Timestamp(0) };
            let lock = RunLock::take(&state, &holder);
            let checked = State::open_to_check(&state, &mut |_, _| Ok(()));
            let named = |error: &Error| {
                let message = format!("Cannot open '{}': {why}", path.display());
                assert_eq!(error.message, message);
                assert!(error.advice.starts_with("Put the file back"), "{}", error.advice);
            };
            match name {
                "corp.db" | "corp.db-wal" => {
                    assert_eq!(checked.err().map(|error| named(&error)), Some(()), "{name}");
                    assert_eq!(harness.run().run.err().map(|error| named(&error)), Some(()), "{name}");
                }
                // A seal that can't be read is none.
                "corp.db.seal" => assert_eq!(harness.run().ok().result, RunResult::Success, "{why}"),
                _ => {
                    assert_eq!(lock.err().map(|error| named(&error)), Some(()), "{name}");
                    checked.unwrap();
                }
            }
        }
    }
}

#[test]
fn an_empty_file_is_no_state_yet() {
    let mut harness = one();
    for what_if in [true, false] {
        fs::write(harness.state_path(), "").unwrap();
        assert!(State::open_to_read(&harness.state_path()).unwrap().is_none());
        harness.options.what_if = what_if;
        assert_eq!(harness.run().ok().numbers.adopted, 1);
    }
}

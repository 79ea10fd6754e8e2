//! State files that are not as they should be.

use std::{fs, path::Path};

use smime_sync::{
    error::ErrorId,
    model::Timestamp,
    state::{
        State,
        lock::{Holder, RunLock},
    },
};

use super::harness::{Harness, person};

fn one() -> Harness {
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
        error.message.ends_with("has version 99, but this SmimeSync knows versions up to 2."),
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
    let names: Vec<_> =
        fs::read_dir(harness.home.path().join("state")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["corp.db"]);
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

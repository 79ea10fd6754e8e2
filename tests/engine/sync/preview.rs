//! A preview plans the very same, and writes nothing anywhere.

use super::harness::{Fault, Harness, person, tree};

fn prepared() -> Harness {
    let mut harness =
        Harness::new(vec![person("alice", &["a"]), person("bob", &["b"]), person("carol", &["c"])]);
    harness.run().ok();
    harness.source.recipients = vec![person("alice", &["a2"]), person("bob", &["b"]), person("dave", &["d"])];
    harness.profile.limits.removal_percent = 100;
    harness
}

#[test]
fn it_shows_the_very_plan_and_leaves_no_trace() {
    let mut harness = prepared();
    let before = tree(harness.home.path());
    harness.options.what_if = true;
    let preview = harness.run();
    assert_eq!(tree(harness.home.path()), before);
    assert_eq!((preview.ok().id, preview.ok().what_if), (0, true));
    harness.options.what_if = false;
    let run = harness.run();
    let planned: Vec<String> =
        preview.changes().iter().map(|change| change.replace("Pending", "Exported")).collect();
    assert_eq!(planned, run.changes());
    assert_eq!(preview.planned(), run.planned());
}

#[test]
fn before_the_first_run_it_makes_no_state_and_no_folder() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.options.what_if = true;
    assert_eq!(harness.run().planned(), (1, 0, 0));
    assert!(tree(harness.home.path()).is_empty());
    assert!(!harness.out().exists());
}

#[test]
fn the_guards_verdict_is_a_warning() {
    let mut harness = prepared();
    harness.source.recipients.clear();
    harness.options.what_if = true;
    let preview = harness.run();
    assert_eq!(preview.told.warnings(), ["The guard would hold this plan: The source has no recipients."]);
}

#[test]
fn a_journal_that_a_crash_left_is_read_from_a_copy() {
    let mut harness = prepared();
    harness.faults = vec![Fault::DiesAfterWrite(1)];
    let state =
        smime_sync::state::State::open(&harness.state_path(), smime_sync::model::Timestamp(0)).unwrap();
    // A process that dies never closes its state: the journal stays behind.
    state.set_setting("note", "only in the journal").unwrap();
    let wal = harness.home.path().join("state").join("corp.db-wal");
    let (database, journal) = (std::fs::read(harness.state_path()).unwrap(), std::fs::read(&wal).unwrap());
    state.close().unwrap();
    std::fs::write(harness.state_path(), database).unwrap();
    std::fs::write(&wal, journal).unwrap();
    let before = tree(harness.home.path());
    assert_eq!(harness.state().setting("note").unwrap().as_deref(), Some("only in the journal"));
    harness.faults.clear();
    harness.options.what_if = true;
    harness.run().ok();
    assert_eq!(tree(harness.home.path()), before);
}

//! What happens to a state while a run works on it, or before: damage, other programs.

use std::fs;

use smime_sync::{
    error::{Error, ErrorId},
    model::{RunResult, Timestamp},
    state::State,
};

use super::base::{Base, kept_by};
use crate::sync::harness::{Fault, Harness, Outcome, person};

/// Runs over a few people to whom something new is published, while somebody changes the state at the write of a batch.
fn disturbed(damage: &str) -> (Harness, Outcome) {
    disturbed_by(|harness| Fault::Executes(2, harness.state_path(), damage.into()))
}

fn disturbed_by(fault: impl FnOnce(&Harness) -> Fault) -> (Harness, Outcome) {
    let people = ["alice", "bob", "carol", "dave"];
    let mut harness = Harness::new(people.map(|name| person(name, &[name])).to_vec());
    harness.batch = 1;
    harness.run().ok();
    harness.source.recipients = people.map(|name| person(name, &[&format!("new {name}"), name])).to_vec();
    harness.faults = vec![fault(&harness)];
    let outcome = harness.run();
    harness.faults.clear();
    (harness, outcome)
}

#[test]
fn damage_in_the_middle_of_an_export_is_kept_aside_and_the_next_run_adopts() {
    for damage in [
        "UPDATE evaluation SET recipient = CAST(x'ff' AS TEXT)",
        "UPDATE evaluation SET desired = '{'",
        "UPDATE value SET bytes = x'00'",
        "DELETE FROM value",
        "DELETE FROM evaluation",
        "UPDATE change SET record = '[]' WHERE state = 'Pending'",
        "UPDATE change SET kind = 'Rename' WHERE state = 'Pending'",
        "UPDATE managed SET attribute = char(0)",
        "UPDATE link SET target = CAST(x'c3' AS TEXT) WHERE anchor = 'id-dave'",
        "REPLACE INTO setting VALUES ('swept', 'yesterday')",
        "DROP TABLE managed",
    ] {
        let (mut harness, outcome) = disturbed(damage);
        let error = outcome.run.expect_err(damage);
        assert_eq!(error.id, ErrorId::StateCorrupt, "{damage}: {error}");
        assert!(kept_by(&error).exists() && !harness.state_path().exists(), "{damage}: {error}");
        let told = outcome.told.results_of(smime_sync::event::ResultType::Run);
        assert_eq!(
            (&told[0]["Result"], &told[0]["Error"]),
            (&"Stopped".into(), &error.message.clone().into())
        );
        assert_eq!(harness.run().ok().result, RunResult::Success, "{damage}");
        for name in ["alice", "bob", "carol", "dave"] {
            assert_eq!(harness.published(name), [format!("new {name}")], "{damage}");
        }
        assert_eq!(harness.run().planned(), (0, 0, 0), "{damage}");
    }
}

/// What was learnt could not be kept: that is no success, however well the rest went.
#[cfg(unix)]
#[test]
fn a_run_whose_state_is_removed_under_it_is_stopped_and_the_next_one_adopts() {
    let (mut harness, outcome) = disturbed_by(|harness| Fault::Removes(2, harness.state_path()));
    let error = outcome.run.unwrap_err();
    assert_eq!(error.id, ErrorId::StateNotWritable, "{error}");
    assert!(error.message.contains("moved, replaced or removed"), "{error}");
    assert!(error.advice.starts_with("Leave the files of a state alone"), "{}", error.advice);
    let told = outcome.told.results_of(smime_sync::event::ResultType::Run);
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["Result"], &told[0]["Error"]), (&"Stopped".into(), &error.message.clone().into()));
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.adopted), ((0, 0, 0), 4));
}

#[test]
fn a_preview_that_meets_damage_says_so_and_moves_nothing() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let sql = "UPDATE evaluation SET findings = CAST(x'ff' AS TEXT)";
    rusqlite::Connection::open(harness.state_path()).unwrap().execute_batch(sql).unwrap();
    let before = fs::read(harness.state_path()).unwrap();
    harness.options.what_if = true;
    let error = harness.run().run.unwrap_err();
    assert_eq!(error.id, ErrorId::StateCorrupt, "{error}");
    assert!(!error.message.contains("kept as"), "{error}");
    assert_eq!(fs::read(harness.state_path()).unwrap(), before);
}

#[test]
fn another_program_that_has_the_state_open_is_named_as_what_it_is() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let reader = rusqlite::Connection::open(harness.state_path()).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM run").unwrap();
    let error = harness.run().run.unwrap_err();
    assert_eq!(error.id, ErrorId::StateBusy, "{error}");
    let path = harness.state_path().display().to_string();
    assert_eq!(
        error.message,
        format!("Another program has the state '{path}' open and locks it: database is locked.")
    );
    // Who waits for it can give up.
    let canceled = |_, _| Err(Error::canceled());
    let error = State::open_watched(&harness.state_path(), Timestamp(0), &mut { canceled }).err().unwrap();
    assert_eq!(error.id, ErrorId::Canceled);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(harness.run().ok().result, RunResult::Success);
}

#[test]
fn a_reader_that_comes_while_a_run_works_does_not_fail_it() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    let state = State::open(&harness.state_path(), Timestamp(0)).unwrap();
    let reader = rusqlite::Connection::open(harness.state_path()).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM run").unwrap();
    state.close().unwrap();
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    assert_eq!(harness.run().ok().result, RunResult::Success);
    let wal = harness.state_path().with_file_name("corp.db-wal");
    assert!(!wal.exists(), "the run after it leaves the state idle");
}

#[test]
fn after_a_kill_every_evaluation_is_made_again_once() {
    let mut base = Base::killed();
    base.restore();
    // No check can see that this is another one's address.
    let sql = r#"UPDATE evaluation SET recipient = replace(recipient, 'p04@contoso', 'p06@contoso') WHERE anchor = 'id-p04'"#;
    let state = rusqlite::Connection::open(base.harness.state_path()).unwrap();
    state.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    assert_eq!(state.execute(sql, []).unwrap(), 1);
    drop(state);
    base.harness.options.identity = vec!["p01@contoso.test".into()];
    base.harness.run().ok();
    base.harness.options.identity.clear();
    assert_eq!(base.harness.run().ok().result, RunResult::Success);
    base.assert_published(&base.people, "after the kill");
    assert!(base.harness.state().setting("interrupted").unwrap().is_none());
}

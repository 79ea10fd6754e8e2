//! What the cmdlets say of a state that is damaged, can't be read, or is held by somebody else.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use smime_sync::{
    error::ErrorId,
    event::ResultType,
    model::Timestamp,
    state::lock::{Holder, RunLock},
};

use super::sync::{Home, generate, sync};

fn published() -> (Home, PathBuf) {
    let home = Home::new();
    generate(&home, 20, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    home.results(ResultType::Run, sync(json!({})));
    let state = home.path("state").join("corp.db");
    (home, state)
}

/// Result, message and advice of the check of the state.
fn check(home: &Home) -> (String, String, String) {
    let checks =
        home.results(ResultType::ProfileTest, json!({"Operation": "TestProfile", "ProfileName": "corp"}));
    let state = checks.into_iter().find(|check| check["Check"] == "State").unwrap();
    let text = |name: &str| state[name].as_str().unwrap().to_owned();
    (text("Result"), text("Message"), text("Advice"))
}

/// Changes one byte of the first such text, so that it is no UTF-8.
fn damage(state: &PathBuf, text: &str) {
    let mut bytes = fs::read(state).unwrap();
    let at = bytes.windows(text.len()).position(|window| window == text.as_bytes()).unwrap();
    bytes[at + 3] = 0xff;
    fs::write(state, bytes).unwrap();
}

#[test]
fn one_damaged_byte_is_found_by_the_check_kept_aside_by_the_next_run_and_healed_by_the_one_after() {
    for text in ["\"label\":\"", "\"Result\":\"", "@contoso", "\"Subject\":\""] {
        let (home, state) = published();
        let (result, message, _) = check(&home);
        assert_eq!(result, "Passed");
        assert!(message.starts_with("The state is whole; "), "{message}");
        damage(&state, text);
        let before = fs::read(&state).unwrap();
        let (result, message, advice) = check(&home);
        assert_eq!(result, "Failed", "{text}");
        assert!(message.starts_with(&format!("The state '{}' is damaged: ", state.display())), "{message}");
        assert!(advice.starts_with("The next Sync-SmimeCertificate keeps the file aside"), "{advice}");
        assert_eq!(fs::read(&state).unwrap(), before, "a check moves nothing");

        let error = home.ask(sync(json!({}))).0.unwrap_err();
        assert_eq!(error.id, ErrorId::StateCorrupt, "{error}");
        let kept = error.message.split_once(" It is kept as '").unwrap().1.trim_end_matches("'.");
        assert_eq!(fs::read(kept).unwrap(), before, "{text}");
        let run = home.results(ResultType::Run, sync(json!({}))).remove(0);
        assert_eq!((&run["Result"], &run["Exported"]), (&"Success".into(), &0.into()), "{text}");
        assert_eq!(check(&home).0, "Passed");
    }
}

/// The same damage where no seal vouches for the file: found row by row.
#[test]
fn the_check_reads_every_row() {
    for (damage, why) in [
        ("UPDATE run SET record = '{}'", "it holds a record that can't be read"),
        ("UPDATE change SET recipient = CAST(x'ff' AS TEXT)", "invalid utf-8"),
        ("DELETE FROM value", "it has lost the value"),
    ] {
        let (home, state) = published();
        rusqlite::Connection::open(&state).unwrap().execute_batch(damage).unwrap();
        let (result, message, _) = check(&home);
        assert_eq!(result, "Failed", "{damage}");
        assert!(message.contains(" is damaged: ") && message.contains(why), "{message}");
    }
}

#[test]
fn a_state_that_cannot_be_read_is_told_apart_from_a_damaged_one() {
    let (home, state) = published();
    let aside = state.with_file_name("aside");
    fs::rename(&state, &aside).unwrap();
    fs::create_dir(&state).unwrap();
    let (result, message, advice) = check(&home);
    assert_eq!(result, "Failed");
    assert!(!message.contains("damaged"), "{message}");
    assert!(advice.starts_with("Put the file back"), "{advice}");
    let error = home.ask(json!({"Operation": "GetRun", "ProfileName": ["corp"]})).0.unwrap_err();
    assert_eq!(error.id, ErrorId::StateNotReadable, "{error}");
    assert!(error.message.ends_with("corp.db': it is no file, but a folder."), "{error}");
    assert!(error.advice.starts_with("Put the file back"), "{}", error.advice);
    fs::remove_dir(&state).unwrap();
    fs::rename(&aside, &state).unwrap();
    assert_eq!(home.results(ResultType::Run, sync(json!({})))[0]["Result"], "Success");
}

#[test]
fn cmdlets_that_only_read_say_that_the_state_is_damaged_and_move_nothing() {
    let (home, state) = published();
    let sql = "UPDATE run SET record = CAST(x'ff' AS TEXT); UPDATE change SET record = CAST(x'ff' AS TEXT);
               UPDATE managed SET certificate = CAST(x'ff' AS TEXT)";
    rusqlite::Connection::open(&state).unwrap().execute_batch(sql).unwrap();
    let before = fs::read(&state).unwrap();
    for request in [
        json!({"Operation": "GetRun", "ProfileName": ["corp"]}),
        json!({"Operation": "GetChange", "ProfileName": "corp"}),
        json!({"Operation": "GetCertificate", "ProfileName": "corp", "Source": "State"}),
        sync(json!({"WhatIf": true})),
    ] {
        let error = home.ask(request.clone()).0.unwrap_err();
        assert_eq!(error.id, ErrorId::StateCorrupt, "{request}: {error}");
        assert!(!error.message.contains("kept as"), "{error}");
        assert_eq!(fs::read(&state).unwrap(), before, "{request}");
    }
    let approve = json!({"Operation": "ApprovePlan", "ProfileName": "corp", "Id": 1});
    let error = home.ask(approve).0.unwrap_err();
    assert_eq!(error.id, ErrorId::StateCorrupt, "{error}");
    assert!(error.message.contains(" It is kept as '") && !state.exists(), "an approval writes: {error}");
}

#[test]
fn a_canceled_check_of_the_whole_state_ends_as_canceled_and_moves_nothing() {
    let (_home, state) = published();
    let canceled = || smime_sync::error::Error::canceled();
    let mut steps = 0;
    let error = smime_sync::state::State::open_to_check(&state, &mut |done, total| {
        steps += 1;
        assert!(done <= total);
        if done > 0 { Err(canceled()) } else { Ok(()) }
    });
    assert_eq!(error.err().unwrap().id, ErrorId::Canceled);
    assert!(steps > 1 && state.exists());
    let value: Value =
        serde_json::from_slice(&fs::read(state.with_file_name("corp.db.seal")).unwrap()).unwrap();
    assert!(value["Sha256OfPieces"].is_string());
}

#[test]
fn a_run_whose_process_ended_is_shown_as_stopped_and_one_at_work_as_running() {
    let (home, state) = published();
    let sql = r#"UPDATE run SET result = 'Running', record = replace(record, '"Result":"Success"', '"Result":"Running"')"#;
    rusqlite::Connection::open(&state).unwrap().execute_batch(sql).unwrap();
    let runs = |result: &str| {
        let results: &[&str] = if result.is_empty() { &[] } else { &[result] };
        home.results(
            ResultType::Run,
            json!({"Operation": "GetRun", "ProfileName": ["corp"], "Result": results}),
        )
    };
    for asked in ["", "Stopped"] {
        let run = runs(asked).remove(0);
        assert_eq!(run["Result"], "Stopped", "{run}");
        assert_eq!(run["Error"], "The process ended in the middle of the run.");
    }
    assert_eq!(runs("Running").len(), 0);
    let holder = Holder { host: "admin@test".into(), since: Timestamp(0) };
    let _lock = RunLock::take(&state, &holder).unwrap();
    for asked in ["", "Running"] {
        assert_eq!(runs(asked)[0]["Result"], "Running", "{asked}");
    }
    assert_eq!(runs("Stopped").len(), 0);
}

#[test]
fn the_check_tells_what_would_keep_a_run_from_its_lock_and_leaves_nothing_behind() {
    let (home, state) = published();
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(state.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    assert_eq!(check(&home).0, "Passed");
    assert_eq!(names(), before);
    let lock = state.with_file_name("corp.db.lock");
    let _ = fs::remove_file(&lock);
    fs::create_dir(&lock).unwrap();
    let (result, message, advice) = check(&home);
    assert_eq!(result, "Failed");
    assert_eq!(message, format!("Cannot open '{}': it is no file, but a folder.", lock.display()));
    assert!(advice.starts_with("Put the file back"), "{advice}");
}

#[test]
fn a_file_that_is_read_takes_no_credential() {
    let (home, _) = published();
    let checks =
        home.results(ResultType::ProfileTest, json!({"Operation": "TestProfile", "ProfileName": "corp"}));
    let source = checks.into_iter().find(|check| check["Check"] == "Source").unwrap();
    assert_eq!(source["Message"], "The source can be opened.");
}

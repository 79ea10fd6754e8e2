//! Matching and adoption at the target, shown with the folder.

use std::fs;

use smime_sync::{error::ErrorId, model::RunResult};

use super::harness::{Harness, person, tree};

#[test]
fn a_lost_state_heals_by_adoption() {
    let mut harness = Harness::new(vec![person("alice", &["a", "old"]), person("bob", &["b"])]);
    harness.run().ok();
    let before = tree(&harness.out());
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.adopted), ((0, 0, 0), 2));
    assert_eq!(tree(&harness.out()), before);
    harness.source.recipients[0] = person("alice", &["new"]);
    harness.run().ok();
    assert_eq!(harness.published("alice"), ["new"], "what was adopted is managed");
}

#[test]
fn what_is_wanted_comes_before_what_a_state_lost_later_left_in_front_of_it() {
    let mut harness = Harness::new(vec![person("bob", &["b"])]);
    let lose_state = |harness: &Harness| fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.run().ok();
    lose_state(&harness);
    harness.source.recipients[0] = person("bob", &["a"]);
    harness.run().ok();
    assert_eq!(harness.published("bob"), ["a", "b"], "what nobody remembers is somebody else's");
    harness.source.recipients[0] = person("bob", &["b"]);
    lose_state(&harness);
    harness.run().ok();
    assert_eq!(harness.published("bob"), ["b", "a"]);
    assert_eq!(harness.run().planned(), (0, 0, 0));
}

#[test]
fn a_recipient_is_found_by_its_anchor_whatever_its_address() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.source.recipients[0].mail = Some("alice.married@contoso.test".into());
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.adopted), ((0, 1, 0), 1));
    assert!(harness.published("alice").is_empty());
    assert_eq!(harness.published("alice.married"), ["a"]);
}

#[test]
fn a_new_address_moves_the_files() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    harness.source.recipients[0].mail = Some("alice.married@contoso.test".into());
    let run = harness.run();
    assert_eq!(run.planned(), (0, 1, 0));
    let names: Vec<_> = tree(&harness.out())
        .into_keys()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["alice.married@contoso.test.cer", "alice.married@contoso.test.json", "index.json"]);
    assert_eq!(harness.run().planned(), (0, 0, 0));
}

#[test]
fn two_recipients_with_one_address_are_both_left_alone() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.source.recipients[1].mail = Some("ALICE@contoso.test".into());
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::CompletedWithErrors, (0, 0, 0)));
    assert_eq!(run.told.error_ids(), [ErrorId::TargetConflict, ErrorId::TargetConflict]);
    assert!(harness.published("alice").is_empty());
}

#[test]
fn an_address_that_somebody_else_has_at_the_target_is_not_overwritten() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let mut other = person("other", &["x"]);
    other.mail = Some("alice@contoso.test".into());
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.source.recipients = vec![other];
    let run = harness.run();
    assert_eq!(run.told.errors_of(), [(ErrorId::TargetConflict, Some("alice@contoso.test".into()))]);
    assert_eq!(harness.published("alice"), ["a"]);
}

#[test]
fn a_damaged_file_is_that_recipients_error_alone() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.run().ok();
    fs::write(harness.out().join("alice@contoso.test.json"), "{").unwrap();
    harness.source.recipients = vec![person("alice", &["a2"]), person("bob", &["b2"])];
    let run = harness.run();
    assert_eq!(run.told.errors_of(), [(ErrorId::TargetUnreadable, Some("alice@contoso.test".into()))]);
    assert_eq!(harness.published("bob"), ["b2"]);
}

#[test]
fn another_folder_starts_anew_and_the_old_one_stays() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let old = harness.out();
    harness.folder_mut().output_path = harness.home.path().join("elsewhere");
    let run = harness.run();
    assert_eq!(run.planned(), (1, 0, 0));
    assert!(
        run.told.warnings()[0].contains("what was published for 1 recipient there stays"),
        "{:?}",
        run.told.warnings()
    );
    assert_eq!(harness.published("alice"), ["a"]);
    assert_eq!(super::harness::published_in(&old, "alice@contoso.test"), ["a"]);
}

#[test]
fn the_index_lists_who_is_published_with_what() {
    let mut harness =
        Harness::new(vec![person("bob", &["b"]), person("alice", &["a"]), person("carol", &[])]);
    harness.run().ok();
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(harness.out().join("index.json")).unwrap()).unwrap();
    let names: Vec<&str> =
        index.as_array().unwrap().iter().map(|line| line["Recipient"].as_str().unwrap()).collect();
    assert_eq!(names, ["alice@contoso.test", "bob@contoso.test"]);
    assert_eq!(index[0]["Certificates"][0]["Thumbprint"], "A");
    assert_eq!(index[0]["File"], "alice@contoso.test.json");
}

#[test]
fn an_output_path_that_cannot_be_written_stops_the_run_and_loses_nothing() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    fs::write(harness.home.path().join("file"), "").unwrap();
    harness.folder_mut().output_path = harness.home.path().join("file").join("out");
    let error = harness.run().run.unwrap_err();
    assert_eq!(error.id, ErrorId::TargetNotWritable);
    assert!(error.message.starts_with("Cannot write to '"), "{}", error.message);
    assert_eq!(harness.state().run(1).unwrap().result, RunResult::Stopped);
    harness.folder_mut().output_path = harness.home.path().join("out");
    assert_eq!(harness.run().planned(), (1, 0, 0));
}

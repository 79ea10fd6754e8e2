//! Crashes, refusals and interference while exporting.

use std::{collections::BTreeMap, path::PathBuf};

use smime_sync::{
    error::ErrorId,
    model::{ChangeState, Recipient, RunResult},
};

use super::harness::{Fault, Harness, person, tree, value};

fn changed() -> Harness {
    let people = (0..7).map(|n| person(&format!("p{n}"), &["a"])).collect();
    let mut harness = Harness::new(people);
    harness.run().ok();
    harness.profile.limits.removal_percent = 100;
    harness.source.recipients[0] = person("p0", &["b"]);
    harness.source.recipients[1] = person("p1", &[]);
    harness.source.recipients[2] = person("p2", &["c", "a"]);
    harness.source.recipients.push(person("new", &["n"]));
    harness
}

/// Every published file by its name, as text.
fn content(harness: &Harness) -> BTreeMap<PathBuf, String> {
    let root = harness.out();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let name = |path: PathBuf| path.strip_prefix(&root).unwrap().to_owned();
    tree(&root).into_iter().map(|(path, bytes)| (name(path), text(bytes))).collect()
}

#[test]
fn after_a_crash_the_next_run_ends_where_an_undisturbed_one_does() {
    let mut undisturbed = changed();
    undisturbed.run().ok();
    for fault in [1, 2].into_iter().flat_map(|n| [Fault::DiesBeforeWrite(n), Fault::DiesAfterWrite(n)]) {
        let mut harness = changed();
        harness.faults = vec![fault.clone()];
        harness.run().run.unwrap_err();
        assert!(!harness.changes(ChangeState::InFlight).is_empty(), "{fault:?}");
        harness.faults.clear();
        let run = harness.run();
        assert_eq!(run.ok().result, RunResult::Success, "{fault:?}");
        assert_eq!(content(&harness), content(&undisturbed), "{fault:?}");
        assert!(harness.changes(ChangeState::InFlight).is_empty());
        assert_eq!(harness.run().planned(), (0, 0, 0));
    }
}

#[test]
fn what_was_written_before_the_crash_is_not_written_again() {
    let mut harness = changed();
    harness.faults = vec![Fault::DiesAfterWrite(1)];
    harness.run().run.unwrap_err();
    harness.faults.clear();
    let (add, update, remove) = harness.run().planned();
    assert_eq!(add + update + remove, 2, "four changes, two of them were in the first batch");
}

#[test]
fn a_run_that_a_crash_ended_is_stopped_in_the_history() {
    let mut harness = changed();
    harness.run().ok();
    let state =
        smime_sync::state::State::open(&harness.state_path(), smime_sync::model::Timestamp(0)).unwrap();
    let mut run = state.run(2).unwrap();
    run.result = RunResult::Running;
    state.put_run(&run).unwrap();
    state.close().unwrap();
    harness.run().ok();
    let run = harness.state().run(2).unwrap();
    assert_eq!(
        (run.result, run.error.as_deref()),
        (RunResult::Stopped, Some("The process ended in the middle of the run."))
    );
}

/// A state was lost, and meanwhile everybody got another address and other values: nothing that stands under the old
/// names is in the source any more. Somebody left, and somebody new has an old address.
fn all_renamed_and_the_state_lost() -> Harness {
    let people = (0..5).map(|n| person(&format!("p{n}"), &["a", "b"])).collect();
    let mut harness = Harness::new(people);
    harness.profile.limits.removal_percent = 100;
    harness.run().ok();
    std::fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    for (n, one) in harness.source.recipients.iter_mut().enumerate() {
        one.mail = Some(format!("q{n}@contoso.test"));
        one.values = vec![value("c")];
    }
    harness.source.recipients.remove(4);
    harness.source.recipients.push(Recipient { anchor: "id-another".into(), ..person("p0", &["d"]) });
    harness
}

#[test]
fn a_crash_between_any_two_changes_of_files_of_the_first_run_after_a_lost_state_leaves_nothing_behind() {
    let mut undisturbed = all_renamed_and_the_state_lost();
    undisturbed.run().ok();
    undisturbed.run().ok();
    let around = (1..4).flat_map(|n| [Fault::DiesBeforeWrite(n), Fault::DiesAfterWrite(n)]);
    let within = (1..4).flat_map(|n| (0..12).map(move |changes| Fault::DiesWithinWrite(n, changes)));
    let mut died = 0;
    for fault in around.chain(within) {
        let mut harness = all_renamed_and_the_state_lost();
        harness.faults = vec![fault.clone()];
        died += usize::from(harness.run().run.is_err());
        harness.faults.clear();
        for _ in 0..2 {
            assert_eq!(harness.run().ok().result, RunResult::Success, "{fault:?}");
        }
        assert_eq!(content(&harness), content(&undisturbed), "{fault:?}");
        assert_eq!(harness.run().ok().numbers.exported, 0, "{fault:?}");
    }
    // Within a write a run dies with the feature alone.
    let least = if cfg!(feature = "fault-injection") { 7 } else { 6 };
    assert!(died >= least, "{died} runs died");
}

#[test]
fn one_refusal_does_not_stop_the_others_and_is_tried_again() {
    let mut harness = changed();
    harness.faults = vec![Fault::Refuses("p0@contoso.test".into())];
    let run = harness.run();
    assert_eq!(run.ok().result, RunResult::CompletedWithErrors);
    assert_eq!((run.ok().numbers.exported, run.ok().numbers.rejected), (3, 1));
    assert_eq!(run.told.errors_of(), [(ErrorId::TargetNotWritable, Some("p0@contoso.test".into()))]);
    assert_eq!(harness.run().ok().numbers.rejected, 1, "the first retry is the next run");
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.waiting), ((0, 0, 0), 1), "the second one waits");
    harness.options.identity = vec!["p0@contoso.test".into()];
    assert_eq!(harness.run().ok().numbers.rejected, 1, "by identity it is tried at once");
    harness.options.identity.clear();
    harness.faults.clear();
    harness.now += 3600;
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::Success, (0, 1, 0)));
    assert_eq!(harness.published("p0"), ["b"]);
    assert_eq!(harness.changes(ChangeState::Exported).last().unwrap().attempts, 4);
}

#[test]
fn something_else_read_back_than_was_written_stops_the_run() {
    let mut harness = changed();
    harness.faults = vec![Fault::Alters];
    let run = harness.run();
    assert_eq!(run.run.unwrap_err().id, ErrorId::VerifyFailed);
    harness.faults.clear();
    assert_eq!(harness.run().ok().result, RunResult::Success);
}

#[test]
fn a_canceled_run_keeps_what_it_did_and_the_next_one_does_the_rest() {
    let mut harness = changed();
    harness.faults = vec![Fault::CancelsAfter(1)];
    let run = harness.run();
    assert_eq!(run.run.unwrap_err().id, ErrorId::Canceled);
    assert_eq!(harness.state().run(2).unwrap().result, RunResult::Canceled);
    harness.faults.clear();
    harness.run().ok();
    assert_eq!((harness.published("p0"), harness.published("new")), (vec!["b".into()], vec!["n".into()]));
    assert!(harness.published("p1").is_empty());
}

#[test]
fn foreign_values_stay_behind_ours() {
    let mut harness = changed();
    let path = harness.out().join("p0@contoso.test.json");
    let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut foreign = file["Values"][0].clone();
    foreign["Data"] = "Zm9yZWlnbg==".into();
    file["Values"].as_array_mut().unwrap().push(foreign);
    std::fs::write(&path, file.to_string()).unwrap();
    harness.run().ok();
    assert_eq!(harness.published("p0"), ["b", "foreign"]);
    harness.source.recipients[0].values.clear();
    harness.run().ok();
    assert_eq!(harness.published("p0"), ["foreign"], "only managed values are ever removed");
    harness.source.recipients[0].values.push(value("z"));
    harness.run().ok();
    assert_eq!(harness.published("p0"), ["z", "foreign"]);
}

#[test]
fn certificates_beside_the_json_never_outlive_it() {
    // A process can die after each single file; the JSON goes last, so that the next run finds what to finish.
    for already_gone in [&[][..], &["p1@contoso.test.cer"], &["p1@contoso.test.cer", "p1@contoso.test.json"]]
    {
        let mut harness = changed();
        harness.faults = vec![Fault::DiesBeforeWrite(1)];
        harness.run().run.unwrap_err();
        already_gone.iter().for_each(|name| std::fs::remove_file(harness.out().join(name)).unwrap());
        harness.faults.clear();
        harness.run().ok();
        let left = tree(&harness.out()).into_keys().filter(|path| path.to_string_lossy().contains("p1@"));
        assert_eq!(left.count(), 0, "{already_gone:?}");
    }
}

#[test]
fn an_unreadable_foreign_value_is_no_reason_to_worry() {
    let mut harness = changed();
    let path = harness.out().join("p0@contoso.test.json");
    let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut foreign = file["Values"][0].clone();
    foreign["Attribute"] = "userSMIMECertificate".into();
    foreign["Data"] = "Zm9yZWlnbg==".into();
    file["Values"].as_array_mut().unwrap().push(foreign);
    std::fs::write(&path, file.to_string()).unwrap();
    let run = harness.run();
    assert_eq!(run.ok().result, RunResult::Success);
    assert_eq!(run.told.warnings(), ["1 of 8 recipients has no certificate at all. -Verbose names it."]);
    assert_eq!(harness.published("p0"), ["b", "foreign"]);
}

#[test]
fn what_cannot_be_read_back_yet_waits_and_is_still_known_as_ours_then() {
    let mut harness = changed();
    harness.faults = vec![Fault::DiesAfterWrite(1)];
    harness.run().run.unwrap_err();
    assert_eq!(harness.published("p0"), ["b"]);
    harness.source.recipients[0] = person("p0", &["c"]);
    harness.faults = vec![Fault::Hides("p0@contoso.test".into())];
    let run = harness.run();
    assert_eq!(run.told.errors_of(), [(ErrorId::TargetUnreadable, Some("p0@contoso.test".into()))]);
    assert_eq!((run.ok().result, run.ok().numbers.waiting), (RunResult::CompletedWithErrors, 1));
    assert_eq!(harness.changes(ChangeState::InFlight).len(), 1);
    harness.faults.clear();
    harness.run().ok();
    assert_eq!(harness.published("p0"), ["c"], "b was ours, though no run had settled it");
}

#[test]
fn a_recipient_that_leaves_before_it_could_be_read_back_is_removed_after_all() {
    let mut harness = changed();
    harness.faults = vec![Fault::DiesAfterWrite(1)];
    harness.run().run.unwrap_err();
    assert_eq!(harness.published("new"), ["n"]);
    harness.source.recipients.retain(|one| one.anchor != "id-new");
    harness.faults = vec![Fault::Hides("new@contoso.test".into())];
    harness.run().ok();
    harness.faults.clear();
    harness.run().ok();
    assert!(harness.published("new").is_empty());
}

//! What was published and is gone from the target: seen by the next run.

use std::fs;

use smime_sync::{
    error::ErrorId,
    model::{ChangeState, RunResult},
    profile::Drift,
};

use super::harness::{DAY, Fault, Harness, person, tree};

fn three() -> Harness {
    Harness::new(["alice", "bob", "carol"].map(|name| person(name, &[name])).to_vec())
}

#[test]
fn the_next_run_sees_what_is_gone_and_publishes_it_again() {
    type Damage = fn(&Harness);
    let cases: [(&str, Damage, u64); 4] = [
        ("the folder is gone", |harness| fs::remove_dir_all(harness.out()).unwrap(), 3),
        (
            "it was emptied",
            |harness| tree(&harness.out()).keys().for_each(|path| fs::remove_file(path).unwrap()),
            3,
        ),
        (
            "one recipient's file is gone",
            |harness| fs::remove_file(harness.out().join("bob@contoso.test.json")).unwrap(),
            1,
        ),
        ("the index is gone", |harness| fs::remove_file(harness.out().join("index.json")).unwrap(), 0),
    ];
    for (what, damage, lost) in cases {
        let mut harness = three();
        harness.run().ok();
        let before = tree(&harness.out());
        damage(&harness);
        let outcome = harness.run();
        let numbers = &outcome.ok().numbers;
        assert_eq!((numbers.drifted, numbers.exported), (lost, lost), "{what}");
        assert_eq!(tree(&harness.out()), before, "{what}");
        let warned = outcome.told.warnings();
        assert_eq!(
            warned.iter().any(|text| text.contains("what is still wanted is planned to be published again")),
            lost > 0,
            "{what}: {warned:?}"
        );
        assert_eq!(harness.run().planned(), (0, 0, 0), "{what}");
    }
}

#[test]
fn an_old_index_that_names_who_is_gone_is_written_anew_where_nobody_is_published_any_more() {
    let mut harness = three();
    harness.run().ok();
    let index = harness.out().join("index.json");
    let old = fs::read(&index).unwrap();
    harness.source.recipients.iter_mut().for_each(|one| one.values = person("x", &["bad"]).values);
    harness.options.allow_removal = Some(3);
    assert_eq!(harness.run().ok().numbers.exported, 3);
    let empty = fs::read(&index).unwrap();
    fs::write(&index, &old).unwrap();
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert_eq!(fs::read(&index).unwrap(), empty);
    // What is no index of ours names nobody, and stays.
    fs::write(&index, "somebody else's").unwrap();
    harness.run().ok();
    assert_eq!(fs::read_to_string(&index).unwrap(), "somebody else's");
}

#[test]
fn a_profile_that_only_reports_drift_reports_this_too() {
    let mut harness = three();
    harness.run().ok();
    harness.folder_mut().publication.drift = Drift::Report;
    fs::remove_dir_all(harness.out()).unwrap();
    let outcome = harness.run();
    assert_eq!((outcome.ok().numbers.drifted, outcome.planned()), (3, (0, 0, 0)));
    assert!(outcome.told.warnings()[0].contains("only reports it"), "{:?}", outcome.told.warnings());
    assert!(harness.published("alice").is_empty());
}

#[test]
fn a_run_of_some_recipients_sees_it_of_these() {
    let mut harness = three();
    harness.run().ok();
    fs::remove_dir_all(harness.out()).unwrap();
    harness.options.identity = vec!["alice@contoso.test".into()];
    assert_eq!(harness.run().planned(), (1, 0, 0));
    assert_eq!(harness.published("alice"), ["alice"]);
}

#[test]
fn a_target_that_has_to_be_asked_for_each_is_asked_for_a_few_and_for_all_where_one_has_lost_something() {
    let people: Vec<_> = (0..20).map(|n| person(&format!("p{n:02}"), &["v"])).collect();
    let mut harness = Harness::new(people);
    harness.faults = vec![Fault::AsksEach];
    harness.run().ok();
    assert_eq!(harness.run().ok().numbers.verified, 0, "nothing is gone, and nobody else is looked at");
    fs::remove_dir_all(harness.out()).unwrap();
    let outcome = harness.run();
    let numbers = &outcome.ok().numbers;
    assert_eq!((numbers.verified, numbers.drifted, numbers.exported), (20, 20, 20));
    assert_eq!(harness.published("p07"), ["v"]);
}

#[test]
fn the_sample_is_another_one_in_each_run() {
    let people: Vec<_> = (0..20).map(|n| person(&format!("p{n:02}"), &["v"])).collect();
    let mut harness = Harness::new(people);
    harness.faults = vec![Fault::AsksEach];
    harness.run().ok();
    fs::write(
        harness.out().join("p07@contoso.test.json"),
        fs::read_to_string(harness.out().join("p07@contoso.test.json"))
            .unwrap()
            .replace(r#""Values": ["#, r#""Values": [], "Old": ["#),
    )
    .unwrap();
    let seen = (0..7).any(|_| harness.run().ok().numbers.drifted == 1);
    assert!(seen, "20 recipients, 3 a run: seven runs have looked at everybody");
    assert_eq!(harness.published("p07"), ["v"]);
}

#[test]
fn what_cannot_be_read_back_is_an_error_at_once_where_there_are_no_replicas() {
    let mut harness = three();
    harness.faults = vec![Fault::HidesWritten("alice@contoso.test".into())];
    harness.batch = 10;
    let began = std::time::Instant::now();
    let outcome = harness.run();
    assert!(began.elapsed().as_secs() < 60, "it waited for a replica that there is not");
    assert_eq!(outcome.ok().result, RunResult::CompletedWithErrors);
    assert_eq!(outcome.told.errors_of(), [(ErrorId::TargetUnreadable, Some("alice@contoso.test".into()))]);
    assert_eq!(harness.changes(ChangeState::InFlight).len(), 1);
    harness.faults.clear();
    harness.now += DAY;
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert_eq!(harness.changes(ChangeState::InFlight), []);
}

#[test]
fn leftovers_of_a_killed_run_go_with_the_next_one_and_those_of_others_stay() {
    let mut harness = three();
    harness.run().ok();
    let owner = harness.state().setting("owner").unwrap().unwrap();
    for name in [format!(".smime-sync-{owner}-abc"), ".smime-sync-0123456789-abc".into()] {
        fs::write(harness.out().join(name), "half").unwrap();
    }
    harness.run().ok();
    let left: Vec<_> = tree(&harness.out())
        .into_keys()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(left, [".smime-sync-0123456789-abc"], "another profile's may be at work");
}

#[test]
fn who_comes_back_with_an_old_copy_of_the_folder_is_told_and_goes_by_approval() {
    let mut harness = three();
    harness.source.recipients.push(person("dave", &["dave"]));
    harness.run().ok();
    let old = tree(&harness.out());
    // Bob is deleted, Carol has nothing usable any more, and Dave has another address.
    harness.source.recipients.remove(1);
    harness.source.recipients[1] = person("carol", &["bad"]);
    harness.source.recipients[2].mail = Some("david@contoso.test".into());
    harness.options.allow_removal = Some(3);
    harness.now += 60;
    assert_eq!(harness.run().planned(), (0, 1, 2));
    harness.options.allow_removal = None;
    let wanted = tree(&harness.out());
    for (path, bytes) in &old {
        fs::write(path, bytes).unwrap();
    }
    harness.now += 60;
    let outcome = harness.run();
    let run = outcome.ok();
    assert_eq!(run.numbers.orphaned, 2);
    let warned = outcome.told.warnings();
    assert!(warned.iter().any(|text| text.contains("2 removals wait for it")), "{warned:?}");
    // Who has two places is at the right one alone.
    assert!(harness.published("dave").is_empty());
    assert_eq!(harness.published("david"), ["dave"]);
    harness.state_for_approval(run.id);
    harness.now += 60;
    harness.run().ok();
    assert_eq!(tree(&harness.out()), wanted);
    let outcome = harness.run();
    assert_eq!((outcome.planned(), outcome.ok().numbers.orphaned), ((0, 0, 0), 0));
}

#[test]
fn what_is_left_beside_a_file_that_is_gone_is_taken_away_with_who_has_nothing_any_more() {
    for (what, word) in [("nothing usable", "bad"), ("another value", "new")] {
        let mut harness = three();
        harness.run().ok();
        let beside = |harness: &Harness| -> Vec<String> {
            let names = tree(&harness.out()).into_keys().map(|path| path.file_name().unwrap().to_owned());
            names.map(|name| name.into_string().unwrap()).filter(|name| name.starts_with("bob@")).collect()
        };
        assert!(beside(&harness).len() > 1, "a JSON, and what is beside it");
        fs::remove_file(harness.out().join("bob@contoso.test.json")).unwrap();
        harness.source.recipients[1] = person("bob", &[word]);
        harness.now += 60;
        assert_eq!(harness.run().ok().result, RunResult::Success, "{what}");
        let mut twin = Harness::new(harness.source.recipients.clone());
        twin.run().ok();
        assert_eq!(beside(&harness), beside(&twin), "{what}");
    }
}

#[test]
fn what_was_published_after_the_state_that_was_restored_is_told_and_goes_by_approval() {
    let mut harness = three();
    harness.run().ok();
    let folder = harness.state_path().parent().unwrap().to_owned();
    let old = tree(&folder);
    // Dave comes, and Alice has another address.
    harness.source.recipients.push(person("dave", &["dave"]));
    harness.source.recipients[0].mail = Some("anna@contoso.test".into());
    harness.now += 60;
    harness.run().ok();
    // He leaves, she has a third one, and the state is that of before.
    harness.source.recipients.pop();
    harness.source.recipients[0].mail = Some("alma@contoso.test".into());
    tree(&folder).keys().for_each(|path| fs::remove_file(path).unwrap());
    old.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    harness.now += 60;
    let outcome = harness.run();
    let run = outcome.ok();
    assert_eq!((run.numbers.orphaned, run.result), (1, RunResult::Success), "{:?}", outcome.told.warnings());
    assert_eq!((harness.published("alma"), harness.published("anna")), (vec!["alice".into()], vec![]));
    harness.state_for_approval(run.id);
    harness.now += 60;
    harness.run().ok();
    assert!(harness.published("dave").is_empty());
    let mut twin = Harness::new(harness.source.recipients.clone());
    twin.run().ok();
    let names = |harness: &Harness| -> Vec<_> {
        tree(&harness.out()).into_keys().map(|path| path.file_name().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&harness), names(&twin));
}

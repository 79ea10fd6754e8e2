//! A state is lost, and meanwhile people left, lost their certificates, or came.

use std::fs;

use smime_sync::{
    directory::Presence,
    error::ErrorId,
    model::{ChangeState, RunResult},
};

use super::harness::{DAY, Fault, Harness, Outcome, person, published_in, tree};

fn people(from: usize, to: usize) -> Vec<smime_sync::model::Recipient> {
    (from..to).map(|n| person(&format!("p{n:02}"), &[&format!("v{n}")])).collect()
}

/// Twelve were published, the state was lost, and the first three have left.
fn lost() -> Harness {
    let mut harness = Harness::new(people(0, 12));
    harness.profile.limits.missing_period = Some(0);
    harness.run().ok();
    lose_state(&harness);
    harness.source.recipients = people(3, 12);
    harness
}

fn lose_state(harness: &Harness) {
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
}

fn about(outcome: &Outcome, what: &str) -> Vec<String> {
    outcome.told.warnings().into_iter().filter(|text| text.contains(what)).collect()
}

const UNKNOWN: &str = "that the source does not show";

#[test]
fn a_run_with_a_new_state_says_so_where_the_target_is_not_new() {
    let mut harness = Harness::new(people(0, 2));
    let first = harness.run();
    assert!(first.ok().new_state);
    assert_eq!(
        first.told.warnings(),
        Vec::<String>::new(),
        "the first run to an empty folder needs no alarm"
    );
    assert!(!harness.run().ok().new_state);
    lose_state(&harness);
    let run = harness.run();
    assert!(run.ok().new_state);
    let warned = run.told.warnings();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].starts_with("The state of profile 'corp' is new, but the folder '"), "{warned:?}");
    assert!(warned[0].contains("2 published values were found there and adopted."), "{warned:?}");
    assert_eq!(run.ok().result, RunResult::Success);
    assert!(!harness.run().ok().new_state);
}

#[test]
fn who_left_while_the_state_was_lost_is_told_stays_in_the_index_and_goes_by_approval_only() {
    let mut harness = lost();
    let before = tree(&harness.out());
    let run = harness.run();
    assert_eq!(
        (run.ok().result, run.ok().numbers.orphaned, run.ok().numbers.exported),
        (RunResult::Success, 3, 0)
    );
    assert_eq!(run.changes(), ["p00", "p01", "p02"].map(|name| format!("Remove {name}@contoso.test Held")),);
    let warned = about(&run, UNKNOWN);
    assert_eq!(warned.len(), 1);
    assert!(warned[0].starts_with("3 recipients are published at the folder '"), "{warned:?}");
    assert!(warned[0].contains("'Approve-SmimeSyncPlan corp -Id 1'"), "{warned:?}");
    assert_eq!(tree(&harness.out()), before);

    // Later runs tell it again, and keep them in the index when they write it.
    harness.source.recipients[0] = person("p03", &["new"]);
    let again = harness.run();
    assert_eq!((again.ok().numbers.orphaned, again.ok().numbers.exported), (3, 1), "the rest goes on");
    assert!(about(&again, UNKNOWN)[0].contains("-Id 2'"));
    let index = fs::read_to_string(harness.out().join("index.json")).unwrap();
    assert!(index.contains("p00@contoso.test.json"), "{index}");

    harness.state_for_approval(2);
    let run = harness.run();
    assert_eq!((run.ok().numbers.orphaned, run.ok().numbers.exported), (0, 3));
    assert!(harness.published("p00").is_empty());
    assert_eq!(harness.published("p03"), ["new"]);
    let index = fs::read_to_string(harness.out().join("index.json")).unwrap();
    assert!(!index.contains("p00"), "{index}");
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.orphaned), ((0, 0, 0), 0));
    assert!(about(&run, UNKNOWN).is_empty());
}

#[test]
fn the_missing_period_begins_with_the_run_that_found_them_unless_the_source_knows_better() {
    let mut harness = lost();
    harness.profile.limits.missing_period = Some(u32::try_from(DAY).unwrap());
    harness.source.presences.insert("id-p01".into(), Presence::Deleted);
    let run = harness.run();
    assert_eq!(
        (run.ok().numbers.orphaned, run.changes()),
        (3, vec!["Remove p01@contoso.test Held".to_owned()])
    );
    harness.now += DAY;
    harness.run().ok();
    let run = harness.run();
    assert_eq!((run.ok().numbers.orphaned, run.ok().numbers.remove), (3, 3));
}

#[test]
fn who_comes_back_is_no_orphan() {
    let mut harness = lost();
    harness.run().ok();
    harness.source.recipients = people(0, 12);
    harness.source.recipients[0] = person("p00", &["renewed"]);
    let run = harness.run();
    assert_eq!((run.ok().numbers.orphaned, run.planned()), (0, (0, 1, 0)));
    assert_eq!(harness.published("p00"), ["renewed"]);
    assert_eq!(harness.published("p01"), ["v1"]);
    assert_eq!(harness.changes(ChangeState::Held), []);
}

#[test]
fn who_is_looked_up_and_found_in_the_source_did_not_leave() {
    let mut harness = lost();
    let p00 = person("p00", &["v0"]);
    harness.source.presences.insert("id-p00".into(), Presence::InScope(Box::new(p00)));
    assert_eq!(harness.run().ok().numbers.orphaned, 2);
    assert_eq!(harness.published("p00"), ["v0"]);
}

#[test]
fn whose_certificates_were_taken_away_meanwhile_is_told_too() {
    let mut harness = Harness::new(people(0, 3));
    harness.run().ok();
    lose_state(&harness);
    harness.source.recipients[0].values.clear();
    harness.source.recipients[1] = person("p01", &["bad"]);
    let run = harness.run();
    assert_eq!((run.ok().numbers.orphaned, run.ok().numbers.remove), (2, 2));
    assert_eq!(harness.published("p00"), ["v0"]);
    let id = run.ok().id;
    harness.state_for_approval(id);
    harness.run().ok();
    assert!(harness.published("p00").is_empty() && harness.published("p01").is_empty());
    assert_eq!(harness.published("p02"), ["v2"]);
}

#[test]
fn who_has_another_address_and_another_certificate_since_leaves_nothing_at_the_old_one() {
    let mut harness = Harness::new(people(0, 2));
    harness.run().ok();
    lose_state(&harness);
    harness.source.recipients[0] = person("p00", &["new"]);
    harness.source.recipients[0].mail = Some("married@contoso.test".into());
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.orphaned), ((1, 0, 0), 0));
    let told = about(&run, "1 value stays there as somebody else's, since the source does not have it.");
    assert_eq!(told.len(), 1, "{:?}", run.told.warnings());
    assert!(harness.published("p00").is_empty());
    assert_eq!(harness.published("married")[0], "new");
    assert_eq!(harness.run().planned(), (0, 0, 0));
}

#[test]
fn files_that_are_not_ours_are_never_touched_and_a_broken_one_of_ours_is_told_by_name() {
    let mut harness = lost();
    let foreign = [("package.json", "{}"), ("notes.txt", "x"), ("broken.json", "{")];
    for (name, text) in foreign {
        fs::write(harness.out().join(name), text).unwrap();
    }
    fs::write(harness.out().join("p00@contoso.test.json"), "{").unwrap();
    let run = harness.run();
    assert_eq!(run.ok().numbers.orphaned, 2);
    assert_eq!(run.told.error_ids(), [ErrorId::TargetDamaged]);
    assert_eq!(run.ok().result, RunResult::CompletedWithErrors);
    let id = run.ok().id;
    harness.state_for_approval(id);
    harness.run().ok();
    for (name, text) in foreign {
        assert_eq!(fs::read_to_string(harness.out().join(name)).unwrap(), text);
    }
    assert_eq!(fs::read_to_string(harness.out().join("p00@contoso.test.json")).unwrap(), "{");
}

#[test]
fn the_index_goes_on_naming_whose_file_is_broken_though_another_one_is_gone() {
    let mut harness = lost();
    fs::write(harness.out().join("p00@contoso.test.json"), "{").unwrap();
    fs::remove_file(harness.out().join("p01@contoso.test.json")).unwrap();
    for _ in 0..3 {
        let run = harness.run();
        assert_eq!(run.told.error_ids(), [ErrorId::TargetDamaged]);
        assert_eq!(run.ok().result, RunResult::CompletedWithErrors);
        let index = fs::read_to_string(harness.out().join("index.json")).unwrap();
        assert!(
            index.contains("p00@contoso.test.json"),
            "it is all that says whose the broken file is: {index}"
        );
    }
}

#[test]
fn verify_looks_for_them_too() {
    let mut harness = Harness::new(people(0, 3));
    harness.run().ok();
    let old = harness.out().join("gone@contoso.test.json");
    let text = fs::read_to_string(harness.out().join("p00@contoso.test.json")).unwrap();
    fs::write(&old, text.replace("p00", "gone")).unwrap();
    assert_eq!(harness.run().ok().numbers.orphaned, 0, "an ordinary run reads no foreign files");
    harness.options.verify = true;
    assert_eq!(harness.run().ok().numbers.orphaned, 1);
    harness.options.verify = false;
    assert_eq!(harness.run().ok().numbers.orphaned, 1, "what was found is told until it is settled");
}

#[test]
fn where_the_target_shows_no_anchors_they_are_told_and_nothing_else_happens() {
    let mut harness = lost();
    // Nothing to publish is no reason to be nobody's.
    harness.source.recipients[0].values.clear();
    harness.faults = vec![Fault::ShowsNoAnchors];
    let files = |harness: &Harness| {
        let mut files = tree(&harness.out());
        // It lists what is managed; such a target shows none.
        files.remove(&harness.out().join("index.json"));
        files
    };
    let before = files(&harness);
    let run = harness.run();
    assert_eq!((run.ok().numbers.orphaned, run.planned()), (3, (0, 0, 0)));
    let warned = about(&run, "no recipient of the source matches");
    assert_eq!(warned.len(), 1);
    assert!(warned[0].starts_with("3 recipients are at the folder '"), "{warned:?}");
    assert_eq!(files(&harness), before);
    assert_eq!(harness.run().ok().numbers.orphaned, 0, "looked for by new states and -Verify");
}

#[test]
fn a_preview_tells_the_same_and_keeps_nothing() {
    let mut harness = lost();
    harness.options.what_if = true;
    let run = harness.run();
    assert_eq!((run.ok().new_state, run.ok().numbers.orphaned), (true, 3));
    assert!(!about(&run, UNKNOWN)[0].contains("Approve-SmimeSyncPlan"), "there is no plan to approve");
    assert_eq!(run.changes().iter().filter(|change| change.ends_with("Held")).count(), 3);
    harness.options.what_if = false;
    assert_eq!(harness.run().ok().numbers.orphaned, 3);
}

#[test]
fn a_newcomer_with_the_address_of_somebody_who_left_waits_for_the_approval() {
    let mut harness = lost();
    let mut newcomer = person("newcomer", &["n"]);
    newcomer.mail = Some("p00@contoso.test".into());
    harness.source.recipients.push(newcomer);
    let run = harness.run();
    assert_eq!((run.ok().result, run.ok().numbers.orphaned), (RunResult::CompletedWithErrors, 3));
    assert_eq!(run.told.error_ids(), [ErrorId::TargetConflict]);
    let id = run.ok().id;
    harness.state_for_approval(id);
    harness.run();
    harness.run().ok();
    assert_eq!(harness.published("p00"), ["n"]);
}

#[test]
fn another_target_is_met_as_a_new_one() {
    let mut harness = Harness::new(people(0, 2));
    harness.run().ok();
    let other = harness.home.path().join("other");
    fs::create_dir_all(&other).unwrap();
    let text = fs::read_to_string(harness.out().join("p00@contoso.test.json")).unwrap();
    fs::write(other.join("gone@contoso.test.json"), text.replace("p00", "gone")).unwrap();
    harness.folder_mut().output.output_path = other.clone();
    let run = harness.run();
    assert_eq!((run.ok().new_state, run.ok().numbers.orphaned), (true, 1));
    assert!(!published_in(&other, "gone@contoso.test").is_empty());
}

#[test]
fn new_anchors_for_all_while_the_state_was_lost_are_a_change_of_anchor() {
    let mut harness = Harness::new(people(0, 12));
    harness.profile.limits.missing_period = Some(0);
    harness.run().ok();
    lose_state(&harness);
    for recipient in &mut harness.source.recipients {
        recipient.anchor = format!("new-{}", recipient.anchor);
    }
    let run = harness.run();
    assert_eq!(
        (run.ok().result, run.planned(), run.ok().numbers.orphaned),
        (RunResult::Success, (0, 12, 0), 0)
    );
    assert_eq!(harness.published("p07"), ["v7"]);
    let text = fs::read_to_string(harness.out().join("p07@contoso.test.json")).unwrap();
    assert!(text.contains("new-id-p07"), "{text}");
    assert_eq!(harness.run().planned(), (0, 0, 0));
}

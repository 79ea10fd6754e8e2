//! Runs with `-Identity`.

use smime_sync::{
    error::ErrorId,
    model::{HoldReason, RunResult},
};

use super::{Harness, approve, company, person, published, value};
use crate::sync::harness::Outcome;

fn run_for(harness: &mut Harness, names: impl IntoIterator<Item = usize>) -> Outcome {
    harness.options.identity = names.into_iter().map(|n| format!("p{n:03}@contoso.test").into()).collect();
    harness.now += 60;
    let outcome = harness.run();
    harness.options.identity.clear();
    outcome
}

fn break_all(harness: &mut Harness) {
    harness.source.recipients.iter_mut().for_each(|person| person.values.clear());
}

/// The case `run-identity-loop`.
#[test]
fn a_loop_over_all_does_not_take_what_the_full_run_was_held_for() {
    let mut harness = company(60);
    let people = harness.source.recipients.clone();
    break_all(&mut harness);
    let full = harness.run();
    assert!(full.ok().hold_reasons.contains(&HoldReason::ValuesFell));
    for n in 0..60 {
        let run = run_for(&mut harness, [n]);
        assert_eq!(
            (run.ok().result, run.ok().hold_reasons.as_slice()),
            (RunResult::Held, &[HoldReason::SourceHeld][..])
        );
        let warning = &run.told.warnings()[0];
        assert!(warning.contains("run Sync-SmimeCertificate without -Identity"), "{warning}");
        assert!(!warning.contains("Approve-SmimeSyncPlan"), "{warning}");
    }
    let last = harness.changes(smime_sync::model::ChangeState::Held)[0].run_id;
    assert_eq!(approve(&harness, last).unwrap_err().id, ErrorId::PlanNotApprovable);
    assert_eq!(published(&harness), 60);
    harness.source.recipients = people;
    assert_eq!(run_for(&mut harness, [1]).ok().result, RunResult::Held, "the full run has not looked again");
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert_eq!(run_for(&mut harness, [1]).ok().result, RunResult::Success);
}

#[test]
fn a_loop_over_all_without_a_full_run_is_held_over_time() {
    let mut harness = company(60);
    break_all(&mut harness);
    let held: Vec<bool> =
        (0..60).map(|n| run_for(&mut harness, [n]).ok().result == RunResult::Held).collect();
    assert_eq!(held.iter().position(|held| *held), Some(10));
    assert_eq!(published(&harness), 50);
}

#[test]
fn an_approved_full_plan_settles_the_source_for_some_too() {
    let mut harness = company(60);
    harness.source.recipients.iter_mut().take(20).for_each(|person| person.values.clear());
    let full = harness.run();
    assert!(full.ok().hold_reasons.contains(&HoldReason::ValuesFell));
    approve(&harness, full.ok().id).unwrap();
    let run = run_for(&mut harness, [0, 1]);
    assert_eq!((run.ok().result, run.planned()), (RunResult::Success, (0, 0, 2)));
}

#[test]
fn a_preview_of_all_decides_nothing_for_some() {
    let mut harness = company(60);
    break_all(&mut harness);
    harness.options.what_if = true;
    assert!(!harness.run().ok().guard.is_empty());
    harness.options.what_if = false;
    assert_eq!(run_for(&mut harness, [1]).ok().result, RunResult::Success);
}

#[test]
fn many_named_who_would_all_lose_are_held_until_that_is_approved() {
    let mut harness = company(200);
    harness.source.recipients.extend((200..210).map(|n| person(&format!("p{n:03}"), &[])));
    harness.run().ok();
    break_all(&mut harness);
    let held = run_for(&mut harness, 195..207);
    assert_eq!(
        held.ok().guard,
        ["Of 12 recipients that were named, all who have something published would lose it: 5."]
    );
    assert_eq!(held.ok().hold_reasons, [HoldReason::AllNamed]);
    assert!(held.told.warnings()[0].contains("Approve-SmimeSyncPlan"));
    assert_eq!(published(&harness), 200);
    approve(&harness, held.ok().id).unwrap();
    assert_eq!(run_for(&mut harness, 195..207).ok().result, RunResult::Success);
    assert_eq!(published(&harness), 195);
}

#[test]
fn an_approved_plan_for_some_says_nothing_of_the_whole_source() {
    let mut harness = company(200);
    break_all(&mut harness);
    let held = run_for(&mut harness, 0..12);
    assert_eq!(held.ok().hold_reasons, [HoldReason::AllNamed]);
    approve(&harness, held.ok().id).unwrap();
    let full = harness.run();
    assert!(full.ok().hold_reasons.contains(&HoldReason::ValuesFell), "{:?}", full.ok().guard);
}

#[test]
fn many_named_of_whom_some_keep_theirs_pass_and_so_does_what_is_allowed() {
    let mut harness = company(200);
    break_all(&mut harness);
    harness.source.recipients[11].values = vec![value("a")];
    assert_eq!(run_for(&mut harness, 0..12).planned(), (0, 0, 11));
    assert_eq!(published(&harness), 189);
    harness.options.allow_removal = Some(30);
    assert_eq!(run_for(&mut harness, 20..50).ok().result, RunResult::Success);
    assert_eq!(published(&harness), 159);
}

//! Held plans: what trips the guard, and how a plan is let through.

use smime_sync::{
    error::ErrorId,
    model::{HoldReason, RunResult, Timestamp},
    state::State,
};

use super::harness::{Harness, person, tree, value};

mod over_time;
mod partial;
mod replacements;

fn company(size: usize) -> Harness {
    let mut harness = Harness::new((0..size).map(|n| person(&format!("p{n:03}"), &["a"])).collect());
    harness.profile.limits.missing_period = Some(0);
    harness.batch = 50;
    harness.run().ok();
    harness
}

fn published(harness: &Harness) -> usize {
    let is_one = |path: &std::path::Path| path.extension().is_some_and(|kind| kind == "json");
    tree(&harness.out()).keys().filter(|path| is_one(path)).count().saturating_sub(1)
}

/// Approves as the cmdlet does.
fn approve(harness: &Harness, run_id: i64) -> smime_sync::error::Result<usize> {
    let state = State::open(&harness.state_path(), Timestamp(harness.now)).unwrap();
    let approved = state.approve(run_id);
    state.close().unwrap();
    approved
}

#[test]
fn a_source_without_recipients_is_held_and_nothing_is_lost() {
    let mut harness = company(100);
    harness.source.recipients.clear();
    let run = harness.run();
    assert_eq!(
        (run.ok().result, run.ok().guard.as_slice()),
        (RunResult::Held, &["The source has no recipients.".to_owned()][..])
    );
    assert_eq!(published(&harness), 100);
    assert_eq!(run.ok().hold_reasons, [HoldReason::EmptySource]);
    // What can't help is not offered, and refused where it is tried.
    let warnings = run.told.warnings();
    assert!(!warnings[0].contains("Approve-SmimeSyncPlan") && !warnings[0].contains("Get-SmimeSyncChange"));
    assert!(
        warnings[0].contains("It can't be approved. Find out why the source shows nobody"),
        "{warnings:?}"
    );
    let error = approve(&harness, run.ok().id).unwrap_err();
    assert_eq!(error.id, ErrorId::PlanNotApprovable);
    assert_eq!(error.message, "The plan 2 can't be approved: The source has no recipients.");
    assert!(error.advice.contains("put it right"), "{}", error.advice);
}

#[test]
fn a_lost_read_right_is_held_by_every_run_until_somebody_acts() {
    let mut harness = company(100);
    let people = harness.source.recipients.clone();
    harness.source.recipients.iter_mut().for_each(|person| person.values.clear());
    for _ in 0..3 {
        let run = harness.run();
        assert_eq!(run.ok().result, RunResult::Held);
        assert!(
            run.ok().guard[0].starts_with("Recipients with certificate values fell from 100 to 0"),
            "{:?}",
            run.ok().guard
        );
        assert!(run.told.warnings()[0].contains("Approve-SmimeSyncPlan corp -Id"));
    }
    harness.source.recipients = people;
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::Success, (0, 0, 0)));
    assert_eq!(published(&harness), 100);
}

#[test]
fn an_approved_plan_goes_through_once_and_nothing_else_with_it() {
    let mut harness = company(100);
    harness.source.recipients.drain(..20);
    let held = harness.run();
    assert_eq!((held.ok().result, held.planned()), (RunResult::Held, (0, 0, 20)));
    assert_eq!(held.changes().len(), 20);
    harness.state_for_approval(held.ok().id);
    // Fifteen more leave before the next run: they were not on the list.
    let leavers: Vec<_> = harness.source.recipients.drain(..15).collect();
    let run = harness.run();
    assert_eq!(run.ok().result, RunResult::Held, "{:?}", run.ok().guard);
    assert_eq!(published(&harness), 100);
    harness.source.recipients.splice(0..0, leavers);
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::Success, (0, 0, 20)));
    assert_eq!(published(&harness), 80);
    harness.source.recipients.drain(..20);
    assert_eq!(harness.run().ok().result, RunResult::Held, "the approval is used up");
}

#[test]
fn only_the_newest_held_plan_can_be_approved() {
    let mut harness = company(100);
    harness.source.recipients.drain(..20);
    let (first, second) = (harness.run().ok().id, harness.run().ok().id);
    let state = State::open(&harness.state_path(), Timestamp(0)).unwrap();
    assert_eq!(state.approve(first).unwrap_err().id, ErrorId::PlanNotHeld);
    assert_eq!(state.run(99).unwrap_err().id, ErrorId::PlanNotFound);
    assert_eq!(state.approve(second).unwrap(), 20);
}

#[test]
fn an_allowance_lets_one_run_through() {
    let mut harness = company(100);
    harness.profile.limits.removal_percent = 15;
    harness.source.recipients.drain(..15);
    harness.run().ok();
    harness.profile.limits.removal_percent = 10;
    let leavers = 11;
    harness.source.recipients.iter_mut().take(leavers).for_each(|person| person.values = vec![value("bad")]);
    assert_eq!(harness.run().ok().result, RunResult::Held);
    harness.options.allow_removal = Some(11);
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert_eq!(published(&harness), 74);
}

#[test]
fn a_changed_policy_holds_the_first_plan_with_removals() {
    let mut harness = company(20);
    harness.policy = "stricter";
    assert_eq!(harness.run().ok().result, RunResult::Success, "nothing is removed");
    harness.policy = "even stricter";
    harness.source.recipients[0] = person("p000", &["bad"]);
    let held = harness.run();
    assert_eq!(held.ok().result, RunResult::Held);
    assert!(
        held.ok().guard[0]
            .starts_with("The profile's policy, trust anchors or scope changed, and 1 recipient")
    );
    harness.state_for_approval(held.ok().id);
    assert_eq!(harness.run().ok().result, RunResult::Success);
    harness.source.recipients[1] = person("p001", &["bad"]);
    assert_eq!(harness.run().ok().result, RunResult::Success, "the policy is known by now");
}

#[test]
fn a_wave_of_renewals_passes() {
    let mut harness = company(100);
    harness.source.recipients.iter_mut().for_each(|person| person.values = vec![value("renewed")]);
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::Success, (0, 100, 0)));
}

#[test]
fn fallen_values_can_be_approved_without_any_change_and_only_as_far_as_seen() {
    let mut harness = company(100);
    // Half the company has more values than the one that counts; nothing is published of the other half.
    harness.source.recipients.extend((0..100).map(|n| person(&format!("x{n:03}"), &["bad"])));
    harness.run().ok();
    harness.source.recipients.truncate(150);
    let held = harness.run();
    assert_eq!((held.ok().result, held.planned()), (RunResult::Held, (0, 0, 0)));
    harness.state_for_approval(held.ok().id);
    // Before the next run even more is lost: nobody has seen that.
    let people = harness.source.recipients.clone();
    harness.source.recipients.truncate(105);
    assert_eq!(harness.run().ok().result, RunResult::Held);
    harness.source.recipients = people;
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert_eq!(harness.run().ok().result, RunResult::Success, "that is the normal state from now on");
}

#[test]
fn an_approval_does_not_help_a_source_that_shows_nobody() {
    let mut harness = company(100);
    harness.source.recipients.drain(..20);
    let held = harness.run();
    harness.state_for_approval(held.ok().id);
    let people = std::mem::take(&mut harness.source.recipients);
    assert_eq!(harness.run().ok().guard, ["The source has no recipients."]);
    harness.source.recipients = people;
    assert_eq!(harness.run().planned(), (0, 0, 20), "the approval is still there");
    assert_eq!(published(&harness), 80);
}

#[test]
fn a_narrower_scope_holds_the_removal_of_those_who_were_missing_for_a_while() {
    let mut harness = company(20);
    harness.profile.limits.missing_period = Some(86_400);
    harness.policy = "narrower";
    harness.source.recipients.pop();
    // Nothing is removed yet, so the plan passes; the scope is the one that somebody has looked at.
    let run = harness.run();
    assert_eq!((run.ok().result, run.ok().numbers.missing_kept), (RunResult::Success, 1));
    harness.now += 2 * 86_400;
    harness.source.modified = Some(Timestamp(harness.now));
    let held = harness.run();
    assert_eq!(held.ok().hold_reasons, [HoldReason::PolicyChanged]);
    assert_eq!(published(&harness), 20);
    approve(&harness, held.ok().id).unwrap();
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert_eq!(published(&harness), 19);
    // The next leaver is an ordinary one.
    harness.source.recipients.pop();
    harness.run().ok();
    harness.now += 2 * 86_400;
    harness.source.modified = Some(Timestamp(harness.now));
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert_eq!(published(&harness), 18);
}

//! Times that the state keeps: none is wrong for ever, and by none that leapt is anything forgotten.

use smime_sync::model::{ChangeState, RunResult, Timestamp};

use super::{YEAR, company, published, run_ahead};
use crate::sync::harness::{DAY, Fault, Harness, value};

fn keeps(harness: &Harness, word: &str) -> bool {
    harness.state().value(value(word).fingerprint()).unwrap().is_some()
}

fn runs(harness: &Harness) -> Vec<i64> {
    harness.state().runs(&[], i64::MAX, 1000).unwrap().iter().map(|run| run.id).rev().collect()
}

#[test]
fn what_undoing_needs_survives_any_number_of_runs_by_a_clock_that_leapt() {
    for leap in [31 * DAY, 91 * DAY, 15 * YEAR, -15 * YEAR] {
        let mut harness = company(3, 0);
        harness.now = 20 * YEAR;
        harness.run().ok();
        harness.source.recipients[0].values = vec![value("b")];
        harness.run().ok();
        assert!(keeps(&harness, "a"));
        harness.now += leap;
        for n in 0..6 {
            harness.now += 5 * DAY;
            harness.source.recipients[1].values = vec![value(if n % 2 == 0 { "c" } else { "d" })];
            harness.run().ok();
        }
        assert!(keeps(&harness, "b") && keeps(&harness, "a"), "{leap}");
        harness.now += DAY - leap;
        harness.run().ok();
        assert!(keeps(&harness, "a"), "{leap}: and with the clock right again");
        assert_eq!(runs(&harness), (1..=10).collect::<Vec<_>>(), "{leap}");
        assert_eq!(harness.changes(ChangeState::Exported).len(), 3 + 1 + 6, "{leap}");
    }
}

#[test]
fn what_a_clock_ahead_kept_is_forgotten_when_retention_ends_by_the_right_one() {
    let mut harness = company(3, 0);
    let people = harness.source.recipients.clone();
    harness.source.recipients[0].values = vec![value("b")];
    run_ahead(&mut harness, 15 * YEAR).ok();
    harness.source.recipients = people;
    harness.run().ok();
    assert!(keeps(&harness, "b"));
    for _ in 0..10 {
        harness.now += 10 * DAY;
        harness.run().ok();
    }
    assert!(!keeps(&harness, "b"));
    assert_eq!(runs(&harness), (4..=13).collect::<Vec<_>>(), "retention is 90 days");
    assert!(harness.changes(ChangeState::Exported).is_empty());
}

#[test]
fn who_was_refused_by_a_clock_ahead_is_tried_again_within_a_day() {
    let mut harness = company(3, 0);
    harness.source.recipients[0].values = vec![value("b")];
    harness.faults = vec![Fault::Refuses("p000@contoso.test".into())];
    harness.now += 15 * YEAR;
    for _ in 0..3 {
        harness.run().ok();
        harness.now += 3600;
    }
    harness.now -= 15 * YEAR;
    harness.faults.clear();
    harness.run().ok();
    assert_eq!(harness.published("p000"), ["b"]);
}

#[test]
fn by_a_clock_that_leapt_nobody_has_been_missing_for_long_enough() {
    for leap in [31 * DAY, 15 * YEAR] {
        let mut harness = company(20, 0);
        harness.profile.limits.missing_period = Some(86_400);
        let last = harness.source.recipients.pop().unwrap();
        assert_eq!(harness.run().ok().numbers.missing_kept, 1);
        let ahead = run_ahead(&mut harness, leap);
        assert_eq!((ahead.planned(), ahead.ok().numbers.missing_kept), ((0, 0, 0), 1), "{leap}");
        // Who is missed first by that clock is missing since the second run by the right one.
        let before = harness.source.recipients.pop().unwrap();
        run_ahead(&mut harness, leap).ok();
        harness.now += DAY;
        assert_eq!(harness.run().planned(), (0, 0, 1), "{leap}: the first one's day is over");
        assert_eq!(harness.run().planned(), (0, 0, 0), "{leap}");
        harness.now += DAY;
        assert_eq!(harness.run().planned(), (0, 0, 0), "{leap}: only the clock says so");
        assert_eq!(harness.run().planned(), (0, 0, 1), "{leap}: the second one's, not in {leap} seconds");
        harness.source.recipients.extend([before, last]);
        harness.run().ok();
        assert_eq!(published(&harness), 20);
    }
}

#[test]
fn an_approval_of_a_plan_from_the_future_does_not_count() {
    let mut harness = company(100, 100);
    let held = run_ahead(&mut harness, 40 * DAY);
    assert_eq!((held.ok().result, held.planned()), (RunResult::Held, (0, 0, 100)));
    harness.now += 40 * DAY;
    harness.state_for_approval(held.ok().id);
    harness.now -= 40 * DAY;
    // What is gone by now was among what was approved.
    harness.source.recipients.iter_mut().for_each(|one| one.values.clear());
    let right = harness.run();
    assert_eq!((right.ok().result, published(&harness)), (RunResult::Held, 100));
    let told = right.told.warnings();
    assert!(
        told.iter().any(|text| text
            == "The approval of plan 2 does not count: the plan was made at 1970-02-21 13:46 UTC, by a clock that was wrong."),
        "{told:?}"
    );
}

#[test]
fn the_same_approval_counts_while_the_clock_goes_on() {
    let mut harness = company(100, 100);
    harness.now += 25 * DAY;
    let held = harness.run();
    assert_eq!(held.ok().result, RunResult::Held);
    harness.state_for_approval(held.ok().id);
    harness.now += 60;
    assert_eq!(harness.run().planned(), (0, 0, 100));
    assert_eq!(published(&harness), 0);
}

#[test]
fn runs_before_retention_are_forgotten_as_long_as_the_clock_goes_on() {
    let mut harness = company(1, 0);
    for _ in 0..11 {
        harness.now += 10 * DAY;
        harness.run().ok();
    }
    assert_eq!(runs(&harness), (3..=12).collect::<Vec<_>>());
    assert_eq!(harness.state().run(3).unwrap().started, Timestamp(1_000_000 + 20 * DAY));
}

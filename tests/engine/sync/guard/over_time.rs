//! Removals of all runs together, over the guard's days.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*};
use smime_sync::model::{Change, ChangeState, HoldReason, RunResult};

use super::{Harness, company, published, value};
use crate::sync::harness::{DAY, Fault};

const HOUR: i64 = 3600;

/// Shows `count` people fewer, but one always, and runs an hour later.
fn lose(harness: &mut Harness, count: usize) -> crate::sync::harness::Outcome {
    let people = &mut harness.source.recipients;
    people.drain(..count.min(people.len() - 1));
    harness.now += HOUR;
    harness.run()
}

fn is_held(outcome: &crate::sync::harness::Outcome) -> bool {
    outcome.ok().result == RunResult::Held
}

/// The case `run-slow-loss`, and 381 people of whom ten go with each of 53 runs.
#[test]
fn a_slow_loss_is_held_like_a_sudden_one() {
    for (people, passing, left) in [(200, 2, 180), (381, 3, 351)] {
        let mut harness = company(people);
        let mut held = 0;
        for run in 1..=people.div_ceil(10) - 1 {
            let outcome = lose(&mut harness, 10);
            assert_eq!(is_held(&outcome), run > passing, "{people}: run {run}: {:?}", outcome.ok().guard);
            held += usize::from(is_held(&outcome));
            if run == passing {
                let due = format!(
                    "With this run {} of {people} recipients with published certificates will have lost their last one within 7 \
                     days; above {} a plan is held.",
                    people - left,
                    people / 10
                );
                assert_eq!(outcome.told.warnings(), [due]);
            }
            if run == passing + 1 {
                assert_eq!(outcome.ok().hold_reasons, [HoldReason::RemovalsOverTime]);
                assert_eq!(
                    outcome.ok().guard,
                    [format!(
                        "With this plan {} of {people} recipients with published certificates would have lost their last \
                         one within 7 days; 10 % is the limit.",
                        people - left + 10
                    )]
                );
                assert!(outcome.told.warnings()[0].contains("Approve-SmimeSyncPlan"));
            }
        }
        assert!(held > 10);
        assert_eq!(published(&harness), left);
    }
}

#[test]
fn nothing_is_said_before_half_the_way() {
    let mut harness = company(200);
    assert_eq!(lose(&mut harness, 10).told.warnings(), Vec::<String>::new());
    assert_eq!(lose(&mut harness, 1).told.warnings().len(), 1);
    assert_eq!(lose(&mut harness, 0).told.warnings().len(), 0, "it is told by the runs that take something");
}

#[test]
fn removals_count_until_the_days_are_over() {
    let mut harness = company(200);
    for _ in 0..2 {
        assert!(!is_held(&lose(&mut harness, 10)));
    }
    assert!(is_held(&lose(&mut harness, 5)));
    harness.now += 6 * DAY;
    assert!(is_held(&harness.run()));
    harness.now += DAY;
    assert!(!is_held(&harness.run()));
    assert_eq!(published(&harness), 175);
}

#[test]
fn days_that_are_set_are_those_that_count_and_none_switches_it_off() {
    for (days, passing) in [(0, 8), (1, 8), (2, 2), (7, 2)] {
        let mut harness = company(200);
        harness.profile.limits.guard_days = days;
        let passed = (0..8).take_while(|_| {
            harness.now += 29 * HOUR;
            !is_held(&lose(&mut harness, 10))
        });
        assert_eq!(passed.count(), passing, "{days} days");
    }
}

#[test]
fn what_was_approved_or_allowed_counts_no_more() {
    let mut harness = company(200);
    let break_some = |harness: &mut Harness, whose: std::ops::Range<usize>| {
        harness.source.recipients[whose].iter_mut().for_each(|person| person.values = vec![value("bad")]);
        harness.now += HOUR;
        harness.run()
    };
    let held = break_some(&mut harness, 0..30);
    assert!(is_held(&held));
    super::approve(&harness, held.ok().id).unwrap();
    assert!(!is_held(&harness.run()));
    harness.options.allow_removal = Some(30);
    assert!(!is_held(&break_some(&mut harness, 30..60)));
    harness.options.allow_removal = None;
    // 20 of the 200 there were.
    for first in [60, 70] {
        assert!(!is_held(&break_some(&mut harness, first..first + 10)));
    }
    assert!(is_held(&break_some(&mut harness, 80..81)));
    harness.options.allow_removal = Some(1);
    assert!(!is_held(&harness.run()), "an allowance covers what this run adds");
    assert_eq!(published(&harness), 119);
}

#[test]
fn who_comes_back_counts_no_more_and_who_goes_again_counts_once() {
    let mut harness = company(200);
    let people = harness.source.recipients.clone();
    for _ in 0..6 {
        assert!(!is_held(&lose(&mut harness, 20)));
        assert_eq!(published(&harness), 180);
        harness.source.recipients.clone_from(&people);
        assert!(!is_held(&lose(&mut harness, 0)));
        assert_eq!(published(&harness), 200);
    }
    assert!(!is_held(&lose(&mut harness, 20)));
    assert!(is_held(&lose(&mut harness, 1)));
}

#[test]
fn what_was_declined_or_refused_is_not_lost() {
    let mut harness = company(200);
    harness.faults = (0..10).map(|n| Fault::Refuses(format!("p{n:03}@contoso.test"))).collect();
    assert_eq!(lose(&mut harness, 10).ok().numbers.rejected, 10);
    harness.faults.clear();
    harness.options.confirm = true;
    harness.decline = (0..20).map(|n| format!("p{n:03}@contoso.test")).collect();
    let declined = lose(&mut harness, 10);
    assert_eq!((declined.ok().numbers.declined, declined.ok().numbers.exported), (20, 0));
    harness.options.confirm = false;
    assert_eq!(published(&harness), 200);
    for _ in 0..2 {
        assert!(!is_held(&lose(&mut harness, 10)));
    }
    assert!(is_held(&lose(&mut harness, 1)));
    assert_eq!(published(&harness), 180);
}

#[test]
fn what_a_crash_cut_short_counts_when_it_turns_out_to_be_written() {
    for (fault, lost) in [(Fault::DiesAfterWrite(1), 10), (Fault::DiesBeforeWrite(1), 0)] {
        let mut harness = company(200);
        let people = harness.source.recipients.clone();
        harness.faults = vec![fault];
        harness.source.recipients.drain(..10);
        harness.now += HOUR;
        assert!(harness.run().run.is_err());
        harness.faults.clear();
        harness.source.recipients = people[lost..].to_vec();
        assert!(!is_held(&lose(&mut harness, 20 - lost)));
        assert!(is_held(&lose(&mut harness, 1)));
        assert_eq!(published(&harness), 180);
    }
}

#[test]
fn retention_that_is_shorter_does_not_blind_the_guard() {
    let mut harness = company(200);
    harness.profile.limits.retention = 0;
    for _ in 0..2 {
        assert!(!is_held(&lose(&mut harness, 10)));
        harness.now += 2 * DAY;
        harness.run().ok();
    }
    assert!(harness.changes(ChangeState::Exported).is_empty());
    assert!(is_held(&lose(&mut harness, 1)));
}

#[test]
fn a_clock_that_was_ahead_hides_no_removal_and_its_own_count_no_longer_than_others() {
    for days in [40, 700] {
        let mut harness = company(200);
        assert!(!is_held(&lose(&mut harness, 10)));
        harness.now += days * DAY;
        assert!(!is_held(&lose(&mut harness, 10)), "the days are over, by this clock");
        harness.now -= days * DAY;
        assert!(is_held(&lose(&mut harness, 1)), "{days} days ahead");
        harness.now += 7 * DAY;
        // 11 of 180: those that the wrong clock took still count.
        assert!(!is_held(&harness.run()), "{days} days ahead");
        assert!(!is_held(&lose(&mut harness, 7)), "{days} days ahead");
        assert!(is_held(&lose(&mut harness, 1)), "{days} days ahead");
        harness.now += 7 * DAY;
        assert!(!is_held(&lose(&mut harness, 15)), "{days} days ahead");
        assert_eq!(published(&harness), 156);
    }
}

#[test]
fn a_clock_that_is_behind_does_not_hide_what_seems_to_have_yet_to_come() {
    let mut harness = company(200);
    assert!(!is_held(&lose(&mut harness, 10)));
    harness.now -= 30 * DAY;
    assert!(is_held(&lose(&mut harness, 10)));
    harness.now += 30 * DAY;
    assert!(is_held(&lose(&mut harness, 1)));
    assert_eq!(published(&harness), 190);
}

#[test]
fn another_target_begins_anew() {
    let mut harness = company(200);
    for _ in 0..2 {
        lose(&mut harness, 10).ok();
    }
    let other = harness.home.path().join("other");
    harness.folder_mut().output.output_path = other;
    harness.now += HOUR;
    assert_eq!(harness.run().planned(), (180, 0, 0));
    assert!(!is_held(&lose(&mut harness, 0)));
    assert!(!is_held(&lose(&mut harness, 10)));
}

#[test]
fn the_preview_says_it_and_counts_for_nothing() {
    let mut harness = company(200);
    harness.source.recipients.drain(..10);
    harness.options.what_if = true;
    for _ in 0..3 {
        assert_eq!(harness.run().ok().guard.len(), 0);
    }
    harness.options.what_if = false;
    for _ in 0..2 {
        assert!(!is_held(&lose(&mut harness, 5)));
    }
    harness.source.recipients.drain(..1);
    harness.options.what_if = true;
    let preview = harness.run();
    assert_eq!(preview.ok().hold_reasons, [HoldReason::RemovalsOverTime]);
    assert!(
        preview.told.warnings()[0].starts_with("The guard would hold this plan: With this plan 21 of 200")
    );
}

/// One run, and what happens before it.
#[derive(Debug, Clone)]
struct Step {
    /// Hours since the run before.
    hours: i64,
    /// Who loses the certificate in the source, or (`true`) has one again.
    moves: Vec<(usize, bool)>,
    /// `-Identity`.
    named: Vec<usize>,
    /// `-AllowRemoval`.
    allow: Option<u32>,
    /// Whether the plan is approved if it is held.
    approve: bool,
}

const SIZE: usize = 40;

fn step() -> impl Strategy<Value = Step> {
    let moves = vec((0..SIZE, prop::bool::weighted(0.3)), 0..8);
    let named = prop_oneof![2 => Just(Vec::new()), 1 => vec(0..SIZE, 1..15)];
    let allow = prop::option::weighted(0.1, 0..20_u32);
    (0..60_i64, moves, named, allow, prop::bool::weighted(0.2))
        .prop_map(|(hours, moves, named, allow, approve)| Step { hours, moves, named, allow, approve })
}

/// Who has something published.
fn holders(harness: &Harness) -> BTreeSet<usize> {
    (0..SIZE).filter(|n| !harness.published(&format!("p{n:03}")).is_empty()).collect()
}

proptest! {
    // Each case is a dozen whole runs.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 16, ..ProptestConfig::default() })]
    #[test]
    fn no_week_loses_more_than_the_limit_and_what_was_approved(steps in vec(step(), 1..20)) {
        let mut harness = company(SIZE);
        harness.batch = SIZE;
        harness.profile.limits.removal_percent = 30;
        // After each run: when, and who has something published.
        let mut seen = vec![(harness.now, holders(&harness))];
        // Whose removal somebody approved, before and after it was written.
        let (mut approved, mut covered) = (BTreeSet::new(), BTreeSet::new());
        for step in steps {
            harness.now += step.hours * HOUR;
            for (who, back) in step.moves {
                let word = if back { "a" } else { "bad" };
                harness.source.recipients[who].values = vec![value(word)];
            }
            harness.options.identity = step.named.iter().map(|n| format!("p{n:03}@contoso.test").into()).collect();
            harness.options.allow_removal = step.allow;
            let outcome = harness.run();
            let (_, before) = seen.last().unwrap();
            let now = holders(&harness);
            let lost: Vec<usize> = before.difference(&now).copied().collect();
            let takes = !lost.is_empty();
            let unapproved = lost.iter().filter(|who| !approved.contains(*who)).count();
            let allowed = step.allow.is_some_and(|allowed| unapproved <= allowed as usize);
            covered.extend(lost.iter().copied().filter(|who| allowed || approved.contains(who)));
            covered.retain(|who| !now.contains(who));
            if !is_held(&outcome) {
                // A run with -Identity leaves what it has not carried out to the run that plans it again.
                approved.retain(|who| !step.named.is_empty() && !lost.contains(who));
            } else if step.approve && super::approve(&harness, outcome.ok().id).is_ok() {
                let anchor = |change: Change| change.anchor.trim_start_matches("id-p").parse::<usize>().unwrap();
                let held = harness.changes(ChangeState::Held);
                approved = held.into_iter().filter(|one| one.run_id == outcome.ok().id).map(anchor).collect();
            }
            seen.push((harness.now, now));
            // The guard judges what takes something; how many there were at most may fall later, by what was approved.
            if !takes {
                continue;
            }
            let since = harness.now - 7 * DAY;
            // What there was before the first run within the days is what they begin with.
            let first = seen.iter().position(|(time, _)| *time > since).unwrap_or(0).saturating_sub(1);
            let window = &seen[first..];
            let highest = window.iter().map(|(_, holders)| holders.len()).max().unwrap_or(0);
            let (_, last) = window.last().unwrap();
            let had: BTreeSet<usize> = window.iter().flat_map(|(_, holders)| holders).copied().collect();
            let lost = had.difference(last).filter(|who| !covered.contains(*who)).count();
            prop_assert!(lost <= (highest * 30 / 100).max(10), "{lost} of {highest} are lost");
        }
    }
}

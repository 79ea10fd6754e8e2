//! Updates that are no renewal.

use smime_sync::model::{Change, HoldReason, RunResult};

use super::{Harness, approve, company, published, value};
use crate::sync::harness::Outcome;

/// Gives the first `count` people `word` instead of what they have.
fn give(harness: &mut Harness, count: usize, word: &str) {
    let people = harness.source.recipients.iter_mut().take(count);
    people.for_each(|person| person.values = vec![value(word)]);
}

fn first_change(outcome: &Outcome) -> Change {
    let changes = outcome.told.results_of(smime_sync::event::ResultType::Change);
    serde_json::from_value(changes[0].clone()).unwrap()
}

#[test]
fn many_certificates_that_name_nobody_are_held_and_approved_as_listed() {
    let mut harness = company(100);
    give(&mut harness, 20, "nameless#5");
    let held = harness.run();
    assert_eq!((held.ok().result, held.planned()), (RunResult::Held, (0, 20, 0)));
    assert_eq!(held.ok().numbers.replacements, 20);
    assert_eq!(held.ok().hold_reasons, [HoldReason::Replacements]);
    assert_eq!(
        held.ok().guard,
        [
            "20 recipients of 100 with published certificates would get a certificate that names none of their mail \
          addresses, or is older than the one before; 10 % is the limit."
        ]
    );
    let change = first_change(&held);
    assert!(change.replacement);
    assert!(
        change.reasons.last().unwrap().ends_with("names none of the recipient's mail addresses."),
        "{:?}",
        change.reasons
    );
    approve(&harness, held.ok().id).unwrap();

    // Another one comes in the place of what was approved, for eleven people: nobody has seen that.
    give(&mut harness, 11, "nameless other#6");
    assert_eq!(harness.run().ok().result, RunResult::Held);
    assert_eq!(harness.published("p000"), ["a"]);
    give(&mut harness, 20, "nameless#5");
    let through = harness.run();
    assert_eq!((through.ok().result, through.ok().numbers.exported), (RunResult::Success, 20));
    give(&mut harness, 20, "nameless other#6");
    assert_eq!(harness.run().ok().result, RunResult::Held, "the approval is used up");
}

#[test]
fn who_was_approved_to_get_another_one_was_not_approved_to_lose_all() {
    let mut harness = company(100);
    give(&mut harness, 20, "nameless#5");
    let held = harness.run();
    approve(&harness, held.ok().id).unwrap();
    give(&mut harness, 20, "bad");
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::Held, (0, 0, 20)));
    assert_eq!(published(&harness), 100);
}

#[test]
fn older_certificates_are_replacements_and_renewals_are_none() {
    for (before, after, held) in [
        ("a#100", "b#99", true),
        ("a#100", "b#100", false),
        ("a#100", "b#101", false),
        ("nameless#100", "nameless b#101", true),
        ("nameless#100", "b#101", false),
    ] {
        let mut harness = company(0);
        harness.source.recipients = (0..30).map(|n| super::person(&format!("p{n:03}"), &[before])).collect();
        harness.run().ok();
        give(&mut harness, 30, after);
        let run = harness.run();
        assert_eq!(run.ok().result == RunResult::Held, held, "{before} to {after}: {:?}", run.ok().guard);
        assert_eq!(run.ok().numbers.replacements, if held { 30 } else { 0 }, "{before} to {after}");
    }
}

#[test]
fn few_pass_and_an_allowance_raises_the_limits_for_one_run() {
    let mut harness = company(50);
    give(&mut harness, 10, "nameless#5");
    assert_eq!(harness.run().ok().result, RunResult::Success, "ten are never many");
    give(&mut harness, 20, "nameless b#6");
    harness.options.allow_replacement = Some(19);
    assert_eq!(harness.run().ok().result, RunResult::Held);
    harness.options.allow_replacement = Some(20);
    assert_eq!(harness.run().ok().result, RunResult::Success);
    harness.options.allow_replacement = None;
    harness.profile.limits.replacement_percent = 100;
    harness.profile.limits.replacement_limit = 19;
    give(&mut harness, 20, "nameless c#7");
    assert_eq!(harness.run().ok().result, RunResult::Held, "the number counts, too");
}

#[test]
fn runs_for_some_are_held_by_the_number() {
    let mut harness = company(50);
    give(&mut harness, 50, "nameless#5");
    harness.profile.limits.replacement_limit = 15;
    harness.profile.limits.replacement_percent = 100;
    harness.options.identity = (0..16).map(|n| format!("p{n:03}@contoso.test").into()).collect();
    assert_eq!(harness.run().ok().hold_reasons, [HoldReason::Replacements]);
    harness.options.identity.pop();
    assert_eq!(harness.run().ok().result, RunResult::Success);
}

fn run_for(harness: &mut Harness, names: std::ops::Range<usize>) -> Outcome {
    harness.options.identity = names.map(|n| format!("p{n:03}@contoso.test").into()).collect();
    harness.now += 60;
    let outcome = harness.run();
    harness.options.identity.clear();
    outcome
}

#[test]
fn runs_for_some_replace_no_more_than_a_full_one_may() {
    let mut harness = company(100);
    give(&mut harness, 100, "nameless#5");
    let many = run_for(&mut harness, 0..20);
    assert_eq!(
        (many.ok().result, many.ok().hold_reasons.as_slice()),
        (RunResult::Held, &[HoldReason::Replacements][..])
    );
    assert_eq!(run_for(&mut harness, 0..10).ok().result, RunResult::Success, "ten are never many");
    let one_more = run_for(&mut harness, 10..11);
    assert_eq!(
        one_more.ok().guard,
        [
            "With this plan 11 of 100 recipients with published certificates would have got a certificate that names none \
             of their mail addresses, or is older than the one before, within 7 days; 10 % is the limit."
        ]
    );
    assert_eq!(one_more.ok().hold_reasons, [HoldReason::Replacements]);
    assert_eq!(harness.published("p010"), ["a"]);
    // The same ones again count once, and who has a better one by now counts no more.
    give(&mut harness, 10, "nameless b#6");
    assert_eq!(run_for(&mut harness, 0..10).ok().result, RunResult::Success);
    give(&mut harness, 5, "b#7");
    assert_eq!(run_for(&mut harness, 0..5).ok().result, RunResult::Success);
    assert_eq!(run_for(&mut harness, 10..15).ok().result, RunResult::Success);
    assert_eq!(run_for(&mut harness, 15..16).ok().result, RunResult::Held);
    harness.now += 7 * super::super::harness::DAY;
    assert_eq!(
        run_for(&mut harness, 15..16).ok().result,
        RunResult::Success,
        "that was more than 7 days ago"
    );
}

#[test]
fn replacements_that_were_allowed_or_approved_count_no_more() {
    let mut harness = company(100);
    give(&mut harness, 30, "nameless#5");
    harness.options.allow_replacement = Some(30);
    assert_eq!(harness.run().ok().result, RunResult::Success);
    harness.options.allow_replacement = None;
    give(&mut harness, 50, "nameless#5");
    let held = harness.run();
    assert_eq!(held.ok().result, RunResult::Held);
    approve(&harness, held.ok().id).unwrap();
    assert_eq!(harness.run().ok().result, RunResult::Success);
    give(&mut harness, 60, "nameless#5");
    assert_eq!(harness.run().ok().result, RunResult::Success, "ten of its own");
    give(&mut harness, 61, "nameless#5");
    assert_eq!(harness.run().ok().result, RunResult::Held, "full runs count, too");
    harness.profile.limits.guard_days = 0;
    assert_eq!(harness.run().ok().result, RunResult::Success);
}

#[test]
fn the_limit_that_is_told_is_the_one_that_counts() {
    for (allowed, told) in [
        (None, "; 10 % is the limit."),
        (Some(9), "; 10 % is the limit."),
        (Some(12), "; 12 is the limit (-AllowREPLACED)."),
    ] {
        let mut harness = company(100);
        give(&mut harness, 20, "nameless#5");
        harness.options.allow_replacement = allowed;
        let held = harness.run();
        assert!(
            held.ok().guard[0].ends_with(&told.replace("REPLACED", "Replacement")),
            "{:?}",
            held.ok().guard
        );
        give(&mut harness, 20, "bad");
        harness.options.allow_removal = allowed;
        let held = harness.run();
        let guard = held.ok().guard.iter().find(|text| text.contains("would lose their last one")).unwrap();
        assert!(guard.ends_with(&told.replace("REPLACED", "Removal")), "{guard}");
    }
}

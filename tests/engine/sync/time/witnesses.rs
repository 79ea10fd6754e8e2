//! What tells the time besides the clock: held where the clock is wrong now, a warning where it was or may be.

use smime_sync::{
    event::LogLevel,
    model::{HoldReason, Run, RunResult, Timestamp},
    profile::Source,
};

use super::{YEAR, company, published, run_ahead};
use crate::sync::harness::{DAY, Harness, Outcome};

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp(seconds))
}

/// Everybody would lose everything, by the plan of the run.
fn nobody_has_values(harness: &mut Harness) {
    harness.source.recipients.iter_mut().for_each(|one| one.values.clear());
}

fn set_most_age(harness: &mut Harness, seconds: u32) {
    match &mut harness.profile.sources[0] {
        Source::Ldif(file) => file.maximum_source_age = Some(seconds),
        other => panic!("{other:?}"),
    }
}

fn warning_with<'a>(warnings: &'a [String], part: &str) -> Vec<&'a String> {
    warnings.iter().filter(|warning| warning.contains(part)).collect()
}

type Set = fn(&mut Harness);

#[test]
fn a_clock_before_the_dates_of_the_source_holds_the_run() {
    let cases: &[(&str, Set, Option<&str>)] = &[
        ("a file of now", |h| h.source.modified = at(h.now), None),
        ("5 minutes ahead", |h| h.source.modified = at(h.now + 300), None),
        (
            "more than 5 minutes",
            |h| h.source.modified = at(h.now + 301),
            Some(
                "This machine's clock (1970-01-12 13:46 UTC) is before the time at which the file 'FILE' was written \
                 (1970-01-12 13:51 UTC). Set the clock right; if it is right, save the file again.",
            ),
        ),
        ("a change 5 minutes ahead", |h| h.source.recipients[2].changed = at(h.now + 300), None),
        (
            "a change in 2100",
            |h| {
                h.source.recipients[1].changed = at(h.now);
                h.source.recipients[2].changed = Timestamp::parse("2100-01-01T00:00:00Z");
            },
            Some(
                "This machine's clock (1970-01-12 13:46 UTC) is before the time at which p002@contoso.test was changed \
                 in the source (2100-01-01 00:00 UTC). Set the clock right; if it is right, correct that object's \
                 whenChanged or modifyTimestamp, or leave it out of the source.",
            ),
        ),
        (
            "the source's own clock agrees",
            |h| {
                (h.source.clock, h.source.modified) = (at(h.now), at(h.now + YEAR));
                h.source.recipients[2].changed = at(h.now + YEAR);
            },
            None,
        ),
        (
            "a file of a day, where a day is the most",
            |h| {
                set_most_age(h, 86_400);
                h.source.modified = at(h.now - DAY);
            },
            None,
        ),
        (
            "a file older than that",
            |h| {
                set_most_age(h, 86_400);
                h.source.modified = at(h.now - DAY - 1);
            },
            Some(
                "The file 'FILE' was written at 1970-01-11 13:46 UTC, longer ago than -MaximumSourceAge allows (1 day). \
                 Look why there is no newer one.",
            ),
        ),
    ];
    for (case, set, reason) in cases {
        let mut harness = company(4, 0);
        nobody_has_values(&mut harness);
        harness.profile.limits.removal_percent = 100;
        harness.options.allow_removal = Some(1000);
        set(&mut harness);
        let file = harness.profile.source().file().unwrap().path.display().to_string();
        let reason = reason.map(|reason| reason.replace("FILE", &file));
        for identity in [
            vec![],
            vec![
                "p000@contoso.test".to_owned(),
                "p001@contoso.test".to_owned(),
                "p002@contoso.test".to_owned(),
            ],
        ] {
            harness.options.identity = identity.into_iter().map(Into::into).collect();
            harness.options.what_if = true;
            let preview = harness.run();
            let warned =
                preview.told.warnings().iter().any(|w| w.starts_with("The guard would hold this plan:"));
            assert_eq!(warned, reason.is_some(), "{case}");
            if reason.is_none() {
                continue;
            }
            harness.options.what_if = false;
            let held = harness.run();
            let Run { result, guard, hold_reasons, .. } = held.ok();
            assert_eq!(
                (result, hold_reasons.first(), guard.first()),
                (&RunResult::Held, Some(&HoldReason::SourceTime), reason.as_ref()),
                "{case}"
            );
            let warnings = held.told.warnings();
            let text = warning_with(&warnings, "The guard holds plan")[0];
            assert!(!text.contains("Approve-SmimeSyncPlan"), "{text}");
            assert_eq!(published(&harness), 4, "{case}");
        }
    }
}

#[test]
fn what_a_clock_that_is_behind_read_is_no_import() {
    let mut harness = company(20, 0);
    harness.profile.limits.missing_period = Some(86_400);
    harness.source.modified = at(harness.now);
    harness.source.recipients.pop();
    assert_eq!(run_ahead(&mut harness, -YEAR).ok().result, RunResult::Held);
    let right = harness.run();
    assert_eq!((right.planned(), right.ok().numbers.missing_kept), ((0, 0, 0), 1), "missing only since now");
    assert_eq!(harness.published("p019"), ["a"]);
}

#[test]
fn a_last_run_that_ended_in_the_future_is_told_once() {
    for (ahead, told) in [(60, false), (300, false), (3600, true), (15 * YEAR, true)] {
        let mut harness = company(3, 0);
        run_ahead(&mut harness, ahead).ok();
        let warnings = harness.run().told.warnings();
        let found = warning_with(&warnings, "The last run (2) ended at");
        assert_eq!(found.len(), usize::from(told), "{ahead}: {warnings:?}");
        assert!(
            found.iter().all(|text| text.contains("this machine's clock shows 1970-01-12 13:46 UTC now"))
        );
        assert_eq!(warning_with(&harness.run().told.warnings(), "The last run").len(), 0);
    }
}

fn doubts(outcome: &Outcome) -> usize {
    outcome.ok();
    warning_with(&outcome.told.warnings(), "is more than 30 days after everything that tells the time").len()
}

#[test]
fn a_clock_far_after_everything_that_tells_the_time_is_a_warning() {
    let cases: &[(&str, Set, usize)] = &[
        ("a day later", |h| h.now += DAY, 0),
        ("30 days later", |h| h.now += 30 * DAY, 0),
        ("more", |h| h.now += 30 * DAY + 1, 1),
        (
            "more, but the file is new",
            |h| {
                h.now += YEAR;
                h.source.modified = at(h.now - 30 * DAY);
            },
            0,
        ),
        (
            "more, and the file is old",
            |h| {
                h.now += YEAR;
                h.source.modified = at(h.now - 31 * DAY);
            },
            1,
        ),
        (
            "more, but somebody changed",
            |h| {
                h.now += YEAR;
                h.source.recipients[1].changed = at(h.now - DAY);
            },
            0,
        ),
        (
            "more, but the source's clock agrees",
            |h| {
                h.now += YEAR;
                h.source.clock = at(h.now);
            },
            0,
        ),
    ];
    for (case, set, warnings) in cases {
        let mut harness = company(3, 0);
        set(&mut harness);
        assert_eq!(doubts(&harness.run()), *warnings, "{case}");
    }
}

#[test]
fn a_first_run_over_a_file_from_years_ago_tells_its_date() {
    let mut harness = Harness::new(vec![crate::sync::harness::person("alice", &["a"])]);
    harness.now = 50 * YEAR;
    harness.source.modified = at(YEAR);
    let first = harness.run();
    assert_eq!(doubts(&first), 1);
    assert!(
        first.told.warnings()[0].contains("was written at 1971-01-01 00:00 UTC"),
        "{:?}",
        first.told.warnings()
    );
    assert_eq!(doubts(&harness.run()), 0);
}

#[test]
fn a_clock_is_doubted_for_a_week_and_believed_then() {
    let mut harness = company(3, 0);
    harness.now += 60 * DAY;
    let mut told = Vec::new();
    for _ in 0..9 {
        told.push(doubts(&harness.run()));
        harness.now += DAY;
    }
    assert_eq!(told, [1, 1, 1, 1, 1, 1, 1, 0, 0]);
    // The next leap is one of its own.
    harness.now += 60 * DAY;
    assert_eq!(doubts(&harness.run()), 0, "it has been believed without a break");
}

#[test]
fn a_file_older_than_the_one_that_was_read_last_is_told_with_both_dates() {
    let mut harness = company(3, 0);
    let (monday, tuesday) = (harness.now + 7200, harness.now + DAY);
    harness.now += 3 * DAY;
    // (when the file was written, what the run says of it)
    let steps: &[(i64, Option<&str>)] = &[
        (tuesday, None),
        (tuesday, None),
        (
            monday,
            Some(
                "was written at 1970-01-12 15:46 UTC, before the one that was read last (1970-01-13 13:46 UTC); is it an old copy?",
            ),
        ),
        (monday, None),
        (tuesday, None),
    ];
    for (step, (modified, text)) in steps.iter().enumerate() {
        harness.source.modified = at(*modified);
        let warnings = harness.run().told.warnings();
        assert_eq!(
            warnings.iter().map(|w| text.is_some_and(|text| w.ends_with(text))).collect::<Vec<_>>(),
            vec![true; usize::from(text.is_some())],
            "{step}: {warnings:?}"
        );
    }
}

#[test]
fn a_file_read_by_a_clock_ahead_makes_no_other_old_for_ever() {
    let mut harness = company(3, 0);
    harness.source.modified = at(harness.now + 15 * YEAR);
    assert_eq!(run_ahead(&mut harness, 15 * YEAR).ok().result, RunResult::Success);
    harness.source.modified = at(harness.now);
    let right = harness.run();
    assert_eq!(right.ok().result, RunResult::Success);
    assert!(warning_with(&right.told.warnings(), "is it an old copy").is_empty());
    let logged = right.told.logged(LogLevel::Warning);
    assert_eq!(logged.len(), 1, "only that the last run ended in the future: {logged:?}");
}

#[test]
fn runs_for_some_tell_of_a_wrong_run_until_a_full_one_put_things_right() {
    let mut harness = company(4, 2);
    harness.profile.limits.removal_percent = 100;
    let told = |outcome: &Outcome, text: &str| {
        let warnings = outcome.told.warnings();
        warning_with(&warnings, "but this machine's clock shows").iter().any(|one| one.contains(text))
    };
    harness.options.identity = vec!["p000@contoso.test".into()];
    assert_eq!(run_ahead(&mut harness, 25 * DAY).planned(), (0, 0, 1));
    harness.options.identity = vec!["p003@contoso.test".into()];
    for which in ["The last run (2)", "An earlier run (2)", "An earlier run (2)"] {
        let some = harness.run();
        assert!(told(&some, which) && told(&some, "only those again whom -Identity names"), "{which}");
        assert!(!told(&some, "is judged again by this run"));
    }
    assert_eq!(published(&harness), 3);
    harness.options.identity.clear();
    // A full run that is held puts nothing right.
    harness.source.modified = at(harness.now + YEAR);
    assert_eq!(harness.run().ok().result, RunResult::Held);
    harness.source.modified = None;
    assert!(told(&harness.run(), "is judged again by this run"));
    assert_eq!(published(&harness), 4);
    assert!(!told(&harness.run(), "run"));
}

#[test]
fn runs_for_some_look_at_the_newest_change_that_the_last_full_run_saw() {
    let mut harness = company(4, 0);
    harness.source.recipients[1].changed = at(harness.now - 60);
    harness.run().ok();
    harness.options.identity = vec!["p003@contoso.test".into()];
    assert_eq!(harness.run().ok().result, RunResult::Success);
    let behind = run_ahead(&mut harness, -DAY);
    assert_eq!(behind.ok().hold_reasons, [HoldReason::SourceTime]);
    let who = "p001@contoso.test (seen by the last full run) was changed in the source";
    assert!(behind.ok().guard[0].contains(who), "{:?}", behind.ok().guard);
}

#[test]
fn a_doubted_clock_is_told_by_the_runs_that_were_believed() {
    let mut harness = company(3, 0);
    harness.now += 40 * DAY;
    assert_eq!(doubts(&harness.run()), 1);
    harness.now += 4 * DAY;
    let again = harness.run();
    let text = "going by the last run whose clock was believed it is 1970-01-16 13:46 UTC. If it is wrong";
    assert_eq!(warning_with(&again.told.warnings(), text).len(), 1, "{:?}", again.told.warnings());
}

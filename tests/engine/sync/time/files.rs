//! Files have no tombstones: who is no longer in one is missing, for a day unless the profile says otherwise.

use smime_sync::{event::LogLevel, model::Timestamp};

use super::run_ahead;
use crate::sync::harness::{DAY, Harness, person};

fn company(missing_period: Option<u32>) -> Harness {
    let mut harness = Harness::new((0..40).map(|n| person(&format!("p{n:03}"), &["a"])).collect());
    harness.batch = 50;
    harness.profile.limits.missing_period = missing_period;
    harness.run().ok();
    harness
}

#[test]
fn who_is_no_longer_in_a_file_keeps_what_is_published_for_a_day() {
    let mut harness = company(None);
    harness.source.recipients.truncate(37);
    let cut = harness.run();
    assert_eq!((cut.planned(), cut.ok().numbers.missing, cut.ok().numbers.missing_kept), ((0, 0, 0), 3, 3));
    assert_eq!(
        cut.told.warnings(),
        [
            "3 recipients are missing from the source; what is published for them is removed from 1970-01-13 13:46 UTC \
             on, if they stay missing (-MissingPeriod). -Verbose names them."
        ]
    );
    let verbose = cut.told.logged(LogLevel::Verbose);
    let named = verbose.iter().filter(|line| line.starts_with("The source has not shown p03")).count();
    assert_eq!(named, 3, "{verbose:?}");
    harness.now += DAY - 1;
    assert_eq!(harness.run().planned(), (0, 0, 0));
    harness.now += 1;
    // This machine's clock alone does not tell that the day is over.
    let waits = harness.run();
    assert_eq!((waits.planned(), waits.ok().numbers.missing_kept), ((0, 0, 0), 3));
    assert_eq!(
        waits.told.warnings(),
        [
            "3 recipients are missing from the source; by this machine's clock the missing period is over since \
             1970-01-13 13:46 UTC, but nothing else tells so yet: what is published for them stays until a later run. \
             -Verbose names them."
        ]
    );
    let over = harness.run();
    assert_eq!(
        (over.planned(), over.ok().numbers.missing, over.ok().numbers.missing_kept),
        ((0, 0, 3), 3, 0)
    );
    assert!(over.told.warnings().is_empty());
    assert!(harness.published("p039").is_empty());
}

#[test]
fn a_file_that_is_whole_again_in_time_costs_nobody_anything() {
    let mut harness = company(None);
    let last = harness.source.recipients.pop().unwrap();
    let cut = harness.run();
    assert_eq!(
        cut.told.warnings(),
        [
            "1 recipient is missing from the source; what is published for it is removed from 1970-01-13 13:46 UTC on, \
             if it stays missing (-MissingPeriod). -Verbose names it."
        ]
    );
    harness.source.recipients.push(last);
    harness.now += 2 * DAY;
    let whole = harness.run();
    assert_eq!((whole.planned(), whole.ok().numbers.missing), ((0, 0, 0), 0));
    assert!(whole.told.warnings().is_empty());
}

#[test]
fn a_period_of_none_removes_at_once_and_one_of_a_week_after_a_week() {
    // One more run for a file that is not written again: the run before tells that the time went by.
    for (period, is_exported, days) in
        [(0, false, 0), (0, true, 0), (7 * 86_400, false, 8), (7 * 86_400, true, 7)]
    {
        let mut harness = company(Some(period));
        harness.source.recipients.pop();
        let removed_after = (0..=8).find(|_| {
            harness.source.modified = is_exported.then_some(Timestamp(harness.now));
            let removed = harness.run().planned().2 == 1;
            harness.now += DAY;
            removed
        });
        assert_eq!(removed_after, Some(days));
    }
}

#[test]
fn who_had_nothing_published_is_not_waited_for() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["bad"])]);
    harness.profile.limits.removal_percent = 100;
    harness.profile.limits.missing_period = None;
    harness.run().ok();
    harness.source.recipients.pop();
    let run = harness.run();
    assert_eq!((run.ok().numbers.missing, run.ok().numbers.missing_kept), (1, 0));
    assert_eq!(run.told.warnings(), Vec::<String>::new());
}

/// Cases of a clock that was wrong for one run: when it was wrong, as days from the right time.
#[test]
fn one_run_by_a_wrong_clock_neither_ends_nor_shortens_the_period() {
    for (days, is_file) in [(2, false), (2, true), (10, true), (-2, false), (-2, true), (-1, true)] {
        for is_seen_first in [true, false] {
            let case = format!("{days} days, {is_file}, {is_seen_first}");
            let mut harness = company(None);
            harness.now += 10 * DAY;
            harness.source.modified = is_file.then_some(Timestamp(harness.now - 4 * DAY));
            harness.run().ok();
            harness.source.recipients.truncate(37);
            harness.now += 60;
            if !is_seen_first {
                assert_eq!(harness.run().ok().numbers.missing_kept, 3, "{case}");
            }
            let left = harness.now;
            assert_eq!(run_ahead(&mut harness, days * DAY).ok().numbers.missing_kept, 3, "{case}");
            let removed = (1..40).find(|_| {
                harness.now += 3600;
                harness.run().planned().2 == 3
            });
            assert!(removed.is_some() && harness.now >= left + DAY, "{case}: {removed:?}");
            assert!(harness.now <= left + DAY + 3 * 3600, "{case}: nor does it last much longer");
        }
    }
}

#[test]
fn a_clock_that_is_confirmed_is_enough() {
    let mut harness = company(None);
    harness.source.recipients.truncate(37);
    harness.run().ok();
    harness.now += DAY;
    harness.source.clock = Some(Timestamp(harness.now));
    assert_eq!(harness.run().planned(), (0, 0, 3));
}

//! Files have no tombstones: who is no longer in one is missing, for a day unless the profile says otherwise.

use smime_sync::event::LogLevel;

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
    for (period, days) in [(0, 0), (7 * 86_400, 7)] {
        let mut harness = company(Some(period));
        harness.source.recipients.pop();
        let removed_after = (0..=7).find(|_| {
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

//! What was published and is not looked at any more: it stays until somebody knows that it is wrong.

use super::harness::{Harness, person};

#[test]
fn what_was_not_looked_at_takes_nothing_away() {
    for (what, before, after, due) in [
        ("its chain is not checked", &["doubt@2000000"][..], &["doubt@2000000"][..], &["doubt@2000000"][..]),
        (
            "nor is it, and another one is good",
            &["doubt@2000000"],
            &["doubt@2000000", "b"],
            &["doubt@2000000"],
        ),
        ("another one is better anyway", &["doubt-beaten@2000000"], &["doubt-beaten@2000000", "b"], &["b"]),
        ("it may be in what is not read", &["a"], &["unread"], &["a"]),
        ("it may be there, and another one is good", &["a"], &["unread", "b"], &["b"]),
        ("it is gone from what is read", &["a"], &["bad"], &[]),
        ("it has expired, and others are not read", &["a@2000000"], &["a@2000000", "unread"], &[]),
        ("it has expired, and others are not checked", &["a@2000000"], &["a@2000000", "doubt@1"], &[]),
    ] {
        let mut harness = Harness::new(vec![person("alice", before)]);
        harness.run().ok();
        assert_eq!(harness.published("alice"), before, "{what}");
        harness.source.recipients = vec![person("alice", after)];
        harness.now = 2_000_000;
        for _ in 0..2 {
            harness.run().ok();
            assert_eq!(harness.published("alice"), due, "{what}");
        }
    }
}

#[test]
fn who_leaves_keeps_nothing_of_it() {
    let mut harness = Harness::new(vec![person("alice", &["doubt@2000000"]), person("bob", &["bob"])]);
    harness.profile.limits.removal_percent = 100;
    harness.run().ok();
    harness.source.recipients.remove(0);
    harness.now = 2_000_000;
    harness.run().ok();
    assert_eq!(harness.published("alice"), Vec::<String>::new());
}

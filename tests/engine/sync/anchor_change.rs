//! The same people under new anchors.

use smime_sync::model::{ChangeState, Recipient, RunResult};

use super::{
    harness::{DAY, Harness, person},
    identity::{FORTY, assert_settled, ring, under},
};

/// The same people under other anchors; `values` differ for those whose names are in `renewed`.
fn migrated(people: &[Recipient], renewed: &[&str]) -> Vec<Recipient> {
    let of = |one: &Recipient| {
        let mut one = Recipient {
            anchor: one.anchor.replace("id-", "new-"),
            distinguished_name: one.distinguished_name.replace("DC=contoso", "DC=migrated"),
            ..one.clone()
        };
        if renewed.iter().any(|name| one.anchor == format!("new-{name}")) {
            one.values = person("x", &["renewed"]).values;
        }
        one
    };
    people.iter().map(of).collect()
}
#[test]
fn the_same_people_under_new_anchors_keep_what_they_have_and_one_message_says_so() {
    for missing_period in [Some(0), Some(DAY as u32)] {
        let mut harness = Harness::new(ring(&FORTY, 0));
        harness.profile.limits.missing_period = missing_period;
        harness.run().ok();
        harness.source.recipients = migrated(&ring(&FORTY, 0), &["p03", "p07"]);
        let run = harness.run();
        assert_eq!((run.ok().result, run.planned()), (RunResult::Success, (0, 40, 0)), "{missing_period:?}");
        let warnings = run.told.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(
            warnings[0].starts_with("40 recipients have another anchor in the source than before"),
            "{warnings:?}"
        );
        assert_eq!(run.ok().numbers.missing, 0);
        assert_settled(&mut harness);
        harness.now += 2 * DAY;
        assert_settled(&mut harness);
        // And back, as when the migration is taken back.
        harness.source.recipients = ring(&FORTY, 0);
        harness.source.recipients[0].values = person("x", &["other"]).values;
        assert_eq!(harness.run().planned(), (0, 40, 0));
        assert_settled(&mut harness);
    }
}
#[test]
fn new_anchors_lose_nobody_while_the_guard_holds_the_plan() {
    let mut harness = Harness::new(ring(&FORTY, 0));
    harness.profile.limits.missing_period = Some(0);
    harness.run().ok();
    harness.source.recipients = migrated(&ring(&FORTY[..25], 0), &["p03"]);
    for _ in 0..2 {
        let run = harness.run();
        assert_eq!(run.ok().result, RunResult::Held);
        for name in FORTY {
            assert_eq!(harness.published(name), [name], "nothing is written");
        }
    }
    let held = harness.state().changes_in(ChangeState::Held, None, 0, 100).unwrap().last().unwrap().run_id;
    harness.state_for_approval(held);
    assert_eq!(harness.run().planned(), (0, 25, 15));
    assert_settled(&mut harness);
}
#[test]
fn what_was_declined_for_somebody_stays_declined_under_the_new_anchor() {
    let mut harness = Harness::new(ring(&["alice", "bob"], 0));
    harness.run().ok();
    harness.source.recipients[0].values = person("x", &["new"]).values;
    (harness.options.confirm, harness.decline) = (true, vec!["alice@contoso.test".into()]);
    harness.run().ok();
    (harness.options.confirm, harness.decline) = (false, Vec::new());
    harness.source.recipients = migrated(&harness.source.recipients, &[]);
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.declined), ((0, 1, 0), 1));
    assert_eq!(under(&harness, "alice"), Some((vec!["alice".into()], "id-alice".into())));
    harness.options.confirm = true;
    harness.run().ok();
    harness.options.confirm = false;
    assert_settled(&mut harness);
}

//! The design's table of events: what happens in the source, and what it does to what we published.

use smime_sync::{
    directory::Presence,
    error::ErrorId,
    event::LogLevel,
    model::{ChangeState, RunResult},
    profile::DisabledAccount,
};

use super::harness::{DAY, Harness, person};

fn three() -> Harness {
    let mut harness =
        Harness::new(vec![person("alice", &["a"]), person("bob", &["b"]), person("carol", &[])]);
    let first = harness.run();
    assert_eq!(first.planned(), (2, 0, 0));
    assert_eq!(first.ok().result, RunResult::Success);
    assert_eq!((harness.published("alice"), harness.published("bob")), (vec!["a".into()], vec!["b".into()]));
    harness
}

#[test]
fn running_twice_changes_nothing() {
    let mut harness = three();
    let before = super::harness::tree(&harness.out());
    let second = harness.run();
    assert_eq!(second.planned(), (0, 0, 0));
    assert_eq!(second.ok().numbers.unchanged, 3);
    assert_eq!(super::harness::tree(&harness.out()), before);
}

/// What a run says of its steps, without the seconds they took.
fn steps(run: &super::harness::Outcome) -> Vec<String> {
    let is_step =
        |line: &String| ["Imported", "Planned", "Exported"].iter().any(|word| line.starts_with(word));
    let without_seconds = |line: String| {
        let (before, after) =
            line.split_once(" s").map(|(head, tail)| (head.to_owned(), tail.to_owned())).unwrap();
        format!("{}{after}", before.rsplit_once(" in ").unwrap().0)
    };
    run.told.logged(LogLevel::Verbose).into_iter().filter(is_step).map(without_seconds).collect()
}

#[test]
fn a_run_says_what_each_step_did_and_nothing_of_what_there_was_none_of() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &[])]);
    let out = harness.out().display().to_string();
    let first = [
        "Imported 2 recipients; 1 with values, 1 with a usable encryption certificate.".to_owned(),
        "Planned 1 Add; 1 recipient is as desired.".to_owned(),
        format!("Exported 1 change to the folder '{out}'."),
    ];
    assert_eq!(steps(&harness.run()), first);
    let second = [
        "Imported 2 recipients; 1 with values, 1 with a usable encryption certificate.",
        "Planned no changes; 2 recipients are as desired.",
    ];
    assert_eq!(steps(&harness.run()), second);
}

#[test]
fn an_expired_value_is_replaced_by_the_next_best() {
    let mut harness = Harness::new(vec![person("alice", &["a@1000100", "b"])]);
    harness.run();
    assert_eq!(harness.published("alice"), ["a@1000100"]);
    harness.now = 1_000_101;
    let run = harness.run();
    assert_eq!(run.planned(), (0, 1, 0), "no change in the directory, yet the time has come");
    assert_eq!(harness.published("alice"), ["b"]);
    let change = &harness.changes(ChangeState::Exported)[1];
    assert_eq!(
        change.reasons,
        [
            "Chosen: CN=b (thumbprint B, valid from 1970-01-01 00:00 UTC until 9999-12-31 23:59 UTC), as userCertificate.",
            "Removed: CN=a@1000100 (thumbprint A@1000100, valid from 1970-01-01 00:00 UTC until 1970-01-12 13:48 UTC), as userCertificate: a@1000100 expired at 1970-01-12 13:48 UTC.",
        ]
    );
}

#[test]
fn the_last_value_expiring_is_a_remove() {
    let mut harness = Harness::new(vec![person("alice", &["a@1000100"])]);
    harness.run();
    harness.now = 1_000_100;
    assert_eq!(harness.run().planned(), (0, 0, 1));
    assert!(harness.published("alice").is_empty());
    assert!(!harness.out().join("alice@contoso.test.cer").exists());
}

#[test]
fn a_broken_value_is_removed_with_its_reason() {
    let mut harness = three();
    harness.source.recipients[0] = person("alice", &["bad"]);
    assert_eq!(harness.run().planned(), (0, 0, 1));
    let change = &harness.changes(ChangeState::Exported)[2];
    assert_eq!(
        change.reasons,
        [
            "Removed: CN=a (thumbprint A, valid from 1970-01-01 00:00 UTC until 9999-12-31 23:59 UTC), as userCertificate: the source no longer has it."
        ]
    );
}

#[test]
fn a_displaced_value_is_replaced() {
    let mut harness = three();
    harness.source.recipients[0] = person("alice", &["better", "a"]);
    assert_eq!(harness.run().planned(), (0, 1, 0));
    assert_eq!(harness.published("alice"), ["better"]);
    assert!(harness.changes(ChangeState::Exported)[2].reasons[1].ends_with("another certificate is better."));
}

#[test]
fn a_cleared_attribute_removes_what_was_managed() {
    let mut harness = three();
    harness.profile.limits.removal_percent = 100;
    harness.source.recipients[0] = person("alice", &[]);
    assert_eq!(harness.run().planned(), (0, 0, 1));
    assert!(harness.published("alice").is_empty());
}

#[test]
fn recipients_that_the_source_shows_as_gone_lose_their_values_at_once() {
    for (presence, reason) in
        [(Presence::Deleted, "was deleted in the source"), (Presence::OutOfScope, "left the profile's scope")]
    {
        let mut harness = three();
        harness.profile.limits.missing_period = Some(86_400);
        harness.profile.limits.removal_percent = 100;
        harness.source.recipients.remove(0);
        harness.source.presences.insert("id-alice".into(), presence);
        assert_eq!(harness.run().planned(), (0, 0, 1));
        assert!(harness.published("alice").is_empty());
        assert!(harness.changes(ChangeState::Exported)[2].reasons[0].contains(reason));
        assert_eq!(harness.run().planned(), (0, 0, 0));
    }
}

#[test]
fn absent_is_not_deleted() {
    let mut harness = three();
    harness.profile.limits.missing_period = Some(86_400);
    harness.profile.limits.removal_percent = 100;
    let alice = harness.source.recipients.remove(0);
    for hours in [0, 12, 23] {
        harness.now = 1_000_000 + hours * 3600;
        let run = harness.run();
        assert_eq!((run.planned(), run.ok().numbers.missing), ((0, 0, 0), 1), "after {hours} hours");
        assert_eq!(harness.published("alice"), ["a"]);
    }
    // Seen again: the period begins anew when it is missed again.
    harness.source.recipients.insert(0, alice);
    assert_eq!(harness.run().ok().numbers.missing, 0);
    harness.source.recipients.remove(0);
    harness.now = 1_000_000 + 2 * DAY;
    assert_eq!(harness.run().planned(), (0, 0, 0));
    harness.now += DAY;
    harness.source.clock = Some(smime_sync::model::Timestamp(harness.now));
    assert_eq!(harness.run().planned(), (0, 0, 1));
    assert!(harness.published("alice").is_empty());
}

#[test]
fn a_recipient_that_moved_during_paging_is_read_after_all() {
    let mut harness = three();
    let alice = harness.source.recipients.remove(0);
    harness.source.presences.insert("id-alice".into(), Presence::InScope(Box::new(alice)));
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.missing, run.ok().numbers.recipients), ((0, 0, 0), 0, 3));
}

#[test]
fn an_absent_recipient_of_a_file_is_gone_at_once() {
    let mut harness = three();
    harness.profile.limits.removal_percent = 100;
    harness.source.recipients.remove(0);
    assert_eq!(harness.run().planned(), (0, 0, 1));
}

#[test]
fn a_disabled_account_keeps_its_values_unless_the_policy_says_otherwise() {
    let mut harness = three();
    harness.source.recipients[0].disabled = true;
    assert_eq!(harness.run().planned(), (0, 0, 0));
    harness.profile.policy.disabled_account = DisabledAccount::Remove;
    let held = harness.run();
    assert_eq!(
        (held.planned(), held.ok().result),
        ((0, 0, 1), RunResult::Held),
        "a changed policy is held first"
    );
    harness.state_for_approval(held.ok().id);
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert!(harness.published("alice").is_empty());
    assert!(harness.changes(ChangeState::Exported)[2].reasons[0].ends_with("the account is disabled."));
}

#[test]
fn a_failed_import_is_no_import() {
    let mut harness = three();
    harness.source.recipients[0] = person("alice", &["new"]);
    harness.source.fails_after = Some(1);
    let run = harness.run();
    assert_eq!(run.run.unwrap_err().id, ErrorId::DirectoryUnreachable);
    assert_eq!((harness.published("alice"), harness.published("bob")), (vec!["a".into()], vec!["b".into()]));
    assert_eq!(harness.state().run(2).unwrap().result, RunResult::Stopped);
    harness.source.fails_after = None;
    assert_eq!(harness.run().planned(), (0, 1, 0));
}

#[test]
fn clocks_that_differ_stop_the_run() {
    let mut harness = three();
    harness.source.clock = Some(smime_sync::model::Timestamp(1_000_301));
    assert_eq!(harness.run().run.unwrap_err().id, ErrorId::ClockSkew);
    harness.source.clock = Some(smime_sync::model::Timestamp(1_000_300));
    harness.run().ok();
}

#[test]
fn a_run_with_identities_touches_nobody_else() {
    let mut harness = three();
    harness.source.recipients =
        vec![person("alice", &["a2"]), person("bob", &["b2"]), person("dave", &["d"])];
    harness.options.identity = vec!["ALICE@contoso.test".into(), "nobody@contoso.test".into()];
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.recipients), ((0, 1, 0), 1));
    assert_eq!(run.told.errors_of(), [(ErrorId::IdentityNotFound, Some("nobody@contoso.test".into()))]);
    assert_eq!((harness.published("alice"), harness.published("bob")), (vec!["a2".into()], vec!["b".into()]));
    harness.options.identity.clear();
    let run = harness.run();
    assert_eq!(run.planned(), (1, 1, 0), "bob and dave; alice is done, carol is gone and had nothing");
}

#[test]
fn an_identity_that_names_two_touches_neither() {
    let mut harness = three();
    let mut twin = person("alice2", &["t"]);
    twin.mail = Some("alice@contoso.test".into());
    harness.source.recipients.push(twin);
    harness.source.recipients[0] = person("alice", &["a2"]);
    harness.options.identity = vec!["alice@contoso.test".into()];
    let run = harness.run();
    assert_eq!(run.told.errors_of(), [(ErrorId::IdentityAmbiguous, Some("alice@contoso.test".into()))]);
    assert_eq!(harness.published("alice"), ["a"]);
}

#[test]
fn declined_changes_wait_until_they_are_asked_again_or_the_desired_state_changes() {
    let mut harness = three();
    harness.source.recipients[0] = person("alice", &["a2"]);
    harness.options.confirm = true;
    harness.decline = vec!["alice".into()];
    let run = harness.run();
    assert_eq!(run.told.questions()[0].target, "ALICE <alice@contoso.test>");
    assert_eq!(
        (run.ok().numbers.declined, run.changes()),
        (1, vec!["Update alice@contoso.test Declined".into()])
    );
    harness.options.confirm = false;
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.declined), ((0, 0, 0), 1), "skipped, and counted");
    assert_eq!(harness.published("alice"), ["a"]);
    harness.options.confirm = true;
    assert_eq!(harness.run().told.questions().len(), 1, "asked again");
    harness.options.confirm = false;
    harness.source.recipients[0] = person("alice", &["a3"]);
    assert_eq!(harness.run().planned(), (0, 1, 0), "another desired state");
    assert_eq!(harness.published("alice"), ["a3"]);
}

#[test]
fn a_hundred_unchanged_runs_leave_the_states_size_flat() {
    let mut harness = Harness::new((0..500).map(|n| person(&format!("p{n:03}"), &["value"])).collect());
    harness.batch = 200;
    harness.run();
    harness.run();
    let size = std::fs::metadata(harness.state_path()).unwrap().len();
    for _ in 0..100 {
        harness.now += 1800;
        harness.run().ok();
    }
    let after = std::fs::metadata(harness.state_path()).unwrap().len();
    // A hundred runs of history are there, half a kilobyte each; recipients and values are there once.
    assert!(after <= size + 100 * 1024, "{size} bytes became {after}");
}

#[test]
fn a_first_run_that_sees_no_value_at_all_says_that_a_right_may_be_missing() {
    let mut harness = Harness::new(vec![person("alice", &[]), person("bob", &[])]);
    let run = harness.run();
    assert_eq!(run.ok().result, RunResult::CompletedWithErrors);
    assert_eq!(run.told.errors_of(), [(ErrorId::ValuesNotReadable, Some("corp".into()))]);
}

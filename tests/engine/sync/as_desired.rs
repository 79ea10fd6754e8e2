//! Who is as desired is not planned again by a run of what changed, until anything else is known of it.

use std::fs;

use smime_sync::{
    model::{ChangeKind, ChangeState, Fingerprint, PolicyType, Timestamp},
    state::{State, unmet::Unmet},
};

use super::harness::{Harness, person};

const NOW: Timestamp = Timestamp(2_000_000);

/// Thirty people who are known to be as desired, of a source that tells what changed.
fn settled() -> Harness {
    let mut harness = Harness::new((0..30).map(|n| person(&format!("p{n:02}"), &["a"])).collect());
    harness.batch = 50;
    harness.source.past.telling = super::telling::Telling::Versions;
    for _ in 0..2 {
        harness.run().ok();
        harness.now += 60;
    }
    assert_eq!(as_desired(&harness).len(), 30);
    harness
}

/// The anchors of those who are known to be as desired.
fn as_desired(harness: &Harness) -> Vec<String> {
    harness.state().as_desired_after("", 1000).unwrap().into_iter().map(|one| one.anchor).collect()
}

#[test]
fn they_are_counted_and_known_until_anything_is_kept_of_them() {
    let mut harness = settled();
    let outcome = harness.run();
    let run = outcome.ok();
    assert_eq!((run.policy_type, run.numbers.unchanged, run.numbers.read), (PolicyType::Delta, 30, 0));
    type Keep = fn(&State);
    let keeps: [(&str, Keep); 9] = [
        ("another evaluation", |state| {
            let evaluation = state.evaluation("id-p03").unwrap().unwrap();
            state.put_evaluation("id-p03", &evaluation, &[], NOW).unwrap();
        }),
        ("another basis", |state| state.set_basis("id-p03", Fingerprint::of(b"x"), 1).unwrap()),
        ("nothing managed", |state| state.set_managed("id-p03", None, &[], NOW).unwrap()),
        ("the same managed at another place", |state| {
            let managed = state.managed("id-p03").unwrap();
            state.set_managed("id-p03", Some("elsewhere"), &managed, NOW).unwrap();
        }),
        ("somebody else at its place", |state| {
            state.set_managed("id-new", Some("p03@contoso.test"), &[], NOW).unwrap();
        }),
        ("doubt of what is there", |state| state.distrust("id-p03").unwrap()),
        ("a change", |state| {
            let mut change = state.changes(&Default::default(), i64::MAX, 1000).unwrap().remove(0);
            change.anchor = "id-p03".into();
            (change.change, change.state) = (ChangeKind::Remove, ChangeState::Held);
            state.put_change(&change, Fingerprint::of(b"x")).unwrap();
        }),
        ("not found at the target", |state| {
            let asked = Fingerprint::of(b"x");
            let unmet = Unmet { asked, reason: None, tries: 1, next_try: NOW };
            state.put_unmet("id-p03", &unmet).unwrap();
        }),
        ("another anchor", |state| state.hand_over("id-p03", "id-new", true).unwrap()),
    ];
    for (what, keep) in keeps {
        let harness = settled();
        let state = State::open(&harness.state_path(), Timestamp(harness.now)).unwrap();
        keep(&state);
        state.close().unwrap();
        let left = as_desired(&harness);
        assert!(left.len() == 29 && !left.contains(&"id-p03".to_owned()), "{what}: {left:?}");
    }
}

#[test]
fn who_may_not_be_as_desired_any_more_is_planned() {
    type Change = fn(&mut Harness);
    type Planned = (u64, u64, u64);
    // What happens, who is known to be as desired after the next run, and what that one has planned.
    let cases: [(&str, Change, usize, Planned); 8] = [
        ("nothing", |_| {}, 30, (0, 0, 0)),
        (
            "its file is gone from the target",
            |harness| fs::remove_file(harness.out().join("p03@contoso.test.json")).unwrap(),
            29,
            (1, 0, 0),
        ),
        (
            "it has another value",
            |harness| harness.source.recipients[3] = person("p03", &["b"]),
            29,
            (0, 1, 0),
        ),
        (
            "it has nothing usable",
            |harness| harness.source.recipients[3] = person("p03", &["bad"]),
            29,
            (0, 0, 1),
        ),
        (
            "it is disabled, and keeps what it has",
            |harness| harness.source.recipients[3].disabled = true,
            30,
            (0, 0, 0),
        ),
        ("it is not shown", |harness| drop(harness.source.recipients.remove(3)), 29, (0, 0, 1)),
        (
            "somebody else comes with its address",
            |harness| {
                let mut other = person("other", &[]);
                other.mail.clone_from(&harness.source.recipients[3].mail);
                harness.source.recipients.push(other);
            },
            29,
            (0, 0, 0),
        ),
        ("the policy is another one", |harness| harness.policy = "second", 30, (0, 0, 0)),
    ];
    for (what, change, left, planned) in cases {
        let mut harness = settled();
        let before = harness.source.recipients.clone();
        change(&mut harness);
        harness.source.past.count_changes(&before, &harness.source.recipients);
        let outcome = harness.run();
        assert_eq!(outcome.planned(), planned, "{what}");
        assert_eq!(as_desired(&harness).len(), left, "{what}");
    }
}

#[test]
fn a_run_that_looks_at_everybody_plans_everybody() {
    type Ask = fn(&mut Harness);
    let asks: [(&str, Ask); 3] = [
        ("-Verify", |harness| harness.options.verify = true),
        ("-PolicyType Initial", |harness| harness.options.policy_type = PolicyType::Initial),
        ("-Identity", |harness| harness.options.identity = vec!["p03@contoso.test".into()]),
    ];
    for (what, ask) in asks {
        let mut harness = settled();
        let path = harness.state_path();
        // As if it were known by mistake: values that nobody wants any more are managed.
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "UPDATE evaluation SET desired = '[]' WHERE anchor = 'id-p03'; INSERT INTO as_desired VALUES ('id-p03');",
            )
            .unwrap();
        drop(connection);
        assert_eq!(harness.run().planned(), (0, 0, 0), "{what}");
        ask(&mut harness);
        assert_eq!(harness.run().planned(), (0, 0, 1), "{what}");
    }
}

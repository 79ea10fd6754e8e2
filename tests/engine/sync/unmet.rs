//! Who is not at the target, or left alone there, is not looked for in every run.

use smime_sync::{
    event::LogLevel,
    model::{Exclusion, RunResult, Timestamp},
};

use super::harness::{Fault, Harness, Outcome, person};

const HOUR: i64 = 3600;

fn excluded(why: Exclusion) -> Vec<Fault> {
    vec![Fault::Excludes("alice@contoso.test".into(), why)]
}

/// Alice and Bob, and a first run that did not find Alice.
fn without_alice(why: Exclusion) -> Harness {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.faults = excluded(why);
    assert_eq!(numbers(&harness.run()), (1, 0, Some(harness.now + HOUR / 2)));
    harness
}

/// Skipped, not looked for among them, and from when on they are looked for again.
fn numbers(outcome: &Outcome) -> (u64, u64, Option<i64>) {
    let run = outcome.ok();
    let [count] = run.exclusions.as_slice() else { return (run.numbers.excluded, 0, None) };
    (count.recipients, count.not_asked, count.asked_again.map(|time| time.0))
}

#[test]
fn the_wait_doubles_up_to_a_day_and_a_schedule_need_not_run_to_the_second() {
    let mut harness = without_alice(Exclusion::NotFound);
    let mut wait = HOUR / 2;
    for _ in 0..8 {
        let next = harness.now + wait;
        harness.now = next - 61;
        assert_eq!(numbers(&harness.run()), (1, 1, Some(next)));
        harness.now = next - 60;
        wait = (2 * wait).min(24 * HOUR);
        assert_eq!(numbers(&harness.run()), (1, 0, Some(harness.now + wait)));
    }
    assert_eq!(wait, 24 * HOUR);
    harness.now += wait;
    harness.faults.clear();
    assert_eq!((harness.run().ok().numbers.excluded, harness.published("alice")), (0, vec!["a".to_owned()]));
    // Who is lost then is looked for soon again.
    harness.faults = excluded(Exclusion::NotFound);
    harness.source.recipients[0] = person("alice", &["a2"]);
    harness.now += HOUR;
    assert_eq!(numbers(&harness.run()), (1, 0, Some(harness.now + HOUR / 2)));
}

#[test]
fn who_is_named_and_what_changed_is_looked_for_at_once() {
    type Change = fn(&mut Harness);
    let changes: [(&str, bool, Change); 9] = [
        ("nothing", false, |_| {}),
        ("another person's name", false, |harness| {
            harness.source.recipients[1].display_name = Some("BOB 2".into());
        }),
        ("-Identity", true, |harness| harness.options.identity = vec!["alice@contoso.test".into()]),
        ("-Verify", true, |harness| harness.options.verify = true),
        ("the address", true, |harness| {
            harness.source.recipients[0].mail = Some("alice.new@contoso.test".into());
        }),
        ("the user principal name", true, |harness| {
            harness.source.recipients[0].user_principal_name = Some("alice@corp.test".into());
        }),
        ("the certificate", true, |harness| harness.source.recipients[0] = person("alice", &["new"])),
        ("the profile", true, |harness| harness.profile.limits.retention = 30),
        ("a clock that was ahead", true, |harness| harness.now -= 2 * HOUR),
    ];
    for why in [Exclusion::NotFound, Exclusion::DirectorySynced, Exclusion::SoftDeleted] {
        for (what, at_once, change) in &changes {
            let mut harness = without_alice(why);
            harness.faults.clear();
            harness.now += 60;
            change(&mut harness);
            let run = harness.run();
            assert_eq!(run.ok().numbers.excluded, u64::from(!at_once), "{why:?}, {what}");
            assert_eq!(run.ok().result, RunResult::Success, "{what}");
        }
    }
}

#[test]
fn the_run_says_who_was_not_looked_for_and_until_when() {
    let mut harness = without_alice(Exclusion::NotFound);
    let again = Timestamp(harness.now + HOUR / 2);
    harness.now += 60;
    let run = harness.run();
    let advice = "Create what is missing at the target; in Exchange, external partners can be created with -CreateContact.";
    assert_eq!(
        run.told.warnings(),
        [format!(
            "1 recipient was skipped, since it is not at the target. {advice} It was not looked for in this run, since \
             earlier ones had; runs look again from {again} on, and with -Identity at once for it."
        )]
    );
    let verbose = run.told.logged(LogLevel::Verbose);
    let line = format!(
        "alice@contoso.test is skipped, since it is not at the target. Runs look for it again from {again} on."
    );
    assert!(verbose.contains(&line), "{verbose:?}");
}

#[test]
fn who_was_published_and_is_gone_from_the_target_is_not_looked_for_in_every_run_either_and_is_still_removed()
{
    // Enough of them for one to leave without the guard.
    let others = (0..12).map(|number| person(&format!("other{number}"), &["b"]));
    let mut harness = Harness::new([person("alice", &["a"])].into_iter().chain(others).collect());
    harness.run().ok();
    harness.source.recipients[0] = person("alice", &["a2"]);
    harness.faults = excluded(Exclusion::NotFound);
    assert_eq!(numbers(&harness.run()), (1, 0, Some(harness.now + HOUR / 2)));
    harness.now += 60;
    assert_eq!(numbers(&harness.run()), (1, 1, Some(harness.now - 60 + HOUR / 2)));
    // Whoever leaves the source is done with, whether it is there or not.
    harness.source.recipients.remove(0);
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.exported), ((0, 0, 1), 1));
    assert_eq!(harness.state().unmet("id-alice").unwrap(), None);
}

/// Alice among others, at a target that shows writes late; she has left, and is not there when her values are to go.
fn alice_left_and_is_not_there() -> Harness {
    let others = (0..12).map(|number| person(&format!("other{number}"), &["b"]));
    let mut harness = Harness::new([person("alice", &["a"])].into_iter().chain(others).collect());
    harness.faults = vec![Fault::ShowsLate];
    harness.run().ok();
    harness.source.recipients.remove(0);
    harness.faults.extend(excluded(Exclusion::NotFound));
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.exported, numbers(&run).0), ((0, 0, 1), 0, 1));
    assert_eq!(harness.state().managed("id-alice").unwrap().len(), 1, "nobody has seen that it is gone");
    harness
}

#[test]
fn who_is_not_there_when_it_is_to_lose_its_values_loses_them_when_it_is_back() {
    let mut harness = alice_left_and_is_not_there();
    for _ in 0..20 {
        harness.now += 24 * HOUR;
        let run = harness.run();
        assert_eq!((run.planned(), numbers(&run).0), ((0, 0, 0), 1), "no removal for the guard to count");
    }
    harness.faults = vec![Fault::ShowsLate];
    harness.now += 24 * HOUR;
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.exported), ((0, 0, 1), 1));
    assert!(harness.published("alice").is_empty() && harness.state().managed("id-alice").unwrap().is_empty());
}

#[test]
fn who_is_not_there_for_thirty_days_is_forgotten_and_the_run_says_so() {
    let mut harness = alice_left_and_is_not_there();
    harness.now += 29 * 24 * HOUR;
    assert_eq!(numbers(&harness.run()).0, 1);
    harness.now += 24 * HOUR;
    let run = harness.run();
    let told = run.told.warnings();
    assert!(told.iter().any(|one| one.contains("what was published for it is forgotten")), "{told:?}");
    assert!(harness.state().managed("id-alice").unwrap().is_empty());
    harness.now += HOUR;
    assert_eq!((numbers(&harness.run()).0, harness.state().unmet("id-alice").unwrap()), (0, None));
}

#[test]
fn nobody_rests_once_the_state_is_new_and_a_preview_keeps_nothing() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.faults = excluded(Exclusion::NotFound);
    harness.run().ok();
    let kept = harness.state().unmet("id-alice").unwrap();
    harness.options.what_if = true;
    harness.now += HOUR;
    assert_eq!(numbers(&harness.run()).1, 0);
    assert_eq!(harness.state().unmet("id-alice").unwrap(), kept);
    harness.options.what_if = false;
    std::fs::remove_file(harness.state_path()).unwrap();
    harness.now -= HOUR;
    harness.faults.clear();
    assert_eq!(harness.run().ok().numbers.excluded, 0);
}

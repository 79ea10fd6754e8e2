//! Two directories read as one source: what one of them does not show is not absent, and nobody is published twice.

use smime_sync::{
    directory::Presence,
    error::ErrorId,
    model::{HoldReason, PolicyType, RunResult},
};

use super::{
    harness::{DAY, Harness, Outcome, person},
    telling::{Past, Telling},
};

/// Thirty people, of whom a half is in the directory `other.test`. Both tell in this way, and were read once.
fn company(telling: Telling) -> Harness {
    let mut harness = Harness::new((0..30).map(|n| person(&format!("p{n:02}"), &["a"])).collect());
    harness.batch = 50;
    harness.source.past.telling = telling;
    harness.other_past = Some(Past::telling(telling));
    harness.profile.limits.missing_period = Some(DAY as u32);
    assert_eq!(planned(&harness.run()), (30, 0, 0));
    harness.now += 60;
    harness
}

fn planned(outcome: &Outcome) -> (u64, u64, u64) {
    outcome.planned()
}

/// How a run read, and how many recipients it read.
fn how(outcome: &Outcome) -> (PolicyType, u64) {
    (outcome.ok().policy_type, outcome.ok().numbers.read)
}

#[test]
fn the_people_of_both_are_published() {
    let harness = company(Telling::Nothing);
    for name in ["p00", "p01", "p28", "p29"] {
        assert_eq!(harness.published(name), ["a"], "{name}");
    }
}

#[test]
fn who_has_an_account_in_both_is_told_and_not_written() {
    let mut harness = company(Telling::Nothing);
    // In one.test somebody new, whose address is that of somebody in other.test.
    let mut second = person("second-account-4", &["b"]);
    second.mail = Some("p01@contoso.test".into());
    harness.source.recipients.push(second);
    harness.source.recipients[1].values = person("x", &["b"]).values;
    let outcome = harness.run();
    assert_eq!(planned(&outcome), (0, 0, 0));
    assert_eq!(outcome.ok().result, RunResult::CompletedWithErrors);
    assert_eq!(outcome.told.error_ids(), [ErrorId::TargetConflict; 2]);
    let told = outcome.told.errors();
    assert!(told[0].message.contains("'p01@contoso.test' is the primary address of more than one recipient"));
    assert!(
        told[0].advice.contains("of one person with two accounts, leave one account out"),
        "{}",
        told[0].advice
    );
    assert_eq!(harness.published("p01"), ["a"]);
}

#[test]
fn where_one_can_not_be_read_the_run_stops_and_nobody_is_missing() {
    let mut harness = company(Telling::Nothing);
    // The second half fails after its first person; the first half has been read by then.
    harness.source.fails_after = Some(15);
    let whole = std::mem::take(&mut harness.source.recipients);
    // `fails_after` counts within a half: only the other one has sixteen people.
    harness.source.recipients = whole.into_iter().chain([person("more1", &["a"])]).collect();
    assert_eq!(harness.run().run.unwrap_err().id, ErrorId::DirectoryUnreachable);
    harness.source.fails_after = None;
    harness.now += 3 * DAY;
    let outcome = harness.run();
    assert_eq!(planned(&outcome), (1, 0, 0));
    assert_eq!(outcome.ok().numbers.missing_kept, 0);
}

#[test]
fn one_that_shows_nobody_holds_the_run_whatever_the_others_show() {
    for telling in [Telling::Nothing, Telling::Everything, Telling::Present, Telling::Versions] {
        let mut harness = company(telling);
        let all = harness.source.recipients.clone();
        harness.source.recipients.retain(|one| !one.anchor.ends_with(['1', '3', '5', '7', '9']));
        for _ in 0..3 {
            // Also once everybody is asked for again, and who was missing would be gone.
            harness.now += 2 * DAY;
            let outcome = harness.run();
            let run = outcome.ok();
            if telling == Telling::Everything && run.policy_type == PolicyType::Delta {
                // That each of them was deleted was told one by one: nobody is silent, and the limits say what is too much.
                assert_eq!(run.result, RunResult::Held, "{telling:?}");
                continue;
            }
            assert_eq!(run.hold_reasons[0], HoldReason::EmptySource, "{telling:?}");
            let due = "The directory 'other.test' shows no recipients, though the profile reads it.";
            assert_eq!(run.guard[0], due, "{telling:?}");
            assert_eq!(planned(&outcome), (0, 0, 0), "{telling:?}");
        }
        harness.source.recipients = all;
        let outcome = harness.run();
        assert_eq!(planned(&outcome), (0, 0, 0), "{telling:?}");
        assert_eq!(outcome.ok().result, RunResult::Success, "{telling:?}");
    }
}

#[test]
fn one_that_shows_no_values_any_more_holds_a_run_that_would_remove_them() {
    let mut harness = Harness::new((0..300).map(|n| person(&format!("p{n:03}"), &["a"])).collect());
    // In other.test there are three people only: far below any percentage.
    let is_few = |anchor: &str| !anchor.ends_with(['1', '3', '5', '7', '9']) || anchor < "id-p006";
    harness.source.recipients.retain(|one| is_few(&one.anchor));
    harness.other_past = Some(Past::default());
    harness.run().ok();
    for one in &mut harness.source.recipients {
        if one.anchor.ends_with(['1', '3', '5']) {
            one.values.clear();
        }
    }
    let outcome = harness.run();
    let run = outcome.ok();
    assert_eq!(run.hold_reasons, [HoldReason::ValuesFell]);
    let due = "No recipient of the directory 'other.test' shows a certificate value, and 3 recipients would lose their last \
               certificate; is the right to read them lost?";
    assert_eq!(run.guard, [due]);
    // Somebody may know that it is right.
    harness.state_for_approval(run.id);
    assert_eq!(planned(&harness.run()), (0, 0, 3));
    // Nobody there has anything to lose by now.
    assert_eq!(harness.run().ok().result, RunResult::Success);
}

#[test]
fn what_changed_in_one_is_read_alone() {
    for telling in [Telling::Everything, Telling::Present, Telling::Versions] {
        let mut harness = company(telling);
        assert_eq!(how(&harness.run()), (PolicyType::Delta, 0), "{telling:?}");
        harness.source.recipients[3].values = person("x", &["b"]).values;
        let outcome = harness.run();
        assert_eq!((how(&outcome), planned(&outcome)), ((PolicyType::Delta, 1), (0, 1, 0)), "{telling:?}");
    }
}

#[test]
fn one_that_tells_who_is_there_has_the_other_tell_it_too() {
    let mut harness = company(Telling::Present);
    harness.other_past = Some(Past::telling(Telling::Versions));
    harness.options.policy_type = PolicyType::Initial;
    harness.run().ok();
    harness.options.policy_type = PolicyType::Delta;
    // Who left the half that shows it only where everybody is told.
    let gone = harness.source.recipients.remove(0);
    harness.source.presences.insert(gone.anchor, Presence::Deleted);
    let outcome = harness.run();
    assert_eq!((how(&outcome).0, planned(&outcome)), (PolicyType::Delta, (0, 0, 1)));
}

#[test]
fn a_right_that_is_lost_in_a_small_directory_is_seen_though_nothing_changed() {
    let mut harness = Harness::new((0..400).map(|n| person(&format!("p{:03}", 2 * n), &["a"])).collect());
    harness.batch = 500;
    harness.source.recipients.extend((1..4).map(|n| person(&format!("small{}", 2 * n + 1), &["a"])));
    harness.source.past.telling = Telling::Everything;
    let small: Vec<String> = (1..4).map(|n| format!("id-small{}", 2 * n + 1)).collect();
    // Rights are no part of an object: its version stays.
    let mut other = Past::telling(Telling::Everything);
    other.silent = small.iter().map(|anchor| (anchor.clone(), "as ever".to_owned())).collect();
    harness.other_past = Some(other);
    harness.run().ok();
    for one in harness.source.recipients.iter_mut().filter(|one| small.contains(&one.anchor)) {
        one.values.clear();
    }
    let outcome = harness.run();
    assert_eq!((how(&outcome), planned(&outcome)), ((PolicyType::Initial, 403), (0, 0, 3)));
    assert_eq!(outcome.ok().hold_reasons, [HoldReason::ValuesFell]);
}

#[test]
fn where_one_can_not_tell_what_changed_everybody_is_read_with_one_warning_that_names_it() {
    let mut harness = company(Telling::Everything);
    harness.other_past.as_mut().unwrap().place = "a restored copy".into();
    let outcome = harness.run();
    assert_eq!(how(&outcome), (PolicyType::Initial, 30));
    assert_eq!(
        outcome.told.warnings(),
        ["All recipients are read: of 'other.test', another server answers."]
    );
    assert_eq!(how(&harness.run()), (PolicyType::Delta, 0));
}

#[test]
fn one_that_knows_its_objects_by_name_alone_is_none_of_several() {
    let mut harness = company(Telling::Nothing);
    let mut by_name = person("by-name-1", &["a"]);
    by_name.anchor = by_name.distinguished_name.clone();
    harness.source.recipients.push(by_name);
    let error = harness.run().run.unwrap_err();
    assert_eq!((error.id, error.target.as_deref()), (ErrorId::ProfileInvalid, Some("other.test")));
    assert!(error.message.contains("has no entryUUID"), "{}", error.message);
}

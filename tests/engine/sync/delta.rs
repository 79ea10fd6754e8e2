//! Runs that read only what changed: whom they read, and what makes them read everybody.

use smime_sync::{
    directory::Presence,
    error::ErrorId,
    event::LogLevel,
    model::{PolicyType, RunResult, Timestamp},
    state::State,
};

use super::{
    harness::{DAY, Fault, Harness, Outcome, person, value},
    telling::Telling,
};

/// Thirty people, of a source that tells in this way; they have been read once.
fn company(telling: Telling) -> Harness {
    let mut harness = Harness::new((0..30).map(|n| person(&format!("p{n:02}"), &["a"])).collect());
    harness.batch = 50;
    harness.source.past.telling = telling;
    assert_eq!(how(&harness.run()), (PolicyType::Initial, 30, 30));
    harness.now += 60;
    harness
}

/// How a run read, how many recipients it knows of, and how many of them it read.
fn how(outcome: &Outcome) -> (PolicyType, u64, u64) {
    let run = outcome.ok();
    (run.policy_type, run.numbers.recipients, run.numbers.read)
}

const ALL: [Telling; 3] = [Telling::Everything, Telling::Present, Telling::Versions];

#[test]
fn where_nothing_changed_nobody_is_read_and_the_numbers_are_those_of_all() {
    for telling in ALL {
        let mut harness = company(telling);
        harness.source.recipients.push(person("none", &[]));
        harness.source.recipients.push(person("bad", &["bad"]));
        harness.source.recipients.push(person("stray", &["stray"]));
        let first = harness.run();
        assert_eq!(how(&first), (PolicyType::Delta, 33, 3), "{telling:?}");
        let second = harness.run();
        assert_eq!(how(&second), (PolicyType::Delta, 33, 0), "{telling:?}");
        let (first, second) = (first.ok(), second.ok());
        let numbers = |run: &smime_sync::model::Run| {
            let of = &run.numbers;
            (of.recipients, of.with_values, of.with_desired, of.without_certificate, of.without_usable)
        };
        assert_eq!(numbers(second), (33, 32, 30, 1, 2), "{telling:?}");
        assert_eq!(numbers(first), numbers(second), "{telling:?}");
        assert_eq!(first.missing_issuers, second.missing_issuers, "{telling:?}");
        assert_eq!(first.missing_issuers.len(), 1, "{telling:?}");
    }
}

#[test]
fn whoever_changed_is_read_and_so_is_whoever_is_due() {
    for telling in ALL {
        let mut harness = company(telling);
        harness.source.recipients[3].values = vec![value("b")];
        harness.source.recipients[4].values = vec![value(&format!("b@{}", harness.now + DAY))];
        harness.source.recipients[5].mail = Some("moved@contoso.test".into());
        assert_eq!(how(&harness.run()), (PolicyType::Delta, 30, 3), "{telling:?}");
        assert_eq!(harness.published("p03"), ["b"], "{telling:?}");
        assert_eq!(harness.published("moved"), ["a"], "{telling:?}");
        assert!(harness.published("p05").is_empty(), "{telling:?}");
        harness.now += DAY;
        // Its certificate has expired, and nothing of it changed.
        let outcome = harness.run();
        assert_eq!(how(&outcome), (PolicyType::Delta, 30, 1), "{telling:?}");
        assert_eq!(outcome.planned(), (0, 0, 1), "{telling:?}");
    }
}

#[test]
fn who_leaves_is_looked_up_until_it_is_settled() {
    for telling in ALL {
        let mut harness = company(telling);
        harness.profile.limits.missing_period = Some(DAY as u32);
        // What the profile says is another now.
        assert_eq!(how(&harness.run()).0, PolicyType::Initial, "{telling:?}");
        harness.source.recipients.retain(|one| one.anchor != "id-p07" && one.anchor != "id-p08");
        harness.source.presences.insert("id-p08".into(), Presence::OutOfScope);
        let outcome = harness.run();
        assert_eq!(how(&outcome), (PolicyType::Delta, 28, 0), "{telling:?}");
        assert_eq!((outcome.planned(), outcome.ok().numbers.missing_kept), ((0, 0, 1), 1), "{telling:?}");
        harness.now += 2 * DAY;
        harness.run().ok();
        let outcome = harness.run();
        assert_eq!(how(&outcome), (PolicyType::Delta, 28, 0), "{telling:?}");
        assert!(harness.published("p07").is_empty(), "{telling:?}");
        // Who comes back is read.
        harness.source.recipients.push(person("p08", &["a"]));
        assert_eq!(how(&harness.run()), (PolicyType::Delta, 29, 1), "{telling:?}");
        assert_eq!(harness.published("p08"), ["a"], "{telling:?}");
    }
}

#[test]
fn an_ordinary_account_sees_who_is_gone_when_everybody_is_told() {
    let mut harness = company(Telling::Present);
    let home = harness.home.path().to_owned();
    harness.profile = serde_json::from_value(serde_json::json!({
        "Name": "corp", "Source": "Directory", "Server": "dc1", "SearchBase": ["DC=contoso,DC=test"],
        "EnumerationPeriod": DAY, "Target": "Folder", "OutputPath": home.join("out"), "AllowUntrusted": true,
        "MissingPeriod": 0,
    }))
    .unwrap();
    harness.run().ok();
    // One whom the run does not look at all the same.
    harness.source.recipients.remove(25);
    harness.now += DAY - 1;
    assert_eq!(how(&harness.run()), (PolicyType::Delta, 30, 0));
    harness.now += 1;
    let outcome = harness.run();
    assert_eq!((how(&outcome), outcome.planned()), ((PolicyType::Delta, 29, 0), (0, 0, 1)));
    // From then on it counts anew.
    harness.now += DAY - 1;
    let asked = harness.source.past.asked.1;
    harness.run().ok();
    assert_eq!(harness.source.past.asked.1, asked);
}

#[test]
fn everybody_is_read_where_what_was_known_may_not_hold() {
    type Change = fn(&mut Harness);
    let cases: [(&str, Change, usize); 7] = [
        ("as was asked", |harness| harness.options.policy_type = PolicyType::Initial, 0),
        ("are others than in the last run", |harness| harness.policy = "second", 0),
        ("are others than in the last run", |harness| harness.profile.limits.guard_days = 8, 0),
        ("another server answers", |harness| harness.source.past.place = "dc2".into(), 1),
        ("its cookie is lost", |harness| harness.source.past.lost = Some("its cookie is lost".into()), 1),
        (
            "since the last run was interrupted",
            |harness| {
                let state = State::open(&harness.state_path(), Timestamp(harness.now)).unwrap();
                state.set_setting("interrupted", "").unwrap();
                state.close().unwrap();
            },
            0,
        ),
        (
            "though the source told of no change",
            |harness| {
                for one in &mut harness.source.recipients {
                    let version = harness.source.past.version(one);
                    harness.source.past.silent.insert(one.anchor.clone(), version);
                    one.display_name = Some("Another".into());
                }
            },
            0,
        ),
    ];
    for telling in ALL {
        for (why, change, warnings) in cases {
            let mut harness = company(telling);
            change(&mut harness);
            let outcome = harness.run();
            assert_eq!(how(&outcome), (PolicyType::Initial, 30, 30), "{telling:?} {why}");
            let level = if warnings > 0 { LogLevel::Warning } else { LogLevel::Verbose };
            assert!(outcome.told.logged(level).iter().any(|line| line.contains(why)), "{telling:?} {why}");
            assert_eq!(outcome.told.warnings().len(), warnings, "{:?}", outcome.told.warnings());
            // It is the last one to do so.
            harness.options.policy_type = PolicyType::Delta;
            harness.now += 60;
            assert_eq!(how(&harness.run()), (PolicyType::Delta, 30, 0), "{telling:?} {why}");
        }
    }
}

#[test]
fn a_run_that_another_server_had_to_end_is_none_to_go_on_from() {
    for telling in ALL {
        for policy_type in [PolicyType::Delta, PolicyType::Initial] {
            let mut harness = company(telling);
            harness.source.recipients[3].values = vec![value("b")];
            harness.source.past.moves_to = Some("dc2".into());
            harness.options.policy_type = policy_type;
            assert_eq!(how(&harness.run()).0, policy_type, "{telling:?}");
            harness.options.policy_type = PolicyType::Delta;
            // Not even where the first one answers again.
            harness.source.past.place = String::new();
            harness.now += 60;
            assert_eq!(how(&harness.run()), (PolicyType::Initial, 30, 30), "{telling:?} {policy_type:?}");
            harness.now += 60;
            assert_eq!(how(&harness.run()), (PolicyType::Delta, 30, 0), "{telling:?} {policy_type:?}");
        }
    }
}

#[test]
fn a_right_that_is_lost_holds_the_run_though_nothing_changed() {
    for telling in ALL {
        let mut harness = company(telling);
        for one in &mut harness.source.recipients {
            let version = harness.source.past.version(one);
            harness.source.past.silent.insert(one.anchor.clone(), version);
            one.values.clear();
        }
        let outcome = harness.run();
        assert_eq!(outcome.ok().result, RunResult::Held, "{telling:?}");
        assert_eq!(how(&outcome), (PolicyType::Initial, 30, 30), "{telling:?}");
    }
}

#[test]
fn a_run_that_is_held_or_stopped_leaves_its_changes_to_the_next() {
    for telling in ALL {
        let mut harness = company(telling);
        (0..12).for_each(|n| harness.source.recipients[n].values = vec![value("bad")]);
        let held = harness.run();
        assert_eq!(how(&held), (PolicyType::Delta, 30, 12), "{telling:?}");
        assert_eq!(held.ok().result, RunResult::Held, "{telling:?}");
        harness.now += 60;
        // What version was read last is known of each, whatever came of the run.
        let again = if telling == Telling::Versions { 0 } else { 12 };
        let held = harness.run();
        assert_eq!((how(&held).2, held.ok().result), (again, RunResult::Held), "{telling:?}");
        harness.options.allow_removal = Some(12);
        harness.faults = vec![Fault::CancelsAfter(1)];
        harness.batch = 5;
        assert_eq!(harness.run().run.unwrap_err().id, ErrorId::Canceled, "{telling:?}");
        harness.faults.clear();
        let done = harness.run();
        assert_eq!(how(&done), (PolicyType::Delta, 30, again), "{telling:?}");
        assert_eq!(harness.published("p11"), [""; 0], "{telling:?}");
        assert_eq!(how(&harness.run()), (PolicyType::Delta, 30, 0), "{telling:?}");
    }
}

#[test]
fn who_was_named_is_read_again_by_the_next_run_of_all() {
    for telling in ALL {
        let mut harness = company(telling);
        // What it is read by may be behind.
        let now = std::mem::replace(&mut harness.source.recipients[2].values, vec![value("old")]);
        harness.source.past.silent.insert("id-p02".into(), {
            let unchanged = person("p02", &["a"]);
            harness.source.past.version(&unchanged)
        });
        harness.options.identity = vec!["p02@contoso.test".to_owned().into()];
        harness.run().ok();
        assert_eq!(harness.published("p02"), ["old"], "{telling:?}");
        harness.source.recipients[2].values = now;
        harness.options.identity.clear();
        assert_eq!(how(&harness.run()), (PolicyType::Delta, 30, 1), "{telling:?}");
        assert_eq!(harness.published("p02"), ["a"], "{telling:?}");
    }
}

#[test]
fn who_can_not_be_read_is_told_by_each_run() {
    for telling in ALL {
        let mut harness = company(telling);
        harness.source.recipients.push(person("new", &["a"]));
        for anchor in ["id-p01", "id-new"] {
            harness.source.unreadable.insert(anchor.into());
        }
        harness.source.recipients[1].display_name = Some("Changed".into());
        for read in 0..3 {
            let outcome = harness.run();
            assert_eq!(how(&outcome), (PolicyType::Delta, 29, 0), "{telling:?} {read}");
            assert_eq!(outcome.ok().result, RunResult::CompletedWithErrors, "{telling:?} {read}");
            assert_eq!(outcome.ok().numbers.errors, 2, "{telling:?} {read}");
            assert_eq!(harness.published("p01"), ["a"], "{telling:?} {read}");
            harness.now += 60;
        }
        harness.source.unreadable.clear();
        assert_eq!(how(&harness.run()), (PolicyType::Delta, 31, 2), "{telling:?}");
        assert_eq!(harness.published("new"), ["a"], "{telling:?}");
    }
}

#[test]
fn a_preview_goes_on_from_the_last_run_and_moves_nothing() {
    for telling in ALL {
        let mut harness = company(telling);
        harness.source.recipients[3].values = vec![value("b")];
        harness.options.what_if = true;
        for _ in 0..2 {
            assert_eq!(how(&harness.run()), (PolicyType::Delta, 30, 1), "{telling:?}");
        }
        harness.options.what_if = false;
        assert_eq!(how(&harness.run()), (PolicyType::Delta, 30, 1), "{telling:?}");
    }
}

#[test]
fn an_object_that_is_older_than_it_was_is_told_as_a_restore() {
    let stamp = |time: &str| format!("{time}.000000Z#000000#000#000000 0123");
    for (then, now, is_restore) in
        [("20261201120000", "20261201110000", true), ("20261201120000", "20261201130000", false)]
    {
        let mut harness = Harness::new((0..30).map(|n| person(&format!("p{n:02}"), &["a"])).collect());
        harness.batch = 50;
        harness.source.past.telling = Telling::Versions;
        harness.source.past.silent.insert("id-p03".into(), stamp(then));
        harness.run().ok();
        harness.source.past.silent.insert("id-p03".into(), stamp(now));
        harness.source.recipients[3].values = vec![value("old")];
        let outcome = harness.run();
        let due = "All recipients are read: the source shows an older 'p03@contoso.test' than in the last run, as after a \
                   restore from a backup.";
        let (policy_type, warnings) = if is_restore {
            (PolicyType::Initial, vec![due.to_owned()])
        } else {
            (PolicyType::Delta, vec![])
        };
        assert_eq!((how(&outcome).0, outcome.told.warnings()), (policy_type, warnings));
        assert_eq!(outcome.planned(), (0, 1, 0), "what the directory has counts");
    }
}

#[test]
fn whose_address_somebody_else_has_is_asked_for_before_both_are_refused() {
    type Rename = fn(&mut smime_sync::model::Recipient);
    let cases: [(&str, Rename); 2] = [
        ("the address", |_| {}),
        ("the user principal name of who has no address", |one| {
            one.mail = None;
            one.user_principal_name = Some("p25@contoso.test".into());
        }),
    ];
    for (what, rename) in cases {
        let mut harness = company(Telling::Present);
        let home = harness.home.path().to_owned();
        harness.profile = serde_json::from_value(serde_json::json!({
            "Name": "corp", "Source": "Directory", "Server": "dc1", "SearchBase": ["DC=contoso,DC=test"],
            "EnumerationPeriod": DAY, "Target": "Folder", "OutputPath": home.join("out"), "AllowUntrusted": true,
            "MissingPeriod": DAY,
        }))
        .unwrap();
        rename(&mut harness.source.recipients[25]);
        let before = harness.source.recipients.clone();
        harness.source.past.count_changes(&company(Telling::Present).source.recipients, &before);
        harness.run().ok();
        // Deleted, which nobody tells, and made anew.
        harness.source.recipients[25].anchor = "id-anew".into();
        harness.source.recipients[25].values = vec![value("b")];
        harness.source.past.count_changes(&before, &harness.source.recipients);
        let outcome = harness.run();
        let run = outcome.ok();
        let came =
            (run.policy_type, run.result, run.numbers.recipients, run.numbers.missing, run.numbers.errors);
        assert_eq!(
            came,
            (PolicyType::Delta, RunResult::Success, 30, 0, 0),
            "{what}: {:?}",
            outcome.told.warnings()
        );
        assert_eq!(harness.published("p25"), ["b"], "{what}");
    }
}

#[test]
fn who_is_there_and_can_not_be_made_out_is_an_error_of_each_run() {
    for telling in ALL {
        let mut harness = company(telling);
        harness.source.recipients.remove(7);
        harness.source.presences.insert("id-p07".into(), Presence::Unreadable);
        for round in 0..2 {
            let outcome = harness.run();
            let run = outcome.ok();
            assert_eq!(run.result, RunResult::CompletedWithErrors, "{telling:?} {round}");
            assert_eq!(outcome.told.error_ids(), [ErrorId::RecipientInvalid], "{telling:?} {round}");
            assert_eq!((run.numbers.errors, outcome.planned()), (1, (0, 0, 0)), "{telling:?} {round}");
            assert_eq!(harness.published("p07"), ["a"], "{telling:?} {round}");
            harness.now += 60;
        }
    }
}

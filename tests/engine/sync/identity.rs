//! Addresses pass from one to another, and one person from an anchor to another: what is published follows the person,
//! whatever the order of the writes.

use std::fs;

use smime_sync::{
    directory::Presence,
    error::ErrorId,
    model::{ChangeState, Recipient, RunResult},
};

use super::harness::{DAY, Fault, Harness, person, published_in};

/// `names` in the order of their anchors; each has the address of the one `shift` places further, and its own value.
pub(super) fn ring(names: &[&str], shift: usize) -> Vec<Recipient> {
    let at = |place: usize| names[(place + shift) % names.len()];
    let of = |(place, name): (usize, &&str)| Recipient {
        mail: Some(format!("{}@contoso.test", at(place))),
        user_principal_name: Some(format!("{name}@contoso.test")),
        ..person(name, &[name])
    };
    names.iter().enumerate().map(of).collect()
}

/// What stands under an address, by the values and the anchor of its file.
pub(super) fn under(harness: &Harness, name: &str) -> Option<(Vec<String>, String)> {
    let key = format!("{name}@contoso.test");
    let text = fs::read(harness.out().join(format!("{key}.json"))).ok()?;
    let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
    Some((published_in(&harness.out(), &key), file["Anchor"].as_str().unwrap().to_owned()))
}

/// Each address has what its present owner wants, the index says so, too, and nothing is left to do.
pub(super) fn assert_settled(harness: &mut Harness) {
    let owners = harness.source.recipients.clone();
    for owner in &owners {
        let name = owner.mail.as_deref().unwrap().trim_end_matches("@contoso.test").to_owned();
        let (words, anchor) = under(harness, &name).unwrap_or_else(|| panic!("nobody is under {name}"));
        let wanted = String::from_utf8(owner.values[0].bytes.to_vec()).unwrap();
        assert_eq!((words, &anchor), (vec![wanted.clone()], &owner.anchor), "{name}");
        let companion = fs::read_to_string(harness.out().join(format!("{name}@contoso.test.cer"))).unwrap();
        assert_eq!(companion, wanted, "{name}");
    }
    let index = fs::read_to_string(harness.out().join("index.json")).unwrap();
    let index: Vec<serde_json::Value> = serde_json::from_str(&index).unwrap();
    let mut lines: Vec<_> =
        index.iter().map(|line| (line["Recipient"].clone(), line["Anchor"].clone())).collect();
    let mut expected: Vec<_> =
        owners.iter().map(|one| (one.mail.clone().unwrap().into(), one.anchor.clone().into())).collect();
    lines.sort_by_key(|line: &(serde_json::Value, serde_json::Value)| line.0.to_string());
    expected.sort_by_key(|line: &(serde_json::Value, serde_json::Value)| line.0.to_string());
    assert_eq!(lines, expected);
    assert_eq!(harness.run().planned(), (0, 0, 0));
}

pub(super) const FORTY: [&str; 40] = [
    "p00", "p01", "p02", "p03", "p04", "p05", "p06", "p07", "p08", "p09", "p10", "p11", "p12", "p13", "p14",
    "p15", "p16", "p17", "p18", "p19", "p20", "p21", "p22", "p23", "p24", "p25", "p26", "p27", "p28", "p29",
    "p30", "p31", "p32", "p33", "p34", "p35", "p36", "p37", "p38", "p39",
];

#[test]
fn addresses_that_change_hands_in_a_ring_take_their_certificates_along() {
    for (count, batch) in [(2, 2), (2, 1), (3, 2), (3, 1), (40, 7), (40, 200)] {
        for shift in [1, count - 1] {
            let mut harness = Harness::new(ring(&FORTY[..count], 0));
            harness.batch = batch;
            harness.run().ok();
            harness.source.recipients = ring(&FORTY[..count], shift);
            let run = harness.run();
            assert_eq!(run.ok().result, RunResult::Success, "{count} in batches of {batch}");
            assert_eq!(run.planned(), (0, count as u64, 0));
            assert_settled(&mut harness);
        }
    }
}

#[test]
fn an_address_is_free_for_a_newcomer_in_the_run_in_which_its_owner_gets_another_or_leaves() {
    for (anchor, gone) in [("id-a", false), ("id-z", false), ("id-a", true), ("id-z", true)] {
        for batch in [1, 2, 7] {
            let others = || (0..5).map(|n| person(&format!("m{n}"), &["m"]));
            let mut harness = Harness::new(others().chain([person("bob", &["b"])]).collect());
            harness.batch = batch;
            harness.run().ok();
            let newcomer = Recipient {
                anchor: anchor.into(),
                mail: Some("bob@contoso.test".into()),
                ..person("alice", &["a"])
            };
            let moved = Recipient { anchor: "id-bob".into(), ..person("bobby", &["b"]) };
            let bob = (!gone).then_some(moved);
            harness.source.recipients = others().chain([newcomer]).chain(bob).collect();
            let run = harness.run();
            assert_eq!(run.ok().result, RunResult::Success, "{anchor} {gone} {batch}");
            assert_eq!(run.planned(), if gone { (1, 0, 1) } else { (1, 1, 0) });
            assert_settled(&mut harness);
        }
    }
}

#[test]
fn who_keeps_an_address_at_the_target_is_not_displaced_and_the_newcomer_is_tried_by_each_run() {
    let mut harness = Harness::new(ring(&["alice", "bob", "carol"], 0));
    harness.run().ok();
    let conflict = |told: &super::harness::Told, of: &str| {
        assert_eq!(told.errors_of(), [(ErrorId::TargetConflict, Some(of.into()))]);
    };
    // alice gets bob's address, and bob a new one; a run with identities sees only her.
    harness.source.recipients[0].mail = Some("bob@contoso.test".into());
    harness.source.recipients[1].mail = Some("bobby@contoso.test".into());
    for _ in 0..4 {
        harness.options.identity = vec!["CN=alice,DC=contoso,DC=test".into()];
        let run = harness.run();
        assert_eq!(run.ok().result, RunResult::CompletedWithErrors);
        conflict(&run.told, "bob@contoso.test");
        assert_eq!(
            (harness.published("alice"), harness.published("bob")),
            (vec!["alice".into()], vec!["bob".into()])
        );
    }
    harness.options.identity.clear();
    // bob's change is refused, then declined: he is still there.
    harness.faults = vec![Fault::Refuses("bobby@contoso.test".into())];
    let run = harness.run();
    let errors = run.told.errors_of();
    assert!(errors.contains(&(ErrorId::TargetConflict, Some("bob@contoso.test".into()))), "{errors:?}");
    assert_eq!(
        (harness.published("alice"), harness.published("bob")),
        (vec!["alice".into()], vec!["bob".into()])
    );
    harness.faults.clear();
    harness.options.confirm = true;
    harness.decline = vec!["bobby@contoso.test".into()];
    conflict(&harness.run().told, "bob@contoso.test");
    harness.options.confirm = false;
    conflict(&harness.run().told, "bob@contoso.test");
    assert_eq!(harness.changes(ChangeState::Declined).len(), 1);
    assert_eq!(
        (harness.published("alice"), harness.published("bob")),
        (vec!["alice".into()], vec!["bob".into()])
    );
    // Asked again, he moves, and she follows in the same run.
    (harness.options.confirm, harness.decline) = (true, Vec::new());
    assert_eq!(harness.run().ok().result, RunResult::Success);
    harness.options.confirm = false;
    assert_settled(&mut harness);
}

#[test]
fn where_one_of_a_ring_stays_all_of_it_stay() {
    for (refused, batch) in [(0, 1), (1, 1), (2, 7), (3, 2)] {
        let names = &FORTY[..4];
        let mut harness = Harness::new(ring(names, 0));
        harness.batch = batch;
        harness.run().ok();
        harness.source.recipients = ring(names, 1);
        harness.faults = vec![Fault::Refuses(format!("{}@contoso.test", names[refused]))];
        let run = harness.run();
        assert_eq!(run.ok().result, RunResult::CompletedWithErrors);
        let mut ids = run.told.error_ids();
        ids.retain(|id| *id != ErrorId::TargetConflict);
        assert_eq!((ids, run.ok().numbers.rejected), (vec![ErrorId::TargetNotWritable], 4));
        for name in names {
            assert_eq!(under(&harness, name), Some((vec![(*name).to_owned()], format!("id-{name}"))));
        }
        let index: Vec<serde_json::Value> =
            serde_json::from_slice(&fs::read(harness.out().join("index.json")).unwrap()).unwrap();
        for line in index {
            let (recipient, anchor) = (line["Recipient"].as_str().unwrap(), line["Anchor"].as_str().unwrap());
            assert_eq!(recipient.trim_end_matches("@contoso.test"), anchor.trim_start_matches("id-"));
        }
        harness.faults.clear();
        assert_eq!(harness.run().planned(), (0, 4, 0));
        assert_settled(&mut harness);
    }
}

#[test]
fn one_identity_at_two_places_of_a_directory_is_an_error_and_takes_nothing_from_anybody() {
    for limit in [0, DAY as u32] {
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let others: Vec<String> = (0..20).map(|number| format!("p{number}")).collect();
            let names: Vec<&str> =
                ["alice", "bob", "carol"].into_iter().chain(others.iter().map(String::as_str)).collect();
            let people = ring(&names, 0);
            let mut harness = Harness::new(people.clone());
            harness.profile.limits.missing_period = Some(limit);
            harness.run().ok();
            // Carol's object shows alice's identity, and there is none of carol's.
            let double = Recipient { anchor: people[0].anchor.clone(), ..people[2].clone() };
            let shown = [people[0].clone(), people[1].clone(), double];
            let others = people[3..].iter().cloned();
            let shown = order.iter().map(|index: &usize| shown[*index].clone());
            harness.source.recipients = shown.chain(others).collect();
            harness.source.presences.insert(people[0].anchor.clone(), Presence::Unreadable);
            for again in [false, true] {
                let run = harness.run();
                let ok = run.ok();
                let what = format!("limit {limit}, order {order:?}, again {again}");
                assert_eq!((ok.result, run.planned()), (RunResult::CompletedWithErrors, (0, 0, 0)), "{what}");
                assert_eq!(run.told.error_ids(), [ErrorId::RecipientInvalid], "{what}");
                assert_eq!(ok.numbers.missing, 0, "{what}: it may be carol's object");
            }
            for name in ["alice", "bob", "carol"] {
                assert_eq!(under(&harness, name).unwrap().1, format!("id-{name}"));
            }
            harness.source.recipients = people;
            harness.source.presences.clear();
            assert_eq!(harness.run().planned(), (0, 0, 0));
            assert_settled(&mut harness);
        }
    }
}

#[test]
fn who_moves_while_the_source_is_read_is_at_one_place_when_it_is_asked_again() {
    let people = ring(&["alice", "bob"], 0);
    let mut harness = Harness::new(people.clone());
    harness.run().ok();
    let moved =
        Recipient { distinguished_name: "CN=alice,OU=New,DC=contoso,DC=test".into(), ..people[0].clone() };
    harness.source.recipients = vec![people[0].clone(), people[1].clone(), moved.clone()];
    harness.source.presences.insert(moved.anchor.clone(), Presence::InScope(Box::new(moved.clone())));
    let run = harness.run();
    assert_eq!((run.ok().result, run.ok().numbers.recipients), (RunResult::Success, 2));
    let known = harness.state().recipient(&moved.anchor).unwrap().unwrap();
    assert_eq!(known.distinguished_name, moved.distinguished_name);
    harness.source.recipients = vec![moved, people[1].clone()];
    assert_settled(&mut harness);
}

#[test]
fn an_address_given_to_somebody_else_is_no_change_of_anchor_and_does_not_wait_for_the_missing_period() {
    let mut harness = Harness::new(ring(&["alice", "bob"], 0));
    harness.profile.limits.missing_period = Some(DAY as u32);
    harness.run().ok();
    let newcomer = |values: &[&str]| Recipient {
        anchor: "id-new".into(),
        mail: Some("bob@contoso.test".into()),
        ..person("robert", values)
    };
    // As long as the newcomer has nothing to be published, bob may come back.
    harness.source.recipients[1] = newcomer(&["bad"]);
    let run = harness.run();
    assert_eq!(
        (run.ok().result, run.planned(), run.ok().numbers.missing),
        (RunResult::Success, (0, 0, 0), 1)
    );
    assert_eq!(under(&harness, "bob").unwrap().1, "id-bob");
    harness.source.recipients[1] = newcomer(&["r"]);
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::Success, (1, 0, 1)));
    assert!(run.told.warnings().is_empty());
    assert_settled(&mut harness);
    let removed =
        harness.changes(ChangeState::Exported).into_iter().find(|change| change.after.is_empty()).unwrap();
    let why = "the source does not show the recipient, and its address is another one's by now.";
    assert!(removed.reasons[0].ends_with(why), "{:?}", removed.reasons);
    harness.source.recipients[1] = newcomer(&["r2"]);
    assert_eq!(harness.run().planned(), (0, 1, 0), "who is missing does not share an address");
    assert_settled(&mut harness);
}

#[test]
fn a_file_left_at_the_old_place_by_a_crash_goes_even_if_the_address_changes_again() {
    // Three changes of files put alice's two in their new place and begin with the old ones.
    for changes in 0..6 {
        let mut harness = Harness::new(ring(&["alice", "bob"], 0));
        harness.run().ok();
        harness.source.recipients[0].mail = Some("al@contoso.test".into());
        harness.faults = vec![Fault::DiesWithinWrite(1, changes)];
        let _ = harness.run();
        harness.faults.clear();
        harness.source.recipients[0].mail = Some("alix@contoso.test".into());
        harness.run().ok();
        assert_settled(&mut harness);
        let files = super::harness::tree(&harness.out());
        assert_eq!(files.len(), 5, "two for each, and the index: {:?}", files.keys());
    }
}

#[test]
fn whoever_a_canceled_run_with_identities_published_is_known_to_the_next_import() {
    let mut harness = Harness::new(ring(&["alice", "bob"], 0));
    harness.profile.limits.missing_period = Some(0);
    harness.run().ok();
    harness.source.recipients.push(person("carol", &["c"]));
    harness.options.identity = vec!["carol@contoso.test".into()];
    harness.faults = vec![Fault::CancelsAfter(1)];
    let _ = harness.run();
    assert_eq!(harness.published("carol"), ["c"]);
    (harness.faults, harness.options.identity) = (Vec::new(), Vec::new());
    harness.source.recipients.pop();
    assert_eq!(harness.run().planned(), (0, 0, 1));
    assert!(harness.published("carol").is_empty());
}

#[test]
fn new_anchors_are_told_as_long_as_they_are_not_written_and_twice_the_anchors_are_not_twice_the_people() {
    let named = |range: std::ops::Range<usize>, prefix: &str| -> Vec<_> {
        let with = |n: usize| smime_sync::model::Recipient {
            anchor: format!("{prefix}{n:02}"),
            ..person(&format!("q{n:02}"), &[format!("v{n}").as_str()])
        };
        range.map(with).collect()
    };
    let mut harness = Harness::new(named(0..60, "old"));
    harness.batch = 50;
    harness.run().ok();
    harness.source.recipients = named(0..30, "new");
    for run in ["first", "second"] {
        let held = harness.run();
        assert_eq!(held.ok().result, RunResult::Held, "{run}");
        let warnings = held.told.warnings();
        assert!(
            warnings.iter().any(|text| text.starts_with("30 recipients have another anchor")),
            "{run}: {warnings:?}"
        );
    }
    harness.source.recipients = named(0..60, "old");
    harness.source.recipients.extend(named(0..60, "new"));
    harness.run().ok();
    harness.source.recipients = named(0..60, "new");
    let only_new = harness.run();
    assert!(only_new.ok().guard.iter().all(|text| !text.contains("fell from")), "{:?}", only_new.ok().guard);
}

//! One run with the clock ahead, then the clock is right.

use std::collections::BTreeMap;

use proptest::{collection::vec, option, prelude::*, sample::select};
use smime_sync::model::{ChangeState, Recipient, RunResult, Timestamp};

use super::{YEAR, company, published, run_ahead};
use crate::sync::harness::{DAY, Fault, Harness, evaluate, person, published_in};

#[test]
fn what_a_clock_ahead_removed_is_back_after_one_run_with_the_right_one() {
    for (people, ending, ahead, left) in
        [(12, 9, 40 * DAY, 3), (12, 9, 15 * YEAR, 3), (10, 10, 40 * DAY, 0), (10, 10, 15 * YEAR, 0)]
    {
        for (how, set) in [
            ("as ever", (|_| {}) as fn(&mut Harness)),
            ("-Verify", |harness| harness.options.verify = true),
            ("-Identity", |harness| {
                harness.options.identity = (0..10).map(|n| format!("p{n:03}@contoso.test").into()).collect();
            }),
        ] {
            let case = format!("{people} people, {} days ahead, {how}", ahead / DAY);
            let mut harness = company(people, ending);
            harness.profile.limits.removal_percent = 100;
            assert_eq!(run_ahead(&mut harness, ahead).planned().2, ending as u64, "{case}");
            assert_eq!(published(&harness), left, "{case}");
            harness.now += 60;
            set(&mut harness);
            let right = harness.run();
            assert_eq!((right.planned().0, right.ok().result), (ending as u64, RunResult::Success), "{case}");
            assert_eq!(published(&harness), people, "{case}");
        }
    }
}

#[test]
fn a_verdict_is_made_once_as_long_as_the_clock_goes_forward() {
    let mut harness = company(3, 1);
    let state = || rusqlite::Connection::open(harness.state_path()).unwrap();
    let forge = "UPDATE evaluation SET desired = '[]'";
    state().execute(forge, []).unwrap();
    harness.now += 60;
    assert_eq!(harness.run().planned(), (0, 0, 3), "what was judged before is not judged again");
}

#[test]
fn verdicts_without_a_time_are_made_again_once_a_run_was_in_the_future() {
    let mut harness = company(3, 3);
    run_ahead(&mut harness, 40 * DAY).ok();
    // As the earlier version left them.
    let state = rusqlite::Connection::open(harness.state_path()).unwrap();
    state.execute("UPDATE evaluation SET made = NULL", []).unwrap();
    drop(state);
    assert_eq!((published(&harness), harness.run().planned().0, published(&harness)), (0, 3, 3));
}

/// What happens between two runs, and to them.
#[derive(Debug, Clone)]
enum Step {
    Values(usize, Vec<String>),
    Leaves(usize),
    /// The file is exported again.
    Exported,
    /// A run by a clock that is wrong by so much.
    Run {
        apart: i64,
        named: bool,
        verify: bool,
        what_if: bool,
        fault: Option<Fault>,
    },
}

const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];
const BEGIN: i64 = 1_000_000_000;

fn step() -> impl Strategy<Value = Step> {
    let days = [-400, -40, -2, 2, 20, 35, 300];
    let word = prop_oneof![
        Just("a".to_owned()),
        Just("bad".to_owned()),
        select(days.to_vec()).prop_map(|days| format!("ends@{}", BEGIN + days * DAY)),
        select(days.to_vec()).prop_map(|days| format!("begins#{}", BEGIN + days * DAY)),
    ];
    let apart =
        select(vec![0, 0, 60, 3600, 2 * DAY, 29 * DAY, 40 * DAY, 15 * YEAR, -60, -3 * DAY, -2 * YEAR]);
    let fault = prop_oneof![
        (1..3_usize).prop_map(Fault::DiesAfterWrite),
        (1..3_usize).prop_map(Fault::DiesBeforeWrite),
        select(NAMES.to_vec()).prop_map(|name| Fault::Refuses(format!("{name}@contoso.test"))),
    ];
    let run = (apart, any::<bool>(), any::<bool>(), any::<bool>(), option::weighted(0.2, fault));
    prop_oneof![
        3 => (0..NAMES.len(), vec(word, 0..3)).prop_map(|(who, values)| Step::Values(who, values)),
        1 => (0..NAMES.len()).prop_map(Step::Leaves),
        1 => Just(Step::Exported),
        5 => run.prop_map(|(apart, named, verify, what_if, fault)| Step::Run {
            apart, named, verify, what_if: what_if && fault.is_none(), fault,
        }),
    ]
}

fn apply(harness: &mut Harness, step: Step) {
    let people = &mut harness.source.recipients;
    let is = |who: usize| move |one: &Recipient| one.anchor == format!("id-{}", NAMES[who]);
    match step {
        Step::Values(who, values) => {
            people.retain(|one| !is(who)(one));
            people.push(person(NAMES[who], &values.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        Step::Leaves(who) => people.retain(|one| !is(who)(one)),
        Step::Exported => harness.source.modified = harness.source.modified.map(|_| Timestamp(harness.now)),
        Step::Run { apart, named, verify, what_if, fault } => {
            harness.options.identity = if named { vec!["alice@contoso.test".into()] } else { vec![] };
            (harness.options.verify, harness.options.what_if) = (verify, what_if);
            harness.faults = fault.into_iter().collect();
            harness.now += apart;
            let _ = harness.run();
            harness.now += 3600 - apart;
            harness.faults.clear();
        }
    }
}

/// What the source wants published by the right clock, by name.
fn wanted(harness: &Harness) -> BTreeMap<String, Vec<String>> {
    let of = |recipient: &Recipient| {
        let desired = evaluate(recipient, Timestamp(harness.now)).desired;
        let words = desired.iter().map(|one| String::from_utf8(one.value.bytes.to_vec()).unwrap());
        (recipient.mail.clone().unwrap(), words.collect())
    };
    harness.source.recipients.iter().map(of).collect()
}

proptest! {
    // Each case is a dozen whole runs.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 8, ..ProptestConfig::default() })]
    #[test]
    fn whatever_wrong_clocks_did_one_run_with_the_right_one_puts_right(
        steps in vec(step(), 1..12),
        is_file in any::<bool>(),
        missing_period in select(vec![0, 86_400]),
    ) {
        let mut harness = Harness::new(vec![person("alice", &["a"]), person("zoe", &["z"])]);
        harness.now = BEGIN;
        harness.source.modified = is_file.then_some(Timestamp(BEGIN));
        harness.profile.limits.removal_percent = 100;
        harness.profile.limits.missing_period = Some(missing_period);
        steps.into_iter().for_each(|step| apply(&mut harness, step));
        // What was refused is tried again within a day.
        harness.now += 2 * DAY;
        (harness.options.identity, harness.options.verify, harness.options.what_if) = (vec![], false, false);
        let right = harness.run();
        prop_assert_eq!(right.ok().result, RunResult::Success, "{:?}", right.ok());
        for (address, words) in wanted(&harness) {
            prop_assert_eq!(published_in(&harness.out(), &address), words, "{}", address);
        }
        prop_assert!(harness.changes(ChangeState::InFlight).is_empty());
        // How long somebody has been missing, no clock tells by itself: the next run knows of this one's time.
        let leavers = right.ok().numbers.missing;
        prop_assert!(harness.run().planned().2 <= leavers);
        prop_assert_eq!(harness.run().planned(), (0, 0, 0));
    }

    #[test]
    fn no_single_run_by_a_wrong_clock_ends_or_shortens_a_missing_period(
        hours in vec((0..NAMES.len(), any::<bool>(), any::<bool>()), 1..40),
        wrong in (0..40_usize, select(vec![2 * DAY, 29 * DAY, 40 * DAY, 15 * YEAR, -60, -3 * DAY, -2 * YEAR])),
        is_file in any::<bool>(),
    ) {
        let mut harness = Harness::new(NAMES.iter().chain(&["zoe"]).map(|name| person(name, &["a"])).collect());
        harness.now = BEGIN;
        harness.source.modified = is_file.then_some(Timestamp(BEGIN));
        (harness.profile.limits.removal_percent, harness.profile.limits.missing_period) = (100, Some(86_400));
        harness.run().ok();
        // Since when each is missing, by the right time.
        let mut left: BTreeMap<usize, i64> = BTreeMap::new();
        for (hour, (who, is_there, is_exported)) in hours.into_iter().enumerate() {
            harness.now += 3600;
            harness.source.recipients.retain(|one| one.anchor != format!("id-{}", NAMES[who]));
            if is_there {
                harness.source.recipients.push(person(NAMES[who], &["a"]));
                left.remove(&who);
            } else {
                left.entry(who).or_insert(harness.now);
            }
            if is_exported && is_file {
                harness.source.modified = Some(Timestamp(harness.now));
            }
            let apart = if hour == wrong.0 { wrong.1 } else { 0 };
            harness.now += apart;
            harness.run().ok();
            harness.now -= apart;
            for (who, since) in &left {
                let is_published = !harness.published(NAMES[*who]).is_empty();
                // Nobody could see it before the run before this one.
                prop_assert!(is_published || harness.now >= since + DAY - 3600, "{} after {hour} hours", NAMES[*who]);
            }
        }
        harness.now += 2 * DAY;
        (0..3).for_each(|_| { harness.run().ok(); });
        // A right clock is doubted, too, after one that was far behind: for a week at most.
        harness.now += 8 * DAY;
        (0..2).for_each(|_| { harness.run().ok(); });
        for who in left.keys() {
            prop_assert!(harness.published(NAMES[*who]).is_empty(), "{} is gone in the end", NAMES[*who]);
        }
    }
}

//! The whole engine, from a file to a folder with real certificates, through histories in which clocks jump, states are
//! lost, files are old or cut, and runs die: no `Success` hides that something is not as it should be, and in the end
//! it is.

mod company;
mod office;

use std::collections::BTreeMap;

use proptest::{collection::vec, option, prelude::*};
use smime_sync::model::{Run, RunResult};

use self::{
    company::Company,
    office::{Conditions, Export, Office, Outcome},
};
use crate::{common::certificates::DAY, sync::world::Fault};

const PEOPLE: usize = 12;
const HOUR: i64 = 3600;

/// What happens, one after the other.
#[derive(Debug, Clone)]
enum Step {
    Hours(i64),
    Renews(usize),
    GetsNameless(usize),
    HasOnlyUntil(usize, i64),
    LosesAll(usize),
    Leaves(usize),
    Joins(usize),
    Swap(usize, usize),
    Rotate,
    Migrate,
    StateLost,
    TargetWiped,
    PublishedLost(usize),
    Run(Conditions),
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let clock = prop_oneof![
        8 => Just(0),
        1 => Just(40 * DAY),
        1 => Just(-40 * DAY),
        1 => Just(15 * 365 * DAY),
        1 => Just(600),
        1 => Just(-600),
    ];
    let export = prop_oneof![
        8 => Just(Export::Whole),
        1 => (1..4_usize).prop_map(Export::Stale),
        1 => (0..PEOPLE).prop_map(Export::Cut),
        1 => Just(Export::WithoutCertificates),
    ];
    let named = prop_oneof![4 => Just(Vec::new()), 1 => vec(0..PEOPLE, 1..4)];
    let fault = prop_oneof![
        (1..3_usize).prop_map(Fault::DiesBeforeWrite),
        (1..3_usize).prop_map(Fault::DiesAfterWrite),
        (0..PEOPLE).prop_map(|who| Fault::Refuses(company::address(who))),
        (1..3_usize).prop_map(Fault::CancelsAfter),
    ];
    let fault = option::weighted(0.25, fault);
    (clock, export, named, proptest::bool::weighted(0.2), fault)
        .prop_map(|(clock, export, named, verify, fault)| Conditions { clock, export, named, verify, fault })
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..PEOPLE;
    prop_oneof![
        3 => (1..50_i64).prop_map(Step::Hours),
        2 => who().prop_map(Step::Renews),
        1 => who().prop_map(Step::GetsNameless),
        1 => (who(), 1..6_i64).prop_map(|(who, days)| Step::HasOnlyUntil(who, days)),
        1 => who().prop_map(Step::LosesAll),
        1 => who().prop_map(Step::Leaves),
        1 => who().prop_map(Step::Joins),
        1 => (who(), who()).prop_map(|(one, other)| Step::Swap(one, other)),
        1 => Just(Step::Rotate),
        1 => Just(Step::Migrate),
        1 => Just(Step::StateLost),
        1 => Just(Step::TargetWiped),
        1 => who().prop_map(Step::PublishedLost),
        9 => conditions().prop_map(Step::Run),
    ]
}

fn apply(office: &mut Office, step: Step) {
    let company = &mut office.company;
    // No two certificates begin in the same second.
    company.now += 1;
    match step {
        Step::Hours(hours) => company.now += hours * HOUR,
        Step::Renews(who) => company.issue(who, true, company.now),
        Step::GetsNameless(who) => company.issue(who, false, company.now),
        Step::HasOnlyUntil(who, days) => company.only_until(who, days),
        Step::LosesAll(who) => company.clear(who),
        Step::Leaves(who) => company.leave(who),
        Step::Joins(who) => company.join(who),
        Step::Swap(one, other) => company.swap(one, other),
        Step::Rotate => company.rotate(),
        Step::Migrate => company.migrate(),
        Step::StateLost => office.lose_state(),
        Step::TargetWiped => office.wipe_target(),
        Step::PublishedLost(who) => office.lose_published(&company::address(who)),
        Step::Run(conditions) => {
            let outcome = office.run(&conditions);
            check(office, &conditions, &outcome);
            office.company.now += 60;
        }
    }
}

/// What a run says must be so.
fn check(office: &Office, conditions: &Conditions, outcome: &Outcome) {
    let run = match &outcome.run {
        Ok(run) => run,
        // Whoever is stopped has the error; the words of the test's own faults say enough.
        Err(error) => return assert!(!error.message.is_empty()),
    };
    match run.result {
        RunResult::Held => assert!(!run.guard.is_empty(), "held for nothing: {run:?}"),
        RunResult::CompletedWithErrors => {
            // What waits for a later run is told by a warning.
            let waits = run.numbers.waiting > 0 && outcome.warnings.iter().any(|told| told.contains("wait"));
            let failed = !outcome.errors.is_empty() || run.numbers.rejected > 0;
            assert!(failed || waits, "no error is told: {run:?} {:?}", outcome.warnings);
        }
        RunResult::Success if is_as_it_seems(conditions) => {
            check_success(office, conditions, run, &outcome.warnings);
        }
        _ => {}
    }
}

/// Whether the run could know what is right.
fn is_as_it_seems(conditions: &Conditions) -> bool {
    conditions.clock.abs() < 300 && conditions.export == Export::Whole && conditions.fault.is_none()
}

fn check_success(office: &Office, conditions: &Conditions, run: &Run, warnings: &[String]) {
    let (wanted, published) = (office.company.wanted(office.company.now), office.published());
    let is_meant = |address: &String| {
        let people = office.company.people.iter().enumerate();
        let mut of_address = people.filter(|(_, person)| person.present && person.address == *address);
        conditions.named.is_empty() || of_address.any(|(number, _)| conditions.named.contains(&number))
    };
    for (address, value) in wanted.iter().filter(|(address, _)| is_meant(address)) {
        let what = published
            .get(address)
            .map_or("nothing", |there| if there == value { "what is wanted" } else { "something else" });
        assert_eq!(what, "what is wanted", "{address} after a Success: {run:?} {warnings:?}");
    }
    if conditions.named.is_empty() {
        let left: Vec<&String> = published.keys().filter(|address| !wanted.contains_key(*address)).collect();
        let is_told = run.numbers.missing > 0 || !warnings.is_empty();
        assert!(left.is_empty() || is_told, "{left:?} is published without a word: {run:?}");
    }
}

/// Days of good runs, with an admin who looks at held plans and approves them.
fn settle(office: &mut Office) -> Outcome {
    let mut last = None;
    for round in 0..8 {
        office.company.now += 26 * HOUR;
        let outcome = office.run(&Conditions { verify: round % 2 == 1, ..Conditions::good() });
        check(office, &Conditions::good(), &outcome);
        if let Ok(run) = &outcome.run
            && (run.result == RunResult::Held || run.numbers.orphaned > 0)
        {
            office.approve(run.id);
        }
        last = Some(outcome);
    }
    last.unwrap()
}

/// How many histories: more are asked for with SMIME_SYNC_HISTORIES.
fn histories() -> ProptestConfig {
    let asked = std::env::var("SMIME_SYNC_HISTORIES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(24), max_shrink_iters: 400, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(histories())]
    #[test]
    fn no_history_ends_in_a_wrong_success(steps in vec(step(), 1..24)) {
        follow(steps);
    }
}

/// The first run publishes everybody.
fn check_first(office: &mut Office) {
    let outcome = office.run(&Conditions::good());
    assert_eq!(outcome.run.as_ref().unwrap().result, RunResult::Success);
    check(office, &Conditions::good(), &outcome);
}

/// Makes a history, and checks that it ends in what is wanted.
fn follow(steps: Vec<Step>) {
    let mut office = Office::new(Company::new(PEOPLE));
    check_first(&mut office);
    for step in steps {
        apply(&mut office, step);
    }
    // Somebody is always there.
    if !office.company.people.iter().any(|person| person.present) {
        office.company.join(0);
    }
    let last = settle(&mut office);
    let run = last.run.unwrap();
    let (wanted, published) = (office.company.wanted(office.company.now), office.published());
    let keys = |all: &BTreeMap<String, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&published), keys(&wanted), "{run:?} {:?} {:?}", last.warnings, last.errors);
    assert!(published == wanted, "another certificate than wanted: {run:?}");
    assert_eq!(office.listed(), keys(&published), "the index");
    assert_eq!(run.result, RunResult::Success, "{run:?} {:?}", last.errors);
}

#[test]
fn histories_that_went_wrong_once_end_where_they_should() {
    // What stood under an old address when the state was lost stayed there, once its owner had nothing to publish.
    follow(vec![Step::Rotate, Step::HasOnlyUntil(0, 2), Step::LosesAll(1), Step::StateLost]);
    // What a held run with a wrong clock found at the target was taken for what is published.
    let behind = Conditions { clock: -40 * DAY, ..Conditions::good() };
    follow(vec![Step::Leaves(0), Step::StateLost, Step::Run(behind)]);
    // The index went on listing whom a wiped target had lost, and who has nothing to be published any more.
    let for_one = Conditions { named: vec![0], ..Conditions::good() };
    follow(vec![Step::TargetWiped, Step::Rotate, Step::Rotate, Step::Run(for_one.clone())]);
    // A run of one with a new state took everybody else out of the index.
    follow(vec![Step::StateLost, Step::Run(for_one)]);
    // Who was refused while the clock was ahead waits, and the run says so.
    let refused = Conditions { fault: Some(Fault::Refuses(company::address(1))), ..Conditions::good() };
    let ahead = Conditions { clock: 600, named: vec![1], ..Conditions::good() };
    let good = Step::Run(Conditions::good());
    follow(vec![Step::Swap(1, 2), Step::Run(refused), Step::Run(ahead), good]);
    // The index that a run of one had left, of people whom a wiped target had lost, outlived the state that knew of it.
    let for_another = Conditions { named: vec![6], ..Conditions::good() };
    let run = Step::Run(for_another);
    follow(vec![Step::Rotate, Step::TargetWiped, run, Step::Rotate, Step::StateLost, Step::PublishedLost(7)]);
}

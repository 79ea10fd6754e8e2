//! Any history of changes, crashes, refusals and renames ends where it should: what the source wants published is
//! published, nothing else is, and there is nothing left to do.

use std::collections::BTreeMap;

use proptest::{collection::vec, option, prelude::*, sample::select};
use smime_sync::model::{ChangeState, RunResult};

use super::harness::{DAY, Fault, Harness, evaluate, person, published_in, tree};

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "eve"];

/// What happens before a run, and to it.
#[derive(Debug, Clone)]
enum Step {
    /// A person's values become these.
    Values(usize, Vec<&'static str>),
    /// A person leaves.
    Leaves(usize),
    /// A person (new or not) is there under this address.
    Renamed(usize, u8),
    /// The state file is lost.
    StateLost,
    /// The run is disturbed.
    Run(Option<Fault>),
}

fn step() -> impl Strategy<Value = Step> {
    let values = vec(select(vec!["a", "b", "bad", "c@1000000000", "old@5"]), 0..3);
    let fault = prop_oneof![
        (1..3_usize).prop_map(Fault::DiesBeforeWrite),
        (1..3_usize).prop_map(Fault::DiesAfterWrite),
        select(NAMES.to_vec()).prop_map(|name| Fault::Refuses(format!("{name}@contoso.test"))),
        (1..3_usize).prop_map(Fault::CancelsAfter),
    ];
    prop_oneof![
        4 => (0..NAMES.len(), values).prop_map(|(who, values)| Step::Values(who, values)),
        1 => (0..NAMES.len()).prop_map(Step::Leaves),
        1 => (0..NAMES.len(), 0..3_u8).prop_map(|(who, n)| Step::Renamed(who, n)),
        1 => Just(Step::StateLost),
        4 => option::of(fault).prop_map(Step::Run),
    ]
}

fn apply(harness: &mut Harness, step: Step) {
    let people = &mut harness.source.recipients;
    let place = |people: &mut Vec<_>, who: usize| {
        let anchor = format!("id-{}", NAMES[who]);
        let found = people.iter().position(|one: &smime_sync::model::Recipient| one.anchor == anchor);
        found.unwrap_or_else(|| {
            people.push(person(NAMES[who], &[]));
            people.len() - 1
        })
    };
    match step {
        Step::Values(who, values) => {
            let index = place(people, who);
            people[index].values = person(NAMES[who], &values).values;
        }
        Step::Leaves(who) => people.retain(|one| one.anchor != format!("id-{}", NAMES[who])),
        Step::Renamed(who, n) => {
            let index = place(people, who);
            people[index].mail = Some(format!("{}{n}@contoso.test", NAMES[who]));
        }
        Step::StateLost => {
            let _ = std::fs::remove_dir_all(harness.home.path().join("state"));
        }
        Step::Run(fault) => {
            harness.faults = fault.into_iter().collect();
            let _ = harness.run();
            harness.faults.clear();
            harness.now += 60;
        }
    }
}

/// What the source wants published, by file name.
fn wanted(harness: &Harness) -> BTreeMap<String, Vec<String>> {
    let now = smime_sync::model::Timestamp(harness.now);
    let of = |recipient: &smime_sync::model::Recipient| {
        let desired = evaluate(recipient, now).desired;
        let words = desired
            .iter()
            .map(|one| String::from_utf8(one.value.bytes.to_vec()).unwrap())
            .collect::<Vec<_>>();
        (recipient.mail.clone().unwrap(), words)
    };
    harness.source.recipients.iter().map(of).filter(|(_, words)| !words.is_empty()).collect()
}

proptest! {
    // Each case is a dozen whole runs.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 5, ..ProptestConfig::default() })]
    #[test]
    fn any_history_ends_where_it_should(steps in vec(step(), 1..14)) {
        // A state that is lost forgets what it published for whoever has something else now; that stays behind it.
        let mut lost = false;
        let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
        harness.profile.limits.removal_percent = 100;
        for step in steps {
            lost |= matches!(step, Step::StateLost);
            apply(&mut harness, step);
        }
        if harness.source.recipients.is_empty() {
            harness.source.recipients.push(person("alice", &["a"]));
        }
        // Someone with a value is always there, so that the guard has nothing to say about the source.
        harness.source.recipients.push(person("zoe", &["z"]));
        harness.run();
        harness.now += 2 * DAY;
        harness.options.allow_removal = Some(1000);
        harness.options.verify = lost;
        let settled = harness.run();
        prop_assert!(settled.run.is_ok(), "{:?}", settled.run);
        prop_assume!(settled.ok().result != RunResult::Held);
        // What nobody accounts for since the state was lost is found, and stays until somebody approves.
        let orphaned = settled.ok().numbers.orphaned;
        prop_assert!(lost || orphaned == 0);
        if orphaned > 0 {
            harness.state_for_approval(settled.ok().id);
            let settled = harness.run();
            prop_assert_eq!(settled.ok().numbers.orphaned, 0);
        }
        let wanted = wanted(&harness);
        for (address, words) in &wanted {
            let there = published_in(&harness.out(), address);
            prop_assert!(there.starts_with(words), "{address}: {there:?} instead of {words:?}");
            prop_assert!(lost || there == *words, "{address}: {there:?} instead of {words:?}");
        }
        let files = tree(&harness.out());
        let json = files.keys().filter(|path| path.extension().is_some_and(|e| e == "json")).count();
        prop_assert_eq!(json, wanted.len() + 1, "the recipients' files and the index: {:?}", files.keys());
        prop_assert!(harness.changes(ChangeState::InFlight).is_empty());
        let again = harness.run();
        prop_assert_eq!(again.planned(), (0, 0, 0));
    }
}

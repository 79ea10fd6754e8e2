//! Any history of changes, time, refusals, crashes, cancels, held plans and runs with identities comes to the same in a
//! profile whose runs read what changed as in one whose runs read everybody: the same is published, planned, counted
//! and held, run by run; also where two directories together are the source.

use std::{collections::BTreeMap, fs, path::PathBuf};

use proptest::{collection::vec, option, prelude::*, sample::select};
use smime_sync::{
    directory::Presence,
    model::{PolicyType, Recipient, RunNumbers},
};

use super::{
    harness::{DAY, Fault, Harness, Outcome, person, tree},
    telling::{Past, Telling},
};

/// More people than a run looks at without a change.
const PEOPLE: usize = 40;

#[derive(Debug, Clone)]
enum Step {
    /// Somebody's values become these.
    Values(usize, Vec<&'static str>),
    /// Two swap their addresses.
    Swap(usize, usize),
    /// Somebody leaves, and is known to be there or not.
    Leaves(usize, Option<Presence>),
    /// Somebody comes, perhaps again.
    Joins(usize),
    /// Somebody is a new object.
    NewAnchor(usize),
    /// An account is disabled, or enabled.
    Disables(usize),
    /// Somebody's file is gone from the target.
    Lost(usize),
    /// Somebody can't be read, or can be again.
    Unreadable(usize),
    /// Time goes by.
    Waits(i64),
    /// The policy is another one.
    Policy(&'static str),
    /// The source tells from another place, at once or after the next read, or has lost what it knew.
    Elsewhere(u8),
    /// A run, of these only if there are any.
    Run { fault: Option<Fault>, identity: Vec<usize>, allow: bool, verify: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..PEOPLE;
    let word =
        select(vec!["a", "b", "bad", "stray", "soon@1090000", "later#1300000", "nameless", "doubt@1100000"]);
    let fault = prop_oneof![
        3 => (1..3_usize, 0..12_usize).prop_map(|(write, changes)| Fault::DiesWithinWrite(write, changes)),
        1 => (1..3_usize).prop_map(Fault::DiesBeforeWrite),
        2 => (1..3_usize).prop_map(Fault::CancelsAfter),
        2 => who.clone().prop_map(|who| Fault::Refuses(format!("{}@contoso.test", name(who)))),
    ];
    let run = (option::of(fault), vec(who.clone(), 0..3), 0..6_u8).prop_map(|(fault, who, kind)| Step::Run {
        fault: fault.filter(|_| kind > 2),
        identity: if kind == 0 { who } else { Vec::new() },
        allow: kind == 1,
        verify: kind == 2,
    });
    let presence = select(vec![None, Some(Presence::Deleted), Some(Presence::OutOfScope)]);
    prop_oneof![
        6 => (who.clone(), vec(word, 0..3)).prop_map(|(who, words)| Step::Values(who, words)),
        2 => (who.clone(), who.clone()).prop_map(|(one, other)| Step::Swap(one, other)),
        2 => (who.clone(), presence).prop_map(|(who, presence)| Step::Leaves(who, presence)),
        2 => who.clone().prop_map(Step::Joins),
        1 => who.clone().prop_map(Step::NewAnchor),
        1 => who.clone().prop_map(Step::Disables),
        1 => who.clone().prop_map(Step::Lost),
        1 => who.prop_map(Step::Unreadable),
        2 => select(vec![60, DAY / 2, 2 * DAY, -3 * DAY]).prop_map(Step::Waits),
        1 => select(vec!["first", "second"]).prop_map(Step::Policy),
        1 => (0..6_u8).prop_map(Step::Elsewhere),
        8 => run,
    ]
}

fn name(who: usize) -> String {
    format!("p{who:02}")
}

fn apply(harness: &mut Harness, step: &Step) {
    let before = harness.source.recipients.clone();
    change(harness, step);
    for past in std::iter::once(&mut harness.source.past).chain(&mut harness.other_past) {
        past.count_changes(&before, &harness.source.recipients);
    }
}

fn change(harness: &mut Harness, step: &Step) {
    let source = &mut harness.source;
    let find = |all: &[Recipient], who: usize| {
        let found =
            all.iter().position(|one| one.display_name.as_deref() == Some(&*name(who).to_uppercase()));
        found.filter(|_| !all.is_empty())
    };
    match step {
        Step::Values(who, words) => {
            if let Some(at) = find(&source.recipients, *who) {
                source.recipients[at].values = person("x", words).values;
            }
        }
        Step::Swap(one, other) => {
            if let (Some(one), Some(other)) =
                (find(&source.recipients, *one), find(&source.recipients, *other))
            {
                let mail = source.recipients[one].mail.clone();
                source.recipients[one].mail = source.recipients[other].mail.clone();
                source.recipients[other].mail = mail;
            }
        }
        Step::Leaves(who, presence) => {
            if let Some(at) = find(&source.recipients, *who) {
                let gone = source.recipients.remove(at);
                source.presences.extend(presence.clone().map(|presence| (gone.anchor, presence)));
            }
        }
        Step::Joins(who) => {
            let mail = Some(format!("{}@contoso.test", name(*who)));
            let taken = source.recipients.iter().any(|one| one.mail == mail);
            if find(&source.recipients, *who).is_none() && !taken {
                let one = person(&name(*who), &["a"]);
                source.presences.remove(&one.anchor);
                source.recipients.push(one);
            }
        }
        Step::NewAnchor(who) => {
            if let Some(at) = find(&source.recipients, *who) {
                source.recipients[at].anchor.push('+');
            }
        }
        Step::Disables(who) => {
            if let Some(at) = find(&source.recipients, *who) {
                source.recipients[at].disabled ^= true;
            }
        }
        Step::Unreadable(who) => {
            let anchor = format!("id-{}", name(*who));
            let was = source.unreadable.remove(&anchor);
            if !was {
                source.unreadable.insert(anchor);
            }
            // Something changed it.
            if let Some(at) = find(&source.recipients, *who) {
                source.recipients[at].sam_account_name = (!was).then(|| "changed".to_owned());
            }
        }
        Step::Lost(who) => {
            let file = harness.out().join(format!("{}@contoso.test.json", name(*who)));
            assert!(fs::remove_file(&file).is_ok() || !file.exists());
        }
        Step::Waits(seconds) => harness.now += seconds,
        Step::Policy(policy) => harness.policy = policy,
        Step::Elsewhere(0) => source.past.lost = Some("its cookie is lost".into()),
        Step::Elsewhere(place @ 3..) => source.past.moves_to = Some((place % 3).to_string()),
        Step::Elsewhere(place) => source.past.place = place.to_string(),
        Step::Run { .. } => {}
    }
}

/// What a run came to, but for how it read.
#[derive(Debug, PartialEq)]
struct Came {
    end: Result<(String, RunNumbers, Vec<String>, String), smime_sync::error::ErrorId>,
    changes: Vec<String>,
    published: BTreeMap<PathBuf, Vec<u8>>,
}

fn run(harness: &mut Harness, step: &Step) -> Came {
    let Step::Run { fault, identity, allow, verify } = step else { panic!("{step:?}") };
    harness.faults = fault.iter().cloned().collect();
    harness.options.identity =
        identity.iter().map(|who| format!("{}@contoso.test", name(*who)).into()).collect();
    harness.options.allow_removal = allow.then_some(1000);
    harness.options.verify = *verify;
    let outcome: Outcome = harness.run();
    // A change that was missed must not be found by chance.
    assert!(!outcome.told.has("though the source told of no change"));
    let changes = outcome.changes();
    let end = outcome.run.map_err(|error| error.id).map(|run| {
        let numbers = RunNumbers { read: 0, ..run.numbers };
        (
            format!("{:?} {:?}", run.result, run.hold_reasons),
            numbers,
            run.guard,
            format!("{:?}", run.missing_issuers),
        )
    });
    let published = tree(&harness.out()).into_iter();
    let below = |path: PathBuf| path.strip_prefix(harness.out()).unwrap().to_owned();
    let published = published.map(|(path, bytes)| (below(path), bytes)).collect();
    harness.now += 60;
    Came { end, changes, published }
}

fn profile(telling: Telling, policy_type: PolicyType, batch: usize, missing_period: u32) -> Harness {
    let mut harness = Harness::new((0..PEOPLE).map(|who| person(&name(who), &["a"])).collect());
    harness.batch = batch;
    harness.profile.limits.missing_period = Some(missing_period);
    harness.options.policy_type = policy_type;
    harness.source.past.telling = telling;
    harness
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]
    #[test]
    fn a_run_of_what_changed_comes_to_what_a_run_of_all_would(
        steps in vec(step(), 2..24),
        telling in select(vec![Telling::Everything, Telling::Present, Telling::Versions]),
        batch in 1..8_usize,
        missing_period in select(vec![0, DAY as u32]),
        other in option::of(select(vec![Telling::Everything, Telling::Present, Telling::Versions])),
    ) {
        follow(&steps, telling, batch, missing_period, other);
    }
}

/// Makes a history in both profiles, and compares what each run came to.
fn follow(steps: &[Step], telling: Telling, batch: usize, missing_period: u32, other: Option<Telling>) {
    let mut some = profile(telling, PolicyType::Delta, batch, missing_period);
    some.other_past = other.map(Past::telling);
    let mut all = profile(Telling::Nothing, PolicyType::Initial, batch, missing_period);
    let first = Step::Run { fault: None, identity: Vec::new(), allow: false, verify: false };
    for step in std::iter::once(&first).chain(steps).chain([&first, &first]) {
        if matches!(step, Step::Run { .. }) {
            assert_eq!(run(&mut some, step), run(&mut all, step), "{step:?}");
        } else {
            apply(&mut some, step);
            apply(&mut all, step);
        }
    }
}

#[test]
fn who_is_as_before_the_run_that_died_is_read_again() {
    let dies = Step::Run {
        fault: Some(Fault::DiesWithinWrite(1, 0)),
        identity: Vec::new(),
        allow: false,
        verify: false,
    };
    for telling in [Telling::Everything, Telling::Present, Telling::Versions] {
        follow(&[Step::Values(20, vec![]), dies.clone(), Step::Values(20, vec!["a"])], telling, 1, 0, None);
    }
}

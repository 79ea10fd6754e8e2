//! Any permutation of addresses among recipients, with joiners, leavers, addresses that are given to somebody else, new
//! anchors, declined and refused changes, runs with identities, and crashes between any two changes of files or of the
//! state: in the end each address has what its present owner wants, and until then no `Success` says so wrongly.
//!
//! `SMIME_SYNC_HISTORIES` says how many histories are tried.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use proptest::{collection::vec, option, prelude::*, sample::select};
use smime_sync::model::{ChangeState, Recipient, RunResult, Timestamp};

use super::harness::{DAY, Fault, Harness, evaluate, person, published_in, tree};

/// So many addresses there are, and at least as many people.
const ADDRESSES: usize = 7;

/// What happens in the source, or to a run.
#[derive(Debug, Clone)]
enum Step {
    /// Everybody gets the address of another, by this order.
    Permute(Vec<usize>),
    /// Two swap theirs.
    Swap(usize, usize),
    /// Somebody new comes with an address that nobody has.
    Joins(usize),
    /// Somebody leaves.
    Leaves(usize),
    /// Somebody leaves, and somebody new has the address.
    Recycled(usize, usize),
    /// Somebody is a new object of the source; `usize::MAX`: everybody.
    NewAnchor(usize),
    /// Somebody's values become these.
    Values(usize, &'static str),
    /// A run, of these only if there are any.
    Run { fault: Option<Fault>, identity: Vec<usize>, decline: Vec<usize> },
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => (1..4_usize, 0..12_usize).prop_map(|(write, changes)| Fault::DiesWithinWrite(write, changes)),
        1 => (1..4_usize).prop_map(Fault::DiesBeforeWrite),
        1 => (1..4_usize).prop_map(Fault::DiesAfterWrite),
        1 => (1..4_usize).prop_map(Fault::CancelsAfter),
        2 => (0..ADDRESSES).prop_map(|at| Fault::Refuses(address(at))),
        1 => (0..ADDRESSES).prop_map(|at| Fault::Hides(address(at))),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..ADDRESSES;
    let values = select(vec!["new", "", "bad", "old@5", "soon@1200000"]);
    let run = (option::of(fault()), vec(who.clone(), 0..3), vec(who.clone(), 0..3), 0..6_u8).prop_map(
        |(fault, who, decline, kind)| Step::Run {
            fault,
            identity: if kind == 0 { who } else { Vec::new() },
            decline: if kind == 1 { decline } else { Vec::new() },
        },
    );
    prop_oneof![
        3 => Just((0..ADDRESSES).collect::<Vec<_>>()).prop_shuffle().prop_map(Step::Permute),
        2 => (who.clone(), who.clone()).prop_map(|(one, other)| Step::Swap(one, other)),
        2 => who.clone().prop_map(Step::Joins),
        1 => who.clone().prop_map(Step::Leaves),
        1 => (who.clone(), who.clone()).prop_map(|(who, other)| Step::Recycled(who, other)),
        1 => who.clone().prop_map(Step::NewAnchor),
        1 => Just(Step::NewAnchor(usize::MAX)),
        2 => (who, values).prop_map(|(who, values)| Step::Values(who, values)),
        9 => run,
    ]
}

fn address(at: usize) -> String {
    format!("a{at}@contoso.test")
}

/// A history as it goes on.
struct World {
    harness: Harness,
    /// Numbers of people, so that nobody is ever the same as somebody before.
    people: usize,
}

impl World {
    fn new(batch: usize, missing_period: u32) -> Self {
        let mut world = Self { harness: Harness::new(Vec::new()), people: 0 };
        world.harness.batch = batch;
        world.harness.profile.limits.missing_period = Some(missing_period);
        world.harness.profile.limits.removal_percent = 100;
        (0..ADDRESSES - 2).for_each(|at| world.join(at));
        world
    }

    fn join(&mut self, at: usize) {
        if self.harness.source.recipients.iter().any(|one| one.mail == Some(address(at))) {
            return;
        }
        let name = self.fresh();
        let word = format!("v{name}");
        let one = Recipient { mail: Some(address(at)), ..person(&name, &[&word]) };
        self.harness.source.recipients.push(one);
    }

    /// A name that nobody had. The order of the anchors is that of the changes; it is not the order of coming.
    fn fresh(&mut self) -> String {
        self.people += 1;
        format!("{}-{}", (self.people * 7) % 10, self.people)
    }

    fn place(&self, who: usize) -> Option<usize> {
        let count = self.harness.source.recipients.len();
        (count > 0).then(|| who % count)
    }

    fn new_anchor(&mut self, place: usize) {
        let new = format!("id-{}", self.fresh());
        if let Some(one) = self.harness.source.recipients.get_mut(place) {
            one.anchor = new;
        }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Permute(order) => {
                for one in &mut self.harness.source.recipients {
                    let at = (0..ADDRESSES).find(|at| one.mail == Some(address(*at))).unwrap();
                    one.mail = Some(address(order[at]));
                }
            }
            Step::Swap(one, other) => {
                if let (Some(one), Some(other)) = (self.place(one), self.place(other)) {
                    let people = &mut self.harness.source.recipients;
                    let mail = people[one].mail.clone();
                    people[one].mail = people[other].mail.clone();
                    people[other].mail = mail;
                }
            }
            Step::Joins(at) => self.join(at),
            Step::Leaves(who) => {
                if let Some(place) = self.place(who) {
                    self.harness.source.recipients.remove(place);
                }
            }
            Step::Recycled(who, other) => {
                if let Some(place) = self.place(who) {
                    self.harness.source.recipients.remove(place);
                }
                (0..ADDRESSES).for_each(|at| self.join((at + other) % ADDRESSES));
            }
            Step::NewAnchor(usize::MAX) => {
                (0..self.harness.source.recipients.len()).for_each(|place| self.new_anchor(place));
            }
            Step::NewAnchor(who) => {
                if let Some(place) = self.place(who) {
                    self.new_anchor(place);
                }
            }
            Step::Values(who, word) => {
                if let Some(place) = self.place(who) {
                    let word = if word == "new" { format!("v{}", self.fresh()) } else { word.to_owned() };
                    let words = if word.is_empty() { vec![] } else { vec![word.as_str()] };
                    self.harness.source.recipients[place].values = person("x", &words).values;
                }
            }
            Step::Run { fault, identity, decline } => {
                self.harness.faults = fault.into_iter().collect();
                self.harness.options.identity = identity.into_iter().map(|who| address(who).into()).collect();
                self.harness.decline = decline.into_iter().map(address).collect();
                self.harness.options.confirm = !self.harness.decline.is_empty();
                self.run();
                self.harness.faults.clear();
                self.harness.options.identity.clear();
                self.harness.decline.clear();
                self.harness.options.confirm = false;
            }
        }
    }

    /// A run, after which a `Success` must be one.
    fn run(&mut self) {
        let partial = !self.harness.options.identity.is_empty();
        let outcome = self.harness.run();
        self.harness.now += 60;
        let Ok(run) = outcome.run else { return };
        self.assert_agreement();
        let numbers = &run.numbers;
        let says_not_all = partial || numbers.waiting + numbers.declined + numbers.missing > 0;
        if run.result == RunResult::Success && !says_not_all {
            self.assert_as_desired("a run said so");
        }
    }

    /// What the source wants published, by address: whose, and what.
    fn wanted(&self) -> BTreeMap<String, (String, Vec<String>)> {
        let of = |one: &Recipient| {
            // The run before was a minute ago; nothing expires within one.
            let desired = evaluate(one, Timestamp(self.harness.now)).desired;
            let words =
                desired.iter().map(|one| String::from_utf8(one.value.bytes.to_vec()).unwrap()).collect();
            (one.mail.clone().unwrap(), (one.anchor.clone(), words))
        };
        let all = self.harness.source.recipients.iter().map(of);
        all.filter(|(_, (_, words)): &(_, (_, Vec<String>))| !words.is_empty()).collect()
    }

    /// Whatever became of single changes, the folder and the index have what the state says, under the same names.
    fn assert_agreement(&self) {
        let (out, state) = (self.harness.out(), self.harness.state());
        let in_flight: Vec<_> =
            self.harness.changes(ChangeState::InFlight).into_iter().map(|change| change.anchor).collect();
        let linked = state.published_after("", 100).unwrap();
        for one in linked.iter().filter(|one| !in_flight.contains(&one.anchor)) {
            let text = fs::read(out.join(format!("{}.json", one.target)));
            let text = text.unwrap_or_else(|_| panic!("the state thinks that {} is published", one.target));
            let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let mut anchors = state.link(&one.anchor).unwrap().former;
            anchors.push(one.anchor.clone());
            assert!(anchors.iter().any(|anchor| file["Anchor"] == **anchor), "{}: {file}", one.target);
            let words = published_in(&out, &one.target);
            let managed: Vec<_> = one.managed.iter().map(|value| value.value).collect();
            let there: Vec<_> = words.iter().map(|word| super::harness::value(word).fingerprint()).collect();
            assert_eq!(there, managed, "{}", one.target);
            // What may be unfinished is written again by the next run that sees its owner.
            if anchors.len() == 1 {
                let companion = fs::read_to_string(out.join(format!("{}.cer", one.target))).unwrap();
                assert_eq!(companion, words[0], "{}", one.target);
            }
        }
    }

    /// The folder, the index and the state say the same as the source.
    fn assert_as_desired(&self, when: &str) {
        let (out, wanted) = (self.harness.out(), self.wanted());
        let mut expected = BTreeSet::from([out.join("index.json")]);
        for (address, (anchor, words)) in &wanted {
            let json = out.join(format!("{address}.json"));
            let companion = out.join(format!("{address}.cer"));
            let text = fs::read(&json).unwrap_or_else(|_| panic!("{when}: nobody is under {address}"));
            let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(file["Anchor"], **anchor, "{when}: {address}");
            assert_eq!(&published_in(&out, address), words, "{when}: {address}");
            assert_eq!(fs::read_to_string(&companion).unwrap(), words[0], "{when}: {address}");
            expected.extend([json, companion]);
        }
        let files: BTreeSet<_> = tree(&out).into_keys().collect();
        if files.is_empty() && wanted.is_empty() {
            return;
        }
        assert_eq!(files, expected, "{when}");
        let index = fs::read_to_string(out.join("index.json")).unwrap();
        let index: Vec<serde_json::Value> = serde_json::from_str(&index).unwrap();
        let index: BTreeMap<_, _> = index
            .iter()
            .map(|line| (line["Recipient"].as_str().unwrap(), line["Anchor"].as_str().unwrap()))
            .collect();
        let owners: BTreeMap<_, _> =
            wanted.iter().map(|(address, (anchor, _))| (address.as_str(), anchor.as_str())).collect();
        assert_eq!(index, owners, "{when}: the index");
        let state = self.harness.state();
        let published = state.published_after("", 100).unwrap();
        let published: BTreeMap<_, _> = published
            .iter()
            .map(|one| (one.target.as_str(), (one.anchor.as_str(), one.managed.len())))
            .collect();
        let expected: BTreeMap<_, _> = wanted
            .iter()
            .map(|(address, (anchor, words))| (address.as_str(), (anchor.as_str(), words.len())))
            .collect();
        assert_eq!(published, expected, "{when}: the state");
    }
}

fn histories() -> u32 {
    std::env::var("SMIME_SYNC_HISTORIES").map_or(32, |text| text.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), ..ProptestConfig::default() })]
    #[test]
    fn whoever_has_an_address_in_the_end_has_a_certificate_there(
        steps in vec(step(), 2..16),
        batch in 1..5_usize,
        missing_period in select(vec![0, DAY as u32]),
    ) {
        let mut world = World::new(batch, missing_period);
        world.run();
        steps.into_iter().for_each(|step| world.apply(step));
        // Somebody with a value is always there, so that the guard has nothing to say about the source.
        world.harness.source.recipients.push(person("zoe", &["z"]));
        world.harness.options.allow_removal = Some(1000);
        // What was declined is asked about again, and who is missing is waited for.
        world.harness.options.confirm = true;
        world.run();
        world.harness.now += 2 * DAY;
        // That time went by is told by the run before.
        world.run();
        world.run();
        world.assert_as_desired("at the end");
        let harness = &mut world.harness;
        for state in [ChangeState::Pending, ChangeState::InFlight, ChangeState::Rejected, ChangeState::Declined] {
            prop_assert!(harness.changes(state).is_empty(), "{state:?}");
        }
        prop_assert_eq!(harness.run().planned(), (0, 0, 0));
    }
}

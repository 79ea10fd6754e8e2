//! What a run makes of a target that answers a removal with success, and may still have the values.

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use smime_sync::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Attribute, ChangeState, Exclusion, RecipientRecord, RunResult, Value},
    targets::{Match, Removal, Target, TargetQuery, TargetRecipient, TargetWrite, folder::Folder},
};
use tokio_util::sync::CancellationToken;

use super::{harness::*, through_folder::through_folder};

/// What becomes of the values that a write takes away.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Keeps {
    /// They are gone.
    Nothing,
    /// They are gone, and so many looks don't show it.
    ForLooks(usize),
    /// They stay until they are taken away in the other way.
    UntilInsisted,
    /// They stay, and the other way is refused.
    Refusing,
    /// They stay.
    Always,
    /// They stay, and the process dies before they are looked for.
    AndDies,
    /// After the write nobody can be read.
    Unreadable,
    /// After the write everybody is skipped.
    Skips,
}

/// A folder with the values besides that were to go.
struct Keeping {
    folder: Folder,
    keeps: Keeps,
    removal: Removal,
    left: BTreeMap<String, Vec<Value>>,
    wrote: bool,
    looks: usize,
    read: Vec<usize>,
    insisted: usize,
    waits: RefCell<Vec<u64>>,
}

impl Keeping {
    fn new(harness: &Harness, keeps: Keeps) -> Self {
        Self {
            folder: Folder::new(&harness.out()),
            keeps,
            removal: Removal::Unseen,
            left: BTreeMap::new(),
            wrote: false,
            looks: 0,
            read: Vec::new(),
            insisted: 0,
            waits: RefCell::default(),
        }
    }

    /// The same target, at another time.
    fn again(self, keeps: Keeps) -> Self {
        Self {
            keeps,
            wrote: false,
            looks: 0,
            read: Vec::new(),
            insisted: 0,
            waits: RefCell::default(),
            ..self
        }
    }

    fn of(&self, name: &str) -> usize {
        self.left.get(&format!("id-{name}")).map_or(0, Vec::len)
    }
}

impl Target for Keeping {
    fn name(&self) -> String {
        "the service".into()
    }
    fn batch_size(&self) -> usize {
        2
    }
    through_folder!();
    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        self.read.push(queries.len());
        let mut matches = self.folder.read(queries, context)?;
        if !self.wrote {
            self.add(queries, &mut matches);
            return Ok(matches);
        }
        self.looks += 1;
        match self.keeps {
            Keeps::AndDies => return Err(Error::new(ErrorId::Internal, "the process died")),
            Keeps::Unreadable => {
                matches
                    .iter_mut()
                    .for_each(|one| *one = Err(Error::new(ErrorId::TargetUnreadable, "hidden")));
            }
            Keeps::Skips => {
                let skipped = Match::Excluded(Exclusion::DirectorySynced, None);
                matches.iter_mut().for_each(|one| *one = Ok(skipped.clone()));
            }
            Keeps::ForLooks(looks) if self.looks > looks => {}
            _ => self.add(queries, &mut matches),
        }
        Ok(matches)
    }
    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        for write in writes.iter().filter(|_| self.keeps != Keeps::Nothing) {
            let removed = write.removed().into_iter().cloned().collect();
            self.left.insert(write.query.anchor.to_owned(), removed);
        }
        if self.keeps == Keeps::Nothing {
            self.left.clear();
        }
        (self.wrote, self.looks) = (true, 0);
        self.folder.write(writes, context)
    }
    fn key(&self, query: &TargetQuery<'_>) -> Option<String> {
        self.folder.key(query)
    }
    fn has(&mut self, key: &str) -> Result<Option<bool>> {
        self.folder.has(key)
    }
    fn wait(&self, time: Duration, _context: &Context) -> Result<()> {
        self.waits.borrow_mut().push(time.as_secs());
        Ok(())
    }
    fn removal(&mut self) -> Removal {
        self.removal
    }
    fn shows_late(&self) -> bool {
        self.removal != Removal::Sure
    }
    fn note_removed(&mut self, _write: &TargetWrite<'_>, _insisted: bool) {
        if self.removal == Removal::Unseen {
            self.removal = Removal::Seen;
        }
    }
    fn insist(&mut self, writes: &[TargetWrite<'_>], _context: &Context) -> Result<Vec<Result<()>>> {
        self.insisted += writes.len();
        let refused = || Err(Error::new(ErrorId::ExchangeRefused, "Not like this."));
        Ok(writes
            .iter()
            .map(|write| match self.keeps {
                Keeps::Refusing => refused(),
                Keeps::UntilInsisted => {
                    self.left.remove(write.query.anchor);
                    Ok(())
                }
                _ => Ok(()),
            })
            .collect())
    }
}

impl Keeping {
    /// What is left is shown behind what is there.
    fn add(&self, queries: &[TargetQuery<'_>], matches: &mut [Result<Match>]) {
        for (query, matched) in queries.iter().zip(matches) {
            let left = self.left.get(query.anchor).cloned().unwrap_or_default();
            match matched {
                _ if left.is_empty() => {}
                Ok(Match::One(found)) => found.values.extend(left),
                _ => {
                    let key = self.folder.key(query).unwrap();
                    let (findings, incomplete) = (Vec::new(), Vec::new());
                    let found = TargetRecipient { key, values: left, findings, incomplete, damage: None };
                    *matched = Ok(Match::One(found));
                }
            }
        }
    }
}

/// Five people with a certificate each, and one who keeps it.
fn published() -> Harness {
    let names = (0..5).map(|n| format!("p{n}")).chain(["stays".to_owned()]);
    let mut harness = Harness::new(names.map(|name| person(&name, &["a"])).collect());
    harness.profile.limits.removal_percent = 100;
    harness.run().ok();
    harness
}

/// The five have lost theirs.
fn cleared() -> Harness {
    let mut harness = published();
    harness.source.recipients.iter_mut().take(5).for_each(|one| one.values.clear());
    harness
}

fn run(harness: &mut Harness, target: &mut Keeping) -> Outcome {
    harness.run_to(target, CancellationToken::new())
}

fn managed(harness: &Harness, name: &str) -> Vec<String> {
    let state = harness.state();
    let value = |word: &str| value(word).fingerprint();
    let managed = state.managed(&format!("id-{name}")).unwrap();
    let words = ["a", "b"].into_iter().filter(|word| managed.iter().any(|one| one.value == value(word)));
    words.map(str::to_owned).collect()
}

#[test]
fn every_removal_is_read_back_and_what_is_left_is_taken_away_in_the_other_way() {
    let mut harness = cleared();
    let mut target = Keeping::new(&harness, Keeps::UntilInsisted);
    let outcome = run(&mut harness, &mut target);
    assert_eq!(outcome.ok().result, RunResult::Success);
    assert_eq!((outcome.ok().numbers.exported, target.insisted), (5, 5), "beyond the first three, too");
    assert!(target.left.values().all(Vec::is_empty));
    assert!((0..5).all(|n| managed(&harness, &format!("p{n}")).is_empty()));
}

#[test]
fn what_stays_all_the_same_is_told_at_once_and_a_failed_change_after_the_usual_delay() {
    for (keeps, why) in [(Keeps::Always, "twice, in two ways."), (Keeps::Refusing, "Not like this.")] {
        let mut harness = cleared();
        let mut target = Keeping::new(&harness, keeps);
        let outcome = run(&mut harness, &mut target);
        assert_eq!(outcome.ok().result, RunResult::CompletedWithErrors, "{keeps:?}");
        assert_eq!((outcome.ok().numbers.exported, outcome.ok().numbers.waiting), (0, 5), "{keeps:?}");
        let named =
            |id: ErrorId| (0..5).map(|n| (id, Some(format!("p{n}@contoso.test")))).collect::<Vec<_>>();
        assert_eq!(outcome.told.errors_of(), named(ErrorId::RemovalNotSeen), "it may only show late");
        assert_eq!(harness.changes(ChangeState::InFlight).len(), 5);
        let waited: u64 = target.waits.borrow().iter().sum();
        assert!(waited <= 3 * 7, "{waited} s for three batches");

        harness.now += 31 * 60;
        let mut target = target.again(keeps);
        let outcome = run(&mut harness, &mut target);
        assert_eq!((outcome.ok().numbers.exported, outcome.ok().numbers.rejected), (0, 5), "{keeps:?}");
        assert_eq!(outcome.told.errors_of(), named(ErrorId::RemovalIgnored));
        let rejected = harness.changes(ChangeState::Rejected);
        let told = rejected[0].error.clone().unwrap();
        assert!(
            told.contains("p0@contoso.test: the service still has 1 value that had to go")
                && told.ends_with(why),
            "{told}"
        );
        assert_eq!(managed(&harness, "p4"), ["a"], "the state goes on believing what is there");

        let mut target = target.again(Keeps::Nothing);
        let outcome = run(&mut harness, &mut target);
        assert_eq!((outcome.ok().result, outcome.planned()), (RunResult::Success, (0, 0, 5)), "{keeps:?}");
        assert_eq!((target.of("p4"), managed(&harness, "p4").len()), (0, 0));
    }
}

#[test]
fn a_late_answer_is_waited_for_as_long_as_removing_is_known_to_work() {
    for (removal, looks, waits, insisted) in [
        (Removal::Unseen, 2, vec![1, 2], 0),
        (Removal::Unseen, 3, vec![1, 2, 0], 1),
        (Removal::Seen, 3, vec![1, 4, 10], 0),
        (Removal::Seen, 4, vec![1, 4, 10, 0], 1),
        (Removal::Seen, 7, vec![1, 4, 10, 0, 1, 2, 20], 1),
    ] {
        let mut harness = published();
        harness.source.recipients[0].values.clear();
        let mut target = Keeping { removal, ..Keeping::new(&harness, Keeps::ForLooks(looks)) };
        assert_eq!(run(&mut harness, &mut target).ok().result, RunResult::Success, "{removal:?} {looks}");
        assert_eq!((&*target.waits.borrow(), target.insisted), (&waits, insisted), "{removal:?} {looks}");
    }
}

#[test]
fn however_many_do_not_show_a_run_waits_two_minutes_for_all_of_them() {
    for removal in [Removal::Seen, Removal::Unseen] {
        let names = (0..60).map(|n| format!("p{n}"));
        let mut harness = Harness::new(names.map(|name| person(&name, &["a"])).collect());
        harness.profile.limits.removal_percent = 100;
        harness.profile.limits.removal_limit = 1000;
        harness.run().ok();
        harness.source.recipients.iter_mut().for_each(|one| one.values.clear());
        let mut target = Keeping { removal, ..Keeping::new(&harness, Keeps::Always) };
        let outcome = run(&mut harness, &mut target);
        assert_eq!((outcome.ok().numbers.waiting, target.insisted), (60, 60), "{removal:?}");
        let waited: u64 = target.waits.borrow().iter().sum();
        assert!(waited <= 120, "{waited} s for thirty batches");

        // The service was only slow: the next run sees that.
        let mut target = target.again(Keeps::Nothing);
        target.left.clear();
        assert_eq!(run(&mut harness, &mut target).ok().numbers.waiting, 0, "{removal:?}");
        assert_eq!((target.insisted, harness.changes(ChangeState::InFlight).len()), (0, 0), "{removal:?}");
        assert!((0..60).all(|n| managed(&harness, &format!("p{n}")).is_empty()));
    }
}

#[test]
fn what_was_replaced_and_stays_is_known_beside_what_came() {
    let mut harness = published();
    harness.source.recipients[0] = person("p0", &["b"]);
    let mut target = Keeping::new(&harness, Keeps::Always);
    let outcome = run(&mut harness, &mut target);
    assert_eq!(outcome.told.errors_of(), [(ErrorId::RemovalNotSeen, Some("p0@contoso.test".into()))]);

    harness.source.recipients[0].values.clear();
    let mut target = target.again(Keeps::Nothing);
    assert_eq!(run(&mut harness, &mut target).ok().result, RunResult::Success);
    assert!(harness.published("p0").is_empty() && target.of("p0") == 0, "both are gone");
}

#[test]
fn a_run_that_dies_before_it_looked_leaves_the_removal_to_the_next_one() {
    let mut harness = cleared();
    let mut target = Keeping::new(&harness, Keeps::AndDies);
    run(&mut harness, &mut target).run.unwrap_err();
    assert_eq!(harness.changes(ChangeState::InFlight).len(), 2);
    let mut target = target.again(Keeps::UntilInsisted);
    let outcome = run(&mut harness, &mut target);
    assert_eq!((outcome.ok().result, outcome.planned()), (RunResult::Success, (0, 0, 5)));
    assert!(target.left.values().all(Vec::is_empty));
}

#[test]
fn what_cannot_be_looked_for_is_never_taken_for_gone() {
    for keeps in [Keeps::Unreadable, Keeps::Skips] {
        let mut harness = cleared();
        let mut target = Keeping::new(&harness, keeps);
        harness.options.identity = vec!["p0@contoso.test".into()];
        let outcome = run(&mut harness, &mut target);
        let told = (outcome.ok().result, outcome.ok().numbers.waiting, outcome.ok().numbers.exported);
        assert_eq!(told, (RunResult::CompletedWithErrors, 1, 0), "{keeps:?}");
        assert_eq!(outcome.told.errors_of(), [(ErrorId::TargetUnreadable, Some("p0@contoso.test".into()))]);
        assert_eq!(managed(&harness, "p0"), ["a"], "{keeps:?}");
    }
}

#[test]
fn only_removals_cost_a_look_and_none_where_success_means_that_they_are_gone() {
    let mut harness = published();
    harness.source.recipients.extend((5..9).map(|n| person(&format!("p{n}"), &["a"])));
    let mut target = Keeping::new(&harness, Keeps::Nothing);
    run(&mut harness, &mut target).ok();
    // First contact, the batches of a plan of four, and the first three of the run.
    let additions: usize = target.read.iter().sum();
    for removal in [Removal::Sure, Removal::Seen] {
        let mut harness = cleared();
        let mut target = Keeping { removal, ..Keeping::new(&harness, Keeps::Nothing) };
        run(&mut harness, &mut target).ok();
        let looked: usize = target.read.iter().sum();
        assert_eq!(looked, if removal == Removal::Sure { 5 + 3 } else { 5 + 5 }, "{removal:?}");
    }
    assert_eq!(additions, 4 + 4 + 3);
}

#[test]
fn a_write_knows_what_it_takes_away_and_empties() {
    let recipient = RecipientRecord::of(&person("p0", &["a"]));
    let values = |words: &[&str]| words.iter().map(|word| value(word)).collect::<Vec<_>>();
    let found = |words: &[&str]| TargetRecipient::new("k".into(), values(words));
    let smime = Value::new(Attribute::UserSmimeCertificate, *b"a");
    let mut current = found(&["a", "b"]);
    current.values.push(smime.clone());
    let query = TargetQuery::of("id", &recipient);
    let write =
        TargetWrite { query, current: Some(current), values: values(&["b", "c"]), unseen: Vec::new() };
    assert_eq!(write.removed(), [&value("a"), &smime]);
    assert!(write.empties(&smime) && !write.empties(&value("a")));
    assert_eq!(write.left(&found(&["a", "c"])), [&value("a")]);
}

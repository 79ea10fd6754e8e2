//! Thousands of changes by somebody else while the same objects are curated.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use smime_sync::{
    error::ErrorId,
    event::{Context, LogLevel},
    model::{Attribute, Value},
    targets::{Match, Target, TargetRecipient, TargetWrite, active_directory::ActiveDirectoryTarget},
};
use strum::VariantArray as _;

use crate::{
    common::{directory::ADMINISTRATOR, events::context},
    people::{Person, Unit, connect, set},
};

/// Few, so that both meet often.
const PEOPLE: usize = 8;
/// The first byte of what shall go; everything else is theirs and stays.
const STALE: u8 = 0xee;

/// How many changes somebody else makes: `SMIME_SYNC_INTERLEAVED`, by default 10,000.
fn modifications() -> u32 {
    std::env::var("SMIME_SYNC_INTERLEAVED").map_or(10_000, |count| count.parse().expect("a number"))
}

fn is_stale(value: &Value) -> bool {
    value.bytes.first() == Some(&STALE)
}

/// Somebody else: puts values in and takes them out again, values that shall go among them.
struct Others {
    target: ActiveDirectoryTarget,
    people: Vec<Person>,
    random: ChaCha8Rng,
    /// What is theirs at each person.
    theirs: Vec<Vec<Value>>,
    /// What shall go and was at each person when they last looked at it.
    stale: Vec<Vec<Value>>,
    next: u32,
}

impl Others {
    /// One modify request of exact values; whether it happened.
    fn change(&mut self, person: usize, going: &[Value], coming: &[Value], context: &Context) -> bool {
        let current = TargetRecipient::new(self.people[person].anchor.clone(), going.to_vec());
        match self.people[person].write(&mut self.target, &current, coming, context) {
            Ok(_) => true,
            Err(error) if error.id == ErrorId::ObjectChanged => false,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn value(&mut self, first: u8) -> Value {
        self.next += 1;
        let attribute = Attribute::VARIANTS[self.random.gen_range(0..2)];
        Value::new(attribute, [&[first][..], &self.next.to_be_bytes()].concat())
    }

    fn step(&mut self, context: &Context) {
        let person = self.random.gen_range(0..PEOPLE);
        match self.random.gen_range(0..10) {
            // Something expired comes, for the curator to take out.
            0..=3 => {
                let value = self.value(STALE);
                assert!(self.change(person, &[], std::slice::from_ref(&value), context));
                self.stale[person].push(value);
            }
            // They take out something expired themselves, if the curator was not faster.
            4..=5 if !self.stale[person].is_empty() => {
                let value = self.stale[person].pop().unwrap();
                self.change(person, &[value], &[], context);
            }
            // They exchange one of their own.
            6 if !self.theirs[person].is_empty() => {
                let index = self.random.gen_range(0..self.theirs[person].len());
                let (old, new) = (self.theirs[person].swap_remove(index), self.value(0x30));
                assert!(
                    self.change(person, &[old], std::slice::from_ref(&new), context),
                    "nobody else may take it"
                );
                self.theirs[person].push(new);
            }
            7 if self.theirs[person].len() > 5 => {
                let old = self.theirs[person].swap_remove(0);
                assert!(self.change(person, &[old], &[], context), "nobody else may take it");
            }
            _ => {
                let new = self.value(0x30);
                assert!(self.change(person, &[], std::slice::from_ref(&new), context));
                self.theirs[person].push(new);
            }
        }
    }
}

/// What the curator met.
#[derive(Debug, Default)]
struct Met {
    written: usize,
    changed: usize,
}

/// Reads everybody and takes out what shall go; whether there was anything.
fn curate(target: &mut ActiveDirectoryTarget, people: &[Person], met: &mut Met, context: &Context) -> bool {
    let queries: Vec<_> = people.iter().map(Person::query).collect();
    let found = target.read(&queries, context).unwrap();
    let mut writes = Vec::new();
    for (query, matched) in queries.into_iter().zip(found) {
        let Ok(Match::One(current)) = matched else { panic!("{matched:?}") };
        let values: Vec<_> = current.values.iter().filter(|value| !is_stale(value)).cloned().collect();
        if values.len() < current.values.len() {
            writes.push(TargetWrite { query, current: Some(current), values, unseen: Vec::new() });
        }
    }
    for written in target.write(&writes, context).unwrap() {
        match written {
            Ok(_) => met.written += 1,
            Err(error) if error.id == ErrorId::ObjectChanged => met.changed += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    !writes.is_empty()
}

#[test]
fn no_value_of_others_is_lost_and_nothing_that_shall_go_is_left() {
    let unit = Unit::new("tti", &vec![vec![]; PEOPLE]);
    let (context, events) = context();
    let people = unit.people(&context);
    let mut others = Others {
        target: connect(&unit.lab, &unit.settings, ADMINISTRATOR, &context).unwrap(),
        people: people.clone(),
        random: ChaCha8Rng::seed_from_u64(4711),
        theirs: vec![Vec::new(); PEOPLE],
        stale: vec![Vec::new(); PEOPLE],
        next: 0,
    };
    let (mut target, mut met, began) = (unit.target(&context), Met::default(), Instant::now());
    let ended = AtomicBool::new(false);
    let theirs = std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            let (context, _) = crate::common::events::context();
            // Told however it ends, or the curator would go on for ever.
            let _told = Told(&ended);
            (0..modifications()).for_each(|_| others.step(&context));
            others.theirs
        });
        while !ended.load(Ordering::Acquire) {
            curate(&mut target, &people, &mut met, &context);
        }
        busy.join().unwrap()
    });
    while curate(&mut target, &people, &mut met, &context) {}

    let kept: Vec<_> = people.iter().map(|person| set(&person.found(&mut target, &context).values)).collect();
    let expected: Vec<_> = theirs.iter().map(|values| set(values)).collect();
    assert_eq!(kept, expected);
    let conflicts = events.logged(LogLevel::Verbose);
    let conflicts = conflicts.iter().filter(|message| message.ends_with("It is read again.")).count();
    println!(
        "{} modifications by others in {:.1} s; {met:?}, {conflicts} conflicts",
        modifications(),
        began.elapsed().as_secs_f64()
    );
    assert!(met.written > 0 && conflicts > 0, "both must have met: {met:?}, {conflicts}");
    let all: BTreeSet<_> = theirs.iter().flatten().map(|value| value.bytes.to_vec()).collect();
    assert_eq!(all.len(), theirs.iter().map(Vec::len).sum::<usize>(), "each value of theirs is another one");
}

struct Told<'a>(&'a AtomicBool);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

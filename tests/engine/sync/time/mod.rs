//! Clocks that are wrong: what a run judges by one is judged again, what tells the time holds it or warns, and nothing
//! that is kept is wrong for ever.

mod files;
mod jumps;
mod kept;
mod witnesses;

use smime_sync::model::Recipient;

use super::harness::{DAY, Harness, Outcome, person, published_in};

const YEAR: i64 = 365 * DAY;

/// A company whose first `ending` people have certificates that end in 20 days; the others' never do. It has run once.
fn company(people: usize, ending: usize) -> Harness {
    let word = |n: usize| if n < ending { format!("a@{}", 1_000_000 + 20 * DAY) } else { "a".to_owned() };
    let people = (0..people).map(|n| person(&format!("p{n:03}"), &[word(n).as_str()])).collect();
    let mut harness = Harness::new(people);
    harness.batch = 50;
    harness.run().ok();
    harness
}

/// How many people have something published.
fn published(harness: &Harness) -> usize {
    let has_some = |one: &&Recipient| !published_in(&harness.out(), one.mail.as_deref().unwrap()).is_empty();
    harness.source.recipients.iter().filter(has_some).count()
}

/// A run by a clock that is `ahead` seconds ahead; afterwards it is right again.
fn run_ahead(harness: &mut Harness, ahead: i64) -> Outcome {
    harness.now += ahead;
    let outcome = harness.run();
    harness.now -= ahead;
    outcome
}

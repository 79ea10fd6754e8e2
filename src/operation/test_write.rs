//! Whether a target takes writes: each way of writing is tried with what a recipient has, and nothing is carried out.

use super::test_profile::{CheckResult, Tester};
use crate::{
    error::{Error, ErrorId, Result},
    exchange::dialect::{CLEARED, SettledFact, Shown},
    model::{Attribute, Named, counted},
    state::State,
    targets::{
        Target, TargetWrite,
        rehearsal::{MOST_TRIED, Rehearsed, Tried, Verb, Way, try_ways},
    },
};

mod people;

pub(super) use self::people::Sample;
use self::people::Search;

/// Tries every way of writing that the target can try, and tells what is the case of each, and what the target has found
/// out of how it wants to be asked.
pub(super) fn run(
    tester: &Tester<'_>,
    target: &mut dyn Target,
    sample: &Sample,
    state: Option<&State>,
) -> Result<()> {
    let verbs = target.verbs();
    if verbs.is_empty() {
        return Ok(());
    }
    match attempt(tester, target, verbs, sample, state) {
        Err(error) if error.id != ErrorId::Canceled => tester.tell("Write", Err(error))?,
        other => other?,
    }
    target.settled().into_iter().filter_map(service).try_for_each(|told| tester.tell("Service", Ok(told)))
}

/// What is known of a form; `None`: nothing that anybody needs to know.
fn service(fact: SettledFact) -> Option<String> {
    let SettledFact { fact, form, shown } = fact;
    match shown {
        Shown::Now => Some(format!("{fact} {form}: an answer has shown it.")),
        Shown::Earlier => Some(format!("{fact} {form}: an answer has shown it to an earlier run.")),
        Shown::Never if fact == CLEARED => Some(format!(
            "{fact} {form}, as far as is known: the first run that takes all certificates of somebody away settles it."
        )),
        Shown::Never => None,
    }
}

fn attempt(
    tester: &Tester<'_>,
    target: &mut dyn Target,
    verbs: &'static [Verb],
    sample: &Sample,
    state: Option<&State>,
) -> Result<()> {
    let mut search = Search::of(verbs, sample, state, target, tester.context)?;
    // What keeps somebody from being read is told once: of what is shown in no form as a fact of the service's.
    match search.failure.take() {
        Some(error) if error.id == ErrorId::ExchangeProtocol => {
            let what = format!("What {} has can't be read: {}", target.name(), error.message);
            tester.tell("Service", Err(Error { message: what, ..error }))?;
        }
        Some(error) => tester.tell("Write", Err(error))?,
        None => {}
    }
    let mut ways: Vec<(Way, Vec<TargetWrite<'_>>)> = Vec::new();
    for verb in verbs {
        let writable: Vec<_> = search.of_verb(verb).map(|found| found.write()).collect();
        for attribute in Attribute::all().filter(|_| !writable.is_empty()) {
            let mut writes = writable.clone();
            writes.sort_by_key(|write| values_of(write, attribute) == 0);
            writes.truncate(MOST_TRIED);
            ways.push((Way { verb: verb.name, attribute }, writes));
        }
    }
    let tried = try_ways(target, &ways, tester.context)?;
    let mut told = ways.iter().zip(tried).peekable();
    for verb in verbs {
        if told.peek().is_none_or(|((way, _), _)| way.verb != verb.name) {
            untried(tester, verb, &search, &target.name())?;
        }
        let needed = search.of_verb(verb).all(|found| !found.is_stranger());
        while let Some(((way, writes), tried)) = told.next_if(|((way, _), _)| way.verb == verb.name) {
            tell(tester, *way, writes, tried, needed)?;
        }
    }
    Ok(())
}

fn values_of(write: &TargetWrite<'_>, attribute: Attribute) -> usize {
    write.values.iter().filter(|value| value.attribute == attribute).count()
}

fn untried(tester: &Tester<'_>, verb: &Verb, search: &Search, target: &str) -> Result<()> {
    let whom = verb.whom;
    let (among, advice) = match (search.looked_for, search.unread) {
        (some, 0) => {
            let among = match some {
                0 => "the source has nobody to look for".to_owned(),
                1 => format!("of 1 recipient that was looked for, none is a {whom} that can be written"),
                _ => {
                    format!("of {some} recipients that were looked for, none is a {whom} that can be written")
                }
            };
            let advice = format!("Nothing is to be done: a run that writes to a {whom} tries it first.");
            (format!("{among}, and {target} shows no other"), advice)
        }
        (some, unread) => (
            format!(
                "of {} that {} looked for, {unread} can't be read, and no other is a {whom} that can be written",
                counted(some, "recipient", "recipients"),
                if some == 1 { "was" } else { "were" },
            ),
            "Put right first what keeps them from being read, and test again.".to_owned(),
        ),
    };
    tester.emit("Write", CheckResult::Warning, format!("{} was not tried: {among}.", verb.name), advice)
}

/// `needed`: it was tried with recipients of the source.
fn tell(tester: &Tester<'_>, way: Way, writes: &[TargetWrite<'_>], tried: Tried, needed: bool) -> Result<()> {
    let Way { verb, attribute } = way;
    let with = |place: usize| {
        let Some(write) = writes.get(place) else { return String::new() };
        let label = &write.query.recipient.label;
        let who =
            if needed { String::new() } else { ", who is none of the source's that were looked for".into() };
        match values_of(write, attribute) {
            0 => format!("{label}{who}, who has nothing there, so that the form of values stays open"),
            some => format!("what {label} has there{who}, {}", counted(some, "value", "values")),
        }
    };
    let refused = |place: usize, error: Error| {
        let what = format!("{verb} does not take {attribute}, tried with {}: {}", with(place), error.message);
        match needed {
            true => tester.tell("Write", Err(Error { message: what, ..error })),
            // Nobody knows whether a run writes to such a one.
            false => tester.emit("Write", CheckResult::Warning, what, error.advice),
        }
    };
    match tried {
        Tried::Taken { with: place, answer } => {
            let end = match answer {
                Rehearsed::Checked => "Nothing was changed.",
                Rehearsed::Unsure => {
                    "The answer did not say that it was only tried; read back, everything is as it was."
                }
            };
            tester.tell("Write", Ok(format!("{verb} takes {attribute}: tried with {}. {end}", with(place))))
        }
        Tried::Refused(place, error) | Tried::RefusedAlone(place, error) => refused(place, error),
        Tried::Untried => {
            let advice = "Nothing is to be done: a run tries it before its first write.".to_owned();
            let what = format!("{verb} was not tried with {attribute}: nobody was found to try it with.");
            tester.emit("Write", CheckResult::Warning, what, advice)
        }
    }
}

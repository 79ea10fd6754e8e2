//! Whether a target takes writes: each way of writing is tried with what a recipient has, and nothing is carried out.

use super::test_profile::{CheckResult, Tester};
use crate::{
    error::{Error, ErrorId, Result},
    model::{Attribute, Named, Recipient, RecipientKind, RecipientRecord, counted},
    state::{State, linked::Linked},
    targets::{
        Match, Target, TargetQuery, TargetRecipient, TargetWrite,
        rehearsal::{MOST_TRIED, Rehearsed, Tried, Verb, Way, try_ways},
    },
};

/// Recipients of one kind of the source that are looked for at the target: asked for one by one, so all kinds together
/// are few.
const OF_A_KIND: usize = 4;

/// Recipients of the source that can be looked for at the target; those with certificates rather than others.
#[derive(Default)]
pub(super) struct Sample {
    with_values: Vec<(String, RecipientRecord)>,
    others: Vec<(String, RecipientRecord)>,
}

impl Sample {
    /// Takes it, where there are not enough of its kind yet.
    pub(super) fn add(&mut self, recipient: &Recipient) {
        let some = if recipient.values.is_empty() { &mut self.others } else { &mut self.with_values };
        if of_kind(some, recipient.kind) < OF_A_KIND {
            some.push((recipient.anchor.clone(), RecipientRecord::of(recipient)));
        }
    }

    fn people(&self) -> Vec<Person> {
        let mut people: Vec<(String, RecipientRecord)> = self.with_values.clone();
        for (anchor, recipient) in &self.others {
            if of_kind(&people, recipient.kind) < OF_A_KIND {
                people.push((anchor.clone(), recipient.clone()));
            }
        }
        people.into_iter().map(|(anchor, recipient)| Person { anchor, recipient, link: None }).collect()
    }
}

fn of_kind(people: &[(String, RecipientRecord)], kind: RecipientKind) -> usize {
    people.iter().filter(|(_, one)| one.kind == kind).count()
}

/// Somebody who may be at the target.
struct Person {
    anchor: String,
    recipient: RecipientRecord,
    link: Option<String>,
}

impl Person {
    fn query(&self) -> TargetQuery<'_> {
        let link = self.link.as_deref();
        TargetQuery { link, fresh: true, ..TargetQuery::of(&self.anchor, &self.recipient) }
    }
}

impl From<Linked> for Person {
    fn from(linked: Linked) -> Self {
        Self { anchor: linked.anchor, recipient: linked.recipient, link: Some(linked.key) }
    }
}

/// Tries every way of writing that the target can try, with a recipient that the state has linked or the sample
/// matches, and tells what is the case of each, and what the target has found out of how it wants to be asked.
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
    let people = people(verbs, sample, state)?;
    match attempt(tester, target, verbs, &people) {
        Err(error) if error.id != ErrorId::Canceled => tester.tell("Write", Err(error))?,
        other => other?,
    }
    target.settled().into_iter().filter(|fact| fact.confirmed).try_for_each(|fact| {
        tester.tell("Service", Ok(format!("{} {}: an answer has shown it.", fact.fact, fact.form)))
    })
}

/// Those whom the state has linked; those of the sample where it has nobody of a kind.
fn people(verbs: &[Verb], sample: &Sample, state: Option<&State>) -> Result<Vec<Person>> {
    let (mut people, mut is_lacking): (Vec<Person>, bool) = (Vec::new(), false);
    for verb in verbs {
        let linked = state.map(|state| state.linked(verb.keys, MOST_TRIED)).transpose()?.unwrap_or_default();
        is_lacking |= linked.is_empty();
        people.extend(linked.into_iter().map(Person::from));
    }
    if is_lacking {
        let known = |person: &Person| people.iter().any(|one| one.anchor == person.anchor);
        let new: Vec<Person> = sample.people().into_iter().filter(|person| !known(person)).collect();
        people.extend(new);
    }
    Ok(people)
}

fn attempt(
    tester: &Tester<'_>,
    target: &mut dyn Target,
    verbs: &'static [Verb],
    people: &[Person],
) -> Result<()> {
    let Read { found, unreadable } = read(tester, target, people)?;
    let mut ways: Vec<(Way, Vec<TargetWrite<'_>>)> = Vec::new();
    for verb in verbs {
        let mut writable = Vec::new();
        for (person, recipient) in &found {
            let query = TargetQuery { link: Some(&recipient.key), ..person.query() };
            if target.verb(&query) == Some(verb.name) {
                let (current, values) = (Some(recipient.clone()), recipient.values.clone());
                writable.push(TargetWrite { query, current, values, unseen: Vec::new() });
            }
        }
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
            untried(tester, verb, people.len(), unreadable)?;
        }
        while let Some(((way, writes), tried)) = told.next_if(|((way, _), _)| way.verb == verb.name) {
            tell(tester, *way, writes, tried)?;
        }
    }
    Ok(())
}

/// Those who are there and can be written, and how many others are there and can't be read.
struct Read<'a> {
    found: Vec<(&'a Person, TargetRecipient)>,
    unreadable: usize,
}

/// Reads them. What keeps somebody from being read is told once: of what the service shows in no form as a fact of the
/// service's.
fn read<'a>(tester: &Tester<'_>, target: &mut dyn Target, people: &'a [Person]) -> Result<Read<'a>> {
    let queries: Vec<TargetQuery<'_>> = people.iter().map(Person::query).collect();
    let (mut found, mut failure, mut unreadable) = (Vec::new(), None, 0);
    for (person, matched) in people.iter().zip(target.read(&queries, tester.context)?) {
        match matched {
            Ok(Match::One(recipient)) if recipient.damage.is_none() => found.push((person, recipient)),
            Err(error) => {
                unreadable += 1;
                failure = failure.or(Some(error));
            }
            Ok(_) => {}
        }
    }
    match failure {
        Some(error) if error.id == ErrorId::ExchangeProtocol => {
            let what = format!("What {} has can't be read: {}", target.name(), error.message);
            tester.tell("Service", Err(Error { message: what, ..error }))?;
        }
        Some(error) => tester.tell("Write", Err(error))?,
        None => {}
    }
    Ok(Read { found, unreadable })
}

fn values_of(write: &TargetWrite<'_>, attribute: Attribute) -> usize {
    write.values.iter().filter(|value| value.attribute == attribute).count()
}

fn untried(tester: &Tester<'_>, verb: &Verb, people: usize, unreadable: usize) -> Result<()> {
    if unreadable > 0 {
        let what = format!(
            "{} was not tried: {} of {} that {} looked for could not be read.",
            verb.name,
            unreadable,
            counted(people, "recipient", "recipients"),
            if people == 1 { "was" } else { "were" },
        );
        let advice = "See to what failed, and test again.".to_owned();
        return tester.emit("Write", CheckResult::Warning, what, advice);
    }
    let among = match people {
        0 => "the source has nobody to look for".to_owned(),
        some => format!(
            "of {} that {} looked for, none is a {} that can be written",
            counted(some, "recipient", "recipients"),
            if some == 1 { "was" } else { "were" },
            verb.whom
        ),
    };
    let advice = format!("Nothing is to be done: a run that writes to a {} tries it first.", verb.whom);
    tester.emit("Write", CheckResult::Warning, format!("{} was not tried: {among}.", verb.name), advice)
}

fn tell(tester: &Tester<'_>, way: Way, writes: &[TargetWrite<'_>], tried: Tried) -> Result<()> {
    let Way { verb, attribute } = way;
    let with = |place: usize| {
        let Some(write) = writes.get(place) else { return String::new() };
        let label = &write.query.recipient.label;
        match values_of(write, attribute) {
            0 => format!("{label}, who has nothing there, so that the form of values stays open"),
            some => format!("what {label} has there, {}", counted(some, "value", "values")),
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
        Tried::Refused(place, error) => {
            let what =
                format!("{verb} does not take {attribute}, tried with {}: {}", with(place), error.message);
            tester.tell("Write", Err(Error { message: what, ..error }))
        }
        Tried::Untried => {
            let advice = "Nothing is to be done: a run tries it before its first write.".to_owned();
            let what =
                format!("{verb} was not tried with {attribute}: those who were matched can't be written.");
            tester.emit("Write", CheckResult::Warning, what, advice)
        }
    }
}

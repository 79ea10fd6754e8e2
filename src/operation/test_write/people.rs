//! With whom writes are tried: those whom the state has linked, recipients of the source that are at the target, and where
//! none of them is of a kind, anybody there.

use crate::{
    error::{Error, Result},
    event::Context,
    model::{Recipient, RecipientKind, RecipientRecord},
    state::{State, linked::Linked},
    targets::{
        Match, Target, TargetQuery, TargetRecipient, TargetWrite,
        rehearsal::{MOST_TRIED, Somebody, Verb},
    },
};

/// So many recipients of the source are looked for at the target at most: each costs the target a question or two.
const MOST_LOOKED_FOR: usize = 60;
/// So many at a time.
const AT_A_TIME: usize = 12;

/// Recipients of the source that can be looked for at the target; those with certificates rather than others.
#[derive(Default)]
pub(in crate::operation) struct Sample {
    with_values: Vec<(String, RecipientRecord)>,
    others: Vec<(String, RecipientRecord)>,
}

impl Sample {
    /// Takes it. The caller limits how many there are.
    pub(in crate::operation) fn add(&mut self, recipient: &Recipient) {
        let some = if recipient.values.is_empty() { &mut self.others } else { &mut self.with_values };
        some.push((recipient.anchor.clone(), RecipientRecord::of(recipient)));
    }

    /// Those to look for, of all kinds in turn, from all over the source: those of one kind at the target may be one
    /// behind the other there.
    fn people(&self) -> Vec<Person> {
        let mut kinds: Vec<(RecipientKind, Vec<&(String, RecipientRecord)>)> = Vec::new();
        for some in [&self.with_values, &self.others] {
            for one in spread(some) {
                match kinds.iter_mut().find(|(kind, _)| *kind == one.1.kind) {
                    Some((_, known)) => known.push(one),
                    None => kinds.push((one.1.kind, vec![one])),
                }
            }
        }
        let turn = |place: usize| kinds.iter().filter_map(move |(_, some)| some.get(place));
        let in_turn = (0..MOST_LOOKED_FOR).flat_map(turn).take(MOST_LOOKED_FOR);
        let person = |(anchor, recipient): &(String, RecipientRecord)| Person {
            anchor: anchor.clone(),
            recipient: recipient.clone(),
            link: None,
            is_stranger: false,
        };
        in_turn.map(|one| person(one)).collect()
    }
}

/// As many as are looked for, evenly from all of them.
fn spread<T>(all: &[T]) -> impl Iterator<Item = &T> {
    let few = all.len().min(MOST_LOOKED_FOR);
    (0..few).filter_map(move |place| all.get(place * all.len() / few.max(1)))
}

/// Somebody who may be at the target.
struct Person {
    anchor: String,
    recipient: RecipientRecord,
    link: Option<String>,
    is_stranger: bool,
}

impl Person {
    fn query(&self) -> TargetQuery<'_> {
        let link = self.link.as_deref();
        TargetQuery { link, fresh: true, ..TargetQuery::of(&self.anchor, &self.recipient) }
    }
}

impl From<Linked> for Person {
    fn from(linked: Linked) -> Self {
        Self {
            anchor: linked.anchor,
            recipient: linked.recipient,
            link: Some(linked.key),
            is_stranger: false,
        }
    }
}

impl From<Somebody> for Person {
    fn from(somebody: Somebody) -> Self {
        let Somebody { key, label } = somebody;
        let recipient = RecipientRecord {
            address: Some(label.clone()).filter(|label| label.contains('@')),
            label,
            display_name: None,
            user_principal_name: None,
            distinguished_name: String::new(),
            kind: RecipientKind::User,
            disabled: false,
            values: Vec::new(),
        };
        Self { anchor: key.clone(), recipient, link: Some(key), is_stranger: true }
    }
}

/// Somebody who is there and can be written, with what is there.
pub(super) struct Found {
    person: Person,
    recipient: TargetRecipient,
    verb: Option<&'static str>,
}

impl Found {
    /// The write of what is there already.
    pub(super) fn write(&self) -> TargetWrite<'_> {
        let query = TargetQuery { link: Some(&self.recipient.key), ..self.person.query() };
        TargetWrite {
            query,
            current: Some(self.recipient.clone()),
            values: self.recipient.values.clone(),
            unseen: Vec::new(),
        }
    }

    /// Whether nobody looked for it.
    pub(super) fn is_stranger(&self) -> bool {
        self.person.is_stranger
    }
}

/// Those who were found.
#[derive(Default)]
pub(super) struct Search {
    found: Vec<Found>,
    /// Recipients of the source that were looked for.
    pub(super) looked_for: usize,
    /// Those of them who could not be read.
    pub(super) unread: usize,
    /// What the first of them failed with.
    pub(super) failure: Option<Error>,
}

impl Search {
    /// Looks for at least one recipient for each verb. Fails as [`Target::read`] does.
    pub(super) fn of(
        verbs: &'static [Verb],
        sample: &Sample,
        state: Option<&State>,
        target: &mut dyn Target,
        context: &Context,
    ) -> Result<Self> {
        let mut search = Self::default();
        let linked = |verb: &Verb| state.map(|state| state.linked(verb.keys, MOST_TRIED)).transpose();
        let mut people: Vec<Person> = Vec::new();
        for verb in verbs {
            people.extend(linked(verb)?.unwrap_or_default().into_iter().map(Person::from));
        }
        let known: Vec<String> = people.iter().map(|person| person.anchor.clone()).collect();
        let mut answers = search.look(people, target, context)?;
        let mut rest =
            sample.people().into_iter().filter(|person| !known.contains(&person.anchor)).peekable();
        // Where nobody can be read, the next ones can't be either.
        while answers && search.lacks(verbs) && rest.peek().is_some() {
            answers = search.look(rest.by_ref().take(AT_A_TIME).collect(), target, context)?;
        }
        for verb in verbs.iter().filter(|_| answers) {
            if search.of_verb(verb).next().is_some() {
                continue;
            }
            let looked_for = search.looked_for;
            match target.somebody(verb, context) {
                Ok(somebody) => {
                    search.look(somebody.map(Person::from).into_iter().collect(), target, context)?;
                }
                Err(error) => search.failed(error),
            }
            search.looked_for = looked_for;
        }
        Ok(search)
    }

    /// Those whom a verb writes.
    pub(super) fn of_verb(&self, verb: &Verb) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.verb == Some(verb.name))
    }

    fn lacks(&self, verbs: &[Verb]) -> bool {
        verbs.iter().any(|verb| self.of_verb(verb).next().is_none())
    }

    fn failed(&mut self, error: Error) {
        self.unread += 1;
        self.failure.get_or_insert(error);
    }

    /// Reads people; whether any of them could be read, or there was none.
    fn look(&mut self, people: Vec<Person>, target: &mut dyn Target, context: &Context) -> Result<bool> {
        self.looked_for += people.len();
        let queries: Vec<TargetQuery<'_>> = people.iter().map(Person::query).collect();
        let matches = target.read(&queries, context)?;
        let mut answers = people.is_empty();
        for (person, matched) in people.into_iter().zip(matches) {
            answers |= matched.is_ok();
            match matched {
                Ok(Match::One(recipient)) if recipient.damage.is_none() => {
                    let query = TargetQuery { link: Some(&recipient.key), ..person.query() };
                    let verb = target.verb(&query);
                    self.found.push(Found { person, recipient, verb });
                }
                Err(error) => self.failed(error),
                Ok(_) => {}
            }
        }
        Ok(answers)
    }
}

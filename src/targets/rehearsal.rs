//! Trying writes without carrying them out, before the first one counts.

use super::{Match, Target, TargetQuery, TargetWrite};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Attribute, Fingerprint, Value},
};

/// So many recipients are tried in one way of writing, where one is refused: something may be wrong with it alone.
pub const MOST_TRIED: usize = 3;

/// What writes one kind of recipient at a target that can try it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verb {
    /// How messages name it: `Set-Mailbox`.
    pub name: &'static str,
    /// What the target's own keys of such recipients begin with.
    pub keys: &'static str,
    /// Whom it writes, such as `mailbox`.
    pub whom: &'static str,
}

/// A recipient of a target that was not looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Somebody {
    /// The target's own key.
    pub key: String,
    /// Its primary address, or the key.
    pub label: String,
}

/// One way of writing: what writes, and the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// The name of the [`Verb`].
    pub verb: &'static str,
    /// The attribute that is written.
    pub attribute: Attribute,
}

/// One write that is tried: the values of one attribute, as they shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal<'a> {
    /// The whole write; `current` of it is there.
    pub write: TargetWrite<'a>,
    /// The attribute whose values are tried.
    pub attribute: Attribute,
}

/// What a target answered that was to try a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rehearsed {
    /// It would carry it out.
    Checked,
    /// Success, and not a word that it only tried: it may have carried it out.
    Unsure,
}

/// What trying one way of writing came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Tried {
    /// It works.
    Taken {
        /// The place of the write that showed it.
        with: usize,
        /// What the target answered; where it was [`Rehearsed::Unsure`], the recipient was read back.
        answer: Rehearsed,
    },
    /// It does not; with the place of the write that was refused.
    Refused(usize, Error),
    /// Everybody it was tried with is refused for reasons of their own, which say nothing of the way; with the place and
    /// the refusal of the first.
    RefusedAlone(usize, Error),
    /// There is nobody to try it with.
    Untried,
}

/// Tries each way with one of its writes after the other, until one shows what is the case. One result a way, in their
/// order. Fails where going on is useless, as [`Target::rehearse`] and [`Target::read`] do.
pub fn try_ways(
    target: &mut dyn Target,
    ways: &[(Way, Vec<TargetWrite<'_>>)],
    context: &Context,
) -> Result<Vec<Tried>> {
    let mut tried: Vec<(Tried, bool)> = ways.iter().map(|_| (Tried::Untried, false)).collect();
    for round in 0..MOST_TRIED {
        let open = (0..).zip(ways).zip(&tried).filter(|(_, (_, is_known))| !is_known);
        let (places, rehearsals): (Vec<usize>, Vec<Rehearsal<'_>>) = open
            .filter_map(|((place, (way, writes)), _)| {
                let write = writes.get(round)?.clone();
                Some((place, Rehearsal { write, attribute: way.attribute }))
            })
            .unzip();
        if rehearsals.is_empty() {
            break;
        }
        let answers = target.rehearse(&rehearsals, context)?;
        for ((place, rehearsal), answer) in places.into_iter().zip(&rehearsals).zip(answers) {
            let verdict = match answer {
                Ok(Rehearsed::Unsure) => read_back(target, rehearsal, context)?.map(|()| Rehearsed::Unsure),
                other => other,
            };
            let Some((before, is_known)) = tried.get_mut(place) else { continue };
            match verdict {
                Ok(answer) => (*before, *is_known) = (Tried::Taken { with: round, answer }, true),
                Err(error) if is_of_one(&error) => {
                    if *before == Tried::Untried {
                        *before = Tried::RefusedAlone(round, error);
                    }
                }
                Err(error) => {
                    *is_known = error.id != ErrorId::ExchangeRefused;
                    // Of several refusals the first is the one to tell.
                    if *is_known || matches!(before, Tried::Untried | Tried::RefusedAlone(..)) {
                        *before = Tried::Refused(round, error);
                    }
                }
            }
        }
    }
    Ok(tried.into_iter().map(|(tried, _)| tried).collect())
}

/// Whether an error says something of that recipient, and nothing of the way in which it is written.
fn is_of_one(error: &Error) -> bool {
    use ErrorId::{RecipientAmbiguous, RecipientDirectorySynced, RecipientNotFound};
    matches!(error.id, RecipientAmbiguous | RecipientDirectorySynced | RecipientNotFound)
}

/// Whether the attribute has what it had, or what was tried. The inner error is that way's alone.
fn read_back(target: &mut dyn Target, rehearsal: &Rehearsal<'_>, context: &Context) -> Result<Result<()>> {
    let Rehearsal { write, attribute } = rehearsal;
    let current = write.current.as_ref();
    let query = TargetQuery { link: current.map(|one| one.key.as_str()), fresh: true, ..write.query.clone() };
    let found = match target
        .read(std::slice::from_ref(&query), context)?
        .pop()
        .map(|read| read.map(Match::by_link))
    {
        Some(Ok(Match::One(found) | Match::Excluded(_, Some(found)))) => found,
        Some(Err(error)) => return Ok(Err(error)),
        _ => {
            let what = format!("{} is not there any more.", query.recipient.label);
            return Ok(Err(Error::new(ErrorId::RecipientNotFound, what)));
        }
    };
    let now = set(&found.values, *attribute);
    let before = current.map(|current| set(&current.values, *attribute)).unwrap_or_default();
    if now == before || now == set(&write.values, *attribute) {
        return Ok(Ok(()));
    }
    let what = format!(
        "{} was only to try a write of {attribute} of {}, and shows neither the old nor the new values now.",
        target.name(),
        query.recipient.label
    );
    Ok(Err(Error::new(ErrorId::VerifyFailed, what).target(query.recipient.label.clone())))
}

fn set(values: &[Value], attribute: Attribute) -> Vec<Fingerprint> {
    let values = values.iter().filter(|value| value.attribute == attribute);
    let mut set: Vec<Fingerprint> = values.map(Value::fingerprint).collect();
    set.sort_unstable();
    set
}

//! The validation call: a cmdlet with `-Confirm:$true`, which tries role, parameter, encoding, routing and scope of a
//! write and executes nothing (docs/design/exchange-online.md §1.6, *Confirm*).

use super::{
    Exchange, command,
    found::{Found, property},
    index::{Located, Wanted},
    kind::{Key, Kind},
    write::of,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    exchange::{Command, Confirm, Location, Parameter, dialect::ClearForm},
    targets::{
        TargetQuery,
        rehearsal::{Rehearsal, Rehearsed, Somebody, Verb},
    },
};

/// The cmdlets that write recipients of Exchange Online.
const VERBS: [Verb; 3] = [
    Verb { name: "Set-Mailbox", keys: "Mailbox:", whom: "mailbox" },
    Verb { name: "Set-MailUser", keys: "MailUser:", whom: "mail user" },
    Verb { name: "Set-MailContact", keys: "MailContact:", whom: "mail contact" },
];

impl Exchange {
    /// Over REST alone: in a session `-Confirm` asks whoever sits before it.
    pub(super) fn verbs_to_try(&mut self) -> &'static [Verb] {
        if self.channel.dialect().is_some() { &VERBS } else { &[] }
    }

    /// The cmdlet that would write a recipient, where a link or a listing of this run tells.
    pub(super) fn verb_of(&self, query: &TargetQuery<'_>) -> Option<&'static str> {
        let listed = || match self.directory.everybody.as_ref()?.find(&Wanted::of(query, Vec::new())) {
            Located::One(entry) => Some(entry.key),
            Located::Nobody | Located::Several(_) => None,
        };
        let key = query.link.and_then(Key::parse).or_else(listed)?;
        key.kind.set_cmdlet(Location::Cloud)
    }

    /// Somebody of the kind that a verb writes, by a question for the first few.
    pub(super) fn somebody_for(&mut self, verb: &Verb, context: &Context) -> Result<Option<Somebody>> {
        let location = self.location(context)?;
        let of_verb = |kind: &&Kind| kind.set_cmdlet(location) == Some(verb.name);
        let Some(kind) = Kind::of(location).iter().copied().find(|kind| of_verb(&kind)) else {
            return Ok(None);
        };
        for with_values in [true, false] {
            let first = command::first_of(kind, location, with_values);
            let objects = match self.invoke(&[first], context)?.pop() {
                Some(Ok(output)) => output.objects,
                // Not every service takes that filter.
                Some(Err(error)) if with_values && error.id == ErrorId::ExchangeRefused => continue,
                Some(Err(error)) => return Err(error),
                None => continue,
            };
            for object in &objects {
                if let Ok(Some(found)) = Found::read(Some(kind), object)
                    && !found.flags.directory_synced
                {
                    return Ok(Some(Somebody { key: found.key.to_string(), label: found.label() }));
                }
            }
        }
        Ok(None)
    }

    pub(super) fn validate(
        &mut self,
        rehearsals: &[Rehearsal<'_>],
        context: &Context,
    ) -> Result<Vec<Result<Rehearsed>>> {
        let clear = self.clear_form().form;
        let commands: Vec<Option<Command>> =
            rehearsals.iter().map(|rehearsal| validation(rehearsal, clear)).collect();
        let asked: Vec<Command> = commands.iter().flatten().cloned().collect();
        let mut outputs = self.invoke(&asked, context)?.into_iter();
        let answer = |(rehearsal, command): (&Rehearsal<'_>, Option<Command>)| {
            let label = &rehearsal.write.query.recipient.label;
            let gone = || Error::new(ErrorId::RecipientNotFound, format!("{label} is not in Exchange."));
            let output = command.and_then(|_| outputs.next()).ok_or_else(gone)??;
            Ok(if output.confirmation.is_some() { Rehearsed::Checked } else { Rehearsed::Unsure })
        };
        Ok(rehearsals.iter().zip(commands).map(answer).collect())
    }
}

/// The write of one attribute as it shall be, only to be checked.
fn validation(rehearsal: &Rehearsal<'_>, clear: ClearForm) -> Option<Command> {
    let Rehearsal { write, attribute } = rehearsal;
    let current = write.current.as_ref()?;
    let key = Key::parse(&current.key)?;
    let (old, new) = (of(&current.values, *attribute), of(&write.values, *attribute));
    let list = match (new.is_empty(), clear) {
        (false, _) => Parameter::BinaryList(new),
        (true, ClearForm::Remove) if !old.is_empty() => Parameter::Remove(old),
        (true, _) => Parameter::Clear,
    };
    let near = write.query.recipient.address.as_deref();
    let set =
        command::set(key.kind.set_cmdlet(Location::Cloud)?, key, near, vec![(property(*attribute), list)]);
    Some(Command { confirm: Confirm::Validate, ..set })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verbs_are_the_cmdlets_of_the_kinds_and_their_keys() {
        for (verb, kind) in VERBS.iter().zip(Kind::of(Location::Cloud)) {
            assert_eq!(Some(verb.name), kind.set_cmdlet(Location::Cloud));
            let key = Key { kind: *kind, guid: uuid::Uuid::nil() };
            assert!(key.to_string().starts_with(verb.keys), "{key}");
        }
        assert_eq!(VERBS.len(), Kind::of(Location::Cloud).len());
    }
}

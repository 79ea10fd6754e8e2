//! Finding recipients that no earlier run has linked: a few by asking for each, many by listing all once.

use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

use uuid::Uuid;

use super::{
    Exchange, command,
    found::Found,
    index::{Index, Located, Wanted},
    kind::Kind,
    read::another,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    exchange::{Command, Location, Output},
    model::{Fingerprint, at_start, counted},
};

/// So many recipients a run are asked for one by one; above, listing everybody takes fewer requests.
const FEW: usize = 20;

/// What is known of the organisation's recipients in this run.
#[derive(Default)]
pub(super) struct Directory {
    /// Everybody, once it was worth listing them.
    pub(super) everybody: Option<Index>,
    /// Deleted mailboxes that can still be restored, once somebody was missing.
    soft_deleted: Option<Index>,
    looked_up: usize,
    /// Which source anchor (by its hash) each recipient was given to.
    claims: HashMap<Uuid, Fingerprint>,
    /// Those who were listed with values and were written since.
    written: HashSet<Uuid>,
}

impl Directory {
    /// Gives a recipient to a source anchor; `false` where another anchor has it.
    pub(super) fn claim(&mut self, guid: Uuid, anchor: &str) -> bool {
        let anchor = Fingerprint::of(anchor.as_bytes());
        *self.claims.entry(guid).or_insert(anchor) == anchor
    }

    /// Takes a recipient back that was given to a source anchor.
    pub(super) fn release(&mut self, guid: Uuid) {
        self.claims.remove(&guid);
    }

    /// Whether a recipient was given to anybody of the source.
    pub(super) fn is_claimed(&self, guid: Uuid) -> bool {
        self.claims.contains_key(&guid)
    }

    /// Whether a recipient had values when everybody was listed, and was not written since.
    pub(super) fn had_values(&self, guid: Uuid) -> bool {
        let entry = self.everybody.as_ref().and_then(|index| index.by_guid(guid));
        entry.is_some_and(|entry| entry.flags.has_values) && !self.written.contains(&guid)
    }

    /// Takes note that a recipient is written.
    pub(super) fn writes(&mut self, guid: Uuid) {
        if self.had_values(guid) {
            self.written.insert(guid);
        }
    }

    /// Adds recipients that were made in this run.
    pub(super) fn add(&mut self, made: &[Found]) {
        if let Some(index) = self.everybody.as_mut().filter(|_| !made.is_empty()) {
            made.iter().for_each(|one| index.push(one));
            index.sort();
        }
    }
}

impl Exchange {
    /// Whom each of `wanted` means; `new` of them are asked for the first time in this run.
    pub(super) fn locate(
        &mut self,
        wanted: &[Wanted],
        new: usize,
        context: &Context,
    ) -> Result<Vec<Result<Located>>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.directory.looked_up += new;
        if self.directory.everybody.is_none() && wanted.len().max(self.directory.looked_up) <= FEW {
            return self.look_up(wanted, context);
        }
        self.know_everybody(context)?;
        let index = self.directory.everybody.as_ref();
        let find = |one| Ok(index.map_or(Located::Nobody, |index| index.find(one)));
        Ok(wanted.iter().map(find).collect())
    }

    /// Lists everybody, unless this run has done so already.
    pub(super) fn know_everybody(&mut self, context: &Context) -> Result<()> {
        if self.directory.everybody.is_none() {
            self.directory.everybody = Some(self.list_everybody(context)?);
        }
        Ok(())
    }

    fn list_everybody(&mut self, context: &Context) -> Result<Index> {
        let (began, location) = (Instant::now(), self.location(context)?);
        let mut index = Index::default();
        for kind in Kind::of(location) {
            self.fill(&mut index, *kind, &command::list(*kind, location, true), context)?;
        }
        if index.len() == 0 && self.expected > 0 {
            return Err(nobody_at_all(&self.channel.name(), self.expected));
        }
        index.sort();
        let (name, seconds) = (at_start(&self.channel.name()), began.elapsed().as_secs_f64());
        context.log(
            LogLevel::Verbose,
            format!(
                "{name} has {}; listed in {seconds:.2} s.",
                counted(index.len(), "recipient", "recipients")
            ),
        )?;
        Ok(index)
    }

    fn fill(&mut self, index: &mut Index, kind: Kind, list: &Command, context: &Context) -> Result<()> {
        self.channel.list(list, context, &mut |object| {
            if let Some(found) = Found::read(Some(kind), &object)? {
                index.push(&found);
            }
            Ok(())
        })
    }

    /// Whether a deleted mailbox that can still be restored is meant.
    pub(super) fn locate_soft_deleted(&mut self, wanted: &Wanted, context: &Context) -> Result<Located> {
        if self.location(context)? == Location::OnPremises {
            return Ok(Located::Nobody);
        }
        if self.directory.soft_deleted.is_none() {
            let mut index = Index::default();
            self.fill(&mut index, Kind::Mailbox, &command::list_soft_deleted(), context)?;
            index.sort();
            self.directory.soft_deleted = Some(index);
        }
        Ok(self.directory.soft_deleted.as_ref().map_or(Located::Nobody, |index| index.find(wanted)))
    }

    /// Asks for each recipient: by Guid and address first, and by the user principal name, too, where nobody has these
    /// but perhaps as the address that its mail goes to.
    pub(super) fn look_up(&mut self, wanted: &[Wanted], context: &Context) -> Result<Vec<Result<Located>>> {
        let location = self.location(context)?;
        let by_address = |one: &Wanted| {
            let guids = one.guids.iter().map(|guid| (Meant::Guid(*guid), command::recipient_by_guid(*guid)));
            let addresses = one
                .address
                .iter()
                .map(|address| (Meant::Address(address.clone()), command::recipients_by_address(address)));
            guids.chain(addresses).collect()
        };
        let by_name = |one: &Wanted| {
            let kinds = Kind::of(location).iter().filter(|kind| **kind != Kind::MailContact);
            let names = one.user_principal_name.iter().chain(&one.address);
            let mut names: Vec<&String> = names.collect();
            names.dedup();
            let command = |name: &String| {
                let name = name.clone();
                kinds
                    .clone()
                    .map(move |kind| (Meant::Kind(*kind), command::get_by_name(*kind, &name, location)))
            };
            names.into_iter().flat_map(command).collect()
        };
        let mut found = self.ask_for(wanted, by_address, context)?;
        // An address outranks a name; without one, everybody comes into question who goes by it.
        let is_open = |(one, found): (&Wanted, &Result<Vec<Found>>)| {
            found.as_ref().is_ok_and(|found| !Index::of(found).has_address_or_guid(one))
        };
        let open: Vec<usize> =
            (0..wanted.len()).filter(|at| wanted.get(*at).zip(found.get(*at)).is_some_and(is_open)).collect();
        let missing: Vec<Wanted> = open.iter().filter_map(|at| wanted.get(*at)).cloned().collect();
        for (at, more) in open.into_iter().zip(self.ask_for(&missing, by_name, context)?) {
            match (found.get_mut(at), more) {
                (Some(Ok(found)), Ok(more)) => found.extend(more),
                (Some(place), Err(error)) => *place = Err(error),
                _ => {}
            }
        }
        let find = |(one, found): (&Wanted, Result<Vec<Found>>)| Ok(Index::of(&found?).find(one));
        Ok(wanted.iter().zip(found).map(find).collect())
    }

    /// Runs each one's commands; whom they found.
    fn ask_for(
        &mut self,
        wanted: &[Wanted],
        commands: impl Fn(&Wanted) -> Vec<(Meant, Command)>,
        context: &Context,
    ) -> Result<Vec<Result<Vec<Found>>>> {
        let questions: Vec<Vec<(Meant, Command)>> = wanted.iter().map(commands).collect();
        let all: Vec<Command> = questions.iter().flatten().map(|(_, command)| command.clone()).collect();
        let mut answers = self.invoke(&all, context)?.into_iter();
        let answers_to = |questions: &Vec<(Meant, Command)>| {
            let answers = answers.by_ref().take(questions.len());
            whom(questions.iter().zip(answers).collect())
        };
        Ok(questions.iter().map(answers_to).collect())
    }
}

/// Whom a command asks for.
enum Meant {
    Guid(Uuid),
    /// Whoever has an address, in lower case.
    Address(String),
    /// Somebody of a kind, by a name, which the answer need not show.
    Kind(Kind),
}

impl Meant {
    fn kind(&self) -> Option<Kind> {
        match self {
            Self::Kind(kind) => Some(*kind),
            Self::Guid(_) | Self::Address(_) => None,
        }
    }

    /// Whether an answer is one to this question: nobody, or who was asked for among others.
    fn is_among(&self, found: &[Found]) -> bool {
        let has = |one: &Found, address: &String| one.addresses.iter().any(|(other, _)| other == address);
        match self {
            _ if found.is_empty() => true,
            Self::Guid(guid) => found.iter().all(|one| one.key.guid == *guid),
            Self::Address(address) => found.iter().any(|one| has(one, address)),
            Self::Kind(_) => true,
        }
    }
}

/// Whom the answers to the commands that asked for one have. Fails with `ExchangeProtocol` where one shows somebody else.
fn whom(answers: Vec<(&(Meant, Command), Result<Output>)>) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for ((meant, command), answer) in answers {
        let output = match answer {
            Err(error) if error.id == ErrorId::RecipientNotFound => continue,
            other => other?,
        };
        let found = output.objects.iter().filter_map(|one| Found::read(meant.kind(), one).transpose());
        let found = found.collect::<Result<Vec<Found>>>()?;
        if !meant.is_among(&found) {
            return Err(another(command));
        }
        all.extend(found);
    }
    Ok(all)
}

/// The error for a list of everybody that has nobody, where some are known to be there.
pub(super) fn nobody_at_all(name: &str, expected: u64) -> Error {
    let what = format!(
        "{name} lists nobody at all, though {} there by the state.",
        counted(expected, "recipient has certificates", "recipients have certificates")
    );
    Error::new(ErrorId::ExchangeProtocol, what)
}

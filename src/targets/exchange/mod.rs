//! The targets `ExchangeOnline` and `ExchangeSession`: recipients of Exchange, written with its own cmdlets.
//!
//! Which way the cmdlets take is the [`CmdletChannel`]'s business. A recipient is read with `Get-Mailbox`,
//! `Get-MailUser` or `Get-MailContact` (other cmdlets don't show the values) and written with the `Set-` of the same
//! name, which takes the whole list of an attribute.

mod clear;
mod command;
mod found;
mod index;
mod kind;
mod read;
mod rehearse;
mod renamed;
mod search;
mod second_look;
mod stranger;
mod survey;
mod write;

use std::time::Duration;

use super::{
    Match, Removal, Stranger, Target, TargetIdentity, TargetQuery, TargetWrite,
    rehearsal::{Rehearsal, Rehearsed, Somebody, Verb},
};
use crate::{
    directory::{Selection, SourceItem},
    error::{Error, ErrorId, Result},
    event::Context,
    exchange::{
        CmdletChannel, Command, Location, Object, Output,
        dialect::{ClearForm, Fact, SettledFact, ValueFilter},
    },
    model::{PublishedValue, RecipientKind, Timestamp, counted},
    profile::ContactSettings,
};
use found::values;
use kind::{Key, Kind};
use search::Directory;
use strum::VariantArray;
use survey::Survey;

/// The keys of a recipient of any kind with the Guid of `key`: a mailbox may have been a mail user before. `None` for
/// what is no key of Exchange.
pub(super) fn keys_of_same(key: &str) -> Option<Vec<String>> {
    let guid = Key::parse(key)?.guid;
    Some(Kind::VARIANTS.iter().map(|kind| Key { kind: *kind, guid }.to_string()).collect())
}

/// An Exchange organisation, reached over a channel.
pub struct Exchange {
    channel: Box<dyn CmdletChannel>,
    create_contact: bool,
    location: Option<Location>,
    identity: Option<TargetIdentity>,
    directory: Directory,
    /// What everybody had, where they were listed.
    survey: Option<Survey>,
    /// Whether the service lists by values, where the channel does not keep that.
    filter: Fact<ValueFilter>,
    /// How properties are cleared, where the channel remembers nothing.
    clear: Fact<ClearForm>,
    /// Recipients that are known to be there, by the state.
    expected: u64,
    /// Whether the values of anybody were read.
    has_shown_values: bool,
    /// How many were counted because nothing was shown of them.
    looked_at_twice: usize,
    /// Whether the organisation shows no mailbox at all; nobody knows before it was asked.
    is_empty: bool,
}

/// Which organisation is at the other end of `channel`.
/// Fails with what the channel says, and with `ExchangeProtocol` where it does not show a Guid.
pub fn organization(channel: &mut dyn CmdletChannel, context: &Context) -> Result<TargetIdentity> {
    let answer = channel.invoke(&[command::organization()], context)?.pop().transpose()?;
    let config = answer.and_then(|output| output.objects.into_iter().next()).unwrap_or_default();
    let text = |name| config.text(name).map(str::trim).filter(|text| !text.is_empty());
    let Some(guid) = text("Guid") else {
        let what = format!(
            "Get-OrganizationConfig of {} shows no Guid, by which one organisation is told from another.",
            channel.name()
        );
        return Err(Error::new(ErrorId::ExchangeProtocol, what));
    };
    Ok(TargetIdentity { key: guid.to_lowercase(), name: text("Name").unwrap_or_default().to_owned() })
}

impl Exchange {
    /// The organisation at the other end of `channel`; nothing is asked yet.
    pub fn new(channel: Box<dyn CmdletChannel>, contacts: &ContactSettings) -> Self {
        let create_contact = contacts.create_contact;
        Self {
            channel,
            create_contact,
            location: None,
            identity: None,
            directory: Directory::default(),
            survey: None,
            filter: Fact::default(),
            clear: Fact::default(),
            expected: 0,
            has_shown_values: false,
            looked_at_twice: 0,
            is_empty: false,
        }
    }

    fn location(&mut self, context: &Context) -> Result<Location> {
        match self.location {
            Some(location) => Ok(location),
            None => Ok(*self.location.insert(self.channel.location(context)?)),
        }
    }

    /// Runs any number of commands; one result each, in their order.
    fn invoke(&mut self, commands: &[Command], context: &Context) -> Result<Vec<Result<Output>>> {
        let mut results = Vec::with_capacity(commands.len());
        for batch in commands.chunks(self.channel.batch_size().max(1)) {
            context.check()?;
            let answers = self.channel.invoke(batch, context)?;
            if answers.len() != batch.len() {
                let what = format!(
                    "{} gave {} to {}.",
                    self.channel.name(),
                    counted(answers.len(), "answer", "answers"),
                    counted(batch.len(), "command", "commands")
                );
                return Err(Error::new(ErrorId::ExchangeProtocol, what));
            }
            results.extend(batch.iter().zip(answers).map(|(command, answer)| {
                let output = answer?;
                said_something(command, &output).map(|()| output)
            }));
        }
        Ok(results)
    }

    /// Takes note of a recipient whose values were read.
    fn saw(&mut self, object: &Object) {
        if !self.has_shown_values {
            self.has_shown_values = values(object).is_ok_and(|values| !values.is_empty());
        }
    }

    /// Whether a mail contact is to be made for somebody who is not there. Only for contacts of the source: anybody
    /// with an account belongs to the organisation, and its mailbox or mail user comes from elsewhere. On premises a
    /// contact can't be given values.
    fn creates(&self, query: &TargetQuery<'_>, location: Location) -> bool {
        self.create_contact
            && location == Location::Cloud
            && query.recipient.kind == RecipientKind::Contact
            && query.recipient.address.as_deref().is_some_and(|address| !address.is_empty())
    }
}

/// Who is not there is an error (`ManagementObjectNotFound`); so nothing at all is no answer about somebody, over REST
/// and in a session alike. Fails with `ExchangeProtocol` then.
fn said_something(command: &Command, output: &Output) -> Result<()> {
    let asks = command.cmdlet.starts_with("Get-");
    let names = command.parameters.iter().any(|(name, _)| *name == "Identity");
    if !(asks && names && output.objects.is_empty()) {
        return Ok(());
    }
    let what = format!(
        "{} failed: Exchange answered with nothing, and not with whether that recipient is there.",
        command.what()
    );
    let error = Error::new(ErrorId::ExchangeProtocol, what);
    Err(match command.object() {
        Some(object) => error.target(object),
        None => error,
    })
}

impl Target for Exchange {
    fn name(&self) -> String {
        self.channel.name()
    }

    /// The organisation, asked for once.
    fn identity(&mut self, context: &Context) -> Result<Option<TargetIdentity>> {
        if self.identity.is_none() {
            self.identity = Some(organization(self.channel.as_mut(), context)?);
        }
        Ok(self.identity.clone())
    }

    fn batch_size(&self) -> usize {
        self.channel.batch_size()
    }

    /// Asks for the organisation and for any mailbox: whoever is not signed in, or has no role, gets neither.
    /// That writing is allowed, only a write can show.
    fn check_writable(&mut self, context: &Context) -> Result<()> {
        self.location(context)?;
        let answers = self.invoke(&[command::organization(), command::any_mailbox()], context)?;
        let mut answers = answers.into_iter().collect::<Result<Vec<Output>>>()?.into_iter();
        if answers.next().is_none_or(|config| config.objects.is_empty()) {
            let what = format!("Get-OrganizationConfig of {} shows no organisation.", self.channel.name());
            return Err(Error::new(ErrorId::ExchangeProtocol, what));
        }
        self.is_empty = answers.next().is_none_or(|mailboxes| mailboxes.objects.is_empty());
        Ok(())
    }

    fn doubt(&self) -> Option<String> {
        self.is_empty.then(|| {
            format!(
                "{} shows no mailbox at all: the organisation is empty, the role shows nobody, or something else \
                 answers for it.",
                self.channel.name()
            )
        })
    }

    fn expect(&mut self, published: u64) {
        self.expected = published;
    }

    /// That values can be read is shown by values alone.
    fn shows_values(&self) -> bool {
        self.has_shown_values
    }

    fn has_ever_shown_values(&mut self) -> bool {
        self.has_shown_values || self.channel.dialect().is_some_and(|dialect| dialect.values.confirmed)
    }

    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        self.read_queries(queries, context)
    }

    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        self.write_values(writes, context)
    }

    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        // Over REST one question shows both.
        if self.channel.dialect().is_some() {
            self.identity(context)?;
        }
        self.channel.clock(context)
    }

    fn read_all(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        match selection {
            Selection::All => self.list_recipients(context, sink),
            Selection::Identities(identities) => self.get_recipients(identities, context, sink),
            Selection::Matching(_) => self.list_recipients(context, &mut |item| {
                if item.may_be_in(selection) { sink(item) } else { Ok(()) }
            }),
        }
    }

    /// Exchange gives the key; nothing else tells it.
    fn key(&self, _query: &TargetQuery<'_>) -> Option<String> {
        None
    }

    fn verbs(&mut self) -> &'static [Verb] {
        self.verbs_to_try()
    }

    fn verb(&mut self, query: &TargetQuery<'_>) -> Option<&'static str> {
        self.verb_of(query)
    }

    fn somebody(&mut self, verb: &Verb, context: &Context) -> Result<Option<Somebody>> {
        self.somebody_for(verb, context)
    }

    fn rehearse(
        &mut self,
        rehearsals: &[Rehearsal<'_>],
        context: &Context,
    ) -> Result<Vec<Result<Rehearsed>>> {
        self.validate(rehearsals, context)
    }

    fn settled(&self) -> Vec<SettledFact> {
        self.channel.settled()
    }

    fn wait(&self, time: Duration, context: &Context) -> Result<()> {
        self.channel.wait(time, context)
    }

    fn look_over(&mut self, recipients: u64, context: &Context) -> Result<()> {
        Self::look_over(self, recipients, context)
    }

    fn was_seen_with(&mut self, query: &TargetQuery<'_>, values: &[PublishedValue]) -> bool {
        self.was_listed_with(query, values)
    }

    /// A read is answered by another server than the write.
    fn shows_late(&self) -> bool {
        true
    }

    /// The answer to a write says nothing of what became of the property: `null` may leave it as it is.
    fn removal(&mut self) -> Removal {
        if self.clear_form().confirmed { Removal::Seen } else { Removal::Unseen }
    }

    fn note_removed(&mut self, write: &TargetWrite<'_>, insisted: bool) {
        self.note_cleared(write, insisted);
    }

    fn insist(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<()>>> {
        self.remove_values(writes, context)
    }

    fn recall(&mut self, remembered: &str) {
        self.channel.recall(remembered);
    }

    fn learned(&mut self) -> Option<String> {
        self.channel.learned()
    }

    fn strangers(&mut self, context: &Context, sink: &mut dyn FnMut(Stranger) -> Result<()>) -> Result<()> {
        self.hand_over_strangers(context, sink)
    }
}

//! Another directory as a target: a copy of what is chosen, beside what others have put there.
//!
//! Its recipients are people of its own; who is who, their addresses tell, and the key that an earlier run kept. Values
//! are written as in [`active_directory`](super::active_directory): exact ones go and come in one modify request, so that
//! nothing of others is lost, whatever they do meanwhile.

mod find;
mod matching;
mod words;

use self::{matching::Holders, words::told};
use super::{
    Match, Target, TargetQuery, TargetWrite, active_directory,
    difference::Difference,
    exact_write::{Now, Objects, write_exactly},
    known::Known,
};
use crate::{
    directory::{
        ChangeForm, Presence, Selection, Source, SourceItem,
        ldap::{Account, LdapSource, Modified},
    },
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Attribute, Named, Timestamp, Value},
    profile::{DirectorySettings, DirectoryTargetSettings},
};

/// Another directory. Nobody is asked before there is something to ask.
pub struct DirectoryTarget {
    /// The directory as a source of people.
    directory: LdapSource,
    settings: DirectorySettings,
    account: Account,
    /// How it takes changes, once it has told what kind of directory it is.
    form: Option<ChangeForm>,
    /// Those who were read.
    known: Known,
}

impl DirectoryTarget {
    /// The settings' server. Nobody is asked yet.
    /// Fails as [`LdapSource::directory`].
    pub fn new(settings: &DirectoryTargetSettings, account: Account, context: &Context) -> Result<Self> {
        let (names, settings) = (&settings.target_attribute_map, settings.directory());
        let directory = told(LdapSource::directory(&settings, account.clone(), context))?.naming(names);
        Ok(Self { directory, settings, account, form: None, known: Known::default() })
    }

    /// Finds out what kind of directory it is: an Active Directory says so of itself, and is asked in its own way.
    /// Returns how it takes changes. Fails with `ProfileInvalid` where that has other names for attributes.
    fn meet(&mut self, context: &Context) -> Result<ChangeForm> {
        if let Some(form) = &self.form {
            return Ok(form.clone());
        }
        if active_directory::is_one(&mut self.directory, context)? {
            if self.directory.has_other_names() {
                return Err(misnamed(&self.directory.server()));
            }
            let account = self.account.clone();
            self.directory = LdapSource::domain_controller(None, &self.settings, account, context)?;
        }
        Ok(self.form.insert(self.directory.change_form(context)?).clone())
    }

    /// Whether it can be written, as far as that shows beforehand.
    fn check(&mut self, context: &Context) -> Result<()> {
        self.meet(context)?;
        if self.directory.is_active_directory() {
            let user = self.directory.user_name(context)?;
            return active_directory::check_rights(&mut self.directory, &user, context);
        }
        // What the account may write, other directories tell nobody.
        let schema = self.directory.schema(context)?;
        match Attribute::all().find(|attribute| schema.has(*attribute) == Some(false)) {
            None => Ok(()),
            Some(attribute) => {
                let server = self.directory.server();
                let name = schema.name(attribute);
                let what = format!("The server '{server}' has no attribute {name} in its schema.");
                let advice = match name == attribute.name() {
                    true => {
                        "Add the schema of inetOrgPerson (RFC 2798) to the server, or name the attribute with -TargetAttributeMap."
                    }
                    false => "Correct -TargetAttributeMap.",
                };
                Err(Error::new(ErrorId::DirectoryNotWritable, what).target(server).advice(advice))
            }
        }
    }

    /// Whom the queries mean.
    fn matches(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        let form = self.meet(context)?;
        let linked = self.linked(queries, context)?;
        let holders = self.holders(queries, &linked, context)?;
        let (name, nobody) = (self.name(), Holders::default());
        for (query, linked) in queries.iter().zip(&linked) {
            let held = matching::address(query).and_then(|address| holders.get(address));
            let held = held.map(|held| held.people.as_slice()).unwrap_or_default();
            let all = linked.recipient().into_iter().chain(held);
            all.into_iter().try_for_each(|found| matching::check_apart(query, found, &name))?;
        }
        let found = queries.iter().zip(linked).map(|(query, linked)| {
            let holders = matching::address(query).and_then(|address| holders.get(address));
            matching::matched(query, linked, holders.map_or(&nobody, AsRef::as_ref), &name, &mut |one| {
                self.known.take(one.clone(), &form)
            })
        });
        Ok(found.collect())
    }
}

/// The error of an Active Directory that is to have other names for attributes than it can have.
fn misnamed(server: &str) -> Error {
    let what =
        format!("The server '{server}' is an Active Directory, in which attributes have no other names.");
    Error::new(ErrorId::ProfileInvalid, what)
        .target(server)
        .advice("Take -TargetAttributeMap out of the profile.")
}

impl Objects for DirectoryTarget {
    fn modify(
        &mut self,
        write: &TargetWrite<'_>,
        difference: &Difference,
        context: &Context,
    ) -> Result<Modified> {
        let key = write.current.as_ref().map_or("", |current| current.key.as_str());
        let Some(known) = self.known.get(key) else {
            let what = format!("The object of '{}' was not read.", write.query.recipient.label);
            return Ok(Modified::Refused(Error::new(ErrorId::ObjectChanged, what)));
        };
        let modifications = difference.modifications(&known.form);
        self.directory.modify(
            key,
            &known.distinguished_name,
            &write.query.recipient.label,
            &modifications,
            context,
        )
    }

    /// Where values have no equality rule, none goes by itself: those that are not shown would all go.
    fn take_away(&mut self, write: &TargetWrite<'_>, value: &Value, context: &Context) -> Result<Modified> {
        let key = write.current.as_ref().map_or("", |current| current.key.as_str());
        if self.known.get(key).is_some_and(|known| known.form.whole.contains(&value.attribute)) {
            let label = &write.query.recipient.label;
            let attribute = value.attribute.name();
            let what = format!(
                "A value of {attribute} that was published for '{label}' is not shown, and the directory takes none away by itself."
            );
            let advice = "Give the account of the target the right to read it, or take it away by hand.";
            return Ok(Modified::Refused(
                Error::new(ErrorId::TargetUnreadable, what).target(label).advice(advice),
            ));
        }
        self.modify(write, &Difference::going(value), context)
    }

    fn look_again(&mut self, write: &TargetWrite<'_>, context: &Context) -> Result<Result<Option<Now>>> {
        let key = write.current.as_ref().map(|current| current.key.clone()).unwrap_or_default();
        let form = self.meet(context)?;
        match self.directory.look_up(&[key], context)?.pop() {
            Some(Presence::InScope(recipient)) => {
                let values = self.known.take(*recipient, &form).values;
                Ok(Ok(Some(Now { values, rests: false })))
            }
            Some(Presence::Unreadable) => {
                let label = &write.query.recipient.label;
                let what = format!("The object of '{label}' can't be read any more.");
                Ok(Err(Error::new(ErrorId::TargetUnreadable, what).target(label)))
            }
            _ => Ok(Ok(None)),
        }
    }
}

impl Target for DirectoryTarget {
    /// A server hides what an account may not read, and says so nowhere.
    fn hides_values(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        format!("the directory at '{}'", self.directory.server())
    }

    fn batch_size(&self) -> usize {
        LdapSource::BATCH
    }

    fn check_writable(&mut self, context: &Context) -> Result<()> {
        told(self.check(context))
    }

    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        let matches = told(self.matches(queries, context))?;
        Ok(matches.into_iter().map(told).collect())
    }

    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        let mut results = Vec::with_capacity(writes.len());
        for write in writes {
            let written = told(told(write_exactly(self, write, context))?);
            let key = write.current.as_ref().map(|current| current.key.clone()).unwrap_or_default();
            results.push(written.map(|()| key));
        }
        Ok(results)
    }

    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        told(self.meet(context))?;
        told(self.directory.clock(context))
    }

    fn read_all(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        told(self.meet(context))?;
        told(self.directory.read(selection, context, sink))
    }

    /// The directory gives the key.
    fn key(&self, _query: &TargetQuery<'_>) -> Option<String> {
        None
    }

    /// The values of an attribute are a set (RFC 4512, 2.2).
    fn keeps_order(&self) -> bool {
        false
    }

    /// It is one server, which answers reads as it has taken writes.
    fn has_replicas(&self) -> bool {
        false
    }
}

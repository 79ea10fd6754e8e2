//! Another directory as a target: a copy of what is chosen, beside what others have put there.
//!
//! Its recipients are people of its own; who is who, their addresses tell, and the key that an earlier run kept. Values
//! are written as in [`active_directory`](super::active_directory): exact ones go and come in one modify request, so that
//! nothing of others is lost, whatever they do meanwhile.

mod matching;

use std::collections::HashMap;

use self::matching::{Found, by_address};
use super::{
    Match, Target, TargetQuery, TargetRecipient, TargetWrite, active_directory,
    difference::Difference,
    exact_write::{Now, Objects, write_exactly},
};
use crate::{
    directory::{
        Presence, Selection, Source, SourceItem,
        ldap::{Account, LdapSource, Modified},
    },
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Attribute, Exclusion, Named, PublishedRecipient, Recipient, Timestamp},
    profile::{DirectorySettings, DirectoryTargetSettings},
};

/// Another directory. Nobody is asked before there is something to ask.
pub struct DirectoryTarget {
    /// The directory as a source of people.
    directory: LdapSource,
    settings: DirectorySettings,
    account: Account,
    /// Whether the server has told what kind of directory it is.
    is_met: bool,
    /// How those are named who were read, by key.
    known: HashMap<String, Known>,
}

/// How an object is named in a request.
struct Known {
    distinguished_name: String,
    /// The attributes whose names have the option of that name.
    binary: Vec<Attribute>,
}

impl DirectoryTarget {
    /// The settings' server. Nobody is asked yet.
    /// Fails as [`LdapSource::directory`].
    pub fn new(settings: &DirectoryTargetSettings, account: Account, context: &Context) -> Result<Self> {
        let settings = settings.directory();
        let directory = LdapSource::directory(&settings, account.clone(), context)?;
        Ok(Self { directory, settings, account, is_met: false, known: HashMap::new() })
    }

    /// Finds out what kind of directory it is: an Active Directory says so of itself, and is asked in its own way.
    fn meet(&mut self, context: &Context) -> Result<()> {
        if !self.is_met && active_directory::is_one(&mut self.directory, context)? {
            let account = self.account.clone();
            self.directory = LdapSource::domain_controller(None, &self.settings, account, context)?;
        }
        self.is_met = true;
        Ok(())
    }

    /// Takes a recipient of the directory, and keeps how it is named.
    fn take(&mut self, recipient: Recipient) -> TargetRecipient {
        let Recipient { anchor, distinguished_name, mut binary_option, values, .. } = recipient;
        let has_certificates = values.iter().any(|value| value.attribute == Attribute::UserCertificate);
        // RFC 4523, 2.1: where nothing shows how the server names it.
        if !has_certificates && !self.directory.is_active_directory() {
            binary_option.push(Attribute::UserCertificate);
        }
        self.known.insert(anchor.clone(), Known { distinguished_name, binary: binary_option });
        TargetRecipient { key: anchor, values, findings: Vec::new(), incomplete: Vec::new(), damage: None }
    }

    /// Those who were linked by an earlier run and are still there, by the place of their query.
    fn linked(
        &mut self,
        queries: &[TargetQuery<'_>],
        context: &Context,
    ) -> Result<HashMap<usize, Result<Match>>> {
        let (places, keys): (Vec<usize>, Vec<String>) =
            (0..).zip(queries).filter_map(|(place, query)| Some((place, query.link?.to_owned()))).unzip();
        let presences = self.directory.look_up(&keys, context)?;
        let mut linked = HashMap::new();
        for ((place, key), presence) in places.into_iter().zip(keys).zip(presences) {
            match presence {
                Presence::InScope(recipient) => {
                    linked.insert(place, Ok(Match::One(self.take(*recipient))));
                }
                Presence::Unreadable => {
                    let what = format!("The object '{key}' of {} can't be read.", self.name());
                    linked.insert(place, Err(Error::new(ErrorId::TargetUnreadable, what).target(key)));
                }
                // Somebody else may have the address by now.
                Presence::OutOfScope | Presence::Deleted | Presence::Absent => {}
            }
        }
        Ok(linked)
    }

    /// Everybody who has one of these addresses, and why somebody who may be one of them can't be read.
    fn addressed(
        &mut self,
        addresses: Vec<String>,
        context: &Context,
    ) -> Result<(Vec<Recipient>, Option<Error>)> {
        let (mut found, mut unreadable) = (Vec::new(), None);
        if !addresses.is_empty() {
            self.directory.read(&Selection::Identities(addresses), context, &mut |item| {
                match item {
                    SourceItem::Recipient(recipient) => found.push(recipient),
                    SourceItem::Invalid(error) => unreadable = Some(error),
                }
                Ok(())
            })?;
        }
        Ok((found, unreadable))
    }
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
        let modifications = difference.modifications(&known.binary);
        self.directory.modify(
            key,
            &known.distinguished_name,
            &write.query.recipient.label,
            &modifications,
            context,
        )
    }

    fn look_again(&mut self, write: &TargetWrite<'_>, context: &Context) -> Result<Result<Option<Now>>> {
        let key = write.current.as_ref().map(|current| current.key.clone()).unwrap_or_default();
        match self.directory.look_up(&[key], context)?.pop() {
            Some(Presence::InScope(recipient)) => {
                let values = self.take(*recipient).values;
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
    fn name(&self) -> String {
        format!("the directory at '{}'", self.directory.server())
    }

    fn batch_size(&self) -> usize {
        LdapSource::BATCH
    }

    fn check_writable(&mut self, context: &Context) -> Result<()> {
        self.meet(context)?;
        if self.directory.is_active_directory() {
            let user = self.directory.user_name(context)?;
            return active_directory::check_rights(&mut self.directory, &user, context);
        }
        // What the account may write, other directories tell nobody.
        let Some(root) = self.directory.object("", &["subschemaSubentry"], context)? else { return Ok(()) };
        let name = root.values("subschemaSubentry").next().unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        let schema = self.directory.object(&name, &["attributeTypes"], context)?.unwrap_or_default();
        let types: Vec<String> =
            schema.values("attributeTypes").map(|one| String::from_utf8_lossy(one).to_lowercase()).collect();
        let has = |attribute: Attribute| {
            let quoted = format!("'{}'", attribute.name().to_lowercase());
            types.is_empty() || types.iter().any(|one| one.contains(&quoted))
        };
        match Attribute::all().find(|attribute| !has(*attribute)) {
            None => Ok(()),
            Some(attribute) => {
                let server = self.directory.server();
                let what = format!("The server '{server}' has no attribute {attribute} in its schema.");
                Err(Error::new(ErrorId::DirectoryNotWritable, what)
                    .target(server)
                    .advice("Add the schema of inetOrgPerson (RFC 2798) to the server."))
            }
        }
    }

    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        self.meet(context)?;
        let mut linked = self.linked(queries, context)?;
        let open = |(place, query): (usize, &TargetQuery<'_>)| {
            let address = matching::address(query)?;
            (!linked.contains_key(&place)).then(|| address.to_owned())
        };
        let addresses = (0..).zip(queries).filter_map(open).collect();
        let (found, unreadable) = self.addressed(addresses, context)?;
        let mut matches = Vec::with_capacity(queries.len());
        for (place, query) in (0..).zip(queries) {
            if let Some(matched) = linked.remove(&place) {
                matches.push(matched);
                continue;
            }
            matches.push(match by_address(query, &found) {
                Found::One(recipient) => Ok(Match::One(self.take(recipient.clone()))),
                Found::Several(why) => Ok(Match::Ambiguous(why)),
                Found::Nobody => match &unreadable {
                    Some(error) => Err(error.clone()),
                    None => Ok(Match::Excluded(Exclusion::NotFound, None)),
                },
            });
        }
        Ok(matches)
    }

    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        let mut results = Vec::with_capacity(writes.len());
        for write in writes {
            let written = write_exactly(self, write, context)?;
            let key = write.current.as_ref().map(|current| current.key.clone()).unwrap_or_default();
            results.push(written.map(|()| key));
        }
        Ok(results)
    }

    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        self.meet(context)?;
        self.directory.clock(context)
    }

    fn read_all(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.meet(context)?;
        self.directory.read(selection, context, sink)
    }

    /// The directory gives the key.
    fn key(&self, _query: &TargetQuery<'_>) -> Option<String> {
        None
    }

    fn finish(
        &mut self,
        _next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
        _context: &Context,
    ) -> Result<()> {
        Ok(())
    }

    /// It is one server, which answers reads as it has taken writes.
    fn has_replicas(&self) -> bool {
        false
    }
}

//! Active Directory, and other directories, as a source (RFC 4511, [MS-ADTS]).

mod access;
mod account;
mod answer;
mod change;
mod connection;
mod dial;
mod dialect;
mod failure;
mod filter;
mod inbox;
mod limits;
mod malformed;
mod message;
mod result;
mod scope;
mod search;
mod start_tls;
mod time_left;
mod tls;
mod transport;

use std::collections::{HashMap, HashSet, hash_map::Entry};

pub use self::account::Account;
pub(crate) use self::message::{Modification, Operation};
use self::{
    access::Access,
    connection::Connection,
    dialect::{ACTIVE_DIRECTORY, Dialect, STANDARD},
    failure::protocol,
    filter::Filter,
    limits::Room,
    malformed::Malformed,
    message::{Scope, Search},
    scope::SearchScope,
    search::{Sink, read_object, search},
};
use super::{Presence, Selection, Source, SourceItem, entry::recipient};
use crate::{
    error::{ErrorId, Result},
    event::Context,
    model::{Timestamp, same_in_any_case},
    profile::DirectorySettings,
};

/// Entries a page; half of what Active Directory allows by default (MaxPageSize), since these are large.
const PAGE_SIZE: u32 = 500;

/// Identities or anchors in one filter.
const BATCH: usize = 50;

/// A directory, signed in.
pub struct LdapSource {
    connection: Connection,
    dialect: Dialect,
    scope: SearchScope,
    /// Where objects are that left the scope.
    domains: Vec<String>,
}

impl LdapSource {
    /// Connects to a domain controller as the settings say, signs in and finds the search bases.
    ///
    /// Fails with `FilterInvalid`, `TrustAnchorUnreadable`, then the `Directory…` errors of the connection and the
    /// sign-in, `SearchBaseNotFound`, `Canceled`.
    pub fn active_directory(
        settings: &DirectorySettings,
        account: Account,
        context: &Context,
    ) -> Result<Self> {
        Self::domain_controller(&settings.server, settings, account, context)
    }

    /// The same at the domain controller `server`, whichever the settings name.
    pub fn domain_controller(
        server: &str,
        settings: &DirectorySettings,
        account: Account,
        context: &Context,
    ) -> Result<Self> {
        Self::connect(ACTIVE_DIRECTORY, server, settings, account, context)
    }

    /// Connects to any other directory. Fails as [`LdapSource::active_directory`] does.
    pub fn directory(settings: &DirectorySettings, account: Account, context: &Context) -> Result<Self> {
        Self::connect(STANDARD, &settings.server, settings, account, context)
    }

    fn connect(
        dialect: Dialect,
        server: &str,
        settings: &DirectorySettings,
        account: Account,
        context: &Context,
    ) -> Result<Self> {
        let filter = scope::filter(settings, &dialect)?;
        let access = Access::of(server, settings, account, context)?;
        let mut connection = access.connect(server, context)?;
        let domains = domains(&mut connection, context)?;
        let bases = scope::bases(&mut connection, settings, context)?;
        let base = bases.first().map(String::as_str).unwrap_or_default();
        let dialect = dialect.fitted(&mut connection, base, context)?;
        Ok(Self { connection, dialect, scope: SearchScope { bases, filter }, domains })
    }

    /// Hands what `filter` finds below `bases` to `sink`, converted.
    fn recipients(
        &mut self,
        filter: &Filter,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        let dialect = self.dialect;
        self.entries(filter, &dialect.attributes(), context, &mut |entry, whole| match whole
            .and_then(|()| recipient(&entry, dialect.anchor))
        {
            Ok(Some(recipient)) => sink(SourceItem::Recipient(recipient)),
            Ok(None) => Ok(()),
            Err(error) => sink(SourceItem::Invalid(error)),
        })
    }

    /// Hands what `filter` finds below the search bases to `sink`, as it came.
    fn entries(
        &mut self,
        filter: &Filter,
        attributes: &[&str],
        context: &Context,
        sink: &mut Sink,
    ) -> Result<()> {
        for base in &self.scope.bases {
            let anchor = self.dialect.anchor_attributes();
            search(&mut self.connection, &subtree(base, filter, attributes), anchor, context, sink)?;
        }
        Ok(())
    }

    /// Those that one of `identities` names, each object once.
    fn named(
        &mut self,
        identities: &[String],
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        let mut seen = HashSet::new();
        let server = self.connection.server().to_owned();
        for batch in identities.chunks(BATCH) {
            let filter = Filter::and(&[self.scope.filter.clone(), self.dialect.identities(batch)]);
            let first = seen.len();
            self.recipients(&filter, context, &mut |item| match item {
                SourceItem::Recipient(_) if seen.len() - first > limits::NAMED => Err(protocol(
                    &server,
                    Malformed("more than 10,000 objects of the names that were asked for"),
                )),
                SourceItem::Recipient(found)
                    if !batch.iter().any(|identity| found.is_named(identity))
                        || !seen.insert((found.anchor.clone(), found.distinguished_name.to_lowercase())) =>
                {
                    Ok(())
                }
                item => sink(item),
            })?;
        }
        Ok(())
    }

    /// Which of `anchors` are in scope, and whether there is somebody of whom not even the anchor can be read.
    fn in_scope(
        &mut self,
        anchors: &[String],
        filter: &Filter,
        context: &Context,
    ) -> Result<(HashMap<String, Presence>, bool)> {
        let filter = Filter::and(&[self.scope.filter.clone(), filter.clone()]);
        let (mut found, mut is_unclear, mut room) = (HashMap::new(), false, Room::new());
        let dialect = self.dialect;
        self.entries(&filter, &dialect.attributes(), context, &mut |entry, whole| {
            let Some(anchor) = dialect.anchor_of(&entry) else {
                is_unclear |= whole.is_err();
                return whole.or_else(|error| context.error(error));
            };
            if !anchors.contains(&anchor) {
                return Ok(());
            }
            let dn = entry.dn.clone();
            let readable = whole.and_then(|()| room.take(&entry));
            let presence = match readable.and_then(|()| recipient(&entry, dialect.anchor)) {
                Ok(Some(recipient)) => Presence::InScope(Box::new(recipient)),
                Ok(None) => Presence::OutOfScope,
                // It is there, but what it holds can't be told: nothing may follow from that at once.
                Err(error) => {
                    context.error(error)?;
                    Presence::Unreadable
                }
            };
            match found.entry(anchor) {
                Entry::Vacant(free) => drop(free.insert((dn, presence))),
                // Search bases may overlap, but no object is at two places.
                Entry::Occupied(mut first) if !same_in_any_case(&first.get().0, &dn) => {
                    first.get_mut().1 = Presence::Unreadable;
                }
                Entry::Occupied(_) => {}
            }
            Ok(())
        })?;
        let found = found.into_iter().map(|(anchor, (_, presence))| (anchor, presence));
        Ok((found.collect(), is_unclear))
    }

    /// Which of `anchors` are anywhere in the domain, and whether as tombstones; and as [`Self::in_scope`].
    fn anywhere(
        &mut self,
        anchors: &[String],
        filter: &Filter,
        context: &Context,
    ) -> Result<(HashMap<String, bool>, bool)> {
        let (mut found, mut is_unclear) = (HashMap::new(), false);
        for domain in &self.domains {
            let attributes = self.dialect.anchor_attributes();
            let wanted = Search { deleted: self.dialect.tombstones, ..subtree(domain, filter, attributes) };
            let searched = search(&mut self.connection, &wanted, attributes, context, &mut |entry, whole| {
                let deleted = entry.values("isDeleted").any(|value| value.eq_ignore_ascii_case(b"TRUE"));
                match self.dialect.anchor_of(&entry).filter(|anchor| anchors.contains(anchor)) {
                    Some(anchor) => drop(found.insert(anchor, deleted)),
                    None => is_unclear |= whole.is_err(),
                }
                Ok(())
            });
            match searched {
                // A part of the directory that the account may not see shows nobody.
                Err(error) if error.id == ErrorId::SearchBaseNotFound => {}
                other => other?,
            }
        }
        Ok((found, is_unclear))
    }
}

impl Source for LdapSource {
    fn read(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        match selection {
            Selection::All => {
                let filter = self.scope.filter.clone();
                self.recipients(&filter, context, sink)
            }
            Selection::Identities(identities) => self.named(identities, context, sink),
        }
    }

    fn look_up(&mut self, anchors: &[String], context: &Context) -> Result<Vec<Presence>> {
        let mut presences = Vec::with_capacity(anchors.len());
        for batch in anchors.chunks(BATCH) {
            let (mut here, mut anywhere) = ((HashMap::new(), false), (HashMap::new(), false));
            if let Some(filter) = self.dialect.anchors(batch) {
                here = self.in_scope(batch, &filter, context)?;
                anywhere = self.anywhere(batch, &filter, context)?;
            }
            let ((here, unclear_here), (anywhere, unclear_anywhere)) = (here, anywhere);
            presences.extend(batch.iter().map(|anchor| match (here.get(anchor), anywhere.get(anchor)) {
                (Some(presence), _) => presence.clone(),
                (None, Some(true)) => Presence::Deleted,
                // Whoever can't be made out may be this one.
                (None, _) if unclear_here || unclear_anywhere => Presence::Unreadable,
                (None, Some(false)) => Presence::OutOfScope,
                (None, None) => Presence::Absent,
            }));
        }
        Ok(presences)
    }

    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        let root = read_object(&mut self.connection, "", &["currentTime"], context)?;
        Ok(root.and_then(|root| {
            root.values("currentTime").next().and_then(crate::directory::generalized_time::parse)
        }))
    }
}

/// A search of a whole subtree, page by page.
fn subtree<'a>(base: &'a str, filter: &'a Filter, attributes: &'a [&'a str]) -> Search<'a> {
    Search { base, scope: Scope::Subtree, filter, attributes, deleted: false, page_size: Some(PAGE_SIZE) }
}

/// The domain that the server holds, else all that it holds.
fn domains(connection: &mut Connection, context: &Context) -> Result<Vec<String>> {
    let root = read_object(connection, "", &["defaultNamingContext", "namingContexts"], context)?
        .unwrap_or_default();
    let names = |attribute: &str| -> Vec<String> {
        root.values(attribute).map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    };
    let default = names("defaultNamingContext");
    Ok(if default.is_empty() { names("namingContexts") } else { default })
}

//! Active Directory, and other directories, as a source (RFC 4511, [MS-ADTS]).

mod access;
mod account;
mod answer;
mod change;
mod changes;
mod client_certificate;
mod client_signer;
mod connection;
mod dial;
mod dialect;
mod dir_sync;
mod domain;
mod failure;
mod filter;
mod inbox;
mod kerberos;
mod limits;
mod locator;
mod look_up;
mod malformed;
mod message;
mod naming;
mod network;
mod plain;
mod reading;
mod result;
mod schema;
mod scope;
mod search;
mod session;
mod start_tls;
mod system;
mod time_left;
mod tls;
mod transport;

use std::sync::Arc;

use self::{
    access::Access,
    dialect::{ACTIVE_DIRECTORY, Dialect, STANDARD},
    filter::Filter,
    locator::Locator,
    message::{Parts, Scope, Search},
    session::Session,
};
pub use self::{
    account::Account,
    client_certificate::ClientCertificate,
    kerberos::TicketSource,
    network::{Controller, Network, Pending, Service},
    system::System,
};
pub(crate) use self::{
    change::Modified,
    message::{Modification, Operation},
};
use super::{ChangeForm, Presence, Selection, Since, Source, SourceItem, Told};
use crate::{
    error::Result,
    event::Context,
    model::{Mark, Timestamp},
    profile::DirectorySettings,
};

/// Entries a page; half of what Active Directory allows by default (MaxPageSize), since these are large.
const PAGE_SIZE: u32 = 500;

/// Identities or anchors in one filter.
const BATCH: usize = 50;

/// A directory. Nobody is asked before there is something to ask.
pub struct LdapSource {
    session: Session,
    /// As the server turned out to be asked, once it was.
    dialect: Dialect,
    filter: Filter,
    /// The search bases of the settings (none: all that the server holds), the containers that are left out, and the groups.
    given_bases: Vec<String>,
    given_excluded: Vec<String>,
    given_groups: Vec<String>,
    known: Option<Known>,
    /// Whether an object was read of which nobody can tell whose it is.
    has_strangers: bool,
    /// How many connections there were when somebody asked first where the server is.
    placed: Option<u32>,
    /// Where replication went on when somebody asked first.
    cookies: Option<Vec<Vec<u8>>>,
}

/// What the server was asked first.
#[derive(Debug, Clone)]
struct Known {
    /// The search bases, as it writes them, none within another.
    bases: Vec<String>,
    /// The containers that are left out.
    excluded: Vec<String>,
    /// Where objects are that left the scope.
    domains: Vec<String>,
}

impl LdapSource {
    /// A domain, at the servers that the settings name or lead to.
    /// Fails with `FilterInvalid`, `TrustAnchorUnreadable`.
    pub fn active_directory(
        settings: &DirectorySettings,
        account: Account,
        context: &Context,
    ) -> Result<Self> {
        Self::of(ACTIVE_DIRECTORY, settings.server.clone(), settings, account, context)
    }

    /// A domain that is written to: at `server`, where one is given, else at the first that answers of those that the
    /// settings name or lead to.
    /// Fails as [`LdapSource::active_directory`] does.
    pub fn domain_controller(
        server: Option<&str>,
        settings: &DirectorySettings,
        account: Account,
        context: &Context,
    ) -> Result<Self> {
        let servers = server.map_or_else(|| settings.server.clone(), |server| vec![server.to_owned()]);
        let source = Self::of(ACTIVE_DIRECTORY, servers, settings, account, context)?;
        Ok(Self { session: source.session.staying(), ..source })
    }

    /// Any other directory. Fails as [`LdapSource::active_directory`] does.
    pub fn directory(settings: &DirectorySettings, account: Account, context: &Context) -> Result<Self> {
        Self::of(STANDARD, settings.server.clone(), settings, account, context)
    }

    fn of(
        dialect: Dialect,
        named: Vec<String>,
        settings: &DirectorySettings,
        account: Account,
        context: &Context,
    ) -> Result<Self> {
        let filter = scope::filter(settings, &dialect)?;
        let locator = Locator { named, has_domains: dialect.has_domains };
        let access = Access::of(&locator.place(), settings, account, context)?;
        let session = Session::new(access, locator, Arc::new(System));
        Ok(Self {
            session,
            dialect,
            filter,
            given_bases: settings.search_base.clone(),
            given_excluded: settings.excluded_search_base.clone(),
            given_groups: settings.member_of.clone(),
            known: None,
            has_strangers: false,
            placed: None,
            cookies: None,
        })
    }

    /// The same, reached by way of another network.
    pub fn through(self, network: Arc<dyn Network>) -> Self {
        Self { session: self.session.through(network), ..self }
    }

    /// Finds out what all requests need, unless that is known: search bases, and how recipients are known.
    fn learn(&mut self, context: &Context) -> Result<Known> {
        if let Some(known) = &self.known {
            return Ok(known.clone());
        }
        let domains = self.session.naming_contexts(context)?;
        self.learn_names(context)?;
        let (given, dialect) = (&self.given_bases, &self.dialect);
        let (given_excluded, groups) = (&self.given_excluded, &self.given_groups);
        let (bases, excluded, members, dialect) = self.session.read(context, |connection| {
            let bases = scope::bases(connection, given, &domains, context)?;
            let excluded = scope::excluded(connection, given_excluded, context)?;
            let members = scope::members(connection, groups, dialect, context)?;
            let base = bases.first().map(String::as_str).unwrap_or_default();
            Ok((bases.clone(), excluded, members, dialect.fitted(connection, base, context)?))
        })?;
        self.dialect = dialect;
        if let Some(members) = members {
            self.filter = Filter::and(&[self.filter.clone(), members]);
        }
        Ok(self.known.insert(Known { bases, excluded, domains }).clone())
    }
}

impl Source for LdapSource {
    fn sign_in(&mut self, context: &Context) -> Result<Option<String>> {
        self.learn(context)?;
        Ok(Some(self.session.signed_in(context)?.1))
    }

    fn read(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        // The filter is whole once the server has been asked for its names.
        self.learn(context)?;
        match selection {
            Selection::All => {
                let filter = self.filter.clone();
                self.recipients(&filter, context, sink)
            }
            Selection::Identities(identities) => self.named(identities, context, sink),
            Selection::Matching(patterns) => {
                let filter = Filter::and(&[self.filter.clone(), self.dialect.matching(patterns)]);
                self.recipients(&filter, context, &mut |item| {
                    if item.may_be_in(selection) { sink(item) } else { Ok(()) }
                })
            }
        }
    }

    fn narrow(&mut self, filter: &str) -> Result<()> {
        let more = Filter::parse(filter.trim()).map_err(|e| e.describe(filter))?;
        self.filter = Filter::and(&[self.filter.clone(), more]);
        Ok(())
    }

    fn look_up(&mut self, anchors: &[String], context: &Context) -> Result<Vec<Presence>> {
        let mut presences = Vec::with_capacity(anchors.len());
        for batch in anchors.chunks(BATCH) {
            presences.extend(self.presences(batch, context)?);
        }
        Ok(presences)
    }

    /// An object whose anchor is gone, or is none by now, is somebody's.
    fn has_strangers(
        &mut self,
        _is_known: &dyn Fn(&str) -> Result<bool>,
        _context: &Context,
    ) -> Result<bool> {
        Ok(self.has_strangers)
    }

    fn change_form(&mut self, context: &Context) -> Result<ChangeForm> {
        // Active Directory compares the bytes of both attributes, and its schema names no rules.
        if self.is_active_directory() {
            Ok(ChangeForm::default())
        } else {
            Ok(self.schema(context)?.change_form())
        }
    }

    fn mark(&mut self, context: &Context) -> Result<Option<Mark>> {
        self.mark_all(context)
    }

    fn changes(
        &mut self,
        mark: &Mark,
        enumerate: bool,
        context: &Context,
        sink: &mut dyn FnMut(Told) -> Result<()>,
    ) -> Result<Since> {
        self.tell(mark, enumerate, context, sink)
    }

    fn search_bases(&mut self, context: &Context) -> Result<Vec<String>> {
        Ok(self.learn(context)?.bases)
    }

    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        let root = self.session.object("", &["currentTime"], context)?;
        Ok(root.and_then(|root| {
            root.values("currentTime").next().and_then(crate::directory::generalized_time::parse)
        }))
    }
}

impl Known {
    /// Whether an object is below a search base, and not left out.
    fn holds(&self, dn: &str) -> bool {
        self.bases.iter().any(|base| scope::is_within(dn, base)) && !self.leaves_out(dn)
    }

    /// Whether an object is left out.
    fn leaves_out(&self, dn: &str) -> bool {
        self.excluded.iter().any(|base| scope::is_within(dn, base))
    }
}

/// A search of a whole subtree, page by page.
fn subtree<'a>(base: &'a str, filter: &'a Filter, attributes: &'a [&'a str]) -> Search<'a> {
    Search { base, scope: Scope::Subtree, filter, attributes, deleted: false, parts: Parts::Pages(PAGE_SIZE) }
}

//! A directory for as long as somebody has something to ask: connections are made when they are needed, and made anew
//! when they broke.
//!
//! ```text
//! what is asked ─▶ connection alive? ──no──▶ connect ──▶ answer ─▶ done
//!                        ▲                      ▲          │
//!                        │    3 times, at once  │          ├ the connection broke: the read begins again
//!                        │    after 1, 2, 4 s ──┘          ├ the server is busy, or shuts down
//!                        └──── the next server ◀───────────┴ neither helped, it is late, or can't be reached
//! ```
//!
//! What was only read is read again; a change is never sent twice (see [`Session::modify`]).

mod effort;
mod seen;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use self::{
    effort::{Cause, Effort, Next},
    seen::Seen,
};
use super::{
    access::Access,
    answer::LdapResult,
    connection::Connection,
    dialect::Dialect,
    domain::{self, Domain},
    locator::Locator,
    message::{Modification, Search},
    network::Network,
    search::{self, Sink, read_object},
};
use crate::{
    directory::{attribute_names::AttributeNames, entry::Entry},
    error::{Error, Result},
    event::{Context, LogLevel},
};

/// A connection on which nothing was said for so long is not used any more. Active Directory ends it after 900 seconds
/// (MaxConnIdleTime), and what is on the way there forgets it earlier, some without telling anybody.
const IDLE: Duration = Duration::from_secs(60);

/// A directory that can be asked at any time.
pub(super) struct Session {
    access: Access,
    network: Arc<dyn Network>,
    locator: Locator,
    /// The servers that hold the directory, in the order in which they are tried; none before the first is asked.
    servers: Vec<String>,
    /// Which of them is asked.
    at: usize,
    open: Option<Open>,
    /// What the first server that was asked holds; no other one is asked that holds something else.
    domain: Option<Domain>,
    /// Whether the first server that answers is asked to the end, whatever happens.
    stays: bool,
    /// Domains below the search bases that somebody was told of.
    told: BTreeSet<String>,
    /// How many connections were made.
    connections: u32,
    names: AttributeNames,
}

/// A connection, and when it was used last.
struct Open {
    connection: Connection,
    used: Instant,
}

/// What became of a change that was sent.
pub(super) enum Sent {
    /// The server answered.
    Answered(LdapResult),
    /// The connection broke before an answer came. Whether the change happened is to be seen at the object.
    Unanswered(Error),
}

impl Session {
    /// Nobody is asked yet.
    pub fn new(access: Access, locator: Locator, network: Arc<dyn Network>) -> Self {
        Self {
            access,
            network,
            locator,
            servers: Vec::new(),
            at: 0,
            open: None,
            domain: None,
            stays: false,
            told: BTreeSet::new(),
            connections: 0,
            names: AttributeNames::OURS,
        }
    }

    /// The same, for somebody who writes: what was written at one server is not at the others at once, so no other one
    /// is asked after the first that answered.
    pub fn staying(self) -> Self {
        Self { stays: true, ..self }
    }

    /// The same by way of another network.
    pub fn through(self, network: Arc<dyn Network>) -> Self {
        Self { network, ..self }
    }

    /// What is asked for from now on is named so by the directory.
    pub fn set_names(&mut self, names: AttributeNames) {
        self.names = names;
    }

    /// The server that is asked; before one is, what is to be asked.
    pub fn server(&self) -> String {
        self.servers.get(self.at).cloned().unwrap_or_else(|| self.locator.place())
    }

    /// How many connections were made by now: behind one name there may be several servers.
    pub fn connections(&self) -> u32 {
        self.connections
    }

    /// The names of what the directory holds: of the domain at a domain controller.
    pub fn naming_contexts(&mut self, context: &Context) -> Result<Vec<String>> {
        self.read(context, |_| Ok(()))?;
        Ok(self.domain.iter().flat_map(|domain| domain.naming_contexts.clone()).collect())
    }

    /// Who signed in, and a sentence that says how.
    pub fn signed_in(&mut self, context: &Context) -> Result<(String, String)> {
        self.read(context, |connection| {
            let (name, how) = connection.signed_in();
            Ok((name.to_owned(), how.to_owned()))
        })
    }

    /// Does `ask`, which only reads, with a connection; again where the connection or the server did not hold out.
    /// Fails with what the last try failed with, in its own words.
    pub fn read<T>(
        &mut self,
        context: &Context,
        mut ask: impl FnMut(&mut Connection) -> Result<T>,
    ) -> Result<T> {
        let mut effort = Effort::new(self.at);
        loop {
            let (cause, error) = match self.connection(context) {
                Err(error) => (Cause::of_connecting(&error), error),
                Ok(connection) => match ask(connection) {
                    Ok(done) => {
                        self.used();
                        return Ok(done);
                    }
                    Err(error) => (Cause::of_asking(&error, connection), error),
                },
            };
            self.recover(cause, error, &mut effort, context)?;
        }
    }

    /// Makes ready for the next try. Fails with `error` where there is none.
    fn recover(&mut self, cause: Cause, error: Error, effort: &mut Effort, context: &Context) -> Result<()> {
        if cause.ends_connection() {
            self.open = None;
        }
        let next = effort.next(cause, self.servers.len(), self.stays && self.domain.is_some());
        match next {
            Next::Never => Err(error),
            Next::Again => context.log(LogLevel::Verbose, format!("{} It is asked again.", error.message)),
            Next::After(time) => {
                let seconds = time.as_secs();
                let told = format!("{} It is asked again in {seconds} s.", error.message);
                context.log(LogLevel::Verbose, told)?;
                self.pause(time, context)
            }
            Next::Server(place) => {
                self.open = None;
                self.at = place;
                let told = format!("{} '{}' is asked instead.", error.message, self.server());
                context.log(LogLevel::Warning, told)
            }
        }
    }

    /// All that `search` finds, as [`search::search`] hands it over. Where it has to begin again, nobody is handed over
    /// twice: who was seen is known by the anchor, and a page's cookie is good on its own connection only.
    pub fn search(
        &mut self,
        search: &Search,
        dialect: &Dialect,
        context: &Context,
        sink: &mut Sink,
    ) -> Result<()> {
        let (mut seen, mut others) = (Seen::default(), BTreeSet::new());
        let ended = self.read(context, |connection| {
            seen.begin_again();
            // The caller's own error is none of the directory's: it ends the search.
            let mut own = None;
            let anchor = dialect.anchor_attributes();
            let found = search::search(connection, search, anchor, context, &mut |entry, whole| {
                if !seen.is_new(&entry, dialect) {
                    return Ok(());
                }
                sink(entry, whole).inspect_err(|error| own = Some(error.clone()))
            });
            match own {
                Some(error) => Ok(Err(error)),
                None => {
                    others.extend(found?);
                    Ok(Ok(()))
                }
            }
        })?;
        self.tell_domains(search.base, others, context)?;
        ended
    }

    /// Tells once of domains whose recipients are not read, though they are below a search base.
    fn tell_domains(&mut self, base: &str, found: BTreeSet<String>, context: &Context) -> Result<()> {
        let new: Vec<String> = found.difference(&self.told).cloned().collect();
        self.told.extend(found);
        if new.is_empty() {
            return Ok(());
        }
        let what = format!(
            "Below the search base '{base}' are other domains, whose recipients are not read: {}. \
             Give each a profile of its own.",
            new.join(", ")
        );
        context.log(LogLevel::Warning, what)
    }

    /// The first page of what `search` finds, as it came.
    pub fn first_page(&mut self, search: &Search, context: &Context) -> Result<Vec<Entry>> {
        self.read(context, |connection| {
            let mut found = Vec::new();
            search::first_page(connection, search, context, &mut |entry| found.push(entry))?;
            Ok(found)
        })
    }

    /// One object by its DN, the empty one being the root DSE; `None` if it is not there.
    pub fn object(&mut self, dn: &str, attributes: &[&str], context: &Context) -> Result<Option<Entry>> {
        self.read(context, |connection| read_object(connection, dn, attributes, context))
    }

    /// Sends a change of the object `dn`, once: where no answer comes, nobody knows whether it happened, and a second
    /// one could undo what somebody else did meanwhile. A server that is busy has done nothing, and is asked again.
    /// Fails where nothing was sent, where the server does not speak LDAP, and where it lets the time pass: reading the
    /// object now would take as long, and whoever sent the change has to look for it later.
    pub fn modify(&mut self, dn: &str, modifications: &[Modification], context: &Context) -> Result<Sent> {
        let mut effort = Effort::new(self.at);
        loop {
            // What is not there to be used is made now, before anything is sent.
            self.read(context, |_| Ok(()))?;
            let connection = self.connection(context)?;
            let result = match connection.modify(dn, modifications, context) {
                Ok(result) => result,
                Err(error) => {
                    let cause = Cause::of_asking(&error, connection);
                    if cause.ends_connection() {
                        self.open = None;
                    }
                    return if cause == Cause::Lost { Ok(Sent::Unanswered(error)) } else { Err(error) };
                }
            };
            self.used();
            match effort.next(Cause::of_result(&result), 1, true) {
                Next::After(time) => self.pause(time, context)?,
                _ => return Ok(Sent::Answered(result)),
            }
        }
    }

    fn pause(&self, time: Duration, context: &Context) -> Result<()> {
        context.block_on(self.network.pause(time))
    }

    fn used(&mut self) {
        let now = self.network.now();
        if let Some(open) = &mut self.open {
            open.used = now;
        }
    }

    /// A connection on which something can be sent.
    fn connection(&mut self, context: &Context) -> Result<&mut Connection> {
        let now = self.network.now();
        let usable = match &mut self.open {
            Some(open) => now.saturating_duration_since(open.used) < IDLE && open.connection.is_alive(),
            None => false,
        };
        let open = match self.open.take().filter(|_| usable) {
            Some(open) => open,
            None => Open { connection: self.connect(context)?, used: now },
        };
        let connection = &mut self.open.insert(open).connection;
        connection.set_names(&self.names);
        Ok(connection)
    }

    fn connect(&mut self, context: &Context) -> Result<Connection> {
        if self.servers.is_empty() {
            self.servers = self.locator.locate(&self.network, self.access.time(), context)?;
        }
        let server = self.server();
        self.connections = self.connections.saturating_add(1);
        let mut connection = self.access.connect(&server, &self.network, context)?;
        let domain = domain::of(&mut connection, context)?;
        match &self.domain {
            Some(first) if !first.is_same(&domain) => Err(first.foreign(&server, &domain)),
            Some(_) => Ok(connection),
            None => {
                self.domain = Some(domain);
                Ok(connection)
            }
        }
    }
}

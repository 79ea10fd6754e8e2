//! Exchange Online over the REST interface of Microsoft's own module (docs/design/exchange-online.md §1.6).
//!
//! ```text
//! run ─▶ request ─▶ connection ─▶ http          how many at a time: throttle
//!  ▲                    │                       again, or stop: retry, access
//!  └── delivery ◀── answer, batch, headers      where: region
//! ```
//! Microsoft does not promise this interface to others, so nothing outside knows of it.

mod access;
mod answer;
mod batch;
mod challenge;
mod connection;
mod delivery;
mod headers;
mod manner;
mod region;
mod request;
mod retry;
mod run;
mod throttle;

use std::{sync::Arc, time::Duration};

use self::{
    connection::{Connection, TimeLimits},
    request::Requests,
    run::{Line, Run, Sink},
};
use uuid::Uuid;

use super::{
    CmdletChannel, Command, Location, Object, Output,
    clock::Clock,
    cloud::Cloud,
    dialect::{Dialect, Fact, PageSize, SettledFact},
    http::HttpClient,
    sign_in::TokenSource,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::Timestamp,
    profile::ExchangeOnlineSettings,
};

/// Commands that one call takes well: some requests for each of those that run at a time.
const BATCH: usize = 500;

/// A channel to Exchange Online.
pub struct ExchangeOnline {
    connection: Arc<Connection>,
    requests: Requests,
    line: Line,
    /// The organisation as the profile names it.
    organization: String,
    /// What an earlier run learned, until it is known whose it is.
    recalled: Option<Dialect>,
    /// What was handed out last, for a later run.
    told: String,
}

impl ExchangeOnline {
    /// A channel for the organisation by `http`, with tokens from `tokens`. Asks the service nothing yet.
    ///
    /// All waits are by `clock`. Fails with `ProfileInvalid`.
    pub fn connect(
        settings: &ExchangeOnlineSettings,
        http: HttpClient,
        tokens: Arc<dyn TokenSource>,
        clock: Clock,
    ) -> Result<Self> {
        let connection = &settings.connection;
        let limits = TimeLimits { list: connection.list_time_limit(), other: connection.time_limit() };
        let connection = Connection::new(http, Cloud::of(settings)?, tokens, clock, limits);
        Ok(Self {
            connection: Arc::new(connection),
            requests: Requests::new(&settings.organization),
            line: Line::default(),
            organization: settings.organization.clone(),
            recalled: None,
            told: String::new(),
        })
    }

    fn run(
        &mut self,
        commands: &[Command],
        context: &Context,
        sink: Sink<'_>,
    ) -> Result<Vec<Result<Output>>> {
        self.meet(context)?;
        let run = Run::new(&mut self.line, &self.connection, &self.requests, commands, context);
        context.block_on(run.finish(sink))?.map(|(results, _)| results)
    }

    /// Finds out which tenant the token is of, once: it is named in every address, and what earlier runs learned of it
    /// holds.
    ///
    /// Fails as the sign-in does, and with `AccessTokenUnusable` where the profile names another tenant.
    fn meet(&mut self, context: &Context) -> Result<()> {
        if !self.line.dialect.organization.is_empty() {
            return Ok(());
        }
        let token = context.block_on(self.connection.tokens().token())??;
        let named = Uuid::try_parse(&self.organization).ok();
        let key = match token.tenant() {
            Some(tenant) if named.is_some_and(|named| named != tenant) => {
                let message = format!(
                    "The access token is of the tenant {tenant}, and -Organization names the tenant {}.",
                    self.organization
                );
                return Err(Error::new(ErrorId::AccessTokenUnusable, message)
                    .target(&self.organization)
                    .advice("Sign in to the tenant that the profile names, or change the profile's -Organization."));
            }
            Some(tenant) => {
                self.requests.know_tenant(tenant);
                tenant.to_string()
            }
            None => self.organization.to_lowercase(),
        };
        self.line.dialect = Dialect::of(&key);
        self.told = self.line.dialect.kept();
        if let Some(recalled) = self.recalled.take() {
            self.adopt(recalled);
        }
        Ok(())
    }

    /// Goes on with what an earlier run learned, where it is of the same organisation.
    fn adopt(&mut self, recalled: Dialect) {
        if recalled.organization == self.line.dialect.organization {
            self.told = recalled.kept();
            self.line.dialect = recalled;
        }
    }
}

impl CmdletChannel for ExchangeOnline {
    fn name(&self) -> String {
        "Exchange Online".to_owned()
    }

    fn location(&mut self, _context: &Context) -> Result<Location> {
        Ok(Location::Cloud)
    }

    fn batch_size(&self) -> usize {
        BATCH
    }

    fn invoke(&mut self, commands: &[Command], context: &Context) -> Result<Vec<Result<Output>>> {
        let mut objects: Vec<Vec<Object>> = commands.iter().map(|_| Vec::new()).collect();
        let results = self.run(commands, context, &mut |position, page| {
            if let Some(all) = objects.get_mut(position) {
                all.extend(page);
            }
            Ok(())
        })?;
        let with_objects =
            |(result, objects): (Result<Output>, _)| result.map(|one| Output { objects, ..one });
        Ok(results.into_iter().zip(objects).map(with_objects).collect())
    }

    fn has_pages(&self) -> bool {
        true
    }

    fn list(
        &mut self,
        command: &Command,
        context: &Context,
        sink: &mut dyn FnMut(Object) -> Result<()>,
    ) -> Result<()> {
        let mut pages = |_: usize, page: Vec<Object>| page.into_iter().try_for_each(&mut *sink);
        self.meet(context)?;
        let mut fact = *page_of(&mut self.line.dialect, command);
        let run = Run::list(&mut self.line, &self.connection, &self.requests, command, fact.form, context);
        let (results, listing) = context.block_on(run.finish(&mut pages))??;
        let is_whole = results.iter().all(Result::is_ok);
        if let Some(listing) = listing.filter(|_| is_whole) {
            fact.confirm(listing.next_size(self.connection.limits().list));
            *page_of(&mut self.line.dialect, command) = fact;
        }
        for warning in
            results.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flat_map(|one| one.warnings)
        {
            context.log(crate::event::LogLevel::Warning, format!("{}: {warning}", command.cmdlet))?;
        }
        Ok(())
    }

    fn wait(&self, time: Duration, context: &Context) -> Result<()> {
        context.check()?;
        context.block_on(self.connection.clock().sleep(time, &context.cancel))?
    }

    /// Where the service has not been asked anything yet, it is asked for the organisation's name.
    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        if self.connection.service_time().is_none() {
            let command =
                Command { select: &["Guid", "Name"], ..Command::new("Get-OrganizationConfig", Vec::new()) };
            // A refusal shows the clock, too.
            let _refusal = self.invoke(&[command], context)?;
        }
        Ok(self.connection.service_time())
    }

    fn recall(&mut self, remembered: &str) {
        match Dialect::read(remembered) {
            Some(recalled) if self.line.dialect.organization.is_empty() => self.recalled = Some(recalled),
            Some(recalled) => self.adopt(recalled),
            None => {}
        }
    }

    fn learned(&mut self) -> Option<String> {
        let kept = self.line.dialect.kept();
        let is_new = !self.line.dialect.organization.is_empty() && kept != self.told;
        is_new.then(|| {
            self.told.clone_from(&kept);
            kept
        })
    }

    fn dialect(&mut self) -> Option<&mut Dialect> {
        Some(&mut self.line.dialect)
    }

    fn settled(&self) -> Vec<SettledFact> {
        self.line.dialect.settled()
    }
}

/// How many objects a page of a list has: one with values is far larger.
fn page_of<'d>(dialect: &'d mut Dialect, command: &Command) -> &'d mut Fact<PageSize> {
    if command.counts_only { &mut dialect.page } else { &mut dialect.value_page }
}

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
mod connection;
mod delivery;
mod headers;
mod region;
mod request;
mod retry;
mod run;
mod throttle;

use std::{sync::Arc, time::Duration};

use self::{
    connection::Connection,
    request::Requests,
    run::{Line, Run, Sink},
};
use super::{
    CmdletChannel, Command, Location, Object, Output, clock::Clock, cloud::Cloud, http::HttpClient,
    sign_in::TokenSource,
};
use crate::{error::Result, event::Context, model::Timestamp, profile::ExchangeOnlineSettings};

/// Commands that one call takes well: some requests for each of those that run at a time.
const BATCH: usize = 500;

/// A channel to Exchange Online.
pub struct ExchangeOnline {
    connection: Arc<Connection>,
    requests: Requests,
    line: Line,
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
        let time_limit = Duration::from_secs(settings.connection.timeout.into());
        let connection = Connection::new(http, Cloud::of(settings)?, tokens, clock, time_limit);
        Ok(Self {
            connection: Arc::new(connection),
            requests: Requests::new(&settings.organization, settings.byte_encoding),
            line: Line::default(),
        })
    }

    fn run(
        &mut self,
        commands: &[Command],
        context: &Context,
        sink: Sink<'_>,
    ) -> Result<Vec<Result<Output>>> {
        let run = Run::new(&mut self.line, &self.connection, &self.requests, commands, context);
        context.block_on(run.finish(sink))?
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

    fn list(
        &mut self,
        command: &Command,
        context: &Context,
        sink: &mut dyn FnMut(Object) -> Result<()>,
    ) -> Result<()> {
        let mut pages = |_: usize, page: Vec<Object>| page.into_iter().try_for_each(&mut *sink);
        let results = self.run(std::slice::from_ref(command), context, &mut pages)?;
        for warning in
            results.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flat_map(|one| one.warnings)
        {
            context.log(crate::event::LogLevel::Warning, format!("{}: {warning}", command.cmdlet))?;
        }
        Ok(())
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
}

//! Runs many commands: as many at a time as the service takes, again where that is safe, each with its own result.

mod batches;
mod doubt;
mod landing;
mod listing;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use reqwest::Url;
use tokio::task::JoinSet;

use self::{batches::Batches, doubt::Reopened};
use super::{
    access::Access,
    connection::Connection,
    delivery::{Asked, Delivery, deliver},
    manner::{Doubt, Manner},
    request::Requests,
    retry::{Breaker, Budget},
    throttle::{Course, Pace, Throttle, Ticket},
};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    exchange::{
        Command, Extent, Object, Output,
        dialect::{BatchForm, Dialect, PageSize},
        failure::Failure,
        sign_in::AccessToken,
    },
    model::{Fingerprint, counted},
};
pub use listing::Listing;

/// The longest wait that the service can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Waits from this on are worth a line in the log.
const NOTABLE_WAIT: Duration = Duration::from_secs(1);

/// What a connection remembers from run to run.
#[derive(Default)]
pub struct Line {
    throttle: Throttle,
    budget: Budget,
    breaker: Breaker,
    access: Access,
    /// The forms of the wire that are in use.
    pub dialect: Dialect,
    batches: Batches,
    /// What no form was found for, in this connection, with the forms that were tried.
    exhausted: HashMap<Doubt, Vec<&'static str>>,
    /// What worked in one form and was refused in it later, in this connection.
    reopened: HashMap<Doubt, Reopened>,
    flights: HashMap<u64, Flight>,
    flown: u64,
    /// Requests that were repeated, in this run.
    repeated: u64,
}

/// A command that is still to be done.
struct Job {
    /// Its position among the commands.
    position: usize,
    attempts: u32,
    /// Not before this time.
    due: Duration,
    /// Not in a batch: the service refused one as a whole.
    alone: bool,
    /// It failed in a batch that may be to blame.
    anew: bool,
    /// How it is to be sent, where that differs from all others; and how it was sent last.
    manner: Option<Manner>,
    sent: Manner,
    /// How it was sent and refused, and what for.
    refused: Vec<(Doubt, Manner)>,
    /// The page that comes next, and those that came already.
    page: Option<Url>,
    pages: HashSet<Fingerprint>,
}

/// A request under way.
struct Flight {
    ticket: Ticket,
    jobs: Vec<Job>,
    /// When it was sent.
    sent: Duration,
}

/// Takes the objects of a page.
pub type Sink<'a> = &'a mut dyn FnMut(usize, Vec<Object>) -> Result<()>;

/// One run over commands.
pub struct Run<'a> {
    line: &'a mut Line,
    connection: &'a Arc<Connection>,
    requests: &'a Requests,
    commands: &'a [Command],
    context: &'a Context,
    /// Ready now; and those that wait for their time.
    ready: VecDeque<Job>,
    waiting: Vec<Job>,
    /// Those that wait for what becomes of another one, and which one that is.
    parked: Vec<(Doubt, Job, Failure)>,
    probes: HashMap<Doubt, usize>,
    results: Vec<Option<Result<Output>>>,
    /// How far the list is, where the run is one.
    listing: Option<Listing>,
    logged_wait: Duration,
    tasks: JoinSet<(u64, Result<Delivery>)>,
}

impl<'a> Run<'a> {
    /// A run over one command that lists, with pages of `size` to begin with.
    pub fn list(
        line: &'a mut Line,
        connection: &'a Arc<Connection>,
        requests: &'a Requests,
        command: &'a Command,
        size: PageSize,
        context: &'a Context,
    ) -> Self {
        let commands = std::slice::from_ref(command);
        let listing = Some(Listing::new(size));
        Self { listing, ..Self::new(line, connection, requests, commands, context) }
    }

    /// A run over `commands`.
    pub fn new(
        line: &'a mut Line,
        connection: &'a Arc<Connection>,
        requests: &'a Requests,
        commands: &'a [Command],
        context: &'a Context,
    ) -> Self {
        let job = |(position, command): (usize, &Command)| Job {
            position,
            attempts: 0,
            due: Duration::ZERO,
            alone: false,
            anew: false,
            manner: None,
            sent: Manner::of(command, &line.dialect),
            refused: Vec::new(),
            page: None,
            pages: HashSet::new(),
        };
        let ready = commands.iter().enumerate().map(job).collect();
        Self {
            line,
            connection,
            requests,
            commands,
            context,
            ready,
            waiting: Vec::new(),
            parked: Vec::new(),
            probes: HashMap::new(),
            results: commands.iter().map(|_| None).collect(),
            listing: None,
            logged_wait: Duration::ZERO,
            tasks: JoinSet::new(),
        }
    }

    /// Runs all; one result for each command, without the objects, which go to `sink` page by page.
    /// For a list also how it went.
    pub async fn finish(mut self, sink: Sink<'_>) -> Result<(Vec<Result<Output>>, Option<Listing>)> {
        self.forget();
        self.line.repeated = 0;
        let done = self.all(sink).await;
        self.forget();
        if self.line.repeated > 0 {
            let requests = counted(
                self.line.repeated,
                "request to Exchange Online was",
                "requests to Exchange Online were",
            );
            self.log(format!("{requests} repeated."))?;
        }
        done?;
        let missing = || Err(Error::new(ErrorId::Internal, "A command was left without a result."));
        let results = self.results.into_iter().map(|one| one.unwrap_or_else(missing)).collect();
        Ok((results, self.listing))
    }

    async fn all(&mut self, sink: Sink<'_>) -> Result<()> {
        loop {
            self.context.check()?;
            let now = self.connection.clock().now();
            self.take_due(now);
            let mut until = self.waiting.iter().map(|job| job.due).min();
            if !self.ready.is_empty() {
                match self.line.throttle.pace(now) {
                    Pace::Go(most) => {
                        self.send(now, most)?;
                        continue;
                    }
                    Pace::At(time) => until = Some(self.held_until(now, time)?),
                    Pace::AfterAnswer => until = None,
                }
            }
            if self.tasks.is_empty() && self.ready.is_empty() && self.waiting.is_empty() {
                return Ok(());
            }
            let rest = until.map_or(LONGEST_WAIT, |until| until.saturating_sub(now));
            tokio::select! {
                Some(joined) = self.tasks.join_next() => self.landed(joined, sink)?,
                slept = self.connection.clock().sleep(rest, &self.context.cancel) => slept?,
            }
        }
    }

    /// Takes what will never be answered off the pace.
    fn forget(&mut self) {
        self.tasks.abort_all();
        for (_, flight) in self.line.flights.drain() {
            self.line.throttle.lost(&flight.ticket, Course::Failed);
        }
    }

    fn take_due(&mut self, now: Duration) {
        let (due, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|job| job.due <= now);
        self.waiting = waiting;
        // What was begun comes first.
        for job in Vec::into_iter(due) {
            self.ready.push_front(job);
        }
    }

    /// Logs a wait that the service asked for. Fails with `ExchangeThrottled` where it is too long.
    fn held_until(&mut self, now: Duration, time: Duration) -> Result<Duration> {
        let wait = time.saturating_sub(now);
        if wait > LONGEST_WAIT {
            let message = format!(
                "Exchange Online wants no requests for {} minutes; SmimeSync waits {} minutes at most.",
                wait.as_secs() / 60,
                LONGEST_WAIT.as_secs() / 60
            );
            return Err(Error::new(ErrorId::ExchangeThrottled, message));
        }
        if wait >= NOTABLE_WAIT && time != self.logged_wait {
            self.logged_wait = time;
            let (requests, batch) = self.line.throttle.size();
            self.log(format!(
                "Exchange Online takes nothing more for {:.1} s; {} (then {} of {} at a time).",
                wait.as_secs_f64(),
                counted(self.ready.len() + self.waiting.len(), "command waits", "commands wait"),
                counted(requests, "request", "requests"),
                counted(batch, "command", "commands")
            ))?;
        }
        Ok(time)
    }

    /// Sends the next request, with `most` commands at most.
    fn send(&mut self, now: Duration, most: usize) -> Result<()> {
        let together = self.line.dialect.batch.form == BatchForm::Together;
        let single = |job: &Job| !together || job.alone || job.page.is_some();
        let mut jobs: Vec<Job> = Vec::new();
        while let Some(job) = self.ready.pop_front() {
            if !jobs.is_empty() && (single(&job) || jobs.len() >= most) {
                self.ready.push_front(job);
                break;
            }
            let alone = single(&job);
            jobs.push(job);
            if alone || jobs.len() >= most {
                break;
            }
        }
        let mut commands: Vec<(Command, Manner)> = Vec::with_capacity(jobs.len());
        for job in &mut jobs {
            let Some(command) = self.commands.get(job.position) else { continue };
            job.sent = job.manner.unwrap_or_else(|| Manner::of(command, &self.line.dialect));
            if let Some(listing) = &self.listing {
                job.sent.page = listing.size();
            }
            commands.push((command.clone(), job.sent));
        }
        let asked: Vec<Asked> = commands.iter().map(|(command, _)| Asked::of(command)).collect();
        let page = jobs.first().and_then(|job| job.page.clone());
        let limits = self.connection.limits();
        let is_list = commands.iter().any(|(command, _)| command.extent == Extent::All);
        let time_limit = if is_list { limits.list } else { limits.other };
        let (connection, requests) = (self.connection.clone(), self.requests.clone());
        self.line.flown += 1;
        let number = self.line.flown;
        self.line.budget.request(now);
        let ticket = self.line.throttle.sent(jobs.len());
        self.line.flights.insert(number, Flight { ticket, jobs, sent: now });
        self.tasks.spawn(async move {
            let make = |service: &Url, token: &AccessToken| match commands.as_slice() {
                [(command, manner)] => requests.single(service, command, *manner, page.as_ref()),
                all => {
                    let all: Vec<_> = all.iter().map(|(command, manner)| (command, *manner)).collect();
                    requests.batch(service, &all, token)
                }
            };
            (number, deliver(&connection, make, &asked, asked.len() > 1, time_limit).await)
        });
        Ok(())
    }

    fn log(&self, text: String) -> Result<()> {
        self.context.log(LogLevel::Verbose, text)
    }
}

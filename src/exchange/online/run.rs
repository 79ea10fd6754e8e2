//! Runs many commands: as many at a time as the service takes, again where that is safe, each with its own result.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use reqwest::Url;
use tokio::task::{JoinError, JoinSet};

use super::{
    access::Access,
    answer::Page,
    connection::Connection,
    delivery::{Asked, Delivery, deliver, is_delay},
    request::Requests,
    retry::{Breaker, Budget, MOST_ATTEMPTS, back_off, chance},
    throttle::{Course, Pace, Throttle, Ticket},
};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    exchange::{
        Command, Object, Output,
        failure::{Failure, Retry},
    },
};

/// The most pages of one command: two million objects.
const MOST_PAGES: usize = 2_000;
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
    /// The page that comes next, and those that came already.
    page: Option<Url>,
    pages: HashSet<String>,
}

/// A request under way.
struct Flight {
    ticket: Ticket,
    jobs: Vec<Job>,
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
    results: Vec<Option<Result<Output>>>,
    logged_wait: Duration,
    tasks: JoinSet<(u64, Result<Delivery>)>,
}

impl<'a> Run<'a> {
    /// A run over `commands`.
    pub fn new(
        line: &'a mut Line,
        connection: &'a Arc<Connection>,
        requests: &'a Requests,
        commands: &'a [Command],
        context: &'a Context,
    ) -> Self {
        let job = |position| Job {
            position,
            attempts: 0,
            due: Duration::ZERO,
            alone: false,
            page: None,
            pages: HashSet::new(),
        };
        Self {
            line,
            connection,
            requests,
            commands,
            context,
            ready: (0..commands.len()).map(job).collect(),
            waiting: Vec::new(),
            results: commands.iter().map(|_| None).collect(),
            logged_wait: Duration::ZERO,
            tasks: JoinSet::new(),
        }
    }

    /// Runs all; one result for each command, without the objects, which go to `sink` page by page.
    pub async fn finish(mut self, sink: Sink<'_>) -> Result<Vec<Result<Output>>> {
        self.forget();
        self.line.repeated = 0;
        let done = self.all(sink).await;
        self.forget();
        if self.line.repeated > 0 {
            let text = format!("{} requests to Exchange Online were repeated.", self.line.repeated);
            self.log(text)?;
        }
        done?;
        let missing = || Err(Error::new(ErrorId::Internal, "A command was left without a result."));
        Ok(self.results.into_iter().map(|one| one.unwrap_or_else(missing)).collect())
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
                "Exchange Online wants nothing to be sent for {} minutes, and {} are the most that is waited.",
                wait.as_secs() / 60,
                LONGEST_WAIT.as_secs() / 60
            );
            return Err(Error::new(ErrorId::ExchangeThrottled, message));
        }
        if wait >= NOTABLE_WAIT && time != self.logged_wait {
            self.logged_wait = time;
            let (requests, batch) = self.line.throttle.size();
            self.log(format!(
                "Exchange Online takes nothing more for {:.1} s; {} commands wait (then {requests} requests of {batch} at a time).",
                wait.as_secs_f64(),
                self.ready.len() + self.waiting.len()
            ))?;
        }
        Ok(time)
    }

    /// Sends the next request, with `most` commands at most.
    fn send(&mut self, now: Duration, most: usize) -> Result<()> {
        let single = |job: &Job| job.alone || job.page.is_some();
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
        let commands: Vec<Command> =
            jobs.iter().filter_map(|job| self.commands.get(job.position)).cloned().collect();
        let asked: Vec<Asked> = commands.iter().map(Asked::of).collect();
        let page = jobs.first().and_then(|job| job.page.clone());
        let (connection, requests) = (self.connection.clone(), self.requests.clone());
        self.line.flown += 1;
        let number = self.line.flown;
        self.line.budget.request(now);
        let ticket = self.line.throttle.sent(jobs.len());
        self.line.flights.insert(number, Flight { ticket, jobs });
        self.tasks.spawn_on(
            async move {
                let make = |service: &Url| match commands.as_slice() {
                    [command] => requests.single(service, command, page.as_ref()),
                    all => requests.batch(service, &all.iter().collect::<Vec<_>>()),
                };
                (number, deliver(&connection, make, &asked, asked.len() > 1).await)
            },
            crate::runtime::runtime()?.handle(),
        );
        Ok(())
    }

    /// Takes the answer of a request.
    fn landed(&mut self, joined: Result<(u64, Result<Delivery>), JoinError>, sink: Sink<'_>) -> Result<()> {
        let failed = |e| Error::new(ErrorId::Internal, format!("A request ended by itself: {e}."));
        let (number, delivery) = joined.map_err(failed)?;
        let Some(Flight { ticket, jobs }) = self.line.flights.remove(&number) else { return Ok(()) };
        let now = self.connection.clock().now();
        let delivery = match delivery {
            Ok(delivery) => delivery,
            Err(error) => {
                self.line.throttle.lost(&ticket, Course::Failed);
                return Err(error);
            }
        };
        match &delivery.said {
            Some(said) => self.line.throttle.answered(&ticket, now, said, delivery.course),
            None => self.line.throttle.lost(&ticket, delivery.course),
        }
        self.judge(now, &delivery)?;
        let as_a_whole = jobs.len() > 1
            && delivery.status.is_some_and(|s| s.is_client_error())
            && delivery.results.iter().all(|one| one.as_ref().is_err_and(|f| f.retry == Retry::Never));
        let mut repeats = Repeats::default();
        for (job, result) in jobs.into_iter().zip(delivery.results) {
            match result {
                Ok(page) => self.page(job, page, &delivery.url, sink)?,
                Err(_) if as_a_whole => self.ready.push_back(Job { alone: true, ..job }),
                Err(failure) => self.failed(job, failure, now, &mut repeats)?,
            }
        }
        Ok(())
    }

    /// Whether going on makes sense after this answer.
    fn judge(&mut self, now: Duration, delivery: &Delivery) -> Result<()> {
        let failures = || delivery.results.iter().filter_map(|one| one.as_ref().err());
        let denied = failures().next().filter(|_| delivery.status.is_some_and(|status| status == 403));
        // A refusal for a command's own sake is an answer; the service works.
        let carried_out = failures().count() < delivery.results.len()
            || (denied.is_none() && failures().any(|one| one.retry == Retry::Never));
        if carried_out {
            self.line.breaker.succeeded();
            self.line.access.succeeded(&delivery.token);
        }
        if let Some(unauthorized) = failures().find(|one| one.retry == Retry::AfterRenewal) {
            self.connection.tokens().invalidate(&delivery.token);
            return self.line.access.refused(&delivery.token, &unauthorized.error);
        }
        if carried_out {
            return Ok(());
        }
        if let Some(denied) = denied.filter(|_| !self.line.access.worked()) {
            return Err(denied.error.clone());
        }
        match failures().next() {
            Some(last) => self.line.breaker.failed(now, last.refused && is_timed(last), &last.error),
            None => Ok(()),
        }
    }

    /// Takes a page of a command's output.
    fn page(&mut self, mut job: Job, page: Page, from: &Url, sink: Sink<'_>) -> Result<()> {
        sink(job.position, page.output.objects)?;
        let Some(place) = self.results.get_mut(job.position) else { return Ok(()) };
        let mut all = place.take().and_then(Result::ok).unwrap_or_default();
        let delays = page.output.warnings.iter().filter(|warning| is_delay(warning)).count();
        all.warnings.extend(page.output.warnings.into_iter().filter(|warning| !is_delay(warning)));
        *place = Some(Ok(all));
        if delays > 0 {
            self.log("Exchange Online works more slowly on purpose (micro delay).".to_owned())?;
        }
        let Some(link) = page.next else { return Ok(()) };
        let url = self.connection.page(from, &link).and_then(|url| {
            if job.pages.len() < MOST_PAGES && job.pages.insert(url.to_string()) {
                return Ok(url);
            }
            let message = "Exchange Online names a further page that was read already, or far too many.";
            Err(Error::new(ErrorId::ExchangeProtocol, message))
        });
        match url {
            Ok(url) => self.ready.push_front(Job { page: Some(url), attempts: 0, ..job }),
            Err(error) => self.end(job.position, error),
        }
        Ok(())
    }

    /// Puts a command back that failed, where that is safe and may help, or ends it.
    fn failed(&mut self, job: Job, failure: Failure, now: Duration, repeats: &mut Repeats) -> Result<()> {
        let repeatable = self.commands.get(job.position).is_some_and(|command| command.repeatable);
        let attempts = job.attempts + 1;
        let native = failure.error.native.as_deref().cloned().unwrap_or_default();
        let wait = match failure.retry {
            Retry::Never => return self.ended(&job, failure.error),
            _ if !repeatable && !failure.refused => {
                let message = format!(
                    "{} Whether it was carried out is not known, and it can't be repeated safely.",
                    failure.error.message
                );
                let id = ErrorId::ExchangeUnavailable;
                let error = Error { target: failure.error.target, ..Error::new(id, message).native(native) };
                return self.ended(&job, error);
            }
            _ if attempts >= MOST_ATTEMPTS => return self.ended(&job, failure.error),
            Retry::AfterRenewal => Duration::ZERO,
            Retry::Later(Some(seconds)) => Duration::from_secs(seconds),
            Retry::Later(None) => {
                if !*repeats.allowed.get_or_insert_with(|| self.line.budget.retry(now)) {
                    return self.ended(&job, failure.error);
                }
                back_off(attempts, chance())
            }
        };
        if !std::mem::replace(&mut repeats.counted, true) {
            self.line.repeated += 1;
            self.log(format!("{} (request {})", failure.error, native.request_id.as_deref().unwrap_or("-")))?;
        }
        self.waiting.push(Job { attempts, due: now.saturating_add(wait), ..job });
        Ok(())
    }

    fn ended(&mut self, job: &Job, error: Error) -> Result<()> {
        let id = error.native.as_ref().and_then(|native| native.request_id.as_deref()).unwrap_or("-");
        self.log(format!("{error} (request {id})"))?;
        self.end(job.position, error);
        Ok(())
    }

    fn end(&mut self, position: usize, error: Error) {
        if let Some(place) = self.results.get_mut(position) {
            *place = Some(Err(error));
        }
    }

    fn log(&self, text: String) -> Result<()> {
        self.context.log(LogLevel::Verbose, text)
    }
}

/// What was decided for the commands of one request together.
#[derive(Default)]
struct Repeats {
    allowed: Option<bool>,
    counted: bool,
}

fn is_timed(failure: &Failure) -> bool {
    matches!(failure.retry, Retry::Later(Some(_)))
}

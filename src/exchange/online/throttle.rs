//! How much may be sent when: pure, with the time as a parameter.
//!
//! The service announces how many commands it still takes until when (`Rate-Limit-Remaining`, `Rate-Limit-Reset`), and
//! refuses with 429 and `Retry-After` (docs/design/exchange-online.md §1.6, "Rate headers"). Its counter only falls
//! within a window, so the smallest number announced in a window, less everything that is under way, is never too
//! much: whatever has been answered is counted in the answer that was counted last. What may have been counted without
//! an answer that says so (a lost connection, an answer without the headers) is held back until an answer to a later
//! request.
//!
//! How many requests run at a time and how large they are is found out: both grow while all is well.

use std::time::Duration;

/// The most commands in one request (docs/design/exchange-online.md §1.6, "Batching").
pub const LARGEST_BATCH: usize = 10;
/// The most requests at a time.
pub const MOST_REQUESTS: usize = 10;
/// Requests at a time, to begin with.
const FIRST_REQUESTS: usize = 4;
/// `Rate-Limit-Reset` of one window may differ by this much from answer to answer.
const SAME_WINDOW: Duration = Duration::from_secs(1);
/// How long to wait where the service says that nothing remains, and not until when.
const UNKNOWN_RESET: Duration = Duration::from_secs(60);

/// What an answer's headers say.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Announcement {
    /// `Rate-Limit-Limit`: commands in a window.
    pub limit: Option<u64>,
    /// `Rate-Limit-Remaining`: commands that this window still takes.
    pub remaining: Option<u64>,
    /// `Rate-Limit-Reset`: when the next window begins, by the service's clock, since 1970.
    pub reset: Option<Duration>,
    /// `Date`: the service's clock, since 1970.
    pub date: Option<Duration>,
    /// `Retry-After`: how long to send nothing.
    pub retry_after: Option<Duration>,
    /// `X-ConcurrencyCount`: requests that the service sees at work.
    pub concurrency: Option<u64>,
}

/// How a request went, as far as the pace is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The service did it in its usual time.
    Good,
    /// The service carried it out slowly on purpose ("Micro delay applied").
    Delayed,
    /// The service refused it for its number (429).
    Throttled,
    /// The service could not do it in time (503, 504, no answer in time).
    Overloaded,
    /// It failed for a reason that says nothing about the pace.
    Failed,
}

/// What may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// A request with as many commands at most.
    Go(usize),
    /// Nothing before that time.
    At(Duration),
    /// Nothing before something under way has been answered.
    AfterAnswer,
}

/// A request under way.
#[derive(Debug)]
pub struct Ticket {
    commands: u64,
    /// How many commands had been lost when it was sent.
    lost_before: u64,
    /// How often the pace had been lowered when it was sent.
    lowered_before: u64,
}

/// What is known of the service's present window.
#[derive(Debug, Clone, Copy)]
struct Window {
    remaining: u64,
    /// `Rate-Limit-Reset`, by the service's clock.
    reset: Duration,
    /// The same by ours; `None` once it is over and nothing is known of the next one.
    until: Option<Duration>,
}

/// The pace of one connection.
#[derive(Debug)]
pub struct Throttle {
    requests: usize,
    batch: usize,
    /// Good answers since the number of requests last grew.
    good: usize,
    /// The most requests at a time, beside those of others.
    ceiling: usize,
    requests_under_way: usize,
    under_way: u64,
    /// Commands that may have been counted without an announcement: all, and those that one has covered since.
    lost: u64,
    settled: u64,
    lowered: u64,
    limit: Option<u64>,
    window: Option<Window>,
    blocked_until: Duration,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            requests: FIRST_REQUESTS,
            batch: LARGEST_BATCH,
            good: 0,
            ceiling: MOST_REQUESTS,
            requests_under_way: 0,
            under_way: 0,
            lost: 0,
            settled: 0,
            lowered: 0,
            limit: None,
            window: None,
            blocked_until: Duration::ZERO,
        }
    }
}

impl Throttle {
    /// What may be sent at `now`.
    pub fn pace(&mut self, now: Duration) -> Pace {
        if now < self.blocked_until {
            return Pace::At(self.blocked_until);
        }
        if self.requests_under_way >= self.requests.min(self.ceiling) {
            return Pace::AfterAnswer;
        }
        self.expire(now);
        let Some(window) = self.window else { return Pace::Go(self.batch) };
        let held = self.under_way.saturating_add(self.lost.saturating_sub(self.settled));
        match (window.remaining.saturating_sub(held), window.until) {
            (0, Some(until)) if window.remaining == 0 || self.under_way == 0 => Pace::At(until),
            (0, None) if self.under_way == 0 => Pace::Go(1),
            (0, _) => Pace::AfterAnswer,
            (free, _) => Pace::Go(self.batch.min(usize::try_from(free).unwrap_or(usize::MAX))),
        }
    }

    /// Takes note that a request with `commands` commands goes out.
    pub fn sent(&mut self, commands: usize) -> Ticket {
        let commands = commands as u64;
        self.requests_under_way += 1;
        self.under_way = self.under_way.saturating_add(commands);
        Ticket { commands, lost_before: self.lost, lowered_before: self.lowered }
    }

    /// Takes note of a request's answer.
    pub fn answered(&mut self, ticket: &Ticket, now: Duration, said: &Announcement, course: Course) {
        self.ended(ticket, course);
        if let Some(after) = said.retry_after {
            self.blocked_until = self.blocked_until.max(now.saturating_add(after));
        }
        if let Some(count) = said.concurrency {
            // The count contains this request, and the others of ours.
            let ours = self.requests_under_way.saturating_add(1);
            let others = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(ours);
            self.ceiling = MOST_REQUESTS.saturating_sub(others).max(FIRST_REQUESTS);
        }
        self.limit = said.limit.or(self.limit);
        match (said.remaining, said.reset) {
            (Some(remaining), Some(reset)) => {
                self.settled = self.settled.max(ticket.lost_before);
                self.announced(now, remaining, reset, said.date.unwrap_or(now));
            }
            (Some(0), None) if said.retry_after.is_none() => {
                self.blocked_until = self.blocked_until.max(now.saturating_add(UNKNOWN_RESET));
            }
            _ => self.lost = self.lost.saturating_add(ticket.commands),
        }
    }

    /// Takes note that a request will never be answered; the service may have counted it.
    pub fn lost(&mut self, ticket: &Ticket, course: Course) {
        self.ended(ticket, course);
        self.lost = self.lost.saturating_add(ticket.commands);
    }

    /// The most requests that would run at a time now, and commands in each.
    pub fn size(&self) -> (usize, usize) {
        (self.requests.min(self.ceiling), self.batch)
    }

    fn announced(&mut self, now: Duration, remaining: u64, reset: Duration, date: Duration) {
        // `Date` is cut to the second and a moment old, so this is late by up to a second rather than early.
        let until = now.saturating_add(reset.saturating_sub(date));
        match &mut self.window {
            Some(window) if reset < window.reset.saturating_add(SAME_WINDOW) => {
                let same = window.reset < reset.saturating_add(SAME_WINDOW);
                if let Some(known) = window.until.as_mut().filter(|_| same) {
                    *known = (*known).min(until);
                    window.remaining = window.remaining.min(remaining);
                }
            }
            _ => self.window = Some(Window { remaining, reset, until: Some(until) }),
        }
    }

    /// Forgets what was announced for a window that is over; the limit is likely the same in the next one.
    fn expire(&mut self, now: Duration) {
        let limit = self.limit.unwrap_or(u64::MAX);
        if let Some(window) = self.window.as_mut().filter(|window| window.until.is_some_and(|end| end <= now))
        {
            window.until = None;
            window.remaining = limit;
        }
    }

    fn ended(&mut self, ticket: &Ticket, course: Course) {
        self.requests_under_way = self.requests_under_way.saturating_sub(1);
        self.under_way = self.under_way.saturating_sub(ticket.commands);
        match course {
            Course::Good => self.raise(),
            Course::Failed => {}
            // What was under way when the pace was lowered says nothing about the lower one.
            _ if ticket.lowered_before < self.lowered => {}
            Course::Delayed => self.lower_requests(),
            Course::Throttled => {
                self.lower_requests();
                self.batch = (self.batch / 2).max(1);
            }
            Course::Overloaded => {
                self.lowered += 1;
                self.batch = (self.batch / 2).max(1);
            }
        }
    }

    fn raise(&mut self) {
        self.batch = (self.batch + 1).min(LARGEST_BATCH);
        self.good += 1;
        if self.good >= self.requests {
            self.good = 0;
            self.requests = (self.requests + 1).min(MOST_REQUESTS);
        }
    }

    fn lower_requests(&mut self) {
        self.lowered += 1;
        self.good = 0;
        self.requests = (self.requests / 2).max(1);
    }
}

#[cfg(test)]
mod tests;

//! The rate limit: a fixed window that begins with its first command, and what was announced about it.

use std::time::{Duration, Instant};

use super::{
    answer::Answer,
    clock::{Clock, rfc3339},
    settings::RateLimit,
};

/// docs/design/exchange-online.md §1.6, "Rate headers": this limit was seen; the window's length is not documented.
const SEEN_LIMIT: RateLimit = RateLimit { limit: 30_000, window: 300.0 };

#[derive(Default)]
pub struct Rate {
    began: f64,
    used: u32,
    /// When an answer said that nothing is left, and until when of the clock.
    announced: Option<(Instant, f64)>,
}

/// Whether a command may run.
pub enum Verdict {
    Passed,
    /// To be tried again after so many seconds of the clock.
    Refused(u32),
}

impl Rate {
    fn window(limit: Option<&RateLimit>) -> &RateLimit {
        limit.unwrap_or(&SEEN_LIMIT)
    }

    fn renew(&mut self, limit: &RateLimit, now: f64) {
        if now >= self.began + limit.window {
            (self.began, self.used) = (now, 0);
        }
    }

    /// Whether a command that arrives now was sent although an answer had said that it must wait. Answers that
    /// are younger than the allowance may still have been under way.
    pub fn is_beyond_announced(&self, clock: &Clock, allowance: f64) -> bool {
        self.announced.is_some_and(|(at, until)| {
            clock.now() < until && at.elapsed() > Duration::from_secs_f64(allowance.max(0.0))
        })
    }

    /// Counts a command.
    pub fn take(&mut self, limit: Option<&RateLimit>, now: f64) -> Verdict {
        let window = Self::window(limit);
        self.renew(window, now);
        if limit.is_some() && self.used >= window.limit {
            return Verdict::Refused((self.began + window.window - now).ceil().max(1.0) as u32);
        }
        self.used = self.used.saturating_add(1);
        Verdict::Passed
    }

    /// Adds the headers that tell how much is left.
    pub fn describe(
        &mut self,
        answer: Answer,
        limit: Option<&RateLimit>,
        clock: &Clock,
        busy: usize,
    ) -> Answer {
        let window = Self::window(limit);
        let now = clock.now();
        self.renew(window, now);
        let (left, reset) = (window.limit.saturating_sub(self.used), self.began + window.window);
        if left == 0 && limit.is_some() {
            self.announce(reset, now);
        }
        answer
            .header("Rate-Limit-Limit", window.limit.to_string())
            .header("Rate-Limit-Remaining", left.to_string())
            .header("Rate-Limit-Reset", rfc3339(reset.ceil()))
            // The request itself is not counted.
            .header("X-ConcurrencyCount", busy.saturating_sub(1).to_string())
    }

    /// Notes that callers were told to wait until then; the first word counts.
    pub fn announce(&mut self, until: f64, now: f64) {
        self.announced = Some(match self.announced {
            Some((at, before)) if before > now => (at, before.max(until)),
            _ => (Instant::now(), until),
        });
    }
}

//! When to try again, and when to stop: back-off, a budget, a circuit breaker. Pure, with time and chance as parameters.

use std::time::Duration;

use crate::{
    error::{Error, ErrorId, Result},
    model::Timestamp,
};

/// The most times that one command is sent.
pub const MOST_ATTEMPTS: u32 = 10;
/// The fewest times that one command is sent where the service was never met, however long they take.
pub const FEWEST_ATTEMPTS: u32 = 3;
/// The shortest upper bound of a back-off.
const FIRST_BACK_OFF: Duration = Duration::from_secs(1);
/// The longest back-off.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);
/// Failed requests in a row that end a call.
const MOST_FAILURES: u32 = 20;
/// Time in which nobody answers as the service does that ends a command, before anything worked: another network, proxy
/// or address is not the right one a moment later either.
const LONGEST_WITHOUT_SERVICE: Duration = Duration::from_secs(20);
/// The longest back-off then.
const LONGEST_WAIT_WITHOUT_SERVICE: Duration = Duration::from_secs(8);
/// Time without a success that ends a call.
const LONGEST_SILENCE: Duration = Duration::from_secs(5 * 60);
/// The time that a budget is for.
const BUDGET_WINDOW: Duration = Duration::from_secs(60);
/// Retries that a window has whatever the number of requests.
const BUDGET_BASE: u64 = 20;
/// One retry more for so many requests.
const BUDGET_SHARE: u64 = 10;

/// How long to wait before sending a command again that was sent `attempts` times; `chance` is from 0 to 1.
///
/// Exponential, with full jitter: many clients that failed together do not come back together.
pub fn back_off(attempts: u32, chance: f64) -> Duration {
    let doubled = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    FIRST_BACK_OFF.saturating_mul(doubled).min(LONGEST_BACK_OFF).mul_f64(chance.clamp(0.0, 1.0))
}

/// The same where nobody has answered as the service does yet.
pub fn first_back_off(attempts: u32, chance: f64) -> Duration {
    back_off(attempts, chance).min(LONGEST_WAIT_WITHOUT_SERVICE)
}

/// A number from 0 to 1 by chance.
pub fn chance() -> f64 {
    // The lowest bits of a version 4 UUID are random (RFC 9562, 5.4).
    f64::from(uuid::Uuid::new_v4().as_u128() as u32) / f64::from(u32::MAX)
}

/// How many requests may be repeated: within a minute 20, and one in ten.
///
/// Refusals that say when to come back are not repeats of this kind: they cost the service nothing.
#[derive(Debug, Default)]
pub struct Budget {
    begun: Duration,
    requests: u64,
    retries: u64,
}

impl Budget {
    /// Takes note of a request.
    pub fn request(&mut self, now: Duration) {
        self.roll(now);
        self.requests += 1;
    }

    /// Whether the commands of one more request may be repeated; counts it if so.
    pub fn retry(&mut self, now: Duration) -> bool {
        self.roll(now);
        let free = self.retries < BUDGET_BASE + self.requests / BUDGET_SHARE;
        self.retries += u64::from(free);
        free
    }

    fn roll(&mut self, now: Duration) {
        if now.saturating_sub(self.begun) >= BUDGET_WINDOW {
            *self = Self { begun: now, requests: 0, retries: 0 };
        }
    }
}

/// Ends a call when the service does nothing but fail.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    refusals: u32,
    since: Option<Duration>,
}

impl Breaker {
    /// Takes note of a request that went well.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Whether nobody has answered as the service does for too long, where it never did before.
    pub fn is_without_service(&self, now: Duration) -> bool {
        self.since.is_some_and(|since| now.saturating_sub(since) >= LONGEST_WITHOUT_SERVICE)
    }

    /// Takes note of a request that failed, or that was refused with a time to come back, which counts only towards
    /// the time. Fails with `ExchangeUnavailable` when it was one too many; then it begins anew.
    pub fn failed(&mut self, now: Duration, refused: bool, last: &Error) -> Result<()> {
        let since = *self.since.get_or_insert(now);
        if refused {
            self.refusals += 1;
        } else {
            self.failures += 1;
        }
        let silence = now.saturating_sub(since);
        if self.failures < MOST_FAILURES && silence < LONGEST_SILENCE {
            return Ok(());
        }
        let failed = std::mem::take(self);
        let message = format!(
            "Exchange Online has confirmed nothing since {}: {} requests in a row failed, and the last one said: {}",
            Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
            failed.failures + failed.refusals,
            last.message
        );
        let native = last.native.as_deref().cloned().unwrap_or_default();
        Err(Error::new(ErrorId::ExchangeUnavailable, message).native(native))
    }
}

#[cfg(test)]
mod tests;

//! Tokens that are kept in memory and renewed in time, once for all who wait.

use std::{
    future::Future,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{AccessToken, Surroundings, TokenFuture, TokenSource};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    exchange::clock::Clock,
    timestamp::Timestamp,
};

/// Seconds until the next try when a renewal failed while the old token is still valid.
const NEXT_TRY: i64 = 30;

/// How often a request to a sign-in is repeated.
const REPETITIONS: u32 = 3;

/// The longest wait between two requests that a service may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Somebody who gives out tokens.
pub(super) trait Issuer: Send + Sync {
    /// A new token.
    fn issue(&self) -> impl Future<Output = Result<AccessToken>> + Send;
}

/// An issuer whose last token is kept.
pub(super) struct Renewing<I> {
    issuer: I,
    clock: Clock,
    context: Context,
    /// Held by the one who renews.
    gate: tokio::sync::Mutex<()>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    token: Option<AccessToken>,
    /// The old token is good enough until then, since a renewal failed.
    next_try: Timestamp,
    /// How many renewals ended.
    renewals: u64,
    /// What the last one failed with.
    failure: Option<Error>,
}

impl Kept {
    fn usable(&self, now: Timestamp) -> Option<AccessToken> {
        let fresh =
            |token: &&AccessToken| now < token.renewal() || (now < self.next_try && now < token.expires());
        self.token.as_ref().filter(fresh).cloned()
    }
}

impl<I: Issuer> Renewing<I> {
    pub(super) fn new(issuer: I, from: &Surroundings<'_>) -> Self {
        Self {
            issuer,
            clock: from.clock.clone(),
            context: from.context.clone(),
            gate: tokio::sync::Mutex::default(),
            kept: Mutex::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    async fn current(&self) -> Result<AccessToken> {
        let seen = {
            let kept = self.kept();
            if let Some(token) = kept.usable(self.clock.timestamp()) {
                return Ok(token);
            }
            kept.renewals
        };
        let _gate = self.gate.lock().await;
        {
            let kept = self.kept();
            if let Some(token) = kept.usable(self.clock.timestamp()) {
                return Ok(token);
            }
            // Who waited for a renewal that failed does not try it again.
            if let Some(failure) = kept.failure.as_ref().filter(|_| kept.renewals != seen) {
                return Err(failure.clone());
            }
        }
        let renewed = self.issuer.issue().await;
        let (result, message) = self.keep(renewed);
        if let Some(message) = message {
            self.context.log(LogLevel::Verbose, message)?;
        }
        result
    }

    /// Keeps what a renewal brought; what the caller gets, and what is to be logged.
    fn keep(&self, renewed: Result<AccessToken>) -> (Result<AccessToken>, Option<String>) {
        let now = self.clock.timestamp();
        let mut kept = self.kept();
        kept.renewals += 1;
        match renewed {
            Ok(token) => {
                let message = format!("Signed in; the token is valid until {}.", token.expires());
                kept.failure = None;
                kept.token = Some(token.clone());
                (Ok(token), Some(message))
            }
            Err(error) => {
                kept.failure = Some(error.clone());
                let old = kept.token.clone().filter(|old| now < old.expires());
                match old.filter(|_| error.id != ErrorId::Canceled) {
                    Some(old) => {
                        kept.next_try = now.plus(NEXT_TRY);
                        let until = old.expires();
                        let message =
                            format!("The token is valid until {until} but was not renewed: {error}");
                        (Ok(old), Some(message))
                    }
                    None => (Err(error), None),
                }
            }
        }
    }
}

impl<I: Issuer> TokenSource for Renewing<I> {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(self.current())
    }

    fn invalidate(&self, token: &AccessToken) {
        let mut kept = self.kept();
        if kept.token.as_ref().is_some_and(|current| current.is(token)) {
            kept.token = None;
        }
    }
}

/// A request to a sign-in that failed.
pub(super) struct Failed {
    pub error: Error,
    /// How long to wait before the same request; none where it would fail again.
    pub again: Option<Duration>,
}

impl Failed {
    pub(super) fn for_good(error: Error) -> Self {
        Self { error, again: None }
    }
}

/// Counts the repetitions of a request to a sign-in.
#[derive(Default)]
pub(super) struct Repetition {
    done: u32,
}

impl Repetition {
    /// Waits before the next attempt, each time twice as long.
    /// Fails with the failure itself where there is to be none, and with `Canceled`.
    pub(super) async fn after(
        &mut self,
        failed: Failed,
        clock: &Clock,
        cancel: &CancellationToken,
    ) -> Result<()> {
        match failed.again {
            Some(wait) if self.done < REPETITIONS => {
                let wait = wait.saturating_mul(1 << self.done).min(LONGEST_WAIT);
                self.done += 1;
                clock.sleep(wait, cancel).await
            }
            _ => Err(failed.error),
        }
    }
}

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
    model::Timestamp,
};

/// Seconds until the next try when a renewal failed while the old token is still valid.
const NEXT_TRY: i64 = 30;

/// How often a request to a sign-in is repeated.
const REPETITIONS: u32 = 3;

/// The longest wait between two requests that a service may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Somebody who gives out tokens.
pub(super) trait Issuer: Send + Sync {
    /// A new token, in answer to a challenge where there was one.
    fn issue(&self, challenge: Option<&Challenge>) -> impl Future<Output = Result<AccessToken>> + Send;
}

/// What a service wanted instead of a token.
#[derive(Debug, Clone)]
pub(super) struct Challenge {
    /// The token that it did not take.
    pub token: AccessToken,
    /// The claims that another one must have, as JSON.
    pub claims: String,
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
    /// What the next tokens must answer: one that expires was asked for with these claims, and so is the one after it.
    challenge: Option<Challenge>,
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
        let challenge = {
            let kept = self.kept();
            if let Some(token) = kept.usable(self.clock.timestamp()) {
                return Ok(token);
            }
            // Who waited for a renewal that failed does not try it again.
            if let Some(failure) = kept.failure.as_ref().filter(|_| kept.renewals != seen) {
                return Err(failure.clone());
            }
            kept.challenge.clone()
        };
        let renewed = self.issuer.issue(challenge.as_ref()).await;
        let (result, message) = self.keep(renewed);
        if let Some(message) = message {
            // A caller who is slow to take it must not hold up a thread of the runtime.
            let context = self.context.clone();
            let logging = tokio::task::spawn_blocking(move || context.log(LogLevel::Verbose, message));
            logging.await.unwrap_or_else(|_| Err(Error::canceled()))?;
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

    fn challenged(&self, token: &AccessToken, claims: &str) {
        let mut kept = self.kept();
        if kept.token.as_ref().is_some_and(|current| current.is(token)) {
            kept.token = None;
            kept.challenge = Some(Challenge { token: token.clone(), claims: claims.to_owned() });
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use tokio::runtime::Runtime;
    use zeroize::Zeroizing;

    use super::*;
    use crate::event::{Answer, Event, EventSink, Question};

    struct Silent;

    impl EventSink for Silent {
        fn emit(&self, _: Event) -> Result<()> {
            Ok(())
        }

        fn ask(&self, _: Vec<Question>) -> Result<Vec<Answer>> {
            Ok(Vec::new())
        }
    }

    /// Gives out numbered tokens of this life, and fails where it is told to.
    struct Numbered {
        clock: Clock,
        life: i64,
        fails: fn(u32) -> bool,
        issued: AtomicU32,
        challenges: Mutex<Vec<String>>,
    }

    impl Issuer for Numbered {
        async fn issue(&self, challenge: Option<&Challenge>) -> Result<AccessToken> {
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.challenges.lock().unwrap().extend(challenge.map(|one| one.claims.clone()));
            let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
            if (self.fails)(number) {
                return Err(Error::new(ErrorId::ExchangeUnreachable, format!("attempt {number}")));
            }
            let now = self.clock.timestamp();
            Ok(AccessToken::new(Zeroizing::new(number.to_string()), now, now.plus(self.life)).unwrap())
        }
    }

    fn source(speed: f64, life: i64, fails: fn(u32) -> bool) -> Arc<Renewing<Numbered>> {
        let clock = Clock::accelerated(speed);
        let issuer = Numbered {
            clock: clock.clone(),
            life,
            fails,
            issued: AtomicU32::new(0),
            challenges: Mutex::default(),
        };
        let context = Context::new(Arc::new(Silent), CancellationToken::new());
        let (gate, kept) = (tokio::sync::Mutex::default(), Mutex::default());
        Arc::new(Renewing { issuer, clock, context, gate, kept })
    }

    fn text(token: &AccessToken) -> String {
        token.authorization().to_str().unwrap().to_owned()
    }

    /// What 20 tasks get that ask at once.
    async fn twenty(source: &Arc<Renewing<Numbered>>) -> Vec<Result<String>> {
        let asking = || {
            let source = source.clone();
            tokio::spawn(async move { source.token().await.map(|token| text(&token)) })
        };
        let tasks: Vec<_> = (0..20).map(|_| asking()).collect();
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await.unwrap());
        }
        results
    }

    #[test]
    fn twenty_who_ask_at_once_share_one_renewal() {
        let source = source(1.0, 3600, |_| false);
        let results = Runtime::new().unwrap().block_on(twenty(&source));
        assert!(results.iter().all(|result| result.as_deref() == Ok("Bearer 1")), "{results:?}");
    }

    #[test]
    fn twenty_who_wait_for_a_renewal_that_fails_share_its_failure_and_the_next_one_tries_again() {
        let source = source(1.0, 3600, |number| number == 1);
        let results = Runtime::new().unwrap().block_on(twenty(&source));
        let failed = |result: &Result<String>| result.as_ref().is_err_and(|e| e.message == "attempt 1");
        assert!(results.iter().all(failed), "{results:?}");
        let next = Runtime::new().unwrap().block_on(source.token()).unwrap();
        assert_eq!(text(&next), "Bearer 2");
    }

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        let source = source(100.0, 60, |_| false);
        Runtime::new().unwrap().block_on(async {
            let mut seen = Vec::new();
            for _ in 0..40 {
                let token = source.token().await.unwrap();
                assert!(source.clock.timestamp() < token.expires(), "an old token was given out");
                seen.push(text(&token));
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            seen.dedup();
            // A second is 100 seconds here, and a token lasts for 30 of them; a renewal takes 5.
            assert!((2..=4).contains(&seen.len()), "{seen:?}");
        });
    }

    #[test]
    fn a_token_that_the_service_refused_is_replaced_once() {
        let source = source(1.0, 3600, |_| false);
        Runtime::new().unwrap().block_on(async {
            let first = source.token().await.unwrap();
            source.invalidate(&first);
            let second = source.token().await.unwrap();
            // A late answer to a request with the first token.
            source.invalidate(&first);
            let third = source.token().await.unwrap();
            assert_eq!([&first, &second, &third].map(text), ["Bearer 1", "Bearer 2", "Bearer 2"]);
        });
    }

    #[test]
    fn a_challenge_is_handed_to_each_renewal_after_it_and_a_late_one_changes_nothing() {
        let source = source(1.0, 3600, |number| number == 2);
        Runtime::new().unwrap().block_on(async {
            let first = source.token().await.unwrap();
            source.challenged(&first, "the claims");
            let failed = source.token().await.unwrap_err();
            assert_eq!(failed.message, "attempt 2");
            let second = source.token().await.unwrap();
            // A late answer to a request with the first token.
            source.challenged(&first, "late");
            source.invalidate(&second);
            let third = source.token().await.unwrap();
            assert_eq!([&first, &second, &third].map(text), ["Bearer 1", "Bearer 3", "Bearer 4"]);
            assert_eq!(*source.issuer.challenges.lock().unwrap(), ["the claims"; 3]);
        });
    }

    #[test]
    fn a_token_that_could_not_be_renewed_is_used_as_long_as_it_is_valid() {
        let source = source(100.0, 200, |number| number > 1);
        Runtime::new().unwrap().block_on(async {
            let first = source.token().await.unwrap();
            let mut given = 0;
            loop {
                match source.token().await {
                    Ok(token) => assert!(token.is(&first)),
                    Err(error) => break assert_eq!(error.id, ErrorId::ExchangeUnreachable),
                }
                given += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert!(source.clock.timestamp() >= first.expires(), "it was given up while valid");
            let attempts = source.issuer.issued.load(Ordering::SeqCst);
            assert!(attempts <= 6, "{attempts} attempts for {given} questions within 100 s");
        });
    }
}

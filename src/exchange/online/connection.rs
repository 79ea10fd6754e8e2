//! One request to the service: token, regional host, cookies, redirects, time limit.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use reqwest::Url;

use super::region::{MOST_REDIRECTS, Region, at_usual_port};
use crate::{
    error::{Error, ErrorId, Result},
    exchange::{
        clock::Clock,
        cloud::Cloud,
        http::{HttpAnswer, HttpClient, HttpFailure, HttpRequest},
        sign_in::{AccessToken, TokenSource},
    },
    model::Timestamp,
};

/// A way to the service; requests run at the same time.
pub struct Connection {
    http: HttpClient,
    cloud: Cloud,
    tokens: Arc<dyn TokenSource>,
    clock: Clock,
    limits: TimeLimits,
    region: Mutex<Region>,
    /// The service's clock, and ours when it showed it.
    shown: Mutex<Option<(Timestamp, Timestamp)>>,
}

/// How long an answer may take.
#[derive(Debug, Clone, Copy)]
pub struct TimeLimits {
    /// That of a list.
    pub list: Duration,
    /// Any other one.
    pub other: Duration,
}

/// A request that went out, or tried to.
pub struct Sent {
    /// Where it went last.
    pub url: Url,
    /// The token that it carried.
    pub token: AccessToken,
    /// Its answer, with any status but a redirect.
    pub result: Result<HttpAnswer, HttpFailure>,
    /// Whether it was given up after the time limit.
    pub timed_out: bool,
}

impl Connection {
    /// A way to `cloud` with tokens of `tokens`; `limits` are for one answer, by `clock`.
    pub fn new(
        http: HttpClient,
        cloud: Cloud,
        tokens: Arc<dyn TokenSource>,
        clock: Clock,
        limits: TimeLimits,
    ) -> Self {
        let region = Mutex::new(Region::new(cloud.service().clone()));
        Self { http, cloud, tokens, clock, limits, region, shown: Mutex::new(None) }
    }

    /// The clock by which it waits.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where the tokens come from.
    pub fn tokens(&self) -> &dyn TokenSource {
        &*self.tokens
    }

    /// The service's clock now, where it has shown one.
    pub fn service_time(&self) -> Option<Timestamp> {
        let (theirs, ours) = (*lock(&self.shown))?;
        Some(theirs.plus(self.clock.timestamp().0.saturating_sub(ours.0)))
    }

    /// How long an answer may take.
    pub fn limits(&self) -> TimeLimits {
        self.limits
    }

    /// Sends the request that `make` makes for the service's address and a token, and follows redirects with the same
    /// commands. Each answer has `time_limit`.
    ///
    /// Fails where going on is useless: the sign-in's errors, `RedirectRefused`, `ExchangeTlsFailed`,
    /// `ProxyCredentialRejected`, `ProxyRefused`, `ProfileInvalid`, `ExchangeProtocol` for a redirect that never ends, `Canceled`.
    pub async fn post(
        &self,
        make: impl Fn(&Url, &AccessToken) -> Result<HttpRequest>,
        time_limit: Duration,
    ) -> Result<Sent> {
        let mut redirected: Option<Url> = None;
        for _ in 0..=MOST_REDIRECTS {
            let token = self.tokens.token().await?;
            let service = lock(&self.region).service().clone();
            let mut request = make(&service, &token)?;
            request.url = redirected.take().unwrap_or(request.url);
            self.sign(&mut request, &token)?;
            let url = request.url.clone();
            let begun = self.clock.now();
            let result = self.http.send(request, self.clock.real(time_limit)).await;
            let timed_out = result.is_err() && self.clock.now().saturating_sub(begun) >= time_limit;
            let answer = match result {
                Ok(answer) => answer,
                Err(failure) if is_final(failure.error.id) => return Err(failure.error),
                failure => return Ok(Sent { url, token, result: failure, timed_out }),
            };
            self.see(&answer);
            redirected = lock(&self.region).follow(&self.cloud, &url, answer.status, &answer.headers)?;
            if redirected.is_none() {
                return Ok(Sent { url, token, result: Ok(answer), timed_out });
            }
        }
        let message = format!("Exchange Online redirected more than {MOST_REDIRECTS} times.");
        Err(Error::new(ErrorId::ExchangeProtocol, message))
    }

    /// The address of a further page, which may be at any of the cloud's hosts.
    ///
    /// Fails with `ExchangeProtocol` where it leads elsewhere: the request would carry the token.
    pub fn page(&self, from: &Url, link: &str) -> Result<Url> {
        let invalid = |why: &str| {
            Error::new(ErrorId::ExchangeProtocol, format!("Exchange Online named a further page {why}."))
        };
        let url = from.join(link).map_err(|_| invalid("that is no address"))?;
        if !self.cloud.allows_bearer(&url) {
            let (scheme, host) = (url.scheme(), url.host_str().unwrap_or_default());
            return Err(invalid(&format!("at '{scheme}://{host}', which is none of this cloud's hosts")));
        }
        Ok(at_usual_port(&self.cloud, url))
    }

    fn sign(&self, request: &mut HttpRequest, token: &AccessToken) -> Result<()> {
        if !self.cloud.allows_bearer(&request.url) {
            let host = request.url.host_str().unwrap_or_default().to_owned();
            let message = format!("'{host}' is none of this cloud's hosts.");
            return Err(Error::new(ErrorId::RedirectRefused, message).target(host));
        }
        lock(&self.region).apply(&mut request.headers);
        request.bearer(token.authorization());
        Ok(())
    }

    fn see(&self, answer: &HttpAnswer) {
        lock(&self.region).learn(&answer.headers);
        if let Some(date) = answer.date {
            *lock(&self.shown) = Some((date, self.clock.timestamp()));
        }
    }
}

/// Whether nothing can be better with the next request.
fn is_final(id: ErrorId) -> bool {
    use ErrorId::{Canceled, ExchangeTlsFailed, ProfileInvalid, ProxyCredentialRejected, ProxyRefused};
    matches!(id, ExchangeTlsFailed | ProfileInvalid | ProxyCredentialRejected | ProxyRefused | Canceled)
}

/// Nothing that holds these locks can panic half-way, so a poisoned one is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

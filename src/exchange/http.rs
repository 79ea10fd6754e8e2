//! HTTP as Exchange Online and the sign-in need it: requests that end in time or with the task, answers of limited size.

mod body;
mod failure;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use reqwest::{
    Client, ClientBuilder, Method, Response, StatusCode, Url,
    header::{ACCEPT_ENCODING, AUTHORIZATION, DATE, HeaderMap, HeaderValue},
    redirect,
};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use self::{
    body::Unreadable,
    failure::{broken, chain, failure, sources, unreadable},
};
use super::{
    proxy::{Route, Secrets, Tunnel},
    trace::Trace,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, unless_canceled},
    model::Timestamp,
    profile::ExchangeOnlineSettings,
    tls,
};

/// The largest body that is taken, after decompression: a page of 1,000 recipients with 15 values each is far below.
pub const MAX_BODY: usize = 64 * 1024 * 1024;

/// The longest wait for a connection. A host that does not answer then won't answer later.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The longest wait for the rest of an answer whose status says that it failed: the body only explains.
const EXPLANATION_LIMIT: Duration = Duration::from_secs(5);

/// A client for many requests at a time; clones share its connections.
///
/// It speaks HTTP/1.1: a connection that breaks takes one request with it, not all that are on their way.
#[derive(Clone)]
pub struct HttpClient {
    client: Client,
    route: Arc<Route>,
    trace: Option<Arc<Trace>>,
    cancel: CancellationToken,
    connect_limit: Duration,
    /// The setting of the profile that limits the time; `None`: none does.
    limited_by: Option<&'static str>,
}

/// A request. It can be sent again.
#[derive(Clone)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: Method,
    /// The address, query included.
    pub url: Url,
    /// The headers, besides those that HTTP itself needs.
    pub headers: HeaderMap,
    /// The body; empty for none. It may hold tokens, and is zeroed when it is dropped.
    pub body: Zeroizing<Vec<u8>>,
}

/// An answer, with any status.
pub struct HttpAnswer {
    /// The status, whatever it is: only no answer is a failure.
    pub status: StatusCode,
    /// The headers as they came.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The service's clock (header `Date`), where it showed one.
    pub date: Option<Timestamp>,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub struct HttpFailure {
    /// Whether the service may have got the request, and acted.
    pub sent: bool,
    /// Whether the answer was larger than [`MAX_BODY`]: asked again in the same way it is as large.
    pub too_large: bool,
    /// `ExchangeUnreachable`, `ExchangeTlsFailed`, `ExchangeProtocol`, `ProxyCredentialRejected`, `ProxyRefused`,
    /// `ProfileInvalid` for a proxy of the environment of another kind, `Canceled`.
    pub error: Error,
}

impl HttpFailure {
    /// Of a request that the service may have got.
    pub(super) fn sent(error: Error) -> Self {
        Self { sent: true, too_large: false, error }
    }

    /// Of a request that never went out.
    pub(super) fn unsent(error: Error) -> Self {
        Self { sent: false, too_large: false, error }
    }
}

impl HttpClient {
    /// A client for HTTPS, through the proxy of the settings, where the engine's `secrets` sign in.
    ///
    /// Trusts the platform's roots and `ServerCertificatePath`. Follows no redirect.
    ///
    /// Fails with `TrustAnchorUnreadable`, `Internal`, and as [`Route::of`] does.
    pub fn new(settings: &ExchangeOnlineSettings, secrets: Secrets<'_>, context: &Context) -> Result<Self> {
        let mut config = tls::client_config(tls::trust(&settings.connection, context)?)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let builder =
            builder(settings.connection.time_limit()).https_only(true).tls_backend_preconfigured(config);
        let route = Route::of(&settings.proxy, secrets)?;
        let client = Self::build(builder, route, None, context.cancel.clone())?;
        let connect_limit = settings.connection.time_limit().min(CONNECT_LIMIT);
        Ok(Self { connect_limit, limited_by: Some("-Timeout"), ..client })
    }

    /// The same, with everything that goes over the network noted in `trace`.
    pub fn traced(self, trace: Arc<Trace>) -> Self {
        Self { trace: Some(trace), ..self }
    }

    /// A client for services of this machine itself, which are reached without TLS and never through a proxy.
    /// Fails with `Internal`.
    pub fn local(&self) -> Result<Self> {
        // Roots are read for no purpose otherwise.
        let nobody = tls::Trust::Checked { roots: rustls::RootCertStore::empty(), given: Vec::new() };
        let builder = builder(CONNECT_LIMIT).tls_backend_preconfigured(tls::client_config(nobody)?);
        Self::build(builder, Route::direct(), self.trace.clone(), self.cancel.clone())
    }

    fn build(
        builder: ClientBuilder,
        route: Route,
        trace: Option<Arc<Trace>>,
        cancel: CancellationToken,
    ) -> Result<Self> {
        let client = route.apply(builder)?.build().map_err(|e| {
            Error::new(ErrorId::Internal, format!("The HTTP client can't be set up: {}", chain(&e)))
        })?;
        let connect_limit = CONNECT_LIMIT;
        Ok(Self { client, route: Arc::new(route), trace, cancel, connect_limit, limited_by: None })
    }

    /// Sends a request and reads the whole answer, whatever its status, within `time_limit`.
    pub async fn send(&self, request: HttpRequest, time_limit: Duration) -> Result<HttpAnswer, HttpFailure> {
        let Some(trace) = &self.trace else { return self.attempt(request, time_limit).await };
        let number = trace.request(&request, self.route.proxy(&request.url).as_deref());
        let begun = Instant::now();
        let result = self.attempt(request, time_limit).await;
        trace.answer(number, begun.elapsed(), &result);
        result
    }

    async fn attempt(&self, request: HttpRequest, time_limit: Duration) -> Result<HttpAnswer, HttpFailure> {
        let host = host(&request.url);
        self.route.check(&request.url).map_err(HttpFailure::unsent)?;
        let done = tokio::time::timeout(time_limit, self.exchange(request, &host));
        match unless_canceled(&self.cancel, done).await {
            Ok(done) => done.unwrap_or_else(|_| Err(self.late(&host, time_limit))),
            Err(canceled) => Err(HttpFailure::sent(canceled)),
        }
    }

    fn late(&self, host: &str, time_limit: Duration) -> HttpFailure {
        let setting =
            self.limited_by.map(|setting| format!("; {setting} sets the limit")).unwrap_or_default();
        let seconds = time_limit.as_secs_f32().round();
        let message = format!("Timed out after {seconds} s waiting for an answer from '{host}'{setting}.");
        let error = Error::new(ErrorId::ExchangeUnreachable, message).target(host);
        HttpFailure::sent(error)
    }

    async fn exchange(&self, request: HttpRequest, host: &str) -> Result<HttpAnswer, HttpFailure> {
        let HttpRequest { method, url, mut headers, body } = request;
        // Set by us, so that the client under us does not unpack: it knows no status.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPTED));
        let body = Bytes::from_owner(body);
        let sending = self.client.request(method, url.clone()).headers(headers).body(body).send();
        let mut response = match sending.await {
            Ok(response) => response,
            Err(error) => return Err(self.failure(&url, host, error).await),
        };
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let body = match status.is_success() {
            true => whole(&mut response, &headers, host).await?,
            false => explanation(&mut response, &headers, host).await,
        };
        Ok(HttpAnswer { status, date: date(&headers), headers, body })
    }
}

impl HttpClient {
    /// How long a connection may take, in words.
    fn patience(&self) -> String {
        let seconds = self.connect_limit.as_secs();
        match (self.limited_by, self.connect_limit < CONNECT_LIMIT) {
            (Some(setting), true) => format!("{seconds} s; {setting} sets the limit"),
            _ => format!("{seconds} s"),
        }
    }

    /// The failure of a request without an answer.
    async fn failure(&self, url: &Url, host: &str, error: reqwest::Error) -> HttpFailure {
        let late = error.is_connect() && error.is_timeout();
        let Some(proxy) = self.route.proxy(url) else {
            let mut failed = failure("service", host, "", error);
            if late {
                let told = format!(
                    "The service '{host}' can't be reached: no connection within {}.",
                    self.patience()
                );
                failed.error.message = told;
            }
            return failed;
        };
        if late {
            let within = self.patience();
            let message = format!("The proxy '{proxy}' opened no connection to '{host}' within {within}.");
            let error = Error::new(ErrorId::ExchangeUnreachable, message).target(proxy);
            return HttpFailure::unsent(error.advice(self.route.advice()));
        }
        let texts: Vec<String> = sources(&error).map(ToString::to_string).collect();
        match Tunnel::of(texts.iter().map(String::as_str)).filter(|_| error.is_connect()) {
            None => failure("service", host, &format!(" (through the proxy '{proxy}')"), error),
            Some(Tunnel::NotReached) => {
                let mut failed = failure("proxy", &proxy, "", error);
                failed.error.advice = self.route.advice();
                failed
            }
            Some(what) => HttpFailure::unsent(self.route.refusal(&proxy, url, &what).await),
        }
    }
}

/// The body of a success, unpacked.
async fn whole(response: &mut Response, headers: &HeaderMap, host: &str) -> Result<Vec<u8>, HttpFailure> {
    let mut packed = Vec::new();
    receive(response, host, &mut packed).await?;
    match body::unpack(headers, &packed) {
        Ok(unpacked) => Ok(unpacked.unwrap_or(packed)),
        Err(reason) => Err(unreadable(host, &reason)),
    }
}

/// The body of a failure, as far as it came and unpacked if that is possible: the status alone tells enough.
async fn explanation(response: &mut Response, headers: &HeaderMap, host: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    let received = tokio::time::timeout(EXPLANATION_LIMIT, receive(response, host, &mut packed)).await;
    match body::unpack(headers, &packed) {
        Ok(Some(unpacked)) if matches!(received, Ok(Ok(()))) => unpacked,
        _ => packed,
    }
}

async fn receive(response: &mut Response, host: &str, body: &mut Vec<u8>) -> Result<(), HttpFailure> {
    while let Some(chunk) = response.chunk().await.map_err(|e| broken(host, e))? {
        if body.len().saturating_add(chunk.len()) > MAX_BODY {
            return Err(unreadable(host, &Unreadable::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(())
}

fn builder(time_limit: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("SmimeSync/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(time_limit.min(CONNECT_LIMIT))
}

impl HttpRequest {
    /// A request with a body.
    pub fn post(url: Url, body: impl Into<Zeroizing<Vec<u8>>>) -> Self {
        Self { method: Method::POST, url, headers: HeaderMap::new(), body: body.into() }
    }

    /// A request without a body.
    pub fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: Zeroizing::default() }
    }

    /// Sets the bearer, which must have been marked as sensitive.
    pub fn bearer(&mut self, authorization: HeaderValue) {
        self.headers.insert(AUTHORIZATION, authorization);
    }
}

/// Neither headers nor body: there may be secrets in them.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} bytes)", self.method, host(&self.url), self.body.len())
    }
}

/// Neither headers nor body: there may be secrets in them.
impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

/// Host and port, as messages name a service.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let time = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    timestamp(time)
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok().map(Timestamp)
}

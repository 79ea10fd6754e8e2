//! Signing in as the machine's managed identity: of App Service
//! (<https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>), else of the
//! virtual machine
//! (<https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>).

use std::time::Duration;

use reqwest::{
    StatusCode, Url,
    header::{HeaderName, HeaderValue},
};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{
    AccessToken, Surroundings,
    renewal::{Challenge, Failed, Issuer, Repetition},
    token_answer::{retry_after, shown, token},
};
use crate::{
    error::{Error, ErrorId, NativeStatus, Result},
    exchange::{
        clock::Clock,
        cloud::Cloud,
        http::{HttpAnswer, HttpClient, HttpFailure, HttpRequest},
    },
};

/// Where virtual machines are given their identity; a link-local address.
const METADATA_SERVICE: &str = "http://169.254.169.254";

/// The service is on the machine or its host; it answers soon or never.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// The machine's managed identity.
pub(super) struct ManagedIdentity {
    http: HttpClient,
    clock: Clock,
    cancel: CancellationToken,
    request: HttpRequest,
}

impl ManagedIdentity {
    /// Fails with `ManagedIdentityUnavailable` where the environment is not what it should be, `Internal`.
    pub(super) fn of(client_id: Option<&str>, cloud: &Cloud, from: &Surroundings<'_>) -> Result<Self> {
        let variable = |name| (from.environment)(name).filter(|value| !value.is_empty());
        let (address, version, header) = match (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER")) {
            (Some(endpoint), Some(secret)) => {
                let mut secret = HeaderValue::from_str(&secret)
                    .map_err(|_| unavailable("IDENTITY_HEADER can't be sent in a header"))?;
                secret.set_sensitive(true);
                (endpoint, "2019-08-01", (HeaderName::from_static("x-identity-header"), secret))
            }
            _ => {
                let host = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
                let host = host.as_deref().unwrap_or(METADATA_SERVICE).trim_end_matches('/');
                let header = (HeaderName::from_static("metadata"), HeaderValue::from_static("true"));
                (format!("{host}/metadata/identity/oauth2/token"), "2018-02-01", header)
            }
        };
        let mut url = Url::parse(&address)
            .map_err(|e| unavailable(&format!("the address '{address}' of its service is none: {e}")))?;
        url.query_pairs_mut()
            .append_pair("api-version", version)
            .append_pair("resource", cloud.resource())
            .extend_pairs(client_id.iter().map(|id| ("client_id", id)));
        let mut request = HttpRequest::get(url);
        request.headers.insert(header.0, header.1);
        Ok(Self {
            http: from.http.local()?,
            clock: from.clock.clone(),
            cancel: from.context.cancel.clone(),
            request,
        })
    }

    async fn attempt(&self) -> Result<AccessToken, Failed> {
        let answer = self.http.send(self.request.clone(), TIME_LIMIT).await;
        let answer = answer.map_err(|HttpFailure { error, .. }| {
            Failed::for_good(if error.id == ErrorId::Canceled { error } else { unreachable(error) })
        })?;
        if answer.status != StatusCode::OK {
            return Err(refused(&answer));
        }
        token(answer.body, self.clock.timestamp())
            .map_err(|reason| Failed::for_good(unavailable(&format!("its service answered, but {reason}"))))
    }
}

impl Issuer for ManagedIdentity {
    /// Its service takes no claims and keeps tokens for itself: a challenge is answered only if it has a new one.
    async fn issue(&self, challenge: Option<&Challenge>) -> Result<AccessToken> {
        let mut repetition = Repetition::default();
        loop {
            match self.attempt().await {
                Ok(token) if challenge.is_some_and(|challenge| challenge.token.is(&token)) => {
                    return Err(same_again());
                }
                Ok(token) => return Ok(token),
                Err(failed) => repetition.after(failed, &self.clock, &self.cancel).await?,
            }
        }
    }
}

/// The texts of a refusal: `error_description` of virtual machines, `message` of App Service.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: Option<String>,
    #[serde(alias = "message")]
    error_description: Option<String>,
}

fn refused(answer: &HttpAnswer) -> Failed {
    let status = answer.status;
    let first = match status {
        // An upgrade of the service takes up to 70 seconds.
        StatusCode::GONE => Some(10),
        StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS => Some(1),
        _ if status.is_server_error() => Some(1),
        _ => None,
    };
    let wait = retry_after(&answer.headers);
    let again = first.map(|first| Duration::from_secs(first.max(wait.unwrap_or_default())));
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = refusal.error_description.or(refusal.error).map(|text| shown(&text));
    let reason = text.as_deref().unwrap_or("no reason given").trim_end_matches('.');
    let native = NativeStatus {
        http_status: Some(status.as_u16()),
        retry_after: wait,
        text: text.clone(),
        ..NativeStatus::default()
    };
    let error = unavailable(&format!("its service answered {status}: {reason}")).native(native);
    Failed { error, again }
}

fn unreachable(cause: Error) -> Error {
    let error = unavailable(&format!("{} This may be no machine of Azure's", cause.message));
    match cause.native {
        Some(native) => error.native(*native),
        None => error,
    }
}

fn same_again() -> Error {
    let message = "Exchange Online withdrew the managed identity's token and wants a new one (claims challenge), but \
                   the identity's service gives out the same token again.";
    Error::new(ErrorId::ManagedIdentityUnavailable, message).advice(
        "Run again when that token has expired, after a day at most, or sign in with a certificate. Entra's sign-in log \
         of the identity says why it was withdrawn.",
    )
}

fn unavailable(what: &str) -> Error {
    let message = format!("There is no managed identity to sign in with: {what}.");
    Error::new(ErrorId::ManagedIdentityUnavailable, message)
}

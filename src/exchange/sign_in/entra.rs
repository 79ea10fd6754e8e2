//! What Entra says to a sign-in.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;

use super::{
    AccessToken,
    renewal::Failed,
    token_answer::{retry_after, shown, token},
};
use crate::{
    error::{Error, ErrorId, NativeStatus},
    exchange::http::HttpAnswer,
    model::Timestamp,
};

/// The most seconds by which this machine's clock and Entra's may differ.
const CLOCK_TOLERANCE: u64 = 5 * 60;

/// Who signed in where, as messages name it.
pub(super) struct Asked<'a> {
    pub tenant: &'a str,
    pub app_id: &'a str,
    /// The certificate's thumbprint.
    pub certificate: &'a str,
}

/// A refusal (RFC 6749, 5.2, and <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
    error_codes: Vec<u64>,
    trace_id: Option<String>,
}

/// The token in an answer that came at `now`, or what the answer means.
pub(super) fn read(answer: HttpAnswer, asked: &Asked<'_>, now: Timestamp) -> Result<AccessToken, Failed> {
    if answer.status == StatusCode::OK {
        return token(answer.body, now).map_err(|reason| {
            Failed::for_good(protocol(asked, answer.status, &format!("answered, but {reason}")))
        });
    }
    let (status, date) = (answer.status, answer.date);
    let passing = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    let wait = retry_after(&answer.headers);
    let again = passing.then(|| Duration::from_secs(wait.unwrap_or_default().max(1)));
    let refusal: Option<Refusal> = serde_json::from_slice(&answer.body).ok();
    let error = match refusal.filter(|refusal| !refusal.error.is_empty()) {
        Some(refusal) if !passing => refused(&refusal, status, date, asked, now),
        _ if passing => unavailable(asked, status, wait),
        _ => protocol(asked, status, &format!("answered {status} without a reason")),
    };
    Err(Failed { error, again })
}

fn refused(
    refusal: &Refusal,
    status: StatusCode,
    date: Option<Timestamp>,
    asked: &Asked<'_>,
    now: Timestamp,
) -> Error {
    let code = refusal.code();
    let text = if refusal.error_description.is_empty() { &refusal.error } else { &refusal.error_description };
    // What follows are ids and the time, on the same line or on lines of their own.
    let text = text.split("Trace ID:").next().unwrap_or_default();
    let native = NativeStatus {
        http_status: Some(status.as_u16()),
        text: Some(shown(text)),
        request_id: refusal.trace_id.as_deref().map(shown),
        ..NativeStatus::default()
    };
    if code == Some(OUT_OF_TIME)
        && let Some(theirs) = date.filter(|theirs| theirs.0.abs_diff(now.0) > CLOCK_TOLERANCE)
    {
        let apart = theirs.0.abs_diff(now.0);
        let message = format!(
            "This machine's clock ({now}) and Entra's ({theirs}) are {apart} seconds apart, so the sign-in was \
             refused; {CLOCK_TOLERANCE} is the most."
        );
        return Error::new(ErrorId::ClockSkew, message).native(native);
    }
    let Asked { tenant, app_id, .. } = asked;
    let (reason, advice) = code.and_then(|code| explained(code, asked)).unwrap_or((shown(text), None));
    let number = code.map(|code| format!(" (AADSTS{code})")).unwrap_or_default();
    let reason = reason.trim_end_matches('.');
    let message =
        format!("Entra refused the application '{app_id}' at the tenant '{tenant}': {reason}{number}.");
    let error = Error::new(ErrorId::SignInRefused, message).target(*app_id).native(native);
    match advice {
        Some(advice) => error.advice(advice),
        None => error,
    }
}

impl Refusal {
    /// The number of the error: the first listed, or the one that the text begins with.
    fn code(&self) -> Option<u64> {
        let in_text = || {
            let digits = self.error_description.strip_prefix("AADSTS")?;
            digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        self.error_codes.first().copied().or_else(in_text)
    }
}

/// The assertion is not within its time.
const OUT_OF_TIME: u64 = 700_024;

/// What a number means, in words, and what to do.
fn explained(code: u64, asked: &Asked<'_>) -> Option<(String, Option<&'static str>)> {
    let certificate = asked.certificate;
    let (reason, advice) = match code {
        700_016 => (
            "there is no such application in that tenant".into(),
            Some("Check -AppId and -Organization: the application must be registered in this tenant."),
        ),
        700_027 => (
            format!("the certificate {certificate} is not registered with the application, or expired there"),
            Some(
                "Upload the certificate (.cer) to the application's registration; it takes some minutes to work.",
            ),
        ),
        OUT_OF_TIME => ("the assertion is not within its valid time".into(), None),
        700_023 | 900_382 | 900_432 => (
            "it is the sign-in of another cloud".into(),
            Some("Check -ExchangeEnvironmentName and -AzureADAuthorizationEndpointUri."),
        ),
        90_002 | 900_021 | 900_023 => (
            "there is no such tenant in this cloud".into(),
            Some("Check -Organization and -ExchangeEnvironmentName."),
        ),
        7_000_112 | 500_014 => ("the application or Exchange Online is disabled in the tenant".into(), None),
        7_000_215 | 7_000_222 => ("its client secret is wrong or expired".into(), None),
        50_034 => ("there is no such account in the tenant".into(), None),
        53_003 => (
            "a policy of Conditional Access blocks it".into(),
            Some(
                "Let the tenant's policies for workload identities allow the application from this machine.",
            ),
        ),
        65_001 | 500_011 => (
            "the tenant has not granted it access to Exchange Online".into(),
            Some("Grant the application Exchange.ManageAsApp with an administrator's consent."),
        ),
        70_011 | 1_002_012 => (
            "the scope is not one of this cloud".into(),
            Some("Check -ExchangeEnvironmentName and -AzureADAuthorizationEndpointUri."),
        ),
        _ => return None,
    };
    Some((reason, advice))
}

fn unavailable(asked: &Asked<'_>, status: StatusCode, retry_after: Option<u64>) -> Error {
    let id = if status == StatusCode::TOO_MANY_REQUESTS {
        ErrorId::ExchangeThrottled
    } else {
        ErrorId::ExchangeUnavailable
    };
    let message = format!("Entra did not sign in the application '{}': it answered {status}.", asked.app_id);
    let native = NativeStatus { http_status: Some(status.as_u16()), retry_after, ..NativeStatus::default() };
    Error::new(id, message).target(asked.app_id).native(native)
}

fn protocol(asked: &Asked<'_>, status: StatusCode, what: &str) -> Error {
    let message = format!("The sign-in of the application '{}' {what}.", asked.app_id);
    let native = NativeStatus { http_status: Some(status.as_u16()), ..NativeStatus::default() };
    Error::new(ErrorId::ExchangeProtocol, message).target(asked.app_id).native(native)
}

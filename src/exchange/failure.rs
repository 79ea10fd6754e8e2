//! What a failure that Exchange reports means: an error of ours, and whether trying again makes sense.
//!
//! Pure; over REST the documented places of the text are docs/design/exchange-online.md §1.6 ("Error text", "Error
//! headers", "Status"), and in a session PowerShell's error record.

mod kind;
mod rights;
mod text;

use serde_json::Value;

pub use self::rights::Used;
use self::{
    kind::Kind,
    rights::{Account, named, no_cmdlet, no_parameter},
    text::said,
};
use crate::error::{Error, ErrorId, NativeStatus};

/// Whether the same command may do better later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It will fail again.
    Never,
    /// The token is no longer good; a new one may be.
    AfterRenewal,
    /// Once more after a moment: what it says is final, and in rare cases passes.
    Once,
    /// After as many seconds as the service said, or after a while of one's own choice.
    Later(Option<u64>),
}

impl Retry {
    /// Whether the service carried the command to an answer: trying again is of little use.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Never | Self::Once)
    }
}

/// A failure over REST, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The error to report if it stays one.
    pub error: Error,
    /// Whether to try again.
    pub retry: Retry,
    /// Whether the service refused before it carried out anything, so that trying again is safe for every command.
    pub refused: bool,
    /// The claims that a new token must have, where the service asked for one.
    pub claims: Option<Box<Claims>>,
}

/// Claims that a new token must have, as JSON (docs/design/exchange-online.md §1.6, "Claims challenge").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims(pub String);

/// A failure's answer, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// What was asked: cmdlet and object, as messages name it.
    pub what: &'a str,
    /// The cmdlet and its parameters, as roles have them.
    pub used: &'a Used,
    /// The HTTP status, which decides where the text says nothing.
    pub status: u16,
    /// The header `x-ExceptionType`.
    pub exception: Option<&'a str>,
    /// The seconds of the header `Retry-After`.
    pub retry_after: Option<u64>,
    /// The service's id of the request.
    pub request_id: Option<&'a str>,
    /// The claims of a challenge, as JSON.
    pub claims: Option<&'a str>,
    /// The body, which may be anything.
    pub body: &'a [u8],
}

/// Classifies an answer that reports a failure: a status of 400 and above, or text of `@adminapi.errors`.
pub fn classify(answer: Answer<'_>) -> Failure {
    let json = serde_json::from_slice::<Value>(answer.body).ok();
    let all = json.as_ref().map(said).unwrap_or_default();
    // What is no JSON may say something all the same.
    let plain = if json.is_none() { excerpt(answer.body, 2_000) } else { String::new() };
    let texts = all.iter().map(|one| one.text.as_str()).chain([plain.as_str()]);
    let names = answer.exception.into_iter().chain(all.iter().filter_map(|one| one.exception.as_deref()));
    let (kind, decisive) = match kind::of(texts, names.clone()) {
        Some((kind, position)) => (Some(kind), position.and_then(|position| all.get(position))),
        None => (None, None),
    };
    let best = decisive
        .or_else(|| all.iter().find(|one| one.tells()))
        .or(all.iter().find(|one| !one.text.is_empty()));
    let text = best.map(|one| one.text.as_str()).unwrap_or_default();
    let verdict = verdict(&answer, kind, !text.is_empty());
    let native = NativeStatus {
        http_status: Some(answer.status),
        request_id: answer.request_id.map(str::to_owned),
        retry_after: answer.retry_after,
        exception: answer
            .exception
            .or(best.and_then(|one| one.exception.as_deref()))
            .or(names.clone().next())
            .map(str::to_owned),
        text: Some(if text.is_empty() { came(answer.body) } else { text.to_owned() }),
        ..NativeStatus::default()
    };
    let error = told(&answer, kind, verdict.id, text).native(native);
    Failure {
        error,
        retry: verdict.retry,
        refused: verdict.refused,
        claims: answer
            .claims
            .filter(|_| verdict.retry == Retry::AfterRenewal)
            .map(|claims| Box::new(Claims(claims.to_owned()))),
    }
}

/// What to do about a recipient of which the service says both in one sentence.
const SYNCED_OR_MOVED: &str = "Where it is synchronised, write it on premises: use a profile with -Target ActiveDirectory. Where it is being moved, \
     run again after the move.";

/// What follows from a status and a kind.
struct Verdict {
    id: ErrorId,
    retry: Retry,
    /// Whether nothing was carried out.
    refused: bool,
}

fn verdict(answer: &Answer<'_>, kind: Option<Kind>, has_text: bool) -> Verdict {
    let later = Retry::Later(answer.retry_after);
    let (id, retry, refused) = match (answer.status, kind) {
        (401, _) => (ErrorId::ExchangeAccessDenied, Retry::AfterRenewal, true),
        (429, _) => (ErrorId::ExchangeThrottled, later, true),
        (503, _) => (ErrorId::ExchangeUnavailable, later, answer.retry_after.is_some()),
        (408 | 502 | 504, _) => (ErrorId::ExchangeUnavailable, later, false),
        (_, Some(Kind::Synced)) => (ErrorId::RecipientDirectorySynced, Retry::Once, true),
        (_, Some(Kind::Throttled)) => (ErrorId::ExchangeThrottled, later, false),
        (_, Some(Kind::Transient)) => (ErrorId::ExchangeUnavailable, later, false),
        (_, Some(kind)) => (kind.id(), Retry::Never, true),
        (403, None) => (ErrorId::ExchangeAccessDenied, Retry::Never, true),
        // Without a reason of its own: the service's bug, which may pass.
        (500.., None) if !has_text => (ErrorId::ExchangeUnavailable, later, false),
        (_, None) if has_text => (ErrorId::ExchangeRefused, Retry::Never, false),
        (_, None) => (ErrorId::ExchangeProtocol, Retry::Never, false),
    };
    Verdict { id, retry, refused }
}

/// The error in words: what failed, what the service said, and what that means where the text does not tell.
fn told(answer: &Answer<'_>, kind: Option<Kind>, id: ErrorId, text: &str) -> Error {
    let Answer { what, used, status, .. } = *answer;
    let said = match text.is_empty() {
        true => {
            format!("{what} failed: Exchange Online answered with status {status} and {}", came(answer.body))
        }
        false => format!("{what} failed: {text}"),
    };
    let (said, dot) = match said.ends_with(['.', '!', '?']) {
        true => (said, ""),
        false => (said, "."),
    };
    let page = excerpt(answer.body, 1) == "<";
    match (status, kind) {
        (401, _) if answer.claims.is_some() => Error::new(
            id,
            format!("{said}{dot} Exchange Online withdrew the sign-in's token and asked for a new one (claims challenge)."),
        )
        .advice("Look at the sign-in in Entra's log: a policy of Conditional Access or a disabled application stops it."),
        (401, _) => Error::new(id, format!("{said}{dot} Exchange Online does not take the token of the application."))
            .advice(
                "Grant the application Exchange.ManageAsApp with an administrator's consent, as docs/exchange-online.md \
                 shows; three permissions have nearly the same name.",
            ),
        (_, Some(Kind::LacksParameter)) => {
            let name = named(text);
            Error::new(id, format!("{said}{dot} That is, {}.", no_parameter(used, name, Account::Application)))
                .advice(rights::advice(used, name, Account::Application))
        }
        (_, Some(Kind::LacksCmdlet)) | (403, None) if !used.cmdlet.is_empty() => {
            let error =
                Error::new(id, format!("{said}{dot} That is, {}.", no_cmdlet(used, Account::Application)));
            let advice = rights::advice(used, None, Account::Application);
            match page {
                true => error.advice(format!(
                    "{advice} Where the page is that of a proxy, let Exchange Online through there."
                )),
                false => error.advice(advice),
            }
        }
        (_, Some(Kind::OutOfScope)) => Error::new(id, said).advice(rights::SCOPE),
        (_, None) if is_too_large(text) => Error::new(id, said).advice(TOO_LARGE),
        (_, Some(Kind::Synced)) => Error::new(id, said).advice(SYNCED_OR_MOVED),
        // Not ours to change: the service's own words end as they end.
        _ if text.is_empty() => Error::new(id, format!("{said}.")),
        _ => Error::new(id, said),
    }
}

impl Kind {
    /// The error of a kind that stays.
    fn id(self) -> ErrorId {
        match self {
            Self::Of(id) => id,
            Self::Synced => ErrorId::RecipientDirectorySynced,
            Self::LacksCmdlet | Self::LacksParameter | Self::OutOfScope => ErrorId::ExchangeAccessDenied,
            Self::Throttled => ErrorId::ExchangeThrottled,
            Self::Transient => ErrorId::ExchangeUnavailable,
        }
    }
}

/// Classifies an error record of the caller's Exchange session: its message, `FullyQualifiedErrorId`, the type of its
/// exception, and whether the cmdlet does not exist in the session. The caller adds the target.
pub fn classify_session(message: &str, error_id: &str, exception: &str, missing: bool, used: &Used) -> Error {
    let kind = kind::of([message].into_iter(), [exception, error_id].into_iter()).map(|(kind, _)| kind);
    let id = match kind {
        _ if missing => ErrorId::SessionNotConnected,
        Some(kind) => kind.id(),
        None => ErrorId::ExchangeRefused,
    };
    let present = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let exception = present(exception).or_else(|| present(error_id));
    let native = NativeStatus { exception, text: Some(message.to_owned()), ..NativeStatus::default() };
    let error = Error::new(id, message).native(native);
    match kind {
        _ if missing => error,
        Some(Kind::LacksParameter) => {
            let name = named(message);
            let what = no_parameter(used, name, Account::Session);
            let error = Error { message: format!("{} That is, {what}.", error.message.trim()), ..error };
            error.advice(rights::advice(used, name, Account::Session))
        }
        Some(Kind::LacksCmdlet) => error.advice(rights::advice(used, None, Account::Session)),
        Some(Kind::OutOfScope) => error.advice(rights::SCOPE),
        None if is_too_large(message) => error.advice(TOO_LARGE),
        Some(Kind::Synced) => error.advice(SYNCED_OR_MOVED),
        _ => error,
    }
}

const TOO_LARGE: &str = "Publish fewer certificates for that recipient, as -Selection Best does, or take from it at Exchange \
                         what nobody needs any more.";

/// Whether a recipient has too many values (docs/design/exchange-online.md §4, "EXO-side value count").
fn is_too_large(text: &str) -> bool {
    text.to_ascii_lowercase().contains("object is too large")
}

/// What came where JSON was expected, in words.
pub fn came(body: &[u8]) -> String {
    let shown = excerpt(body, 200);
    if body.is_empty() {
        "an empty body".to_owned()
    } else if body.iter().all(|byte| *byte == 0) {
        format!("a body of {} NUL bytes", body.len())
    } else if shown.starts_with('<') {
        format!("a page instead of JSON: '{shown}'")
    } else {
        format!("a body that is not what was expected: '{shown}'")
    }
}

/// The first `most` printable characters; what looks like a token is left out.
pub fn excerpt(body: &[u8], most: usize) -> String {
    let start = body.get(..body.len().min(4 * most + 4096)).unwrap_or_default();
    let text = String::from_utf8_lossy(start);
    let printable = |c: &char| !c.is_control() && *c != char::REPLACEMENT_CHARACTER;
    let text: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(printable).collect();
    let hidden = text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || "-_.+/=".contains(c)));
    let hidden = hidden.map(|word| if is_token(word) { "(token) " } else { word });
    hidden.collect::<String>().chars().take(most).collect::<String>().trim().to_owned()
}

/// Whether a word looks like a JWT (RFC 7519): its header is JSON in base64url.
fn is_token(word: &str) -> bool {
    word.len() > 20 && word.contains("eyJ")
}

#[cfg(test)]
mod tests;

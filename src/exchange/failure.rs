//! What a failure that Exchange reports means: an error of ours, and whether trying again makes sense.
//!
//! Pure; over REST the documented places of the text are docs/design/exchange-online.md §1.6 ("Error text", "Error
//! headers", "Status"), and in a session PowerShell's error record.

use serde_json::Value;

use crate::error::{Error, ErrorId, NativeStatus};

/// Whether the same command may do better later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It will fail again.
    Never,
    /// The token is no longer good; a new one may be.
    AfterRenewal,
    /// After as many seconds as the service said, or after a while of one's own choice.
    Later(Option<u64>),
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
}

/// A failure's answer, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// What was asked: cmdlet and object, as messages name it.
    pub what: &'a str,
    /// The HTTP status, which decides where the text says nothing.
    pub status: u16,
    /// The header `x-ExceptionType`.
    pub exception: Option<&'a str>,
    /// The seconds of the header `Retry-After`.
    pub retry_after: Option<u64>,
    /// The service's id of the request.
    pub request_id: Option<&'a str>,
    /// The body, which may be anything.
    pub body: &'a [u8],
}

/// Classifies an answer that reports a failure: a status of 400 and above, or text of `@adminapi.errors`.
pub fn classify(answer: Answer<'_>) -> Failure {
    let json = serde_json::from_slice::<Value>(answer.body).ok();
    let (text, prefixed) = json.as_ref().and_then(text_of).unwrap_or_default();
    let exception = answer.exception.map(str::to_owned).or(prefixed);
    let names = exception.as_deref().unwrap_or_default();
    let kind = if text.is_empty() && names.is_empty() { None } else { kind(&text, names) };
    let (id, retry, refused) = verdict(&answer, kind, !text.is_empty());
    let shown = if text.is_empty() { came(answer.body) } else { text.clone() };
    let message = match text.is_empty() {
        true => format!(
            "{} failed: Exchange Online answered with status {} and {shown}.",
            answer.what, answer.status
        ),
        false => format!("{} failed: {text}", answer.what),
    };
    let native = NativeStatus {
        http_status: Some(answer.status),
        request_id: answer.request_id.map(str::to_owned),
        retry_after: answer.retry_after,
        exception,
        text: Some(shown),
        ..NativeStatus::default()
    };
    Failure { error: Error::new(id, message).native(native), retry, refused }
}

/// Error, whether to try again, and whether nothing was carried out.
fn verdict(answer: &Answer<'_>, kind: Option<Kind>, has_text: bool) -> (ErrorId, Retry, bool) {
    let later = Retry::Later(answer.retry_after);
    match (answer.status, kind) {
        (401, _) => (ErrorId::ExchangeAccessDenied, Retry::AfterRenewal, true),
        (429, _) => (ErrorId::ExchangeThrottled, later, true),
        (503, _) => (ErrorId::ExchangeUnavailable, later, answer.retry_after.is_some()),
        (408 | 502 | 504, _) => (ErrorId::ExchangeUnavailable, later, false),
        (_, Some(Kind::Of(id))) => (id, Retry::Never, true),
        (_, Some(Kind::Throttled)) => (ErrorId::ExchangeThrottled, later, false),
        (_, Some(Kind::Transient)) => (ErrorId::ExchangeUnavailable, later, false),
        (403, None) => (ErrorId::ExchangeAccessDenied, Retry::Never, true),
        // Without a reason of its own: the service's bug, which may pass.
        (500.., None) if !has_text => (ErrorId::ExchangeUnavailable, later, false),
        (_, None) if has_text => (ErrorId::ExchangeRefused, Retry::Never, false),
        (_, None) => (ErrorId::ExchangeProtocol, Retry::Never, false),
    }
}

/// Classifies an error record of the caller's Exchange session: its message, `FullyQualifiedErrorId`, the type of its
/// exception, and whether the cmdlet does not exist in the session. The caller adds the target.
pub fn classify_session(message: &str, error_id: &str, exception: &str, missing: bool) -> Error {
    let names = format!("{exception} {error_id}");
    let id = if missing {
        ErrorId::SessionNotConnected
    } else {
        match kind(message, &names) {
            Some(Kind::Of(id)) => id,
            Some(Kind::Throttled) => ErrorId::ExchangeThrottled,
            Some(Kind::Transient) => ErrorId::ExchangeUnavailable,
            None => ErrorId::ExchangeRefused,
        }
    };
    let named = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let exception = named(exception).or_else(|| named(error_id));
    let native = NativeStatus { exception, text: Some(message.to_owned()), ..NativeStatus::default() };
    Error::new(id, message).native(native)
}

/// What a text or an exception's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Of(ErrorId),
    Throttled,
    Transient,
}

/// Marks in the exception's name, as public captures show them; the first that is there counts.
const NAMES: &[(&str, Kind)] = &[
    ("ManagementObjectNotFoundException", Kind::Of(ErrorId::RecipientNotFound)),
    ("ManagementObjectAmbiguousException", Kind::Of(ErrorId::RecipientAmbiguous)),
    ("CommandNotFoundException", Kind::Of(ErrorId::ExchangeAccessDenied)),
    ("UnauthorizedAccessException", Kind::Of(ErrorId::ExchangeAccessDenied)),
    ("OverBudgetException", Kind::Throttled),
    ("ServerBusyException", Kind::Throttled),
    ("TransientException", Kind::Transient),
    ("TimeoutException", Kind::Transient),
    ("DomainControllerNotFoundException", Kind::Transient),
];

/// Marks in the text, in small letters: docs/design/exchange-online.md §1.2 (quoted), §4, and Exchange's own messages
/// in English. They come first: the exceptions of refused writes share one name.
const TEXTS: &[(&str, Kind)] = &[
    ("synchronized from your on-premises organization", Kind::Of(ErrorId::RecipientDirectorySynced)),
    ("out of the current user's write scope", Kind::Of(ErrorId::ExchangeAccessDenied)),
    ("is not recognized as the name of a cmdlet", Kind::Of(ErrorId::ExchangeAccessDenied)),
    ("is not recognized as a name of a cmdlet", Kind::Of(ErrorId::ExchangeAccessDenied)),
    ("matches multiple entries", Kind::Of(ErrorId::RecipientAmbiguous)),
    ("couldn't be found on", Kind::Of(ErrorId::RecipientNotFound)),
    ("server is too busy", Kind::Throttled),
];

fn kind(text: &str, names: &str) -> Option<Kind> {
    // Some texts come with typographic apostrophes.
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let by_text = TEXTS.iter().find(|(mark, _)| text.contains(mark));
    let by_name = || NAMES.iter().find(|(mark, _)| names.contains(mark));
    by_text.or_else(by_name).map(|(_, kind)| *kind)
}

/// The text of an error body and the type in its prefix, from the places in the order of their worth.
fn text_of(body: &Value) -> Option<(String, Option<String>)> {
    let error = body.get("error")?;
    let detail = error.pointer("/details/0/message").and_then(Value::as_str);
    let internal = error.pointer("/innererror/internalexception");
    let exception = internal
        .and_then(|internal| internal.get("type"))
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or_else(|| split_prefix(detail?).0);
    let message = |of: &Value| of.get("message").and_then(Value::as_str).map(str::to_owned);
    let texts = [internal.and_then(message), detail.map(str::to_owned), message(error)];
    let mut text = texts.into_iter().flatten().map(|text| split_prefix(&text).1.to_owned());
    Some((text.find(|text| !text.is_empty())?, exception))
}

/// The prefix `|Dotted.Type|` or `Ex6F9304|Type|` of a text, and the rest.
fn split_prefix(text: &str) -> (Option<String>, &str) {
    let mut parts = text.splitn(3, '|');
    let (Some(code), Some(name), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return (None, text.trim());
    };
    let is_code = code.len() <= 16 && code.chars().all(|c| c.is_ascii_alphanumeric());
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+`".contains(c));
    if is_code && is_name { (Some(name.to_owned()), rest.trim()) } else { (None, text.trim()) }
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

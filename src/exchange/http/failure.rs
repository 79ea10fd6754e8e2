//! Why there is no answer, in words.

use std::{error::Error as _, io};

use super::{HttpFailure, MAX_BODY, body::Unreadable};
use crate::{
    error::{Error, ErrorId, NativeStatus},
    tls::{self, Fault},
};

/// The failure of a request without an answer; `who` is the one that failed, `through` what it was asked through.
pub(super) fn failure(who: &str, host: &str, through: &str, error: reqwest::Error) -> HttpFailure {
    let sent = !(error.is_connect() || error.is_builder());
    let what = if let Some(tls) = tls_error(&error) {
        return HttpFailure { sent, too_large: false, error: tls_failed(who, host, through, tls) };
    } else if error.is_builder() {
        // Address and headers were read before, so that only the scheme can be wrong.
        "is not reached without TLS"
    } else if error.is_dns() {
        "is not known by name"
    } else if error.is_connect() && error.is_timeout() {
        "can't be reached: the connection timed out"
    } else if error.is_connect() {
        "can't be reached"
    } else if sources(&error).any(|one| is_no_http(&one.to_string())) {
        "answered with something that is no HTTP"
    } else {
        "ended the connection without an answer"
    };
    let error = unreachable(who, host, &format!("{through} {what}"), &error);
    HttpFailure { sent, too_large: false, error }
}

/// The failure of an answer that began.
pub(super) fn broken(host: &str, error: reqwest::Error) -> HttpFailure {
    let error = unreachable("service", host, " broke off in the middle of its answer", &error);
    HttpFailure::sent(error)
}

/// The failure of a success that nobody can read.
pub(super) fn unreadable(host: &str, reason: &Unreadable) -> HttpFailure {
    let (id, what) = match reason {
        Unreadable::TooLarge => (ErrorId::ExchangeProtocol, format!("has more than {} MiB", MAX_BODY >> 20)),
        Unreadable::Unknown(coding) => {
            (ErrorId::ExchangeProtocol, format!("is packed as '{coding}', which was not asked for"))
        }
        Unreadable::Truncated => (ErrorId::ExchangeUnreachable, "breaks off in its middle".to_owned()),
        Unreadable::Damaged(why) => (ErrorId::ExchangeProtocol, format!("can't be unpacked: {why}")),
    };
    let error = Error::new(id, format!("The answer of '{host}' {what}.")).target(host);
    HttpFailure { sent: true, too_large: matches!(reason, Unreadable::TooLarge), error }
}

fn unreachable(who: &str, host: &str, what: &str, error: &reqwest::Error) -> Error {
    let io = sources(error).find_map(|one| one.downcast_ref::<io::Error>());
    let text = chain(error);
    let native = NativeStatus {
        os_error: io.and_then(io::Error::raw_os_error),
        text: Some(text.clone()),
        ..NativeStatus::default()
    };
    let message = format!("The {who} '{host}'{what} ({text}).");
    Error::new(ErrorId::ExchangeUnreachable, message).target(host).native(native)
}

fn tls_failed(who: &str, host: &str, through: &str, error: &rustls::Error) -> Error {
    let what = match tls::fault(error) {
        (Fault::Other, _) => format!("and this machine could not agree on TLS: {error}"),
        (_, what) => what,
    };
    let native = NativeStatus { text: Some(error.to_string()), ..NativeStatus::default() };
    Error::new(ErrorId::ExchangeTlsFailed, format!("The {who} '{host}'{through} {what}."))
        .target(host)
        .native(native)
}

pub(super) fn sources<'a>(
    error: &'a reqwest::Error,
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&one| one.source())
}

/// The error of TLS behind an error.
fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    sources(error).find_map(|mut one| {
        loop {
            if let Some(tls) = one.downcast_ref() {
                return Some(tls);
            }
            // An `io::Error` does not name what it wraps as its source.
            one = one.downcast_ref::<io::Error>()?.get_ref()?;
        }
    })
}

/// What a library says to its users, as ours understand it.
fn plain(text: &str) -> String {
    // Some texts go on with the address of a page for programmers.
    match text.contains("without sending TLS close_notify") {
        true => "it was cut off".to_owned(),
        false => text.to_owned(),
    }
}

/// Whether a text is that of an answer whose first line is none of HTTP.
fn is_no_http(text: &str) -> bool {
    text.contains("invalid HTTP version parsed")
}

/// The reasons behind an error, outermost first; no address, since that is said already.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    for text in sources(error).map(ToString::to_string) {
        // Some repeat what they wrap.
        let text = plain(&text);
        if texts.last().is_none_or(|last| !last.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

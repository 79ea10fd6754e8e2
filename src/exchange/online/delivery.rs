//! Sends one request with its commands, and understands the answer for each of them.

use std::time::Duration;

use reqwest::{StatusCode, Url};
use serde_json::Value;

use super::{
    answer::{self, Page, Wanted},
    batch,
    connection::{Connection, Sent},
    headers::{Headers, together},
    throttle::{Announcement, Course},
};
use crate::{
    error::{Error, ErrorId, NativeStatus, Result},
    exchange::{
        Command, Parameter,
        failure::{self, Answer, Failure, Retry},
        http::{HttpAnswer, HttpFailure, HttpRequest},
        sign_in::AccessToken,
    },
};

/// What of a command its answer is understood by.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Cmdlet and object, as messages name them.
    pub what: String,
    /// Whom or what it concerns, for errors.
    pub object: Option<String>,
    pub wanted: Wanted,
}

impl Asked {
    /// What messages say of a command.
    pub fn of(command: &Command) -> Self {
        const NAMES: &[&str] = &["Identity", "ExternalEmailAddress", "Name", "Filter"];
        let text = |name: &&str| {
            command.parameters.iter().find_map(|(known, value)| match value {
                Parameter::Text(text) if known == name => Some(text.clone()),
                _ => None,
            })
        };
        let object = NAMES.iter().find_map(text);
        Self {
            what: object.as_ref().map_or_else(
                || command.cmdlet.to_owned(),
                |object| format!("{} for '{object}'", command.cmdlet),
            ),
            object,
            wanted: Wanted { objects: !command.select.is_empty(), counts_only: command.counts_only },
        }
    }
}

/// How a request went.
pub struct Delivery {
    /// The address that answered, after redirects.
    pub url: Url,
    /// The token that it carried, which a refusal is about.
    pub token: AccessToken,
    /// The status of the request itself; none: there was no answer.
    pub status: Option<StatusCode>,
    /// What its headers said; none: there was no answer.
    pub said: Option<Announcement>,
    /// What it says about the pace.
    pub course: Course,
    /// How large it was.
    pub size: AnswerSize,
    /// For each command its answer.
    pub results: Vec<Result<Page, Failure>>,
}

/// How large an answer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerSize {
    /// So many bytes.
    Bytes(usize),
    /// More than are taken.
    TooLarge,
    /// More than were ready in time.
    TooSlow,
}

/// Sends a request for the commands in `asked`: one by itself, or a batch. Fails as [`Connection::post`] does.
pub async fn deliver(
    connection: &Connection,
    make: impl FnOnce(&Url) -> Result<HttpRequest>,
    asked: &[Asked],
    is_batch: bool,
    time_limit: Duration,
) -> Result<Delivery> {
    let Sent { url, token, result, timed_out } = connection.post(make, time_limit).await?;
    let now = connection.clock().now();
    let size = match &result {
        Err(failure) if failure.too_large => AnswerSize::TooLarge,
        Err(_) if timed_out => AnswerSize::TooSlow,
        Err(_) => AnswerSize::Bytes(0),
        // What stands before the service gave it up.
        Ok(answer) if matches!(answer.status.as_u16(), 408 | 504) => AnswerSize::TooSlow,
        Ok(answer) => AnswerSize::Bytes(answer.body.len()),
    };
    let delivery =
        |status, said, course, results| Delivery { url, token, status, said, course, size, results };
    Ok(match result {
        Err(failure) => {
            let course = if timed_out { Course::Overloaded } else { Course::Failed };
            delivery(None, None, course, asked.iter().map(|one| Err(lost(one, &failure))).collect())
        }
        Ok(answer) => {
            let headers = Headers::Http(&answer.headers);
            let (results, inner) = if !answer.status.is_success() {
                let body = &answer.body;
                let status = answer.status.as_u16();
                (asked.iter().map(|one| Err(refused(one, status, &headers, body, now))).collect(), None)
            } else if is_batch {
                batched(&answer, asked, now)
            } else {
                let single = |one: &Asked| page(one, answer::read(&answer.body, one.wanted), &answer);
                (asked.iter().map(single).collect(), None)
            };
            let said = together([headers.announcement(now)].into_iter().chain(inner));
            delivery(Some(answer.status), Some(said), course(&results), results)
        }
    })
}

type Results = Vec<Result<Page, Failure>>;

fn batched(answer: &HttpAnswer, asked: &[Asked], now: Duration) -> (Results, Option<Announcement>) {
    let inner = match batch::read(&answer.body, asked.len()) {
        Ok(inner) => inner,
        Err(error) => return (asked.iter().map(|one| Err(unreadable(one, &error, answer))).collect(), None),
    };
    let said = together(inner.iter().flatten().map(|one| one.headers().announcement(now)));
    let results = asked.iter().zip(inner).map(|(asked, inner)| {
        let Some(inner) = inner else {
            let message = "Exchange Online left the command out of its answer.";
            return Err(unreadable(asked, &Error::new(ErrorId::ExchangeProtocol, message), answer));
        };
        match inner.status {
            204 => Ok(Page::default()),
            200..=299 => page(asked, body(&inner, asked.wanted), answer),
            status => {
                let mut failure = refused(asked, status, &inner.headers(), &inner.bytes(), now);
                // Where the command has no id of its own, that of the batch finds it, too.
                if let Some(native) =
                    failure.error.native.as_mut().filter(|native| native.request_id.is_none())
                {
                    native.request_id = Headers::Http(&answer.headers).request_id().map(str::to_owned);
                }
                Err(failure)
            }
        }
    });
    (results.collect(), Some(said))
}

/// The body of a command's answer in a batch: JSON, or text that may be JSON.
fn body(inner: &batch::Inner, wanted: Wanted) -> Result<Page> {
    match &inner.body {
        Value::Object(_) => answer::from_value(&inner.body, wanted),
        _ => answer::read(&inner.bytes(), wanted),
    }
}

/// A page, or what it reports as errors.
fn page(asked: &Asked, page: Result<Page>, answer: &HttpAnswer) -> Result<Page, Failure> {
    let page = page.map_err(|error| unreadable(asked, &error, answer))?;
    match &page.errors {
        None => Ok(page),
        Some(errors) => {
            let headers = Headers::Http(&answer.headers);
            let body = errors.to_string();
            Err(refused(asked, answer.status.as_u16(), &headers, body.as_bytes(), Duration::ZERO))
        }
    }
}

/// The failure that the service reports.
fn refused(asked: &Asked, status: u16, headers: &Headers<'_>, body: &[u8], now: Duration) -> Failure {
    let mut failure = failure::classify(Answer {
        what: &asked.what,
        status,
        exception: headers.get("x-ExceptionType"),
        retry_after: headers.announcement(now).retry_after.map(|after| after.as_secs()),
        request_id: headers.request_id(),
        body,
    });
    failure.error.target.clone_from(&asked.object);
    failure
}

/// The failure of an answer that can't be read: nobody knows what was done.
fn unreadable(asked: &Asked, error: &Error, answer: &HttpAnswer) -> Failure {
    let native = NativeStatus {
        http_status: Some(answer.status.as_u16()),
        request_id: Headers::Http(&answer.headers).request_id().map(str::to_owned),
        ..NativeStatus::default()
    };
    let error = named(asked, error.clone().native(native));
    Failure { error, retry: Retry::Later(None), refused: false }
}

/// The failure of a request without an answer. One that is too large would be so again.
fn lost(asked: &Asked, failure: &HttpFailure) -> Failure {
    let retry = if failure.too_large { Retry::Never } else { Retry::Later(None) };
    Failure { error: named(asked, failure.error.clone()), retry, refused: !failure.sent }
}

fn named(asked: &Asked, mut error: Error) -> Error {
    error.message = format!("{} failed: {}", asked.what, error.message);
    error.target.clone_from(&asked.object);
    error
}

/// What the answers say about the pace.
fn course(results: &[Result<Page, Failure>]) -> Course {
    let failed = |test: fn(&Failure) -> bool| results.iter().any(|one| one.as_ref().is_err_and(test));
    let status = |failure: &Failure| failure.error.native.as_ref().and_then(|native| native.http_status);
    let slowed = results.iter().flatten().any(|page| page.output.warnings.iter().any(|one| is_delay(one)));
    if failed(|failure| failure.error.id == ErrorId::ExchangeThrottled) {
        Course::Throttled
    } else if results.iter().any(|one| one.as_ref().is_err_and(|f| matches!(status(f), Some(503 | 504)))) {
        Course::Overloaded
    } else if failed(|failure| failure.retry != Retry::Never) {
        Course::Failed
    } else if slowed {
        Course::Delayed
    } else {
        Course::Good
    }
}

/// Whether a warning says that the service works slowly on purpose (docs/design/exchange-online.md §4, "EXO
/// PowerShell").
pub fn is_delay(warning: &str) -> bool {
    warning.to_ascii_lowercase().contains("micro delay applied")
}

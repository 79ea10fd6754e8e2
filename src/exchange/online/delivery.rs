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
        Command,
        failure::{self, Answer, Failure, Retry, Used},
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
    /// The cmdlet and its parameters, as roles have them.
    pub used: Used,
    pub wanted: Wanted,
}

impl Asked {
    /// What messages say of a command.
    pub fn of(command: &Command) -> Self {
        Self {
            what: command.what(),
            object: command.object().map(str::to_owned),
            used: command.used(),
            wanted: Wanted {
                select: command.select,
                // What was made is there, whatever of it is shown.
                strict: command.repeatable,
                counts_only: command.counts_only,
                holds_values: command.holds_values,
                reads: command.used().reads(),
            },
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
    /// For each command whether its batch may be to blame: it was left out of the answer, or failed as one before it.
    pub blames_batch: Vec<bool>,
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

/// The command before this one in its batch failed (RFC 4918, 11.4): nothing was carried out.
const FAILED_DEPENDENCY: u16 = 424;

/// Sends a request for the commands in `asked`: one by itself, or a batch. Fails as [`Connection::post`] does.
pub async fn deliver(
    connection: &Connection,
    make: impl Fn(&Url, &AccessToken) -> Result<HttpRequest>,
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
    let sent_with = token.clone();
    let delivery = |status, said, course, results: Results, blames_batch| Delivery {
        url,
        token,
        status,
        said,
        course,
        size,
        results,
        blames_batch,
    };
    let none = vec![false; asked.len()];
    Ok(match result {
        Err(failure) => {
            let course = if timed_out { Course::Overloaded } else { Course::Failed };
            delivery(None, None, course, asked.iter().map(|one| Err(lost(one, &failure))).collect(), none)
        }
        Ok(answer) => {
            let headers = Headers::Http(&answer.headers);
            let (results, inner, blames) = if !answer.status.is_success() {
                let body = &answer.body;
                let status = answer.status.as_u16();
                (asked.iter().map(|one| Err(refused(one, status, &headers, body, now))).collect(), None, none)
            } else if is_batch {
                batched(&answer, asked, now)
            } else {
                let single = |one: &Asked| {
                    let read = match answer.body.is_empty() {
                        true => nothing(one),
                        false => answer::read(&answer.body, one.wanted),
                    };
                    page(one, read, &headers, &answer)
                };
                (asked.iter().map(single).collect(), None, none)
            };
            let said = together([headers.announcement(now)].into_iter().chain(inner));
            let results = without_token(results, &sent_with);
            delivery(Some(answer.status), Some(said), course(&results), results, blames)
        }
    })
}

type Results = Vec<Result<Page, Failure>>;

/// The same, where no error and no warning shows anything of the token: what stands between echoes requests.
fn without_token(mut results: Results, token: &AccessToken) -> Results {
    let tells =
        |one: &Result<Page, Failure>| one.as_ref().map_or(true, |page| !page.output.warnings.is_empty());
    if !results.iter().any(tells) {
        return results;
    }
    let secret = token.secret();
    for result in &mut results {
        match result {
            Ok(page) => page.output.warnings.iter_mut().for_each(|warning| secret.leave_out(warning)),
            Err(failure) => failure.error.texts_mut().for_each(|text| secret.leave_out(text)),
        }
    }
    results
}

fn batched(
    answer: &HttpAnswer,
    asked: &[Asked],
    now: Duration,
) -> (Results, Option<Announcement>, Vec<bool>) {
    let inner = match batch::read(&answer.body, asked.len()) {
        Ok(inner) => inner,
        Err(error) => {
            let results = asked.iter().map(|one| Err(unreadable(one, &error, answer)));
            return (results.collect(), None, vec![false; asked.len()]);
        }
    };
    let missing: Vec<bool> = inner.iter().map(Option::is_none).collect();
    let said = together(inner.iter().flatten().map(|one| one.headers().announcement(now)));
    let result = |(asked, inner): (&Asked, Option<batch::Inner>)| {
        let Some(inner) = inner else {
            let message = "Exchange Online left the command out of its answer.";
            return Err(unreadable(asked, &Error::new(ErrorId::ExchangeProtocol, message), answer));
        };
        match inner.status {
            200..=299 => page(asked, body(&inner, asked), &inner.headers(), answer),
            status => {
                let mut failure = refused(asked, status, &inner.headers(), &inner.bytes(), now);
                // Where the command has no id of its own, that of the batch finds it, too.
                if let Some(native) =
                    failure.error.native.as_mut().filter(|native| native.request_id.is_none())
                {
                    native.request_id = Headers::Http(&answer.headers).request_id().map(str::to_owned);
                }
                failure.refused |= status == FAILED_DEPENDENCY;
                Err(failure)
            }
        }
    };
    let results: Results = asked.iter().zip(inner).map(result).collect();
    let blames =
        missing.iter().zip(blames_batch(&results)).map(|(missing, blames)| *missing || blames).collect();
    (results, Some(said), blames)
}

/// For each command of a batch whether it seems to have failed only because one before it did: as a failed dependency,
/// or all that follow the first failure say the same as it.
fn blames_batch(results: &[Result<Page, Failure>]) -> Vec<bool> {
    let native = |failure: &Failure| failure.error.native.as_deref().cloned().unwrap_or_default();
    let text = |result: &Result<Page, Failure>| {
        let failure = result.as_ref().err().filter(|failure| failure.retry == Retry::Never)?;
        native(failure).text
    };
    let first = results.iter().position(Result::is_err).unwrap_or(results.len());
    let said = results.get(first).and_then(text);
    let rest = results.get(first..).unwrap_or_default();
    let all_the_same = said.is_some() && rest.iter().all(|one| text(one) == said);
    let one = |(place, result): (usize, &Result<Page, Failure>)| {
        let depends = result.as_ref().is_err_and(|f| native(f).http_status == Some(FAILED_DEPENDENCY));
        depends || (all_the_same && place > first)
    };
    results.iter().enumerate().map(one).collect()
}

/// The body of a command's answer in a batch: JSON, or text that may be JSON.
fn body(inner: &batch::Inner, asked: &Asked) -> Result<Page> {
    match &inner.body {
        Value::Object(_) => answer::from_value(&inner.body, asked.wanted),
        Value::Null => nothing(asked),
        Value::String(text) if text.is_empty() => nothing(asked),
        _ => answer::read(&inner.bytes(), asked.wanted),
    }
}

/// A success without a body (docs/design/exchange-online.md §1.6, "Status"): what was asked was done. Who asked to see
/// something has no answer: it is not as if nothing were there. Fails with `ExchangeProtocol` then.
fn nothing(asked: &Asked) -> Result<Page> {
    match asked.used.reads() {
        true => Err(answer::unexpected(&[])),
        false => Ok(Page::default()),
    }
}

/// A page, or what it reports as errors.
fn page(
    asked: &Asked,
    page: Result<Page>,
    headers: &Headers<'_>,
    answer: &HttpAnswer,
) -> Result<Page, Failure> {
    let mut page = page.map_err(|error| unreadable(asked, &error, answer))?;
    match &page.errors {
        // What something else answered for the service was done by nobody, and it would answer the same again.
        None if !asked.used.reads() && asked.wanted.select.is_empty() && page.lacks.is_some() => {
            let error = page.lacks.take().unwrap_or_else(|| answer::unexpected(&[]));
            Err(Failure { retry: Retry::Never, ..unreadable(asked, &error, answer) })
        }
        None => {
            let more = headers.warnings().into_iter().filter(|one| !page.output.warnings.contains(one));
            let more: Vec<String> = more.collect();
            page.output.warnings.extend(more);
            Ok(page)
        }
        Some(errors) => {
            let body = errors.to_string();
            Err(refused(asked, answer.status.as_u16(), headers, body.as_bytes(), Duration::ZERO))
        }
    }
}

/// The failure that the service reports.
fn refused(asked: &Asked, status: u16, headers: &Headers<'_>, body: &[u8], now: Duration) -> Failure {
    let mut failure = failure::classify(Answer {
        what: &asked.what,
        used: &asked.used,
        status,
        exception: headers.get("x-ExceptionType"),
        retry_after: headers.announcement(now).retry_after.map(|after| after.as_secs()),
        request_id: headers.request_id(),
        claims: headers.claims().as_deref(),
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
    Failure { error, retry: Retry::Later(None), refused: false, claims: None }
}

/// The failure of a request without an answer. One that is too large would be so again.
fn lost(asked: &Asked, failure: &HttpFailure) -> Failure {
    let error = named(asked, failure.error.clone());
    let retry = if failure.too_large { Retry::Never } else { Retry::Later(None) };
    Failure { error, retry, refused: !failure.sent, claims: None }
}

/// The failure of an answer that lacks what was asked for.
pub fn lacking(asked: &Asked, error: Error) -> Failure {
    Failure { error: named(asked, error), retry: Retry::Never, refused: false, claims: None }
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
    } else if failed(|failure| !failure.retry.is_answer()) {
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

//! What goes over the network, as a text that can be read and reported: each request and each answer, secrets left out.
//!
//! ```text
//! #1 14:06:01.234 POST https://login.microsoftonline.com/…/oauth2/v2.0/token
//! > content-type: application/x-www-form-urlencoded
//! >
//! > client_id=…&client_assertion=(left out)
//!
//! #1 14:06:01.465 200 OK, after 231 ms
//! < content-type: application/json
//! <
//! < {"token_type":"Bearer","access_token":"(left out)"}
//! ```

mod address;
mod redact;

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use reqwest::header::HeaderMap;
use time::{OffsetDateTime, macros::format_description};

use self::redact::Redactor;
use super::http::{HttpAnswer, HttpFailure, HttpRequest};
use crate::model::into_printable;

/// The most bytes of a body that are shown.
pub const MOST_OF_BODY: usize = 64 * 1024;
/// The most bytes that a trace has.
pub const MOST: usize = 32 * 1024 * 1024;
/// The longest secret: no half of one must stay where a body is cut.
const LONGEST_SECRET: usize = 64 * 1024;

/// A trace that is being written. What can't be written is told at its end.
pub struct Trace(Mutex<State>);

struct State {
    out: Box<dyn Write + Send>,
    redactor: Redactor,
    /// Requests until now.
    requests: u64,
    /// Bytes that may still be written.
    left: usize,
    failure: Option<io::Error>,
}

impl Trace {
    /// A trace that goes to `out`, with these lines at its head.
    pub fn new(out: impl Write + Send + 'static, head: &str) -> Self {
        let mut state = State {
            out: Box::new(out),
            redactor: Redactor::default(),
            requests: 0,
            left: MOST,
            failure: None,
        };
        state.write(&format!(
            "{head}\n\
             Marked as (left out): Authorization, cookies, assertions, tokens, passwords, users and values in addresses.\n\
             Names, addresses and certificates of people are shown.\n\
             Headers that HTTP itself needs are not shown. Bodies are shown unpacked, {} KiB of each at most.\n\
             Times are UTC.\n",
            MOST_OF_BODY / 1024
        ));
        Self(Mutex::new(state))
    }

    /// Leaves out a secret wherever it comes up.
    pub fn hide(&self, secret: &[u8]) {
        if let Ok(secret) = std::str::from_utf8(secret) {
            self.state().redactor.learn(secret);
        }
    }

    /// Notes something that is no request, in one line.
    pub fn note(&self, text: &str) {
        let mut state = self.state();
        let text = state.redactor.text(text);
        state.write(&format!("\n= {}\n", into_printable(text)));
    }

    /// Notes a request that goes out now, through `proxy`; the number by which its answer is found.
    pub(super) fn request(&self, request: &HttpRequest, proxy: Option<&str>) -> u64 {
        let mut state = self.state();
        state.requests += 1;
        let number = state.requests;
        let headers = state.headers('>', &request.headers);
        let url = into_printable(state.redactor.text(request.url.as_str()));
        let through = proxy.map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default();
        let body = state.body('>', &request.body);
        let line = format!("\n#{number} {} {} {url}{through}\n{headers}{body}", now(), request.method);
        state.write(&line);
        number
    }

    /// Notes what became of a request.
    pub(super) fn answer(&self, number: u64, took: Duration, result: &Result<HttpAnswer, HttpFailure>) {
        let mut state = self.state();
        let took = format!("after {} ms", took.as_millis());
        let text = match result {
            Ok(answer) => {
                let headers = state.headers('<', &answer.headers);
                let body = state.body('<', &answer.body);
                format!("{}, {took}\n{headers}{body}", answer.status)
            }
            Err(failure) => {
                let error = state.redactor.text(&failure.error.to_string());
                format!("no answer, {took}: {}\n", into_printable(error))
            }
        };
        state.write(&format!("\n#{number} {} {text}", now()));
    }

    /// Ends it. Fails with the first failure to write.
    pub fn finish(&self) -> io::Result<()> {
        let mut state = self.state();
        let flushed = state.out.flush();
        match state.failure.take() {
            Some(failure) => Err(failure),
            None => flushed,
        }
    }

    /// Nothing that holds the lock can panic half-way, so a poisoned one is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn write(&mut self, text: &str) {
        const END: &str = "\n= The trace ends here: it has reached its greatest size.\n";
        if self.failure.is_some() || self.left == 0 {
            return;
        }
        let whole = self.left.checked_sub(text.len());
        self.left = whole.unwrap_or_default();
        let text = if whole.is_some() { text } else { END };
        // Each piece is there at once: who looks at a run that hangs sees its last request.
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        self.failure = written.err();
    }

    fn headers(&mut self, mark: char, headers: &HeaderMap) -> String {
        let line =
            |(name, value)| format!("{mark} {name}: {}\n", into_printable(self.redactor.header(name, value)));
        headers.iter().map(line).collect()
    }

    fn body(&mut self, mark: char, body: &[u8]) -> String {
        let text = match body {
            [] => return String::new(),
            _ if body.iter().all(|byte| *byte == 0) => format!("({} NUL bytes)", body.len()),
            // Text of another encoding could hide a secret from the eyes here.
            _ if body.contains(&0) => format!("({} bytes that are no text)", body.len()),
            _ => self.shown(body),
        };
        let line = |line: &str| format!("{mark} {}\n", into_printable(line.to_owned()));
        format!("{mark}\n{}", text.lines().map(line).collect::<String>())
    }

    /// The beginning of a body, with a note of how much there is besides.
    fn shown(&mut self, body: &[u8]) -> String {
        let most = MOST_OF_BODY + LONGEST_SECRET;
        let beginning = body.get(..body.len().min(most)).unwrap_or_default();
        let mut text = self.redactor.text(&String::from_utf8_lossy(beginning));
        if body.len() > most {
            // A secret may begin in the end of what was looked at.
            text.truncate(text.floor_char_boundary(text.len().saturating_sub(LONGEST_SECRET)));
        }
        if body.len() > most || text.len() > MOST_OF_BODY {
            text.truncate(text.floor_char_boundary(MOST_OF_BODY));
            text.push_str(&format!("\n(cut; the whole body has {} bytes)", body.len()));
        }
        text
    }
}

fn now() -> String {
    let form = format_description!("[hour]:[minute]:[second].[subsecond digits:3]");
    OffsetDateTime::now_utc().format(form).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! What the headers of an answer say, of a request or of one command in a batch.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{challenge, throttle::Announcement};
use crate::exchange::failure::excerpt;

/// Ids of requests are Guids; whatever is longer is something else.
const LONGEST_ID: usize = 64;
/// Nobody means a longer wait than that; what says so is as if it said nothing.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// The headers of an answer, wherever they are.
#[derive(Debug, Clone, Copy)]
pub enum Headers<'a> {
    /// Those of HTTP.
    Http(&'a HeaderMap),
    /// Those of one command's answer in a batch, as JSON.
    Inner(Option<&'a Value>),
}

impl<'a> Headers<'a> {
    /// The text of a header, its name in any case.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        match self {
            Self::Http(map) => map.get(name)?.to_str().ok(),
            Self::Inner(value) => {
                let object = value.as_ref()?.as_object()?;
                object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
            }
        }
    }

    /// The service's id of the request.
    pub fn request_id(&self) -> Option<&'a str> {
        let is_id = |text: &&str| {
            text.len() <= LONGEST_ID
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-{}".contains(&byte))
        };
        let id = |name| self.get(name).map(str::trim).filter(is_id);
        id("request-id").or_else(|| id("client-request-id"))
    }

    /// What the cmdlet warned about (docs/design/exchange-online.md §1.6, "Warnings"): a text, or a list of them in
    /// JSON.
    pub fn warnings(&self) -> Vec<String> {
        let text = self.get("X-Warnings").map(str::trim).unwrap_or_default();
        let all = serde_json::from_str::<Vec<String>>(text).unwrap_or_else(|_| vec![text.to_owned()]);
        all.iter().map(|one| excerpt(one.as_bytes(), 2_000)).filter(|one| !one.is_empty()).collect()
    }

    /// The claims that a new token must have, as JSON, where a challenge asks for one.
    pub fn claims(&self) -> Option<String> {
        let texts: Vec<&str> = match self {
            Self::Http(map) => {
                map.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect()
            }
            Self::Inner(_) => self.get(WWW_AUTHENTICATE.as_str()).into_iter().collect(),
        };
        texts.into_iter().find_map(challenge::claims)
    }

    /// What they announce (docs/design/exchange-online.md §1.6, "Rate headers"; RFC 9110, 10.2.3). `now` stands in for
    /// a missing `Date`.
    pub fn announcement(&self, now: Duration) -> Announcement {
        let number = |name: &str| self.get(name)?.trim().parse::<u64>().ok();
        let date = self.get("Date").and_then(http_date);
        let clock = date.unwrap_or(now);
        Announcement {
            limit: number("Rate-Limit-Limit"),
            remaining: number("Rate-Limit-Remaining"),
            reset: self
                .get("Rate-Limit-Reset")
                .and_then(iso_time)
                .filter(|reset| reset.saturating_sub(clock) <= LONGEST_WAIT),
            date,
            retry_after: self
                .get("Retry-After")
                .and_then(|text| retry_after(text, clock))
                .filter(|wait| *wait <= LONGEST_WAIT),
            concurrency: number("X-ConcurrencyCount"),
        }
    }
}

/// What a batch's own headers and those of its commands announce together: the most restrictive of each.
pub fn together(all: impl IntoIterator<Item = Announcement>) -> Announcement {
    all.into_iter().fold(Announcement::default(), |one, other| Announcement {
        limit: one.limit.or(other.limit),
        // A later window's numbers replace an earlier one's.
        remaining: match (one.remaining.zip(one.reset), other.remaining.zip(other.reset)) {
            (Some((_, old)), Some((remaining, new))) if new > old + Duration::from_secs(1) => Some(remaining),
            (Some((remaining, old)), Some((_, new))) if old > new + Duration::from_secs(1) => Some(remaining),
            _ => one.remaining.into_iter().chain(other.remaining).min(),
        },
        reset: one.reset.max(other.reset),
        date: one.date.or(other.date),
        retry_after: one.retry_after.max(other.retry_after),
        concurrency: one.concurrency.max(other.concurrency),
    })
}

/// Either form of `Retry-After`: seconds, or a date by the service's clock.
fn retry_after(text: &str, clock: Duration) -> Option<Duration> {
    let text = text.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(http_date(text)?.saturating_sub(clock)),
    }
}

fn http_date(text: &str) -> Option<Duration> {
    httpdate::parse_http_date(text.trim()).ok()?.duration_since(UNIX_EPOCH).ok()
}

fn iso_time(text: &str) -> Option<Duration> {
    let time = OffsetDateTime::parse(text.trim(), &Rfc3339).ok()?;
    Duration::try_from(time - OffsetDateTime::UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests;

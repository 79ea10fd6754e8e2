//! What Entra and managed identities answer when they give out a token.

use std::borrow::Cow;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::AccessToken;
use crate::model::Timestamp;

/// The most of a service's own text that is shown.
const SHOWN: usize = 300;

/// Words longer than this are not shown: they may be part of a token or an assertion.
const LONGEST_WORD: usize = 100;

/// A token's JSON (RFC 6749, 5.1; managed identities: numbers as text, and `expires_on`).
#[derive(Deserialize)]
struct TokenAnswer<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(default, deserialize_with = "number")]
    expires_in: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    expires_on: Option<i64>,
}

/// The token in a body, which is zeroed. Fails with the reason, as a phrase.
pub(super) fn token(body: Vec<u8>, now: Timestamp) -> Result<AccessToken, String> {
    let body = Zeroizing::new(body);
    // Not the parser's own message: it may quote the token.
    let answer: TokenAnswer<'_> = serde_json::from_slice(&body).map_err(|_| "it is no token".to_owned())?;
    let expires = match (answer.expires_in, answer.expires_on) {
        (Some(seconds), _) => now.plus(seconds),
        (None, Some(time)) => Timestamp(time),
        (None, None) => return Err("the token has no end".into()),
    };
    if expires <= now {
        return Err(format!("the token is of no use after {expires}"));
    }
    AccessToken::new(Zeroizing::new(answer.access_token.into_owned()), now, expires)
        .ok_or_else(|| "the token has characters that none has".into())
}

/// A number, or one as text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }
    Ok(match Option::<Either>::deserialize(deserializer)? {
        Some(Either::Number(number)) => Some(number),
        Some(Either::Text(text)) => text.trim().parse().ok(),
        None => None,
    })
}

/// A service's own text as one line that can be shown.
pub(super) fn shown(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let words = line.split_whitespace().map(|word| if word.len() > LONGEST_WORD { "…" } else { word });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

/// The seconds of a header `Retry-After`.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_body_is_a_token_or_none_and_any_text_is_shown_within_its_limit(
            body in any::<Vec<u8>>(),
            text in any::<String>(),
            number in any::<i64>(),
        ) {
            let _ = token(body, Timestamp(0));
            let _ = token(format!(r#"{{"access_token":"a","expires_in":{number}}}"#).into(), Timestamp(1));
            prop_assert!(shown(&text).chars().count() <= SHOWN);
            prop_assert!(!shown(&text).contains(char::is_control));
        }
    }

    #[test]
    fn the_end_of_a_token_is_read_as_number_and_as_text() {
        let now = Timestamp(1_000_000);
        for (body, expires) in [
            (r#"{"access_token":"a","expires_in":3599}"#, Ok(1_003_599)),
            (r#"{"access_token":"a","expires_in":"3599","expires_on":"1"}"#, Ok(1_003_599)),
            (r#"{"access_token":"a","expires_on":"1086400"}"#, Ok(1_086_400)),
            (r#"{"access_token":"a","expires_in":"soon","expires_on":1086400}"#, Ok(1_086_400)),
            (r#"{"access_token":"a"}"#, Err("the token has no end")),
            (r#"{"access_token":"a","expires_in":0}"#, Err("the token is of no use after")),
            (r#"{"access_token":"a b","expires_in":60}"#, Err("the token has characters")),
            (r#"{"access_token":["secret-4711"],"expires_in":60}"#, Err("it is no token")),
            ("<html>", Err("it is no token")),
            ("", Err("it is no token")),
        ] {
            match (token(body.into(), now), expires) {
                (Ok(token), Ok(expires)) => assert_eq!(token.expires(), Timestamp(expires), "{body}"),
                (Err(found), Err(expected)) => assert!(found.starts_with(expected), "{body}: {found}"),
                (found, _) => panic!("{body}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_service_s_text_is_shown_in_one_line_without_what_may_be_a_secret() {
        let secret = "x".repeat(101);
        for (text, line) in [
            ("AADSTS1: No.\r\nTrace ID: 1", "AADSTS1: No."),
            (&format!("bad token {secret} here"), "bad token … here"),
            ("a\0\u{1b}[31m b", "a[31m b"),
        ] {
            assert_eq!(shown(text), line);
        }
        assert_eq!(shown(&"word ".repeat(1000)).chars().count(), SHOWN);
    }
}

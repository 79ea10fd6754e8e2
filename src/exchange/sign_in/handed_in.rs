//! A token that the script got itself and handed in. It is never renewed.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{AccessToken, TokenFuture, TokenSource, claims};
use crate::{
    error::{Error, ErrorId, Result},
    exchange::{clock::Clock, cloud::Cloud},
    model::Timestamp,
};

/// The longest token that is taken; those of Entra have some 2 KiB.
const MAX_TOKEN: usize = 64 * 1024;

/// A token of the script's.
pub(super) struct HandedIn {
    token: AccessToken,
    clock: Clock,
    /// Whether the service did not take it.
    refused: AtomicBool,
    /// Whether it wanted another one instead.
    challenged: AtomicBool,
}

/// The claims of a token that matter here (RFC 7519, 4.1).
#[derive(Deserialize)]
struct Claims {
    exp: Option<f64>,
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl HandedIn {
    /// Takes a token, with or without `Bearer` before it. What it says about itself is looked at where it is a
    /// JWT; its signature is the service's to check.
    ///
    /// Fails with `AccessTokenUnusable` for what is no token, has expired, or is for another service.
    pub(super) fn read(secret: &[u8], cloud: &Cloud, clock: Clock) -> Result<Self> {
        let now = clock.timestamp();
        let text = Some(secret).filter(|secret| secret.len() <= MAX_TOKEN);
        let text = text.and_then(|secret| std::str::from_utf8(secret).ok()).unwrap_or_default().trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
        let claims: Option<Claims> = claims::of(text);
        let expires = claims.as_ref().and_then(|claims| claims.exp);
        // A token that does not tell its end is used until the service refuses it.
        let expires = expires.map_or(Timestamp(i64::MAX), |seconds| Timestamp(seconds as i64));
        let token = AccessToken::new(Zeroizing::new(text.to_owned()), now, expires)
            .ok_or_else(|| unusable("is none: a token has only letters, digits and signs"))?;
        let audience = claims.and_then(|claims| claims.aud);
        let audiences = match &audience {
            None => &[],
            Some(Audience::One(one)) => std::slice::from_ref(one),
            Some(Audience::Many(many)) => many.as_slice(),
        };
        if let Some(first) = audiences.first()
            && !audiences.iter().any(|one| cloud.accepts_audience(one))
        {
            let first: String = first.chars().filter(|c| !c.is_control()).take(200).collect();
            let resource = cloud.resource();
            return Err(unusable(&format!("is for '{first}', not for {resource}"))
                .advice(format!("Hand in a token for {resource}.")));
        }
        let handed_in =
            Self { token, clock, refused: AtomicBool::new(false), challenged: AtomicBool::new(false) };
        handed_in.current()?;
        Ok(handed_in)
    }

    fn current(&self) -> Result<AccessToken> {
        if self.challenged.load(Ordering::Relaxed) {
            return Err(unusable(
                "was withdrawn: Exchange Online wants another one (claims challenge), which only who signed in can get",
            )
            .advice("Sign in anew and hand in the new token, or let the profile sign in with a certificate."));
        }
        if self.refused.load(Ordering::Relaxed) {
            return Err(unusable(
                "is not taken by Exchange Online: either it is no longer good, or its application lacks the permission \
                 Exchange.ManageAsApp",
            )
            .advice(
                "Hand in a fresh token. Where that is not taken either, grant the application Exchange.ManageAsApp with \
                 an administrator's consent, as docs/exchange-online.md shows, and get a new token then.",
            ));
        }
        let (now, expires) = (self.clock.timestamp(), self.token.expires());
        if expires <= now {
            return Err(unusable(&format!("expired at {expires}, and it is {now} now")));
        }
        Ok(self.token.clone())
    }
}

impl TokenSource for HandedIn {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(std::future::ready(self.current()))
    }

    fn invalidate(&self, token: &AccessToken) {
        if self.token.is(token) {
            self.refused.store(true, Ordering::Relaxed);
        }
    }

    fn challenged(&self, token: &AccessToken, _claims: &str) {
        if self.token.is(token) {
            self.challenged.store(true, Ordering::Relaxed);
        }
    }
}

fn unusable(what: &str) -> Error {
    Error::new(ErrorId::AccessTokenUnusable, format!("The access token that was handed in {what}."))
}

//! Bearer tokens.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use reqwest::header::HeaderValue;
use serde::Deserialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::claims;
use crate::{exchange::secret::Secret, model::Timestamp};

/// A token is renewed when it is valid for this many seconds only, or for half of its life if that is shorter.
const MARGIN: i64 = 5 * 60;

/// A bearer token (RFC 6750). Clones are the same token, whose text is zeroed with the last of them.
#[derive(Clone)]
pub struct AccessToken(Arc<Token>);

struct Token {
    text: Zeroizing<String>,
    renewal: Timestamp,
    expires: Timestamp,
    /// Made when it is first looked for.
    secret: OnceLock<Secret>,
}

impl AccessToken {
    /// A token that was issued and expires then; `None` if it has no text, or characters that a header can't carry.
    pub fn new(text: Zeroizing<String>, issued: Timestamp, expires: Timestamp) -> Option<Self> {
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let life = expires.0.saturating_sub(issued.0);
        let renewal = expires.plus(-MARGIN.min(life / 2));
        fits.then(|| Self(Arc::new(Token { text, renewal, expires, secret: OnceLock::new() })))
    }

    /// The value of the header `Authorization`, marked as sensitive.
    pub fn authorization(&self) -> HeaderValue {
        let text = self.bearer();
        // `new` took only characters that fit; an empty header would just be refused by the service.
        let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }

    /// The text of the header `Authorization`, for the commands of a batch.
    pub(in crate::exchange) fn bearer(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", self.0.text.as_str()))
    }

    /// The tenant that it is of, as it says itself (claim `tid`:
    /// <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>). The service believes its
    /// signature; here it only tells where to ask. `None`: it does not say so, or is no JWT.
    pub fn tenant(&self) -> Option<Uuid> {
        #[derive(Deserialize)]
        struct Claims {
            tid: String,
        }
        let claims: Claims = claims::of(&self.0.text)?;
        Uuid::try_parse(&claims.tid).ok()
    }

    /// By which it is known again in what others write.
    pub(in crate::exchange) fn secret(&self) -> &Secret {
        self.0.secret.get_or_init(|| Secret::new(&self.0.text))
    }

    /// When it stops being valid.
    pub fn expires(&self) -> Timestamp {
        self.0.expires
    }

    /// When a new one should be there.
    pub(super) fn renewal(&self) -> Timestamp {
        self.0.renewal
    }

    /// Whether both are the same token.
    pub(in crate::exchange) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.text == other.0.text
    }
}

/// Without the text.
impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken(until {})", self.0.expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, life: i64) -> Option<AccessToken> {
        AccessToken::new(Zeroizing::new(text.into()), Timestamp(1000), Timestamp(1000 + life))
    }

    #[test]
    fn a_token_is_renewed_five_minutes_before_its_end_or_in_the_middle_of_a_short_life() {
        for (life, renewal) in [(3600, 4300), (601, 1301), (600, 1300), (60, 1030), (1, 1001), (0, 1000)] {
            assert_eq!(token("a", life).unwrap().renewal(), Timestamp(renewal), "life of {life} s");
        }
    }

    #[test]
    fn neither_debug_output_nor_the_header_shows_the_text() {
        let token = token("secret-4711", 60).unwrap();
        assert_eq!(format!("{token:?}"), "AccessToken(until 1970-01-01 00:17 UTC)");
        assert_eq!(format!("{:?}", token.authorization()), "Sensitive");
        assert_eq!(token.authorization().as_bytes(), b"Bearer secret-4711");
    }

    #[test]
    fn the_tenant_is_the_one_that_a_token_names_itself() {
        // {"tid":"2fd9c3b0-1111-4222-8333-444455556666"}, {"tid":"contoso.com"} and {}.
        let own = "eyJ0aWQiOiIyZmQ5YzNiMC0xMTExLTQyMjItODMzMy00NDQ0NTU1NTY2NjYifQ";
        let id = Uuid::try_parse("2fd9c3b0-1111-4222-8333-444455556666").ok();
        for (text, tenant) in [
            (format!("e30.{own}.sig"), id),
            (format!("e30.{own}=="), None),
            ("e30.eyJ0aWQiOiJjb250b3NvLmNvbSJ9.sig".to_owned(), None),
            ("e30.e30.sig".to_owned(), None),
            ("e30.*.sig".to_owned(), None),
            ("opaque".to_owned(), None),
        ] {
            assert_eq!(token(&text, 60).unwrap().tenant(), tenant, "{text}");
        }
    }

    #[test]
    fn text_that_a_header_cannot_carry_is_no_token() {
        for text in ["", "a b", "a\r\nX-Evil: 1", "ä", "a\0"] {
            assert!(token(text, 60).is_none(), "{text:?}");
        }
    }
}

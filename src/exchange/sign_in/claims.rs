//! What a token says of itself, where it is a JWT. Nothing of it is believed: its signature is the service's to check.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// The claims of a JWT (RFC 7519, 7.2) that `T` names; `None` if it is none.
pub(super) fn of<T: DeserializeOwned>(token: &str) -> Option<T> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?);
    serde_json::from_slice(&payload).ok()
}

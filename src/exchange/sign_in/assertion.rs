//! The client assertion by which an application proves that it has its certificate's key
//! (RFC 7523; <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::json;
use strum::Display;
use uuid::Uuid;

use crate::{certificate::Certificate, model::Timestamp};

/// Seconds that an assertion is valid, as Microsoft recommends.
const LIFE: i64 = 10 * 60;

/// How an assertion is signed (RFC 7518, 3.3 and 3.5), with SHA-256 always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display)]
pub(super) enum Algorithm {
    /// RSASSA-PSS.
    #[strum(serialize = "PS256")]
    Ps256,
    /// RSASSA-PKCS1-v1_5.
    #[strum(serialize = "RS256")]
    Rs256,
}

/// Who says what to whom.
pub(super) struct Claims<'a> {
    /// The token endpoint that it is for.
    pub audience: &'a str,
    pub app_id: &'a str,
    /// From when on it counts.
    pub now: Timestamp,
}

/// What is signed: header and claims of a JWT, with an id that was never used before.
pub(super) fn signing_input(algorithm: Algorithm, certificate: &Certificate, claims: &Claims<'_>) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let header = json!({
        "alg": algorithm.to_string(),
        "typ": "JWT",
        "x5t": encode(&certificate.thumbprint),
        "x5t#S256": encode(&certificate.fingerprint.0),
    });
    let claims = json!({
        "aud": claims.audience,
        "iss": claims.app_id,
        "sub": claims.app_id,
        "jti": Uuid::new_v4().to_string(),
        "nbf": claims.now.0,
        "iat": claims.now.0,
        "exp": claims.now.plus(LIFE).0,
    });
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()))
}

/// The assertion: what was signed, and its signature.
pub(super) fn assertion(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The digest that is signed.
pub(super) fn digest_of(signing_input: &str) -> Vec<u8> {
    digest(&SHA256, signing_input.as_bytes()).as_ref().to_vec()
}

//! Claims challenges of continuous access evaluation: a 401 that asks for a new token with certain claims
//! (<https://learn.microsoft.com/entra/identity-platform/claims-challenge>).

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

/// The longest challenge that is looked at; those of Entra have some hundred bytes.
const LONGEST: usize = 16 * 1024;

/// The claims of a header `WWW-Authenticate`, as JSON; `None` where it is no such challenge.
pub(super) fn claims(header: &str) -> Option<String> {
    let parameters = Some(header).filter(|header| header.len() <= LONGEST).and_then(bearer)?;
    let of = |name: &str| {
        let is = |(key, _): &&(&str, String)| key.eq_ignore_ascii_case(name);
        parameters.iter().find(is).map(|(_, value)| value.as_str())
    };
    if of("error") != Some("insufficient_claims") {
        return None;
    }
    let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let encoded = of("claims")?;
    let decoded = [STANDARD, URL_SAFE]
        .into_iter()
        .find_map(|alphabet| GeneralPurpose::new(&alphabet, padding).decode(encoded).ok())?;
    match serde_json::from_slice::<Value>(&decoded).ok()? {
        claims @ Value::Object(_) => Some(claims.to_string()),
        _ => None,
    }
}

/// The parameters of the first challenge `Bearer` among those of a header (RFC 9110, 11.6.1).
fn bearer(header: &str) -> Option<Vec<(&str, String)>> {
    let mut parameters = None;
    let mut rest = header;
    while !rest.trim_start_matches([' ', ',', '\t']).is_empty() {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        let end = rest.find([' ', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match after.trim_start().strip_prefix('=') {
            Some(value) if !word.is_empty() => {
                let (value, after) = quoted(value.trim_start());
                if let Some(all) = &mut parameters {
                    Vec::push(all, (word, value));
                }
                rest = after;
            }
            Some(after) => rest = after,
            None if parameters.is_some() => break,
            None => {
                if word.eq_ignore_ascii_case("Bearer") {
                    parameters = Some(Vec::new());
                }
                rest = after;
            }
        }
    }
    parameters
}

/// A value, quoted or not, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let Some(text) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find([',', ' ']).unwrap_or(text.len()));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, text.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Microsoft's page.
    const EXAMPLE: &str = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiY3AxIn19fQ==";
    const CLAIMS: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"cp1"}}}"#;

    #[test]
    fn the_claims_of_a_challenge_are_read_and_nothing_else_is_one() {
        let address = "authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\"";
        let bare = EXAMPLE.trim_end_matches('=');
        for (header, claims) in [
            (
                format!("Bearer realm=\"\", {address}, error=\"insufficient_claims\", claims=\"{EXAMPLE}\""),
                Some(CLAIMS),
            ),
            (format!("bearer error=insufficient_claims,claims=\"{bare}\""), Some(CLAIMS)),
            (
                format!("Bearer claims=\"{bare}\" , error = \"insufficient_claims\", realm=\"a \\\"b, c\""),
                Some(CLAIMS),
            ),
            (
                format!("PoP nonce=\"x\", Bearer error=\"insufficient_claims\", claims=\"{EXAMPLE}\""),
                Some(CLAIMS),
            ),
            (format!("Bearer error=\"invalid_token\", claims=\"{EXAMPLE}\""), None),
            (format!("PoP error=\"insufficient_claims\", claims=\"{EXAMPLE}\""), None),
            ("Bearer error=\"insufficient_claims\"".to_owned(), None),
            ("Bearer error=\"insufficient_claims\", claims=\"%%%\"".to_owned(), None),
            ("Bearer error=\"insufficient_claims\", claims=\"WzFd\"".to_owned(), None),
            (
                "Bearer client_id=\"00000002\", trusted_issuers=\"x\", token_types=\"app_asserted\""
                    .to_owned(),
                None,
            ),
            ("Bearer".to_owned(), None),
            (String::new(), None),
            (
                format!(
                    "Bearer error=\"insufficient_claims\", claims=\"{EXAMPLE}\", x=\"{}\"",
                    "y".repeat(LONGEST)
                ),
                None,
            ),
        ] {
            assert_eq!(super::claims(&header).as_deref(), claims, "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_headers_never_panic(header in "(Bearer )?[ -~]{0,60}", quotes in "[\"\\\\=, a]{0,30}") {
            let _outcome = super::claims(&header);
            let _outcome = super::claims(&format!("{header}{quotes}"));
        }
    }
}

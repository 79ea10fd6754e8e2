//! The claims that a token is asked for with, in answer to a challenge
//! (<https://learn.microsoft.com/entra/identity-platform/claims-challenge>).

use serde_json::{Map, Value, json};

/// The claims of a challenge as the parameter `claims` of a sign-in, with what the client can: `cp1`, that it answers
/// challenges. What is no JSON object is left out.
pub(super) fn requested(challenge: &str) -> String {
    let mut claims = match serde_json::from_str(challenge) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    };
    let of_token = claims.entry("access_token").or_insert_with(|| json!({}));
    if !of_token.is_object() {
        *of_token = json!({});
    }
    if let Some(of_token) = of_token.as_object_mut() {
        of_token.insert("xms_cc".to_owned(), json!({ "values": ["cp1"] }));
    }
    Value::Object(claims).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_of_a_challenge_are_asked_for_together_with_what_the_client_can() {
        const CAN: &str = r#""xms_cc":{"values":["cp1"]}"#;
        for (challenge, claims) in [
            (
                r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#,
                format!(r#"{{"access_token":{{"nbf":{{"essential":true,"value":"1604106651"}},{CAN}}}}}"#),
            ),
            (r#"{"id_token":{}}"#, format!(r#"{{"id_token":{{}},"access_token":{{{CAN}}}}}"#)),
            (r#"{"access_token":null}"#, format!(r#"{{"access_token":{{{CAN}}}}}"#)),
            ("[]", format!(r#"{{"access_token":{{{CAN}}}}}"#)),
            ("", format!(r#"{{"access_token":{{{CAN}}}}}"#)),
        ] {
            assert_eq!(requested(challenge), claims);
        }
    }
}

//! Tokens that the script hands in.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use smime_sync::error::ErrorId;

use super::surroundings::{World, settings, text};

/// A JWT with these claims, and a signature that nobody checks here.
fn jwt(claims: Value) -> String {
    let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2lnbmF0dXJl", encode(json!({"alg": "RS256"}).to_string()), encode(claims.to_string()))
}

fn world(token: &[u8]) -> World {
    let mut world = World::new();
    world.secrets.insert("access_token", token.to_vec());
    world
}

const EXCHANGE: &str = "https://outlook.office365.com";

#[test]
fn a_token_is_used_as_it_is_and_before_anything_else_that_the_profile_has() {
    let end = World::new().clock.timestamp().plus(3600).0;
    for token in [
        jwt(json!({"aud": EXCHANGE, "exp": end})),
        jwt(json!({"aud": [EXCHANGE, "https://other.test"], "exp": end as f64})),
        jwt(json!({"aud": "00000002-0000-0ff1-ce00-000000000000"})),
        "opaque-token".into(),
    ] {
        for form in [token.clone(), format!("Bearer {token}"), format!(" {token}\r\n")] {
            let mut settings = settings(1);
            settings.managed_identity = true;
            let got = world(form.as_bytes()).sign_in(&settings).unwrap();
            assert_eq!(text(&got), format!("Bearer {token}"));
        }
    }
}

#[test]
fn a_token_that_cannot_be_used_is_refused_without_being_shown() {
    for (token, reason) in [
        (jwt(json!({"aud": EXCHANGE, "exp": 1_600_000_000})), "expired at 2020-09-13 12:26 UTC"),
        (jwt(json!({"aud": "https://graph.microsoft.com"})), "is for 'https://graph.microsoft.com', not for"),
        (
            jwt(json!({"aud": "https://outlook.office365.us"})),
            "is for 'https://outlook.office365.us', not for",
        ),
        (String::new(), "is none"),
        ("two words-4711".into(), "is none"),
        ("x".repeat(64 * 1024 + 1), "is none"),
    ] {
        let error = world(token.as_bytes()).sign_in(&settings(1)).unwrap_err();
        assert_eq!(error.id, ErrorId::AccessTokenUnusable, "{error}");
        assert!(error.message.contains(reason), "{error}");
        assert!(token.is_empty() || !format!("{error:?}").contains(&token), "{error:?}");
    }
    assert_eq!(world(&[0xff, 0xfe]).sign_in(&settings(1)).unwrap_err().id, ErrorId::AccessTokenUnusable);
}

#[test]
fn a_token_that_runs_out_or_is_refused_in_mid_run_stops_it() {
    let mut runs_out = world(b"");
    let end = runs_out.clock.timestamp().plus(30).0;
    runs_out.secrets.insert("access_token", jwt(json!({"aud": EXCHANGE, "exp": end})).into_bytes());
    let source = runs_out.source(&settings(1)).unwrap();
    assert!(runs_out.context.block_on(source.token()).unwrap().is_ok());
    // A second is 100 seconds of this clock.
    std::thread::sleep(std::time::Duration::from_millis(400));
    let error = runs_out.context.block_on(source.token()).unwrap().unwrap_err();
    assert_eq!(error.id, ErrorId::AccessTokenUnusable);
    assert!(error.message.contains("expired at"), "{error}");

    let refused = world(b"opaque-token");
    let source = refused.source(&settings(1)).unwrap();
    let token = refused.context.block_on(source.token()).unwrap().unwrap();
    source.invalidate(&token);
    let error = refused.context.block_on(source.token()).unwrap().unwrap_err();
    assert_eq!(error.id, ErrorId::AccessTokenUnusable);
    assert!(error.message.contains("is not taken by Exchange Online"), "{error}");
    assert!(
        error.message.contains("no longer good") && error.advice.contains("Exchange.ManageAsApp"),
        "{error:?}"
    );

    let withdrawn = world(b"opaque-token");
    let source = withdrawn.source(&settings(1)).unwrap();
    let token = withdrawn.context.block_on(source.token()).unwrap().unwrap();
    source.challenged(&token, "{}");
    let error = withdrawn.context.block_on(source.token()).unwrap().unwrap_err();
    assert_eq!(error.id, ErrorId::AccessTokenUnusable);
    assert!(error.message.contains("wants another one (claims challenge)"), "{error}");
}

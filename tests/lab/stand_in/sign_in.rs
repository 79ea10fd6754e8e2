//! The token endpoint.

use serde_json::{Value, json};

use super::client::{Client, body};
use crate::common::{
    certificates::NOW,
    exchange::{DOMAIN, TENANT, http::Reply},
};

fn code(reply: &Reply) -> u64 {
    let body = reply.json();
    let code = body["error_codes"][0].as_u64().unwrap_or_default();
    if reply.status != 200 {
        assert!(
            body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")),
            "{body}"
        );
    }
    code
}

#[test]
fn a_right_assertion_gets_a_token_that_the_gateway_takes() {
    for algorithm in ["PS256", "RS256"] {
        let mut client = Client::signed_out();
        let reply = client.sign_in(&client.claims(), algorithm);
        assert_eq!((reply.status, code(&reply)), (200, 0), "{algorithm}");
        assert_eq!(
            (&reply.json()["token_type"], &reply.json()["expires_in"]),
            (&json!("Bearer"), &json!(3599))
        );
        client.token = reply.json()["access_token"].as_str().unwrap().into();
        assert_eq!(client.run("Get-OrganizationConfig", json!({})).status, 200);
        client.stand_in.advance(3600.0);
        let expired = client.run("Get-OrganizationConfig", json!({}));
        assert_eq!(expired.status, 401);
        assert!(expired.header("www-authenticate").unwrap().contains("invalid_token"));
    }
}

#[test]
fn wrong_claims_are_refused_with_the_documented_numbers() {
    let client = Client::signed_out();
    let wrong: &[(&str, Value, u64)] = &[
        ("aud", json!(client.stand_in.https), 700_023),
        ("aud", json!(format!("{}/common/oauth2/v2.0/token", client.stand_in.https)), 700_023),
        ("iss", json!("somebody"), 700_021),
        ("sub", json!("somebody"), 700_021),
        ("exp", json!(NOW.0 - 1), 700_024),
        ("exp", json!(NOW.0 + 2 * 24 * 3600), 700_024),
        ("nbf", json!(NOW.0 + 600), 700_024),
        ("jti", Value::Null, 50_027),
        ("exp", Value::Null, 50_027),
    ];
    for (name, value, number) in wrong {
        let mut claims = client.claims();
        claims[*name] = value.clone();
        let reply = client.sign_in(&claims, "PS256");
        assert_eq!((reply.status, code(&reply)), (401, *number), "{name} = {value}");
    }
    assert_eq!(client.stand_in.statistics()["SignInsRefused"], wrong.len());
}

#[test]
fn an_assertion_outside_its_time_is_refused_with_both_times() {
    let client = Client::signed_out();
    let mut claims = client.claims();
    claims["exp"] = json!(NOW.0 - 1);
    let text = client.sign_in(&claims, "PS256").json()["error_description"].to_string();
    for part in ["Current time: 2027-01-15T08:00:0", "expiry time of assertion 2027-01-15T07:59:59Z"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_replayed_assertion_is_refused() {
    let client = Client::signed_out();
    let claims = client.claims();
    assert_eq!(client.sign_in(&claims, "PS256").status, 200);
    assert_eq!(code(&client.sign_in(&claims, "PS256")), 50_027);
}

#[test]
fn a_signature_or_thumbprint_of_another_certificate_is_refused() {
    let client = Client::signed_out();
    let good = client.assertion(&client.header("PS256"), &client.claims());
    let other = client.assertion(&client.header("PS256"), &client.claims());
    let swapped = format!("{}.{}", good.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
    assert_eq!(code(&client.sign_in_with(TENANT, &client.form(&swapped))), 700_027);
    let mut header = client.header("PS256");
    header["x5t#S256"] = json!("AAAA");
    let unknown = client.assertion(&header, &client.claims());
    assert_eq!(code(&client.sign_in_with(TENANT, &client.form(&unknown))), 700_027);
    client.stand_in.settings(json!({ "AssertionAlgorithms": ["RS256"] }));
    assert_eq!(code(&client.sign_in(&client.claims(), "PS256")), 50_027);
}

#[test]
fn tenant_application_scope_and_form_must_be_right() {
    let client = Client::signed_out();
    let form = || client.form(&client.assertion(&client.header("PS256"), &client.claims()));
    assert_eq!(code(&client.sign_in_with("fabrikam.onmicrosoft.com", &form())), 90_002);
    let cases = [
        ("client_id", "55555555-0000-4000-8000-000000000000", 700_016),
        ("scope", "https://graph.microsoft.com/.default", 70_011),
        ("scope", "Exchange.ManageAsApp", 1_002_012),
        ("grant_type", "password", 70_003),
        ("client_assertion_type", "jwt", 900_144),
    ];
    for (name, value, number) in cases {
        let mut form = form();
        form.iter_mut().find(|(field, _)| *field == name).unwrap().1 = value.to_owned();
        let reply = client.sign_in_with(TENANT, &form);
        assert_eq!((reply.status, code(&reply)), (400, number), "{name} = {value}");
    }
    // The audience names the address that is called, so an assertion for the id is none for the domain.
    assert_eq!(code(&client.sign_in_with(DOMAIN, &form())), 700_023);
}

#[test]
fn a_role_is_needed_beside_the_token() {
    let client = Client::new();
    let run = || client.run_with(&client.headers(), &body("Get-OrganizationConfig", json!({})));
    client.stand_in.settings(json!({ "HasDirectoryRole": false }));
    let is_nul = |reply: &Reply| reply.body.iter().all(|octet| *octet == 0);
    assert_eq!((run().status, is_nul(&run()), run().header("content-encoding")), (403, true, Some("gzip")));
    client.stand_in.settings(json!({ "ForbiddenBody": "Nul" }));
    assert_eq!((run().status, is_nul(&run()), run().header("content-encoding")), (403, true, None));
    client.stand_in.settings(json!({ "ForbiddenBody": "Html" }));
    assert!(String::from_utf8(run().body).unwrap().starts_with("<html>"));
    client.stand_in.settings(json!({ "HasDirectoryRole": true, "HasAppRole": false }));
    assert_eq!(run().status, 401);
}

#[test]
fn a_challenge_wants_a_token_with_its_claims() {
    let mut client = Client::new();
    client.stand_in.settings(json!({ "CaeChallenge": true }));
    let refused = client.run("Get-OrganizationConfig", json!({}));
    let challenge = refused.header("www-authenticate").unwrap();
    assert_eq!((refused.status, challenge.contains("error=\"insufficient_claims\"")), (401, true));
    let base64 = challenge.rsplit("claims=\"").next().unwrap().trim_end_matches('"');
    let claims = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64).unwrap();
    let sign_in = |claims: &str| {
        let mut form = client.form(&client.assertion(&client.header("PS256"), &client.claims()));
        form.push(("claims", claims.to_owned()));
        client.sign_in_with(TENANT, &form)
    };
    assert_eq!((sign_in("{").status, sign_in("{}").status), (400, 400));
    // With the client's capabilities beside them, as MSAL sends them.
    let mut with_capability: Value = serde_json::from_slice(&claims).unwrap();
    with_capability["access_token"]["xms_cc"] = json!({ "values": ["cp1"] });
    let token = sign_in(&with_capability.to_string());
    client.token = token.json()["access_token"].as_str().unwrap().into();
    assert_eq!(client.run("Get-OrganizationConfig", json!({})).status, 200);
}

#[test]
fn a_token_names_the_tenant_by_its_guid() {
    let client = Client::signed_out();
    let mut claims = client.claims();
    claims["aud"] = json!(format!("{}/{DOMAIN}/oauth2/v2.0/token", client.stand_in.https));
    let form = client.form(&client.assertion(&client.header("PS256"), &claims));
    let reply = client.sign_in_with(DOMAIN, &form).json();
    let payload = reply["access_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let payload = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&payload).unwrap()["tid"], TENANT);
}

//! What goes wrong, when, and whether the command was carried out.

use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::client::{Client, body, mailbox};

const ALICE: &str = "alice@contoso.test";

fn with_fault(fault: Value) -> Client {
    let client = Client::new();
    client.stand_in.add(&[mailbox(ALICE)]);
    client.stand_in.faults(1, json!([fault]));
    client
}

/// Renames Alice; whether that was carried out shows.
fn rename(client: &Client, name: &str) -> std::io::Result<crate::common::exchange::http::Reply> {
    let command = body("Set-Mailbox", json!({ "Identity": ALICE, "DisplayName": name })).to_string();
    client.send(&Client::path("InvokeCommand"), &client.headers(), command.as_bytes())
}

fn name(client: &Client) -> String {
    client.stand_in.recipient(ALICE).unwrap()["DisplayName"].as_str().unwrap().to_owned()
}

#[test]
fn answers_of_the_gateway_come_at_the_nth_request() {
    for (kind, status) in
        [("TooManyRequests", 429), ("BadGateway", 502), ("ServiceUnavailable", 503), ("GatewayTimeout", 504)]
    {
        for (when, carried_out) in [("Before", false), ("After", true)] {
            let client = with_fault(json!({ "Kind": kind, "When": when, "Nth": 2 }));
            assert_eq!(rename(&client, "First").unwrap().status, 200);
            let failed = rename(&client, "Second").unwrap();
            assert_eq!(failed.status, status);
            assert_eq!(name(&client), if carried_out { "Second" } else { "First" }, "{kind} {when}");
            assert_eq!(failed.header("retry-after"), (status == 429).then_some("5"));
            assert_eq!(failed.body.starts_with(b"<html>"), status != 429);
            assert_eq!(rename(&client, "Third").unwrap().status, 200);
            assert_eq!(client.stand_in.statistics()["Faults"][kind], 1);
        }
    }
}

#[test]
fn a_reset_connection_may_hide_a_write() {
    for (when, expected) in [("Before", "alice"), ("After", "New")] {
        let client = with_fault(json!({ "Kind": "Reset", "When": when, "Nth": 1 }));
        assert_eq!(rename(&client, "New").unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(name(&client), expected);
    }
}

#[test]
fn a_body_breaks_off_after_the_write() {
    let client = with_fault(json!({ "Kind": "Truncated", "Nth": 1 }));
    assert_eq!(rename(&client, "New").unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(name(&client), "New");
}

#[test]
fn a_body_may_be_nothing_but_nul() {
    let client = with_fault(json!({ "Kind": "Nul", "When": "After", "Nth": 1 }));
    assert!(rename(&client, "New").unwrap().body.iter().all(|octet| *octet == 0));
    assert_eq!(name(&client), "New");
}

#[test]
fn a_duplicated_request_gets_the_second_answer() {
    let client = with_fault(json!({ "Kind": "Duplicate", "Nth": 1, "Cmdlet": "New-MailContact" }));
    assert_eq!(rename(&client, "New").unwrap().status, 200);
    let new = json!({ "Name": "Bob", "ExternalEmailAddress": "bob@fabrikam.test" });
    let reply = client.run("New-MailContact", new);
    assert!(reply.header("x-exceptiontype").unwrap().ends_with("ProxyAddressExistsException"));
    assert!(client.stand_in.recipient("bob@fabrikam.test").is_some());
}

#[test]
fn a_slow_answer_takes_seconds_of_the_stand_ins_clock() {
    let client = with_fault(json!({ "Kind": "Slow", "Nth": 1, "Seconds": 100 }));
    client.stand_in.set_speed(1000.0);
    let began = Instant::now();
    assert_eq!(rename(&client, "New").unwrap().status, 200);
    assert!(began.elapsed() >= Duration::from_millis(100));
}

#[test]
fn all_tokens_may_end_in_the_middle_of_a_run() {
    let mut client = with_fault(json!({ "Kind": "TokenExpiry", "Nth": 2 }));
    assert_eq!(rename(&client, "First").unwrap().status, 200);
    assert_eq!(rename(&client, "Second").unwrap().status, 401);
    assert_eq!(rename(&client, "Third").unwrap().status, 401);
    client.token = client.sign_in(&client.claims(), "PS256").json()["access_token"].as_str().unwrap().into();
    assert_eq!(rename(&client, "Fourth").unwrap().status, 200);
}

#[test]
fn a_fault_may_strike_one_command_of_a_batch() {
    let client = with_fault(json!({ "Kind": "ServiceUnavailable", "Scope": "Command", "Nth": 2 }));
    client.stand_in.settings(json!({ "BatchOrder": "AsSent" }));
    let command = ("Get-Mailbox", json!({ "Identity": ALICE }));
    let reply = client.batch(&[command.clone(), command.clone(), command]).json();
    let statuses: Vec<&Value> =
        reply["responses"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [200, 503, 200]);
    assert!(reply["responses"][1]["body"].as_str().unwrap().starts_with("<html>"));
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let client = with_fault(json!({ "Kind": "ServiceUnavailable", "Probability": 0.3 }));
    let run = |seed| {
        client.stand_in.faults(seed, json!([{ "Kind": "ServiceUnavailable", "Probability": 0.3 }]));
        (0..40).map(|_| client.run("Get-OrganizationConfig", json!({})).status).collect::<Vec<_>>()
    };
    let first = run(1);
    assert!(first.contains(&200) && first.contains(&503));
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
}

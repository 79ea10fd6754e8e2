//! The rate limit, what it announces, and how fast the stand-in itself is.

use std::{thread::sleep, time::Duration};

use serde_json::{Value, json};

use super::client::{Client, body, mailbox};
use crate::common::{certificates::NOW, exchange::http};

fn limited(allowance: f64) -> Client {
    let client = Client::new();
    let limit = json!({ "Limit": 12, "Window": 60 });
    client
        .stand_in
        .settings(json!({ "RateLimit": limit, "NetworkAllowance": allowance, "BatchOrder": "AsSent" }));
    client
}

fn batch(client: &Client, count: usize) -> Vec<Value> {
    let reply = client.batch(&vec![("Get-OrganizationConfig", json!({})); count]);
    reply.json()["responses"].as_array().unwrap().clone()
}

#[test]
fn every_command_of_a_batch_counts_and_the_headers_say_what_is_left() {
    let client = limited(0.2);
    let first = batch(&client, 10);
    assert_eq!(first[9]["headers"]["Rate-Limit-Remaining"], "2");
    let second = client.run("Get-OrganizationConfig", json!({}));
    assert_eq!(
        (second.header("rate-limit-limit"), second.header("rate-limit-remaining")),
        (Some("12"), Some("1"))
    );
    assert!(second.header("rate-limit-reset").unwrap().starts_with("2027-01-15T08:01:0"));
    assert_eq!(second.header("x-concurrencycount"), Some("0"));
    let third = batch(&client, 3);
    let statuses: Vec<&Value> = third.iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [200, 429, 429]);
    let wait: u64 = third[1]["headers"]["Retry-After"].as_str().unwrap().parse().unwrap();
    assert!((55..=60).contains(&wait), "{wait}");
    client.stand_in.advance(60.0);
    assert_eq!(client.run("Get-OrganizationConfig", json!({})).status, 200);
}

#[test]
fn who_ignores_retry_after_is_counted() {
    let client = limited(0.0);
    batch(&client, 10);
    assert_eq!(client.stand_in.statistics()["BeyondAnnouncedLimit"], 0);
    // Three more than are left: the last of them come in the same batch as the first, which tells nobody anything.
    batch(&client, 2);
    assert_eq!(client.stand_in.statistics()["BeyondAnnouncedLimit"], 0);
    batch(&client, 3);
    assert_eq!(client.run("Get-OrganizationConfig", json!({})).status, 429);
    let statistics = client.stand_in.statistics();
    assert_eq!((&statistics["BeyondAnnouncedLimit"], &statistics["Throttled"]), (&json!(4), &json!(4)));
    client.stand_in.advance(61.0);
    batch(&client, 5);
    assert_eq!(client.stand_in.statistics()["BeyondAnnouncedLimit"], 4);
}

#[test]
fn a_request_that_was_under_way_when_the_limit_was_announced_is_not_counted() {
    let client = limited(0.2);
    batch(&client, 10);
    batch(&client, 4);
    assert_eq!(client.run("Get-OrganizationConfig", json!({})).status, 429);
    assert_eq!(client.stand_in.statistics()["BeyondAnnouncedLimit"], 0);
    sleep(Duration::from_millis(250));
    assert_eq!(client.run("Get-OrganizationConfig", json!({})).status, 429);
    assert_eq!(client.stand_in.statistics()["BeyondAnnouncedLimit"], 1);
}

#[test]
fn an_accelerated_clock_ends_the_window_sooner() {
    let client = limited(0.2);
    batch(&client, 10);
    batch(&client, 3);
    client.stand_in.set_speed(600.0);
    sleep(Duration::from_millis(120));
    assert_eq!(client.run("Get-OrganizationConfig", json!({})).status, 200);
    assert!(client.stand_in.now() > NOW.0 as f64 + 60.0);
}

#[test]
fn micro_delays_are_told_as_warnings() {
    let client = Client::new();
    client.stand_in.settings(json!({ "MicroDelayWarnings": true }));
    let reply = client.run("Get-OrganizationConfig", json!({})).json();
    assert!(reply["@adminapi.warnings"][0].as_str().unwrap().starts_with("Micro delay applied"));
}

#[test]
fn it_serves_a_thousand_commands_a_second() {
    let client = Client::new();
    let all: Vec<Value> = (0..1000).map(|n| mailbox(&format!("user{n}@contoso.test"))).collect();
    client.stand_in.add(&all);
    let headers = client.batch_headers("odata.continue-on-error");
    let mut connection = client.connect();
    let mut busy = Duration::ZERO;
    for first in (0..1000).step_by(10) {
        let commands: Vec<(&str, Value)> = (first..first + 10)
            .map(|n| ("Get-Mailbox", json!({ "Identity": format!("user{n}@contoso.test") })))
            .collect();
        let body = client.batch_body(&commands).to_string();
        let began = std::time::Instant::now();
        let path = Client::path("$batch");
        let reply = http::send(&mut connection, "POST", &path, &headers, body.as_bytes()).unwrap();
        busy += began.elapsed();
        assert_eq!(reply.json()["responses"].as_array().unwrap().len(), 10);
    }
    println!("1000 commands in {busy:?}");
    // On a machine that is busy with other tests, too; alone it takes a tenth of that.
    assert!(busy < Duration::from_secs(10), "{busy:?}");
    client.run_with(&client.headers(), &body("Get-Mailbox", json!({ "ResultSize": 5 })));
}

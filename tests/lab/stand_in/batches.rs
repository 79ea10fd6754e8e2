//! Batches: what each command of one needs of its own, and when one goes on after an error.

use serde_json::{Value, json};

use super::client::{Client, certificates, error_text, mailbox, responses};
use crate::common::certificates::{Draft, root};

const ALICE: &str = "alice@contoso.test";

fn world() -> Client {
    let client = Client::new();
    client.stand_in.add(&[mailbox(ALICE)]);
    client
}

fn get(identity: &str) -> (&'static str, Value) {
    ("Get-Mailbox", json!({ "Identity": identity }))
}

fn statuses(responses: &[Value]) -> Vec<Value> {
    responses.iter().map(|one| one["status"].clone()).collect()
}

#[test]
fn a_batch_takes_ten_requests_and_answers_in_its_own_order() {
    let client = world();
    let eleven = client.batch(&vec![get(ALICE); 11]);
    assert_eq!((eleven.status, error_text(&eleven).contains("11 requests")), (400, true));
    let ten = client.batch(&vec![get(ALICE); 10]).json();
    assert_eq!((ten["responses"].as_array().unwrap().len(), &ten["responses"][0]["id"]), (10, &json!("9")));
}

#[test]
fn each_command_of_a_batch_needs_headers_of_its_own() {
    let client = world();
    let cases = [
        ("Authorization", "Required", 401),
        ("Authorization", "Inherited", 200),
        ("X-AnchorMailbox", "Required", 400),
        ("X-AnchorMailbox", "Inherited", 400),
        ("Content-Type", "Required", 200),
    ];
    for (header, form, expected) in cases {
        client.stand_in.settings(json!({ "InnerAuthorization": form }));
        let mut body = client.batch_body(&[get(ALICE)]);
        body["requests"][0]["headers"].as_object_mut().unwrap().remove(header);
        let reply = client.batch_with("odata.continue-on-error", &body);
        assert_eq!(
            (reply.status, statuses(&responses(&reply, 1))),
            (200, vec![json!(expected)]),
            "{header} {form}"
        );
    }
    client.stand_in.settings(json!({ "InnerAuthorization": "SingleOnly" }));
    assert_eq!(statuses(&responses(&client.batch(&vec![get(ALICE); 2]), 2)), [401, 401]);
    assert_eq!(client.run("Get-Mailbox", json!({ "Identity": ALICE })).status, 200);
}

#[test]
fn a_batch_goes_on_after_an_error_only_if_asked_exactly() {
    let client = world();
    let commands = [get(ALICE), get("nobody@contoso.test"), get(ALICE)];
    let run = |outer: &str, inner: &str| {
        let mut body = client.batch_body(&commands);
        for one in body["requests"].as_array_mut().unwrap() {
            one["headers"]["Prefer"] = json!(inner);
        }
        statuses(&responses(&client.batch_with(outer, &body), 3))
    };
    const OUTER: &str = "odata.continue-on-error";
    const INNER: &str = "odata.maxpagesize=1000;odata.continue-on-error";
    assert_eq!(run(OUTER, INNER), [200, 404, 200]);
    for (outer, inner) in [
        ("odata.maxpagesize=1000;odata.continue-on-error", INNER),
        (OUTER, "odata.continue-on-error"),
        (OUTER, "odata.maxpagesize=1000,odata.continue-on-error"),
        (OUTER, "odata.maxpagesize=1000"),
    ] {
        assert_eq!(run(outer, inner), [json!(200), json!(404), Value::Null], "{outer} / {inner}");
    }
    client.stand_in.settings(json!({ "RestOfBatch": "Failed" }));
    assert_eq!(run(OUTER, "odata.continue-on-error"), [200, 404, 424]);
    client.stand_in.settings(json!({ "ContinueOnError": "Never" }));
    assert_eq!(run(OUTER, INNER), [200, 404, 424]);
}

#[test]
fn a_cmdlet_that_the_roles_lack_is_refused_inside_a_batch_too() {
    let client = world();
    client.stand_in.settings(json!({ "MissingCmdlets": ["Set-Mailbox"] }));
    let value = Draft::person(ALICE).sign(&root());
    let set = ("Set-Mailbox", certificates(ALICE, "UserCertificate", &[value]));
    let answers = responses(&client.batch(&[get(ALICE), set.clone()]), 2);
    assert_eq!(statuses(&answers), [200, 403]);
    assert!(answers[1]["body"].as_str().unwrap().chars().all(|c| c == '\0'));
    let alone = client.run(set.0, set.1);
    assert_eq!((alone.status, alone.header("content-encoding")), (403, Some("gzip")));
}

#[test]
fn an_empty_success_has_no_body_inside_a_batch() {
    let client = world();
    let set = || ("Set-Mailbox", json!({ "Identity": ALICE, "DisplayName": "Alice" }));
    for (form, status) in [("NoContent", 204), ("Empty", 200)] {
        client.stand_in.settings(json!({ "WriteAnswer": form }));
        let answers = responses(&client.batch(&[set(), get(ALICE)]), 2);
        assert_eq!(statuses(&answers), [status, 200], "{form}");
        assert_eq!((answers[0].get("body"), answers[1].get("body").is_some()), (None, true), "{form}");
    }
}

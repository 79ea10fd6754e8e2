//! Lists: their size, filters on certificates, and pages that are slow, fail or are large.

use serde_json::{Value, json};

use super::client::{Client, body, certificates, error_text, mailbox, replace};
use crate::common::{
    certificates::{Draft, root},
    exchange::http::Reply,
};

fn world(people: usize) -> Client {
    let client = Client::new();
    let all: Vec<Value> = (0..people).map(|n| mailbox(&format!("user{n}@contoso.test"))).collect();
    client.stand_in.add(&all);
    client
}

fn page(client: &Client, size: usize, result_size: Value) -> Reply {
    let prefer = format!("odata.maxpagesize={size}");
    let headers = replace(&client.headers(), "Prefer", Some(&prefer));
    client.run_with(&headers, &body("Get-Mailbox", json!({ "ResultSize": result_size })))
}

fn shape(reply: &Reply) -> (usize, bool, usize) {
    let body = reply.json();
    let count = |value: &Value| value.as_array().unwrap().len();
    (count(&body["value"]), body["@odata.nextLink"].is_string(), count(&body["@adminapi.warnings"]))
}

#[test]
fn a_number_in_result_size_may_be_ignored() {
    let client = world(25);
    for (form, size, expected) in [
        ("Ignored", json!(1), (10, true, 0)),
        ("Ignored", json!("1"), (10, true, 0)),
        ("Obeyed", json!(1), (1, false, 1)),
        ("Obeyed", json!(10), (10, false, 1)),
        ("Obeyed", json!(11), (10, true, 0)),
        ("Obeyed", json!("Unlimited"), (10, true, 0)),
    ] {
        client.stand_in.settings(json!({ "ResultSizeNumber": form }));
        assert_eq!(shape(&page(&client, 10, size.clone())), expected, "{form} {size}");
    }
    client.stand_in.settings(json!({ "LargestPage": 7 }));
    assert_eq!(
        shape(&page(&client, 10, json!("Unlimited"))),
        (7, true, 0),
        "a page may be smaller than asked for"
    );
    // The page counts whatever the number says.
    client.stand_in.settings(json!({ "ResultSizeNumber": "Ignored" }));
    assert_eq!(shape(&page(&client, 1, json!(1))), (1, true, 0));
}

#[test]
fn those_with_certificates_are_filtered_unless_that_is_refused() {
    let client = world(4);
    for (n, property) in [(1, "UserCertificate"), (3, "UserSMimeCertificate")] {
        let address = format!("user{n}@contoso.test");
        let der = Draft::person(&address).sign(&root());
        let signed = crate::common::certificates::SignedData::certs_only(&[&der]);
        let value = if n == 1 { der } else { signed };
        assert_eq!(client.run("Set-Mailbox", certificates(&address, property, &[value])).status, 200);
    }
    let filter = "UserCertificate -ne $null -or UserSMimeCertificate -ne $null";
    let list = || client.run("Get-Mailbox", json!({ "Filter": filter, "ResultSize": "Unlimited" }));
    let names: Vec<Value> =
        list().json()["value"].as_array().unwrap().iter().map(|one| one["Name"].clone()).collect();
    assert_eq!(names, ["user1", "user3"]);
    client.stand_in.settings(json!({ "CertificateFilter": "Refused" }));
    assert!(error_text(&list()).contains("Invalid filter syntax"));
}

#[test]
fn a_page_that_holds_an_object_is_late_large_or_fails() {
    let client = world(30);
    let trouble = |trouble: Value| client.stand_in.settings(json!({ "Pages": [trouble] }));
    let unlimited = || json!("Unlimited");

    trouble(json!({ "Object": 5, "Status": 504, "Above": 4 }));
    assert_eq!((page(&client, 10, unlimited()).status, page(&client, 4, unlimited()).status), (504, 200));
    trouble(json!({ "Object": 5, "Status": 504, "Times": 1 }));
    assert_eq!((page(&client, 10, unlimited()).status, page(&client, 10, unlimited()).status), (504, 200));
    trouble(json!({ "Object": 10, "Status": 504, "Cmdlet": "Get-Mailbox" }));
    assert_eq!((page(&client, 10, unlimited()).status, page(&client, 11, unlimited()).status), (200, 504));
    trouble(json!({ "Object": 0, "Status": 504, "Cmdlet": "Get-MailContact" }));
    assert_eq!(page(&client, 10, unlimited()).status, 200);

    trouble(json!({ "Object": 0, "Mebibytes": 2 }));
    let large = page(&client, 10, unlimited());
    assert!(large.body.len() >= 2 << 20, "{}", large.body.len());
    assert_eq!(shape(&large), (10, true, 0));

    client.stand_in.set_speed(100.0);
    trouble(json!({ "Object": 0, "Seconds": 20 }));
    let began = std::time::Instant::now();
    page(&client, 10, unlimited());
    assert!(began.elapsed() >= std::time::Duration::from_millis(200));
}

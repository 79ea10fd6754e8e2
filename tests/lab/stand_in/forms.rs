//! The forms of values: bytes, clearing, formats of answers.

use serde_json::{Value, json};

use super::client::{Client, body, certificates, error_text, mailbox, replace};
use crate::common::certificates::{Draft, root};

const ALICE: &str = "alice@contoso.test";
const LIST: &str = "#Collection(Exchange.ByteArrayType)";
const HASHTABLE: &str = "#Exchange.GenericHashTable";

fn world() -> Client {
    let client = Client::new();
    client.stand_in.add(&[mailbox(ALICE)]);
    client
}

fn certificate(serial: u8) -> Vec<u8> {
    Draft::person(ALICE).serial(&[serial]).sign(&root())
}

fn base64(value: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, value)
}

#[test]
fn each_form_of_bytes_refuses_the_other_with_the_words_of_its_type() {
    let client = world();
    let value = certificate(1);
    let integers = certificates(ALICE, "UserCertificate", std::slice::from_ref(&value));
    let mut text = integers.clone();
    text["UserCertificate"] = json!([{ "Data": base64(&value) }]);
    let cases = [
        (
            "IntegerArray",
            Some(&integers),
            &text,
            "'PrimitiveValue' node was found",
            "'StartArray' node was expected",
        ),
        (
            "Base64",
            Some(&text),
            &integers,
            "'StartArray' node was found",
            "'PrimitiveValue' node was expected",
        ),
        ("Neither", None, &integers, "'StartArray' node was found", "'StartObject' node was expected"),
        ("Neither", None, &text, "'PrimitiveValue' node was found", "was expected"),
    ];
    for (form, good, bad, found, expected) in cases {
        client.stand_in.settings(json!({ "ByteEncoding": form }));
        let refused = client.run("Set-Mailbox", bad.clone());
        let message = error_text(&refused);
        assert_eq!(refused.status, 400, "{form}");
        assert!(message.contains(found) && message.contains(expected), "{form}: {message}");
        if let Some(good) = good {
            assert_eq!(client.run("Set-Mailbox", good.clone()).status, 200, "{form}");
            assert_eq!(client.stand_in.certificates(ALICE), std::slice::from_ref(&value));
        }
    }
    let misunderstood = client.stand_in.statistics()["Misunderstood"].as_object().unwrap().clone();
    assert_eq!(misunderstood.values().filter_map(Value::as_u64).sum::<u64>(), 4);
}

/// What clears, by the setting; an empty list and an empty hashtable never do.
#[test]
fn a_property_is_cleared_by_what_the_service_takes() {
    let client = world();
    let (one, two) = (certificate(1), certificate(2));
    let annotation = "UserCertificate@odata.type";
    let data = |value: &Vec<u8>| json!({ "Data": value });
    let typed = |value: &Vec<u8>| json!({ "@odata.type": "#Exchange.ByteArrayType", "Data": value });
    let clear = [
        ("null", json!({ "UserCertificate": null })),
        ("empty list", json!({ annotation: LIST, "UserCertificate": [] })),
        ("empty hashtable", json!({ "UserCertificate": { "@odata.type": HASHTABLE } })),
        (
            "remove",
            json!({ "UserCertificate": { "@odata.type": HASHTABLE, "remove@odata.type": LIST,
                "remove": [data(&one), data(&two)] } }),
        ),
        (
            "remove typed",
            json!({ "UserCertificate": { "@odata.type": HASHTABLE, "remove": [typed(&two), typed(&one)] } }),
        ),
    ];
    let cases: &[(&str, &[&str])] = &[
        ("Null", &["null", "remove", "remove typed"]),
        ("Remove", &["remove", "remove typed"]),
        ("Nothing", &[]),
    ];
    for (setting, cleared_by) in cases {
        client.stand_in.settings(json!({ "ClearBy": setting }));
        for (name, parameters) in &clear {
            let set = certificates(ALICE, "UserCertificate", &[one.clone(), two.clone()]);
            assert_eq!(client.run("Set-Mailbox", set).status, 200);
            let mut parameters = parameters.clone();
            parameters["Identity"] = json!(ALICE);
            let reply = client.run("Set-Mailbox", parameters);
            assert_eq!(reply.status, 200, "{setting} {name}: {}", String::from_utf8_lossy(&reply.body));
            let cleared = client.stand_in.certificates(ALICE).is_empty();
            assert_eq!(cleared, cleared_by.contains(name), "{setting} {name}");
            let warned = !reply.json()["@adminapi.warnings"].as_array().unwrap().is_empty();
            assert_eq!(warned, !cleared, "{setting} {name}: nothing changed is told");
        }
    }
}

#[test]
fn a_hashtable_removes_and_adds_single_values() {
    let client = world();
    let (one, two) = (certificate(1), certificate(2));
    client.run("Set-Mailbox", certificates(ALICE, "UserCertificate", std::slice::from_ref(&one)));
    let change = json!({ "Identity": ALICE, "UserCertificate": { "@odata.type": HASHTABLE,
        "add@odata.type": LIST, "add": [{ "Data": two }], "remove@odata.type": LIST, "remove": [{ "Data": one }] } });
    assert_eq!(client.run("Set-Mailbox", change).status, 200);
    assert_eq!(client.stand_in.certificates(ALICE), [two]);
}

#[test]
fn select_and_clixml_together_lose_everything_unless_they_are_taken() {
    let client = world();
    let command = body("Get-Mailbox", json!({ "Identity": ALICE })).to_string();
    let clixml = replace(&client.headers(), "X-ResponseFormat", Some("clixml"));
    let ask = |query: &str| {
        let path = Client::path(&format!("InvokeCommand{query}"));
        client.send(&path, &clixml, command.as_bytes()).unwrap()
    };
    let select = "?$select=Guid";
    assert_eq!(ask(select).json()["value"], json!([{}]));
    assert!(ask("").json()["value"][0]["_clixml"].is_string());
    client.stand_in.settings(json!({ "SelectInClixml": "Refused" }));
    assert_eq!((ask(select).status, ask("").status), (400, 200));
    client.stand_in.settings(json!({ "SelectInClixml": "Taken" }));
    let text = ask(select).json()["value"][0]["_clixml"].as_str().unwrap().to_owned();
    assert!(text.contains("N=\"Guid\"") && !text.contains("N=\"Name\""), "{text}");
}

#[test]
fn a_format_may_lack_properties() {
    let client = world();
    client.stand_in.settings(json!({ "MissingInJson": ["Guid"], "MissingInClixml": ["UserCertificate"] }));
    let shown = client.run("Get-Mailbox", json!({ "Identity": ALICE })).json()["value"][0].clone();
    assert_eq!((shown.get("Guid"), shown.get("UserCertificate").is_some()), (None, true));
    let headers = replace(&client.headers(), "X-ResponseFormat", Some("clixml"));
    let clixml = client.run_with(&headers, &body("Get-Mailbox", json!({ "Identity": ALICE }))).json();
    let text = clixml["value"][0]["_clixml"].as_str().unwrap();
    assert!(text.contains("N=\"Guid\"") && !text.contains("N=\"UserCertificate\""), "{text}");
}

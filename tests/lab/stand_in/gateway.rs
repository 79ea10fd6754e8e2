//! Headers, bodies, pages and redirects.

use serde_json::{Value, json};

use super::client::{Client, body, certificates, error_text, mailbox, replace};
use crate::common::{
    certificates::{NOW, alice, root},
    exchange::http::Reply,
};

fn get(identity: &str) -> Value {
    json!({ "Identity": identity, "ResultSize": "Unlimited" })
}

#[test]
fn a_request_needs_every_documented_header() {
    let client = Client::new();
    let cases: &[(&str, Option<&str>, u16)] = &[
        ("Authorization", None, 401),
        ("Authorization", Some("Bearer made-up"), 401),
        ("Content-Type", None, 415),
        ("Content-Type", Some("text/json"), 415),
        ("Accept", None, 406),
        ("X-AnchorMailbox", None, 400),
        ("X-AnchorMailbox", Some("alice@contoso.test"), 400),
        ("X-CmdletName", None, 200),
        ("X-CmdletName", Some("Get-Mailbox"), 400),
        ("X-ResponseFormat", None, 200),
        ("X-ResponseFormat", Some("xml"), 400),
        ("X-SerializationLevel", None, 200),
        ("X-SerializationLevel", Some("All"), 400),
        ("client-request-id", None, 400),
        ("client-request-id", Some("1"), 400),
        ("Prefer", Some("odata.maxpagesize=many"), 400),
        ("Prefer", Some("odata.maxpagesize=1001"), 400),
    ];
    let (good, command) = (client.headers(), body("Get-OrganizationConfig", json!({})));
    for (name, value, status) in cases {
        let reply = client.run_with(&replace(&good, name, *value), &command);
        assert_eq!(reply.status, *status, "{name}: {value:?}");
    }
    assert_eq!(client.run_with(&good, &command).status, 200);
}

#[test]
fn a_body_is_the_command_and_nothing_else() {
    let client = Client::new();
    let mut extra = body("Get-OrganizationConfig", json!({}));
    extra["Other"] = json!(1);
    let mut inside = body("Get-OrganizationConfig", json!({}));
    inside["CmdletInput"]["Other"] = json!(1);
    for wrong in
        [json!({}), json!([]), extra, inside, json!({ "CmdletInput": { "CmdletName": "Get-Mailbox" } })]
    {
        assert_eq!(client.run_with(&client.headers(), &wrong).status, 400, "{wrong}");
    }
    let cases = [
        ("Get-Nothing", json!({}), "is not recognized as the name of a cmdlet"),
        ("Get-Mailbox", json!({ "Anything": 1 }), "matches parameter name 'Anything'"),
        ("Get-Mailbox", json!({ "Identity": 5 }), "Cannot convert value of type \"System.Int64\""),
        (
            "Set-Mailbox",
            json!({ "HiddenFromAddressListsEnabled": true }),
            "missing mandatory parameters: Identity",
        ),
        ("Get-Mailbox", json!({ "Identity": "a", "identity": "b" }), "more than once"),
        ("Get-Mailbox", json!({ "Filter": "Name -like 'a*'" }), "Invalid filter syntax"),
    ];
    for (cmdlet, parameters, text) in cases {
        let reply = client.run(cmdlet, parameters);
        assert_eq!(reply.status, 400);
        assert!(error_text(&reply).contains(text), "{cmdlet}: {}", error_text(&reply));
    }
}

#[test]
fn who_does_not_follow_the_pages_sees_only_the_first() {
    let client = Client::new();
    let all: Vec<Value> = (0..25).map(|n| mailbox(&format!("user{n}@contoso.test"))).collect();
    client.stand_in.add(&all);
    let headers = replace(&client.headers(), "Prefer", Some("odata.maxpagesize = 10"));
    let command = body("Get-Mailbox", json!({ "ResultSize": "Unlimited" }));
    let count = |reply: &Reply| reply.json()["value"].as_array().unwrap().len();
    let link = |reply: &Reply| {
        let link = reply.json()["@odata.nextLink"].as_str()?.to_owned();
        Some(link.strip_prefix(&client.stand_in.https).expect("an absolute address").to_owned())
    };
    let first = client.run_with(&headers, &command);
    assert_eq!(count(&first), 10);
    let second = client.send(&link(&first).unwrap(), &headers, command.to_string().as_bytes()).unwrap();
    let third = client.send(&link(&second).unwrap(), &headers, command.to_string().as_bytes()).unwrap();
    assert_eq!((count(&second), count(&third), link(&third)), (10, 5, None));
    let other = body("Get-Mailbox", json!({ "ResultSize": "20" })).to_string();
    let refused = client.send(&link(&first).unwrap(), &headers, other.as_bytes()).unwrap();
    assert!(error_text(&refused).contains("skiptoken"));
}

#[test]
fn without_a_result_size_a_thousand_are_shown_with_a_warning() {
    let client = Client::new();
    let all: Vec<Value> = (0..1001).map(|n| mailbox(&format!("user{n}@contoso.test"))).collect();
    client.stand_in.add(&all);
    let reply = client.run("Get-Mailbox", json!({})).json();
    assert_eq!((reply["value"].as_array().unwrap().len(), reply.get("@odata.nextLink")), (1000, None));
    assert!(reply["@adminapi.warnings"][0].as_str().unwrap().contains("only the first 1000 items"));
    let unlimited = client.run("Get-Mailbox", json!({ "ResultSize": "Unlimited" })).json();
    assert!(unlimited["@odata.nextLink"].is_string());
    assert_eq!(unlimited["@adminapi.warnings"], json!([]));
}

#[test]
fn a_redirect_names_the_region_and_asks_for_its_cookie() {
    let client = Client::new();
    for status in [302, 307] {
        client
            .stand_in
            .settings(json!({ "Redirect": { "Location": "https://region.test:1", "Status": status } }));
        let headers = client.headers();
        let command = body("Get-OrganizationConfig", json!({}));
        let first = client.run_with(&headers, &command);
        let location = format!("https://region.test:1{}", Client::path("InvokeCommand"));
        assert_eq!((first.status, first.header("location")), (status, Some(location.as_str())));
        let cookie = first.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        assert_eq!(client.run_with(&headers, &command).status, status, "without the cookie");
        assert_eq!(client.run_with(&replace(&headers, "Cookie", Some(&cookie)), &command).status, 200);
    }
}

#[test]
fn selected_properties_come_as_json_or_clixml() {
    let client = Client::new();
    client.stand_in.add(&[json!({
        "PrimarySmtpAddress": "alice@contoso.test", "RecipientTypeDetails": "UserMailbox",
        "DisplayName": "Alice <1> & _x0041_\u{1}", "WhenSoftDeleted": null,
    })]);
    let value = crate::common::certificates::Draft::person(alice().mail.as_ref().unwrap()).sign(&root());
    let set = certificates("alice@contoso.test", "UserCertificate", std::slice::from_ref(&value));
    assert_eq!(client.run("Set-Mailbox", set).status, 200);
    let path =
        Client::path("InvokeCommand?$select=DisplayName,UserCertificate,UserSMimeCertificate,IsDirSynced");
    let command = body("Get-Mailbox", get("alice@contoso.test")).to_string();
    let ask = |format| {
        let headers = replace(&client.headers(), "X-ResponseFormat", Some(format));
        client.send(&path, &headers, command.as_bytes()).unwrap().json()["value"][0].clone()
    };
    client.stand_in.settings(json!({ "SelectInClixml": "Taken", "BinaryInJson": "Base64" }));
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &value);
    let json = ask("json");
    assert_eq!(json["UserCertificate"], json!([base64]));
    assert_eq!(json["UserSMimeCertificate@odata.type"], "#Collection(String)");
    assert_eq!((&json["UserSMimeCertificate"], json.get("Guid")), (&json!([]), None));
    let clixml = ask("clixml")["_clixml"].as_str().unwrap().to_owned();
    for part in [
        r#"<S N="DisplayName">Alice &lt;1&gt; &amp; _x005F_x0041__x0001_</S>"#.to_owned(),
        r#"<B N="IsDirSynced">false</B>"#.to_owned(),
        format!("<LST><BA>{base64}</BA></LST>"),
        "<TNRef RefId=\"1\" /><LST /></Obj></Props></Obj></Objs>".to_owned(),
    ] {
        assert!(clixml.contains(&part), "{part} in {clixml}");
    }
    client.stand_in.settings(json!({ "BinaryInJson": "TypeName", "BinaryInClixml": "TypeName" }));
    assert_eq!(ask("json")["UserCertificate"], json!(["System.Byte[]"]));
    assert!(ask("clixml")["_clixml"].as_str().unwrap().contains("<LST><S>System.Byte[]</S></LST>"));
}

#[test]
fn every_answer_bears_the_date_of_the_stand_ins_clock() {
    let client = Client::new();
    client.stand_in.set_time(NOW.0);
    let reply = client.run("Get-OrganizationConfig", json!({}));
    assert!(reply.header("date").unwrap().starts_with("Fri, 15 Jan 2027 08:00:"));
}

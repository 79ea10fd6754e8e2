//! The admin's own session, in the cloud and on-premises.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::client::mailbox;
use crate::common::{
    certificates::{Draft, root},
    exchange::StandIn,
};

fn world(flavour: &str) -> StandIn {
    let stand_in = StandIn::start();
    stand_in.set_time(crate::common::certificates::NOW.0);
    stand_in.settings(json!({ "Flavour": flavour }));
    let remote =
        json!({ "PrimarySmtpAddress": "remote@contoso.test", "RecipientTypeDetails": "RemoteUserMailbox" });
    let contact = json!({ "PrimarySmtpAddress": "bob@fabrikam.test", "RecipientTypeDetails": "MailContact" });
    stand_in.add(&[mailbox("alice@contoso.test"), remote, contact]);
    stand_in
}

fn set(identity: &str, value: Value) -> Value {
    json!({ "Identity": identity, "UserCertificate": value })
}

fn list() -> Value {
    json!({ "ByteList": [STANDARD.encode(Draft::person("alice@contoso.test").sign(&root()))] })
}

#[test]
fn the_session_reads_and_writes_the_same_state() {
    let stand_in = world("Cloud");
    assert_eq!(stand_in.session("Set-Mailbox", set("alice@contoso.test", list()))["Value"], json!([]));
    let shown = stand_in.session("Get-Mailbox", json!({ "Identity": "alice@contoso.test" }));
    assert_eq!(shown["Value"][0]["UserCertificate"], list());
    let values = &list()["ByteList"];
    for (clear_by, value, cleared) in [
        ("Null", json!({ "ByteList": [] }), false),
        ("Null", Value::Null, true),
        ("Remove", Value::Null, false),
        ("Remove", json!({ "Remove": values }), true),
        ("Nothing", json!({ "Remove": values }), false),
    ] {
        stand_in.settings(json!({ "ClearBy": clear_by }));
        stand_in.session("Set-Mailbox", set("alice@contoso.test", list()));
        stand_in.session("Set-Mailbox", set("alice@contoso.test", value.clone()));
        assert_eq!(stand_in.certificates("alice@contoso.test").is_empty(), cleared, "{clear_by}: {value}");
    }
}

#[test]
fn a_value_of_another_type_and_an_unknown_recipient_are_errors_of_powershell() {
    let stand_in = world("Cloud");
    let generic = json!({ "Type": "System.Collections.Generic.List`1[[System.Byte[]]]" });
    let error = &stand_in.session("Set-Mailbox", set("alice@contoso.test", generic))["Error"];
    assert!(
        error["Message"]
            .as_str()
            .unwrap()
            .contains("Cannot convert value of type \"System.Collections.Generic")
    );
    assert_eq!(error["Category"], "InvalidData");
    let error = &stand_in.session("Get-Mailbox", json!({ "Identity": "nobody" }))["Error"];
    let id = error["FullyQualifiedErrorId"].as_str().unwrap();
    assert!(id.contains("ManagementObjectNotFoundException") && id.ends_with(",Get-Mailbox"), "{id}");
}

#[test]
fn errors_come_in_the_language_of_the_computer() {
    let stand_in = world("Cloud");
    stand_in.settings(json!({ "ErrorLanguage": "German" }));
    let error = &stand_in.session("Get-Mailbox", json!({ "Identity": "nobody" }))["Error"];
    assert!(error["Message"].as_str().unwrap().contains("'nobody' auf"), "{error}");
    assert!(error["Type"].as_str().unwrap().ends_with(".ManagementObjectNotFoundException"), "{error}");
}

#[test]
fn on_premises_has_other_cmdlets_and_parameters() {
    let contact = || set("bob@fabrikam.test", list());
    let remote = || json!({ "Identity": "remote@contoso.test" });
    let cases = [
        ("Cloud", "Set-MailContact", contact(), None),
        ("OnPremises", "Set-MailContact", contact(), Some("parameter name 'UserCertificate'")),
        ("Cloud", "Get-RemoteMailbox", remote(), Some("is not recognized")),
        ("OnPremises", "Get-RemoteMailbox", remote(), None),
        ("OnPremises", "Set-RemoteMailbox", set("remote@contoso.test", list()), Some("'UserCertificate'")),
        ("OnPremises", "Set-Mailbox", set("alice@contoso.test", list()), None),
    ];
    for (flavour, cmdlet, parameters, expected) in cases {
        let answer = world(flavour).session(cmdlet, parameters);
        let message = answer["Error"]["Message"].as_str();
        match expected {
            None => assert_eq!(message, None, "{flavour} {cmdlet}"),
            Some(text) => assert!(message.unwrap().contains(text), "{flavour} {cmdlet}: {message:?}"),
        }
    }
    let shown = world("OnPremises").session("Get-RemoteMailbox", remote());
    assert_eq!(shown["Value"][0]["UserCertificate"], json!({ "ByteList": [] }));
}

#[test]
fn it_ends_when_asked_and_when_its_starter_goes() {
    let mut stand_in = StandIn::start();
    stand_in.ask("POST", "/stop", &Value::Null);
    assert!(stand_in.wait());
    let mut stand_in = StandIn::start();
    stand_in.close_standard_input();
    assert!(stand_in.wait());
}

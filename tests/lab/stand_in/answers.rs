//! The shapes of answers: the validation call, empty successes, errors, warnings, languages.

use serde_json::{Value, json};

use super::client::{Client, body, certificates, error_text, mailbox, replace};
use crate::common::certificates::{Draft, root};

const ALICE: &str = "alice@contoso.test";

fn world() -> Client {
    let client = Client::new();
    client.stand_in.add(&[mailbox(ALICE)]);
    client
}

fn set() -> Value {
    certificates(ALICE, "UserCertificate", &[Draft::person(ALICE).sign(&root())])
}

fn with(mut parameters: Value, name: &str, value: Value) -> Value {
    parameters[name] = value;
    parameters
}

#[test]
fn a_command_that_asks_for_confirmation_is_checked_and_not_run() {
    for (form, message, executed) in
        [("Answered", true, false), ("Silent", false, false), ("Executed", false, true)]
    {
        let client = world();
        client.stand_in.settings(json!({ "Validation": form }));
        let asked = client.run("Set-Mailbox", with(set(), "Confirm", json!(true)));
        assert_eq!(asked.status, 200, "{form}");
        assert_eq!(asked.json().get("@adminapi.confirmationmessage").is_some(), message, "{form}");
        assert_eq!(!client.stand_in.certificates(ALICE).is_empty(), executed, "{form}");
        let new = json!({ "Name": "Bob", "ExternalEmailAddress": "bob@fabrikam.test", "Confirm": true });
        assert_eq!(client.run("New-MailContact", new).status, 200);
        assert_eq!(client.stand_in.recipient("bob@fabrikam.test").is_some(), executed, "{form}");
        let run = client.run("Set-Mailbox", with(set(), "Confirm", json!(false)));
        assert_eq!(run.json().get("@adminapi.confirmationmessage"), None);
        assert_eq!(client.stand_in.certificates(ALICE).len(), 1, "{form}");
    }
    let client = world();
    let wrong = [
        json!({ "MissingCmdlets": ["Set-Mailbox"] }),
        json!({ "MissingParameters": { "Set-Mailbox": ["UserCertificate"] } }),
        json!({ "ByteEncoding": "Base64" }),
        json!({ "WriteAnchors": [] }),
    ];
    for settings in wrong {
        client.stand_in.settings(settings.clone());
        let refused = client.run("Set-Mailbox", with(set(), "Confirm", json!(true)));
        assert!(refused.status >= 400, "{settings}");
        client.stand_in.settings(
            json!({ "MissingCmdlets": [], "MissingParameters": {}, "ByteEncoding": "IntegerArray" }),
        );
    }
}

#[test]
fn a_success_may_be_empty() {
    for (form, status) in [("NoContent", 204), ("Empty", 200)] {
        let client = world();
        client.stand_in.settings(json!({ "WriteAnswer": form }));
        let reply = client.run("Set-Mailbox", set());
        assert_eq!((reply.status, reply.body.len()), (status, 0), "{form}");
        assert_eq!(client.stand_in.certificates(ALICE).len(), 1);
        let asked = client.run("Set-Mailbox", with(set(), "Confirm", json!(true)));
        assert!(asked.json()["@adminapi.confirmationmessage"].is_string());
    }
}

#[test]
fn the_text_of_an_error_may_be_json_in_its_details_alone() {
    let client = world();
    let missing = || client.run("Get-Mailbox", json!({ "Identity": "nobody" }));
    assert!(error_text(&missing()).contains("'nobody' couldn't be found"));
    for (form, text, exception) in
        [("TypeName", "Message", "TypeName"), ("ClassName", "Message", "ClassName")]
    {
        client.stand_in.settings(json!({ "ErrorDetail": form }));
        let error = missing().json()["error"].clone();
        assert_eq!((error.get("innererror"), &error["message"]), (None, &json!("Invalid Operation")));
        let detail: Value = serde_json::from_str(error["details"][0]["message"].as_str().unwrap()).unwrap();
        assert!(detail[text].as_str().unwrap().contains("'nobody' couldn't be found"), "{detail}");
        assert!(detail[exception].as_str().unwrap().ends_with("ObjectNotFoundException"), "{detail}");
        assert_eq!(detail.get("localizedString").is_some(), form == "ClassName");
    }
}

#[test]
fn an_error_may_come_in_a_success() {
    let client = world();
    client.stand_in.settings(json!({ "FailureIn": "Errors" }));
    let reply = client.run("Get-Mailbox", json!({ "Identity": "nobody" }));
    assert_eq!(reply.status, 200);
    assert!(reply.json()["@adminapi.errors"][0].as_str().unwrap().contains("'nobody' couldn't be found"));
    let other = client
        .run_with(&replace(&client.headers(), "X-AnchorMailbox", None), &body("Get-Mailbox", json!({})));
    assert_eq!(other.status, 400, "a request that nobody sends is one");
}

#[test]
fn a_parameter_that_the_roles_lack_leaves_no_parameter_set() {
    let client = world();
    client.stand_in.settings(json!({ "MissingParameters": { "Set-Mailbox": ["UserCertificate"] } }));
    let refused = client.run("Set-Mailbox", set());
    assert!(error_text(&refused).starts_with("Parameter set cannot be resolved"));
    assert!(refused.header("x-exceptiontype").unwrap().ends_with(".AmbiguousParameterSetException"));
    assert_eq!(client.run("Set-Mailbox", json!({ "Identity": ALICE, "DisplayName": "A" })).status, 200);
}

#[test]
fn a_synchronised_recipient_may_be_refused_in_other_words_and_unseen() {
    let client = world();
    client.stand_in.settings(json!({ "DirSyncedRefusal": "DualWrite" }));
    client.stand_in.add(&[with(mailbox("bob@contoso.test"), "SyncedUnseen", json!(true))]);
    let bob = client.run("Get-Mailbox", json!({ "Identity": "bob@contoso.test" })).json()["value"][0].clone();
    assert_eq!(bob["IsDirSynced"], false);
    let refused = client.run("Set-Mailbox", with(set(), "Identity", json!("bob@contoso.test")));
    assert!(error_text(&refused).contains("on-premises mastered Directory Sync objects"));
    assert!(refused.header("x-exceptiontype").unwrap().ends_with(".UnableToWriteToAadException"));
}

#[test]
fn a_passing_refusal_is_named_on_400() {
    let cases = [
        ("ServerBusy", "ServerBusyException", ""),
        ("CmdletProxyNotAvailable", "CmdletProxyNotAvailableFailure", ""),
        ("TransientException", "TransientException", ""),
        ("BackendCommunication", "BackendCommunicationException", ""),
        ("TooManyConcurrent", "", "maximum number of concurrent requests per tenant"),
        ("UnableToWriteToAad", "UnableToWriteToAadException", "may be transient"),
    ];
    for (kind, exception, text) in cases {
        for scope in ["Request", "Command"] {
            let client = world();
            client.stand_in.faults(1, json!([{ "Kind": kind, "Scope": scope, "Nth": 1 }]));
            let refused = client.run("Set-Mailbox", set());
            assert_eq!(refused.status, 400, "{kind}");
            assert!(refused.header("x-exceptiontype").unwrap().ends_with(exception), "{kind}");
            assert!(error_text(&refused).contains(text), "{kind}");
            assert_eq!(client.run("Set-Mailbox", set()).status, 200, "{kind}");
        }
    }
}

#[test]
fn warnings_may_come_in_a_header() {
    let client = world();
    client.run("Set-Mailbox", set());
    client.stand_in.settings(json!({ "WarningsIn": "Header" }));
    let reply = client.run("Set-Mailbox", set());
    assert!(reply.header("x-warnings").unwrap().contains("no settings of"));
    assert_eq!(reply.json().get("@adminapi.warnings"), None);
}

#[test]
fn errors_are_english_for_whom_asks_for_it() {
    let client = world();
    let english = client.headers();
    let other = replace(&english, "Accept-Language", None);
    let german = replace(&english, "Accept-Language", Some("de-DE"));
    let cases = [
        ("English", &other, true),
        ("Asked", &english, true),
        ("Asked", &other, false),
        ("Asked", &german, false),
        ("German", &english, false),
    ];
    for (form, headers, is_english) in cases {
        client.stand_in.settings(json!({ "ErrorLanguage": form }));
        let reply = client.run_with(headers, &body("Get-Mailbox", json!({ "Identity": "nobody" })));
        let text = error_text(&reply);
        assert_eq!(text.contains("couldn't be found"), is_english, "{form}: {text}");
        assert!(text.contains("'nobody'"), "{form}: {text}");
    }
}

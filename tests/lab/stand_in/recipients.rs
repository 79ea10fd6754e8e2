//! What the cmdlets show, store and refuse.

use serde_json::{Value, json};

use super::client::{Client, body, certificates, error_text, mailbox};
use crate::common::certificates::{Draft, SignedData, block, root, seq};

const ALICE: &str = "alice@contoso.test";

fn certificate(address: &str) -> Vec<u8> {
    Draft::person(address).sign(&root())
}

fn world() -> Client {
    let client = Client::new();
    let kind =
        |address: &str, kind: &str| json!({ "PrimarySmtpAddress": address, "RecipientTypeDetails": kind });
    let mut synced = mailbox("synced@contoso.test");
    synced["IsDirSynced"] = json!(true);
    let mut deleted = mailbox("gone@contoso.test");
    deleted["WhenSoftDeleted"] = json!("2027-01-01T00:00:00Z");
    let mut twin = mailbox("twin@contoso.test");
    twin["Name"] = json!("alice");
    client.stand_in.add(&[
        mailbox(ALICE),
        kind("room@contoso.test", "RoomMailbox"),
        kind("shared@contoso.test", "SharedMailbox"),
        kind("guest@contoso.test", "MailUser"),
        kind("partner@fabrikam.test", "MailContact"),
        synced,
        deleted,
        twin,
    ]);
    client
}

#[test]
fn lists_of_any_other_shape_are_refused() {
    let client = world();
    let value = certificate(ALICE);
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &value);
    let annotation = "#Collection(Exchange.ByteArrayType)";
    let wrong = [
        // What a List[byte[]] becomes, which takes no special path in the real module (docs/design/exchange-online.md
        // §1.6).
        json!({ "UserCertificate": [[48, 3, 2, 1, 0]] }),
        json!({ "UserCertificate": [text] }),
        json!({ "UserCertificate": text }),
        json!({ "UserCertificate": [{ "Data": text }] }),
        json!({ "UserCertificate@odata.type": "#Collection(Edm.Binary)", "UserCertificate": [text] }),
        json!({ "UserCertificate@odata.type": annotation, "UserCertificate": [text] }),
        json!({ "UserCertificate@odata.type": annotation, "UserCertificate": [{ "Data": text }] }),
        json!({ "UserCertificate@odata.type": annotation, "UserCertificate": [{ "Data": value, "More": 1 }] }),
        json!({ "UserCertificate@odata.type": annotation, "UserCertificate": [{ "Data": [48, 256] }] }),
        json!({ "UserCertificate@odata.type": annotation }),
        json!({ "UserCertificate": { "@odata.type": "#Exchange.ByteArrayType", "Data": value } }),
        json!({ "UserCertificate": { "@odata.type": "#Exchange.GenericHashTable", "add": text } }),
        json!({ "UserCertificate": { "@odata.type": "#Exchange.GenericHashTable", "remove": [{ "Data": value }] } }),
        json!({ "UserCertificate": { "@odata.type": "#Exchange.GenericHashTable", "other": [] } }),
    ];
    for mut parameters in wrong {
        parameters["Identity"] = json!(ALICE);
        let reply = client.run("Set-Mailbox", parameters.clone());
        assert_eq!(reply.status, 400, "{parameters}");
        error_text(&reply);
    }
    assert!(client.stand_in.certificates(ALICE).is_empty());
}

#[test]
fn values_must_be_what_their_property_holds() {
    let client = world();
    let der = certificate(ALICE);
    let signed = SignedData::certs_only(&[&der]);
    let tagged = block(3, &der);
    let behind = [&der[..], &[0]].concat();
    let cases: &[(&str, &[u8], u16)] = &[
        ("UserCertificate", &der, 200),
        ("UserCertificate", &behind, 400),
        ("UserCertificate", &der[..der.len() - 1], 400),
        ("UserCertificate", &signed, 400),
        ("UserCertificate", b"", 400),
        ("UserSMimeCertificate", &signed, 200),
        ("UserSMimeCertificate", &tagged, 200),
        ("UserSMimeCertificate", &tagged[..tagged.len() - 1], 400),
        ("UserSMimeCertificate", &der, 400),
        ("UserSMimeCertificate", &seq(&[&[2, 1, 0]]), 400),
        ("UserSMimeCertificate", b"", 400),
    ];
    for (property, value, status) in cases {
        let reply = client.run("Set-Mailbox", certificates(ALICE, property, &[value.to_vec()]));
        assert_eq!(reply.status, *status, "{property}: {} bytes", value.len());
    }
    client.stand_in.settings(json!({ "AcceptCertificateAsSmime": true }));
    assert_eq!(client.run("Set-Mailbox", certificates(ALICE, "UserSMimeCertificate", &[der])).status, 200);
}

#[test]
fn a_list_over_the_limit_is_too_large() {
    let client = world();
    client.stand_in.settings(json!({ "LargestList": 3 }));
    let set = |count| certificates(ALICE, "UserCertificate", &vec![certificate(ALICE); count]);
    assert_eq!(client.run("Set-Mailbox", set(3)).status, 200);
    let refused = client.run("Set-Mailbox", set(4));
    assert!(error_text(&refused).starts_with("The provisioned object is too large."));
    assert_eq!(client.stand_in.certificates(ALICE).len(), 3);
}

#[test]
fn a_directory_synchronised_recipient_is_written_on_premises_unless_the_cloud_manages_it() {
    let client = world();
    let set = || certificates("synced@contoso.test", "UserCertificate", &[certificate(ALICE)]);
    let refused = client.run("Set-Mailbox", set());
    let text = error_text(&refused);
    assert_eq!(refused.status, 400);
    for part in
        ["out of the current user's write scope", "'Set-Mailbox', 'UserCertificate'", "synchronized from"]
    {
        assert!(text.contains(part), "{text}");
    }
    let manage = json!({ "Identity": "synced@contoso.test", "IsExchangeCloudManaged": true });
    assert_eq!(client.run("Set-Mailbox", manage).status, 200);
    assert_eq!(client.run("Set-Mailbox", set()).status, 200);
}

#[test]
fn identities_find_one_recipient_of_the_right_kind() {
    let client = world();
    let guid = client.stand_in.recipient(ALICE).unwrap()["Guid"].as_str().unwrap().to_owned();
    let cases: &[(&str, &str, &str)] = &[
        ("Get-Mailbox", ALICE, ""),
        ("Get-Mailbox", "ALICE@contoso.test", ""),
        ("Get-Mailbox", &guid, ""),
        ("Get-Mailbox", "shared", ""),
        ("Get-Recipient", "partner@fabrikam.test", ""),
        ("Get-Mailbox", "alice", "matches multiple entries"),
        ("Get-Mailbox", "guest@contoso.test", "couldn't be found on"),
        ("Get-Mailbox", "gone@contoso.test", "couldn't be found on"),
        ("Get-MailUser", "guest@contoso.test", ""),
        ("Get-MailContact", "guest@contoso.test", "couldn't be found on"),
        ("Set-Mailbox", "partner@fabrikam.test", "couldn't be found on"),
        ("Set-MailContact", "partner@fabrikam.test", ""),
        ("Set-MailUser", "guest@contoso.test", ""),
    ];
    for (cmdlet, identity, expected) in cases {
        let reply = client.run(cmdlet, json!({ "Identity": identity }));
        match *expected {
            "" => assert_eq!(reply.status, 200, "{cmdlet} {identity}"),
            text => assert!(error_text(&reply).contains(text), "{cmdlet} {identity}"),
        }
    }
    let missing = client.run("Get-Mailbox", json!({ "Identity": "nobody" }));
    assert_eq!(missing.status, 404);
    assert!(missing.header("x-exceptiontype").unwrap().ends_with(".ManagementObjectNotFoundException"));
}

#[test]
fn lists_are_filtered_by_kind_address_and_deletion() {
    let client = world();
    let addresses = |cmdlet, mut parameters: Value| -> Vec<String> {
        parameters["ResultSize"] = json!("Unlimited");
        let reply = client.run(cmdlet, parameters).json();
        let text =
            |one: &Value| one["PrimarySmtpAddress"].as_str().unwrap().split('@').next().unwrap().to_owned();
        reply["value"].as_array().unwrap().iter().map(text).collect()
    };
    assert_eq!(addresses("Get-Mailbox", json!({})), ["alice", "room", "shared", "synced", "twin"]);
    assert_eq!(addresses("Get-Mailbox", json!({ "SoftDeletedMailbox": true })), ["gone"]);
    let kinds = json!({ "RecipientTypeDetails": ["RoomMailbox", "SharedMailbox"] });
    assert_eq!(addresses("Get-Mailbox", kinds), ["room", "shared"]);
    assert_eq!(addresses("Get-Recipient", json!({ "RecipientTypeDetails": "MailContact" })), ["partner"]);
    let filter =
        "EmailAddresses -eq 'smtp:room@contoso.test' -or EmailAddresses -eq 'smtp:guest@contoso.test'";
    assert_eq!(addresses("Get-Recipient", json!({ "Filter": filter })), ["room", "guest"]);
    let quoted = "EmailAddresses -eq 'smtp:o''neill@contoso.test'";
    assert!(addresses("Get-Recipient", json!({ "Filter": quoted })).is_empty());
}

#[test]
fn only_the_cmdlets_of_its_kind_show_a_recipients_certificates() {
    let client = world();
    let value = |cmdlet| client.run(cmdlet, json!({ "Identity": ALICE })).json()["value"][0].clone();
    assert!(value("Get-Mailbox")["UserCertificate"].is_array());
    assert_eq!(value("Get-Recipient").get("UserCertificate"), None);
    assert_eq!(value("Get-Recipient")["PrimarySmtpAddress"], ALICE);
}

#[test]
fn a_new_contact_needs_an_address_of_its_own() {
    let client = world();
    let new = |name: &str, address: &str| {
        client.run("New-MailContact", json!({ "Name": name, "ExternalEmailAddress": address }))
    };
    let made = new("Bob", "SMTP:bob@fabrikam.test");
    assert_eq!((made.status, &made.json()["value"][0]["Alias"]), (200, &json!("bob")));
    let duplicate = new("Other Bob", "bob@fabrikam.test");
    assert!(duplicate.header("x-exceptiontype").unwrap().ends_with(".ProxyAddressExistsException"));
    assert!(
        error_text(&new("Bob", "other@fabrikam.test")).contains("The name \"Bob\" is already being used")
    );
    assert!(error_text(&new("Carol", "no address")).contains("valid SMTP address"));
    let set = certificates("bob@fabrikam.test", "UserCertificate", &[certificate("bob@fabrikam.test")]);
    assert_eq!(client.run("Set-MailContact", set).status, 200);
    assert_eq!(client.stand_in.certificates("bob@fabrikam.test").len(), 1);
}

fn store(certificates: &[Vec<u8>]) -> Value {
    let mut bytes = b"\0\0\0\0CERT".to_vec();
    for der in certificates {
        bytes.extend([0x20, 0, 0, 0, 1, 0, 0, 0]);
        bytes.extend((der.len() as u32).to_le_bytes());
        bytes.extend(der);
    }
    bytes.extend([0; 12]);
    json!({ "@odata.type": "#Exchange.ByteArrayType", "Data": bytes })
}

#[test]
fn the_trust_store_refuses_expired_certificates_and_other_files() {
    let client = world();
    let set = |value: Value| client.run("Set-SmimeConfig", json!({ "SMIMECertificateIssuingCA": value }));
    let good = store(&[root().der]);
    assert_eq!(set(good.clone()).status, 200);
    let shown = client.run("Get-SmimeConfig", json!({})).json();
    assert_eq!(shown["value"][0]["SMIMECertificateIssuingCA"], "System.Byte[]");
    let expired = Draft::bare("CN=Old CA").valid(-700, -1).ca(None).sign(&root());
    assert!(error_text(&set(store(&[root().der, expired]))).contains("'CN=Old CA'"));
    let other = json!({ "@odata.type": "#Exchange.ByteArrayType", "Data": root().der });
    assert!(error_text(&set(other)).contains("isn't a certificate store"));
    client.stand_in.settings(json!({ "LargestTrustStore": 100 }));
    assert!(error_text(&set(good)).contains("The maximum is 100"));
}

#[test]
fn reads_may_show_an_old_state_for_a_while() {
    let client = world();
    client.stand_in.settings(json!({ "StaleSeconds": 60 }));
    assert_eq!(
        client.run("Set-Mailbox", certificates(ALICE, "UserCertificate", &[certificate(ALICE)])).status,
        200
    );
    let shown = || {
        client.run("Get-Mailbox", json!({ "Identity": ALICE })).json()["value"][0]["UserCertificate"].clone()
    };
    assert_eq!(shown(), json!([]));
    assert_eq!(client.stand_in.certificates(ALICE).len(), 1);
    client.stand_in.advance(61.0);
    assert_eq!(shown().as_array().unwrap().len(), 1);
}

#[test]
fn what_came_is_recorded_without_secrets() {
    let client = world();
    client.run_with(&client.headers(), &body("Get-Mailbox", json!({ "Identity": ALICE })));
    let requests = client.stand_in.requests();
    let last = requests.last().unwrap();
    assert_eq!((&last["Cmdlet"], &last["Status"]), (&json!("Get-Mailbox"), &json!(200)));
    assert_eq!(last["ParametersDigest"].as_str().unwrap().len(), 64);
    assert!(!json!(requests).to_string().contains(&client.token));
}

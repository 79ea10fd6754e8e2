//! Where a request goes: the tenant's name, the anchor, links to other hosts.

use serde_json::json;

use super::client::{ANCHOR, Client, body, error_text, mailbox, replace};
use crate::common::exchange::{DOMAIN, TENANT};

const ALICE: &str = "alice@contoso.test";

/// Reads take every known anchor, writes those of the setting.
#[test]
fn an_anchor_has_a_known_form_and_writes_only_go_to_some() {
    let client = Client::new();
    client.stand_in.add(&[mailbox(ALICE)]);
    let oauth = format!("UPN:OAuthUser@{DOMAIN}");
    let tenant = format!("TID:{TENANT}");
    let mailbox_of = format!("MBX:01234567-89ab-4cde-8f01-23456789abcd@{TENANT}");
    let by_domain = ANCHOR.replace(TENANT, DOMAIN);
    // The anchor, whether the request is routed by its parameters, whether it is known, and the form of writes that it is.
    let cases: &[(&str, bool, bool, Option<&str>)] = &[
        (ANCHOR, false, true, Some("SystemMailbox")),
        (&by_domain, false, true, None),
        ("SMTP:alice@contoso.test", true, true, Some("Address")),
        ("SMTP:alice@contoso.test", false, false, None),
        (&oauth, false, true, Some("OAuthUser")),
        ("UPN:OAuthUser@fabrikam.test", false, true, None),
        ("UPN:alice@contoso.test", false, true, None),
        (&tenant, false, true, Some("Tenant")),
        ("TID:fabrikam.test", false, false, None),
        (&mailbox_of, true, true, None),
        (&mailbox_of, false, false, None),
        ("APP:SystemMailbox{00000000-97f1-4cb9-8ff7-d53741dc928c}@contoso.test", false, false, None),
    ];
    for (anchor, routed, known, form) in cases {
        let mut headers = replace(&client.headers(), "X-AnchorMailbox", Some(anchor));
        if *routed {
            headers.push(("parameter-based-routing".into(), "true".into()));
        }
        let read = client.run_with(&headers, &body("Get-Mailbox", json!({ "Identity": ALICE })));
        assert_eq!(read.status, if *known { 200 } else { 400 }, "{anchor} {routed}");
        for taken in ["SystemMailbox", "Address", "OAuthUser", "Tenant"] {
            client.stand_in.settings(json!({ "WriteAnchors": [taken] }));
            let rename = body("Set-Mailbox", json!({ "Identity": ALICE, "DisplayName": "Alice" }));
            let written = client.run_with(&headers, &rename);
            let expected = if *form == Some(taken) { 200 } else { 400 };
            assert_eq!(written.status, expected, "{anchor} {routed} where {taken} is taken");
            if *known && expected == 400 {
                assert!(
                    error_text(&written).contains("doesn't have write permission to target DC"),
                    "{anchor}"
                );
            }
        }
    }
    client.stand_in.settings(json!({ "WriteAnchors": [], "AnchorRefusal": "InsufficientRights" }));
    let refused = client.run("Set-Mailbox", json!({ "Identity": ALICE, "DisplayName": "Alice" }));
    assert!(error_text(&refused).contains("Insufficient access rights"));
}

#[test]
fn the_tenant_is_known_by_its_guid_its_domain_or_both() {
    let client = Client::new();
    let command = body("Get-OrganizationConfig", json!({})).to_string();
    for (form, by_guid, by_domain) in [("Guid", 200, 400), ("Domain", 400, 200), ("Both", 200, 200)] {
        client.stand_in.settings(json!({ "TenantName": form }));
        for (name, expected) in [(TENANT, by_guid), (DOMAIN, by_domain), ("fabrikam.test", 401)] {
            let path = format!("/adminapi/beta/{name}/InvokeCommand");
            let reply = client.send(&path, &client.headers(), command.as_bytes()).unwrap();
            assert_eq!(reply.status, expected, "{form} {name}");
            if expected == 400 {
                assert!(error_text(&reply).contains(name), "{form} {name}");
            }
        }
    }
    let other =
        client.send(&format!("/adminapi/v1.0/{TENANT}/InvokeCommand"), &client.headers(), command.as_bytes());
    assert_eq!(other.unwrap().status, 405);
}

#[test]
fn a_next_page_may_be_at_another_host() {
    let client = Client::new();
    client.stand_in.add(&[mailbox(ALICE), mailbox("bob@contoso.test")]);
    let headers = replace(&client.headers(), "Prefer", Some("odata.maxpagesize=1"));
    for base in ["https://outlook.office.com", "https://outlook.office365.com:446"] {
        client.stand_in.settings(json!({ "NextLinkBase": base }));
        let list = body("Get-Mailbox", json!({ "ResultSize": "Unlimited" }));
        let page = client.run_with(&headers, &list).json();
        let link = page["@odata.nextLink"].as_str().unwrap();
        let path = link.strip_prefix(base).unwrap();
        let second = client.send(path, &headers, list.to_string().as_bytes()).unwrap().json();
        assert_eq!(second["value"][0]["PrimarySmtpAddress"], "bob@contoso.test");
    }
}

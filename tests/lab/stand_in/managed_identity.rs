//! The two endpoints of managed identities.

use serde_json::json;

use super::client::Client;
use crate::common::exchange::{self, http::Reply};

const IMDS: &str =
    "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://outlook.office365.com";
const APP_SERVICE: &str = "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Foutlook.office365.com";

fn get(client: &Client, path: &str, header: Option<(&str, &str)>) -> Reply {
    let headers: Vec<_> =
        header.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    exchange::plain(&client.stand_in.metadata, "GET", path, &headers, b"")
}

#[test]
fn both_endpoints_give_a_token_that_the_gateway_takes() {
    let mut client = Client::signed_out();
    for (path, header) in
        [(IMDS, ("Metadata", "true")), (APP_SERVICE, ("X-IDENTITY-HEADER", "identity-header"))]
    {
        let reply = get(&client, path, Some(header)).json();
        assert!(reply["expires_on"].as_str().unwrap().parse::<i64>().is_ok(), "{reply}");
        client.token = reply["access_token"].as_str().unwrap().into();
        assert_eq!(client.run("Get-OrganizationConfig", json!({})).status, 200);
    }
}

#[test]
fn header_version_resource_and_identity_must_be_right() {
    let client = Client::signed_out();
    let metadata = Some(("Metadata", "true"));
    let cases = [
        (IMDS.to_owned(), None, 400),
        (APP_SERVICE.to_owned(), None, 401),
        (APP_SERVICE.to_owned(), Some(("X-IDENTITY-HEADER", "guessed")), 401),
        (IMDS.replace("2018-02-01", "2017-01-01"), metadata, 400),
        (IMDS.replace("outlook.office365.com", "graph.microsoft.com"), metadata, 400),
        (format!("{IMDS}&client_id=other"), metadata, 400),
        ("/other".to_owned(), metadata, 404),
    ];
    for (path, header, status) in cases {
        assert_eq!(get(&client, &path, header).status, status, "{path} {header:?}");
    }
    client.stand_in.settings(json!({ "ManagedIdentity": { "ClientId": "mine" } }));
    assert_eq!(get(&client, &format!("{IMDS}&client_id=mine"), metadata).json()["client_id"], "mine");
    client.stand_in.settings(json!({ "ManagedIdentity": { "Assigned": false } }));
    assert_eq!(get(&client, IMDS, metadata).json()["error_description"], "Identity not found");
}

#[test]
fn it_can_fail_for_a_while() {
    let client = Client::signed_out();
    for status in [404, 410, 429, 500] {
        client.stand_in.settings(json!({ "ManagedIdentity": { "FailingStatus": status, "Failures": 2 } }));
        let statuses: Vec<u16> =
            (0..3).map(|_| get(&client, IMDS, Some(("Metadata", "true"))).status).collect();
        assert_eq!(statuses, [status, status, 200]);
    }
}

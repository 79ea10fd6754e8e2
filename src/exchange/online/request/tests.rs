use serde_json::{Value, json};

use super::*;
use crate::{
    exchange::{
        Confirm, Parameter,
        dialect::{ByteForm, Dialect, PageSize},
    },
    model::Timestamp,
};

const TENANT: &str = "2fd9c3b0-1111-4222-8333-444455556666";

fn command(parameters: Vec<(&'static str, Parameter)>) -> Command {
    Command::new("Set-Mailbox", parameters)
}

fn requests() -> Requests {
    let mut requests = Requests::new("contoso.onmicrosoft.com");
    requests.know_tenant(Uuid::try_parse(TENANT).unwrap());
    requests
}

fn usual(command: &Command) -> Manner {
    Manner::of(command, &Dialect::default())
}

fn service() -> Url {
    Url::parse("https://outlook.office365.com/").unwrap()
}

fn token() -> AccessToken {
    AccessToken::new("secret-4711".to_owned().into(), Timestamp(0), Timestamp(i64::MAX)).unwrap()
}

fn parsed(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn single(command: &Command, manner: Manner) -> HttpRequest {
    requests().single(&service(), command, manner, None).unwrap()
}

#[test]
fn parameters_have_their_documented_forms_in_either_encoding() {
    let lists = command(vec![
        ("Identity", Parameter::Text("ada".into())),
        ("Force", Parameter::Flag(true)),
        ("SMIMECertificateIssuingCA", Parameter::Binary(vec![1, 255])),
        ("UserCertificate", Parameter::BinaryList(vec![vec![0, 1], vec![2]])),
        ("UserSMimeCertificate", Parameter::Clear),
        ("Less", Parameter::Remove(vec![vec![2]])),
    ]);
    for (bytes, single_value, first, second) in [
        (ByteForm::Base64, json!("Af8="), json!("AAE="), json!("Ag==")),
        (ByteForm::Integers, json!([1, 255]), json!([0, 1]), json!([2])),
    ] {
        let request = single(&lists, Manner { bytes, ..usual(&lists) });
        let expected = json!({ "CmdletInput": { "CmdletName": "Set-Mailbox", "Parameters": {
            "Identity": "ada",
            "Force": true,
            "SMIMECertificateIssuingCA": { "@odata.type": "#Exchange.ByteArrayType", "Data": single_value },
            "UserCertificate@odata.type": "#Collection(Exchange.ByteArrayType)",
            "UserCertificate": [{ "Data": first }, { "Data": second }],
            "UserSMimeCertificate": null,
            "Less": {
                "@odata.type": "#Exchange.GenericHashTable",
                "remove": [{ "@odata.type": "#Exchange.ByteArrayType", "Data": second }],
            },
        } } });
        assert_eq!(parsed(&request), expected);
    }
}

#[test]
fn what_changes_something_says_whether_it_is_meant() {
    for (confirm, expected) in
        [(Confirm::None, None), (Confirm::Execute, Some(false)), (Confirm::Validate, Some(true))]
    {
        let command = Command { confirm, ..command(vec![]) };
        let body = parsed(&single(&command, usual(&command)));
        let sent = body["CmdletInput"]["Parameters"].get("Confirm").cloned();
        assert_eq!(sent, expected.map(Value::Bool), "{confirm:?}");
    }
}

#[test]
fn a_request_names_the_tenant_by_its_id_and_nothing_of_the_client() {
    let command = command(vec![]);
    let request = single(&command, usual(&command));
    assert_eq!(
        request.url.as_str(),
        format!("https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand")
    );
    let mut names: Vec<&str> = request.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-charset",
            "accept-language",
            "client-request-id",
            "content-type",
            "prefer",
            "x-anchormailbox",
            "x-cmdletname",
            "x-responseformat",
        ]
    );
    for (name, value) in [
        ("Accept", "application/json"),
        ("Accept-Charset", "UTF-8"),
        ("Accept-Language", "en-US"),
        ("Content-Type", "application/json"),
        ("X-CmdletName", "Set-Mailbox"),
        ("Prefer", "odata.maxpagesize=1000"),
    ] {
        assert_eq!(request.headers[name], value, "{name}");
    }
    let again = single(&command, usual(&command));
    assert_ne!(request.headers["client-request-id"], again.headers["client-request-id"]);
    let page = Url::parse("https://outlook.office365.com/next?$skiptoken=7").unwrap();
    let next = requests().single(&service(), &command, usual(&command), Some(&page)).unwrap();
    assert_eq!(next.url, page);
}

#[test]
fn only_the_proven_pairs_of_format_and_selection_are_sent() {
    let get =
        |select, counts_only| Command { select, counts_only, ..Command::new("Get-Mailbox", Vec::new()) };
    let (who, values): (&[&str], &[&str]) = (&["Guid", "Name"], &["Guid", "UserCertificate"]);
    let made = Command { select: who, ..Command::new("New-MailContact", Vec::new()) };
    for (command, query, format) in [
        (get(who, false), Some("$select=Guid,Name"), "json"),
        (get(values, true), Some("$select=Guid,UserCertificate"), "json"),
        (get(values, false), None, "clixml"),
        (made, None, "json"),
        (command(vec![]), None, "json"),
    ] {
        let usual = usual(&command);
        let request = single(&command, usual);
        assert_eq!(
            (request.url.query(), request.headers["X-ResponseFormat"].to_str().unwrap()),
            (query, format)
        );
        assert_eq!(request.headers.contains_key("X-SerializationLevel"), format == "clixml");
        for reading in [Reading::Json, Reading::Clixml] {
            let request = single(&command, Manner { reading, ..usual });
            let clixml = request.headers["X-ResponseFormat"] == "clixml";
            assert!(!(clixml && request.url.query().is_some()), "{command:?}");
        }
    }
}

#[test]
fn a_page_has_the_size_that_was_found_out() {
    let command = command(vec![]);
    let request = single(&command, Manner { page: PageSize::Of250, ..usual(&command) });
    assert_eq!(request.headers["Prefer"], "odata.maxpagesize=250");
}

#[test]
fn a_write_is_said_to_run_where_it_was_found_out() {
    let system = format!("APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{TENANT}");
    let tenant = format!("TID:{TENANT}");
    let user = "UPN:OAuthUser@contoso.onmicrosoft.com";
    for (form, near, header, by_parameter) in [
        (AnchorForm::SystemMailbox, Some("ada@contoso.com"), system.as_str(), false),
        (AnchorForm::Address, Some("ada@contoso.com"), "SMTP:ada@contoso.com", true),
        (AnchorForm::Address, Some("ä@contoso.com"), &system, true),
        (AnchorForm::Address, Some("a@b\r\nX-Evil: 1"), &system, true),
        (AnchorForm::Address, None, &system, true),
        (AnchorForm::OAuthUser, Some("ada@contoso.com"), user, false),
        (AnchorForm::Tenant, None, &tenant, false),
    ] {
        let command = Command { anchor: near.map(str::to_owned), ..command(vec![]) };
        let request = single(&command, Manner { anchor: form, ..usual(&command) });
        assert_eq!(request.headers["X-AnchorMailbox"], header, "{form:?}");
        let routing = request.headers.get("parameter-based-routing").map(|value| value.to_str().unwrap());
        assert_eq!(routing, by_parameter.then_some("true"), "{form:?} {near:?}");
    }
}

#[test]
fn the_tenant_is_the_domain_where_the_token_names_none_or_the_id_is_refused() {
    let command = command(vec![]);
    let by_domain = "/adminapi/beta/contoso.onmicrosoft.com/InvokeCommand";
    let unknown = Requests::new("contoso.onmicrosoft.com");
    let request = unknown.single(&service(), &command, usual(&command), None).unwrap();
    assert_eq!((request.url.path(), unknown.has_domain()), (by_domain, false));
    let manner = Manner { tenant: TenantForm::Domain, ..usual(&command) };
    let request = single(&command, manner);
    assert_eq!((request.url.path(), requests().has_domain()), (by_domain, true));
    assert!(request.headers["X-AnchorMailbox"].to_str().unwrap().ends_with("@contoso.onmicrosoft.com"));
    let mut by_id = Requests::new(&TENANT.to_uppercase());
    by_id.know_tenant(Uuid::try_parse(TENANT).unwrap());
    assert!(!by_id.has_domain());
}

#[test]
fn a_batch_carries_each_command_with_its_own_token_anchor_and_format() {
    let (one, two) =
        (command(vec![]), Command { select: &["Guid"], ..Command::new("Get-Mailbox", Vec::new()) });
    let all = [(&one, usual(&one)), (&two, usual(&two))];
    let request = requests().batch(&service(), &all, &token()).unwrap();
    assert_eq!(request.url.path(), format!("/adminapi/beta/{TENANT}/$batch"));
    assert_eq!(request.headers["Prefer"], "odata.continue-on-error");
    let inner = parsed(&request)["requests"].clone();
    assert_eq!(inner.as_array().unwrap().len(), 2);
    assert_eq!((&inner[0]["id"], &inner[1]["id"]), (&json!("0"), &json!("1")));
    assert_eq!(inner[1]["method"], "POST");
    let url = format!("https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand?$select=Guid");
    assert_eq!(inner[1]["url"], url);
    for (place, cmdlet) in [(0, "Set-Mailbox"), (1, "Get-Mailbox")] {
        let headers = &inner[place]["headers"];
        assert_eq!(headers["Authorization"], "Bearer secret-4711");
        assert_eq!(headers["Prefer"], "odata.maxpagesize=1000;odata.continue-on-error");
        assert_eq!(headers["X-AnchorMailbox"], request.headers["X-AnchorMailbox"].to_str().unwrap());
        assert_eq!(
            (&headers["X-ResponseFormat"], &headers["X-CmdletName"]),
            (&json!("json"), &json!(cmdlet))
        );
        assert_eq!(inner[place]["body"]["CmdletInput"]["CmdletName"], cmdlet);
    }
    assert_ne!(inner[0]["headers"]["client-request-id"], inner[1]["headers"]["client-request-id"]);
    assert!(!format!("{request:?}").contains("4711"));
}

#[test]
fn a_large_batch_is_written_as_a_whole() {
    let command = command(vec![("UserCertificate", Parameter::BinaryList(vec![vec![0x30; 60_000]; 2]))]);
    let manner = usual(&command);
    let request = requests().batch(&service(), &vec![(&command, manner); 10], &token()).unwrap();
    let inner = parsed(&request)["requests"].clone();
    assert_eq!(inner.as_array().unwrap().len(), 10);
    let last = &inner[9]["body"]["CmdletInput"]["Parameters"]["UserCertificate"][1]["Data"];
    assert_eq!(last.as_array().unwrap().len(), 60_000);
}

#[test]
fn a_tenant_cannot_leave_its_place_in_the_path() {
    let command = command(vec![]);
    let request = Requests::new("../a b?c#d").single(&service(), &command, usual(&command), None).unwrap();
    assert_eq!(request.url.path(), "/adminapi/beta/..%2Fa%20b%3Fc%23d/InvokeCommand");
    assert_eq!(request.url.query(), None);
}

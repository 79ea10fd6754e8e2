use super::*;

fn command(parameters: Vec<(&'static str, Parameter)>) -> Command {
    Command::new("Set-Mailbox", parameters)
}

fn requests(encoding: ByteEncoding) -> Requests {
    Requests::new("contoso.onmicrosoft.com", encoding)
}

fn service() -> Url {
    Url::parse("https://outlook.office365.com/").unwrap()
}

fn json(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[test]
fn parameters_have_their_documented_forms_in_either_encoding() {
    let lists = command(vec![
        ("Identity", Parameter::Text("ada".into())),
        ("Force", Parameter::Flag(true)),
        ("SMIMECertificateIssuingCA", Parameter::Binary(vec![1, 255])),
        ("UserCertificate", Parameter::BinaryList(vec![vec![0, 1], vec![2]])),
        ("UserSMimeCertificate", Parameter::Clear),
    ]);
    for (encoding, single, first, second) in [
        (ByteEncoding::Base64, json!("Af8="), json!("AAE="), json!("Ag==")),
        (ByteEncoding::Integers, json!([1, 255]), json!([0, 1]), json!([2])),
    ] {
        let request = requests(encoding).single(&service(), &lists, None).unwrap();
        let expected = json!({ "CmdletInput": { "CmdletName": "Set-Mailbox", "Parameters": {
            "Identity": "ada",
            "Force": true,
            "SMIMECertificateIssuingCA": { "@odata.type": "#Exchange.ByteArrayType", "Data": single },
            "UserCertificate@odata.type": "#Collection(Exchange.ByteArrayType)",
            "UserCertificate": [{ "Data": first }, { "Data": second }],
            "UserSMimeCertificate": null,
        } } });
        assert_eq!(json(&request), expected);
    }
}

#[test]
fn a_single_command_has_the_headers_and_the_address_of_the_facts() {
    let command = Command { select: &["Guid", "UserCertificate"], ..command(vec![]) };
    let maker = requests(ByteEncoding::Base64);
    let request = maker.single(&service(), &command, None).unwrap();
    assert_eq!(
        request.url.as_str(),
        "https://outlook.office365.com/adminapi/beta/contoso.onmicrosoft.com/InvokeCommand?$select=Guid,UserCertificate"
    );
    let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    for (name, value) in [
        ("Accept", "application/json"),
        ("Accept-Charset", "UTF-8"),
        ("Content-Type", "application/json"),
        ("X-CmdletName", "Set-Mailbox"),
        ("X-ResponseFormat", "clixml"),
        ("X-SerializationLevel", "Partial"),
        ("X-ClientApplication", "ExoManagementModule"),
        ("Prefer", "odata.maxpagesize=1000"),
    ] {
        assert_eq!(header(name).as_deref(), Some(value), "{name}");
    }
    let again = maker.single(&service(), &command, None).unwrap();
    assert_ne!(header("client-request-id").as_deref(), again.headers["client-request-id"].to_str().ok());
    assert_eq!(header("connection-id").as_deref(), again.headers["connection-id"].to_str().ok());
    let page = Url::parse("https://outlook.office365.com/next?$skiptoken=7").unwrap();
    assert_eq!(maker.single(&service(), &command, Some(&page)).unwrap().url, page);
}

#[test]
fn the_anchor_is_near_the_recipient_or_the_organisation() {
    let system = "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@contoso.onmicrosoft.com";
    for (anchor, header) in [
        (Some("ada@contoso.com"), "SMTP:ada@contoso.com"),
        (Some("UPN:ada@contoso.com"), "UPN:ada@contoso.com"),
        (Some("MBX:1@2"), "MBX:1@2"),
        (Some("ada"), system),
        (Some("ä@contoso.com"), system),
        (Some("a@b\r\nX-Evil: 1"), system),
        (None, system),
    ] {
        let command = Command { anchor: anchor.map(str::to_owned), ..command(vec![]) };
        let request = requests(ByteEncoding::Base64).single(&service(), &command, None).unwrap();
        assert_eq!(request.headers["X-AnchorMailbox"], header);
    }
}

#[test]
fn a_batch_carries_each_command_with_its_own_headers() {
    let (one, two) =
        (command(vec![]), Command { cmdlet: "Get-Mailbox", select: &["Guid"], ..command(vec![]) });
    let request = requests(ByteEncoding::Base64).batch(&service(), &[&one, &two]).unwrap();
    assert_eq!(request.url.path(), "/adminapi/beta/contoso.onmicrosoft.com/$batch");
    assert_eq!(request.headers["Prefer"], "odata.maxpagesize=1000,odata.continue-on-error");
    let inner = json(&request)["requests"].clone();
    assert_eq!(inner.as_array().unwrap().len(), 2);
    assert_eq!((&inner[0]["id"], &inner[1]["id"]), (&json!("0"), &json!("1")));
    assert_eq!(inner[1]["method"], "POST");
    assert_eq!(
        inner[1]["url"],
        "https://outlook.office365.com/adminapi/beta/contoso.onmicrosoft.com/InvokeCommand?$select=Guid"
    );
    assert_eq!(inner[1]["headers"]["X-CmdletName"], "Get-Mailbox");
    assert_eq!(inner[1]["body"]["CmdletInput"]["CmdletName"], "Get-Mailbox");
    assert_ne!(inner[0]["headers"]["client-request-id"], inner[1]["headers"]["client-request-id"]);
}

#[test]
fn a_tenant_cannot_leave_its_place_in_the_path() {
    let odd = Requests::new("../a b?c#d", ByteEncoding::Base64);
    let request = odd.single(&service(), &command(vec![]), None).unwrap();
    assert_eq!(request.url.path(), "/adminapi/beta/..%2Fa%20b%3Fc%23d/InvokeCommand");
    assert_eq!(request.url.query(), None);
}

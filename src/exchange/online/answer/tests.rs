use super::*;

const ALL: Wanted = Wanted { objects: true, counts_only: false };

fn object(value: Value) -> Result<Object> {
    from_value(&json!({ "value": [value] }), ALL).map(|mut page| page.output.objects.remove(0))
}

#[test]
fn json_properties_have_their_kinds() {
    let mailbox = object(json!({
        "@odata.id": "x", "Name": "Ada", "IsDirSynced": false, "Size": 7, "Ratio": 1.5, "Manager": null,
        "UserCertificate@odata.type": "#Collection(Exchange.ByteArrayType)",
        "UserCertificate": ["AAE=", { "Data": "Ag==" }, { "Data": [3, 4] }],
        "UserSMimeCertificate@odata.type": "#Collection(String)", "UserSMimeCertificate": [],
        "EmailAddresses": ["SMTP:a@b", "smtp:c@d"],
    }))
    .unwrap();
    assert_eq!(mailbox.text("Name"), Some("Ada"));
    assert_eq!(mailbox.flag("IsDirSynced"), Some(false));
    assert_eq!(mailbox.get("Size"), Some(&Property::Number(7)));
    assert_eq!(mailbox.text("Ratio"), Some("1.5"));
    assert_eq!(mailbox.get("Manager"), None);
    assert_eq!(mailbox.get("@odata.id"), None);
    assert_eq!(mailbox.get("UserCertificate@odata.type"), None);
    let bytes = [vec![0, 1], vec![2], vec![3, 4]].map(Property::Binary).to_vec();
    assert_eq!(mailbox.get("UserCertificate"), Some(&Property::List(bytes)));
    assert_eq!(mailbox.get("UserSMimeCertificate"), Some(&Property::List(vec![])));
    assert_eq!(mailbox.texts("EmailAddresses"), ["SMTP:a@b", "smtp:c@d"]);
}

#[test]
fn the_useless_text_of_a_byte_array_counts_and_is_never_taken_for_bytes() {
    let useless = json!({ "UserCertificate": ["System.Byte[]", "System.Byte[]"] });
    let error = object(useless.clone()).unwrap_err();
    assert_eq!(error.id, ErrorId::ExchangeProtocol);
    assert!(error.message.contains("'UserCertificate'"), "{error}");
    let counted = Wanted { objects: true, counts_only: true };
    let page = from_value(&json!({ "value": [useless] }), counted).unwrap();
    assert_eq!(page.output.objects[0].get("UserCertificate"), Some(&Property::Count(2)));
}

#[test]
fn clixml_inside_of_json_is_read() {
    let text = "<Objs><Obj RefId=\"0\"><MS><S N=\"Name\">Ada</S></MS></Obj></Objs>";
    let page = from_value(&json!({ "value": [{ "_clixml": text }, { "_clixml": text }] }), ALL).unwrap();
    assert_eq!(page.output.objects.len(), 2);
    assert_eq!(page.output.objects[1].text("Name"), Some("Ada"));
    assert_eq!(object(json!({ "_clixml": "<html>" })).unwrap_err().id, ErrorId::ExchangeProtocol);
}

#[test]
fn warnings_errors_and_the_next_page_are_taken() {
    let page = from_value(
        &json!({
            "value": [], "@odata.nextLink": "https://x/next",
            "@adminapi.warnings": ["first", { "message": "second" }],
            "@adminapi.errors": ["The term 'x'", { "Message": "is unknown." }],
        }),
        ALL,
    )
    .unwrap();
    assert_eq!(page.output.warnings, ["first", "second"]);
    assert_eq!(page.next.as_deref(), Some("https://x/next"));
    assert_eq!(page.errors.unwrap()["error"]["message"], "The term 'x' is unknown.");
    let none = from_value(&json!({ "@adminapi.errors": [], "@adminapi.warnings": null }), ALL).unwrap();
    assert_eq!(none, Page::default());
}

#[test]
fn a_body_that_is_no_json_object_is_named() {
    for (body, words) in [
        (&b""[..], "an empty body"),
        (b"\0\0\0\0", "a body of 4 NUL bytes"),
        (b"<html><title>Sign in</title>", "a page instead of JSON: '<html><title>Sign in</title>'"),
        (b"{\"value\":[{\"Name\":\"A", "a body that is not what was expected: '{\"value\":[{\"Name\":\"A'"),
        (b"[1]", "a body that is not what was expected: '[1]'"),
        (b"\xff\xfe", "a body that is not what was expected: ''"),
    ] {
        let error = read(body, ALL).unwrap_err();
        assert_eq!(error.id, ErrorId::ExchangeProtocol);
        assert_eq!(error.message, format!("Exchange Online answered with {words}."));
    }
}

proptest::proptest! {
    #[test]
    fn arbitrary_bodies_never_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _outcome = read(&body, ALL);
    }

    #[test]
    fn damaged_bodies_never_panic(
        cut in proptest::prelude::any::<proptest::sample::Index>(), instead in "[\\[\\]{},:\"a-z0-9]{0,4}"
    ) {
        let mut text = r#"{"value":[{"Name":"A","UserCertificate":["AAE=",{"Data":[1]}]}],"@odata.nextLink":"x"}"#.to_owned();
        let at = cut.index(text.len());
        text.replace_range(at..at, &instead);
        let _outcome = read(text.as_bytes(), ALL);
    }
}

use super::*;

const NAMES: &[&str] = &[
    "Name",
    "IsDirSynced",
    "Size",
    "Ratio",
    "Manager",
    "UserCertificate",
    "UserSMimeCertificate",
    "EmailAddresses",
];
const ALL: Wanted =
    Wanted { select: NAMES, strict: false, counts_only: false, holds_values: false, reads: true };

fn object(value: Value) -> Result<Object> {
    let mut page = from_value(&json!({ "value": [value] }), ALL)?;
    match page.lacks {
        Some(error) => Err(error),
        None => Ok(page.output.objects.remove(0)),
    }
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
    let counted = Wanted { counts_only: true, ..ALL };
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
fn what_was_asked_for_and_is_not_there_is_told_with_what_came() {
    let strict = |select| Wanted { select, strict: true, ..ALL };
    let (both, all): (&[&str], &[&str]) = (&["Guid", "UserCertificate"], &["Guid", "Name"]);
    let clixml = |inner: &str| json!({ "_clixml": format!("<Objs><Obj RefId=\"0\"><Props>{inner}</Props></Obj></Objs>") });
    let guid = "<G N=\"Guid\">7</G>";
    for (select, item, expected) in [
        (both, json!({ "Guid": "7", "UserCertificate": [] }), None),
        (both, json!({ "guid": "7", "usercertificate": null }), None),
        (both, clixml(&format!("{guid}<Nil N=\"UserCertificate\" /><S N=\"More\">x</S>")), None),
        // What is only nice to have may be missing.
        (all, json!({ "Guid": "7" }), None),
        (both, json!({ "Guid": "7" }), Some("left out 'UserCertificate'; what came is guid.")),
        (both, clixml(guid), Some("left out 'UserCertificate'; what came is guid.")),
        (both, json!({}), Some("left out 'Guid', 'UserCertificate'; what came is nothing.")),
        (
            both,
            json!({ "Size": 1, "@odata.type": "x" }),
            Some("left out 'Guid', 'UserCertificate'; what came is size."),
        ),
        (all, json!({ "Name": "a" }), Some("left out 'Guid'; what came is name.")),
        (both, json!("7"), Some("what came is nothing.")),
        (
            both,
            json!({ "Guid": "7", "UserCertificate": ["System.Byte[]"] }),
            Some("as 'System.Byte[]', which is not base64"),
        ),
        (
            both,
            clixml(&format!("{guid}<S N=\"UserCertificate\">System.Byte[]</S>")),
            Some("as 'System.Byte[]', which is not base64"),
        ),
        (both, json!({ "_clixml": "<html>" }), Some("no valid CLIXML")),
    ] {
        let page = from_value(&json!({ "value": [item] }), strict(select)).unwrap();
        let lacks = page.lacks.map(|error| error.message);
        match expected {
            None => assert_eq!(lacks, None, "{item}"),
            Some(words) => {
                assert!(lacks.as_ref().is_some_and(|one| one.contains(words)), "{item}: {lacks:?}")
            }
        }
    }
    let page = from_value(&json!({ "value": [clixml(&format!("{guid}<S N=\"More\">x</S>"))] }), strict(all))
        .unwrap();
    assert_eq!(page.output.objects[0].names().collect::<Vec<_>>(), ["guid"], "the rest is not kept");
    assert_eq!(from_value(&json!({ "value": [] }), strict(both)).unwrap(), Page::default());
}

#[test]
fn json_without_what_was_asked_is_foreign_and_says_what_came() {
    let of = |reads| Wanted { select: if reads { NAMES } else { &[] }, reads, strict: true, ..ALL };
    for (body, read, done) in [
        (json!({}), false, true),
        (json!({ "value": null }), false, true),
        (json!({ "value": [] }), true, true),
        (json!({ "@odata.context": "x" }), false, true),
        (json!({ "@odata.context": "x", "value": [] }), true, true),
        (json!({ "status": "ok" }), false, false),
        (json!({ "error": { "message": "blocked" } }), false, false),
        (json!({ "value": [], "error": { "message": "blocked" } }), false, false),
        (json!({ "value": [], "error": null }), true, true),
    ] {
        for (reads, is_answer) in [(true, read), (false, done)] {
            let lacks = from_value(&body, of(reads)).unwrap().lacks;
            assert_eq!(lacks.is_none(), is_answer, "{body} {reads}");
            let Some(error) = lacks else { continue };
            assert_eq!(error.id, ErrorId::ExchangeProtocol);
            assert!(error.message.contains(&body.to_string()), "{error}");
        }
    }
}

#[test]
fn what_a_validation_would_ask_is_taken() {
    let body = json!({ "value": [], "@adminapi.confirmationmessage": "Are you sure?" });
    let page = from_value(&body, ALL).unwrap();
    assert_eq!(page.output.confirmation.as_deref(), Some("Are you sure?"));
    assert_eq!(
        from_value(&json!({ "value": [], "@adminapi.confirmationmessage": null }), ALL).unwrap(),
        Page::default()
    );
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
    let none =
        from_value(&json!({ "value": [], "@adminapi.errors": [], "@adminapi.warnings": null }), ALL).unwrap();
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

use super::*;

static USED: std::sync::LazyLock<Used> = std::sync::LazyLock::new(|| Used {
    cmdlet: "Set-Mailbox",
    parameters: vec!["UserCertificate", "UserSMimeCertificate"],
});

fn answer<'a>(status: u16, exception: Option<&'a str>, body: &'a str) -> Answer<'a> {
    Answer {
        what: "Set-Mailbox for 'ada'",
        used: &USED,
        claims: None,
        status,
        exception,
        retry_after: None,
        request_id: Some("7f"),
        body: body.as_bytes(),
    }
}

const SYNCED: &str = "The operation on mailbox \"X\" failed because it's out of the current user's write scope. The action \
    'Set-Mailbox', 'UserCertificate', can't be performed on the object 'X' because the object is being synchronized from \
    your on-premises organization. This action should be performed on the object in your on-premises organization.";

#[test]
fn the_text_is_taken_from_the_most_exact_of_the_documented_places() {
    let internal = r#"{"error":{"message":"Invalid Operation","details":[{"message":"|A.B|second"}],
        "innererror":{"internalexception":{"message":"first","type":"C.D"}}}}"#;
    let details = r#"{"error":{"message":"Invalid Operation","details":[{"message":"|A.B|second"}]}}"#;
    let coded =
        r#"{"error":{"message":"Invalid Operation","details":[{"message":"Ex6F9304|E.F|third | rest"}]}}"#;
    let plain = r#"{"error":{"message":"fourth"}}"#;
    let empty = r#"{"error":{"details":[{"message":"|A.B|"}],"message":"fifth | no prefix"}}"#;
    for (body, text, exception) in [
        (internal, "first", Some("C.D")),
        (details, "second", Some("A.B")),
        (coded, "third | rest", Some("E.F")),
        (plain, "fourth", None),
        (empty, "fifth | no prefix", Some("A.B")),
    ] {
        let failure = classify(answer(400, None, body));
        let native = failure.error.native.clone().unwrap();
        assert_eq!((native.text.as_deref(), native.exception.as_deref()), (Some(text), exception));
        assert_eq!(failure.error.message, format!("Set-Mailbox for 'ada' failed: {text}"));
        assert_eq!((failure.error.id, failure.retry), (ErrorId::ExchangeRefused, Retry::Never));
        assert_eq!((native.http_status, native.request_id.as_deref()), (Some(400), Some("7f")));
    }
    let headed = classify(answer(400, Some("From.Header"), details));
    assert_eq!(headed.error.native.unwrap().exception.as_deref(), Some("From.Header"));
}

#[test]
fn every_kind_of_refusal_has_its_id_over_rest_and_in_a_session() {
    for (text, exception, id) in [
        (SYNCED, "InvalidOperationInDehydratedContextException", ErrorId::RecipientDirectorySynced),
        ("out of the current user\u{2019}s write scope.", "", ErrorId::ExchangeAccessDenied),
        (
            "The operation couldn't be performed because 'a' matches multiple entries.",
            "",
            ErrorId::RecipientAmbiguous,
        ),
        ("...because object 'a' couldn't be found on 'DC'.", "", ErrorId::RecipientNotFound),
        ("no text in English", "X.ManagementObjectNotFoundException", ErrorId::RecipientNotFound),
        ("no text in English", "X.ManagementObjectAmbiguousException", ErrorId::RecipientAmbiguous),
        (
            "The term 'Set-Mailbox' is not recognized as the name of a cmdlet",
            "",
            ErrorId::ExchangeAccessDenied,
        ),
        ("the budget", "X.OverBudgetException", ErrorId::ExchangeThrottled),
        ("the directory", "X.ADTransientException", ErrorId::ExchangeUnavailable),
        ("The proxy address is in use", "X.ProxyAddressExistsException", ErrorId::ExchangeRefused),
    ] {
        let body = serde_json::json!({ "error": { "message": text } }).to_string();
        let rest = classify(answer(400, Some(exception), &body));
        assert_eq!(rest.error.id, id, "{text}");
        let passing = matches!(id, ErrorId::ExchangeThrottled | ErrorId::ExchangeUnavailable);
        assert_eq!(rest.retry, if passing { Retry::Later(None) } else { Retry::Never });
        let session = classify_session(text, "[FailureCategory=Cmdlet] 85A4", exception, false, &USED);
        assert_eq!((session.id, session.message.as_str()), (id, text));
        let by_id =
            classify_session(text, &format!("[FailureCategory=Cmdlet-{exception}] 85A4"), "", false, &USED);
        assert_eq!(by_id.id, id);
    }
    assert_eq!(
        classify_session("Set-Mailbox", "CommandNotFoundException", "", true, &USED).id,
        ErrorId::SessionNotConnected
    );
}

#[test]
fn the_status_says_whether_to_try_again_and_whether_nothing_was_done() {
    let (json, html) = (r#"{"error":{"message":"m"}}"#, "<html>\r\n<title>Bad</title></html>");
    for (status, after, body, id, retry, refused) in [
        (401, None, json, ErrorId::ExchangeAccessDenied, Retry::AfterRenewal, true),
        (403, None, json, ErrorId::ExchangeAccessDenied, Retry::Never, true),
        (403, None, "\0\0\0", ErrorId::ExchangeAccessDenied, Retry::Never, true),
        (429, Some(7), html, ErrorId::ExchangeThrottled, Retry::Later(Some(7)), true),
        (503, None, html, ErrorId::ExchangeUnavailable, Retry::Later(None), false),
        (503, Some(9), html, ErrorId::ExchangeUnavailable, Retry::Later(Some(9)), true),
        (504, None, html, ErrorId::ExchangeUnavailable, Retry::Later(None), false),
        (502, None, html, ErrorId::ExchangeUnavailable, Retry::Later(None), false),
        (500, None, html, ErrorId::ExchangeUnavailable, Retry::Later(None), false),
        (500, None, json, ErrorId::ExchangeRefused, Retry::Never, false),
        (404, None, html, ErrorId::ExchangeProtocol, Retry::Never, false),
        (400, None, "", ErrorId::ExchangeProtocol, Retry::Never, false),
    ] {
        let failure = classify(Answer { retry_after: after, ..answer(status, None, body) });
        assert_eq!(
            (failure.error.id, failure.retry, failure.refused),
            (id, retry, refused),
            "{status} {body}"
        );
    }
}

#[test]
fn what_came_instead_is_named_without_secrets() {
    let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl";
    for (body, words) in [
        (String::new(), "an empty body".to_owned()),
        ("\0".repeat(30), "a body of 30 NUL bytes".to_owned()),
        (
            "<html>\r\n<b>Sign in</b>".to_owned(),
            "a page instead of JSON: '<html>  <b>Sign in</b>'".to_owned(),
        ),
        (
            format!("Bearer {jwt}, too"),
            "a body that is not what was expected: 'Bearer (token)  too'".to_owned(),
        ),
        ("a\u{7}b".to_owned(), "a body that is not what was expected: 'ab'".to_owned()),
    ] {
        assert_eq!(came(body.as_bytes()), words);
    }
    assert_eq!(excerpt("ä".repeat(500).as_bytes(), 200).chars().count(), 200);
    assert!(excerpt(&[0xff; 10], 200).is_empty());
}

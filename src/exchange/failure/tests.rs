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
fn what_is_to_be_done_about_a_recipient_with_too_many_values_is_said_over_rest_and_in_a_session() {
    let text = "The provisioned object is too large. Trim the number of attribute values on this object.";
    let body = serde_json::json!({ "error": { "message": text } }).to_string();
    for error in [
        classify(answer(400, None, &body)).error,
        classify_session(text, "", "X.PropertyValidationException", false, &USED),
    ] {
        assert_eq!(error.id, ErrorId::ExchangeRefused);
        assert!(error.advice.contains("-Selection Best"), "{}", error.advice);
    }
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
        ("no text in English", "X.CmdletAccessDeniedException", ErrorId::ExchangeAccessDenied),
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
    // Its English text says whether that passes.
    let synced = classify_session("kein Englisch", "", "X.UnableToWriteToAadException", false, &USED);
    assert_eq!(synced.id, ErrorId::RecipientDirectorySynced);
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

/// What is told of a refusal: its error, whether it is tried again, and the text of the service.
fn told(status: u16, exception: Option<&str>, body: &str) -> (ErrorId, Retry, String) {
    let failure = classify(answer(status, exception, body));
    (failure.error.id, failure.retry, failure.error.native.unwrap().text.unwrap())
}

/// The texts of docs/design/exchange-online.md §1.2 and §1.6, in the shapes in which public code has recorded them.
const MASTERED: &str = "An Azure Active Directory call was made to keep object in sync between Azure Active Directory and \
    Exchange Online. However, it failed. Detailed error message: Unable to update the specified properties for on-premises \
    mastered Directory Sync objects or objects currently undergoing migration.";
const MAY_PASS: &str = "The issue may be transient and please retry a couple of minutes later. If issue persists, please see exception \
    members for more information.";
const CONCURRENT: &str =
    "You have reached the maximum number of concurrent requests per tenant. Please wait and try again";
const AAD: &str = "Microsoft.Exchange.Configuration.DualWrite.LocStrings.UnableToWriteToAadException";

#[test]
fn what_may_pass_is_known_by_name_or_text_whatever_the_status() {
    let error = |message: &str| {
        serde_json::json!({ "error": {
            "code": "BadRequest", "message": "Invalid Operation", "details": [{ "message": message }]
        } })
        .to_string()
    };
    let later = Retry::Later(None);
    for (body, header, id, retry) in [
        (error(&format!("|{AAD}|{MASTERED}")), None, ErrorId::RecipientDirectorySynced, Retry::Once),
        // Public captures have both texts; who is managed on premises stays so.
        (
            error(&format!("|{AAD}|{MASTERED} {MAY_PASS}")),
            None,
            ErrorId::RecipientDirectorySynced,
            Retry::Once,
        ),
        (
            error(&format!("|{AAD}|Resource 'x' does not exist. {MAY_PASS}")),
            Some("UnableToWriteToAadException"),
            ErrorId::ExchangeUnavailable,
            later,
        ),
        (error(CONCURRENT), None, ErrorId::ExchangeThrottled, later),
        (CONCURRENT.to_owned(), None, ErrorId::ExchangeThrottled, later),
        (serde_json::json!(CONCURRENT).to_string(), None, ErrorId::ExchangeThrottled, later),
        (error("no English"), Some("CmdletProxyNotAvailableFailure"), ErrorId::ExchangeUnavailable, later),
        (error("|X.CmdletProxyNotAvailableException|no English"), None, ErrorId::ExchangeUnavailable, later),
        (error("no English"), Some("X.ServerBusyException"), ErrorId::ExchangeThrottled, later),
        (error("no English"), Some("X.BackendCommunicationException"), ErrorId::ExchangeUnavailable, later),
        (error("|X.ADTransientException|no English"), None, ErrorId::ExchangeUnavailable, later),
        (error("The proxy address is in use"), None, ErrorId::ExchangeRefused, Retry::Never),
        (error(""), Some("X.SomeException"), ErrorId::ExchangeRefused, Retry::Never),
    ] {
        for status in [400, 404, 500] {
            let (found, again, _) = told(status, header, &body);
            assert_eq!((found, again), (id, retry), "{status} {header:?} {body}");
        }
    }
}

#[test]
fn text_is_found_in_json_inside_of_any_of_the_details() {
    let inner =
        r#"{"Message":"outer","TypeName":"A.Outer","InnerError":{"Message":"inner","TypeName":"B.Inner"}}"#;
    let decisive = format!(
        r#"{{"Message":"outer","TypeName":"A.Outer","InnerError":{{"Message":{},"TypeName":"B.Inner"}}}}"#,
        serde_json::json!(SYNCED)
    );
    let by_name = r#"{"Message":"Ausnahme","TypeName":"A.Outer","InnerError":{"Message":"","TypeName":"B.ADTransientException"}}"#;
    let localized = r#"{"localizedString":{"stringId":"ErrorManagementObjectNotFound"},"ClassName":"C.Thing","Message":null}"#;
    let message = r#"{"localizedString":{"stringId":"x"},"ClassName":"C.ManagementObjectNotFoundException","Message":"weg"}"#;
    let prefixed = format!("Ex6F9304|D.Named|{}", r#"{"Message":"in a prefix"}"#);
    let unfinished = r#"{"Message":"cut o"#;
    for (details, id, text, exception) in [
        (vec![inner], ErrorId::ExchangeRefused, "outer", "A.Outer"),
        (vec![&decisive], ErrorId::RecipientDirectorySynced, SYNCED, "B.Inner"),
        (vec!["Invalid Operation", &decisive], ErrorId::RecipientDirectorySynced, SYNCED, "B.Inner"),
        (
            vec!["something first", "|X.Y|server is too busy"],
            ErrorId::ExchangeThrottled,
            "server is too busy",
            "X.Y",
        ),
        (vec![by_name], ErrorId::ExchangeUnavailable, "Ausnahme", "A.Outer"),
        (vec![localized], ErrorId::ExchangeRefused, "ErrorManagementObjectNotFound", "C.Thing"),
        (vec![message], ErrorId::RecipientNotFound, "weg", "C.ManagementObjectNotFoundException"),
        (vec![&prefixed], ErrorId::ExchangeRefused, "in a prefix", "D.Named"),
        (vec![unfinished], ErrorId::ExchangeRefused, unfinished, ""),
    ] {
        let all: Vec<_> = details.iter().map(|message| serde_json::json!({ "message": message })).collect();
        let body =
            serde_json::json!({ "error": { "message": "Invalid Operation", "details": all } }).to_string();
        let failure = classify(answer(400, None, &body));
        let native = failure.error.native.unwrap();
        assert_eq!((failure.error.id, native.text.as_deref()), (id, Some(text)), "{details:?}");
        assert_eq!(native.exception.as_deref().unwrap_or_default(), exception, "{details:?}");
    }
    // A text in a text in a text: the quotes around each double those within.
    let nested =
        (0..12).fold("deep".to_owned(), |text, _| serde_json::json!({ "Message": text }).to_string());
    let body = serde_json::json!({ "error": { "details": [{ "message": nested }] } }).to_string();
    assert_eq!(told(400, None, &body).0, ErrorId::ExchangeRefused);
}

#[test]
fn other_shapes_of_a_body_have_their_text_too() {
    for (body, text) in [
        (r#"{"Message":"An error has occurred."}"#, "An error has occurred."),
        (r#"{"error":"unsupported"}"#, "unsupported"),
        (r#""just text""#, "just text"),
        (r#"{"error":{"details":["bare"]}}"#, "bare"),
    ] {
        assert_eq!(told(400, None, body).2, text);
    }
}

#[test]
fn a_role_that_is_missing_is_named_with_cmdlet_parameters_and_where_it_is_given() {
    let body = |message: &str| serde_json::json!({ "error": { "message": message } }).to_string();
    let missing = "no role with Set-Mailbox with -UserCertificate, -UserSMimeCertificate";
    let either = "has Set-Mailbox without one of its parameters -UserCertificate, -UserSMimeCertificate";
    let named = "A parameter cannot be found that matches parameter name 'UserSMimeCertificate'.";
    for (status, exception, body, words) in [
        (403, None, "\0".repeat(30), missing),
        (403, None, String::new(), missing),
        (403, None, body("Forbidden"), missing),
        (403, None, "<html>proxy</html>".to_owned(), missing),
        (400, None, body("The term 'Set-Mailbox' is not recognized as the name of a cmdlet"), missing),
        (
            400,
            Some("System.Management.Automation.ParameterBindingException"),
            body(named),
            "the application's role has Set-Mailbox without its parameter -UserSMimeCertificate",
        ),
        (
            400,
            Some("System.Management.Automation.ParameterBindingException"),
            body("A parameter cannot be found that matches parameter name 'Confirm'."),
            either,
        ),
        (400, Some("AmbiguousParameterSetException"), body("kein Englisch"), either),
        (400, None, body("Parameter set cannot be resolved using the specified named parameters."), either),
    ] {
        let failure = classify(answer(status, exception, &body));
        let Failure { error, retry, refused, .. } = failure;
        assert_eq!(
            (error.id, retry, refused),
            (ErrorId::ExchangeAccessDenied, Retry::Never, true),
            "{error}"
        );
        assert!(error.message.starts_with("Set-Mailbox for 'ada' failed: "), "{error}");
        assert!(error.message.contains(words), "{words}: {error}");
        for words in ["Set-Mailbox", "'Mail Recipients'", "Exchange admin center", "Add-RoleGroupMember"] {
            assert!(error.advice.contains(words), "{words}: {}", error.advice);
        }
        assert_eq!(error.advice.contains("proxy"), body.starts_with('<'), "{}", error.advice);
        if status == 400 {
            let text = error.native.unwrap().text.unwrap();
            let session = classify_session(&text, "NamedParameterNotFound,Set-Mailbox", "", false, &USED);
            assert_eq!(session.id, ErrorId::ExchangeAccessDenied, "{text}");
            assert!(
                session.advice.contains("Give the account a role with Set-Mailbox"),
                "{}",
                session.advice
            );
        }
    }
}

#[test]
fn who_has_no_role_at_all_is_told_what_the_whole_job_needs() {
    let used = Used { cmdlet: "Get-OrganizationConfig", parameters: Vec::new() };
    let advice = classify(Answer { used: &used, ..answer(403, None, "") }).error.advice;
    for role in ["'View-Only Configuration'", "'Mail Recipients'", "'Mail Recipient Creation'"] {
        assert!(advice.contains(role), "{role}: {advice}");
    }
}

#[test]
fn what_is_synchronised_or_being_moved_is_told_both_ways() {
    let text = r#"{"error":{"message":"This operation is not allowed on on-premises mastered Directory Sync objects or objects currently undergoing migration."}}"#;
    let error = classify(answer(400, None, text)).error;
    assert_eq!(error.id, ErrorId::RecipientDirectorySynced);
    assert!(
        error.advice.contains("-Target ActiveDirectory") && error.advice.contains("after the move"),
        "{error:?}"
    );
}

#[test]
fn a_token_that_is_not_taken_says_what_it_lacks_and_a_challenge_is_handed_over() {
    let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#;
    let plain = classify(answer(401, None, ""));
    assert_eq!((plain.error.id, plain.retry), (ErrorId::ExchangeAccessDenied, Retry::AfterRenewal));
    assert!(plain.error.advice.contains("Exchange.ManageAsApp"), "{}", plain.error.advice);
    assert_eq!(plain.claims, None);
    let challenge = classify(Answer { claims: Some(claims), ..answer(401, None, "") });
    assert_eq!(challenge.retry, Retry::AfterRenewal);
    assert_eq!(challenge.claims.map(|claims| claims.0).as_deref(), Some(claims));
    assert!(challenge.error.message.contains("claims challenge"), "{}", challenge.error);
    assert!(!challenge.error.message.contains("nbf"), "{}", challenge.error);
    let other = classify(Answer { claims: Some(claims), ..answer(403, None, "") });
    assert_eq!(other.claims, None, "only a 401 is a challenge");
}

#[test]
fn no_text_of_the_service_shows_a_token() {
    let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl";
    for body in [
        format!("Bearer {jwt}"),
        serde_json::json!({ "error": { "message": format!("The token {jwt} is bad") } }).to_string(),
        serde_json::json!({ "error": { "details": [{ "message": format!(r#"{{"Message":"Bearer {jwt}"}}"#) }] } })
            .to_string(),
    ] {
        for status in [400, 401, 403, 500] {
            let failure = classify(answer(status, None, &body));
            assert!(!format!("{failure:?}").contains("eyJ"), "{status} {failure:?}");
        }
    }
}

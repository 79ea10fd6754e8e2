//! What Entra answers, and what it means.

use smime_sync::{
    error::{Error, ErrorId},
    profile::ExchangeOnlineSettings,
};

use super::{
    certificate_files::workshop,
    surroundings::{APP_ID, TENANT, World, settings, text},
};
use crate::server::{https, says};

fn with_key(port: u16) -> ExchangeOnlineSettings {
    let mut settings = settings(port);
    settings.certificate_file_path = Some(workshop().join("pkcs8.pem"));
    settings
}

fn refusal(code: u64, text: &str) -> String {
    serde_json::json!({
        "error": "invalid_client",
        "error_description": format!("AADSTS{code}: {text}\r\nTrace ID: 0000aaaa\r\nTimestamp: 2026-11-25"),
        "error_codes": [code], "timestamp": "2026-11-25 10:26:00Z",
        "trace_id": "0000aaaa-11bb-cccc-dd22-eeeeee333333", "correlation_id": "aaaa0000",
    })
    .to_string()
}

/// What a sign-in fails with that is answered so.
fn refused(status: &'static str, headers: String, body: String) -> Error {
    let (port, _) = https(move |_, _| says(status, &headers, &body));
    World::new().sign_in(&with_key(port)).unwrap_err()
}

#[test]
fn each_refusal_says_in_words_what_is_wrong() {
    for (code, reason, advice) in [
        (700016, "there is no such application in that tenant", "-AppId and -Organization"),
        (700027, "is not registered with the application", "Upload the certificate"),
        (700024, "the assertion is not within its valid time", "-AppId"),
        (700023, "it is the sign-in of another cloud", "-ExchangeEnvironmentName"),
        (90002, "there is no such tenant", "-Organization"),
        (7000112, "is disabled", "-AppId"),
        (7000215, "its client secret is wrong or expired", "-AppId"),
        (50034, "there is no such account", "-AppId"),
        (53003, "Conditional Access", "workload identities"),
        (65001, "has not granted it access", "Exchange.ManageAsApp"),
        (70011, "the scope is not one of this cloud", "-ExchangeEnvironmentName"),
        (1234567, "AADSTS1234567: Something new", "-AppId"),
        (7654321, "AADSTS7654321: Something new", "-AppId"),
    ] {
        // Entra wrote its ids on lines of their own, and later on the same one.
        let text = if code % 2 == 0 { "Something new." } else { "Something new. Trace ID: 4711" };
        let error = refused("401 Unauthorized", String::new(), refusal(code, text));
        assert_eq!(error.id, ErrorId::SignInRefused, "{error}");
        assert!(
            error.message.contains(reason) && error.message.contains(&format!("AADSTS{code}")),
            "{error}"
        );
        assert!(error.message.contains(APP_ID) && error.message.contains(TENANT), "{error}");
        assert!(error.advice.contains(advice), "{code}: {}", error.advice);
        let native = error.native.unwrap();
        assert_eq!(native.text.unwrap(), format!("AADSTS{code}: Something new."), "without ids and time");
        assert_eq!(native.request_id.as_deref(), Some("0000aaaa-11bb-cccc-dd22-eeeeee333333"));
        assert_eq!(native.http_status, Some(401));
    }
}

#[test]
fn clocks_that_are_apart_are_named_as_the_reason_and_others_are_not() {
    let body = || refusal(700024, "Client assertion is not within its valid time range.");
    let now = std::time::SystemTime::now();
    for (seconds, id) in
        [(0, ErrorId::SignInRefused), (240, ErrorId::SignInRefused), (3600, ErrorId::ClockSkew)]
    {
        let theirs = now + std::time::Duration::from_secs(seconds);
        let error =
            refused("401 Unauthorized", format!("Date: {}\r\n", httpdate::fmt_http_date(theirs)), body());
        assert_eq!(error.id, id, "{seconds} s: {error}");
        if id == ErrorId::ClockSkew {
            let theirs: time::OffsetDateTime = theirs.into();
            let shown = theirs.format(&time::format_description::well_known::Rfc3339).unwrap();
            let shown = format!("{} {} UTC", &shown[..10], &shown[11..16]);
            assert!(error.message.contains(&shown), "{error} names {shown}");
            assert_eq!(error.message.matches(" UTC").count(), 2, "both clocks are named: {error}");
        }
    }
    assert_eq!(refused("401 Unauthorized", String::new(), body()).id, ErrorId::SignInRefused);
}

#[test]
fn a_service_that_is_busy_is_asked_again_and_then_given_up() {
    let token = || says("200 OK", "", r#"{"expires_in":3599,"access_token":"t"}"#);
    for (status, id) in [
        ("429 Too Many Requests", ErrorId::ExchangeThrottled),
        ("503 Service Unavailable", ErrorId::ExchangeUnavailable),
        ("504 Gateway Timeout", ErrorId::ExchangeUnavailable),
    ] {
        let busy = move || says(status, "Retry-After: 3\r\n", "<html>busy</html>");
        let (port, requests) = https(move |number, _| if number < 3 { busy() } else { token() });
        assert_eq!(text(&World::new().sign_in(&with_key(port)).unwrap()), "Bearer t");
        assert_eq!(requests.lock().unwrap().len(), 3, "{status}");

        let (port, requests) = https(move |_, _| busy());
        let error = World::new().sign_in(&with_key(port)).unwrap_err();
        assert_eq!((error.id, requests.lock().unwrap().len()), (id, 4), "{error}");
        assert_eq!(error.native.unwrap().retry_after, Some(3));
    }
}

#[test]
fn a_connection_that_broke_is_tried_again_with_a_new_assertion() {
    let (port, requests) = https(|number, _| match number {
        1 => Vec::new(),
        _ => says("200 OK", "", r#"{"expires_in":3599,"access_token":"t"}"#),
    });
    World::new().sign_in(&with_key(port)).unwrap();
    let requests = requests.lock().unwrap();
    let [first, second] = [0, 1].map(|number: usize| requests[number].fields()["client_assertion"].clone());
    assert_ne!(first, second);
}

#[test]
fn answers_that_entra_never_gives_are_named_and_survived() {
    for (status, body) in [
        ("200 OK", "<html>Sign in to the guest network</html>"),
        ("200 OK", ""),
        ("200 OK", "{}"),
        ("302 Found", ""),
        ("400 Bad Request", "\0\0\0"),
        ("403 Forbidden", "[]"),
        ("404 Not Found", r#"{"message":"no"}"#),
    ] {
        let error = refused(status, String::new(), body.into());
        assert_eq!(error.id, ErrorId::ExchangeProtocol, "{status} {body}: {error}");
        let number = status.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(error.native.unwrap().http_status, Some(number));
    }
}

#[test]
fn a_canceled_task_ends_a_sign_in_that_waits() {
    let (port, _) = https(|_, _| says("503 Service Unavailable", "Retry-After: 3600\r\n", ""));
    let mut world = World::new();
    world.clock = smime_sync::exchange::clock::Clock::default();
    let cancel = world.context.cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        cancel.cancel();
    });
    let start = std::time::Instant::now();
    assert_eq!(world.sign_in(&with_key(port)).unwrap_err().id, ErrorId::Canceled);
    assert!(start.elapsed() < std::time::Duration::from_secs(5));
}

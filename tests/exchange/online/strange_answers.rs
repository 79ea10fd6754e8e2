//! Answers that no Exchange Online gives, but proxies and broken gateways do.

use serde_json::{Value, json};
use smime_sync::{error::ErrorId, exchange::CmdletChannel};

use super::world::{channel_to, get, list, set};
use crate::{
    common::events::context,
    server::{Received, https, says},
};

#[test]
fn bodies_that_are_no_answer_are_named_when_they_stay() {
    for (status, body, id, words) in [
        (
            "200 OK",
            "<html>Sign in at the proxy</html>",
            ErrorId::ExchangeProtocol,
            "'<html>Sign in at the proxy</html>'",
        ),
        ("200 OK", "\0\0\0\0", ErrorId::ExchangeProtocol, "4 NUL bytes"),
        ("200 OK", "", ErrorId::ExchangeProtocol, "an empty body"),
        ("200 OK", "{\"value\":[", ErrorId::ExchangeProtocol, "'{\"value\":['"),
        ("404 Not Found", "<html>nothing here</html>", ErrorId::ExchangeProtocol, "status 404"),
        ("502 Bad Gateway", "<html>bad</html>", ErrorId::ExchangeUnavailable, "status 502"),
    ] {
        let (port, _) = https(move |_, _| says(status, "", body));
        let (context, log) = context();
        let error =
            channel_to(port, &context).invoke(&[get("ada")], &context).unwrap().remove(0).unwrap_err();
        assert_eq!(error.id, id, "{status} {body}: {error}");
        assert!(error.message.contains(words), "{error}");
        assert!(error.message.starts_with("Get-Mailbox for 'ada' failed: "), "{error}");
        assert!(!log.has("the-one-token"));
    }
}

/// A mailbox without certificates.
fn shown(address: Value) -> Value {
    json!({ "value": [{ "PrimarySmtpAddress": address, "UserCertificate": [] }] })
}

/// The commands of a batch, answered by `answer`.
fn batch(
    answer: impl Fn(&Value) -> Option<Value> + Send + Sync + 'static,
) -> impl Fn(usize, &Received) -> Vec<u8> {
    move |_, received| {
        let body: Value = serde_json::from_str(&received.body).unwrap();
        match body["requests"].as_array() {
            Some(all) => {
                let answers: Vec<Value> = all.iter().rev().filter_map(&answer).collect();
                says("200 OK", "", &json!({ "responses": answers }).to_string())
            }
            None => says("200 OK", "", &shown("alone".into()).to_string()),
        }
    }
}

#[test]
fn a_command_that_a_batch_left_out_is_sent_again() {
    // The first batch has all three; the command left out comes by itself.
    let (port, requests) = https(batch(|one| {
        let body = shown(one["body"]["CmdletInput"]["Parameters"]["Identity"].clone());
        (one["id"] != "1").then(|| json!({ "id": one["id"], "status": 200, "body": body }))
    }));
    let (context, _) = context();
    let results = channel_to(port, &context).invoke(&[get("a"), get("b"), get("c")], &context).unwrap();
    let names: Vec<_> = results
        .iter()
        .map(|one| one.as_ref().unwrap().objects[0].text("PrimarySmtpAddress").unwrap_or(""))
        .collect();
    assert_eq!(names, ["a", "alone", "c"]);
    assert_eq!(requests.lock().unwrap().len(), 2);
}

#[test]
fn where_batches_are_refused_as_a_whole_commands_go_one_by_one() {
    let (port, requests) = https(|_, received| {
        if received.line.contains("batch") {
            says("400 Bad Request", "", "{\"error\":{\"message\":\"no batches here\"}}")
        } else {
            says("200 OK", "", "{\"value\":[]}")
        }
    });
    let (context, _) = context();
    let results = channel_to(port, &context).invoke(&[get("a"), get("b"), get("c")], &context).unwrap();
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(requests.lock().unwrap().len(), 4);
}

#[test]
fn errors_beside_a_good_status_are_errors() {
    let body =
        json!({ "value": [], "@adminapi.errors": ["object 'ada' couldn't be found on 'DC'."] }).to_string();
    let (port, requests) = https(move |_, _| says("200 OK", "", &body));
    let (context, _) = context();
    let error = channel_to(port, &context).invoke(&[get("ada")], &context).unwrap().remove(0).unwrap_err();
    assert_eq!(error.id, ErrorId::RecipientNotFound);
    assert_eq!(requests.lock().unwrap().len(), 1);
}

#[test]
fn json_that_is_none_of_the_services_is_no_answer_and_never_an_empty_one() {
    for (body, came) in [
        ("{}", "'{}'"),
        ("{\"value\":null}", "'{\"value\":null}'"),
        ("{\"status\":\"ok\",\"portal\":\"login\"}", "portal"),
        ("{\"error\":{\"code\":\"x\",\"message\":\"blocked by policy\"}}", "blocked by policy"),
        ("{\"value\":[],\"error\":{\"message\":\"blocked by policy\"}}", "blocked by policy"),
        (
            "{\"responses\":[{\"id\":\"0\",\"status\":200,\"body\":{}},{\"id\":\"1\",\"status\":200,\"body\":{}}]}",
            "{}",
        ),
    ] {
        let (port, _) = https(move |_, _| says("200 OK", "", body));
        let (context, _) = context();
        let single = channel_to(port, &context).invoke(&[get("ada")], &context).unwrap().remove(0);
        let listed = channel_to(port, &context).list(&list(), &context, &mut |_| Ok(()));
        let both = channel_to(port, &context).invoke(&[get("ada"), get("bob")], &context);
        // Where a batch is answered with nothing of a batch, the run of commands may end as a whole.
        let batched = both.unwrap_or_else(|error| vec![Err(error)]);
        for error in [single.unwrap_err(), listed.unwrap_err()]
            .into_iter()
            .chain(batched.into_iter().map(Result::unwrap_err))
        {
            assert_eq!(error.id, ErrorId::ExchangeProtocol, "{body}: {error}");
            assert!(error.message.contains(came), "{body}: {error}");
        }
    }
}

#[test]
fn a_write_that_something_else_answers_is_not_done_and_one_without_words_is() {
    for (body, done) in [
        ("", true),
        ("{}", true),
        ("{\"value\":[]}", true),
        ("{\"@odata.context\":\"x\"}", true),
        ("{\"status\":\"ok\",\"portal\":\"login\"}", false),
        ("{\"error\":{\"message\":\"blocked by policy\"}}", false),
    ] {
        let (port, requests) = https(move |_, _| says("200 OK", "", body));
        let (context, _) = context();
        let set = set("ada@contoso.test", &[vec![1]]);
        let result = channel_to(port, &context).invoke(&[set], &context).unwrap().remove(0);
        assert_eq!(result.as_ref().is_ok_and(|_| true), done, "{body}: {result:?}");
        assert_eq!(requests.lock().unwrap().len(), 1, "{body}");
        assert!(done || result.unwrap_err().id == ErrorId::ExchangeProtocol, "{body}");
    }
}

#[test]
fn a_further_page_elsewhere_says_for_whom_it_was_named() {
    let body = "{\"value\":[],\"@odata.nextLink\":\"https://evil.test/adminapi\"}";
    let (port, _) = https(move |_, _| says("200 OK", "", body));
    let (context, _) = context();
    let error = channel_to(port, &context).invoke(&[get("ada")], &context).unwrap().remove(0).unwrap_err();
    assert!(error.message.starts_with("Get-Mailbox for 'ada' failed: Exchange Online named"), "{error}");
    assert_eq!(error.target.as_deref(), Some("ada"));
}

#[test]
fn a_wait_of_hours_ends_the_call_instead() {
    let (port, requests) = https(|_, _| says("429 Too Many Requests", "Retry-After: 7200\r\n", ""));
    let (context, _) = context();
    let error = channel_to(port, &context).invoke(&[get("ada")], &context).unwrap_err();
    assert_eq!(error.id, ErrorId::ExchangeThrottled);
    assert!(error.message.contains("minutes"), "{error}");
    assert_eq!(requests.lock().unwrap().len(), 1);
}

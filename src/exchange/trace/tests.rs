use std::sync::Arc;

use proptest::prelude::*;
use reqwest::{
    Method, StatusCode, Url,
    header::{AUTHORIZATION, COOKIE, HeaderValue, SET_COOKIE},
};

use super::*;
use crate::error::{Error, ErrorId};

/// What is written can be looked at.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// What is there behind the head, without times of the day.
    fn entries(&self) -> String {
        let text = self.text();
        let (_, entries) = text.split_once("Times are UTC.\n").unwrap();
        let day = |line: &str| match line.split(' ').collect::<Vec<_>>().as_slice() {
            [number, _, rest @ ..] if number.starts_with('#') => format!("{number} {}", rest.join(" ")),
            _ => line.to_owned(),
        };
        entries.lines().map(|line| day(line) + "\n").collect()
    }
}

fn trace() -> (Trace, Shared) {
    let shared = Shared::default();
    (Trace::new(shared.clone(), "Head"), shared)
}

fn request(body: &str) -> HttpRequest {
    HttpRequest::post(Url::parse("https://a.test/x?y=z").unwrap(), body.as_bytes().to_vec())
}

fn answer(body: &[u8]) -> Result<HttpAnswer, HttpFailure> {
    let headers = HeaderMap::new();
    Ok(HttpAnswer { status: StatusCode::OK, headers, body: body.to_vec(), date: None })
}

#[test]
fn a_request_and_its_answer_are_shown_as_they_were_without_secrets() {
    let (trace, shared) = trace();
    let mut sent = request("{\"requests\":[{\"headers\":{\"Authorization\":\"Bearer tok-en-4711\"}}]}");
    sent.bearer(HeaderValue::from_static("Bearer tok-en-4711"));
    sent.headers.insert(COOKIE, HeaderValue::from_static("Route=region-4712; Id=\"value-4713\""));
    let number = trace.request(&sent, Some("http://proxy.test:8080"));
    let mut got = answer(b"{\r\n  \"value\": [1, 2.0],\n  \"echo\": \"tok-en-4711\"\n}").unwrap();
    got.headers.insert(SET_COOKIE, HeaderValue::from_static("Next=other-4714; Path=/; HttpOnly"));
    got.headers.insert("x-a", HeaderValue::from_static("b"));
    trace.answer(number, Duration::from_millis(231), &Ok(got));
    let error = Error::new(ErrorId::ExchangeUnreachable, "The service 'a.test' said tok-en-4711.");
    let failed = Err(HttpFailure::unsent(error));
    let number = trace.request(&HttpRequest { method: Method::GET, ..request("") }, None);
    trace.answer(number, Duration::from_secs(1), &failed);
    trace.note("Target: Passed.\nTwice");
    trace.finish().unwrap();
    assert_eq!(
        shared.entries(),
        r#"
#1 POST https://a.test/x?y=(left out) through the proxy http://proxy.test:8080
> authorization: (left out)
> cookie: Route=(left out); Id=(left out)
>
> {"requests":[{"headers":{"Authorization":"(left out)"}}]}

#1 200 OK, after 231 ms
< set-cookie: Next=(left out)
< x-a: b
<
< {
<   "value": [1, 2.0],
<   "echo": "(left out)"
< }

#2 GET https://a.test/x?y=(left out)

#2 no answer, after 1000 ms: The service 'a.test' said (left out).

= Target: Passed.\u{a}Twice
"#
    );
}

#[test]
fn addresses_and_challenges_in_headers_leave_out_who_signs_in_and_with_what() {
    let (trace, shared) = trace();
    let mut got = answer(b"").unwrap();
    for (name, value) in [
        ("location", "https://user:SECRET-USER-4711@evil.test/x?sig=SECRET-SIG-4712&$skiptoken=7"),
        ("content-location", "/login?code=SECRET-CODE-4713"),
        ("www-authenticate", "Bearer realm=\"a\", token=\"SECRET-TOKEN-4714\""),
        ("link", "<https://a.test/?key=SECRET-KEY-4715>; rel=next"),
        ("x-said", "SECRET-SIG-4712"),
    ] {
        got.headers.insert(name, HeaderValue::from_static(value));
    }
    trace.answer(1, Duration::ZERO, &Ok(got));
    trace.note("It was sent to https://a.test/?sig=SECRET-SIG-4712.");
    let text = shared.text();
    assert!(!text.contains("SECRET"), "{text}");
    assert!(
        text.contains("< location: https://(left out)@evil.test/x?sig=(left out)&$skiptoken=7\n"),
        "{text}"
    );
    assert!(text.contains("< www-authenticate: Bearer realm=\"a\", token=(left out)\n"), "{text}");
}

#[test]
fn secrets_are_known_by_the_name_of_what_holds_them_and_by_their_form_and_by_themselves() {
    let jwt = "eyJhbGciOiJQUzI1NiJ9.eyJhIjoxfQ.c2ln";
    for (body, shown) in [
        (
            r#"{"access_token":"a.b","expires_in":3599}"#.to_owned(),
            r#"{"access_token":"(left out)","expires_in":3599}"#,
        ),
        (
            r#"{ "Access_Token" : [ "a", {"b":"c"} ], "d": 1 }"#.into(),
            r#"{ "Access_Token" : (left out), "d": 1 }"#,
        ),
        (r#"{"refresh_token":"a"#.into(), r#"{"refresh_token":"(left out)"#),
        (
            r#"{"m":"{\"id_token\":\"a-b\",\"c\":1}"}"#.into(),
            r#"{"m":"{\"id_token\":\"(left out)\",\"c\":1}"}"#,
        ),
        (
            "client_id=1&client_assertion_type=urn&client_assertion=x.y&scope=z".into(),
            "client_id=1&client_assertion_type=urn&client_assertion=(left out)&scope=z",
        ),
        ("Authorization: Bearer abc-def next".into(), "Authorization: (left out) next"),
        (format!("the token {jwt} is bad"), "the token (left out) is bad"),
        ("known-4711, a25vd24tNDcxMQ==".into(), "(left out), (left out)"),
        (
            "eyJ short, secretary: x, MIIeyJabcdefghijklmnopqrstuvwxyz".into(),
            "eyJ short, secretary: x, MIIeyJabcdefghijklmnopqrstuvwxyz",
        ),
        (r#"{"token_type":"Bearer"}"#.into(), r#"{"token_type":"Bearer"}"#),
    ] {
        let (trace, shared) = trace();
        trace.hide(b"known-4711");
        trace.request(&request(&body), None);
        let entries = shared.entries();
        assert_eq!(entries.lines().last().unwrap(), format!("> {shown}"), "{body}");
    }
}

#[test]
fn bodies_of_any_kind_are_shown_in_lines_of_their_own() {
    for (body, shown) in [
        (vec![0; 300], "< (300 NUL bytes)\n"),
        (b"a\0b".to_vec(), "< (3 bytes that are no text)\n"),
        (b"\xffa\x1b[2J\n#9 200 OK".to_vec(), "< \u{fffd}a\\u{1b}[2J\n< #9 200 OK\n"),
    ] {
        let (trace, shared) = trace();
        trace.answer(1, Duration::ZERO, &answer(&body));
        assert!(shared.entries().ends_with(&format!("<\n{shown}")), "{}", shared.entries());
    }
}

#[test]
fn a_long_body_is_cut_and_says_so_and_no_half_of_a_secret_stays() {
    // The secret lies where the body is cut, wherever that is.
    for before in (MOST_OF_BODY - 40..MOST_OF_BODY + 8).step_by(4).chain([MOST_OF_BODY + LONGEST_SECRET - 10])
    {
        let (trace, shared) = trace();
        trace.hide(b"known-secret-4711");
        let body = format!("{}known-secret-4711{}", "x".repeat(before), "y".repeat(200_000));
        trace.answer(1, Duration::ZERO, &answer(body.as_bytes()));
        let text = shared.text();
        assert!(text.contains(&format!("(cut; the whole body has {} bytes)", body.len())), "{before}");
        assert!(!text.contains("known"), "{before}");
        assert!(text.len() < MOST_OF_BODY + 1000, "{before}");
    }
}

#[test]
fn a_trace_has_a_greatest_size_and_says_where_it_ends() {
    let (trace, shared) = trace();
    assert!(trace.state().left > MOST - 1000);
    trace.state().left = 200_000;
    let body = "x".repeat(MOST_OF_BODY);
    for _ in 0..5 {
        trace.answer(1, Duration::ZERO, &answer(body.as_bytes()));
    }
    let text = shared.text();
    assert_eq!(text.matches("200 OK").count(), 3);
    assert!(text.ends_with("\n= The trace ends here: it has reached its greatest size.\n"));
}

#[test]
fn what_can_t_be_written_is_told_at_the_end() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let trace = Trace::new(Full, "Head");
    trace.request(&request("a"), None);
    assert_eq!(trace.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
}

proptest! {
    #[test]
    fn any_text_is_shown_without_the_known_secret(
        before in any::<String>(), between in "[ \"\\\\{}\\[\\]:=&a-z_]{0,40}", after in any::<String>(),
    ) {
        let (trace, shared) = trace();
        trace.hide("sécret-4711".as_bytes());
        let body = format!("{before}sécret-4711{between}sécret-4711{after}");
        let mut sent = request(&body);
        let value = HeaderValue::from_bytes(b"x s\xc3\xa9cret-4711").unwrap();
        sent.headers.insert(AUTHORIZATION, value.clone());
        sent.headers.insert("x-a", value);
        trace.request(&sent, None);
        trace.answer(1, Duration::ZERO, &answer(body.as_bytes()));
        prop_assert!(!shared.text().contains("sécret-4711"));
    }
}

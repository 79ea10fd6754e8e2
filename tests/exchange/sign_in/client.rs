//! The HTTP client.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use reqwest::Url;
use smime_sync::{
    error::ErrorId,
    exchange::http::{HttpAnswer, HttpClient, HttpFailure, HttpRequest, MAX_BODY},
    model::Timestamp,
};

use super::surroundings::{World, settings};
use crate::{
    common::{
        process::{again, undisturbed},
        stand_in::{Authority, accept, serve},
    },
    server::{authority, http, https, nothing, says},
};

const SOON: Duration = Duration::from_secs(20);

fn send(address: &str, time_limit: Duration) -> Result<HttpAnswer, HttpFailure> {
    let world = World::new();
    let client = HttpClient::new(&settings(1), &|_| None, &world.context).unwrap();
    let request = HttpRequest::post(Url::parse(address).unwrap(), b"body".to_vec());
    world.context.block_on(client.send(request, time_limit)).unwrap()
}

#[test]
fn an_answer_comes_with_status_headers_body_and_the_service_s_time() {
    let (port, requests) = https(|_, received| {
        says("418 Teapot", "Date: Wed, 25 Nov 2026 10:26:00 GMT\r\nX-A: b\r\n", &received.body.to_uppercase())
    });
    let answer = send(&format!("https://localhost:{port}/x?y=z"), SOON).unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (418, &b"BODY"[..]));
    assert_eq!(answer.headers.get("x-a").unwrap(), "b");
    assert_eq!(answer.date, Some(Timestamp(1_795_602_360)));
    let request = requests.lock().unwrap()[0].clone();
    assert_eq!(request.line, "POST /x?y=z HTTP/1.1");
    assert!(request.headers["user-agent"].starts_with("SmimeSync/"));
}

#[test]
fn a_compressed_body_is_unpacked() {
    // `printf hello | gzip -n`
    let packed = hex::decode("1f8b0800000000000003cb48cdc9c9070086a6103605000000").unwrap();
    let (port, _) = https(move |_, _| {
        let mut answer = says("200 OK", "Content-Encoding: gzip\r\n", "");
        let head = String::from_utf8(answer).unwrap().replace("Content-Length: 0", "Content-Length: 25");
        answer = head.into_bytes();
        answer.extend_from_slice(&packed);
        answer
    });
    assert_eq!(send(&format!("https://localhost:{port}/"), SOON).unwrap().body, b"hello");
}

#[test]
fn a_failure_s_body_that_cannot_be_read_takes_nothing_from_its_status() {
    let longer = |status: &str, headers: &str, length: usize, body: &[u8]| {
        let head =
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
        [head.as_bytes(), body].concat()
    };
    let gzip = "Content-Encoding: gzip\r\n";
    let damaged = hex::decode("1f8b0800000000000003cb48cdc9c907ff86a6103605000000").unwrap();
    for (status, headers, length, body, came) in [
        ("403 Forbidden", gzip, 30, vec![0; 30], Some(30)),
        ("403 Forbidden", gzip, 25, damaged.clone(), Some(25)),
        ("403 Forbidden", "Content-Encoding: br\r\n", 4, b"text".to_vec(), Some(4)),
        ("403 Forbidden", "", 400, b"text".to_vec(), Some(4)),
        ("200 OK", gzip, 30, vec![0; 30], Some(30)),
        ("200 OK", gzip, 25, damaged, None),
        ("200 OK", "Content-Encoding: br\r\n", 4, b"text".to_vec(), None),
        ("200 OK", "", 400, b"text".to_vec(), None),
    ] {
        let (port, requests) = https(move |_, _| longer(status, headers, length, &body));
        let answer = send(&format!("https://localhost:{port}/"), SOON);
        match answer {
            Ok(answer) => {
                assert_eq!(Some(answer.body.len()), came, "{status} {headers}");
                assert!(status.starts_with(answer.status.as_str()), "{status}");
            }
            Err(failure) => assert!(came.is_none() && failure.sent, "{status} {headers}: {}", failure.error),
        }
        assert_eq!(requests.lock().unwrap()[0].headers["accept-encoding"], "gzip");
    }
}

#[test]
fn a_redirect_is_handed_over_and_not_followed() {
    let (evil, reached) = https(|_, _| says("200 OK", "", ""));
    let (port, _) = https(move |_, _| {
        says("307 Temporary Redirect", &format!("Location: https://localhost:{evil}/\r\n"), "")
    });
    let answer = send(&format!("https://localhost:{port}/"), SOON).unwrap();
    assert_eq!(answer.status.as_u16(), 307);
    assert!(reached.lock().unwrap().is_empty());
}

#[test]
fn each_failure_has_its_id_and_says_whether_the_service_may_have_acted() {
    use ErrorId::{ExchangeTlsFailed, ExchangeUnreachable};
    let (hangs_up, _) = https(|_, _| Vec::new());
    let (truncated, _) = https(|_, _| says("200 OK", "", "whole").split_last().unwrap().1.to_vec());
    let (silent, _) = https(|_, _| nothing());
    let (plain, _) = http(|_, _| says("200 OK", "", ""));
    let strange = serve(&Authority::new("Strange").issue(&["localhost"], (-1, 1)), |_| panic!("no LDAP"));
    let expired = serve(&authority().0.issue(&["localhost"], (-9, -2)), |_| panic!("no LDAP"));
    let other_name = serve(&authority().0.issue(&["other.test"], (-1, 1)), |_| panic!("no LDAP"));
    let no_tls = accept(|mut socket| {
        let _ = socket
            .read(&mut [0; 100])
            .and_then(|_| std::io::Write::write(&mut socket, b"hello, no TLS here"));
    });
    for (address, id, sent, text) in [
        ("https://localhost:1/".to_owned(), ExchangeUnreachable, false, "'localhost:1' can't be reached"),
        (
            "https://nobody.invalid/".to_owned(),
            ExchangeUnreachable,
            false,
            "'nobody.invalid' is not known by name",
        ),
        (
            format!("https://localhost:{hangs_up}/"),
            ExchangeUnreachable,
            true,
            "ended the connection without an answer",
        ),
        (format!("https://localhost:{truncated}/"), ExchangeUnreachable, true, "broke off in the middle"),
        (format!("https://localhost:{silent}/"), ExchangeUnreachable, true, "'; -Timeout sets the limit."),
        (format!("https://localhost:{strange}/"), ExchangeTlsFailed, false, "does not trust"),
        (format!("https://localhost:{expired}/"), ExchangeTlsFailed, false, "expired at"),
        (format!("https://localhost:{other_name}/"), ExchangeTlsFailed, false, "for other names: other.test"),
        (format!("https://localhost:{no_tls}/"), ExchangeTlsFailed, false, "could not agree on TLS"),
        (format!("http://localhost:{plain}/"), ExchangeUnreachable, false, "is not reached without TLS"),
    ] {
        let failure = send(&address, Duration::from_secs(2)).unwrap_err();
        assert_eq!((failure.error.id, failure.sent), (id, sent), "{address}: {}", failure.error);
        assert!(failure.error.message.contains(text), "{address}: {}", failure.error);
    }
}

#[test]
fn an_answer_of_more_than_64_mib_is_not_taken() {
    let (port, _) = https(|_, _| says("200 OK", "", &"x".repeat(MAX_BODY + 1)));
    let failure = send(&format!("https://localhost:{port}/"), Duration::from_secs(60)).unwrap_err();
    assert_eq!((failure.error.id, failure.sent), (ErrorId::ExchangeProtocol, true), "{}", failure.error);
    assert!(failure.error.message.contains("more than 64 MiB"), "{}", failure.error);
}

#[test]
fn a_wait_ends_within_100_ms_of_a_cancel() {
    let _undisturbed = undisturbed();
    let (port, requests) = https(|_, _| nothing());
    let world = World::new();
    let client = HttpClient::new(&settings(1), &|_| None, &world.context).unwrap();
    let cancel = world.context.cancel.clone();
    let canceling = std::thread::spawn(move || {
        while requests.lock().unwrap().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        cancel.cancel();
        Instant::now()
    });
    let request = HttpRequest::get(Url::parse(&format!("https://localhost:{port}/")).unwrap());
    let waited = world.context.block_on(client.send(request, SOON));
    let id = match waited {
        Ok(answer) => answer.unwrap_err().error.id,
        Err(error) => error.id,
    };
    let late = canceling.join().unwrap().elapsed();
    assert_eq!(id, ErrorId::Canceled);
    assert!(late < Duration::from_millis(100), "{late:?}");
}

#[test]
fn neither_bearer_nor_body_is_in_debug_output() {
    let mut request =
        HttpRequest::post(Url::parse("https://a.test/?q=secret-1").unwrap(), b"secret-2".to_vec());
    let mut bearer = reqwest::header::HeaderValue::from_static("Bearer secret-3");
    bearer.set_sensitive(true);
    request.bearer(bearer);
    assert_eq!(format!("{request:?}"), "POST a.test (8 bytes)");
}

/// Runs one test of this program again, with a proxy in the environment, which a process has only one of.
pub fn again_with_proxy(module: &str, test: &str, proxy: &str) {
    let output = again(module, test)
        .arg("--nocapture")
        .env(PROXIED, proxy)
        .envs([("HTTP_PROXY", proxy), ("http_proxy", proxy), ("HTTPS_PROXY", proxy), ("https_proxy", proxy)])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// The variable that tells a test that it runs with a proxy.
pub const PROXIED: &str = "SMIME_SYNC_TEST_PROXY";

#[test]
fn the_proxy_of_the_environment_is_asked_for_a_tunnel() {
    if std::env::var(PROXIED).is_ok() {
        let failure = send("https://localhost:1/", SOON).unwrap_err();
        assert_eq!((failure.error.id, failure.sent), (ErrorId::ProxyRefused, false), "{}", failure.error);
        return;
    }
    let (port, requests) = http(|_, _| says("403 Forbidden", "", ""));
    let test = "the_proxy_of_the_environment_is_asked_for_a_tunnel";
    again_with_proxy(module_path!(), test, &format!("http://127.0.0.1:{port}"));
    assert_eq!(requests.lock().unwrap()[0].line, "CONNECT localhost:1 HTTP/1.1");
}

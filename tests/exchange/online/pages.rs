//! Lists that come in pages, and redirects.

use std::collections::HashSet;

use serde_json::json;
use smime_sync::{
    error::{Error, ErrorId},
    exchange::CmdletChannel,
};

use super::world::{World, address, certificate, channel_to, get, list, set};
use crate::{
    common::events::context,
    server::{https, says},
};

#[test]
fn a_list_of_three_pages_comes_whole_and_each_once() {
    let world = World::new();
    world.mailboxes(2_300);
    world.stand_in.faults(1, json!([{ "Kind": "Truncated", "Nth": 2 }, { "Kind": "Reset", "Nth": 4 }]));
    let mut seen = HashSet::new();
    let mut count = 0;
    let mut take = |object: smime_sync::exchange::Object| {
        count += 1;
        seen.insert(object.text("PrimarySmtpAddress").unwrap().to_owned());
        Ok(())
    };
    world.channel().list(&list(), &world.context, &mut take).unwrap();
    assert_eq!(
        (count, seen.len()),
        (2_300, 2_300),
        "a page that is asked for again is not handed over twice"
    );
    assert_eq!(world.stand_in.statistics()["Requests"], 5);
}

#[test]
fn who_takes_the_objects_can_end_the_list() {
    let world = World::new();
    world.mailboxes(1_200);
    let mut count = 0;
    let mut take = |_| {
        count += 1;
        if count == 10 { Err(Error::new(ErrorId::DiskFull, "full")) } else { Ok(()) }
    };
    let error = world.channel().list(&list(), &world.context, &mut take).unwrap_err();
    assert_eq!((error.id, count), (ErrorId::DiskFull, 10));
}

#[test]
fn a_list_that_is_refused_says_so() {
    let world = World::new();
    let error = world.channel().list(&get("nobody"), &world.context, &mut |_| Ok(())).unwrap_err();
    assert_eq!(error.id, ErrorId::RecipientNotFound);
}

#[test]
fn pages_that_go_in_circles_or_elsewhere_are_refused() {
    for (link, words) in [
        ("/next", "read already"),
        ("https://evil.example/next", "at 'https://evil.example', which is none of this cloud's hosts"),
        ("http://localhost/next", "at 'http://localhost', which is none"),
        ("https://[", "no address"),
    ] {
        let body = json!({ "value": [{ "PrimarySmtpAddress": "x" }], "@odata.nextLink": link }).to_string();
        let (port, requests) = https(move |_, _| says("200 OK", "", &body));
        let (context, _) = context();
        let error = channel_to(port, &context).list(&list(), &context, &mut |_| Ok(())).unwrap_err();
        assert_eq!(error.id, ErrorId::ExchangeProtocol);
        assert!(error.message.contains(words), "{link}: {error}");
        assert!(requests.lock().unwrap().len() <= 2);
    }
}

#[test]
fn a_regional_redirect_is_followed_once_with_its_cookie() {
    for status in [302, 307, 308] {
        let world = World::new();
        world.mailboxes(40);
        world
            .stand_in
            .settings(json!({ "Redirect": { "Location": world.stand_in.https, "Status": status } }));
        let mut channel = world.channel();
        for _ in 0..2 {
            let writes: Vec<_> = (0..40).map(|n| set(&address(n), &[certificate(n)])).collect();
            for result in channel.invoke(&writes, &world.context).unwrap() {
                result.unwrap();
            }
        }
        let redirects = world.stand_in.statistics()["Redirects"].as_u64().unwrap();
        assert!((1..=4).contains(&redirects), "only the first requests were redirected: {redirects}");
    }
}

#[test]
fn a_redirect_out_of_the_cloud_gets_neither_bearer_nor_body() {
    let world = World::new();
    let (port, requests) = https(|_, _| says("200 OK", "", "{}"));
    let location = format!("https://127.0.0.1:{port}");
    world.stand_in.settings(json!({ "Redirect": { "Location": location, "Status": 307 } }));
    let error = world.run(&[get(&address(0))]).unwrap_err();
    assert_eq!(error.id, ErrorId::RedirectRefused, "{error}");
    assert_eq!(error.target.as_deref(), Some("127.0.0.1"));
    assert!(requests.lock().unwrap().is_empty());
}

#[test]
fn redirects_that_never_end_are_given_up() {
    let (port, requests) = https(|_, _| says("302 Found", "Location: /again\r\n", ""));
    let (context, _) = context();
    let error = channel_to(port, &context).invoke(&[get("ada")], &context).unwrap_err();
    assert_eq!(error.id, ErrorId::ExchangeProtocol);
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|one| one.body == requests[0].body && one.line.starts_with("POST ")));
    assert!(requests.iter().all(|one| one.headers["authorization"] == "Bearer the-one-token"));
}

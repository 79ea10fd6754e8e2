//! How a connection is left: what is still to come is called off, and the server told.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ldap3_proto::proto::LdapOp;
use smime_sync::{
    directory::{Selection, Source},
    error::{Error, ErrorId},
};

use crate::{
    common::{
        events::context,
        raw_server::{Seen, directory, done, serve, user},
    },
    source::ldap::client::{Trusted, connect},
};

/// What the client did after it had signed in: searches of people, and what ends them or the connection.
fn told(seen: &Seen) -> Vec<String> {
    let requests = seen.requests.lock().unwrap();
    let people: Vec<_> = requests
        .iter()
        .filter(|(_, op)| matches!(op, LdapOp::SearchRequest(search) if !search.base.is_empty() && search.attrs.len() > 1))
        .map(|(id, _)| *id)
        .collect();
    let told = |(id, op): &(u32, LdapOp)| match op {
        LdapOp::SearchRequest(_) if people.contains(id) => Some("search".to_owned()),
        LdapOp::AbandonRequest(id) => {
            Some(format!("abandon of search {:?}", people.iter().position(|one| *one as i32 == *id)))
        }
        LdapOp::UnbindRequest => Some("unbind".to_owned()),
        _ => None,
    };
    requests.iter().filter_map(told).collect()
}

/// Waits until the server saw a connection end; whether the client said so.
fn end(seen: &Arc<Seen>) -> bool {
    let begun = Instant::now();
    while seen.ends.lock().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the connection did not end");
        std::thread::sleep(Duration::from_millis(10));
    }
    seen.ends.lock().unwrap()[0]
}

#[test]
fn a_server_is_told_when_the_connection_ends_and_what_is_not_wanted_any_more() {
    let trusted = Trusted::new();
    for (name, reads, expected) in [
        ("read to its end", &[true][..], &["search", "unbind"][..]),
        ("ended by the caller", &[false], &["search", "abandon of search Some(0)", "unbind"]),
        (
            "ended and read again",
            &[false, true],
            &["search", "abandon of search Some(0)", "search", "unbind"],
        ),
    ] {
        let (port, seen) = serve(
            &trusted.authority.good(),
            directory(|request, out| {
                let id = request.msgid as u32;
                out.write_all(&[user(id, 1, b""), user(id, 2, b""), done(id, b"")].concat())
            }),
        );
        let context = context().0;
        let mut source = connect(&trusted.settings(port), &context).unwrap();
        for to_the_end in reads {
            let own = Error::new(ErrorId::DiskFull, "full");
            let ended = source.read(&Selection::All, &context, &mut |_| {
                if *to_the_end { Ok(()) } else { Err(own.clone()) }
            });
            assert_eq!(ended.is_ok(), *to_the_end);
        }
        drop(source);
        assert!(end(&seen), "{name}: without TLS's own end");
        assert_eq!(told(&seen), expected, "{name}");
    }
}

#[test]
fn a_server_that_does_not_listen_any_more_is_left_at_once() {
    let trusted = Trusted::new();
    let (port, _) = serve(
        &trusted.authority.good(),
        directory(|_, _| {
            std::thread::sleep(Duration::from_secs(20));
            Ok(())
        }),
    );
    let context = context().0;
    let mut source = connect(&trusted.settings(port), &context).unwrap();
    let cancel = context.cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        cancel.cancel();
    });
    assert_eq!(source.read(&Selection::All, &context, &mut |_| Ok(())).unwrap_err().id, ErrorId::Canceled);
    let begun = Instant::now();
    drop(source);
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

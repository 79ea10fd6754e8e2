use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::*;
use crate::{
    ber::{element, number, tag},
    directory::ldap::{
        answer::LdapResult,
        kerberos::{
            FaultKind, Opened,
            scripted::{ALL, OVERHEAD, Scripted},
        },
    },
    event::{Event, EventSink, Question},
};

#[test]
fn of_the_layers_that_a_server_offers_the_one_that_is_needed_is_taken() {
    for (offer, sealed, expected) in [
        (&[7, 0xff, 0xff, 0xff][..], true, Ok((4, 0xff_ffff))),
        (&[4, 0, 1, 0], true, Ok((4, 256))),
        (&[7, 0, 0, 1], false, Ok((1, 1))),
        (&[1, 0, 0, 0], false, Ok((1, 0))),
        // Signed only, or nothing: anybody on the way could read it.
        (&[3, 0, 1, 0], true, Err("does not offer to seal what it sends")),
        (&[1, 0, 0, 0], true, Err("does not offer to seal what it sends")),
        (&[0, 0, 0, 0], true, Err("does not offer to seal what it sends")),
        (&[6, 0, 1, 0], false, Err("wants a layer of its own inside TLS")),
        (&[], true, Err("makes no proper offer of layers")),
        (&[4, 0, 1], true, Err("makes no proper offer of layers")),
        (&[4, 0, 0, 1, 0], true, Err("makes no proper offer of layers")),
    ] {
        assert_eq!(choose(offer, sealed), expected, "{offer:?}, {sealed}");
    }
}

#[test]
fn what_was_asked_for_must_have_been_granted() {
    assert_eq!(check(ALL, true), Ok(()));
    for (granted, under_tls) in [
        (Granted { mutual: false, ..ALL }, false),
        (Granted { replay: false, ..ALL }, false),
        (Granted { sequence: false, ..ALL }, false),
        (Granted { confidentiality: false, ..ALL }, true),
        (Granted { integrity: false, ..ALL }, true),
    ] {
        assert!(check(granted, true).is_err(), "{granted:?}");
        assert_eq!(check(granted, false).is_ok(), under_tls, "{granted:?}");
    }
}

/// A bind's answer of this result and token.
fn bound(id: u32, code: u32, token: Option<&[u8]>) -> Vec<u8> {
    let empty = element(tag::OCTET_STRING, &[]);
    let token = token.map(|token| element(tag::context(7), &[token])).unwrap_or_default();
    let operation = element(0x61, &[&number(tag::ENUMERATED, code), &empty, &empty, &token]);
    element(tag::SEQUENCE, &[&number(tag::INTEGER, id), &operation])
}

/// A server's side of [`Scripted`] that wraps this without encryption.
fn wrapped(plain: &[u8]) -> Vec<u8> {
    Scripted::default().wrap(plain, false).unwrap()
}

/// A connection to a server that answers one request after the other with these bytes, and what it got.
fn connected(answers: Vec<Vec<u8>>) -> (Connection, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let request = |socket: &mut std::net::TcpStream| {
            let mut chunk = vec![0; 4096];
            let count = socket.read(&mut chunk).unwrap_or_default();
            chunk[..count].to_vec()
        };
        answers
            .iter()
            .map(|answer| {
                let got = request(&mut socket);
                socket.write_all(answer).unwrap();
                got
            })
            .collect()
    });
    let socket = runtime().unwrap().block_on(tokio::net::TcpStream::connect(address)).unwrap();
    (Connection::over(socket, "dc1", Duration::from_secs(5)), server)
}

struct Silent;

impl EventSink for Silent {
    fn emit(&self, _: Event) -> Result<()> {
        Ok(())
    }

    fn ask(&self, _: Vec<Question>) -> Result<Vec<crate::event::Answer>> {
        Err(Error::canceled())
    }
}

fn context() -> Context {
    Context::new(Arc::new(Silent), Default::default())
}

/// How the sign-in ends whose server answers so.
fn signed_in(answers: Vec<Vec<u8>>, granted: Granted, sealed: bool) -> Result<SignedIn> {
    let steps = [Step::Goes(b"first".to_vec()), Step::Complete(Vec::new(), granted)];
    let (mut connection, _) = connected(answers);
    sign_in(&mut connection, Box::new(Scripted::stepping(steps)), sealed, &context())
}

fn refused(answers: Vec<Vec<u8>>, granted: Granted, sealed: bool) -> Error {
    signed_in(answers, granted, sealed).err().expect("the sign-in was refused")
}

const ALL_LAYERS: &[u8] = &[7, 0, 4, 0];

#[test]
fn both_sides_agree_on_the_layer_that_is_needed() {
    for (sealed, choice) in [(true, [4, 0xff, 0xff, 0xff]), (false, [1, 0, 0, 0])] {
        let steps = [Step::Goes(b"first".to_vec()), Step::Complete(Vec::new(), ALL)];
        let (mut connection, server) = connected(vec![
            bound(1, 14, Some(b"second")),
            bound(2, 14, Some(&wrapped(ALL_LAYERS))),
            bound(3, 0, None),
        ]);
        let context = context();
        let done = sign_in(&mut connection, Box::new(Scripted::stepping(steps)), sealed, &context).unwrap();
        assert_eq!(done.identity, "sync@CONTOSO.TEST");
        assert_eq!(done.layer.map(|(_, room)| room), sealed.then_some(1024 - OVERHEAD));
        let requests = server.join().unwrap();
        let expected = [b"first".to_vec(), Vec::new(), wrapped(&choice)];
        let expected: Vec<_> =
            (1..).zip(expected).map(|(id, token)| sasl_bind_request(id, "GSSAPI", &token)).collect();
        assert_eq!(requests, expected);
    }
}

#[test]
fn a_server_that_offers_or_grants_too_little_is_not_signed_in_to() {
    let answers = |offer: &[u8]| {
        vec![bound(1, 14, Some(b"second")), bound(2, 14, Some(&wrapped(offer))), bound(3, 0, None)]
    };
    for (offer, granted, sealed, text) in [
        (&[3, 0, 4, 0][..], ALL, true, "does not offer to seal what it sends"),
        (&[7, 0], ALL, true, "makes no proper offer of layers"),
        (&[7, 0, 0, 0], ALL, true, "takes no messages that are long enough to be sealed"),
        (ALL_LAYERS, Granted { mutual: false, ..ALL }, false, "does not prove who it is"),
        (ALL_LAYERS, Granted { confidentiality: false, ..ALL }, true, "does not seal what it sends"),
    ] {
        let error = refused(answers(offer), granted, sealed);
        assert_eq!(error.id, ErrorId::KerberosSealBroken, "{error:?}");
        let expected = format!("Signing in to the server 'dc1' with Kerberos failed: it {text}.");
        assert_eq!(error.message, expected);
    }
}

#[test]
fn an_offer_that_somebody_changed_on_the_way_is_none() {
    let error = refused(vec![bound(1, 14, Some(b"second")), bound(2, 14, Some(b"\x07anything"))], ALL, true);
    assert_eq!(error.id, ErrorId::KerberosSealBroken);
    assert_eq!(
        error.message,
        "The connection to the server 'dc1' was ended: what came from it is not what it sealed."
    );
}

#[test]
fn an_end_that_comes_too_early_or_never_is_no_sign_in() {
    for (name, answers) in [
        ("at once", vec![bound(1, 0, None)]),
        ("before the layers", vec![bound(1, 14, Some(b"second")), bound(2, 0, None)]),
        (
            "never",
            vec![
                bound(1, 14, Some(b"second")),
                bound(2, 14, Some(&wrapped(ALL_LAYERS))),
                bound(3, 14, Some(b"more")),
            ],
        ),
        (
            "with another answer",
            vec![element(tag::SEQUENCE, &[&number(tag::INTEGER, 1), &[0x67, 7, 10, 1, 0, 4, 0, 4, 0]])],
        ),
    ] {
        assert_eq!(refused(answers, ALL, true).id, ErrorId::DirectoryProtocol, "{name}");
    }
}

#[test]
fn a_servers_refusal_says_what_to_do() {
    for (code, text, id, advice) in [
        (49, "", ErrorId::DirectoryCredentialRejected, "clocks"),
        (
            49,
            "80090346: LdapErr: DSID-0C0906B0, data 80090346, v4563",
            ErrorId::DirectoryCredentialRejected,
            "opens TLS",
        ),
        (7, "", ErrorId::DirectoryRefused, "-Credential"),
        (8, "", ErrorId::DirectoryRefused, "allow_sasl_over_tls"),
        (51, "", ErrorId::DirectoryBusy, "another domain controller"),
    ] {
        let result = LdapResult { code, text: text.into(), referrals: Vec::new() };
        let error = result.check("dc1", Asked::Kerberos).unwrap_err();
        assert_eq!(error.id, id, "{code}");
        assert!(error.advice.contains(advice), "{error:?}");
    }
}

#[test]
fn a_step_that_does_not_come_back_ends_with_the_time_and_with_a_cancel() {
    /// A mechanism that waits for another server.
    struct Waiting;
    impl SecurityContext for Waiting {
        fn step(&mut self, _: &[u8]) -> Result<Step, Fault> {
            std::thread::sleep(Duration::from_secs(3));
            Err(Fault::new(FaultKind::Other, "late"))
        }
        fn wrap(&mut self, _: &[u8], _: bool) -> Result<Vec<u8>, Fault> {
            unreachable!()
        }
        fn unwrap(&mut self, _: &[u8]) -> Result<Opened, Fault> {
            unreachable!()
        }
        fn room(&mut self, _: u32) -> Result<usize, Fault> {
            unreachable!()
        }
        fn identity(&mut self) -> Result<String, Fault> {
            unreachable!()
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connect = |limit| {
        let socket = runtime().unwrap().block_on(tokio::net::TcpStream::connect(address)).unwrap();
        Connection::over(socket, "dc1", limit)
    };
    let begun = Instant::now();
    let mut connection = connect(Duration::from_millis(100));
    let late = sign_in(&mut connection, Box::new(Waiting), true, &context()).err().unwrap();
    assert_eq!(late.id, ErrorId::DirectoryTimeout);
    let canceled = context();
    canceled.cancel.cancel();
    let mut connection = connect(Duration::from_secs(60));
    let ended = sign_in(&mut connection, Box::new(Waiting), true, &canceled).err().unwrap();
    assert_eq!(ended.id, ErrorId::Canceled);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

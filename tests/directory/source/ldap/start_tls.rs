//! StartTLS: TLS on a connection that begins in clear.

use std::io;

use ldap3_proto::proto::{LdapExtendedRequest, LdapMsg, LdapOp};
use smime_sync::{
    error::ErrorId,
    profile::{DirectorySettings, Encryption},
};

use super::client::{Trusted, addresses, connect_error, read, with_timeout};
use crate::common::{
    events::context,
    raw_server::{Out, directory, done, message, octets, result, serve_start_tls, user},
    stand_in::{Authority, accept},
};

const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

fn settings(trusted: &Trusted, port: u16) -> DirectorySettings {
    DirectorySettings { encryption: Some(Encryption::StartTls), ..trusted.settings(port) }
}

/// An answer to an extended request.
fn extended(request: &LdapMsg, code: u8, text: &str) -> Vec<u8> {
    message(request.msgid as u32, 0x78, &result(code, text))
}

fn one_user() -> impl Fn(&LdapMsg, Out) -> io::Result<()> + Send + Sync + 'static {
    directory(|request, out| {
        let id = request.msgid as u32;
        out.write_all(&[user(id, 1, b""), done(id, b"")].concat())
    })
}

#[test]
fn nothing_but_the_request_for_tls_is_sent_in_clear() {
    let trusted = Trusted::new();
    let (port, seen) =
        serve_start_tls(&trusted.authority.good(), |request| extended(request, 0, ""), one_user());
    let (items, ended) = read(&settings(&trusted, port), &context().0);
    assert_eq!((addresses(&items), ended), (vec!["user1@contoso.test"], Ok(())));
    let requests = seen.requests.lock().unwrap();
    let start_tls = LdapExtendedRequest { name: START_TLS.into(), value: None };
    assert_eq!(requests[0].1, LdapOp::ExtendedRequest(start_tls));
    assert!(matches!(requests[1].1, LdapOp::BindRequest(_)), "{:?}", requests[1]);
}

#[test]
fn a_server_that_does_not_begin_tls_gets_no_password() {
    use ErrorId::*;
    let trusted = Trusted::new();
    for (code, id, text) in [
        (2, StartTlsFailed, "does not begin TLS (StartTLS, LDAP result 2). It says: why"),
        (53, StartTlsFailed, "does not begin TLS (StartTLS, LDAP result 53). It says: why"),
        (52, DirectoryBusy, "is shutting down or not ready (LDAP result 52). It says: why"),
    ] {
        let (port, seen) = serve_start_tls(
            &trusted.authority.good(),
            move |request| extended(request, code, "why"),
            one_user(),
        );
        let error = connect_error(&settings(&trusted, port));
        assert_eq!((error.id, error.message), (id, format!("The server 'localhost' {text}")));
        let requests = seen.requests.lock().unwrap();
        assert!(!requests.iter().any(|(_, op)| matches!(op, LdapOp::BindRequest(_))), "{requests:?}");
    }
}

#[test]
fn what_somebody_puts_behind_the_answer_in_clear_is_never_taken_for_the_servers() {
    let trusted = Trusted::new();
    // An answer to the sign-in that is to come, whole and cut.
    let bound = message(2, 0x61, &result(0, ""));
    for behind in [bound.clone(), bound[..1].to_vec(), b"\x16".to_vec()] {
        let (port, _) = serve_start_tls(
            &trusted.authority.good(),
            move |request| [extended(request, 0, ""), behind.clone()].concat(),
            one_user(),
        );
        let error = connect_error(&settings(&trusted, port));
        assert_eq!(error.id, ErrorId::StartTlsFailed, "{error:?}");
        assert!(error.message.contains("behind its answer to StartTLS"), "{error}");
    }
}

#[test]
fn another_answer_than_one_to_start_tls_is_none() {
    let trusted = Trusted::new();
    for (name, answer) in [
        ("one to a sign-in", message(1, 0x61, &result(0, ""))),
        ("the end of a search", done(1, b"")),
        ("no LDAP", b"220 mail.contoso.test ESMTP\r\n".to_vec()),
        ("an answer cut short", message(1, 0x78, &octets(b"x"))),
    ] {
        let (port, _) = serve_start_tls(&trusted.authority.good(), move |_| answer.clone(), one_user());
        let error = connect_error(&settings(&trusted, port));
        assert_eq!(error.id, ErrorId::DirectoryProtocol, "{name}: {error:?}");
    }
}

#[test]
fn the_certificate_is_checked_as_with_ldaps() {
    let trusted = Trusted::new();
    let stranger = Authority::new("Somebody else's CA");
    for (identity, id) in [
        (stranger.good(), ErrorId::DirectoryCertificateUntrusted),
        (trusted.authority.issue(&["dc9"], (-1, 1)), ErrorId::DirectoryCertificateNameMismatch),
        (trusted.authority.issue(&["localhost"], (-2, -1)), ErrorId::DirectoryCertificateExpired),
    ] {
        let (port, _) = serve_start_tls(&identity, |request| extended(request, 0, ""), one_user());
        assert_eq!(connect_error(&settings(&trusted, port)).id, id);
    }
}

#[test]
fn a_server_that_says_nothing_is_waited_for_as_long_as_the_profile_says() {
    let trusted = Trusted::new();
    let deaf = accept(|socket| {
        std::thread::sleep(std::time::Duration::from_secs(60));
        drop(socket);
    });
    let error = connect_error(&with_timeout(1, settings(&trusted, deaf)));
    assert_eq!(error.id, ErrorId::DirectoryTimeout);
}

#[test]
fn the_port_is_that_of_the_encryption_where_none_is_given() {
    let port_of = |encryption, port, kerberos| {
        DirectorySettings { encryption, port, ..DirectorySettings::new("dc1", vec![]) }
            .effective_port(kerberos)
    };
    for (encryption, port, kerberos, expected) in [
        (None, None, false, 636),
        (Some(Encryption::Ldaps), None, false, 636),
        (Some(Encryption::Ldaps), None, true, 636),
        (Some(Encryption::StartTls), None, false, 389),
        (Some(Encryption::StartTls), Some(3268), false, 3268),
        (None, Some(3269), false, 3269),
        // Kerberos seals by itself: many domain controllers have no certificate.
        (None, None, true, 389),
        (Some(Encryption::Kerberos), None, true, 389),
    ] {
        assert_eq!(port_of(encryption, port, kerberos), expected, "{encryption:?}, {port:?}, {kerberos}");
    }
}

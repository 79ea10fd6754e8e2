//! Connecting and signing in.

use std::{
    fs,
    io::{Read as _, Write as _},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ldap3_proto::proto::LdapResultCode;
use smime_sync::{
    directory::{Selection, Source, ldap::Account},
    error::ErrorId,
    event::LogLevel,
    profile::{DirectorySettings, Profile, Settings},
};

use super::client::{PASSWORD, Trusted, USER, addresses, connect, connect_error, ended, read, with_timeout};
use crate::common::{
    events::context,
    stand_in::{Authority, BASE, Identity, Reply, accept, bound, directory, serve, user},
};

#[test]
fn a_server_whose_certificate_is_not_right_is_not_talked_to() {
    use ErrorId::*;
    let (trusted, stranger) = (Trusted::new(), Authority::new("Somebody else's CA"));
    let issue = |names: &[&str], days| trusted.authority.issue(names, days);
    for (identity, id, text) in [
        (
            issue(&["localhost"], (-2, -1)),
            DirectoryCertificateExpired,
            "shows a certificate that expired at 20",
        ),
        (
            issue(&["localhost"], (1, 2)),
            DirectoryCertificateExpired,
            "shows a certificate that is not valid before 20",
        ),
        (
            issue(&["dc9.fabrikam.test", "dc9"], (-1, 1)),
            DirectoryCertificateNameMismatch,
            "shows a certificate for other names: dc9.fabrikam.test, dc9.",
        ),
        (
            issue(&[], (-1, 1)),
            DirectoryCertificateNameMismatch,
            "shows a certificate without a name of a server",
        ),
        (
            stranger.good(),
            DirectoryCertificateUntrusted,
            "shows a certificate of an issuer that this machine does not trust.",
        ),
    ] {
        let settings = trusted.settings(serve(&identity, ended(LdapResultCode::Success)));
        let error = connect_error(&settings);
        assert_eq!(error.id, id, "{error:?}");
        assert!(error.message.starts_with(&format!("The server 'localhost' {text}")), "{error}");
        assert_eq!(error.target.as_deref(), Some("localhost"));
    }
}

#[test]
fn the_same_server_with_the_right_certificate_is_read() {
    let trusted = Trusted::new();
    let settings = trusted.served(ended(LdapResultCode::Success));
    let (items, ended) = read(&settings, &context().0);
    assert_eq!((addresses(&items), ended), (vec!["user1@contoso.test"], Ok(())));
}

#[test]
fn a_servers_own_certificate_is_taken_where_it_is_given_itself() {
    use ErrorId::*;
    let trusted = Trusted::new();
    for (names, days, id) in [
        (["localhost"], (-1, 1), None),
        (["localhost"], (-2, -1), Some(DirectoryCertificateExpired)),
        (["localhost"], (1, 2), Some(DirectoryCertificateExpired)),
        (["dc9.fabrikam.test"], (-1, 1), Some(DirectoryCertificateNameMismatch)),
    ] {
        let (identity, pem) = Authority::self_signed(&names, days);
        let mut settings = trusted.settings(serve(&identity, ended(LdapResultCode::Success)));
        let own = trusted.folder.path().join("own.pem");
        fs::write(&own, pem).unwrap();
        settings.connection.server_certificate_path.push(own);
        let refused = connect(&settings, &context().0).err();
        assert_eq!(refused.as_ref().map(|error| error.id), id, "{refused:?}");
    }
    let (identity, _) = Authority::self_signed(&["localhost"], (-1, 1));
    let unknown = trusted.settings(serve(&identity, ended(LdapResultCode::Success)));
    assert_eq!(connect_error(&unknown).id, DirectoryCertificateUntrusted);
}

#[test]
fn without_the_check_any_certificate_is_taken_and_a_warning_given() {
    let (trusted, stranger) = (Trusted::new(), Authority::new("Somebody else's CA"));
    let expired: Identity = stranger.issue(&[], (-2, -1));
    let mut settings = trusted.settings(serve(&expired, ended(LdapResultCode::Success)));
    settings.skip_certificate_check = true;
    let (context, events) = context();
    assert_eq!(read(&settings, &context).1, Ok(()));
    assert_eq!(
        events.logged(LogLevel::Warning),
        ["The certificate of 'localhost' is not checked (-SkipCertificateCheck): \
          whoever is between this machine and the server can read the password."]
    );
}

#[test]
fn a_file_that_holds_no_ca_is_named() {
    let trusted = Trusted::new();
    let path = |name: &str| trusted.folder.path().join(name);
    fs::write(path("empty.pem"), "").unwrap();
    fs::write(path("text.pem"), "no certificate at all").unwrap();
    fs::write(path("broken.pem"), "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n").unwrap();
    fs::write(path("broken.der"), [0x30, 0x03, 0x02, 0x01, 0x00]).unwrap();
    for name in ["missing.pem", "empty.pem", "text.pem", "broken.pem", "broken.der"] {
        let mut settings = trusted.settings(1);
        settings.connection.server_certificate_path.push(path(name));
        let error = connect_error(&settings);
        assert_eq!(
            (error.id, error.target),
            (ErrorId::TrustAnchorUnreadable, Some(path(name).display().to_string()))
        );
    }
}

#[test]
fn a_name_that_nobody_knows_is_told_apart_from_a_port_where_nobody_listens() {
    let trusted = Trusted::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (server, port, id, text) in [
        (
            "no-such-server.invalid",
            636,
            ErrorId::DirectoryNameUnknown,
            "The name of the server 'no-such-server.invalid' is not known.",
        ),
        (
            "ldaps://localhost",
            636,
            ErrorId::DirectoryNameUnknown,
            "'ldaps://localhost' is not the name of a server.",
        ),
        ("localhost:636", 636, ErrorId::DirectoryNameUnknown, "'localhost:636' is not the name of a server."),
        (
            "localhost",
            closed,
            ErrorId::DirectoryUnreachable,
            "The server 'localhost' can't be reached at port ",
        ),
    ] {
        let settings = DirectorySettings { server: vec![server.into()], ..trusted.settings(port) };
        let error = connect_error(&settings);
        assert_eq!(error.id, id, "{error:?}");
        assert!(error.message.starts_with(text), "{error}");
    }
}

#[test]
fn what_is_wrong_with_the_request_itself_is_told_before_any_connection() {
    let trusted = Trusted::new();
    let nobody = trusted.settings(1);
    let filter = DirectorySettings { filter: Some("(mail=*".into()), ..nobody.clone() };
    let error = connect_error(&filter);
    assert_eq!(error.id, ErrorId::FilterInvalid);
    assert_eq!(error.message, "The filter '(mail=*' is wrong at character 8: a ')' is missing here.");
    let nameless = serde_json::json!({
        "Name": "corp", "Source": "Directory", "SearchBase": [BASE], "Target": "Folder", "OutputPath": "/nowhere",
    });
    let nameless: Settings = serde_json::from_value(nameless).unwrap();
    assert_eq!(Profile::try_from(nameless).unwrap_err().id, ErrorId::ProfileInvalid);
    // Servers take a name without a password for an anonymous sign-in, and say that it worked.
    for (user, password) in [("", PASSWORD), (USER, "")] {
        let error = Account::with_password(user, password.as_bytes()).err().unwrap();
        assert_eq!(error.id, ErrorId::CredentialMissing, "{user:?}");
    }
}

#[test]
fn what_is_no_ldaps_server_is_told_so() {
    let trusted = Trusted::new();
    let plain = accept(|mut socket| {
        let _ = socket.write_all(b"220 mail.contoso.test ESMTP\r\n");
        let _ = socket.read(&mut [0; 1024]);
    });
    let error = connect_error(&trusted.settings(plain));
    assert_eq!(error.id, ErrorId::DirectoryTlsFailed, "{error:?}");

    for (raw, text) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "it sent something that is no LDAP message."),
        (b"\x30\x84\x80\x00\x00\x00", "it sent a message of more than 64 MiB."),
        (b"\x30\x80\x00\x00", "it sent a length that is indefinite or too long."),
        (b"\x30\x05\x02\x01\x01\x78\x00", "it sent an element that ends too early."),
        (b"\x30\x05\x02\x01\x01\x42\x00", "it sent a message of a kind that nobody asked for."),
        (
            b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00",
            "it sent another answer than one to the sign-in.",
        ),
    ] {
        let error = connect_error(&trusted.served(move |_| Reply::Raw(raw.to_vec())));
        assert_eq!(error.id, ErrorId::DirectoryProtocol, "{error:?}");
        assert_eq!(error.message, format!("The server 'localhost' does not speak proper LDAP: {text}"));
    }
}

/// Servers that fall silent at each step, by what is awaited then.
fn silent(trusted: &Trusted) -> Vec<(&'static str, DirectorySettings)> {
    let deaf = accept(|socket| {
        std::thread::sleep(Duration::from_secs(60));
        drop(socket);
    });
    vec![
        ("the TLS handshake", trusted.settings(deaf)),
        ("an answer", trusted.served(|_| Reply::Nothing)),
        ("an answer", trusted.served(directory(|_, _| Reply::Say(vec![user(1, &[])])))),
        ("the rest of an answer", trusted.served(|_| Reply::Raw(b"\x30\x0c\x02".to_vec()))),
    ]
}

#[test]
fn a_hung_server_is_waited_for_as_long_as_the_profile_says() {
    let trusted = Trusted::new();
    for (awaited, settings) in silent(&trusted) {
        let settings = with_timeout(1, settings);
        let (context, begun) = (context().0, Instant::now());
        let error = connect(&settings, &context)
            .and_then(|mut source| source.read(&Selection::All, &context, &mut |_| Ok(())))
            .unwrap_err();
        assert_eq!(error.id, ErrorId::DirectoryTimeout, "{error:?}");
        assert_eq!(error.message, format!("Timed out after 1 s waiting for {awaited} (server 'localhost')."));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_cancel_ends_any_wait_within_a_second() {
    let trusted = Trusted::new();
    for (_, settings) in silent(&trusted) {
        let settings = with_timeout(60, settings);
        let context = context().0;
        let cancel = context.cancel.clone();
        let canceled = Arc::new(Mutex::new(None));
        let at = canceled.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            *at.lock().unwrap() = Some(Instant::now());
            cancel.cancel();
        });
        let error = connect(&settings, &context)
            .and_then(|mut source| source.read(&Selection::All, &context, &mut |_| Ok(())))
            .unwrap_err();
        assert_eq!(error.id, ErrorId::Canceled, "{error:?}");
        assert!(canceled.lock().unwrap().unwrap().elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn a_refused_sign_in_that_is_nobodys_fault_is_told_apart() {
    use ErrorId::*;
    let trusted = Trusted::new();
    for (code, id, text) in [
        (
            LdapResultCode::Busy,
            DirectoryBusy,
            "The server 'localhost' is busy (LDAP result 51). It says: why",
        ),
        (
            LdapResultCode::Unavailable,
            DirectoryBusy,
            "The server 'localhost' is shutting down or not ready (LDAP result 52). It says: why",
        ),
        (
            LdapResultCode::StrongerAuthRequired,
            DirectoryRefused,
            "The server 'localhost' does not take a password sign-in on this connection (LDAP result 8). It says: why",
        ),
        (
            LdapResultCode::UnwillingToPerform,
            DirectoryRefused,
            "The server 'localhost' refused the request (LDAP result 53). It says: why",
        ),
    ] {
        let error = connect_error(&trusted.served(move |_| Reply::Say(vec![bound(code.clone(), "why")])));
        assert_eq!((error.id, error.message.as_str()), (id, text));
        assert_eq!(error.native.unwrap().text.as_deref(), Some("why"));
    }
}

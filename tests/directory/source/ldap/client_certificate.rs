//! Signing in with a certificate that TLS shows.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ldap3_proto::proto::{LdapBindCred, LdapOp};
use smime_sync::{
    directory::ldap::{Account, ClientCertificate, LdapSource},
    error::{Error, ErrorId, Result},
    model::Timestamp,
    profile::{DirectorySettings, Encryption},
};

use super::client::Trusted;
use crate::common::{
    directory::{refusal, signed_in},
    events::context,
    raw_server::{Seen, directory, message, result, serve_with, usual},
    stand_in::{Authority, tls_for_clients_of},
};

/// A file of this name with these parts.
fn file(trusted: &Trusted, name: &str, parts: &[&str]) -> PathBuf {
    let path = trusted.folder.path().join(name);
    fs::write(&path, parts.concat()).unwrap();
    path
}

fn read(path: &Path) -> Result<ClientCertificate> {
    ClientCertificate::read(path, None, Timestamp::now())
}

fn refused(trusted: &Trusted, port: u16, path: &Path) -> Error {
    let account = Account::Certificate(read(path).unwrap());
    let context = context().0;
    refusal(signed_in(LdapSource::active_directory(&trusted.settings(port), account, &context), &context))
}

fn mechanisms(seen: &Seen) -> Vec<(String, Vec<u8>, String)> {
    let requests = seen.requests.lock().unwrap();
    let credentials = |(_, op): &(u32, LdapOp)| match op {
        LdapOp::BindRequest(bind) => match &bind.cred {
            LdapBindCred::SASL(sasl) => {
                Some((sasl.mechanism.clone(), sasl.credentials.clone(), bind.dn.clone()))
            }
            other => panic!("no mechanism: {other:?}"),
        },
        _ => None,
    };
    requests.iter().filter_map(credentials).collect()
}

#[test]
fn the_certificate_is_shown_and_the_sign_in_refers_to_it_without_another_name() {
    let (trusted, clients) = (Trusted::new(), Authority::new("Client CA"));
    let path =
        file(&trusted, "client.pem", &clients.issue(&[], (-1, 1)).pem().each_ref().map(String::as_str));
    let (port, seen) = serve_with(
        tls_for_clients_of(&trusted.authority.good(), &clients),
        directory(|request, _| panic!("{request:?}")),
    );
    let account = Account::Certificate(read(&path).unwrap());
    let context = context().0;
    signed_in(LdapSource::active_directory(&trusted.settings(port), account, &context), &context).unwrap();
    assert_eq!(mechanisms(&seen), [("EXTERNAL".to_owned(), Vec::new(), String::new())]);
}

#[test]
fn a_server_that_takes_the_certificate_for_nobodys_says_so() {
    let (trusted, clients) = (Trusted::new(), Authority::new("Client CA"));
    let path =
        file(&trusted, "client.pem", &clients.issue(&[], (-1, 1)).pem().each_ref().map(String::as_str));
    for code in [7, 8, 48, 49] {
        let (port, _) =
            serve_with(tls_for_clients_of(&trusted.authority.good(), &clients), move |request, out| {
                match &request.op {
                    LdapOp::BindRequest(_) => {
                        out.write_all(&message(request.msgid as u32, 0x61, &result(code, "why")))
                    }
                    _ => out.write_all(&usual(request).unwrap_or_default()),
                }
            });
        let error = refused(&trusted, port, &path);
        assert_eq!(error.id, ErrorId::DirectoryCredentialRejected, "{code}");
        let expected = format!(
            "The server 'localhost' refused the client certificate 'CN=dc1' (LDAP result {code}). It says: why"
        );
        assert_eq!(error.message, expected);
    }
}

#[test]
fn a_server_that_does_not_trust_its_issuer_ends_tls() {
    let (trusted, clients) = (Trusted::new(), Authority::new("Client CA"));
    let stranger = Authority::new("Somebody else's CA").issue(&[], (-1, 1));
    let path = file(&trusted, "client.pem", &stranger.pem().each_ref().map(String::as_str));
    let (port, _) = serve_with(
        tls_for_clients_of(&trusted.authority.good(), &clients),
        directory(|request, _| panic!("{request:?}")),
    );
    let error = refused(&trusted, port, &path);
    assert_eq!(error.id, ErrorId::DirectoryTlsFailed, "{error:?}");
    assert!(error.advice.contains("does not trust the client certificate"), "{error:?}");
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_reason() {
    let trusted = Trusted::new();
    let issue = |days| trusted.authority.issue(&[], days).pem();
    let ([certificate, key], [_, other_key]) = (issue((-1, 1)), issue((-1, 1)));
    let ([expired, expired_key], [early, early_key]) = (issue((-2, -1)), issue((1, 2)));
    for (name, parts, what) in [
        ("empty.pem", &[][..], "holds no certificate"),
        ("text.pem", &["no certificate at all"], "holds no certificate"),
        ("no-key.pem", &[certificate.as_str()], "holds no private key"),
        ("no-certificate.pem", &[key.as_str()], "holds no certificate"),
        ("expired.pem", &[&expired, &expired_key], "holds the certificate 'CN=dc1', which is valid from "),
        ("early.pem", &[&early, &early_key], "holds the certificate 'CN=dc1', which is valid from "),
    ] {
        let path = file(&trusted, name, parts);
        let error = read(&path).err().unwrap();
        assert_eq!(error.id, ErrorId::ClientCertificateUnusable, "{error:?}");
        let expected = format!("The file '{}' {what}", path.display());
        assert!(error.message.starts_with(&expected), "{error}");
    }
    // Whether the key belongs to it is told before anything is sent.
    let path = file(&trusted, "other-key.pem", &[&certificate, &other_key]);
    let error = refused(&trusted, 1, &path);
    assert_eq!(error.id, ErrorId::ClientCertificateUnusable, "{error:?}");
    assert!(
        error.message.ends_with("holds the certificate 'CN=dc1' and a key that does not belong to it."),
        "{error}"
    );
    let missing = trusted.folder.path().join("missing.pfx");
    assert_eq!(read(&missing).err().unwrap().id, ErrorId::ClientCertificateUnusable);
}

#[test]
fn without_tls_nobody_but_a_holder_of_a_ticket_signs_in() {
    let trusted = Trusted::new();
    let [certificate, key] = trusted.authority.issue(&[], (-1, 1)).pem();
    let path = file(&trusted, "client.pem", &[&certificate, &key]);
    let settings = DirectorySettings { encryption: Some(Encryption::Kerberos), ..trusted.settings(1) };
    for account in [
        Account::Certificate(read(&path).unwrap()),
        Account::with_password("sync@contoso.test", b"Secret-4711").unwrap(),
    ] {
        let error = refusal(LdapSource::active_directory(&settings, account, &context().0));
        assert_eq!(error.id, ErrorId::ProfileInvalid, "{error:?}");
    }
}

//! StartTLS, client certificates and Kerberos of MIT, against OpenLDAP.

use std::fs;

use smime_sync::{
    directory::{
        Selection, Source,
        ldap::{Account, ClientCertificate, LdapSource},
    },
    error::ErrorId,
    model::Timestamp,
    profile::{DirectorySettings, Encryption},
};

use super::objects::{CLEAR_PORT, MANY, MANY_COUNT, PORT, Server, account};
use crate::common::{
    directory::{self, read, refusal, signed_in},
    events::context,
    stand_in::Authority,
    tickets::{holder, keytab, ticket},
};

fn settings(server: &Server, encryption: Encryption) -> DirectorySettings {
    let port = if encryption == Encryption::Ldaps { PORT } else { CLEAR_PORT };
    DirectorySettings { encryption: Some(encryption), port: Some(port), ..server.settings(&[MANY]) }
}

/// The reader's certificate and key as one PEM file in `folder`.
fn certificate(server: &Server, folder: &tempfile::TempDir) -> ClientCertificate {
    let path = folder.path().join("reader.pem");
    let parts =
        ["tls/reader.pem", "tls/reader.key"].map(|name| fs::read(server.directory.join(name)).unwrap());
    fs::write(&path, parts.concat()).unwrap();
    ClientCertificate::read(&path, None, Timestamp::now()).unwrap()
}

#[test]
fn everybody_who_may_reads_all_over_every_layer() {
    let server = Server::get();
    let (context, _) = context();
    let folder = tempfile::tempdir().unwrap();
    let password = directory::account(&account("reader"), &server.password);
    let certificate = Account::Certificate(certificate(&server, &folder));
    let kerberos = holder(&ticket(folder.path(), "reader@PARTNER.TEST", &server.password));
    let task = holder(&keytab(&server.directory.join("krb5/task.keytab"), None));
    for (account, encryption, how) in [
        (&password, Encryption::Ldaps, "with a password, over LDAPS at port 1636."),
        (&password, Encryption::StartTls, "with a password, over StartTLS at port 1389."),
        (
            &certificate,
            Encryption::Ldaps,
            "as 'CN=reader' with a client certificate, over LDAPS at port 1636.",
        ),
        (
            &certificate,
            Encryption::StartTls,
            "as 'CN=reader' with a client certificate, over StartTLS at port 1389.",
        ),
        (
            &kerberos,
            Encryption::Kerberos,
            "as 'reader@PARTNER.TEST' with Kerberos, which seals the connection, over LDAP at port 1389.",
        ),
        (
            &kerberos,
            Encryption::Ldaps,
            "as 'reader@PARTNER.TEST' with Kerberos, bound to the server's certificate, over LDAPS at port 1636.",
        ),
        (&kerberos, Encryption::StartTls, "bound to the server's certificate, over StartTLS at port 1389."),
        (&task, Encryption::Kerberos, "as 'task@PARTNER.TEST' with Kerberos"),
    ] {
        let connected = LdapSource::directory(&settings(&server, encryption), account.clone(), &context);
        let mut source = connected.unwrap_or_else(|e| panic!("{how}: {e:?}"));
        let told = source.sign_in(&context).unwrap().unwrap();
        assert!(told.contains(how), "{told}");
        let found = read(&mut source, &Selection::All, &context).unwrap();
        let with_values = found.iter().filter(|one| !one.values.is_empty()).count();
        assert_eq!((found.len(), with_values), (MANY_COUNT, MANY_COUNT), "{how}");
    }
}

#[test]
fn a_certificate_of_a_ca_that_the_server_does_not_trust_is_refused() {
    let server = Server::get();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stranger.pem");
    let stranger = Authority::new("Somebody else's CA").issue(&[], (-1, 1));
    fs::write(&path, stranger.pem().concat()).unwrap();
    let certificate = ClientCertificate::read(&path, None, Timestamp::now()).unwrap();
    let (account, context) = (Account::Certificate(certificate), context().0);
    let source = LdapSource::directory(&settings(&server, Encryption::Ldaps), account, &context);
    let error = refusal(signed_in(source, &context));
    assert_eq!(error.id, ErrorId::DirectoryUnreachable, "{error:?}");
    assert!(error.advice.contains("does not trust the client certificate"), "{error:?}");
}

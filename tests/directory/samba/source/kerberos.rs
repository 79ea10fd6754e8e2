//! Signing in with Kerberos, sealed and inside TLS, against Samba.

use std::{fmt::Write as _, fs, process::Command, sync::OnceLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use smime_sync::{
    directory::{
        Selection, Source,
        ldap::{LdapSource, TicketSource},
    },
    error::{Error, ErrorId},
    model::Recipient,
    profile::{ActiveDirectorySettings, DirectorySettings, Encryption},
    targets::{Target, active_directory::ActiveDirectoryTarget},
};

use super::objects::READER;
use crate::common::{
    directory::{DOMAIN, Lab, populate, read, refusal, signed_in},
    events::context,
    process::again,
    tickets::{holder, keytab, ticket},
};

const UNIT: &str = "OU=Kerberos Tests,DC=contoso,DC=test";
/// So many of that size that answers share frames and span them; fewer or smaller ones hide faults.
const COUNT: usize = 700;
const SIZE: usize = 1_500;

/// The lab with many large objects, made anew once a run.
fn lab() -> Lab {
    static FILLED: OnceLock<()> = OnceLock::new();
    let lab = Lab::get();
    FILLED.get_or_init(|| {
        let mut ldif = format!("dn: {UNIT}\nobjectClass: organizationalUnit\n\n");
        for number in 0..COUNT {
            let value: Vec<u8> = (0..SIZE).map(|at| (at * 31 + number) as u8).collect();
            let value = STANDARD.encode(value);
            writeln!(
                ldif,
                "dn: CN=k{number},{UNIT}\nobjectClass: user\nsAMAccountName: k{number}\nuserAccountControl: 512\n\
                 mail: k{number}@contoso.test\nuserCertificate:: {value}\n"
            )
            .unwrap();
        }
        populate(&lab, UNIT, &ldif);
    });
    lab
}

fn settings(lab: &Lab, encryption: Option<Encryption>) -> DirectorySettings {
    DirectorySettings { encryption, port: None, ..lab.settings(&[UNIT]) }
}

fn readers_ticket(folder: &tempfile::TempDir) -> TicketSource {
    ticket(folder.path(), "reader@CONTOSO.TEST", Lab::get().password(READER))
}

fn all(source: &mut LdapSource) -> Vec<Recipient> {
    let mut recipients = read(source, &Selection::All, &context().0).unwrap();
    recipients.sort_by(|a, b| a.anchor.cmp(&b.anchor));
    recipients
}

#[test]
fn every_layer_gives_all_objects_as_they_are_and_says_what_it_is() {
    let lab = lab();
    let (context, _) = context();
    let folder = tempfile::tempdir().unwrap();
    let tickets = readers_ticket(&folder);
    let mut plain = lab.connect(&settings(&lab, None), READER, &context).unwrap();
    let expected = all(&mut plain);
    assert_eq!(expected.len(), COUNT);
    for (encryption, how) in [
        (None, "with Kerberos, which seals the connection, over LDAP at port 389."),
        (Some(Encryption::Kerberos), "with Kerberos, which seals the connection, over LDAP at port 389."),
        (
            Some(Encryption::Ldaps),
            "with Kerberos, bound to the server's certificate, over LDAPS at port 636.",
        ),
        (
            Some(Encryption::StartTls),
            "with Kerberos, bound to the server's certificate, over StartTLS at port 389.",
        ),
    ] {
        let connected = LdapSource::active_directory(&settings(&lab, encryption), holder(&tickets), &context);
        let mut source = connected.unwrap_or_else(|e| panic!("{encryption:?}: {e:?}"));
        let told = source.sign_in(&context).unwrap().unwrap();
        assert_eq!(told, format!("Signed in to 'localhost' as 'reader@CONTOSO.TEST' {how}"));
        assert_eq!(all(&mut source), expected, "{encryption:?}");
    }
}

#[test]
fn a_password_goes_inside_start_tls_and_never_where_only_kerberos_seals() {
    let lab = lab();
    let (context, _) = context();
    let mut source = lab.connect(&settings(&lab, Some(Encryption::StartTls)), READER, &context).unwrap();
    assert_eq!(all(&mut source).len(), COUNT);
    let refused = refusal(lab.connect(&settings(&lab, Some(Encryption::Kerberos)), READER, &context));
    assert_eq!(refused.id, ErrorId::ProfileInvalid);
}

#[test]
fn a_keytab_is_enough() {
    let lab = lab();
    let (context, _) = context();
    let path = lab.directory.join("reader.keytab");
    for principal in [None, Some("reader@CONTOSO.TEST"), Some("reader")] {
        let account = holder(&keytab(&path, principal));
        let mut source = LdapSource::active_directory(&settings(&lab, None), account, &context).unwrap();
        assert!(
            source.sign_in(&context).unwrap().unwrap().contains("as 'reader@CONTOSO.TEST'"),
            "{principal:?}"
        );
        assert_eq!(all(&mut source).len(), COUNT);
    }
    // As KRB5_CLIENT_KTNAME names it, with a cache of its own.
    let folder = tempfile::tempdir().unwrap();
    let tickets = TicketSource {
        client_keytab: Some(format!("FILE:{}", path.display())),
        credential_cache: Some(format!("FILE:{}", folder.path().join("own").display())),
        ..TicketSource::default()
    };
    let source = LdapSource::active_directory(&settings(&lab, None), holder(&tickets), &context);
    signed_in(source, &context).unwrap();
}

#[test]
fn each_failure_has_its_cure() {
    let lab = lab();
    let folder = tempfile::tempdir().unwrap();
    let tickets = readers_ticket(&folder);
    let error = |server: &str, tickets: &TicketSource| -> Error {
        let settings = DirectorySettings { server: vec![server.into()], ..settings(&lab, None) };
        let context = context().0;
        refusal(signed_in(LdapSource::active_directory(&settings, holder(tickets), &context), &context))
    };
    let cache = |text: String| TicketSource { credential_cache: Some(text), ..TicketSource::default() };
    let file = |name: &str| folder.path().join(name);
    fs::write(file("no-keytab"), "text").unwrap();
    fs::write(file("no-cache"), "text").unwrap();
    let readers = lab.directory.join("reader.keytab");
    for (name, error, id, cure) in [
        (
            "no ticket",
            error("localhost", &cache(format!("FILE:{}", file("none").display()))),
            ErrorId::KerberosTicketMissing,
            "kinit",
        ),
        (
            "a broken cache",
            error("localhost", &cache(format!("FILE:{}", file("no-cache").display()))),
            ErrorId::KerberosTicketMissing,
            "kinit",
        ),
        (
            "no keytab",
            error("localhost", &keytab(&file("none"), None)),
            ErrorId::KerberosTicketMissing,
            "-KeytabPath",
        ),
        (
            "a broken keytab",
            error("localhost", &keytab(&file("no-keytab"), None)),
            ErrorId::KerberosTicketMissing,
            "-KeytabPath",
        ),
        (
            "somebody else's keytab",
            error("localhost", &keytab(&readers, Some("nobody@CONTOSO.TEST"))),
            ErrorId::KerberosTicketMissing,
            "-KeytabPrincipal",
        ),
        (
            "a server that Kerberos does not know",
            error("127.0.0.1", &tickets),
            ErrorId::KerberosServerUnknown,
            "setspn -Q ldap/127.0.0.1",
        ),
        (
            "a realm that nobody serves",
            error("localhost", &keytab(&readers, Some("reader@NOWHERE.TEST"))),
            ErrorId::KerberosTicketMissing,
            "-KeytabPrincipal",
        ),
    ] {
        assert_eq!(error.id, id, "{name}: {error:?}");
        assert!(error.advice.contains(cure), "{name}: {error:?}");
        // The library's own words stand beside ours.
        assert!(error.native.unwrap().text.is_some(), "{name}");
    }
}

#[test]
fn a_sealed_connection_is_written_through_and_names_who_signed_in() {
    let lab = lab();
    let (context, _) = context();
    let folder = tempfile::tempdir().unwrap();
    let tickets = ticket(folder.path(), "writer@CONTOSO.TEST", lab.password("writer"));
    let directory = settings(&lab, None);
    let settings = ActiveDirectorySettings { quiet_period: 0, ..ActiveDirectorySettings::of(directory) };
    let mut target = ActiveDirectoryTarget::new(&settings, holder(&tickets), &context).unwrap();
    let refused = target.check_writable(&context).unwrap_err();
    assert_eq!(refused.id, ErrorId::DirectoryRefused);
    assert!(refused.message.starts_with("'writer@CONTOSO.TEST' may not write"), "{refused}");
    let writable = DirectorySettings {
        search_base: vec![format!("OU=Writable,{DOMAIN}")],
        ..settings.directory.clone()
    };
    let settings = ActiveDirectorySettings { directory: writable, ..settings };
    let mut target = ActiveDirectoryTarget::new(&settings, holder(&tickets), &context).unwrap();
    target.check_writable(&context).unwrap();
}

/// Set for the process whose Kerberos is hidden.
const HIDDEN: &str = "SMIME_SYNC_WITHOUT_KERBEROS";

#[test]
fn without_a_kerberos_library_everything_else_works() {
    let lab = lab();
    if std::env::var_os(HIDDEN).is_none() {
        // In a view of the file system of its own the library is an empty file.
        let test = again(module_path!(), "without_a_kerberos_library_everything_else_works");
        let hide = "for library in /usr/lib/*/libgssapi_krb5.so.2; do mount --bind /dev/null \"$library\"; done; exec \"$@\"";
        let status = Command::new("unshare")
            .args(["--mount", "sh", "-ec", hide, "sh"])
            .arg(test.get_program())
            .args(test.get_args())
            .env(HIDDEN, "1")
            .status();
        assert!(status.expect("util-linux is installed").success());
        return;
    }
    let (context, _) = context();
    let mut source = lab.connect(&settings(&lab, None), READER, &context).unwrap();
    assert_eq!(all(&mut source).len(), COUNT);
    let account = holder(&TicketSource::default());
    let source = LdapSource::active_directory(&settings(&lab, None), account, &context);
    let error = refusal(signed_in(source, &context));
    assert_eq!(error.id, ErrorId::KerberosUnavailable, "{error:?}");
    assert!(error.advice.contains("libgssapi-krb5-2"), "{error:?}");
}

//! Accounts that may write, and accounts that may not.

use smime_sync::{
    error::ErrorId,
    profile::{ActiveDirectorySettings, DirectorySettings},
    targets::Target,
};

use crate::{
    common::{directory::ADMINISTRATOR, events::context},
    people::{READER, Unit, WRITER, certificate, connect},
};

#[test]
fn the_right_to_write_is_found_out_without_writing() {
    let unit = Unit::new("ttp", &[vec![certificate(b"value")]]);
    let (context, _) = context();
    for user in [WRITER, ADMINISTRATOR] {
        connect(&unit.lab, &unit.settings, user, &context).unwrap().check_writable(&context).unwrap();
    }
    for (user, base) in [(READER, unit.dn.as_str()), (WRITER, "OU=Restricted,DC=contoso,DC=test")] {
        let directory =
            DirectorySettings { search_base: vec![base.into()], ..unit.settings.directory.clone() };
        let settings = ActiveDirectorySettings { directory, ..unit.settings.clone() };
        let mut target = connect(&unit.lab, &settings, user, &context).unwrap();
        let error = target.check_writable(&context).unwrap_err();
        assert_eq!(error.id, ErrorId::DirectoryRefused, "{user}");
        let begins =
            format!("'{user}' may not write userCertificate and userSMIMECertificate below '{base}'");
        assert!(error.message.starts_with(&begins), "{error}");
        assert!(error.advice.contains("dsacls"), "{}", error.advice);
    }
}

#[test]
fn an_empty_scope_speaks_against_nobody() {
    let unit = Unit::new("ttpe", &[]);
    let (context, _) = context();
    connect(&unit.lab, &unit.settings, READER, &context).unwrap().check_writable(&context).unwrap();
}

#[test]
fn a_refused_write_is_that_recipients_own_error() {
    let unit = Unit::new("ttpr", &[vec![certificate(b"value")]]);
    let (context, _) = context();
    let people = unit.people(&context);
    let mut target = connect(&unit.lab, &unit.settings, READER, &context).unwrap();
    let current = people[0].found(&mut target, &context);
    let error = people[0].write(&mut target, &current, &[], &context).unwrap_err();
    assert_eq!((error.id, error.native.unwrap().ldap_result), (ErrorId::DirectoryRefused, Some(50)));
    assert!(error.message.starts_with("The server 'localhost' refused to change 'ttpr0@tt.test'"));
    assert_eq!(people[0].found(&mut target, &context).values.len(), 1);
}

#[test]
fn everything_happens_at_the_server_that_is_written_to() {
    let unit = Unit::new("ttps", &[]);
    let (context, _) = context();
    let mut settings = unit.settings.clone();
    settings.directory.server = vec!["dc9.contoso.test".into()];
    let written = ActiveDirectorySettings { write_server: Some("localhost".into()), ..settings.clone() };
    let target = connect(&unit.lab, &written, WRITER, &context).unwrap();
    assert_eq!(target.name(), "Active Directory at 'localhost'");
    let mut elsewhere = connect(&unit.lab, &settings, WRITER, &context).unwrap();
    let elsewhere = elsewhere.check_writable(&context).unwrap_err();
    assert_eq!(elsewhere.id, ErrorId::DirectoryNameUnknown);
}

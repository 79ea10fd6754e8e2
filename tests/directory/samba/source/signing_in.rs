//! Connecting and signing in.

use smime_sync::{
    directory::ldap::LdapSource,
    error::{Error, ErrorId},
    profile::DirectorySettings,
};

use super::objects::{KINDS, READER, lab};
use crate::common::{
    directory::{account, refusal, signed_in},
    events::context,
};

fn connect_error(change: impl FnOnce(&mut DirectorySettings), user: &str, password: &str) -> Error {
    let lab = lab();
    let mut settings = lab.settings(&[KINDS]);
    change(&mut settings);
    let (context, _) = context();
    refusal(signed_in(LdapSource::active_directory(&settings, account(user, password), &context), &context))
}

#[test]
fn a_refused_sign_in_says_why() {
    use ErrorId::*;
    let password = lab().password(READER).to_owned();
    for (user, password, id, text, data) in [
        (READER, "wrong-4711", DirectoryCredentialRejected, "user name or password is wrong", "52e"),
        (
            "nobody@contoso.test",
            "wrong-4711",
            DirectoryCredentialRejected,
            "user name or password is wrong",
            "52e",
        ),
        ("locked@contoso.test", &password, DirectoryAccountLocked, "the account is locked", "775"),
        ("disabled@contoso.test", &password, DirectoryAccountUnusable, "the account is disabled", "533"),
        ("expired@contoso.test", &password, DirectoryAccountUnusable, "the account has expired", "701"),
        (
            "stale@contoso.test",
            &password,
            DirectoryAccountUnusable,
            "the account's password must be changed first",
            "773",
        ),
    ] {
        let error = connect_error(|_| (), user, password);
        assert_eq!(error.id, id, "{user}: {error:?}");
        assert_eq!(error.message, format!("The server 'localhost' refused '{user}': {text}."));
        let native = error.native.clone().unwrap();
        assert_eq!(native.ldap_result, Some(49));
        assert!(native.text.unwrap().contains(&format!("data {data},")), "{user}");
        let shown = serde_json::to_string(&error).unwrap();
        assert!(!shown.contains(password), "the password is shown: {shown}");
    }
}

#[test]
fn every_form_of_user_name_signs_in() {
    let lab = lab();
    let (context, _) = context();
    for user in [READER, "CONTOSO\\reader", "CN=reader,OU=Accounts,DC=contoso,DC=test"] {
        let account = account(user, lab.password(READER));
        let connected =
            signed_in(LdapSource::active_directory(&lab.settings(&[KINDS]), account, &context), &context);
        assert!(connected.is_ok(), "{user}: {:?}", connected.err());
    }
}

#[test]
fn a_search_base_that_is_not_there_is_named() {
    let password = lab().password(READER).to_owned();
    let missing = "OU=Nowhere,DC=contoso,DC=test";
    for (base, text) in [
        (
            missing,
            "The search base 'OU=Nowhere,DC=contoso,DC=test' does not exist, or the account may not see it (server 'localhost').",
        ),
        (
            "no name at all",
            "The search base 'no name at all' is not a distinguished name (server 'localhost').",
        ),
        ("", "A search base is empty."),
    ] {
        let error = connect_error(
            |settings| settings.search_base = vec![KINDS.into(), base.into()],
            READER,
            &password,
        );
        assert_eq!((error.id, error.message.as_str()), (ErrorId::SearchBaseNotFound, text), "{error:?}");
        assert_eq!(error.target.as_deref(), Some(base));
    }
    let other = connect_error(
        |settings| settings.search_base = vec!["DC=fabrikam,DC=test".into()],
        READER,
        &password,
    );
    assert_eq!(other.id, ErrorId::SearchBaseNotFound, "{other:?}");
}

#[test]
fn the_certificate_must_carry_the_servers_name() {
    let password = lab().password(READER).to_owned();
    let error =
        connect_error(|settings| settings.connection.server_certificate_path.clear(), READER, &password);
    assert_eq!(error.id, ErrorId::DirectoryCertificateUntrusted, "{error:?}");
    let by_address = lab();
    let (context, _) = context();
    let mut settings = by_address.settings(&[KINDS]);
    settings.server = vec!["127.0.0.1".into()];
    assert!(by_address.connect(&settings, READER, &context).is_ok());
}

#[test]
fn a_port_of_plain_ldap_is_no_ldaps() {
    let password = lab().password(READER).to_owned();
    let error = connect_error(|settings| settings.port = Some(389), READER, &password);
    assert_eq!(error.id, ErrorId::DirectoryTlsFailed, "{error:?}");
}

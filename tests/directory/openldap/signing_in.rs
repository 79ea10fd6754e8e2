//! Connecting, signing in, and what an account without rights gets.

use smime_sync::{directory::ldap::LdapSource, error::ErrorId};

use super::objects::{PEOPLE, Server, account};
use crate::common::{
    directory::{self, refusal, signed_in},
    events::context,
};

#[test]
fn a_wrong_password_or_name_is_refused_without_showing_it() {
    let server = Server::get();
    let (context, _) = context();
    for (user, password) in [
        (account("reader"), "wrong-4711"),
        (account("nobody"), server.password.as_str()),
        ("not a dn".into(), server.password.as_str()),
    ] {
        let account = directory::account(&user, password);
        let error = refusal(signed_in(
            LdapSource::directory(&server.settings(&[PEOPLE]), account, &context),
            &context,
        ));
        let expected =
            if user == "not a dn" { ErrorId::DirectoryRefused } else { ErrorId::DirectoryCredentialRejected };
        assert_eq!(error.id, expected, "{user}: {error:?}");
        assert!(!serde_json::to_string(&error).unwrap().contains(password), "{user}");
    }
}

#[test]
fn a_search_base_that_the_account_may_not_see_is_not_there() {
    let server = Server::get();
    let (context, _) = context();
    for (user, base) in
        [("stranger", PEOPLE), ("reader", "ou=nowhere,dc=partner,dc=test"), ("reader", "dc=elsewhere")]
    {
        let error = refusal(server.connect(&server.settings(&[base]), user, &context));
        assert_eq!(
            (error.id, error.target.as_deref()),
            (ErrorId::SearchBaseNotFound, Some(base)),
            "{error:?}"
        );
    }
}

#[test]
fn the_servers_certificate_is_checked() {
    let server = Server::get();
    let (context, _) = context();
    let mut settings = server.settings(&[PEOPLE]);
    settings.connection.server_certificate_path.clear();
    let error = refusal(server.connect(&settings, "reader", &context));
    assert_eq!(error.id, ErrorId::DirectoryCertificateUntrusted, "{error:?}");
}

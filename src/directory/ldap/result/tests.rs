use super::*;

fn result(code: u32, text: &str) -> LdapResult {
    LdapResult { code, text: text.into(), referrals: Vec::new() }
}

#[test]
fn active_directory_tells_why_it_refuses_an_account() {
    use ErrorId::*;
    for (data, id, reason) in [
        ("525", DirectoryCredentialRejected, "user name or password is wrong"),
        ("52e", DirectoryCredentialRejected, "user name or password is wrong"),
        ("530", DirectoryAccountUnusable, "the account may not sign in at this time of day"),
        ("531", DirectoryAccountUnusable, "the account may not sign in from this machine"),
        ("532", DirectoryAccountUnusable, "the account's password has expired"),
        ("533", DirectoryAccountUnusable, "the account is disabled"),
        ("569", DirectoryAccountUnusable, "the account has no right to this kind of sign-in"),
        ("701", DirectoryAccountUnusable, "the account has expired"),
        ("773", DirectoryAccountUnusable, "the account's password must be changed first"),
        ("775", DirectoryAccountLocked, "the account is locked"),
    ] {
        let text = format!(
            "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {data}, v2580"
        );
        let error = result(49, &text).check("dc1", Asked::Bind("CONTOSO\\sync")).unwrap_err();
        assert_eq!(error.id, id, "{data}");
        assert_eq!(error.message, format!("The server 'dc1' refused 'CONTOSO\\sync': {reason}."));
        let native = error.native.unwrap();
        assert_eq!((native.ldap_result, native.text), (Some(49), Some(text)));
    }
}

#[test]
fn a_rejection_without_active_directorys_text_is_a_wrong_credential() {
    let error = result(49, "").check("ldap1", Asked::Bind("cn=sync")).unwrap_err();
    assert_eq!(error.id, ErrorId::DirectoryCredentialRejected);
    assert_eq!(error.native.unwrap().text, None);
}

#[test]
fn results_of_searches_have_their_ids() {
    use ErrorId::*;
    for (code, id) in [
        (1, DirectoryRefused),
        (2, DirectoryProtocol),
        (3, DirectoryTimeout),
        (4, DirectoryRefused),
        (8, DirectoryRefused),
        (10, SearchBaseNotFound),
        (11, DirectoryRefused),
        (12, DirectoryRefused),
        (18, FilterInvalid),
        (21, FilterInvalid),
        (32, SearchBaseNotFound),
        (34, SearchBaseNotFound),
        (50, DirectoryRefused),
        (51, DirectoryBusy),
        (52, DirectoryBusy),
        (53, DirectoryRefused),
        (80, DirectoryRefused),
        (4711, DirectoryRefused),
    ] {
        let error = result(code, "why").check("dc1", Asked::Search("DC=x")).unwrap_err();
        assert_eq!((error.id, error.native.unwrap().ldap_result), (id, Some(code)), "{code}");
    }
    assert_eq!(result(0, "").check("dc1", Asked::Search("DC=x")), Ok(()));
}

#[test]
fn results_of_changes_have_their_ids_and_tell_whether_others_would_fare_better() {
    use ErrorId::*;
    for (code, id, one_object) in [
        (1, DirectoryRefused, false),
        (3, DirectoryRefused, true),
        (8, DirectoryRefused, false),
        (10, DirectoryNotWritable, false),
        (11, DirectoryRefused, true),
        (16, ObjectChanged, true),
        (19, DirectoryRefused, true),
        (20, ObjectChanged, true),
        (32, ObjectChanged, true),
        (50, DirectoryRefused, true),
        (51, DirectoryBusy, true),
        (52, DirectoryBusy, false),
        (53, DirectoryRefused, true),
        (4711, DirectoryRefused, true),
    ] {
        let result = result(code, "why");
        let error = result.check("dc1", Asked::Modify("CN=A")).unwrap_err();
        let native = error.native.unwrap();
        assert_eq!((error.id, native.ldap_result), (id, Some(code)), "{code}");
        assert_eq!(native.text.as_deref(), Some("why"));
        assert_eq!(result.concerns_one_object(), one_object, "{code}");
    }
}

#[test]
fn a_server_that_takes_no_changes_names_the_one_that_does() {
    let referrals = vec!["ldap://dc1.contoso.test/CN=A".to_owned()];
    let error = LdapResult { code: 10, text: String::new(), referrals }
        .check("dc3", Asked::Modify("CN=A"))
        .unwrap_err();
    let expected = "The server 'dc3' takes no changes; it refers to 'ldap://dc1.contoso.test/CN=A'.";
    assert_eq!((error.message.as_str(), error.target.as_deref()), (expected, Some("dc3")));
}

#[test]
fn a_referral_names_the_other_server() {
    let referrals = vec!["ldap://child.contoso.test/DC=child".to_owned()];
    let error = LdapResult { code: 10, text: String::new(), referrals }
        .check("dc1", Asked::Search("DC=child"))
        .unwrap_err();
    assert!(error.message.contains("refers to 'ldap://child.contoso.test/DC=child'"), "{error}");
}

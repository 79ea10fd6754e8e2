//! Searching: pages, cut values, early ends.

use ldap3_proto::{
    control::LdapControl,
    proto::{
        LdapExtendedResponse, LdapMsg, LdapOp, LdapResult, LdapResultCode, LdapSearchResultReference,
        LdapSearchScope,
    },
};
use smime_sync::{
    directory::{Presence, Selection, Source, SourceItem},
    error::{Error, ErrorId},
    event::LogLevel,
    profile::DirectorySettings,
};

use super::client::{Trusted, addresses, connect, connect_error, ended, read};
use crate::common::{
    events::context,
    stand_in::{BASE, Reply, directory, done, entry, more, user},
};

#[test]
fn a_search_that_the_server_ends_early_is_an_error_and_no_result() {
    use ErrorId::*;
    let trusted = Trusted::new();
    for (code, id, text) in [
        (
            LdapResultCode::SizeLimitExceeded,
            DirectoryRefused,
            "stopped the search at a limit of its own (LDAP result 4)",
        ),
        (
            LdapResultCode::AdminLimitExceeded,
            DirectoryRefused,
            "stopped the search at a limit of its own (LDAP result 11)",
        ),
        (
            LdapResultCode::TimeLimitExceeded,
            DirectoryTimeout,
            "stopped the search because it took too long (LDAP result 3)",
        ),
        (LdapResultCode::Busy, DirectoryBusy, "is busy (LDAP result 51)"),
        (LdapResultCode::OperationsError, DirectoryRefused, "refused the request (LDAP result 1)"),
        (LdapResultCode::InappropriateMatching, FilterInvalid, "can't apply the filter (LDAP result 18)"),
    ] {
        let (items, ended) = read(&trusted.served(ended(code)), &context().0);
        let error = ended.unwrap_err();
        assert_eq!((error.id, items.len()), (id, 1));
        assert_eq!(error.message, format!("The server 'localhost' {text}. It says: because"));
    }
}

#[test]
fn a_connection_that_breaks_in_the_middle_is_an_error() {
    let trusted = Trusted::new();
    let broken = trusted.served(directory(|_, _| Reply::SayAndClose(vec![user(1, &[])])));
    let error = read(&broken, &context().0).1.unwrap_err();
    assert_eq!(error.id, ErrorId::DirectoryUnreachable, "{error:?}");
    assert!(error.message.starts_with("The server 'localhost' ended the connection"), "{error}");

    // RFC 4511, 4.4.1.
    let told = trusted.served(directory(|_, _| {
        let res = LdapResult {
            code: LdapResultCode::Unavailable,
            matcheddn: String::new(),
            message: "going down".into(),
            referral: vec![],
        };
        let name = Some("1.3.6.1.4.1.1466.20036".to_owned());
        let notice = LdapOp::ExtendedResponse(LdapExtendedResponse { res, name, value: None });
        Reply::SayAndClose(vec![user(1, &[]), (notice, vec![])])
    }));
    let error = read(&told, &context().0).1.unwrap_err();
    assert_eq!(error.id, ErrorId::DirectoryBusy, "{error:?}");
    assert!(error.message.ends_with("It says: going down"), "{error}");
}

#[test]
fn pages_are_asked_for_until_the_cookie_is_empty() {
    let trusted = Trusted::new();
    let settings = trusted.served(directory(|_, controls| {
        let [LdapControl::SimplePagedResults { size: 500, cookie }] = controls else {
            panic!("{controls:?}")
        };
        Reply::Say(match cookie.as_slice() {
            b"" => vec![user(1, &[]), user(2, &[]), more(b"\x00\xff")],
            // A page may be empty and still not the last.
            b"\x00\xff" => vec![more(b"last")],
            b"last" => vec![user(3, &[]), more(b"")],
            other => panic!("{other:?}"),
        })
    }));
    let (items, ended) = read(&settings, &context().0);
    assert_eq!(ended, Ok(()));
    assert_eq!(addresses(&items), ["user1@contoso.test", "user2@contoso.test", "user3@contoso.test"]);
}

#[test]
fn values_that_the_server_cuts_off_are_asked_for() {
    let trusted = Trusted::new();
    let settings = trusted.served(directory(|wanted, _| {
        let rest = |name: &str, values: &[&[u8]]| {
            let attributes: &[(&str, &[&[u8]])] = &[(name, values)];
            Reply::Say(vec![entry(&wanted.base, attributes), done(LdapResultCode::Success, "")])
        };
        let cut: &[(&str, &[&[u8]])] = &[
            ("userCertificate", &[]),
            ("userCertificate;range=0-1", &[b"\x30\x01\x09", b"\x30\x01\x01"]),
            ("userSMIMECertificate", &[b"\x30\x80"]),
        ];
        if wanted.scope == LdapSearchScope::Subtree {
            let gone: &[(&str, &[&[u8]])] = &[("userCertificate;range=0-0", &[b"\x30\x00"])];
            return Reply::Say(vec![
                user(1, cut),
                user(2, gone),
                user(3, &[]),
                done(LdapResultCode::Success, ""),
            ]);
        }
        match (wanted.base.starts_with("CN=User 1,"), wanted.attrs[0].as_str()) {
            (true, "objectClass") => Reply::Say(vec![user(1, cut), done(LdapResultCode::Success, "")]),
            (true, "userCertificate;range=2-*") => rest("userCertificate;range=2-2", &[b"\x30\x01\x05"]),
            (true, "userCertificate;range=3-*") => rest("userCertificate;range=3-*", &[b"\x30\x01\x03"]),
            _ => Reply::Say(vec![done(LdapResultCode::NoSuchObject, "gone")]),
        }
    }));
    let (items, ended) = read(&settings, &context().0);
    assert_eq!(ended, Ok(()));
    assert_eq!(
        addresses(&items),
        [
            "user3@contoso.test",
            "user1@contoso.test",
            "The object 'CN=User 2,DC=contoso,DC=test' was skipped: it was deleted or renamed while it was read."
        ]
    );
    let SourceItem::Recipient(whole) = &items[1] else { panic!("{items:?}") };
    let values: Vec<_> = whole.values.iter().map(|value| value.bytes.to_vec()).collect();
    assert_eq!(
        values,
        [vec![0x30, 1, 9], vec![0x30, 1, 1], vec![0x30, 1, 5], vec![0x30, 1, 3], vec![0x30, 0x80]]
    );
}

#[test]
fn one_object_that_makes_no_sense_costs_no_other() {
    let trusted = Trusted::new();
    let settings = trusted.served(directory(|_, _| {
        let nameless = entry(&format!("CN=X,{BASE}"), &[("objectClass", &[b"user"])]);
        Reply::Say(vec![user(1, &[]), nameless, user(2, &[]), done(LdapResultCode::Success, "")])
    }));
    let (items, ended) = read(&settings, &context().0);
    assert_eq!(ended, Ok(()));
    let [SourceItem::Recipient(_), SourceItem::Invalid(error), SourceItem::Recipient(_)] = &items[..] else {
        panic!("{items:?}")
    };
    assert_eq!(
        (error.id, error.target.as_deref()),
        (ErrorId::RecipientInvalid, Some("CN=X,DC=contoso,DC=test"))
    );
}

#[test]
fn a_base_on_another_server_is_an_error_and_a_reference_only_told() {
    let trusted = Trusted::new();
    let settings = trusted.served(directory(|_, _| {
        let uris = vec!["ldap://child.contoso.test/DC=child".to_owned()];
        let reference = (LdapOp::SearchResultReference(LdapSearchResultReference { uris }), vec![]);
        Reply::Say(vec![reference, done(LdapResultCode::Success, "")])
    }));
    let (context, events) = context();
    assert_eq!(read(&settings, &context).1, Ok(()));
    let told = "'DC=contoso,DC=test' also refers to other servers, which are not asked: ldap://child.contoso.test/DC=child";
    assert!(events.logged(LogLevel::Verbose).iter().any(|message| message == told));

    let error = connect_error(&DirectorySettings {
        search_base: vec!["DC=fabrikam,DC=test".into()],
        ..{ trusted.served(directory(|_, _| Reply::Say(vec![done(LdapResultCode::Referral, "")]))) }
    });
    assert_eq!(error.id, ErrorId::SearchBaseNotFound, "{error:?}");
}

#[test]
fn a_base_that_is_not_there_is_named_with_the_servers_own_text() {
    let trusted = Trusted::new();
    for (code, said, native) in [
        (LdapResultCode::NoSuchObject, "0000208D: NameErr: DSID-03100238", Some(32)),
        (LdapResultCode::Success, "", None),
    ] {
        let answer = move |message: &LdapMsg| match &message.op {
            LdapOp::SearchRequest(search) if search.base == "DC=gone,DC=test" => {
                Some(Reply::Say(vec![done(code.clone(), said)]))
            }
            _ => None,
        };
        let usual = directory(|_, _| Reply::Say(vec![done(LdapResultCode::Success, "")]));
        let error = connect_error(&DirectorySettings {
            search_base: vec!["DC=gone,DC=test".into()],
            ..trusted.served(move |message| answer(message).unwrap_or_else(|| usual(message)))
        });
        assert_eq!(error.id, ErrorId::SearchBaseNotFound, "{error:?}");
        assert_eq!(error.native.as_ref().and_then(|native| native.ldap_result), native);
        assert_eq!(error.native.and_then(|native| native.text).unwrap_or_default(), said);
    }
}

#[test]
fn a_read_that_its_caller_ends_leaves_the_connection_usable() {
    let trusted = Trusted::new();
    let settings = trusted.served(directory(|_, controls| {
        if controls.iter().any(|control| matches!(control, LdapControl::ShowDeleted { .. })) {
            let deleted: &[(&str, &[&[u8]])] = &[("isDeleted", &[b"TRUE"])];
            return Reply::Say(vec![user(3, deleted), done(LdapResultCode::Success, "")]);
        }
        Reply::Say(vec![user(1, &[]), user(2, &[]), done(LdapResultCode::Success, "")])
    }));
    let context = context().0;
    let mut source = connect(&settings, &context).unwrap();
    let own = Error::new(ErrorId::DiskFull, "full");
    assert_eq!(source.read(&Selection::All, &context, &mut |_| Err(own.clone())), Err(own));
    let anchors = [[3; 16], [1; 16]].map(|bytes| uuid::Uuid::from_bytes(bytes).to_string());
    let presences = source.look_up(&anchors, &context).unwrap();
    assert!(matches!(&presences[..], [Presence::Deleted, Presence::InScope(_)]), "{presences:?}");
    assert_eq!(source.clock(&context).unwrap().unwrap().rfc3339(), "2026-11-25T12:00:00Z");
}

#[test]
fn an_object_in_scope_that_makes_no_sense_is_not_taken_for_one_that_left_it() {
    let trusted = Trusted::new();
    let settings = trusted.served(directory(|_, _| {
        let broken: &[(&str, &[&[u8]])] = &[("userAccountControl", &[b"many"])];
        Reply::Say(vec![user(1, broken), done(LdapResultCode::Success, "")])
    }));
    let (context, events) = context();
    let mut source = connect(&settings, &context).unwrap();
    let anchor = uuid::Uuid::from_bytes([1; 16]).to_string();
    assert_eq!(source.look_up(&[anchor], &context), Ok(vec![Presence::Unreadable]));
    assert_eq!(events.error_ids(), [ErrorId::RecipientInvalid]);
}

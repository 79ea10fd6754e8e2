use serde_json::json;

use super::*;

fn names(map: serde_json::Value) -> AttributeNames {
    AttributeNames::new(&serde_json::from_value(map).unwrap())
}

/// As 389 Directory Server and others may be named.
fn mapped() -> AttributeNames {
    names(json!({
        "entryUUID": "nsUniqueId", "displayName": "cn", "mail": "mailPrimary", "proxyAddresses": "mail",
        "userCertificate": "certificate", "userSMIMECertificate": "USERSMIMECERTIFICATE"
    }))
}

#[test]
fn attributes_are_asked_for_by_the_directorys_names_each_once() {
    let wanted = [
        "cn",
        "displayName",
        "mail",
        "proxyAddresses",
        "MAIL",
        "userCertificate;binary",
        "objectClass",
        "1.1",
    ];
    let asked = ["cn", "mailPrimary", "mail", "certificate;binary", "objectClass", "1.1"];
    assert_eq!(mapped().asked(&wanted), asked);
    assert_eq!(
        AttributeNames::OURS.asked(&["mail", "userCertificate;binary"]),
        ["mail", "userCertificate;binary"]
    );
}

#[test]
fn what_comes_gets_our_name_and_what_only_has_it_is_left_out() {
    for (came, ours) in [
        ("nsuniqueid", Some("entryUUID")),
        ("mailprimary", Some("mail")),
        ("Mail", Some("proxyAddresses")),
        ("certificate;binary", Some("userCertificate;binary")),
        ("certificate;range=0-1499", Some("userCertificate;range=0-1499")),
        ("userCertificate;binary", None),
        ("usercertificate", None),
        ("entryUUID", None),
        ("userSMIMECertificate;binary", Some("userSMIMECertificate;binary")),
        ("objectClass", Some("objectClass")),
    ] {
        assert_eq!(mapped().received(came).as_deref(), ours, "{came}");
        assert_eq!(AttributeNames::OURS.received(came).as_deref(), Some(came));
    }
}

#[test]
fn a_name_for_itself_is_no_other_name() {
    assert!(names(json!({ "mail": "MAIL" })).are_ours());
    assert!(names(json!({})).are_ours());
    assert!(mapped().has_other("proxyAddresses") && !mapped().has_other("userSMIMECertificate"));
    assert_eq!((mapped().of("mail"), mapped().of("cn")), ("mailPrimary", "cn"));
}

/// The names of the attribute types of a small schema.
fn schema(name: &str) -> Vec<String> {
    const TYPES: [&[&str]; 4] = [
        &["0.9.2342.19200300.100.1.3", "mail", "rfc822Mailbox"],
        &["2.5.4.3", "cn", "commonName"],
        &["1.2.3", "certificate"],
        &["1.2.4", "alternate"],
    ];
    let found = TYPES.into_iter().find(|names| names.iter().any(|one| one.eq_ignore_ascii_case(name)));
    found.unwrap_or_default().iter().map(|one| (*one).to_owned()).collect()
}

#[test]
fn a_server_may_answer_with_any_name_that_its_schema_has() {
    let names =
        names(json!({ "mail": "RFC822MAILBOX", "displayName": "2.5.4.3" })).resolved(Some(&schema)).unwrap();
    assert_eq!(names.asked(&["mail", "displayName"]), ["RFC822MAILBOX", "2.5.4.3"]);
    for (came, ours) in
        [("mail", "mail"), ("rfc822mailbox", "mail"), ("commonName", "displayName"), ("cn", "displayName")]
    {
        assert_eq!(names.received(came).as_deref(), Some(ours), "{came}");
    }
}

#[test]
fn names_that_can_not_be_those_of_the_server_are_told() {
    let none: Option<&NamesOf> = None;
    let own = |text: &str| text.to_owned();
    for (map, schema, error) in [
        (
            json!({ "userCertificate": "certifcate" }),
            Some(&schema as &NamesOf),
            Some(NamesError::Unknown("userCertificate", own("certifcate"))),
        ),
        (json!({ "userCertificate": "certifcate" }), none, None),
        (json!({ "mail": "2.5.4.3" }), none, Some(NamesError::Nameless(own("2.5.4.3")))),
        (
            json!({ "proxyAddresses": "rfc822Mailbox" }),
            Some(&schema),
            Some(NamesError::Same(own("rfc822Mailbox"), own("mail"))),
        ),
        (
            json!({ "mail": "cn", "displayName": "2.5.4.3" }),
            Some(&schema),
            Some(NamesError::Same(own("2.5.4.3"), own("cn"))),
        ),
        (json!({ "proxyAddresses": "rfc822Mailbox", "mail": "alternate" }), Some(&schema), None),
    ] {
        assert_eq!(names(map.clone()).resolved(schema).err(), error, "{map}");
    }
}

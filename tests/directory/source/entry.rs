//! From directory entries to recipients.

use proptest::prelude::*;
use smime_sync::{
    directory::entry::{ATTRIBUTES, AnchorKind, Entry, EntryReader, recipient},
    error::{Error, ErrorId},
    model::{Attribute, Recipient, RecipientKind, Timestamp},
};

const DN: &str = "CN=Alice,OU=People,DC=contoso,DC=test";
const GUID: &[u8] = &[0x78, 0x56, 0x34, 0x12, 0xBC, 0x9A, 0xF0, 0xDE, 1, 2, 3, 4, 5, 6, 7, 8];
const GUID_TEXT: &str = "12345678-9abc-def0-0102-030405060708";

fn entry(attributes: &[(&str, &[u8])]) -> Entry {
    with(Entry::new(DN), attributes)
}

/// `entry` with those attributes besides.
fn with(mut entry: Entry, attributes: &[(&str, &[u8])]) -> Entry {
    for (name, value) in attributes {
        entry.add_attribute(name);
        entry.add_value(value);
    }
    entry
}

/// A person with those attributes besides.
fn person(attributes: &[(&str, &[u8])]) -> Entry {
    let person = entry(&[("objectClass", b"top"), ("objectClass", b"person"), ("objectClass", b"user")]);
    with(person, attributes)
}

fn read(entry: &Entry) -> Recipient {
    recipient(entry, AnchorKind::of(entry)).expect("understood").expect("a recipient")
}

fn refused(entry: &Entry, kind: AnchorKind) -> Error {
    recipient(entry, kind).expect_err("not understood")
}

#[test]
fn every_field_comes_from_its_attribute_whatever_its_case_and_options() {
    let alice = read(&person(&[
        ("OBJECTGUID", GUID),
        ("displayname;lang-en", "Alice Ånderson".as_bytes()),
        ("cn", b"Alice"),
        ("mail", b"Alice@contoso.test"),
        ("proxyAddresses", b"smtp:a.anderson@contoso.test"),
        ("proxyAddresses", b"SMTP:Alice@contoso.test"),
        ("proxyAddresses", b"X500:/o=Contoso/cn=alice"),
        ("userPrincipalName", b"alice@contoso.test"),
        ("sAMAccountName", b"alice"),
        ("whenChanged", b"20261125102600.0Z"),
        ("userAccountControl", b"514"),
        ("userSMIMECertificate;binary", b"three"),
        ("usercertificate;binary", b"one"),
        ("userCertificate;range=1-*", b"two"),
    ]));
    assert_eq!(alice.anchor, GUID_TEXT);
    assert_eq!(alice.distinguished_name, DN);
    assert_eq!(alice.kind, RecipientKind::User);
    assert!(alice.disabled);
    assert_eq!(alice.display_name.as_deref(), Some("Alice Ånderson"));
    assert_eq!(alice.mail.as_deref(), Some("Alice@contoso.test"));
    assert_eq!(alice.proxy_addresses, ["a.anderson@contoso.test", "Alice@contoso.test"]);
    assert_eq!(alice.primary_smtp_address.as_deref(), Some("Alice@contoso.test"));
    assert_eq!(alice.user_principal_name.as_deref(), Some("alice@contoso.test"));
    assert_eq!(alice.sam_account_name.as_deref(), Some("alice"));
    assert_eq!(alice.changed, Timestamp::parse("2026-11-25T10:26:00Z"));
    let values: Vec<_> = alice.values.iter().map(|value| (value.attribute, &*value.bytes)).collect();
    assert_eq!(
        values,
        [
            (Attribute::UserSmimeCertificate, b"three".as_slice()),
            (Attribute::UserCertificate, b"one"),
            (Attribute::UserCertificate, b"two"),
        ]
    );
}

#[test]
fn what_is_absent_or_empty_stays_absent() {
    let alice = read(&person(&[("mail", b""), ("cn", b"Alice"), ("userCertificate", b"")]));
    assert_eq!((alice.mail, alice.display_name.as_deref()), (None, Some("Alice")));
    assert_eq!((alice.changed, alice.disabled, alice.values.len()), (None, false, 0));
}

#[test]
fn the_class_tells_recipients_from_other_objects() {
    let (user, contact) = (Some(RecipientKind::User), Some(RecipientKind::Contact));
    let person = "CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=test";
    let computer = "CN=Computer,CN=Schema,CN=Configuration,DC=contoso,DC=test";
    for (classes, category, expected) in [
        ("top person organizationalPerson user", person, user),
        ("top person organizationalPerson user", "", user),
        ("top Person inetOrgPerson", "", user),
        ("INETORGPERSON", "", user),
        ("top person organizationalPerson contact", person, contact),
        ("top person organizationalPerson user computer", computer, None),
        ("top person organizationalPerson user computer", "", None),
        ("top person organizationalPerson user", computer, None),
        ("top person organizationalPerson user computer msDS-GroupManagedServiceAccount", "", None),
        ("top group", "CN=Group,CN=Schema,CN=Configuration,DC=contoso,DC=test", None),
        ("top organizationalUnit", "", None),
        ("top certificationAuthority", "", None),
        ("top pkiEnrollmentService", "", None),
    ] {
        let mut object = entry(&[("objectCategory", category.as_bytes())]);
        object.add_attribute("objectClass");
        classes.split(' ').for_each(|class| object.add_value(class.as_bytes()));
        let found = recipient(&object, AnchorKind::DistinguishedName).expect("understood");
        assert_eq!(found.map(|r| r.kind), expected, "{classes} {category}");
    }
}

#[test]
fn trust_accounts_and_tombstones_are_no_recipients() {
    for attribute in [("userAccountControl", b"2080".as_slice()), ("isDeleted", b"TRUE")] {
        let found = recipient(&person(&[attribute]), AnchorKind::DistinguishedName).expect("understood");
        assert_eq!(found, None, "{}", attribute.0);
    }
}

#[test]
fn the_type_that_exchange_noted_tells_the_kind() {
    use RecipientKind::*;
    for (details, expected) in [
        ("1", Some(User)),
        ("2", Some(User)),
        ("4", Some(SharedMailbox)),
        ("16", Some(RoomMailbox)),
        ("32", Some(RoomMailbox)),
        ("64", Some(Contact)),
        ("128", Some(MailUser)),
        ("4096", None),
        ("32768", Some(Contact)),
        ("65536", Some(User)),
        ("8388608", None),
        ("536870912", None),
        ("2147483648", Some(User)),
        ("8589934592", Some(RoomMailbox)),
        ("17179869184", Some(RoomMailbox)),
        ("34359738368", Some(SharedMailbox)),
        ("549755813888", None),
        ("9007199254740992", Some(User)),
    ] {
        let object = person(&[("msExchRecipientTypeDetails", details.as_bytes())]);
        let found = recipient(&object, AnchorKind::DistinguishedName).expect("understood");
        assert_eq!(found.map(|r| r.kind), expected, "{details}");
    }
}

#[test]
fn the_primary_address_is_the_one_in_upper_case() {
    for (proxies, primary) in [
        (vec!["smtp:a@x.test", "SMTP:b@x.test", "SMTP:c@x.test"], Some("b@x.test")),
        (vec!["Smtp:a@x.test"], None),
        (vec!["SMTP:", "smtp", "X400:c=US", ""], None),
    ] {
        let attributes: Vec<_> = proxies.iter().map(|p| ("proxyAddresses", p.as_bytes())).collect();
        assert_eq!(read(&person(&attributes)).primary_smtp_address.as_deref(), primary, "{proxies:?}");
    }
}

#[test]
fn further_values_of_mail_are_addresses_too() {
    let alice = read(&person(&[("mail", b"alice@x.test"), ("mail", b"a@x.test")]));
    assert_eq!(alice.mail.as_deref(), Some("alice@x.test"));
    assert_eq!(alice.proxy_addresses, ["a@x.test"]);
}

#[test]
fn mail_to_contacts_and_mail_users_goes_to_their_target_address() {
    let contact: &[(&str, &[u8])] = &[("objectClass", b"contact")];
    let mail_user: &[(&str, &[u8])] = &[("objectClass", b"user"), ("msExchRecipientTypeDetails", b"128")];
    let user: &[(&str, &[u8])] = &[("objectClass", b"user")];
    let remote: &[(&str, &[u8])] = &[("objectClass", b"user"), ("msExchRecipientTypeDetails", b"2147483648")];
    for (class, target, addresses) in [
        (contact, "SMTP:ann@partner.test", vec!["ann@x.test", "ann@partner.test"]),
        (mail_user, "smtp:ann@partner.test", vec!["ann@x.test", "ann@partner.test"]),
        (contact, "ann@partner.test", vec!["ann@x.test", "ann@partner.test"]),
        (contact, "SMTP:ann@x.test", vec!["ann@x.test"]),
        (contact, "X400:c=US;a= ;p=x", vec!["ann@x.test"]),
        (contact, "", vec!["ann@x.test"]),
        // Somebody's forwarding, perhaps to somebody else.
        (user, "SMTP:ann@partner.test", vec!["ann@x.test"]),
        (remote, "SMTP:ann@partner.test", vec!["ann@x.test"]),
    ] {
        let addresses_of = &[("mail", b"ann@x.test".as_slice()), ("targetAddress", target.as_bytes())];
        let ann = read(&with(entry(class), addresses_of));
        assert_eq!((ann.addresses(), ann.primary_address()), (addresses, Some("ann@x.test")), "{target}");
    }
    let only = read(&entry(&[("objectClass", b"contact"), ("targetAddress", b"SMTP:ann@partner.test")]));
    assert_eq!(
        (only.primary_address(), only.addresses()),
        (Some("ann@partner.test"), vec!["ann@partner.test"])
    );
}

#[test]
fn addresses_lose_what_nobody_sees_and_the_source_text_is_kept() {
    let alice = read(&person(&[
        ("mail", b" Alice@x.test\r\n"),
        ("proxyAddresses", "\u{FEFF}SMTP:alice@x.test\u{A0}".as_bytes()),
        ("proxyAddresses", "smtp: a\u{200B}@x.test".as_bytes()),
        ("proxyAddresses", b"smtp:\t"),
        ("proxyAddresses", b"smtp:b@x.test"),
        ("userPrincipalName", "alice@x\u{AD}.test".as_bytes()),
    ]));
    assert_eq!(alice.mail.as_deref(), Some("Alice@x.test"));
    assert_eq!(alice.proxy_addresses, ["alice@x.test", "a@x.test", "b@x.test"]);
    assert_eq!(alice.primary_smtp_address.as_deref(), Some("alice@x.test"));
    assert_eq!(alice.user_principal_name.as_deref(), Some("alice@x.test"));
    assert!(alice.is_named("a@x.test"));
    let untrimmed = [
        " Alice@x.test\r\n",
        "\u{FEFF}SMTP:alice@x.test\u{A0}",
        "smtp: a\u{200B}@x.test",
        "smtp:\t",
        "alice@x\u{AD}.test",
    ];
    assert_eq!(alice.untrimmed, untrimmed);
    assert_eq!(read(&person(&[("mail", b"alice@x.test")])).untrimmed, Vec::<String>::new());
}

#[test]
fn the_anchor_is_the_best_that_there_is() {
    for (attributes, expected) in [
        (vec![("objectGUID", GUID), ("entryUUID", b"ignored")], GUID_TEXT),
        (vec![("objectGUID", b"{12345678-9ABC-DEF0-0102-030405060708}")], GUID_TEXT),
        (vec![("objectGUID", GUID_TEXT.as_bytes())], GUID_TEXT),
        (vec![("entryUUID", b"12345678-9ABC-def0-0102-030405060708")], GUID_TEXT),
        (vec![], DN),
    ] {
        assert_eq!(read(&person(&attributes)).anchor, expected);
    }
}

#[test]
fn the_first_recipient_decides_which_anchor_all_have() {
    let mut entries = EntryReader::default();
    assert_eq!(entries.recipient(&entry(&[("objectClass", b"group")])), Ok(None));
    assert_eq!(entries.kind(), None);
    let first = entries.recipient(&person(&[("entryUUID", GUID_TEXT.as_bytes())]));
    assert!(first.is_ok_and(|found| found.is_some()));
    assert_eq!(entries.kind(), Some(AnchorKind::EntryUuid));
    let error = entries.recipient(&person(&[])).expect_err("no entryUUID");
    assert_eq!(
        error.message,
        format!(
            "The object '{DN}' was skipped: it has no entryUUID, by which the other recipients of this source \
             are known."
        )
    );
}

#[test]
fn an_object_that_can_not_be_understood_is_named_with_the_reason() {
    use AnchorKind::*;
    for (object, kind, reason) in [
        (entry(&[("mail", b"a@x.test")]), DistinguishedName, "has no objectClass"),
        (person(&[]), ObjectGuid, "has no objectGUID"),
        (person(&[("objectGUID", b"short")]), ObjectGuid, "its objectGUID is not a UUID"),
        (person(&[("entryUUID", b"\xFF\xFF")]), EntryUuid, "its entryUUID is not a UUID"),
        (person(&[("mail", b"\xE9@x.test")]), DistinguishedName, "its mail is not UTF-8 text"),
        (person(&[("userPrincipalName", b"\xFF")]), DistinguishedName, "its userPrincipalName is not UTF-8"),
        (person(&[("sAMAccountName", b"\xFF")]), DistinguishedName, "its sAMAccountName is not UTF-8"),
        (person(&[("proxyAddresses", b"smtp:\xFF@x")]), DistinguishedName, "one of its proxyAddresses"),
        (
            person(&[("userAccountControl", b"off")]),
            DistinguishedName,
            "its userAccountControl 'off' is not a",
        ),
        (person(&[("msExchRecipientTypeDetails", b"0x4")]), DistinguishedName, "'0x4' is not a number"),
        (with(Entry::new(""), &[("objectClass", b"person")]), DistinguishedName, "it has no dn"),
    ] {
        let error = refused(&object, kind);
        assert_eq!(error.id, ErrorId::RecipientInvalid);
        assert_eq!(error.target.as_deref(), Some(object.dn.as_str()));
        assert!(error.message.contains(&object.dn) && error.message.contains(reason), "{}", error.message);
    }
}

#[test]
fn broken_text_that_is_only_shown_costs_nobody() {
    let alice = read(&person(&[
        ("displayName", b"Andr\xE9"),
        ("cn", b"Alice"),
        ("proxyAddresses", b"X500:\xFF"),
        ("whenChanged", b"yesterday"),
    ]));
    assert_eq!(alice.display_name.as_deref(), Some("Alice"));
    assert_eq!(alice.changed, None);
}

proptest! {
    #[test]
    fn no_bytes_anywhere_make_it_panic(
        attributes in prop::collection::vec(
            (prop::sample::select(ATTRIBUTES.to_vec()), prop::collection::vec(any::<u8>(), 0..40)), 0..20),
        kind in prop::sample::select(vec![
            AnchorKind::ObjectGuid, AnchorKind::EntryUuid, AnchorKind::DistinguishedName]),
    ) {
        let attributes: Vec<_> = attributes.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        for object in [entry(&attributes), person(&attributes)] {
            if let Err(error) = recipient(&object, kind) {
                prop_assert_eq!(error.id, ErrorId::RecipientInvalid);
            }
        }
    }
}

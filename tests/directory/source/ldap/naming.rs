//! Directories that have other names for attributes: what is asked, and what is made of the answers.

use std::sync::{Arc, Mutex};

use ldap3_proto::proto::{LdapMsg, LdapOp, LdapResultCode, LdapSearchRequest, LdapSearchScope};
use serde_json::{Value as Json, json};
use smime_sync::{
    directory::{Presence, Selection, Since, Source, SourceItem, Told, ldap::LdapSource},
    error::{ErrorId, Result},
    event::Context,
    model::{Attribute, Recipient},
    wildcard::Pattern,
};

use super::client::{PASSWORD, Trusted, USER};
use crate::common::{
    directory::account,
    events::context,
    stand_in::{BASE, Reply, Said, bound, done, entry},
};

type Attributes = &'static [(&'static str, &'static [&'static [u8]])];

const IDS: [&[u8]; 2] = [b"3a1f0c01-1dd211b2-80a6c0a8-01010000", b"3a1f0c02-1dd211b2-80a6c0a8-01010000"];

/// Somebody as such a directory shows her, with what has our names and means something else there.
const ALICE: Attributes = &[
    ("objectClass", &[b"inetOrgPerson"]),
    ("nsuniqueid", &[IDS[0]]),
    ("entryUUID", &[b"00000000-0000-0000-0000-000000000000"]),
    ("cn", &[b"Alice"]),
    ("displayName", &[b"not she"]),
    ("mailPrimary", &[b"alice@partner.test"]),
    ("mail", &[b"noone@partner.test"]),
    (
        "mailAlternateAddress",
        &[b"al@partner.test", b"smtp:a@partner.test", b"SMTP:first@partner.test", b"x400:c=DE"],
    ),
    ("uid", &[b"alice7"]),
    ("certificate", &[b"\x30\x00"]),
    ("userCertificate;binary", &[b"\x30\x01\x09"]),
    ("entryCSN", &[b"20270101000000.000000Z#000000#000#000000"]),
];

/// What the schema shows of it.
const TYPES: &[&[u8]] = &[
    b"( 1.1 NAME 'nsUniqueId' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
    b"( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )",
    b"( 1.2 NAME 'mailPrimary' )",
    b"( 1.3 NAME 'mailAlternateAddress' )",
    b"( 0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) )",
    b"( 1.4 NAME 'certificate' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
    b"( 0.9.2342.19200300.100.1.3 NAME ( 'mail' 'rfc822Mailbox' ) )",
];

fn map() -> Json {
    json!({
        "entryUUID": "nsUniqueId", "displayName": "commonName", "mail": "mailPrimary",
        "proxyAddresses": "mailAlternateAddress", "sAMAccountName": "uid", "userCertificate": "certificate"
    })
}

/// A directory that leaves searches of subtrees, and of single people, to `search`, and keeps what it was asked.
struct Partner {
    trusted: Trusted,
    settings: smime_sync::profile::DirectorySettings,
    asked: Arc<Mutex<Vec<LdapSearchRequest>>>,
}

impl Partner {
    fn new(
        types: &'static [&'static [u8]],
        search: impl Fn(&LdapSearchRequest) -> Vec<Said> + Send + Sync + 'static,
    ) -> Self {
        let (trusted, asked) = (Trusted::new(), Arc::new(Mutex::new(Vec::new())));
        let kept = asked.clone();
        let settings = trusted.served(move |message: &LdapMsg| {
            let LdapOp::SearchRequest(wanted) = &message.op else {
                return Reply::Say(vec![bound(LdapResultCode::Success, "")]);
            };
            let is_base = wanted.scope == LdapSearchScope::Base;
            let mut found = match (is_base, wanted.base.as_str()) {
                (true, "") => {
                    let subschema: &[&[u8]] = if types.is_empty() { &[] } else { &[b"cn=schema"] };
                    vec![entry(
                        "",
                        &[("namingContexts", &[BASE.as_bytes()]), ("subschemaSubentry", subschema)],
                    )]
                }
                (true, "cn=schema") => vec![entry("cn=schema", &[("attributeTypes", types)])],
                (true, BASE) => vec![entry(BASE, &[("nsUniqueId", &[IDS[1]]), ("entryCSN", &[b"1#2"])])],
                _ => {
                    kept.lock().unwrap().push(wanted.clone());
                    search(wanted)
                }
            };
            found.push(done(LdapResultCode::Success, ""));
            Reply::Say(found)
        });
        Self { trusted, settings, asked }
    }

    /// One that holds Alice alone.
    fn of_alice() -> Self {
        Self::new(TYPES, |_| vec![entry(&dn("Alice"), ALICE)])
    }

    fn source(&self, map: Json, context: &Context) -> LdapSource {
        assert!(self.trusted.ca().exists());
        let source = LdapSource::directory(&self.settings, account(USER, PASSWORD), context).unwrap();
        source.naming(&serde_json::from_value(map).unwrap())
    }

    /// The last search: its filter, and the attributes that it asked for.
    fn last(&self) -> (String, Vec<String>) {
        let asked = self.asked.lock().unwrap();
        let wanted = asked.last().expect("a search");
        (format!("{:?}", wanted.filter), wanted.attrs.clone())
    }
}

fn dn(name: &str) -> String {
    format!("cn={name},{BASE}")
}

fn read(source: &mut LdapSource, selection: &Selection, context: &Context) -> Vec<Result<Recipient>> {
    let mut found = Vec::new();
    let all = source.read(selection, context, &mut |item| {
        found.push(match item {
            SourceItem::Recipient(recipient) => Ok(recipient),
            SourceItem::Invalid(error) => Err(error),
        });
        Ok(())
    });
    all.unwrap();
    found
}

#[test]
fn attributes_are_asked_for_by_the_directorys_names_and_taken_for_ours() {
    let partner = Partner::of_alice();
    let (context, _) = context();
    let found = read(&mut partner.source(map(), &context), &Selection::All, &context);
    let [Ok(alice)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(alice.anchor.as_bytes(), IDS[0]);
    assert_eq!(alice.display_name.as_deref(), Some("Alice"));
    assert_eq!(alice.mail.as_deref(), Some("alice@partner.test"));
    assert_eq!(alice.sam_account_name.as_deref(), Some("alice7"));
    // Bare addresses stand beside those with a type.
    assert_eq!(alice.proxy_addresses, ["al@partner.test", "a@partner.test", "first@partner.test"]);
    assert_eq!(alice.primary_smtp_address.as_deref(), Some("first@partner.test"));
    let values: Vec<_> = alice.values.iter().map(|value| (value.attribute, &*value.bytes)).collect();
    assert_eq!(values, [(Attribute::UserCertificate, &b"\x30\x00"[..])]);
    assert_eq!(alice.binary_option, []);

    let (_, asked) = partner.last();
    for theirs in [
        "nsUniqueId",
        "commonName",
        "mailPrimary",
        "mailAlternateAddress",
        "uid",
        "certificate",
        "certificate;binary",
        "userSMIMECertificate",
    ] {
        assert!(asked.iter().any(|name| name == theirs), "{theirs}: {asked:?}");
    }
    for ours in [
        "entryUUID",
        "displayName",
        "mail",
        "proxyAddresses",
        "sAMAccountName",
        "userCertificate",
        "userCertificate;binary",
    ] {
        assert!(!asked.iter().any(|name| name.eq_ignore_ascii_case(ours)), "{ours}: {asked:?}");
    }
}

#[test]
fn without_a_map_nothing_is_asked_otherwise_and_bare_addresses_are_none() {
    const PLAIN: Attributes = &[
        ("objectClass", &[b"inetOrgPerson"]),
        ("nsUniqueId", &[IDS[0]]),
        ("proxyAddresses", &[b"al@partner.test", b"smtp:a@partner.test"]),
    ];
    let partner = Partner::new(TYPES, |_| vec![entry(&dn("Alice"), PLAIN)]);
    let (context, _) = context();
    for none in [json!({}), json!({ "mail": "Mail" })] {
        let mut source = partner.source(none, &context);
        let found = read(&mut source, &Selection::All, &context);
        let [Ok(alice)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (alice.anchor.as_str(), &alice.proxy_addresses[..]),
            (&*dn("Alice"), &["a@partner.test".to_owned()][..])
        );
        read(&mut source, &Selection::Identities(vec!["a@partner.test".into()]), &context);
        let (filter, asked) = partner.last();
        assert!(filter.contains("mail") && !filter.contains("proxyAddresses"), "{filter}");
        assert!(asked.contains(&"mail".to_owned()), "{asked:?}");
    }
}

#[test]
fn whoever_is_named_is_looked_for_where_the_directory_has_names_and_own_filters_stay() {
    let mut partner = Partner::of_alice();
    partner.settings.filter = Some("(mail=*)".into());
    let (context, _) = context();
    let mut source = partner.source(map(), &context);
    let id = String::from_utf8(IDS[0].to_vec()).unwrap();
    let addresses = &["mailPrimary", "mailAlternateAddress", "uid"][..];
    let named = |name: &str| Selection::Identities(vec![name.to_owned()]);
    for (selection, attributes) in [
        (named("AL@partner.test"), addresses),
        (named("a@partner.test"), addresses),
        (named("alice7"), addresses),
        (named(&id.to_uppercase()), &["nsUniqueId", "3a1f0c01-1dd211b2-80a6c0a8-01010000"]),
        (Selection::Matching(vec![Pattern::parse("al?ce*@partner.test").unwrap()]), addresses),
    ] {
        let found = read(&mut source, &selection, &context);
        assert!(matches!(found.as_slice(), [Ok(_)]), "{selection:?}: {found:?}");
        let (filter, _) = partner.last();
        for attribute in attributes {
            assert!(filter.contains(attribute), "{selection:?}: {filter}");
        }
        assert!(filter.contains("Present(\"mail\")"), "{filter}");
        assert!(!filter.contains("proxyAddresses") && !filter.contains("entryUUID"), "{filter}");
    }
    assert!(
        read(&mut source, &named("noone@partner.test"), &context).is_empty(),
        "that is no address of hers"
    );

    let presences = source.look_up(&[id], &context).unwrap();
    assert!(matches!(presences.as_slice(), [Presence::InScope(_)]), "{presences:?}");
    let (filter, asked) = partner.last();
    assert!(filter.contains("nsUniqueId") && asked[0] == "nsUniqueId", "{filter} {asked:?}");
}

#[test]
fn the_rest_of_cut_values_is_asked_for_by_the_directorys_name() {
    const CUT: Attributes = &[
        ("objectClass", &[b"inetOrgPerson"]),
        ("nsUniqueId", &[IDS[0]]),
        ("certificate", &[]),
        ("certificate;range=0-0", &[b"\x30\x00"]),
    ];
    const REST: Attributes = &[("certificate;range=1-*", &[b"\x30\x01\x01"])];
    const OTHER: Attributes = &[("certificate;range=7-*", &[b"\x30\x01\x01"])];
    for (rest, count, told) in
        [(REST, Some(2), ""), (OTHER, None, "while the values of its certificate from number 1 on were read")]
    {
        let partner = Partner::new(TYPES, move |wanted| match wanted.attrs.as_slice() {
            [one] if one == "certificate;range=1-*" => vec![entry(&wanted.base, rest)],
            _ => vec![entry(&dn("Alice"), CUT)],
        });
        let (context, _) = context();
        let found = read(&mut partner.source(map(), &context), &Selection::All, &context).remove(0);
        match (found, count) {
            (Ok(alice), Some(count)) => assert_eq!(alice.values.len(), count),
            (Err(error), None) => assert!(error.message.contains(told), "{}", error.message),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn errors_name_the_attribute_as_the_directory_does() {
    const PERSON: (&str, &[&[u8]]) = ("objectClass", &[b"person"]);
    const CASES: [(Attributes, &str); 4] = [
        (&[PERSON, ("nsUniqueId", &[b"7"])], "its nsUniqueId is not a UUID"),
        (&[PERSON, ("entryUUID", &[IDS[0]])], "it has no nsUniqueId, by which"),
        (
            &[PERSON, ("nsUniqueId", &[IDS[0]]), ("mailPrimary", &[b"\xff"])],
            "its mailPrimary is not UTF-8 text",
        ),
        (
            &[PERSON, ("nsUniqueId", &[IDS[0]]), ("mailAlternateAddress", &[b"\xff"])],
            "one of its mailAlternateAddress is not UTF-8 text",
        ),
    ];
    for (attributes, told) in CASES {
        let partner = Partner::new(TYPES, move |_| vec![entry(&dn("Alice"), attributes)]);
        let (context, _) = context();
        let mut source = partner.source(map(), &context);
        let found = read(&mut source, &Selection::All, &context).remove(0);
        let error = found.unwrap_err();
        assert!(error.message.contains(told), "{told}: {}", error.message);
        // Whoever is absent may be an object whose identity is gone.
        let is_strange = source.has_strangers(&|_| Ok(false), &context).unwrap();
        assert_eq!(is_strange, told.contains("nsUniqueId"), "{told}");
    }
}

#[test]
fn a_server_that_answers_with_another_name_of_the_attribute_is_understood() {
    const OTHERWISE: Attributes = &[
        ("objectClass", &[b"person"]),
        ("nsUniqueId", &[IDS[0]]),
        ("mail", &[b"alice@partner.test"]),
        ("userid", &[b"alice7"]),
    ];
    let partner = Partner::new(TYPES, |_| vec![entry(&dn("Alice"), OTHERWISE)]);
    let (context, _) = context();
    let map = json!({ "entryUUID": "1.1", "mail": "rfc822Mailbox", "sAMAccountName": "uid" });
    let found = read(&mut partner.source(map, &context), &Selection::All, &context);
    let [Ok(alice)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(alice.mail.as_deref(), Some("alice@partner.test"));
    assert_eq!((alice.sam_account_name.as_deref(), alice.anchor.as_bytes()), (Some("alice7"), IDS[0]));
}

#[test]
fn names_that_the_servers_schema_does_not_have_are_an_error_before_anybody_is_read() {
    let (context, _) = context();
    for (types, map, told) in [
        (
            TYPES,
            json!({ "userCertificate": "certifcate" }),
            Some("has no attribute 'certifcate' in its schema"),
        ),
        (
            TYPES,
            json!({ "proxyAddresses": "rfc822Mailbox" }),
            Some("'rfc822Mailbox' and 'mail' are one attribute"),
        ),
        (&[], json!({ "mail": "0.9.2342.19200300.100.1.3" }), Some("shows no schema")),
        (&[], map(), None),
    ] {
        let partner = Partner::new(types, |_| vec![entry(&dn("Alice"), ALICE)]);
        let signed_in = partner.source(map, &context).sign_in(&context);
        match told {
            None => assert!(signed_in.is_ok(), "{signed_in:?}"),
            Some(told) => {
                let error = signed_in.unwrap_err();
                assert_eq!(error.id, ErrorId::ProfileInvalid, "{error:?}");
                assert!(error.message.contains(told) && error.advice.contains("-AttributeMap"), "{error:?}");
            }
        }
        assert!(partner.asked.lock().unwrap().is_empty());
    }
}

#[test]
fn what_changed_is_told_by_the_directorys_own_identity() {
    let partner = Partner::of_alice();
    let (context, _) = context();
    let mut source = partner.source(map(), &context);
    let mark = source.mark(&context).unwrap().expect("stamps are shown");
    let mut told = Vec::new();
    let since = source.changes(&mark, false, &context, &mut |one| {
        told.push(one);
        Ok(())
    });
    assert!(matches!(since, Ok(Since::Told { shows_all: true, .. })), "{since:?}");
    let [Told::There(anchor, Some(_))] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(anchor.as_bytes(), IDS[0]);
    assert_eq!(partner.last().1, ["nsUniqueId", "entryCSN"]);
}

#[test]
fn changes_are_to_name_the_attribute_as_the_directory_does() {
    let (context, _) = context();
    for (types, map, certificate) in [
        (TYPES, map(), "certificate"),
        // Where nobody knows, plain bytes.
        (&[], map(), "certificate"),
        (TYPES, json!({ "mail": "mailPrimary" }), "userCertificate;binary"),
    ] {
        let partner = Partner::new(types, |_| vec![entry(&dn("Alice"), ALICE)]);
        let form = partner.source(map, &context).change_form(&context).unwrap();
        assert_eq!(form.description(Attribute::UserCertificate), certificate);
        assert_eq!(form.description(Attribute::UserSmimeCertificate), "userSMIMECertificate");
        assert_eq!(form.whole, [Attribute::UserSmimeCertificate]);
    }
}

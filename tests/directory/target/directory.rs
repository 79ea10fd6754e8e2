//! What the target Directory makes of servers that answer in ways that real ones do on bad days.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ldap3_proto::proto::{
    LdapModifyRequest, LdapModifyType, LdapMsg, LdapOp, LdapResult, LdapResultCode, LdapSearchScope,
};
use smime_sync::{
    error::{ErrorId, Result},
    model::{Attribute, Exclusion, RecipientRecord, Value},
    profile::DirectoryTargetSettings,
    targets::{Match, Target, TargetQuery, TargetRecipient, TargetWrite, directory::DirectoryTarget},
};

use crate::common::{
    certificates::alice,
    directory::account,
    events::context,
    stand_in::{Authority, BASE, Reply, Said, directory, done, entry, serve},
};

const UUID: &str = "11111111-2222-3333-4444-555555555555";

/// A directory whose people are these, and which answers changes with these results, one after the other.
struct Server {
    settings: DirectoryTargetSettings,
    changes: Arc<Mutex<Vec<LdapModifyRequest>>>,
    _folder: tempfile::TempDir,
}

/// One of its people: the name, the addresses, and values with the names of their attributes.
type Person = (&'static str, &'static [&'static [u8]], &'static [(&'static str, &'static [&'static [u8]])]);

/// What its root DSE shows.
type Root = &'static [(&'static str, &'static [&'static [u8]])];

impl Server {
    fn new(people: &'static [Person], root: Root, results: &'static [LdapResultCode]) -> Self {
        let (authority, folder) = (Authority::new("Server CA"), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
        let others = directory(move |_, _| {
            let mut found: Vec<Said> = (0..).zip(people).map(|(number, one)| person(number, one)).collect();
            found.push(done(LdapResultCode::Success, ""));
            Reply::Say(found)
        });
        let changes = Arc::new(Mutex::new(Vec::new()));
        let (kept, count) = (changes.clone(), AtomicUsize::new(0));
        let port = serve(&authority.good(), move |message: &LdapMsg| match &message.op {
            LdapOp::ModifyRequest(request) => {
                kept.lock().unwrap().push(request.clone());
                let code = results.get(count.fetch_add(1, Ordering::SeqCst)).cloned();
                let (code, referral) = (code.unwrap_or(LdapResultCode::Success), Vec::new());
                let result =
                    LdapResult { code, matcheddn: String::new(), message: "because".into(), referral };
                Reply::Say(vec![(LdapOp::ModifyResponse(result), vec![])])
            }
            LdapOp::SearchRequest(wanted) if wanted.scope == LdapSearchScope::Base && wanted.base == BASE => {
                let base = entry(BASE, &[("entryUUID", &[UUID.as_bytes()])]);
                Reply::Say(vec![base, done(LdapResultCode::Success, "")])
            }
            LdapOp::SearchRequest(wanted)
                if wanted.scope == LdapSearchScope::Base && wanted.base.is_empty() =>
            {
                let naming: &[&[u8]] = &[BASE.as_bytes()];
                let mut all: Vec<(&str, &[&[u8]])> = vec![("defaultNamingContext", naming)];
                all.extend(root);
                Reply::Say(vec![entry("", &all), done(LdapResultCode::Success, "")])
            }
            LdapOp::SearchRequest(wanted) if wanted.scope == LdapSearchScope::Base => {
                let types: &[&[u8]] = &[b"( 2.5.4.36 NAME 'userCertificate' )"];
                Reply::Say(vec![entry("", &[("attributeTypes", types)]), done(LdapResultCode::Success, "")])
            }
            _ => others(message),
        });
        let settings = DirectoryTargetSettings {
            target_port: Some(port),
            target_timeout: Some(5),
            target_server_certificate_path: vec![folder.path().join("ca.pem")],
            ..DirectoryTargetSettings::new("localhost", vec![BASE.to_owned()])
        };
        Self { settings, changes, _folder: folder }
    }

    fn connect(&self) -> DirectoryTarget {
        DirectoryTarget::new(&self.settings, account("cn=sync", "pass"), &context().0).unwrap()
    }
}

fn person(number: u8, (name, addresses, values): &Person) -> Said {
    let uuid = format!("11111111-2222-3333-4444-{number:012}");
    let (uuid, guid): (&[&[u8]], &[&[u8]]) = (&[uuid.as_bytes()], &[&[number; 16]]);
    let mut all: Vec<(&str, &[&[u8]])> = vec![
        ("objectClass", &[b"inetOrgPerson"]),
        ("entryUUID", uuid),
        ("objectGUID", guid),
        ("mail", *addresses),
    ];
    all.extend(*values);
    entry(name, &all)
}

const ALICE: Person = (
    "cn=Alice,DC=contoso,DC=test",
    &[b"alice@contoso.test"],
    &[("userCertificate;binary", &[b"old", b"theirs"]), ("userSMIMECertificate", &[b"smime"])],
);

/// A root DSE that leads to a schema, in which `userCertificate` has no equality rule, and `userSMIMECertificate` is
/// missing.
const SCHEMA: Root = &[("subschemaSubentry", &[b"cn=Subschema"])];

fn record() -> RecipientRecord {
    RecipientRecord::of(&alice())
}

fn read(target: &mut DirectoryTarget, link: Option<&str>) -> Result<Match> {
    let record = record();
    let query = TargetQuery { link, ..TargetQuery::of("source", &record) };
    target.read(&[query], &context().0).unwrap().remove(0)
}

fn value(bytes: &[u8]) -> Value {
    Value::new(Attribute::UserCertificate, bytes)
}

/// Takes `old` out and puts `new` in, as it was read; how that ended.
fn exchange(target: &mut DirectoryTarget, current: TargetRecipient) -> Result<String> {
    let record = record();
    let mut values: Vec<Value> =
        current.values.iter().filter(|one| **one != value(b"old")).cloned().collect();
    values.insert(0, value(b"new"));
    let write = TargetWrite {
        query: TargetQuery::of("source", &record),
        current: Some(current),
        values,
        unseen: Vec::new(),
    };
    target.write(&[write], &context().0).unwrap().remove(0)
}

fn one(matched: Result<Match>) -> TargetRecipient {
    match matched {
        Ok(Match::One(found)) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn exact_values_go_and_come_under_the_names_that_the_server_gives_them() {
    let server = Server::new(&[ALICE], &[], &[]);
    let mut target = server.connect();
    let found = one(read(&mut target, None));
    assert_eq!(found.values.len(), 3);
    let key = found.key.clone();
    assert_eq!(exchange(&mut target, found), Ok(key));
    let changes = server.changes.lock().unwrap();
    let [request] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(request.dn, ALICE.0);
    let parts: Vec<_> = request
        .changes
        .iter()
        .map(|change| (change.modification.atype.as_str(), change.modification.vals.clone()))
        .collect();
    let expected = [
        ("userCertificate;binary", vec![b"old".to_vec()]),
        ("userCertificate;binary", vec![b"new".to_vec()]),
    ];
    assert_eq!(parts, expected);
}

#[test]
fn where_the_schema_has_no_equality_rule_all_values_that_were_read_are_replaced() {
    const NONE: Person = ("cn=Alice,DC=contoso,DC=test", &[b"alice@contoso.test"], &[]);
    let (new, theirs) = (b"new".to_vec(), b"theirs".to_vec());
    for (person, operation, values) in [
        (&[ALICE], LdapModifyType::Replace, vec![new.clone(), theirs]),
        // Nobody knows whether there are values that this account may not read.
        (&[NONE], LdapModifyType::Add, vec![new]),
    ] {
        let server = Server::new(person, SCHEMA, &[]);
        let mut target = server.connect();
        let found = one(read(&mut target, None));
        exchange(&mut target, found).unwrap();
        let changes = server.changes.lock().unwrap();
        let [part] = changes[0].changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!((&part.operation, &part.modification.vals), (&operation, &values));
    }
}

#[test]
fn an_active_directory_is_known_by_what_it_says_and_its_objects_by_their_guid() {
    const ROOT: Root = &[("supportedCapabilities", &[b"1.2.840.113556.1.4.800"])];
    const USER: Person = (
        "CN=Alice,DC=contoso,DC=test",
        &[b"alice@contoso.test"],
        &[("objectClass", &[b"user"]), ("userCertificate", &[b"old"])],
    );
    let server = Server::new(&[USER], ROOT, &[]);
    let mut target = server.connect();
    let found = one(read(&mut target, None));
    exchange(&mut target, found).unwrap();
    let changes = server.changes.lock().unwrap();
    assert_eq!(changes[0].dn, "<GUID=00000000-0000-0000-0000-000000000000>");
    assert!(changes[0].changes.iter().all(|change| change.modification.atype == "userCertificate"));
}

#[test]
fn where_the_target_has_other_names_those_are_written() {
    const ALIAS: Person = (
        "cn=Alias,DC=contoso,DC=test",
        &[b"other@contoso.test"],
        &[
            ("mailAlias", &[b"alice@contoso.test"]),
            ("certificate", &[b"old", b"theirs"]),
            ("userCertificate;binary", &[b"not these"]),
        ],
    );
    use LdapResultCode::{InsufficentAccessRights, Success};
    let mut server = Server::new(&[ALIAS], &[], &[Success, InsufficentAccessRights]);
    let map = serde_json::json!({ "userCertificate": "certificate", "proxyAddresses": "mailAlias" });
    server.settings.target_attribute_map = serde_json::from_value(map).unwrap();
    let mut target = server.connect();
    let found = one(read(&mut target, None));
    assert_eq!(found.values, [value(b"old"), value(b"theirs")]);
    exchange(&mut target, found.clone()).unwrap();
    let refused = exchange(&mut target, found).unwrap_err();
    assert!(refused.advice.contains("to write certificate and userSMIMECertificate of"), "{refused:?}");
    let changes = server.changes.lock().unwrap();
    let parts: Vec<_> = changes[0].changes.iter().map(|change| &change.modification).collect();
    let [went, came] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!((went.atype.as_str(), &went.vals), ("certificate", &vec![b"old".to_vec()]));
    assert_eq!((came.atype.as_str(), &came.vals), ("certificate", &vec![b"new".to_vec()]));
}

#[test]
fn an_active_directory_has_no_other_names() {
    const ROOT: Root = &[("supportedCapabilities", &[b"1.2.840.113556.1.4.800"])];
    let mut server = Server::new(&[ALICE], ROOT, &[]);
    let map = serde_json::json!({ "userCertificate": "certificate" });
    server.settings.target_attribute_map = serde_json::from_value(map).unwrap();
    let error = server.connect().check_writable(&context().0).unwrap_err();
    assert_eq!(error.id, ErrorId::ProfileInvalid);
    assert!(error.advice.contains("-TargetAttributeMap"), "{error:?}");
}

#[test]
fn a_concurrent_change_is_read_again_and_one_that_took_our_value_away_is_left() {
    use LdapResultCode::{AttributeOrValueExists, NoSuchAttribute};
    for (results, ended, requests) in [
        (&[NoSuchAttribute][..], None, 2),
        (&[AttributeOrValueExists, NoSuchAttribute], None, 3),
        (
            &[NoSuchAttribute, NoSuchAttribute, NoSuchAttribute, NoSuchAttribute],
            Some(ErrorId::ObjectChanged),
            4,
        ),
        (&[LdapResultCode::InsufficentAccessRights], Some(ErrorId::DirectoryRefused), 1),
        (&[LdapResultCode::ObjectClassViolation], Some(ErrorId::DirectoryRefused), 1),
    ] {
        let server = Server::new(&[ALICE], &[], results);
        let mut target = server.connect();
        let found = one(read(&mut target, None));
        let written = exchange(&mut target, found);
        assert_eq!(written.err().map(|error| error.id), ended, "{results:?}");
        assert_eq!(server.changes.lock().unwrap().len(), requests, "{results:?}");
    }
}

#[test]
fn who_it_is_the_link_tells_and_then_the_address() {
    const OTHER: Person = ("cn=Other,DC=contoso,DC=test", &[b"other@contoso.test"], &[]);
    const TWIN: Person = ("cn=Twin,DC=contoso,DC=test", &[b"alice@contoso.test"], &[]);
    const BROKEN: Person = ("cn=Broken,DC=contoso,DC=test", &[b"\xff"], &[]);
    let gone = "11111111-2222-3333-4444-000000000009";
    let server = Server::new(&[ALICE, OTHER], &[], &[]);
    assert_ne!(one(read(&mut server.connect(), Some(gone))).key, gone, "another one has the address");

    let server = Server::new(&[OTHER], &[], &[]);
    let matched = read(&mut server.connect(), None);
    assert_eq!(matched, Ok(Match::Excluded(Exclusion::NotFound, None)));

    let server = Server::new(&[ALICE, TWIN], &[], &[]);
    let Ok(Match::Ambiguous(why)) = read(&mut server.connect(), None) else { panic!("one of two") };
    assert!(why.contains("cn=Alice") && why.contains("cn=Twin"), "{why}");

    for people in [&[OTHER, BROKEN], &[ALICE, BROKEN]] {
        let server = Server::new(people, &[], &[]);
        let error = read(&mut server.connect(), None).unwrap_err();
        assert_eq!(error.id, ErrorId::RecipientInvalid, "it may be this one");
    }
}

#[test]
fn a_link_holds_while_its_object_has_the_address_or_nobody_else_has_it() {
    const FORMER: Person = ("cn=Former,DC=contoso,DC=test", &[b"former@contoso.test"], &[]);
    let link = "11111111-2222-3333-4444-000000000000";
    for (what, people, renamed) in [
        ("it has the address", &[ALICE][..], false),
        ("it has another one, and nobody else has this", &[FORMER], false),
        ("another one has the address", &[FORMER, ALICE], true),
    ] {
        let server = Server::new(people, &[], &[]);
        match read(&mut server.connect(), Some(link)) {
            Ok(Match::One(found)) if !renamed => assert_eq!(found.key, link, "{what}"),
            Ok(Match::Renamed(found)) if renamed => {
                assert_eq!((found.recipient.key.as_str(), found.now.as_str()), (link, "former@contoso.test"));
                assert!(found.taken, "{what}");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn a_schema_without_the_attributes_is_found_out_without_writing() {
    let server = Server::new(&[ALICE], SCHEMA, &[]);
    let error = server.connect().check_writable(&context().0).unwrap_err();
    assert_eq!(error.id, ErrorId::DirectoryNotWritable);
    assert!(error.message.ends_with("has no attribute userSMIMECertificate in its schema."), "{error}");
    let server = Server::new(&[ALICE], &[], &[]);
    server.connect().check_writable(&context().0).unwrap();
    assert!(server.changes.lock().unwrap().is_empty());
    let mut server = Server::new(&[ALICE], SCHEMA, &[]);
    let map = serde_json::json!({ "userCertificate": "certificate" });
    server.settings.target_attribute_map = serde_json::from_value(map).unwrap();
    let error = server.connect().check_writable(&context().0).unwrap_err();
    assert!(error.message.ends_with("has no attribute certificate in its schema."), "{error}");
    assert!(error.advice.contains("-TargetAttributeMap"), "{error:?}");
}

//! Reading recipients.

use std::collections::HashSet;

use smime_sync::{
    directory::{Selection, Source},
    error::ErrorId,
    model::{Attribute, Recipient, RecipientKind},
};

use super::objects::{CHANGING, MANY, MANY_COUNT, PEOPLE, SUFFIX, Server, certificate, signed_data};
use crate::common::{directory::read, events::context};

fn recipients(bases: &[&str], filter: Option<&str>, user: &str) -> Vec<Recipient> {
    let server = Server::get();
    let (context, _) = context();
    let mut settings = server.settings(bases);
    settings.filter = filter.map(str::to_owned);
    let mut source = server.connect(&settings, user, &context).unwrap();
    read(&mut source, &Selection::All, &context).unwrap()
}

#[test]
fn people_are_read_and_nothing_else() {
    let found = recipients(&[PEOPLE], None, "reader");
    let names: HashSet<_> = found.iter().map(|r| r.distinguished_name.as_str()).collect();
    let odd = format!(r"cn=Person\2C (Odd)*,{PEOPLE}");
    assert_eq!(names, HashSet::from([format!("cn=Alice,{PEOPLE}").as_str(), odd.as_str()]));
}

#[test]
fn a_recipient_has_all_that_the_directory_says_of_it() {
    let shown = Server::get()
        .tool("ldapsearch", &["-LLL", "-b", PEOPLE, "(cn=Alice)", "entryUUID"], "")
        .expect("read");
    let uuid = shown.lines().find_map(|line| line.strip_prefix("entryUUID: ")).expect("an entryUUID");
    let found = recipients(&[PEOPLE], Some("(displayName=Alice*)"), "reader");
    let [alice] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((alice.anchor.as_str(), alice.kind), (uuid, RecipientKind::User));
    assert_eq!(alice.display_name.as_deref(), Some("Alice Ä"));
    assert_eq!(alice.mail.as_deref(), Some("Alice@partner.test"));
    assert_eq!(alice.proxy_addresses, ["a.second@partner.test"]);
    assert!(!alice.disabled);
}

/// OpenLDAP has `userCertificate` only with the option `binary`, and `userSMIMECertificate` only without; each comes once
/// though it is asked for both ways.
#[test]
fn certificates_are_read_in_their_binary_form() {
    let found = recipients(&[PEOPLE], Some("(cn=Alice)"), "reader");
    let values: HashSet<_> = found[0].values.iter().map(|v| (v.attribute, v.bytes.to_vec())).collect();
    let expected = HashSet::from([
        (Attribute::UserCertificate, certificate("alice@partner.test")),
        (Attribute::UserCertificate, certificate("a.second@partner.test")),
        (Attribute::UserSmimeCertificate, signed_data("alice@partner.test")),
    ]);
    assert_eq!((values, found[0].values.len()), (expected, 3));
}

#[test]
fn more_entries_than_a_page_are_read_each_once() {
    let found = recipients(&[MANY], None, "reader");
    let anchors: HashSet<_> = found.iter().map(|r| &r.anchor).collect();
    assert_eq!((found.len(), anchors.len()), (MANY_COUNT, MANY_COUNT));
    assert!(found.iter().all(|r| r.values.len() == 1));
}

#[test]
fn a_part_of_the_entries_is_not_taken_for_all() {
    let server = Server::get();
    let (context, _) = context();
    let mut source = server.connect(&server.settings(&[MANY]), "limited", &context).unwrap();
    let error = source.read(&Selection::All, &context, &mut |_| Ok(())).unwrap_err();
    assert_eq!(error.id, ErrorId::DirectoryRefused, "{error:?}");
    assert_eq!(error.native.and_then(|native| native.ldap_result), Some(4));
    assert!(error.advice.contains("limit"), "{}", error.advice);
}

#[test]
fn a_base_within_another_one_gives_nobody_twice() {
    let found = recipients(&[PEOPLE, SUFFIX, CHANGING], Some("(cn=Alice)"), "reader");
    assert_eq!(found.len(), 1);
}

#[test]
fn identities_name_single_recipients() {
    let server = Server::get();
    let (context, _) = context();
    let mut source = server.connect(&server.settings(&[PEOPLE, MANY]), "reader", &context).unwrap();
    let alice = recipients(&[PEOPLE], Some("(cn=Alice)"), "reader").remove(0);
    let dn = format!("CN=alice,{PEOPLE}");
    for (identity, expected) in [
        ("ALICE@partner.test", &["Alice@partner.test"][..]),
        ("A.Second@partner.test", &["Alice@partner.test"]),
        (&alice.anchor.to_uppercase(), &["Alice@partner.test"]),
        (&dn, &["Alice@partner.test"]),
        (&format!("cn=p7,{MANY}"), &["p7@many.test"]),
        ("*@partner.test", &[]),
        ("nobody@partner.test", &[]),
        ("no dn=at all", &[]),
    ] {
        let selection = Selection::Identities(vec![identity.to_owned()]);
        let found = read(&mut source, &selection, &context).unwrap();
        let labels: Vec<_> = found.iter().map(Recipient::label).collect();
        assert_eq!(labels, expected, "{identity}");
    }
    let twice = Selection::Identities(vec![dn, alice.anchor]);
    assert_eq!(read(&mut source, &twice, &context).unwrap().len(), 1);
}

#[test]
fn without_the_right_to_read_values_recipients_come_without_them() {
    let found = recipients(&[PEOPLE], None, "blind");
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|r| r.values.is_empty()));
}

#[test]
fn the_server_has_no_clock() {
    let server = Server::get();
    let (context, _) = context();
    let mut source = server.connect(&server.settings(&[PEOPLE]), "reader", &context).unwrap();
    assert_eq!(source.clock(&context), Ok(None));
}

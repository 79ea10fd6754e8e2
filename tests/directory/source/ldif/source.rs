//! A file as a source of recipients.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use smime_sync::{
    directory::{Presence, Selection, Source, SourceItem, csv::CsvSource, ldif::LdifSource},
    error::{Error, ErrorId, Result},
    model::{Recipient, Timestamp},
};

use crate::common::events::context;

/// A file of that content, in a folder that goes with the guard.
pub(super) fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("people.ldif");
    std::fs::write(&path, content).expect("written");
    (folder, path)
}

pub(super) fn items(path: &Path, selection: &Selection) -> (Vec<SourceItem>, Result<()>) {
    let mut items = Vec::new();
    let mut source = LdifSource::open(path).expect("opened");
    let result = source.read(selection, &context().0, &mut |item| {
        items.push(item);
        Ok(())
    });
    (items, result)
}

pub(super) fn recipients(items: &[SourceItem]) -> Vec<&Recipient> {
    let mut recipients = Vec::new();
    for item in items {
        if let SourceItem::Recipient(recipient) = item {
            recipients.push(recipient);
        }
    }
    recipients
}

pub(super) const ALICE: &str = "dn: CN=Alice,DC=contoso,DC=test\nobjectClass: user\nobjectGUID:: AQAAAAAAAAAAAAAAAAAAAA==\n\
                     mail: alice@contoso.test\nsAMAccountName: alice\njpegPhoto:: /9g=\n\n";
pub(super) const BOB: &str = "dn: CN=Bob,DC=contoso,DC=test\nchangetype: add\nobjectClass: contact\n\
                   objectGUID:: AgAAAAAAAAAAAAAAAAAAAA==\nproxyAddresses: SMTP:Bob@partner.test\n\n";
const PRINTER: &str = "dn: CN=PRN1,DC=contoso,DC=test\nobjectClass: user\nobjectClass: computer\n\
                       objectGUID:: AwAAAAAAAAAAAAAAAAAAAA==\nuserCertificate:: MAA=\n\n";
const BROKEN: &str = "dn: CN=Broken,DC=contoso,DC=test\nobjectClass: user\nmail: broken@contoso.test\n\n";

#[test]
fn a_file_hands_over_its_recipients_and_names_what_is_broken() {
    let (_folder, path) = file(&[ALICE, PRINTER, BROKEN, BOB].concat());
    let (found, result) = items(&path, &Selection::All);
    assert_eq!(result, Ok(()));
    let labels: Vec<_> = recipients(&found).iter().map(|recipient| recipient.label()).collect();
    assert_eq!(labels, ["alice@contoso.test", "Bob@partner.test"]);
    let SourceItem::Invalid(error) = &found[1] else { panic!("{:?}", found[1]) };
    assert_eq!(error.id, ErrorId::RecipientInvalid);
    assert_eq!(error.target.as_deref(), Some("CN=Broken,DC=contoso,DC=test"));
    assert_eq!(
        error.message,
        format!(
            "The object 'CN=Broken,DC=contoso,DC=test' was skipped: it has no objectGUID, by which the other \
             recipients of this source are known ('{}', line 14).",
            path.display()
        )
    );
}

#[test]
fn identities_select_whom_they_name_in_any_case() {
    let (_folder, path) = file(&[ALICE, BROKEN, BOB].concat());
    for (identity, expected) in [
        ("ALICE@contoso.test", 1),
        ("alice", 1),
        ("bob@PARTNER.test", 1),
        ("cn=bob,dc=contoso,dc=test", 1),
        ("00000002-0000-0000-0000-000000000000", 1),
        ("cn=broken,dc=contoso,dc=test", 0),
        ("nobody@contoso.test", 0),
    ] {
        let (found, result) = items(&path, &Selection::Identities(vec![identity.to_owned()]));
        assert_eq!((result, recipients(&found).len()), (Ok(()), expected), "{identity}");
        assert_eq!(found.len() - expected, usize::from(identity.contains("broken")), "{identity}");
    }
    let both = Selection::Identities(vec!["bob@partner.test".to_owned(), "alice".to_owned()]);
    assert_eq!(recipients(&items(&path, &both).0).len(), 2);
}

#[test]
fn of_two_objects_with_the_same_name_or_identity_both_are_errors_in_any_order() {
    let renamed = ALICE.replace("CN=Alice", "CN=Alicia");
    let reborn = ALICE.replace("AQAA", "BQAA").replace("CN=Alice", "cn=ALICE");
    let unreadable = renamed.replace("mail:", "userAccountControl: x\nmail:");
    for (second, reasons) in [
        (renamed.as_str(), [IDENTITY, IDENTITY]),
        (&reborn, [NAME, NAME]),
        (ALICE, [NAME, NAME]),
        // What can't be used for another reason speaks against the first one, too.
        (&unreadable, [IDENTITY, IDENTITY]),
    ] {
        for text in [[ALICE, second, BOB].concat(), [second, BOB, ALICE].concat()] {
            let (_folder, path) = file(&text);
            let (found, result) = items(&path, &Selection::All);
            let errors: Vec<&Error> = found.iter().filter_map(invalid).collect();
            let labels: Vec<_> = recipients(&found).iter().map(|recipient| recipient.label()).collect();
            assert_eq!((result, labels, errors.len()), (Ok(()), vec!["Bob@partner.test"], 2), "{text}");
            for (error, reason) in errors.iter().zip(reasons) {
                assert_eq!(error.id, ErrorId::RecipientInvalid);
                assert!(error.message.contains(reason) && error.message.contains("line "), "{error}");
            }
            // Either may be anybody's.
            assert_eq!(
                presence(&path, &[1, 2, 9]),
                ["Unreadable", "Bob@partner.test", "Unreadable"],
                "{text}"
            );
        }
    }
}

const IDENTITY: &str = "another one of the file has the same identity '00000001-0000-0000-0000-000000000000'";
const NAME: &str = "another one of the file has the same distinguished name";

pub(super) fn invalid(item: &SourceItem) -> Option<&Error> {
    match item {
        SourceItem::Invalid(error) => Some(error),
        SourceItem::Recipient(_) => None,
    }
}

#[test]
fn of_two_objects_with_one_entry_uuid_or_name_alone_both_are_errors() {
    let uuid = |name: &str, uuid: u8| {
        format!(
            "dn: uid={name},o=x\nobjectClass: person\nentryUUID: 0000000{uuid}-0000-0000-0000-000000000000\n\
             mail: {name}@x.test\n\n"
        )
    };
    let named =
        |name: &str, mail: &str| format!("dn: uid={name},o=x\nobjectClass: person\nmail: {mail}@x.test\n\n");
    for text in [
        [uuid("a", 1), uuid("b", 2), uuid("c", 1)].concat(),
        [named("a", "a"), named("b", "b"), named("A", "c")].concat(),
    ] {
        let (_folder, path) = file(&text);
        let found = items(&path, &Selection::All).0;
        let labels: Vec<_> = recipients(&found).iter().map(|recipient| recipient.label()).collect();
        assert_eq!((labels, found.iter().filter_map(invalid).count()), (vec!["b@x.test"], 2), "{text}");
    }
}

#[test]
fn a_duplicate_is_not_unknown_to_who_asks_for_it() {
    let (_folder, path) = file(&[ALICE, &ALICE.replace("CN=Alice", "CN=Alicia"), BOB].concat());
    let (found, _) = items(&path, &Selection::Identities(vec!["ALICE@contoso.test".into()]));
    let targets: Vec<_> = found.iter().filter_map(invalid).map(|error| error.target.as_deref()).collect();
    assert_eq!(targets, [Some("ALICE@contoso.test"); 2]);
}

#[test]
fn names_that_are_no_uuids_may_be_the_halves_of_others() {
    let broken = |dn: &str| format!("dn: {dn}\nobjectClass: user\nuserAccountControl: x\nmail: a@x.test\n\n");
    let first = "dn: CN=P,DC=x\nobjectClass: user\n\n";
    let known = |anchor: &str| Ok(anchor == "CN=Alice,DC=x");
    for (text, expected) in [
        ([first, &broken("CN=Ali,DC=x")].concat(), true),
        ([first, &broken("CN=Alice,DC=x")].concat(), false),
        ([BOB, &ALICE.replace("mail:", "userAccountControl: x\nmail:")].concat(), false),
        ([BOB, BROKEN].concat(), true),
    ] {
        let (_folder, path) = file(&text);
        let found = LdifSource::open(&path).expect("opened").has_strangers(&known, &context().0);
        assert_eq!(found, Ok(expected), "{text}");
    }
}

/// What a look-up says of the anchors of these numbers.
fn presence(path: &Path, numbers: &[u8]) -> Vec<String> {
    let anchors: Vec<_> = numbers.iter().map(|n| format!("0000000{n}-0000-0000-0000-000000000000")).collect();
    let presences = LdifSource::open(path).expect("opened").look_up(&anchors, &context().0).expect("read");
    let name = |presence: &Presence| match presence {
        Presence::InScope(recipient) => recipient.label().to_owned(),
        other => format!("{other:?}"),
    };
    presences.iter().map(name).collect()
}

#[test]
fn records_that_run_into_each_other_end_the_read_and_give_nobody_the_values_of_another() {
    let merged = format!("{}{BOB}", ALICE.trim_end_matches('\n').to_owned() + "\n");
    let (_folder, path) = file(&merged);
    let (found, result) = items(&path, &Selection::All);
    let error = result.expect_err("two records in one");
    assert_eq!((found.len(), error.id), (0, ErrorId::LdifSyntax));
    let reason = format!("'{}', line 7: 'dn' stands a second time in the record of line 1.", path.display());
    assert_eq!(error.message, reason);
}

#[test]
fn change_records_that_change_no_recipient_are_passed_over() {
    let group = "dn: CN=Big,DC=contoso,DC=test\nchangetype: add\nobjectClass: group\nmember: CN=a\n\n";
    let members = "dn: CN=Big,DC=contoso,DC=test\nchangetype: modify\nadd: member\nmember: CN=b\n-\n\n";
    let address = members.replace("member", "proxyAddresses").replace("CN=Big", "cn=BIG");
    let renamed = "dn: CN=Big,DC=contoso,DC=test\nchangetype: modrdn\nnewrdn: CN=x\ndeleteoldrdn: 1\n\n";
    let photo =
        "dn: CN=Alice,DC=contoso,DC=test\nchangetype: modify\nreplace: jpegPhoto\njpegPhoto:: /9g=\n-\n\n";
    for between in
        [[group, members].concat(), [group, &address, renamed].concat(), photo.to_owned(), members.into()]
    {
        let (_folder, path) = file(&[ALICE, &between, BOB].concat());
        let (found, result) = items(&path, &Selection::All);
        let labels: Vec<_> = recipients(&found).iter().map(|recipient| recipient.label()).collect();
        assert_eq!((result, labels), (Ok(()), vec!["alice@contoso.test", "Bob@partner.test"]), "{between}");
    }
}

#[test]
fn a_change_record_that_may_change_a_recipient_ends_the_read_with_advice() {
    for (change, what) in [
        ("modify\nadd: userCertificate\nuserCertificate:: MAA=\n-\n", "values"),
        ("modify\nreplace: description\ndescription: x\n-\ndelete: USERCERTIFICATE;binary\n-\n", "an option"),
        ("delete\n", "the object"),
        ("modrdn\nnewrdn: CN=b\ndeleteoldrdn: 1\n", "its name"),
    ] {
        let (_folder, path) =
            file(&format!("{ALICE}dn: CN=Alice,DC=contoso,DC=test\nchangetype: {change}\n{BOB}"));
        let error = items(&path, &Selection::All).1.expect_err(what);
        assert_eq!(error.id, ErrorId::LdifUnsupported, "{what}");
        assert!(error.message.contains("line 8: it is a change record of an object"), "{what}: {error}");
        assert!(
            error.advice.contains("ldifde -r") && error.advice.contains("docs/ldif.md"),
            "{}",
            error.advice
        );
    }
}

#[test]
fn a_name_in_latin_1_is_an_error_with_its_line_and_never_shown_otherwise() {
    let latin = ALICE.replace("mail:", "displayName:: SvxyZ2Vu\nmail:");
    let (_folder, path) = file(&[&latin, BOB].concat());
    let (found, result) = items(&path, &Selection::All);
    assert_eq!((result, recipients(&found).len(), found.len()), (Ok(()), 1, 2));
    let SourceItem::Invalid(error) = &found[0] else { panic!("{:?}", found[0]) };
    let reason = format!(
        "The object 'CN=Alice,DC=contoso,DC=test' was skipped: its displayName is not UTF-8 text ('{}', line 1).",
        path.display()
    );
    assert_eq!((error.id, error.message.as_str()), (ErrorId::RecipientInvalid, reason.as_str()));
    assert_eq!(presence(&path, &[1, 2, 9]), ["Unreadable", "Bob@partner.test", "Absent"]);
}

#[test]
fn what_can_not_be_read_is_not_absent() {
    let broken = ALICE.replace("mail:", "userAccountControl: x\nmail:");
    for (text, expected) in [
        ([&broken, BOB].concat(), ["Unreadable", "Bob@partner.test", "Absent"]),
        // Nobody can tell whose record this is.
        ([BOB, BROKEN].concat(), ["Unreadable", "Bob@partner.test", "Unreadable"]),
    ] {
        let (_folder, path) = file(&text);
        assert_eq!(presence(&path, &[1, 2, 9]), expected, "{text}");
    }
}

#[test]
fn looking_up_tells_who_is_in_the_file() {
    let (_folder, path) = file(&[ALICE, PRINTER, BOB].concat());
    let anchor = |n: u8| format!("0000000{n}-0000-0000-0000-000000000000");
    let anchors = [anchor(2), anchor(3), anchor(9), anchor(1), anchor(2)];
    let presence = LdifSource::open(&path).expect("opened").look_up(&anchors, &context().0).expect("read");
    let found: Vec<_> = presence
        .iter()
        .map(|presence| match presence {
            Presence::InScope(recipient) => recipient.label(),
            Presence::Absent => "absent",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, ["Bob@partner.test", "absent", "absent", "alice@contoso.test", "Bob@partner.test"]);
}

#[test]
fn a_file_can_be_read_again_and_has_no_clock() {
    let (_folder, path) = file(&[ALICE, BOB].concat());
    let mut source = LdifSource::open(&path).expect("opened");
    for _ in 0..2 {
        let mut count = 0;
        let read = source.read(&Selection::All, &context().0, &mut |_| {
            count += 1;
            Ok(())
        });
        assert_eq!((read, count), (Ok(()), 2));
    }
    assert_eq!(source.clock(&context().0), Ok(None));
    assert_eq!(source.size_hint(), Some(2));
}

#[test]
fn the_size_hint_of_a_large_file_is_near_the_truth() {
    let people: String = (0..20_000).map(|i| format!("dn: CN={i}\nobjectClass: user\ncn: {i}\n\n")).collect();
    let (_folder, path) = file(&people);
    let hint = LdifSource::open(&path).expect("opened").size_hint().expect("a hint");
    assert!((18_000..22_000).contains(&hint), "{hint}");
}

#[test]
fn a_broken_file_ends_the_read_with_its_line_before_anybody_was_handed_over() {
    let (_folder, path) = file(&[ALICE, "dn: CN=Bob,DC=contoso,DC=test\nobjectClass user\n\n", BOB].concat());
    let (found, result) = items(&path, &Selection::All);
    assert_eq!(found.len(), 0);
    let error = result.expect_err("a line without a colon");
    assert_eq!(error.id, ErrorId::LdifSyntax);
    let expected = format!("'{}', line 9: 'objectClass user' has no ':'.", path.display());
    assert_eq!(error.message, expected);
    let mut source = LdifSource::open(&path).expect("opened");
    assert!(source.look_up(&["x".to_owned()], &context().0).is_err(), "an absence in it proves nothing");
}

#[test]
fn a_file_that_grows_meanwhile_is_no_import() {
    let (_folder, path) = file(&[ALICE, BOB].concat());
    let mut source = LdifSource::open(&path).expect("opened");
    let error = source
        .read(&Selection::All, &context().0, &mut |_| {
            let mut writer = std::fs::OpenOptions::new().append(true).open(&path).expect("opened");
            writer.write_all(b"# more\n").expect("written");
            Ok(())
        })
        .expect_err("changed");
    assert_eq!(error.id, ErrorId::LdifTruncated);
    assert_eq!(error.message, format!("'{}' was changed while it was read.", path.display()));
}

#[test]
fn the_error_of_the_sink_ends_the_read() {
    let (_folder, path) = file(&[ALICE, BOB].concat());
    let mut source = LdifSource::open(&path).expect("opened");
    let full = Error::new(ErrorId::DiskFull, "full");
    let result = source.read(&Selection::All, &context().0, &mut |_| Err(full.clone()));
    assert_eq!(result, Err(full));
}

#[test]
fn a_cancel_ends_the_read_even_where_no_record_comes() {
    let (_folder, path) = file(&[ALICE, BOB].concat());
    let mut source = LdifSource::open(&path).expect("opened");
    let context = context().0;
    let mut count = 0;
    let result = source.read(&Selection::All, &context, &mut |_| {
        count += 1;
        context.cancel.cancel();
        Ok(())
    });
    assert_eq!((result.expect_err("canceled").id, count), (ErrorId::Canceled, 1));

    let (_folder, path) = file(&"# nothing but comments\n".repeat(10_000));
    let mut source = LdifSource::open(&path).expect("opened");
    let result = source.read(&Selection::All, &context, &mut |_| Ok(()));
    assert_eq!(result.expect_err("canceled").id, ErrorId::Canceled);
}

#[test]
fn the_date_of_a_file_is_that_of_its_last_write_whatever_the_time_zone() {
    for seconds in [0, 1_000_000_000, 4_102_444_800] {
        let (_folder, path) = file("version: 1\n");
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let modified = LdifSource::open(&path).unwrap().modified().unwrap();
        assert_eq!(modified, Some(Timestamp(seconds.cast_signed())));
        assert_eq!(CsvSource::open(&path).unwrap().modified().unwrap(), modified);
    }
}

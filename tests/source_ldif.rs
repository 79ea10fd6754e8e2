//! LDIF files as a source.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use smime_sync::{
    directory::{
        Presence, Selection, Source, SourceItem,
        entry::Entry,
        ldif::{LdifSource, Reader, Record},
    },
    error::{Error, ErrorId, Result},
    event::{Answer, Context, Event, EventSink, Question},
    recipient::Recipient,
};
use tokio_util::sync::CancellationToken;

/// What the reader makes of some bytes, up to the first error.
fn records(bytes: &[u8]) -> (Vec<Record>, Option<Error>) {
    records_within(bytes, smime_sync::directory::ldif::MAX_RECORD)
}

fn records_within(bytes: &[u8], limit: usize) -> (Vec<Record>, Option<Error>) {
    let mut found = Vec::new();
    let mut reader = match Reader::with_limit(bytes, Path::new("people.ldif"), |_| true, limit) {
        Ok(reader) => reader,
        Err(error) => return (found, Some(error)),
    };
    loop {
        match reader.next_record() {
            Ok(Some(record)) => found.push(record),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error)),
        }
    }
}

fn entry(dn: &str, attributes: &[(&str, &[&[u8]])]) -> Entry {
    let own = |values: &[&[u8]]| values.iter().map(|value| value.to_vec()).collect();
    let attributes = attributes.iter().map(|(name, values)| ((*name).to_owned(), own(values))).collect();
    Entry { dn: dn.to_owned(), attributes }
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = format!("\u{FEFF}{text}");
    units.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn every_form_of_a_record_is_read() {
    let plain = || vec![(1, entry("CN=a", &[("cn", &[b"a"])]))];
    for (what, text, expected) in [
        ("nothing", "", vec![]),
        ("only a version", "version: 1\n", vec![]),
        ("only empty lines and comments", "\n\n# nobody\n here\n\n", vec![]),
        ("the smallest record", "dn: CN=a\ncn: a\n", plain()),
        ("no line end at the end", "dn: CN=a\ncn: a", plain()),
        ("CRLF", "dn: CN=a\r\ncn: a\r\n\r\n", plain()),
        ("no space after the colon", "dn:CN=a\ncn:a\n\n", plain()),
        ("many spaces after the colon", "dn:   CN=a\ncn:  a\n\n", plain()),
        ("base64", "dn:: Q049YQ==\ncn:: YQ==\n\n", plain()),
        ("base64 with spaces and folded", "dn:: Q0 49\n YQ==\ncn::  YQ\n ==\n\n", plain()),
        ("folded anywhere", "d\n n: CN\n =a\nc\n n\n :\n  a\n\n", plain()),
        ("an add", "dn: CN=a\nchangetype: add\ncn: a\n\n", plain()),
        ("an add in other case", "dn: CN=a\nchangeType:ADD \ncn: a\n\n", plain()),
        ("a comment in a record", "dn: CN=a\n# note\n  folded: on\n more\ncn: a\n\n", plain()),
        ("a byte order mark", "\u{FEFF}dn: CN=a\ncn: a\n\n", plain()),
        ("a version right above", "version: 1\ndn: CN=a\ncn: a\n\n", vec![(2, plain().remove(0).1)]),
        ("an empty value", "dn: CN=a\ncn:\ncn::\n\n", vec![(1, entry("CN=a", &[("cn", &[b"", b""])]))]),
        ("the empty dn", "dn:\ncn: a\n\n", vec![(1, entry("", &[("cn", &[b"a"])]))]),
        ("a record without attributes", "dn: CN=a\n\n", vec![(1, entry("CN=a", &[]))]),
        (
            "options and OIDs",
            "dn: CN=a\nuserCertificate;binary:: MAA=\n2.5.4.3: a\nmember;range=0-*: b\n\n",
            vec![(
                1,
                entry(
                    "CN=a",
                    &[
                        ("userCertificate;binary", &[b"0\0"]),
                        ("2.5.4.3", &[b"a"]),
                        ("member;range=0-*", &[b"b"]),
                    ],
                ),
            )],
        ),
        (
            "values in their order",
            "dn: CN=a\ncn: b\ncn: a\nsn: s\ncn: c\n\n",
            vec![(1, entry("CN=a", &[("cn", &[b"b", b"a"]), ("sn", &[b"s"]), ("cn", &[b"c"])]))],
        ),
        (
            "values with colons, spaces and other than ASCII",
            "dn: CN=é\ncn: a: <b>  \n\n",
            vec![(1, entry("CN=é", &[("cn", &[b"a: <b>  "])]))],
        ),
        (
            "several records, files one after the other",
            "\n# first\n\ndn: CN=a\ncn: a\n\n\nversion: 1\n\ndn: CN=b\ncn: b\n",
            vec![(4, plain().remove(0).1), (10, entry("CN=b", &[("cn", &[b"b"])]))],
        ),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|(line, entry)| Record { line, entry }).collect();
        for (encoding, bytes) in [
            ("UTF-8", text.as_bytes().to_vec()),
            ("UTF-16LE", utf16(text.trim_start_matches('\u{FEFF}'), false)),
            ("UTF-16BE", utf16(text.trim_start_matches('\u{FEFF}'), true)),
        ] {
            let (found, error) = records(&bytes);
            assert_eq!(error, None, "{what}, {encoding}");
            assert_eq!(found, expected, "{what}, {encoding}");
        }
    }
}

#[test]
fn utf_16_beyond_the_basic_plane_is_read() {
    let text = "dn: CN=\u{1F512}\ncn: \u{0A0A}\u{0A00}\u{1F512}\n";
    for big in [false, true] {
        let expected = entry("CN=\u{1F512}", &[("cn", &["\u{0A0A}\u{0A00}\u{1F512}".as_bytes()])]);
        assert_eq!(records(&utf16(text, big)), (vec![Record { line: 1, entry: expected }], None));
    }
}

#[test]
fn an_error_names_the_file_and_the_line() {
    use ErrorId::{LdifSyntax, LdifTruncated, LdifUnsupported};
    let half = |text: &str| {
        let mut bytes = utf16(text, false);
        bytes.pop();
        bytes
    };
    let surrogate = |unit: u16| [utf16("dn: CN=a\ncn: ", false), unit.to_le_bytes().to_vec()].concat();
    let der_cut_short =
        format!("dn: CN=a\nuserCertificate:: {}\n", STANDARD.encode([0x30, 0x82, 1, 0, 5, 5]));
    let cases: Vec<(&[u8], ErrorId, u64, &str)> = vec![
        (b"cn: a\n", LdifSyntax, 1, "a record begins with 'dn:', not with 'cn:'"),
        (b"dn: CN=a\ncn: a\n\n\nfoo\n\n", LdifSyntax, 5, "'foo' has no ':'"),
        (b"dn: CN=a\ncn: a\n b\nsn\nx: y\n", LdifSyntax, 4, "'sn' has no ':'"),
        (b" dn: CN=a\n", LdifSyntax, 1, "it begins with a space, but there is no line to continue"),
        (b"dn: CN=a\ncn: a\n\n b\n", LdifSyntax, 4, "it begins with a space"),
        (b"dn: CN=a\n: a\n\n", LdifSyntax, 2, "'' is not the name of an attribute"),
        (b"dn: CN=a\nc n: a\n\n", LdifSyntax, 2, "'c n' is not the name of an attribute"),
        (b"dn: CN=a\ncn:: YQ=\n\n", LdifSyntax, 2, "the value of 'cn' is not base64"),
        (b"dn: CN=a\ncn:: Y*==\n\n", LdifSyntax, 2, "the value of 'cn' is not base64"),
        (b"dn: CN=\xE9\ncn: a\n", LdifSyntax, 1, "the dn is not UTF-8 text"),
        (b"dn:: /w==\ncn: a\n", LdifSyntax, 1, "the dn is not UTF-8 text"),
        (b"dn: CN=a\ncn: a\n-\n", LdifSyntax, 3, "a line '-' belongs only to change records"),
        (b"dn: CN=a\nchangetype: replace\n\n", LdifSyntax, 2, "the changetype 'replace' is unknown"),
        (b"dn: CN=a\ncn: a\nchangetype: add\n", LdifSyntax, 3, "'changetype' must stand right after the dn"),
        (b"search: 2\nresult: 0 Success\n", LdifSyntax, 1, "'search' is no part of a record"),
        (b"d\0n\0:\0", LdifSyntax, 1, "UTF-16 needs a byte order mark"),
        (b"version: 2\n", LdifUnsupported, 1, "LDIF version '2' is unknown"),
        (b"dn: CN=a\nchangetype: modify\n\n", LdifUnsupported, 2, "of the type 'modify' is not read"),
        (b"dn: CN=a\nchangetype: delete\n\n", LdifUnsupported, 2, "of the type 'delete' is not read"),
        (b"dn: CN=a\nchangetype:: bW9kZG4=\n\n", LdifUnsupported, 2, "of the type 'moddn' is not read"),
        (b"dn: CN=a\nchangetype: modrdn\n\n", LdifUnsupported, 2, "of the type 'modrdn' is not read"),
        (b"dn: CN=a\ncontrol: 1.2.3 true\n\n", LdifUnsupported, 2, "records with controls are not read"),
        (b"dn: CN=a\ncn:< file:///etc/passwd\n", LdifUnsupported, 2, "the value of 'cn' is a URL"),
        (b"dn: CN=a\ncn: a\nuserCertif", LdifTruncated, 3, "the last line has no ':'"),
        (b"dn: CN=a\ncn:: YWJjZA", LdifTruncated, 2, "the base64 of 'cn' is cut short"),
        (b"dn: CN=a\ncn:: YWJj\n Z", LdifTruncated, 2, "the base64 of 'cn' is cut short"),
        (der_cut_short.as_bytes(), LdifTruncated, 2, "the value of 'userCertificate' is cut short"),
        (b"dn: CN=a\ncn: a\n\nd", LdifTruncated, 4, "a record has only the beginning of its dn"),
        (b"dn: CN=a\ncn: a\n\ndn: CN=", LdifTruncated, 4, "a record has only its dn"),
        (b"dn: CN=a\n# cut\n", LdifTruncated, 1, "a record has only its dn"),
    ];
    let owned = [
        (half("dn: CN=a\ncn: a"), LdifTruncated, 2, "the file ends in the middle of a character"),
        (surrogate(0xD83D), LdifTruncated, 2, "the file ends in the middle of a character"),
        (
            [surrogate(0xD83D), utf16("x", false)].concat(),
            LdifSyntax,
            2,
            "a surrogate without its other half",
        ),
        (surrogate(0xDE00), LdifSyntax, 2, "a surrogate without its other half"),
    ];
    let borrowed = owned.iter().map(|(bytes, id, line, reason)| (bytes.as_slice(), *id, *line, *reason));
    for (bytes, id, line, reason) in cases.into_iter().chain(borrowed) {
        let text = String::from_utf8_lossy(bytes);
        let error = records(bytes).1.unwrap_or_else(|| panic!("no error: {text}"));
        assert_eq!(error.id, id, "{text}: {error}");
        assert_eq!(error.target.as_deref(), Some("people.ldif"));
        assert!(error.message.starts_with(&format!("'people.ldif', line {line}: ")), "{text}: {error}");
        assert!(error.message.contains(reason), "{text}: {error}");
    }
}

#[test]
fn an_odd_value_at_the_end_is_read_once_an_empty_line_follows() {
    let text = format!("dn: CN=a\nuserCertificate:: {}\n\n", STANDARD.encode([0x30, 0x82, 1, 0, 5, 5]));
    assert_eq!(records(text.as_bytes()).1, None);
}

#[test]
fn records_before_an_error_are_read() {
    let (found, error) = records(b"dn: CN=a\ncn: a\n\nfoo\n\n");
    assert_eq!(found.len(), 1);
    assert!(error.is_some());
}

#[test]
fn a_record_has_a_limit_however_its_bytes_are_spread() {
    let one_line = format!("dn: CN=a\ncn: {}\n\n", "x".repeat(2000));
    let folded = format!("dn: CN=a\ncn: {}\n\n", "x\n ".repeat(2000));
    let tiny_lines = format!("dn: CN=a\n{}\n", "a:\n".repeat(500));
    for (text, line, reason) in [
        (&one_line, 2, "it is longer than 1000 bytes"),
        (&folded, 2, "it is longer than 1000 bytes"),
        (&tiny_lines, 17, "the record from line 1 on is larger than 1000 bytes"),
    ] {
        for bytes in [text.as_bytes().to_vec(), utf16(text, false)] {
            let error = records_within(&bytes, 1000).1.expect("too large");
            assert_eq!(error.id, ErrorId::LdifSyntax);
            assert_eq!(error.message, format!("'people.ldif', line {line}: {reason}."));
        }
    }
    let just_right = format!("dn: CN=a\r\nsn: {}\r\n\r\n", "x".repeat(996));
    for bytes in [just_right.as_bytes().to_vec(), utf16(&just_right, true)] {
        let error = records_within(&bytes, 1000).1.expect("too large as a record, not as a line");
        assert!(error.message.contains("the record from line 1"), "{error}");
    }
    let many_records = "dn: CN=a\ncn: a\n\n".repeat(1000);
    assert_eq!(records_within(many_records.as_bytes(), 1000).1, None);
    let long_comment = format!("dn: CN=a\n# {}\ncn: a\n", "x\n ".repeat(2000));
    assert_eq!(records_within(long_comment.as_bytes(), 1000).1, None);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        records(&bytes);
        records(&[b"\xFF\xFE".as_slice(), &bytes].concat());
        records(&[b"dn: CN=a\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn no_pieces_of_ldif_make_the_reader_panic(pieces in prop::collection::vec(prop::sample::select(vec![
        "dn", "cn", ":", "::", ":<", " ", "\n", "\r\n", "\n\n", "\n ", "#", "-", "YQ==", "YQ", "add", "version: 1\n",
        "changetype: add\n", "é", "\0", "dn: CN=a\n", "userCertificate;binary:: ", "MIIB"]), 0..40)) {
        let text = pieces.concat();
        records(text.as_bytes());
        let (utf8, utf16) = (records(text.as_bytes()), records(&utf16(&text, true)));
        if text.len() > 2 && !text.contains('\0') {
            prop_assert_eq!(utf8, utf16);
        }
    }

    #[test]
    fn what_is_written_is_read_again(entries in prop::collection::vec(any_entry(), 0..5), seed in any::<u64>()) {
        let text = write(&entries, seed);
        let (found, error) = records(text.as_bytes());
        prop_assert_eq!(error, None);
        prop_assert_eq!(found.into_iter().map(|record| record.entry).collect::<Vec<_>>(), entries);
    }

    #[test]
    fn a_file_cut_anywhere_never_shows_other_records_than_the_whole(
        entries in prop::collection::vec(any_entry(), 1..4), seed in any::<u64>(), cut in 0.0..1.0_f64,
    ) {
        let bytes = write(&entries, seed).into_bytes();
        let cut = (bytes.len() as f64 * cut) as usize;
        let found = records(&bytes[..cut]).0;
        // The last one may lack its end, where nothing in the file tells that.
        for (record, entry) in found.iter().zip(&entries).take(found.len().saturating_sub(1)) {
            prop_assert_eq!(&record.entry, entry);
        }
        prop_assert!(found.len() <= entries.len());
    }
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let name = prop::sample::select(vec!["cn", "mail", "userCertificate;binary", "proxyAddresses", "x-y.1"]);
    let value = prop_oneof![
        "[ -~]{0,90}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..300),
        "\\PC{0,30}".prop_map(String::into_bytes),
    ];
    let attribute = (name, prop::collection::vec(value, 1..4));
    ("[A-Za-zäß\u{1F512} =,]{0,60}", prop::collection::vec(attribute, 1..6)).prop_map(|(dn, attributes)| {
        let mut entry = Entry { dn, attributes: Vec::new() };
        for (name, values) in attributes {
            // The reader joins the values of an attribute that stand one after the other.
            match entry.attributes.last_mut() {
                Some((last, all)) if last == name => all.extend(values),
                _ => entry.attributes.push((name.to_owned(), values)),
            }
        }
        entry
    })
}

/// Writes LDIF, folded, ended and coded at random wherever RFC 2849 leaves the choice.
fn write(entries: &[Entry], seed: u64) -> String {
    use rand::{Rng, SeedableRng};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let end = if random.gen_bool(0.5) { "\r\n" } else { "\n" };
    let mut text = String::new();
    if random.gen_bool(0.5) {
        text.push_str(&format!("version: 1{end}"));
    }
    for entry in entries {
        let dn = ("dn".to_owned(), vec![entry.dn.clone().into_bytes()]);
        for (name, values) in std::iter::once(&dn).chain(&entry.attributes) {
            for value in values {
                let safe = value.iter().all(|byte| (1..128).contains(byte) && !b"\r\n".contains(byte))
                    && !value.first().is_some_and(|byte| b" :<".contains(byte));
                let plain = safe && random.gen_bool(0.7);
                let value = if plain {
                    format!(": {}", String::from_utf8_lossy(value))
                } else {
                    format!(":: {}", STANDARD.encode(value))
                };
                let fold = random.gen_bool(0.7);
                for (i, c) in format!("{name}{value}").char_indices() {
                    if fold && i > 0 && random.gen_bool(0.05) {
                        text.push_str(end);
                        text.push(' ');
                    }
                    text.push(c);
                }
                text.push_str(end);
                if random.gen_bool(0.1) {
                    text.push_str(&format!("# comment{end}  continued: here{end}"));
                }
            }
        }
        text.push_str(end);
    }
    text
}

/// A sink that takes nothing: a source tells its caller only through its own sink.
struct Silent;

impl EventSink for Silent {
    fn emit(&self, _: Event) -> Result<()> {
        Ok(())
    }

    fn ask(&self, _: Vec<Question>) -> Result<Vec<Answer>> {
        Ok(Vec::new())
    }
}

fn context() -> Context {
    Context::new(Arc::new(Silent), CancellationToken::new())
}

/// A file of that content, in a folder that goes with the guard.
fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("people.ldif");
    std::fs::write(&path, content).expect("written");
    (folder, path)
}

fn items(path: &Path, selection: &Selection) -> (Vec<SourceItem>, Result<()>) {
    let mut items = Vec::new();
    let mut source = LdifSource::open(path).expect("opened");
    let result = source.read(selection, &context(), &mut |item| {
        items.push(item);
        Ok(())
    });
    (items, result)
}

fn recipients(items: &[SourceItem]) -> Vec<&Recipient> {
    let mut recipients = Vec::new();
    for item in items {
        if let SourceItem::Recipient(recipient) = item {
            recipients.push(recipient);
        }
    }
    recipients
}

const ALICE: &str = "dn: CN=Alice,DC=contoso,DC=test\nobjectClass: user\nobjectGUID:: AQAAAAAAAAAAAAAAAAAAAA==\n\
                     mail: alice@contoso.test\nsAMAccountName: alice\njpegPhoto:: /9g=\n\n";
const BOB: &str = "dn: CN=Bob,DC=contoso,DC=test\nchangetype: add\nobjectClass: contact\n\
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
            "The object 'CN=Broken,DC=contoso,DC=test' was left out: it has no objectGUID, by which the other \
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
fn the_second_object_with_the_same_name_or_identity_is_left_out() {
    let renamed = ALICE.replace("CN=Alice", "CN=Alicia");
    let reborn = ALICE.replace("AQAA", "BQAA").replace("CN=Alice", "cn=ALICE");
    for (second, reason) in [
        (renamed.as_str(), "the same identity '00000001-0000-0000-0000-000000000000'"),
        (&reborn, "the same distinguished name"),
        (ALICE, "the same distinguished name"),
    ] {
        let (_folder, path) = file(&[ALICE, second, BOB].concat());
        let (found, result) = items(&path, &Selection::All);
        assert_eq!((result, recipients(&found).len()), (Ok(()), 2));
        let SourceItem::Invalid(error) = &found[1] else { panic!("{:?}", found[1]) };
        assert_eq!(error.id, ErrorId::RecipientInvalid);
        assert!(error.message.contains(reason) && error.message.contains("line 8"), "{error}");
    }
}

#[test]
fn looking_up_tells_who_is_in_the_file() {
    let (_folder, path) = file(&[ALICE, PRINTER, BOB].concat());
    let anchor = |n: u8| format!("0000000{n}-0000-0000-0000-000000000000");
    let anchors = [anchor(2), anchor(3), anchor(9), anchor(1), anchor(2)];
    let presence = LdifSource::open(&path).expect("opened").look_up(&anchors, &context()).expect("read");
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
        let read = source.read(&Selection::All, &context(), &mut |_| {
            count += 1;
            Ok(())
        });
        assert_eq!((read, count), (Ok(()), 2));
    }
    assert_eq!(source.clock(&context()), Ok(None));
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
fn a_file_that_can_not_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("none.ldif");
    let error = LdifSource::open(&missing).err().expect("not there");
    assert_eq!(error.id, ErrorId::LdifUnreadable);
    assert_eq!(error.target, Some(missing.display().to_string()));
    assert!(error.message.starts_with(&format!("Cannot read '{}': ", missing.display())), "{error}");
    assert!(error.native.is_some_and(|native| native.os_error.is_some()));
}

#[cfg(unix)]
#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = LdifSource::open(folder.path());
    let error = opened.and_then(|mut source| source.read(&Selection::All, &context(), &mut |_| Ok(())));
    assert_eq!(error.expect_err("a folder").id, ErrorId::LdifUnreadable);
}

#[test]
fn a_broken_file_ends_the_read_with_its_line_and_what_stood_before_was_handed_over() {
    let (_folder, path) = file(&[ALICE, "dn: CN=Bob,DC=contoso,DC=test\nobjectClass user\n\n", BOB].concat());
    let (found, result) = items(&path, &Selection::All);
    assert_eq!(found.len(), 1);
    let error = result.expect_err("a line without a colon");
    assert_eq!(error.id, ErrorId::LdifSyntax);
    let expected = format!("'{}', line 9: 'objectClass user' has no ':'.", path.display());
    assert_eq!(error.message, expected);
    let mut source = LdifSource::open(&path).expect("opened");
    assert!(source.look_up(&["x".to_owned()], &context()).is_err(), "an absence in it proves nothing");
}

#[test]
fn a_file_that_grows_meanwhile_is_no_import() {
    let (_folder, path) = file(&[ALICE, BOB].concat());
    let mut source = LdifSource::open(&path).expect("opened");
    let error = source
        .read(&Selection::All, &context(), &mut |_| {
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
    let result = source.read(&Selection::All, &context(), &mut |_| Err(full.clone()));
    assert_eq!(result, Err(full));
}

#[test]
fn a_cancel_ends_the_read_even_where_no_record_comes() {
    let (_folder, path) = file(&[ALICE, BOB].concat());
    let mut source = LdifSource::open(&path).expect("opened");
    let context = context();
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
fn what_ldapsearch_exports_from_an_active_directory_is_read() {
    // `ldapsearch -LLL -E pr=500/noprompt` from a Samba domain controller: computers and a group among them.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samba-ldapsearch.ldif");
    let (found, result) = items(&path, &Selection::All);
    assert_eq!((result, found.len()), (Ok(()), 5));
    let mut people: Vec<_> = recipients(&found)
        .into_iter()
        .map(|r| (r.label(), r.kind, r.disabled, r.values.len(), r.changed.is_some()))
        .collect();
    people.sort_by_key(|person| person.0);
    use smime_sync::recipient::RecipientKind::{Contact, User};
    assert_eq!(
        people,
        [
            ("CN=Administrator,CN=Users,DC=contoso,DC=test", User, false, 0, true),
            ("CN=krbtgt,CN=Users,DC=contoso,DC=test", User, true, 0, true),
            ("alice@contoso.test", User, false, 1, true),
            ("support@contoso.test", User, true, 1, true),
            ("sybil@fabrikam.test", Contact, false, 1, true),
        ]
    );
    let alice = recipients(&found).into_iter().find(|r| r.is_named("alice")).expect("Alice");
    assert_eq!(alice.anchor, "97cf1121-5fda-46d4-a288-92588cc020cb");
}

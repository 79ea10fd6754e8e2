//! What the reader refuses, with the line.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use smime_sync::error::ErrorId;

use super::{records, records_within, utf16};

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
        (b"dn: CN=\xE9\ncn: a\n", LdifSyntax, 1, "it is not UTF-8"),
        (b"dn:: /w==\ncn: a\n", LdifSyntax, 1, "the dn is not UTF-8 text"),
        (b"dn: CN=a\ncn: a\n-\n", LdifSyntax, 3, "a line '-' belongs only to change records"),
        (b"dn: CN=a\nchangetype: replace\n\n", LdifSyntax, 2, "the changetype 'replace' is unknown"),
        (b"dn: CN=a\ncn: a\nchangetype: add\n", LdifSyntax, 3, "'changetype' must stand right after the dn"),
        (
            b"dn: CN=a\ncn: a\n\n# search result\nsearch: 2\nresult: 4 Size limit exceeded\n",
            LdifTruncated,
            6,
            "the search that wrote the file ended with '4 Size limit exceeded'",
        ),
        (b"result: 32 No such object\n", LdifTruncated, 1, "ended with '32 No such object'"),
        (
            b"dn: CN=a\ncn: a\n\nsearch: 2\nresult: 0 Success\n\n# numResponses: 3\n# numEntries: 2\n",
            LdifTruncated,
            8,
            "the search that wrote the file found 2 entries, and the file holds 1",
        ),
        (b"dn: CN=a\ncn: a\n# numEntries: 3\n", LdifTruncated, 3, "found 3 entries, and the file holds 1"),
        (b"dn: CN=a\ncn: a\n\n# numEntries: 0\n", LdifTruncated, 4, "found 0 entries, and the file holds 1"),
        (
            b"dn: CN=a\ncn: a\n\n# numEntries: 1\n\ndn: CN=b\ncn: a\n\n# numEntries: 9\n",
            LdifTruncated,
            9,
            "found 9 entries, and the file holds 1",
        ),
        (
            b"dn: CN=a\ncn: a\ndn: CN=b\ncn: b\n\n",
            LdifSyntax,
            3,
            "'dn' stands a second time in the record of line 1",
        ),
        (b"dn: CN=a\ncn: a\n# b\nDN:: Q049Yg==\n\n", LdifSyntax, 4, "'DN' stands a second time"),
        (
            b"dn: CN=a\nchangetype: add\nchangetype: add\n\n",
            LdifSyntax,
            3,
            "'changetype' must stand right after",
        ),
        (b"dn: CN=a\nchangetype: modify\nadd: x\ndn: CN=b\n\n", LdifSyntax, 4, "'dn' stands a second time"),
        (b"dn: CN=a\ndisplayName: J\xFCrgen\n", LdifSyntax, 2, "it is not UTF-8; export as UTF-8"),
        (b"dn: CN=a\ndescription: J\xFC\n rgen\ncn: a\n", LdifSyntax, 2, "it is not UTF-8"),
        (b"dn: CN=a\ncn: J\xC3", LdifTruncated, 2, "the file ends in the middle of a character"),
        (b"dn: CN=a\ncn: a", LdifTruncated, 2, "the last line has no line end"),
        (b"dn: CN=a\ncn: a\n\n# numEntries: 1", LdifTruncated, 4, "the last line has no line end"),
        (b"d\0n\0:\0", LdifSyntax, 1, "UTF-16 needs a byte order mark"),
        (b"version: 2\n", LdifUnsupported, 1, "LDIF version '2' is unknown"),
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
fn what_an_entry_has_once_shows_that_two_records_are_one() {
    for name in [
        "objectGUID",
        "entryUUID",
        "objectCategory",
        "isDeleted",
        "userAccountControl",
        "msExchRecipientTypeDetails",
        "displayName",
        "targetAddress",
        "userPrincipalName",
        "sAMAccountName",
        "whenChanged",
    ] {
        let text = format!("dn: CN=a\n{name}: 1\ncn: a\n{}:: MQ==\n\n", name.to_uppercase());
        let error = records(text.as_bytes()).1.expect(name);
        assert_eq!(error.id, ErrorId::LdifSyntax);
        let reason =
            format!("line 4: '{}' stands a second time in the record of line 1.", name.to_uppercase());
        assert!(error.message.ends_with(&reason), "{error}");
        assert!(error.advice.contains("an empty line"), "{}", error.advice);
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

//! What the reader understands.

use smime_sync::directory::ldif::{ChangeType, Record};

use super::{entry, records, utf16};

#[test]
fn every_form_of_a_record_is_read() {
    let plain = || vec![(1, entry("CN=a", &[("cn", &[b"a"])]))];
    for (what, text, expected) in [
        ("nothing", "", vec![]),
        ("only a version", "version: 1\n", vec![]),
        ("only empty lines and comments", "\n\n# nobody\n here\n\n", vec![]),
        ("the smallest record", "dn: CN=a\ncn: a\n", plain()),
        ("no empty line at the end", "dn: CN=a\r\ncn: a\r\n", plain()),
        ("a Ctrl-Z at the end", "dn: CN=a\r\ncn: a\r\n\r\n\x1A", plain()),
        (
            "what ldapsearch writes around its entries",
            "# extended LDIF\n#\n# LDAPv3\n\n# a\ndn: CN=a\ncn: a\n\n# search reference\nref: ldap://dc/DC=x\n\n\
             # search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 3\n# numEntries: 1\n# numReferences: 1\n",
            vec![(6, plain().remove(0).1)],
        ),
        (
            "what it writes page by page",
            "dn: CN=a\ncn: a\n\n# search result\nsearch: 2\nresult: 0 Success\ncontrol: 1.2.840.113556.1.4.319 false MAA=\n\
             pagedresults: cookie=YQ==\n\n# numResponses: 2\n# numEntries: 1\n\ndn: CN=b\ncn: b\n\nsearch: 3\n\
             result: 0 Success\n\n# numEntries: 1\n",
            vec![(1, plain().remove(0).1), (13, entry("CN=b", &[("cn", &[b"b"])]))],
        ),
        ("a number of all pages", "dn: CN=a\ncn: a\n\n# numEntries: 1\n# numEntries: 1\n", plain()),
        ("a number of no entries", "# numEntries: 0\n", vec![]),
        ("a comment", "# \u{FF}\n\ndn: CN=a\ncn: a\n", vec![(3, plain().remove(0).1)]),
        (
            "what has several values in some directories",
            "dn: CN=a\nmail: a\nmail: b\ncn: a\ncn: b\ndisplayName;lang-de: a\ndisplayName: a\nobjectClass: x\nobjectClass: y\n\n",
            vec![(
                1,
                entry(
                    "CN=a",
                    &[
                        ("mail", &[b"a", b"b"]),
                        ("cn", &[b"a", b"b"]),
                        ("displayName;lang-de", &[b"a"]),
                        ("displayName", &[b"a"]),
                        ("objectClass", &[b"x", b"y"]),
                    ],
                ),
            )],
        ),
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
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(line, entry)| Record { line, change: ChangeType::Add, entry })
            .collect();
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
fn a_change_record_tells_what_it_touches() {
    use ChangeType::{Add, Delete, Modify, Rename};
    let text = "dn: CN=g\nchangetype: modify\nadd: member\nmember: CN=a\nmember: CN=b\n-\nReplace:: bWFpbA==\n\
                mail: a@x\n-\ndelete: info\n-\n\ndn: CN=a\nchangetype: modrdn\nnewrdn: CN=b\ndeleteoldrdn: 1\n\n\
                dn: CN=c\nchangetype: Delete\n\ndn: CN=d\nchangetype: moddn\nnewrdn: CN=e\n\ndn: CN=f\n\
                changetype: add\ncn: f\n";
    for bytes in [text.as_bytes().to_vec(), utf16(&text.replace('\n', "\r\n"), false)] {
        let (found, error) = records(&bytes);
        assert_eq!(error, None);
        let changes: Vec<_> = found.iter().map(|record| (record.entry.dn.as_str(), record.change)).collect();
        assert_eq!(
            changes,
            [("CN=g", Modify), ("CN=a", Rename), ("CN=c", Delete), ("CN=d", Rename), ("CN=f", Add)]
        );
        let touched: Vec<_> =
            found[0].entry.attributes().map(|attribute| attribute.name().to_owned()).collect();
        assert_eq!(touched, ["member", "mail", "info"]);
    }
}

#[test]
fn utf_16_beyond_the_basic_plane_is_read() {
    let text = "dn: CN=\u{1F512}\ncn: \u{0A0A}\u{0A00}\u{1F512}\n";
    for big in [false, true] {
        let expected = entry("CN=\u{1F512}", &[("cn", &["\u{0A0A}\u{0A00}\u{1F512}".as_bytes()])]);
        assert_eq!(
            records(&utf16(text, big)),
            (vec![Record { line: 1, change: ChangeType::Add, entry: expected }], None)
        );
    }
}

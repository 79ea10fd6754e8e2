//! Files that ldapsearch wrote.

use std::path::Path;

use smime_sync::{directory::Selection, error::ErrorId};

use super::source::*;

#[test]
fn what_ldapsearch_wrote_without_its_result_was_cut_wherever_that_is() {
    let whole = format!(
        "# extended LDIF\n#\n# LDAPv3\n#\n\n{ALICE}{ALICE_TOO}# search result\nsearch: 2\nresult: 0 Success\n\n# numEntries: 2\n"
    );
    let (_folder, path) = file(&whole);
    assert_eq!(items(&path, &Selection::All).1, Ok(()));
    // At each end of a line, also of those inside of the last record.
    for (at, _) in whole.match_indices('\n').filter(|(at, _)| *at < whole.find("result: 0").unwrap()) {
        let (_folder, path) = file(&whole[..=at]);
        let (found, result) = items(&path, &Selection::All);
        let error = result.expect_err("cut");
        assert_eq!((found.len(), error.id), (0, ErrorId::LdifTruncated), "{at}: {error}");
    }
}
#[test]
fn what_ldapsearch_writes_besides_is_held_against_what_was_read() {
    // `ldapsearch -E pr=2/noprompt` and `ldapsearch -z 3` from OpenLDAP 2.5, in their whole form, without -L.
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ldapsearch");
    let (found, result) = items(&data.join("paged.ldif"), &Selection::All);
    assert_eq!((result, recipients(&found).len()), (Ok(()), 5));
    assert_eq!(recipients(&found)[0].addresses(), ["p1@x.test", "q1@x.test"]);

    let error = items(&data.join("limited.ldif"), &Selection::All).1.expect_err("a part");
    assert_eq!(error.id, ErrorId::LdifTruncated);
    assert!(
        error.message.contains("line 38: the search that wrote the file ended with '4 Size limit"),
        "{error}"
    );
    assert!(error.advice.contains("-E pr=500/noprompt"), "{}", error.advice);

    let paged = std::fs::read_to_string(data.join("paged.ldif")).expect("read");
    let (start, end) = (paged.find("dn: cn=p3").expect("p3"), paged.find("# p4").expect("p4"));
    let (_folder, path) = file(&[&paged[..start], &paged[end..]].concat());
    let error = items(&path, &Selection::All).1.expect_err("one is missing");
    assert!(
        error.message.contains("the search that wrote the file found 5 entries, and the file holds 4"),
        "{error}"
    );
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
    use smime_sync::model::RecipientKind::{Contact, User};
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
#[test]
fn line_ends_of_cr_alone_are_named_as_what_they_are() {
    for text in [ALICE.replace('\n', "\r"), format!("version: 1\r{}\n", ALICE.replace('\n', "\r"))] {
        let (_folder, path) = file(&text);
        let error = items(&path, &Selection::All).1.expect_err("no line ends of LDIF");
        assert_eq!(error.id, ErrorId::LdifSyntax);
        assert!(
            error
                .message
                .ends_with("line 1: it ends in CR alone; save the file with line ends of LF or CR LF."),
            "{error}"
        );
    }
}
const ALICE_TOO: &str = "dn: CN=Alice 2,DC=contoso,DC=test\nobjectClass: user\nobjectGUID:: BwAAAAAAAAAAAAAAAAAAAA==\n\
                         mail: alice2@contoso.test\n\n";

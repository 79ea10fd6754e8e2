//! Files that did harm once, each in `tests/data/cases/` under the name of its case.

use std::path::PathBuf;

use smime_sync::{
    certificate::Certificate,
    directory::{Presence, Selection, Source, SourceItem, csv::CsvSource, ldif::LdifSource},
    error::{Error, ErrorId, Result},
    model::{CertificateState, Recipient, Timestamp},
    policy::{Policy, evaluate},
    profile::{PolicyName, SelectionName},
    trust::TrustAnchors,
};

use crate::common::events::context;

fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases").join(name)
}

fn source(name: &str) -> Box<dyn Source> {
    let path = case(name);
    if name.ends_with(".csv") {
        Box::new(CsvSource::open(&path).unwrap())
    } else {
        Box::new(LdifSource::open(&path).unwrap())
    }
}

/// Whom a file of a case shows, what of it could not be read, and how the read ended.
fn read(name: &str) -> (Vec<Recipient>, Vec<Error>, Result<()>) {
    let (mut recipients, mut errors) = (Vec::new(), Vec::new());
    let done = source(name).read(&Selection::All, &context().0, &mut |item| {
        match item {
            SourceItem::Recipient(recipient) => recipients.push(recipient),
            SourceItem::Invalid(error) => errors.push(error),
        }
        Ok(())
    });
    (recipients, errors, done)
}

fn labels(recipients: &[Recipient]) -> Vec<&str> {
    recipients.iter().map(Recipient::label).collect()
}

#[test]
fn file_ldif_records_merged() {
    let (recipients, errors, done) = read("file-ldif-records-merged/no-empty-line.ldif");
    let error = done.unwrap_err();
    assert_eq!((recipients.len(), errors.len(), error.id), (0, 0, ErrorId::LdifSyntax));
    assert!(error.message.contains(": 'dn' stands a second time in the record of line 1."), "{error}");
}

#[test]
fn file_ldifde_mixed_modify() {
    let (recipients, errors, done) = read("file-ldifde-mixed-modify/directory.ldif");
    assert_eq!((errors, done), (vec![], Ok(())));
    assert_eq!(labels(&recipients), ["alice@contoso.test", "bob@contoso.test"]);
    assert!(recipients.iter().all(|recipient| recipient.values.len() == 1));
}

#[test]
fn file_ldif_latin1() {
    let (recipients, _, done) = read("file-ldif-latin1/directory.ldif");
    let error = done.unwrap_err();
    assert_eq!((recipients.len(), error.id), (0, ErrorId::LdifSyntax));
    assert!(error.message.contains("line 8: it is not UTF-8"), "{error}");
}

#[test]
fn file_csv_undecodable_value() {
    let name = |file: &str| format!("file-csv-undecodable-value/{file}");
    for file in ["hex.csv", "csvde.csv"] {
        let (recipients, errors, done) = read(&name(file));
        assert_eq!((errors, done), (vec![], Ok(())), "{file}");
        assert!(Certificate::from_der(&recipients[0].values[0].bytes).is_ok(), "{file}");
    }
    for (file, reason) in [
        ("truncated.csv", "its Certificate is cut off: "),
        ("decimal.csv", "its Certificate looks like decimal numbers, one for each byte"),
    ] {
        let (recipients, errors, done) = read(&name(file));
        assert_eq!((recipients.len(), errors.len(), done), (0, 1, Ok(())), "{file}");
        assert_eq!(
            (errors[0].id, errors[0].target.as_deref()),
            (ErrorId::RecipientInvalid, Some("alice@contoso.test"))
        );
        let message = &errors[0].message;
        assert!(message.contains(reason) && message.ends_with("line 2)."), "{message}");
    }
}

#[test]
fn file_short_csv_row() {
    let name = "file-short-csv-row/partners.csv";
    let (recipients, errors, done) = read(name);
    assert_eq!((labels(&recipients), errors.len(), done), (vec!["bob@contoso.test"], 1, Ok(())));
    let message = &errors[0].message;
    assert!(
        message.starts_with("A row of 'alice@contoso.test' was skipped: it has 2 values, and"),
        "{message}"
    );
    assert!(message.ends_with("line 2)."), "{message}");
    let alice = source(name).look_up(&["alice@contoso.test".into()], &context().0);
    assert_eq!(alice, Ok(vec![Presence::Unreadable]), "she keeps what is published for her");
}

#[test]
fn cert_contact_target_address() {
    let (recipients, errors, done) = read("cert-contact-target-address/directory.ldif");
    assert_eq!((errors, done), (vec![], Ok(())));
    let anchor = |file: &str| {
        let der = std::fs::read(case("cert-contact-target-address").join(file)).unwrap();
        Certificate::from_der(&der).unwrap()
    };
    let anchors = TrustAnchors::new(["root.cer", "int.cer"].map(anchor));
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
    let now = Timestamp::parse("2026-11-30T12:00:00Z").unwrap();
    let evaluation = evaluate(&recipients[0], &policy, &anchors, now);
    let states: Vec<_> = evaluation.certificates.iter().map(|one| one.state).collect();
    assert_eq!(states, [CertificateState::Chosen], "{:?}", evaluation.certificates[0].findings);
}

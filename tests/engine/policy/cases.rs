//! Files that were seen in the field (`tests/data/cases`), judged as a profile of its own would.

use std::path::Path;

use smime_sync::{
    directory::{Selection, Source, SourceItem, ldif::LdifSource},
    model::{CertificateState, Evaluation, Severity, Timestamp},
    policy::{Policy, evaluate},
    profile::{PolicyName, SelectionName},
    trust::load_anchors,
};

use crate::common::events;

fn judged(case: &str) -> Evaluation {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases").join(case);
    let anchors = load_anchors(&[folder.join("anchors")]).unwrap();
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
    let now = Timestamp::parse("2026-11-30T08:00:00Z").unwrap();
    let (context, _) = events::context();
    let mut found = Vec::new();
    let mut source = LdifSource::open(&folder.join("directory.ldif")).unwrap();
    source
        .read(&Selection::All, &context, &mut |item| {
            if let SourceItem::Recipient(recipient) = item {
                found.push(evaluate(&recipient, &policy, &anchors, now));
            }
            Ok(())
        })
        .unwrap();
    found.remove(0)
}

fn found(evaluation: &Evaluation, rule: &str) -> Option<(Severity, String)> {
    let findings = evaluation.certificates.iter().flat_map(|entry| &entry.findings);
    findings.filter(|one| one.rule == rule).map(|one| (one.severity, one.message.clone())).next()
}

#[test]
fn a_user_principal_name_is_no_mail_address() {
    let evaluation = judged("cert-upn-is-no-mail-address");
    let message = "The certificate names no mail address of the recipient, only the user principal name alice@corp.local.";
    assert_eq!(found(&evaluation, "address-missing"), Some((Severity::Warning, message.into())));
    assert_eq!(evaluation.certificates[0].state, CertificateState::Chosen, "there is no better one");
}

#[test]
fn a_giant_rsa_key_is_not_chosen() {
    let evaluation = judged("cert-giant-rsa-key");
    let message = "The RSA key has 100000 bits; 16384 are the most that Windows can use.";
    assert_eq!(found(&evaluation, "unsupported-key-algorithm"), Some((Severity::Error, message.into())));
    assert_eq!(evaluation.certificates[0].state, CertificateState::Unusable);
    assert!(evaluation.desired.is_empty());
}

//! pkilint's S/MIME certificates, judged by us and by pkilint: where both have a rule, both agree.

use std::{collections::BTreeSet, path::PathBuf};

use smime_sync::{
    certificate::{Certificate, EncodingFlaws, ValueForm, ValueProblem, read_value},
    model::Attribute,
    policy::{Policy, evaluate},
    profile::{PolicyName, SelectionName},
    trust::TrustAnchors,
};

use crate::common::certificates::*;

/// A code of pkilint, and the rule of ours that says the same.
const SAME: [(&str, &str); 14] = [
    ("cabf.smime.adobe_archive_revinfo_extension_critical", "unknown-critical-extension"),
    ("cabf.smime.adobe_timestamp_extension_critical", "unknown-critical-extension"),
    ("cabf.smime.prohibited_signature_algorithm_encoding", "weak-signature-algorithm"),
    ("cabf.smime.unknown_certificate_key_usage_type", "wrong-key-usage"),
    ("cabf.smime.unsupported_public_key_type", "unsupported-key-algorithm"),
    ("msft.invalid_user_principal_name_syntax", "malformed-address"),
    ("pkix.invalid_email_address_syntax", "malformed-address"),
    ("pkix.key_usage_value_prohibited_for_ec", "key-usage-mismatch"),
    ("pkix.key_usage_value_prohibited_for_edwards_curve", "key-usage-mismatch"),
    ("pkix.key_usage_value_prohibited_for_mldsa", "key-usage-mismatch"),
    ("pkix.key_usage_value_prohibited_for_mlkem", "key-usage-mismatch"),
    ("pkix.rfc822name_domain_part_too_long", "malformed-address"),
    ("pkix.smtp_utf8_mailbox_invalid_syntax", "malformed-address"),
    ("pkix.smtputf8mailbox_domain_part_too_long", "malformed-address"),
];

/// Rules of ours that pkilint has no code for here: the Baseline Requirements allow what Outlook can't use.
const OURS_ALONE: [&str; 6] = [
    "short-key",
    "ec-key-agreement",
    "unsupported-key-algorithm",
    "uncommon-signature-algorithm",
    "encipher-only",
    "address-shared",
];

/// Codes that no rule of ours says: matters between a public CA and its auditors, and of no effect in Outlook.
const NOT_OURS: [&str; 11] = [
    "adbe.",
    "cabf.",
    "googl.",
    "iso.",
    "itu.invalid_asn1_syntax",
    "pkix.certificate_policies_policy_has_qualifier",
    "pkix.invalid_uri_syntax",
    "pkix.rfc5280_certificate_policies_invalid_explicit_text_encoding",
    "pkix.subject_email_address_not_in_san",
    "pkix.subject_key_identifier_method_1_identified",
    "pkix.unknown_subject_key_identifier_calculation_method",
];

/// Where we say more: pkilint has only the code for all key usages that the Baseline Requirements prohibit.
const EXPLAINED: [(&str, &str); 1] =
    [("individual_multipurpose_decipheronly_no_keyagreement", "key-usage-mismatch")];

struct Entry {
    name: String,
    text: String,
    codes: BTreeSet<String>,
}

fn corpus() -> Vec<Entry> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/pkilint-smime");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("certificate"));
        let codes = lines.filter_map(|line| line.split(',').nth(3)).map(str::to_owned).collect();
        Entry { name: path.file_stem().unwrap().to_string_lossy().into_owned(), text, codes }
    };
    files.map(read).collect()
}

fn rules_fired(certificate: &Certificate) -> BTreeSet<String> {
    let mut recipient = alice_with(&[(Attribute::UserCertificate, certificate.der().to_vec())]);
    recipient.mail = certificate.addresses.first().map(|address| address.text.clone());
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, true);
    let evaluation = evaluate(&recipient, &policy, &TrustAnchors::default(), certificate.not_before);
    let findings = evaluation.certificates.into_iter().flat_map(|entry| entry.findings);
    findings.map(|finding| finding.rule).filter(|rule| rule != "untrusted-issuer").collect()
}

#[test]
fn every_certificate_is_read() {
    let corpus = corpus();
    assert_eq!(corpus.len(), 97);
    for entry in corpus {
        let content = read_value(Attribute::UserCertificate, entry.text.as_bytes());
        assert_eq!(content.form, ValueForm::Certificate, "{}", entry.name);
        assert_eq!(content.problems, [ValueProblem::TextEncoded("PEM")], "{}", entry.name);
        let certificate = &content.certificates[0];
        assert!(certificate.malformed_extensions.is_empty(), "{}", entry.name);
        assert!(certificate.unreadable_restrictions.is_empty(), "{}", entry.name);
        assert_eq!(certificate.encoding, EncodingFlaws::default(), "{}", entry.name);
        assert!(!certificate.addresses.is_empty(), "{}", entry.name);
    }
}

#[test]
fn our_rules_agree_with_pkilint_where_both_have_one() {
    let mut met = BTreeSet::new();
    for entry in corpus() {
        let content = read_value(Attribute::UserCertificate, entry.text.as_bytes());
        let fired = rules_fired(&content.certificates[0]);
        let same = SAME.iter().filter(|(code, _)| entry.codes.contains(*code));
        let due: BTreeSet<String> = same
            .map(|(code, rule)| {
                met.insert(*code);
                (*rule).to_owned()
            })
            .collect();
        for code in &entry.codes {
            let known =
                SAME.iter().any(|(same, _)| same == code) || NOT_OURS.iter().any(|n| code.starts_with(n));
            assert!(known, "{}: nobody has decided about {code}", entry.name);
        }
        let missed: Vec<_> = due.difference(&fired).collect();
        assert!(missed.is_empty(), "{}: {missed:?} did not fire for {:?}", entry.name, entry.codes);
        let explained = |rule: &&String| {
            OURS_ALONE.contains(&rule.as_str()) || EXPLAINED.contains(&(entry.name.as_str(), rule.as_str()))
        };
        let more: Vec<_> = fired.difference(&due).filter(|rule| !explained(rule)).collect();
        assert!(more.is_empty(), "{}: {more:?} fired, but pkilint says {:?}", entry.name, entry.codes);
    }
    assert_eq!(met.len(), SAME.len(), "codes that no certificate of the corpus has");
}

//! What policies make of rules: severities, allowed exceptions, the fingerprint, and the document.

use std::collections::BTreeSet;

use smime_sync::{
    certificate::Certificate,
    model::{CertificateState, Named, Severity},
    policy::{Policy, RuleId, evaluate, rules, rules_markdown},
    profile::{PolicyName, SelectionName},
    trust::TrustAnchors,
};

use crate::common::{certificates::*, generated::compare_or_bless, judging::*};

#[test]
fn a_good_certificate_breaks_no_rule() {
    let root = root();
    let sub = root.below("CN=Issuing CA", 4, |draft| draft);
    let values = [
        vec![(USER, good().sign(&root))],
        vec![(USER, good().addresses(&["a.smith@contoso.test", "alice@contoso.test"]).sign(&root))],
        vec![(USER, good().without("2.5.29.37").without("2.5.29.15").sign(&root))],
        vec![(SMIME, SignedData::certs_only(&[&good().sign(&sub), &sub.der]))],
    ];
    for values in values {
        let evaluation = evaluate_as(PolicyName::Strict, &alice_with(&values));
        assert_eq!(all_findings(&evaluation), []);
        assert_eq!(evaluation.certificates[0].state, CertificateState::Chosen);
        assert_eq!(evaluation.missing_issuers, Vec::<String>::new());
    }
}

#[test]
fn the_ends_of_the_validity_belong_to_it() {
    let der = good().sign(&root());
    let certificate = Certificate::from_der(&der).unwrap();
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
    for (now, usable) in [
        (certificate.not_before.plus(-1), false),
        (certificate.not_before, true),
        (certificate.not_after, true),
        (certificate.not_after.plus(1), false),
    ] {
        let evaluation = evaluate(&alice_with(&[(USER, der.clone())]), &policy, &anchors(), now);
        assert_eq!(!evaluation.desired.is_empty(), usable, "{now}");
    }
}

#[test]
fn severities_follow_the_policy() {
    let root = root();
    let trailing = [good().sign(&root), vec![0]].concat();
    let weak = rsa(1024).sign(&root);
    let expired = good().valid(-9, -1).sign(&root);
    let foreign = Draft::person("bob@contoso.test").sign(&root);
    for (bytes, standard, strict, lenient) in [
        (&trailing, true, false, true),
        (&weak, false, false, true),
        (&expired, false, false, false),
        (&foreign, false, false, false),
    ] {
        let usable = |name| !evaluate_as(name, &alice_with(&[(USER, bytes.clone())])).desired.is_empty();
        let found = [PolicyName::Standard, PolicyName::Strict, PolicyName::Lenient].map(usable);
        assert_eq!(found, [standard, strict, lenient]);
    }
}

#[test]
fn allowed_untrusted_certificates_are_warned_about_but_forged_ones_stay_out() {
    let elsewhere = good().sign(&Authority::root("CN=Elsewhere", 2));
    let mut forged = good();
    forged.corrupt_signature = true;
    for name in [PolicyName::Standard, PolicyName::Strict, PolicyName::Lenient] {
        let policy = Policy::new(name, SelectionName::Best, true);
        let of = |der: Vec<u8>| evaluate(&alice_with(&[(USER, der)]), &policy, &anchors(), NOW);
        let evaluation = of(elsewhere.clone());
        assert_eq!(evaluation.desired.len(), 1, "{name:?}");
        assert_eq!(evaluation.certificates[0].findings[0].severity, Severity::Warning);
        assert_eq!(evaluation.missing_issuers, ["CN=Elsewhere"]);
        assert_eq!(of(forged.sign(&root())).desired.len(), 0, "{name:?}");
    }
}

#[test]
fn a_recipient_without_addresses_gets_no_certificate_of_anybody() {
    let mut nobody = alice_with(&[(USER, good().sign(&root()))]);
    (nobody.mail, nobody.primary_smtp_address, nobody.user_principal_name) = (None, None, None);
    nobody.proxy_addresses.clear();
    let evaluation = evaluate_as(PolicyName::Standard, &nobody);
    assert!(evaluation.desired.is_empty());
    let finding = &evaluation.certificates[0].findings[0];
    assert_eq!(finding.message, "The certificate names alice@contoso.test; the recipient's addresses: none.");
}

#[test]
fn the_fingerprint_of_the_policy_tells_what_needs_a_new_evaluation() {
    let fingerprint = |name, selection, allow, anchors: &TrustAnchors| {
        Policy::new(name, selection, allow).fingerprint(&anchors.fingerprint())
    };
    let (standard, best) = (PolicyName::Standard, SelectionName::Best);
    let base = fingerprint(standard, best, false, &anchors());
    assert_eq!(base, fingerprint(standard, best, false, &anchors()));
    let none = TrustAnchors::default();
    for other in [
        fingerprint(PolicyName::Strict, best, false, &anchors()),
        fingerprint(PolicyName::Lenient, best, false, &anchors()),
        fingerprint(standard, SelectionName::AllUsable, false, &anchors()),
        fingerprint(standard, best, true, &anchors()),
        fingerprint(standard, best, false, &none),
    ] {
        assert_ne!(base, other);
    }
}

#[test]
fn the_table_is_complete_and_its_ids_are_kebab_case() {
    let rules = rules();
    let ids: BTreeSet<_> = rules.iter().map(|rule| rule.rule.as_str()).collect();
    assert_eq!(ids.len(), RuleId::all().count());
    for rule in &rules {
        let kebab = rule.rule.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(kebab && !rule.title.ends_with('.'), "{}", rule.rule);
        assert!(rule.explanation.ends_with('.') && rule.advice.ends_with('.'), "{}", rule.rule);
        assert!(!rule.source.is_empty(), "{}", rule.rule);
    }
    let json = serde_json::to_value(&rules[0]).unwrap();
    let names: BTreeSet<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["Rule", "Severity", "Title", "Explanation", "Advice", "Source"]));
}

#[test]
fn the_document_of_the_rules_is_up_to_date() {
    compare_or_bless("docs/rules.md", "engine policy::severities", &rules_markdown());
}

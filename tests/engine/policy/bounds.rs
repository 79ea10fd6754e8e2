//! What one recipient may cost: what is beyond is told as not looked at, and nothing else changes by it.

use smime_sync::{
    model::{Attribute, CertificateState, Evaluation, Severity},
    policy::{Policy, evaluate},
    profile::{PolicyName, RemovableValue, SelectionName},
};

use crate::common::{certificates::*, judging::*, worst::many_addresses};

fn judged(values: &[(Attribute, Vec<u8>)]) -> Evaluation {
    evaluate_as(PolicyName::Standard, &alice_with(values))
}

fn named(addresses: &[String]) -> (Attribute, Vec<u8>) {
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    (USER, good().addresses(&addresses).sign(&root()))
}

/// How many certificates a rule fired on.
fn count(evaluation: &Evaluation, rule: &str) -> usize {
    let fires = |findings: &[smime_sync::model::Finding]| findings.iter().any(|one| one.rule == rule);
    evaluation.certificates.iter().filter(|entry| fires(&entry.findings)).count()
}

fn leaf(number: usize) -> Draft {
    let [.., a, b] = number.to_be_bytes();
    good().serial(&[0x11, a, b])
}

#[test]
fn of_very_many_names_the_first_thousand_are_read() {
    let within = judged(&[named(&many_addresses(1000))]);
    assert_eq!(within.certificates[0].state, CertificateState::Chosen, "the last of them is Alice's");
    let beyond = judged(&[named(&many_addresses(20_000))]);
    let finding = &beyond.certificates[0].findings[0];
    assert_eq!((finding.rule.as_str(), finding.severity), ("too-many-names", Severity::Error));
    assert_eq!(finding.message, "The certificate has 20000 names; the first 1000 are read.");
    assert_eq!(count(&beyond, "address-mismatch"), 0, "nobody knows whether it names Alice");
    assert!(beyond.desired.is_empty());
}

#[test]
fn the_newest_certificates_are_checked_and_the_others_are_not_called_wrong() {
    let mut values: Vec<_> =
        (0..300).map(|n| (USER, leaf(n).valid(-30 - n as i64, 300).sign(&root()))).collect();
    let newest = values[0].clone();
    for _ in 0..2 {
        let evaluation = judged(&values);
        assert_eq!(count(&evaluation, "unchecked-chain"), 100);
        assert_eq!(count(&evaluation, "broken-chain") + count(&evaluation, "untrusted-issuer"), 0);
        assert_eq!(evaluation.desired[0].value.bytes[..], newest.1, "whatever the order of the values");
        values.reverse();
    }
}

#[test]
fn what_is_refused_anyway_and_what_names_nobody_is_checked_last() {
    let root = root();
    let good = (USER, leaf(999).valid(-300, 60).sign(&root));
    let nameless = |n: usize| leaf(n).without("2.5.29.17").valid(-1, 900);
    let future = |n: usize| leaf(n).valid(3, 900);
    let strangers = |n: usize| leaf(n).addresses(&["bob@contoso.test"]).valid(-1, 900);
    let weak = |n: usize| leaf(n).key(rsa_spki(1024, 1)).valid(-1, 900);
    let signing = |n: usize| leaf(n).usage(DIGITAL_SIGNATURE).valid(-1, 900);
    let kinds: [(&str, &dyn Fn(usize) -> Draft); 5] = [
        ("nameless", &nameless),
        ("not yet valid", &future),
        ("a stranger's", &strangers),
        ("weak", &weak),
        ("for signing", &signing),
    ];
    for (what, draft) in kinds {
        let newer = (0..230).map(|n| (USER, draft(n).sign(&root)));
        let evaluation = judged(&newer.chain([good.clone()]).collect::<Vec<_>>());
        assert_eq!(evaluation.desired[0].value.bytes[..], good.1, "{what}");
        assert!(count(&evaluation, "unchecked-chain") > 0, "{what}");
    }
}

#[test]
fn what_was_not_looked_at_is_never_displaced() {
    let policy =
        Policy::new(PolicyName::Standard, SelectionName::Best, false).curating(&[RemovableValue::Displaced]);
    let many = named(&many_addresses(1001));
    let older = (USER, good().valid(-300, 60).sign(&root()));
    let values = [many, older, (USER, good().sign(&root()))];
    let evaluation = evaluate(&alice_with(&values), &policy, &anchors(), NOW);
    let going: Vec<bool> = evaluation.curation.iter().map(|one| one.removal.is_some()).collect();
    assert_eq!(going, [false, true, false]);
    let unread = [values.as_slice(), &[(SMIME, vec![0x30; (1 << 20) + 1])]].concat();
    let evaluation = evaluate(&alice_with(&unread), &policy, &anchors(), NOW);
    assert!(evaluation.curation.is_empty(), "nobody knows what is preferred in there");
}

#[test]
fn of_what_was_not_looked_at_is_said_whether_another_is_better_all_the_same() {
    let many = |from| {
        good()
            .addresses(&many_addresses(1001).iter().map(String::as_str).collect::<Vec<_>>())
            .valid(from, 300)
            .sign(&root())
    };
    for (from, due) in [(-90, 1), (-3, 0)] {
        let evaluation = judged(&[(USER, many(from)), (USER, good().sign(&root()))]);
        assert_eq!(evaluation.certificates[0].state, CertificateState::Unusable);
        assert_eq!(count(&evaluation, "superseded"), due);
    }
}

#[test]
fn signatures_around_values_leave_enough_for_chains() {
    let root = root();
    let signer = root.person("alice@contoso.test", 9);
    let value = |n: usize| {
        let certificates = vec![signer.der.clone(), leaf(n).sign(&root)];
        (SMIME, SignedData { certificates, signer: Some(&signer), ..SignedData::default() }.build())
    };
    let values: Vec<_> = (0..60).map(value).collect();
    let evaluation = judged(&values);
    assert_eq!(count(&evaluation, "unchecked-signed-data"), 20, "two certificates of each of ten values");
    assert_eq!(count(&evaluation, "unverified-signed-data"), 0);
    assert_eq!(count(&evaluation, "unchecked-chain"), 0);
    assert!(!evaluation.desired.is_empty());
}

#[test]
fn values_that_nobody_reads_are_told_and_never_removed() {
    let mut values: Vec<_> = (0..1600_u32).map(|n| (USER, n.to_be_bytes().to_vec())).collect();
    values.push((USER, good().sign(&root())));
    values.push((USER, vec![0x30; (1 << 20) + 1]));
    let removable = [RemovableValue::Untrusted, RemovableValue::Displaced];
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false).curating(&removable);
    let evaluation = evaluate(&alice_with(&values), &policy, &anchors(), NOW);
    assert_eq!(count(&evaluation, "unreadable-value"), 1500, "the smallest first");
    assert_eq!(count(&evaluation, "unread-value"), 102);
    let told =
        evaluation.findings.iter().find(|one| one.rule == "unread-value").expect("on the recipient, too");
    assert!(told.message.starts_with("102 values were not read, or only in part: "), "{}", told.message);
    let going = evaluation.curation.iter().filter(|one| one.removal.is_some()).count();
    assert_eq!((going, evaluation.curation.len()), (1500, 1602));
}

#[test]
fn findings_of_one_rule_on_a_recipient_are_few() {
    let stale = (0..30).map(|n| (SMIME, SignedData::certs_only(&[&leaf(n).valid(-9, -1).sign(&root())])));
    let evaluation = judged(&stale.chain([(USER, good().sign(&root()))]).collect::<Vec<_>>());
    let stale = evaluation.findings.iter().filter(|one| one.rule == "stale-smime-value");
    let messages: Vec<_> = stale.map(|one| one.message.as_str()).collect();
    assert_eq!(messages.len(), 11);
    assert_eq!(messages[10], "The same is so of 20 more values.");
}

#[test]
fn names_of_a_megabyte_fill_no_message() {
    let long = "x".repeat(400_000);
    let mut draft = good();
    draft.subject = format!("CN={long}");
    let values =
        [(USER, draft.addresses(&[&long]).sign(&root())), (USER, good().valid(-1, 300).sign(&root()))];
    let evaluation = judged(&values);
    for finding in all_findings(&evaluation) {
        assert!(finding.message.len() < 2_000, "{} {}", finding.rule, finding.message.len());
    }
}

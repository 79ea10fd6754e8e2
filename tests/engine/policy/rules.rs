//! Every rule fires where it should, with a full sentence, and nowhere else.

use std::collections::BTreeSet;

use smime_sync::{
    model::{Attribute, Named, Recipient, Value},
    policy::{Policy, RuleId, evaluate, foreign_value_preferred},
    profile::{PolicyName, SelectionName},
};

use super::{rule_cases::certificate_cases, value_rule_cases::value_cases};
use crate::common::{certificates::*, judging::*};

#[test]
fn every_rule_fires_with_a_sentence_where_it_is_broken() {
    let mut fired = BTreeSet::new();
    for case in certificate_cases().into_iter().chain(value_cases()) {
        let evaluation = evaluate_as(PolicyName::Standard, &alice_with(&case.values));
        let findings = all_findings(&evaluation);
        let found = findings.iter().find(|finding| finding.rule == case.rule.id());
        let Some(found) = found else { panic!("{} did not fire: {findings:#?}", case.rule.id()) };
        assert_eq!(found.severity, case.rule.standard(), "{}", case.rule.id());
        assert!(found.message.ends_with('.') && found.message.len() > 20, "{}", found.message);
        if !case.message.is_empty() {
            assert!(findings.iter().any(|f| f.message == case.message), "{}: {findings:#?}", case.message);
        }
        fired.insert(case.rule);
    }
    // It needs the selection AllUsable.
    fired.insert(limited_selection());
    // It is a matter of the recipient's names.
    fired.insert(untrimmed_address());
    // It is a matter of what is at the target.
    fired.insert(foreign_preferred());
    // What a target tells of a recipient: tests/exchange/target and tests/engine/sync have them.
    fired.extend([RuleId::HiddenFromAddressLists, RuleId::SoftDeletedRecipient, RuleId::AmbiguousRecipient]);
    let silent: Vec<_> = RuleId::all().filter(|rule| !fired.contains(rule)).collect();
    assert!(silent.is_empty(), "no case for {silent:?}");
}

fn limited_selection() -> RuleId {
    let values: Vec<_> = (0..17).map(|i| (USER, good().serial(&[0x30, i]).sign(&root()))).collect();
    let policy = Policy::new(PolicyName::Standard, SelectionName::AllUsable, false);
    let evaluation = evaluate(&alice_with(&values), &policy, &anchors(), NOW);
    assert_eq!(evaluation.desired.len(), 15);
    let messages: Vec<_> = evaluation.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(messages.contains(&"Of 17 usable certificates the best 15 are selected."), "{messages:?}");
    RuleId::SelectionLimited
}

fn untrimmed_address() -> RuleId {
    let values = [(USER, good().sign(&root()))];
    let mut alice = alice_with(&values);
    let of = |alice: &Recipient| {
        let findings = evaluate_as(PolicyName::Standard, alice).findings;
        let of_rule = findings.into_iter().filter(|one| one.rule == RuleId::UntrimmedAddress.id());
        of_rule.map(|one| one.message).collect::<Vec<_>>()
    };
    assert!(of(&alice).is_empty());
    alice.untrimmed = vec![" alice@contoso.test\n".into(), "al\u{200B}ice@contoso.test".into()];
    assert_eq!(
        of(&alice),
        [
            "' alice@contoso.test\\u{a}' is taken as 'alice@contoso.test'.",
            "'al\\u{200b}ice@contoso.test' is taken as 'alice@contoso.test'.",
        ]
    );
    RuleId::UntrimmedAddress
}

fn foreign_preferred() -> RuleId {
    let root = root();
    let theirs = SignedData { certificates: vec![good().sign(&root)], ..SignedData::default() }.build();
    let ours = Value::new(Attribute::UserCertificate, good().serial(&[7]).sign(&root));
    let foreign = |attribute| vec![Value::new(attribute, theirs.clone())];
    let judge = |foreign: &[Value], ours: &[Value]| {
        let chosen: Vec<_> = ours.iter().map(Value::fingerprint).collect();
        foreign_value_preferred(ours, foreign, &chosen, NOW)
    };
    let smime = foreign(Attribute::UserSmimeCertificate);
    let found = judge(&smime, std::slice::from_ref(&ours)).expect("it hides ours");
    assert!(found.message.ends_with("and mail programs prefer it."), "{}", found.message);
    assert_eq!(
        judge(&foreign(Attribute::UserCertificate), std::slice::from_ref(&ours)),
        None,
        "ours come first"
    );
    let the_same = Value::new(Attribute::UserCertificate, good().sign(&root));
    assert_eq!(judge(&smime, &[the_same]), None, "it names the very certificate that is published");
    assert_eq!(judge(&smime, &[]), None, "nothing of ours is there to be hidden");
    RuleId::ForeignValuePreferred
}

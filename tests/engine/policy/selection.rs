//! What is selected from usable certificates, whatever order the directory gives them in.

use smime_sync::{
    certificate::{Certificate, read_value},
    model::{Attribute, CertificateState, Evaluation, Fingerprint, Timestamp},
    policy::{Policy, evaluate, reader_choice},
    profile::{PolicyName, SelectionName},
};

use crate::common::{certificates::*, judging::*};

pub(super) fn evaluate_with(selection: SelectionName, values: &[(Attribute, Vec<u8>)]) -> Evaluation {
    let policy = Policy::new(PolicyName::Standard, selection, true);
    evaluate(&alice_with(values), &policy, &anchors(), NOW)
}

/// Values as a test failure can show them.
pub(super) fn named<'a>(values: impl IntoIterator<Item = &'a (Attribute, Vec<u8>)>) -> Vec<String> {
    values.into_iter().map(|(attribute, bytes)| format!("{attribute} {}", Fingerprint::of(bytes))).collect()
}

pub(super) fn desired(evaluation: &Evaluation) -> Vec<String> {
    evaluation
        .desired
        .iter()
        .map(|one| format!("{} {}", one.value.attribute, one.value.fingerprint()))
        .collect()
}

pub(super) fn best(values: &[(Attribute, Vec<u8>)]) -> Vec<String> {
    desired(&evaluate_with(SelectionName::Best, values))
}

pub(super) fn user(draft: &Draft) -> (Attribute, Vec<u8>) {
    (USER, draft.sign(&root()))
}

#[test]
fn the_better_certificate_wins_whatever_the_order() {
    let root = root();
    let elsewhere = Authority::root("CN=Elsewhere", 2);
    let nameless = || good().without("2.5.29.17").without("2.5.29.37");
    let upn = "1.3.6.1.4.1.311.20.2.3";
    let mut minutes_later = good();
    minutes_later.not_before += 600;
    for (why, better, worse) in [
        ("which is trusted", good().valid(-300, 60).sign(&root), good().sign(&elsewhere)),
        ("which is trusted", nameless().valid(-300, 60).sign(&root), good().sign(&elsewhere)),
        (
            "which names a mail address of the recipient",
            good().valid(-300, 10).sign(&root),
            nameless().usage(KEY_ENCIPHERMENT).valid(-1, 900).sign(&root),
        ),
        (
            "which names a mail address of the recipient",
            good().valid(-300, 10).sign(&root),
            good().other_name(upn, "alice@corp.contoso.test").valid(-1, 900).sign(&root),
        ),
        (
            "which names a mail address of the recipient",
            good().valid(-300, 10).sign(&root),
            good().addresses(&["alice@corp.contoso.test"]).valid(-1, 900).sign(&root),
        ),
        ("which is newer", good().valid(-10, 60).sign(&root), good().valid(-20, 600).sign(&root)),
        (
            "which is newer",
            good().valid(-5, 720).sign(&root),
            good().usage(KEY_ENCIPHERMENT).valid(-720, 10).sign(&root),
        ),
        (
            "which is for encryption alone",
            good().usage(KEY_ENCIPHERMENT).sign(&root),
            minutes_later.clone().valid(-30, 600).sign(&root),
        ),
        ("which is newer", minutes_later.sign(&root), good().sign(&root)),
        ("which lasts longer", good().valid(-10, 61).sign(&root), good().valid(-10, 60).sign(&root)),
        ("which has the stronger key", good().sign(&root), good().key(rsa_spki(2048, 1)).sign(&root)),
    ] {
        for values in [[&better, &worse], [&worse, &better]] {
            let values = values.map(|der| (USER, der.clone()));
            let evaluation = evaluate_with(SelectionName::Best, &values);
            assert_eq!(desired(&evaluation)[..1], named(&[(USER, better.clone())]), "{why}");
            let states: Vec<_> = evaluation.certificates.iter().map(|entry| entry.state).collect();
            assert!(states.contains(&CertificateState::Usable) || why.contains("encryption alone"), "{why}");
            let findings = evaluation.certificates.iter().flat_map(|entry| &entry.findings);
            let superseded: Vec<_> = findings.filter(|one| one.rule == "superseded").collect();
            if let [one] = superseded.as_slice() {
                let due = format!("{}, {why}.", Certificate::from_der(&better).unwrap().describe());
                assert_eq!(one.message, format!("Another certificate is better: {due}"));
            } else {
                // A certificate for signing, too, is chosen for that.
                assert!(superseded.is_empty() && why.contains("encryption alone"), "{why}");
            }
        }
    }
}

#[test]
fn what_the_owner_prefers_is_said() {
    let root = root();
    let preferred = good().valid(-300, 60).sign(&root);
    let blocks = (SMIME, block(3, &preferred));
    let evaluation = evaluate_with(SelectionName::Best, &[user(&good().valid(-1, 900)), blocks]);
    let found = &evaluation.certificates[0].findings;
    let due = "which is preferred in userSMIMECertificate.";
    assert!(found.iter().any(|one| one.rule == "superseded" && one.message.ends_with(due)), "{found:#?}");
}

#[test]
fn a_certificate_for_signing_says_which_other_one_is_better() {
    let signing =
        |serial: u8, from| user(&good().usage(DIGITAL_SIGNATURE).serial(&[serial]).valid(from, 300));
    let values = [user(&good().usage(KEY_ENCIPHERMENT)), signing(1, -3), signing(2, -9)];
    let evaluation = evaluate_with(SelectionName::Best, &values);
    let found = &evaluation.certificates[2].findings;
    assert!(found.iter().any(|one| one.message.ends_with("which is newer.")), "{found:#?}");
}

#[test]
fn a_certificate_for_signing_alone_is_compared_with_the_best_one_for_signing() {
    let signing = |from| good().usage(DIGITAL_SIGNATURE).serial(&[4]).valid(from, 300);
    let nameless = good().without("2.5.29.17").valid(-9, 300);
    for (what, dual, signing, due) in [
        ("newer than the one for both", good(), signing(-3), None),
        ("of the same day", good(), signing(-30), None),
        ("names the recipient, unlike the one for both", nameless, signing(-90), None),
        ("older than the one for both", good(), signing(-90), Some("which is newer.")),
    ] {
        let evaluation = evaluate_with(SelectionName::Best, &[user(&dual), user(&signing)]);
        let [dual, signing] = [&evaluation.certificates[0], &evaluation.certificates[1]];
        assert_eq!(dual.state, CertificateState::Chosen, "{what}");
        let state = if due.is_none() { CertificateState::Chosen } else { CertificateState::Usable };
        assert_eq!(signing.state, state, "{what}");
        let said = signing.findings.iter().find(|one| one.rule == "superseded");
        assert_eq!(said.is_some(), due.is_some(), "{what}");
        assert!(said.is_none_or(|said| said.message.ends_with(due.unwrap())), "{what}: {said:?}");
    }
}

#[test]
fn a_preference_that_a_stranger_or_an_untrusted_certificate_signed_does_not_count() {
    let root = root();
    let elsewhere = Authority::root("CN=Elsewhere", 2);
    let newer = user(&good().valid(-1, 900));
    let old = good().serial(&[0x22]).valid(-300, 60).sign(&root);
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
    for (what, signer, counts) in [
        ("her own", root.person("alice@contoso.test", 9), true),
        ("a stranger's", root.person("bob@contoso.test", 9), false),
        ("an untrusted one in her name", elsewhere.person("alice@contoso.test", 9), false),
    ] {
        let value = SignedData {
            certificates: vec![signer.der.clone(), old.clone()],
            signer: Some(&signer),
            microsoft_preference: Some(issuer_and_serial(&old)),
            ..Default::default()
        };
        let alice = alice_with(&[newer.clone(), (SMIME, value.build())]);
        let evaluation = evaluate(&alice, &policy, &anchors(), NOW);
        let due = if counts { (USER, old.clone()) } else { newer.clone() };
        assert_eq!(desired(&evaluation)[..1], named(&[due]), "{what}");
        let told = all_findings(&evaluation).iter().any(|one| one.rule == "foreign-preference");
        assert_eq!(told, !counts, "{what}");
    }
}

#[test]
fn an_address_with_what_nobody_sees_does_not_count() {
    let clean = user(&good().valid(-300, 60));
    for text in [
        "alice@contoso.test\0",
        "\0alice@contoso.test",
        "\nalice@contoso.test",
        "alice@contoso.test\n",
        " alice@contoso.test",
        "alice@contoso.test\t",
        "\u{A0}alice@contoso.test",
        "ali\u{200B}ce@contoso.test",
        "alice\u{3164}@contoso.test",
    ] {
        let odd = user(&good().addresses(&[text]).valid(-1, 900));
        let evaluation = evaluate_with(SelectionName::Best, &[odd.clone(), clean.clone()]);
        assert_eq!(desired(&evaluation), named(std::slice::from_ref(&clean)), "{text:?}");
        let entry = &evaluation.certificates[0];
        let rules: Vec<_> = entry.findings.iter().map(|one| one.rule.as_str()).collect();
        for due in ["malformed-address", "address-missing", "superseded"] {
            assert!(rules.contains(&due), "{text:?}: {rules:?}");
        }
        let shown = entry.certificate.as_ref().map(|one| one.addresses.clone());
        assert_eq!(shown, Some(vec![text.to_owned()]), "as it stands there");
        let alone = evaluate_with(SelectionName::Best, std::slice::from_ref(&odd));
        assert_eq!(desired(&alone), named(&[odd]), "{text:?}: like one that names nobody");
    }
}

#[test]
fn the_owners_preference_beats_newer_certificates_but_not_trust() {
    let root = root();
    let elsewhere = Authority::root("CN=Elsewhere", 2);
    let signer = root.person("alice@contoso.test", 9);
    let newer = good().usage(KEY_ENCIPHERMENT).valid(-1, 900).sign(&root);
    let value = |preferred: &Vec<u8>, corrupt| {
        SignedData {
            certificates: vec![signer.der.clone(), preferred.clone()],
            signer: Some(&signer),
            microsoft_preference: Some(issuer_and_serial(preferred)),
            corrupt,
            ..Default::default()
        }
        .build()
    };
    let trusted = good().serial(&[0x22]).valid(-300, 60).sign(&root);
    let untrusted = good().serial(&[0x23]).valid(-300, 60).sign(&elsewhere);
    let signed = (SMIME, value(&trusted, false));
    let due = named(&[(USER, trusted.clone()), signed.clone()]);
    assert_eq!(best(&[(USER, newer.clone()), signed])[..2], due);
    for doubtful in [value(&trusted, true), value(&untrusted, false)] {
        assert_eq!(best(&[(USER, newer.clone()), (SMIME, doubtful)])[..1], named(&[(USER, newer.clone())]));
    }
}

#[test]
fn a_signing_certificate_comes_along_only_where_it_is_another_one() {
    let encryption = user(&good().usage(KEY_ENCIPHERMENT).serial(&[1]));
    let signing = user(&good().usage(DIGITAL_SIGNATURE).serial(&[2]));
    let dual = user(&good().serial(&[3]));
    let older_signing = user(&good().usage(DIGITAL_SIGNATURE).valid(-90, 300).serial(&[4]));
    for (values, due) in [
        (vec![signing.clone(), encryption.clone()], vec![encryption.clone(), signing.clone()]),
        (vec![dual.clone(), encryption.clone()], vec![encryption.clone(), dual.clone()]),
        (vec![dual.clone(), signing.clone(), encryption.clone()], vec![encryption.clone(), signing.clone()]),
        (vec![signing.clone(), dual.clone()], vec![dual.clone(), signing.clone()]),
        (vec![older_signing.clone(), dual.clone()], vec![dual.clone()]),
        (vec![encryption.clone()], vec![encryption.clone()]),
        (vec![signing.clone()], vec![]),
        (vec![], vec![]),
    ] {
        assert_eq!(best(&values), named(&due));
    }
}

#[test]
fn all_usable_ones_are_ranked_and_counted_once() {
    let encryption = user(&good().usage(KEY_ENCIPHERMENT).serial(&[1]));
    let signing = user(&good().usage(DIGITAL_SIGNATURE).serial(&[2]));
    let dual = user(&good().serial(&[3]));
    let expired = user(&good().valid(-9, -1));
    let in_pkcs7 = (SMIME, SignedData::certs_only(&[&encryption.1]));
    let values = [signing.clone(), expired, dual.clone(), in_pkcs7.clone(), encryption.clone(), dual.clone()];
    let evaluation = evaluate_with(SelectionName::AllUsable, &values);
    assert_eq!(desired(&evaluation), named(&[encryption, in_pkcs7, dual, signing]));
    use CertificateState::{Chosen, Unusable};
    let states: Vec<_> = evaluation.certificates.iter().map(|entry| entry.state).collect();
    assert_eq!(states, [Chosen, Unusable, Chosen, Chosen, Chosen, Chosen]);
}

#[test]
fn a_certificate_that_is_only_in_pkcs7_is_published_by_itself_too() {
    let root = root();
    let der = good().sign(&root);
    for value in [SignedData::certs_only(&[&root.der, &der]), block(3, &der)] {
        assert_eq!(best(&[(SMIME, value.clone())]), named(&[(USER, der.clone()), (SMIME, value)]));
    }
}

#[test]
fn only_values_that_readers_understand_alike_are_passed_on() {
    let root = root();
    let signer = root.person("alice@contoso.test", 9);
    let der = good().usage(KEY_ENCIPHERMENT).serial(&[0x22]).valid(-1, 900).sign(&root);
    let signing = good().usage(DIGITAL_SIGNATURE).sign(&root);
    let expired = good().valid(-400, -1).sign(&root);
    let base = SignedData { certificates: vec![der.clone()], ..Default::default() };
    let preferring = SignedData {
        certificates: vec![signer.der.clone(), der.clone()],
        signer: Some(&signer),
        microsoft_preference: Some(issuer_and_serial(&der)),
        ..Default::default()
    };
    let too_large = SignedData::certs_only(&vec![&der[..]; 60]);
    for (what, value, passed_on) in [
        ("certs-only", base.build(), true),
        ("BER", indefinite(&base.build(), 3), true),
        ("expired one first", SignedData::certs_only(&[&expired, &der]), true),
        ("preferred", preferring.build(), true),
        ("preferred, SHA-1", SignedData { sha1: true, ..preferring.clone() }.build(), true),
        ("blocks", [block(8, &signing), block(3, &der)].concat(), true),
        ("signing one first", SignedData::certs_only(&[&signing, &der]), false),
        ("forged preference", SignedData { corrupt: true, ..preferring.clone() }.build(), false),
        ("trailing bytes", [base.build(), vec![0]].concat(), false),
        ("wrapped", tlv(4, &[&base.build()]), false),
        ("bare DER", der.clone(), false),
        ("an unreadable one inside", SignedData::certs_only(&[&der, &[0x30, 0]]), false),
        ("too large", too_large, false),
    ] {
        let evaluation = evaluate_with(SelectionName::Best, &[(USER, der.clone()), (SMIME, value.clone())]);
        let due = desired(&evaluation);
        assert_eq!(due[..1], named(&[(USER, der.clone())]), "{what}");
        assert_eq!(due.contains(&named(&[(SMIME, value)])[0]), passed_on, "{what}");
        let left_out = evaluation.findings.iter().any(|finding| finding.rule == "smime-value-left-out");
        assert_eq!(left_out, !passed_on, "{what}");
    }
}

#[test]
fn readers_pick_the_preferred_one_else_the_first_valid_one() {
    let root = root();
    let [one, two] = [1, 2].map(|n| good().serial(&[n]).sign(&root));
    let expired = good().valid(-9, -1).sign(&root);
    for (certificates, due) in [
        (vec![&one, &two], Some(&one)),
        (vec![&two, &one], Some(&two)),
        (vec![&expired, &two], Some(&two)),
        (vec![&root.der, &two], Some(&two)),
        (vec![&expired], None),
    ] {
        let certificates: Vec<&[u8]> = certificates.into_iter().map(Vec::as_slice).collect();
        let content = read_value(SMIME, &SignedData::certs_only(&certificates));
        assert_eq!(reader_choice(&content, NOW), due.map(|der| Fingerprint::of(der)));
    }
}

#[test]
fn the_stale_value_is_named() {
    let root = root();
    let stale = SignedData::certs_only(&[&good().valid(-400, -1).sign(&root)]);
    let evaluation = evaluate_with(SelectionName::Best, &[user(&good()), (SMIME, stale.clone())]);
    assert_eq!(desired(&evaluation), named(&[user(&good())]));
    let due = format!(
        "Value 1 of userSMIMECertificate (SHA-256 {}) has no usable encryption certificate inside, and hides the \
         good one from Outlook.",
        Fingerprint::of(&stale)
    );
    assert!(evaluation.findings.iter().any(|finding| finding.message == due), "{:#?}", evaluation.findings);
}

#[test]
fn the_next_evaluation_is_the_nearest_change() {
    let day = |days: i64| NOW.plus(days * DAY);
    let sub = root().below("CN=Sub", 4, |draft| draft.valid(-9, 100));
    let below_sub = (SMIME, SignedData::certs_only(&[&good().sign(&sub), &sub.der]));
    for (values, due) in [
        (vec![], None),
        (vec![(USER, b"garbage".to_vec())], None),
        (vec![user(&good().valid(-9, 300))], Some(day(270))),
        (vec![user(&good().valid(5, 300))], Some(day(5))),
        (vec![user(&good().valid(-9, 20))], Some(day(20).plus(1))),
        // The last one ends with the anchor: nothing of its own is to come.
        (vec![user(&good().valid(-9, -1))], None),
        (vec![user(&good().valid(-9, 300)), user(&good().valid(-9, 200))], Some(day(170))),
        (vec![below_sub], Some(day(70))),
    ] {
        let evaluation = evaluate_with(SelectionName::Best, &values);
        assert_eq!(evaluation.next_evaluation, due);
    }
}

#[test]
fn evaluating_at_the_next_evaluation_goes_on_to_a_later_one() {
    let values = [user(&good().valid(5, 300)), user(&good().valid(-9, 40))];
    let recipient = alice_with(&values);
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
    let mut now = Timestamp(NOW.0);
    let mut steps = Vec::new();
    while let Some(next) = evaluate(&recipient, &policy, &anchors(), now).next_evaluation {
        assert!(now < next);
        steps.push((next.0 - NOW.0) / DAY);
        now = next;
    }
    assert_eq!(steps, [5, 10, 40, 270, 300]);
}

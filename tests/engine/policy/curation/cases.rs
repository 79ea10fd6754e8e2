//! What goes and what stays, case by case, and the reasons.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use smime_sync::{
    model::Fingerprint,
    policy::{Policy, evaluate},
    profile::{PolicyName, RemovableValue, SelectionName},
};

use super::*;
use crate::common::{certificates::*, judging::*};

#[test]
fn expired_and_unreadable_values_go_and_everything_else_stays() {
    let other_purpose = |oids: &[&str]| good().purposes(oids).serial(&[0x33]);
    for (what, value, goes) in [
        ("good", signed(&good()), false),
        ("expired", signed(&expired()), true),
        ("expired, of another purpose", signed(&other_purpose(&[SMART_CARD]).valid(-9, -1)), true),
        ("not yet valid", signed(&good().valid(5, 100)), false),
        ("garbage", b"garbage".to_vec(), true),
        ("empty", Vec::new(), true),
        ("cut off", signed(&good())[..200].to_vec(), true),
        ("no certificate inside", SignedData::certs_only(&[]), true),
        ("smart-card logon", signed(&other_purpose(&[SMART_CARD])), false),
        ("file encryption", signed(&other_purpose(&[EFS])), false),
        ("VPN", signed(&other_purpose(&[CLIENT_AUTH])), false),
        ("untrusted", untrusted(), false),
        ("weak", signed(&rsa(1024)), false),
        ("somebody else's", signed(&wrong_address()), false),
        ("a CA's", root().der, false),
        ("an expired CA's", signed(&Draft::bare("CN=Old CA").ca(None).valid(-400, -1)), true),
        ("base64", BASE64.encode(signed(&good())).into_bytes(), false),
        ("wrapped and expired", tlv(4, &[&signed(&expired())]), true),
        (
            "PKCS#7 with an expired and a good one",
            SignedData::certs_only(&[&signed(&expired()), &signed(&good())]),
            false,
        ),
    ] {
        assert_eq!(going(&vec![(USER, value)], &[]), [goes], "{what}");
    }
}

#[test]
fn a_smime_value_goes_when_every_certificate_of_the_user_in_it_is_expired_or_unreadable() {
    let (fine, old, older) = (signed(&good()), signed(&expired()), signed(&expired().valid(-800, -401)));
    let ca = root().der;
    let old_ca = signed(&Draft::bare("CN=Old CA").ca(None).valid(-400, -1));
    let not_yet = signed(&good().valid(5, 100));
    for (what, value, goes) in [
        ("good", SignedData::certs_only(&[&fine]), false),
        ("expired", SignedData::certs_only(&[&old]), true),
        ("both expired", SignedData::certs_only(&[&old, &older]), true),
        ("one of two expired", SignedData::certs_only(&[&old, &fine]), false),
        ("expired, with a valid CA certificate", SignedData::certs_only(&[&old, &ca]), true),
        ("good, with an expired CA certificate", SignedData::certs_only(&[&fine, &old_ca]), false),
        ("a CA certificate alone", SignedData::certs_only(&[&ca]), false),
        ("an expired CA certificate alone", SignedData::certs_only(&[&old_ca]), true),
        ("expired and unreadable", SignedData::certs_only(&[&old, &[0x30, 0]]), true),
        ("unreadable, with a valid CA certificate", SignedData::certs_only(&[&ca, &[0x30, 0]]), true),
        ("good and unreadable", SignedData::certs_only(&[&fine, &[0x30, 0]]), false),
        ("not yet valid", SignedData::certs_only(&[&old, &not_yet]), false),
        ("blocks, expired", block(3, &old), true),
        ("blocks, one good", [block(8, &old), block(3, &fine)].concat(), false),
        ("no certificate", SignedData::certs_only(&[]), true),
        ("garbage", b"garbage".to_vec(), true),
        ("a bare expired certificate", old.clone(), true),
        ("untrusted", SignedData::certs_only(&[&untrusted()]), false),
        ("weak", SignedData::certs_only(&[&signed(&rsa(1024))]), false),
        ("somebody else's", SignedData::certs_only(&[&signed(&wrong_address())]), false),
    ] {
        assert_eq!(going(&vec![(SMIME, value)], &[]), [goes], "{what}");
    }
}

#[test]
fn more_parts_than_are_read_may_hold_a_good_certificate_and_stay() {
    let mut parts: Vec<&[u8]> = vec![&[0x30, 0]; 1001];
    let fine = signed(&good());
    parts.push(&fine);
    assert_eq!(going(&vec![(SMIME, SignedData::certs_only(&parts))], &ALL_OPTIONS), [false]);
}

#[test]
fn of_the_same_certificate_the_cleanest_form_stays() {
    let plain = signed(&good());
    let base64 = BASE64.encode(&plain).into_bytes();
    let pem = pem_of(&plain).into_bytes();
    let trailing = [plain.clone(), vec![0]].concat();
    let wrapped = tlv(4, &[&plain]);
    let pkcs7 = SignedData::certs_only(&[&plain]);
    let other = signed(&good().serial(&[0x77]));
    let both = SignedData::certs_only(&[&plain, &other]);
    let user = |value: &[u8]| (USER, value.to_vec());
    for (what, values, goes) in [
        ("text", vec![user(&base64), user(&plain)], vec![true, false]),
        ("PEM", vec![user(&plain), user(&pem)], vec![false, true]),
        ("trailing bytes", vec![user(&trailing), user(&plain)], vec![true, false]),
        ("wrapped", vec![user(&wrapped), user(&plain)], vec![true, false]),
        ("PKCS#7", vec![user(&pkcs7), user(&plain)], vec![true, false]),
        (
            "all forms",
            vec![user(&pkcs7), user(&base64), user(&plain), user(&pem)],
            vec![true, true, false, true],
        ),
        ("no plain form", vec![user(&pem), user(&trailing)], vec![true, false]),
        ("another one beside it", vec![user(&both), user(&plain)], vec![false, false]),
        ("each is elsewhere", vec![user(&both), user(&plain), user(&other)], vec![true, false, false]),
        // Removing a value by its bytes would remove both.
        ("the same bytes", vec![user(&plain), user(&plain)], vec![false, false]),
        ("another certificate", vec![user(&plain), user(&other)], vec![false, false]),
        ("one in each attribute", vec![user(&plain), (SMIME, pkcs7.clone())], vec![false, false]),
        (
            "twice in the other attribute",
            vec![(SMIME, pkcs7.clone()), (SMIME, both.clone())],
            vec![false, false],
        ),
    ] {
        assert_eq!(going(&values, &[]), goes, "{what}");
    }
}

#[test]
fn the_last_second_belongs_to_the_validity() {
    let end = NOW.plus(10);
    let mut draft = good();
    draft.not_after = end.0;
    let recipient =
        alice_with(&[(USER, signed(&draft)), (SMIME, SignedData::certs_only(&[&signed(&draft)]))]);
    let goes = |now| curate_as(PolicyName::Standard, &recipient, &[], now).curation.len();
    assert_eq!([goes(end.plus(-1)), goes(end), goes(end.plus(1))], [0, 0, 2]);
    let evaluation = curate_as(PolicyName::Standard, &recipient, &[], end);
    assert_eq!(evaluation.next_evaluation, Some(end.plus(1)), "it is looked at again in that moment");
}

#[test]
fn nothing_is_curated_elsewhere() {
    let recipient = alice_with(&[(USER, b"garbage".to_vec())]);
    assert!(evaluate_as(PolicyName::Standard, &recipient).curation.is_empty());
}

#[test]
fn each_option_takes_what_it_names_and_only_mail_certificates() {
    use RemovableValue::*;
    let elsewhere = Authority::root("CN=Elsewhere", 2);
    let sha1 = Draft { signature_algorithm: ECDSA_SHA1.into(), ..good() };
    let forged = Draft { corrupt_signature: true, ..good() };
    let for_bob = wrong_address();
    let no_purposes = |draft: Draft| draft.without("2.5.29.37");
    let cases: Vec<(&str, Vec<u8>, Vec<RemovableValue>)> = vec![
        ("untrusted", untrusted(), vec![Untrusted]),
        (
            "self-signed",
            Authority::root_of("CN=Alice", 9, |draft| {
                draft.without("2.5.29.19").usage(DIGITAL_SIGNATURE).addresses(&["alice@contoso.test"])
            })
            .der,
            vec![Untrusted],
        ),
        ("a signature that does not hold", forged.sign(&root()), vec![Untrusted]),
        ("a short key", signed(&rsa(1024)), vec![Weak]),
        // These tests' SHA-1 is one by name only: the signature does not hold either.
        ("signed with SHA-1", signed(&sha1), vec![Untrusted, Weak]),
        ("somebody else's", signed(&for_bob), vec![WrongAddress]),
        ("somebody else's and untrusted", for_bob.sign(&elsewhere), vec![Untrusted, WrongAddress]),
        ("without purposes, somebody else's", signed(&no_purposes(for_bob.clone())), vec![WrongAddress]),
        (
            "with client authentication",
            signed(&for_bob.clone().purposes(&[EMAIL_PROTECTION, CLIENT_AUTH])),
            vec![WrongAddress],
        ),
        ("with file encryption", signed(&for_bob.clone().purposes(&[EMAIL_PROTECTION, EFS])), vec![]),
        ("with smart-card logon", signed(&for_bob.clone().purposes(&[EMAIL_PROTECTION, SMART_CARD])), vec![]),
        ("for servers", signed(&for_bob.clone().purposes(&[SERVER_AUTH])), vec![]),
        (
            "without purposes, no mail key usage",
            signed(&no_purposes(for_bob.clone()).usage(KEY_AGREEMENT)),
            vec![],
        ),
        ("not yet valid", for_bob.clone().valid(5, 100).sign(&elsewhere), vec![]),
        ("a CA's", Authority::root("CN=Elsewhere", 2).der, vec![]),
    ];
    for (what, value, options) in cases {
        for option in ALL_OPTIONS {
            let goes = options.contains(&option);
            for (attribute, value) in [(USER, value.clone()), (SMIME, SignedData::certs_only(&[&value]))] {
                assert_eq!(
                    going(&vec![(attribute, value)], &[option]),
                    [goes],
                    "{what}, {attribute}, {option:?}"
                );
            }
        }
    }
}

#[test]
fn a_value_goes_by_options_only_when_each_certificate_in_it_does() {
    use RemovableValue::*;
    let (old, foreign, bobs) = (signed(&expired()), untrusted(), signed(&wrong_address()));
    let logon = signed(&good().purposes(&[SMART_CARD]));
    for (what, certificates, removable, goes) in [
        ("expired and untrusted", vec![&old, &foreign], vec![Untrusted], true),
        ("expired and untrusted, not opted for", vec![&old, &foreign], vec![Weak], false),
        ("two reasons, one opted for", vec![&bobs, &foreign], vec![Untrusted], false),
        ("two reasons, both opted for", vec![&bobs, &foreign], vec![Untrusted, WrongAddress], true),
        ("one of another purpose", vec![&bobs, &logon], vec![WrongAddress], false),
    ] {
        let certificates: Vec<&[u8]> = certificates.into_iter().map(Vec::as_slice).collect();
        assert_eq!(
            going(&vec![(SMIME, SignedData::certs_only(&certificates))], &removable),
            [goes],
            "{what}"
        );
    }
}

#[test]
fn displaced_mail_certificates_go_only_from_the_attribute_that_has_the_better_one() {
    let best = signed(&good().valid(-1, 300).serial(&[1]));
    let older = signed(&good().valid(-300, 60).serial(&[2]));
    let logon = signed(&good().purposes(&[SMART_CARD]).serial(&[3]));
    let not_yet = signed(&good().valid(5, 400).serial(&[4]));
    let pkcs7 = |der: &[u8]| (SMIME, SignedData::certs_only(&[der]));
    let user = |der: &[u8]| (USER, der.to_vec());
    let displaced = [RemovableValue::Displaced];
    for (what, values, goes) in [
        ("displaced", vec![user(&older), user(&best)], vec![true, false]),
        ("no other", vec![user(&older)], vec![false]),
        ("another purpose", vec![user(&logon), user(&best)], vec![false, false]),
        ("not yet valid", vec![user(&not_yet), user(&best)], vec![false, false]),
        ("in the other attribute", vec![pkcs7(&older), user(&best)], vec![false, false]),
        ("the better one only in the other attribute", vec![user(&older), pkcs7(&best)], vec![false, false]),
        (
            "untrusted ones have an option of their own",
            vec![user(&untrusted()), user(&best)],
            vec![false, false],
        ),
    ] {
        assert_eq!(going(&values, &displaced), goes, "{what}");
        assert!(going(&values, &[]).iter().all(|goes| !goes), "{what}, not opted for");
    }
}

#[test]
fn a_value_whose_ca_certificate_a_staying_one_needs_stays_where_untrusted_ones_go() {
    let sub = root().below("CN=Sub", 4, |draft| draft);
    let below = good().serial(&[8]).sign(&sub);
    let stale = SignedData::certs_only(&[&expired().sign(&sub), &sub.der]);
    let values = vec![(USER, below.clone()), (SMIME, stale.clone())];
    // By itself it goes: nothing else is at stake than what reads as trusted.
    assert_eq!(going(&values, &[]), [false, true]);
    for option in [RemovableValue::Untrusted, RemovableValue::Displaced] {
        assert_eq!(going(&values, &[option]), [false, false], "{option:?}");
    }
    let with_ca = vec![(USER, below), (SMIME, stale), (USER, sub.der.clone())];
    assert_eq!(going(&with_ca, &[RemovableValue::Untrusted]), [false, true, false], "it is elsewhere, too");
}

#[test]
fn the_chosen_certificate_stays_whatever_speaks_against_it() {
    let weak = alice_with(&[(USER, signed(&rsa(1024)))]);
    let goes = |name| curate_as(name, &weak, &[RemovableValue::Weak], NOW).curation.len();
    assert_eq!((goes(PolicyName::Standard), goes(PolicyName::Lenient)), (1, 0));
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, true).curating(&ALL_OPTIONS);
    let allowed = evaluate(&alice_with(&[(USER, untrusted())]), &policy, &anchors(), NOW);
    assert!(allowed.curation.is_empty() && !allowed.desired.is_empty());
}

#[test]
fn the_reasons_say_what_is_the_matter() {
    let (plain, old) = (signed(&good()), signed(&expired()));
    let thumbprint = |der: &[u8]| {
        let certificate = smime_sync::certificate::Certificate::from_der(der).unwrap();
        hex::encode_upper(certificate.thumbprint)
    };
    let older = signed(&expired().valid(-800, -401));
    let best = signed(&good().valid(-1, 300).serial(&[1]));
    for (values, removable, due) in [
        (vec![(USER, old.clone())], &ALL_OPTIONS[..], "Expired at 2027-01-14 08:00 UTC.".to_owned()),
        (vec![(USER, Vec::new())], &[], "No certificate can be read from it: it is empty.".to_owned()),
        (
            vec![(SMIME, SignedData::certs_only(&[&old, &older]))],
            &[],
            format!(
                "All 2 certificates in it go: CN=alice (thumbprint {}, valid from 2025-12-11 08:00 UTC \
                 until 2027-01-14 08:00 UTC): Expired at 2027-01-14 08:00 UTC; \
                 CN=alice (thumbprint {}, valid from 2024-11-06 08:00 UTC \
                 until 2025-12-10 08:00 UTC): Expired at 2025-12-10 08:00 UTC.",
                thumbprint(&old),
                thumbprint(&older)
            ),
        ),
        (
            vec![(USER, pem_of(&plain).into_bytes()), (USER, plain.clone())],
            &[],
            format!("The same is in a cleaner value that stays: thumbprint {}.", thumbprint(&plain)),
        ),
        (
            vec![(USER, signed(&rsa(1024)))],
            &ALL_OPTIONS,
            "The RSA key has 1024 bits; 2048 is the least.".to_owned(),
        ),
        (
            vec![(USER, plain.clone()), (USER, best.clone())],
            &ALL_OPTIONS,
            format!(
                "Another certificate is better: CN=alice (thumbprint {}, valid from 2027-01-14 08:00 \
                 UTC until 2027-11-11 08:00 UTC), which is newer.",
                thumbprint(&best)
            ),
        ),
    ] {
        assert_eq!(removals(&values, removable)[0].as_deref(), Some(due.as_str()));
    }
    let many = SignedData::certs_only(&[&old[..]; 9]);
    let text = removals(&vec![(SMIME, many)], &[]).remove(0).unwrap();
    assert!(text.starts_with("All 9 certificates in it go: ") && text.ends_with("; and 4 more."), "{text}");
}

#[test]
fn a_value_is_told_by_the_certificate_that_says_most_of_it() {
    let (old, older, sub) = (signed(&expired()), signed(&expired().valid(-800, -401)), root().der);
    let fine = signed(&good());
    let values = vec![
        (SMIME, SignedData::certs_only(&[&older, &sub, &old])),
        (SMIME, SignedData::certs_only(&[&old, &fine, &sub])),
        (USER, b"garbage".to_vec()),
    ];
    let told = curated(&values, &[]).into_iter().map(|one| one.certificate.map(|one| one.fingerprint));
    let due = [Some(Fingerprint::of(&old)), Some(Fingerprint::of(&fine)), None];
    assert_eq!(told.collect::<Vec<_>>(), due);
}

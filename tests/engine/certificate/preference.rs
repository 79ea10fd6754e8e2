//! Which certificate a value's owner made the default.

use smime_sync::{
    certificate::{Certificate, ValueProblem, read_value},
    model::Fingerprint,
};

use super::values::*;
use crate::common::{certificates::*, judging::SMIME};

#[test]
fn a_preference_counts_only_if_the_signature_verifies() {
    let Lab { root, alice, encryption } = lab();
    let named = issuer_and_serial(&encryption);
    let as_choice = [&[0xA0][..], &named[1..]].concat();
    let key = key_id(&x509_spki(&encryption));
    let base = SignedData {
        certificates: vec![alice.der.clone(), encryption.clone(), root.der.clone()],
        signer: Some(&alice),
        ..Default::default()
    };
    let by_microsoft = SignedData { microsoft_preference: Some(named.clone()), ..base.clone() };
    let preferred = Some(Fingerprint::of(&encryption));
    let corrupt = ValueProblem::UnverifiedSignature("the signature is wrong".into());
    let absent = ValueProblem::UnverifiedSignature("the signer's certificate is not in the value".into());
    let without_signer = vec![encryption.clone(), root.der.clone()];
    let without_preferred = vec![alice.der.clone(), root.der.clone()];
    for (what, value, due, problems) in [
        ("Outlook's attribute", by_microsoft.clone(), preferred, vec![]),
        ("issuer and serial", SignedData { preference: Some(as_choice), ..base.clone() }, preferred, vec![]),
        ("key id", SignedData { preference: Some(tlv(0x82, &[&key])), ..base.clone() }, preferred, vec![]),
        (
            "recipient key id",
            SignedData { preference: Some(tlv(0xA1, &[&tlv(4, &[&key])])), ..base.clone() },
            preferred,
            vec![],
        ),
        ("signer by key id", SignedData { by_key_id: true, ..by_microsoft.clone() }, preferred, vec![]),
        ("attributes unsorted", SignedData { unsorted: true, ..by_microsoft.clone() }, preferred, vec![]),
        ("none", base.clone(), None, vec![]),
        ("corrupt", SignedData { corrupt: true, ..by_microsoft.clone() }, None, vec![corrupt]),
        (
            "signer absent",
            SignedData { certificates: without_signer, ..by_microsoft.clone() },
            None,
            vec![absent],
        ),
        (
            "preferred one absent",
            SignedData { certificates: without_preferred, ..by_microsoft.clone() },
            None,
            vec![ValueProblem::UnknownPreference],
        ),
        (
            "SHA-1",
            SignedData { sha1: true, ..by_microsoft.clone() },
            preferred,
            vec![ValueProblem::WeakDigest("SHA-1")],
        ),
    ] {
        let content = read_value(SMIME, &value.build());
        assert_eq!(content.preferred_encryption, due, "{what}");
        assert_eq!(content.problems, problems, "{what}");
    }
}
fn x509_spki(der: &[u8]) -> Vec<u8> {
    Certificate::from_der(der).unwrap().public_key_info().to_vec()
}
#[test]
fn blocks_name_the_encryption_certificate_by_tag_or_by_hash() {
    let Lab { alice, encryption, .. } = lab();
    use sha1::Digest;
    let hash = sha1::Sha1::digest(&encryption);
    let preferred = Some(Fingerprint::of(&encryption));
    let unknown = ValueProblem::UnknownPreference;
    let cut = |reason: &str| ValueProblem::MalformedBlocks(reason.into());
    let end = 4 + encryption.len();
    for (what, bytes, due, problems) in [
        ("0x0003", [block(8, &alice.der), block(3, &encryption)].concat(), preferred, vec![]),
        (
            "0x0022",
            [block(0x22, &hash), block(8, &alice.der), block(4, &encryption)].concat(),
            preferred,
            vec![],
        ),
        ("0x0022 of none", [block(0x22, &[0; 20]), block(8, &alice.der)].concat(), None, vec![unknown]),
        (
            "unknown tags",
            [block(0x20, &[7, 0, 0, 0]), block(0x7777, b"x"), block(3, &encryption)].concat(),
            preferred,
            vec![],
        ),
        ("unknown tag first", [block(0x7777, b"x"), block(3, &encryption)].concat(), preferred, vec![]),
        (
            "length below 4",
            [block(3, &encryption), vec![6, 0, 3, 0]].concat(),
            preferred,
            vec![cut(&format!("the block 0x0006 has the length 3, less than its own head at offset {end}"))],
        ),
        (
            "past the end",
            [block(3, &encryption), vec![6, 0, 9, 0]].concat(),
            preferred,
            vec![cut(&format!("the block 0x0006 points past the end at offset {end}"))],
        ),
        (
            "cut off",
            [block(3, &encryption), vec![6, 0]].concat(),
            preferred,
            vec![cut(&format!("a block is cut off at offset {end}"))],
        ),
    ] {
        let content = read_value(SMIME, &bytes);
        assert_eq!(content.preferred_encryption, due, "{what}");
        assert_eq!(content.problems, problems, "{what}");
    }
}

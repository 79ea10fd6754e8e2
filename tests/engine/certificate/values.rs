//! What is read out of a value, in every form that is found in directories.

use base64::{Engine, engine::general_purpose::STANDARD};
use smime_sync::{
    certificate::{AddressOrigin, Certificate, ValueContent, ValueForm, ValueProblem, read_value},
    model::{Fingerprint, Purpose},
};

use crate::common::{
    certificates::*,
    judging::{SMIME, USER},
    worst::with_element,
};

pub(super) fn fingerprints(content: &ValueContent) -> Vec<Fingerprint> {
    content.certificates.iter().map(|certificate| certificate.fingerprint).collect()
}

pub(super) struct Lab {
    pub(super) root: Authority,
    pub(super) alice: Authority,
    pub(super) encryption: Vec<u8>,
}

pub(super) fn lab() -> Lab {
    let root = root();
    let alice = root.person("alice@contoso.test", 9);
    let encryption = Draft::person("alice@contoso.test").usage(KEY_ENCIPHERMENT).serial(&[0x22]).sign(&root);
    Lab { alice, encryption, root }
}

#[test]
fn a_certificate_says_everything_that_rules_need() {
    let root = root();
    let der = Draft::person("alice@contoso.test").sign(&root);
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.der(), der);
    assert_eq!(certificate.subject.text, "CN=alice");
    assert_eq!(certificate.issuer.text, "CN=Lab Root,O=Contoso");
    assert_eq!(certificate.addresses[0].origin, AddressOrigin::Rfc822Name);
    assert_eq!((certificate.version, certificate.is_ca()), (3, false));
    let summary = certificate.summary();
    assert_eq!(summary.addresses, ["alice@contoso.test"]);
    assert_eq!((summary.key_algorithm.as_str(), summary.key_size), ("RSA", Some(3072)));
    assert_eq!(summary.key_usage, ["digitalSignature", "keyEncipherment"]);
    assert_eq!(summary.extended_key_usage, ["emailProtection"]);
    assert_eq!(summary.signature_algorithm, "ecdsa-with-SHA256");
    assert_eq!(summary.purpose, Purpose::EncryptionAndSigning);
    assert_eq!(summary.not_before.rfc3339(), "2026-12-16T08:00:00Z");
    assert_eq!(summary.fingerprint, Fingerprint::of(&der));
}

#[test]
fn addresses_are_found_wherever_a_certificate_can_name_them() {
    let root = root();
    let upn = "1.3.6.1.4.1.311.20.2.3";
    let utf8 = "1.3.6.1.5.5.7.8.9";
    let bare = || Draft::bare("CN=Alice");
    for (draft, origin, text) in [
        (bare().addresses(&["alice@contoso.test"]), AddressOrigin::Rfc822Name, "alice@contoso.test"),
        (bare().other_name(upn, "alice@corp.test"), AddressOrigin::UserPrincipalName, "alice@corp.test"),
        (bare().other_name(utf8, "älice@contoso.test"), AddressOrigin::SmtpUtf8Mailbox, "älice@contoso.test"),
        (
            Draft::bare("emailAddress=alice@contoso.test,CN=Alice"),
            AddressOrigin::SubjectEmailAddress,
            "alice@contoso.test",
        ),
    ] {
        let certificate = Certificate::from_der(&draft.sign(&root)).unwrap();
        let found = &certificate.addresses;
        assert_eq!(found.len(), 1, "{origin:?}");
        assert_eq!((found[0].origin, found[0].text.as_str()), (origin, text));
    }
    let other = Draft::bare("CN=Alice").other_name("1.2.3.4", "alice@contoso.test").sign(&root);
    assert_eq!(Certificate::from_der(&other).unwrap().addresses, []);
}

#[test]
fn what_is_no_certificate_is_told_without_a_parsers_own_words() {
    let der = Draft::person("alice@contoso.test").sign(&root());
    let with = |old: &[u8], new: &[u8]| with_element(&der, old, new);
    let serial = tlv(2, &[&Draft::person("alice@contoso.test").serial]);
    for (what, bytes, due) in [
        ("empty", seq(&[]), "a part of it is missing"),
        ("a number", seq(&[&tlv(2, &[&[1]])]), "one of its parts is not what it should be"),
        ("no serial number", with(&serial, &[5, 0]), "its serial number can't be read"),
        ("no signature", seq(&[&seq(&[]), &seq(&[])]), ""),
    ] {
        let reason = Certificate::from_der(&bytes).unwrap_err();
        let rest =
            reason.strip_prefix("it is no X.509 certificate: ").unwrap_or_else(|| panic!("{what}: {reason}"));
        assert!(due.is_empty() || rest == due, "{what}: {reason}");
        for word in ["nom", "BER", "Tag(", "Error", "SPKI", "Eof"] {
            assert!(!reason.contains(word), "{what}: {reason}");
        }
    }
}

#[test]
fn key_and_key_usage_decide_the_purpose() {
    let root = root();
    let ec = ec_spki(&ec_key(3));
    let x25519 = other_spki("1.3.101.110", &[9; 32]);
    let ed25519 = other_spki("1.3.101.112", &[9; 32]);
    for (spki, usage, purpose) in [
        (None, Some(KEY_ENCIPHERMENT), Purpose::Encryption),
        (None, Some(DIGITAL_SIGNATURE), Purpose::Signing),
        (None, Some(NON_REPUDIATION), Purpose::Signing),
        (None, None, Purpose::EncryptionAndSigning),
        (None, Some(KEY_AGREEMENT), Purpose::None),
        (Some(&ec), Some(KEY_AGREEMENT), Purpose::Encryption),
        (Some(&ec), Some(KEY_ENCIPHERMENT), Purpose::None),
        (Some(&ec), None, Purpose::EncryptionAndSigning),
        (Some(&x25519), None, Purpose::Encryption),
        (Some(&ed25519), None, Purpose::Signing),
    ] {
        let mut draft = Draft::bare("CN=Alice").purposes(&[EMAIL_PROTECTION]);
        draft = usage.map_or(draft.clone(), |bits| draft.usage(bits));
        draft = spki.map_or(draft.clone(), |spki| draft.key(spki.clone()));
        let certificate = Certificate::from_der(&draft.sign(&root)).unwrap();
        assert_eq!(certificate.purpose(), purpose, "{} {usage:?}", certificate.key.algorithm.name());
    }
    let logon = Draft::person("a@b.c").purposes(&[CLIENT_AUTH]).sign(&root);
    assert_eq!(Certificate::from_der(&logon).unwrap().purpose(), Purpose::None);
}

#[test]
fn every_form_gives_its_certificates_in_order() {
    let Lab { root, alice, encryption } = lab();
    let certs_only = SignedData::certs_only(&[&encryption, &alice.der, &root.der]);
    let signed = SignedData {
        certificates: vec![encryption.clone(), alice.der.clone(), root.der.clone()],
        signer: Some(&alice),
        ..Default::default()
    };
    let mut with_crls = signed.clone();
    with_crls.crls = seq(&[&seq(&[&[2, 1, 1]])]);
    let blocks =
        [block(1, &[1, 0, 0, 0]), block(3, &encryption), block(8, &alice.der), block(4, &root.der)].concat();
    let all = [&encryption, &alice.der, &root.der].map(|der| Fingerprint::of(der));
    for (what, attribute, bytes, form, count) in [
        ("DER", USER, encryption.clone(), ValueForm::Certificate, 1),
        ("certs-only", SMIME, certs_only.clone(), ValueForm::SignedData, 3),
        ("signed", SMIME, signed.build(), ValueForm::SignedData, 3),
        ("with CRLs", SMIME, with_crls.build(), ValueForm::SignedData, 3),
        (
            "signer by key id",
            SMIME,
            SignedData { by_key_id: true, ..signed.clone() }.build(),
            ValueForm::SignedData,
            3,
        ),
        (
            "unsorted",
            SMIME,
            SignedData { unsorted: true, ..signed.clone() }.build(),
            ValueForm::SignedData,
            3,
        ),
        ("blocks", SMIME, blocks, ValueForm::OxoAbk, 3),
    ] {
        let content = read_value(attribute, &bytes);
        assert_eq!(content.form, form, "{what}");
        assert_eq!(fingerprints(&content), all[..count], "{what}");
        assert_eq!(content.problems, [], "{what}");
    }
}

#[test]
fn ber_reads_as_der_does() {
    let Lab { root, alice, encryption } = lab();
    let der = SignedData {
        certificates: vec![encryption.clone(), alice.der.clone(), root.der.clone()],
        signer: Some(&alice),
        microsoft_preference: Some(issuer_and_serial(&encryption)),
        ..Default::default()
    }
    .build();
    let due = read_value(SMIME, &der);
    // At 4 levels the set of certificates, at 30 the certificates themselves.
    for depth in [1, 2, 3, 4, 5, 30] {
        let content = read_value(SMIME, &indefinite(&der, depth));
        assert_eq!(fingerprints(&content), fingerprints(&due), "{depth}");
        assert_eq!(content.preferred_encryption, Some(Fingerprint::of(&encryption)), "{depth}");
        assert_eq!(content.problems, [ValueProblem::IndefiniteLength], "{depth}");
    }
}

#[test]
fn text_and_wrapping_are_seen_through() {
    let Lab { root, alice, encryption } = lab();
    let pkcs7 = SignedData::certs_only(&[&encryption, &root.der]);
    let wrapped = tlv(4, &[&pkcs7]);
    let in_parts =
        [&[0x24, 0x80][..], &tlv(4, &[&pkcs7[..100]]), &tlv(4, &[&pkcs7[100..]]), &[0, 0]].concat();
    let two = format!("{}{}", pem_of(&encryption), pem_of(&alice.der));
    for (what, attribute, bytes, problem, count) in [
        ("PEM", USER, pem_of(&encryption).into_bytes(), ValueProblem::TextEncoded("PEM"), 1),
        ("two PEM blocks", USER, two.into_bytes(), ValueProblem::TextEncoded("PEM"), 2),
        ("base64", USER, STANDARD.encode(&encryption).into_bytes(), ValueProblem::TextEncoded("base64"), 1),
        (
            "PKCS#7 as base64",
            SMIME,
            STANDARD.encode(&pkcs7).into_bytes(),
            ValueProblem::TextEncoded("base64"),
            2,
        ),
        ("OCTET STRING", SMIME, wrapped, ValueProblem::Wrapped, 2),
        ("OCTET STRING in parts", SMIME, in_parts, ValueProblem::Wrapped, 2),
        ("trailing bytes", USER, [&encryption[..], &[0, 0, 0]].concat(), ValueProblem::TrailingBytes(3), 1),
        ("trailing bytes", SMIME, [&pkcs7[..], &[7]].concat(), ValueProblem::TrailingBytes(1), 2),
        ("PKCS#7 in userCertificate", USER, pkcs7.clone(), ValueProblem::WrongAttribute, 2),
        ("DER in userSMIMECertificate", SMIME, encryption.clone(), ValueProblem::WrongAttribute, 1),
    ] {
        let content = read_value(attribute, &bytes);
        assert_eq!(content.problems, [problem], "{what}");
        assert_eq!(content.certificates.len(), count, "{what}");
        assert_eq!(content.certificates[0].der(), encryption, "{what}");
    }
}

#[test]
fn one_bad_certificate_does_not_lose_the_others() {
    let Lab { root, alice, encryption } = lab();
    let bad = seq(&[&[2, 1, 1]]);
    let pkcs7 = SignedData::certs_only(&[&encryption, &bad, &root.der]);
    let blocks = [block(3, &encryption), block(8, b"no DER"), block(4, &root.der)].concat();
    for (what, bytes) in [("PKCS#7", pkcs7), ("blocks", blocks)] {
        let content = read_value(SMIME, &bytes);
        assert_eq!(
            fingerprints(&content),
            [&encryption, &root.der].map(|der| Fingerprint::of(der)),
            "{what}"
        );
        let [ValueProblem::UnreadableCertificate(2, reason)] = &content.problems[..] else {
            panic!("{what}: {:?}", content.problems)
        };
        assert!(!reason.is_empty());
    }
    // An inner length that lies: what comes before it is kept.
    let mut cut =
        SignedData { certificates: vec![encryption.clone(), alice.der.clone()], ..Default::default() }
            .build();
    let at = cut.windows(alice.der.len()).position(|window| window == alice.der).unwrap();
    cut[at + 2] = 0xFF;
    let content = read_value(SMIME, &cut);
    assert_eq!(fingerprints(&content), [Fingerprint::of(&encryption)]);
    assert!(matches!(content.problems[..], [ValueProblem::MalformedSignedData(_)]), "{:?}", content.problems);
}

#[test]
fn values_with_nothing_in_them_say_why() {
    let crl_only = SignedData { crls: seq(&[&[2, 1, 1]]), ..Default::default() }.build();
    let enveloped = seq(&[&oid("1.2.840.113549.1.7.3"), &tlv(0xA0, &[&seq(&[])])]);
    let damaged = seq(&[&oid("1.2.840.113549.1.7.2")]);
    let mut nested = vec![0x30, 0];
    (0..6).for_each(|_| nested = tlv(4, &[&nested]));
    for (bytes, reason) in [
        (vec![], "it is empty"),
        (b"not a certificate at all".to_vec(), "it is neither a certificate nor PKCS#7 nor MS-OXOABK blocks"),
        (vec![0x30, 0x82, 0x10], "the data is cut off"),
        (crl_only, "the PKCS#7 holds no certificate"),
        (enveloped, "it is PKCS#7 of the type EnvelopedData, not SignedData"),
        (damaged, "the SignedData is damaged before its certificates"),
        (block(1, &[1, 0, 0, 0]), "the MS-OXOABK blocks hold no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMAA".to_vec(), "the PEM block CERTIFICATE has no end"),
        (
            b"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----".to_vec(),
            "the PEM text has no block with certificates",
        ),
        (nested, "it is wrapped too often"),
    ] {
        let content = read_value(SMIME, &bytes);
        assert_eq!(content.problems, [ValueProblem::Unreadable(reason.into())]);
        assert!(content.certificates.is_empty());
    }
}

#[test]
fn a_flood_of_certificates_is_cut_with_a_note() {
    let pkcs7 = SignedData::certs_only(&vec![&[0x30, 0][..]; 5000]);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", "MAA=").repeat(5000);
    let blocks = block(4, &[0x30, 0]).repeat(5000);
    for (what, value) in [("PKCS#7", pkcs7), ("PEM", pem.into_bytes()), ("blocks", blocks)] {
        let content = read_value(SMIME, &value);
        assert!(content.problems.len() <= 1501, "{what}: {}", content.problems.len());
        assert!(content.is_cut_short(), "{what}");
    }
}

#[test]
fn a_value_that_is_too_large_is_not_called_unreadable() {
    let content = read_value(SMIME, &vec![0x30; (1 << 20) + 1]);
    assert_eq!(content.problems, [ValueProblem::CutShort]);
}

#[test]
fn an_object_identifier_of_any_length_is_read_in_no_time() {
    let mut long = vec![0x2A];
    long.resize(60_000, 0xFF);
    long.push(0x7F);
    let id = "1.2.3.4.5.6.7";
    let der = Draft::person("alice@contoso.test").extension(id, false, vec![5, 0]).sign(&lab().root);
    let value = with_element(&der, &oid(id), &tlv(6, &[&long]));
    let content = read_value(USER, &value);
    assert_eq!(content.certificates.len(), 1, "{:?}", content.problems);
}

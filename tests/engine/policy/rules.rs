//! Every rule fires where it should, with a full sentence, and nowhere else.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use smime_sync::{
    model::{Attribute, Named, Recipient, Value},
    policy::{Policy, RuleId, evaluate, foreign_value_preferred},
    profile::{PolicyName, SelectionName},
};
use x509_parser::num_bigint::BigUint;

use crate::common::{certificates::*, judging::*};

/// Values, the rule that they break, and the sentence.
struct Case {
    rule: RuleId,
    values: Vec<(Attribute, Vec<u8>)>,
    message: &'static str,
}

fn case(rule: RuleId, draft: Draft, message: &'static str) -> Case {
    Case { rule, values: vec![(USER, draft.sign(&root()))], message }
}

fn value(rule: RuleId, attribute: Attribute, bytes: Vec<u8>, message: &'static str) -> Case {
    Case { rule, values: vec![(attribute, bytes)], message }
}

/// A modulus that is a power of 65537 modulo every prime up to 167, as those of Infineon's library are.
fn roca_modulus() -> Vec<u8> {
    let prime = |n: &u32| !(2..*n).any(|d| n.is_multiple_of(d));
    let product: BigUint = (2..=167u32).filter(prime).map(BigUint::from).product();
    let power = BigUint::from(65537u32).modpow(&BigUint::from(77u8), &product);
    let high = BigUint::from(1u8) << 2047;
    let multiple: BigUint = (&high / &product + 1u8) * &product;
    let modulus: BigUint = multiple + power;
    modulus.to_bytes_be()
}

fn certificate_cases() -> Vec<Case> {
    use RuleId::*;
    let mut differing = good();
    differing.inner_signature_algorithm = Some(ECDSA_SHA1.into());
    let mut sha1 = good();
    sha1.signature_algorithm = ECDSA_SHA1.into();
    let mut ed25519_signed = good();
    ed25519_signed.signature_algorithm = "1.3.101.112".into();
    let mut forged = good();
    forged.corrupt_signature = true;
    let mut old = Draft::bare("CN=Alice");
    old.version = 1;
    let mut twice = good();
    twice.extensions.push(twice.extensions[0].clone());
    let mut even = rsa_modulus(2048, 3);
    even[255] &= 0xFE;
    let ec = ec_spki(&ec_key(5));
    let brainpool = spki(&seq(&[&oid("1.2.840.10045.2.1"), &oid("1.3.36.3.3.2.8.1.1.7")]), &[4; 65]);
    let roca = rsa_spki_of(&roca_modulus(), &[1, 0, 1]);
    let off_curve = spki(&seq(&[&oid("1.2.840.10045.2.1"), &oid("1.2.840.10045.3.1.7")]), &[4; 33]);
    let x25519 = other_spki("1.3.101.110", &[9; 32]);
    let ed25519 = other_spki("1.3.101.112", &[9; 32]);
    let ml_kem = other_spki("2.16.840.1.101.3.4.4.1", &[9; 800]);
    vec![
        case(Expired, good().valid(-400, -1), "The certificate expired on 2027-01-14 08:00 UTC."),
        case(NotYetValid, good().valid(1, 400), "The certificate is valid only from 2027-01-16 08:00 UTC."),
        case(
            ExpiresSoon,
            good().valid(-300, 30),
            "The certificate expires on 2027-02-14 08:00 UTC, in 30 days.",
        ),
        case(CaCertificate, Draft::bare("CN=Sub").ca(None), "The certificate is that of the CA CN=Sub."),
        case(
            CaKeyUsage,
            good().usage(KEY_ENCIPHERMENT | KEY_CERT_SIGN),
            "The key usage allows to sign certificates (keyCertSign), but this is no CA certificate.",
        ),
        case(
            WrongExtendedKeyUsage,
            good().purposes(&[CLIENT_AUTH, "1.2.3.4"]),
            "The certificate is not meant for mail; its extended key usages: clientAuth, 1.2.3.4.",
        ),
        case(
            WrongKeyUsage,
            good().usage(1 << 6),
            "A key of the type RSA with the key usage cRLSign can neither encrypt nor sign.",
        ),
        case(
            KeyUsageMismatch,
            good().usage(KEY_ENCIPHERMENT | KEY_AGREEMENT),
            "The key usage is keyEncipherment, keyAgreement, but a key of the type RSA can't do all of that.",
        ),
        case(
            KeyUsageMismatch,
            good().key(ec.clone()),
            "The key usage is digitalSignature, keyEncipherment, but a key of the type EC P-256 can't do all of that.",
        ),
        case(WeakKey, rsa(1024), "The RSA key has 1024 bits; 2048 is the least."),
        case(ShortKey, rsa(2048), "The RSA key has 2048 bits; 3072 are recommended."),
        case(
            InvalidKey,
            good().key(rsa_spki_of(&even, &[1, 0, 1])),
            "The public key can't be a real one: the RSA modulus is even.",
        ),
        case(
            InvalidKey,
            good().key(rsa_spki_of(&rsa_modulus(2048, 3), &[1])),
            "The public key can't be a real one: the RSA exponent is even or 1.",
        ),
        case(
            InvalidKey,
            good().key(rsa_spki_of(&[0xFF; 256], &[3])),
            "The public key can't be a real one: the RSA modulus is divisible by 3.",
        ),
        case(
            RocaKey,
            good().key(roca),
            "The RSA key has the structure of those that Infineon chips generated weakly (ROCA).",
        ),
        case(
            InvalidKey,
            good().key(off_curve),
            "The public key can't be a real one: the point does not fit the curve P-256.",
        ),
        case(
            UnsupportedKeyAlgorithm,
            good().key(x25519).without("2.5.29.15"),
            "Outlook can't use keys of the type X25519.",
        ),
        case(
            UnsupportedKeyAlgorithm,
            good().key(ed25519).usage(DIGITAL_SIGNATURE),
            "Outlook can't use keys of the type Ed25519.",
        ),
        case(
            UnsupportedKeyAlgorithm,
            good().key(brainpool).usage(DIGITAL_SIGNATURE),
            "Outlook can't use keys of the type EC 1.3.36.3.3.2.8.1.1.7.",
        ),
        case(
            UnsupportedKeyAlgorithm,
            good().key(ml_kem).usage(KEY_ENCIPHERMENT),
            "Outlook can't use keys of the type ML-KEM-512.",
        ),
        case(
            EcKeyAgreement,
            good().key(ec).usage(DIGITAL_SIGNATURE | KEY_AGREEMENT),
            "Mail is encrypted to this key (EC P-256) by key agreement, which old clients lack.",
        ),
        case(
            WeakSignatureAlgorithm,
            sha1,
            "The certificate is signed with ecdsa-with-SHA1 (SHA-1), which can be forged.",
        ),
        case(
            UnsupportedSignatureAlgorithm,
            ed25519_signed,
            "The certificate is signed with Ed25519, which Outlook may be unable to check.",
        ),
        case(
            AlgorithmMismatch,
            differing,
            "The signed part of the certificate names another signature algorithm than the signature has.",
        ),
        case(
            AddressMismatch,
            Draft::person("bob@contoso.test"),
            "The certificate names bob@contoso.test; the recipient's addresses: alice@contoso.test, alice@corp.contoso.test, a.smith@contoso.test.",
        ),
        case(AddressMissing, good().without("2.5.29.17"), "The certificate names no mail address."),
        case(
            AddressMissing,
            good().other_name("1.3.6.1.4.1.311.20.2.3", "Alice@corp.contoso.test"),
            "The certificate names no mail address of the recipient, only the user principal name Alice@corp.contoso.test.",
        ),
        case(
            AddressMissing,
            good().addresses(&["alice@corp.contoso.test", "bob@contoso.test"]),
            "The certificate names no mail address of the recipient, only the user principal name alice@corp.contoso.test.",
        ),
        case(
            AddressMismatch,
            good().other_name("1.3.6.1.4.1.311.20.2.3", "bob@corp.contoso.test"),
            "The certificate names bob@corp.contoso.test; the recipient's addresses: alice@contoso.test, alice@corp.contoso.test, a.smith@contoso.test.",
        ),
        case(
            AddressShared,
            good().addresses(&[
                "bob@contoso.test",
                "alice@contoso.test",
                "BOB@contoso.test",
                "carol@contoso.test",
            ]),
            "The certificate also names bob@contoso.test, carol@contoso.test.",
        ),
        case(
            AddressShared,
            good().addresses(&["alice@contoso.test", "bob@contoso.test"]),
            "The certificate also names bob@contoso.test.",
        ),
        case(
            TooManyNames,
            {
                let many: Vec<String> = (0..1001).map(|n| format!("u{n}@contoso.test")).collect();
                good().addresses(&many.iter().map(String::as_str).collect::<Vec<_>>())
            },
            "The certificate has 1001 names; the first 1000 are read.",
        ),
        case(
            UnsupportedKeyAlgorithm,
            rsa(16_392),
            "The RSA key has 16392 bits; 16384 are the most that Windows can use.",
        ),
        case(
            UnsupportedKeyAlgorithm,
            good().key(rsa_spki_of(&rsa_modulus(3072, 1), &[1, 0, 0, 0, 0, 0, 0, 0, 1])),
            "The RSA key's exponent has 65 bits; 64 are the most that is used.",
        ),
        case(
            AddressCase,
            Draft::person("Alice@Contoso.test"),
            "The certificate names 'Alice@Contoso.test', the recipient has 'alice@contoso.test'.",
        ),
        case(
            MalformedAddress,
            good().addresses(&["alice@contoso.test", "Alice Smith"]),
            "'Alice Smith' is no mail address.",
        ),
        case(
            MalformedAddress,
            good().addresses(&["alice@contoso.test\0"]),
            "'alice@contoso.test\0' is no mail address.",
        ),
        case(
            AddressMissing,
            good().addresses(&[" alice@contoso.test"]),
            "The certificate names no mail address of the recipient, only ' alice@contoso.test', which is none.",
        ),
        case(
            AddressMismatch,
            good().addresses(&[" alice@contoso.test", "bob@contoso.test"]),
            "The certificate names  alice@contoso.test, bob@contoso.test; the recipient's addresses: alice@contoso.test, alice@corp.contoso.test, a.smith@contoso.test.",
        ),
        case(DuplicateExtension, twice, "The extension 2.5.29.15 is there more than once."),
        case(
            UnknownCriticalExtension,
            good().extension("1.2.3.4", true, vec![5, 0]),
            "The extension 1.2.3.4 is critical, and unknown here.",
        ),
        case(
            MalformedExtension,
            good().extension("2.5.29.31", false, vec![0xFF]),
            "The extension 2.5.29.31 can't be read.",
        ),
        case(OldVersion, old, "The certificate is of version 1; 3 is due."),
        case(InvalidSerial, good().serial(&[0]), "The serial number 00 is zero, negative or too long."),
        case(
            InvalidSerial,
            good().serial(&[0x80, 1]),
            "The serial number 8001 is zero, negative or too long.",
        ),
        case(
            InvalidSerial,
            good().serial(&[1; 21]),
            "The serial number 010101010101010101010101010101010101010101 is zero, negative or too long.",
        ),
        case(
            BrokenChain,
            forged,
            "The certificate's chain does not hold: of the certificate of CN=alice, the signature is wrong.",
        ),
        value(
            UntrustedIssuer,
            USER,
            good().sign(&Authority::root("CN=Elsewhere", 2)),
            "The CA CN=Elsewhere is no trust anchor, and its certificate is not among the values.",
        ),
        value(
            UntrustedIssuer,
            USER,
            {
                let own = Authority { name: "CN=alice".into(), key: ec_key(8), der: vec![] };
                good().key(ec_spki(&own.key)).usage(KEY_AGREEMENT).sign(&own)
            },
            "The certificate of CN=alice is signed with its own key.",
        ),
    ]
}

fn value_cases() -> Vec<Case> {
    use RuleId::*;
    let root = root();
    let der = good().sign(&root);
    let signer = root.person("alice@contoso.test", 9);
    let signed = SignedData {
        certificates: vec![signer.der.clone(), der.clone()],
        signer: Some(&signer),
        ..Default::default()
    };
    let elsewhere = issuer_and_serial(&good().serial(&[0x77]).sign(&root));
    let certs_only = SignedData::certs_only(&[&der]);
    let mut cut = SignedData::certs_only(&[&der, &signer.der]);
    let at = cut.windows(signer.der.len()).position(|window| window == signer.der).unwrap();
    cut[at + 2] = 0xFF;
    let large = SignedData::certs_only(&vec![&der[..]; 60]);
    let expired = SignedData::certs_only(&[&good().valid(-400, -1).sign(&root)]);
    let signing_first =
        SignedData::certs_only(&[&good().usage(DIGITAL_SIGNATURE).serial(&[5]).sign(&root), &der]);
    let many: Vec<_> = (0..16).map(|i| (USER, good().serial(&[0x30, i]).sign(&root))).collect();
    let cut_message =
        "The PKCS#7 around the certificates is damaged: a length points past the end of the data.";
    vec![
        Case {
            rule: DuplicateCertificate,
            values: vec![(USER, der.clone()), (SMIME, certs_only.clone())],
            message: "",
        },
        value(
            UnreadableValue,
            USER,
            b"garbage".to_vec(),
            "No certificate can be read from the userCertificate value: it is neither a certificate nor PKCS#7 nor MS-OXOABK blocks.",
        ),
        value(UnreadableCertificate, SMIME, SignedData::certs_only(&[&der, &[0x30, 0]]), ""),
        value(MalformedSignedData, SMIME, cut, cut_message),
        value(MalformedOxoAbk, SMIME, [block(3, &der), vec![1]].concat(), ""),
        value(
            TextEncoded,
            USER,
            STANDARD.encode(&der).into_bytes(),
            "The userCertificate value is base64 text where binary is due.",
        ),
        value(Wrapped, USER, tlv(4, &[&der]), "The userCertificate value is wrapped in an OCTET STRING."),
        value(
            WrongAttribute,
            USER,
            certs_only.clone(),
            "A value of this form does not belong into userCertificate.",
        ),
        value(
            TrailingBytes,
            USER,
            [&der[..], &[0, 0]].concat(),
            "Bytes follow the end of the userCertificate value: 2.",
        ),
        value(
            IndefiniteLength,
            SMIME,
            indefinite(&certs_only, 3),
            "The PKCS#7 has indefinite lengths (BER, not DER).",
        ),
        value(ValueTooLarge, SMIME, large, ""),
        value(
            UnverifiedSignedData,
            SMIME,
            SignedData { corrupt: true, ..signed.clone() }.build(),
            "The signature around the certificates does not verify: the signature is wrong.",
        ),
        value(
            Sha1SignedData,
            SMIME,
            SignedData { sha1: true, ..signed.clone() }.build(),
            "The PKCS#7 around the certificates is signed with SHA-1.",
        ),
        value(
            UnknownPreference,
            SMIME,
            SignedData { microsoft_preference: Some(elsewhere), ..signed.clone() }.build(),
            "The preferred encryption certificate is not in the value.",
        ),
        value(
            ForeignPreference,
            SMIME,
            {
                let bob = root.person("bob@contoso.test", 9);
                let microsoft_preference = Some(issuer_and_serial(&der));
                let certificates = vec![bob.der.clone(), der.clone()];
                SignedData { certificates, signer: Some(&bob), microsoft_preference, ..Default::default() }
                    .build()
            },
            "",
        ),
        value(
            NoEncryptionCertificate,
            USER,
            good().usage(DIGITAL_SIGNATURE).sign(&root),
            "None of the recipient's certificates can be used to encrypt mail.",
        ),
        Case { rule: StaleSmimeValue, values: vec![(USER, der.clone()), (SMIME, expired)], message: "" },
        value(SmimeValueLeftOut, SMIME, signing_first, ""),
        Case {
            rule: TooManyValues,
            values: many,
            message: "userCertificate has 16 values; Entra Connect exports none above 15.",
        },
        Case {
            rule: Superseded,
            values: vec![(USER, der.clone()), (USER, good().valid(-9, 300).sign(&root))],
            message: "",
        },
        value(UnreadValue, USER, vec![0; (1 << 20) + 1], "The userCertificate value was not read."),
        Case {
            rule: UncheckedChain,
            values: (0..201).map(|i| (USER, good().serial(&[0x30, 1, i]).sign(&root))).collect(),
            message: "The certificate's chain was not checked: the recipient's values need more than 200 checks of signatures.",
        },
        Case {
            rule: UncheckedSignedData,
            values: (0..51)
                .map(|i| {
                    let mut certificates = signed.certificates.clone();
                    certificates.push(good().serial(&[0x30, 2, i]).sign(&root));
                    (SMIME, SignedData { certificates, ..signed.clone() }.build())
                })
                .collect(),
            message: "The signature around the certificates was not checked.",
        },
    ]
}

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

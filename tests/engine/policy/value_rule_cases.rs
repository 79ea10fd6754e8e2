//! Values that break each rule on values.

use base64::{Engine, engine::general_purpose::STANDARD};
use smime_sync::policy::RuleId;

use super::rule_cases::*;
use crate::common::{certificates::*, judging::*};

pub(super) fn value_cases() -> Vec<Case> {
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

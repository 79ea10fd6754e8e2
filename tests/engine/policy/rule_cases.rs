//! Values that break each rule.

use smime_sync::{model::Attribute, policy::RuleId};
use x509_parser::num_bigint::BigUint;

use crate::common::{certificates::*, judging::*};

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
pub(super) fn certificate_cases() -> Vec<Case> {
    use RuleId::*;
    let mut differing = good();
    differing.inner_signature_algorithm = Some(ECDSA_SHA1.into());
    let mut sha1 = good();
    sha1.signature_algorithm = ECDSA_SHA1.into();
    let mut ed25519_signed = good();
    ed25519_signed.signature_algorithm = "1.3.101.112".into();
    let mut ed448_signed = good();
    ed448_signed.signature_algorithm = "1.3.101.113".into();
    let mut version_6 = good();
    version_6.version = 6;
    let mut no_seconds = good();
    no_seconds.validity = Some(seq(&[&tlv(0x17, &[b"2601010000Z"]), &tlv(0x17, &[b"280101000000Z"])]));
    let mut with_offset = good();
    with_offset.validity = Some(seq(&[&tlv(0x17, &[b"260101000000Z"]), &tlv(0x17, &[b"280101000000+0100"])]));
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
            "The public key can't be a real one: it is no point of the curve P-256.",
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
            "Outlook can't use keys of the type EC brainpoolP256r1.",
        ),
        case(
            UnsupportedKeyAlgorithm,
            good().key(ml_kem).usage(KEY_ENCIPHERMENT),
            "Outlook can't use keys of the type ML-KEM-512.",
        ),
        case(
            EcKeyAgreement,
            good().key(ec.clone()).usage(DIGITAL_SIGNATURE | KEY_AGREEMENT),
            "Mail is encrypted to this key (EC P-256) by key agreement, which old clients lack.",
        ),
        case(
            WeakSignatureAlgorithm,
            sha1,
            "The certificate is signed with ecdsa-with-SHA1 (SHA-1), which can be forged.",
        ),
        case(
            UncommonSignatureAlgorithm,
            ed25519_signed,
            "The certificate is signed with Ed25519, which Outlook may be unable to check.",
        ),
        case(
            UnsupportedSignatureAlgorithm,
            ed448_signed,
            "The certificate's chain can't be checked: of the certificate of CN=alice, signatures of the type Ed448 can't be checked.",
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
        case(DuplicateExtension, twice, "The extension keyUsage (2.5.29.15) is there more than once."),
        case(
            UnknownCriticalExtension,
            good().extension("1.2.3.4", true, vec![5, 0]),
            "The extension 1.2.3.4 is critical, and unknown here.",
        ),
        case(
            MalformedExtension,
            good().extension("2.5.29.31", false, vec![0xFF]),
            "The extension cRLDistributionPoints (2.5.29.31) can't be read.",
        ),
        case(
            UnreadableRestriction,
            good().extension("2.5.29.15", true, vec![3, 9, 1]),
            "The extension keyUsage (2.5.29.15) can't be read, and may forbid what the certificate is used for.",
        ),
        case(
            UnreadableRestriction,
            good().extension("2.5.29.37", false, seq(&[&oid(EMAIL_PROTECTION), &[5, 0]])),
            "The extension extKeyUsage (2.5.29.37) can't be read, and may forbid what the certificate is used for.",
        ),
        case(
            UnreadableRestriction,
            good().extension("2.5.29.37", false, [seq(&[&oid(EMAIL_PROTECTION)]), vec![0]].concat()),
            "The extension extKeyUsage (2.5.29.37) can't be read, and may forbid what the certificate is used for.",
        ),
        case(
            UnreadableRestriction,
            good().extension("2.5.29.19", false, vec![0x30, 3, 1]),
            "The extension basicConstraints (2.5.29.19) can't be read, and may forbid what the certificate is used for.",
        ),
        case(
            UnreadableRestriction,
            good().extension("2.5.29.30", false, vec![0xFF]),
            "The extension nameConstraints (2.5.29.30) can't be read, and may forbid what the certificate is used for.",
        ),
        case(
            UnreadableRestriction,
            good().extension(
                "2.5.29.17",
                false,
                seq(&[&tlv(0x81, &[b"alice@contoso.test"]), &tlv(0x81, &[b"j\xfcrgen@contoso.test"])]),
            ),
            "The extension subjectAltName (2.5.29.17) can't be read, and may forbid what the certificate is used for.",
        ),
        case(
            UnreadableRestriction,
            good().extension(
                "2.5.29.17",
                false,
                seq(&[
                    &tlv(0x81, &[b"alice@contoso.test"]),
                    &tlv(0xA0, &[&oid("1.3.6.1.5.5.7.8.9"), &tlv(0xA0, &[&tlv(0x0C, &[b"\xff@x.test"])])]),
                ]),
            ),
            "The extension subjectAltName (2.5.29.17) can't be read, and may forbid what the certificate is used for.",
        ),
        case(OldVersion, old, "The certificate is of version 1; 3 is due."),
        case(
            UnknownVersion,
            version_6,
            "The certificate is of version 6; 3 is due, and the highest that there is.",
        ),
        case(MalformedTime, no_seconds, "A time of the certificate's validity has no seconds."),
        case(
            MalformedTime,
            with_offset,
            "A time of the certificate's validity is not in UTC, but has an offset.",
        ),
        case(
            MalformedEncoding,
            good().serial(&[0, 0x11]),
            "Programs don't load the certificate: its serial number begins with needless zeros.",
        ),
        case(
            EncipherOnly,
            good().key(ec).usage(KEY_AGREEMENT | ENCIPHER_ONLY),
            "The key usage is keyAgreement, encipherOnly: the holder may encrypt with the key, and not decrypt.",
        ),
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
pub(super) fn case(rule: RuleId, draft: Draft, message: &'static str) -> Case {
    Case { rule, values: vec![(USER, draft.sign(&root()))], message }
}
pub(super) fn value(rule: RuleId, attribute: Attribute, bytes: Vec<u8>, message: &'static str) -> Case {
    Case { rule, values: vec![(attribute, bytes)], message }
}
/// Values, the rule that they break, and the sentence.
pub(super) struct Case {
    pub(super) rule: RuleId,
    pub(super) values: Vec<(Attribute, Vec<u8>)>,
    pub(super) message: &'static str,
}

//! The rules on what a certificate's key may do, and can.

use super::{
    Policy, RuleId,
    certificate_rules::{Fired, list},
};
use crate::{
    certificate::{Certificate, KeyAlgorithm, KeyDefect, KeyUsage, PrimeBudget},
    model::Finding,
};

pub(super) fn usage(certificate: &Certificate, fired: &mut Vec<Fired>) {
    let usages = (certificate.key_usage_names(), certificate.extended_key_usage_names());
    if certificate.is_ca() {
        fired.push((
            RuleId::CaCertificate,
            format!("The certificate is that of the CA {}.", certificate.subject),
        ));
    } else if certificate.key_usage.is_some_and(|usage| usage.has(KeyUsage::KEY_CERT_SIGN)) {
        let message =
            "The key usage allows to sign certificates (keyCertSign), but this is no CA certificate.";
        fired.push((RuleId::CaKeyUsage, message.into()));
    }
    if !certificate.allows_mail() {
        let purposes = list(&usages.1, "none");
        let message = format!("The certificate is not meant for mail; its extended key usages: {purposes}.");
        fired.push((RuleId::WrongExtendedKeyUsage, message));
    }
    let algorithm = certificate.key.algorithm.name();
    let bits = list(&usages.0, "none");
    if !certificate.encrypts() && !certificate.signs() {
        let message =
            format!("A key of the type {algorithm} with the key usage {bits} can neither encrypt nor sign.");
        fired.push((RuleId::WrongKeyUsage, message));
    }
    let only_enciphers = |usage: KeyUsage| {
        usage.has(KeyUsage::KEY_AGREEMENT)
            && usage.has(KeyUsage::ENCIPHER_ONLY)
            && certificate.key.algorithm.agrees()
    };
    if certificate.key_usage.is_some_and(only_enciphers) {
        let message =
            format!("The key usage is {bits}: the holder may encrypt with the key, and not decrypt.");
        fired.push((RuleId::EncipherOnly, message));
    }
    if certificate.key_usage.is_some_and(|usage| is_mismatch(usage, &certificate.key.algorithm)) {
        let message =
            format!("The key usage is {bits}, but a key of the type {algorithm} can't do all of that.");
        fired.push((RuleId::KeyUsageMismatch, message));
    }
}

/// Whether the key can't do all that is allowed; encipherOnly and decipherOnly say something only about
/// keyAgreement (RFC 5280 §4.2.1.3).
fn is_mismatch(usage: KeyUsage, algorithm: &KeyAlgorithm) -> bool {
    let only = KeyUsage::ENCIPHER_ONLY | KeyUsage::DECIPHER_ONLY;
    usage.has(impossible_bits(algorithm)) || usage.has(only) && !usage.has(KeyUsage::KEY_AGREEMENT)
}

/// Key usage bits that a kind of key can't do (RFC 3279 §2.3, RFC 5480 §3, RFC 8410 §5, RFC 9881, RFC 9935).
fn impossible_bits(algorithm: &KeyAlgorithm) -> u16 {
    const ENCIPHER: u16 = KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT;
    const SIGN: u16 = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION;
    match algorithm {
        KeyAlgorithm::Rsa => KeyUsage::KEY_AGREEMENT,
        KeyAlgorithm::Ec(_) | KeyAlgorithm::OtherCurve(_) => ENCIPHER,
        KeyAlgorithm::Montgomery(_) => ENCIPHER | SIGN,
        KeyAlgorithm::RsaPss
        | KeyAlgorithm::Dsa
        | KeyAlgorithm::Edwards(_)
        | KeyAlgorithm::PostQuantumSignature(_) => ENCIPHER | KeyUsage::KEY_AGREEMENT,
        KeyAlgorithm::PostQuantumEncryption(_) => {
            SIGN | KeyUsage::DATA_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT
        }
        KeyAlgorithm::Other(_) => 0,
    }
}

pub(super) fn key(certificate: &Certificate, fired: &mut Vec<Fired>) {
    /// Bits of an RSA key at which Windows (CNG) ends: Microsoft, BCryptGenerateKeyPair.
    const MAX_RSA: u32 = 16_384;
    /// Bits of a public exponent; real ones have 17.
    const MAX_EXPONENT: u64 = 64;
    let key = &certificate.key;
    if let Some(bits) = key.exponent_size.filter(|bits| *bits > MAX_EXPONENT) {
        let message =
            format!("The RSA key's exponent has {bits} bits; {MAX_EXPONENT} are the most that is used.");
        fired.push((RuleId::UnsupportedKeyAlgorithm, message));
    }
    match certificate.key_defect() {
        Some(KeyDefect::Invalid(defect)) => {
            fired.push((RuleId::InvalidKey, format!("The public key can't be a real one: {defect}.")));
        }
        Some(KeyDefect::Roca) => {
            let message =
                "The RSA key has the structure of those that Infineon chips generated weakly (ROCA).";
            fired.push((RuleId::RocaKey, message.into()));
        }
        None => {}
    }
    match (&key.algorithm, key.size) {
        (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, Some(bits)) if bits < 2048 => {
            fired.push((RuleId::WeakKey, format!("The RSA key has {bits} bits; 2048 is the least.")));
        }
        (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, Some(bits)) if bits < 3072 => {
            fired.push((RuleId::ShortKey, format!("The RSA key has {bits} bits; 3072 are recommended.")));
        }
        (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, Some(bits)) if bits > MAX_RSA => {
            let message =
                format!("The RSA key has {bits} bits; {MAX_RSA} are the most that Windows can use.");
            fired.push((RuleId::UnsupportedKeyAlgorithm, message));
        }
        (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, _) => {}
        (KeyAlgorithm::Ec(curve), _) if certificate.encrypts() => {
            let message = format!(
                "Mail is encrypted to this key (EC {curve}) by key agreement, which old clients lack."
            );
            fired.push((RuleId::EcKeyAgreement, message));
        }
        (KeyAlgorithm::Ec(_), _) => {}
        (other, _) => {
            let message = format!("Outlook can't use keys of the type {}.", other.name());
            fired.push((RuleId::UnsupportedKeyAlgorithm, message));
        }
    }
}

/// What takes so long that only what may be chosen is asked.
pub(super) fn judge_modulus(
    certificate: &Certificate,
    policy: &Policy,
    primes: &mut PrimeBudget,
) -> Option<Finding> {
    let message = "The public key can't be a real one: the RSA modulus is a prime, so that anybody can calculate the private key.";
    certificate.has_prime_modulus(primes).then(|| policy.finding(RuleId::InvalidKey, message.into()))
}

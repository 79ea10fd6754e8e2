//! The rules on one certificate of a recipient.

use super::{Policy, RuleId};
use crate::{
    certificate::{AddressMatch, Certificate, KeyAlgorithm, KeyUsage, compare_addresses, is_proper_serial},
    model::{Finding, Recipient, Timestamp, counted},
    trust::ChainStatus,
};

/// How long before its end a certificate is said to expire soon: 30 days.
pub(super) const EXPIRES_SOON: i64 = 30 * 24 * 3600;

/// A rule that fired, with its sentence.
pub(super) type Fired = (RuleId, String);

/// Judges `certificate` as one of `recipient`'s; `chain` is `None` where it does not matter, since it has expired.
pub(super) fn judge(
    certificate: &Certificate,
    recipient: &Recipient,
    chain: Option<&ChainStatus>,
    policy: &Policy,
    now: Timestamp,
) -> Vec<Finding> {
    let mut fired = Vec::new();
    fired.extend(validity(certificate, now));
    usage(certificate, &mut fired);
    key(certificate, &mut fired);
    structure(certificate, &mut fired);
    addresses(certificate, recipient, &mut fired);
    fired.extend(chain.and_then(|status| trust(certificate, status)));
    fired.into_iter().map(|(rule, message)| policy.finding(rule, message)).collect()
}

fn validity(certificate: &Certificate, now: Timestamp) -> Option<Fired> {
    let Certificate { not_before, not_after, .. } = certificate;
    if *not_after < now {
        Some((RuleId::Expired, format!("The certificate expired on {not_after}.")))
    } else if now < *not_before {
        Some((RuleId::NotYetValid, format!("The certificate is valid only from {not_before}.")))
    } else if not_after.plus(-EXPIRES_SOON) <= now {
        let left = match (not_after.0 - now.0) / (24 * 3600) {
            0 => "in less than a day".to_owned(),
            days => format!("in {}", counted(days, "day", "days")),
        };
        Some((RuleId::ExpiresSoon, format!("The certificate expires on {not_after}, {left}.")))
    } else {
        None
    }
}

fn usage(certificate: &Certificate, fired: &mut Vec<Fired>) {
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
        KeyAlgorithm::Dsa | KeyAlgorithm::Edwards(_) | KeyAlgorithm::PostQuantumSignature(_) => {
            ENCIPHER | KeyUsage::KEY_AGREEMENT
        }
        KeyAlgorithm::PostQuantumEncryption(_) => {
            SIGN | KeyUsage::DATA_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT
        }
        KeyAlgorithm::Other(_) => 0,
    }
}

fn key(certificate: &Certificate, fired: &mut Vec<Fired>) {
    let key = &certificate.key;
    if let Some(defect) = &key.defect {
        fired.push((RuleId::InvalidKey, format!("The public key can't be a real one: {defect}.")));
    }
    if key.roca {
        let message = "The RSA key has the structure of those that Infineon chips generated weakly (ROCA).";
        fired.push((RuleId::RocaKey, message.into()));
    }
    match (&key.algorithm, key.size) {
        (KeyAlgorithm::Rsa, Some(bits)) if bits < 2048 => {
            fired.push((RuleId::WeakKey, format!("The RSA key has {bits} bits; 2048 is the least.")));
        }
        (KeyAlgorithm::Rsa, Some(bits)) if bits < 3072 => {
            fired.push((RuleId::ShortKey, format!("The RSA key has {bits} bits; 3072 are recommended.")));
        }
        (KeyAlgorithm::Rsa, _) => {}
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

fn structure(certificate: &Certificate, fired: &mut Vec<Fired>) {
    let algorithm = &certificate.signature_algorithm;
    if algorithm.is_weak() {
        let digest = algorithm.digest.unwrap_or_default();
        let message =
            format!("The certificate is signed with {} ({digest}), which can be forged.", algorithm.name);
        fired.push((RuleId::WeakSignatureAlgorithm, message));
    } else if !algorithm.known {
        let message = format!(
            "The certificate is signed with {}, which Outlook may be unable to check.",
            algorithm.name
        );
        fired.push((RuleId::UnsupportedSignatureAlgorithm, message));
    }
    if certificate.algorithms_differ {
        let message =
            "The signed part of the certificate names another signature algorithm than the signature has.";
        fired.push((RuleId::AlgorithmMismatch, message.into()));
    }
    for (rule, oids, what) in [
        (RuleId::DuplicateExtension, &certificate.duplicate_extensions, "is there more than once"),
        (
            RuleId::UnknownCriticalExtension,
            &certificate.unknown_critical_extensions,
            "is critical, and unknown here",
        ),
        (RuleId::MalformedExtension, &certificate.malformed_extensions, "can't be read"),
    ] {
        fired.extend(oids.iter().map(|oid| (rule, format!("The extension {oid} {what}."))));
    }
    if certificate.version < 3 {
        let message = format!("The certificate is of version {}; 3 is due.", certificate.version);
        fired.push((RuleId::OldVersion, message));
    }
    if !is_proper_serial(&certificate.serial) {
        let serial = hex::encode_upper(&certificate.serial);
        fired.push((
            RuleId::InvalidSerial,
            format!("The serial number {serial} is zero, negative or too long."),
        ));
    }
}

fn addresses(certificate: &Certificate, recipient: &Recipient, fired: &mut Vec<Fired>) {
    for address in certificate.addresses.iter().filter(|address| !address.is_well_formed()) {
        fired.push((RuleId::MalformedAddress, format!("'{}' is no mail address.", address.text)));
    }
    if certificate.addresses.is_empty() {
        return fired.push((RuleId::AddressMissing, "The certificate names no mail address.".into()));
    }
    let own = recipient.addresses();
    let matches = certificate.addresses.iter().flat_map(|address| {
        own.iter()
            .filter_map(|one| compare_addresses(&address.text, one).map(|found| (found, &address.text, *one)))
    });
    match matches.min_by_key(|(found, ..)| *found) {
        Some((AddressMatch::Exact, ..)) => {}
        Some((AddressMatch::DiffersInCase, theirs, one)) => {
            let message = format!("The certificate names '{theirs}', the recipient has '{one}'.");
            fired.push((RuleId::AddressCase, message));
        }
        None => {
            let theirs: Vec<String> = certificate.summary().addresses;
            let own: Vec<String> = own.into_iter().map(str::to_owned).collect();
            let message = format!(
                "The certificate names {}; the recipient's addresses: {}.",
                list(&theirs, "none"),
                list(&own, "none")
            );
            fired.push((RuleId::AddressMismatch, message));
        }
    }
}

fn trust(certificate: &Certificate, status: &ChainStatus) -> Option<Fired> {
    match status {
        ChainStatus::Trusted { .. } => None,
        ChainStatus::SelfSigned => {
            let message = format!("The certificate of {} is signed with its own key.", certificate.subject);
            Some((RuleId::UntrustedIssuer, message))
        }
        ChainStatus::MissingIssuer(issuer) => {
            let message =
                format!("The CA {issuer} is no trust anchor, and its certificate is not among the values.");
            Some((RuleId::UntrustedIssuer, message))
        }
        ChainStatus::Broken { reason, .. } => {
            Some((RuleId::BrokenChain, format!("The certificate's chain does not hold: {reason}.")))
        }
    }
}

fn list(texts: &[String], none: &str) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = texts.iter().take(SHOWN).map(String::as_str).collect();
    match texts.len() {
        0 => none.to_owned(),
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}

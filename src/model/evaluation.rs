//! What the policy makes of one recipient's values.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attribute, CertificateSummary, Finding, Fingerprint, PublishedValue, Purpose, Timestamp, Value};

/// What became of a certificate.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, strum::VariantNames,
)]
pub enum CertificateState {
    /// Part of the desired state.
    Chosen,
    /// Usable, but not published: another one is better, or none for encryption is there.
    Usable,
    /// An `Error` finding speaks against it, or says that something of it was not looked at.
    Unusable,
    /// Not for mail by its extended key usages, has not expired, and is not that of a CA: smart-card logon, EFS, VPN. Its
    /// issuer is not checked.
    OtherPurpose,
    /// A CA certificate that came along in a PKCS#7 or MS-OXOABK value; never published by itself.
    Chain,
}

/// One certificate found in a recipient's values, judged; or a value in which none was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct JudgedCertificate {
    /// The attribute of the value.
    pub attribute: Attribute,
    /// The value's place among the recipient's values of that attribute, from 0.
    pub position: usize,
    /// The SHA-256 of the value.
    pub value: Fingerprint,
    /// `Certificate`, `SignedData`, `OxoAbk` or `Unknown`.
    pub form: String,
    /// What the certificate says; `null` where the value could not be read.
    pub certificate: Option<CertificateSummary>,
    /// Whether it was chosen, could be, or can't.
    pub state: CertificateState,
    /// What speaks against it, gravest first.
    pub findings: Vec<Finding>,
    /// The certificate's DER; not part of the JSON.
    #[serde(skip)]
    pub der: Vec<u8>,
}

/// One value that should be published, with the certificates in it that it is published for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredValue {
    /// The value, to the byte.
    pub value: Value,
    /// The chosen certificate in it.
    pub certificate: CertificateSummary,
}

/// What the policy makes of one recipient's values at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Every certificate found (and every value in which none was), in the order of the values.
    pub certificates: Vec<JudgedCertificate>,
    /// Findings on the recipient as a whole, such as a stale `userSMIMECertificate`.
    pub findings: Vec<Finding>,
    /// What should be published, best first. Empty where no usable encryption certificate is there.
    pub desired: Vec<DesiredValue>,
    /// When this evaluation may turn out otherwise with the same values: the nearest time in the future at which
    /// a certificate, or a CA certificate above one, begins to be valid, expires soon, or has just expired.
    pub next_evaluation: Option<Timestamp>,
    /// Issuers (RFC 4514 text) that were needed for a chain and not there: one for each certificate that nothing
    /// else speaks against.
    pub missing_issuers: Vec<String>,
    /// Where the values are put right in place: every value, and which of them go. Empty where none goes.
    pub curation: Vec<CuratedValue>,
}

/// What curation in place makes of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CuratedValue {
    /// The value, to the byte.
    pub value: Value,
    /// The certificate in it that tells it best, if one could be read.
    pub certificate: Option<CertificateSummary>,
    /// Why it goes, in one sentence; `None`: it stays.
    pub removal: Option<String>,
}

/// The certificates that tell values best: those by which a person recognises a value. A chosen one comes first, then
/// the recipient's own before those of CAs, one for encryption before one for signatures alone, a usable one, and what
/// lasts longest; the fingerprint decides between equals.
#[derive(Debug)]
pub struct Telling<'a>(HashMap<(Attribute, Fingerprint), &'a JudgedCertificate>);

impl<'a> Telling<'a> {
    /// Out of all that were judged.
    pub fn of(judged: &'a [JudgedCertificate]) -> Self {
        let mut best: HashMap<_, &JudgedCertificate> = HashMap::new();
        for one in judged.iter().filter(|one| one.certificate.is_some()) {
            let known = best.entry((one.attribute, one.value)).or_insert(one);
            if Self::rank(known) < Self::rank(one) {
                *known = one;
            }
        }
        Self(best)
    }

    /// That of `value`; `None` where no certificate could be read.
    pub fn certificate(&self, value: &Value) -> Option<&'a CertificateSummary> {
        self.0.get(&(value.attribute, value.fingerprint()))?.certificate.as_ref()
    }

    /// `value` with that certificate.
    pub fn published(&self, value: &Value) -> PublishedValue {
        let certificate = self.certificate(value).map(Into::into);
        PublishedValue { attribute: value.attribute, value: value.fingerprint(), certificate }
    }

    fn rank(one: &JudgedCertificate) -> impl Ord + use<> {
        let encrypts = |purpose| matches!(purpose, Purpose::Encryption | Purpose::EncryptionAndSigning);
        let certificate = one.certificate.as_ref();
        (
            one.state == CertificateState::Chosen,
            one.state != CertificateState::Chain,
            certificate.is_some_and(|certificate| encrypts(certificate.purpose)),
            one.state == CertificateState::Usable,
            certificate.map(|certificate| (certificate.not_after, certificate.fingerprint)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOSE: Fingerprint = Fingerprint([7; 32]);

    fn judged(name: &str, state: CertificateState, purpose: Purpose, until: i64) -> JudgedCertificate {
        JudgedCertificate {
            attribute: Attribute::UserSmimeCertificate,
            position: 0,
            value: WHOSE,
            form: "SignedData".into(),
            certificate: Some(CertificateSummary {
                subject: name.into(),
                issuer: "CN=CA".into(),
                serial_number: "01".into(),
                thumbprint: name.into(),
                fingerprint: Fingerprint::of(name.as_bytes()),
                not_before: Timestamp(0),
                not_after: Timestamp(until),
                addresses: Vec::new(),
                key_algorithm: "RSA".into(),
                key_size: Some(2048),
                signature_algorithm: "sha256WithRSAEncryption".into(),
                key_usage: Vec::new(),
                extended_key_usage: Vec::new(),
                purpose,
            }),
            state,
            findings: Vec::new(),
            der: Vec::new(),
        }
    }

    #[test]
    fn a_value_is_told_by_the_certificate_that_a_person_recognises() {
        use CertificateState::{Chain, Chosen, Unusable, Usable};
        use Purpose::{Encryption, EncryptionAndSigning, None as Neither, Signing};
        for (what, certificates, expected) in [
            ("nothing readable", vec![], None),
            ("a CA's alone", vec![("ca", Chain, Neither, 9)], Some("ca")),
            (
                "the user's, not the CA's",
                vec![("ca", Chain, Neither, 99), ("own", Usable, Signing, 5)],
                Some("own"),
            ),
            ("the chosen one", vec![("a", Usable, Encryption, 99), ("b", Chosen, Encryption, 5)], Some("b")),
            (
                "chosen for signing, and no other chosen",
                vec![("a", Unusable, Encryption, 99), ("b", Chosen, Signing, 5)],
                Some("b"),
            ),
            (
                "both chosen: the one for encryption",
                vec![("s", Chosen, Signing, 99), ("e", Chosen, EncryptionAndSigning, 5)],
                Some("e"),
            ),
            (
                "none chosen: the one for encryption",
                vec![("s", Usable, Signing, 99), ("e", Unusable, Encryption, 5)],
                Some("e"),
            ),
            (
                "usable before what lasts longer",
                vec![("bobs", Unusable, Encryption, 99), ("own", Usable, Encryption, 5)],
                Some("own"),
            ),
            ("the longest", vec![("a", Unusable, Encryption, 5), ("b", Unusable, Encryption, 9)], Some("b")),
        ] {
            let mut all: Vec<JudgedCertificate> = certificates
                .into_iter()
                .map(|(name, state, purpose, until)| judged(name, state, purpose, until))
                .collect();
            let value = Value::new(Attribute::UserSmimeCertificate, what.as_bytes());
            assert_eq!(Telling::of(&all).certificate(&value), None, "{what}: of another value");
            for one in &mut all {
                one.value = value.fingerprint();
            }
            let unreadable = judged("", Unusable, Neither, 0);
            all.push(JudgedCertificate { certificate: None, value: value.fingerprint(), ..unreadable });
            let told = Telling::of(&all).certificate(&value).map(|one| one.subject.as_str());
            assert_eq!(told, expected, "{what}");
            all.reverse();
            let told = Telling::of(&all).certificate(&value).map(|one| one.subject.as_str());
            assert_eq!(told, expected, "{what}, in reverse");
        }
    }
}

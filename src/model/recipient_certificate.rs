//! A recipient's certificate, judged, as results show it.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Attribute, CertificateState, Finding, Fingerprint, JudgedCertificate, Purpose, Recipient, Timestamp,
};

/// One certificate of a recipient, judged; or a value in which none could be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct RecipientCertificate {
    /// The profile that judged it.
    pub profile_name: String,
    /// The recipient's address, user principal name or DN.
    pub recipient: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// The recipient's anchor in the source.
    pub anchor: String,
    /// Where the recipient is in the directory.
    pub distinguished_name: String,
    /// The attribute of the value.
    pub attribute: Attribute,
    /// The value's place among the recipient's values of that attribute, from 0.
    pub position: usize,
    /// The SHA-256 of the value.
    pub value: Fingerprint,
    /// `Certificate`, `SignedData`, `OxoAbk` or `Unknown`.
    pub form: String,
    /// Subject, as RFC 4514 text; `null`, like all that follows up to `Purpose`, where nothing could be read.
    pub subject: Option<String>,
    /// Issuer, as RFC 4514 text.
    pub issuer: Option<String>,
    /// Serial number, upper-case hexadecimal.
    pub serial_number: Option<String>,
    /// SHA-1 of the DER, as Windows shows it.
    pub thumbprint: Option<String>,
    /// SHA-256 of the DER.
    pub fingerprint: Option<Fingerprint>,
    /// Start of its validity.
    pub not_before: Option<Timestamp>,
    /// End of its validity.
    pub not_after: Option<Timestamp>,
    /// Mail addresses it names.
    pub addresses: Vec<String>,
    /// `RSA`, `EC P-256`, …
    pub key_algorithm: Option<String>,
    /// The length of the key in bits, where that makes sense.
    pub key_size: Option<u32>,
    /// `sha256WithRSAEncryption`, …
    pub signature_algorithm: Option<String>,
    /// Names of the key usage bits.
    pub key_usage: Vec<String>,
    /// Names or OIDs of the extended key usages.
    pub extended_key_usage: Vec<String>,
    /// What it can be used for.
    pub purpose: Purpose,
    /// What became of it.
    pub state: CertificateState,
    /// What speaks against it, gravest first.
    pub findings: Vec<Finding>,
    /// Findings on the recipient as a whole.
    pub recipient_findings: Vec<Finding>,
    /// The certificate's DER in base64.
    pub raw_data: Option<String>,
}

impl RecipientCertificate {
    /// What the profile of that name makes of one certificate; `findings` are those on the recipient as a whole.
    pub fn new(
        profile: &str,
        recipient: &Recipient,
        findings: &[Finding],
        judged: JudgedCertificate,
    ) -> Self {
        let raw_data = (!judged.der.is_empty()).then(|| BASE64.encode(&judged.der));
        let base = Self {
            profile_name: profile.to_owned(),
            recipient: recipient.label().to_owned(),
            display_name: recipient.display_name.clone(),
            anchor: recipient.anchor.clone(),
            distinguished_name: recipient.distinguished_name.clone(),
            attribute: judged.attribute,
            position: judged.position,
            value: judged.value,
            form: judged.form,
            subject: None,
            issuer: None,
            serial_number: None,
            thumbprint: None,
            fingerprint: None,
            not_before: None,
            not_after: None,
            addresses: Vec::new(),
            key_algorithm: None,
            key_size: None,
            signature_algorithm: None,
            key_usage: Vec::new(),
            extended_key_usage: Vec::new(),
            purpose: Purpose::None,
            state: judged.state,
            findings: judged.findings,
            recipient_findings: findings.to_vec(),
            raw_data,
        };
        let Some(certificate) = judged.certificate else { return base };
        Self {
            subject: Some(certificate.subject),
            issuer: Some(certificate.issuer),
            serial_number: Some(certificate.serial_number),
            thumbprint: Some(certificate.thumbprint),
            fingerprint: Some(certificate.fingerprint),
            not_before: Some(certificate.not_before),
            not_after: Some(certificate.not_after),
            addresses: certificate.addresses,
            key_algorithm: Some(certificate.key_algorithm),
            key_size: certificate.key_size,
            signature_algorithm: Some(certificate.signature_algorithm),
            key_usage: certificate.key_usage,
            extended_key_usage: certificate.extended_key_usage,
            purpose: certificate.purpose,
            ..base
        }
    }
}

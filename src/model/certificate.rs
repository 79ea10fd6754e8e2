//! What a certificate says, for people and for the JSON of results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fingerprint, PublishedCertificate, Timestamp};

/// What a certificate can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Purpose {
    /// Encrypting mail to the recipient.
    Encryption,
    /// Checking the recipient's signatures.
    Signing,
    /// Encrypting to the recipient and checking its signatures.
    EncryptionAndSigning,
    /// Neither: its key usage or extended key usage is for something else.
    None,
}

/// What a certificate says, in words and numbers that a person can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct CertificateSummary {
    /// Subject, as RFC 4514 text.
    pub subject: String,
    /// Issuer, as RFC 4514 text.
    pub issuer: String,
    /// Serial number, upper-case hexadecimal.
    pub serial_number: String,
    /// SHA-1 of the DER, as Windows shows it.
    pub thumbprint: String,
    /// SHA-256 of the DER.
    pub fingerprint: Fingerprint,
    /// Start of its validity.
    pub not_before: Timestamp,
    /// End of its validity.
    pub not_after: Timestamp,
    /// Mail addresses it names (subjectAltName, UPN in otherName, subject), without repeats.
    pub addresses: Vec<String>,
    /// `RSA`, `EC P-256`, `Ed25519`, … or the OID.
    pub key_algorithm: String,
    /// The length of the key in bits, where that makes sense.
    pub key_size: Option<u32>,
    /// `sha256WithRSAEncryption`, … or the OID.
    pub signature_algorithm: String,
    /// Names of the key usage bits; empty if the extension is absent.
    pub key_usage: Vec<String>,
    /// Names or OIDs of the extended key usages; empty if the extension is absent.
    pub extended_key_usage: Vec<String>,
    /// What it can be used for.
    pub purpose: Purpose,
}

impl CertificateSummary {
    /// Names it in a message.
    pub fn describe(&self) -> String {
        PublishedCertificate::from(self).describe()
    }
}

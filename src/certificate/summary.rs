//! What a certificate says, for people and for the JSON of results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Certificate;
use crate::{recipient::Fingerprint, timestamp::Timestamp};

/// What a certificate can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Purpose {
    /// Encrypting mail to the recipient.
    Encryption,
    /// Checking the recipient's signatures.
    Signing,
    /// Both.
    EncryptionAndSigning,
    /// Neither.
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
    /// Bits, where that makes sense.
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

impl Certificate {
    /// What it says, in words and numbers that a person can read.
    pub fn summary(&self) -> CertificateSummary {
        CertificateSummary {
            subject: self.subject.text.clone(),
            issuer: self.issuer.text.clone(),
            serial_number: hex::encode_upper(&self.serial),
            thumbprint: hex::encode_upper(self.thumbprint),
            fingerprint: self.fingerprint,
            not_before: self.not_before,
            not_after: self.not_after,
            addresses: self.distinct_addresses(),
            key_algorithm: self.key.algorithm.name(),
            key_size: self.key.size,
            signature_algorithm: self.signature_algorithm.name.clone(),
            key_usage: self.key_usage_names(),
            extended_key_usage: self.extended_key_usage_names(),
            purpose: self.purpose(),
        }
    }

    /// Names of the key usage bits; empty if the extension is absent.
    pub fn key_usage_names(&self) -> Vec<String> {
        self.key_usage.map(|usage| usage.names()).unwrap_or_default()
    }

    /// Names or OIDs of the extended key usages; empty if the extension is absent.
    pub fn extended_key_usage_names(&self) -> Vec<String> {
        let oids = self.extended_key_usage.as_deref().unwrap_or_default();
        oids.iter().map(|oid| purpose_name(oid).to_owned()).collect()
    }

    fn distinct_addresses(&self) -> Vec<String> {
        let mut addresses: Vec<String> = Vec::new();
        for address in &self.addresses {
            if !addresses.iter().any(|known| known.to_lowercase() == address.text.to_lowercase()) {
                addresses.push(address.text.clone());
            }
        }
        addresses
    }
}

/// The name of an extended key usage, or its OID.
fn purpose_name(oid: &str) -> &str {
    match oid {
        "2.5.29.37.0" => "anyExtendedKeyUsage",
        "1.3.6.1.5.5.7.3.1" => "serverAuth",
        "1.3.6.1.5.5.7.3.2" => "clientAuth",
        "1.3.6.1.5.5.7.3.3" => "codeSigning",
        "1.3.6.1.5.5.7.3.4" => "emailProtection",
        "1.3.6.1.5.5.7.3.8" => "timeStamping",
        "1.3.6.1.5.5.7.3.9" => "OCSPSigning",
        "1.3.6.1.4.1.311.10.3.4" => "encryptingFileSystem",
        "1.3.6.1.4.1.311.20.2.2" => "smartcardLogon",
        other => other,
    }
}

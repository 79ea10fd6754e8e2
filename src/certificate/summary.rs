//! The summary of a certificate.

use std::collections::HashSet;

use super::Certificate;
use crate::model::{CertificateSummary, PublishedCertificate};

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

    /// Names it in a message.
    pub fn describe(&self) -> String {
        self.published().describe()
    }

    /// What is kept of it once it is published.
    pub fn published(&self) -> PublishedCertificate {
        PublishedCertificate {
            subject: self.subject.text.clone(),
            thumbprint: hex::encode_upper(self.thumbprint),
            fingerprint: self.fingerprint,
            not_before: self.not_before,
            not_after: self.not_after,
            names_recipient: None,
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
        let mut seen = HashSet::new();
        let distinct = self.addresses.iter().filter(|address| seen.insert(address.text.to_lowercase()));
        distinct.map(|address| address.text.clone()).collect()
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

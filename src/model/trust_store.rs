//! A trust store, as results show it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fingerprint, Timestamp};

/// The CA certificates against which Outlook on the web checks S/MIME certificates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct TrustStore {
    /// The profile whose trust anchors these are.
    pub profile_name: String,
    /// The file that was written, or in which the older trust store was saved; `null` where there is none.
    pub path: Option<String>,
    /// Bytes of the whole store.
    pub size: u64,
    /// Whether it was uploaded, and showed when it was read back.
    pub published: bool,
    /// The certificates, in the order of their subjects.
    pub certificate: Vec<TrustStoreCertificate>,
}

/// One CA certificate of a trust store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct TrustStoreCertificate {
    /// Subject, as RFC 4514 text.
    pub subject: String,
    /// SHA-1 of the DER, as Windows shows it.
    pub thumbprint: String,
    /// SHA-256 of the DER.
    pub fingerprint: Fingerprint,
    /// End of its validity.
    pub not_after: Timestamp,
    /// Whether it was there already.
    pub present: bool,
}

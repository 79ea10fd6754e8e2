//! What the policy makes of one recipient's values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attribute, CertificateSummary, Finding, Fingerprint, Timestamp, Value};

/// What became of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CertificateState {
    /// Part of the desired state.
    Chosen,
    /// Usable, but another one is better.
    Usable,
    /// An `Error` finding speaks against it.
    Unusable,
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
    /// Issuers (RFC 4514 text) that were needed for a chain and not there.
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

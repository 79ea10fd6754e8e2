//! What is or was published.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attribute, CertificateSummary, DesiredValue, Fingerprint, Timestamp, Value, shortened};

/// One value that is or was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct PublishedValue {
    /// The attribute that holds it.
    pub attribute: Attribute,
    /// The SHA-256 of the value.
    pub value: Fingerprint,
    /// The certificate that it is published for, where that is known.
    pub certificate: Option<PublishedCertificate>,
}

impl PublishedValue {
    /// Whether it is that value.
    pub fn is(&self, value: &Value) -> bool {
        self.attribute == value.attribute && self.value == value.fingerprint()
    }

    /// Names it in a message, by the certificate that it is published for where that is known.
    pub fn describe(&self) -> String {
        let what = match &self.certificate {
            Some(certificate) => certificate.describe(),
            None => format!("the value {}", self.value),
        };
        format!("{what}, as {}", self.attribute)
    }

    /// Whether both are one value, whatever is known of its certificate.
    pub fn same(&self, other: &PublishedValue) -> bool {
        (self.attribute, self.value) == (other.attribute, other.value)
    }
}

impl From<&DesiredValue> for PublishedValue {
    fn from(desired: &DesiredValue) -> Self {
        Self {
            attribute: desired.value.attribute,
            value: desired.value.fingerprint(),
            certificate: Some((&desired.certificate).into()),
        }
    }
}

/// Letters of a subject that messages show.
const SUBJECT_SHOWN: usize = 200;

/// What is kept of a certificate that is or was published: enough to recognise it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct PublishedCertificate {
    /// Subject, as RFC 4514 text.
    pub subject: String,
    /// SHA-1 of the DER, as Windows shows it.
    pub thumbprint: String,
    /// SHA-256 of the DER.
    pub fingerprint: Fingerprint,
    /// Start of its validity.
    pub not_before: Timestamp,
    /// End of its validity.
    pub not_after: Timestamp,
    /// Whether it names one of the recipient's mail addresses; `null` where that was not looked at.
    #[serde(default)]
    pub names_recipient: Option<bool>,
}

impl PublishedCertificate {
    /// Names it in a message: `CN=Ada (thumbprint 0B…, valid from 2023-01-01 00:00 UTC until 2024-01-01 00:00 UTC)`.
    pub fn describe(&self) -> String {
        let Self { subject, thumbprint, not_before, not_after, .. } = self;
        let subject = shortened(subject, SUBJECT_SHOWN);
        format!("{subject} (thumbprint {thumbprint}, valid from {not_before} until {not_after})")
    }
}

impl From<&CertificateSummary> for PublishedCertificate {
    fn from(certificate: &CertificateSummary) -> Self {
        Self {
            subject: certificate.subject.clone(),
            thumbprint: certificate.thumbprint.clone(),
            fingerprint: certificate.fingerprint,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            names_recipient: None,
        }
    }
}

/// One line of a target's index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRecipient {
    /// The target's own key.
    pub target: String,
    /// The source's anchor.
    pub anchor: String,
    /// Its address, user principal name or DN.
    pub label: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// The values that this profile published or adopted there.
    pub managed: Vec<PublishedValue>,
}

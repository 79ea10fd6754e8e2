//! A difference of source and target, as `Compare` finds it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attribute, Fingerprint, PublishedValue, Timestamp};

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DifferenceKind {
    /// The policy chooses the value, and the target does not have it, or not everywhere.
    MissingAtTarget,
    /// The target has the value, and the policy does not choose it, whoever put it there.
    ExtraAtTarget,
    /// Values are chosen for the recipient, and the target has no such recipient.
    NotAtTarget,
    /// The target has values for somebody whom nobody of the source is.
    NotInSource,
    /// Which recipient of the target it is can't be told, or that one can't be read.
    NotCompared,
}

/// On which side something is that the other one does not have; as `Compare-Object` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SideIndicator {
    /// In the source alone.
    #[serde(rename = "<=")]
    Source,
    /// At the target alone.
    #[serde(rename = "=>")]
    Target,
}

impl DifferenceKind {
    /// On which side something is that the other one does not have.
    pub fn side(self) -> SideIndicator {
        match self {
            Self::MissingAtTarget | Self::NotAtTarget | Self::NotCompared => SideIndicator::Source,
            Self::ExtraAtTarget | Self::NotInSource => SideIndicator::Target,
        }
    }
}

/// One difference of one recipient in source and target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Difference {
    /// The profile whose source and target were compared.
    pub profile_name: String,
    /// The recipient's address, user principal name or DN.
    pub recipient: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// The recipient's anchor in the source; `null` for one whom the source does not have.
    pub anchor: Option<String>,
    /// The target's own key for the recipient; `null` where it has none, or that can't be told.
    pub target: Option<String>,
    /// What differs.
    pub difference: DifferenceKind,
    /// `<=`: in the source alone; `=>`: at the target alone.
    pub side_indicator: SideIndicator,
    /// The attribute of the value; `null`, like all that follows up to `NotAfter`, where it is about the recipient as a
    /// whole.
    pub attribute: Option<Attribute>,
    /// The SHA-256 of the value.
    pub value: Option<Fingerprint>,
    /// The subject of the certificate in it that tells it best; `null`, like all that follows up to `NotAfter`, where none
    /// can be read.
    pub subject: Option<String>,
    /// The SHA-1 of that certificate.
    pub thumbprint: Option<String>,
    /// Start of its validity.
    pub not_before: Option<Timestamp>,
    /// End of its validity.
    pub not_after: Option<Timestamp>,
    /// What is the case, in a sentence.
    #[serde(serialize_with = "super::printable::sentence::one")]
    pub message: String,
}

impl Difference {
    /// The same about one value.
    pub fn of_value(self, value: &PublishedValue) -> Self {
        let certificate = value.certificate.as_ref();
        Self {
            attribute: Some(value.attribute),
            value: Some(value.value),
            subject: certificate.map(|certificate| certificate.subject.clone()),
            thumbprint: certificate.map(|certificate| certificate.thumbprint.clone()),
            not_before: certificate.map(|certificate| certificate.not_before),
            not_after: certificate.map(|certificate| certificate.not_after),
            ..self
        }
    }
}

//! Findings: rules that fired.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How grave a finding is. Only `Error` makes a certificate unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Severity {
    /// Good to know.
    Notice,
    /// Usable, but something should be put right.
    Warning,
    /// Not usable.
    Error,
}

/// A rule that fired on a certificate, value or recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Finding {
    /// The rule's id, such as `expired`.
    pub rule: String,
    /// How grave it is under the policy in force.
    pub severity: Severity,
    /// One sentence with the facts of this case.
    #[serde(serialize_with = "super::printable::sentence::one")]
    pub message: String,
}

//! Changes: one recipient's difference between desired and published.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{Finding, PublishedValue, Timestamp};

/// What a change does.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    EnumString,
    VariantArray,
)]
#[strum(ascii_case_insensitive)]
pub enum ChangeKind {
    /// Nothing was published; afterwards a usable encryption certificate is.
    Add,
    /// Something else was published; afterwards a usable encryption certificate is.
    Update,
    /// Afterwards no usable encryption certificate is published.
    Remove,
}

/// How far a change is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    EnumString,
    VariantArray,
)]
#[strum(ascii_case_insensitive)]
pub enum ChangeState {
    /// Planned, and not written yet.
    Pending,
    /// Being written; after a crash the target is read before anything else is done.
    InFlight,
    /// Written: the target shows it.
    Exported,
    /// The target refused it; tried again later.
    Rejected,
    /// Answered No; not asked again until the desired state changes or a run with `-Confirm` asks.
    Declined,
    /// Held by the guard.
    Held,
}

/// One recipient's difference between desired and published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// Its number within the profile; with `-WhatIf` 0.
    pub id: i64,
    /// The run that planned it.
    pub run_id: i64,
    /// The profile whose change it is.
    pub profile_name: String,
    /// The recipient, as an admin recognises it: its address.
    pub recipient: String,
    /// The recipient's display name.
    pub display_name: Option<String>,
    /// Its anchor in the source.
    pub anchor: String,
    /// Whether something is added, updated or removed.
    pub change: ChangeKind,
    /// Whether it is an Update to a certificate that is no renewal of the one before: it names none of the recipient's
    /// mail addresses, or its validity began earlier.
    #[serde(default)]
    pub replacement: bool,
    /// Whether it is planned, being written, written, refused, declined or held.
    pub state: ChangeState,
    /// The managed values before, in their order.
    pub before: Vec<PublishedValue>,
    /// The managed values afterwards, best first.
    pub after: Vec<PublishedValue>,
    /// Why each value comes or goes, in sentences.
    #[serde(serialize_with = "super::printable::sentence::all")]
    pub reasons: Vec<String>,
    /// The findings that the decision rests on.
    pub findings: Vec<Finding>,
    /// How often the target was asked to take it.
    pub attempts: u32,
    /// When a rejected one is tried next.
    pub next_try: Option<Timestamp>,
    /// Why the target refused it.
    #[serde(serialize_with = "super::printable::sentence::optional")]
    pub error: Option<String>,
    /// When its state last changed.
    pub time: Timestamp,
}

impl Change {
    /// The values of `before` that are not in `after`.
    pub fn removed(&self) -> Vec<PublishedValue> {
        without(&self.before, &self.after)
    }

    /// The values of `after` that were not in `before`.
    pub fn added(&self) -> Vec<PublishedValue> {
        without(&self.after, &self.before)
    }
}

/// Those of `values` that are not among `others`.
pub fn without(values: &[PublishedValue], others: &[PublishedValue]) -> Vec<PublishedValue> {
    values.iter().filter(|one| !others.iter().any(|other| one.same(other))).cloned().collect()
}

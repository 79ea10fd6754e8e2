//! Where a source was when it was read, so that a later run can ask what changed since.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantNames;

use super::Timestamp;

/// Where a source was at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Mark {
    /// Which copy of the directory it is of, seen with whose eyes: at another one the position means nothing.
    pub place: String,
    /// How far that copy was, in its own terms.
    pub position: String,
}

/// Where the last import of all recipients stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Watermark {
    /// Where the source was when that import began.
    pub mark: Mark,
    /// A hash over what decides who is in scope and how everybody is judged.
    pub basis: String,
    /// When the source showed everybody last.
    pub enumerated: Timestamp,
    /// The distinguished names of objects that could not be read. They are read again though nothing changed.
    pub unread: Vec<String>,
}

/// How the recipients of a run are read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema, VariantNames,
)]
pub enum PolicyType {
    /// What changed since the last run, and what has to be judged again. Where the source can't tell that for sure, or
    /// what the profile says is another than then, all of them.
    #[default]
    Delta,
    /// All of them.
    Initial,
}

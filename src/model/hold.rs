//! Why the guard holds a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a plan is held for. Stored and given by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum HoldReason {
    /// The source has no recipients.
    EmptySource,
    /// Recipients with certificate values fell by too much, as when the right to read them is lost.
    ValuesFell,
    /// The source is older than it should be, or a clock is wrong.
    SourceTime,
    /// A run with `-Identity`, after a full one that was held for what its source showed.
    SourceHeld,
    /// The policy, the trust anchors or the scope changed, and something would be removed.
    PolicyChanged,
    /// More removals than the limits of one run allow.
    Removals,
    /// More removals than the guard's days allow, with those of earlier runs.
    RemovalsOverTime,
    /// All of many named recipients would lose what is published for them.
    AllNamed,
    /// More replacements than the limits of one run allow.
    Replacements,
}

impl HoldReason {
    /// Whether it says that the source can't be believed.
    pub fn is_of_source(self) -> bool {
        matches!(self, Self::EmptySource | Self::ValuesFell | Self::SourceTime)
    }

    /// What to do where no approval can help; `None`: the plan can be approved.
    pub fn instead_of_approval(self) -> Option<&'static str> {
        match self {
            Self::EmptySource => Some(
                "Find out why the source shows nobody, put it right, and run Sync-SmimeCertificate again.",
            ),
            Self::SourceTime => {
                Some("Put the clock or the source right, and run Sync-SmimeCertificate again.")
            }
            Self::SourceHeld => Some(
                "Settle the full run first: put its source right and run Sync-SmimeCertificate without -Identity; approve \
                 that plan if it is held and is what you want.",
            ),
            Self::ValuesFell
            | Self::PolicyChanged
            | Self::Removals
            | Self::RemovalsOverTime
            | Self::AllNamed
            | Self::Replacements => None,
        }
    }
}

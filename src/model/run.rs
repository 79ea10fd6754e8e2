//! Runs: one import, plan and export, with what they counted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{Change, ChangeKind, Exclusion, HoldReason, PolicyType, Timestamp, Witnesses};

/// How a run ended.
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
pub enum RunResult {
    /// Not ended yet. One that a crash ended is `Stopped`.
    Running,
    /// Everything is as desired, but for what its warnings and numbers name: certificates that can't be used,
    /// recipients without any, skipped or declined.
    Success,
    /// Something of the source could not be read, or recipients' changes failed or wait; the rest is as desired.
    CompletedWithErrors,
    /// The guard held the plan; nothing was written.
    Held,
    /// An error ended it.
    Stopped,
    /// The caller ended it.
    Canceled,
}

/// One import, plan and export of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Run {
    /// Its number within the profile, from 1; with `-WhatIf` 0.
    pub id: i64,
    /// The profile that was run.
    pub profile_name: String,
    /// How it ended, or that it has not.
    pub result: RunResult,
    /// Whether it only planned.
    pub what_if: bool,
    /// Whether its state knew nothing of the target: nothing was published by it, and no run of all recipients had met the
    /// target. So it is in the first run, in one after the state was lost, or in one to another target.
    #[serde(default)]
    pub new_state: bool,
    /// Whether it read what changed in the source (`Delta`), or all of it; where recipients were named, those.
    #[serde(default = "read_all")]
    pub policy_type: PolicyType,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Seconds it took, to the millisecond.
    pub seconds: f64,
    /// How many recipients, changes and errors it had.
    #[serde(flatten)]
    pub numbers: RunNumbers,
    /// Why the guard held the plan; empty if it did not.
    #[serde(serialize_with = "super::printable::sentence::all")]
    pub guard: Vec<String>,
    /// What each sentence of `Guard` is about, in the same order; empty where an earlier version kept the run.
    #[serde(default)]
    pub hold_reasons: Vec<HoldReason>,
    /// Issuers that were needed for a chain and not there, most certificates first; a hundred at most.
    pub missing_issuers: Vec<MissingIssuer>,
    /// Recipients that the target skips, by reason.
    #[serde(default)]
    pub exclusions: Vec<ExclusionCount>,
    /// The message of the error that stopped it.
    #[serde(serialize_with = "super::printable::sentence::optional")]
    pub error: Option<String>,
    /// Who ran it where: `user@host, PowerShell 7.6.9, process 4711`.
    pub host: String,
    /// What told it the time.
    #[serde(skip)]
    pub witnesses: Witnesses,
}

/// What runs of earlier versions did.
fn read_all() -> PolicyType {
    PolicyType::Initial
}

impl Run {
    /// Counts a recipient that the target skips.
    pub fn exclude(&mut self, reason: Exclusion) {
        self.numbers.excluded += 1;
        match self.exclusions.iter_mut().find(|count| count.reason == reason) {
            Some(count) => count.recipients += 1,
            None => {
                let advice = reason.advice().to_owned();
                let count = ExclusionCount { reason, recipients: 1, advice, not_asked: 0, asked_again: None };
                self.exclusions.push(count);
            }
        }
    }

    /// Notes of a recipient that was counted for `reason` when it is looked for again, and whether this run has looked.
    pub fn asks_again(&mut self, reason: Exclusion, time: Timestamp, looked: bool) {
        if let Some(count) = self.exclusions.iter_mut().find(|count| count.reason == reason) {
            count.not_asked += u64::from(!looked);
            count.asked_again = Some(count.asked_again.map_or(time, |first| first.min(time)));
        }
    }
}

/// How many recipients, changes and errors a run had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct RunNumbers {
    /// Recipients of the source, or of those that were named.
    pub recipients: u64,
    /// Those of them that this run read; the others are as the last run saw them.
    pub read: u64,
    /// Those of them that have values.
    pub with_values: u64,
    /// Those of them that have a usable encryption certificate.
    pub with_desired: u64,
    /// Recipients that have no certificate at all.
    pub without_certificate: u64,
    /// Recipients that have certificates, but no usable encryption certificate.
    pub without_usable: u64,
    /// Recipients that an earlier import showed and this one did not.
    pub missing: u64,
    /// Those of them whose published values stay until the missing period ends.
    pub missing_kept: u64,
    /// Changes planned: Add.
    pub add: u64,
    /// Changes planned: Update.
    pub update: u64,
    /// Those of them that are replacements: to a certificate that is no renewal of the one before.
    pub replacements: u64,
    /// Changes planned: Remove.
    pub remove: u64,
    /// Recipients whose published state is as desired.
    pub unchanged: u64,
    /// Changes written.
    pub exported: u64,
    /// Changes that the target refused.
    pub rejected: u64,
    /// Changes declined, now or earlier, and so not written.
    pub declined: u64,
    /// Changes that wait for their next try, or to be read back.
    pub waiting: u64,
    /// Published values found to be wanted already, and so taken over as managed.
    pub adopted: u64,
    /// Values found at recipients of the source that a run met first, and that are neither theirs in the source nor wanted.
    #[serde(skip)]
    pub others: u64,
    /// Recipients that the target skips, for the reasons in `Exclusions`.
    pub excluded: u64,
    /// Recipients whose values at the target were compared with what was published: all with `-Verify`, else those of
    /// whom something seems to be gone.
    pub verified: u64,
    /// Those of them where something published was gone.
    pub drifted: u64,
    /// Recipients with something published that nobody in the source wants, and that the state did not know;
    /// looked for by a run with a new state, and with `-Verify`.
    pub orphaned: u64,
    /// Errors of single objects.
    pub errors: u64,
}

impl RunNumbers {
    /// Counts a planned change.
    pub fn count(&mut self, kind: ChangeKind) {
        let counted = match kind {
            ChangeKind::Add => &mut self.add,
            ChangeKind::Update => &mut self.update,
            ChangeKind::Remove => &mut self.remove,
        };
        *counted += 1;
    }

    /// Takes a planned change out of the count.
    pub fn uncount(&mut self, change: &Change) {
        let counted = match change.change {
            ChangeKind::Add => &mut self.add,
            ChangeKind::Update => &mut self.update,
            ChangeKind::Remove => &mut self.remove,
        };
        *counted = counted.saturating_sub(1);
        self.replacements = self.replacements.saturating_sub(change.replacement.into());
    }
}

/// How many recipients the target skipped for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ExclusionCount {
    /// What keeps these recipients from being written.
    pub reason: Exclusion,
    /// How many recipients it keeps.
    pub recipients: u64,
    /// What to do about it.
    pub advice: String,
    /// Those of them whom this run did not look for, since earlier ones had.
    #[serde(default)]
    pub not_asked: u64,
    /// From when on runs look for the first of them again.
    #[serde(default)]
    pub asked_again: Option<Timestamp>,
}

/// An issuer that was not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct MissingIssuer {
    /// Its name, as RFC 4514 text.
    pub issuer: String,
    /// How many certificates it issued that nothing else speaks against.
    pub certificates: u64,
}

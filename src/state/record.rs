//! Runs and changes, as the state keeps them and as callers see them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    policy::evaluation::{CertificateSummary, Finding},
    recipient::{Attribute, Fingerprint, Value},
    target::Exclusion,
    timestamp::Timestamp,
};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $( $(#[$variant_doc:meta])* $variant:ident ),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $( $(#[$variant_doc])* $variant, )* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[ $( $name::$variant, )* ];

            /// The name in the database and in JSON.
            pub fn name(self) -> &'static str { match self { $( $name::$variant => stringify!($variant), )* } }

            /// The one of that name, in any case.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name().eq_ignore_ascii_case(name))
            }
        }
    };
}

named! {
    /// How a run ended.
    RunResult {
        /// Not ended yet; after a crash the next run turns it into `Stopped`.
        Running,
        /// Everything is as desired.
        Success,
        /// Some recipients had errors; the rest is as desired.
        CompletedWithErrors,
        /// The guard held the plan; nothing was written.
        Held,
        /// An error ended it.
        Stopped,
        /// The caller ended it.
        Canceled,
    }
}

named! {
    /// What a change does.
    ChangeKind {
        /// Nothing was published; afterwards a usable encryption certificate is.
        Add,
        /// Something else was published; afterwards a usable encryption certificate is.
        Update,
        /// Afterwards no usable encryption certificate is published.
        Remove,
    }
}

named! {
    /// How far a change is.
    ChangeState {
        /// Planned.
        Pending,
        /// Being written; after a crash the target is read before anything else is done.
        InFlight,
        /// At the target.
        Exported,
        /// The target refused it; tried again later.
        Rejected,
        /// Answered No; not asked again until the desired state changes or a run with `-Confirm` asks.
        Declined,
        /// Held by the guard.
        Held,
    }
}

/// One import, plan and export of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Run {
    /// Its number within the profile, from 1; with `-WhatIf` 0.
    pub id: i64,
    /// The profile.
    pub profile_name: String,
    /// How it ended.
    pub result: RunResult,
    /// Whether it only planned.
    pub what_if: bool,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Seconds it took, to the millisecond.
    pub seconds: f64,
    /// The numbers.
    #[serde(flatten)]
    pub numbers: RunNumbers,
    /// Why the guard held the plan; empty if it did not.
    pub guard: Vec<String>,
    /// Issuers that were needed for a chain and not there, most certificates first.
    pub missing_issuers: Vec<MissingIssuer>,
    /// Recipients that the target leaves alone, by reason.
    #[serde(default)]
    pub exclusions: Vec<ExclusionCount>,
    /// Why it stopped.
    pub error: Option<String>,
    /// Who ran it where: `user@host, PowerShell 7.6.9, process 4711`.
    pub host: String,
}

impl Run {
    /// Counts a recipient that the target leaves alone.
    pub fn exclude(&mut self, reason: Exclusion) {
        self.numbers.excluded += 1;
        match self.exclusions.iter_mut().find(|count| count.reason == reason) {
            Some(count) => count.recipients += 1,
            None => {
                let advice = reason.advice().to_owned();
                self.exclusions.push(ExclusionCount { reason, recipients: 1, advice });
            }
        }
    }
}

/// What a run counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct RunNumbers {
    /// Recipients read.
    pub recipients: u64,
    /// Those of them that have values.
    pub with_values: u64,
    /// Those of them that have a usable encryption certificate.
    pub with_desired: u64,
    /// Recipients that an earlier import showed and this one did not.
    pub missing: u64,
    /// Changes planned: Add.
    pub add: u64,
    /// Changes planned: Update.
    pub update: u64,
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
    /// Changes that wait for their next try, or to be read back after a crash.
    pub waiting: u64,
    /// Published values found to be wanted already, and so taken over as managed.
    pub adopted: u64,
    /// Recipients that the target leaves alone, for the reasons in `Exclusions`.
    pub excluded: u64,
    /// Recipients whose values at the target were compared with what was published (`-Verify`).
    pub verified: u64,
    /// Those of them where something published was gone.
    pub drifted: u64,
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
}

/// How many recipients the target left alone for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ExclusionCount {
    /// Why.
    pub reason: Exclusion,
    /// How many recipients.
    pub recipients: u64,
    /// What to do about it.
    pub advice: String,
}

/// An issuer that was not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct MissingIssuer {
    /// Its name, as RFC 4514 text.
    pub issuer: String,
    /// How many recipients' certificates it would be needed for.
    pub certificates: u64,
}

/// One value that is or was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct PublishedValue {
    /// Its attribute.
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

    /// Whether both are one value, whatever is known of its certificate.
    pub fn same(&self, other: &PublishedValue) -> bool {
        (self.attribute, self.value) == (other.attribute, other.value)
    }
}

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
}

impl From<&CertificateSummary> for PublishedCertificate {
    fn from(certificate: &CertificateSummary) -> Self {
        Self {
            subject: certificate.subject.clone(),
            thumbprint: certificate.thumbprint.clone(),
            fingerprint: certificate.fingerprint,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
        }
    }
}

impl Change {
    /// What it takes away.
    pub fn removed(&self) -> Vec<PublishedValue> {
        without(&self.before, &self.after)
    }

    /// What it puts there.
    pub fn added(&self) -> Vec<PublishedValue> {
        without(&self.after, &self.before)
    }
}

/// One recipient's difference between desired and published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// Its number within the profile; with `-WhatIf` 0.
    pub id: i64,
    /// The run that planned it.
    pub run_id: i64,
    /// The profile.
    pub profile_name: String,
    /// The recipient, as an admin recognises it: its address.
    pub recipient: String,
    /// Its display name.
    pub display_name: Option<String>,
    /// Its anchor in the source.
    pub anchor: String,
    /// What it does.
    pub change: ChangeKind,
    /// How far it is.
    pub state: ChangeState,
    /// What was published.
    pub before: Vec<PublishedValue>,
    /// What is to be published.
    pub after: Vec<PublishedValue>,
    /// Why, in sentences.
    pub reasons: Vec<String>,
    /// The findings that the decision rests on.
    pub findings: Vec<Finding>,
    /// How often it was tried.
    pub attempts: u32,
    /// When a rejected one is tried next.
    pub next_try: Option<Timestamp>,
    /// Why the target refused it.
    pub error: Option<String>,
    /// When its state last changed.
    pub time: Timestamp,
}

/// Those of `values` that are not among `others`.
pub fn without(values: &[PublishedValue], others: &[PublishedValue]) -> Vec<PublishedValue> {
    values.iter().filter(|one| !others.iter().any(|other| one.same(other))).cloned().collect()
}

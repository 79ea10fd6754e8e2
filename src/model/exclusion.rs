//! Why a target leaves recipients alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a target leaves a recipient alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Exclusion {
    /// The target has no such recipient, and the profile does not say that it be made.
    NotFound,
    /// Exchange Online has it from Active Directory, and only takes changes that are made there.
    DirectorySynced,
    /// Exchange on premises has no cmdlet that writes its certificates: contacts, remote mailboxes.
    NoCmdlet,
    /// It was deleted at the target and can still be restored.
    SoftDeleted,
    /// Its values changed within the quiet period.
    QuietPeriod,
    /// More values would be left over than Entra Connect exports.
    TooManyValues,
}

impl Exclusion {
    /// What is the case, after "N recipients ".
    pub fn reason(self) -> &'static str {
        match self {
            Exclusion::NotFound => "are not at the target",
            Exclusion::DirectorySynced => {
                "are synchronised from Active Directory and can't be written in the cloud"
            }
            Exclusion::NoCmdlet => {
                "are contacts or remote mailboxes, which Exchange on premises has no cmdlet for"
            }
            Exclusion::SoftDeleted => "are deleted at the target",
            Exclusion::QuietPeriod => "had a change within the quiet period and are left for a later run",
            Exclusion::TooManyValues => {
                "would keep more values than Entra Connect exports, and are left alone"
            }
        }
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Exclusion::NotFound => "Create them there; external partners can be made with -CreateContact.",
            Exclusion::DirectorySynced | Exclusion::NoCmdlet => {
                "Use a profile with -Target ActiveDirectory for them; Entra Connect exports what it leaves there."
            }
            Exclusion::SoftDeleted => "Restore them, or take them out of the profile's scope.",
            Exclusion::QuietPeriod => "Nothing is to be done; -QuietPeriod sets the time.",
            Exclusion::TooManyValues => {
                "Look at them with Get-SmimeCertificate; -RemoveValue can take more out."
            }
        }
    }
}

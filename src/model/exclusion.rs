//! Why a target skips recipients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::counted;

/// Why a target skips a recipient.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    EnumString,
    VariantArray,
)]
pub enum Exclusion {
    /// The target has no such recipient, and the profile does not have it created.
    NotFound,
    /// Exchange Online has it from Active Directory, and only takes changes from there.
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
    /// What is the case, after "it " or "they ".
    fn reason(self, is_one: bool) -> &'static str {
        match (self, is_one) {
            (Exclusion::NotFound, true) => "is not at the target",
            (Exclusion::NotFound, false) => "are not at the target",
            (Exclusion::DirectorySynced, true) => {
                "is synchronised from Active Directory and can't be written in the cloud"
            }
            (Exclusion::DirectorySynced, false) => {
                "are synchronised from Active Directory and can't be written in the cloud"
            }
            (Exclusion::NoCmdlet, true) => {
                "is a contact or remote mailbox, which Exchange on premises has no cmdlet for"
            }
            (Exclusion::NoCmdlet, false) => {
                "are contacts or remote mailboxes, which Exchange on premises has no cmdlet for"
            }
            (Exclusion::SoftDeleted, true) => "is deleted at the target",
            (Exclusion::SoftDeleted, false) => "are deleted at the target",
            (Exclusion::QuietPeriod, _) => "had a change within the quiet period",
            (Exclusion::TooManyValues, _) => "would keep more values than Entra Connect exports",
        }
    }

    /// That one recipient is skipped, and why.
    pub fn skips_one(self, label: &str) -> String {
        format!("{label} is skipped, since it {}.", self.reason(true))
    }

    /// That so many recipients were skipped, and why.
    pub fn skips(self, recipients: u64) -> String {
        let who =
            counted(recipients, "recipient was skipped, since it", "recipients were skipped, since they");
        format!("{who} {}.", self.reason(recipients == 1))
    }

    /// What to do about it where somebody asked for the change.
    pub fn advice_on_request(self) -> &'static str {
        match self {
            Exclusion::QuietPeriod => {
                "Run the same command again when it is over; no other run does it. -QuietPeriod sets the time."
            }
            other => other.advice(),
        }
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Exclusion::NotFound => {
                "Create what is missing at the target; in Exchange, external partners can be created with -CreateContact."
            }
            Exclusion::DirectorySynced | Exclusion::NoCmdlet => {
                "Use a profile with -Target ActiveDirectory; Entra Connect exports what it leaves there."
            }
            Exclusion::SoftDeleted => "Restore what was deleted, or take it out of the profile's scope.",
            Exclusion::QuietPeriod => {
                "Nothing is to be done: a later run writes what is left. -QuietPeriod sets the time."
            }
            Exclusion::TooManyValues => {
                "Get-SmimeCertificate shows what is there. Unpublish-SmimeCertificate takes out what is not needed, and \
                 so does -RemoveValue where the profile does not name all of its values yet."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_recipient_is_told_in_the_singular_and_many_in_the_plural() {
        let why = Exclusion::NoCmdlet;
        let one = "is a contact or remote mailbox, which Exchange on premises has no cmdlet for.";
        let many = "are contacts or remote mailboxes, which Exchange on premises has no cmdlet for.";
        assert_eq!(why.skips_one("ada@contoso.test"), format!("ada@contoso.test is skipped, since it {one}"));
        assert_eq!(why.skips(1), format!("1 recipient was skipped, since it {one}"));
        assert_eq!(why.skips(2), format!("2 recipients were skipped, since they {many}"));
    }
}

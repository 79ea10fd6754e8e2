//! Whom of a target is asked for.

use crate::model::RecipientRecord;

/// A source recipient, for the target to match.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetQuery<'a> {
    /// The recipient's key in the source.
    pub anchor: &'a str,
    /// What is known of the recipient.
    pub recipient: &'a RecipientRecord,
    /// The target's own key, from an earlier run.
    pub link: Option<&'a str>,
    /// The anchors that the target may have for it besides, from before the source gave it this one.
    pub former: &'a [String],
    /// Search the whole target by anchor, too: this state has never seen it.
    pub thorough: bool,
    /// The values must be those of this moment: a write follows, or a write is read back. Otherwise a listing that
    /// the target made earlier in the run will do where it shows no values.
    pub fresh: bool,
}

impl<'a> TargetQuery<'a> {
    /// A recipient whom no earlier run linked; a listing will do.
    pub fn of(anchor: &'a str, recipient: &'a RecipientRecord) -> Self {
        Self { anchor, recipient, link: None, former: &[], thorough: false, fresh: false }
    }

    /// Whether the source knows it by nothing but its address: who has that is the recipient then.
    pub fn is_by_address(&self) -> bool {
        self.recipient.is_known_by_address(self.anchor)
    }

    /// Whether somebody of the target who has addresses is whom the source means, as far as they tell: with the address as
    /// an own one, or where the source knows people by more than that, with any of their names. `is_own` and `is_any` say
    /// whether a name in lower case is an address of its own, or any name of it.
    pub(super) fn keeps_name(&self, is_own: impl Fn(&str) -> bool, is_any: impl Fn(&str) -> bool) -> bool {
        let lower =
            |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(str::to_lowercase);
        let address = lower(&self.recipient.address);
        if self.is_by_address() {
            return address.as_deref().is_some_and(is_own);
        }
        let name = lower(&self.recipient.user_principal_name);
        let mut names = address.iter().chain(&name).peekable();
        names.peek().is_none() || names.any(|name| is_any(name))
    }
}

//! Kinds of recipients, and which cmdlets read and write them.

use std::fmt;

use strum::{Display, EnumString, VariantArray};
use uuid::Uuid;

use crate::exchange::{Location, Object};

/// A kind of recipient, as the cmdlets tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
pub(super) enum Kind {
    /// User, shared, room and equipment mailboxes.
    Mailbox,
    /// Accounts whose mail goes elsewhere, guests too.
    MailUser,
    /// Somebody outside, without an account.
    MailContact,
    /// On premises: a mailbox that is in Exchange Online.
    RemoteMailbox,
}

/// What is read of everybody, without the values.
macro_rules! properties {
    ($($more:literal),*) => {
        &[
            "Guid", "Identity", "DisplayName", "PrimarySmtpAddress", "EmailAddresses", "WindowsEmailAddress",
            "RecipientType", "RecipientTypeDetails", "IsDirSynced", "HiddenFromAddressListsEnabled", $($more),*
        ]
    };
}

/// What `Get-Recipient` is asked for: who it is; it does not show values.
pub(super) const RECIPIENT_PROPERTIES: &[&str] = properties!("ExternalEmailAddress");

impl Kind {
    /// Those that an organisation there has.
    pub(super) fn of(location: Location) -> &'static [Kind] {
        match location {
            Location::Cloud => &[Kind::Mailbox, Kind::MailUser, Kind::MailContact],
            Location::OnPremises => Kind::VARIANTS,
        }
    }

    /// The kind of an object of `Get-Recipient`; `None` for groups and public folders.
    pub(super) fn of_object(object: &Object) -> Option<Self> {
        // A remote mailbox's RecipientType is MailUser; only the details tell.
        if object.text("RecipientTypeDetails").is_some_and(|details| details.starts_with("Remote")) {
            return Some(Kind::RemoteMailbox);
        }
        match object.text("RecipientType")? {
            "UserMailbox" => Some(Kind::Mailbox),
            "MailUser" => Some(Kind::MailUser),
            "MailContact" => Some(Kind::MailContact),
            _ => None,
        }
    }

    pub(super) fn get_cmdlet(self) -> &'static str {
        match self {
            Kind::Mailbox => "Get-Mailbox",
            Kind::MailUser => "Get-MailUser",
            Kind::MailContact => "Get-MailContact",
            Kind::RemoteMailbox => "Get-RemoteMailbox",
        }
    }

    /// The cmdlet that writes values there, if one does: `Set-RemoteMailbox` has no such parameters, and
    /// `Set-MailContact` has them in Exchange Online only (Microsoft: Set-RemoteMailbox, Set-MailContact).
    pub(super) fn set_cmdlet(self, location: Location) -> Option<&'static str> {
        match (self, location) {
            (Kind::Mailbox, _) => Some("Set-Mailbox"),
            (Kind::MailUser, _) => Some("Set-MailUser"),
            (Kind::MailContact, Location::Cloud) => Some("Set-MailContact"),
            (Kind::MailContact, Location::OnPremises) | (Kind::RemoteMailbox, _) => None,
        }
    }

    /// The properties that are read; each cmdlet's objects have all of those asked of it.
    pub(super) fn properties(self, location: Location) -> &'static [&'static str] {
        match (self, location) {
            (Kind::Mailbox, Location::Cloud) => properties!(
                "UserPrincipalName",
                "IsExchangeCloudManaged",
                "UserCertificate",
                "UserSMimeCertificate"
            ),
            (Kind::Mailbox, Location::OnPremises) => {
                properties!("UserPrincipalName", "UserCertificate", "UserSMimeCertificate")
            }
            (Kind::MailUser, _) => {
                properties!(
                    "UserPrincipalName",
                    "ExternalEmailAddress",
                    "UserCertificate",
                    "UserSMimeCertificate"
                )
            }
            (Kind::MailContact, Location::Cloud) => {
                properties!("ExternalEmailAddress", "UserCertificate", "UserSMimeCertificate")
            }
            (Kind::MailContact, Location::OnPremises) => properties!("ExternalEmailAddress"),
            (Kind::RemoteMailbox, _) => properties!("UserPrincipalName"),
        }
    }

    /// Whether a mailbox of it can be named in `X-AnchorMailbox`.
    pub(super) fn has_mailbox(self) -> bool {
        self == Kind::Mailbox
    }
}

/// What identifies a recipient for ever, with the kind that it had last: `Mailbox:xxxxxxxx-xxxx-…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub kind: Kind,
    pub guid: Uuid,
}

impl Key {
    /// `None` for anything that is no key of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, guid) = text.split_once(':')?;
        Some(Self { kind: name.parse().ok()?, guid: Uuid::parse_str(guid).ok()? })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.guid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_nothing_else_is_one() {
        for kind in Kind::VARIANTS.iter().copied() {
            let key = Key { kind, guid: Uuid::from_u128(7) };
            assert_eq!(Key::parse(&key.to_string()), Some(key));
        }
        for text in ["", "Mailbox", "Mailbox:", "Mailbox:x", "Group:00000000-0000-0000-0000-000000000007"] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_cmdlet_follows_the_kind_and_the_place() {
        for (kind, cloud, on_premises) in [
            (Kind::Mailbox, Some("Set-Mailbox"), Some("Set-Mailbox")),
            (Kind::MailUser, Some("Set-MailUser"), Some("Set-MailUser")),
            (Kind::MailContact, Some("Set-MailContact"), None),
            (Kind::RemoteMailbox, None, None),
        ] {
            assert_eq!(kind.set_cmdlet(Location::Cloud), cloud);
            assert_eq!(kind.set_cmdlet(Location::OnPremises), on_premises);
        }
    }
}

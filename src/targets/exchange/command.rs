//! The cmdlets that the target runs.

use uuid::Uuid;

use super::kind::{Key, Kind, RECIPIENT_PROPERTIES};
use crate::exchange::{Command, Confirm, Extent, Location, Parameter};

/// Longest name of a recipient (Microsoft: New-MailContact, -Name).
const NAME_LIMIT: usize = 64;

fn text(text: impl Into<String>) -> Parameter {
    Parameter::Text(text.into())
}

/// Reads a recipient with its values; `near` is an address of it, which tells where it is kept.
pub(super) fn get(key: Key, near: Option<&str>, location: Location) -> Command {
    Command {
        select: key.kind.properties(location),
        anchor: near.filter(|_| key.kind.has_mailbox()).map(str::to_owned),
        ..Command::new(key.kind.get_cmdlet(), vec![("Identity", text(key.guid.to_string()))]).about(near)
    }
}

/// Finds a recipient of one kind by its user principal name, which `-Identity` of these cmdlets takes.
pub(super) fn get_by_name(kind: Kind, name: &str, location: Location) -> Command {
    Command {
        select: kind.properties(location),
        ..Command::new(kind.get_cmdlet(), vec![("Identity", text(name))])
    }
}

/// Finds recipients of any kind by their Guid.
pub(super) fn recipient_by_guid(guid: Uuid) -> Command {
    recipient_by_identity(&guid.to_string())
}

/// Finds recipients of any kind by what an admin types.
pub(super) fn recipient_by_identity(identity: &str) -> Command {
    Command {
        select: RECIPIENT_PROPERTIES,
        ..Command::new("Get-Recipient", vec![("Identity", text(identity))])
    }
}

/// Finds recipients of any kind by any of their addresses, and by where their mail goes. OPATH doubles a quote inside a
/// text.
pub(super) fn recipients_by_address(address: &str) -> Command {
    let quoted = address.replace('\'', "''");
    let filter = format!("EmailAddresses -eq 'smtp:{quoted}' -or ExternalEmailAddress -eq 'SMTP:{quoted}'");
    let parameters = vec![("Filter", text(filter)), ("ResultSize", text("Unlimited"))];
    Command { select: RECIPIENT_PROPERTIES, ..Command::new("Get-Recipient", parameters).about(Some(address)) }
}

/// Lists everybody of a kind; `counts_only`: with the number of their values instead of the values.
pub(super) fn list(kind: Kind, location: Location, counts_only: bool) -> Command {
    Command {
        select: kind.properties(location),
        counts_only,
        extent: Extent::All,
        ..Command::new(kind.get_cmdlet(), vec![("ResultSize", text("Unlimited"))])
    }
}

/// Those who have values (Microsoft: *Filterable properties*, `UserCertificate`, `UserSMimeCertificate`).
const WITH_VALUES: &str = "UserCertificate -ne $null -or UserSMimeCertificate -ne $null";

/// The same of a kind, but only those who have values.
pub(super) fn list_with_values(kind: Kind, location: Location, counts_only: bool) -> Command {
    let mut command = list(kind, location, counts_only);
    command.parameters.push(("Filter", text(WITH_VALUES)));
    command
}

/// The first few of a kind, those who have values where `with_values`.
pub(super) fn first_of(kind: Kind, location: Location, with_values: bool) -> Command {
    let mut parameters = vec![("ResultSize", text("100"))];
    if with_values {
        parameters.push(("Filter", text(WITH_VALUES)));
    }
    Command {
        select: kind.properties(location),
        counts_only: true,
        extent: Extent::First,
        ..Command::new(kind.get_cmdlet(), parameters)
    }
}

/// Lists the deleted mailboxes that can still be restored; there are none on premises.
pub(super) fn list_soft_deleted() -> Command {
    let mut command = list(Kind::Mailbox, Location::Cloud, true);
    command.parameters.push(("SoftDeletedMailbox", Parameter::Flag(true)));
    command
}

/// Writes lists of values; `lists` are parameters with the whole list each.
pub(super) fn set(
    cmdlet: &'static str,
    key: Key,
    near: Option<&str>,
    lists: Vec<(&'static str, Parameter)>,
) -> Command {
    let mut parameters = vec![("Identity", text(key.guid.to_string()))];
    parameters.extend(lists);
    Command {
        anchor: near.map(str::to_owned),
        confirm: Confirm::Execute,
        ..Command::new(cmdlet, parameters).about(near)
    }
}

/// Creates a mail contact for somebody outside. Twice would be two, so it is never sent again.
pub(super) fn new_contact(address: &str, display_name: Option<&str>) -> Command {
    let parameters = vec![
        ("Name", text(contact_name(address))),
        ("ExternalEmailAddress", text(address)),
        ("DisplayName", text(display_name.unwrap_or(address))),
    ];
    Command {
        select: RECIPIENT_PROPERTIES,
        repeatable: false,
        confirm: Confirm::Execute,
        ..Command::new("New-MailContact", parameters)
    }
}

/// A name that no other contact has: the address, or where that is too long its beginning and a hash of it.
fn contact_name(address: &str) -> String {
    let address = address.to_lowercase();
    if address.chars().count() <= NAME_LIMIT {
        return address;
    }
    let hash: String =
        crate::model::Fingerprint::of(address.as_bytes()).to_string().chars().take(16).collect();
    let beginning: String = address.chars().take(NAME_LIMIT - 1 - hash.len()).collect();
    format!("{beginning} {hash}")
}

/// Whether the service is there and lets this account look at its configuration.
pub(super) fn organization() -> Command {
    Command { select: &["Guid", "Name"], ..Command::new("Get-OrganizationConfig", Vec::new()) }
}

/// Whether recipients can be read.
pub(super) fn any_mailbox() -> Command {
    Command {
        select: &["Guid"],
        extent: Extent::First,
        ..Command::new("Get-Mailbox", vec![("ResultSize", text("1"))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_in_an_address_stay_inside_the_filter() {
        let command = recipients_by_address("o'brien@contoso.test' -or Name -like '*");
        let quoted = "o''brien@contoso.test'' -or Name -like ''*";
        let filter =
            format!("EmailAddresses -eq 'smtp:{quoted}' -or ExternalEmailAddress -eq 'SMTP:{quoted}'");
        assert_eq!(command.parameters.first(), Some(&("Filter", text(filter))));
    }

    #[test]
    fn names_of_contacts_differ_with_the_address_and_fit() {
        let long = |last: char| format!("{}{last}@partner.example", "ü".repeat(70));
        let names = [contact_name("Bob@Partner.example"), contact_name(&long('1')), contact_name(&long('2'))];
        assert_eq!(names[0], "bob@partner.example");
        assert_ne!(names[1], names[2]);
        for name in names {
            assert!(name.chars().count() <= NAME_LIMIT, "{name}");
        }
    }

    #[test]
    fn only_what_makes_something_is_not_repeatable() {
        let key = Key { kind: Kind::Mailbox, guid: Uuid::nil() };
        assert!(get(key, None, Location::Cloud).repeatable);
        assert!(set("Set-Mailbox", key, None, Vec::new()).repeatable);
        assert!(!new_contact("bob@partner.example", None).repeatable);
    }
}

//! Recipients as the cmdlets return them.

use uuid::Uuid;

use super::kind::{Key, Kind};
use crate::{
    error::{Error, ErrorId, Result},
    exchange::{Object, Property},
    model::{Attribute, Finding, Named, Recipient, RecipientKind, Value},
    policy::{RuleId, target_finding},
    targets::TargetRecipient,
};

/// What decides whether a recipient can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    /// It comes from Active Directory, and Exchange Online takes changes from there only.
    pub directory_synced: bool,
    /// Address lists don't show it.
    pub hidden: bool,
    /// It has values, or nobody asked whether it has.
    pub has_values: bool,
}

impl Flags {
    pub(super) fn findings(self, label: &str) -> Vec<Finding> {
        let message = || {
            format!("{label} is hidden from address lists, so that senders don't find the certificate there.")
        };
        if self.hidden { vec![target_finding(RuleId::HiddenFromAddressLists, message())] } else { Vec::new() }
    }
}

/// In which properties an address is; flags of one byte.
pub(super) mod role {
    pub const PRIMARY: u8 = 1;
    pub const PROXY: u8 = 2;
    /// The user principal name, `WindowsEmailAddress` or `ExternalEmailAddress`.
    pub const NAME: u8 = 4;
}

/// One recipient of the organisation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub key: Key,
    pub flags: Flags,
    /// Its addresses in lower case, each once, with their roles.
    pub addresses: Vec<(String, u8)>,
}

impl Found {
    /// Reads an object of `kind`, or of `Get-Recipient`; `None` for what is no recipient that can be written.
    /// Fails with `ExchangeProtocol` for one without a `Guid`.
    pub(super) fn read(kind: Option<Kind>, object: &Object) -> Result<Option<Self>> {
        // `Get-Recipient` shows neither values nor who manages the recipient: it has to be read again.
        let Some(actual) = kind.or_else(|| Kind::of_object(object)) else { return Ok(None) };
        let guid = object.text("Guid").and_then(|text| Uuid::parse_str(text).ok());
        let guid = guid.ok_or_else(|| {
            let what = format!("Exchange returned the recipient '{}' without a Guid.", label(object));
            Error::new(ErrorId::ExchangeProtocol, what).target(label(object))
        })?;
        let known = kind.is_some();
        let flag = |name| object.flag(name).unwrap_or(false);
        let flags = Flags {
            directory_synced: known && flag("IsDirSynced") && !flag("IsExchangeCloudManaged"),
            hidden: flag("HiddenFromAddressListsEnabled"),
            has_values: !known || Attribute::all().any(|one| count(object, one) != 0),
        };
        Ok(Some(Self { key: Key { kind: actual, guid }, flags, addresses: addresses(object) }))
    }

    /// Whether it has a name, in lower case, in one of the `roles`.
    pub(super) fn has(&self, name: &str, roles: u8) -> bool {
        self.addresses.iter().any(|(address, of)| address == name && of & roles != 0)
    }

    /// Its primary address, or the key.
    pub(super) fn label(&self) -> String {
        let primary = self.addresses.iter().find(|(_, roles)| roles & role::PRIMARY != 0);
        primary.map_or_else(|| self.key.to_string(), |(address, _)| address.clone())
    }

    /// With the values of the object that it was read from.
    pub(super) fn with_values(&self, object: &Object) -> Result<TargetRecipient> {
        let findings = self.flags.findings(&self.label());
        Ok(TargetRecipient { findings, ..TargetRecipient::new(self.key.to_string(), values(object)?) })
    }
}

/// How messages name an object.
fn label(object: &Object) -> String {
    let names = ["PrimarySmtpAddress", "UserPrincipalName", "DisplayName", "Identity"];
    names.into_iter().find_map(|name| object.text(name)).unwrap_or("(no name)").to_owned()
}

pub(super) fn property(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::UserCertificate => "UserCertificate",
        Attribute::UserSmimeCertificate => "UserSMimeCertificate",
    }
}

pub(super) fn count(object: &Object, attribute: Attribute) -> usize {
    match object.get(property(attribute)) {
        None => 0,
        Some(Property::Count(count)) => *count,
        Some(Property::List(list)) => list.len(),
        Some(_) => 1,
    }
}

/// The binary values of an object. Fails with `ExchangeProtocol` where they came as anything else: writing the
/// list back without them would lose them.
pub(super) fn values(object: &Object) -> Result<Vec<Value>> {
    let mut values = Vec::new();
    for attribute in Attribute::all() {
        let list = match object.get(property(attribute)) {
            None => continue,
            Some(Property::List(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        for one in list {
            let Property::Binary(bytes) = one else {
                let what = format!(
                    "Exchange returned {} of '{}' in a form that is not binary.",
                    property(attribute),
                    label(object)
                );
                return Err(Error::new(ErrorId::ExchangeProtocol, what).target(label(object)));
            };
            values.push(Value::new(attribute, bytes.as_slice()));
        }
    }
    Ok(values)
}

/// The SMTP proxy addresses as they are written, the primary one first.
fn proxy_addresses(object: &Object) -> Vec<&str> {
    let smtp = |text: &&str| text.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("smtp:"));
    object.texts("EmailAddresses").into_iter().filter(smtp).filter_map(|text| text.get(5..)).collect()
}

/// Where mail to a contact or mail user goes; it need not be among its proxy addresses.
fn external_address(object: &Object) -> Option<&str> {
    let text = object.text("ExternalEmailAddress")?;
    match text.split_once(':') {
        None => Some(text),
        Some((kind, address)) => kind.eq_ignore_ascii_case("smtp").then_some(address),
    }
    .filter(|address| !address.is_empty())
}

fn addresses(object: &Object) -> Vec<(String, u8)> {
    let proxies = proxy_addresses(object).into_iter().map(|address| (address, role::PROXY));
    let named = [
        ("PrimarySmtpAddress", role::PRIMARY | role::PROXY),
        ("UserPrincipalName", role::NAME),
        ("WindowsEmailAddress", role::NAME),
    ];
    let named = named.into_iter().filter_map(|(name, roles)| Some((object.text(name)?, roles)));
    let named = named.chain(external_address(object).map(|address| (address, role::NAME)));
    let mut addresses: Vec<(String, u8)> = Vec::new();
    for (address, roles) in named.chain(proxies).filter(|(address, _)| !address.is_empty()) {
        let address = address.to_lowercase();
        match addresses.iter_mut().find(|(known, _)| *known == address) {
            Some((_, known)) => *known |= roles,
            None => addresses.push((address, roles)),
        }
    }
    addresses
}

/// The recipient with its values, as a source would hand it over; its anchor is the target's key.
pub(super) fn to_recipient(found: &Found, object: &Object) -> Result<Recipient> {
    let text = |name: &str| object.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let kind = match (found.key.kind, object.text("RecipientTypeDetails")) {
        (Kind::Mailbox, Some("SharedMailbox")) => RecipientKind::SharedMailbox,
        (Kind::Mailbox, Some("RoomMailbox" | "EquipmentMailbox")) => RecipientKind::RoomMailbox,
        (Kind::Mailbox, _) => RecipientKind::User,
        (Kind::MailUser | Kind::RemoteMailbox, _) => RecipientKind::MailUser,
        (Kind::MailContact, _) => RecipientKind::Contact,
    };
    let key = found.key.to_string();
    let identity = text("Identity").unwrap_or_else(|| key.clone());
    Ok(Recipient {
        display_name: text("DisplayName"),
        mail: text("WindowsEmailAddress"),
        proxy_addresses: proxy_addresses(object)
            .into_iter()
            .chain(external_address(object))
            .map(str::to_owned)
            .collect(),
        primary_smtp_address: text("PrimarySmtpAddress"),
        user_principal_name: text("UserPrincipalName"),
        values: values(object)?,
        ..Recipient::new(key, identity, kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(properties: &[(&str, Property)]) -> Object {
        let mut object = Object::default();
        let guid = Property::Text("11111111-2222-3333-4444-555555555555".into());
        for (name, value) in [("Guid", guid)].iter().chain(properties) {
            object.insert(name, value.clone());
        }
        object
    }

    fn text(text: &str) -> Property {
        Property::Text(text.into())
    }

    #[test]
    fn every_address_is_kept_once_in_lower_case_with_all_its_roles() {
        let proxies = ["SMTP:Alice@Contoso.test", "smtp:a.smith@contoso.test", "X500:/o=x", "sip:alice@x"];
        let found = object(&[
            ("EmailAddresses", Property::List(proxies.map(text).to_vec())),
            ("PrimarySmtpAddress", text("Alice@Contoso.test")),
            ("UserPrincipalName", text("alice@contoso.test")),
            ("WindowsEmailAddress", text("al@contoso.test")),
        ]);
        let found = Found::read(Some(Kind::Mailbox), &found).unwrap().unwrap();
        let expected = [
            ("alice@contoso.test", role::PRIMARY | role::PROXY | role::NAME),
            ("al@contoso.test", role::NAME),
            ("a.smith@contoso.test", role::PROXY),
        ];
        assert_eq!(found.addresses, expected.map(|(address, roles)| (address.to_owned(), roles)));
        assert_eq!(found.label(), "alice@contoso.test");
    }

    #[test]
    fn mail_to_a_contact_goes_to_its_external_address() {
        for (external, expected) in [
            (Some("SMTP:Ann@Partner.test"), Some("ann@partner.test")),
            (Some("ann@partner.test"), Some("ann@partner.test")),
            (Some("X400:c=US"), None),
            (Some("SMTP:"), None),
            (None, None),
        ] {
            let external = external.map(|address| ("ExternalEmailAddress", text(address)));
            let own = ("PrimarySmtpAddress", text("ann@contoso.test"));
            let object = object(&[Some(own), external].into_iter().flatten().collect::<Vec<_>>());
            let found = Found::read(Some(Kind::MailContact), &object).unwrap().unwrap();
            let named: Vec<_> = found.addresses.iter().filter(|(_, roles)| *roles == role::NAME).collect();
            assert_eq!(named.first().map(|(address, _)| address.as_str()), expected);
            let addresses = to_recipient(&found, &object).unwrap();
            let addresses: Vec<_> = addresses.addresses().iter().map(|one| one.to_lowercase()).collect();
            assert_eq!(addresses.contains(&"ann@partner.test".to_owned()), expected.is_some());
        }
    }

    #[test]
    fn synchronised_recipients_are_locked_unless_the_cloud_manages_them() {
        for (synced, cloud, locked) in [
            (None, None, false),
            (Some(false), None, false),
            (Some(true), None, true),
            (Some(true), Some(false), true),
            (Some(true), Some(true), false),
        ] {
            let flag = |name, value: Option<bool>| value.map(|value| (name, Property::Flag(value)));
            let flags: Vec<_> = [flag("IsDirSynced", synced), flag("IsExchangeCloudManaged", cloud)]
                .into_iter()
                .flatten()
                .collect();
            let found = Found::read(Some(Kind::Mailbox), &object(&flags)).unwrap().unwrap();
            assert_eq!(found.flags.directory_synced, locked, "{synced:?} {cloud:?}");
        }
    }

    #[test]
    fn get_recipient_tells_the_kind_and_groups_are_none() {
        for (kind, details, expected) in [
            ("UserMailbox", "RoomMailbox", Some(Kind::Mailbox)),
            ("MailUser", "GuestMailUser", Some(Kind::MailUser)),
            ("MailUser", "RemoteSharedMailbox", Some(Kind::RemoteMailbox)),
            ("MailContact", "MailContact", Some(Kind::MailContact)),
            ("MailUniversalDistributionGroup", "MailUniversalDistributionGroup", None),
        ] {
            let object = object(&[("RecipientType", text(kind)), ("RecipientTypeDetails", text(details))]);
            let found = Found::read(None, &object).unwrap();
            assert_eq!(found.map(|found| found.key.kind), expected, "{kind} {details}");
        }
    }

    #[test]
    fn values_that_are_not_binary_are_refused_rather_than_lost() {
        let good = object(&[
            ("UserSMimeCertificate", Property::Binary(vec![2])),
            ("UserCertificate", Property::List(vec![Property::Binary(vec![1]), Property::Binary(vec![3])])),
        ]);
        let bytes: Vec<_> = values(&good).unwrap().iter().map(|value| value.bytes.to_vec()).collect();
        assert_eq!(bytes, [vec![1], vec![3], vec![2]]);
        for form in [text("System.Byte[]"), Property::Count(2), Property::List(vec![text("System.Byte[]")])] {
            let error = values(&object(&[("UserCertificate", form)])).unwrap_err();
            assert_eq!(error.id, ErrorId::ExchangeProtocol);
        }
    }

    #[test]
    fn a_recipient_without_a_guid_is_a_broken_answer() {
        let error = Found::read(Some(Kind::Mailbox), &Object::default()).unwrap_err();
        assert_eq!(error.id, ErrorId::ExchangeProtocol);
    }
}

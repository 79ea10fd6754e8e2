//! From an entry, as LDAP and LDIF give it, to a recipient.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    directory::{
        address::{Trim, smtp_addresses, target_address},
        generalized_time, security_id, unique_id,
    },
    error::{Error, ErrorId, Result},
    model::{Attribute, Fingerprint, Named, Recipient, RecipientKind, Value},
};

pub use super::raw_entry::{Entry, EntryAttribute};

/// The attributes that [`recipient`] looks at: what a search should ask for, and a file reader keep.
pub const ATTRIBUTES: [&str; 18] = [
    "objectClass",
    "objectCategory",
    "objectGUID",
    "entryUUID",
    "objectSid",
    "isDeleted",
    "userAccountControl",
    "msExchRecipientTypeDetails",
    "displayName",
    "cn",
    "mail",
    "proxyAddresses",
    "targetAddress",
    "userPrincipalName",
    "sAMAccountName",
    "whenChanged",
    "userCertificate",
    "userSMIMECertificate",
];

/// When an object was changed where there is no `whenChanged` (RFC 4512, 3.4.3). Not asked of Active Directory.
pub(super) const MODIFY_TIMESTAMP: &str = "modifyTimestamp";

/// The number of an object's last change at the domain controller that is asked ([MS-ADA3] 2.366).
pub(super) const USN_CHANGED: &str = "uSNChanged";
/// The same in OpenLDAP: when, and at which server (draft-ietf-ldup-model).
pub(super) const ENTRY_CSN: &str = "entryCSN";

/// Which version of an object `entry` is. An object that is moved along with its container has the number of its last
/// change still, and another name.
pub(super) fn version(entry: &Entry) -> Option<String> {
    let number = [USN_CHANGED, ENTRY_CSN].into_iter().find_map(|name| entry.first(name))?;
    let name = Fingerprint::of(entry.dn.as_bytes()).to_string();
    Some(format!("{} {}", String::from_utf8_lossy(number), name.get(..32).unwrap_or_default()))
}

/// Whether an object in the version `now` is older than in the version `before`, by the stamps that one server gave both:
/// then the directory was restored from a backup.
pub fn is_older(now: &str, before: &str) -> bool {
    let stamp = |version: &str| {
        let csn = version.split(' ').next()?;
        // Time, count, server, count of the change (draft-ietf-ldup-model): texts of one length.
        let mut parts = csn.split('#');
        let (time, count, server) = (parts.next()?, parts.next()?, parts.next()?);
        Some((server.to_owned(), time.to_owned(), count.to_owned()))
    };
    match (stamp(now), stamp(before)) {
        (Some(now), Some(before)) => now.0 == before.0 && (now.1, now.2) < (before.1, before.2),
        _ => false,
    }
}

/// Whether [`recipient`] looks at the attribute of that name, in any case and with any options.
pub fn is_looked_at(name: &str) -> bool {
    let mut all = ATTRIBUTES.iter().chain([&MODIFY_TIMESTAMP]);
    all.any(|attribute| attribute.eq_ignore_ascii_case(base_name(name)))
}

/// Whether the attribute of that name has one value at most in every directory that has it ([MS-ADA1] to [MS-ADA3],
/// RFC 4530 for `entryUUID`, RFC 2798 for `displayName`). `mail` and `cn` have several in some.
pub(crate) fn is_single_valued(name: &str) -> bool {
    const SINGLE: [&str; 12] = [
        "objectGUID",
        "entryUUID",
        "objectSid",
        "objectCategory",
        "isDeleted",
        "userAccountControl",
        "msExchRecipientTypeDetails",
        "displayName",
        "targetAddress",
        "userPrincipalName",
        "sAMAccountName",
        "whenChanged",
    ];
    SINGLE.iter().any(|single| single.eq_ignore_ascii_case(name))
}

/// What identifies the recipients of a source. All of a source's have the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AnchorKind {
    /// `objectGUID` ([MS-ADA3] 2.44), Active Directory.
    ObjectGuid,
    /// `entryUUID` (RFC 4530), other directories.
    EntryUuid,
    /// The distinguished name, where there is neither.
    DistinguishedName,
}

impl AnchorKind {
    /// The best kind that `entry` has.
    pub fn of(entry: &Entry) -> Self {
        if entry.first("objectGUID").is_some() {
            AnchorKind::ObjectGuid
        } else if entry.first("entryUUID").is_some() {
            AnchorKind::EntryUuid
        } else {
            AnchorKind::DistinguishedName
        }
    }

    fn attribute(self) -> &'static str {
        match self {
            AnchorKind::ObjectGuid => "objectGUID",
            AnchorKind::EntryUuid => "entryUUID",
            AnchorKind::DistinguishedName => "dn",
        }
    }

    /// What `entry` is known by. Fails with `RecipientInvalid`, naming the DN.
    pub(crate) fn text(self, entry: &Entry) -> Result<String> {
        let missing = || {
            let name = entry.called(self.attribute());
            entry.invalid(format!("it has no {name}, by which the other recipients of this source are known"))
        };
        let unreadable = || entry.invalid(format!("its {} is not a UUID", entry.called(self.attribute())));
        match self {
            AnchorKind::DistinguishedName if entry.dn.is_empty() => Err(missing()),
            AnchorKind::DistinguishedName => Ok(entry.dn.clone()),
            AnchorKind::ObjectGuid => {
                let value = entry.first("objectGUID").ok_or_else(missing)?;
                // Active Directory gives the 16 bytes of a GUID structure ([MS-DTYP] 2.3.4.2), other exports text.
                let uuid = match <[u8; 16]>::try_from(value) {
                    Ok(bytes) => Some(Uuid::from_bytes_le(bytes)),
                    Err(_) => Uuid::try_parse_ascii(value.trim_ascii()).ok(),
                };
                uuid.map(|uuid| uuid.to_string()).ok_or_else(unreadable)
            }
            AnchorKind::EntryUuid => {
                let value = entry.first("entryUUID").ok_or_else(missing)?;
                unique_id::parse(value).ok_or_else(unreadable)
            }
        }
    }
}

/// Reads a source's entries, one by one; the first recipient decides which kind of anchor all of them have.
#[derive(Debug, Clone, Copy, Default)]
pub struct EntryReader {
    kind: Option<AnchorKind>,
}

impl EntryReader {
    /// As [`recipient`], with the kind of the first recipient.
    pub fn recipient(&mut self, entry: &Entry) -> Result<Option<Recipient>> {
        let kind = self.kind.unwrap_or_else(|| AnchorKind::of(entry));
        let recipient = recipient(entry, kind)?;
        if recipient.is_some() {
            self.kind = Some(kind);
        }
        Ok(recipient)
    }

    /// The kind, once a recipient has decided it.
    pub fn kind(&self) -> Option<AnchorKind> {
        self.kind
    }
}

/// The recipient that `entry` is; `None` for what is none: computers, groups, containers, trust accounts,
/// Exchange's system mailboxes, tombstones.
/// Fails with `RecipientInvalid`, naming the DN, where the object can't be understood.
pub fn recipient(entry: &Entry, anchor: AnchorKind) -> Result<Option<Recipient>> {
    if !is_person(entry)? {
        return Ok(None);
    }
    let account = entry.integer("userAccountControl")?.unwrap_or(0);
    if account & INTERDOMAIN_TRUST_ACCOUNT != 0 {
        return Ok(None);
    }
    let Some(kind) = kind(entry)? else { return Ok(None) };
    let mut trim = Trim::default();
    let mut mail = trim.all(entry.texts("mail")?).into_iter();
    let first_mail = mail.next();
    let (mut proxy_addresses, mut primary_smtp_address) = smtp_addresses(entry, &mut trim)?;
    // `mail` has one value in Active Directory; elsewhere (RFC 4524) the others are addresses like any.
    proxy_addresses.extend(mail);
    if let Some(target) = target_address(entry, kind, &mut trim)? {
        if first_mail.is_none() && primary_smtp_address.is_none() {
            primary_smtp_address = Some(target.clone());
        }
        proxy_addresses.push(target);
    }
    Ok(Some(Recipient {
        anchor: anchor.text(entry)?,
        distinguished_name: entry.dn.clone(),
        kind,
        disabled: account & ACCOUNT_DISABLE != 0,
        display_name: entry.shown_text("displayName").or_else(|| entry.shown_text("cn")),
        mail: first_mail,
        proxy_addresses,
        primary_smtp_address,
        user_principal_name: trim.all(entry.texts("userPrincipalName")?).into_iter().next(),
        sam_account_name: entry.texts("sAMAccountName")?.into_iter().next(),
        security_id: entry.first("objectSid").and_then(security_id::shown),
        untrimmed: trim.changed,
        // It only tells the time, so a broken one does not cost a recipient.
        changed: ["whenChanged", MODIFY_TIMESTAMP]
            .into_iter()
            .find_map(|name| entry.first(name).and_then(generalized_time::parse)),
        binary_option: binary_option(entry),
        version: version(entry),
        values: certificate_values(entry),
    }))
}

/// `userAccountControl`, [MS-ADTS] 2.2.16.
const ACCOUNT_DISABLE: i64 = 0x2;
const INTERDOMAIN_TRUST_ACCOUNT: i64 = 0x800;

/// The name of an attribute without its options (RFC 4512, 2.5).
pub(crate) fn base_name(name: &str) -> &str {
    name.split(';').next().unwrap_or(name)
}

impl Entry {
    /// The values of an attribute, whatever options its name carries here, in their order; empty ones left out.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.attributes()
            .filter(move |attribute| base_name(attribute.name()).eq_ignore_ascii_case(name))
            .flat_map(|attribute| attribute.values())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn first<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.values(name).next()
    }

    /// Values that identify or address somebody: they must be exact, so other text than UTF-8 is an error.
    fn texts(&self, name: &str) -> Result<Vec<String>> {
        self.values(name)
            .map(|value| match std::str::from_utf8(value) {
                Ok(text) => Ok(text.to_owned()),
                Err(_) => Err(self.invalid(format!("its {} is not UTF-8 text", self.called(name)))),
            })
            .collect()
    }

    /// A value that is only shown: broken text costs nobody, and is not shown, since a target may keep it as a name.
    fn shown_text(&self, name: &str) -> Option<String> {
        self.first(name).and_then(|value| std::str::from_utf8(value).ok()).map(str::to_owned)
    }

    /// Fails with `RecipientInvalid` where a name that is only shown is not UTF-8.
    pub(super) fn check_names(&self) -> Result<()> {
        ["displayName", "cn"].iter().try_for_each(|name| self.texts(name).map(drop))
    }

    fn integer(&self, name: &str) -> Result<Option<i64>> {
        let Some(value) = self.first(name) else { return Ok(None) };
        let text = String::from_utf8_lossy(value);
        text.trim()
            .parse()
            .map(Some)
            .map_err(|_| self.invalid(format!("its {name} '{text}' is not a number")))
    }

    pub(super) fn invalid(&self, reason: impl std::fmt::Display) -> Error {
        Error::new(ErrorId::RecipientInvalid, format!("The object '{}' was skipped: {reason}.", self.dn))
            .target(self.dn.clone())
    }
}

/// Whether the object is a person of some sort. In Active Directory computers and service accounts are of the
/// class `user`, too, hence the look at what else it is.
fn is_person(entry: &Entry) -> Result<bool> {
    let classes: Vec<_> = entry.values("objectClass").map(<[u8]>::to_ascii_lowercase).collect();
    let is = |class: &str| classes.iter().any(|c| c == class.as_bytes());
    if classes.is_empty() {
        let reason = "it has no objectClass, so that nobody knows what it is; export that attribute, too";
        return Err(entry.invalid(reason));
    }
    let deleted = entry.first("isDeleted").is_some_and(|value| value.eq_ignore_ascii_case(b"TRUE"));
    let named = ["user", "person", "inetorgperson", "contact"].into_iter().any(is);
    Ok(named && !is("computer") && !deleted && entry.first("objectCategory").is_none_or(is_person_category))
}

/// `objectCategory` is the DN of a class: `CN=Person,CN=Schema,…` for users and contacts alike, `CN=Computer,…`.
fn is_person_category(category: &[u8]) -> bool {
    let text = String::from_utf8_lossy(category).to_ascii_lowercase();
    let class = text.split(',').next().unwrap_or_default();
    matches!(class.strip_prefix("cn=").unwrap_or(class), "person" | "inetorgperson" | "contact" | "user")
}

/// What kind of recipient it is, from Exchange's `msExchRecipientTypeDetails` (the `RecipientTypeDetails`
/// enumeration; one bit a type), else from its class. `None` for Exchange's own mailboxes, public folders and
/// what else stands among users but receives no mail of people.
fn kind(entry: &Entry) -> Result<Option<RecipientKind>> {
    let contact = entry.values("objectClass").any(|class| class.eq_ignore_ascii_case(b"contact"));
    let by_class = if contact { RecipientKind::Contact } else { RecipientKind::User };
    Ok(match entry.integer("msExchRecipientTypeDetails")?.unwrap_or(0) {
        // UserMailbox, LinkedMailbox, LegacyMailbox, User, DisabledUser, LinkedUser, RemoteUserMailbox
        0x1 | 0x2 | 0x8 | 0x1_0000 | 0x20_0000 | 0x200_0000 | 0x8000_0000 => Some(by_class),
        // SharedMailbox, RemoteSharedMailbox, TeamMailbox, RemoteTeamMailbox
        0x4 | 0x8_0000_0000 | 0x20_0000_0000 | 0x40_0000_0000 => Some(RecipientKind::SharedMailbox),
        // RoomMailbox, EquipmentMailbox, RemoteRoomMailbox, RemoteEquipmentMailbox, LinkedRoomMailbox
        0x10 | 0x20 | 0x2_0000_0000 | 0x4_0000_0000 | 0x200_0000_0000 => Some(RecipientKind::RoomMailbox),
        // MailContact, MailForestContact, Contact
        0x40 | 0x8000 | 0x2_0000 => Some(RecipientKind::Contact),
        // MailUser
        0x80 => Some(RecipientKind::MailUser),
        // PublicFolder, SystemAttendantMailbox, SystemMailbox, MicrosoftExchange, ArbitrationMailbox,
        // MailboxPlan, DiscoveryMailbox, Computer, PublicFolderMailbox, MonitoringMailbox, AuditLogMailbox
        0x1000 | 0x2000 | 0x4000 | 0x40_0000 | 0x80_0000 | 0x100_0000 | 0x2000_0000 | 0x1_0000_0000
        | 0x10_0000_0000 | 0x80_0000_0000 | 0x400_0000_0000 => None,
        // None, or a type that Microsoft has added since.
        _ => Some(by_class),
    })
}

/// Those of the two attributes that have values, and a name with the option `binary` (RFC 4522, 3).
pub(crate) fn binary_option(entry: &Entry) -> Vec<Attribute> {
    let is_binary = |name: &str| name.split(';').skip(1).any(|option| option.eq_ignore_ascii_case("binary"));
    let named = |attribute: &Attribute| {
        entry.attributes().any(|found| {
            Attribute::from_name(base_name(found.name())) == Some(*attribute)
                && is_binary(found.name())
                && found.values().next().is_some()
        })
    };
    Attribute::all().filter(named).collect()
}

/// The values of the two attributes, in the order in which they came; empty ones left out.
pub(crate) fn certificate_values(entry: &Entry) -> Vec<Value> {
    let of = |found: EntryAttribute<'_>| {
        let attribute = Attribute::from_name(base_name(found.name()))?;
        let filled = found.values().filter(|value| !value.is_empty());
        Some(filled.map(|value| Value::new(attribute, value)).collect::<Vec<_>>())
    };
    entry.attributes().filter_map(of).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stamps_of_one_server_tell_which_version_is_older() {
        let stamp =
            |time: &str, count: &str, server: &str| format!("{time}.000000Z#{count}#{server}#000000 0f");
        let before = stamp("20261201120000", "000001", "001");
        for (now, expected) in [
            (stamp("20261201115959", "000009", "001"), true),
            (stamp("20261201120000", "000000", "001"), true),
            (before.clone(), false),
            (stamp("20261201120000", "000002", "001"), false),
            (stamp("20261201130000", "000000", "001"), false),
            // Another server's changes come whenever they come.
            (stamp("20261201110000", "000000", "002"), false),
            ("4711 0f".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_older(&now, &before), expected, "{now}");
        }
        assert!(!is_older("4710 0f", "4711 0f"));
    }
}

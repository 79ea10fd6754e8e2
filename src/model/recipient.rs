//! Recipients: who has certificates, under which addresses, with which values.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Attribute, Fingerprint, Timestamp, Value, same_in_any_case, same_name};

/// What kind of recipient the directory shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum RecipientKind {
    /// A person with an account.
    User,
    /// A mailbox that several people use; its account is disabled.
    SharedMailbox,
    /// A room or equipment mailbox; its account is disabled.
    RoomMailbox,
    /// An account whose mail goes elsewhere.
    MailUser,
    /// Somebody outside, without an account.
    Contact,
}

/// A user, shared or room mailbox, mail user or contact of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipient {
    /// What identifies it for ever: objectGUID as `xxxxxxxx-xxxx-…`, else entryUUID, else the DN; of a CSV file, the
    /// address in lower case.
    pub anchor: String,
    /// Where it is in the directory.
    pub distinguished_name: String,
    /// Mailbox, mail user or contact, as far as the source tells.
    pub kind: RecipientKind,
    /// Whether its account is disabled (shared and room mailboxes are).
    pub disabled: bool,
    /// The name that people see.
    pub display_name: Option<String>,
    /// `mail`: the address that address lists show.
    pub mail: Option<String>,
    /// The SMTP ones of `proxyAddresses`, without their prefix, in the order of the source, and further addresses that
    /// mail to it goes to.
    pub proxy_addresses: Vec<String>,
    /// The one of them whose prefix is `SMTP:` in upper case.
    pub primary_smtp_address: Option<String>,
    /// `userPrincipalName`: the name for signing in.
    pub user_principal_name: Option<String>,
    /// `sAMAccountName`, an identity that admins type.
    pub sam_account_name: Option<String>,
    /// `objectSid` as `S-1-5-…`, where the source has it.
    pub security_id: Option<String>,
    /// Addresses and names that the source has with white space around them, or with characters that nobody sees; the
    /// fields above have them without.
    pub untrimmed: Vec<String>,
    /// `whenChanged`, else `modifyTimestamp`, where the source has it.
    pub changed: Option<Timestamp>,
    /// The attributes of values that the source names with the option `;binary` (RFC 4522): a directory that does so
    /// wants to be written in the same way.
    pub binary_option: Vec<Attribute>,
    /// Which version of the object this is, where the source has something that is another after every change of it.
    pub version: Option<String>,
    /// The values, in the order in which the source gave them.
    pub values: Vec<Value>,
}

impl Recipient {
    /// One of whom nothing else is known.
    pub fn new(
        anchor: impl Into<String>,
        distinguished_name: impl Into<String>,
        kind: RecipientKind,
    ) -> Self {
        Self {
            anchor: anchor.into(),
            distinguished_name: distinguished_name.into(),
            kind,
            disabled: false,
            display_name: None,
            mail: None,
            proxy_addresses: Vec::new(),
            primary_smtp_address: None,
            user_principal_name: None,
            sam_account_name: None,
            security_id: None,
            untrimmed: Vec::new(),
            changed: None,
            binary_option: Vec::new(),
            version: None,
            values: Vec::new(),
        }
    }

    /// The primary SMTP address: the `SMTP:` proxy address, else `mail`.
    pub fn primary_address(&self) -> Option<&str> {
        self.primary_smtp_address.as_deref().or(self.mail.as_deref())
    }

    /// Everything that mail to it can be addressed to, and the name for signing in, without repeats.
    pub fn addresses(&self) -> Vec<&str> {
        self.distinct(self.user_principal_name.as_ref())
    }

    /// Everything that mail to it can be addressed to, without repeats.
    pub fn mail_addresses(&self) -> Vec<&str> {
        self.distinct(None)
    }

    /// Its mail addresses, and `name` if there is one.
    fn distinct<'a>(&'a self, name: Option<&'a String>) -> Vec<&'a str> {
        let single = [self.primary_smtp_address.as_ref(), self.mail.as_ref(), name];
        let all = single.into_iter().flatten().chain(&self.proxy_addresses);
        let mut seen = HashSet::new();
        let texts = all.map(|address| address.trim()).filter(|address| !address.is_empty());
        texts.filter(|address| seen.insert(*address)).collect()
    }

    /// The names that people type: addresses, the user principal name, `sAMAccountName`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.addresses().into_iter().chain(self.sam_account_name.as_deref())
    }

    /// How messages name it: the primary address, the user principal name, or the DN.
    pub fn label(&self) -> &str {
        self.primary_address().or(self.user_principal_name.as_deref()).unwrap_or(&self.distinguished_name)
    }

    /// Whether `identity` (address, UPN, sAMAccountName, SID, DN or anchor, in any case) names it. Of an anchor with a GUID,
    /// the GUID by itself does, too.
    pub fn is_named(&self, identity: &str) -> bool {
        let same = |text: &str| same_in_any_case(text, identity);
        let named = |text: &Option<String>| text.as_deref().is_some_and(same);
        same(&self.anchor)
            || same_name(&self.distinguished_name, identity)
            || named(&self.mail)
            || named(&self.primary_smtp_address)
            || named(&self.user_principal_name)
            || named(&self.sam_account_name)
            || named(&self.security_id)
            || self.proxy_addresses.iter().any(|address| same(address))
            || guid(identity).is_some_and(|guid_of| guid(&self.anchor) == Some(guid_of))
    }
}

/// The GUID that a key is, or that it ends in after its kind: `Mailbox:xxxxxxxx-xxxx-…`.
fn guid(key: &str) -> Option<Uuid> {
    let end = key.rsplit_once(':').map_or(key, |(_, end)| end);
    Uuid::parse_str(end.trim()).ok()
}

/// What messages and the target need to know of a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientRecord {
    /// Its address, user principal name or DN.
    pub label: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// Its primary SMTP address.
    pub address: Option<String>,
    /// Its user principal name.
    pub user_principal_name: Option<String>,
    /// Where it is in the directory; changes with a rename or a move.
    pub distinguished_name: String,
    /// Mailbox, mail user or contact, as far as the source tells.
    pub kind: RecipientKind,
    /// Whether its account is disabled.
    pub disabled: bool,
    /// Its values in the source.
    pub values: Vec<(Attribute, Fingerprint)>,
}

impl RecipientRecord {
    /// Whether `anchor`, by which the source knows it, is nothing but its address.
    pub fn is_known_by_address(&self, anchor: &str) -> bool {
        self.address.as_deref().is_some_and(|address| address.to_lowercase() == anchor)
    }

    /// That of a recipient as the source shows it.
    pub fn of(recipient: &Recipient) -> Self {
        Self {
            label: recipient.label().to_owned(),
            display_name: recipient.display_name.clone(),
            address: recipient.primary_address().map(str::to_owned),
            user_principal_name: recipient.user_principal_name.clone(),
            distinguished_name: recipient.distinguished_name.clone(),
            kind: recipient.kind,
            disabled: recipient.disabled,
            values: recipient.values.iter().map(|value| (value.attribute, value.fingerprint())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_named_by_each_of_its_names_and_by_nobody_elses() {
        let guid = "6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11";
        let of = |anchor: &str| Recipient {
            display_name: Some("Alice Adams".into()),
            mail: Some("alice@contoso.test".into()),
            proxy_addresses: vec!["al@contoso.test".into()],
            primary_smtp_address: Some("a.adams@contoso.test".into()),
            user_principal_name: Some("aadams@corp.test".into()),
            sam_account_name: Some("aadams".into()),
            ..Recipient::new(anchor, "CN=Alice,DC=contoso,DC=test", RecipientKind::User)
        };
        let named =
            ["cn=alice,dc=contoso,dc=test", "ALICE@contoso.test", "al@contoso.test", "a.adams@contoso.test"];
        for name in named.into_iter().chain(["aadams@corp.test", "AAdams"]) {
            assert!(of(guid).is_named(name), "{name}");
        }
        let mailbox = format!("Mailbox:{guid}");
        for (anchor, name, expected) in [
            (guid, guid, true),
            (guid, "{6C2A3B1E-7D0F-4C55-9A41-0F6F6A2F8F11}", true),
            (mailbox.as_str(), guid, true),
            (mailbox.as_str(), "MailUser:6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f11", true),
            (mailbox.as_str(), "6c2a3b1e-7d0f-4c55-9a41-0f6f6a2f8f12", false),
            ("CN=a:b", "b", false),
            (guid, "Alice Adams", false),
            (guid, "", false),
        ] {
            assert_eq!(of(anchor).is_named(name), expected, "{anchor} {name}");
        }
    }
}

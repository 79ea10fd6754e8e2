//! The recipients of the organisation, found by any of their names.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// What kind a recipient is: the values of RecipientTypeDetails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    UserMailbox,
    SharedMailbox,
    RoomMailbox,
    EquipmentMailbox,
    MailUser,
    MailContact,
    /// On-premises names of mailboxes in the cloud.
    RemoteUserMailbox,
    RemoteSharedMailbox,
    RemoteRoomMailbox,
    RemoteEquipmentMailbox,
}

impl Kind {
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    pub fn is_mailbox(self) -> bool {
        matches!(self, Self::UserMailbox | Self::SharedMailbox | Self::RoomMailbox | Self::EquipmentMailbox)
    }

    pub fn is_remote_mailbox(self) -> bool {
        !self.is_mailbox() && !matches!(self, Self::MailUser | Self::MailContact)
    }

    /// The value of RecipientType. On-premises a remote mailbox is a mail user.
    pub fn recipient_type(self) -> &'static str {
        match self {
            Self::MailContact => "MailContact",
            kind if kind.is_mailbox() => "UserMailbox",
            _ => "MailUser",
        }
    }
}

/// A recipient. Binary values are kept as base64, as they travel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Recipient {
    #[serde(default = "new_guid")]
    pub guid: String,
    #[serde(default = "new_guid")]
    pub external_directory_object_id: String,
    pub primary_smtp_address: String,
    pub recipient_type_details: Kind,
    /// Empty: the local part of the primary address.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub display_name: String,
    #[serde(default)]
    pub alias: String,
    /// `SMTP:`, `smtp:` and `X500:` addresses; empty: the primary one only.
    #[serde(default)]
    pub email_addresses: Vec<String>,
    #[serde(default)]
    pub user_principal_name: Option<String>,
    #[serde(default)]
    pub external_email_address: Option<String>,
    #[serde(default)]
    pub is_dir_synced: bool,
    /// Refused as directory-synchronised although IsDirSynced says no (just synchronised, or being moved).
    #[serde(default)]
    pub synced_unseen: bool,
    #[serde(default)]
    pub is_exchange_cloud_managed: bool,
    #[serde(default)]
    pub hidden_from_address_lists_enabled: bool,
    #[serde(default)]
    pub when_soft_deleted: Option<String>,
    #[serde(default)]
    pub user_certificate: Vec<String>,
    #[serde(default, rename = "UserSMimeCertificate")]
    pub user_smime_certificate: Vec<String>,
}

fn new_guid() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl Recipient {
    /// Fills in what follows from the primary address.
    fn complete(&mut self) {
        let local = self.primary_smtp_address.split('@').next().unwrap_or_default().to_owned();
        for text in [&mut self.name, &mut self.alias] {
            if text.is_empty() {
                text.clone_from(&local);
            }
        }
        if self.display_name.is_empty() {
            self.display_name.clone_from(&self.name);
        }
        if self.email_addresses.is_empty() {
            self.email_addresses.push(format!("SMTP:{}", self.primary_smtp_address));
        }
        if self.user_principal_name.is_none() && self.recipient_type_details != Kind::MailContact {
            self.user_principal_name = Some(self.primary_smtp_address.clone());
        }
    }

    pub fn distinguished_name(&self) -> String {
        format!("CN={},OU=contoso.onmicrosoft.com,DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM", self.name)
    }

    /// The SMTP addresses, without their prefix, in lower case.
    pub fn smtp_addresses(&self) -> impl Iterator<Item = String> {
        let lower = self.email_addresses.iter().map(|address| address.to_ascii_lowercase());
        lower.filter_map(|address| address.strip_prefix("smtp:").map(str::to_owned))
    }

    /// All that `-Identity` finds it by: name, alias, DN, address, GUIDs, UPN.
    fn keys(&self) -> Vec<String> {
        let own = [&self.guid, &self.external_directory_object_id, &self.name, &self.alias];
        let mut keys: Vec<String> = own.iter().map(|key| key.to_ascii_lowercase()).collect();
        keys.push(self.distinguished_name().to_ascii_lowercase());
        keys.push(self.primary_smtp_address.to_ascii_lowercase());
        keys.extend(self.user_principal_name.iter().map(|upn| upn.to_ascii_lowercase()));
        keys.extend(self.smtp_addresses());
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// Both lists of certificate values, as they were until a moment.
struct Earlier {
    until: f64,
    user_certificate: Vec<String>,
    user_smime_certificate: Vec<String>,
}

struct Stored {
    recipient: Recipient,
    /// Oldest first.
    earlier: Vec<Earlier>,
    visible_from: f64,
}

#[derive(Default)]
pub struct Directory {
    stored: Vec<Stored>,
    index: HashMap<String, Vec<usize>>,
}

impl Directory {
    /// Adds a recipient that reads show from that time on; one of the same GUID is replaced.
    pub fn add(&mut self, mut recipient: Recipient, visible_from: f64) {
        recipient.complete();
        let existing = self.index.get(&recipient.guid.to_ascii_lowercase()).and_then(|found| found.first());
        let position = existing.copied().unwrap_or(self.stored.len());
        if let Some(old) = self.stored.get(position) {
            for key in old.recipient.keys() {
                if let Some(positions) = self.index.get_mut(&key) {
                    positions.retain(|one| *one != position);
                }
            }
        }
        for key in recipient.keys() {
            self.index.entry(key).or_default().push(position);
        }
        let stored = Stored { recipient, earlier: Vec::new(), visible_from };
        match self.stored.get_mut(position) {
            Some(place) => *place = stored,
            None => self.stored.push(stored),
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn len(&self) -> usize {
        self.stored.len()
    }

    /// The positions of those that an identity, whatever its kind, names.
    pub fn find(&self, identity: &str) -> &[usize] {
        self.index.get(&identity.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    pub fn get(&self, position: usize) -> Option<&Recipient> {
        self.stored.get(position).map(|stored| &stored.recipient)
    }

    /// Whether reads show it at that time.
    pub fn is_visible(&self, position: usize, now: f64) -> bool {
        self.stored.get(position).is_some_and(|stored| stored.visible_from <= now)
    }

    /// The certificate values that reads show at that time.
    pub fn shown(&self, position: usize, now: f64) -> Option<(&[String], &[String])> {
        let stored = self.stored.get(position)?;
        Some(match stored.earlier.iter().find(|earlier| earlier.until > now) {
            Some(earlier) => (&earlier.user_certificate, &earlier.user_smime_certificate),
            None => (&stored.recipient.user_certificate, &stored.recipient.user_smime_certificate),
        })
    }

    /// Changes a recipient; reads show its certificates as they were until that time.
    pub fn change(
        &mut self,
        position: usize,
        now: f64,
        stale_until: f64,
        change: impl FnOnce(&mut Recipient),
    ) {
        let Some(stored) = self.stored.get_mut(position) else { return };
        stored.earlier.retain(|earlier| earlier.until > now);
        if stale_until > now {
            stored.earlier.push(Earlier {
                until: stale_until,
                user_certificate: stored.recipient.user_certificate.clone(),
                user_smime_certificate: stored.recipient.user_smime_certificate.clone(),
            });
        }
        change(&mut stored.recipient);
    }

    pub fn all(&self) -> impl Iterator<Item = &Recipient> {
        self.stored.iter().map(|stored| &stored.recipient)
    }
}

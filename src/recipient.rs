//! Recipients: who has certificates, under which addresses, and the raw values themselves.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// The two attributes that hold certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Attribute {
    /// 2.5.4.36: one DER X.509 certificate a value.
    #[serde(rename = "userCertificate")]
    UserCertificate,
    /// 2.16.840.1.113730.3.1.40: PKCS#7 SignedData or the blocks of [MS-OXOABK] 2.2.4.36.
    #[serde(rename = "userSMIMECertificate")]
    UserSmimeCertificate,
}

impl Attribute {
    /// Both, in the order in which they are shown.
    pub const ALL: [Attribute; 2] = [Attribute::UserCertificate, Attribute::UserSmimeCertificate];

    /// The LDAP name.
    pub fn name(self) -> &'static str {
        match self {
            Attribute::UserCertificate => "userCertificate",
            Attribute::UserSmimeCertificate => "userSMIMECertificate",
        }
    }

    /// The attribute of that LDAP name (in any case; options such as `;binary` already cut off).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The SHA-256 of some bytes (a value, or a certificate's DER). As text: 64 upper-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
        Self(hash)
    }

    /// Reads 64 hexadecimal digits; `None` if it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).ok().map(|()| Self(hash))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a SHA-256 in hexadecimal digits"))
    }
}

/// One binary value of one of the two attributes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Value {
    /// Where it is.
    pub attribute: Attribute,
    /// What it is, to the byte.
    pub bytes: Arc<[u8]>,
}

impl Value {
    /// A value of `attribute`.
    pub fn new(attribute: Attribute, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { attribute, bytes: bytes.into() }
    }

    /// The SHA-256 of its bytes.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.bytes)
    }
}

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
    /// What it is.
    pub kind: RecipientKind,
    /// Whether its account is disabled (shared and room mailboxes are).
    pub disabled: bool,
    /// The name that people see.
    pub display_name: Option<String>,
    /// `mail`.
    pub mail: Option<String>,
    /// The SMTP ones of `proxyAddresses`, without their prefix, in the order of the source.
    pub proxy_addresses: Vec<String>,
    /// The one of them whose prefix is `SMTP:` in upper case.
    pub primary_smtp_address: Option<String>,
    /// `userPrincipalName`.
    pub user_principal_name: Option<String>,
    /// `sAMAccountName`, an identity that admins type.
    pub sam_account_name: Option<String>,
    /// `whenChanged`, where the source has it.
    pub changed: Option<Timestamp>,
    /// The values, in the order in which the source gave them.
    pub values: Vec<Value>,
}

impl Recipient {
    /// The primary SMTP address: the `SMTP:` proxy address, else `mail`.
    pub fn primary_address(&self) -> Option<&str> {
        self.primary_smtp_address.as_deref().or(self.mail.as_deref())
    }

    /// Everything that mail to it can be addressed to, without repeats.
    pub fn addresses(&self) -> Vec<&str> {
        let single = [&self.primary_smtp_address, &self.mail, &self.user_principal_name];
        let all = single.into_iter().flatten().chain(&self.proxy_addresses);
        let mut addresses: Vec<&str> = Vec::new();
        for address in all.map(|address| address.trim()).filter(|address| !address.is_empty()) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }

    /// How messages name it: the primary address, the user principal name, or the DN.
    pub fn label(&self) -> &str {
        self.primary_address().or(self.user_principal_name.as_deref()).unwrap_or(&self.distinguished_name)
    }

    /// Whether `identity` (address, UPN, sAMAccountName, DN or anchor, in any case) names it.
    pub fn is_named(&self, identity: &str) -> bool {
        let same = |text: &str| text.to_lowercase() == identity.to_lowercase();
        let named = |text: &Option<String>| text.as_deref().is_some_and(same);
        same(&self.anchor)
            || same(&self.distinguished_name)
            || named(&self.mail)
            || named(&self.user_principal_name)
            || named(&self.sam_account_name)
            || self.proxy_addresses.iter().any(|address| same(address))
    }
}

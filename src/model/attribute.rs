//! The two attributes that hold certificates.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

    /// The name in LDAP, without options.
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

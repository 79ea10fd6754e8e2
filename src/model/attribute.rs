//! The two attributes that hold certificates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// The two attributes that hold certificates, by their LDAP names; both in the order in which they are shown.
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
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
)]
#[strum(ascii_case_insensitive)]
pub enum Attribute {
    /// 2.5.4.36: one DER X.509 certificate a value.
    #[serde(rename = "userCertificate")]
    #[strum(serialize = "userCertificate")]
    UserCertificate,
    /// 2.16.840.1.113730.3.1.40: PKCS#7 SignedData or the blocks of [MS-OXOABK] 2.2.4.36.
    #[serde(rename = "userSMIMECertificate")]
    #[strum(serialize = "userSMIMECertificate")]
    UserSmimeCertificate,
}

impl Attribute {
    /// Its name in a request, with the option `binary` (RFC 4522, 3) or without it.
    pub fn description(self, binary: bool) -> &'static str {
        match (self, binary) {
            (Self::UserCertificate, true) => "userCertificate;binary",
            (Self::UserSmimeCertificate, true) => "userSMIMECertificate;binary",
            (attribute, false) => attribute.into(),
        }
    }
}

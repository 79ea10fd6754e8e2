//! The names in a certificate that are no addresses: only name constraints ask for them.

use x509_parser::extensions::GeneralName;

use super::{address::Address, name::Name};
use crate::ber::oid_text;

/// A name in subjectAltName that is no address (RFC 5280 §4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlternativeName {
    /// directoryName
    Directory(Name),
    /// dNSName
    Dns(String),
    /// uniformResourceIdentifier
    Uri(String),
    /// iPAddress: its octets.
    Ip(Vec<u8>),
    /// A name of a form that nobody here compares, as [`form_of`] names it.
    Other(String),
}

impl AlternativeName {
    pub(super) fn of(name: &GeneralName<'_>) -> Option<Self> {
        match name {
            GeneralName::DirectoryName(name) => Some(Self::Directory(Name::of(name))),
            GeneralName::DNSName(name) => Some(Self::Dns((*name).to_owned())),
            GeneralName::URI(uri) => Some(Self::Uri((*uri).to_owned())),
            GeneralName::IPAddress(octets) => Some(Self::Ip(octets.to_vec())),
            GeneralName::RFC822Name(_) | GeneralName::Invalid(..) => None,
            _ if Address::of_general_name(name).is_some() => None,
            other => form_of(other).map(Self::Other),
        }
    }
}

/// The form of a name that nobody here compares: its name in RFC 5280 §4.2.1.6, that of an otherName with its OID.
pub fn form_of(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::OtherName(oid, _) => Some(format!("otherName {}", oid_text(oid))),
        GeneralName::X400Address(_) => Some("x400Address".into()),
        GeneralName::EDIPartyName(_) => Some("ediPartyName".into()),
        GeneralName::RegisteredID(_) => Some("registeredID".into()),
        _ => None,
    }
}

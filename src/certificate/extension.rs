//! The extensions that rules and paths look at.

use std::collections::HashSet;

use x509_parser::{
    extensions::{ParsedExtension, X509Extension},
    num_bigint::BigUint,
};

use super::{address::Address, alternative_name::AlternativeName};
use crate::ber::{self, oid_text, tag};

/// The most names that are read from one certificate. Those of a team have some dozens.
pub const MAX_NAMES: usize = 1000;

/// The most extensions that are named in each list of what is wrong with them.
const MAX_LISTED: usize = 20;

/// Critical extensions that are checked, or that cannot restrict encrypting mail to a person.
const UNDERSTOOD: [&str; 9] = [
    "2.5.29.14", // subjectKeyIdentifier
    "2.5.29.15", // keyUsage
    "2.5.29.17", // subjectAltName
    "2.5.29.19", // basicConstraints
    "2.5.29.30", // nameConstraints: checked in paths
    "2.5.29.31", // cRLDistributionPoints
    "2.5.29.32", // certificatePolicies: none is required, so all are accepted
    "2.5.29.35", // authorityKeyIdentifier
    "2.5.29.37", // extKeyUsage
];

/// Those that restrict what a certificate is good for: what can't be read of them is not absent (RFC 5280 §4.2).
const RESTRICTING: [&str; 5] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.37"];

/// The name of an extension (RFC 5280 §4.2) with its OID, or the OID alone.
pub fn extension_name(oid: &str) -> String {
    let name = match oid {
        "2.5.29.14" => "subjectKeyIdentifier",
        "2.5.29.15" => "keyUsage",
        "2.5.29.17" => "subjectAltName",
        "2.5.29.18" => "issuerAltName",
        "2.5.29.19" => "basicConstraints",
        "2.5.29.30" => "nameConstraints",
        "2.5.29.31" => "cRLDistributionPoints",
        "2.5.29.32" => "certificatePolicies",
        "2.5.29.33" => "policyMappings",
        "2.5.29.35" => "authorityKeyIdentifier",
        "2.5.29.36" => "policyConstraints",
        "2.5.29.37" => "extKeyUsage",
        "2.5.29.54" => "inhibitAnyPolicy",
        "1.3.6.1.5.5.7.1.1" => "authorityInfoAccess",
        other => return other.to_owned(),
    };
    format!("{name} ({oid})")
}

/// The key usage bits (RFC 5280 §4.2.1.3), bit 0 the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(pub u16);

impl KeyUsage {
    /// digitalSignature
    pub const DIGITAL_SIGNATURE: u16 = 1;
    /// nonRepudiation
    pub const NON_REPUDIATION: u16 = 1 << 1;
    /// keyEncipherment
    pub const KEY_ENCIPHERMENT: u16 = 1 << 2;
    /// dataEncipherment
    pub const DATA_ENCIPHERMENT: u16 = 1 << 3;
    /// keyAgreement
    pub const KEY_AGREEMENT: u16 = 1 << 4;
    /// keyCertSign
    pub const KEY_CERT_SIGN: u16 = 1 << 5;

    /// encipherOnly
    pub const ENCIPHER_ONLY: u16 = 1 << 7;
    /// decipherOnly
    pub const DECIPHER_ONLY: u16 = 1 << 8;

    /// Whether one of `bits` is set.
    pub fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }

    /// The names of the bits that are set.
    pub fn names(self) -> Vec<String> {
        const NAMES: [&str; 9] = [
            "digitalSignature",
            "nonRepudiation",
            "keyEncipherment",
            "dataEncipherment",
            "keyAgreement",
            "keyCertSign",
            "cRLSign",
            "encipherOnly",
            "decipherOnly",
        ];
        let set = NAMES.iter().enumerate().filter(|(bit, _)| self.has(1 << bit));
        set.map(|(_, name)| (*name).to_owned()).collect()
    }
}

/// The basic constraints (RFC 5280 §4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many CA certificates may follow below this one.
    pub path_length: Option<u32>,
}

/// The name constraints of a CA (RFC 5280 §4.2.1.10), as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameConstraints {
    /// Their DER.
    pub der: Vec<u8>,
    /// Whether nobody may pass over what can't be understood of them.
    pub critical: bool,
}

/// What the extensions of one certificate say.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    pub addresses: Vec<Address>,
    pub alternative_names: Vec<AlternativeName>,
    /// Names of all kinds in the subject alternative name.
    pub names: usize,
    pub key_usage: Option<KeyUsage>,
    pub extended_key_usage: Option<Vec<String>>,
    pub basic_constraints: Option<BasicConstraints>,
    pub subject_key_id: Option<Vec<u8>>,
    pub authority_key_id: Option<Vec<u8>>,
    pub duplicates: Vec<String>,
    pub unknown_critical: Vec<String>,
    /// Those that restrict, and can't be read.
    pub unreadable_restrictions: Vec<String>,
    /// Others that can't be read.
    pub malformed: Vec<String>,
    pub name_constraints: Option<NameConstraints>,
}

impl Extensions {
    pub fn of(extensions: &[X509Extension<'_>]) -> Self {
        let mut all = Self::default();
        let mut seen = HashSet::with_capacity(extensions.len());
        for extension in extensions {
            let oid = oid_text(&extension.oid);
            if seen.contains(&oid) {
                list(&mut all.duplicates, &oid);
                continue;
            }
            if extension.critical && !UNDERSTOOD.contains(&oid.as_str()) {
                list(&mut all.unknown_critical, &oid);
            }
            if !all.take(extension) {
                let restricts = RESTRICTING.contains(&oid.as_str());
                list(if restricts { &mut all.unreadable_restrictions } else { &mut all.malformed }, &oid);
            }
            seen.insert(oid);
        }
        all
    }

    /// Takes over what one extension says; false if its contents can't be read.
    fn take(&mut self, extension: &X509Extension<'_>) -> bool {
        let parsed = extension.parsed_extension();
        let known = !matches!(parsed, ParsedExtension::UnsupportedExtension { .. });
        if known && !ber::read(extension.value, ber::ANY).is_ok_and(|(_, rest)| rest.is_empty()) {
            return false;
        }
        match parsed {
            ParsedExtension::ParseError { .. } => return false,
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(KeyUsage(usage.flags)),
            ParsedExtension::BasicConstraints(constraints) => {
                let path_length = constraints.path_len_constraint;
                self.basic_constraints = Some(BasicConstraints { ca: constraints.ca, path_length });
            }
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::ExtendedKeyUsage(_) => {
                let Some(sequence) = ber::read_only(extension.value, ber::ANY, tag::SEQUENCE) else {
                    return false;
                };
                let oids: Option<Vec<String>> = sequence.parts().map(|child| child.ok()?.oid()).collect();
                let Some(oids) = oids.filter(|oids| !oids.is_empty()) else { return false };
                self.extended_key_usage = Some(oids);
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.names = names.general_names.len();
                if names.general_names.iter().take(MAX_NAMES).any(Address::is_unreadable) {
                    return false;
                }
                let read = names.general_names.iter().take(MAX_NAMES);
                self.addresses = read.clone().filter_map(Address::of_general_name).collect();
                self.alternative_names = read.filter_map(AlternativeName::of).collect();
            }
            ParsedExtension::NameConstraints(_) => {
                let (der, critical) = (extension.value.to_vec(), extension.critical);
                self.name_constraints = Some(NameConstraints { der, critical });
            }
            _ => {}
        }
        true
    }
}

/// Names one more, unless there are enough, or it is named already.
fn list(listed: &mut Vec<String>, oid: &str) {
    if listed.len() < MAX_LISTED && !listed.iter().any(|known| known == oid) {
        listed.push(oid.to_owned());
    }
}

/// Whether a serial number is positive and of 20 octets at most (RFC 5280 §4.1.2.2).
pub fn is_proper_serial(octets: &[u8]) -> bool {
    let negative = octets.first().is_some_and(|octet| octet & 0x80 != 0);
    !negative && octets.len() <= 20 && BigUint::from_bytes_be(octets) != BigUint::default()
}

//! The mail addresses that a certificate names (RFC 8550 §3), and how they compare.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use x509_parser::{asn1_rs::Oid, extensions::GeneralName, x509::X509Name};

use super::name::value_text;
use crate::{
    ber::{self, oid_text, tag},
    model::{is_hidden, trimmed},
};

/// Where a certificate names an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressOrigin {
    /// rfc822Name in subjectAltName.
    Rfc822Name,
    /// SmtpUTF8Mailbox in subjectAltName (RFC 9598).
    SmtpUtf8Mailbox,
    /// The user principal name of Microsoft's smart-card logon, 1.3.6.1.4.1.311.20.2.3 in subjectAltName.
    UserPrincipalName,
    /// emailAddress in the subject.
    SubjectEmailAddress,
}

/// A mail address in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The address as it stands there, with whatever is around and in it.
    pub text: String,
    /// Which field of the certificate names it.
    pub origin: AddressOrigin,
}

impl Address {
    /// The address that a name is; `None`: it is none that is not empty.
    pub fn of_general_name(name: &GeneralName<'_>) -> Option<Self> {
        match name {
            GeneralName::RFC822Name(text) => Self::new(text, AddressOrigin::Rfc822Name),
            GeneralName::OtherName(oid, value) => Self::new(text_within(value)?, other_name(oid)?),
            _ => None,
        }
    }

    /// Whether it is a name that can't be read: of no kind that there is, not in UTF-8, or an address that is no text.
    pub(super) fn is_unreadable(name: &GeneralName<'_>) -> bool {
        match name {
            GeneralName::Invalid(..) => true,
            GeneralName::OtherName(oid, value) => other_name(oid).is_some() && text_within(value).is_none(),
            _ => false,
        }
    }

    pub(super) fn of_subject<'a>(subject: &'a X509Name<'a>) -> impl Iterator<Item = Self> + 'a {
        subject
            .iter_email()
            .filter_map(|mail| Self::new(&value_text(mail.attr_value()), AddressOrigin::SubjectEmailAddress))
    }

    fn new(text: &str, origin: AddressOrigin) -> Option<Self> {
        (!text.is_empty()).then(|| Self { text: text.to_owned(), origin })
    }

    /// Whether it is a mail address, and not a name for signing in.
    pub fn is_for_mail(&self) -> bool {
        self.origin != AddressOrigin::UserPrincipalName
    }

    /// Whether it has the form of an address: one part before the last `@` of 64 octets at most, a domain of
    /// 255 octets at most after it (RFC 5321 §4.5.3.1), and all of it is [plain](Self::is_plain).
    pub fn is_well_formed(&self) -> bool {
        let Some((local, domain)) = self.text.rsplit_once('@') else { return false };
        let label = |label: &str| !label.is_empty() && label.len() <= 63;
        (1..=64).contains(&local.len())
            && (1..=255).contains(&domain.len())
            && domain.split('.').all(label)
            && self.is_plain()
    }

    /// Whether it is what it looks like: no white space, and nothing that is not seen. Programs that compare it octet by
    /// octet find another address in one that is not.
    pub fn is_plain(&self) -> bool {
        !self.text.contains(|c: char| c.is_whitespace() || is_hidden(c))
    }

    /// What it looks like.
    pub fn looks_like(&self) -> Cow<'_, str> {
        trimmed(&self.text)
    }
}

/// The otherNames that are addresses.
fn other_name(oid: &Oid<'_>) -> Option<AddressOrigin> {
    match oid_text(oid).as_str() {
        "1.3.6.1.5.5.7.8.9" => Some(AddressOrigin::SmtpUtf8Mailbox),
        "1.3.6.1.4.1.311.20.2.3" => Some(AddressOrigin::UserPrincipalName),
        _ => None,
    }
}

/// The text in the `[0]` of an otherName.
fn text_within(value: &[u8]) -> Option<&str> {
    let explicit = ber::read_only(value, ber::ANY, tag::constructed(0))?;
    std::str::from_utf8(explicit.parts().next()?.ok()?.contents).ok()
}

/// How two addresses compare. Exchange and Active Directory take no notice of case, so neither do we.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressMatch {
    /// Equal, the domain in any case (RFC 5280 §7.5).
    Exact,
    /// Equal but for the case of the local part.
    DiffersInCase,
}

/// Addresses that others are looked up among, however many both are.
#[derive(Debug, Clone, Default)]
pub struct AddressSet<'a> {
    /// With the domain in lower case.
    exact: HashSet<String>,
    /// The same with all of it in lower case.
    folded: HashMap<String, &'a str>,
}

impl<'a> AddressSet<'a> {
    /// These addresses; of those that differ in case only, the first is the one that is handed back.
    pub fn new(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let mut set = Self::default();
        for address in addresses {
            set.exact.insert(with_domain_folded(address));
            set.folded.entry(address_key(address)).or_insert(address);
        }
        set
    }

    /// How `address` is in the set, and as which; `None` if it is not.
    pub fn find(&self, address: &str) -> Option<(AddressMatch, &'a str)> {
        let found = self.folded.get(&address_key(address))?;
        let exact = self.exact.contains(&with_domain_folded(address));
        Some((if exact { AddressMatch::Exact } else { AddressMatch::DiffersInCase }, found))
    }

    /// Whether it is in the set, in any case.
    pub fn contains(&self, address: &str) -> bool {
        self.folded.contains_key(&address_key(address))
    }
}

/// A text without a domain is compared letter by letter.
fn with_domain_folded(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain_key(domain)),
        None => address.to_owned(),
    }
}

/// An address as addresses are compared that may differ in case.
pub fn address_key(address: &str) -> String {
    with_domain_folded(address).to_lowercase()
}

/// A domain as domains are compared: international ones by their A-labels, all in lower case (RFC 5280 §7.5, RFC 9598 §5).
pub fn domain_key(domain: &str) -> String {
    match domain.is_ascii() {
        true => domain.to_ascii_lowercase(),
        // What is no domain is compared as it stands.
        false => idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase()),
    }
}

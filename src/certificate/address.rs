//! The mail addresses that a certificate names (RFC 8550 §3), and how they compare.

use x509_parser::{extensions::GeneralName, x509::X509Name};

use super::name::value_text;
use crate::ber::{self, tag};

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
    /// The address as it stands there, without spaces around it.
    pub text: String,
    /// Which field of the certificate names it.
    pub origin: AddressOrigin,
}

impl Address {
    pub(super) fn of_general_name(name: &GeneralName<'_>) -> Option<Self> {
        match name {
            GeneralName::RFC822Name(text) => Self::new(text, AddressOrigin::Rfc822Name),
            GeneralName::OtherName(oid, value) => {
                let origin = match oid.to_id_string().as_str() {
                    "1.3.6.1.5.5.7.8.9" => AddressOrigin::SmtpUtf8Mailbox,
                    "1.3.6.1.4.1.311.20.2.3" => AddressOrigin::UserPrincipalName,
                    _ => return None,
                };
                let explicit = ber::read_only(value, ber::ANY, tag::constructed(0))?;
                let string = explicit.parts().next()?.ok()?;
                Self::new(std::str::from_utf8(string.contents).ok()?, origin)
            }
            _ => None,
        }
    }

    pub(super) fn of_subject<'a>(subject: &'a X509Name<'a>) -> impl Iterator<Item = Self> + 'a {
        subject
            .iter_email()
            .filter_map(|mail| Self::new(&value_text(mail.attr_value()), AddressOrigin::SubjectEmailAddress))
    }

    fn new(text: &str, origin: AddressOrigin) -> Option<Self> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| Self { text: text.to_owned(), origin })
    }

    /// Whether it has the form of an address: one part before the last `@` of 64 octets at most, a domain of
    /// 255 octets at most after it (RFC 5321 §4.5.3.1), no spaces or control characters.
    pub fn is_well_formed(&self) -> bool {
        let Some((local, domain)) = self.text.rsplit_once('@') else { return false };
        let label = |label: &str| !label.is_empty() && label.len() <= 63;
        (1..=64).contains(&local.len())
            && (1..=255).contains(&domain.len())
            && domain.split('.').all(label)
            && !self.text.chars().any(|c| c.is_control() || c.is_whitespace())
    }
}

/// How two addresses compare. Exchange and Active Directory take no notice of case, so neither do we.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressMatch {
    /// Equal, the domain in any case (RFC 5280 §7.5).
    Exact,
    /// Equal but for the case of the local part.
    DiffersInCase,
}

/// Compares `certificate`'s address with `recipient`'s; `None` if they differ.
pub fn compare_addresses(certificate: &str, recipient: &str) -> Option<AddressMatch> {
    if certificate.to_lowercase() != recipient.to_lowercase() {
        return None;
    }
    let local = |address: &str| address.rsplit_once('@').map_or(address.len(), |(local, _)| local.len());
    let same = certificate.get(..local(certificate)) == recipient.get(..local(recipient));
    Some(if same { AddressMatch::Exact } else { AddressMatch::DiffersInCase })
}

//! The rules on one certificate of a recipient.

use std::{borrow::Cow, collections::HashSet};

use super::{Policy, RuleId, key_rules};
use crate::{
    certificate::{
        Address, AddressMatch, AddressSet, Certificate, MAX_NAMES, extension_name, is_proper_serial,
    },
    model::{Finding, Recipient, Timestamp, counted, shortened},
    trust::ChainStatus,
};

/// How long before its end a certificate is said to expire soon: 30 days.
pub(super) const EXPIRES_SOON: i64 = 30 * 24 * 3600;

/// A rule that fired, with its sentence.
pub(super) type Fired = (RuleId, String);

/// Judges `certificate` as one of `recipient`'s, whose names are `names`, but for its chain.
pub(super) fn judge(
    certificate: &Certificate,
    recipient: &Recipient,
    names: &Names<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Vec<Finding> {
    let mut fired = Vec::new();
    fired.extend(validity(certificate, now));
    key_rules::usage(certificate, &mut fired);
    key_rules::key(certificate, &mut fired);
    structure(certificate, &mut fired);
    addresses(certificate, recipient, names, &mut fired);
    fired.into_iter().map(|(rule, message)| policy.finding(rule, message)).collect()
}

fn validity(certificate: &Certificate, now: Timestamp) -> Option<Fired> {
    let Certificate { not_before, not_after, .. } = certificate;
    if *not_after < now {
        Some((RuleId::Expired, format!("The certificate expired on {not_after}.")))
    } else if now < *not_before {
        Some((RuleId::NotYetValid, format!("The certificate is valid only from {not_before}.")))
    } else if not_after.plus(-EXPIRES_SOON) <= now {
        let left = match (not_after.0 - now.0) / (24 * 3600) {
            0 => "in less than a day".to_owned(),
            days => format!("in {}", counted(days, "day", "days")),
        };
        Some((RuleId::ExpiresSoon, format!("The certificate expires on {not_after}, {left}.")))
    } else {
        None
    }
}

fn structure(certificate: &Certificate, fired: &mut Vec<Fired>) {
    let algorithm = &certificate.signature_algorithm;
    if algorithm.is_weak() {
        let digest = algorithm.digest.unwrap_or_default();
        let message =
            format!("The certificate is signed with {} ({digest}), which can be forged.", algorithm.name);
        fired.push((RuleId::WeakSignatureAlgorithm, message));
    } else if !algorithm.known {
        let message = format!(
            "The certificate is signed with {}, which Outlook may be unable to check.",
            algorithm.name
        );
        fired.push((RuleId::UncommonSignatureAlgorithm, message));
    }
    if certificate.algorithms_differ {
        let message =
            "The signed part of the certificate names another signature algorithm than the signature has.";
        fired.push((RuleId::AlgorithmMismatch, message.into()));
    }
    for (rule, oids, what) in [
        (RuleId::DuplicateExtension, &certificate.duplicate_extensions, "is there more than once"),
        (
            RuleId::UnknownCriticalExtension,
            &certificate.unknown_critical_extensions,
            "is critical, and unknown here",
        ),
        (
            RuleId::UnreadableRestriction,
            &certificate.unreadable_restrictions,
            "can't be read, and may forbid what the certificate is used for",
        ),
        (RuleId::MalformedExtension, &certificate.malformed_extensions, "can't be read"),
    ] {
        fired.extend(oids.iter().map(|oid| (rule, format!("The extension {} {what}.", extension_name(oid)))));
    }
    let version = certificate.version;
    if version < 3 {
        fired.push((RuleId::OldVersion, format!("The certificate is of version {version}; 3 is due.")));
    } else if version > 3 {
        let message =
            format!("The certificate is of version {version}; 3 is due, and the highest that there is.");
        fired.push((RuleId::UnknownVersion, message));
    }
    if let Some(flaw) = certificate.encoding.time {
        fired.push((RuleId::MalformedTime, format!("A time of the certificate's validity {flaw}.")));
    }
    if let Some(flaw) = certificate.encoding.other {
        fired.push((RuleId::MalformedEncoding, format!("Programs don't load the certificate: {flaw}.")));
    }
    if !is_proper_serial(&certificate.serial) {
        let serial = hex::encode_upper(&certificate.serial);
        fired.push((
            RuleId::InvalidSerial,
            format!("The serial number {serial} is zero, negative or too long."),
        ));
    }
}

/// What a certificate's names have to do with the recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming<'a> {
    /// It names one of the recipient's mail addresses: theirs, and the recipient's.
    MailAddress(AddressMatch, &'a str, &'a str),
    /// It names the recipient by the user principal name alone, which mail is not addressed to.
    PrincipalName(&'a str),
    /// It names nobody else, and the recipient in an address with characters that nobody sees, which is none.
    LooksLike(&'a str),
    /// It names others.
    Others,
    /// It names nobody.
    Nobody,
}

/// The recipient's names, for any number of certificates.
pub(super) struct Names<'a> {
    mail: AddressSet<'a>,
    all: AddressSet<'a>,
}

impl<'a> Names<'a> {
    pub(super) fn of(recipient: &'a Recipient) -> Self {
        let all = recipient.addresses();
        let mail = recipient.mail_addresses();
        // Where the source shows no mail address, the name for signing in is what the target is matched by.
        let mail = if mail.is_empty() { &all } else { &mail };
        Self { mail: AddressSet::new(mail.iter().copied()), all: AddressSet::new(all.iter().copied()) }
    }

    /// How `certificate` names the recipient.
    pub(super) fn naming<'c>(&'c self, certificate: &'c Certificate) -> Naming<'c> {
        let own = |address: &'c Address| {
            let (how, own) = self.mail.find(&address.text)?;
            Some((how, address.text.as_str(), own))
        };
        let plain = || certificate.addresses.iter().filter(|address| address.is_plain());
        let for_mail = plain().filter(|address| address.is_for_mail());
        let named = for_mail.filter_map(own).min_by_key(|(how, ..)| *how);
        if let Some((how, theirs, own)) = named {
            return Naming::MailAddress(how, theirs, own);
        }
        if let Some(address) = plain().find(|address| self.all.contains(&address.text)) {
            return Naming::PrincipalName(&address.text);
        }
        let looks_own = |address: &&Address| self.all.contains(&address.looks_like());
        let names_others = certificate.addresses.iter().any(Address::is_well_formed);
        match certificate.addresses.iter().find(looks_own) {
            Some(address) if !names_others => Naming::LooksLike(&address.text),
            None if certificate.addresses.is_empty() => Naming::Nobody,
            _ => Naming::Others,
        }
    }

    /// Mail addresses in the certificate that are not the recipient's.
    fn others<'c>(&self, certificate: &'c Certificate) -> Vec<&'c str> {
        let mut seen = HashSet::new();
        let mail = certificate.addresses.iter().filter(|one| one.is_for_mail() && one.is_well_formed());
        let others = mail.filter(|one| !self.all.contains(&one.text) && seen.insert(one.text.to_lowercase()));
        others.map(|address| address.text.as_str()).collect()
    }
}

fn addresses(certificate: &Certificate, recipient: &Recipient, names: &Names<'_>, fired: &mut Vec<Fired>) {
    let malformed = certificate.addresses.iter().filter(|address| !address.is_well_formed());
    let malformed: Vec<String> = malformed.map(|address| format!("'{}'", quoted(&address.text))).collect();
    if !malformed.is_empty() {
        let what = if malformed.len() == 1 { "is no mail address" } else { "are no mail addresses" };
        fired.push((RuleId::MalformedAddress, format!("{} {what}.", list(&malformed, ""))));
    }
    let left_out = certificate.names_left_out;
    if left_out > 0 {
        let message = format!(
            "The certificate has {}; the first {MAX_NAMES} are read.",
            counted(MAX_NAMES + left_out, "name", "names")
        );
        return fired.push((RuleId::TooManyNames, message));
    }
    match names.naming(certificate) {
        Naming::MailAddress(how, theirs, one) => {
            if how == AddressMatch::DiffersInCase {
                let message =
                    format!("The certificate names '{}', the recipient has '{one}'.", quoted(theirs));
                fired.push((RuleId::AddressCase, message));
            }
            let others: Vec<String> = names.others(certificate).into_iter().map(str::to_owned).collect();
            if !others.is_empty() {
                let message = format!("The certificate also names {}.", list(&others, ""));
                fired.push((RuleId::AddressShared, message));
            }
        }
        // One for another purpose need not name any.
        Naming::PrincipalName(_) | Naming::LooksLike(_) | Naming::Nobody if !certificate.allows_mail() => {}
        Naming::PrincipalName(name) => {
            let message = format!(
                "The certificate names no mail address of the recipient, only the user principal name {}.",
                quoted(name)
            );
            fired.push((RuleId::AddressMissing, message));
        }
        Naming::LooksLike(text) => {
            let message = format!(
                "The certificate names no mail address of the recipient, only '{}', which is none.",
                quoted(text)
            );
            fired.push((RuleId::AddressMissing, message));
        }
        Naming::Nobody => {
            fired.push((RuleId::AddressMissing, "The certificate names no mail address.".into()))
        }
        Naming::Others => {
            let theirs: Vec<String> = certificate.summary().addresses;
            let own: Vec<String> = recipient.addresses().into_iter().map(str::to_owned).collect();
            let message = format!(
                "The certificate names {}; the recipient's addresses: {}.",
                list(&theirs, "none"),
                list(&own, "none")
            );
            fired.push((RuleId::AddressMismatch, message));
        }
    }
}

/// What the search for the chain of `certificate` says of it.
pub(super) fn judge_chain(
    certificate: &Certificate,
    status: &ChainStatus,
    policy: &Policy,
) -> Option<Finding> {
    let (rule, message) = trust(certificate, status)?;
    Some(policy.finding(rule, message))
}

fn trust(certificate: &Certificate, status: &ChainStatus) -> Option<Fired> {
    match status {
        ChainStatus::Trusted { .. } => None,
        ChainStatus::SelfSigned => {
            let message = format!("The certificate of {} is signed with its own key.", certificate.subject);
            Some((RuleId::UntrustedIssuer, message))
        }
        ChainStatus::MissingIssuer(issuer) => {
            let message =
                format!("The CA {issuer} is no trust anchor, and its certificate is not among the values.");
            Some((RuleId::UntrustedIssuer, message))
        }
        ChainStatus::Broken { reason, .. } => {
            Some((RuleId::BrokenChain, format!("The certificate's chain does not hold: {reason}.")))
        }
        ChainStatus::Uncheckable { reason, .. } => {
            let message = format!("The certificate's chain can't be checked: {reason}.");
            Some((RuleId::UnsupportedSignatureAlgorithm, message))
        }
        ChainStatus::NotChecked { reason, .. } => {
            Some((RuleId::UncheckedChain, format!("The certificate's chain was not checked: {reason}.")))
        }
    }
}

pub(super) fn list(texts: &[String], none: &str) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = texts.iter().take(SHOWN).map(|text| quoted(text)).collect();
    match texts.len() {
        0 => none.to_owned(),
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}

/// A text of the certificate's, of which a message shows what fits.
fn quoted(text: &str) -> Cow<'_, str> {
    shortened(text, 100)
}

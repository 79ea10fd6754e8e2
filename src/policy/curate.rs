//! Curation in place: which of a recipient's values go, and why. Pure.
//!
//! The values come from the CA and from the user, so rules decide and not ownership. What has expired, what can't be
//! read and what is there twice goes; more only where the profile says so. In doubt a value stays, since nobody but
//! the user or the CA can make it again.

use std::collections::{HashMap, HashSet};

use super::{RuleId, chains::Chains, says_unknown, select::Selected};
use crate::{
    certificate::{Address, Certificate, ValueContent, ValueForm, ValueProblem},
    model::{
        Attribute, CuratedValue, Finding, Fingerprint, JudgedCertificate, Purpose, Telling, Timestamp, Value,
    },
    profile::RemovableValue,
    trust::{ChainStatus, Checks, Intermediates, PathValidator},
};

/// Extended key usages that a certificate may have without serving another purpose than mail: emailProtection,
/// any, and clientAuth, which public CAs add as a matter of course. With any other (smart-card logon, EFS, IPsec)
/// it serves that, too.
const MAIL_ONLY: [&str; 3] = ["1.3.6.1.5.5.7.3.4", "2.5.29.37.0", "1.3.6.1.5.5.7.3.2"];

/// Certificates of one value that its removal names.
const SHOWN: usize = 5;

/// What curation works with.
pub(super) struct Curation<'a> {
    /// The recipient's values, each with what was read from it.
    pub values: &'a [(&'a Value, ValueContent)],
    /// What was found on each of their certificates.
    pub judged: &'a [JudgedCertificate],
    /// The issuer chains with all values there.
    pub chains: &'a Chains,
    /// Finds out how they are without some.
    pub paths: &'a dyn PathValidator,
    /// What is selected; no value goes for a chosen certificate.
    pub selected: &'a Selected,
    /// What the profile lets go besides what has expired, can't be read or is there twice.
    pub removable: &'a [RemovableValue],
    pub now: Timestamp,
}

/// A value while it is decided on.
struct Candidate<'a> {
    value: &'a Value,
    content: &'a ValueContent,
    fingerprint: Fingerprint,
    removal: Option<String>,
}

impl Candidate<'_> {
    fn stays(&self) -> bool {
        self.removal.is_none()
    }

    /// Smaller is cleaner: the plain certificate, then what has least wrong with it and around it. The fingerprint
    /// decides between equals, so that the order of values never does.
    fn cleanness(&self) -> impl Ord + use<> {
        let plain =
            matches!(self.content.certificates.as_slice(), [only] if only.der() == &*self.value.bytes);
        let certificate = self.content.form == ValueForm::Certificate;
        (!plain, !certificate, self.content.problems.len(), self.value.bytes.len(), self.fingerprint)
    }
}

impl Curation<'_> {
    /// Every value, in their order, and why those go that do; nothing where all stay.
    pub(super) fn decide(&self, checks: &mut Checks) -> Vec<CuratedValue> {
        let entries = Entries::of(self.judged);
        let mut candidates: Vec<Candidate<'_>> =
            self.values.iter().map(|one| self.candidate(one, &entries)).collect();
        let trust_matters =
            |one: &RemovableValue| matches!(one, RemovableValue::Untrusted | RemovableValue::Displaced);
        if self.removable.iter().any(trust_matters) {
            self.keep_chains(&mut candidates, checks);
        }
        remove_duplicates(&mut candidates);
        if candidates.iter().all(Candidate::stays) {
            return Vec::new();
        }
        let telling = Telling::of(self.judged);
        let curated = |one: Candidate<'_>| CuratedValue {
            value: one.value.clone(),
            certificate: telling.certificate(one.value).cloned(),
            removal: one.removal,
        };
        candidates.into_iter().map(curated).collect()
    }

    fn candidate<'v>(
        &self,
        (value, content): &'v (&'v Value, ValueContent),
        entries: &Entries<'_>,
    ) -> Candidate<'v> {
        let removal = self.removal(value.attribute, content, entries);
        Candidate { value, content, fingerprint: value.fingerprint(), removal }
    }

    /// Why a value goes whatever others there are: when there is something against every certificate in it.
    fn removal(&self, attribute: Attribute, content: &ValueContent, entries: &Entries<'_>) -> Option<String> {
        if content.is_cut_short() {
            return None;
        }
        let unreadable = content.problems.iter().filter_map(unreadable);
        let mut reasons: Vec<(Option<&Certificate>, String)> =
            unreadable.map(|reason| (None, reason)).collect();
        for certificate in own(content, !reasons.is_empty()) {
            reasons.push((Some(certificate), self.reason(attribute, certificate, entries)?));
        }
        let all = reasons.len();
        match reasons.as_slice() {
            [] => None,
            [(_, reason)] => Some(reason.clone()),
            several => {
                let texts: Vec<String> = several.iter().take(SHOWN).map(named).collect();
                let more = if all > SHOWN { format!("; and {} more", all - SHOWN) } else { String::new() };
                Some(format!("All {all} certificates in it go: {}{more}.", texts.join("; ")))
            }
        }
    }

    /// Why one certificate is no reason to keep its value.
    fn reason(
        &self,
        attribute: Attribute,
        certificate: &Certificate,
        entries: &Entries<'_>,
    ) -> Option<String> {
        if self.selected.chosen.contains(&certificate.fingerprint) {
            return None;
        }
        // The last second of the validity still belongs to it.
        if certificate.not_after < self.now {
            return Some(format!("Expired at {}.", certificate.not_after));
        }
        if self.now < certificate.not_before || !serves_mail_only(certificate) {
            return None;
        }
        let against = against(certificate, entries);
        let by_rule = against.iter().find(|(opt_in, _)| self.removable.contains(opt_in));
        // What may be for something else, or was not looked at, is left alone.
        let surely = is_surely_for_mail(certificate) && !entries.unknown(certificate);
        let displaced = || self.displacing(attribute, certificate).filter(|_| against.is_empty() && surely);
        by_rule.map(|(_, message)| message.clone()).or_else(displaced)
    }

    /// The sentence on the best certificate, where it displaces others: the profile says so, and it is in the same
    /// attribute, which would be left without an encryption certificate otherwise.
    fn displacing(&self, attribute: Attribute, certificate: &Certificate) -> Option<String> {
        if attribute != Attribute::UserCertificate || !self.removable.contains(&RemovableValue::Displaced) {
            return None;
        }
        // Nobody knows what the recipient prefers in there.
        let unchecked = |problem: &ValueProblem| {
            matches!(problem, ValueProblem::UncheckedSignature | ValueProblem::UnsupportedSignature(_))
        };
        let unread =
            |content: &ValueContent| content.is_cut_short() || content.problems.iter().any(unchecked);
        if self.values.iter().any(|(_, content)| unread(content)) {
            return None;
        }
        let best = self.selected.chosen.first()?;
        let of_attribute = self.values.iter().filter(|(value, _)| value.attribute == attribute);
        let mut certificates = of_attribute.flat_map(|(_, content)| &content.certificates);
        let best = certificates.find(|certificate| certificate.fingerprint == *best)?;
        let why = self.selected.superseded.get(&certificate.fingerprint);
        Some(why.cloned().unwrap_or_else(|| format!("Another certificate can be used: {}.", best.describe())))
    }

    /// CA certificates that come along in values are intermediates for all of the recipient's certificates. Values
    /// that would take the trust of a certificate that stays with them stay, too: else that certificate would be the
    /// next to go.
    fn keep_chains(&self, candidates: &mut [Candidate<'_>], checks: &mut Checks) {
        let cas = |stays: bool| -> Vec<&Certificate> {
            let some = self.values.iter().zip(&*candidates).filter(|(_, one)| one.stays() == stays);
            let certificates = some.flat_map(|((_, content), _)| &content.certificates);
            certificates.filter(|one| one.is_ca() && self.now <= one.not_after).collect()
        };
        let (left, going) = (cas(true), cas(false));
        let staying_cas: HashSet<Fingerprint> = left.iter().map(|one| one.fingerprint).collect();
        let going = going.iter().map(|one| one.fingerprint);
        let lost: HashSet<Fingerprint> = going.filter(|one| !staying_cas.contains(one)).collect();
        if lost.is_empty() {
            return;
        }
        let mut staying = candidates
            .iter()
            .filter(|one| one.stays())
            .flat_map(|one| &one.content.certificates)
            .filter(|certificate| self.chains.is_trusted(certificate));
        let left = Intermediates::new(left);
        let trusted =
            |leaf| matches!(self.paths.validate(leaf, &left, self.now, checks), ChainStatus::Trusted { .. });
        if staying.all(trusted) {
            return;
        }
        for candidate in candidates {
            if candidate.content.certificates.iter().any(|one| lost.contains(&one.fingerprint)) {
                candidate.removal = None;
            }
        }
    }
}

/// What was found on each certificate; of one that is there several times, on the first.
struct Entries<'a>(HashMap<Fingerprint, &'a [Finding]>);

impl<'a> Entries<'a> {
    fn of(judged: &'a [JudgedCertificate]) -> Self {
        let mut entries: HashMap<_, &[Finding]> = HashMap::new();
        for entry in judged {
            if let Some(certificate) = &entry.certificate {
                entries.entry(certificate.fingerprint).or_insert(&entry.findings);
            }
        }
        Self(entries)
    }

    /// Whether something of it was not looked at.
    fn unknown(&self, certificate: &Certificate) -> bool {
        self.0.get(&certificate.fingerprint).is_some_and(|findings| findings.iter().any(says_unknown))
    }
}

/// What speaks against a mail certificate, by the facts: how grave the policy takes them does not matter.
fn against(certificate: &Certificate, entries: &Entries<'_>) -> Vec<(RemovableValue, String)> {
    let findings = entries.0.get(&certificate.fingerprint).copied().unwrap_or_default();
    let opt_in = |finding: &Finding| match finding.rule.parse().ok()? {
        RuleId::UntrustedIssuer | RuleId::BrokenChain => Some(RemovableValue::Untrusted),
        RuleId::WeakKey | RuleId::InvalidKey | RuleId::RocaKey | RuleId::WeakSignatureAlgorithm => {
            Some(RemovableValue::Weak)
        }
        RuleId::AddressMismatch => Some(RemovableValue::WrongAddress),
        _ => None,
    };
    findings.iter().filter_map(|finding| Some((opt_in(finding)?, finding.message.clone()))).collect()
}

/// Whether it says that it is for mail: by an extended key usage, or by naming a mail address. Without both it may be
/// for the Wi-Fi or anything else.
fn is_surely_for_mail(certificate: &Certificate) -> bool {
    certificate.extended_key_usage.is_some() || certificate.addresses.iter().any(Address::is_for_mail)
}

/// The user's own certificates in a value. CA certificates come along and don't count, unless they are all that is
/// in it: `accompanied` says that something else is, which can't be read.
fn own(content: &ValueContent, accompanied: bool) -> Vec<&Certificate> {
    let own: Vec<&Certificate> = content.certificates.iter().filter(|one| !one.is_ca()).collect();
    if own.is_empty() && !accompanied { content.certificates.iter().collect() } else { own }
}

fn unreadable(problem: &ValueProblem) -> Option<String> {
    match problem {
        ValueProblem::Unreadable(reason) => Some(format!("No certificate can be read from it: {reason}.")),
        ValueProblem::UnreadableCertificate(position, reason) => {
            Some(format!("Certificate {position} in it can't be read: {reason}."))
        }
        _ => None,
    }
}

fn named((certificate, reason): &(Option<&Certificate>, String)) -> String {
    let reason = reason.trim_end_matches('.');
    match certificate {
        Some(certificate) => format!("{}: {reason}", certificate.describe()),
        None => reason.to_owned(),
    }
}

/// Whether a certificate is one for mail and for nothing else. Without extended key usages it is one if its key and
/// key usage let it be.
fn serves_mail_only(certificate: &Certificate) -> bool {
    !certificate.is_ca() && certificate.purpose() != Purpose::None && !serves_another_purpose(certificate)
}

/// Whether its extended key usages name another purpose than mail, with mail or without: smart-card logon, EFS, VPN.
pub fn serves_another_purpose(certificate: &Certificate) -> bool {
    let purposes = certificate.extended_key_usage.as_deref().unwrap_or_default();
    !certificate.allows_mail() || purposes.iter().any(|oid| !MAIL_ONLY.contains(&oid.as_str()))
}

/// Of `userCertificate`, takes out values all of whose certificates are in cleaner values that stay. Values with
/// the same bytes are one value: removing it by its bytes would remove them all.
fn remove_duplicates(candidates: &mut [Candidate<'_>]) {
    let mut cleanest: Vec<&mut Candidate<'_>> = candidates
        .iter_mut()
        .filter(|one| one.stays() && one.value.attribute == Attribute::UserCertificate)
        .filter(|one| !one.content.certificates.is_empty() && !one.content.is_cut_short())
        .collect();
    cleanest.sort_by_cached_key(|one| one.cleanness());
    let mut kept: HashMap<Fingerprint, Fingerprint> = HashMap::new();
    for candidate in cleanest {
        let certificates = &candidate.content.certificates;
        let elsewhere = |one: &Certificate| {
            kept.get(&one.fingerprint).is_some_and(|value| *value != candidate.fingerprint)
        };
        if certificates.iter().all(elsewhere) {
            let thumbprints: Vec<String> =
                certificates.iter().take(SHOWN).map(|one| hex::encode_upper(one.thumbprint)).collect();
            candidate.removal = Some(format!(
                "The same is in a cleaner value that stays: thumbprint {}.",
                thumbprints.join(", ")
            ));
        } else {
            for certificate in certificates {
                kept.entry(certificate.fingerprint).or_insert(candidate.fingerprint);
            }
        }
    }
}

//! Which certificates a withdrawal takes, and which of them stay all the same.

use std::collections::{BTreeMap, BTreeSet};

use super::unpublish::{UnpublishState, Withdrawal};
use crate::{
    certificate::Certificate,
    error::{Error, ErrorId, Result},
    model::{
        CertificateState, CertificateSummary, Finding, Fingerprint, JudgedCertificate, Severity, Timestamp,
        counted,
    },
    policy::{RuleId, says_unknown, serves_another_purpose},
};

/// A withdrawal with its thumbprints as upper-case hexadecimal digits, and what became of it so far.
pub(super) struct Wanted {
    thumbprints: BTreeSet<String>,
    /// By the recipient's anchor.
    listed: BTreeMap<String, Listing>,
    states: Vec<UnpublishState>,
    force: bool,
    /// Of the thumbprints, those that were found with anybody.
    found: BTreeSet<String>,
    pub(super) kept: Kept,
}

/// What a listing names of one recipient, and what of it was found.
#[derive(Default)]
struct Listing {
    thumbprints: BTreeSet<String>,
    values: BTreeSet<String>,
    is_looked_at: bool,
    found: BTreeSet<String>,
}

/// Certificates that stay although they are such as are wanted.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// They name another purpose, too, whether or not they can be used for it, and only a thumbprint or force takes them.
    serving: u64,
    /// They are for another purpose, where only those were asked for that can't be used.
    other_purpose: u64,
    /// They become valid by themselves.
    not_yet_valid: u64,
    /// Something of them was not looked at, and nothing else speaks against them.
    unchecked: u64,
}

impl Kept {
    /// One sentence a kind.
    pub(super) fn warnings(&self) -> Vec<String> {
        let by_force = "To take out such a certificate, name its thumbprint with -Thumbprint, or say -Force.";
        let by_name = "To take out such a certificate, name its thumbprint with -Thumbprint.";
        let by_state = "To take out such a certificate, name its thumbprint with -Thumbprint, or say -State OtherPurpose -Force.";
        let kinds = [
            (
                self.serving,
                "names another purpose than mail, such as logon, EFS or VPN, and stays",
                "name another purpose than mail, such as logon, EFS or VPN, and stay",
                by_force,
            ),
            (
                self.other_purpose,
                "is for another purpose than mail, such as logon, EFS or VPN, and stays",
                "are for another purpose than mail, such as logon, EFS or VPN, and stay",
                by_state,
            ),
            (self.not_yet_valid, "is not valid yet and stays", "are not valid yet and stay", by_force),
            (
                self.unchecked,
                "was not looked at to the end and stays",
                "were not looked at to the end and stay",
                by_name,
            ),
        ];
        let there = kinds.into_iter().filter(|(count, ..)| *count > 0);
        there
            .map(|(count, one, many, advice)| {
                let what = counted(count, &format!("certificate {one}"), &format!("certificates {many}"));
                format!("{what}. {advice}")
            })
            .collect()
    }
}

impl Wanted {
    pub(super) fn of(withdrawal: &Withdrawal) -> Result<Self> {
        let Withdrawal { identity, thumbprint, listed, state, force } = withdrawal;
        let names_more = !thumbprint.is_empty() || !state.is_empty();
        if !listed.is_empty() && (names_more || !identity.is_empty()) {
            let what = "Certificates out of a listing are taken from their recipients; nothing else can be named with them.";
            return Err(Error::new(ErrorId::InvalidRequest, what));
        }
        if listed.iter().all(|one| one.thumbprint.is_empty() && one.value.is_empty()) && !names_more {
            let what = "Neither thumbprints nor states of certificates to take out are given.";
            return Err(Error::new(ErrorId::InvalidRequest, what).advice("Give -Thumbprint or -State."));
        }
        let all = |texts: &[String], digits| {
            texts.iter().map(|text| hexadecimal(text, digits)).collect::<Result<BTreeSet<_>>>()
        };
        let mut listings = BTreeMap::<String, Listing>::new();
        for one in listed {
            let listing = listings.entry(one.anchor.to_lowercase()).or_default();
            listing.thumbprints.extend(all(&one.thumbprint, THUMBPRINT)?);
            listing.values.extend(all(&one.value, FINGERPRINT)?);
        }
        Ok(Self {
            thumbprints: all(thumbprint, THUMBPRINT)?,
            listed: listings,
            states: state.clone(),
            force: *force,
            found: BTreeSet::new(),
            kept: Kept::default(),
        })
    }

    /// Why a certificate goes; `None`: it stays, and is counted if it is such as are wanted.
    pub(super) fn reason(
        &mut self,
        anchor: &str,
        entry: &JudgedCertificate,
        certificate: &CertificateSummary,
        now: Timestamp,
    ) -> Option<String> {
        let thumbprint = &certificate.thumbprint;
        let listed = self.is_listed(anchor, thumbprint, |listing| &listing.thumbprints);
        let typed = self.thumbprints.contains(thumbprint);
        if typed {
            self.found.insert(certificate.thumbprint.clone());
        }
        if typed {
            return Some("asked for by thumbprint".to_owned());
        }
        let expired = certificate.not_after < now;
        if expired && self.has(UnpublishState::Expired) {
            return Some(format!("expired at {}", certificate.not_after));
        }
        let unusable = entry.state == CertificateState::Unusable;
        let other_purpose = entry.state == CertificateState::OtherPurpose;
        let by_state = unusable && self.has(UnpublishState::Unusable)
            || other_purpose && self.has(UnpublishState::OtherPurpose);
        if !listed && !by_state {
            self.kept.other_purpose += u64::from(other_purpose && self.has(UnpublishState::Unusable));
            return None;
        }
        let errors = || entry.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let against: Vec<&str> = errors()
            .filter(|finding| !is_rule(finding, RuleId::NotYetValid) && !says_unknown(finding))
            .map(|finding| finding.message.trim_end_matches('.'))
            .collect();
        if against.is_empty() && errors().any(says_unknown) {
            self.kept.unchecked += 1;
            return None;
        }
        if !self.force {
            let kept = if !expired && serves_otherwise(entry) {
                Some(&mut self.kept.serving)
            } else if unusable && against.is_empty() {
                Some(&mut self.kept.not_yet_valid)
            } else {
                None
            };
            if let Some(kept) = kept {
                *kept += 1;
                return None;
            }
        }
        Some(if against.is_empty() { "asked for".to_owned() } else { against.join("; ") })
    }

    /// Whether a listing names it of the recipient, who has it.
    fn is_listed(&mut self, anchor: &str, name: &str, of: impl Fn(&Listing) -> &BTreeSet<String>) -> bool {
        let Some(listing) = self.listed.get_mut(&anchor.to_lowercase()) else { return false };
        let is_listed = of(listing).contains(name);
        if is_listed {
            listing.found.insert(name.to_owned());
        }
        is_listed
    }

    /// Notes that a recipient is looked at.
    pub(super) fn look_at(&mut self, anchor: &str) {
        if let Some(listing) = self.listed.get_mut(&anchor.to_lowercase()) {
            listing.is_looked_at = true;
        }
    }

    /// Notes that somebody has a value; whether it goes if no certificate in it can be read.
    pub(super) fn is_unreadable_wanted(&mut self, anchor: &str, value: Fingerprint) -> bool {
        let listed = self.is_listed(anchor, &value.to_string(), |listing| &listing.values);
        listed || self.has(UnpublishState::Unusable)
    }

    /// What was named and nobody has, or not the recipient with whom a listing showed it.
    pub(super) fn not_found(&self) -> Vec<Error> {
        let error = |name: &str, what: String| Error::new(ErrorId::CertificateNotFound, what).target(name);
        let typed = self.thumbprints.difference(&self.found).map(|one| {
            error(
                one,
                format!("No recipient that was looked at has a certificate with the thumbprint {one}."),
            )
        });
        // Who was not found is an error already.
        let looked_at = self.listed.iter().filter(|(_, listing)| listing.is_looked_at);
        let listed = looked_at.flat_map(|(anchor, listing)| {
            let missing = |names: &BTreeSet<String>, what: &str| -> Vec<Error> {
                let there = names.difference(&listing.found);
                there.map(|one| error(one, format!("The recipient {anchor} has no {what} {one}."))).collect()
            };
            let mut missing_ones = missing(&listing.thumbprints, "certificate with the thumbprint");
            missing_ones.extend(missing(&listing.values, "value without a certificate and with the SHA-256"));
            missing_ones
        });
        typed.chain(listed).collect()
    }

    fn has(&self, state: UnpublishState) -> bool {
        self.states.contains(&state)
    }
}

fn is_rule(finding: &Finding, rule: RuleId) -> bool {
    finding.rule == rule.id()
}

/// Certificates for smart-card logon, EFS or VPN, for mail besides or not, are nothing to be taken out for being unusable
/// for mail.
fn serves_otherwise(entry: &JudgedCertificate) -> bool {
    Certificate::from_der(&entry.der).is_ok_and(|certificate| serves_another_purpose(&certificate))
}

/// Digits of a SHA-1, and of a SHA-256.
const THUMBPRINT: usize = 40;
const FINGERPRINT: usize = 64;

/// Hexadecimal digits, as Windows shows them: in any case, and perhaps with spaces, colons or an invisible mark.
fn hexadecimal(text: &str, length: usize) -> Result<String> {
    let ignored = |c: char| c.is_whitespace() || matches!(c, ':' | '\u{200E}' | '\u{200F}');
    let digits: String = text.chars().filter(|c| !ignored(*c)).collect::<String>().to_ascii_uppercase();
    if digits.len() == length && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(digits);
    }
    let kind = if length == THUMBPRINT { "thumbprint" } else { "SHA-256" };
    let what = format!("'{text}' is no {kind}; that has {length} hexadecimal digits.");
    Err(Error::new(ErrorId::InvalidRequest, what)
        .target(text)
        .advice("Copy the thumbprint from Get-SmimeCertificate."))
}

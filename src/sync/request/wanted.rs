//! Which certificates a withdrawal takes, and which of them stay all the same.

use std::collections::BTreeSet;

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
    listed: BTreeSet<String>,
    listed_values: BTreeSet<String>,
    states: Vec<UnpublishState>,
    force: bool,
    /// Thumbprints and values that were found with anybody.
    found: BTreeSet<String>,
    pub(super) kept: Kept,
}

/// Certificates that stay although they are such as are wanted.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// They serve another purpose, too, and only a thumbprint or force takes them.
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
                "serves another purpose than mail, such as logon, EFS or VPN, and stays",
                "serve another purpose than mail, such as logon, EFS or VPN, and stay",
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
        let Withdrawal { identity: _, thumbprint, listed, listed_value, state, force } = withdrawal;
        if [thumbprint, listed, listed_value].iter().all(|some| some.is_empty()) && state.is_empty() {
            let what = "Neither thumbprints nor states of certificates to take out are given.";
            return Err(Error::new(ErrorId::InvalidRequest, what).advice("Give -Thumbprint or -State."));
        }
        let all = |texts: &[String], digits| {
            texts.iter().map(|text| hexadecimal(text, digits)).collect::<Result<_>>()
        };
        Ok(Self {
            thumbprints: all(thumbprint, THUMBPRINT)?,
            listed: all(listed, THUMBPRINT)?,
            listed_values: all(listed_value, FINGERPRINT)?,
            states: state.clone(),
            force: *force,
            found: BTreeSet::new(),
            kept: Kept::default(),
        })
    }

    /// Why a certificate goes; `None`: it stays, and is counted if it is such as are wanted.
    pub(super) fn reason(
        &mut self,
        entry: &JudgedCertificate,
        certificate: &CertificateSummary,
        now: Timestamp,
    ) -> Option<String> {
        let listed = self.listed.contains(&certificate.thumbprint);
        let typed = self.thumbprints.contains(&certificate.thumbprint);
        if listed || typed {
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

    /// Notes that somebody has a value; whether it goes if no certificate in it can be read.
    pub(super) fn is_unreadable_wanted(&mut self, value: Fingerprint) -> bool {
        let value = value.to_string();
        let listed = self.listed_values.contains(&value);
        if listed {
            self.found.insert(value);
        }
        listed || self.has(UnpublishState::Unusable)
    }

    /// What was named and nobody has, with what it is.
    pub(super) fn not_found(&self) -> Vec<(&str, &'static str)> {
        let certificates = self.thumbprints.union(&self.listed);
        let certificates = certificates.map(|one| (one.as_str(), "certificate with the thumbprint"));
        let values = self
            .listed_values
            .iter()
            .map(|one| (one.as_str(), "value without a certificate and with the SHA-256"));
        certificates.chain(values).filter(|(one, _)| !self.found.contains(*one)).collect()
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

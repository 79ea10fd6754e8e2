//! From usable certificates to the desired state.

use std::{cmp::Reverse, collections::HashMap};

use super::{RuleId, certificate_rules::Fired, reader::reader_choice, value_rules::MAX_DIRECTORY_VALUE};
use crate::{
    certificate::{Certificate, KeyAlgorithm, ValueContent},
    model::{Attribute, DesiredValue, Fingerprint, Purpose, Timestamp, Value},
    profile::SelectionName,
};

/// The most values of one attribute that Entra Connect and Exchange Online take.
pub const MAX_VALUES: usize = 15;

/// A usable certificate, once, however often it is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub certificate: &'a Certificate,
    /// Whether its chain ends at an anchor.
    pub trusted: bool,
    /// Whether it names a mail address of the recipient.
    pub named: bool,
    /// Whether its owner wants mail encrypted to it.
    pub preferred: bool,
}

/// What ranks a certificate, the weightiest first; smaller is better. What is trusted comes first, so that nothing
/// else ever displaces it, then what names the recipient: a newer one for the Wi-Fi that names nobody displaces
/// nothing. Then what its owner prefers. Senders should use the newest, whatever it is for besides; of those of one
/// day, which one enrolment issued, the one for this purpose alone. The fingerprint decides between equals, so that the
/// order of values never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    untrusted: bool,
    nameless: bool,
    not_preferred: bool,
    day: Reverse<i64>,
    shared_purpose: bool,
    not_before: Reverse<Timestamp>,
    not_after: Reverse<Timestamp>,
    strength: Reverse<u32>,
    fingerprint: Fingerprint,
}

impl Candidate<'_> {
    fn encrypts(&self) -> bool {
        matches!(self.certificate.purpose(), Purpose::Encryption | Purpose::EncryptionAndSigning)
    }

    fn signs(&self) -> bool {
        matches!(self.certificate.purpose(), Purpose::Signing | Purpose::EncryptionAndSigning)
    }

    fn rank(&self, purpose: Purpose) -> Rank {
        const DAY: i64 = 24 * 3600;
        let certificate = self.certificate;
        Rank {
            untrusted: !self.trusted,
            nameless: !self.named,
            not_preferred: !self.preferred,
            day: Reverse(certificate.not_before.0.div_euclid(DAY)),
            shared_purpose: certificate.purpose() != purpose,
            not_before: Reverse(certificate.not_before),
            not_after: Reverse(certificate.not_after),
            strength: Reverse(strength(certificate)),
            fingerprint: certificate.fingerprint,
        }
    }

    /// Why this one is better than `other`, as a sentence; `None` where it is not.
    fn better_than(&self, other: &Self, purpose: Purpose) -> Option<String> {
        let (mine, theirs) = (self.rank(purpose), other.rank(purpose));
        if mine >= theirs {
            return None;
        }
        let why: &str = match () {
            () if mine.untrusted != theirs.untrusted => "which is trusted",
            () if mine.nameless != theirs.nameless => "which names a mail address of the recipient",
            () if mine.not_preferred != theirs.not_preferred => "which is preferred in userSMIMECertificate",
            () if mine.day != theirs.day => "which is newer",
            () if mine.shared_purpose != theirs.shared_purpose && purpose == Purpose::Signing => {
                "which is for signing alone"
            }
            () if mine.shared_purpose != theirs.shared_purpose => "which is for encryption alone",
            () if mine.not_before != theirs.not_before => "which is newer",
            () if mine.not_after != theirs.not_after => "which lasts longer",
            () if mine.strength != theirs.strength => "which has the stronger key",
            () => "which is as good, and of two equals the one with the lower fingerprint is taken",
        };
        Some(format!("Another certificate is better: {}, {why}.", self.certificate.describe()))
    }
}

/// Bits of security (NIST SP 800-57 part 1, table 2).
fn strength(certificate: &Certificate) -> u32 {
    let size = certificate.key.size.unwrap_or(0);
    match (&certificate.key.algorithm, size) {
        (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, bits) => match bits {
            15_360.. => 256,
            7_680.. => 192,
            3_072.. => 128,
            2_048.. => 112,
            _ => 80,
        },
        (_, bits) => bits / 2,
    }
}

/// What was selected.
#[derive(Debug, Default)]
pub(super) struct Selected {
    /// Best first.
    pub desired: Vec<DesiredValue>,
    /// The certificates that it is about.
    pub chosen: Vec<Fingerprint>,
    /// Why others are not among them, in sentences.
    pub superseded: HashMap<Fingerprint, String>,
    /// Rules that fired on the recipient.
    pub fired: Vec<Fired>,
}

/// Selects among `candidates`. Without an encryption certificate among them nothing is desired. `unknown` are those that
/// may be usable; where one would not be better than what is selected, that is said, too.
pub(super) fn select(
    mut candidates: Vec<Candidate<'_>>,
    unknown: &[Candidate<'_>],
    values: &[(&Value, ValueContent)],
    selection: SelectionName,
    now: Timestamp,
) -> Selected {
    candidates.sort_by_cached_key(|candidate| candidate.rank(Purpose::Encryption));
    let encryption: Vec<_> = candidates.iter().copied().filter(Candidate::encrypts).collect();
    let Some(best) = encryption.first().copied() else { return Selected::default() };
    candidates.sort_by_cached_key(|candidate| candidate.rank(Purpose::Signing));
    let signing = candidates.iter().copied().filter(Candidate::signs);
    let best_signing = signing.clone().next();
    let another = best_signing.filter(|one| one.certificate.fingerprint != best.certificate.fingerprint);
    let mut selected = Selected::default();
    let ranked = match selection {
        SelectionName::Best => std::iter::once(best).chain(another).collect(),
        SelectionName::AllUsable => {
            let only_signing = signing.filter(|candidate| !candidate.encrypts());
            let mut all: Vec<_> = encryption.iter().copied().chain(only_signing).collect();
            selected.fired.extend(limit(&mut all));
            all
        }
    };
    selected.chosen = ranked.iter().map(|candidate| candidate.certificate.fingerprint).collect();
    selected.superseded = candidates
        .iter()
        .chain(unknown)
        .filter(|one| !selected.chosen.contains(&one.certificate.fingerprint))
        .filter_map(|one| {
            let why = if one.encrypts() {
                best.better_than(one, Purpose::Encryption)
            } else {
                best_signing?.better_than(one, Purpose::Signing)
            };
            Some((one.certificate.fingerprint, why?))
        })
        .collect();
    selected.desired = ranked.iter().map(|candidate| published_alone(candidate.certificate)).collect();
    let passed_on = smime_values(values, best.certificate, now, &mut selected.fired);
    selected.desired.splice(1..1, passed_on);
    selected
}

fn limit(all: &mut Vec<Candidate<'_>>) -> Option<Fired> {
    let count = all.len();
    all.truncate(MAX_VALUES);
    let message = || format!("Of {count} usable certificates the best {MAX_VALUES} are selected.");
    (count > MAX_VALUES).then(|| (RuleId::SelectionLimited, message()))
}

fn published_alone(certificate: &Certificate) -> DesiredValue {
    DesiredValue {
        value: Value::new(Attribute::UserCertificate, certificate.der()),
        certificate: certificate.summary(),
    }
}

/// The userSMIMECertificate values out of which readers pick `best`, in an order that does not depend on that of
/// the source.
fn smime_values(
    values: &[(&Value, ValueContent)],
    best: &Certificate,
    now: Timestamp,
    fired: &mut Vec<Fired>,
) -> Vec<DesiredValue> {
    let mut passed_on: Vec<DesiredValue> = Vec::new();
    for (value, content) in values.iter().filter(|(v, _)| v.attribute == Attribute::UserSmimeCertificate) {
        let fits = value.bytes.len() <= MAX_DIRECTORY_VALUE;
        let picked = reader_choice(content, now).filter(|_| fits);
        if picked == Some(best.fingerprint) {
            passed_on.push(DesiredValue { value: (*value).clone(), certificate: best.summary() });
        } else if !content.certificates.is_empty() {
            let other =
                picked.and_then(|picked| content.certificates.iter().find(|c| c.fingerprint == picked));
            let what = other
                .map_or("find none for certain".to_owned(), |other| format!("pick {}", other.describe()));
            let message = format!(
                "A userSMIMECertificate value is not passed on: readers would {what}, and the chosen one is {}.",
                best.describe()
            );
            fired.push((RuleId::SmimeValueLeftOut, message));
        }
    }
    passed_on.sort_by_key(|desired| desired.value.fingerprint());
    passed_on.dedup_by(|one, other| one.value == other.value);
    passed_on.truncate(MAX_VALUES);
    passed_on
}

//! From usable certificates to the desired state.

use std::cmp::Reverse;

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
    /// Whether its owner wants mail encrypted to it.
    pub preferred: bool,
}

impl Candidate<'_> {
    fn encrypts(&self) -> bool {
        matches!(self.certificate.purpose(), Purpose::Encryption | Purpose::EncryptionAndSigning)
    }

    fn signs(&self) -> bool {
        matches!(self.certificate.purpose(), Purpose::Signing | Purpose::EncryptionAndSigning)
    }

    /// Smaller is better. What is trusted comes first, so that nothing else ever displaces it; then what its owner
    /// prefers, what serves this one `purpose`, the newest, the longest valid, the strongest; the fingerprint
    /// decides between equals, so that the order of values never does.
    fn rank(&self, purpose: Purpose) -> impl Ord + use<> {
        let certificate = self.certificate;
        (
            !self.trusted,
            purpose == Purpose::Encryption && !self.preferred,
            certificate.purpose() != purpose,
            Reverse(certificate.not_before),
            Reverse(certificate.not_after),
            Reverse(strength(certificate)),
            certificate.fingerprint,
        )
    }
}

/// Bits of security (NIST SP 800-57 part 1, table 2).
fn strength(certificate: &Certificate) -> u32 {
    let size = certificate.key.size.unwrap_or(0);
    match (&certificate.key.algorithm, size) {
        (KeyAlgorithm::Rsa, 15_360..) => 256,
        (KeyAlgorithm::Rsa, 7_680..) => 192,
        (KeyAlgorithm::Rsa, 3_072..) => 128,
        (KeyAlgorithm::Rsa, 2_048..) => 112,
        (KeyAlgorithm::Rsa, _) => 80,
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
    /// Rules that fired on the recipient.
    pub fired: Vec<Fired>,
}

/// Selects among `candidates`. Without an encryption certificate among them nothing is desired.
pub(super) fn select(
    mut candidates: Vec<Candidate<'_>>,
    values: &[(&Value, ValueContent)],
    selection: SelectionName,
    now: Timestamp,
) -> Selected {
    candidates.sort_by_cached_key(|candidate| candidate.rank(Purpose::Encryption));
    let encryption: Vec<_> = candidates.iter().copied().filter(Candidate::encrypts).collect();
    let Some(best) = encryption.first().copied() else { return Selected::default() };
    candidates.sort_by_cached_key(|candidate| candidate.rank(Purpose::Signing));
    let signing = candidates.iter().copied().filter(Candidate::signs);
    let mut selected = Selected::default();
    let ranked = match selection {
        SelectionName::Best if best.signs() => vec![best],
        SelectionName::Best => std::iter::once(best).chain(signing.take(1)).collect(),
        SelectionName::AllUsable => {
            let only_signing = signing.filter(|candidate| !candidate.encrypts());
            let mut all: Vec<_> = encryption.iter().copied().chain(only_signing).collect();
            selected.fired.extend(limit(&mut all));
            all
        }
    };
    selected.chosen = ranked.iter().map(|candidate| candidate.certificate.fingerprint).collect();
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

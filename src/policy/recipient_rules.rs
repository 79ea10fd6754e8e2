//! The rules on a recipient as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::{RuleId, certificate_rules::Fired, is_unknown, select::MAX_VALUES};
use crate::{
    certificate::{MAX_OCTETS, MAX_PARTS, ValueContent},
    model::{
        Attribute, CertificateState, JudgedCertificate, Named, Purpose, Value, counted, printable, trimmed,
    },
};

/// The most findings of one rule on one recipient.
const MAX_OF_ONE_RULE: usize = 10;

/// Judges it by its values and their certificates.
pub(super) fn judge(
    values: &[(&Value, ValueContent)],
    judged: &[JudgedCertificate],
    nothing_desired: bool,
) -> Vec<Fired> {
    let mut fired = Vec::new();
    for attribute in Attribute::all() {
        let count = values.iter().filter(|(value, _)| value.attribute == attribute).count();
        if count > MAX_VALUES {
            let message =
                format!("{attribute} has {count} values; Entra Connect exports none above {MAX_VALUES}.");
            fired.push((RuleId::TooManyValues, message));
        }
    }
    let unread = values.iter().filter(|(_, content)| content.is_cut_short()).count();
    if unread > 0 {
        let message = format!(
            "{} not read, or only in part: all together have more than {MAX_PARTS} certificates or {MAX_OCTETS} bytes, or \
             one is too large.",
            counted(unread, "value was", "values were")
        );
        fired.push((RuleId::UnreadValue, message));
    }
    if nothing_desired {
        if !values.is_empty() {
            let message = "None of the recipient's certificates can be used to encrypt mail.";
            fired.push((RuleId::NoEncryptionCertificate, message.into()));
        }
        return fired;
    }
    let smime = judged.iter().filter(|entry| entry.attribute == Attribute::UserSmimeCertificate);
    let (mut all, mut with_usable) = (BTreeSet::new(), BTreeSet::new());
    for entry in smime {
        all.insert((entry.position, entry.value));
        if usable_for_encryption(entry) || may_be_usable(entry) {
            with_usable.insert((entry.position, entry.value));
        }
    }
    for (position, value) in all.difference(&with_usable) {
        let message = format!(
            "Value {} of userSMIMECertificate (SHA-256 {value}) has no usable encryption certificate inside, and \
             hides the good one from Outlook.",
            position + 1
        );
        fired.push((RuleId::StaleSmimeValue, message));
    }
    fired
}

/// What nobody looked at may be good.
fn may_be_usable(entry: &JudgedCertificate) -> bool {
    is_unknown(&entry.findings)
}

/// That an address or name of the source is not what it looks like.
pub(super) fn untrimmed(text: &str) -> Fired {
    let message = format!("'{}' is taken as '{}'.", printable(text), trimmed(text));
    (RuleId::UntrimmedAddress, message)
}

fn usable_for_encryption(entry: &JudgedCertificate) -> bool {
    let encrypts = |purpose| matches!(purpose, Purpose::Encryption | Purpose::EncryptionAndSigning);
    matches!(entry.state, CertificateState::Usable | CertificateState::Chosen)
        && entry.certificate.as_ref().is_some_and(|certificate| encrypts(certificate.purpose))
}

/// Of each rule the first findings, and how many more there are: a recipient may have any number of values.
pub(super) fn few_of_each(fired: Vec<Fired>) -> Vec<Fired> {
    let mut counts: BTreeMap<RuleId, usize> = BTreeMap::new();
    let mut few: Vec<Fired> = Vec::new();
    for (rule, message) in fired {
        let count = counts.entry(rule).or_default();
        *count += 1;
        if *count <= MAX_OF_ONE_RULE {
            few.push((rule, message));
        }
    }
    for (rule, count) in counts {
        if let Some(more) = count.checked_sub(MAX_OF_ONE_RULE).filter(|more| *more > 0) {
            few.push((rule, format!("The same is so of {}.", counted(more, "more value", "more values"))));
        }
    }
    few
}

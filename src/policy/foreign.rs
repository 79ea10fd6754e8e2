//! What is found at the target: values that somebody else put there, and what hides ours.

use super::{RuleId, reader_choice};
use crate::{
    certificate::read_value,
    model::{Attribute, Finding, Fingerprint, Timestamp, Value},
};

/// Whether mail programs would prefer a foreign value to what we publish: they look into userSMIMECertificate
/// first. `ours` are the values that we publish, `chosen` the certificates that they are published for.
pub fn foreign_value_preferred(
    ours: &[Value],
    foreign: &[Value],
    chosen: &[Fingerprint],
    now: Timestamp,
) -> Option<Finding> {
    let choice = |value: &Value| reader_choice(&read_value(value.attribute, &value.bytes), now);
    let in_smime = |value: &&Value| value.attribute == Attribute::UserSmimeCertificate;
    if ours.is_empty() || ours.iter().filter(in_smime).any(|value| choice(value).is_some()) {
        return None;
    }
    let other = |value: &&Value| choice(value).is_some_and(|picked| !chosen.contains(&picked));
    let value = foreign.iter().filter(in_smime).find(other)?;
    let message = format!(
        "The target has a userSMIMECertificate value of another program (SHA-256 {}), and mail programs prefer it.",
        value.fingerprint()
    );
    Some(target_finding(RuleId::ForeignValuePreferred, message))
}

/// A finding on a recipient of the target; what the target is like does not depend on the policy.
pub fn target_finding(rule: RuleId, message: String) -> Finding {
    Finding { rule: rule.id().to_owned(), severity: rule.standard(), message }
}

//! Replacements: Updates to a certificate that is no renewal of the one before. Pure.
//!
//! A renewal names one of the recipient's mail addresses, and its validity begins later. Another issuer alone makes no
//! replacement: companies change their CA.

use std::collections::BTreeSet;

use crate::{
    model::{Fingerprint, JudgedCertificate, PublishedCertificate, PublishedValue, without},
    policy::RuleId,
};

/// Those of a recipient's certificates that name none of its mail addresses, by what the policy found.
pub(super) fn nameless(judged: &[JudgedCertificate]) -> BTreeSet<Fingerprint> {
    let rules = [RuleId::AddressMissing.id(), RuleId::AddressMismatch.id()];
    let fired = |one: &&JudgedCertificate| one.findings.iter().any(|found| rules.contains(&&*found.rule));
    let names_none = judged.iter().filter(fired);
    names_none.filter_map(|one| Some(one.certificate.as_ref()?.fingerprint)).collect()
}

/// Why an Update from `before` to `after`, best first, is no renewal, in a sentence; `None` where it is one, where the
/// best certificate was there before, and where too little is known of either.
pub(super) fn doubt(before: &[PublishedValue], after: &[PublishedValue]) -> Option<String> {
    let best = after.first()?;
    let new = best.certificate.as_ref()?;
    let is_new = |old: &PublishedCertificate| old.fingerprint == new.fingerprint;
    if before.iter().any(|old| old.same(best) || old.certificate.as_ref().is_some_and(is_new)) {
        return None;
    }
    if new.names_recipient == Some(false) {
        return Some(format!("No renewal: {} names none of the recipient's mail addresses.", new.describe()));
    }
    let replaced = without(before, after);
    let old = replaced.iter().filter_map(|old| old.certificate.as_ref()).max_by_key(|old| old.not_before)?;
    (new.not_before < old.not_before).then(|| {
        format!("No renewal: {} is older than the one that it replaces, {}.", new.describe(), old.describe())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attribute, Timestamp};

    fn value(number: u8, not_before: i64, names_recipient: Option<bool>) -> PublishedValue {
        let certificate = PublishedCertificate {
            subject: format!("CN={number}"),
            thumbprint: "00".into(),
            fingerprint: Fingerprint([number; 32]),
            not_before: Timestamp(not_before),
            not_after: Timestamp(i64::MAX),
            names_recipient,
        };
        let value = Fingerprint([number; 32]);
        PublishedValue { attribute: Attribute::UserCertificate, value, certificate: Some(certificate) }
    }

    #[test]
    fn a_renewal_names_the_recipient_and_is_no_older() {
        let old = || value(1, 100, Some(true));
        let unknown = |number| PublishedValue { certificate: None, ..value(number, 0, None) };
        let smime = |one: PublishedValue| PublishedValue {
            attribute: Attribute::UserSmimeCertificate,
            value: Fingerprint([9; 32]),
            ..one
        };
        let cases: &[(&str, Vec<PublishedValue>, Vec<PublishedValue>, bool)] = &[
            ("newer, with the address", vec![old()], vec![value(2, 200, Some(true))], false),
            ("begins at the same time", vec![old()], vec![value(2, 100, Some(true))], false),
            ("newer, without the address", vec![old()], vec![value(2, 200, Some(false))], true),
            ("older", vec![old()], vec![value(2, 99, Some(true))], true),
            ("nobody looked whether it names the address", vec![old()], vec![value(2, 200, None)], false),
            ("nobody looked, and it is older", vec![old()], vec![value(2, 99, None)], true),
            (
                "nameless before, another nameless one now",
                vec![value(1, 100, Some(false))],
                vec![value(2, 200, Some(false))],
                true,
            ),
            (
                "in front of the old one, which stays",
                vec![old()],
                vec![value(2, 200, Some(false)), old()],
                true,
            ),
            ("behind the old one, which stays", vec![old()], vec![old(), value(2, 200, Some(false))], false),
            (
                "older, and nothing goes: it is better for another reason",
                vec![old()],
                vec![value(2, 99, Some(true)), old()],
                false,
            ),
            ("the same certificate in another form", vec![smime(old())], vec![old()], false),
            ("what was there is not known", vec![unknown(1)], vec![value(2, 50, Some(true))], false),
            ("what comes is not known", vec![old()], vec![unknown(2)], false),
            ("nothing comes", vec![old()], vec![], false),
            (
                "older than one of two that it replaces",
                vec![value(1, 50, Some(true)), value(3, 150, Some(true))],
                vec![value(2, 100, Some(true))],
                true,
            ),
        ];
        for (what, before, after, is_doubtful) in cases {
            assert_eq!(doubt(before, after).is_some(), *is_doubtful, "{what}: {:?}", doubt(before, after));
        }
    }
}

//! What a mail program would pick out of a userSMIMECertificate value.

use crate::{
    certificate::{ValueContent, ValueForm, ValueProblem},
    model::{Fingerprint, Timestamp},
};

/// The certificate that Outlook picks out of the value at the time `now`: the signed default, else the first valid
/// one (Microsoft, "Outlook S/MIME certificate selection"; MS-OXOABK 2.2.4.36). `None` where it finds none, or
/// where it is not certain that every reader understands the value.
pub fn reader_choice(content: &ValueContent, now: Timestamp) -> Option<Fingerprint> {
    let doubtful = |problem: &ValueProblem| {
        !matches!(
            problem,
            ValueProblem::IndefiniteLength | ValueProblem::WeakDigest(_) | ValueProblem::UnknownPreference
        )
    };
    let binary = matches!(content.form, ValueForm::SignedData | ValueForm::OxoAbk);
    if !binary || content.problems.iter().any(doubtful) {
        return None;
    }
    let first_valid = || {
        content.certificates.iter().find(|certificate| !certificate.is_ca() && certificate.is_valid_at(now))
    };
    content.preferred_encryption.or_else(|| first_valid().map(|certificate| certificate.fingerprint))
}

//! Alice's values, judged under a policy, with the test CA as the only anchor.

use smime_sync::{
    certificate::{Certificate, MAX_SIGNATURES, SignatureBudget},
    model::{Attribute, Evaluation, Finding, Recipient, Timestamp},
    policy::{Policy, evaluate},
    profile::{PolicyName, SelectionName},
    trust::{ChainStatus, Checks, Intermediates, PathValidator, TrustAnchors},
};

use crate::common::certificates::*;

pub const USER: Attribute = Attribute::UserCertificate;
pub const SMIME: Attribute = Attribute::UserSmimeCertificate;

pub fn anchors() -> TrustAnchors {
    TrustAnchors::new([Certificate::from_der(&root().der).unwrap()])
}

/// What becomes of the search for a chain of `leaf`, as if nothing else was searched.
pub fn chain_of(
    leaf: &Certificate,
    intermediates: &[Certificate],
    anchors: &TrustAnchors,
    now: Timestamp,
) -> ChainStatus {
    let mut checks = Checks::new(SignatureBudget::new(MAX_SIGNATURES));
    anchors.validate(leaf, &Intermediates::new(intermediates), now, &mut checks)
}

pub fn evaluate_as(name: PolicyName, recipient: &Recipient) -> Evaluation {
    evaluate(recipient, &Policy::new(name, SelectionName::Best, false), &anchors(), NOW)
}

pub fn all_findings(evaluation: &Evaluation) -> Vec<Finding> {
    let on_certificates = evaluation.certificates.iter().flat_map(|entry| &entry.findings);
    on_certificates.chain(&evaluation.findings).cloned().collect()
}

pub fn thumbprint(der: &[u8]) -> String {
    hex::encode_upper(Certificate::from_der(der).unwrap().thumbprint)
}

pub fn good() -> Draft {
    Draft::person("alice@contoso.test")
}

pub fn rsa(bits: usize) -> Draft {
    good().key(rsa_spki(bits, 1))
}

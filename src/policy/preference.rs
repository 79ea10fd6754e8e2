//! Whose preference for a certificate counts.

use std::collections::BTreeSet;

use super::{
    Policy, RuleId,
    certificate_rules::{Names, Naming},
    chains::Chains,
};
use crate::{
    certificate::{Certificate, ValueContent},
    model::{Fingerprint, Severity, Value},
    trust::ChainStatus,
};

/// What tells whether a preference is the recipient's own.
pub(super) struct Preferences<'a> {
    pub chains: &'a Chains,
    pub names: &'a Names<'a>,
    pub policy: &'a Policy,
}

impl Preferences<'_> {
    /// The certificates that the recipient wants mail encrypted to.
    pub(super) fn of(&self, values: &[(&Value, ValueContent)]) -> BTreeSet<Fingerprint> {
        let own = values.iter().filter(|(_, content)| self.objection(content).is_none());
        own.filter_map(|(_, content)| content.preferred_encryption).collect()
    }

    /// Why the preference in a value is not the recipient's, in a sentence. One that is not signed counts: nobody but
    /// the recipient, and who is above, can write there. What somebody else signed was copied.
    pub(super) fn objection(&self, content: &ValueContent) -> Option<String> {
        let signer = content.preference_signer?;
        let signer = content.certificates.iter().find(|one| one.fingerprint == signer)?;
        let because = if self.names.naming(signer) == Naming::Others {
            "names somebody else"
        } else {
            self.doubt(signer)?
        };
        Some(format!("The certificate that signed the preference {because}: {}.", signer.describe()))
    }

    /// What has expired was good when it signed, as far as anybody can tell.
    fn doubt(&self, signer: &Certificate) -> Option<&'static str> {
        let untrusted_is_wrong = self.policy.severity(RuleId::UntrustedIssuer) == Severity::Error;
        match self.chains.of(signer)? {
            ChainStatus::Trusted { .. } => None,
            ChainStatus::SelfSigned | ChainStatus::MissingIssuer(_) => {
                untrusted_is_wrong.then_some("is not trusted")
            }
            ChainStatus::Broken { .. } => Some("has a chain that does not hold"),
            ChainStatus::Uncheckable { .. } => Some("has a chain that can't be checked"),
            ChainStatus::NotChecked { .. } => Some("was not checked"),
        }
    }
}

//! The issuer chains of one recipient's certificates.

use std::collections::HashMap;

use crate::{
    certificate::{Certificate, ValueContent},
    model::{Fingerprint, Timestamp, Value},
    trust::{ChainStatus, PathValidator},
};

/// The most chains that are searched for one recipient, whose owner may have written anything into the values.
const MAX_CHAINS: usize = 500;

/// The chain of every certificate that has not expired, searched once.
pub(super) struct Chains(HashMap<Fingerprint, ChainStatus>);

impl Chains {
    /// Searches them; CA certificates among the values serve as intermediates.
    pub(super) fn search(
        values: &[(&Value, ValueContent)],
        paths: &dyn PathValidator,
        now: Timestamp,
    ) -> Self {
        let all = || values.iter().flat_map(|(_, content)| &content.certificates);
        let intermediates: Vec<&Certificate> = all().filter(|certificate| certificate.is_ca()).collect();
        let mut chains = HashMap::new();
        for leaf in all().filter(|certificate| !certificate.is_ca() && now <= certificate.not_after) {
            let searched = chains.len();
            chains.entry(leaf.fingerprint).or_insert_with(|| {
                if searched < MAX_CHAINS { paths.validate(leaf, &intermediates, now) } else { too_many() }
            });
        }
        Self(chains)
    }

    /// What became of the search; `None` where the certificate has expired.
    pub(super) fn of(&self, certificate: &Certificate) -> Option<&ChainStatus> {
        self.0.get(&certificate.fingerprint)
    }

    /// Whether the chain ends at an anchor.
    pub(super) fn is_trusted(&self, certificate: &Certificate) -> bool {
        matches!(self.of(certificate), Some(ChainStatus::Trusted { .. }))
    }

    /// Whether the chain was searched at all, and not one too many.
    pub(super) fn is_checked(&self, certificate: &Certificate) -> bool {
        self.of(certificate).is_some_and(|status| *status != too_many())
    }

    /// When a chain may turn out otherwise.
    pub(super) fn changes(&self) -> impl Iterator<Item = Timestamp> {
        self.0
            .values()
            .flat_map(|status| match status {
                ChainStatus::Trusted { changes } | ChainStatus::Broken { changes, .. } => changes.as_slice(),
                _ => &[],
            })
            .copied()
    }

    /// The issuer that the chain of a certificate needed and that was not there.
    pub(super) fn missing_issuer(&self, certificate: Fingerprint) -> Option<&str> {
        match self.0.get(&certificate) {
            Some(ChainStatus::MissingIssuer(issuer)) => Some(issuer),
            _ => None,
        }
    }
}

fn too_many() -> ChainStatus {
    let reason = format!("the recipient has more than {MAX_CHAINS} certificates, and no more are checked");
    ChainStatus::Broken { reason, changes: Vec::new() }
}

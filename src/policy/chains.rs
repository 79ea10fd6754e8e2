//! The issuer chains of one recipient's certificates.

use std::collections::HashMap;

use crate::{
    certificate::{Certificate, ValueContent},
    model::{Fingerprint, Timestamp, Value},
    trust::{ChainStatus, Checks, Intermediates, PathValidator},
};

/// The chain of every mail certificate that has not expired, searched once.
pub(super) struct Chains(HashMap<Fingerprint, ChainStatus>);

impl Chains {
    /// Searches them, those of the lowest `rank` first, since `checks` may not do for all; CA certificates among the
    /// values serve as intermediates. Nobody needs the chains of certificates for other purposes, whose CAs need not be
    /// among the anchors.
    pub(super) fn search<Rank: Ord>(
        values: &[(&Value, ValueContent)],
        rank: impl Fn(&Certificate) -> Rank,
        paths: &dyn PathValidator,
        now: Timestamp,
        checks: &mut Checks,
    ) -> Self {
        let all = || values.iter().flat_map(|(_, content)| &content.certificates);
        let intermediates = Intermediates::new(all().filter(|certificate| certificate.is_ca()));
        let mut leaves: Vec<&Certificate> =
            all().filter(|leaf| !leaf.is_ca() && leaf.allows_mail() && now <= leaf.not_after).collect();
        leaves.sort_by_cached_key(|leaf| (rank(leaf), leaf.fingerprint));
        leaves.dedup_by_key(|leaf| leaf.fingerprint);
        let search =
            |leaf: &Certificate| (leaf.fingerprint, paths.validate(leaf, &intermediates, now, checks));
        Self(leaves.into_iter().map(search).collect())
    }

    /// What became of the search; `None` where the certificate has expired, or is for another purpose.
    pub(super) fn of(&self, certificate: &Certificate) -> Option<&ChainStatus> {
        self.0.get(&certificate.fingerprint)
    }

    /// Whether the chain ends at an anchor.
    pub(super) fn is_trusted(&self, certificate: &Certificate) -> bool {
        matches!(self.of(certificate), Some(ChainStatus::Trusted { .. }))
    }

    /// When a chain may turn out otherwise.
    pub(super) fn changes(&self) -> impl Iterator<Item = Timestamp> {
        self.0
            .values()
            .flat_map(|status| match status {
                ChainStatus::Trusted { changes }
                | ChainStatus::Broken { changes, .. }
                | ChainStatus::Uncheckable { changes, .. }
                | ChainStatus::NotChecked { changes, .. } => changes.as_slice(),
                ChainStatus::SelfSigned | ChainStatus::MissingIssuer(_) => &[],
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

//! A profile's policy with the anchors that it trusts.

use crate::{
    error::Result,
    model::{Evaluation, Fingerprint, Recipient, Timestamp},
    policy::{self, Policy},
    profile::Profile,
    trust::{TrustAnchors, load_anchors},
};

/// A policy with the anchors that it trusts.
pub(in crate::operation) struct Judge {
    policy: Policy,
    anchors: TrustAnchors,
    now: Timestamp,
}

impl Judge {
    /// Fails with `TrustAnchorMissing`, `TrustAnchorUnreadable`.
    pub(in crate::operation) fn of(profile: &Profile, now: Timestamp) -> Result<Self> {
        let Profile { trust, policy, target, .. } = profile;
        let anchors = if trust.trust_anchor_path.is_empty() && trust.allow_untrusted {
            TrustAnchors::new([])
        } else {
            load_anchors(&trust.trust_anchor_path)?
        };
        let mut policy = Policy::new(policy.rules, policy.selection, trust.allow_untrusted);
        if let Some(in_place) = target.in_place() {
            policy = policy.curating(&in_place.remove_value);
        }
        Ok(Self { policy, anchors, now })
    }

    pub(in crate::operation) fn fingerprint(&self) -> Fingerprint {
        self.policy.fingerprint(&self.anchors.fingerprint())
    }

    pub(in crate::operation) fn evaluate(&self, recipient: &Recipient) -> Evaluation {
        policy::evaluate(recipient, &self.policy, &self.anchors, self.now)
    }
}

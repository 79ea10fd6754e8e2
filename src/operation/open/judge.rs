//! A profile's policy with the anchors that it trusts.

use crate::{
    error::Result,
    model::{Evaluation, Fingerprint, Recipient, Timestamp},
    policy::{self, Policy},
    profile::{Profile, TargetKind},
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
        let anchors = if profile.trust_anchor_path.is_empty() && profile.allow_untrusted {
            TrustAnchors::new([])
        } else {
            load_anchors(&profile.trust_anchor_path)?
        };
        let mut policy = Policy::new(profile.policy, profile.selection, profile.allow_untrusted);
        if profile.target == TargetKind::ActiveDirectory {
            policy = policy.curating(&profile.remove_value);
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

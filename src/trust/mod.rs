//! Issuer chains: from a certificate, through the CA certificates at hand, to an anchor of the profile.

mod anchors;
mod checks;
mod constraints;
mod intermediates;
mod path;
mod subtrees;

pub use anchors::{TrustAnchors, load_anchors};
pub use checks::Checks;
pub use intermediates::Intermediates;

use crate::{certificate::Certificate, model::Timestamp};

/// What became of the search for a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainStatus {
    /// It ends at an anchor.
    Trusted {
        /// When a CA certificate on the way begins or ceases to be valid, so that this may turn out otherwise.
        changes: Vec<Timestamp>,
    },
    /// The certificate is signed with its own key and is no anchor.
    SelfSigned,
    /// The CA certificate of this name (RFC 4514 text) was needed and not there.
    MissingIssuer(String),
    /// A chain is there, but does not hold.
    Broken {
        /// Why, as a phrase.
        reason: String,
        /// When a CA certificate on the way begins or ceases to be valid.
        changes: Vec<Timestamp>,
    },
    /// A chain is there, and nobody here can check one of its signatures.
    Uncheckable {
        /// Which, and why, as a phrase.
        reason: String,
        /// When a CA certificate on the way begins or ceases to be valid.
        changes: Vec<Timestamp>,
    },
    /// A chain may be there, but nobody knows: looking for it would take too much.
    NotChecked {
        /// Why, as a phrase.
        reason: String,
        /// When a CA certificate on the way begins or ceases to be valid.
        changes: Vec<Timestamp>,
    },
}

/// Finds out whether a certificate's chain ends at an anchor.
pub trait PathValidator {
    /// Searches a chain for `leaf` at the time `now`. `intermediates` are CA certificates that came along with it;
    /// they are trusted only as far as an anchor vouches for them. `checks` are those that one recipient's chains may
    /// cost together, and what they found out.
    fn validate(
        &self,
        leaf: &Certificate,
        intermediates: &Intermediates<'_>,
        now: Timestamp,
        checks: &mut Checks,
    ) -> ChainStatus;
}

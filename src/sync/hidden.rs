//! Somebody else's value that readers would prefer to ours.

use crate::{
    model::{Finding, Fingerprint, PublishedValue, Timestamp, Value},
    policy::{self},
};

/// The finding that `foreign` values hide `ours`, if a reader would not choose a certificate of `published`.
pub(super) fn by_foreign(
    published: &[PublishedValue],
    ours: &[Value],
    foreign: &[Value],
    now: Timestamp,
) -> Option<Finding> {
    let certificates = published.iter().filter_map(|value| value.certificate.as_ref());
    let chosen: Vec<Fingerprint> = certificates.map(|certificate| certificate.fingerprint).collect();
    policy::foreign_value_preferred(ours, foreign, &chosen, now)
}

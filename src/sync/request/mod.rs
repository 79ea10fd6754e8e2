//! Runs whose changes somebody asks for, where the policy would not make them: `Publish-` and
//! `Unpublish-SmimeCertificate`. They are made in the directory itself, in place, whatever the profile's target is,
//! and are marked, guarded, exported and kept as those of any other run.

mod asked;
mod named;
mod publish;
mod run;
mod skipped;
mod unpublish;
mod wanted;

pub use publish::{Publication, publish};
pub use unpublish::{Listed, UnpublishState, Withdrawal, unpublish};

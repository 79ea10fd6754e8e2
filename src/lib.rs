//! SmimeSync: reads S/MIME certificates from a directory, judges them, and keeps the right ones published.
//!
//! ```text
//! source ─read▶ recipient ─parse▶ certificates ─judge▶ findings ─select▶ desired state
//!    ─compare with published▶ changes ─guard▶ staged ─export▶ target ▶ history, report
//! ```
//!
//! The data flows one way: [`directory`] reads, [`certificate`] parses, [`policy`] judges and selects with the
//! chains of [`trust`], [`sync`] plans and exports to a [target](targets) and keeps its [`state`]. An [`operation`] is
//! what a caller can ask for; the C ABI in `ffi` is how.

pub(crate) mod ber;
pub mod certificate;
pub mod directory;
pub mod error;
pub mod event;
pub mod exchange;
pub mod ffi;
pub mod model;
pub mod operation;
pub(crate) mod parallel;
pub mod places;
pub mod policy;
pub mod profile;
mod regular_file;
pub mod runtime;
pub mod state;
pub mod sync;
pub mod targets;
mod tls;
pub mod trust;
pub mod wildcard;

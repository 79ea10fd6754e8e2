//! One run: import, plan, guard, export.

mod anchor_change;
mod change;
mod clocks;
mod contact;
mod decide;
mod desk;
mod exclusions;
mod export;
mod fingerprint;
mod first_contact;
mod guard;
mod hidden;
mod import;
mod job;
mod look;
pub mod mode;
mod moves;
mod orphan;
mod plan;
mod progress;
mod read_back;
mod record;
mod recover;
pub mod request;
mod run;
mod sweep;
mod verify;
mod wiped;

pub use change::digest;
pub(crate) use clocks::compare as compare_clocks;
pub use decide::{Planned, decide};
pub(crate) use import::without_values;
pub use job::{Job, Options};
pub(crate) use record::record_failure;
pub use run::run;

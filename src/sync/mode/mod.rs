//! Modes: whose the values at the target are, and who decides on them. A run has one, chosen where its
//! [`Job`](super::Job) is opened; whatever depends on it is asked of the mode, and of nothing else.
//!
//! - [`Managed`]: values are published elsewhere. What was published or adopted is managed; ownership decides.
//! - [`InPlace`]: values are put right where they are read. They belong to nobody; rules, or a request, decide.

mod in_place;
mod managed;

pub use in_place::InPlace;
pub use managed::Managed;

use super::{decide::Planned, desk::Desk, look::Look, wiped::Watched};
use crate::{
    error::{Error, Result},
    model::{Change, ChangeState, Exclusion, PublishedValue, Timestamp},
    profile::Profile,
    state::{
        State,
        guard::Guarded,
        published::{Link, PlanRow},
    },
    targets::{Target, TargetRecipient, TargetWrite},
};

/// The mode of a profile's own runs.
pub fn of(profile: &Profile) -> Box<dyn Mode + '_> {
    match profile.target.publication() {
        Some(publication) => Box::new(Managed::new(publication, profile.policy.disabled_account)),
        None => Box::new(InPlace),
    }
}

/// What of a run depends on whose the values at the target are, in the order in which it comes up.
pub trait Mode: Sync {
    /// What a request was writing to the directory when it was interrupted, before a run of the profile's own:
    /// whether that is left in flight, to be read back at this run's target, or is left to the import.
    fn take_over(&self, state: &State, request: i64) -> Result<()>;

    /// Keeps what became of a change that was interrupted, by what the target has now.
    fn recover(&self, desk: &Desk<'_>, change: &Change, found: Option<TargetRecipient>) -> Result<()>;

    /// Why a recipient is skipped, whatever the target has; `None`: it is not.
    fn leaves_alone(&self, row: &PlanRow) -> Option<Exclusion>;

    /// The looks at the target before anything is planned, in their order; `watched`: at whose published values, too.
    fn looks(&self, state: &State, watched: Watched) -> Result<Vec<Box<dyn Look + '_>>>;

    /// What a recipient needs; `None`: nothing.
    fn plan(&self, row: &PlanRow, target: &dyn Target) -> Option<Planned>;

    /// What speaks against a plan as a whole; the error is the recipient's alone.
    fn objection(&self, row: &PlanRow, planned: &Planned) -> Option<Error>;

    /// Of how many recipients the guard takes its percentage; `with_values` of the source have values, where all of it
    /// was read. `None`: that can't be told from what was read.
    fn population(&self, state: &State, with_values: Option<u64>) -> Result<Option<u64>>;

    /// The same, of those alone whom the import of `run` shows; `with_values` of them have values.
    fn population_of(&self, state: &State, run: i64, with_values: u64) -> Result<u64>;

    /// Where a Remove takes something away, for the guard over time.
    fn guarded(&self) -> Guarded;

    /// How many recipients of the source have no value left when the run's changes in `changes` are carried out.
    fn emptied(&self, state: &State, run: i64, changes: ChangeState) -> Result<u64>;

    /// What the write of a change is made of.
    fn material(&self, state: &State, change: &Change) -> Result<Material>;

    /// What the target shows of a write.
    fn sight(&self, change: &Change, write: &TargetWrite<'_>, found: Option<&TargetRecipient>) -> Sight;

    /// Keeps what a written change made of the target, within the caller's transaction; `key` is the target's own
    /// for the recipient.
    fn keep(&self, state: &State, change: &Change, key: &str, now: Timestamp) -> Result<()>;

    /// Keeps what is there of a change that has failed, within the caller's transaction: the target still has what was
    /// to go, and what was written besides.
    fn keep_left(
        &self,
        state: &State,
        change: &Change,
        found: &TargetRecipient,
        now: Timestamp,
    ) -> Result<()>;
}

/// The values of a write, and which of those that are there it replaces.
#[derive(Debug, PartialEq)]
pub struct Material {
    /// Where an earlier run left the recipient.
    pub link: Link,
    /// What is managed at the target, and so goes if it is not among `ours`.
    pub managed: Vec<PublishedValue>,
    /// What is written, best first.
    pub ours: Vec<PublishedValue>,
    /// Whether values that are neither ours nor named by the change stay.
    pub keeps_others: bool,
}

/// What the target shows of a write that is read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// What was written: it is settled.
    Written,
    /// What was there before, as from a replica that has not heard of it: it is looked at again.
    Before,
    /// Neither: somebody else writes, or the target misread it, and the run stops.
    Neither,
}

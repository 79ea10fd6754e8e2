//! What keeps and tells what is found out: the parts of a job that a mode gets.

use crate::{
    error::Result,
    event::{Context, LogLevel},
    model::Timestamp,
    state::State,
};

/// Where what is found out is kept and told.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The profile's state, or a private copy.
    pub state: &'a State,
    /// The time by which the run judges and keeps everything.
    pub now: Timestamp,
    /// Whether what the target does not show may be there all the same ([`shows_late`](crate::targets::Target::shows_late)).
    pub shows_late: bool,
    /// Whether the target may have what it does not show ([`hides_values`](crate::targets::Target::hides_values)).
    pub hides_values: bool,
    /// Whether parts may be left of what it does not show ([`leaves_parts`](crate::targets::Target::leaves_parts)).
    pub leaves_parts: bool,
    /// Whether the order of a recipient's values at the target lasts ([`keeps_order`](crate::targets::Target::keeps_order)).
    pub keeps_order: bool,
    /// Where messages and errors go, and where the caller's cancel shows.
    pub context: &'a Context,
}

impl Desk<'_> {
    pub(super) fn verbose(&self, message: impl Into<String>) -> Result<()> {
        self.context.log(LogLevel::Verbose, message)
    }

    pub(super) fn warn(&self, message: impl Into<String>) -> Result<()> {
        self.context.log(LogLevel::Warning, message)
    }
}

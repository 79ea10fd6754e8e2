//! The profile's target for what only reads: it is opened as for a run, and what a run would stop for is told.

use super::Opening;
use crate::{error::Result, event::LogLevel, model::Timestamp, sync, targets::Target};

impl Opening<'_> {
    /// Opens the profile's target to look at what it has. Fails with what the target says; `OtherOrganization`.
    pub(in crate::operation) fn target_to_read(&self, now: Timestamp) -> Result<Box<dyn Target>> {
        let mut target = self.target()?;
        // What another organisation has would pass for this one's.
        self.organisation(target.as_mut())?;
        self.recall(|learned| target.recall(learned))?;
        target.expect(self.published());
        self.warn_of_clock(now, target.clock(self.context)?, "the target")?;
        Ok(target)
    }

    /// By a wrong clock good certificates show as expired, or bad ones as valid: what a run would stop for is told, and
    /// the certificates are shown all the same.
    pub(in crate::operation) fn warn_of_clock(
        &self,
        ours: Timestamp,
        theirs: Option<Timestamp>,
        whose: &str,
    ) -> Result<()> {
        let Some(error) = theirs.and_then(|theirs| sync::compare_clocks(ours, theirs, whose).err()) else {
            return Ok(());
        };
        let message = format!("{} The states shown here are judged by this machine's clock.", error.message);
        self.context.log(LogLevel::Warning, message)
    }
}

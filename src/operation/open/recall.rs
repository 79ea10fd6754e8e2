//! What earlier runs learned of how the target wants to be asked, for what is no run of the profile's own.

use super::Opening;
use crate::{
    error::Result,
    event::LogLevel,
    state::{State, history::LEARNED},
    sync,
};

impl Opening<'_> {
    /// Hands over what the profile's runs have learned, where its state holds anything that can be read; without it,
    /// the target is asked anew. Fails with `Canceled`.
    pub(in crate::operation) fn recall(&self, recall: impl FnOnce(&str)) -> Result<()> {
        let path = self.stored.places.state_file(&self.profile().name);
        let setting = |state: State| state.setting(LEARNED);
        match State::open_to_read(&path).and_then(|state| state.map(setting).transpose()) {
            Ok(Some(Some(learned))) => recall(&learned),
            Ok(_) => {}
            Err(error) => {
                let what =
                    format!("What earlier runs learned of the target can't be read: {}", error.message);
                self.context.log(LogLevel::Verbose, what)?;
            }
        }
        Ok(())
    }

    /// How many recipients have something published at the profile's target, by its state; 0 where that can't be read.
    pub(in crate::operation) fn published(&self) -> u64 {
        let path = self.stored.places.state_file(&self.profile().name);
        let state = State::open_to_read(&path).ok().flatten();
        state.and_then(|state| sync::published(&state, self.profile()).ok()).unwrap_or(0)
    }
}

//! Work on a profile's state, alone.

use super::{Engine, profile_store::StoredProfile};
use crate::{
    error::Result,
    model::Timestamp,
    state::{State, lock::RunLock},
};

/// Does `work` on the profile's state, with who does it. A preview takes no lock and works on a copy; everything
/// else is alone. Fails with `RunInProgress`, with what opening the state says, and with the error of `work`.
pub(super) fn with_state(
    engine: &Engine,
    stored: &StoredProfile,
    what_if: bool,
    now: Timestamp,
    work: impl FnOnce(&State, String) -> Result<()>,
) -> Result<()> {
    let holder = engine.holder();
    let path = stored.places.state_file(&stored.profile.name);
    let lock = if what_if { None } else { Some(RunLock::take(&path, &holder)?) };
    let state = if what_if { State::open_preview(&path)? } else { State::open(&path, now)? };
    let done = work(&state, holder.host);
    // What was learnt is kept whatever the end; the first error is the one to tell.
    let closed = state.close();
    drop(lock);
    done?;
    closed
}

//! Which Exchange organisation a profile's target is, for what is no run of the profile's own.

use super::Opening;
use crate::{
    error::Result,
    profile::TargetKind,
    state::{State, lock::RunLock},
    sync,
    targets::{Target, TargetIdentity},
};

impl Opening<'_> {
    /// The organisation that a profile's target is; `None` for targets of another kind.
    /// Fails with `OtherOrganization` where the profile works with another one, and with what the target and opening
    /// the state say.
    pub(in crate::operation) fn organisation(
        &self,
        target: &mut dyn Target,
    ) -> Result<Option<TargetIdentity>> {
        if !self.is_exchange() {
            return Ok(None);
        }
        let now = target.identity(self.context)?;
        if let Some(now) = &now {
            self.is_known(now)?;
        }
        Ok(now)
    }

    pub(in crate::operation) fn is_exchange(&self) -> bool {
        matches!(self.profile().target.kind(), TargetKind::ExchangeOnline | TargetKind::ExchangeSession)
    }

    pub(in crate::operation) fn is_session(&self) -> bool {
        self.profile().target.kind() == TargetKind::ExchangeSession
    }

    /// Whether the state remembers this organisation; `false`: it remembers none yet.
    /// Fails with `OtherOrganization` where it remembers another one.
    pub(in crate::operation) fn is_known(&self, now: &TargetIdentity) -> Result<bool> {
        let path = self.stored.places.state_file(&self.profile().name);
        match State::open_to_read(&path)? {
            Some(state) => sync::compare_organisation(&state, self.profile(), now),
            None => Ok(false),
        }
    }

    /// Remembers the organisation before something is written there; the state is created where there is none.
    /// Fails with `OtherOrganization`, `RunInProgress`, and with what opening the state says.
    pub(in crate::operation) fn remember_organisation(&self, now: &TargetIdentity) -> Result<()> {
        let path = self.stored.places.state_file(&self.profile().name);
        let lock = RunLock::take(&path, &self.engine.holder())?;
        let state = State::open(&path, crate::model::Timestamp::now())?;
        let kept = sync::compare_organisation(&state, self.profile(), now)
            .and_then(|_| sync::remember_organisation(&state, now));
        let closed = state.close();
        drop(lock);
        kept.and(closed)
    }
}

//! Which organisation the caller's Exchange session belongs to: the profile does not say it, so its state remembers it.
//! Another one stops whatever would be done there, before anything is written.

use super::job::Job;
use crate::{
    error::{Error, ErrorId, Result},
    profile::{Profile, TargetKind},
    state::State,
    targets::TargetIdentity,
};

/// The setting with the organisation that the profile works with.
const KEY: &str = "target_identity";
/// The setting with its name, for people.
const NAME: &str = "target_identity_name";

/// Fails with `OtherOrganization` where the state remembers another organisation than the session's.
pub(super) fn check(job: &mut Job<'_>) -> Result<()> {
    match asked(job)? {
        Some(now) => compare(job.state, job.profile, &now).map(drop),
        None => Ok(()),
    }
}

/// Remembers the session's organisation, which [`check`] has let pass: something is published there, or soon is.
pub(super) fn keep(job: &mut Job<'_>) -> Result<()> {
    match asked(job)? {
        Some(now) => remember(job.state, &now),
        None => Ok(()),
    }
}

fn asked(job: &mut Job<'_>) -> Result<Option<TargetIdentity>> {
    match job.profile.target.kind() {
        TargetKind::ExchangeSession => job.target.identity(job.context),
        _ => Ok(None),
    }
}

/// Whether `state` remembers an organisation. Fails with `OtherOrganization` where that is another one than `now`.
pub(crate) fn compare(state: &State, profile: &Profile, now: &TargetIdentity) -> Result<bool> {
    let Some(key) = state.setting(KEY)? else { return Ok(false) };
    if key == now.key {
        return Ok(true);
    }
    let before = TargetIdentity { key, name: state.setting(NAME)?.unwrap_or_default() };
    let (profile, now, before) = (&profile.name, now.to_string(), before.to_string());
    let what = format!(
        "The Exchange session is connected to {now}, but profile '{profile}' works with {before}; nothing was done."
    );
    let advice = format!(
        "Connect to {before} and run again, or make a profile of its own for {now} with New-SmimeSyncProfile. To go on with \
         this name at another organisation, remove the profile with Remove-SmimeSyncProfile first; what it published stays."
    );
    Err(Error::new(ErrorId::OtherOrganization, what).target(profile).advice(advice))
}

/// Remembers an organisation.
pub(crate) fn remember(state: &State, now: &TargetIdentity) -> Result<()> {
    state.set_setting(KEY, &now.key)?;
    state.set_setting(NAME, &now.name)
}

/// Forgets it: the profile names another target.
pub(super) fn forget(state: &State) -> Result<()> {
    state.remove_setting(KEY)?;
    state.remove_setting(NAME)
}

//! Which Exchange organisation a profile works with. Its state remembers it by what it has for ever: the profile says
//! nothing of the caller's session, and of a tenant a name, which may be changed and given to another one. Another
//! organisation stops whatever would be done there, before anything is written.

use super::job::Job;
use crate::{
    error::{Error, ErrorId, Result},
    profile::{Profile, Target, TargetKind},
    state::State,
    targets::TargetIdentity,
};

/// The setting with the organisation that the profile works with.
const KEY: &str = "target_identity";
/// The setting with its name, for people.
const NAME: &str = "target_identity_name";

/// Fails with `OtherOrganization` where the state remembers another organisation than the target's.
pub(super) fn check(job: &mut Job<'_>) -> Result<()> {
    match asked(job)? {
        Some(now) => compare(job.state, job.profile, &now).map(drop),
        None => Ok(()),
    }
}

/// Remembers the target's organisation, which [`check`] has let pass: something is published there, or soon is.
pub(super) fn keep(job: &mut Job<'_>) -> Result<()> {
    match asked(job)? {
        Some(now) => remember(job.state, &now),
        None => Ok(()),
    }
}

/// Whether the profile's target is an organisation.
pub(super) fn tells(job: &Job<'_>) -> bool {
    matches!(job.profile.target.kind(), TargetKind::ExchangeOnline | TargetKind::ExchangeSession)
}

/// Whether the state remembers an organisation.
pub(super) fn is_remembered(state: &State) -> Result<bool> {
    Ok(state.setting(KEY)?.is_some())
}

/// Whether the target is the organisation that the state remembers.
pub(super) fn is_remembered_one(job: &mut Job<'_>) -> Result<bool> {
    let now = asked(job)?;
    Ok(job.state.setting(KEY)? == now.map(|now| now.key))
}

fn asked(job: &mut Job<'_>) -> Result<Option<TargetIdentity>> {
    if tells(job) { job.target.identity(job.context) } else { Ok(None) }
}

/// Whether `state` remembers an organisation. Fails with `OtherOrganization` where that is another one than `now`.
pub(crate) fn compare(state: &State, profile: &Profile, now: &TargetIdentity) -> Result<bool> {
    let Some(key) = state.setting(KEY)? else { return Ok(false) };
    if key == now.key {
        return Ok(true);
    }
    let before = TargetIdentity { key, name: state.setting(NAME)?.unwrap_or_default() };
    let (named, now, before) = (&profile.name, now.to_string(), before.to_string());
    let (is, back) = match &profile.target {
        Target::ExchangeOnline(online) => (
            format!("The tenant '{}' is {now}", online.organization),
            format!("Give the profile an -Organization of {before}"),
        ),
        _ => (format!("The Exchange session is connected to {now}"), format!("Connect to {before}")),
    };
    let what = format!("{is}, but profile '{named}' works with {before}; nothing was done.");
    let advice = format!(
        "{back} and run again, or make a profile of its own for {now} with New-SmimeSyncProfile. To go on with this name at \
         another organisation, remove the profile with Remove-SmimeSyncProfile first; what it published stays."
    );
    Err(Error::new(ErrorId::OtherOrganization, what).target(named).advice(advice))
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

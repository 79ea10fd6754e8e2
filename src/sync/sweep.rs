//! Removes what the state no longer needs.

use super::{job::Job, witness};
use crate::{
    error::Result,
    model::{HoldReason, Run, Timestamp},
};

/// Seconds after which history and values are looked through at the latest.
const SWEEP_INTERVAL: i64 = 24 * 3600;

/// After a run of the profile's own: what its import and its history leave over.
pub(super) fn after_import(job: &Job<'_>, run: &Run) -> Result<()> {
    if job.options.what_if {
        return Ok(());
    }
    if job.is_partial() {
        job.state.merge_import(run.id)?;
    }
    job.state.transaction(|state| {
        state.sweep_since()?;
        state.sweep_imports()
    })?;
    after_export(job, run)
}

/// What retention no longer keeps. By a clock that is wrong now, nothing is forgotten.
pub(super) fn after_export(job: &Job<'_>, run: &Run) -> Result<()> {
    if run.hold_reasons.contains(&HoldReason::SourceTime) {
        return Ok(());
    }
    let now = job.now;
    let before = witness::sure_time(job, run)?.plus(-i64::from(job.profile.limits.retention) * 24 * 3600);
    let swept = job.state.read_setting("swept", Timestamp::parse)?;
    let due = swept.is_none_or(|swept| swept > now || swept.plus(SWEEP_INTERVAL) <= now);
    job.state.transaction(|state| {
        // Only what was exported, and time, make values superfluous.
        if run.numbers.exported == 0 && !due {
            return Ok(());
        }
        let last = state.last_run_before(before, now)?;
        last.map_or(Ok(()), |last| state.sweep_history(last, before, now))?;
        state.sweep_values(last, before)?;
        state.set_setting("swept", &now.rfc3339())
    })
}

//! What tells the time besides this machine's clock, and what a run makes of it. Certificates are judged by the clock,
//! so a wrong one removes good ones, or keeps bad ones.
//!
//! - A clock of the source or of the target settles it: [`clocks`](super::clocks).
//! - Nothing can have been changed in the future: a date of the source that lies there holds the run. The clock is
//!   wrong now.
//! - A last run that ended in the future was wrong then: a warning, and what it judged is judged again.
//! - A clock far after everything that tells the time may be wrong: a warning. Until it is believed, nobody has been
//!   missing for long enough, and nothing that undoing needs is forgotten.

use serde::{Deserialize, Serialize};

use super::{clocks::CLOCK_TOLERANCE, job::Job};
use crate::{
    directory::Source,
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{Run, Timestamp, Witnesses, counted},
    profile::Profile,
    state::State,
};

const DAY: i64 = 24 * 3600;
/// A clock so many seconds after all that tells the time is doubted.
const JUMP: i64 = 30 * DAY;
/// It is doubted for so many seconds; who corrects clocks has done so by then.
const DOUBT: i64 = 7 * DAY;

/// The setting of the state with [`Kept`].
const WITNESSED: &str = "witnessed_time";

/// What a run keeps of the time for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Kept {
    /// The time that was sure: it goes on as clocks do, but takes part in no leap of theirs.
    time: Timestamp,
    /// What this machine's clock showed.
    clock: Timestamp,
    /// Since when the clock is doubted.
    doubted_since: Option<Timestamp>,
    /// When the source's file was written that a full run read last.
    source: Option<Timestamp>,
}

/// How far a clock is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Belief {
    /// The time that is sure, never after the clock's.
    time: Timestamp,
    doubted_since: Option<Timestamp>,
    /// Whether the clock may be wrong.
    doubted: bool,
}

/// What `now` is worth after what an earlier run kept and what this one has seen. Pure.
fn belief(kept: Option<&Kept>, witnesses: &Witnesses, now: Timestamp) -> Belief {
    let believed = Belief { time: now, doubted_since: None, doubted: false };
    if witnesses.clock_confirmed {
        return believed;
    }
    let times = [
        kept.map(|kept| went_on(kept, now)),
        witnesses.source_modified,
        witnesses.newest_change.as_ref().map(|(time, _)| *time),
    ];
    let Some(time) = times.into_iter().flatten().max() else { return believed };
    let time = time.min(now);
    if now <= time.plus(JUMP) {
        return Belief { time, ..believed };
    }
    let since = kept.and_then(|kept| kept.doubted_since).filter(|since| *since <= now).unwrap_or(now);
    Belief { time, doubted_since: Some(since), doubted: now < since.plus(DOUBT) }
}

/// The time that is sure, by as much later as the clock went on since; a leap counts for nothing.
fn went_on(kept: &Kept, now: Timestamp) -> Timestamp {
    let passed = now.0.saturating_sub(kept.clock.0);
    if (0..=JUMP).contains(&passed) { kept.time.plus(passed) } else { kept.time }
}

fn kept(job: &Job<'_>, run: &Run) -> Result<Option<Kept>> {
    let kept = job.state.read_setting(WITNESSED, |text| serde_json::from_str(text).ok())?;
    if kept.is_some() {
        return Ok(kept);
    }
    // An earlier version kept its runs only.
    let last = last_run(job.state, run)?.map(|last| last.ended.unwrap_or(last.started));
    Ok(last.map(|time| Kept { time, clock: time, doubted_since: None, source: None }))
}

fn last_run(state: &State, run: &Run) -> Result<Option<Run>> {
    Ok(state.runs(&[], run.id, 1)?.pop())
}

fn believe(job: &Job<'_>, run: &Run) -> Result<Belief> {
    Ok(belief(kept(job, run)?.as_ref(), &run.witnesses, job.now))
}

/// Whether `time` is later than the clock may be wrong by.
fn is_to_come(time: Timestamp, now: Timestamp) -> bool {
    time > now.plus(CLOCK_TOLERANCE.cast_signed())
}

/// Whether the clock may be wrong, because it is far after everything that tells the time.
pub(super) fn is_doubted(job: &Job<'_>, run: &Run) -> Result<bool> {
    believe(job, run).map(|belief| belief.doubted)
}

/// The time by which what is kept for a while is forgotten: no leap of the clock makes anything old.
pub(super) fn sure_time(job: &Job<'_>, run: &Run) -> Result<Timestamp> {
    believe(job, run).map(|belief| belief.time)
}

/// Before anything is read: an earlier run that ended in the future is told, and an approval of its plan is void.
pub(super) fn look_back(job: &Job<'_>, run: &Run) -> Result<()> {
    if let Some(last) = last_run(job.state, run)?
        && let ended = last.ended.unwrap_or(last.started)
        && is_to_come(ended, job.now)
    {
        let what = format!(
            "The last run ({}) ended at {ended}, but this machine's clock shows {} now: it was wrong then, or is wrong \
             now. What was judged by a clock that was ahead is judged again by this run.",
            last.id, job.now
        );
        job.context.log(LogLevel::Warning, what)?;
    }
    let plan = job.state.approved_plan()?.map(|id| job.state.find_run(id)).transpose()?.flatten();
    if let Some(plan) = plan.filter(|plan| is_to_come(plan.started, job.now)) {
        job.state.forget_approvals()?;
        let what = format!("The approval of plan {} does not count: {}", plan.id, made_in_future(&plan));
        job.context.log(LogLevel::Warning, what)?;
    }
    Ok(())
}

fn made_in_future(plan: &Run) -> String {
    format!("the plan was made at {}, by a clock that was wrong.", plan.started)
}

/// Fails with `PlanVoid` where a clock that was ahead made a held plan.
pub(crate) fn check_approvable(plan: &Run, now: Timestamp) -> Result<()> {
    if !is_to_come(plan.started, now) {
        return Ok(());
    }
    let what = format!("Plan {} can't be approved: {}", plan.id, made_in_future(plan));
    Err(Error::new(ErrorId::PlanVoid, what).target(plan.id.to_string()))
}

/// Why the dates of the source hold the run, in sentences. No approval and no `-AllowRemoval` lifts that.
pub(super) fn holds(job: &Job<'_>, run: &Run) -> Result<Vec<String>> {
    Ok(reasons(job.profile, &run.witnesses, job.now))
}

/// Pure.
fn reasons(profile: &Profile, witnesses: &Witnesses, now: Timestamp) -> Vec<String> {
    let mut reasons = Vec::new();
    let file = profile.source().file();
    let path = file.map(|file| file.path.display().to_string()).unwrap_or_default();
    if !witnesses.clock_confirmed {
        if let Some(modified) = witnesses.source_modified.filter(|time| is_to_come(*time, now)) {
            reasons.push(format!(
                "This machine's clock ({now}) is before the time at which the file '{path}' was written ({modified}). \
                 Set the clock right; if it is right, save the file again."
            ));
        }
        let newest = witnesses.newest_change.as_ref().filter(|(time, _)| is_to_come(*time, now));
        if let Some((changed, label)) = newest {
            reasons.push(format!(
                "This machine's clock ({now}) is before the time at which {label} was changed in the source ({changed}). \
                 Set the clock right; if it is right, correct that object's whenChanged or modifyTimestamp, or leave it \
                 out of the source."
            ));
        }
    }
    let most = file.and_then(|file| file.maximum_source_age);
    if let (Some(most), Some(modified)) = (most, witnesses.source_modified)
        && modified.plus(most.into()) < now
    {
        reasons.push(format!(
            "The file '{path}' was written at {modified}, longer ago than -MaximumSourceAge allows ({}). Look why there \
             is no newer one.",
            duration(most)
        ));
    }
    reasons
}

/// `2 days`, `36 hours`, `90 seconds`: in the greatest unit that it is whole in.
fn duration(seconds: u32) -> String {
    match seconds {
        s if s > 0 && s % 86_400 == 0 => counted(s / 86_400, "day", "days"),
        s if s > 0 && s % 3600 == 0 => counted(s / 3600, "hour", "hours"),
        s if s > 0 && s % 60 == 0 => counted(s / 60, "minute", "minutes"),
        s => counted(s, "second", "seconds"),
    }
}

/// What a check of the profile finds about the time of its source: fails with `ClockSkew` or `SourceTooOld` where a
/// run would be held.
pub(crate) fn check_source(profile: &Profile, source: &dyn Source, now: Timestamp) -> Result<String> {
    let Some(modified) = source.modified()? else {
        return Ok("The source has no clock of its own.".into());
    };
    let witnesses = Witnesses { source_modified: Some(modified), ..Witnesses::default() };
    let held = reasons(profile, &witnesses, now);
    if held.is_empty() {
        return Ok(format!("The source has no clock of its own; its file was written at {modified}."));
    }
    let id = if is_to_come(modified, now) { ErrorId::ClockSkew } else { ErrorId::SourceTooOld };
    Err(Error::new(id, held.join(" ")))
}

/// Warnings about the dates of what was read.
pub(super) fn tell(job: &Job<'_>, run: &Run) -> Result<()> {
    let kept = kept(job, run)?;
    let Witnesses { clock_confirmed, source_modified: modified, newest_change } = &run.witnesses;
    let warn = |what: String| job.context.log(LogLevel::Warning, what);
    let path = job.profile.source().file().map(|file| file.path.display().to_string()).unwrap_or_default();
    if let Some(modified) = modified {
        // One from the future was written by a wrong clock; every other one would be older for ever.
        let earlier = kept.and_then(|kept| kept.source).filter(|earlier| !is_to_come(*earlier, job.now));
        if let Some(earlier) = earlier.filter(|earlier| modified < earlier) {
            warn(format!(
                "The file '{path}' was written at {modified}, before the one that was read last ({earlier}); is it an \
                 old copy?"
            ))?;
        }
        if *clock_confirmed && is_to_come(*modified, job.now) {
            warn(format!(
                "The file '{path}' was written at {modified}, which is still to come; the clock that wrote it is wrong."
            ))?;
        }
    }
    if !belief(kept.as_ref(), &run.witnesses, job.now).doubted {
        return Ok(());
    }
    let witnesses: Vec<String> = [
        modified.map(|time| format!("the file '{path}' was written at {time}")),
        newest_change.as_ref().map(|(time, _)| format!("the newest change in the source was at {time}")),
        kept.map(|kept| format!("the last run was at {}", went_on(&kept, job.now))),
    ]
    .into_iter()
    .flatten()
    .collect();
    warn(format!(
        "This machine's clock ({}) is more than 30 days after everything that tells the time: {}. If it is wrong, set \
         it right and run again: what it judged is judged again. If it is right, the warning ends within a week.",
        job.now,
        witnesses.join("; ")
    ))
}

/// Keeps the time for the next run, and the date of the file where the plan `passes`.
pub(super) fn keep(job: &Job<'_>, run: &Run, passes: bool) -> Result<()> {
    if job.options.what_if || !holds(job, run)?.is_empty() {
        return Ok(());
    }
    let before = kept(job, run)?;
    let belief = belief(before.as_ref(), &run.witnesses, job.now);
    // A run with identities takes nothing of the file for all of it.
    let read = run.witnesses.source_modified.filter(|_| passes && !job.is_partial());
    let source = read.or(before.and_then(|kept| kept.source));
    // Nothing is older than the first run, so that nothing can be forgotten too early.
    let kept = match before {
        Some(_) => Kept { time: belief.time, clock: job.now, doubted_since: belief.doubted_since, source },
        None => Kept { time: job.now, clock: job.now, doubted_since: None, source },
    };
    let text = serde_json::to_string(&kept)
        .map_err(|e| Error::new(ErrorId::Internal, format!("A record has no JSON form: {e}")))?;
    job.state.set_setting(WITNESSED, &text)
}

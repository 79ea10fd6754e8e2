//! What tells the time besides this machine's clock, and what a run makes of it. Certificates are judged by the clock,
//! so a wrong one removes good ones, or keeps bad ones.
//!
//! - A clock of the source or of the target settles it: [`clocks`](super::clocks).
//! - Nothing can have been changed in the future: a date of the source that lies there holds the run. The clock is
//!   wrong now.
//! - A last run that ended in the future was wrong then: a warning, and what it judged is judged again.
//! - A clock far after everything that tells the time may be wrong: a warning. Until it is believed, nobody has been
//!   missing for long enough, and nothing that undoing needs is forgotten.
//! - How long somebody has been missing is never told by this machine's clock alone: [`Known`].

use serde::{Deserialize, Serialize};

use super::{clocks::CLOCK_TOLERANCE, job::Job};
use crate::{
    directory::Source,
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{Run, Timestamp, Witnesses, counted},
    profile::Profile,
    state::{State, json},
};

const DAY: i64 = 24 * 3600;
/// A clock so many seconds after all that tells the time is doubted.
const JUMP: i64 = 30 * DAY;
/// It is doubted for so many seconds; who corrects clocks has done so by then.
const DOUBT: i64 = 7 * DAY;

/// The setting of the state with [`Kept`].
const WITNESSED: &str = "witnessed_time";

/// What a run keeps of the time for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The newest change that the last full run saw, and of whom.
    newest_change: Option<(Timestamp, String)>,
}

/// The setting of the state with the run that ended in the future, and when, until a full run put things right.
const WRONG_RUN: &str = "run_by_wrong_clock";

/// What is known of the time, for how long somebody has been missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// It is this late for sure, and not later than the clock says: what ends is over by then.
    pub(super) sure: Timestamp,
    /// It is not later than this, unless all are wrong: what begins, begins then.
    pub(super) latest: Timestamp,
}

/// What is known of the time besides this machine's clock: the file, the newest change, and the last run before this
/// one. So one run by a wrong clock neither ends nor shortens a period. A clock that is confirmed is enough.
pub(super) fn known(job: &Job<'_>, run: &Run) -> Result<Known> {
    let Witnesses { clock_confirmed, source_modified, newest_change } = &run.witnesses;
    let times = if *clock_confirmed {
        [None; 3]
    } else {
        let last = last_run(job.state, run)?.map(|last| last.ended.unwrap_or(last.started));
        [*source_modified, newest_change.as_ref().map(|(time, _)| *time), last]
    };
    let told = times.into_iter().flatten().max().unwrap_or(job.now);
    Ok(Known { sure: told.min(job.now), latest: told.max(job.now) })
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
    Ok(last.map(|time| Kept { time, clock: time, doubted_since: None, source: None, newest_change: None }))
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
    tell_wrong_run(job, run)?;
    let plan = job.state.approved_plan()?.map(|id| job.state.find_run(id)).transpose()?.flatten();
    if let Some(plan) = plan.filter(|plan| is_to_come(plan.started, job.now)) {
        job.state.forget_approvals()?;
        let what = format!("The approval of plan {} does not count: {}", plan.id, made_in_future(&plan));
        job.context.log(LogLevel::Warning, what)?;
    }
    Ok(())
}

/// Tells of it until a full run has put things right.
fn tell_wrong_run(job: &Job<'_>, run: &Run) -> Result<()> {
    let last = last_run(job.state, run)?.map(|last| (last.id, last.ended.unwrap_or(last.started)));
    let is_wrong = |(_, ended): &(i64, Timestamp)| is_to_come(*ended, job.now);
    let (which, (id, ended)) = if let Some(last) = last.filter(is_wrong) {
        job.state.set_setting(WRONG_RUN, &json(&last)?)?;
        ("The last run", last)
    } else {
        let earlier = job.state.read_setting(WRONG_RUN, |text| serde_json::from_str(text).ok())?;
        let Some(earlier) = earlier.filter(is_wrong) else { return Ok(()) };
        ("An earlier run", earlier)
    };
    let follows = if job.is_partial() {
        "This run judges only those again whom -Identity names; for the others run Sync-SmimeCertificate without it."
    } else {
        "What was judged by a clock that was ahead is judged again by this run."
    };
    let what = format!(
        "{which} ({id}) ended at {ended}, but this machine's clock shows {} now: it was wrong then, or is wrong now. \
         {follows}",
        job.now
    );
    job.context.log(LogLevel::Warning, what)
}

/// After the export: what an earlier run judged by a wrong clock is judged again, if this one was for all.
pub(super) fn settle(job: &Job<'_>) -> Result<()> {
    if job.is_partial() { Ok(()) } else { job.state.remove_setting(WRONG_RUN) }
}

/// A run that reads only some recipients, or only what changed, takes the newest change of the others from the last full run.
pub(super) fn recall(job: &Job<'_>, run: &mut Run) -> Result<()> {
    if let Some((time, label)) = kept(job, run)?.and_then(|kept| kept.newest_change) {
        let seen = if job.is_partial() { " (seen by the last full run)" } else { "" };
        run.witnesses.note_change(time, &format!("{label}{seen}"));
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
        let earlier =
            kept.as_ref().and_then(|kept| kept.source).filter(|earlier| !is_to_come(*earlier, job.now));
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
        kept.map(|kept| {
            format!("going by the last run whose clock was believed it is {}", went_on(&kept, job.now))
        }),
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
    let earlier = before.as_ref();
    // A run with identities takes nothing of the file for all of it.
    let read = run.witnesses.source_modified.filter(|_| passes && !job.is_partial());
    let source = read.or(earlier.and_then(|kept| kept.source));
    let newest_change = if job.is_partial() {
        earlier.and_then(|kept| kept.newest_change.clone())
    } else {
        run.witnesses.newest_change.clone()
    };
    // Nothing is older than the first run, so that nothing can be forgotten too early.
    let (time, doubted_since) = match before {
        Some(_) => (belief.time, belief.doubted_since),
        None => (job.now, None),
    };
    let kept = Kept { time, clock: job.now, doubted_since, source, newest_change };
    job.state.set_setting(WITNESSED, &json(&kept)?)
}

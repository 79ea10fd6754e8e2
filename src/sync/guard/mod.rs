//! The guard: before the first write, holds plans that would take away or replace too much.

mod facts;
mod judge;
mod population;

pub(super) use facts::{Counted, Facts};
use judge::Hold;

use super::{fingerprint, job::Job, new_target, witness};
use crate::{
    error::Result,
    event::LogLevel,
    model::{Change, ChangeState, HoldReason, Run, counted},
    state::{guard::Guarded, history::HELD_SOURCE, import::Baseline},
};

/// The setting with the scope of the last plan that passed.
const GUARDED_POLICY: &str = "guarded_policy";

/// Judges the plan of a run of the profile's own: `false` where it is held. With `-WhatIf` the verdict is a warning only.
pub(super) fn run(job: &Job<'_>, run: &mut Run) -> Result<bool> {
    let counted = Counted::of(job, run, |_| Ok(true))?;
    let facts = Facts::of_run(job, run, &counted)?;
    let holds = judged(job, run, &facts)?;
    remember_source(job, run, &holds)?;
    let passes = verdict(job, run, &facts, holds)?;
    if passes && !job.options.what_if {
        remember(job, run)?;
        mark(job, &facts, &counted)?;
    }
    Ok(passes)
}

/// The same for a run that carries out a request; `takes` says whether a Remove takes anything from its recipient.
pub(super) fn run_of_request(
    job: &mut Job<'_>,
    run: &mut Run,
    takes: impl Fn(&Job<'_>, &Change) -> Result<bool>,
) -> Result<bool> {
    let counted = Counted::of(job, run, |change| takes(job, change))?;
    let facts = Facts::of_request(job, run, &counted)?;
    let holds = judged(job, run, &facts)?;
    let passes = verdict(job, run, &facts, holds)?;
    if passes && !job.options.what_if {
        mark(job, &facts, &counted)?;
    }
    Ok(passes)
}

/// Everything that speaks against the plan: the time, and the numbers.
fn judged(job: &Job<'_>, run: &Run, facts: &Facts) -> Result<Vec<Hold>> {
    let of_time = witness::holds(job, run)?.into_iter().map(|text| Hold::new(HoldReason::SourceTime, text));
    let silences = job.source.silences();
    let of_silences = silences.iter().filter_map(|silence| judge::silence(silence, facts));
    Ok(of_time.chain(of_silences).chain(judge::judge(facts, &job.profile.limits)).collect())
}

/// Holds the plan of this run where anything speaks against it; warns where it has come half the way.
fn verdict(job: &Job<'_>, run: &mut Run, facts: &Facts, holds: Vec<Hold>) -> Result<bool> {
    (run.hold_reasons, run.guard) = holds.into_iter().map(|hold| (hold.reason, hold.text)).unzip();
    let is_held = !run.guard.is_empty();
    if job.options.what_if {
        if job.options.pass_thru {
            job.hand_over_changes(run, ChangeState::Pending)?;
        }
        if is_held {
            let what = format!("The guard would hold this plan: {}", run.guard.join(" "));
            job.context.log(LogLevel::Warning, what)?;
        }
        return Ok(true);
    }
    if !is_held {
        let half_way = judge::half_way(facts, &job.profile.limits);
        half_way.map_or(Ok(()), |what| job.context.log(LogLevel::Warning, what))?;
        return Ok(true);
    }
    let held = job.state.move_changes(run.id, ChangeState::Pending, ChangeState::Held)?;
    job.context.log(LogLevel::Warning, holding(&job.profile.name, run, held))?;
    if job.options.pass_thru {
        job.hand_over_changes(run, ChangeState::Held)?;
    }
    Ok(false)
}

/// That a plan is held, why, and what can be done about it.
fn holding(profile: &str, run: &Run, changes: usize) -> String {
    let (id, why) = (run.id, run.guard.join(" "));
    let size = counted(changes, "change", "changes");
    let mut text = format!("The guard holds plan {id} ({size}), and nothing was written: {why}");
    if changes > 0 {
        text.push_str(&format!(" Look at it with 'Get-SmimeSyncChange {profile} -RunId {id}'."));
    }
    let remedy = remedy(run);
    if remedy.is_empty() {
        text.push_str(&format!(" Let it through with 'Approve-SmimeSyncPlan {profile} -Id {id}'."));
    }
    text + &remedy
}

/// What to do about a plan that can't be approved; nothing where it can.
fn remedy(run: &Run) -> String {
    let mut remedies: Vec<&str> = Vec::new();
    for remedy in run.hold_reasons.iter().filter_map(|reason| reason.instead_of_approval()) {
        if !remedies.contains(&remedy) {
            remedies.push(remedy);
        }
    }
    if remedies.is_empty() { String::new() } else { format!(" It can't be approved. {}", remedies.join(" ")) }
}

/// What is taken out of the directory by request is not lost when the next run no longer sees it.
pub(super) fn note_emptied(job: &Job<'_>, run: &Run) -> Result<()> {
    let emptied = job.mode.emptied(job.state, run.id, ChangeState::Exported)?;
    let Some(baseline) = job.state.baseline()?.filter(|_| emptied > 0) else { return Ok(()) };
    let with_values = baseline.with_values.saturating_sub(emptied);
    job.state.set_baseline(Baseline { with_values, ..baseline })
}

/// Whether a full run was held for what its source showed: runs with `-Identity` don't believe that source either.
fn remember_source(job: &Job<'_>, run: &Run, holds: &[Hold]) -> Result<()> {
    if job.options.what_if || job.is_partial() {
        return Ok(());
    }
    if holds.iter().any(|hold| hold.reason.is_of_source()) {
        job.state.set_setting(HELD_SOURCE, &run.id.to_string())
    } else {
        job.state.remove_setting(HELD_SOURCE)
    }
}

/// What the next run is compared with.
fn remember(job: &Job<'_>, run: &Run) -> Result<()> {
    let with_values = (!job.is_partial()).then_some(run.numbers.with_values);
    let guarded = job.mode.guarded();
    if let Some(population) = job.mode.population(job.state, with_values)? {
        job.state.transaction(|state| state.note_population(population, job.now, guarded))?;
    }
    if job.is_partial() {
        return Ok(());
    }
    // A request takes from the directory, whatever the target is.
    if guarded != Guarded::Directory {
        let usable = job.state.imported_with_usable()?;
        job.state.transaction(|state| state.note_population(usable, job.now, Guarded::Directory))?;
    }
    // What is emptied in place is not lost when the next run no longer sees it.
    let emptied = job.mode.emptied(job.state, run.id, ChangeState::Pending)?;
    // Old and new anchors of the same people together are not twice as many people.
    let twice = job.state.sharing_addresses(run.id)?;
    let with_values = run.numbers.with_values.saturating_sub(emptied).saturating_sub(twice);
    // Those who wait may be missing because the scope is narrower now: the plan that removes them is still held for it.
    let scope = fingerprint::scope(job.profile, &new_target::known_as(job)?, job.policy);
    let is_awaited = run.numbers.remove == 0 && run.numbers.missing_kept > 0;
    job.state.transaction(|state| {
        state.set_baseline(Baseline { run_id: run.id, with_values })?;
        if is_awaited && state.setting(GUARDED_POLICY)?.is_some() {
            return Ok(());
        }
        state.set_setting(GUARDED_POLICY, &scope.to_string())
    })
}

/// What somebody allowed counts no more; the other removals and replacements do, once they are exported.
fn mark(job: &Job<'_>, facts: &Facts, counted: &Counted) -> Result<()> {
    let marks = [
        (facts.removes, facts.allow_removal, &counted.removes),
        (facts.replacements, facts.allow_replacement, &counted.replacements),
    ];
    job.state.transaction(|state| {
        let counts = marks.iter().filter(|(number, allowed, _)| *number > allowed.map_or(0, u64::from));
        counts.into_iter().try_for_each(|(_, _, changes)| state.mark_counting(changes, job.mode.guarded()))
    })
}

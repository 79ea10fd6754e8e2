//! What the guard judges a plan by.

use super::{judge, population};
use crate::{
    error::Result,
    model::{Change, ChangeKind, ChangeState, HoldReason, Run, counted},
    state::{guard::Guarded, history::HELD_SOURCE},
    sync::{fingerprint, job::Job, new_target},
};

const DAY: i64 = 24 * 3600;

/// The numbers that the guard judges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sync) struct Facts {
    pub(in crate::sync) recipients: u64,
    /// Of the recipients that were read, those with values.
    pub(in crate::sync) with_values: u64,
    /// Recipients with values at the last run that was not held, or in the held one that was approved since.
    pub(in crate::sync) with_values_before: Option<u64>,
    /// Removes planned that nobody approved.
    pub(in crate::sync) removes: u64,
    /// Replacements planned that nobody approved.
    pub(in crate::sync) replacements: u64,
    /// Of whom the percentage is taken: recipients with managed values, or in place with values.
    pub(in crate::sync) managed: u64,
    /// What earlier runs took, where that counts.
    pub(in crate::sync) over_time: Option<OverTime>,
    /// Policy or scope are others than at the last run that was not held.
    pub(in crate::sync) policy_changed: bool,
    /// Only some recipients were read.
    pub(in crate::sync) partial: bool,
    /// Those whom `-Identity` names.
    pub(in crate::sync) named: Named,
    /// The last full run, where it was held for what its source showed and nobody approved that.
    pub(in crate::sync) held_source: Option<i64>,
    /// `-AllowRemoval`: raises the number, and lifts the percentages up to it.
    pub(in crate::sync) allow_removal: Option<u32>,
    /// `-AllowReplacement`: the same for replacements.
    pub(in crate::sync) allow_replacement: Option<u32>,
}

/// Removals and replacements within the guard's days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sync) struct OverTime {
    /// Recipients that earlier runs took everything from, and who have nothing again yet.
    pub(in crate::sync) lost: u64,
    /// Recipients that earlier runs gave a certificate that is no renewal, which they have still, and which this plan
    /// leaves.
    pub(in crate::sync) replaced: u64,
    /// The highest number of recipients with something published.
    pub(in crate::sync) highest: u64,
}

/// Those whom `-Identity` names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sync) struct Named {
    /// How many are named.
    pub(in crate::sync) recipients: u64,
    /// Those of them for whom something is published, or who in place have values.
    pub(in crate::sync) published: u64,
    /// Those of them whose removal is planned, approved or not.
    pub(in crate::sync) removes: u64,
}

/// What a run plans, as far as the guard counts it.
#[derive(Debug, Default)]
pub(in crate::sync) struct Counted {
    /// Removes, by their numbers, that nobody approved.
    pub(in crate::sync) removes: Vec<i64>,
    /// Replacements, by their numbers, that nobody approved.
    pub(in crate::sync) replacements: Vec<i64>,
    approved_removes: u64,
    approved_replacements: u64,
}

impl Counted {
    /// Counts the pending changes of a run; only Removes that `counts` says are any.
    pub(in crate::sync) fn of(
        job: &Job<'_>,
        run: &Run,
        counts: impl Fn(&Change) -> Result<bool>,
    ) -> Result<Self> {
        let mut counted = Self::default();
        job.state.each_change(ChangeState::Pending, run.id, &mut |change| {
            if change.change == ChangeKind::Remove && counts(&change)? {
                if job.state.is_approved(&change)? {
                    counted.approved_removes += 1;
                } else {
                    counted.removes.push(change.id);
                }
            } else if change.replacement {
                if job.state.is_approved(&change)? {
                    counted.approved_replacements += 1;
                } else {
                    counted.replacements.push(change.id);
                }
            }
            Ok(())
        })?;
        Ok(counted)
    }

    fn tell_approved(&self, job: &Job<'_>) -> Result<()> {
        for (number, one, many) in [
            (self.approved_removes, "removal was", "removals were"),
            (self.approved_replacements, "replacement was", "replacements were"),
        ] {
            if number > 0 {
                job.verbose(format!("{} approved.", counted(number, one, many)))?;
            }
        }
        Ok(())
    }
}

impl Facts {
    /// Of a run of the profile's own.
    pub(super) fn of_run(job: &Job<'_>, run: &Run, counted: &Counted) -> Result<Self> {
        counted.tell_approved(job)?;
        let (state, numbers, partial) = (job.state, &run.numbers, job.is_partial());
        let approved_plan = state.approved_plan()?;
        let plan = approved_plan.map(|id| state.find_run(id)).transpose()?.flatten();
        let seen = plan.filter(shows_who_is_left).map_or(u64::MAX, |plan| plan.numbers.with_values);
        let before = state.baseline()?.map(|baseline| baseline.with_values.min(seen));
        state.forget_regained(run.id)?;
        let known = job.mode.population(state, (!partial).then_some(numbers.with_values))?;
        let over_time = over_time(job, run, known, job.mode.guarded())?;
        let removes = counted.removes.len() as u64;
        let guarded = state.setting(super::GUARDED_POLICY)?;
        let scope = fingerprint::scope(job.profile, &new_target::known_as(job)?, job.policy).to_string();
        Ok(Self {
            recipients: numbers.recipients,
            with_values: numbers.with_values,
            with_values_before: before,
            removes,
            replacements: counted.replacements.len() as u64,
            managed: known.unwrap_or(over_time.highest),
            over_time: Some(over_time).filter(|_| job.profile.limits.guard_days > 0),
            policy_changed: guarded.is_some_and(|guarded| guarded != scope),
            partial,
            named: if partial { named(job, run, counted)? } else { Named::default() },
            held_source: state.run_number(HELD_SOURCE)?.filter(|id| partial && approved_plan != Some(*id)),
            allow_removal: job.options.allow_removal,
            allow_replacement: job.options.allow_replacement,
        })
    }

    /// Of a run that carries out a request, which says itself whom and what it is about.
    pub(super) fn of_request(job: &mut Job<'_>, run: &Run, counted: &Counted) -> Result<Self> {
        counted.tell_approved(job)?;
        let removes = counted.removes.len() as u64;
        let mut over_time = over_time(job, run, imported(job)?, Guarded::Directory)?;
        let all = over_time.lost.saturating_add(removes);
        // Too many to be let through by their number: of how many has to be known.
        if removes > 0 && over_time.highest == 0 && all > judge::ALWAYS_ALLOWED {
            // Those who lost theirs had one.
            let population = population::count(job)?.saturating_add(over_time.lost);
            over_time.highest = population;
            job.state.transaction(|state| state.note_population(population, job.now, Guarded::Directory))?;
        }
        Ok(Self {
            removes,
            over_time: Some(over_time).filter(|_| job.profile.limits.guard_days > 0),
            partial: true,
            ..Self::default()
        })
    }
}

/// Whether who approves a plan has seen how many recipients the source still shows with values. One of a run with
/// `-Identity` tells of those alone; an earlier version kept no reasons.
fn shows_who_is_left(plan: &Run) -> bool {
    plan.hold_reasons.is_empty() || plan.hold_reasons.contains(&HoldReason::ValuesFell)
}

fn named(job: &Job<'_>, run: &Run, counted: &Counted) -> Result<Named> {
    Ok(Named {
        recipients: job.options.identity.len() as u64,
        published: job.mode.population_of(job.state, run.id, run.numbers.with_values)?,
        removes: counted.removes.len() as u64 + counted.approved_removes,
    })
}

/// How many had a usable certificate in the directory, as far as a full run has seen it.
fn imported(job: &Job<'_>) -> Result<Option<u64>> {
    match job.state.baseline()? {
        Some(_) => job.state.imported_with_usable().map(Some),
        None => Ok(None),
    }
}

/// What runs took there within the guard's days, of how many; `known` is how many it is of now.
fn over_time(job: &Job<'_>, run: &Run, known: Option<u64>, place: Guarded) -> Result<OverTime> {
    let since = job.now.plus(-i64::from(job.profile.limits.guard_days) * DAY);
    let highest = job.state.highest_population(since, job.now, place)?;
    // Where this run can't tell, and none did for long, the last full run does.
    let last = job.state.baseline()?.map(|baseline| baseline.with_values);
    let highest = known.max(highest).or(last).unwrap_or(0);
    Ok(OverTime {
        lost: job.state.removals_since(since, run.id, place)?,
        replaced: job.state.replacements_since(since, run.id)?,
        highest,
    })
}

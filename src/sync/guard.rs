//! The guard: before the first write, holds plans that would take away too much.

use super::{fingerprint, job::Job, witness};
use crate::{
    error::Result,
    event::LogLevel,
    model::{ChangeKind, ChangeState, Run, counted},
    state::import::Baseline,
};

/// Below so many Removes the percentage does not count: in a small company one leaver is many per cent.
const REMOVALS_ALWAYS_ALLOWED: u64 = 10;

/// The numbers that the guard judges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) recipients: u64,
    /// Of the recipients that were read, those with values.
    pub(super) with_values: u64,
    /// Recipients with values at the last run that was not held, or in the held one that was approved since.
    pub(super) with_values_before: Option<u64>,
    /// Removes planned that nobody approved.
    pub(super) removes: u64,
    /// Of whom the percentage is taken: recipients with managed values, or in place with values.
    pub(super) managed: u64,
    /// Policy or scope are others than at the last run that was not held.
    pub(super) policy_changed: bool,
    /// Only some recipients were read, by identity.
    pub(super) partial: bool,
    /// `-AllowRemoval`: raises `removal_limit`, and lifts the percentage up to its number.
    pub(super) allow_removal: Option<u32>,
    pub(super) removal_limit: u32,
    pub(super) removal_percent: u8,
}

/// Why the plan is held, in sentences; none: it passes. Pure.
fn judge(facts: &Facts) -> Vec<String> {
    let mut reasons = Vec::new();
    if !facts.partial {
        if facts.recipients == 0 {
            reasons.push("The source has no recipients.".to_owned());
        } else if let Some(before) = facts.with_values_before
            && fell_by_more_than(before, facts.with_values, facts.removal_percent)
        {
            reasons.push(format!(
                "Recipients with certificate values fell from {before} to {}, by more than {} %; is the right to read them lost?",
                facts.with_values, facts.removal_percent
            ));
        }
        if facts.policy_changed && facts.removes > 0 {
            reasons.push(format!(
                "The profile's policy, trust anchors or scope changed, and {}.",
                losing(facts.removes)
            ));
        }
    }
    let allowed = facts.allow_removal.map_or(0, u64::from);
    let limit = allowed.max(facts.removal_limit.into());
    if facts.removes > limit {
        reasons.push(format!("{}; {limit} is the limit.", losing(facts.removes)));
    }
    let percent = u64::from(facts.removal_percent);
    let many = facts.removes.saturating_mul(100) > percent.saturating_mul(facts.managed);
    if !facts.partial && facts.removes > allowed.max(REMOVALS_ALWAYS_ALLOWED) && many {
        reasons.push(format!(
            "{} of {} with published certificates would lose their last one; {percent} % is the limit.",
            counted(facts.removes, "recipient", "recipients"),
            facts.managed
        ));
    }
    reasons
}

fn losing(recipients: u64) -> String {
    counted(
        recipients,
        "recipient would lose its last certificate",
        "recipients would lose their last certificate",
    )
}

fn fell_by_more_than(before: u64, now: u64, percent: u8) -> bool {
    before.saturating_sub(now).saturating_mul(100) > before.saturating_mul(percent.into())
}

/// Judges the plan of this run: `false` where it is held. With `-WhatIf` the verdict is a warning only.
pub(super) fn run(job: &Job<'_>, run: &mut Run) -> Result<bool> {
    let facts = facts(job, run)?;
    let passes = verdict(job, run, &facts)?;
    if passes && !job.options.what_if && !job.is_partial() {
        remember(job, run)?;
    }
    Ok(passes)
}

/// Holds the plan of this run where the facts speak against it.
pub(super) fn verdict(job: &Job<'_>, run: &mut Run, facts: &Facts) -> Result<bool> {
    run.unapprovable = witness::holds(job, run)?;
    run.guard = run.unapprovable.iter().cloned().chain(judge(facts)).collect();
    let why = run.guard.join(" ");
    if job.options.what_if {
        if job.options.pass_thru {
            job.hand_over_changes(run, ChangeState::Pending)?;
        }
        if !run.guard.is_empty() {
            job.context.log(LogLevel::Warning, format!("The guard would hold this plan: {why}"))?;
        }
        return Ok(true);
    }
    if run.guard.is_empty() {
        return Ok(true);
    }
    let (id, name) = (run.id, &job.profile.name);
    let held = job.state.move_changes(id, ChangeState::Pending, ChangeState::Held)?;
    let way_out = if run.unapprovable.is_empty() {
        format!(
            " Look at it with 'Get-SmimeSyncChange {name} -RunId {id}'; let it through with \
             'Approve-SmimeSyncPlan {name} -Id {id}'."
        )
    } else {
        String::new()
    };
    let changes = counted(held, "change", "changes");
    job.context.log(
        LogLevel::Warning,
        format!("The guard holds plan {id} ({changes}), and nothing was written: {why}{way_out}"),
    )?;
    if job.options.pass_thru {
        job.hand_over_changes(run, ChangeState::Held)?;
    }
    Ok(false)
}

fn facts(job: &Job<'_>, run: &Run) -> Result<Facts> {
    let (mut removes, mut approved) = (0, 0);
    job.state.each_change(ChangeState::Pending, run.id, &mut |change| {
        if change.change == ChangeKind::Remove {
            let counted = if job.state.is_approved(&change)? { &mut approved } else { &mut removes };
            *counted += 1;
        }
        Ok(())
    })?;
    let baseline = job.state.baseline()?;
    // Who approves a plan has seen how many recipients the source still showed with values.
    let plan = job.state.approved_plan()?.map(|id| job.state.find_run(id)).transpose()?.flatten();
    let seen = plan.map_or(u64::MAX, |plan| plan.numbers.with_values);
    if approved > 0 {
        job.verbose(format!("{} approved.", counted(approved, "removal was", "removals were")))?;
    }
    let guarded = job.state.setting("guarded_policy")?;
    Ok(Facts {
        recipients: run.numbers.recipients,
        with_values: run.numbers.with_values,
        with_values_before: baseline.map(|baseline| baseline.with_values.min(seen)),
        removes,
        managed: job.mode.population(job.state, run.numbers.with_values)?,
        policy_changed: guarded
            .is_some_and(|guarded| guarded != fingerprint::scope(job.profile, job.policy).to_string()),
        partial: job.is_partial(),
        allow_removal: job.options.allow_removal,
        removal_limit: job.profile.limits.removal_limit,
        removal_percent: job.profile.limits.removal_percent,
    })
}

/// What is taken out of the directory by request is not lost when the next run no longer sees it.
pub(super) fn note_emptied(job: &Job<'_>, run: &Run) -> Result<()> {
    let emptied = job.mode.emptied(job.state, run.id, ChangeState::Exported)?;
    let Some(baseline) = job.state.baseline()?.filter(|_| emptied > 0) else { return Ok(()) };
    let with_values = baseline.with_values.saturating_sub(emptied);
    job.state.set_baseline(Baseline { with_values, ..baseline })
}

/// What the next run is compared with.
fn remember(job: &Job<'_>, run: &Run) -> Result<()> {
    // What is emptied in place is not lost when the next run no longer sees it.
    let emptied = job.mode.emptied(job.state, run.id, ChangeState::Pending)?;
    let with_values = run.numbers.with_values.saturating_sub(emptied);
    job.state.transaction(|state| {
        state.set_baseline(Baseline { run_id: run.id, with_values })?;
        state.set_setting("guarded_policy", &fingerprint::scope(job.profile, job.policy).to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            recipients: 1000,
            with_values: 900,
            with_values_before: Some(900),
            managed: 900,
            removal_limit: 500,
            removal_percent: 10,
            ..Facts::default()
        }
    }

    #[test]
    fn the_guard_holds_what_the_design_says() {
        let cases: &[(&str, Facts, usize)] = &[
            ("nothing is removed", facts(), 0),
            ("10 % are removed", Facts { removes: 90, ..facts() }, 0),
            ("more than 10 %", Facts { removes: 91, ..facts() }, 1),
            ("10 of 12: too few to count", Facts { removes: 10, managed: 12, ..facts() }, 0),
            ("11 of 12", Facts { removes: 11, managed: 12, ..facts() }, 1),
            ("500 of many", Facts { removes: 500, managed: 100_000, ..facts() }, 0),
            ("501 of many", Facts { removes: 501, managed: 100_000, ..facts() }, 1),
            ("501, allowed for this run", Facts { removes: 501, allow_removal: Some(501), ..facts() }, 0),
            (
                "502, 501 allowed",
                Facts { removes: 502, managed: 100_000, allow_removal: Some(501), ..facts() },
                1,
            ),
            (
                "a small allowance lowers no limit",
                Facts { removes: 80, allow_removal: Some(5), ..facts() },
                0,
            ),
            ("an empty source", Facts { recipients: 0, with_values: 0, ..facts() }, 1),
            ("values fell by 10 %", Facts { with_values: 810, ..facts() }, 0),
            ("values fell by more", Facts { with_values: 809, ..facts() }, 1),
            (
                "an allowance does not help there",
                Facts { with_values: 0, allow_removal: Some(9999), ..facts() },
                1,
            ),
            ("the first run", Facts { with_values_before: None, with_values: 1, ..facts() }, 0),
            ("policy changed, nothing removed", Facts { policy_changed: true, ..facts() }, 0),
            ("policy changed, one removed", Facts { policy_changed: true, removes: 1, ..facts() }, 1),
            (
                "by identity: only the number counts",
                Facts { partial: true, recipients: 0, removes: 400, ..facts() },
                0,
            ),
            ("by identity, above the number", Facts { partial: true, removes: 501, ..facts() }, 1),
            (
                "policy changed, all removals approved",
                Facts { policy_changed: true, removes: 0, ..facts() },
                0,
            ),
        ];
        for (case, facts, reasons) in cases {
            assert_eq!(judge(facts).len(), *reasons, "{case}: {:?}", judge(facts));
        }
    }
}

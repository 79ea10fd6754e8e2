//! Export: writes the plan, marked before and settled after each batch.

use super::{
    confirm, first_contact,
    job::Job,
    late,
    look::ambiguous,
    moves::{self, Room},
    progress::Meter,
    read_back::{self, Check, Left, Patience, ReadBack},
    record,
    rehearsal::Rehearsal,
    renamed,
    same_errors::SameErrors,
    unmet, verify, wiped,
    work::{Work, gather},
};
use crate::{
    error::{ErrorId, Result},
    event::{LogLevel, ResultType},
    model::{Change, ChangeState, Exclusion, Finding, Run, counted},
    state::{change::Outcome, history::UNFINISHED_INDEX, since::Lasting},
    targets::{Match, Removal, TargetQuery, TargetWrite},
};

/// Longest wait of a rejected change, or until somebody is looked for again, in seconds.
pub(super) const LONGEST_WAIT: i64 = 24 * 3600;

pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    let planned = job.state.change_count(run.id, ChangeState::Pending)?;
    let index_is_known = wiped::index_is_known(job)?;
    if planned == 0 && !needs_index(job, run, index_is_known)? {
        return use_approvals(job, run);
    }
    job.target.check_writable(job.context)?;
    job.state.set_setting(UNFINISHED_INDEX, &run.id.to_string())?;
    let mut meter = Meter::new(job.context, "Export", Some(planned))?;
    let mut patience = Patience::of(job);
    let mut after = 0;
    let mut later = Vec::new();
    let mut begun = false;
    // Before values were seen nobody knows whether what is written can be read: few are written then.
    let mut blind = verify::READ_BACK;
    let mut rehearsal = Rehearsal::of(job)?;
    // What nobody has agreed to yet is not even tried.
    if let Some(rehearsal) = rehearsal.as_mut().filter(|_| planned > 0 && !job.options.confirm) {
        rehearsal.plan(job, run)?;
    }
    loop {
        // Where nothing can be tried, the first write goes alone, and is read back.
        let alone = !begun && rehearsal.as_ref().is_some_and(Rehearsal::knows_nothing);
        let size = job.target.batch_size().max(1);
        let size = match (alone, job.target.shows_values()) {
            (true, _) => 1,
            (false, true) => size,
            (false, false) => {
                let few = size.min(blind);
                blind = blind.saturating_mul(2);
                few
            }
        };
        let changes = job.state.changes_in(ChangeState::Pending, Some(run.id), after, size)?;
        let Some(last) = changes.last() else { break };
        after = last.id;
        let changes = moves::with_those_in_the_way(job, run, changes)?;
        meter.add(changes.len())?;
        let changes = confirm::ask(job, run, changes)?;
        if let Some(rehearsal) = rehearsal.as_mut().filter(|_| job.options.confirm) {
            rehearsal.changes(job, &changes)?;
        }
        if changes.is_empty() {
            continue;
        }
        begun = true;
        later.extend(export_batch(job, run, changes, true, &mut patience)?);
    }
    while !later.is_empty() {
        let rest = later.split_off(later.len().min(job.target.batch_size().max(1)));
        export_batch(job, run, later, false, &mut patience)?;
        later = rest;
    }
    use_approvals(job, run)?;
    // A new state knows only those whom this run named; a full run writes the index.
    if job.target.is_of_one_run() || !(job.is_partial() && first_contact::is_due(job.state)?) {
        let state = job.state;
        job.target.finish(&mut |key| state.published_after(key, 500), job.context)?;
        wiped::keep_index(job, index_is_known)?;
        state.remove_setting(UNFINISHED_INDEX)?;
    }
    let numbers = &run.numbers;
    let exported = match numbers.exported {
        0 => "no changes".to_owned(),
        some => counted(some, "change", "changes"),
    };
    job.verbose(meter.summary(
        &format!("Exported {exported} to {}", job.target.name()),
        &[(numbers.rejected, "rejected"), (numbers.declined, "declined")],
    ))
}

/// Whether the index has to be written though nothing else may have to be.
fn needs_index(job: &Job<'_>, run: &Run, is_known: bool) -> Result<bool> {
    if job.target.is_of_one_run() {
        return Ok(true);
    }
    // Who has lost everything may still be in it, and who was taken over may not; where somebody could not be read, it
    // is all that names him.
    let adopted = run.numbers.adopted > 0 && run.numbers.errors == 0;
    if adopted || run.numbers.drifted > 0 || job.state.run_number(UNFINISHED_INDEX)?.is_some() {
        return Ok(true);
    }
    Ok(!is_known && job.state.recipients_with_managed()? > 0)
}

/// Approvals hold for one run: that which plans the same again.
fn use_approvals(job: &Job<'_>, run: &Run) -> Result<()> {
    let whole = !job.is_partial() && !job.state.is_asked(run.id)?;
    match job.state.use_approvals(run.id, whole)? {
        Some(plan) => job.verbose(format!("The approval of plan {plan} is used up by this run.")),
        None => Ok(()),
    }
}

/// Writes a batch. Returns those that have to wait for others of the run, where they may.
fn export_batch(
    job: &mut Job<'_>,
    run: &mut Run,
    changes: Vec<Change>,
    may_wait: bool,
    patience: &mut Patience,
) -> Result<Vec<Change>> {
    let mut work = changes.into_iter().map(|change| gather(job, change)).collect::<Result<Vec<_>>>()?;
    mark_in_flight(job, &work)?;
    let mut outcomes = read_current(job, run, &mut work, may_wait)?;
    let writes: Vec<TargetWrite<'_>> = work.iter().filter_map(Work::write).collect();
    let results = job.target.write(&writes, job.context);
    // Also of a write that failed as a whole: the next one need not find it out again.
    record::keep_learned(job)?;
    let results = results?;
    let places = work.iter().enumerate().filter(|(_, one)| one.current.is_some()).map(|(place, _)| place);
    let written: Vec<(usize, Result<String>)> = places.zip(results).collect();
    let removal = job.target.removal();
    let checks = to_read_back(&work, &written, &writes, removal, &mut patience.whole);
    let ReadBack { unseen, left, .. } = read_back::run(job, run, &checks, &mut patience.seconds)?;
    let hidden: Vec<(usize, Finding)> = written
        .iter()
        .zip(&writes)
        .filter_map(|((place, _), write)| Some((*place, work.get(*place)?.hidden(write, job.now)?)))
        .collect();
    drop(checks);
    drop(writes);
    for Left { place, error, found } in left {
        if let (Some(one), Some(outcome)) = (work.get_mut(place), outcomes.get_mut(place)) {
            one.left = Some(found);
            *outcome = Some(Err(error));
        }
    }
    for (place, result) in written {
        if let Some(outcome) = outcomes.get_mut(place)
            && outcome.is_none()
            && !unseen.contains(&place)
        {
            *outcome = Some(result);
        }
    }
    note_hidden(job, &mut work, hidden)?;
    settle_batch(job, run, work, outcomes)
}

/// Those of the writes that were done that are read back: the first ones of a run as a whole, and all others that took
/// something away.
fn to_read_back<'a>(
    work: &'a [Work],
    written: &'a [(usize, Result<String>)],
    writes: &'a [TargetWrite<'a>],
    removal: Removal,
    whole: &mut usize,
) -> Vec<Check<'a>> {
    let check = |((place, result), write): (&'a (usize, Result<String>), &'a TargetWrite<'a>)| {
        let (key, change) = (result.as_deref().ok()?, &work.get(*place)?.change);
        let is_whole = *whole > 0;
        *whole = whole.saturating_sub(1);
        let is_due = is_whole || (removal != Removal::Sure && !write.removed().is_empty());
        is_due.then_some(Check { place: *place, change, write, key, whole: is_whole })
    };
    written.iter().zip(writes).filter_map(check).collect()
}

pub(super) fn mark_in_flight(job: &Job<'_>, work: &[Work]) -> Result<()> {
    job.state.transaction(|state| {
        work.iter().try_for_each(|one| {
            let outcome = Outcome {
                state: ChangeState::InFlight,
                attempts: one.change.attempts,
                next_try: None,
                error: None,
            };
            state.set_place(one.change.id, job.target.key(&one.query()).as_deref())?;
            state.set_outcome(one.change.id, &outcome, job.now)
        })
    })
}

/// Reads the recipients' values right now, since the write replaces the whole list, foreign values included.
/// Returns the outcomes of those that can't be written; those that the target leaves alone have none, and no
/// change any more.
fn read_current(
    job: &mut Job<'_>,
    run: &mut Run,
    work: &mut [Work],
    may_wait: bool,
) -> Result<Vec<Option<Result<String>>>> {
    let queries: Vec<TargetQuery<'_>> = work.iter().map(Work::query).collect();
    let matches = job.target.read(&queries, job.context)?;
    drop(queries);
    let mut outcomes = Vec::with_capacity(work.len());
    let hides_values = job.target.hides_values();
    for (one, matched) in work.iter_mut().zip(matches) {
        let matched = match matched {
            // Not there may be not there yet, or deleted and restored later: what it has stays known.
            Ok(Match::None)
                if one.change.after.is_empty() && hides_values && job.target.key(&one.query()).is_none() =>
            {
                Ok(Match::Excluded(Exclusion::NotFound, None))
            }
            other => other,
        };
        let matched = match matched {
            // What only goes, goes from where it is.
            Ok(Match::Renamed(renamed)) if !one.change.after.is_empty() => {
                if let Some(error) = renamed::at_export(job, run, &one.query(), &renamed)? {
                    outcomes.push(Some(Err(error)));
                    continue;
                }
                Ok(Match::One(renamed.recipient))
            }
            other => other.map(Match::by_link),
        };
        let current = match matched {
            Ok(Match::One(current)) => match one.room(job, &current, may_wait)? {
                Room::Free => {
                    verify::tell_damage(job, &one.change, &one.material.link, &current)?;
                    Some(current)
                }
                Room::Later => {
                    one.waits = true;
                    outcomes.push(None);
                    continue;
                }
                Room::Taken(error) => {
                    outcomes.push(Some(Err(error)));
                    continue;
                }
            },
            Ok(Match::None | Match::Renamed(_)) => None,
            // Whoever is not there any more has nothing that could be removed.
            Ok(Match::Excluded(Exclusion::NotFound, _)) if one.change.after.is_empty() && !hides_values => {
                outcomes.push(Some(Ok(String::new())));
                continue;
            }
            Ok(Match::Excluded(why, _)) => {
                run.exclude(why);
                if one.change.after.is_empty() && matches!(why, Exclusion::NotFound | Exclusion::SoftDeleted)
                {
                    late::note_absent(job.state, &one.change.anchor, job.now)?;
                }
                job.state.drop_open_change(&one.change.anchor)?;
                unmet::note_at_export(job, run, &one.change.anchor, &one.recipient, why)?;
                outcomes.push(None);
                continue;
            }
            Ok(Match::Ambiguous(why)) => {
                outcomes.push(Some(Err(ambiguous(why))));
                continue;
            }
            Err(error) => {
                outcomes.push(Some(Err(error)));
                continue;
            }
        };
        for finding in current.iter().flat_map(|current| &current.findings) {
            if !one.change.findings.contains(finding) {
                one.change.findings.push(finding.clone());
            }
        }
        one.current = Some(current);
        outcomes.push(None);
    }
    Ok(outcomes)
}

/// Adds the findings to their changes, where `Get-SmimeSyncChange` shows them, and tells them.
fn note_hidden(job: &Job<'_>, work: &mut [Work], hidden: Vec<(usize, Finding)>) -> Result<()> {
    for (place, finding) in hidden {
        let Some(one) = work.get_mut(place) else { continue };
        job.context.log(LogLevel::Warning, format!("{}: {}", one.change.recipient, finding.message))?;
        one.change.findings.push(finding);
        job.state.set_findings(&one.change)?;
    }
    Ok(())
}

/// Keeps how each change of a batch turned out, in one transaction. Returns those that wait for others.
fn settle_batch(
    job: &Job<'_>,
    run: &mut Run,
    work: Vec<Work>,
    outcomes: Vec<Option<Result<String>>>,
) -> Result<Vec<Change>> {
    let (mut errors, mut waiting) = (SameErrors::default(), Vec::new());
    let mut settled = Vec::with_capacity(work.len());
    job.state.transaction(|state| {
        for (one, outcome) in work.into_iter().zip(outcomes) {
            let outcome = match outcome {
                None if one.waits => {
                    let attempts = one.change.attempts;
                    let pending =
                        Outcome { state: ChangeState::Pending, attempts, next_try: None, error: None };
                    state.set_outcome(one.change.id, &pending, job.now)?;
                    waiting.push(one.change);
                    continue;
                }
                None => {
                    // Not seen yet: it stays in flight. What the target skips has been counted.
                    run.numbers.waiting += u64::from(one.current.is_some());
                    continue;
                }
                Some(Ok(key)) => {
                    job.mode.keep(state, &one.change, &key, job.now)?;
                    state.forget_unmet(&one.change.anchor)?;
                    state.forget_since(Lasting::Removing, &one.change.anchor)?;
                    run.numbers.exported += 1;
                    Outcome::exported(&one.change)
                }
                Some(Err(error)) => {
                    if let Some(found) = &one.left {
                        job.mode.keep_left(state, &one.change, found, job.now)?;
                    }
                    run.numbers.rejected += 1;
                    let attempts = one.change.attempts + 1;
                    // Nobody knows when the other one makes room; asking costs the target nothing.
                    let wait = if error.id == ErrorId::TargetConflict { 0 } else { backoff(attempts) };
                    let next_try = Some(job.now.plus(wait));
                    let text = Some(error.message.clone());
                    errors.push(error.target(one.change.recipient.clone()));
                    Outcome { state: ChangeState::Rejected, attempts, next_try, error: text }
                }
            };
            state.set_outcome(one.change.id, &outcome, job.now)?;
            settled.push((one.change, outcome));
        }
        Ok(())
    })?;
    errors.tell(job)?;
    settled.into_iter().try_for_each(|(change, outcome)| hand_over(job, change, outcome))?;
    Ok(waiting)
}

/// Seconds until a change that was rejected for the `attempts`th time is tried again: the first time at the
/// next run, then half an hour, doubled each time up to a day.
pub(super) fn backoff(attempts: u32) -> i64 {
    match attempts {
        0 | 1 => 0,
        more => (1800_i64 << (more - 2).min(10)).min(LONGEST_WAIT),
    }
}

pub(super) fn settle(job: &Job<'_>, change: Change, outcome: Outcome) -> Result<()> {
    job.state.set_outcome(change.id, &outcome, job.now)?;
    hand_over(job, change, outcome)
}

fn hand_over(job: &Job<'_>, mut change: Change, outcome: Outcome) -> Result<()> {
    if !job.options.pass_thru {
        return Ok(());
    }
    change.state = outcome.state;
    change.attempts = outcome.attempts;
    change.next_try = outcome.next_try;
    change.error = outcome.error;
    change.time = job.now;
    job.context.result(ResultType::Change, &change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_change_waits_longer_each_time_and_a_day_at_most() {
        let waits: Vec<i64> = [1, 2, 3, 4, 8, 40].into_iter().map(backoff).collect();
        assert_eq!(waits, [0, 1800, 3600, 7200, 86_400, 86_400]);
    }
}

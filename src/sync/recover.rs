//! After a crash: what was being written is read back before anything else is done; nothing is guessed.

use uuid::Uuid;

use super::{job::Job, look::ambiguous, new_target, read_back, same_errors::SameErrors};
use crate::{
    error::{Error, Result},
    model::{Change, ChangeState, Exclusion, Run, Value, counted},
    state::{
        history::{ASKED_RUN, UNFINISHED_INDEX},
        since::Lasting,
    },
    targets::{Match, Renamed, Target, TargetQuery, TargetRecipient, TargetWrite},
};

/// The setting with the name under which the runs of this state write to a target that others write to, too.
const OWNER: &str = "owner";

/// Before a run that may write: what a killed one has left unfinished at the target goes. The profile's lock says that
/// no other run of it is at work.
pub(super) fn begin(job: &mut Job<'_>) -> Result<()> {
    if job.options.what_if {
        return Ok(());
    }
    let owner = match job.state.setting(OWNER)? {
        Some(owner) => owner,
        None => {
            let owner = Uuid::new_v4().simple().to_string();
            job.state.set_setting(OWNER, &owner)?;
            owner
        }
    };
    job.target.begin(&owner, job.context)
}

/// Before a run of the profile's own: settles every change that an earlier run left in flight, by what the target has
/// now.
pub(super) fn in_flight(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    new_target::notice(job)?;
    job.target.expect(job.state.recipients_with_managed()?);
    if let Some(interrupted) = interrupted_request(job)? {
        job.mode.take_over(job.state, interrupted)?;
        job.state.remove_setting(ASKED_RUN)?;
    }
    read_all_back(job, run, None)
}

/// Before a run that carries out a request: settles the changes that an earlier one left in flight. Those of the
/// profile's own runs may be at another target.
pub(super) fn in_flight_of_request(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    if let Some(interrupted) = interrupted_request(job)? {
        read_all_back(job, run, Some(interrupted))?;
        job.state.remove_setting(ASKED_RUN)?;
    }
    Ok(())
}

/// Does `writes`, the writes of a run that carries out a request. Where they fail, the next run knows of them.
pub(super) fn as_request(
    job: &mut Job<'_>,
    run: &mut Run,
    writes: impl FnOnce(&mut Job<'_>, &mut Run) -> Result<()>,
) -> Result<()> {
    job.state.set_setting(ASKED_RUN, &run.id.to_string())?;
    writes(job, run)?;
    job.state.remove_setting(ASKED_RUN)
}

fn interrupted_request(job: &Job<'_>) -> Result<Option<i64>> {
    job.state.run_number(ASKED_RUN)
}

/// Settles the changes that were left in flight; those of the run `of`, or all.
fn read_all_back(job: &mut Job<'_>, run: &mut Run, of: Option<i64>) -> Result<()> {
    let mut after = 0;
    loop {
        let changes =
            job.state.changes_in(ChangeState::InFlight, of, after, job.target.batch_size().max(1))?;
        let Some(last) = changes.last() else { return Ok(()) };
        after = last.id;
        job.context.check()?;
        let recipients = counted(changes.len(), "recipient", "recipients");
        job.verbose(format!("Reading back {recipients} whose change was interrupted."))?;
        // What is settled here may be in the index, or missing there.
        job.state.set_setting(UNFINISHED_INDEX, &run.id.to_string())?;
        settle_batch(job, run, &changes)?;
    }
}

fn settle_batch(job: &mut Job<'_>, run: &mut Run, changes: &[Change]) -> Result<()> {
    let mut known = Vec::with_capacity(changes.len());
    for change in changes {
        let link = job.state.link(&change.anchor)?;
        match job.state.evaluation(&change.anchor)? {
            Some(evaluation) => known.push((change, evaluation.recipient, link)),
            // An import row and its evaluation outlive every open change; without them nothing can be matched.
            None => job.state.drop_open_change(&change.anchor)?,
        }
    }
    let queries: Vec<TargetQuery<'_>> =
        known.iter().map(|(change, recipient, link)| link.query(&change.anchor, recipient)).collect();
    let matches = job.target.read(&queries, job.context)?;
    if let Some(error) = unreadable(job.target, &matches).filter(|_| !job.options.what_if) {
        return Err(error);
    }
    let mut failed = SameErrors::default();
    for (((change, ..), query), matched) in known.iter().zip(&queries).zip(matches) {
        let found = match job.state.place(change.id)? {
            Some(place) => match matched {
                Ok(found) => tidy(job, query, found, place)?,
                Err(error) => Err(error),
            },
            None => matched,
        };
        match found {
            Ok(found) => {
                note_removed(job, change, query, &found)?;
                settle(job, run, change, found)?;
            }
            // Still not to be read: it stays in flight, and out of this run's plan.
            Err(error) => failed.push(error.target(change.recipient.clone())),
        }
    }
    failed.report(job, run)
}

/// The error that ends a run: nothing that was being written can be read, since the target answers in a form that can't
/// be understood; so would be what this run writes.
fn unreadable(target: &dyn Target, matches: &[Result<Match>]) -> Option<Error> {
    let first = matches.first()?.as_ref().err()?;
    let is_of_form = |one: &Result<Match>| one.as_ref().is_err_and(read_back::is_of_form);
    (!target.shows_values() && matches.iter().all(is_of_form)).then(|| {
        let what = format!(
            "What an earlier run was writing can't be read back, so that nothing more is written: {}",
            first.message
        );
        Error { message: what, ..first.clone() }
    })
}

/// Where we name the places, `place` being the one that the change went to: what the recipient has there counts, and
/// what a crash left at only one of two places, or unfinished at the new one, is taken away. Nobody would know of it
/// later, when the address may be another's. The inner error is the recipient's alone.
fn tidy(job: &mut Job<'_>, query: &TargetQuery<'_>, found: Match, place: String) -> Result<Result<Match>> {
    let old = match found {
        Match::One(found) if found.key == place => return Ok(Ok(Match::One(found))),
        Match::One(old) => Some(old),
        Match::None => None,
        other => return Ok(Ok(other)),
    };
    let at_place = TargetQuery { link: Some(&place), ..query.clone() };
    let new = match job.target.read(std::slice::from_ref(&at_place), job.context)?.pop().transpose() {
        Ok(new) => new,
        Err(error) => return Ok(Err(error)),
    };
    let (left, stays) = match (new, old) {
        (Some(Match::One(new)), old) if new.key == place => (old, Some(new)),
        (_, old) => (Some(TargetRecipient::new(place, Vec::new())), old),
    };
    if let (Some(left), false) = (left, job.options.what_if) {
        let write =
            TargetWrite { query: query.clone(), current: Some(left), values: Vec::new(), unseen: Vec::new() };
        let written = job.target.write(std::slice::from_ref(&write), job.context)?.pop();
        if let Some(Err(error)) = written {
            return Ok(Err(error));
        }
    }
    Ok(Ok(stays.map_or(Match::None, Match::One)))
}

/// What was still shown after it was taken away, and is not any more, was only shown late: the target is told that the way
/// in which an earlier run insisted works.
fn note_removed(job: &mut Job<'_>, change: &Change, query: &TargetQuery<'_>, found: &Match) -> Result<()> {
    let (Match::One(found) | Match::Renamed(Renamed { recipient: found, .. })) = found else { return Ok(()) };
    let goes = change.removed();
    let is_left = found.values.iter().any(|value| goes.iter().any(|one| one.is(value)));
    if is_left || !change.after.is_empty() || job.state.since(Lasting::Removing, &change.anchor)?.is_none() {
        return Ok(());
    }
    let mut values = Vec::with_capacity(goes.len());
    for one in goes {
        values.push(Value::new(one.attribute, job.state.needed_value(one.value)?));
    }
    let current = Some(TargetRecipient { values, ..found.clone() });
    let write =
        TargetWrite { query: query.clone(), current, values: found.values.clone(), unseen: Vec::new() };
    job.target.note_removed(&write, true);
    Ok(())
}

fn settle(job: &Job<'_>, run: &mut Run, change: &Change, found: Match) -> Result<()> {
    let found = match found {
        Match::One(found) => Some(found),
        // What was published there is there, whoever has it now.
        Match::Renamed(renamed) => Some(renamed.recipient),
        // Whose values nobody shows may come back with them.
        Match::None | Match::Excluded(Exclusion::SoftDeleted, _) => None,
        Match::Excluded(_, found) => found,
        Match::Ambiguous(why) => {
            return job.report(run, ambiguous(why).target(change.recipient.clone()));
        }
    };
    // Neither the old nor the new state: what was there before the change is written again, or what is wanted by now.
    if found.as_ref().is_some_and(|found| found.damage.is_some()) {
        job.state.drop_open_change(&change.anchor)?;
        return job.state.distrust(&change.anchor);
    }
    // What shows that a write was finished are values that were not there before, at the place that it went to.
    let place = job.state.place(change.id)?;
    let finished = |found: &TargetRecipient| {
        let shown = |value| found.shows(value);
        Some(&found.key) == place.as_ref() && !change.added().is_empty() && change.after.iter().all(shown)
    };
    let doubtful = place.is_some() && !found.as_ref().is_some_and(finished);
    job.mode.recover(&job.desk(), change, found)?;
    if doubtful { job.state.distrust(&change.anchor) } else { Ok(()) }
}

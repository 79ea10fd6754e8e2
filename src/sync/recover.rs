//! After a crash: what was being written is read back before anything else is done; nothing is guessed.

use uuid::Uuid;

use super::{first_contact, job::Job, look::ambiguous};
use crate::{
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{Change, ChangeState, Run, counted},
    state::history::ASKED_RUN,
    targets::{Match, TargetQuery, TargetWrite},
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
    notice_other_target(job)?;
    if let Some(interrupted) = interrupted_request(job)? {
        job.mode.take_over(job.state, interrupted)?;
        job.state.remove_setting(ASKED_RUN)?;
    }
    read_back(job, run, None)
}

/// Before a run that carries out a request: settles the changes that an earlier one left in flight. Those of the
/// profile's own runs may be at another target.
pub(super) fn in_flight_of_request(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    if let Some(interrupted) = interrupted_request(job)? {
        read_back(job, run, Some(interrupted))?;
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
fn read_back(job: &mut Job<'_>, run: &mut Run, of: Option<i64>) -> Result<()> {
    let mut after = 0;
    loop {
        let changes =
            job.state.changes_in(ChangeState::InFlight, of, after, job.target.batch_size().max(1))?;
        let Some(last) = changes.last() else { return Ok(()) };
        after = last.id;
        job.context.check()?;
        let recipients = counted(changes.len(), "recipient", "recipients");
        job.verbose(format!("Reading back {recipients} whose change was interrupted."))?;
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
    let queries: Vec<TargetQuery<'_>> = known
        .iter()
        .map(|(change, recipient, link)| TargetQuery {
            anchor: &change.anchor,
            recipient,
            link: link.target.as_deref(),
            former: &link.former,
            thorough: false,
            fresh: true,
        })
        .collect();
    let matches = job.target.read(&queries, job.context)?;
    for (((change, ..), query), matched) in known.iter().zip(&queries).zip(matches) {
        match matched.and_then(|found| finish_move(job, query, found)) {
            Ok(found) => settle(job, run, change, found)?,
            // Still not to be read: it stays in flight, and out of this run's plan.
            Err(error) => job.report(run, error.target(change.recipient.clone()))?,
        }
    }
    Ok(())
}

/// What a crash left at a recipient's new place as well as at the old one is taken away from the old one: nobody would
/// know of it later.
fn finish_move(job: &mut Job<'_>, query: &TargetQuery<'_>, found: Match) -> Result<Match> {
    let (old, own) = match (&found, job.target.key(query)) {
        (Match::One(old), Some(own)) if old.key != own => (old, own),
        _ => return Ok(found),
    };
    let at_own = TargetQuery { link: None, ..query.clone() };
    let new = match job.target.read(std::slice::from_ref(&at_own), job.context)?.pop().transpose()? {
        Some(Match::One(new)) if new.key == own => new,
        _ => return Ok(found),
    };
    if !job.options.what_if {
        let write =
            TargetWrite { query: query.clone(), current: Some(old.clone()), values: new.values.clone() };
        job.target.write(std::slice::from_ref(&write), job.context)?.pop().transpose()?;
    }
    Ok(Match::One(new))
}

fn settle(job: &Job<'_>, run: &mut Run, change: &Change, found: Match) -> Result<()> {
    let found = match found {
        Match::One(found) => Some(found),
        Match::None => None,
        Match::Excluded(_, found) => found,
        Match::Ambiguous(why) => {
            return job.report(run, ambiguous(why).target(change.recipient.clone()));
        }
    };
    job.mode.recover(&job.desk(), change, found)
}

/// Another target knows nothing of what was published at the old one; that stays as it is.
/// Fails with `TargetConflict` where the profile's target is the same, but leads to another place than before.
fn notice_other_target(job: &mut Job<'_>) -> Result<()> {
    let profile = job.profile;
    let target = profile.target_text();
    let before = job.state.setting("target")?;
    if before.as_deref() == Some(&target) {
        return same_place(job);
    }
    job.state.remove_setting(PLACE)?;
    if let Some(before) = before {
        let forgotten = job.state.forget_target(job.now)?;
        first_contact::forget(job.state)?;
        if forgotten > 0 {
            let what = format!(
                "The target was '{before}' and is '{target}' now; what was published for {} there stays.",
                counted(forgotten, "recipient", "recipients")
            );
            job.context.log(LogLevel::Warning, what)?;
        }
    }
    job.state.set_setting("target", &target)?;
    same_place(job)
}

/// The setting with what the target calls itself, where the profile does not say which one it is.
const PLACE: &str = "target_identity";

/// A session may be connected to another organisation than the last one: nothing of this profile is to be written
/// there, and nothing that is missing there is gone.
fn same_place(job: &mut Job<'_>) -> Result<()> {
    let Some(now) = job.target.identity(job.context)? else { return Ok(()) };
    match job.state.setting(PLACE)? {
        Some(before) if before != now => {
            let what = format!(
                "{} is that of '{now}', but profile '{}' publishes to '{before}'; nothing was written.",
                job.target.name(),
                job.profile.name
            );
            Err(Error::new(ErrorId::TargetConflict, what).target(&job.profile.name).advice(
                "Connect to the organisation that the profile publishes to, or make another profile for this one.",
            ))
        }
        Some(_) => Ok(()),
        None => job.state.set_setting(PLACE, &now),
    }
}

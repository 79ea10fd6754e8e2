//! After a crash: what was being written is read back before anything else is done; nothing is guessed.

use super::{Job, asked, contact, fingerprint};
use crate::{
    error::Result,
    event::LogLevel,
    model::{Change, ChangeState, PublishedValue, Run},
    state::change::Outcome,
    targets::{Match, TargetQuery, TargetRecipient},
};

/// Settles every change that an earlier run left in flight, by what the target has now.
pub(super) fn in_flight(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    notice_other_target(job)?;
    asked::leave_to_import(job)?;
    read_back(job, run, None)
}

/// Settles the changes that were left in flight; those of the run `of`, or all.
pub(super) fn read_back(job: &mut Job<'_>, run: &mut Run, of: Option<i64>) -> Result<()> {
    let mut after = 0;
    loop {
        let changes =
            job.state.changes_in(ChangeState::InFlight, of, after, job.target.batch_size().max(1))?;
        let Some(last) = changes.last() else { return Ok(()) };
        after = last.id;
        job.context.check()?;
        job.verbose(format!("Reading back {} recipients whose change was interrupted.", changes.len()))?;
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
            link: link.as_deref(),
            thorough: false,
            fresh: true,
        })
        .collect();
    let matches = job.target.read(&queries, job.context)?;
    for ((change, ..), matched) in known.iter().zip(matches) {
        match matched {
            Ok(found) => settle(job, run, change, found)?,
            // Still not to be read: it stays in flight, and out of this run's plan.
            Err(error) => job.report(run, error.target(change.recipient.clone()))?,
        }
    }
    Ok(())
}

/// Whatever is there of what was published and of what was to be published is ours.
fn settle(job: &Job<'_>, run: &mut Run, change: &Change, found: Match) -> Result<()> {
    let found = match found {
        Match::One(found) => Some(found),
        Match::None => None,
        Match::Excluded(_, found) => found,
        Match::Ambiguous(why) => {
            return job.report(run, contact::ambiguous(why).target(change.recipient.clone()));
        }
    };
    if job.curates() {
        return settle_in_place(job, change, found.as_ref());
    }
    let there = ours(change, found.as_ref());
    let done = there.len() == change.after.len() && change.after.iter().all(|value| there.contains(value));
    let link = found.filter(|_| !there.is_empty()).map(|found| found.key);
    job.state.transaction(|state| {
        state.set_managed(&change.anchor, link.as_deref(), &there, job.now)?;
        if !done {
            // It is planned anew from what is there.
            return state.drop_open_change(&change.anchor);
        }
        state.set_outcome(change.id, &exported(change), job.now)
    })
}

/// In place, the change is done when nothing of what it takes away is there, and all that it puts there is;
/// otherwise it is planned anew.
fn settle_in_place(job: &Job<'_>, change: &Change, found: Option<&TargetRecipient>) -> Result<()> {
    let (removed, added) = (change.removed(), change.added());
    let shows = |one: &PublishedValue| found.is_some_and(|found| found.shows(one));
    job.state.transaction(|state| {
        if removed.iter().any(shows) || !added.iter().all(shows) {
            return state.drop_open_change(&change.anchor);
        }
        state.release_values(&removed, job.now)?;
        state.set_outcome(change.id, &exported(change), job.now)
    })
}

fn exported(change: &Change) -> Outcome {
    Outcome { state: ChangeState::Exported, attempts: change.attempts + 1, next_try: None, error: None }
}

fn ours(change: &Change, found: Option<&TargetRecipient>) -> Vec<PublishedValue> {
    let mut there: Vec<PublishedValue> = Vec::new();
    for value in found.map(|found| found.values.as_slice()).unwrap_or_default() {
        let fingerprint = value.fingerprint();
        let mut known = change.after.iter().chain(&change.before);
        let known = known.find(|one| one.attribute == value.attribute && one.value == fingerprint);
        there.extend(known.filter(|one| !there.contains(one)).cloned());
    }
    there
}

/// Another target knows nothing of what was published at the old one; that stays as it is.
fn notice_other_target(job: &Job<'_>) -> Result<()> {
    let profile = job.profile;
    let target = fingerprint::target(profile);
    let before = job.state.setting("target")?;
    if before.as_deref() == Some(&target) {
        return Ok(());
    }
    if let Some(before) = before {
        let forgotten = job.state.forget_target(job.now)?;
        job.state.remove_setting(super::plan::CONTACTED)?;
        if forgotten > 0 {
            job.context.log(
                LogLevel::Warning,
                format!("The target was '{before}' and is '{target}' now; what was published for {forgotten} recipients there stays."),
            )?;
        }
    }
    job.state.set_setting("target", &target)
}

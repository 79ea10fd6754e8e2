//! Who is no longer seen: looked up, and carried over while it may come back.

use std::collections::BTreeSet;

use super::{
    job::Job,
    reading, renamed,
    witness::{self, Known},
};
use crate::{
    directory::Presence,
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{Run, Timestamp, counted},
    profile::Profile,
    state::import::{Gone, ImportRow},
};

/// Anchors of one look-up.
const LOOK_UP: usize = 100;
/// Recipients of one page.
const PAGE: usize = 500;

/// Absent is not deleted: who is no longer seen is looked up, and carried over while it may come back.
/// Where several objects have one of the `contested` anchors, one of them may be anybody's, and nobody is gone.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run, contested: &BTreeSet<String>) -> Result<()> {
    let mut after = String::new();
    let mut unreadable = 0_u64;
    let doubtful = !contested.is_empty() || has_strangers(job, run)?;
    let time = witness::known(job, run)?;
    // By a clock that may be wrong, nobody has been missing for long enough.
    let is_clock_sure = !witness::is_doubted(job, run)?;
    loop {
        let unseen = job.state.unseen(run.id, &after, LOOK_UP)?;
        let Some(last) = unseen.last() else { break };
        after.clone_from(&last.anchor);
        let (old_places, unseen): (Vec<_>, Vec<_>) =
            unseen.into_iter().partition(|row| renamed::is_old_place(&row.anchor));
        old_places.iter().try_for_each(|row| renamed::carry_over(job, run, row))?;
        let anchors: Vec<String> = unseen.iter().map(|row| row.anchor.clone()).collect();
        let presences = job.source.look_up(&anchors, job.context)?;
        let mut found = Vec::new();
        for (row, presence) in unseen.into_iter().zip(presences) {
            match presence {
                // What is known of it now may be another one's, so it is in no plan; the next import asks for it again.
                _ if contested.contains(&row.anchor) => unreadable += 1,
                Presence::InScope(recipient) => found.push(*recipient),
                presence
                    if presence == Presence::Unreadable || (doubtful && presence == Presence::Absent) =>
                {
                    unreadable += 1;
                    let row = ImportRow { missing_since: None, gone: None, ..row };
                    job.state.add_import(run.id, &row)?;
                }
                other => carry_over(job, run, time, is_clock_sure, row, &other)?,
            }
        }
        reading::again(job, run, &mut found)?;
    }
    tell_unreadable(job, run, unreadable)
}

/// Whether something could not be used of which nobody can tell whose it is; only where somebody is absent.
fn has_strangers(job: &mut Job<'_>, run: &Run) -> Result<bool> {
    if run.numbers.errors == 0 || job.state.unseen(run.id, "", 1)?.is_empty() {
        return Ok(false);
    }
    let Job { source, state, context, .. } = job;
    source.has_strangers(&|anchor| Ok(state.recipient(anchor)?.is_some()), context)
}

/// Who can't be read is not gone. Where no error has told so yet, this one does: the run is no success.
fn tell_unreadable(job: &Job<'_>, run: &mut Run, unreadable: u64) -> Result<()> {
    if unreadable == 0 {
        return Ok(());
    }
    let (who, them) = match unreadable {
        1 => ("1 recipient".to_owned(), "it"),
        many => (counted(many, "recipient", "recipients"), "them"),
    };
    let message = format!(
        "What the source holds of {who} of earlier runs can't be read, or can't be told to be of {them}; what is \
         published for {them} stays as it is."
    );
    if run.numbers.errors > 0 {
        return job.context.log(LogLevel::Warning, message);
    }
    let advice = "Give the account the right to read the recipients, objectClass and identity too.";
    job.report(run, Error::new(ErrorId::RecipientInvalid, message).target(&job.profile.name).advice(advice))
}

/// One warning about those whose published values stay until the missing period ends: who left is to be told from a
/// source that was cut. Told when it is known whose addresses and values they were.
pub(super) fn tell(job: &Job<'_>, run: &mut Run) -> Result<()> {
    let (mut after, mut first_end) = (String::new(), None::<Timestamp>);
    loop {
        let kept = job.state.kept_while_missing(run.id, &after, PAGE)?;
        let Some(last) = kept.last() else { break };
        after.clone_from(&last.anchor);
        for row in kept {
            let Some(since) = row.missing_since else { continue };
            run.numbers.missing_kept += 1;
            let end = since.plus(job.profile.effective_missing_period());
            first_end = Some(first_end.map_or(end, |first| first.min(end)));
            let who = row.address.as_deref().unwrap_or(&row.anchor);
            job.verbose(format!("The source has not shown {who} since {since}."))?;
        }
    }
    let Some(end) = first_end else { return Ok(()) };
    let (one, many) = ("recipient is missing from the source", "recipients are missing from the source");
    let (them, they) = match run.numbers.missing_kept {
        1 => ("it", "it stays"),
        _ => ("them", "they stay"),
    };
    let what = if end > job.now {
        format!("what is published for {them} is removed from {end} on, if {they} missing (-MissingPeriod)")
    } else {
        format!(
            "by this machine's clock the missing period is over since {end}, but nothing else tells so yet: what is \
             published for {them} stays until a later run"
        )
    };
    let who = counted(run.numbers.missing_kept, one, many);
    job.context.log(LogLevel::Warning, format!("{who}; {what}. -Verbose names {them}."))
}

fn carry_over(
    job: &Job<'_>,
    run: &mut Run,
    time: Known,
    is_clock_sure: bool,
    row: ImportRow,
    presence: &Presence,
) -> Result<()> {
    // A clock that was ahead may have seen it missing first.
    let since = row.missing_since.map_or(time.latest, |since| since.min(time.latest));
    let period = job.profile.effective_missing_period();
    let gone = gone(presence, since, job.profile, time.sure)
        .filter(|gone| *gone != Gone::Missing || period == 0 || is_clock_sure);
    run.numbers.missing += 1;
    let nothing_left = job.state.managed(&row.anchor)?.is_empty() && !job.state.is_in_flight(&row.anchor)?;
    // Nothing is published for it and nothing can come of it: forgotten.
    if gone.is_some() && nothing_left {
        return job.state.drop_open_change(&row.anchor);
    }
    job.state.add_import(run.id, &ImportRow { missing_since: Some(since), gone, ..row }).map(drop)
}

/// Why a recipient that has not been shown since `since` counts as gone, if it does; `sure` is the time that is sure.
pub(super) fn gone(
    presence: &Presence,
    since: Timestamp,
    profile: &Profile,
    sure: Timestamp,
) -> Option<Gone> {
    let period = profile.effective_missing_period();
    match presence {
        Presence::Deleted => Some(Gone::Deleted),
        Presence::OutOfScope => Some(Gone::OutOfScope),
        Presence::Unreadable => None,
        _ if period == 0 || since.plus(period) <= sure => Some(Gone::Missing),
        _ => None,
    }
}

//! Reads writes back: an encoding could be misread by a service, and success of a removal need not mean that anything
//! is gone.

mod check;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

pub(super) use self::check::{Check, is_of_form};
use self::check::{Shown, Trust};
use super::{job::Job, late::USUAL_DELAY, same_errors::SameErrors, verify};
use crate::{
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{Run, at_start, counted},
    state::since::Lasting,
    targets::{Removal, TargetQuery, TargetRecipient, TargetWrite},
};

/// Seconds between looks at a target that still shows the old state, since a replica may answer: two minutes in all.
const LOOKS: [u64; 6] = [1, 4, 10, 20, 35, 50];
/// The same where something is left, before it is taken away in another way.
const LEFT: [u64; 3] = [1, 4, 10];
/// The same where an attribute was to be emptied, and nobody has seen yet that this target lets that happen: it is
/// tried in another way soon.
const DOUBTFUL: [u64; 2] = [1, 2];
/// The same after what was left was taken away in another way.
const INSISTED: [u64; 3] = [0, 1, 2];
/// The same after that, where clearing is known to work.
const PATIENT: [u64; 2] = [20, 35];

/// How much of its time a run gives to reading back.
pub(super) struct Patience {
    /// So many writes are still compared as a whole.
    pub(super) whole: usize,
    /// So many seconds are still waited for what does not show yet. When they are used up, each write is looked at once
    /// after it, and once after what was left was taken away in another way: however many there are, waiting ends.
    pub(super) seconds: u64,
}

impl Patience {
    pub(super) fn of(job: &Job<'_>) -> Self {
        let whole = verify::how_many_are_read_back(job.options.verify);
        Self { whole, seconds: LOOKS.iter().sum() }
    }
}

/// What reading back found.
#[derive(Default)]
pub(super) struct ReadBack {
    /// The places of those where the target still shows the old state, or can't be read (an error of that recipient,
    /// told); the next run looks at them again.
    pub(super) unseen: BTreeSet<usize>,
    /// Those of whom something is left that the target should have taken away.
    pub(super) left: Vec<Left>,
    /// What the target said where it refused to take away in another way what is left, by the places.
    refused: BTreeMap<usize, String>,
}

/// A recipient of whom something is left that was to go.
pub(super) struct Left {
    pub(super) place: usize,
    pub(super) error: Error,
    /// What the target shows.
    pub(super) found: TargetRecipient,
}

type Open<'a> = Vec<(&'a Check<'a>, Shown)>;

/// Reads writes back and compares their values as sets; what is left of those that were taken away is taken away once
/// more, in the target's other way.
/// Fails with `VerifyFailed` where a target shows anything that is neither the old nor the new state.
pub(super) fn run(
    job: &mut Job<'_>,
    run: &mut Run,
    checks: &[Check<'_>],
    seconds: &mut u64,
) -> Result<ReadBack> {
    let mut back = ReadBack::default();
    let open = look(job, checks.iter().collect(), false)?;
    stop_if_unreadable(checks, &open)?;
    // Where there are no replicas, the first answer is the only one there will be.
    if !job.target.has_replicas() {
        close(job, run, open, &mut back)?;
        return Ok(back);
    }
    let unseen = job.target.removal() == Removal::Unseen;
    let (hidden, open): (Open<'_>, Open<'_>) =
        open.into_iter().partition(|(_, shown)| matches!(shown, Shown::Hidden(_)));
    let (left, mut slow): (Open<'_>, Open<'_>) =
        open.into_iter().partition(|(_, shown)| matches!(shown, Shown::Left(_)));
    let (doubtful, left): (Open<'_>, Open<'_>) =
        left.into_iter().partition(|(check, shown)| unseen && check.is_emptied(shown));
    let mut doubtful = look_again(job, doubtful, &DOUBTFUL, false, seconds)?;
    doubtful.extend(hidden);
    let doubtful = insist(job, doubtful, seconds, &mut back)?;
    let left = look_again(job, left, &LEFT, false, seconds)?;
    let left = insist(job, left, seconds, &mut back)?;
    slow = look_again(job, slow, &LOOKS, false, seconds)?;
    stop_if_invisible(job, checks, &slow)?;
    // What turned out to be left only then.
    slow = insist(job, slow, seconds, &mut back)?;
    slow.extend(look_again(job, left, &PATIENT, true, seconds)?);
    slow.extend(doubtful);
    close(job, run, slow, &mut back)?;
    Ok(back)
}

/// Fails with what the target answers instead of values where all samples can't be read for their form: nobody could read
/// what is written after them, either. They stay in flight.
fn stop_if_unreadable(checks: &[Check<'_>], open: &Open<'_>) -> Result<()> {
    let samples = checks.iter().filter(|check| check.whole).count();
    let mut unread = open.iter().filter_map(|(check, shown)| match shown {
        Shown::Unreadable(error) if check.whole && shown.is_lasting() => Some((check, error)),
        _ => None,
    });
    let Some((check, error)) = unread.next() else { return Ok(()) };
    if 1 + unread.count() < samples {
        return Ok(());
    }
    let recipient = &check.change.recipient;
    let what = format!(
        "What was written for {recipient} can't be read back, so the run stops before it writes anything more: {}",
        error.message
    );
    Err(Error { message: what, ..error.clone() }.target(recipient.clone()))
}

/// Fails where nothing shows of all samples that were to have values, and nobody has ever seen any there: the target may
/// ignore writes, or hide values, and what is written next could be neither kept in order nor taken away.
fn stop_if_invisible(job: &mut Job<'_>, checks: &[Check<'_>], open: &Open<'_>) -> Result<()> {
    let gives = |check: &Check<'_>| check.whole && !check.write.values.is_empty();
    let samples = checks.iter().filter(|check| gives(check)).count();
    let mut unseen = open.iter().filter(|(check, _)| gives(check)).map(|(check, _)| *check);
    let Some(first) = unseen.next() else { return Ok(()) };
    if 1 + unseen.count() < samples || job.target.has_ever_shown_values() {
        return Ok(());
    }
    let others = match samples - 1 {
        0 => String::new(),
        others => format!(" and {}", counted(others, "other", "others")),
    };
    let recipient = &first.change.recipient;
    let what = format!(
        "{} does not show what was written for {recipient}{others}, and has never shown a certificate of anybody; the \
         run stops before it writes anything more.",
        at_start(&job.target.name())
    );
    let advice = "It may show writes late, ignore them, or hide certificates. Run again in half an hour: the run looks \
                  first. If it stops again, report what Test-SmimeSyncProfile -Trace writes (docs/first-tenant.md).";
    Err(Error::new(ErrorId::TargetUnreadable, what).advice(advice).target(recipient.clone()))
}

/// One look at each; those that are not settled by it.
fn look<'a>(job: &mut Job<'_>, checks: Vec<&'a Check<'a>>, insisted: bool) -> Result<Open<'a>> {
    let mut open = Vec::new();
    let removal = job.target.removal();
    for batch in checks.chunks(job.target.batch_size().max(1)) {
        let queries: Vec<TargetQuery<'_>> = batch.iter().map(|check| check.query()).collect();
        let found = job.target.read(&queries, job.context)?;
        let trust = Trust {
            is_sure: removal == Removal::Sure,
            is_doubtful: !insisted && removal == Removal::Unseen,
            is_blind: !job.target.has_ever_shown_values(),
        };
        for (check, matched) in batch.iter().zip(found) {
            match check.judge(job, matched, trust)? {
                Some(shown) => open.push((*check, shown)),
                None if !check.write.removed().is_empty() => job.target.note_removed(check.write, insisted),
                None => {}
            }
        }
    }
    Ok(open)
}

/// Looks after each of these waits, in seconds, until all are settled; those that are not.
fn look_again<'a>(
    job: &mut Job<'_>,
    open: Open<'a>,
    waits: &[u64],
    insisted: bool,
    patience: &mut u64,
) -> Result<Open<'a>> {
    let (mut lasting, mut open): (Open<'_>, Open<'_>) =
        open.into_iter().partition(|(_, shown)| shown.is_lasting());
    for seconds in waits {
        if open.is_empty() || *seconds > *patience {
            break;
        }
        *patience -= *seconds;
        job.target.wait(Duration::from_secs(*seconds), job.context)?;
        let shown = look(job, open.into_iter().map(|(check, _)| check).collect(), insisted)?;
        let (lasts, changes): (Open<'_>, Open<'_>) =
            shown.into_iter().partition(|(_, shown)| shown.is_lasting());
        lasting.extend(lasts);
        open = changes;
    }
    lasting.extend(open);
    Ok(lasting)
}

/// Takes away in the target's other way what is left. Returns those that are not settled, of whom nothing is left.
fn insist<'a>(job: &mut Job<'_>, open: Open<'a>, seconds: &mut u64, back: &mut ReadBack) -> Result<Open<'a>> {
    let (mut checks, mut writes, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for (check, shown) in open {
        match shown {
            Shown::Left(found) | Shown::Hidden(found) => {
                let (values, unseen) = (check.write.values.clone(), check.write.unseen.clone());
                writes.push(TargetWrite { query: check.query(), current: Some(found), values, unseen });
                checks.push(check);
            }
            other => rest.push((check, other)),
        }
    }
    if writes.is_empty() {
        return Ok(rest);
    }
    let results = job.target.insist(&writes, job.context)?;
    let mut again = Vec::with_capacity(checks.len());
    for ((check, write), result) in checks.into_iter().zip(writes).zip(results) {
        let Some(found) = write.current else { continue };
        match result {
            Ok(()) => again.push((check, Shown::Left(found))),
            Err(error) => {
                back.refused.insert(check.place, error.to_string());
                rest.push((check, Shown::Left(found)));
            }
        }
    }
    rest.extend(look_again(job, again, &INSISTED, true, seconds)?);
    Ok(rest)
}

/// What stays unsettled is left in flight, and told.
fn close(job: &Job<'_>, run: &mut Run, open: Open<'_>, back: &mut ReadBack) -> Result<()> {
    let mut failed = SameErrors::default();
    for (check, shown) in open {
        let recipient = &check.change.recipient;
        if let Shown::Left(found) = shown {
            let since = job.state.note_since(Lasting::Removing, &check.change.anchor, job.now)?;
            let refusal = back.refused.get(&check.place);
            if since.plus(USUAL_DELAY) <= job.now {
                let error = check.ignored(job, &found, since, refusal);
                back.left.push(Left { place: check.place, error, found });
            } else {
                // It may only show late: it stays in flight, and the next run looks first.
                back.unseen.insert(check.place);
                let error = check.not_seen(job, &found, refusal);
                job.report(run, error.target(recipient.clone()))?;
            }
            continue;
        }
        back.unseen.insert(check.place);
        match shown {
            // Nobody knows what is there: it stays in flight, and the next run reads it first.
            Shown::Unreadable(error) => failed.push(error.target(recipient.clone())),
            Shown::Before | Shown::Left(_) | Shown::Hidden(_) => {
                let what = format!(
                    "{} still shows the old values of {recipient}; the next run looks again.",
                    at_start(&job.target.name())
                );
                job.context.log(LogLevel::Warning, what)?;
            }
        }
    }
    failed.report(job, run)
}

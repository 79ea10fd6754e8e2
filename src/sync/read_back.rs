//! Reads writes back: an encoding could be misread by a service, and success of a removal need not mean that anything
//! is gone.

use std::{collections::BTreeSet, time::Duration};

use super::{job::Job, look::ambiguous, mode::Sight};
use crate::{
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{Change, Exclusion, Run, at_start, counted},
    targets::{Match, Removal, TargetQuery, TargetRecipient, TargetWrite},
};

/// Seconds between looks at a target that still shows the old state, since a replica may answer: two minutes in all.
const LOOKS: [u64; 6] = [1, 4, 10, 20, 35, 50];
/// The same where an attribute was to be emptied, and nobody has seen yet that this target lets that happen: it is
/// tried in another way soon.
const DOUBTFUL: [u64; 2] = [1, 2];
/// The same after what was left was taken away in another way.
const INSISTED: [u64; 3] = [0, 1, 2];

/// One write to be read back.
pub(super) struct Check<'a> {
    /// Where it is in its batch.
    pub(super) place: usize,
    pub(super) change: &'a Change,
    pub(super) write: &'a TargetWrite<'a>,
    /// The target's own key for the recipient, after the write.
    pub(super) key: &'a str,
    /// Whether all that it wrote is compared; otherwise only what it took away is looked for.
    pub(super) whole: bool,
}

/// What reading back found.
#[derive(Default)]
pub(super) struct ReadBack {
    /// The places of those where the target still shows the old state, or can't be read (an error of that recipient,
    /// told); the next run looks at them again.
    pub(super) unseen: BTreeSet<usize>,
    /// Those of whom something is left that the target should have taken away.
    pub(super) left: Vec<Left>,
}

/// A recipient of whom something is left that was to go.
pub(super) struct Left {
    pub(super) place: usize,
    pub(super) error: Error,
    /// What the target shows.
    pub(super) found: TargetRecipient,
}

/// What the target showed of a write that is not settled yet.
enum Shown {
    /// What was there before, as from a replica that has not heard of the write.
    Before,
    /// What was written, and some of what it took away.
    Left(TargetRecipient),
    Unreadable(Error),
}

impl Shown {
    /// Whether waiting changes nothing: the answer had a form in which nothing can be read.
    fn is_lasting(&self) -> bool {
        matches!(self, Self::Unreadable(error) if error.id == ErrorId::ExchangeProtocol)
    }
}

type Open<'a> = Vec<(&'a Check<'a>, Shown)>;

/// Reads writes back and compares their values as sets; what is left of those that were taken away is taken away once
/// more, in the target's other way.
/// Fails with `VerifyFailed` where a target shows anything that is neither the old nor the new state.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run, checks: &[Check<'_>]) -> Result<ReadBack> {
    let mut back = ReadBack::default();
    let open = look(job, checks.iter().collect(), false)?;
    // Where there are no replicas, the first answer is the only one there will be.
    if !job.target.has_replicas() {
        close(job, run, open, &mut back)?;
        return Ok(back);
    }
    let unseen = job.target.removal() == Removal::Unseen;
    let (doubtful, mut slow): (Open<'_>, Open<'_>) =
        open.into_iter().partition(|(check, shown)| unseen && check.is_emptied(shown));
    let doubtful = look_again(job, doubtful, &DOUBTFUL, false)?;
    slow.extend(insist(job, doubtful, &mut back)?);
    let slow = look_again(job, slow, &LOOKS, false)?;
    let open = insist(job, slow, &mut back)?;
    close(job, run, open, &mut back)?;
    Ok(back)
}

/// One look at each; those that are not settled by it.
fn look<'a>(job: &mut Job<'_>, checks: Vec<&'a Check<'a>>, insisted: bool) -> Result<Open<'a>> {
    let mut open = Vec::new();
    let is_sure = job.target.removal() == Removal::Sure;
    for batch in checks.chunks(job.target.batch_size().max(1)) {
        let queries: Vec<TargetQuery<'_>> = batch.iter().map(|check| check.query()).collect();
        for (check, matched) in batch.iter().zip(job.target.read(&queries, job.context)?) {
            match check.judge(job, matched, is_sure)? {
                Some(shown) => open.push((*check, shown)),
                None if !check.write.removed().is_empty() => job.target.note_removed(check.write, insisted),
                None => {}
            }
        }
    }
    Ok(open)
}

/// Looks after each of these waits, in seconds, until all are settled; those that are not.
fn look_again<'a>(job: &mut Job<'_>, open: Open<'a>, waits: &[u64], insisted: bool) -> Result<Open<'a>> {
    let (mut lasting, mut open): (Open<'_>, Open<'_>) =
        open.into_iter().partition(|(_, shown)| shown.is_lasting());
    for seconds in waits {
        if open.is_empty() {
            break;
        }
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
fn insist<'a>(job: &mut Job<'_>, open: Open<'a>, back: &mut ReadBack) -> Result<Open<'a>> {
    let (mut checks, mut writes, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for (check, shown) in open {
        match shown {
            Shown::Left(found) => {
                let values = check.write.values.clone();
                writes.push(TargetWrite { query: check.query(), current: Some(found), values });
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
            Err(error) => back.left.push(check.left(job, found, Some(&error))),
        }
    }
    for (check, shown) in look_again(job, again, &INSISTED, true)? {
        match shown {
            Shown::Left(found) => back.left.push(check.left(job, found, None)),
            other => rest.push((check, other)),
        }
    }
    Ok(rest)
}

/// What stays unsettled is left in flight, and told.
fn close(job: &Job<'_>, run: &mut Run, open: Open<'_>, back: &mut ReadBack) -> Result<()> {
    back.unseen = open.iter().map(|(check, _)| check.place).collect();
    for (check, shown) in open {
        let recipient = &check.change.recipient;
        match shown {
            // Nobody knows what is there: it stays in flight, and the next run reads it first.
            Shown::Unreadable(error) => job.report(run, error.target(recipient.clone()))?,
            Shown::Before | Shown::Left(_) => {
                let what = format!(
                    "{} still shows the old values of {recipient}; the next run looks again.",
                    at_start(&job.target.name())
                );
                job.context.log(LogLevel::Warning, what)?;
            }
        }
    }
    Ok(())
}

impl Check<'_> {
    fn query(&self) -> TargetQuery<'_> {
        TargetQuery { link: Some(self.key), ..self.write.query.clone() }
    }

    /// What the target has; who is not there any more has nothing. What can't be read or told apart is no such answer.
    fn there(&self, matched: Result<Match>, is_sure: bool) -> Result<Option<TargetRecipient>> {
        match matched? {
            Match::One(TargetRecipient { damage: Some(error), .. }) => Err(error),
            Match::One(found) | Match::Excluded(_, Some(found)) => Ok(Some(found)),
            Match::Ambiguous(why) => Err(ambiguous(why)),
            Match::Excluded(why @ (Exclusion::DirectorySynced | Exclusion::NoCmdlet), None) if !is_sure => {
                let what = format!("The write can't be read back: {}", why.skips_one(&self.change.recipient));
                Err(Error::new(ErrorId::TargetUnreadable, what).advice("Run again; it is looked at then."))
            }
            Match::None | Match::Excluded(_, None) => Ok(None),
        }
    }

    /// What the target shows of the write; `None`: it is as it shall be.
    fn judge(&self, job: &Job<'_>, matched: Result<Match>, is_sure: bool) -> Result<Option<Shown>> {
        let found = match self.there(matched, is_sure) {
            Ok(found) => found,
            // Not to be read at the moment; the next look may do better.
            Err(error) => return Ok(Some(Shown::Unreadable(error))),
        };
        let left = found.as_ref().map(|found| self.write.left(found)).unwrap_or_default();
        let is_left = !is_sure && !left.is_empty();
        let sight = job.mode.sight(self.change, self.write, found.as_ref());
        let count = found.as_ref().map_or(0, |found| found.values.len());
        Ok(match (found, sight) {
            (Some(found), _) if is_left && self.write.values.iter().all(|one| found.values.contains(one)) => {
                Some(Shown::Left(found))
            }
            (_, Sight::Written) => None,
            (_, Sight::Before) => Some(Shown::Before),
            (_, Sight::Neither) if !self.whole => is_left.then_some(Shown::Before),
            (_, Sight::Neither) => {
                let what = format!(
                    "{} shows {} for {}, which is neither the old nor the new state; the run stops.",
                    at_start(&job.target.name()),
                    counted(count, "value", "values"),
                    self.change.recipient
                );
                return Err(Error::new(ErrorId::VerifyFailed, what).target(self.change.recipient.clone()));
            }
        })
    }

    /// Whether something is left in an attribute that was to be emptied.
    fn is_emptied(&self, shown: &Shown) -> bool {
        let Shown::Left(found) = shown else { return false };
        self.write.left(found).into_iter().any(|value| self.write.empties(value))
    }

    /// Something is left; `refusal` is what the target said to the other way.
    fn left(&self, job: &Job<'_>, found: TargetRecipient, refusal: Option<&Error>) -> Left {
        let (name, recipient) = (at_start(&job.target.name()), &self.change.recipient);
        let left = counted(self.write.left(&found).len(), "value", "values");
        let then = match refusal {
            Some(error) => format!("and refused to take them away in another way: {error}"),
            None => "twice, in two ways.".to_owned(),
        };
        let what = format!(
            "{name} still has {left} of {recipient} that had to go, though it answered with success, {then}"
        );
        Left { place: self.place, error: Error::new(ErrorId::RemovalIgnored, what), found }
    }
}

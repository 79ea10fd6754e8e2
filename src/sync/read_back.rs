//! Reads writes back: an encoding could be misread by a service.

use std::{collections::BTreeSet, time::Duration};

use super::{job::Job, mode::Sight};
use crate::{
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{Change, Run, counted},
    targets::{Match, TargetQuery, TargetRecipient, TargetWrite},
};

/// Seconds between looks at a target that still shows the old state, since a replica may answer: two minutes in all.
const LOOKS: [u64; 7] = [0, 1, 4, 10, 20, 35, 50];

/// One write to be read back.
pub(super) struct Check<'a> {
    /// Where it is in its batch.
    pub(super) place: usize,
    pub(super) change: &'a Change,
    pub(super) write: &'a TargetWrite<'a>,
    /// The target's own key for the recipient, after the write.
    pub(super) key: &'a str,
}

/// Reads writes back and compares their values as sets. Returns the places of those where the target still shows
/// the old ones, or can't be read (an error of that recipient); the next run looks at them again.
/// Fails with `VerifyFailed` where the target shows anything else.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run, checks: &[Check<'_>]) -> Result<BTreeSet<usize>> {
    let mut open: Vec<(&Check<'_>, Option<Error>)> = checks.iter().map(|check| (check, None)).collect();
    // Where there are no replicas, the first answer is the only one there will be.
    let looks = if job.target.has_replicas() { LOOKS.len() } else { 1 };
    for seconds in LOOKS.into_iter().take(looks) {
        if open.is_empty() {
            return Ok(BTreeSet::new());
        }
        job.context.wait(Duration::from_secs(seconds))?;
        let mut still = Vec::new();
        for batch in open.chunks(job.target.batch_size().max(1)) {
            let queries: Vec<TargetQuery<'_>> = batch.iter().map(|(check, _)| check.query()).collect();
            for ((check, _), matched) in batch.iter().zip(job.target.read(&queries, job.context)?) {
                let there = match matched {
                    Ok(Match::One(TargetRecipient { damage: Some(error), .. })) => {
                        still.push((*check, Some(error)));
                        continue;
                    }
                    Ok(Match::One(found) | Match::Excluded(_, Some(found))) => Some(found),
                    Ok(_) => None,
                    // Not to be read at the moment; the next look may do better.
                    Err(error) => {
                        still.push((*check, Some(error)));
                        continue;
                    }
                };
                if !check.is_seen(job, there.as_ref())? {
                    still.push((*check, None));
                }
            }
        }
        open = still;
    }
    let places = open.iter().map(|(check, _)| check.place).collect();
    for (check, unreadable) in open {
        let recipient = &check.change.recipient;
        match unreadable {
            // Nobody knows what is there: it stays in flight, and the next run reads it first.
            Some(error) => job.report(run, error.target(recipient.clone()))?,
            None => {
                let what = format!(
                    "{} still shows the old values of {recipient}; the next run looks again.",
                    job.target.name()
                );
                job.context.log(LogLevel::Warning, what)?;
            }
        }
    }
    Ok(places)
}

impl Check<'_> {
    fn query(&self) -> TargetQuery<'_> {
        TargetQuery { link: Some(self.key), ..self.write.query.clone() }
    }

    /// Whether the target shows what was written; `false`: it still shows what was there before.
    fn is_seen(&self, job: &Job<'_>, found: Option<&TargetRecipient>) -> Result<bool> {
        match job.mode.sight(self.change, self.write, found) {
            Sight::Written => Ok(true),
            Sight::Before => Ok(false),
            Sight::Neither => {
                let what = format!(
                    "{} shows {} for {}, which is neither the old nor the new state; the run stops.",
                    job.target.name(),
                    counted(found.map_or(0, |found| found.values.len()), "value", "values"),
                    self.change.recipient
                );
                Err(Error::new(ErrorId::VerifyFailed, what).target(self.change.recipient.clone()))
            }
        }
    }
}

//! Export: writes the plan, marked before and settled after each batch.

use std::time::Duration;

use super::{Job, progress::Meter};
use crate::{
    error::{Error, ErrorId, Result},
    event::{LogLevel, Question, ResultType},
    policy::{self, evaluation::Finding},
    recipient::{Fingerprint, Value},
    state::{
        change::Outcome,
        import::RecipientRecord,
        record::{Change, ChangeState, PublishedValue, Run},
    },
    target::{Match, TargetQuery, TargetRecipient, TargetWrite},
};

/// So many writes of a run are read back.
const VERIFIED: usize = 3;
/// Seconds between looks at a target that still shows the old state: two minutes in all.
const LOOKS: [u64; 7] = [0, 1, 4, 10, 20, 35, 50];
/// Longest wait of a rejected change, in seconds.
const LONGEST_WAIT: i64 = 24 * 3600;

pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    let planned = run.numbers.add + run.numbers.update + run.numbers.remove;
    let unfinished = job.state.setting("unfinished_index")?.is_some();
    if planned == 0 && !unfinished {
        return job.state.use_approvals();
    }
    job.target.check_writable(job.context)?;
    job.state.set_setting("unfinished_index", &run.id.to_string())?;
    let mut meter = Meter::new(job.context, "Export", Some(planned))?;
    let (mut after, mut verified) = (0, 0);
    loop {
        let changes = job.state.changes_in(
            ChangeState::Pending,
            Some(run.id),
            after,
            job.target.batch_size().max(1),
        )?;
        let Some(last) = changes.last() else { break };
        after = last.id;
        meter.add(changes.len())?;
        let changes = approve(job, run, changes)?;
        export_batch(job, run, changes, &mut verified)?;
    }
    job.state.use_approvals()?;
    let state = job.state;
    job.target.finish(&mut |key| state.published_after(key, 500), job.context)?;
    state.remove_setting("unfinished_index")?;
    let numbers = &run.numbers;
    job.verbose(format!(
        "Exported {} changes to {}; {} were rejected, {} declined; in {:.2} s.",
        numbers.exported,
        job.target.name(),
        numbers.rejected,
        numbers.declined,
        meter.seconds()
    ))
}

/// Asks for each change where the caller wants to be asked; what is declined stays declined.
fn approve(job: &Job<'_>, run: &mut Run, changes: Vec<Change>) -> Result<Vec<Change>> {
    if !job.options.confirm {
        return Ok(changes);
    }
    let question = |change: &Change| Question::approve(target_text(change), action_text(change));
    let answers = job.context.ask(changes.iter().map(question).collect())?;
    let mut approved = Vec::with_capacity(changes.len());
    for (change, answer) in changes.into_iter().zip(answers) {
        if answer.approved {
            approved.push(change);
            continue;
        }
        run.numbers.declined += 1;
        let outcome =
            Outcome { state: ChangeState::Declined, attempts: change.attempts, next_try: None, error: None };
        settle(job, change, outcome)?;
    }
    Ok(approved)
}

/// The recipient as an admin recognises it.
fn target_text(change: &Change) -> String {
    match &change.display_name {
        Some(name) => format!("{name} <{}>", change.recipient),
        None => change.recipient.clone(),
    }
}

/// What would be done, in words.
fn action_text(change: &Change) -> String {
    format!("{}: {}", change.change.name(), change.reasons.join(" "))
}

/// A change with everything that writing it needs.
struct Work {
    change: Change,
    recipient: RecipientRecord,
    link: Option<String>,
    managed: Vec<PublishedValue>,
    /// The bytes of the values that shall be there, best first.
    ours: Vec<Value>,
}

fn export_batch(job: &mut Job<'_>, run: &mut Run, changes: Vec<Change>, verified: &mut usize) -> Result<()> {
    let work = changes.into_iter().map(|change| gather(job, change)).collect::<Result<Vec<_>>>()?;
    job.state.transaction(|state| {
        work.iter().try_for_each(|one| {
            let outcome = Outcome {
                state: ChangeState::InFlight,
                attempts: one.change.attempts,
                next_try: None,
                error: None,
            };
            state.set_outcome(one.change.id, &outcome, job.now)
        })
    })?;
    // The recipients' values right now: the write replaces the whole list, foreign values included.
    let queries: Vec<TargetQuery<'_>> = work.iter().map(Work::query).collect();
    let matches = job.target.read(&queries, job.context)?;
    let mut outcomes: Vec<Option<Result<String>>> = Vec::with_capacity(work.len());
    let (mut writes, mut places) = (Vec::new(), Vec::new());
    for (one, matched) in work.iter().zip(matches) {
        outcomes.push(match matched {
            Ok(Match::Ambiguous(why)) => Some(Err(Error::new(ErrorId::TargetConflict, why))),
            Err(error) => Some(Err(error)),
            Ok(Match::Excluded(why, _)) => {
                run.exclude(why);
                job.state.drop_open_change(&one.change.anchor)?;
                None
            }
            Ok(found) => {
                places.push(outcomes.len());
                writes.push(one.write(match found {
                    Match::One(current) => Some(current),
                    _ => None,
                }));
                None
            }
        });
    }
    let results = job.target.write(&writes, job.context)?;
    for ((write, place), written) in writes.iter().zip(places).zip(results) {
        if let (Ok(key), true) = (&written, *verified < VERIFIED) {
            *verified += 1;
            if let Some(one) = work.get(place)
                && !verify(job, one, write, key)?
            {
                continue;
            }
        }
        if let Some(outcome) = outcomes.get_mut(place) {
            *outcome = Some(written);
        }
    }
    let hidden = places_hidden(job, &work, &writes);
    drop(writes);
    let work = note_hidden(job, work, hidden)?;
    settle_batch(job, run, work, outcomes)
}

/// The recipients (by anchor) whose values are hidden by somebody else's at the target.
fn places_hidden(job: &Job<'_>, work: &[Work], writes: &[TargetWrite<'_>]) -> Vec<(String, Finding)> {
    let hidden = |write: &TargetWrite<'_>| {
        let one = work.iter().find(|one| one.change.anchor == write.query.anchor)?;
        let certificates = one.change.after.iter().filter_map(|value| value.certificate.as_ref());
        let chosen: Vec<Fingerprint> = certificates.map(|certificate| certificate.fingerprint).collect();
        let foreign = write.values.get(one.ours.len()..).unwrap_or_default();
        let finding = policy::foreign_value_preferred(&one.ours, foreign, &chosen, job.now)?;
        Some((one.change.anchor.clone(), finding))
    };
    writes.iter().filter_map(hidden).collect()
}

/// Adds the finding to the change, where `Get-SmimeSyncChange` shows it, and tells it.
fn note_hidden(job: &Job<'_>, mut work: Vec<Work>, hidden: Vec<(String, Finding)>) -> Result<Vec<Work>> {
    for (anchor, finding) in hidden {
        let Some(one) = work.iter_mut().find(|one| one.change.anchor == anchor) else { continue };
        job.context.log(LogLevel::Warning, format!("{}: {}", one.change.recipient, finding.message))?;
        one.change.findings.push(finding);
        job.state.set_findings(&one.change)?;
    }
    Ok(work)
}

fn gather(job: &Job<'_>, change: Change) -> Result<Work> {
    let missing = |what: String| Error::new(ErrorId::StateCorrupt, what).target(change.recipient.clone());
    let evaluation = job.state.evaluation(&change.anchor)?;
    let evaluation =
        evaluation.ok_or_else(|| missing(format!("The state has no evaluation of {}.", change.recipient)))?;
    let mut ours = Vec::with_capacity(change.after.len());
    for published in &change.after {
        let bytes = job.state.value(published.value)?;
        let bytes =
            bytes.ok_or_else(|| missing(format!("The state has lost the value {}.", published.value)))?;
        ours.push(Value::new(published.attribute, bytes));
    }
    let (link, managed) = (job.state.link(&change.anchor)?, job.state.managed(&change.anchor)?);
    Ok(Work { recipient: evaluation.recipient, link, managed, ours, change })
}

impl Work {
    fn query(&self) -> TargetQuery<'_> {
        TargetQuery {
            anchor: &self.change.anchor,
            recipient: &self.recipient,
            link: self.link.as_deref(),
            thorough: false,
            fresh: true,
        }
    }

    /// Ours first, then what others put there.
    fn write(&self, current: Option<TargetRecipient>) -> TargetWrite<'_> {
        let is_ours = |value: &Value| {
            let fingerprint = value.fingerprint();
            let managed =
                self.managed.iter().any(|one| one.attribute == value.attribute && one.value == fingerprint);
            managed || self.ours.contains(value)
        };
        let there = current.as_ref().map(|current| current.values.as_slice()).unwrap_or_default();
        let foreign = there.iter().filter(|value| !is_ours(value)).cloned();
        let values = self.ours.iter().cloned().chain(foreign).collect();
        TargetWrite { query: self.query(), current, values }
    }
}

/// Reads a write back and compares the values as a set. `false`: the target still shows the old ones, and the
/// next run looks again. Fails with `VerifyFailed` where it shows anything else.
fn verify(job: &mut Job<'_>, work: &Work, write: &TargetWrite<'_>, key: &str) -> Result<bool> {
    let set = |values: &[Value]| {
        let mut set: Vec<_> = values.iter().map(|value| (value.attribute, value.fingerprint())).collect();
        set.sort_unstable();
        set
    };
    let wanted = set(&write.values);
    let old = set(write.current.as_ref().map(|current| current.values.as_slice()).unwrap_or_default());
    let query = TargetQuery { link: Some(key), ..work.query() };
    for seconds in LOOKS {
        wait(job, seconds)?;
        let found = match job.target.read(std::slice::from_ref(&query), job.context)?.pop() {
            Some(Ok(Match::One(found))) => set(&found.values),
            Some(Ok(_)) => Vec::new(),
            // Not to be read at the moment; the next look may do better.
            Some(Err(_)) | None => continue,
        };
        if found == wanted {
            return Ok(true);
        }
        if found != old {
            return Err(verify_failed(job, work, &found));
        }
    }
    let what = format!(
        "{} still shows the old values of {}; the next run looks again.",
        job.target.name(),
        work.change.recipient
    );
    job.context.log(LogLevel::Warning, what)?;
    Ok(false)
}

fn verify_failed(job: &Job<'_>, work: &Work, found: &[(crate::recipient::Attribute, Fingerprint)]) -> Error {
    let what = format!(
        "{} shows {} values for {}, and they are neither the old nor the new ones; the run stops.",
        job.target.name(),
        found.len(),
        work.change.recipient
    );
    Error::new(ErrorId::VerifyFailed, what).target(work.change.recipient.clone())
}

fn wait(job: &Job<'_>, seconds: u64) -> Result<()> {
    for _ in 0..seconds * 10 {
        job.context.check()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    job.context.check()
}

/// Keeps how each change of a batch turned out, in one transaction.
fn settle_batch(
    job: &Job<'_>,
    run: &mut Run,
    work: Vec<Work>,
    outcomes: Vec<Option<Result<String>>>,
) -> Result<()> {
    let mut errors = Vec::new();
    let mut settled = Vec::with_capacity(work.len());
    job.state.transaction(|state| {
        for (one, outcome) in work.into_iter().zip(outcomes) {
            let attempts = one.change.attempts + 1;
            let outcome = match outcome {
                // Not seen yet: it stays in flight.
                None => continue,
                Some(Ok(key)) => {
                    // What others keep there needs no link; a later value of ours finds the place again.
                    let link = Some(key.as_str()).filter(|_| !one.change.after.is_empty());
                    state.set_managed(&one.change.anchor, link, &one.change.after, job.now)?;
                    run.numbers.exported += 1;
                    Outcome { state: ChangeState::Exported, attempts, next_try: None, error: None }
                }
                Some(Err(error)) => {
                    run.numbers.rejected += 1;
                    let next_try = Some(job.now.plus(backoff(attempts)));
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
    for error in errors {
        job.context.error(error)?;
    }
    settled.into_iter().try_for_each(|(change, outcome)| hand_over(job, change, outcome))
}

/// Seconds until a change that was rejected for the `attempts`th time is tried again: the first time at the
/// next run, then half an hour, doubled each time up to a day.
fn backoff(attempts: u32) -> i64 {
    match attempts {
        0 | 1 => 0,
        more => (1800_i64 << (more - 2).min(10)).min(LONGEST_WAIT),
    }
}

fn settle(job: &Job<'_>, change: Change, outcome: Outcome) -> Result<()> {
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
